package page

import (
	"strings"
	"testing"
	"time"

	"detente/internal/kept"
	"detente/internal/ladder"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// TestDates wants the names and the order of each language, and plain digits.
func TestDates(t *testing.T) {
	at := time.Date(2024, 1, 19, 17, 5, 0, 0, time.UTC)
	for lang, want := range map[string][3]string{
		"en": {"Friday, 19 January 2024", "Fri 19 Jan 17:05", "Fri 19 Jan 2024 17:05"},
		"fa": {"جمعه 19 ژانویهٔ 2024", "جمعه 19 ژانویه 17:05", "جمعه 19 ژانویه 2024 17:05"},
		"tr": {"19 Ocak 2024 Cuma", "19 Oca Cum 17:05", "19 Oca 2024 Cum 17:05"},
		"ur": {"جمعہ، 19 جنوری، 2024", "جمعہ 19 جنوری 17:05", "جمعہ 19 جنوری 2024 17:05"},
	} {
		d := datings[lang]
		if got := [3]string{d.longDate(at), d.shortTime(at, at), d.shortTime(at, at.AddDate(1, 0, 0))}; got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
		for _, names := range [][]string{d.days[:], d.shortDays[:], d.months[:], d.shortMonths[:]} {
			for i, s := range names {
				if s == "" || strings.ContainsAny(s, "WDMY") && lang != "en" && lang != "tr" {
					t.Errorf("%s: name %d is %q", lang, i, s)
				}
			}
		}
	}
	if len(Languages()) != len(datings) {
		t.Error("a language is missing")
	}
}

// brief is a brief of one channel whose lists are so long.
func brief(long int) *view.Brief {
	f := frame
	f.Name, f.Node, f.Exercise = "Hotline\x1b[2J", "PAK", true
	c := &view.BriefChannel{Frame: f}
	words := &view.Words{Texts: note.Wording{"fa": strings.Repeat("می\u200cشود ", 30)}}
	for range min(long, 40) {
		c.Owed.Lines = append(c.Owed.Lines, &view.Clock{For: view.Says("to answer"), From: first, Matter: first, Owes: "PAK", State: "due, unreported", Due: hour(6), Words: words})
		c.Changed.Lines = append(c.Changed.Lines, &view.BriefNote{Act: "message/send", ID: first, Short: first.Short(), Precedence: "flash", Result: "applied", Time: *hour(7), Gist: words})
	}
	c.Owed.Total, c.Changed.Total = long, long
	return &view.Brief{Channels: []*view.BriefChannel{c}, Lang: "en", Node: "PAK", Now: *hour(8), Since: *hour(1)}
}

func height(s string) int { return strings.Count(s, "\n") }

// TestBriefIsOnePage: whatever there is, it is one page of 60 lines and 80
// columns, and what does not fit is counted.
func TestBriefIsOnePage(t *testing.T) {
	for _, lang := range Languages() {
		for _, long := range []int{0, 1, 2, 19, 20, 27, 40, 41, 5000} {
			v := brief(long)
			v.Lang = lang
			got := printed(0, false, func(p *Page) { p.Brief(v) })
			if n := height(got); n > briefHeight {
				t.Errorf("%s, %d: %d lines", lang, long, n)
			}
			for _, l := range strings.Split(got, "\n") {
				if width(l) > DefaultWidth {
					t.Errorf("%s, %d: %d columns: %s", lang, long, width(l), l)
				}
			}
			if strings.Contains(got, "<U+") != strings.Contains(got, "Hotline<U+001B>") || strings.Contains(got, "\x1b") || strings.Count(got, "<U+") != 1 {
				t.Errorf("%s: what others wrote is not made safe once: %s", lang, got)
			}
		}
	}
	has(t, printed(0, false, func(p *Page) { p.Brief(brief(5000)) }),
		[]string{"OWED BY PAK: 5000\n", "… and 4977 more: detente clocks\n", "CHANGED since Mon 22 Jan 06:00: 5000\n", "OWED TO PAK: nothing\n",
			"  Mon 22 Jan 11:00  due, unreported: to answer (PAK#0) \u2068“", "  Mon 22 Jan 12:00  FLASH PAK#0 message/send, provisional \u2068“"}, nil)
	has(t, printed(0, false, func(p *Page) { p.Brief(brief(3)) }), []string{"OWED BY PAK: 3\n", Banner + "\nBrief of PAK: Monday, 22 January 2024, 13:00, Asia/Karachi\n"}, []string{"more"})
}

// TestBriefKeepsExercisesApart: the banner is above the page where all of it
// is an exercise, and else above that channel alone.
func TestBriefKeepsExercisesApart(t *testing.T) {
	v := brief(1)
	second := *v.Channels[0]
	second.Exercise, second.Name = false, "Real"
	v.Channels = append(v.Channels, &second)
	got := printed(0, false, func(p *Page) { p.Brief(v) })
	if at := strings.Index(got, Banner); strings.Count(got, Banner) != 1 || at < strings.Index(got, "Brief of") || at > strings.Index(got, "Hotline") || strings.Index(got, "Hotline") > strings.Index(got, "Real") {
		t.Errorf("got\n%s", got)
	}
}

// TestBriefSilences: what stands between is told apart.
func TestBriefSilences(t *testing.T) {
	v := brief(0)
	c := v.Channels[0]
	c.Recovering = "its journal is ahead"
	c.Unreachable = []view.Unreachable{
		{Party: "IRN", Down: true, Since: hour(5), Unreceipted: 3, MissedRolls: []view.Roll{{At: *hour(2)}, {At: *hour(4)}}},
		{Party: "TUR", Down: true}, {Party: "OMN", Unreceipted: 1},
	}
	c.Suspensions = []view.Suspension{{Party: "IRN", Scope: []string{"talk"}, End: "none", Reason: "protest", Note: first}}
	paper := &view.InHouse{Act: matter.FilePaper, Fields: map[string]any{"from": "IRN", "date": "2024-01-17", "subject": "The strike"}, ID: 3, State: "logged"}
	v.House = view.List[*view.InHouse]{Lines: []*view.InHouse{paper}, Total: 1}
	has(t, printed(100, false, func(p *Page) { p.Brief(v) }), []string{
		"This node signs nothing: its journal is ahead\n",
		"  IRN: link down since Mon 22 Jan 10:00; 3 notes without its receipt; 2 roll calls missed, the last…\n",
		"  TUR: link not tried yet\n", "  OMN: 1 note without its receipt\n",
		"  IRN: has suspended talk until none, for protest (PAK#0)\n",
		"FILED IN-HOUSE: 1\n  H3: paper of IRN, 2024-01-17; logged “The strike”\n",
	}, nil)
	has(t, printed(0, false, func(p *Page) { p.Brief(&view.Brief{Node: "PAK", Now: *hour(8), Since: *hour(1)}) }),
		[]string{"No channel is in force"}, []string{Banner, "FILED"})
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		room  int
		wants []int
		want  string
	}{
		{10, []int{1, 0, 3}, "1 0 3"}, {10, []int{1, 20, 20}, "1 5 4"}, {10, []int{20, 1, 0, 2}, "7 1 0 2"}, {-5, []int{9, 1}, "2 1"}, {5, nil, ""},
	} {
		var got []string
		for _, n := range share(c.room, c.wants) {
			got = append(got, string(rune('0'+n)))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%d lines among %v: got %s, want %s", c.room, c.wants, s, c.want)
		}
	}
}

