package charter

import (
	"testing"
	"time"
)

var (
	karachi = Member{Zone: "Asia/Karachi", Weekend: []string{"saturday", "sunday"}, Holidays: []string{"2024-02-05", "2024-03-23"}}
	tehran  = Member{Zone: "Asia/Tehran", Weekend: []string{"friday", "saturday"}, Holidays: []string{"2024-02-11"}}
)

func TestDue(t *testing.T) {
	hours := func(n int) Clock { return Clock{Hours: n} }
	days := func(n int) Clock { return Clock{Days: n} }
	for _, c := range []struct {
		name     string
		start    string
		clock    Clock
		answerer Member
		want     string // in the answerer's zone
	}{
		{"hours run through weekend and holiday", "2024-02-02T10:00:00Z", hours(72), karachi, "2024-02-05T15:00:00+05:00"},
		{"Saturday-Sunday: Thursday to Friday's end", "2024-01-18T10:00:00Z", days(1), karachi, "2024-01-20T00:00:00+05:00"},
		{"Saturday-Sunday: Friday to Monday's end", "2024-01-19T10:00:00Z", days(1), karachi, "2024-01-23T00:00:00+05:00"},
		{"Friday-Saturday: Thursday to Sunday's end", "2024-01-18T10:00:00Z", days(1), tehran, "2024-01-22T00:00:00+03:30"},
		{"Friday-Saturday: Friday to Sunday's end", "2024-01-19T10:00:00Z", days(1), tehran, "2024-01-22T00:00:00+03:30"},
		{"a week of working days", "2024-01-15T10:00:00Z", days(5), karachi, "2024-01-23T00:00:00+05:00"},
		{"holiday on a Monday", "2024-02-02T10:00:00Z", days(1), karachi, "2024-02-07T00:00:00+05:00"},
		{"holiday on a Saturday takes no day", "2024-03-21T10:00:00Z", days(2), karachi, "2024-03-26T00:00:00+05:00"},
		{"holiday on a Sunday that is worked", "2024-02-08T10:00:00Z", days(1), tehran, "2024-02-13T00:00:00+03:30"},
		{"UTC evening is the next day in Karachi", "2024-01-15T19:00:00Z", days(1), karachi, "2024-01-18T00:00:00+05:00"},
		{"a minute before midnight in Karachi", "2024-01-15T18:59:00Z", days(1), karachi, "2024-01-17T00:00:00+05:00"},
		{"UTC evening is the next day in Tehran", "2024-01-15T20:30:00Z", days(1), tehran, "2024-01-18T00:00:00+03:30"},
		{"started on a holiday", "2024-02-05T06:00:00Z", days(1), karachi, "2024-02-07T00:00:00+05:00"},
		{"over the year's end", "2024-12-30T06:00:00Z", days(2), karachi, "2025-01-02T00:00:00+05:00"},
		{"29 February", "2024-02-28T06:00:00Z", days(1), karachi, "2024-03-01T00:00:00+05:00"},
		{"no weekend", "2024-01-19T10:00:00Z", days(2), Member{Zone: "UTC"}, "2024-01-22T00:00:00Z"},
		{"a date without midnight, west of Greenwich", "2023-09-01T15:00:00Z", days(1), Member{Zone: "America/Santiago"}, "2023-09-03T01:00:00-03:00"},
		{"a date that there was not", "2011-12-29T00:00:00Z", days(1), Member{Zone: "Pacific/Apia"}, "2011-12-31T00:00:00+14:00"},
		// Iran's clocks went from 00:00 to 01:00 on 22 March 2022, and from
		// 00:00 back to 23:00 in the night to 22 September 2021.
		{"a date without midnight", "2022-03-20T10:00:00Z", days(1), tehran, "2022-03-22T01:00:00+04:30"},
		{"a midnight after a repeated hour", "2021-09-20T10:00:00Z", days(1), tehran, "2021-09-22T00:00:00+03:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start, err := time.Parse(time.RFC3339, c.start)
			must(t, err)
			want, err := time.Parse(time.RFC3339, c.want)
			must(t, err)
			if got := Due(start, c.clock, c.answerer); !got.Equal(want) {
				t.Errorf("got %s; want %s", got.Format(time.RFC3339), c.want)
			}
		})
	}
}

// A member that no charter would hold must not hang the clock.
func TestDueEnds(t *testing.T) {
	start := time.Date(2024, 1, 15, 0, 0, 0, 0, time.UTC)
	m := Member{Zone: "nowhere", Weekend: weekdays}
	if got := Due(start, Clock{Days: 3}, m); got.Before(start) {
		t.Errorf("due %s", got)
	}
}
