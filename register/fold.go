package register

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detente/internal/jcs"
	"detente/matter"
	"detente/note"
)

// Matter is one matter and the notes on it.
type Matter struct {
	ID       note.ID // of the note that opened it
	Kind     *matter.Kind
	Audience []string
	State    matter.State // nil while nothing was applied
	Settled  matter.State // the state after the last settled note; nil while nothing is settled
	Entries  []*Entry     // in the order of the fold

	r        *Register
	rank     note.ID        // where it stands among the matters of its audience, the same for every reader
	last     point          // what is folded so far
	settled  point          // what is settled
	marks    []point        // after every markEvery entries
	said     map[string]int // by party, how many notes
	digest   note.Digest
	digested bool // digest is that of all the entries
	stale    bool // it stands in the register's list of those
}

// Provisional reports whether a note that is not settled has changed the matter.
func (m *Matter) Provisional() bool {
	for _, e := range slices.Backward(m.Entries) {
		if e.Result == Applied {
			return !m.r.Settled(e)
		}
	}
	return false
}

// attach hands a placed note to its matter, or to the orphans of its audience.
func (r *Register) attach(e *Entry) {
	e.Matter, e.Reason = nil, ""
	if e.Move == nil {
		e.Result, e.Reason = NotFolded, string(e.Trouble)
		if e.why != "" {
			e.Reason += ": " + e.why
		}
		if e.Trouble == Missing {
			e.audience.lacks(e)
		}
		r.orphan(e)
		return
	}
	if e.outdated {
		e.Result, e.Reason = OutOfOrder, "its author had already used a later charter"
		r.orphan(e)
		return
	}
	if e.Move.Act == matter.Ack {
		e.Result = Kept
		return
	}
	if err := matter.Check(e.Move); err != nil {
		e.Result, e.Reason = NotFolded, err.Error()
		e.Trouble = Unreadable
		r.orphan(e)
		return
	}
	kind, act, _ := matter.Find(e.Move.Act)
	if e.act == nil { // else it is tried again
		r.acts[act] = append(r.acts[act], e)
	}
	e.act = act
	m, reason := r.find(kind, e)
	if m == nil {
		e.Result, e.Reason = OutOfOrder, reason
		r.orphan(e)
		return
	}
	e.Matter = m
	at, _ := slices.BinarySearchFunc(m.Entries, e, compare)
	m.count(e, at)
	m.Entries = slices.Insert(m.Entries, at, e)
	m.rewind(at)
	if !m.stale {
		m.stale = true
		r.stale = append(r.stale, m)
	}
}

// wordLimit is how many notes one party may have on one matter, where a matter
// is not the only one of its kind: more than any that people write, and few
// enough that what a matter has come to stays small. It counts each party's own
// notes, whose order is its own, so that nobody takes another's place.
const wordLimit = 1000

// count numbers the entry that is to stand at a place among its author's.
func (m *Matter) count(e *Entry, at int) {
	party := e.ID.Party()
	e.nth = m.said[party]
	m.said[party]++
	for _, later := range m.Entries[at:] { // e came late
		if later.ID.Party() == party {
			e.nth, later.nth = min(e.nth, later.nth), later.nth+1
		}
	}
}

// find returns the matter that the note is about, which it may open. Later
// notes on a matter "name exactly that audience".
func (r *Register) find(kind *matter.Kind, e *Entry) (*Matter, string) {
	if e.Move.Matter == nil {
		return r.open(kind, e), ""
	}
	opener := r.feeds[e.Move.Matter.Origin]
	var m *Matter
	if opener != nil && e.Move.Matter.Index < uint64(opener.placed) {
		if o := opener.entries[e.Move.Matter.Index]; o.Move != nil && o.Move.Matter == nil {
			m = o.Matter
		}
	}
	switch {
	case m == nil:
		return nil, "there is no matter " + e.Move.Matter.Short()
	case m.Kind != kind:
		return nil, fmt.Sprintf("%s is about a %s, not a %s", e.Move.Matter.Short(), m.Kind.Name, kind.Name)
	case !slices.Equal(m.Audience, e.Audience):
		return nil, "its audience is not that of the matter: " + strings.Join(m.Audience, ", ")
	case !e.Saw(*e.Move.Matter):
		return nil, "its author did not hold the note that opened the matter"
	}
	return m, ""
}

