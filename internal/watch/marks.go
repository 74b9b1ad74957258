package watch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// marks is what a channel was when it was last compared.
type marks struct {
	id       note.Digest
	began    bool
	whole    string // of what stands for all of the channel
	sizes    map[string]uint64
	unread   map[note.ID]string         // notes that are not folded, or not readable yet: why
	open     map[note.ID]string         // matters that are not settled: what they are
	up       map[string]bool            // by party
	held     map[string]map[string]held // by own feed and party
	running  []matter.Clock             // clocks that had not run out
	next     time.Time                  // when one of them does, or roll comes
	roll     time.Time                  // when it is next to be seen whether a roll call came
	rollCall []string
}

// held is how far a feed is at a party.
type held struct{ receipted, acked uint64 }

func newMarks(id note.Digest) *marks {
	return &marks{id: id, sizes: map[string]uint64{}, unread: map[note.ID]string{}, open: map[note.ID]string{}, up: map[string]bool{}, held: map[string]map[string]held{}}
}

// compare returns what is not as it was, and marks what is.
func (m *marks) compare(s *node.Snapshot, now time.Time) (out []Event) {
	first := !m.began
	m.began = true
	touched := map[note.ID]bool{} // matters
	m.notes(s, touched, &out)
	m.matters(s, touched, first, &out)
	m.delivery(s, &out)
	m.line(s, now, &out)
	m.clocks(s, now, &out)
	if first {
		return []Event{m.event(Channel, "", note.ID{}, note.ID{})} // all of it is new
	}
	return out
}

// event names what has changed; the zero of an ID names nothing.
func (m *marks) event(kind Kind, party string, matter, note note.ID) Event {
	e := Event{Channel: &m.id, Kind: kind, Party: party}
	if !matter.IsZero() {
		e.Matter = &matter
	}
	if !note.IsZero() {
		e.Note = &note
	}
	return e
}

// notes finds notes that came, and those that could not be read and now can.
func (m *marks) notes(s *node.Snapshot, touched map[note.ID]bool, out *[]Event) {
	s.Register.Current()
	say := func(e *register.Entry) {
		if e.Move != nil && e.Move.Act == matter.Ack {
			return
		}
		kind, on := Note, note.ID{}
		if e.Precedence == "flash" && e.ID.Party() != s.Party {
			kind = Flash
		}
		if e.Matter != nil {
			on = e.Matter.ID
			touched[on] = true
		}
		*out = append(*out, m.event(kind, e.ID.Party(), on, e.ID))
	}
	for _, id := range sorted(m.unread) {
		e := s.Register.Entry(id)
		if e == nil || standing(e) == m.unread[id] {
			continue
		}
		if m.unread[id] = standing(e); m.unread[id] == "" {
			delete(m.unread, id)
		}
		say(e)
	}
	for _, f := range s.Feeds {
		size := s.Register.Size(f.Origin)
		for i := m.sizes[f.Origin]; i < size; i++ {
			e := s.Register.Entry(note.ID{Origin: f.Origin, Index: i})
			if why := standing(e); why != "" {
				m.unread[e.ID] = why
			}
			say(e)
		}
		m.sizes[f.Origin] = size
	}
}

// standing says why a note is not folded yet; empty: it is, or never will be.
func standing(e *register.Entry) string {
	if e.Result == register.Waiting || e.Trouble == register.Missing {
		return string(e.Result) + string(e.Trouble)
	}
	return ""
}

// matters finds what has come of matters: those with a new note, and those
// that were not settled yet.
func (m *marks) matters(s *node.Snapshot, touched map[note.ID]bool, first bool, out *[]Event) {
	if first {
		for _, x := range s.Register.Matters() {
			if x.Provisional() {
				m.open[x.ID] = mark(x)
			}
		}
		return
	}
	for id := range m.open {
		if _, ok := touched[id]; !ok {
			touched[id] = false
		}
	}
	for _, id := range sorted(touched) {
		x := s.Register.Matter(id)
		if x == nil {
			delete(m.open, id)
			continue
		}
		now := mark(x)
		if touched[id] || m.open[id] != now {
			*out = append(*out, m.event(Matter, x.ID.Party(), x.ID, note.ID{}))
		}
		if delete(m.open, id); x.Provisional() {
			m.open[x.ID] = now
		}
	}
}

