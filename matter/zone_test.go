package matter

import (
	"testing"

	"detente/note"
)

// The fold reads the same moment out of an instant on every machine, whatever
// the machine knows of the zone; the desk holds the offset against the zone.
func TestWhatAZoneIsIsNotForTheFold(t *testing.T) {
	for s, want := range map[string]struct{ fold, desk bool }{
		"2024-01-26T23:59:00+05:00[Asia/Karachi]":    {true, true},
		"2024-06-26T23:59:00+04:30[Asia/Tehran]":     {true, false}, // as before the law of 2022
		"2030-01-26T23:59:00+05:00[Asia/Newtown]":    {true, false},
		"1948-01-01T00:00:00Z[UTC]":                  {true, true},
		"9998-12-31T23:59:59Z[UTC]":                  {true, true},
		"9999-12-31T23:59:59-12:00[Etc/GMT+12]":      {},
		"0001-01-01T00:00:00+05:00[Asia/Karachi]":    {},
		"2024-01-26T23:59:00+05:00[Local]":           {},
		"2024-01-26T23:59:00+05:00[/etc/localtime]":  {},
		"2024-01-26T23:59:00+05:00[../localtime]":    {},
		"2024-01-26T23:59:00+05:00[]":                {},
		"2024-01-26T23:59:00+05:00[Asia/Karachi][a]": {},
		"2024-01-26T23:59:00.5+05:00[Asia/Karachi]":  {},
		"2024-01-26T23:59:00+05:00":                  {},
	} {
		m := &note.Move{Act: "handover/open", Fields: map[string]any{"what": "lists", "commit-by": s, "reveal-by": "none"}, Office: "desk", Version: 1}
		if err := Check(m); (err == nil) != want.fold {
			t.Errorf("%s: the fold says %v", s, err)
		}
		if _, err := ReadFields(m.Act, m.Fields, Names{}); (err == nil) != want.desk {
			t.Errorf("%s: the desk says %v", s, err)
		}
	}
}
