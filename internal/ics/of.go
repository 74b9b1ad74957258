package ics

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/internal/view"
)

// reminders is when an alarm goes off.
var reminders = struct{ appointment, day, deadline []time.Duration }{
	appointment: []time.Duration{24 * time.Hour, 30 * time.Minute},
	day:         []time.Duration{24 * time.Hour},
	deadline:    []time.Duration{24 * time.Hour, 2 * time.Hour},
}

// Of makes the calendar of a channel's dates. With events, deadlines are events.
func Of(v *view.Dates, events bool) *Calendar {
	c := &Calendar{Name: v.Name, Owner: v.Node, Stamp: v.Now}
	if v.Exercise {
		c.Name = "EXERCISE: " + c.Name
	}
	add := func(e Entry, reminders []time.Duration) {
		if v.Exercise {
			e.Summary = "EXERCISE: " + e.Summary
		}
		if e.Status != Completed && e.Status != Cancelled && e.At.After(v.Now) {
			for _, d := range reminders {
				e.Alarms = append(e.Alarms, Alarm{d})
			}
		}
		c.Entries = append(c.Entries, e)
	}
	for _, m := range v.Matters {
		e := Entry{At: m.At, Day: m.Day, Modified: m.Last, Sequence: m.Notes - 1, Status: standing[m.Standing], Summary: summary(m, v.Node), UID: uid(m.Kind, m.Matter.String())}
		if m.Day {
			add(e, reminders.day)
		} else {
			add(e, reminders.appointment)
		}
	}
	for _, d := range v.Clocks {
		e := Entry{At: *d.Due, Began: d.Began, Modified: d.Last, Sequence: d.Notes - 1, Status: owed(d.State), Task: !events,
			Summary: fmt.Sprintf("Due: %s, %s (%s)", d.Owes, d.For, d.Matter.Short()), UID: uid("clock", d.Matter.String(), d.From.String(), d.Owes, d.For.String())}
		switch {
		case events && e.Status == Completed, events && e.Status == Needed:
			e.Status = Confirmed
		case e.Status == Completed && d.DoneAt != nil:
			e.Completed = *d.DoneAt
		}
		if d.DoneAt != nil {
			add(e, nil)
		} else {
			add(e, reminders.deadline)
		}
	}
	return c
}

var standing = map[string]Status{view.Tentative: Tentative, view.Confirmed: Confirmed, view.Cancelled: Cancelled}

// owed says where a task stands: a deadline that is past, and unreported, still
// needs action.
func owed(state string) Status {
	switch state {
	case "running", "due, unreported":
		return Needed
	case "void", "lapsed":
		return Cancelled
	}
	return Completed
}

// summary says what an entry is, in words that are nobody's.
func summary(m *view.DatedEntry, node string) string {
	var s string
	switch m.Kind {
	case "talk":
		s = "Talk " + between(m.Between, node)
		if m.Form == "visit" {
			s = "Visit " + between(m.Between, node)
		} else if m.Form != "" {
			s += ", " + m.Form
		}
	case "mission":
		s = fmt.Sprintf("Expected return, head of mission of %s to %s", m.Between[0], m.Between[1])
	case "statement":
		s = "Release of a statement, " + between(m.Between, node)
	}
	return fmt.Sprintf("%s (%s)", s, m.Short)
}

// between names parties, one's own first.
func between(parties []string, node string) string {
	list := slices.Clone(parties)
	slices.SortStableFunc(list, func(a, b string) int {
		switch node {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	return strings.Join(list, "-")
}

// uid makes a name that is the same for the same thing, whenever and by whichever
// node it is made: a UUID of version 8, RFC 9562, of a digest.
func uid(of ...string) string {
	u := sha256.Sum256([]byte("detente calendar\n" + strings.Join(of, "\n")))
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
