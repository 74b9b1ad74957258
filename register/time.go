package register

import (
	"slices"

	"detente/matter"
)

// CompareTimes is the order of claimed times: the earlier first, and of one
// instant in the order of the fold, so that the order is total whatever
// authors claim.
func CompareTimes(a, b *Entry) int {
	if c := a.Time.Compare(b.Time); c != 0 {
		return c
	}
	return compare(a, b)
}

// chronicle keeps notes by their claimed times. What comes is put in its
// place when somebody looks: of many at once, such as when a ledger is
// opened, that is one sort.
type chronicle struct {
	ordered []*Entry
	late    []*Entry // came since, in no order
	moved   []*Entry // of ordered: were placed since, or have turned out to be acks
}

func isAck(e *Entry) bool { return e.Move != nil && e.Move.Act == matter.Ack }

// move says that a note's place may have changed.
func (c *chronicle) move(e *Entry) {
	if e.ordered {
		e.ordered = false
		c.moved = append(c.moved, e)
	}
}

// current puts what came into its place, from the end: a note that is about as
// new as its neighbours moves only those.
func (c *chronicle) current() []*Entry {
	if len(c.moved) > 0 {
		c.ordered = slices.DeleteFunc(c.ordered, func(e *Entry) bool { return !e.ordered })
	}
	late := slices.DeleteFunc(append(c.late, c.moved...), isAck)
	slices.SortFunc(late, CompareTimes)
	i, j := len(c.ordered)-1, len(late)-1
	c.ordered = append(c.ordered, late...)
	for at := len(c.ordered) - 1; j >= 0; at-- {
		if i >= 0 && CompareTimes(c.ordered[i], late[j]) > 0 {
			c.ordered[at], i = c.ordered[i], i-1
			continue
		}
		c.ordered[at], j = late[j], j-1
		c.ordered[at].ordered = true
	}
	c.late, c.moved = nil, nil
	return c.ordered
}

// ByTime returns every note but the acks in the order of [CompareTimes]. A
// note whose move has not arrived is among them, and is taken out if it turns
// out to be an ack. The entries are as Current leaves them. The list is the
// register's own: read it, and keep nothing of it past the next note.
func (r *Register) ByTime() []*Entry {
	r.Current()
	return r.times.current()
}
