// Package ics writes iCalendar files, RFC 5545, as RFC 5546 has them published.
//
// It is pure. What it writes:
//
//   - content lines end in CRLF and are folded so that no line is longer than
//     75 octets, never within a character; text is escaped, and control
//     characters, which the format has no way to write, become spaces;
//   - every time is in UTC; a date of which only the day is known is a DATE;
//   - METHOD is PUBLISH: an entry that a program has already is replaced by one
//     of the same UID and a greater SEQUENCE, and is taken away by one whose
//     STATUS is CANCELLED. So both stay with what they are about: a UID is made
//     of it, and a SEQUENCE counts what has happened to it;
//   - a deadline is a VTODO, which ends at DUE; programs that show no tasks take
//     it as a VEVENT at that moment;
//   - CLASS is CONFIDENTIAL, and ORGANIZER says whose calendar it is, without an
//     address.
//
// [Of] makes a calendar of the dates of a channel. Its summaries are in words of
// the program's own: nothing that anybody wrote on the line is in them.
package ics

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// ContentType is how a calendar is labelled where it is served.
const ContentType = "text/calendar; charset=utf-8; method=PUBLISH"

// Calendar is one file.
type Calendar struct {
	Entries []Entry
	Name    string
	Owner   string    // whose calendar it is
	Stamp   time.Time // when it was made
}

// Entry is one event or task.
type Entry struct {
	Alarms      []Alarm
	At          time.Time // when it begins; of a task, when it is due
	Began       time.Time // of a task: when it began to be owed; zero, or not before At: not said
	Completed   time.Time // of a task that is done
	Day         bool      // only the day is known
	Description string
	Location    string
	Modified    time.Time
	Sequence    int
	Status      Status
	Summary     string
	Task        bool // a deadline, else an appointment
	UID         string
}

// Alarm reminds so long before.
type Alarm struct{ Before time.Duration }

// Status says where an entry stands.
type Status string

const (
	Tentative Status = "TENTATIVE" // of an event
	Confirmed Status = "CONFIRMED" // of an event
	Needed    Status = "NEEDS-ACTION"
	Completed Status = "COMPLETED"
	Cancelled Status = "CANCELLED" // of either
)

// Marshal writes the file. It does not fail: what cannot be written is left out.
func (c *Calendar) Marshal() []byte {
	var w writer
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", "-//Détente//Calendar//EN")
	w.line("CALSCALE", "GREGORIAN")
	w.line("METHOD", "PUBLISH")
	w.text("X-WR-CALNAME", c.Name)
	for i := range c.Entries {
		c.entry(&w, &c.Entries[i])
	}
	w.line("END", "VCALENDAR")
	return w.b
}

func (c *Calendar) entry(w *writer, e *Entry) {
	kind := "VEVENT"
	if e.Task {
		kind = "VTODO"
	}
	w.line("BEGIN", kind)
	w.text("UID", e.UID)
	w.time("DTSTAMP", c.Stamp)
	w.line("SEQUENCE", fmt.Sprint(e.Sequence))
	w.line("ORGANIZER;CN="+param(c.Owner), "invalid:nomail") // how the field says: a name, and no address
	w.line("CLASS", "CONFIDENTIAL")
	switch {
	case e.Task:
		if !e.Began.IsZero() && e.Began.Before(e.At) {
			w.time("DTSTART", e.Began)
		}
		w.time("DUE", e.At)
		w.line("PRIORITY", "0")
		w.time("COMPLETED", e.Completed)
	case e.Day:
		w.line("DTSTART;VALUE=DATE", e.At.UTC().Format("20060102"))
		w.line("TRANSP", "TRANSPARENT")
	default:
		w.time("DTSTART", e.At)
	}
	w.time("LAST-MODIFIED", e.Modified)
	w.line("STATUS", string(e.Status))
	w.text("SUMMARY", e.Summary)
	w.text("DESCRIPTION", e.Description)
	w.text("LOCATION", e.Location)
	for _, a := range e.Alarms {
		w.line("BEGIN", "VALARM")
		w.line("ACTION", "DISPLAY")
		w.text("DESCRIPTION", e.Summary)
		trigger := "TRIGGER"
		if e.Task {
			trigger += ";RELATED=END"
		}
		w.line(trigger, before(a.Before))
		w.line("END", "VALARM")
	}
	w.line("END", kind)
}

// before writes a time to go, such as -P1DT2H30M.
func before(d time.Duration) string {
	minutes := int64(max(0, d) / time.Minute)
	s := "-P"
	if days := minutes / (24 * 60); days > 0 {
		s += fmt.Sprintf("%dD", days)
	}
	if h, m := minutes/60%24, minutes%60; h > 0 || m > 0 || minutes == 0 {
		s += "T"
		if h > 0 {
			s += fmt.Sprintf("%dH", h)
		}
		if m > 0 || h == 0 {
			s += fmt.Sprintf("%dM", m)
		}
	}
	return s
}

// maxLine is the greatest length of a line in octets, without its end.
const maxLine = 75

// writer writes content lines.
type writer struct{ b []byte }

// line writes a line whose value needs no escaping.
func (w *writer) line(name, value string) {
	line := name + ":" + value
	for room := maxLine; ; room = maxLine - 1 { // a line that goes on begins with a space
		n := min(room, len(line))
		for n < len(line) && !utf8.RuneStart(line[n]) {
			n--
		}
		w.b = append(w.b, line[:n]...)
		w.b = append(w.b, '\r', '\n')
		if line = line[n:]; line == "" {
			return
		}
		w.b = append(w.b, ' ')
	}
}

// text writes a value that is text, where there is one.
func (w *writer) text(name, value string) {
	if value != "" {
		w.line(name, escaper.Replace(plain(value)))
	}
}

// time writes a moment, where there is one.
func (w *writer) time(name string, t time.Time) {
	if !t.IsZero() {
		w.line(name, t.UTC().Format("20060102T150405Z"))
	}
}

var escaper = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// plain makes valid UTF-8 without control characters but line feeds.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD"))
}

// param quotes a parameter's value, which cannot hold a quotation mark.
func param(s string) string {
	return `"` + strings.NewReplacer(`"`, "'", "\n", " ").Replace(plain(s)) + `"`
}
