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
	var source strings.Builder
	files, _ := filepath.Glob("*_test.go")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
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
				if strings.HasPrefix(name, "Test") {
					named++
					if !strings.Contains(source.String(), "\nfunc "+name+"(") {
						t.Errorf("row %s: there is no test %s", row[0], name)
					}
				}
			}
			if named == 0 {
				t.Errorf("row %s names no test", row[0])
			}
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
