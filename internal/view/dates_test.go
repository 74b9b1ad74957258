package view

import (
	"slices"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
)

// TestCalendarOfJanuary wants the dates of January: talks, the joint statement,
// and what is owed; and no word of anybody's.
func TestCalendarOfJanuary(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	v, err := CalendarOf(w, w.docs.ID(), nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if w.opened > 0 {
		t.Errorf("%d contents were read for a calendar", w.opened)
	}
	kinds := map[string]int{}
	for _, e := range v.Matters {
		kinds[e.Kind]++
	}
	if kinds["talk"] == 0 || kinds["statement"] == 0 {
		t.Errorf("the dates are of %v", kinds)
	}
	if len(v.Clocks) == 0 {
		t.Error("there is no deadline")
	}
	for _, c := range v.Clocks {
		if c.Words != nil || c.Began.IsZero() || c.Notes == 0 || c.Last.IsZero() {
			t.Errorf("clock %+v, %+v", c, c.Clock)
		}
	}
	later, err := CalendarOf(w, w.docs.ID(), nil, w.now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if len(later.Matters) > 0 {
		t.Errorf("a year later there is still %+v", later.Matters[0])
	}
	for _, c := range later.Clocks {
		if c.State != "running" && c.State != "due, unreported" {
			t.Errorf("a year later there is still a clock that is %s", c.State)
		}
	}
}

// TestDateOfATalk follows one talk: it is confirmed only once the agreement is
// settled, moves with a counter-proposal, and is cancelled.
func TestDateOfATalk(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	talk := w.say("PAK", "talk/propose", nil, map[string]any{"form": "video", "level": "sections", "when": "2024-01-30T10:00:00+05:00[Asia/Karachi]"})
	last := 0
	want := func(standing, at string, day bool) {
		t.Helper()
		v, err := CalendarOf(w, w.docs.ID(), &talk, time.Time{})
		if err != nil || len(v.Matters) != 1 {
			t.Fatalf("got %+v, %v", v, err)
		}
		e := v.Matters[0]
		if e.Standing != standing || e.Day != day || e.At.Format(time.RFC3339) != at || e.Notes <= last {
			t.Errorf("got %s, %s, a day: %t, note %d; want %s, %s, %t, later than %d", e.Standing, e.At, e.Day, e.Notes, standing, at, day, last)
		}
		last = e.Notes
	}
	ack := func(party string) { w.say(party, matter.Ack, nil, map[string]any{"held": int64(1)}) }
	want(Tentative, "2024-01-30T05:00:00Z", false)
	w.say("IRN", "talk/counter", &talk, map[string]any{"when": "2024-02-01"})
	want(Tentative, "2024-02-01T00:00:00Z", true)
	w.say("PAK", "talk/agree", &talk, nil)
	want(Tentative, "2024-02-01T00:00:00Z", true) // not settled: a note of IRN's can still cross it
	ack("IRN")
	last--
	want(Confirmed, "2024-02-01T00:00:00Z", true)
	w.say("IRN", "talk/cancel", &talk, nil)
	want(Cancelled, "2024-02-01T00:00:00Z", true)

	mission := w.say("IRN", "mission/change", nil, map[string]any{"sending": "IRN", "receiving": "PAK", "expected-return": "2024-01-26"})
	ack("PAK")
	v, err := CalendarOf(w, w.docs.ID(), &mission, time.Time{})
	if err != nil || len(v.Matters) != 1 || v.Matters[0].Standing != Confirmed || !slices.Equal(v.Matters[0].Between, []string{"IRN", "PAK"}) {
		t.Errorf("an expected return is %+v, %v", v, err)
	}

	if _, err := CalendarOf(w, w.docs.ID(), &note.ID{Origin: talk.Origin, Index: 99}, time.Time{}); err == nil {
		t.Error("a matter that is not there has a calendar")
	}
}
