package ics

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"detente/internal/view"
	"detente/note"
)

var now = time.Date(2024, 1, 23, 9, 0, 0, 0, time.UTC)

func id(index uint64) note.ID {
	return note.ID{Origin: note.Origin("PAK", note.Sum([]byte("channel")), 1), Index: index}
}

func dates() *view.Dates {
	due := func(h int) *time.Time { t := now.Add(time.Duration(h) * time.Hour); return &t }
	of := func(i uint64, kind, form, standing string, at time.Time, day bool) *view.DatedEntry {
		return &view.DatedEntry{At: at, Between: []string{"IRN", "PAK"}, Day: day, Form: form, Kind: kind, Last: now.Add(-time.Hour), Matter: id(i), Notes: 3, Short: id(i).Short(), Standing: standing}
	}
	clock := func(i uint64, state string, h int, done *time.Time) *view.DatedClock {
		return &view.DatedClock{Began: now.Add(-48 * time.Hour), Last: now.Add(-time.Hour), Notes: 2,
			Clock: &view.Clock{Due: due(h), DoneAt: done, For: view.Says("to answer"), From: id(i), Matter: id(i), Owes: "IRN", State: state}}
	}
	return &view.Dates{
		Frame: view.Frame{Name: "A channel; with, marks", Node: "PAK", Now: now},
		Matters: []*view.DatedEntry{
			of(1, "talk", "video", view.Confirmed, now.Add(30*time.Hour), false),
			of(2, "talk", "visit", view.Tentative, time.Date(2024, 1, 29, 0, 0, 0, 0, time.UTC), true),
			of(3, "talk", "telephone", view.Cancelled, now.Add(10*time.Hour), false),
			{At: now.Add(72 * time.Hour), Between: []string{"PAK", "IRN"}, Kind: "mission", Last: now, Matter: id(4), Notes: 1, Short: id(4).Short(), Standing: view.Confirmed},
			of(5, "statement", "", view.Confirmed, now.Add(-24*time.Hour), false),
		},
		Clocks: []*view.DatedClock{clock(6, "running", 36, nil), clock(7, "due, unreported", -3, nil), clock(8, "met", -5, due(-6)), clock(9, "void", 5, nil)},
	}
}

var update = flag.Bool("update", false, "write testdata/calendar.ics again")

func TestGolden(t *testing.T) {
	const path = "testdata/calendar.ics"
	got := Of(dates(), false).Marshal()
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(got) != string(want) {
		t.Errorf("%s is another; run go test ./internal/ics -update and read what changed; %v", path, err)
	}
}

// TestFollow wants what a calendar program needs to follow a matter: its name
// stays, and its number grows.
func TestFollow(t *testing.T) {
	v := dates()
	before := Of(v, false).Entries[0]
	m := v.Matters[0]
	m.Standing, m.Notes, m.At = view.Cancelled, 4, m.At.Add(time.Hour)
	after := Of(v, false).Entries[0]
	if after.UID != before.UID || after.Sequence != before.Sequence+1 || after.Status != Cancelled || after.Alarms != nil {
		t.Errorf("after a talk was cancelled: %+v, before: %+v", after, before)
	}
	seen := map[string]bool{}
	for _, e := range Of(v, false).Entries {
		if seen[e.UID] {
			t.Errorf("two entries have the name %s", e.UID)
		}
		seen[e.UID] = true
	}
}

func TestExercise(t *testing.T) {
	v := dates()
	v.Exercise = true
	c := Of(v, true)
	if !strings.HasPrefix(c.Name, "EXERCISE") {
		t.Errorf("the calendar is called %q", c.Name)
	}
	for _, e := range c.Entries {
		if !strings.HasPrefix(e.Summary, "EXERCISE: ") || e.Task {
			t.Errorf("%q, a task: %t; want an event that says that it is of an exercise", e.Summary, e.Task)
		}
	}
}

func TestBefore(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "-PT0M", 30 * time.Minute: "-PT30M", 2 * time.Hour: "-PT2H", 24 * time.Hour: "-P1D", 26*time.Hour + time.Minute: "-P1DT2H1M", -time.Hour: "-PT0M",
	} {
		if got := before(d); got != want {
			t.Errorf("%s before is %s, want %s", d, got, want)
		}
	}
}

// FuzzText wants that whatever text is written comes back, line by line as the
// format has it, and can begin no line of its own.
func FuzzText(f *testing.F) {
	for _, s := range []string{"Talk PAK-IRN, video", strings.Repeat("گفت\u200cوگو ", 30), "a\r\nBEGIN:VEVENT\nx;y,z\\n", "\x00\xff\x7f", strings.Repeat("x", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := Calendar{Owner: s, Stamp: now, Entries: []Entry{{At: now, Summary: s, Status: Confirmed, UID: "u"}}}
		b := string(c.Marshal())
		lines := strings.Split(b, "\r\n")
		var whole []string
		for i, l := range lines {
			if len(l) > maxLine || strings.ContainsAny(l, "\r\n") {
				t.Fatalf("line %d has %d octets: %q", i+1, len(l), l)
			}
			if !utf8.ValidString(l) {
				t.Fatalf("line %d is cut within a character: %q", i+1, l)
			}
			if strings.HasPrefix(l, " ") && len(whole) > 0 {
				whole[len(whole)-1] += l[1:]
			} else {
				whole = append(whole, l)
			}
		}
		got, found := "", 0
		for _, l := range whole {
			if v, ok := strings.CutPrefix(l, "SUMMARY:"); ok {
				got, found = v, found+1
			}
		}
		if want := plain(s); want == "" && found == 0 || found == 1 && unescape(got) == want {
			return
		}
		t.Fatalf("%q came back as %q", s, unescape(got))
	})
}

// unescape reads text by the grammar of RFC 5545, section 3.3.11.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == ',' || s[i] == ';':
			return fmt.Sprintf("%q stands bare", s[i])
		case s[i] != '\\':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == 'n':
			b.WriteByte('\n')
			i++
		default:
			i++
			if i < len(s) {
				b.WriteByte(s[i])
			}
		}
	}
	return b.String()
}
