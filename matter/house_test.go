package matter

import (
	"strings"
	"testing"

	"detente/note"
)

// TestInHouse wants no act that is in-house ever to be a note, and every other
// to be one.
func TestInHouse(t *testing.T) {
	for _, k := range House {
		if !k.InHouse {
			t.Errorf("%s is among what is in-house, and does not say so", k.Name)
		}
		for i := range k.Acts {
			name := k.Name + "/" + k.Acts[i].Name
			if _, _, ok := Find(name); ok {
				t.Errorf("%s is an act of a note", name)
			}
			if kind, _, ok := FindHouse(name); !ok || kind != k {
				t.Errorf("%s is not found", name)
			}
			for _, err := range []error{CheckAct(name), Check(&note.Move{Act: name, Office: "mfa", Version: 1})} {
				if err == nil || !strings.Contains(err.Error(), k.Name+" is in-house") {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	for _, k := range Kinds {
		if k.InHouse {
			t.Errorf("%s is in-house, and among the kinds of notes", k.Name)
		}
		for i := range k.Acts {
			if _, _, ok := FindHouse(k.Name + "/" + k.Acts[i].Name); ok {
				t.Errorf("%s/%s is in-house", k.Name, k.Acts[i].Name)
			}
		}
	}
}

// TestInHouseExamples reads every example of the documents as the command does.
func TestInHouseExamples(t *testing.T) {
	for _, k := range House {
		for i := range k.Acts {
			act := &k.Acts[i]
			name := k.Name + "/" + act.Name
			args := Example(k, act)[2:]
			if !act.Opens {
				args = args[1:]
			}
			values, texts := map[string][]string{}, map[string]note.Wording{}
			for j := 0; j+1 < len(args); j += 2 {
				flag := strings.TrimPrefix(args[j], "--")
				values[flag] = []string{args[j+1]}
				for _, s := range act.Texts {
					if s.Name == flag {
						texts[flag] = note.Wording{"en": args[j+1]}
						delete(values, flag)
					}
				}
			}
			if _, err := ParseFields(name, values, testNames); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := CheckContent(name, &note.Content{Texts: texts}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestInHouseStages makes every act in every stage: it is open where its table
// says so and nowhere else, and leads to a stage that the table documents.
func TestInHouseStages(t *testing.T) {
	ref := note.ID{Origin: note.Origin("IRN", note.Sum(nil), 1), Index: 5}.String()
	move := func(k *Kind, a *Act) *note.Move {
		return &note.Move{Act: k.Name + "/" + a.Name, Fields: map[string]any{"note": ref}}
	}
	for _, k := range House {
		reached := map[string]State{}
		var walk func(State)
		walk = func(s State) {
			if s != nil {
				if reached[s.Status()] != nil {
					return
				}
				reached[s.Status()] = s
			}
			for i := range k.Acts {
				a := &k.Acts[i]
				_, open := Allowed(a, s, move(k, a), "")
				want := s == nil && a.Opens
				for _, from := range a.From {
					want = want || s != nil && s.Status() == from
				}
				if open != want {
					t.Errorf("%s/%s in %v: open is %v", k.Name, a.Name, s, open)
				}
				if next, err := k.Apply(s, &Input{Act: a, Move: move(k, a)}); open && err == nil {
					walk(next)
				}
			}
		}
		walk(nil)
		for _, s := range k.States {
			if reached[s.Name] == nil {
				t.Errorf("no act leads %s to %s", k.Name, s.Name)
			}
			delete(reached, s.Name)
		}
		for name := range reached {
			t.Errorf("%s can be %s, which is not documented", k.Name, name)
		}
	}
}
