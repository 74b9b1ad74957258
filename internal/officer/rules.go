package officer

import (
	"fmt"
	"slices"
	"strings"

	"detente/matter"
	"detente/note"
)

// MaxPersons is how many persons at most a rule wants besides the authors.
const MaxPersons = 2

// A Rule says how many persons must release a draft besides those who wrote it.
type Rule struct {
	Act        string `json:"act"`                  // talk/readout; talk/*; binding: every act that binds; *
	Persons    int    `json:"persons"`              // 0, 1 or 2
	Precedence string `json:"precedence,omitempty"` // empty: any
}

// Rules is a table that is read from above; the first rule that fits counts.
type Rules []Rule

// Default is in force from the first officer on, until an administrator sets
// another table.
var Default = Rules{
	{Act: "*", Precedence: "flash", Persons: 2},
	{Act: "binding", Persons: 2},
	{Act: "*", Persons: 1},
}

// Check says which rule is wrong. The last must fit everything, so that nothing
// is left without a rule.
func (rs Rules) Check() error {
	if len(rs) == 0 || len(rs) > 100 {
		return fmt.Errorf("want from 1 to 100 rules, and there are %d", len(rs))
	}
	for i, r := range rs {
		kind, name, isAct := strings.Cut(r.Act, "/")
		switch {
		case r.Persons < 0 || r.Persons > MaxPersons:
			return fmt.Errorf("rule %d: %d persons: want 0, 1 or %d", i+1, r.Persons, MaxPersons)
		case r.Precedence != "" && !slices.Contains(note.Precedences, r.Precedence):
			return fmt.Errorf("rule %d: %.40q is none of %s", i+1, r.Precedence, strings.Join(note.Precedences, ", "))
		case r.Act == "*" || r.Act == "binding":
		case !isAct || name != "*" && matter.CheckAct(r.Act) != nil || !isKind(kind):
			return fmt.Errorf("rule %d: %.40q is no act: want such as talk/readout, talk/*, binding or *", i+1, r.Act)
		}
	}
	if last := rs[len(rs)-1]; last.Act != "*" || last.Precedence != "" {
		return fmt.Errorf("the last rule must be for every act and precedence: *")
	}
	return nil
}

func isKind(name string) bool {
	return slices.ContainsFunc(matter.Kinds, func(k *matter.Kind) bool { return k.Name == name })
}

// Persons returns how many must release a note of an act and a precedence.
func (rs Rules) Persons(act, precedence string) int {
	kind, _, _ := strings.Cut(act, "/")
	for _, r := range rs {
		if r.Precedence != "" && r.Precedence != precedence {
			continue
		}
		if r.Act == "*" || r.Act == act || r.Act == kind+"/*" || r.Act == "binding" && binds(act) {
			return r.Persons
		}
	}
	return MaxPersons // a table that was checked has a rule for everything
}

func binds(name string) bool {
	_, act, ok := matter.Find(name)
	return ok && act.Binds
}
