package register

import (
	"slices"
	"strings"
	"testing"
	"time"

	"detente/note"
)

// charterRules is a charter of offices with different powers: the ministry
// binds, the embassy binds ad referendum, the post only says.
type charterRules struct {
	serial int
	binds  map[string]bool // offices that bind in full
	says   map[string]bool // acts that the post may make
}

var roles = map[string]string{"IRN": "principal", "OMN": "facilitator", "PAK": "principal", "TUR": "observer"}

func (r charterRules) Role(party string) string { return roles[party] }
func (r charterRules) MaySay(party, office, act string) bool {
	return roles[party] != "observer" && (office != "post" || r.says[act])
}
func (r charterRules) MayBind(party, office, _ string) (binds, adReferendum bool) {
	return roles[party] == "principal" && (r.binds[office] || office == "embassy"), office == "embassy"
}
func (r charterRules) IsExercise() bool                                          { return false }
func (r charterRules) Serial() int                                               { return r.serial }
func (r charterRules) Due(string, time.Time, string) (due time.Time, found bool) { return }

var (
	founding  = channel
	amendment = note.Sum([]byte("amendment"))
	charters  = map[note.Digest]charterRules{
		founding:  {0, map[string]bool{"desk": true}, map[string]bool{"incident/report": true}},
		amendment: {1, map[string]bool{"desk": true, "post": true}, map[string]bool{"incident/report": true, "undertaking/accept": true}},
	}
)

// by writes a note that an office makes under a charter.
func (w *world) by(party, office string, under note.Digest, act string, on *note.ID, fields map[string]any) note.ID {
	w.see(party)
	id := w.write(party, act, on, fields)
	n := w.notes[party][id.Index]
	n.Move.Office, n.Header.Charter = office, under
	return id
}

// authority folds all notes in every order of delivery, and returns what the
// note did, which is the same in all of them, and the state of its matter.
func (w *world) authority(id, on note.ID) (result Result, reason, state string) {
	for _, party := range w.parties() {
		w.ack(party)
	}
	orders := 0
	w.orders(40, func(r *Register) {
		e := r.Entry(id)
		s := "nothing"
		if m := r.Matter(on); m != nil && m.State != nil {
			s = m.State.Status()
			if got := m.Settled; got == nil || got.Status() != s {
				w.t.Fatalf("the matter is %s, and what is settled of it is not", s)
			}
		}
		if orders++; orders > 1 && (e.Result != result || e.Reason != reason || s != state) {
			w.t.Fatalf("one order gives %s (%s), %s; another %s (%s), %s", result, reason, state, e.Result, e.Reason, s)
		}
		result, reason, state = e.Result, e.Reason, s
	})
	return result, reason, state
}

// orders calls do with registers of n delivery orders, which prefer each
// feed in turn.
func (w *world) orders(n int, do func(*Register)) {
	for i := range n {
		step := 0
		r := New(func(d note.Digest) (Rules, bool) { rules, ok := charters[d]; return rules, ok })
		next := map[string]int{}
		for {
			left := slices.DeleteFunc(w.parties(), func(p string) bool { return next[p] == len(w.notes[p]) })
			if len(left) == 0 {
				break
			}
			step++
			p := left[(step*(i+1)+i)%len(left)]
			if !r.Add(w.notes[p][next[p]]) {
				w.t.Fatalf("%s#%d was not taken", p, next[p])
			}
			next[p]++
		}
		do(r)
	}
}

