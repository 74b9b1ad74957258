package register

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
)

// list is the digest of what a party committed to.
func list(party string) note.Digest { return note.Sum([]byte("the list of " + party)) }

// carry gives a note a content.
func (w *world) carry(id note.ID, content note.Digest) {
	w.notes[id.Party()][id.Index].Content = content
}

func (w *world) commit(party string, on note.ID) note.ID {
	return w.write(party, "handover/commit", &on, map[string]any{"digest": list(party).String()})
}

func (w *world) reveal(party string, on note.ID, content note.Digest) note.ID {
	id := w.write(party, "handover/reveal", &on, nil)
	w.carry(id, content)
	return id
}

const (
	commitBy = "2024-01-17T12:00:00+05:00[Asia/Karachi]"
	revealBy = "2024-01-18T12:00:00+05:00[Asia/Karachi]"
)

// handover opens one between all parties, and lets each hold it.
func (w *world) handover(opener string) note.ID {
	on := w.write(opener, "handover/open", nil, map[string]any{"what": "lists", "commit-by": commitBy, "reveal-by": revealBy})
	for _, p := range w.parties() {
		w.see(p)
	}
	return on
}

func first(left []string) string { return left[0] }

func (w *world) handed(r *Register, on note.ID, party string) *matter.HandoverParty {
	return r.Matter(on).State.(*matter.HandoverState).Of(party)
}

// owed returns how the clock of a party stands.
func owed(r *Register, party, what string, at time.Time) ClockState {
	for _, c := range r.At(at) {
		if c.Owes == party && c.For == what {
			return c.State
		}
	}
	return ""
}

// Three parties commit without having seen each other; every order of delivery
// comes to one state, and each then reveals.
func TestHandoverOfThree(t *testing.T) {
	w := newWorld(t, "IRN", "PAK", "TUR")
	on := w.handover("PAK")
	for _, p := range w.parties() {
		w.commit(p, on)
	}
	for _, p := range w.parties() {
		w.see(p)
		w.reveal(p, on, list(p))
	}
	states := map[string]bool{}
	pictures := map[note.Digest]bool{}
	n := 0
	w.everyOrder(func(r *Register) {
		n++
		states[r.Matter(on).State.Status()] = true
		pictures[w.picture(r)] = true
	})
	if n != 210 || len(states) != 1 || !states["revealed"] || len(pictures) != 1 {
		t.Errorf("%d orders come to %v, %d pictures; want revealed, one", n, states, len(pictures))
	}
}

// A commitment takes no other's place, whoever's code sorts first.
func TestHandoverNamesDecideNothing(t *testing.T) {
	for _, late := range []string{"IRN", "PAK"} {
		early := map[string]string{"IRN": "PAK", "PAK": "IRN"}[late]
		w := newWorld(t, "IRN", "PAK")
		on := w.handover(early)
		w.commit(early, on)
		hasty := w.reveal(early, on, list(early)) // it has not seen the other's commitment
		w.commit(late, on)
		w.everyOrder(func(r *Register) {
			if e := r.Entry(hasty); e.Result != OutOfOrder {
				t.Errorf("%s reveals before it has seen %s commit, and that is %s; want out of order", early, late, e.Result)
			}
			if got := r.Matter(on).State.Status(); got != "committed" {
				t.Errorf("it is %s; want committed", got)
			}
		})
	}
}

// Who commits and does not reveal is seen not to, by name; the other's words
// are out.
func TestHandoverNotRevealed(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	on := w.handover("PAK")
	w.commit("PAK", on)
	w.see("IRN")
	w.commit("IRN", on)
	w.see("PAK")
	w.reveal("PAK", on, list("PAK"))
	w.ack("IRN")
	r := w.fold(first)
	due := time.Date(2024, 1, 18, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		party string
		at    time.Duration
		want  ClockState
	}{{"PAK", time.Second, Met}, {"IRN", -time.Second, Running}, {"IRN", time.Second, DueUnreported}} {
		if got := owed(r, c.party, "to reveal", due.Add(c.at)); got != c.want {
			t.Errorf("%s, %v after the deadline: its clock to reveal is %q; want %s", c.party, c.at, got, c.want)
		}
	}
	if p := w.handed(r, on, "IRN"); p.Commit == nil || p.Reveal != nil || p.Otherwise != nil {
		t.Errorf("IRN stands as %+v", p)
	}
}

