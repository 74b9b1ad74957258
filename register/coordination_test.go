package register

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
)

// step is one note of a list; party sees everything before it writes, unless
// the note is one of those that cross.
type step struct {
	party, act string
	fields     map[string]any
}

// crossing plays first in order, each author having seen all; then what
// crosses, each without having seen the others'; then the rest in order again.
// It returns what the matter has come to, the same in every order of delivery.
func crossing(t *testing.T, parties []string, first, crossed, then []step) matter.State {
	t.Helper()
	w := newWorld(t, parties...)
	var on *note.ID
	write := func(s step) {
		if s.act == "request/accept" && s.fields == nil {
			s.fields = w.terms(*on)
		}
		if id := w.write(s.party, s.act, on, s.fields); on == nil {
			on = &id
		}
	}
	for _, s := range first {
		w.see(s.party)
		write(s)
	}
	for _, p := range parties {
		w.see(p)
	}
	for _, s := range crossed {
		write(s)
	}
	for _, s := range then {
		w.see(s.party)
		write(s)
	}
	var state matter.State
	var want string
	w.everyOrder(func(r *Register) {
		m := r.Matter(*on)
		b, err := json.Marshal(m.State)
		if err != nil {
			t.Fatal(err)
		}
		if state == nil {
			state, want = m.State, string(b)
		} else if string(b) != want {
			t.Fatalf("two orders differ:\n%s\n%s", want, b)
		}
	})
	return state
}

// reported is the result of every note that was not applied.
func reported(r *Register) string {
	var out []string
	for _, e := range r.Entries() {
		if e.Result != Applied {
			out = append(out, fmt.Sprintf("%s %s: %s", e.Move.Act, e.Result, e.Reason))
		}
	}
	return strings.Join(out, "\n")
}

