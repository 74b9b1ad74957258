package conformance

import (
	"bytes"
	"strings"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"

	"detente/internal/ics"
)

// A parser that shares no code with the writer reads what it wrote.
func TestCalendar(t *testing.T) {
	at := time.Date(2024, 1, 29, 7, 30, 0, 0, time.UTC)
	summary := "دیدار; Besuch, \\ „İstanbul“\nsecond line " + strings.Repeat("و", 120)
	written := ics.Calendar{Name: "channel", Owner: `P"A;K`, Stamp: at.Add(-time.Hour), Entries: []ics.Entry{
		{UID: "1", At: at, Status: ics.Confirmed, Summary: summary, Sequence: 4, Modified: at.Add(-2 * time.Hour), Alarms: []ics.Alarm{{Before: 90 * time.Minute}}},
		{UID: "2", At: time.Date(2024, 1, 29, 0, 0, 0, 0, time.UTC), Day: true, Status: ics.Cancelled, Summary: "a day"},
		{UID: "3", At: at, Began: at.Add(-48 * time.Hour), Completed: at.Add(-time.Hour), Task: true, Status: ics.Completed, Summary: "a task"},
	}}
	c, err := ical.ParseCalendar(bytes.NewReader(written.Marshal()))
	if err != nil {
		t.Fatal(err)
	}
	value := func(of interface {
		GetProperty(ical.ComponentProperty) *ical.IANAProperty
	}, name ical.ComponentProperty) string {
		if p := of.GetProperty(name); p != nil {
			return p.Value
		}
		return ""
	}
	events, tasks := c.Events(), c.Todos()
	if len(events) != 2 || len(tasks) != 1 {
		t.Fatalf("%d events and %d tasks, want 2 and 1", len(events), len(tasks))
	}
	e := events[0]
	if start, err := e.GetStartAt(); err != nil || !start.Equal(at) {
		t.Errorf("it starts at %v, %v; want %v", start, err, at)
	}
	for name, want := range map[ical.ComponentProperty]string{
		ical.ComponentPropertySummary: summary, ical.ComponentPropertyUniqueId: "1", ical.ComponentPropertySequence: "4",
		ical.ComponentPropertyStatus: "CONFIRMED", ical.ComponentPropertyClass: "CONFIDENTIAL", ical.ComponentPropertyOrganizer: "invalid:nomail",
	} {
		if got := value(e, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if name := e.GetProperty(ical.ComponentPropertyOrganizer).ICalParameters["CN"]; len(name) != 1 || name[0] != "P'A;K" {
		t.Errorf("the organizer's name is %q", name)
	}
	if alarms := e.Alarms(); len(alarms) != 1 || value(alarms[0], ical.ComponentPropertyTrigger) != "-PT1H30M" {
		t.Errorf("the alarms are %+v", alarms)
	}
	if start, err := events[1].GetAllDayStartAt(); err != nil || start.Format(time.DateOnly) != "2024-01-29" || value(events[1], ical.ComponentPropertyStatus) != "CANCELLED" {
		t.Errorf("the day is %v, %v", start, err)
	}
	if due, err := tasks[0].GetDueAt(); err != nil || !due.Equal(at) {
		t.Errorf("it is due at %v, %v; want %v", due, err, at)
	}
	if done := value(tasks[0], ical.ComponentPropertyCompleted); done != "20240129T063000Z" {
		t.Errorf("it was completed at %q", done)
	}
}

// The file that the writer's own test keeps is one that others can read.
func TestCalendarFile(t *testing.T) {
	c, err := ical.ParseCalendar(bytes.NewReader(read(t, "../internal/ics/testdata/calendar.ics")))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Events()) != 5 || len(c.Todos()) != 4 {
		t.Errorf("%d events and %d tasks", len(c.Events()), len(c.Todos()))
	}
	for _, e := range c.Events() {
		if e.Id() == "" {
			t.Errorf("an event has no name: %+v", e)
		}
	}
}
