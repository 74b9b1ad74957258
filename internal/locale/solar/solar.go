// Package solar is the Solar Hijri calendar of Iran, for days that are shown:
// deadlines are instants, and are never computed in it.
//
// A year begins with the vernal equinox at Tehran. Eight years of every 33 are
// leap years, by the rule here; that is the observed calendar for every day
// from 1900 to 2100, as the test shows.
package solar

import "time"

// Date is a day of the calendar.
type Date struct{ Year, Month, Day int }

// The rule, in days from 1 Farvardin of the year 1.
const (
	epoch = -492_268 // that day, from 1 January 1970
	years = 33
	cycle = 33*365 + 8 // days of so many years
)

// Of returns the day that it is at t, in t's own time zone.
func Of(t time.Time) Date {
	y, m, d := t.Date()
	days := floor(int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()), 86_400) - epoch
	year := 1 + floor(years*days+3, cycle)
	day := days - 365*(year-1) - floor(8*year+21, years)
	if day < 6*31 { // six months of 31 days; then months of 30
		return Date{year, 1 + day/31, 1 + day%31}
	}
	day -= 6 * 31
	return Date{year, 7 + day/30, 1 + day%30}
}

func floor(a, b int) int {
	if a < 0 {
		return (a - b + 1) / b
	}
	return a / b
}

// Months returns the names of the months in a language: en, fa, tr or ur.
func Months(lang string) [12]string { return months[lang] }

var months = map[string][12]string{
	"en": {"Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar", "Mehr", "Aban", "Azar", "Dey", "Bahman", "Esfand"},
	"fa": {"فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"},
	"tr": {"Ferverdin", "Ordibeheşt", "Hordad", "Tir", "Mordad", "Şehriver", "Mehr", "Aban", "Azer", "Dey", "Behmen", "Esfend"},
	"ur": {"فروردین", "اردی\u200cبہشت", "خرداد", "تیر", "مرداد", "شہریور", "مہر", "آبان", "آذر", "دی", "بہمن", "اسفند"},
}