// What crosses on a dossier or a request comes to the same whoever's code
// sorts first, and nothing of it is lost.
func TestNamesDecideNothingOfCoordination(t *testing.T) {
	share := []step{{"A", "dossier/share", shareFields(2)}}
	answered := append(slices.Clone(share), step{"B", "dossier/answer", answers(1, "found", 2, "found")})
	closing := append(slices.Clone(answered), step{"A", "dossier/close", nil})
	closed := append(slices.Clone(closing), step{"B", "dossier/close", nil})
	one := map[string]any{"item": int64(1)}
	more := map[string]any{"items": shareFields(1)["items"]}
	asked := []step{{"A", "request/make", map[string]any{"for": "information", "to": "", "needed-by": "none"}}}
	accepted := append(slices.Clone(asked), step{"B", "request/accept", nil})
	done := append(slices.Clone(accepted), step{"B", "request/complete", nil})
	for _, c := range []struct {
		name                 string
		first, crossed, then []step
		want                 string // the state, then the stages of the items; who closed it, receipts, verdicts
	}{
		{"answer, retract the item", share, []step{{"B", "dossier/answer", answers(1, "acted")}, {"A", "dossier/retract", one}}, nil, "shared retracted unanswered received"},
		{"answer, retract all", share, []step{{"B", "dossier/answer", answers(1, "acted")}, {"A", "dossier/retract", nil}}, nil, "retracted retracted retracted received"},
		{"received, retract all", share, []step{{"B", "dossier/received", nil}, {"A", "dossier/retract", nil}}, nil, "retracted retracted retracted received"},
		{"answer, supplement", share, []step{{"B", "dossier/answer", answers(1, "acted", 2, "not found")}, {"A", "dossier/supplement", more}}, nil, "shared answered answered unanswered received"},
		{"an answer to an item that comes meanwhile", share, []step{{"B", "dossier/answer", answers(3, "acted")}, {"A", "dossier/supplement", more}}, nil, "shared unanswered unanswered unanswered"},
		{"the last close, supplement", closing, []step{{"B", "dossier/close", nil}, {"A", "dossier/supplement", more}}, nil, "shared answered answered unanswered received"},
		{"close, close", answered, []step{{"B", "dossier/close", nil}, {"A", "dossier/close", nil}}, nil, "closed answered answered closed by A closed by B received"},
		{"close, answer", share, []step{{"A", "dossier/close", nil}, {"B", "dossier/answer", answers(1, "inquiring")}}, nil, "shared inquiring unanswered received"},
		{"the last close, retract the item", closing, []step{{"B", "dossier/close", nil}, {"A", "dossier/retract", one}}, nil, "closed retracted answered closed by A closed by B received"},
		{"the last close, retract all", closing, []step{{"B", "dossier/close", nil}, {"A", "dossier/retract", nil}}, nil, "retracted retracted retracted received"},
		{"after closing: answer, retract the item", closed, []step{{"B", "dossier/answer", answers(2, "acted")}, {"A", "dossier/retract", one}}, nil, "shared retracted answered received"},
		{"close, answer; the other closes", answered, []step{{"A", "dossier/close", nil}, {"B", "dossier/answer", answers(1, "acted")}}, []step{{"B", "dossier/close", nil}}, "shared answered answered closed by B received"},
		{"close, supplement; the other closes", share, []step{{"B", "dossier/close", nil}, {"A", "dossier/supplement", more}}, []step{{"A", "dossier/close", nil}}, "shared unanswered unanswered unanswered closed by A"},
		{"satisfied, complete", done, []step{{"A", "request/satisfied", nil}, {"B", "request/complete", nil}}, nil, "completed satisfied"},
		{"unsatisfied, progress", done, []step{{"A", "request/unsatisfied", nil}, {"B", "request/progress", nil}}, nil, "unsatisfied unsatisfied"},
		{"satisfied, complete before it is seen", accepted, []step{{"A", "request/satisfied", nil}, {"B", "request/complete", nil}}, nil, "completed"},
	} {
		for _, names := range []map[string]string{{"A": "IRN", "B": "PAK"}, {"A": "PAK", "B": "IRN"}} {
			as := func(steps []step) []step {
				out := slices.Clone(steps)
				for i := range out {
					if out[i].party = names[out[i].party]; out[i].act == "request/make" {
						out[i].fields = maps.Clone(out[i].fields)
						out[i].fields["to"] = names["B"]
					}
				}
				return out
			}
			state := crossing(t, []string{"IRN", "PAK"}, as(c.first), as(c.crossed), as(c.then))
			got := state.Status()
			switch s := state.(type) {
			case *matter.DossierState:
				for i := range s.Items {
					got += " " + s.ItemStage(i+1)
				}
				for _, who := range []string{"A", "B"} {
					if slices.ContainsFunc(s.Closed, func(c matter.Said) bool { return c.Party == names[who] }) {
						got += " closed by " + who
					}
				}
				for _, sent := range s.Sent {
					if sent.Receipts[0].Done != nil {
						got += " received"
					}
				}
			case *matter.RequestState:
				for _, v := range s.Verdicts {
					got += " " + v.As
				}
			}
			if got != c.want {
				t.Errorf("%s, A is %s: it is %s; want %s", c.name, names["A"], got, c.want)
			}
		}
	}
}

// A dossier shared with two: each answers for itself, and what either has left
// unanswered is not lost behind the other's word.
func TestADossierIsAnsweredByEach(t *testing.T) {
	steps := []step{
		{"IRN", "dossier/share", shareFields(3)},
		{"PAK", "dossier/answer", answers(1, "inquiring", 2, "found", 3, "declined")},
		{"TUR", "dossier/answer", answers(1, "acted", 2, "not found")},
	}
	s := crossing(t, []string{"IRN", "PAK", "TUR"}, steps, []step{{"PAK", "dossier/answer", answers(1, "insufficient")}, {"TUR", "dossier/answer", answers(1, "found")}}, nil).(*matter.DossierState)
	var got []string
	for i := range s.Items {
		got = append(got, s.ItemStage(i+1))
	}
	if want := []string{"answered", "answered", "unanswered"}; !slices.Equal(got, want) {
		t.Errorf("the items are %v; want %v", got, want)
	}
	if a, _ := s.Items[0].Latest("TUR"); a.As != "found" || len(s.Items[0].Answers) != 4 {
		t.Errorf("the latest answer of TUR to item 1 is %q, of %d; want found, of 4", a.As, len(s.Items[0].Answers))
	}
}

