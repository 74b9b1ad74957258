package scenario_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"detente/matter"
)

// tables returns the rows of the tables of docs/coverage.md whose first cell
// is a number, table by table.
func tables(t *testing.T) [][][]string {
	t.Helper()
	b, err := os.ReadFile("../docs/coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	var out [][][]string
	for part := range strings.SplitSeq(string(b), "\n## ") {
		var rows [][]string
		for l := range strings.Lines(part) {
			cells := strings.Split(strings.Trim(strings.TrimSpace(l), "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			if _, err := strconv.Atoi(cells[0]); err == nil && strings.HasPrefix(l, "|") {
				rows = append(rows, cells)
			}
		}
		if rows != nil {
			out = append(out, rows)
		}
	}
	return out
}

var ticked = regexp.MustCompile("`([^`]+)`")

func inTicks(cell string) []string {
	var out []string
	for _, m := range ticked.FindAllStringSubmatch(cell, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestCoverageNamesWhatExists(t *testing.T) {
	s := january(t)
	all := tables(t)
	if len(all) != 3 || len(all[0]) != sentences || len(all[1]) != len(factDates) || len(all[2]) != 17 {
		t.Fatalf("the tables of docs/coverage.md are not those of the article, the facts and the design")
	}
	for _, table := range all {
		for i, row := range table {
			if row[0] != strconv.Itoa(i+1) {
				t.Errorf("row %s stands at place %d", row[0], i+1)
			}
			acts, labels, tests := inTicks(row[len(row)-3]), inTicks(row[len(row)-2]), inTicks(row[len(row)-1])
			for _, a := range acts {
				_, _, sent := matter.Find(a)
				if _, _, house := matter.FindHouse(a); !sent && !house {
					t.Errorf("row %s: there is no act %s", row[0], a)
				}
			}
			for _, label := range labels {
				st, ok := s.Step(label)
				if !ok {
					t.Errorf("row %s: there is no note %s", row[0], label)
				} else if !slices.Contains(acts, st.Act) && !strings.HasPrefix(st.Act, "line/") {
					t.Errorf("row %s: the note %s is a %s, which the row does not name", row[0], label, st.Act)
				}
			}
			named := 0
			for _, name := range tests {
				if testName.MatchString(name) {
					named++
				}
			}
			if named == 0 {
				t.Errorf("row %s names no test", row[0])
			}
		}
	}
}

// testName is a test as the page names it: its package, unless that is this
// one, its function, and perhaps its script.
var testName = regexp.MustCompile(`^(?:([a-z/]+)\.)?(Test\w+)(?:/(\w+))?$`)

func checkTest(t *testing.T, name string) {
	t.Helper()
	m := testName.FindStringSubmatch(name)
	dir := filepath.Join("..", m[1])
	if m[1] == "" {
		dir = "."
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
	found := slices.ContainsFunc(files, func(file string) bool {
		b, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(b), "\nfunc "+m[2]+"(")
	})
	if m[3] != "" {
		_, err := os.Stat(filepath.Join(dir, "testdata", "script", m[3]+".txtar"))
		found = found && err == nil
	}
	if !found {
		t.Errorf("there is no test %s", name)
	}
}

// Every test that the page names is there.
func TestCoverageNamesTests(t *testing.T) {
	b, err := os.ReadFile("../docs/coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range inTicks(string(b)) {
		if testName.MatchString(name) {
			checkTest(t, name)
		}
	}
}

// What docs/coverage.md says is what the notes themselves say they rest on.
func TestCoverageIsWhatTheNotesCite(t *testing.T) {
	article, facts := cited(t, january(t))
	for i, by := range []map[int][]string{article, facts} {
		for n, row := range tables(t)[i] {
			want, got := by[n+1], inTicks(row[len(row)-2])
			if !slices.Equal(got, want) {
				t.Errorf("table %d, row %d: %v; the notes that cite it are %v", i+1, n+1, got, want)
			}
		}
	}
}
