package register

import (
	"testing"

	"detente/matter"
	"detente/note"
)

// A party that has received a text can write the same bytes under its own name,
// and hide that it had seen them, so that its note sorts first. It takes nobody's
// place by it: the other's word goes to the other's note.

// copied has PAK write a note, and IRN, who has seen no more of it than of the
// matter, the same text with other fields.
func (w *world) copied(on note.ID, act string, own, other map[string]any) (theirs, copy note.ID) {
	w.write("PAK", "line/test", nil, nil) // so that the copy sorts first
	theirs = w.write("PAK", act, &on, own)
	copy = w.write("IRN", act, &on, other)
	w.carry(copy, w.notes["PAK"][theirs.Index].Content)
	return theirs, copy
}

func TestMinutesOfTheSameText(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	on := w.write("PAK", "group/convene", nil, map[string]any{"form": "commission", "name": "Commission", "level": "directors"})
	w.see("IRN")
	minutes := func(as ...string) map[string]any {
		var items []any
		for _, a := range as {
			items = append(items, map[string]any{"as": a, "by": "PAK"})
		}
		return map[string]any{"held": "2024-01-20", "items": items}
	}
	theirs, copy := w.copied(on, "group/minutes", minutes("noted"), minutes("decision"))
	w.write("PAK", "group/approve", &on, w.terms(theirs))
	w.write("IRN", "group/approve", &on, w.terms(copy))
	w.everyOrder(func(r *Register) {
		for _, m := range r.Matter(on).State.(*matter.GroupState).Minutes {
			if len(m.Approved) != 1 || m.Approved[0].Party != m.Party || m.Stage != "circulated" {
				t.Fatalf("minutes of %s are %s, approved by %v", m.Party, m.Stage, m.Approved)
			}
		}
	})
	w.see("PAK")
	both := w.write("PAK", "group/approve", &on, w.terms(theirs))
	if e := w.alone().Entry(both); e.Result != OutOfOrder {
		t.Errorf("who has seen both approves one of them: %s", e.Result)
	}
}

func TestProposalsOfTheSameText(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	on := w.write("PAK", "statement/draft", nil, statementFields("clauses"))
	w.see("IRN")
	fields := statementFields("clauses", "release")
	theirs, _ := w.copied(on, "statement/propose", fields, fields)
	sign := statementFields("release")
	sign["terms"] = w.terms(theirs)["terms"]
	signed := w.write("PAK", "statement/sign", &on, sign)
	w.everyOrder(func(r *Register) {
		s := r.Matter(on).State.(*matter.StatementState)
		if s.State != "crossed" || len(s.Proposals) != 2 {
			t.Fatalf("it is %s, of %d proposals", s.State, len(s.Proposals))
		}
		for _, p := range s.Proposals {
			if p.Party != "PAK" && len(p.Signed) > 0 || p.Party == "PAK" && (len(p.Signed) != 1 || p.Signed[0].Note != signed) {
				t.Fatalf("on the text of %s: %v", p.Party, p.Signed)
			}
		}
	})
}

// A digest that another has committed to commits nobody else: who takes it over
// would reveal the other's words, once it has them.
func TestADigestIsNotCommittedToTwice(t *testing.T) {
	w := newWorld(t, "IRN", "PAK", "TUR")
	on := w.handover("PAK")
	w.commit("PAK", on)
	w.see("IRN")
	taken := w.write("IRN", "handover/commit", &on, map[string]any{"digest": list("PAK").String()})
	w.write("TUR", "handover/commit", &on, map[string]any{"digest": list("PAK").String()})
	w.everyOrder(func(r *Register) {
		if e := r.Entry(taken); e.Result != OutOfOrder {
			t.Fatalf("a digest taken over is %s", e.Result)
		}
		if w.handed(r, on, "PAK").Commit == nil || w.handed(r, on, "TUR").Commit == nil {
			t.Fatal("of two that did not see each other's commitment, one does not count: which, would be for their names to decide")
		}
	})
}

// The half of an agreement that a statement belongs to does not hang on which of
// two later notes is folded last.
func TestTheOpeningNoteSaysTheHalf(t *testing.T) {
	for _, opener := range []string{"IRN", "PAK"} {
		other := map[string]string{"IRN": "PAK", "PAK": "IRN"}[opener]
		w := newWorld(t, "IRN", "PAK")
		opening := statementFields("clauses")
		opening["half"] = "coordination"
		on := w.write(opener, "statement/draft", nil, opening)
		w.see(other)
		w.write(other, "statement/draft", &on, statementFields("clauses", "half"))
		w.write(opener, "statement/draft", &on, opening)
		if s := w.alone().Matter(on).State.(*matter.StatementState); s.Half != "coordination" {
			t.Errorf("opened by %s, it is of the half %s", opener, s.Half)
		}
	}
}