func sorted[V any](m map[note.ID]V) []note.ID {
	return slices.SortedFunc(maps.Keys(m), func(a, b note.ID) int {
		return cmp.Or(strings.Compare(a.Origin, b.Origin), cmp.Compare(a.Index, b.Index))
	})
}

// mark is what a matter that is not settled has come to.
func mark(x *register.Matter) string {
	var state, settled string
	if x.State != nil {
		state = x.State.Status()
	}
	if x.Settled != nil {
		settled = x.Settled.Status()
	}
	last := 0
	for i, e := range x.Entries {
		if e.Result == register.Applied {
			last = i
		}
	}
	return fmt.Sprint(len(x.Entries), last, x.Provisional(), state, "/", settled)
}

// delivery finds how much further the node's own notes are at others.
func (m *marks) delivery(s *node.Snapshot, out *[]Event) {
	for _, f := range s.Feeds {
		if f.Party != s.Party {
			continue
		}
		was := m.held[f.Origin]
		m.held[f.Origin] = map[string]held{}
		for _, p := range s.Peers {
			is := held{receipted: f.Receipts[p.Party]}
			if s.Docs.Epoch(s.Party) == f.Origin {
				is.acked = p.Acked
			}
			if m.held[f.Origin][p.Party] = is; was != nil && is != was[p.Party] && is.receipted+is.acked > 0 {
				id := note.ID{Origin: f.Origin, Index: max(is.receipted, is.acked) - 1}
				*out = append(*out, m.event(Delivery, p.Party, note.ID{}, id))
			}
		}
	}
}

// line finds links that came up or went down, and what stands for the channel
// as a whole.
func (m *marks) line(s *node.Snapshot, now time.Time, out *[]Event) {
	var whole strings.Builder
	fmt.Fprint(&whole, s.Docs.Current().Digest, s.Recovering, s.Pending)
	for _, x := range s.Docs.Members() {
		fmt.Fprint(&whole, " ", s.Docs.Epoch(x.Party))
	}
	for _, f := range s.Feeds {
		if f.Frozen != nil {
			fmt.Fprint(&whole, " ", f.Origin, " ", *f.Frozen)
		}
	}
	if m.whole != whole.String() {
		m.whole = whole.String()
		*out = append(*out, m.event(Channel, "", note.ID{}, note.ID{}))
	}
	for _, p := range s.Peers {
		if m.up[p.Party] != p.Up {
			m.up[p.Party] = p.Up
			*out = append(*out, m.event(Line, p.Party, note.ID{}, note.ID{}))
		}
	}
	if calls := s.Docs.Current().Charter.RollCall; m.roll.IsZero() || !slices.Equal(calls, m.rollCall) || !now.Before(m.roll) {
		if slices.Equal(calls, m.rollCall) && !m.roll.IsZero() {
			*out = append(*out, m.event(Line, "", note.ID{}, note.ID{}))
		}
		m.rollCall, m.roll = slices.Clone(calls), time.Time{}
		if next, ok := node.NextRollCall(calls, now.UTC().Add(-view.RollGrace)); ok {
			m.roll = next.Add(view.RollGrace)
		}
	}
}

// clocks finds deadlines that have passed unmet, and when the next one will.
func (m *marks) clocks(s *node.Snapshot, now time.Time, out *[]Event) {
	passed := func(c matter.Clock) bool {
		due, ok := c.DueTime()
		return ok && now.After(due)
	}
	for _, was := range m.running {
		// What was met, or put off, meanwhile is another clock by now.
		if x := s.Register.Matter(was.From); passed(was) && x != nil && x.State != nil && slices.ContainsFunc(x.State.Clocks(), func(c matter.Clock) bool { return same(c, was) }) {
			*out = append(*out, m.event(Clock, was.Owes, x.ID, was.From))
		}
	}
	m.running, m.next = nil, m.roll
	for _, c := range s.Register.Owing(now) {
		if due, ok := c.DueTime(); ok && !passed(c.Clock) {
			m.running = append(m.running, c.Clock)
			if at := due.Add(time.Nanosecond); m.next.IsZero() || at.Before(m.next) {
				m.next = at
			}
		}
	}
}

// same reports whether a clock still runs as it did.
func same(a, b matter.Clock) bool {
	return a.Done == nil && !a.Void && a.Due == b.Due && a.For == b.For && a.From == b.From && a.Owes == b.Owes
}
