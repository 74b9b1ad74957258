package register

import (
	"testing"

	"detente/note"
)

// What two sides say without having seen each other's word must come to the
// same, whichever of them has the code that sorts first: "no tie-break decides
// for people".
func TestNamesDecideNothing(t *testing.T) {
	type step struct {
		opener bool
		act    string
		fields func(w *world, opening note.ID) map[string]any
	}
	terms := func(w *world, id note.ID) map[string]any { return w.terms(id) }
	none := func(*world, note.ID) map[string]any { return nil }
	date := func(d string) func(*world, note.ID) map[string]any {
		return func(*world, note.ID) map[string]any { return map[string]any{"when": d} }
	}
	offer := func(w *world) (string, map[string]any) { return "undertaking/offer", offerFields("IRN", "PAK") }
	talk := func(*world) (string, map[string]any) {
		return "talk/propose", map[string]any{"form": "telephone", "level": "ministers", "when": "2024-01-19"}
	}
	for name, c := range map[string]struct {
		open func(*world) (string, map[string]any)
		a, b step
		want string
	}{
		"accept, withdraw":  {offer, step{false, "undertaking/accept", terms}, step{true, "undertaking/withdraw", none}, "crossed"},
		"accept, decline":   {offer, step{false, "undertaking/accept", terms}, step{true, "undertaking/decline", none}, "crossed"},
		"decline, withdraw": {offer, step{false, "undertaking/decline", none}, step{true, "undertaking/withdraw", none}, "withdrawn"},
		"decline, decline":  {offer, step{false, "undertaking/decline", none}, step{true, "undertaking/decline", none}, "declined"},
		"agree, counter":    {talk, step{false, "talk/agree", none}, step{true, "talk/counter", date("2024-01-20")}, "crossed"},
		"agree, cancel":     {talk, step{false, "talk/agree", none}, step{true, "talk/cancel", none}, "crossed"},
		"agree, decline":    {talk, step{false, "talk/agree", none}, step{true, "talk/decline", none}, "crossed"},
		"counter, counter":  {talk, step{false, "talk/counter", date("2024-01-21")}, step{true, "talk/counter", date("2024-01-20")}, "crossed"},
		"counter, decline":  {talk, step{false, "talk/decline", none}, step{true, "talk/counter", date("2024-01-20")}, "proposed"},
		"counter, cancel":   {talk, step{false, "talk/counter", date("2024-01-21")}, step{true, "talk/cancel", none}, "cancelled"},
		"decline, cancel":   {talk, step{false, "talk/decline", none}, step{true, "talk/cancel", none}, "cancelled"},
		"held, cancel":      {talk, step{false, "talk/held", date("2024-01-19")}, step{true, "talk/cancel", none}, "held"},
	} {
		for _, opener := range []string{"IRN", "PAK"} {
			other := map[string]string{"IRN": "PAK", "PAK": "IRN"}[opener]
			w := newWorld(t, "IRN", "PAK")
			act, fields := c.open(w)
			opening := w.write(opener, act, nil, fields)
			w.see(other)
			for _, s := range []step{c.a, c.b} {
				who := other
				if s.opener {
					who = opener
				}
				w.write(who, s.act, &opening, s.fields(w, opening))
			}
			w.everyOrder(func(r *Register) {
				if got := r.Matter(opening).State.Status(); got != c.want {
					t.Errorf("%s, opened by %s: it is %s; want %s", name, opener, got, c.want)
				}
			})
		}
	}
}
