package solar

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// Every day of 1900 to 2100 is what the tables of ICU say it is.
func TestEveryDay(t *testing.T) {
	f, err := os.Open("testdata/months.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	starts := map[string]Date{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		var day string
		var d Date
		if _, err := fmt.Sscanf(s.Text(), "%s %d-%d-%d", &day, &d.Year, &d.Month, &d.Day); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		starts[day] = d
	}
	var want Date
	days := 0
	for at := time.Date(1900, 1, 1, 23, 59, 0, 0, time.UTC); at.Year() <= 2100; at = at.AddDate(0, 0, 1) {
		want.Day++
		if d, ok := starts[at.Format(time.DateOnly)]; ok {
			want = d
		}
		if got := Of(at); got != want {
			t.Fatalf("%s: got %v, want %v", at.Format(time.DateOnly), got, want)
		}
		days++
	}
	if days != 73_414 || len(starts) != 2_413 {
		t.Errorf("%d days from %d starts of months", days, len(starts))
	}
}

// The day is that of the zone that reads the clock.
func TestZone(t *testing.T) {
	at := time.Date(2024, 3, 19, 21, 0, 0, 0, time.UTC)
	if got := Of(at); got != (Date{1402, 12, 29}) {
		t.Errorf("UTC: %v", got)
	}
	if got := Of(at.In(time.FixedZone("Tehran", 3*3600+1800))); got != (Date{1403, 1, 1}) {
		t.Errorf("Tehran: %v", got)
	}
}

// No time, however far, breaks it.
func TestFar(t *testing.T) {
	for _, at := range []time.Time{{}, time.Date(-5000, 7, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
		if d := Of(at); d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > 31 {
			t.Errorf("%v: %v", at, d)
		}
	}
}
