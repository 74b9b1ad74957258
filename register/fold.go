package register

import (
	"crypto/sha256"
	"fmt"
	"slices"
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

	r       *Register
	rank    note.ID // where it stands among the matters of its audience, the same for every reader
	dirty   bool    // entries were added: fold again
	counted int     // how many entries were settled when Settled was worked out
	digest  note.Digest
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
	kind, _, _ := matter.Find(e.Move.Act)
	m, reason := r.find(kind, e)
	if m == nil {
		e.Result, e.Reason = OutOfOrder, reason
		r.orphan(e)
		return
	}
	e.Matter = m
	at, _ := slices.BinarySearchFunc(m.Entries, e, compare)
	m.Entries = slices.Insert(m.Entries, at, e)
	m.dirty = true
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
	case !e.saw(*e.Move.Matter):
		return nil, "its author did not hold the note that opened the matter"
	}
	return m, ""
}

// open returns the matter that the note opens. Of a kind with a key there is
// one matter for each key, which every opening note joins.
func (r *Register) open(kind *matter.Kind, e *Entry) *Matter {
	m := &Matter{ID: e.ID, Kind: kind, Audience: e.Audience, r: r, rank: e.ID}
	if kind.Key != nil {
		name := kind.Name + " " + kind.Key(e.Move)
		key := e.audience.key + " " + name
		if old := r.keyed[key]; old != nil {
			return old
		}
		r.keyed[key] = m
		m.rank = note.ID{Origin: name}
	}
	r.matters[e.ID] = m
	list := e.audience.matters[m.rank.Origin]
	at, _ := slices.BinarySearchFunc(list, m, func(a, b *Matter) int { return compareIDs(a.rank, b.rank) })
	e.audience.matters[m.rank.Origin] = slices.Insert(list, at, m)
	return m
}

func (r *Register) orphan(e *Entry) {
	at, _ := slices.BinarySearchFunc(e.audience.orphans, e, compare)
	e.audience.orphans = slices.Insert(e.audience.orphans, at, e)
}

// fold works the state out again if notes were added.
func (m *Matter) fold() {
	if !m.dirty {
		return
	}
	f := m.run(func(*Entry) bool { return true }, true)
	m.State, m.digest, m.dirty, m.counted = f.state, f.digest(), false, -1
	m.ID = m.Entries[0].ID // of a matter with a key, two may have opened it
}

// settle works out the state after the last settled note.
func (m *Matter) settle() {
	settled := 0
	for settled < len(m.Entries) && m.r.Settled(m.Entries[settled]) {
		settled++
	}
	if settled == m.counted {
		return
	}
	m.counted = settled
	if settled == len(m.Entries) {
		m.Settled = m.State
		return
	}
	n := 0
	m.Settled = m.run(func(*Entry) bool { n++; return n <= settled }, false).state
}

// folded is a state, and the chain over every note that led to it, applied or not.
type folded struct {
	state matter.State
	chain [32]byte
}

// run folds the entries that take accepts. With keep it writes each entry's result.
func (m *Matter) run(take func(*Entry) bool, keep bool) folded {
	var f folded
	for _, e := range m.Entries {
		if !take(e) {
			continue
		}
		next, result, reason, adReferendum := m.apply(f.state, e)
		f.state = next
		f.chain = sha256.Sum256(fmt.Appendf(f.chain[:], "%s %s", e.ID, result))
		if keep {
			e.Result, e.Reason, e.AdReferendum = result, reason, adReferendum
		}
	}
	return f
}

// apply is the whole of the rules for one note.
func (m *Matter) apply(prev matter.State, e *Entry) (next matter.State, result Result, reason string, adReferendum bool) {
	refuse := func(result Result, reason string) (matter.State, Result, string, bool) {
		return prev, result, reason, false
	}
	rules, _ := m.r.rules(e.Charter)
	_, act, _ := matter.Find(e.Move.Act)
	party := e.ID.Party()
	role := rules.Role(party)
	switch {
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
	if !rules.MaySay(party, e.Move.Office, e.Move.Act) {
		return refuse(NoPower, fmt.Sprintf("the charter does not let the office %s of %s make the act %s", e.Move.Office, party, e.Move.Act))
	}
	if act.Binds {
		var binds bool
		if binds, adReferendum = rules.MayBind(party, e.Move.Office, e.Move.Act); !binds {
			return refuse(NoPower, fmt.Sprintf("the charter does not let the office %s of %s bind it by the act %s", e.Move.Office, party, e.Move.Act))
		}
	}
	if reason, ok := matter.Allowed(act, prev, e.Move, party); !ok {
		return refuse(OutOfOrder, reason)
	}
	in := &matter.Input{ID: e.ID, Party: party, Time: e.Time, Act: act, Move: e.Move, Content: e.Content, Rules: rules, Saw: e.saw, Principals: make([]string, 0, len(e.Audience))}
	for _, p := range e.Audience {
		if rules.Role(p) == "principal" {
			in.Principals = append(in.Principals, p)
		}
	}
	state, err := m.Kind.Apply(prev, in)
	if err != nil {
		return refuse(OutOfOrder, err.Error())
	}
	return state, Applied, "", adReferendum
}

func article(role string) string {
	if role == "observer" {
		return "an"
	}
	return "a"
}

// digest is what the picture holds of one matter.
func (f folded) digest() note.Digest {
	h := sha256.New()
	h.Write(f.chain[:])
	if f.state != nil {
		b, err := jcs.Marshal(f.state)
		if err != nil {
			panic("register: a state does not encode: " + err.Error()) // a fault of package matter, not of any input
		}
		h.Write(b)
	}
	return note.Digest(h.Sum(nil))
}
