package ladder

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"detente/note"
)

// An Act is what one note did.
type Act struct {
	Note        note.ID
	Matter      note.ID
	Name        string // "incident/report"
	Fields      map[string]any
	Party       string    // its author
	Time        time.Time // as the author claims it, in the zone in which it reads its clocks
	Brought     string    // what the note completed, such as "in force"
	With        []string  // who agreed to that
	Provisional bool
}

// A Reading is the ladder over some days.
type Reading struct {
	Days  []Day      `json:"days"`  // in their order, without a gap
	Since string     `json:"since"` // the first day, 2024-01-16
	Sides []Standing `json:"sides"`
	Until string     `json:"until"`
}

// Standing is where a side stands on the last day.
type Standing struct {
	Acts    []Entry `json:"acts"` // that put it there
	Highest *Peak   `json:"highest,omitempty"`
	Party   string  `json:"party"`
	Rung    int     `json:"rung"`
	Step    *Entry  `json:"step,omitempty"` // its latest de-escalating one
}

// A Peak is the highest rung of a side, on the last day that it was there.
type Peak struct {
	Acts []Entry `json:"acts"`
	Day  string  `json:"day"`
	Rung int     `json:"rung"`
}

// A Day is a day on which something was done or ended, or several quiet ones.
type Day struct {
	From  string `json:"from"`
	Sides []Side `json:"sides"`
	To    string `json:"to"`
}

// A Side is how one side stands on a day.
type Side struct {
	Acts  []Entry `json:"acts"` // that put it on its rung, and what it did besides; the highest first
	Party string  `json:"party"`
	Rung  int     `json:"rung"`
	Score *Score  `json:"score,omitempty"`
	Steps []Entry `json:"steps"`
}

// An Entry is one act in one of its meanings.
type Entry struct {
	Day         string  `json:"day"` // of the act; of one that still stands, an earlier one
	Note        note.ID `json:"note"`
	Provisional bool    `json:"provisional"`
	Rung        int     `json:"rung"`
	Says        string  `json:"says"`
}

// A Score is the second line: the weights of one side on one day.
type Score struct {
	Counts []Count `json:"counts"`
	Sum    float64 `json:"sum"`
}

// A Count is one code, counted once however many notes say it.
type Count struct {
	Code   string    `json:"code"`
	Label  string    `json:"label"`
	Notes  []note.ID `json:"notes"`
	Weight float64   `json:"weight"`
}

// meaning is one act in one of its meanings, for one side.
type meaning struct {
	Entry
	row   *Row
	party string
	end   string // the day on which it no longer stands; empty: not ended
}

var (
	rows = map[string][]*Row{}
	on   = map[string]string{} // by act: the field that says the day
)

func init() {
	for i := range Table {
		r := &Table[i]
		rows[r.Act] = append(rows[r.Act], r)
		if r.On != "" {
			on[r.Act] = r.On
		}
	}
}

// A DayError says what is wrong with the days that were asked for.
type DayError struct{ Why string }

func (e *DayError) Error() string { return e.Why }

// Read reads the ladder from acts, which are given in the order of the fold,
// for some parties, from one day to another, both like 2024-01-16. If since is
// empty it begins with the first act.
func Read(acts []Act, parties []string, since, until string) (*Reading, error) {
	for _, day := range []string{since, until} {
		if _, err := time.Parse(time.DateOnly, day); err != nil && (day != "" || day == until) {
			return nil, &DayError{fmt.Sprintf("%.40q is not a day such as 2024-01-16", day)}
		}
	}
	all := meanings(acts, parties)
	if since == "" {
		since = until
		for _, m := range all {
			since = min(since, m.Day)
		}
	}
	if since > until {
		return nil, &DayError{fmt.Sprintf("the first day, %s, is after the last, %s", since, until)}
	}
	v := &Reading{Days: spans(all, since, until), Since: since, Sides: []Standing{}, Until: until}
	v.fill(all, parties)
	for _, p := range parties {
		v.Sides = append(v.Sides, v.standing(all, p))
	}
	return v, nil
}

// meanings lists what the acts mean by the table.
func meanings(acts []Act, parties []string) []*meaning {
	var all []*meaning
	standing := map[note.ID][]*meaning{} // by matter
	for i := range acts {
		a := &acts[i]
		day := a.day()
		if open := standing[a.Matter]; open != nil {
			standing[a.Matter] = slices.DeleteFunc(open, func(m *meaning) bool {
				_, given := a.Fields[m.row.Ends.Field]
				if given || a.Name == m.row.Ends.Act {
					m.end = earlier(m.end, day)
					return true
				}
				return false
			})
		}
		for _, r := range rows[a.Name] {
			if !r.fits(a) {
				continue
			}
			for _, p := range parties {
				if p != a.Party && (r.Brings == "" || !slices.Contains(a.With, p)) {
					continue
				}
				m := &meaning{Entry{day, a.Note, a.Provisional, r.Rung, r.Says}, r, p, ""}
				all = append(all, m)
				if r.Ends != (Ends{}) {
					s, _ := a.Fields[r.Ends.At].(string)
					m.end, _ = dayOf(s)
					standing[a.Matter] = append(standing[a.Matter], m)
				}
			}
		}
	}
	return all
}