// What a table cannot say is told to people, and changes nothing.
func TestCoordinationOutOfOrder(t *testing.T) {
	share := step{"PAK", "dossier/share", shareFields(2)}
	action := step{"IRN", "request/make", map[string]any{"for": "action", "to": "PAK", "territory": "PAK", "needed-by": "none"}}
	info := step{"IRN", "request/make", map[string]any{"for": "information", "to": "PAK", "territory": "IRN", "needed-by": "none"}}
	for says, steps := range map[string][]step{
		"PAK opened the matter, and cannot itself make the act answer": {share, {"PAK", "dossier/answer", answers(1, "found")}},
		"only PAK, who opened the matter, may make the act supplement": {share, {"IRN", "dossier/supplement", map[string]any{"items": shareFields(1)["items"]}}},
		"only PAK, who opened the matter, may make the act retract":    {share, {"IRN", "dossier/retract", nil}},
		"there is no item 3 in what its author had seen":               {share, {"IRN", "dossier/answer", answers(1, "found", 3, "found")}},
		"it answers item 1 twice":                                      {share, {"IRN", "dossier/answer", answers(1, "found", 1, "acted")}},
		"there is no item 0":                                           {share, {"PAK", "dossier/retract", map[string]any{"item": int64(0)}}},
		"retract is not open when the matter is retracted":             {share, {"PAK", "dossier/retract", map[string]any{"item": int64(1)}}, {"PAK", "dossier/retract", map[string]any{"item": int64(1)}}},
		"supplement is not open when the matter is retracted":          {share, {"PAK", "dossier/retract", nil}, {"PAK", "dossier/supplement", map[string]any{"items": shareFields(1)["items"]}}},
		"only PAK, whose territory it is, may accept it":               {action, {"TUR", "request/accept", nil}},
		"only PAK, whose territory it is, may complete it":             {action, {"PAK", "request/accept", nil}, {"TUR", "request/complete", nil}},
		"only PAK, who is asked, may decline it":                       {info, {"TUR", "request/decline", nil}},
		"only TUR, whose territory it is, can be asked to act there":   {{"IRN", "request/make", map[string]any{"for": "action", "to": "PAK", "territory": "TUR", "needed-by": "none"}}},
		"a request for action names the party whose territory it is":   {{"IRN", "request/make", map[string]any{"for": "action", "to": "PAK", "needed-by": "none"}}},
		"it asks its own author":                                       {{"IRN", "request/make", map[string]any{"for": "information", "to": "IRN", "needed-by": "none"}}},
		"CHE is not a principal of the audience":                       {{"IRN", "request/make", map[string]any{"for": "information", "to": "CHE", "needed-by": "none"}}},
		"it names another text than the one of the request":            {action, {"PAK", "request/accept", map[string]any{"terms": note.Sum(nil).String()}}},
		"complete is not open when the matter is made":                 {action, {"PAK", "request/complete", nil}},
		"decline is not open when the matter is accepted":              {action, {"PAK", "request/accept", nil}, {"PAK", "request/decline", nil}},
		"only IRN, who opened the matter, may make the act satisfied":  {action, {"PAK", "request/accept", nil}, {"PAK", "request/complete", nil}, {"PAK", "request/satisfied", nil}},
	} {
		w := newWorld(t, "IRN", "PAK", "TUR")
		var on *note.ID
		for _, s := range steps {
			w.see(s.party)
			if s.act == "request/accept" && s.fields == nil {
				s.fields = w.terms(*on)
			}
			if id := w.write(s.party, s.act, on, s.fields); on == nil {
				on = &id
			}
		}
		if got := reported(w.fold(func(left []string) string { return left[0] })); !strings.HasSuffix(got, "out of order: "+says) {
			t.Errorf("got %q; want out of order: %s", got, says)
		}
	}
}

