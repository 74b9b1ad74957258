package view

import (
	"slices"
	"sort"
	"time"

	"detente/charter"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// TimelinePage is a stretch of the record on one time axis, by claimed times,
// the earliest first: a column for each party, days and hours as this node's
// party reads its clock.
type TimelinePage struct {
	Frame
	Calendar []CalendarRow  `json:"calendar"`
	Columns  []string       `json:"columns"`           // parties; this node's own first
	Days     []*TimelineDay `json:"days"`              // that have notes on the page
	Earlier  *note.ID       `json:"earlier,omitempty"` // there is more before this note; see Before
	First    int            `json:"first"`             // which of Total stands first on the page, from 1; 0: none does
	Later    *note.ID       `json:"later,omitempty"`   // and after this one
	Total    int            `json:"total"`             // notes that the filter takes
	Zone     string         `json:"zone"`              // of days and hours
}

// TimelineDay is one day of the page.
type TimelineDay struct {
	Day   string          `json:"day"` // 2024-01-18; empty: no time can be read
	Hours []*TimelineHour `json:"hours"`
	Start time.Time       `json:"start"`
}

// TimelineHour is one hour of a day.
type TimelineHour struct {
	Rows  []TimelineRow `json:"rows"`
	Start time.Time     `json:"start"`
}

// TimelineRow holds one note, or several that face each other: accounts of one
// incident, or readouts of one talk, between which nothing was written.
type TimelineRow struct {
	Cells []TimelineCell `json:"cells"` // one for each column
}

// TimelineCell is what one party has in a row. A note stands once, at its own
// time; beside it stands which account or readout of the other side faces it.
type TimelineCell struct {
	Facing *Facing       `json:"facing,omitempty"`
	Note   *TimelineNote `json:"note,omitempty"`
	Party  string        `json:"party"`
}

// Facing is the other side's account of the same incident, or its readout of
// the same talk, which stands elsewhere on the axis.
type Facing struct {
	As    string    `json:"as"` // account, readout
	Gist  *Words    `json:"gist"`
	Note  note.ID   `json:"note"`
	Short string    `json:"short"`
	Time  time.Time `json:"time"`
}

// TimelineNote is one note on the axis, and what became of it.
type TimelineNote struct {
	*NoteLine
	Held    []Held  `json:"held"`    // how far it is, at each other party of its audience
	Links   []Link  `json:"links"`   // notes that it speaks to
	Replies []Reply `json:"replies"` // what persons said to it
}

// Held is how far a note is at a party: its node's word, and nobody's reading.
type Held struct {
	At    *time.Time `json:"at,omitempty"` // the claimed time of By
	By    *note.ID   `json:"by,omitempty"` // the first note whose author held it, such as an ack
	Party string     `json:"party"`
	State string     `json:"state"` // sent, receipted, acked; of others' notes at others: acked, or empty where nothing says so
}

// TimelineOptions says which stretch of the timeline a page is. Of Before,
// After and At the first that is given holds; without any it is the newest.
type TimelineOptions struct {
	Filter
	After  note.ID // what comes after this note
	At     string  // from a day, a month or a year on, 2024-01-18
	Before note.ID // what comes before this note
	Lang   string  // of gists, where it is there; empty: English
}

// timelineLimit is how many notes a page has where no limit is given, and
// the most that it has.
const timelineLimit, timelineMost = 50, 200

// An AtError says that a time to jump to cannot be read.
type AtError struct{ At string }

func (e *AtError) Error() string {
	return "“" + e.At + "” is not a day, a month or a year such as 2024-01-18, 2024-01 or 2024"
}

// TimelineOf returns one page of the timeline. A cursor is the name of a note,
// and the order is total, so no note is passed over or shown twice, whatever
// times their authors claim; a note that comes meanwhile stands where its
// author's time puts it.
func TimelineOf(src Source, channel note.Digest, o TimelineOptions) (*TimelinePage, error) {
	return build(src, channel, func(b *builder) (*TimelinePage, error) {
		b.lang = o.Lang
		chosen, err := b.chosen(o.Filter)
		if err != nil {
			return nil, err
		}
		v := &TimelinePage{Frame: b.frame(), Columns: b.columns(), Days: []*TimelineDay{}, Total: len(chosen)}
		loc := b.zone()
		v.Zone = loc.String()
		from, to, err := b.stretch(chosen, o, loc)
		if err != nil {
			return nil, err
		}
		page := chosen[from:to]
		if len(page) > 0 {
			v.First = from + 1
		}
		if from > 0 && len(page) > 0 {
			id := page[0].ID
			v.Earlier = &id
		}
		if to < len(chosen) && len(page) > 0 {
			id := page[len(page)-1].ID
			v.Later = &id
		}
		here := b.now
		if len(page) > 0 {
			here = page[0].Time
		}
		v.Calendar = calendar(chosen, here.In(loc))
		for _, e := range page {
			if p := e.ID.Party(); !slices.Contains(v.Columns, p) {
				v.Columns = append(v.Columns, p) // it has left, or observes
			}
		}
		v.lay(b, page, loc)
		return v, nil
	})
}

// columns are the parties that speak, this node's own first.
func (b *builder) columns() []string {
	out := slices.Clone(b.speakers())
	if i := slices.Index(out, b.s.Party); i > 0 {
		out = slices.Insert(slices.Delete(out, i, i+1), 0, b.s.Party)
	}
	return out
}

// zone is where this node's party reads its clock.
func (b *builder) zone() *time.Location {
	m, _ := b.s.Docs.Member(b.s.Party)
	if loc, err := time.LoadLocation(m.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// chosen returns the notes that a filter takes, in the order of their times.
func (b *builder) chosen(f Filter) ([]*register.Entry, error) {
	all := b.s.Register.ByTime()
	if !f.Matter.IsZero() {
		m := b.s.Register.Matter(f.Matter)
		if m == nil {
			return nil, &NotFound{"matter " + f.Matter.Short()}
		}
		all = slices.SortedFunc(slices.Values(m.Entries), register.CompareTimes)
	}
	rest := f
	if rest.Limit, rest.Matter = 0, (note.ID{}); rest == (Filter{}) {
		return all, nil
	}
	var out []*register.Entry
	for _, e := range all {
		if f.takes(e) {
			out = append(out, e)
		}
	}
	return out, nil
}

// stretch says which of the chosen notes the page has.
func (b *builder) stretch(chosen []*register.Entry, o TimelineOptions, loc *time.Location) (from, to int, err error) {
	limit := min(o.Limit, timelineMost)
	if limit <= 0 {
		limit = timelineLimit
	}
	n := len(chosen)
	place := func(id note.ID) (at int, after int, err error) {
		e := b.s.Register.Entry(id)
		if e == nil {
			return 0, 0, &NotFound{"note " + id.Short()}
		}
		at, found := slices.BinarySearchFunc(chosen, e, register.CompareTimes)
		if found {
			return at, at + 1, nil
		}
		return at, at, nil
	}
	switch {
	case !o.Before.IsZero():
		to, _, err = place(o.Before)
		return max(0, to-limit), to, err
	case !o.After.IsZero():
		_, from, err = place(o.After)
		return from, min(n, from+limit), err
	case o.At != "":
		start, err := instantOf(o.At, loc)
		if from = since(chosen, start); from < n || err != nil {
			return from, min(n, from+limit), err
		}
	}
	return max(0, n-limit), n, nil
}

// since returns the place of the first note that is not before t.
func since(list []*register.Entry, t time.Time) int {
	return sort.Search(len(list), func(i int) bool { return !list[i].Time.Before(t) })
}

// lay puts the notes of the page into days, hours and rows.
func (v *TimelinePage) lay(b *builder, page []*register.Entry, loc *time.Location) {
	var day *TimelineDay
	var hour *TimelineHour
	var last *register.Entry
	for _, e := range page {
		at := e.Time.In(loc)
		if start := dayOf(at); day == nil || !day.Start.Equal(start) {
			day, hour = &TimelineDay{Day: dayName(at), Hours: []*TimelineHour{}, Start: start}, nil
			v.Days = append(v.Days, day)
		}
		if start := hourOf(at); hour == nil || !hour.Start.Equal(start) {
			hour, last = &TimelineHour{Start: start}, nil
			day.Hours = append(day.Hours, hour)
		}
		column := slices.Index(v.Columns, e.ID.Party())
		n := &TimelineNote{NoteLine: b.line(e), Held: b.held(e), Links: b.links(e), Replies: b.replies(e)}
		if as := facesAs(last, e); as != "" {
			if row := hour.Rows[len(hour.Rows)-1]; row.Cells[column].Note == nil {
				row.Cells[column] = TimelineCell{Note: n, Party: v.Columns[column]}
				last = e
				continue
			}
		}
		row := TimelineRow{make([]TimelineCell, len(v.Columns))}
		for i, p := range v.Columns {
			row.Cells[i] = TimelineCell{Facing: b.facing(e, p), Party: p}
		}
		row.Cells[column] = TimelineCell{Note: n, Party: v.Columns[column]}
		hour.Rows = append(hour.Rows, row)
		last = e
	}
}

// held says how far a note is at each other party of its audience. Observers
// owe no word.
func (b *builder) held(e *register.Entry) []Held {
	out := []Held{}
	for _, p := range e.Audience {
		if m, _ := b.s.Docs.Member(p); p == e.ID.Party() || m.Role == charter.Observer {
			continue
		}
		h := Held{Party: p}
		if first := b.s.Register.Covered(p, e.ID); first != nil {
			id, at := first.ID, first.Time
			h.State, h.By, h.At = Acked, &id, &at
		} else if e.ID.Party() == b.s.Party {
			h.State = b.delivered(e.ID, p)
		} else if p == b.s.Party {
			h.State = Receipted // it is here
		}
		out = append(out, h)
	}
	return out
}

// facesAs says as what two notes of two parties face each other; empty: they
// do not.
func facesAs(a, e *register.Entry) string {
	if a == nil || a.Matter == nil || a.Matter != e.Matter || a.ID.Party() == e.ID.Party() {
		return ""
	}
	as := accountOf(e)
	if accountOf(a) != as {
		return ""
	}
	return as
}

// As what notes face each other.
const facesAccount, facesReadout = "account", "readout"

// accountOf says as what a note faces others: as an account, or as a readout.
func accountOf(e *register.Entry) string {
	if e.Result != register.Applied {
		return ""
	}
	switch e.Move.Act {
	case "incident/report", "incident/account":
		return facesAccount
	case "talk/readout":
		return facesReadout
	}
	return ""
}

// facing returns what a party's latest account or readout is that faces the note.
func (b *builder) facing(e *register.Entry, party string) *Facing {
	as := accountOf(e)
	if as == "" || party == e.ID.Party() {
		return nil
	}
	var id note.ID
	switch s := e.Matter.State.(type) {
	case *matter.IncidentState:
		for _, a := range s.Accounts {
			if a.Party == party {
				id = a.Note
			}
		}
	case *matter.TalkState:
		r, _ := s.Latest(party)
		id = r.Note
	}
	o := b.s.Register.Entry(id)
	if o == nil {
		return nil
	}
	return &Facing{As: as, Gist: b.gist(o), Note: id, Short: id.Short(), Time: o.Time}
}
