package scenario_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"detente/matter"
	"detente/note"
	"detente/register"
	"detente/scenario"
)

// uses is where the acts and states of the tables occur in a scenario: the
// labels of the notes and entries that make an act, or that bring a matter, or
// a part of one, to a state for the first time.
type uses map[string][]string

func (u uses) add(what, label string) {
	if !slices.Contains(u[what], label) {
		u[what] = append(u[what], label)
	}
}

// used plays a scenario note by note.
func used(t *testing.T, s *scenario.Scenario) uses {
	p := play(t, s)
	u := uses{}
	labels := map[note.ID]string{}
	for label, placed := range p.placed {
		labels[placed.ID] = label
	}
	for _, c := range s.Channels {
		was := map[string]bool{} // by the matter and what it, or a part of it, was
		r := p.fold(c.Code, nil)
		for _, n := range p.notes[c.Code] {
			r.Add(n)
			e := r.Entry(n.Header.ID())
			if e.Result != register.Applied {
				continue
			}
			label := labels[e.ID]
			u.add("act "+n.Move.Act, label)
			m := r.Matter(e.ID)
			for _, stage := range append(stages(m.Kind, m.State, p.notes[c.Code]), m.State.Status()) {
				if key := m.ID.String() + " " + stage; !was[key] {
					was[key] = true
					u.add("state "+m.Kind.Name+" "+stage, label)
				}
			}
		}
	}
	house := map[string]matter.State{}
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Kind != scenario.Entry {
			continue
		}
		kind, act, _ := matter.FindHouse(st.Act)
		fields, err := st.Filled(func(label string) (scenario.Placed, bool) { pl, ok := p.placed[label]; return pl, ok })
		if err != nil {
			t.Fatal(err)
		}
		opening := st.On
		if opening == "" {
			opening = st.Label
		}
		state, err := kind.Apply(house[opening], &matter.Input{Party: st.Party, Act: act, Move: &note.Move{Act: st.Act, Fields: fields}})
		if err != nil {
			t.Errorf("%s: %v", st.Label, err)
			continue
		}
		u.add("act "+st.Act, st.Label)
		if old := house[opening]; old == nil || old.Status() != state.Status() {
			u.add("state "+kind.Name+" "+state.Status(), st.Label)
		}
		house[opening] = state
	}
	return u
}

// stages returns the stage of the matter, and of every part of it that a note
// or a number names.
func stages(kind *matter.Kind, s matter.State, notes []register.Opened) (out []string) {
	for _, n := range notes {
		if strings.HasPrefix(n.Move.Act, kind.Name+"/") {
			out = append(out, s.Stage(n.Move))
		}
	}
	for _, act := range kind.Acts {
		for _, f := range act.Fields {
			for n := int64(1); f.Type == matter.TypeNumber && n < 9; n++ {
				out = append(out, s.Stage(&note.Move{Act: kind.Name + "/" + act.Name, Fields: map[string]any{f.Name: n}}))
			}
		}
	}
	return out
}

// The fictional scenario alone makes every act, and brings some matter to
// every state, that any table has.
func TestFictionalMakesEveryActAndState(t *testing.T) {
	u := used(t, fictional(t))
	for _, k := range slices.Concat(matter.Kinds, matter.House) {
		for _, what := range everything(k) {
			if u[what] == nil && what != "act "+matter.Ack {
				t.Errorf("%s: the scenario has none", what)
			}
		}
	}
}

// everything is what the table of a kind has.
func everything(k *matter.Kind) (out []string) {
	for _, a := range k.Acts {
		out = append(out, "act "+k.Name+"/"+a.Name)
	}
	for _, s := range k.States {
		out = append(out, "state "+k.Name+" "+s.Name)
	}
	return out
}

const section = "## Every act and state\n"

// TestCoverageOfEveryActAndState holds docs/coverage.md against the two
// scenarios; with -update it writes the section again.
func TestCoverageOfEveryActAndState(t *testing.T) {
	january, fictional := used(t, january(t)), used(t, fictional(t))
	var b strings.Builder
	b.WriteString(section + `
Where each act is made, and where a matter or a part of one first comes to each
state, by the labels of the notes and entries; up to four are named. The middle
column is ` + "`scenario/january-2024.scenario`, the next `scenario/fictional.scenario`." + ` The
second alone has all of them (` + "`TestFictionalMakesEveryActAndState`" + `), each note of
it comes to what it says and each matter to what the story expects
(` + "`TestFictionalComesToWhatItSays`" + `), in any order of delivery
(` + "`TestFictionalInAnyOrder`" + `), and on real nodes (` + "`internal/demo.TestFictional`" + `).
The section is written by ` + "`go test ./scenario -update`" + `.

| act or state | January 2024 | fictional |
|---|---|---|
`)
	for _, k := range slices.Concat(matter.Kinds, matter.House) {
		for _, what := range everything(k) {
			word, name, _ := strings.Cut(what, " ")
			if word == "state" {
				name = strings.TrimPrefix(name, k.Name+" ")
				word = k.Name + " is"
			}
			if what == "act "+matter.Ack {
				fmt.Fprintf(&b, "| act `%s` | every node, by itself | every node, by itself |\n", name)
				continue
			}
			fmt.Fprintf(&b, "| %s `%s` | %s | %s |\n", word, name, named(january[what]), named(fictional[what]))
		}
	}
	const file = "../docs/coverage.md"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(old), section)
	if i := strings.Index(after, "\n## "); i >= 0 {
		after = after[i:]
	} else {
		after = ""
	}
	if !found {
		before += "\n"
	}
	want := before + b.String() + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(old) {
		t.Error("docs/coverage.md is not what the scenarios come to; run go test ./scenario -update")
	}
}

func named(labels []string) string {
	if labels == nil {
		return "none"
	}
	return "`" + strings.Join(labels[:min(4, len(labels))], "`, `") + "`"
}
