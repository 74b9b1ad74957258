package view

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"detente/internal/house"
	"detente/matter"
	"detente/note"
)

// processor returns the processor time that the process has taken.
func processor(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (w *record) brief(o BriefOptions) *Brief {
	w.tb.Helper()
	o.Channels = []note.Digest{w.docs.ID()}
	v, err := BriefOf(w, w.party, o)
	if err != nil {
		w.tb.Fatal(err)
	}
	return v
}

// labels names the notes of a list as the scenario does.
func (w *record) labels(l List[*BriefNote]) string {
	var out []string
	for _, n := range l.Lines {
		out = append(out, w.label(n.ID))
	}
	return strings.Join(out, " ")
}

// TestBrief wants each of the five lists to hold what it is for, and nothing
// else; and a person's word from here to take a note out of the unread.
func TestBrief(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	friday := at("2024-01-26T00:00:00Z")
	w.say("PAK", "line/ack", nil, map[string]any{"held": int64(0)}) // no news
	c := w.brief(BriefOptions{Since: friday}).Channels[0]
	if c.Owed.Total != 1 || w.label(c.Owed.Lines[0].From) != "request" || c.Owing.Total != 1 || w.label(c.Owing.Lines[0].From) != "investigation-asked" {
		t.Errorf("owed %+v, owing %+v", c.Owed, c.Owing)
	}
	if got, want := w.labels(c.Unread), "summons-tehran goodwill-iran request thanks-iran"; got != want {
		t.Errorf("unread: %s, want %s", got, want)
	}
	if got := w.labels(c.Changed); c.Changed.Total != 14 || !strings.HasPrefix(got, "mechanism liaison-officers visit-pakistan visit-held ") || strings.Contains(got, "test-") {
		t.Errorf("changed: %d, %s", c.Changed.Total, got)
	}
	if len(c.Unreachable) != 1 || c.Unreachable[0].Unreceipted != 4 || c.Unreachable[0].Down || len(c.Suspensions) != 0 {
		t.Errorf("what no receipt and no later note of theirs covers: %+v", c.Unreachable)
	}

	thanks := w.placed["thanks-iran"].ID
	w.say("PAK", "message/answer", &thanks, map[string]any{"grade": "acknowledged"})
	w.say("IRN", "line/suspend", nil, map[string]any{"reason": "protest", "scope": []any{"talk"}, "end": "none"})
	w.receipts["IRN"] = w.size["PAK"]
	w.peers[0].Up = false
	c = w.brief(BriefOptions{Since: friday}).Channels[0]
	if got, want := w.labels(c.Unread), "summons-tehran goodwill-iran request"; got != want {
		t.Errorf("once one is acknowledged: %s, want %s", got, want)
	}
	if u := c.Unreachable; len(u) != 1 || !u[0].Down || u[0].Unreceipted != 0 || len(c.Suspensions) != 1 || c.Suspensions[0].Words == nil {
		t.Errorf("link down, and all receipted: %+v, suspended %+v", u, c.Suspensions)
	}
	w.peers[0].Up = true
	if u := w.brief(BriefOptions{}).Channels[0].Unreachable; len(u) != 0 {
		t.Errorf("nothing stands between: %+v", u)
	}
	if v := w.brief(BriefOptions{}); !v.Since.Equal(w.now.AddDate(0, 0, -1)) || v.Channels[0].Changed.Total != 6 {
		t.Errorf("since %s %d have changed; want those of the last day", v.Since, v.Channels[0].Changed.Total)
	}
}

// TestBriefPutsFlashFirst: a flash note waits until somebody here says
// anything on its matter.
func TestBriefPutsFlashFirst(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	w.say("IRN", "message/send", nil, map[string]any{"form": "letter"})
	m := &note.Move{Act: "incident/report", Office: "mfa", Version: 1,
		Fields: map[string]any{"when": "2024-01-29", "where": "IR/Sistan and Baluchestan/Saravan", "nature": "accident", "own": "accident"}}
	w.precedence = "flash"
	flash := w.write("IRN", w.now, m, nil)
	w.precedence = "routine"
	c := w.brief(BriefOptions{}).Channels[0]
	if c.Unread.Total != 2 || c.Unread.Lines[0].ID != flash {
		t.Errorf("unread: %s", w.labels(c.Unread))
	}
	w.say("PAK", "incident/regret", &flash, nil)
	if c = w.brief(BriefOptions{}).Channels[0]; c.Unread.Total != 1 || c.Unread.Lines[0].ID == flash {
		t.Errorf("after a word on it: %s", w.labels(c.Unread))
	}
}

// TestBriefReadsWhatIsAsked: a dossier waits for its receipt and a request for
// any word of the party that it asks, and of no other.
func TestBriefReadsWhatIsAsked(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	dossier := w.say("IRN", "dossier/share", nil, map[string]any{"tlp": "amber", "expires": "none", "items": []any{map[string]any{"kind": "route", "source": "B", "information": "2"}}})
	request := w.say("IRN", "request/make", nil, map[string]any{"for": "action", "to": "PAK", "territory": "PAK", "needed-by": "none"})
	unread := func() (out []note.ID) {
		for _, n := range w.brief(BriefOptions{}).Channels[0].Unread.Lines {
			out = append(out, n.ID)
		}
		return out
	}
	if got := unread(); len(got) != 2 {
		t.Errorf("unread: %v", got)
	}
	w.say("PAK", "dossier/received", &dossier, nil)
	if got := unread(); !slices.Equal(got, []note.ID{request}) {
		t.Errorf("after the receipt: %v", got)
	}
	w.say("PAK", "request/acknowledge", &request, nil)
	if got := unread(); len(got) != 0 {
		t.Errorf("after a word on the request: %v", got)
	}
	w.say("PAK", "request/make", nil, map[string]any{"for": "information", "to": "IRN", "needed-by": "none"})
	w.party = "IRN"
	if got := unread(); len(got) != 1 {
		t.Errorf("at the party that is asked: %v", got)
	}
}

// TestBriefIsShort: however much there is, a list holds the first lines, says
// how many there are, and opens no more texts.
func TestBriefIsShort(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	for range 3 * briefLines {
		w.say("IRN", "message/send", nil, map[string]any{"form": "letter", "answer-by": "2024-02-03T12:00:00+05:00[Asia/Karachi]"})
	}
	c := w.brief(BriefOptions{}).Channels[0]
	for name, l := range map[string]struct{ lines, total int }{"owed": {len(c.Owed.Lines), c.Owed.Total}, "unread": {len(c.Unread.Lines), c.Unread.Total}, "changed": {len(c.Changed.Lines), c.Changed.Total}} {
		if l.lines != briefLines || l.total != 3*briefLines {
			t.Errorf("%s: %d lines of %d", name, l.lines, l.total)
		}
	}
	if w.opened > 3*briefLines {
		t.Errorf("%d contents were opened for at most %d lines", w.opened, 3*briefLines)
	}
}

// TestBriefPrefersTheLanguage: words are shown in the language that is asked
// for, where they are there.
func TestBriefPrefersTheLanguage(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	m := &note.Move{Act: "message/send", Fields: map[string]any{"form": "letter"}, Office: "mfa", Version: 1}
	w.write("IRN", w.now, m, &note.Content{Texts: map[string]note.Wording{"subject": {"en": "Thanks", "fa": "سپاس"}}})
	for lang, want := range map[string]string{"": "Thanks", "en": "Thanks", "fa": "سپاس", "tr": "Thanks"} {
		if got := w.brief(BriefOptions{Lang: lang}).Channels[0].Unread.Lines[0].Gist.Text(); got != want {
			t.Errorf("%q: got %s, want %s", lang, got, want)
		}
	}
}

// TestBriefWithoutAChannel: it is there from the first day, and shows what was
// filed: a paper until a note is matched to it, a call while it is new.
func TestBriefWithoutAChannel(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	file := func(act string, about house.ID, fields map[string]any) {
		if _, err := w.house.Append(t.Context(), house.KindOf(act), house.Act{Act: act, About: about, Fields: fields}); err != nil {
			t.Fatal(err)
		}
	}
	paper := map[string]any{"date": "2024-01-29", "from": "IRN", "subject": "Thanks"}
	file("file/paper", 0, paper)
	file("file/paper", 0, paper)
	file("file/paper", 0, paper)
	file("file/strike", 2, nil)
	file("file/match", 3, map[string]any{"note": note.ID{Origin: note.Origin("IRN", w.docs.ID(), 1)}.String()})
	file("file/call", 0, map[string]any{"from": "IRN", "to": "PAK", "when": "2024-01-29", "who": "the desks"})
	for since, want := range map[time.Time]string{{}: "H6 H3 H1", w.now.Add(time.Hour): "H1"} {
		v, err := BriefOf(w, "PAK", BriefOptions{Since: since})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range v.House.Lines {
			got = append(got, l.ID.String())
		}
		if s := strings.Join(got, " "); s != want || len(v.Channels) != 0 || v.House.Total != len(got) {
			t.Errorf("since %s: %s of %d, want %s", since, s, v.House.Total, want)
		}
	}
}

// TestBriefCountsMissedRolls: of a party that was heard of, and of no other.
func TestBriefCountsMissedRolls(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	w.docs.Current().Charter.RollCall = []string{"03:00"}
	if u := w.brief(BriefOptions{}).Channels[0].Unreachable; len(u) != 0 {
		t.Errorf("never heard of: %+v", u)
	}
	w.write("IRN", w.now.AddDate(0, 0, -2), &note.Move{Act: matter.Test, Fields: map[string]any{"use": "roll-call"}, Office: "mfa", Version: 1}, nil)
	u := w.brief(BriefOptions{}).Channels[0].Unreachable
	if len(u) != 1 || !slices.Equal(u[0].MissedRolls, []Roll{{at("2024-01-29T03:00:00Z")}}) {
		t.Errorf("a roll call that did not come: %+v", u)
	}
}

var briefNotes = flag.Int("brief-notes", 5_000, "notes in the record of BenchmarkBrief")

// BenchmarkBrief draws a brief of a record of -brief-notes notes: January 2024
// over and over, with acks, and all that it leaves open; and a new note before
// every brief.
func BenchmarkBrief(b *testing.B) {
	w := founded(b, "pak-irn", "PAK")
	begin := w.now
	for day := 0; w.notes() < *briefNotes; day++ {
		w.play(time.Duration(day) * time.Hour)
		w.now = begin.Add(time.Duration(day) * time.Hour)
		for range 10 {
			w.say("IRN", "line/ack", nil, map[string]any{"held": int64(0)})
			w.say("PAK", "line/ack", nil, map[string]any{"held": int64(0)})
		}
		w.receipts["IRN"] = w.size["PAK"]
	}
	var open int
	began := processor(b)
	for b.Loop() {
		w.say("IRN", "message/send", nil, map[string]any{"form": "letter"})
		v, err := BriefOf(w, "PAK", BriefOptions{Channels: []note.Digest{w.docs.ID()}})
		if err != nil {
			b.Fatal(err)
		}
		open = v.Channels[0].Owed.Total + v.Channels[0].Owing.Total
	}
	b.ReportMetric(float64(open), "open")
	b.ReportMetric(float64((processor(b)-began).Microseconds())/float64(b.N)/1000, "cpu-ms/brief")
}
