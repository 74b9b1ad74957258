package charter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // so that every node knows every zone
)

// Limits of clocks.
const (
	MaxClockDays  = 366
	MaxClockHours = 366 * 24
)

// A Clock is the time that the charter gives for the answer to an act: either
// working days of the answerer or running hours.
type Clock struct {
	Act   string `json:"act"`
	Days  int    `json:"days,omitempty"`
	Hours int    `json:"hours,omitempty"`
	Name  string `json:"name"`
}

func (c Clock) check() error {
	if !actPattern.MatchString(c.Act) {
		return fmt.Errorf("clock: %.60q is not the name of an act: want KIND/ACT", c.Act)
	}
	if err := checkName("clock "+c.Act+": name", c.Name, MaxName); err != nil {
		return err
	}
	if (c.Days == 0) == (c.Hours == 0) {
		return fmt.Errorf("clock %s: want either days or hours", c.Act)
	}
	if c.Days < 0 || c.Days > MaxClockDays || c.Hours < 0 || c.Hours > MaxClockHours {
		return fmt.Errorf("clock %s: want 1 to %d days or 1 to %d hours", c.Act, MaxClockDays, MaxClockHours)
	}
	return nil
}

// Due returns the end of a clock that starts at start: the first moment that
// is too late.
//
// Hours run. Days are working days in the answerer's zone: the day on which
// the clock starts is not counted, weekend and holidays are skipped, and the
// clock ends with the last counted day, at the midnight after it.
func Due(start time.Time, clock Clock, answerer Member) time.Time {
	if clock.Days <= 0 {
		return start.Add(time.Duration(clock.Hours) * time.Hour)
	}
	loc, err := zone(answerer.Zone)
	if err != nil {
		loc = time.UTC // not reached with a member of a valid charter
	}
	y, m, d := start.In(loc).Date()
	left := clock.Days
	// Every week of a valid member has a working day, and every holiday takes
	// away at most one of them.
	for range 7 * (clock.Days + len(answerer.Holidays) + 1) {
		d++
		if answerer.Works(y, m, d) {
			if left--; left == 0 {
				break
			}
		}
	}
	return midnight(y, m, d+1, loc)
}

// Works reports whether the date is a working day of the member.
func (m Member) Works(year int, month time.Month, day int) bool {
	date := time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	if slices.Contains(m.Weekend, strings.ToLower(date.Weekday().String())) {
		return false
	}
	_, holiday := slices.BinarySearch(m.Holidays, date.Format(time.DateOnly))
	return !holiday
}

// midnight returns the first moment of a date. Where clocks go forward at
// midnight, as in Chile, the date begins at one o'clock, and time.Date may
// answer with 23:00 of the day before.
func midnight(year int, month time.Month, day int, loc *time.Location) time.Time {
	noon := time.Date(year, month, day, 12, 0, 0, 0, loc)
	if t := time.Date(year, month, day, 0, 0, 0, 0, loc); t.YearDay() == noon.YearDay() {
		return t
	}
	changed, _ := noon.ZoneBounds()
	return changed
}

var zonePattern = regexp.MustCompile(`^[A-Z][A-Za-z_]*(/[A-Za-z0-9_+-]+){1,2}$`)

// zones keeps the zones once read; there are a few hundred.
var zones sync.Map

// zone returns the zone of that name in the IANA database. Names that mean
// whatever the machine is set to are refused: every node must compute alike.
func zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if name != "UTC" && (len(name) > 64 || !zonePattern.MatchString(name)) {
		return nil, fmt.Errorf("%.40q is not the name of a time zone such as Asia/Karachi", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%.64q is not a time zone that this program knows", name)
	}
	zones.Store(name, loc)
	return loc, nil
}