// open returns the matter that the note opens. Of a kind with a key there is
// one matter for each key, which every opening note joins.
func (r *Register) open(kind *matter.Kind, e *Entry) *Matter {
	m := &Matter{ID: e.ID, Kind: kind, Audience: e.Audience, r: r, rank: e.ID, said: map[string]int{}}
	if kind.Key != nil {
		key := keyOf(kind, e)
		if old := r.keyed[key]; old != nil {
			return old
		}
		r.keyed[key] = m
		m.rank = note.ID{Origin: kind.Name + " " + kind.Key(e.Move)}
	}
	r.matters[e.ID] = m
	list := e.audience.matters[m.rank.Origin]
	at, _ := slices.BinarySearchFunc(list, m, func(a, b *Matter) int { return compareIDs(a.rank, b.rank) })
	e.audience.matters[m.rank.Origin] = slices.Insert(list, at, m)
	return m
}

// keyOf names a matter of a kind with a key.
func keyOf(kind *matter.Kind, e *Entry) string {
	return strings.Join(e.Audience, ",") + " " + kind.Name + " " + kind.Key(e.Move)
}

func (r *Register) orphan(e *Entry) {
	at, _ := slices.BinarySearchFunc(e.audience.orphans, e, compare)
	e.audience.orphans = slices.Insert(e.audience.orphans, at, e)
}

// A point is what the first n entries of a matter have come to.
type point struct {
	n     int
	state matter.State
	chain [32]byte // over every one of them, applied or not
}

// markEvery is how far apart the points are that a matter keeps, so that a
// note that belongs among others does not have all of them folded again.
const markEvery = 32

// rewind forgets what was worked out from more than the first n entries.
func (m *Matter) rewind(n int) {
	m.digested = false
	m.Entries[0].audience.touch(m)
	for len(m.marks) > 0 && m.marks[len(m.marks)-1].n > n {
		m.marks = m.marks[:len(m.marks)-1]
	}
	if m.last.n > n {
		m.last = m.before(n)
	}
	if m.settled.n > n {
		m.settled = point{}
	}
}

// before returns the last mark that has at most n entries.
func (m *Matter) before(n int) point {
	if i := min(n/markEvery, len(m.marks)); i > 0 {
		return m.marks[i-1]
	}
	return point{}
}

// fold folds the entries that are not folded yet, and writes their results.
func (m *Matter) fold() {
	if m.last.n == len(m.Entries) {
		return
	}
	for m.last.n < len(m.Entries) {
		e := m.Entries[m.last.n]
		m.last, e.Result, e.Reason = m.step(m.last, e)
		if m.last.n == markEvery*(len(m.marks)+1) {
			m.marks = append(m.marks, m.last)
		}
	}
	m.State = m.last.state
	m.ID = m.Entries[0].ID // of a matter with a key, two may have opened it
}

// settle works out the state after the last settled note.
func (m *Matter) settle() {
	n := m.settled.n // what is settled stays so
	for n < len(m.Entries) && m.r.Settled(m.Entries[n]) {
		n++
	}
	m.settled = m.upTo(n, m.settled)
	m.Settled = m.settled.state
}

// upTo returns the point of the first n entries, which is not before from.
func (m *Matter) upTo(n int, from point) point {
	if m.last.n == n {
		return m.last
	}
	if mark := m.before(n); mark.n > from.n {
		from = mark
	}
	for from.n < n {
		from, _, _ = m.step(from, m.Entries[from.n])
	}
	return from
}

// within returns the digest of the entries that take accepts; ok is false if
// there are none.
func (m *Matter) within(take func(*Entry) bool) (d note.Digest, ok bool) {
	n := 0
	for n < len(m.Entries) && take(m.Entries[n]) {
		n++
	}
	p := m.upTo(n, point{})
	for _, e := range m.Entries[n:] {
		if take(e) {
			p, _, _ = m.step(p, e)
		}
	}
	return p.digest(), p.n > 0
}