// TestLadder wants every rung to name the notes that made it, and the sides to
// stand beside each other.
func TestLadder(t *testing.T) {
	r, err := ladder.Read([]ladder.Act{
		{Note: first, Matter: first, Name: "mission/change", Fields: map[string]any{"head": "recalled-for-consultations"}, Party: "PAK", Time: *hour(3), Provisional: true},
	}, []string{"IRN", "PAK"}, "2024-01-21", "2024-01-25")
	if err != nil {
		t.Fatal(err)
	}
	v := &view.Ladder{Frame: frame, Reading: r}
	for _, n := range ladder.Rungs {
		v.Rungs = append(v.Rungs, n.Name)
	}
	has(t, printed(0, false, func(p *Page) { p.Ladder(v) }), []string{
		"IRN on 2024-01-25: 0 ordinary business\n",
		"PAK on 2024-01-25: 2 contact cut back: recalls its head of mission for\n",
		"2024-01-22     0 ordinary business              2 contact cut back\n",
		"consultations (PAK#0),\n", "provisional\n", "score -4.0: diplomatic", "to 2024-01-25", "since 2024-01-22\n",
	}, nil)
}

// TestKept wants both times where they decide, and what others say.
func TestKept(t *testing.T) {
	minute := int64(90 * 60)
	w := kept.Word{For: "part 1, to report it done", From: first, Done: &first, Due: hour(6), DoneAt: hour(5), HeldAt: hour(7), State: "undecided", Took: &minute,
		Verdicts: []kept.Verdict{{As: "disputed", Note: first, Party: "IRN"}}}
	open := kept.Word{For: "to clarify", From: first, Asked: *hour(1), State: "running"}
	v := &view.Kept{Frame: frame, Records: []kept.Record{{Party: "PAK", Figures: []kept.Figure{{Count: 1, Is: "undecided", Words: []kept.Word{w}}},
		Replies: kept.Replies{Answered: []kept.Word{w}, Median: &minute, Open: []kept.Word{open}}}, {Party: "IRN"}}}
	has(t, printed(132, false, func(p *Page) { p.Kept(v) }), []string{
		"  undecided: 1\n", "due 2024-01-22 11:00 PAK, 09:30 IRN; done by PAK#0, 2024-01-22 10:00 PAK, 08:30 IRN", "there 2024-01-22 12:00 PAK, 10:30 IRN;", "disputed by IRN (PAK#0)\n",
		"  time to answer: median 1 h 30 min, of 1 answer\n", "  not answered: 1\n    to clarify (PAK#0), asked 2024-01-22 06:00 PAK, 04:30 IRN: running\n",
		"IRN\n  nothing was owed with a clock\n",
	}, nil)
	for seconds, want := range map[int64]string{59: "0 min", 3600: "1 h 0 min", 49 * 3600: "2 days 1 h", -120: "-2 min"} {
		if got := took(seconds); got != want {
			t.Errorf("%d s: got %s, want %s", seconds, got, want)
		}
	}
}