// A note beyond its office's authority is stored, shown with the reason, and
// binds nobody; what its principal's own office says afterwards does.
func TestWhoMayBind(t *testing.T) {
	for _, c := range []struct {
		name          string
		party, office string
		under         note.Digest
		act           string
		want          Result
		reason        string
		state         string
	}{
		{"the ministry", "IRN", "desk", founding, "undertaking/accept", Applied, "", "in force"},
		{"an office that may not say it", "IRN", "post", founding, "undertaking/accept", NoPower, "does not let the office post of IRN make the act", "offered"},
		{"an office that may say it and not bind", "IRN", "press", founding, "undertaking/accept", NoPower, "bind it by the act", "offered"},
		{"an office that is not in the charter", "IRN", "army", founding, "undertaking/accept", NoPower, "bind it", "offered"},
		{"ad referendum", "IRN", "embassy", founding, "undertaking/accept", Referred, "binds subject to its capital", "offered"},
		{"a facilitator", "OMN", "desk", founding, "undertaking/accept", NoPower, "OMN is a facilitator, and may not accept", "offered"},
		{"an observer", "TUR", "desk", founding, "undertaking/accept", NoPower, "TUR is an observer, and may not accept", "offered"},
		{"after an amendment that gives the power", "IRN", "post", amendment, "undertaking/accept", Applied, "", "in force"},
		{"the opener withdraws by an office without power", "PAK", "press", founding, "undertaking/withdraw", NoPower, "bind it", "offered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, "IRN", "OMN", "PAK", "TUR")
			offer := w.by("PAK", "desk", founding, "undertaking/offer", nil, offerFields("PAK", "IRN"))
			var fields map[string]any
			if c.act == "undertaking/accept" {
				fields = w.terms(offer)
			}
			id := w.by(c.party, c.office, c.under, c.act, &offer, fields)
			result, reason, state := w.authority(id, offer)
			if result != c.want || !strings.Contains(reason, c.reason) || state != c.state {
				t.Fatalf("it is %s (%s), the undertaking %s; want %s (%s), %s", result, reason, state, c.want, c.reason, c.state)
			}
		})
	}
}

// What an office accepts ad referendum binds once an office that binds in
// full accepts it too, and from then.
func TestTheCapitalConfirms(t *testing.T) {
	w := newWorld(t, "IRN", "OMN", "PAK", "TUR")
	offer := w.by("PAK", "desk", founding, "undertaking/offer", nil, offerFields("PAK", "IRN"))
	w.by("IRN", "embassy", founding, "undertaking/accept", &offer, w.terms(offer))
	id := w.by("IRN", "desk", founding, "undertaking/accept", &offer, w.terms(offer))
	if result, reason, state := w.authority(id, offer); result != Applied || state != "in force" {
		t.Fatalf("the capital's word is %s (%s), and the undertaking %s", result, reason, state)
	}
}

// What is out of order stays so, whoever makes it: ad referendum is no way
// around the table.
func TestAdReferendumIsHeldAgainstTheTableToo(t *testing.T) {
	w := newWorld(t, "IRN", "OMN", "PAK", "TUR")
	offer := w.by("PAK", "desk", founding, "undertaking/offer", nil, offerFields("PAK", "IRN"))
	id := w.by("IRN", "embassy", founding, "undertaking/withdraw", &offer, nil)
	if result, reason, state := w.authority(id, offer); result != OutOfOrder || state != "offered" {
		t.Fatalf("it is %s (%s), and the undertaking %s", result, reason, state)
	}
}

// A facilitator proposes: it asks, and proposes talks; what it proposes binds
// nobody until every principal has said so.
func TestAFacilitatorProposes(t *testing.T) {
	w := newWorld(t, "IRN", "OMN", "PAK", "TUR")
	ask := w.by("OMN", "desk", founding, "undertaking/ask", nil, offerFields("PAK", "IRN"))
	w.by("PAK", "desk", founding, "undertaking/accept", &ask, w.terms(ask))
	if result, reason, state := w.authority(ask, ask); result != Applied || state != "offered" {
		t.Fatalf("it is %s (%s), and the undertaking %s", result, reason, state)
	}
	last := w.by("IRN", "desk", founding, "undertaking/accept", &ask, w.terms(ask))
	if result, _, state := w.authority(last, ask); result != Applied || state != "in force" {
		t.Fatalf("after both principals accepted it is %s", state)
	}
	offer := w.by("OMN", "desk", founding, "undertaking/offer", nil, offerFields("PAK"))
	if result, _, state := w.authority(offer, offer); result != NoPower || state != "nothing" {
		t.Fatalf("its offer is %s, and the undertaking %s", result, state)
	}
}

// "A party that has used the new one never goes back": what it writes under
// the old charter afterwards is out of order.
func TestAPowerThatAnAmendmentTookAway(t *testing.T) {
	w := newWorld(t, "IRN", "OMN", "PAK", "TUR")
	offer := w.by("PAK", "desk", amendment, "undertaking/offer", nil, offerFields("PAK", "IRN"))
	w.by("IRN", "desk", amendment, "line/test", nil, map[string]any{"use": "test"})
	id := w.by("IRN", "desk", founding, "undertaking/accept", &offer, w.terms(offer))
	if result, reason, state := w.authority(id, offer); result != OutOfOrder || !strings.Contains(reason, "later charter") || state != "offered" {
		t.Fatalf("it is %s (%s), and the undertaking %s", result, reason, state)
	}
}
