package register

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"detente/matter"
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

// The same with three: whoever is called what, every order of the notes comes
// to one state, and so does every word said by one who has seen some of them.
func TestNamesDecideNothingOfThree(t *testing.T) {
	type step struct {
		who  int // 0 opened it
		act  string
		seen []int // of the steps before, those that its author had seen
	}
	none := []int{}
	for name, c := range map[string]struct {
		steps []step
		want  string
	}{
		"two declines":                         {[]step{{1, "decline", none}, {2, "decline", none}}, "declined"},
		"two declines and a withdrawal":        {[]step{{0, "withdraw", none}, {1, "decline", none}, {2, "decline", none}}, "withdrawn"},
		"a decline, a withdrawal, an accept":   {[]step{{0, "withdraw", none}, {1, "decline", none}, {2, "accept", none}}, "withdrawn"},
		"an accept that saw the decline":       {[]step{{0, "withdraw", none}, {1, "decline", none}, {1, "accept", []int{1}}, {2, "accept", []int{1}}}, "withdrawn"},
		"an accept that saw the withdrawal":    {[]step{{0, "withdraw", none}, {1, "decline", none}, {2, "accept", []int{0}}}, "withdrawn"},
		"accepted, and withdrawn":              {[]step{{0, "withdraw", none}, {1, "accept", none}, {2, "accept", none}}, "crossed"},
		"withdrawn by one who saw one accept":  {[]step{{1, "accept", none}, {2, "accept", none}, {0, "withdraw", []int{0}}}, "crossed"},
		"withdrawn by one who saw both":        {[]step{{1, "accept", none}, {2, "accept", none}, {0, "withdraw", []int{0, 1}}}, "in force"},
		"accepted, declined and withdrawn":     {[]step{{0, "withdraw", none}, {1, "accept", none}, {1, "decline", none}, {2, "accept", none}}, "crossed"},
		"resolved having seen two of three":    {[]step{{0, "withdraw", none}, {1, "accept", none}, {2, "accept", none}, {1, "decline", []int{0}}}, "crossed"},
		"resolved having seen all":             {[]step{{0, "withdraw", none}, {1, "accept", none}, {2, "accept", none}, {1, "decline", []int{0, 2}}}, "declined"},
		"declined again, having seen it":       {[]step{{1, "decline", none}, {2, "decline", []int{0}}}, "declined"},
		"accepted twice, and withdrawn":        {[]step{{0, "withdraw", none}, {1, "accept", none}, {1, "accept", none}, {2, "accept", none}}, "crossed"},
		"declined while the last accepts":      {[]step{{0, "withdraw", none}, {1, "accept", none}, {1, "decline", none}, {2, "accept", []int{1}}}, "crossed"},
		"accepted again while the last does":   {[]step{{0, "withdraw", none}, {1, "accept", none}, {1, "accept", none}, {2, "accept", []int{1}}}, "crossed"},
		"accepted again, and not by all":       {[]step{{0, "withdraw", none}, {1, "accept", none}, {2, "accept", none}, {1, "accept", []int{0, 2}}, {2, "accept", []int{0, 1}}}, "crossed"},
		"accepted again by all":                {[]step{{0, "withdraw", none}, {1, "accept", none}, {2, "accept", none}, {0, "accept", []int{1, 2}}, {1, "accept", []int{0, 2}}, {2, "accept", []int{0, 1}}}, "in force"},
		"in force, declined by one who saw it": {[]step{{1, "accept", none}, {2, "accept", none}, {0, "withdraw", none}, {1, "decline", []int{1}}}, "crossed"},
	} {
		var first string
		for _, names := range [][]string{{"IRN", "PAK", "TUR"}, {"IRN", "TUR", "PAK"}, {"PAK", "IRN", "TUR"}, {"PAK", "TUR", "IRN"}, {"TUR", "IRN", "PAK"}, {"TUR", "PAK", "IRN"}} {
			w := newWorld(t, "IRN", "PAK", "TUR")
			opening := w.write(names[0], "undertaking/offer", nil, offerFields(names...))
			for _, p := range names[1:] {
				w.see(p)
			}
			label := map[note.ID]string{opening: "opening"}
			var ids []note.ID
			for i, s := range c.steps {
				who := names[s.who]
				for _, j := range s.seen {
					id := ids[j]
					w.seen[who][id.Party()] = max(w.seen[who][id.Party()], int(id.Index)+1)
				}
				fields := map[string]any(nil)
				if s.act == "accept" {
					fields = w.terms(opening)
				}
				ids = append(ids, w.write(who, "undertaking/"+s.act, &opening, fields))
				label[ids[i]] = fmt.Sprint(i)
			}
			w.everyOrder(func(r *Register) {
				s := r.Matter(opening).State.(*matter.UndertakingState)
				if s.State != c.want {
					t.Errorf("%s, by %v: it is %s; want %s", name, names, s.State, c.want)
				}
				var words []string
				for _, e := range s.Ended {
					words = append(words, e.As+" "+label[e.Note])
				}
				for _, id := range s.Crossed {
					words = append(words, "crossed "+label[id])
				}
				for _, a := range s.Accepted {
					words = append(words, "accepted "+label[a.Note])
				}
				slices.Sort(words)
				if got := strings.Join(words, ", "); first == "" {
					first = got
				} else if got != first {
					t.Errorf("%s, by %v: %s; by others: %s", name, names, got, first)
				}
			})
		}
	}
}
