package press

import (
	"strconv"
	"strings"
	"time"
)

var weekdays = map[string]time.Weekday{"sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6}

var monthNames = func() map[string]time.Month {
	m := map[string]time.Month{"sept": time.September}
	for i := time.January; i <= time.December; i++ {
		name := strings.ToLower(i.String())
		m[name], m[name[:3]] = i, i
	}
	return m
}()

// dated returns the day of what a proposal tells, and the words for it. Where
// several are named, or one that needs guessing, there is no day.
func (r *reader) dated(c *clause, p *Proposal) (day, words string) {
	forward := p.Act == "undertaking/offer"
	lo, hi := c.lo, c.hi
	for lo < hi && c.t[lo].start < p.Start {
		lo++
	}
	for hi > lo && c.t[hi-1].end > p.End {
		hi--
	}
	if day, words = r.day(c, found{lo, hi}, forward); words != "" {
		return day, words
	}
	if c.speaker != nil {
		return "", ""
	}
	// One that stands at the head of the sentence is of all that it tells.
	head := c.lo
	for head < lo && c.t[head].norm != "," {
		head++
	}
	if head < c.lo+6 {
		return r.day(c, found{c.lo, head}, forward)
	}
	return "", ""
}

// day finds the only day that is named among the tokens. words is empty where
// none is; day is empty where it cannot be told.
func (r *reader) day(c *clause, in found, forward bool) (day, words string) {
	n := 0
	for i := in.lo; i < in.hi; i++ {
		d, k := r.dayAt(c.t[:in.hi], i, forward)
		if k == 0 {
			continue
		}
		if n++; n > 1 {
			return "", words
		}
		words = written(c.t[i : i+k])
		if !d.IsZero() {
			day = d.Format(time.DateOnly)
		}
		i += k - 1
	}
	return day, words
}

// dayAt reads a day that is named at t[i], and returns of how many words it is.
func (r *reader) dayAt(t []token, i int, forward bool) (time.Time, int) {
	low := t[i].low
	if d, ok := weekdays[low]; ok && t[i].capital() {
		before := ""
		if i > 0 {
			before = t[i-1].low
		}
		if i+1 < len(t) && monthDay(t, i+1) > 0 { // "Friday 19 January"
			day, k := r.dayAt(t, i+1+comma(t, i+1), forward)
			return day, k + 1 + comma(t, i+1)
		}
		switch before {
		case "last", "next", "this", "since", "until", "till", "every", "each", "before", "after":
			return time.Time{}, 1 // which one is a guess, or it is no day of the act
		}
		if r.date.IsZero() {
			return time.Time{}, 1
		}
		back := (int(r.date.Weekday()) - int(d) + 7) % 7
		if forward {
			ahead := (7 - back) % 7
			if ahead == 0 {
				return time.Time{}, 1
			}
			return r.date.AddDate(0, 0, ahead), 1
		}
		return r.date.AddDate(0, 0, -back), 1
	}
	switch low {
	case "today", "yesterday", "tomorrow":
		if r.date.IsZero() || t[i].quote != 0 {
			return time.Time{}, 1
		}
		return r.date.AddDate(0, 0, map[string]int{"today": 0, "yesterday": -1, "tomorrow": 1}[low]), 1
	}
	k := monthDay(t, i)
	if k == 0 {
		return time.Time{}, 0
	}
	var month time.Month
	var day, year int
	for _, w := range t[i : i+k] {
		if m, ok := monthNames[strings.TrimSuffix(w.low, ".")]; ok && w.capital() {
			month = m
		} else if n, err := strconv.Atoi(strings.TrimRight(w.low, "stndrh")); err == nil {
			if n > 31 {
				year = n
			} else {
				day = n
			}
		}
	}
	if year == 0 {
		if r.date.IsZero() {
			return time.Time{}, k
		}
		// The nearest such day that is not after the text, or, of what is to
		// come, not before it; more than half a year away it is a guess.
		year = r.date.Year()
		d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		if !forward && d.After(r.date) {
			year--
		}
		if forward && d.Before(r.date) {
			year++
		}
	}
	d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if d.Day() != day || d.Month() != month || year < 1800 || year > 2200 {
		return time.Time{}, k
	}
	if gap := d.Sub(r.date).Abs(); !r.date.IsZero() && k < 3 && gap > 183*24*time.Hour {
		return time.Time{}, k
	}
	return d, k
}

func comma(t []token, i int) int {
	if i < len(t) && t[i].norm == "," {
		return 1
	}
	return 0
}

// monthDay returns of how many words a day of a month is: "19 January 2024",
// "Jan. 19", "January 19, 2024"; 0 where there is none.
func monthDay(t []token, i int) int {
	i0 := i
	i += comma(t, i)
	if i >= len(t) {
		return 0
	}
	isMonth := func(j int) bool {
		if j >= len(t) {
			return false
		}
		_, ok := monthNames[t[j].low]
		return ok && t[j].capital()
	}
	isDay := func(j int) bool {
		if j >= len(t) {
			return false
		}
		n, err := strconv.Atoi(strings.TrimRight(t[j].low, "stndrh"))
		return err == nil && n >= 1 && n <= 31 && len(t[j].low) <= 4
	}
	isYear := func(j int) bool { return j < len(t) && len(t[j].low) == 4 && isNumber(t[j].low) }
	end := 0
	switch {
	case isDay(i) && isMonth(i+1):
		end = i + 2
	case isMonth(i) && isDay(i+1):
		end = i + 2
	case isMonth(i) && i+2 < len(t) && t[i+1].norm == "." && isDay(i+2):
		end = i + 3
	default:
		return 0
	}
	if isYear(end) {
		end++
	} else if end+1 < len(t) && t[end].norm == "," && isYear(end+1) {
		end += 2
	}
	return end - i0
}
