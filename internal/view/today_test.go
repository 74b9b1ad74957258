package view

import (
	"strings"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
)

func (w *record) today(seen Mark) *TodayChannel {
	w.tb.Helper()
	o := TodayOptions{Channels: []note.Digest{w.docs.ID()}, Marks: map[note.Digest]Mark{w.docs.ID(): seen}}
	v, err := TodayOf(w, w.party, o)
	if err != nil {
		w.tb.Fatal(err)
	}
	return v.Channels[0]
}

// TestTodayShowsWhatCame since the mark that the last page gave, whatever time
// it claims; and no acks and tests.
func TestTodayShowsWhatCame(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	first := w.today(nil)
	if first.Since == nil || first.Changed.Total != 4 || len(first.Mark) != 2 {
		t.Errorf("without a mark: %d changed since %v, mark %v", first.Changed.Total, first.Since, first.Mark)
	}
	c := w.today(first.Mark)
	if c.Since != nil || c.Changed.Total != 0 {
		t.Errorf("with nothing new: %s", w.labels(c.Changed))
	}
	letter := &note.Move{Act: "message/send", Fields: map[string]any{"form": "letter"}, Office: "mfa", Version: 1}
	late := w.write("IRN", w.now.AddDate(0, 0, -9), letter, nil)
	w.say("IRN", "line/ack", nil, map[string]any{"held": int64(0)})
	w.say("IRN", matter.Test, nil, map[string]any{"use": "roll-call"})
	own := w.say("PAK", "message/answer", &late, map[string]any{"grade": "acknowledged"})
	c = w.today(first.Mark)
	if got, want := w.labels(c.Changed), own.Short()+" "+late.Short(); got != want || c.Changed.Total != 2 {
		t.Errorf("%d changed: %s, want %s", c.Changed.Total, got, want)
	}
	for range 3 * briefLines {
		w.say("IRN", "message/send", nil, map[string]any{"form": "letter"})
	}
	if c = w.today(first.Mark); len(c.Changed.Lines) != briefLines || c.Changed.Total != 3*briefLines+2 {
		t.Errorf("%d lines of %d", len(c.Changed.Lines), c.Changed.Total)
	}
}

// TestTodayFlash: a flash note stands apart until a person has answered it.
func TestTodayFlash(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	w.say("IRN", "message/send", nil, map[string]any{"form": "letter"})
	w.precedence = "flash"
	flash := w.say("IRN", "message/send", nil, map[string]any{"form": "letter"})
	w.precedence = "routine"
	if c := w.today(nil); len(c.Flash) != 1 || c.Flash[0].ID != flash || c.Unread.Total != 2 {
		t.Errorf("flash %v of %d unread", c.Flash, c.Unread.Total)
	}
	w.say("PAK", "message/answer", &flash, map[string]any{"grade": "acknowledged"})
	if c := w.today(nil); len(c.Flash) != 0 || c.Unread.Total != 1 {
		t.Errorf("after a person's word: flash %v of %d unread", c.Flash, c.Unread.Total)
	}
}

// TestTodaySaysHowTheLineStands, in sentences.
func TestTodaySaysHowTheLineStands(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	w.docs.Current().Charter.RollCall = []string{"03:00"}
	is := func(want ...string) {
		t.Helper()
		var got []string
		for _, l := range w.today(nil).Line {
			s := l.Says.String()
			if l.Alarm {
				s = "! " + s
			}
			got = append(got, s)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	up := "link to IRN up since Tue 16 Jan 2024 00:00"
	is(up)
	w.now = w.now.AddDate(0, 0, -2)
	letter := w.say("PAK", "message/send", nil, map[string]any{"form": "letter"})
	w.say("PAK", "message/send", nil, map[string]any{"form": "letter"})
	is(up, "2 notes are not held by IRN yet")
	w.receipts["IRN"] = 2
	is(up, "2 notes delivered to IRN have no word of a person")
	w.say("IRN", "message/answer", &letter, map[string]any{"grade": "acknowledged"})
	answered := "the last that a person of IRN answered is PAK#0, Sat 27 Jan 2024 18:00"
	is(up, answered, "1 note delivered to IRN has no word of a person")
	w.now = w.now.AddDate(0, 0, 2)
	is(up, "! IRN missed the roll call of Mon 29 Jan 2024 08:00", answered, "1 note delivered to IRN has no word of a person")
	w.peers[0].Up = false
	w.say("IRN", "line/suspend", nil, map[string]any{"reason": "protest", "scope": []any{"talk"}, "end": "none"})
	is("! link to IRN down since Tue 16 Jan 2024 00:00; last heard of Mon 29 Jan 2024 18:00", "! IRN missed the roll call of Mon 29 Jan 2024 08:00",
		answered, "1 note delivered to IRN has no word of a person", "! IRN has suspended a part of the line: protest")
	w.peers[0].Heard, w.peers[0].Since = time.Time{}, time.Time{}
	if got := w.today(nil).Line[0].Says.String(); got != "link to IRN not tried yet" {
		t.Error(got)
	}
}

// BenchmarkToday draws the page after a new note, for an officer who looked
// before it came, and for one who never did.
func BenchmarkToday(b *testing.B) {
	w := busy(b)
	mark := w.today(nil).Mark
	for name, seen := range map[string]Mark{"looked": mark, "never": nil} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			began := processor(b)
			var open int
			for b.Loop() {
				w.say("IRN", "message/send", nil, map[string]any{"form": "letter"})
				c := w.today(seen)
				open = c.Owed.Total + c.Owing.Total
			}
			b.ReportMetric(float64(open), "open")
			b.ReportMetric(float64((processor(b)-began).Microseconds())/float64(b.N)/1000, "cpu-ms/page")
		})
	}
}
