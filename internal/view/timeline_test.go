package view

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
)

func (w *record) timeline(o TimelineOptions) *TimelinePage {
	w.tb.Helper()
	v, err := TimelineOf(w, w.docs.ID(), o)
	if err != nil {
		w.tb.Fatal(err)
	}
	return v
}

// notes returns what is on a page, row by row.
func (v *TimelinePage) notes() (out []*TimelineNote) {
	for _, d := range v.Days {
		for _, h := range d.Hours {
			for _, r := range h.Rows {
				for _, c := range r.Cells {
					if c.Note != nil {
						out = append(out, c.Note)
					}
				}
			}
		}
	}
	return out
}

// text draws a page as a table: the hour, then what stands in each column,
// with ~ before what only faces it from elsewhere.
func (w *record) text(v *TimelinePage) string {
	var b strings.Builder
	for _, d := range v.Days {
		for _, h := range d.Hours {
			for _, r := range h.Rows {
				b.WriteString(d.Day[8:] + h.Start.In(time.FixedZone("", 5*3600)).Format(" 15:04"))
				for _, c := range r.Cells {
					b.WriteString(" | ")
					switch {
					case c.Note != nil:
						b.WriteString(w.label(c.Note.ID))
					case c.Facing != nil:
						b.WriteString("~" + c.Facing.As + " " + w.label(c.Facing.Note))
					}
				}
				b.WriteString("\n")
			}
		}
	}
	return b.String()
}

// TestTimelineOfJanuary wants the two accounts of each strike to face each
// other, and the two readouts of each call, every one of them at its own hour.
func TestTimelineOfJanuary(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	for act, want := range map[string]string{
		"incident": `16 22:00 | strike-panjgur | ~account strike-panjgur-iran
16 22:00 | protest-panjgur | 
16 23:00 | ~account strike-panjgur | strike-panjgur-iran
18 09:00 | strike-saravan | ~account strike-saravan-iran
18 09:00 | dossiers-claimed | ~account strike-saravan-iran
18 13:00 | ~account dossiers-claimed | strike-saravan-iran
27 18:00 | killings-saravan | 
27 20:00 | investigation-asked | 
27 20:00 | condemned-pakistan | 
27 20:00 |  | condemned-iran
`,
		"talk/readout": `17 19:00 | call-17-pakistan | ~readout call-17-iran
17 21:00 | ~readout call-17-pakistan | call-17-iran
19 18:00 | call-19-pakistan | ~readout call-19-iran
19 19:00 | ~readout call-19-pakistan | call-19-iran
29 16:00 | visit-pakistan | 
`} {
		if got := w.text(w.timeline(TimelineOptions{Filter: Filter{Act: act}})); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", act, got, want)
		}
	}
}

// TestTimelineLaysWhatMeets: accounts between which nothing was written stand
// in one row; and where something was, each in its own, facing the other.
func TestTimelineLaysWhatMeets(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	where := map[string]any{"when": "2024-01-29", "where": "IR/Sistan and Baluchestan/Saravan", "nature": "shooting"}
	first := w.say("PAK", "incident/report", nil, where)
	other := w.say("IRN", "incident/account", &first, where)
	letter := w.say("IRN", "message/send", nil, map[string]any{"form": "letter"})
	again := w.say("PAK", "incident/account", &first, where)
	v := w.timeline(TimelineOptions{})
	short := func(c TimelineCell) string {
		switch {
		case c.Note != nil:
			return c.Note.Short
		case c.Facing != nil:
			return "~" + c.Facing.Short
		}
		return "-"
	}
	var got []string
	for _, r := range v.Days[0].Hours[0].Rows {
		got = append(got, short(r.Cells[0])+" "+short(r.Cells[1]))
	}
	want := []string{first.Short() + " " + other.Short(), "- " + letter.Short(), again.Short() + " ~" + other.Short()}
	if !slices.Equal(got, want) || !slices.Equal(v.Columns, []string{"PAK", "IRN"}) {
		t.Errorf("columns %v: got %q, want %q", v.Columns, got, want)
	}
	w.party = "IRN"
	if v := w.timeline(TimelineOptions{}); !slices.Equal(v.Columns, []string{"IRN", "PAK"}) {
		t.Errorf("at the other side the columns are %v", v.Columns)
	}
}