// step folds one more entry.
func (m *Matter) step(p point, e *Entry) (next point, result Result, reason string) {
	next.n = p.n + 1
	next.state, result, reason = m.apply(p.state, e)
	var room [256]byte
	text := append(room[:0], p.chain[:]...)
	text = append(text, e.ID.Origin...)
	text = append(text, '#')
	text = strconv.AppendUint(text, e.ID.Index, 10)
	text = append(text, ' ')
	text = append(text, result...)
	next.chain = sha256.Sum256(text)
	return next, result, reason
}

// apply is the whole of the rules for one note.
func (m *Matter) apply(prev matter.State, e *Entry) (next matter.State, result Result, reason string) {
	refuse := func(result Result, reason string) (matter.State, Result, string) {
		return prev, result, reason
	}
	rules, _ := m.r.rules(e.Charter)
	act, party := e.act, e.ID.Party()
	role := rules.Role(party)
	switch {
	case e.nth >= wordLimit && m.Kind.Key == nil:
		return refuse(OutOfOrder, fmt.Sprintf("%s has written %d notes on the matter, as many as one party may: say the rest on another", party, wordLimit))
	case e.exercise != rules.IsExercise():
		return refuse(OutOfOrder, "it is marked otherwise than its charter: exercise and real are never mixed")
	case act.Who == matter.Anyone:
	case role == "principal":
	case role == "facilitator" && act.Who == matter.Proposers:
	case role == "":
		return refuse(NoPower, party+" is not a party of the channel")
	default:
		return refuse(NoPower, fmt.Sprintf("%s is %s %s, and may not %s", party, article(role), role, act.Name))
	}
	if act.Who != matter.Anyone && !rules.MaySay(party, e.Move.Office, e.Move.Act) {
		return refuse(NoPower, fmt.Sprintf("the charter does not let the office %s of %s make the act %s", e.Move.Office, party, e.Move.Act))
	}
	var adReferendum bool
	if act.Binds {
		var binds bool
		if binds, adReferendum = rules.MayBind(party, e.Move.Office, e.Move.Act); !binds {
			return refuse(NoPower, fmt.Sprintf("the charter does not let the office %s of %s bind it by the act %s", e.Move.Office, party, e.Move.Act))
		}
	}
	if reason, ok := matter.Allowed(act, prev, e.Move, party); !ok {
		return refuse(OutOfOrder, reason)
	}
	in := &matter.Input{ID: e.ID, Party: party, Time: e.Time, Act: act, Move: e.Move, Content: e.Content, Rules: rules, Saw: e.Saw, Principals: make([]string, 0, len(e.Audience))}
	for _, p := range e.Audience {
		if rules.Role(p) == "principal" {
			in.Principals = append(in.Principals, p)
		}
	}
	state, err := m.Kind.Apply(prev, in)
	if err != nil {
		return refuse(OutOfOrder, err.Error())
	}
	// "Ad referendum": the act binds once an office that binds in full makes it
	// too. Until then it stands in the record and changes nothing.
	if adReferendum {
		return refuse(Referred, fmt.Sprintf("the office %s of %s binds subject to its capital; it binds once an office of %s that binds in full makes the act %s too", e.Move.Office, party, party, e.Move.Act))
	}
	return state, Applied, ""
}

func article(role string) string {
	if role == "observer" {
		return "an"
	}
	return "a"
}

// sum returns the digest of all the entries.
func (m *Matter) sum() note.Digest {
	m.fold()
	if !m.digested {
		m.digest, m.digested = m.last.digest(), true
	}
	return m.digest
}

// digest is what the picture holds of one matter.
func (p point) digest() note.Digest {
	h := sha256.New()
	h.Write(p.chain[:])
	if p.state != nil {
		b, err := jcs.Marshal(p.state)
		if err != nil {
			panic("register: a state does not encode: " + err.Error()) // a fault of package matter, not of any input
		}
		h.Write(b)
	}
	return note.Digest(h.Sum(nil))
}