// Something else is shown as that, owes as before, and can be put right.
func TestHandoverRevealedOtherwise(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	on := w.handover("PAK")
	for _, p := range w.parties() {
		w.see(p)
		w.commit(p, on)
	}
	w.see("IRN")
	other := w.reveal("IRN", on, list("PAK"))
	after := time.Date(2024, 1, 19, 0, 0, 0, 0, time.UTC)
	r := w.fold(first)
	if p := w.handed(r, on, "IRN"); !slices.Equal(p.Otherwise, []note.ID{other}) || p.Reveal != nil {
		t.Errorf("IRN revealed something else, and stands as %+v", p)
	}
	if got := owed(r, "IRN", "to reveal", after); got != DueUnreported {
		t.Errorf("its clock is %s; want due, unreported", got)
	}
	right := w.reveal("IRN", on, list("IRN"))
	again := w.reveal("IRN", on, list("PAK"))
	r = w.fold(first)
	if p := w.handed(r, on, "IRN"); p.Reveal == nil || *p.Reveal != right || len(p.Otherwise) != 1 {
		t.Errorf("IRN then revealed what it committed to, and stands as %+v", p)
	}
	if e := r.Entry(again); e.Result != OutOfOrder {
		t.Errorf("another reveal after the right one is %s; want out of order", e.Result)
	}
}

// What is not open is refused, with a reason.
func TestHandoverRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		parties []any
		from    string
	}{
		"one party alone":  {[]any{"PAK"}, commitBy},
		"a party twice":    {[]any{"PAK", "PAK", "IRN"}, commitBy},
		"no principal":     {[]any{"PAK", "CHE"}, commitBy},
		"reveal by before": {[]any{"PAK", "IRN"}, "2024-01-19T12:00:00+05:00[Asia/Karachi]"},
	} {
		w := newWorld(t, "IRN", "PAK")
		id := w.write("PAK", "handover/open", nil, map[string]any{"what": "lists", "parties": c.parties, "commit-by": c.from, "reveal-by": revealBy})
		if e := w.fold(first).Entry(id); e.Result != OutOfOrder {
			t.Errorf("%s: %s; want out of order", name, e.Result)
		}
	}
	w := newWorld(t, "IRN", "PAK", "TUR")
	on := w.write("PAK", "handover/open", nil, map[string]any{"what": "lists", "parties": []any{"PAK", "IRN"}, "commit-by": "none", "reveal-by": "none"})
	for _, p := range w.parties() {
		w.see(p)
	}
	stranger := w.commit("TUR", on)
	w.commit("PAK", on)
	twice := w.commit("PAK", on)
	w.commit("IRN", on)
	for _, p := range w.parties() {
		w.see(p)
	}
	empty := w.reveal("PAK", on, note.Digest{})
	r := w.fold(first)
	for what, id := range map[string]note.ID{"a party that is not named": stranger, "a second commitment": twice, "a reveal of nothing": empty} {
		if e := r.Entry(id); e.Result != OutOfOrder || e.Reason == "" {
			t.Errorf("%s: %s, %q; want out of order, and why", what, e.Result, e.Reason)
		}
	}
	if got := r.Matter(on).State.Status(); got != "committed" {
		t.Errorf("it is %s; want committed", got)
	}
}

// Words on a case that cross come to one state, whoever's code sorts first.
func TestCaseNamesDecideNothing(t *testing.T) {
	proposed := func(from, to string) map[string]any {
		return map[string]any{"step": "proposed", "from": from, "to": to, "by": "2024-01-20T12:00:00+05:00[Asia/Karachi]"}
	}
	type result struct {
		status, transfer string
		answer, access   ClockState
		done             int // words that the transfer is done
	}
	after := time.Date(2024, 1, 25, 0, 0, 0, 0, time.UTC)
	for _, opener := range []string{"IRN", "PAK"} {
		other := map[string]string{"IRN": "PAK", "PAK": "IRN"}[opener]
		about := func(w *world, on, transfer note.ID, step string) map[string]any {
			f := map[string]any{"step": step, "transfer": transfer.String()}
			if step == "agreed" {
				f["terms"] = w.terms(transfer)["terms"]
			}
			return f
		}
		for name, c := range map[string]struct {
			cross func(w *world, on, transfer note.ID)
			want  result
		}{
			"an answer and a close": {func(w *world, on, _ note.ID) {
				w.write(other, "case/answer", &on, map[string]any{"grade": "held"})
				w.write(opener, "case/close", &on, nil)
			}, result{"answered", "proposed", Done, "", 0}},
			"a request and a grant of another": {func(w *world, on, _ note.ID) {
				w.write(opener, "case/access", &on, map[string]any{"step": "requested"})
				w.write(other, "case/access", &on, map[string]any{"step": "granted"})
			}, result{"open", "proposed", OpenEnded, OpenEnded, 0}},
			"an agreement and word that it is done": {func(w *world, on, transfer note.ID) {
				w.write(other, "case/transfer", &on, about(w, on, transfer, "agreed"))
				w.write(opener, "case/transfer", &on, about(w, on, transfer, "done"))
			}, result{"open", "agreed", OpenEnded, "", 0}},
			"a decline and another proposal": {func(w *world, on, transfer note.ID) {
				w.write(other, "case/transfer", &on, about(w, on, transfer, "declined"))
				w.write(opener, "case/transfer", &on, proposed(opener, other))
			}, result{"open", "declined", OpenEnded, "", 0}},
		} {
			w := newWorld(t, "IRN", "PAK")
			on := w.write(opener, "case/open", nil, map[string]any{"status": "detained", "persons": int64(1)})
			transfer := w.write(opener, "case/transfer", &on, proposed(other, opener))
			w.see(other)
			c.cross(w, on, transfer)
			w.everyOrder(func(r *Register) {
				s := r.Matter(on).State.(*matter.CaseState)
				got := result{s.State, s.Transfers[0].Stage(), owed(r, other, "to answer", after), owed(r, other, "to grant or refuse access", after), len(s.Transfers[0].Done)}
				if got != c.want {
					t.Errorf("%s, opened by %s: %+v; want %+v", name, opener, got, c.want)
				}
			})
		}
	}
}