// TestCoordinationClocks: an interim answer does not stop a clock, an answer
// acknowledges receipt, and what was taken back is no longer owed.
func TestCoordinationClocks(t *testing.T) {
	late := map[string]any{"answer-by": "2024-01-18T05:00:00+05:00[Asia/Karachi]"}
	for k, v := range shareFields(3) {
		late[k] = v
	}
	clocks := func(steps ...step) string {
		w := newWorld(t, "IRN", "PAK")
		var on *note.ID
		for _, s := range steps {
			w.see(s.party)
			if s.act == "request/accept" && s.fields == nil {
				s.fields = w.terms(*on)
			}
			if id := w.write(s.party, s.act, on, s.fields); on == nil {
				on = &id
			}
		}
		w.ack("PAK")
		w.ack("IRN")
		var out []string
		for _, c := range w.fold(func(left []string) string { return left[0] }).At(w.start.Add(50 * time.Hour)) {
			out = append(out, fmt.Sprintf("%s %s %s %s", c.Owes, c.For, c.Due, c.State))
		}
		return strings.Join(out, "\n")
	}
	made := step{"PAK", "request/make", map[string]any{"for": "action", "to": "IRN", "territory": "IRN", "needed-by": "2024-01-17T05:00:00+05:00[Asia/Karachi]"}}
	for _, c := range []struct {
		steps []step
		want  string
	}{
		{[]step{{"PAK", "dossier/share", shareFields(1)}}, "IRN to acknowledge receipt 2024-01-19T00:01:00Z running\nIRN item 1, to answer 2024-01-19T00:01:00Z running"},
		{[]step{{"PAK", "dossier/share", late}, {"IRN", "dossier/answer", answers(1, "inquiring", 2, "declined")}, {"PAK", "dossier/retract", map[string]any{"item": int64(3)}}},
			"IRN item 1, to answer 2024-01-18T00:00:00Z due, unreported\nIRN item 2, to answer 2024-01-18T00:00:00Z met\nIRN item 3, to answer 2024-01-18T00:00:00Z void\nIRN to acknowledge receipt 2024-01-19T00:01:00Z met"},
		{[]step{{"PAK", "dossier/share", shareFields(1)}, {"PAK", "dossier/supplement", map[string]any{"items": shareFields(1)["items"]}}, {"PAK", "dossier/retract", nil}},
			"IRN to acknowledge receipt 2024-01-19T00:01:00Z void\nIRN item 1, to answer 2024-01-19T00:01:00Z void"},
		{[]step{made}, "IRN to acknowledge 2024-01-17T00:01:00Z due, unreported\nIRN to complete or decline 2024-01-17T00:00:00Z due, unreported"},
		{[]step{made, {"IRN", "request/accept", nil}}, "IRN to complete or decline 2024-01-17T00:00:00Z due, unreported\nIRN to acknowledge 2024-01-17T00:01:00Z met"},
		{[]step{made, {"IRN", "request/decline", nil}}, "IRN to complete or decline 2024-01-17T00:00:00Z met\nIRN to acknowledge 2024-01-17T00:01:00Z met"},
	} {
		if got := clocks(c.steps...); !same(got, c.want) {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}

// same compares lines whatever their order.
func same(a, b string) bool {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// A request that has no text can bind nobody, and is none.
func TestARequestWithoutText(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	id := w.write("IRN", "request/make", nil, map[string]any{"for": "information", "to": "PAK", "needed-by": "none"})
	w.notes["IRN"][0].Content = note.Digest{}
	if e := w.fold(func(left []string) string { return left[0] }).Entry(id); e.Result != OutOfOrder || !strings.Contains(e.Reason, "no text") {
		t.Errorf("it is %s: %s", e.Result, e.Reason)
	}
}
