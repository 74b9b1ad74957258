package kept

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
	"detente/register"
)

var start = time.Date(2024, 1, 16, 12, 0, 0, 0, time.UTC)

func id(party string, n uint64) note.ID {
	return note.ID{Origin: note.Origin(party, note.Sum(nil), 1), Index: n}
}

// clock is something that IRN owes PAK since start; hours says after how many
// it was done, 0 that it was not.
func clock(n uint64, kind string, state register.ClockState, hours int, verdicts ...Verdict) Clock {
	c := Clock{Asked: start, Kind: kind, Verdicts: verdicts}
	c.Clock = matter.Clock{From: id("PAK", n), For: Answers[kind], Owes: "IRN", Due: "2024-01-18T12:00:00Z"}
	c.State, c.Matter = state, &register.Matter{ID: id("PAK", n)}
	if hours > 0 {
		done := id("IRN", n)
		c.Done, c.DoneAt, c.HeldAt = &done, start.Add(time.Duration(hours)*time.Hour), start.Add(time.Duration(hours+1)*time.Hour)
	}
	return c
}

// in short: met PAK#0 PAK#1, late PAK#2.
func short(r Record) string {
	var out []string
	for _, f := range r.Figures {
		s := fmt.Sprint(f.Count, " ", f.Is, ":")
		for _, w := range f.Words {
			s += " " + w.From.Short()
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestFigures(t *testing.T) {
	offer, other := clock(9, "undertaking", register.Met, 3), clock(8, "incident", register.Met, 4)
	offer.Lapses, other.Owes = true, "PAK"
	records := Of([]Clock{
		clock(0, "incident", register.Met, 4),
		clock(1, "undertaking", register.Met, 5, Verdict{"disputed", id("PAK", 20), "PAK"}, Verdict{"confirmed", id("TUR", 21), "TUR"}),
		clock(2, "undertaking", register.DueUnreported, 0),
		clock(3, "message", register.Undecided, 48),
		clock(4, "message", register.Void, 0),
		clock(5, "undertaking", register.OpenEnded, 0),
		clock(6, "message", register.Late, 60),
		offer, other,
	}, []string{"IRN", "PAK", "TUR"})
	for i, want := range []string{
		"2 met: PAK#0 PAK#1, 1 late: PAK#6, 1 undecided: PAK#3, 1 due, unreported: PAK#2, 1 open-ended: PAK#5, 1 confirmed: PAK#1, 1 disputed: PAK#1",
		"1 met: PAK#8", "",
	} {
		if got := short(records[i]); got != want {
			t.Errorf("%s: got %s\nwant %s", records[i].Party, got, want)
		}
	}
	for _, f := range records[0].Figures {
		if w := f.Words[0]; f.Is == "undecided" && (w.DoneAt == nil || w.HeldAt == nil || w.Due == nil || !w.DoneAt.Equal(*w.Due) || !w.HeldAt.After(*w.Due)) {
			t.Errorf("undecided does not show both times: %+v", w)
		}
	}
}

func TestTimeToAnswer(t *testing.T) {
	asked := []Clock{clock(0, "incident", register.Late, 50), clock(1, "message", register.Met, 2), clock(2, "incident", register.DueUnreported, 0), clock(3, "undertaking", register.Met, 1)}
	for _, c := range []struct {
		more   []Clock
		median int64 // hours
		list   string
	}{
		{nil, 26, "PAK#1 PAK#0"},
		{[]Clock{clock(4, "incident", register.Met, 10)}, 10, "PAK#1 PAK#4 PAK#0"},
	} {
		r := Of(append(asked[:4:4], c.more...), []string{"IRN"})[0].Replies
		var list []string
		for _, w := range r.Answered {
			list = append(list, w.From.Short())
		}
		if got := strings.Join(list, " "); got != c.list || *r.Median != c.median*3600 || len(r.Open) != 1 || r.Open[0].From != id("PAK", 2) {
			t.Errorf("answered %s, median %d s, open %v; want %s, %d hours", got, *r.Median, r.Open, c.list, c.median)
		}
	}
	if r := Of(nil, []string{"IRN"})[0]; r.Replies.Median != nil || len(r.Figures) != 0 {
		t.Errorf("of nothing: %+v", r)
	}
}

// TestEveryKind wants it said of every kind whether its clocks run for an
// answer.
func TestEveryKind(t *testing.T) {
	for _, k := range matter.Kinds {
		if _, ok := Answers[k.Name]; !ok {
			t.Errorf("Answers does not say whether the clocks of the kind %s run for an answer", k.Name)
		}
	}
}
