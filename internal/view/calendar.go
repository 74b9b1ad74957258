package view

import (
	"time"

	"detente/register"
)

// CalendarRow is one row of the strip over a timeline: how many notes each
// year, month or day has, as one party reads its clock.
type CalendarRow struct {
	Cells []CalendarCell `json:"cells"` // without a gap, but for years
	Unit  string         `json:"unit"`  // year, month, day
}

// CalendarCell is one year, month or day.
type CalendarCell struct {
	At    string    `json:"at"` // 2024, 2024-01, 2024-01-18: TimelineOptions.At
	Count int       `json:"count"`
	Here  bool      `json:"here"` // the page begins in it
	Start time.Time `json:"start"`
}

// unit is what a cell of the calendar spans.
type unit struct {
	name, layout string
	start        func(time.Time) time.Time
	next         func(time.Time) time.Time
}

var (
	years  = unit{"year", "2006", func(t time.Time) time.Time { return date(t, t.Year(), 1, 1) }, func(t time.Time) time.Time { return date(t, t.Year()+1, 1, 1) }}
	months = unit{"month", "2006-01", func(t time.Time) time.Time { return date(t, t.Year(), t.Month(), 1) }, func(t time.Time) time.Time { return date(t, t.Year(), t.Month()+1, 1) }}
	days   = unit{"day", time.DateOnly, dayOf, func(t time.Time) time.Time { return date(t, t.Year(), t.Month(), t.Day()+1) }}
)

func date(t time.Time, y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

func dayOf(t time.Time) time.Time { return date(t, t.Year(), t.Month(), t.Day()) }

func hourOf(t time.Time) time.Time {
	_, offset := t.Zone()
	east := time.Duration(offset) * time.Second // an hour of Tehran does not begin with one of UTC
	return t.Add(east).Truncate(time.Hour).Add(-east)
}

// readable reports whether a note's time is one: that of a leaf that cannot be
// read is not.
func readable(t time.Time) bool { return t.Year() > 1 }

func dayName(t time.Time) string {
	if !readable(t) {
		return ""
	}
	return t.Format(time.DateOnly)
}

// The most days and months that one row shows; a longer record has rows of
// months, and of years, above.
const calendarDays, calendarMonths, calendarYears = 62, 36, 60

// calendar counts a list, which is in the order of its times, by halving it: it
// costs as many steps as it has cells. here is the instant at which the page
// begins, in the zone of the days.
func calendar(list []*register.Entry, here time.Time) []CalendarRow {
	list = list[since(list, time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC)):] // what has a time
	if len(list) == 0 {
		return []CalendarRow{}
	}
	first, last := list[0].Time.In(here.Location()), list[len(list)-1].Time.In(here.Location())
	if here.Before(first) {
		here = first
	} else if here.After(last) {
		here = last
	}
	row := func(u unit, from, to time.Time) CalendarRow {
		r := CalendarRow{Unit: u.name}
		for t := u.start(from); !t.After(to); t = u.next(t) {
			r.Cells = append(r.Cells, u.cell(list, t, here))
		}
		return r
	}
	if last.Before(days.start(first).AddDate(0, 0, calendarDays)) {
		return []CalendarRow{row(days, first, last)}
	}
	month := months.start(here)
	inMonth := row(days, month, months.next(month).Add(-1))
	if last.Before(months.start(first).AddDate(0, calendarMonths, 0)) {
		return []CalendarRow{row(months, first, last), inMonth}
	}
	year := years.start(here)
	return []CalendarRow{yearsOf(list, here), row(months, year, years.next(year).Add(-1)), inMonth}
}

func (u unit) cell(list []*register.Entry, t, here time.Time) CalendarCell {
	next := u.next(t)
	return CalendarCell{At: t.Format(u.layout), Count: since(list, next) - since(list, t), Here: !here.Before(t) && here.Before(next), Start: t}
}

// yearsOf returns the years that have notes, the latest of them where they are
// many: anybody can claim any year.
func yearsOf(list []*register.Entry, here time.Time) CalendarRow {
	r := CalendarRow{Unit: years.name}
	for len(list) > 0 {
		t := years.start(list[0].Time.In(here.Location()))
		r.Cells = append(r.Cells, years.cell(list, t, here))
		list = list[since(list, years.next(t)):]
	}
	r.Cells = r.Cells[max(0, len(r.Cells)-calendarYears):]
	return r
}

// instantOf reads a day, a month or a year as the instant at which it begins.
func instantOf(s string, loc *time.Location) (time.Time, error) {
	for _, u := range []unit{days, months, years} {
		if t, err := time.ParseInLocation(u.layout, s, loc); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &AtError{s}
}
