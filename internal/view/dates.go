package view

import (
	"time"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// Dates is what of a channel has a day or a moment that a calendar can hold:
// talks and visits, when heads of mission are expected back, when statements are
// released, and every deadline. It has no word of anybody's.
type Dates struct {
	Frame
	Clocks  []*DatedClock `json:"clocks"`
	Matters []*DatedEntry `json:"matters"`
}

// DatedEntry is a matter that has a moment of its own.
type DatedEntry struct {
	Between  []string  `json:"between"` // the parties that it is open to; of a mission the sending and the receiving state
	Day      bool      `json:"day"`     // only a day is known, and At is its start in UTC
	Form     string    `json:"form,omitempty"`
	Kind     string    `json:"kind"`
	Last     time.Time `json:"last"` // the claimed time of its last note
	Matter   note.ID   `json:"matter"`
	Notes    int       `json:"notes"`
	Short    string    `json:"short"`
	Standing string    `json:"standing"` // tentative, confirmed, cancelled
	At       time.Time `json:"at"`
}

// The standings of a date.
const (
	Tentative = "tentative" // proposed, crossed, or not settled yet
	Confirmed = "confirmed"
	Cancelled = "cancelled"
)

// DatedClock is a deadline, and when what is owed began to be.
type DatedClock struct {
	*Clock
	Began time.Time `json:"began"` // the claimed time of the note that started it
	Last  time.Time `json:"last"`
	Notes int       `json:"notes"` // on its matter
}

// CalendarOf returns the dates of a channel, or with a matter only of that one.
// Of the channel it leaves out what was over or done before since.
func CalendarOf(src Source, channel note.Digest, only *note.ID, since time.Time) (*Dates, error) {
	v, err := build(src, channel, func(b *builder) (*Dates, error) {
		v := &Dates{Frame: b.frame(), Clocks: []*DatedClock{}, Matters: []*DatedEntry{}}
		matters := b.s.Register.Matters()
		if only != nil {
			m := b.s.Register.Matter(*only)
			if m == nil {
				return nil, &NotFound{"matter " + only.Short()}
			}
			matters, since = []*register.Matter{m}, time.Time{}
		}
		kept := map[*register.Matter]bool{}
		for _, m := range matters {
			kept[m] = true
			if e, ok := b.dated(m); ok && !e.At.Before(since) {
				v.Matters = append(v.Matters, e)
			}
		}
		for _, c := range b.s.Register.At(b.now) {
			if d := b.datedClock(c); kept[c.Matter] && d.Due != nil && (owing(c.State) || !d.Due.Before(since)) {
				v.Clocks = append(v.Clocks, d)
			}
		}
		return v, nil
	})
	return v, err
}

func (b *builder) datedClock(c register.ClockView) *DatedClock {
	d := &DatedClock{Clock: b.clockOf(c), Notes: len(c.Matter.Entries), Last: lastTime(c.Matter)}
	if e := b.s.Register.Entry(c.From); e != nil {
		d.Began = e.Time
	}
	return d
}

// dated returns the date of a matter; ok is false where it has none.
func (b *builder) dated(m *register.Matter) (e *DatedEntry, ok bool) {
	e = &DatedEntry{Between: m.Audience, Kind: m.Kind.Name, Last: lastTime(m), Matter: m.ID, Notes: len(m.Entries), Short: m.ID.Short(), Standing: Tentative}
	var when string
	switch s := m.State.(type) {
	case *matter.TalkState:
		when, e.Form = s.When, s.Form
		settled, _ := m.Settled.(*matter.TalkState)
		switch {
		case s.State == "declined" || s.State == "cancelled":
			e.Standing = Cancelled
		case settled != nil && settled.When == s.When && (settled.State == "agreed" || settled.State == "held"):
			e.Standing = Confirmed
		}
	case *matter.MissionState:
		when, e.Between = s.Fields["expected-return"].Value, []string{s.Sending, s.Receiving}
		if settled, ok := m.Settled.(*matter.MissionState); ok && s.Crossed == nil && settled.Fields["expected-return"].Value == when {
			e.Standing = Confirmed
		}
	case *matter.StatementState:
		p := s.OnOffer()
		if p == nil {
			return nil, false
		}
		when = p.Release
		settled, _ := m.Settled.(*matter.StatementState)
		switch {
		case s.State == "abandoned":
			e.Standing = Cancelled
		case settled != nil && settled.State == "signed":
			e.Standing = Confirmed
		}
	}
	at, err := matter.ParseDate(when)
	if err != nil {
		return nil, false
	}
	_, day := time.Parse(time.DateOnly, when)
	e.At, e.Day = at.UTC(), day == nil
	return e, true
}

// lastTime returns the latest claimed time of a matter's notes.
func lastTime(m *register.Matter) (last time.Time) {
	for _, e := range m.Entries {
		if e.Time.After(last) {
			last = e.Time
		}
	}
	return last
}