// TestTimelineReadsWhatBecameOfANote: held by a node is not read by a person;
// an acknowledgement is not an answer; a further word is on its way.
func TestTimelineReadsWhatBecameOfANote(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	letter := w.say("PAK", "message/send", nil, map[string]any{"form": "letter"})
	is := func(want string) {
		t.Helper()
		v := w.timeline(TimelineOptions{})
		n := v.notes()[0]
		got := n.Held[0].Party + " " + n.Held[0].State
		if n.Settled {
			got += ", settled"
		}
		for _, r := range n.Replies {
			got += fmt.Sprintf(", %s by %s %t", r.As, r.Party, r.Final)
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	is("IRN sent")
	w.receipts["IRN"] = 1
	is("IRN receipted")
	w.say("IRN", "line/ack", nil, map[string]any{"held": int64(0)})
	is("IRN acked, settled")
	w.now = w.now.Add(time.Hour)
	w.say("IRN", "message/answer", &letter, map[string]any{"grade": "acknowledged"})
	w.now = w.now.Add(time.Hour)
	answer := w.say("IRN", "message/answer", &letter, map[string]any{"grade": "refused"})
	is("IRN acked, settled, acknowledged by IRN false, refused by IRN true")
	other := w.say("IRN", "message/send", nil, map[string]any{"form": "letter", "reply-to": letter.String()})
	v := w.timeline(TimelineOptions{})
	for id, as := range map[note.ID]string{answer: "reply", other: "reply-to"} {
		i := slices.IndexFunc(v.notes(), func(n *TimelineNote) bool { return n.ID == id })
		if got := v.notes()[i].Links; !slices.Equal(got, []Link{{as, letter, letter.Short()}}) {
			t.Errorf("%s: links %+v", id.Short(), got)
		}
		if got := v.notes()[i].Held; len(got) != 1 || got[0].State != Receipted {
			t.Errorf("another's note, here without an ack: %+v", got)
		}
	}
}

// TestRepliesNameActsThatThereAre: a renamed act or field would silently
// answer nothing.
func TestRepliesNameActsThatThereAre(t *testing.T) {
	for act, r := range replying {
		kind, row, ok := matter.Find(act)
		if !ok || kind.Key != nil {
			t.Errorf("there is no act %s, or its matters have a key: see converses", act)
			continue
		}
		for _, to := range r.to {
			if _, _, ok := matter.Find(to); !ok {
				t.Errorf("%s replies to %s, which is no act", act, to)
			}
		}
		for _, field := range []string{r.grade, r.named, r.same} {
			if field != "" && !slices.ContainsFunc(row.Fields, func(s matter.Spec) bool { return s.Name == field }) {
				t.Errorf("%s has no field %s", act, field)
			}
		}
	}
}

// TestTimelinePages walks the whole record both ways, by pages of several
// sizes and under filters, where most notes claim one of two instants.
func TestTimelinePages(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	for i := range 60 {
		party := []string{"PAK", "IRN"}[i%2]
		w.precedence = []string{"routine", "priority"}[i/7%2]
		w.write(party, w.now.Add(-time.Duration(i%4/3)*time.Hour), &note.Move{Act: "message/send", Fields: map[string]any{"form": "letter"}, Office: "mfa", Version: 1}, nil)
		if i%5 == 0 {
			w.say(party, "line/ack", nil, map[string]any{"held": int64(0)})
		}
	}
	incident := w.placed["strike-panjgur-iran"].ID
	for _, f := range []Filter{{}, {Party: "IRN"}, {Act: "message"}, {Act: "message/send"}, {Precedence: "priority"}, {Matter: incident}, {Party: "PAK", Act: "message", Precedence: "priority"}} {
		var want []note.ID
		for _, e := range w.reg.ByTime() {
			if f.takes(e) && (f.Matter.IsZero() || e.Matter == w.reg.Matter(f.Matter)) {
				want = append(want, e.ID)
			}
		}
		for _, limit := range []int{1, 7, 50, 200} {
			f.Limit = limit
			ids := func(v *TimelinePage) (out []note.ID) {
				for _, n := range v.notes() {
					out = append(out, n.ID)
				}
				slices.SortFunc(out, func(a, b note.ID) int { return slices.Index(want, a) - slices.Index(want, b) }) // within a row, by column
				return out
			}
			newest := w.timeline(TimelineOptions{Filter: f})
			back := ids(newest)
			for v := newest; v.Earlier != nil; {
				v = w.timeline(TimelineOptions{Filter: f, Before: *v.Earlier})
				back = append(ids(v), back...)
			}
			first := w.timeline(TimelineOptions{Filter: f, At: "2024"})
			on := ids(first)
			for v := first; v.Later != nil; {
				if v.First != len(on)-len(v.notes())+1 || v.Total != len(want) {
					t.Fatalf("%+v: the page says that its first note is %d of %d; it is %d of %d", f, v.First, v.Total, len(on)-len(v.notes())+1, len(want))
				}
				v = w.timeline(TimelineOptions{Filter: f, After: *v.Later})
				on = append(on, ids(v)...)
			}
			if !slices.Equal(back, want) || !slices.Equal(on, want) {
				t.Fatalf("%+v: %d notes backward and %d forward, of %d", f, len(back), len(on), len(want))
			}
		}
	}
}

// TestTimelineOpensWhatItShows: contents are opened of the notes on the page,
// and of those that face them.
func TestTimelineOpensWhatItShows(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	v := w.timeline(TimelineOptions{Filter: Filter{Limit: 10}})
	if n := len(v.notes()); n != 10 || w.opened > 20 {
		t.Errorf("%d contents were opened for %d notes", w.opened, n)
	}
	if v := w.timeline(TimelineOptions{Filter: Filter{Limit: 1 << 30}}); len(v.notes()) > timelineMost {
		t.Errorf("a page of %d notes", len(v.notes()))
	}
}

// TestTimelineRefuses what is no place in it.
func TestTimelineRefuses(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	nowhere := note.ID{Origin: note.Origin("PAK", w.docs.ID(), 1), Index: 1 << 40}
	for name, o := range map[string]TimelineOptions{"cursor": {Before: nowhere}, "other cursor": {After: nowhere}, "matter": {Filter: Filter{Matter: nowhere}}} {
		var missing *NotFound
		if _, err := TimelineOf(w, w.docs.ID(), o); !errors.As(err, &missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, s := range []string{"yesterday", "2024-13", "2024-02-30", "24", "-1"} {
		var bad *AtError
		if _, err := TimelineOf(w, w.docs.ID(), TimelineOptions{At: s}); !errors.As(err, &bad) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if v := w.timeline(TimelineOptions{At: "2030-01-01"}); v.Later != nil || len(v.notes()) == 0 {
		t.Error("after the last note it is not the newest page")
	}
	if v := founded(t, "pak-irn", "PAK").timeline(TimelineOptions{}); v.Total != 0 || v.First != 0 || len(v.Calendar) != 0 {
		t.Errorf("of no note: %+v", v)
	}
}

// TestCalendar: the strip counts every note once, in the node's own zone, and
// stays short whatever times are claimed.
func TestCalendar(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	m := &note.Move{Act: "message/send", Fields: map[string]any{"form": "letter"}, Office: "mfa", Version: 1}
	write := func(s string) { w.write("IRN", at(s), m, nil) }
	write("2024-01-16T18:59:59Z")
	write("2024-01-16T19:00:00Z") // the 17th in Karachi
	write("2024-01-18T10:00:00Z")
	is := func(want string) {
		t.Helper()
		var got []string
		for _, r := range w.timeline(TimelineOptions{}).Calendar {
			line := r.Unit
			for _, c := range r.Cells {
				if c.Count > 0 {
					line += fmt.Sprintf(" %s:%d", c.At, c.Count)
				}
				if c.Here {
					line += "!"
				}
			}
			got = append(got, fmt.Sprintf("%s of %d", line, len(r.Cells)))
		}
		if s := strings.Join(got, "\n"); s != want {
			t.Errorf("got\n%s\nwant\n%s", s, want)
		}
	}
	is("day 2024-01-16:1! 2024-01-17:1 2024-01-18:1 of 3")
	write("2024-05-01T10:00:00Z")
	is("month 2024-01:3! 2024-05:1 of 5\nday 2024-01-16:1! 2024-01-17:1 2024-01-18:1 of 31")
	write("2031-05-01T10:00:00Z")
	is("year 2024:4! 2031:1 of 2\nmonth 2024-01:3! 2024-05:1 of 12\nday 2024-01-16:1! 2024-01-17:1 2024-01-18:1 of 31")
	for y := 3000; y < 3200; y++ {
		write(fmt.Sprintf("%d-05-01T10:00:00Z", y))
	}
	if v := w.timeline(TimelineOptions{}); len(v.Calendar[0].Cells) != calendarYears {
		t.Errorf("%d years", len(v.Calendar[0].Cells))
	}
}

// TestHourOf: an hour begins where the side's own clock says so.
func TestHourOf(t *testing.T) {
	tehran := time.FixedZone("", 3*3600+1800)
	if got := hourOf(at("2024-01-18T10:45:00Z").In(tehran)); !got.Equal(at("2024-01-18T10:30:00Z")) {
		t.Errorf("14:15 is in the hour of %s", got)
	}
}

var viewNotes = flag.Int("view-notes", 5_000, "notes besides acks in the record of BenchmarkTimeline and BenchmarkToday")

// busy returns a record of -view-notes notes and as many acks: January 2024
// over and over, with all that it leaves open.
func busy(b *testing.B) *record {
	w := founded(b, "pak-irn", "PAK")
	begin := w.now
	for day := 0; len(w.reg.ByTime()) < *viewNotes; day++ {
		w.play(time.Duration(day) * time.Hour)
		w.now = begin.Add(time.Duration(day) * time.Hour)
		for range 20 {
			w.say("IRN", "line/ack", nil, map[string]any{"held": int64(0)})
			w.say("PAK", "line/ack", nil, map[string]any{"held": int64(0)})
		}
		w.receipts["IRN"] = w.size["PAK"]
	}
	return w
}

// BenchmarkTimeline draws one page after a new note, at several places and
// under several filters.
func BenchmarkTimeline(b *testing.B) {
	w := busy(b)
	middle := w.reg.ByTime()[*viewNotes/2].ID
	for name, o := range map[string]TimelineOptions{
		"newest": {}, "middle": {Before: middle}, "day": {At: "2024-02-10"}, "act": {Filter: Filter{Act: "incident"}}, "party": {Filter: Filter{Party: "IRN"}}, "matter": {Filter: Filter{Matter: middle}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			began := processor(b)
			for b.Loop() {
				w.say("IRN", "message/send", nil, map[string]any{"form": "letter"})
				w.timeline(o)
			}
			b.ReportMetric(float64((processor(b)-began).Microseconds())/float64(b.N)/1000, "cpu-ms/page")
		})
	}
}