// A case is walked from the first word to the last, with its clocks.
func TestCase(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	say := func(party, act string, on *note.ID, fields map[string]any) note.ID {
		w.see(party)
		return w.write(party, "case/"+act, on, fields)
	}
	status := func(on note.ID) string { return w.fold(first).Matter(on).State.Status() }
	notified := say("IRN", "open", nil, map[string]any{"status": "detained", "persons": int64(3), "held-by": "IRN"})
	if got := status(notified); got != "answered" {
		t.Errorf("a notification of persons whom its author holds is %s; nobody owes an answer", got)
	}
	on := say("PAK", "open", nil, map[string]any{"status": "missing", "persons": int64(1), "held-by": "IRN"})
	for _, step := range []struct {
		party, act string
		fields     map[string]any
		want       string
	}{
		{"IRN", "answer", map[string]any{"grade": "inquiring"}, "open"},
		{"IRN", "answer", map[string]any{"grade": "held"}, "answered"},
		{"PAK", "close", nil, "answered"},
		{"IRN", "access", map[string]any{"step": "granted", "when": "2024-01-20"}, "answered"}, // who called it closed had not seen this
		{"IRN", "close", nil, "answered"},
		{"PAK", "close", nil, "closed"},
		{"PAK", "access", map[string]any{"step": "visited"}, "answered"},
	} {
		id := say(step.party, step.act, &on, step.fields)
		r := w.fold(first)
		if e := r.Entry(id); e.Result != Applied {
			t.Fatalf("%s %s: %s, %s", step.party, step.act, e.Result, e.Reason)
		}
		if got := status(on); got != step.want {
			t.Errorf("after %s %s %v it is %s; want %s", step.party, step.act, step.fields, got, step.want)
		}
	}
	transfer := say("PAK", "transfer", &on, map[string]any{"step": "proposed", "from": "IRN", "to": "PAK", "by": revealBy})
	steps := []struct {
		party, step, terms string
		want               Result
		stage              string
	}{
		{"PAK", "done", "", OutOfOrder, "proposed"},
		{"IRN", "agreed", list("IRN").String(), OutOfOrder, "proposed"},
		{"IRN", "agreed", "", OutOfOrder, "proposed"},
		{"IRN", "declined", "", Applied, "declined"},
		{"IRN", "agreed", fmt.Sprint(w.terms(transfer)["terms"]), Applied, "agreed"},
		{"IRN", "declined", "", OutOfOrder, "agreed"},
		{"IRN", "done", "", Applied, "agreed"},
		{"PAK", "done", "", Applied, "done"},
	}
	for _, c := range steps {
		f := map[string]any{"step": c.step, "transfer": transfer.String()}
		if c.terms != "" {
			f["terms"] = c.terms
		}
		id := say(c.party, "transfer", &on, f)
		r := w.fold(first)
		if e := r.Entry(id); e.Result != c.want {
			t.Fatalf("%s %s: %s, %s; want %s", c.party, c.step, e.Result, e.Reason, c.want)
		}
		s := r.Matter(on).State.(*matter.CaseState)
		if got := s.Transfers[0].Stage(); got != c.stage {
			t.Errorf("after %s %s it is %s; want %s", c.party, c.step, got, c.stage)
		}
	}
	if got := owed(w.fold(first), "IRN", "to say that the transfer is done", time.Date(2024, 1, 19, 0, 0, 0, 0, time.UTC)); got != Met {
		t.Errorf("IRN said in time that it is done, and PAK held it: %s; want met", got)
	}
}
