package register

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"detente/matter"
)

// ClockState is what a deadline has come to at some time.
type ClockState string

const (
	Running       ClockState = "running"
	Met           ClockState = "met"             // done, and held by the other side, both by the deadline
	Late          ClockState = "late"            // done, and held by the other side, both after the deadline
	Undecided     ClockState = "undecided"       // done by the author's own time; the other side's is later, or not there
	DueUnreported ClockState = "due, unreported" // a clock never declares a breach
	Lapsed        ClockState = "lapsed"
	Void          ClockState = "void" // withdrawn or settled before it was met
	OpenEnded     ClockState = "open-ended"
	Done          ClockState = "done" // without a deadline, and done
)

// ClockView is one deadline at some time.
type ClockView struct {
	matter.Clock
	Matter *Matter
	State  ClockState
	DoneAt time.Time // the claimed time of the note that stopped it
	HeldAt time.Time // the claimed time of the first note by which the other side says that it holds that note; zero: none yet

	nth int // among the clocks of its matter
}

// At returns every clock of the channel as it stands at t, the earliest
// deadline first. "Met if the note's own time and the counterpart's ack are
// both by the deadline; late if both are after; else both times are shown,
// undecided."
func (r *Register) At(t time.Time) []ClockView {
	var out []ClockView
	for _, m := range r.Matters() {
		if m.State == nil {
			continue
		}
		for i, c := range m.State.Clocks() {
			out = append(out, r.clockAt(ClockView{Clock: c, Matter: m, nth: i}, t))
		}
	}
	sortClocks(out)
	return out
}

// Owing returns those clocks of At that still run, are due and unreported, or
// are open-ended. It looks only at the matters that have one: what it costs
// grows with what is owed, not with the record.
func (r *Register) Owing(t time.Time) []ClockView {
	r.Current()
	out := make([]ClockView, 0, len(r.owing))
	for _, clocks := range r.owing {
		for _, c := range clocks {
			if v := r.clockAt(c, t); v.State != Lapsed {
				out = append(out, v)
			}
		}
	}
	sortClocks(out)
	return out
}

// Current folds what has come since it was last called.
func (r *Register) Current() {
	for _, m := range r.stale {
		m.stale = false
		m.fold()
		delete(r.owing, m)
		if m.State == nil {
			continue
		}
		for i, c := range m.State.Clocks() {
			if c.Done == nil && !c.Void {
				r.owing[m] = append(r.owing[m], ClockView{Clock: c, Matter: m, nth: i})
			}
		}
	}
	r.stale = r.stale[:0]
}

// sortClocks puts the earliest deadline first, what has none last, and of one
// deadline the matters by name; the clocks of one matter stay as they are.
func sortClocks(list []ClockView) {
	slices.SortFunc(list, func(a, b ClockView) int {
		if (a.Due == "") != (b.Due == "") {
			if a.Due == "" {
				return 1
			}
			return -1
		}
		return cmp.Or(strings.Compare(a.Due, b.Due), compareIDs(a.Matter.ID, b.Matter.ID), cmp.Compare(a.nth, b.nth))
	})
}

// clockAt says how a clock stands at t.
func (r *Register) clockAt(v ClockView, t time.Time) ClockView {
	c := v.Clock
	due, dated := c.DueTime()
	if c.Done != nil {
		e := r.Entry(*c.Done)
		v.DoneAt = e.Time
		for _, p := range v.Matter.Audience {
			// The side to which it is owed says when it held the note.
			if other := r.Covered(p, *c.Done); p != c.Owes && other != nil && (v.HeldAt.IsZero() || other.Time.Before(v.HeldAt)) {
				v.HeldAt = other.Time
			}
		}
	}
	switch {
	case c.Void:
		v.State = Void
	case c.Done != nil && !dated:
		v.State = Done
	case !dated:
		v.State = OpenEnded
	case c.Done == nil && !t.After(due):
		v.State = Running
	case c.Done == nil && c.Lapses:
		v.State = Lapsed
	case c.Done == nil:
		v.State = DueUnreported
	case !v.DoneAt.After(due) && !v.HeldAt.IsZero() && !v.HeldAt.After(due):
		v.State = Met
	case v.DoneAt.After(due) && (v.HeldAt.IsZero() || v.HeldAt.After(due)):
		v.State = Late
	default:
		v.State = Undecided
	}
	return v
}