func earlier(a, b string) string {
	if a == "" || b < a {
		return b
	}
	return a
}

// day is the day on which it was done, as its author claims.
func (a *Act) day() string {
	s, _ := a.Fields[on[a.Name]].(string)
	if day, ok := dayOf(s); ok {
		return day
	}
	return a.Time.Format(time.DateOnly)
}

// dayOf reads the day from a date or an instant, in the zone that it names.
func dayOf(s string) (string, bool) {
	if len(s) < len(time.DateOnly) {
		return "", false
	}
	s = s[:len(time.DateOnly)]
	_, err := time.Parse(time.DateOnly, s)
	return s, err == nil
}

func (r *Row) fits(a *Act) bool {
	if r.Brings != "" && r.Brings != a.Brought {
		return false
	}
	for field, words := range r.Where {
		said := ""
		if v, ok := a.Fields[field]; ok {
			said = fmt.Sprint(v)
		}
		if !slices.Contains(words, said) {
			return false
		}
	}
	return true
}

// spans cuts the time into days on which something was done or ended, and the
// quiet ones between them.
func spans(all []*meaning, since, until string) []Day {
	busy := map[string]bool{}
	for _, m := range all {
		for _, day := range []string{m.Day, m.end} {
			if since <= day && day <= until {
				busy[day] = true
			}
		}
	}
	var out []Day
	next := since
	for _, day := range slices.Sorted(maps.Keys(busy)) {
		if next < day {
			out = append(out, Day{From: next, To: plus(day, -1)})
		}
		out = append(out, Day{From: day, To: day})
		if day == until {
			return out
		}
		next = plus(day, 1)
	}
	return append(out, Day{From: next, To: until})
}

func plus(day string, n int) string {
	t, _ := time.Parse(time.DateOnly, day) // it has been parsed before
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// fill reads every day for every side.
func (v *Reading) fill(all []*meaning, parties []string) {
	byDay := map[string][]*meaning{}
	var standing []*meaning
	for _, m := range all {
		byDay[m.Day] = append(byDay[m.Day], m)
		if m.row.Ends != (Ends{}) {
			standing = append(standing, m)
		}
	}
	for i := range v.Days {
		d := &v.Days[i]
		standing = slices.DeleteFunc(standing, func(m *meaning) bool { return m.end != "" && m.end <= d.From })
		here := slices.Clone(byDay[d.From])
		for _, m := range standing {
			if m.Day < d.From {
				here = append(here, m)
			}
		}
		for _, p := range parties {
			d.Sides = append(d.Sides, side(here, p, d.From))
		}
	}
}

// side reads one day of one side.
func side(here []*meaning, party, day string) Side {
	s := Side{Acts: []Entry{}, Party: party, Steps: []Entry{}}
	counts := map[string]*Count{}
	for _, m := range here {
		if m.party != party {
			continue
		}
		if m.Rung > ordinary {
			s.Acts = append(s.Acts, m.Entry)
			s.Rung = max(s.Rung, m.Rung)
		}
		if m.row.Step {
			s.Steps = append(s.Steps, m.Entry)
		}
		if m.row.Code == "" || m.Day != day {
			continue
		}
		c := counts[m.row.Code]
		if c == nil {
			w := Scale[m.row.Code]
			c = &Count{Code: m.row.Code, Label: w.Label, Weight: w.Weight}
			counts[m.row.Code] = c
		}
		c.Notes = append(c.Notes, m.Note)
	}
	slices.SortStableFunc(s.Acts, func(a, b Entry) int { return cmp.Compare(b.Rung, a.Rung) })
	if len(counts) > 0 {
		s.Score = &Score{}
		for _, code := range slices.Sorted(maps.Keys(counts)) {
			s.Score.Counts = append(s.Score.Counts, *counts[code])
			s.Score.Sum += counts[code].Weight
		}
	}
	return s
}

// standing sums up one side: where it stands on the last day, where it was
// highest, and its latest step.
func (v *Reading) standing(all []*meaning, party string) Standing {
	out := Standing{Acts: []Entry{}, Party: party}
	for _, d := range v.Days {
		i := slices.IndexFunc(d.Sides, func(s Side) bool { return s.Party == party })
		s := d.Sides[i]
		top := slices.DeleteFunc(slices.Clone(s.Acts), func(e Entry) bool { return e.Rung < s.Rung })
		if s.Rung > ordinary && (out.Highest == nil || s.Rung >= out.Highest.Rung) {
			out.Highest = &Peak{top, d.To, s.Rung}
		}
		if d.To == v.Until {
			out.Rung, out.Acts = s.Rung, slices.Concat([]Entry{}, top)
		}
		if n := len(s.Steps); n > 0 {
			out.Step = &s.Steps[n-1]
		}
	}
	return out
}
