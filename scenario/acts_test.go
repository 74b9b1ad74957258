package scenario_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"detente/matter"
	"detente/scenario"
)

var update = flag.Bool("update", false, "write docs/acts.md, and the acts and states of docs/coverage.md, again")

// books are the scenarios that the examples of docs/acts.md are taken from.
var books = []struct {
	path string
	text func() []byte
}{
	{"scenario/january-2024.scenario", scenario.January2024Text},
	{"scenario/fictional.scenario", scenario.FictionalText},
}

// TestActs wants docs/acts.md as the tables and the scenarios make it.
func TestActs(t *testing.T) {
	const path = "../docs/acts.md"
	worked := map[string]string{}
	for _, k := range slices.Concat(matter.Kinds, matter.House) {
		worked[k.Name] = example(t, k.Name)
		if worked[k.Name] == "" {
			t.Errorf("%s: no scenario has an example", k.Name)
		}
	}
	want := matter.Markdown(worked)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the tables and the scenarios say; run go test ./scenario -update", path)
	}
}

// enough is how many different acts make an example: of those with as many, the
// first book's shortest is taken.
const enough = 5

// example returns the blocks of one matter of a kind, as a scenario writes them:
// of the one with the most acts. It is empty where no scenario has one.
func example(t *testing.T, kind string) string {
	t.Helper()
	var best string
	most, lines := 0, 0
	for _, book := range books {
		s, err := scenario.Parse(book.text())
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Split(string(book.text()), "\n")
		for _, opening := range s.Steps {
			if opening.On != "" || !strings.HasPrefix(opening.Act, kind+"/") {
				continue
			}
			var blocks []string
			acts := map[string]bool{}
			for _, st := range s.Steps {
				if st.Label == opening.Label || st.On == opening.Label {
					acts[st.Act] = true
					end := st.Line
					for end < len(text) && text[end] != "" {
						end++
					}
					blocks = append(blocks, strings.Join(text[st.Line-1:end], "\n"))
				}
			}
			all := strings.Join(blocks, "\n\n")
			acted, n := min(len(acts), enough), strings.Count(all, "\n")
			if acted > most || acted == most && n < lines && strings.Contains(best, book.path) {
				most, lines = acted, n
				best = fmt.Sprintf("From `%s`; [scenario.md](scenario.md) says how it is read.\n\n```\n%s\n```\n", book.path, all)
			}
		}
	}
	return best
}
