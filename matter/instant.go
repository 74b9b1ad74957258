package matter

import (
	"fmt"
	"strings"
	"time"
)

// ParseInstant reads an RFC 9557 time with a zone's name, from the year 1 to
// 9998: 2024-01-26T23:59:00+05:00[Asia/Karachi]. The offset says which moment
// it is, and the name stands beside it for people. What clocks show in a zone
// is law, and changes: whether the offset is the zone's own is for the desk to
// ask, by [CheckZone], and not for the fold, which must come to the same on
// machines that know the law of different years.
func ParseInstant(s string) (time.Time, error) {
	stamp, zone, ok := strings.Cut(s, "[")
	zone, closed := strings.CutSuffix(zone, "]")
	t, err := time.Parse(time.RFC3339, stamp)
	if !ok || !closed || err != nil || t.Format(time.RFC3339) != stamp {
		return time.Time{}, fmt.Errorf("%.60q is not a time with its zone: want 2024-01-26T23:59:00+05:00[Asia/Karachi]", s)
	}
	if y := t.UTC().Year(); y < 1 || y > 9998 {
		return time.Time{}, fmt.Errorf("%.60q is not a time of the years 1 to 9998", s)
	}
	return t, checkZoneName(zone)
}

// CheckZone says whether an instant is one that its zone's clocks show, by what
// this program and this machine know of the zone.
func CheckZone(s string) error {
	t, err := ParseInstant(s)
	if err != nil {
		return err
	}
	stamp, zone, _ := strings.Cut(strings.TrimSuffix(s, "]"), "[")
	loc, err := loadZone(zone)
	if err != nil {
		return err
	}
	if in := t.In(loc).Format(time.RFC3339); in != stamp {
		return fmt.Errorf("%s is not how %s writes that time; there it is %s", stamp, zone, in)
	}
	return nil
}

// FormatInstant writes t as RFC 9557 in the named zone.
func FormatInstant(t time.Time, zone string) (string, error) {
	loc, err := loadZone(zone)
	if err != nil {
		return "", err
	}
	return t.In(loc).Truncate(time.Second).Format(time.RFC3339) + "[" + zone + "]", nil
}

// ParseDate reads a day, 2024-01-16, or an instant. Of a day it returns its
// start in UTC: a claim that names only a day is not made more exact.
func ParseDate(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := ParseInstant(s)
	if err != nil {
		return t, fmt.Errorf("%.60q is neither a day, 2024-01-16, nor a time with its zone, 2024-01-16T18:20:00+05:00[Asia/Karachi]", s)
	}
	return t, nil
}
