package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/charter"
	"detente/internal/audittest"
	"detente/internal/node"
	"detente/internal/watch"
	"detente/note"
)

// record is a node's memory of one channel, without the node.
type record struct {
	w        *audittest.World
	party    *audittest.Party
	changed  chan struct{}
	up       bool
	receipts uint64 // by the other party
	stopped  string
	reads    int
}

func newRecord(t *testing.T) *record {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	return &record{w: w, party: w.Parties["PAK"], changed: make(chan struct{})}
}

func (r *record) change() { close(r.changed); r.changed = make(chan struct{}) }

func (r *record) Changed() <-chan struct{} { return r.changed }
func (r *record) Channels() []note.Digest  { return []note.Digest{r.w.Channel} }
func (r *record) Now() time.Time           { return r.w.Now }

func (r *record) Read(id note.Digest, fn func(*node.Snapshot)) error {
	r.reads++
	s := &node.Snapshot{ID: id, Party: "PAK", Docs: r.party.Docs, Register: r.party.Reg, Recovering: r.stopped, Peers: []node.PeerInfo{{Party: "IRN", Role: charter.Principal, Up: r.up}}}
	for _, p := range r.w.Parties {
		s.Feeds = append(s.Feeds, node.FeedInfo{Origin: p.Origin(), Party: p.Code, Receipts: map[string]uint64{"IRN": r.receipts}})
	}
	slices.SortFunc(s.Feeds, func(a, b node.FeedInfo) int { return strings.Compare(a.Origin, b.Origin) })
	fn(s)
	return nil
}

// said writes events in short.
func said(events []watch.Event) string {
	var out []string
	for _, e := range events {
		s := string(e.Kind)
		if e.Note != nil {
			s += " " + e.Note.Short()
		}
		if e.Matter != nil {
			s += " on " + e.Matter.Short()
		}
		if e.Party != "" && e.Note == nil && e.Matter == nil {
			s += " " + e.Party
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func message(precedence string, due bool) audittest.Draft {
	d := audittest.Draft{Act: "message/send", Fields: map[string]any{"form": "letter"}, Texts: map[string]note.Wording{"subject": {"en": "S"}, "body": {"en": "B"}}, Precedence: precedence}
	if due {
		d.Fields["answer-by"] = "2024-01-16T14:00:00+05:00[Asia/Karachi]"
	}
	return d
}

// TestEvents changes one thing after the other, and wants what is said of each.
func TestEvents(t *testing.T) {
	r := newRecord(t)
	w := watch.New(r)
	at := w.Position()
	var first note.ID
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { first = r.w.Send("IRN", message("routine", true))[0] }, "note IRN#0 on IRN#0, matter on IRN#0"},
		{func() { r.w.Ack("PAK") }, "matter on IRN#0"}, // it is settled; an ack is no event
		{func() { r.w.Send("IRN", message("flash", false)) }, "flash IRN#1 on IRN#1, matter on IRN#1"},
		{func() { r.w.Send("PAK", message("flash", false)) }, "note PAK#1 on PAK#1, matter on IRN#1, matter on PAK#1"},
		{func() { r.receipts = 2 }, "delivery PAK#1"},
		{func() { r.up = true }, "line IRN"},
		{func() { r.stopped = "a restored backup" }, "channel"},
		{func() { r.w.Now = time.Date(2024, 1, 16, 9, 0, 1, 0, time.UTC) }, "clock IRN#0 on IRN#0"},
		{func() {
			r.w.Send("PAK", audittest.Draft{Act: "message/answer", Matter: &first, Fields: map[string]any{"grade": "confirmed"}})
		}, "note PAK#2 on IRN#0, matter on IRN#0"},
	} {
		step.do()
		r.change()
		events, next, err := w.Since(t.Context(), at)
		if err != nil || said(events) != step.want {
			t.Errorf("%v, %v\nwant %s", said(events), err, step.want)
		}
		if events[len(events)-1].Position != next {
			t.Errorf("the last event leads to %s, and all of them to %s", events[len(events)-1].Position, next)
		}
		at = next
	}
}

// TestResume takes up the events again from where each was, and wants one reset
// where they are not there any more, or are of another run.
func TestResume(t *testing.T) {
	r := newRecord(t)
	w := watch.New(r)
	start := w.Position()
	r.w.Send("IRN", message("routine", false), message("routine", false))
	r.change()
	all, end, err := w.Since(t.Context(), start)
	if err != nil || len(all) != 4 {
		t.Fatalf("%s, %v", said(all), err)
	}
	for i, e := range all[:len(all)-1] {
		rest, next, err := w.Since(t.Context(), e.Position)
		if err != nil || said(rest) != said(all[i+1:]) || next != end {
			t.Errorf("after %s: %s, %v", e.Position, said(rest), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if events, _, err := w.Since(ctx, end); len(events) > 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("nothing has happened since, and it says %s, %v", said(events), err)
	}
	for _, gone := range []string{"", "x", "other-1", strings.TrimSuffix(end, "4") + "5", watch.New(r).Position()} {
		if events, next, err := w.Since(t.Context(), gone); said(events) != "reset" || next != end || err != nil {
			t.Errorf("%q: %s, %v: want a reset", gone, said(events), err)
		}
	}
	r.w.Send("IRN", slices.Repeat([]audittest.Draft{message("routine", false)}, watch.Kept/2+1)...) // each is a note and its matter
	r.change()
	events, next, err := w.Since(t.Context(), end)
	if err != nil || said(events) != "reset" {
		t.Errorf("%d events, %v: want a reset", len(events), err)
	}
	if last := fmt.Sprint(4 + 2*(watch.Kept/2+1)); !strings.HasSuffix(next, "-"+last) {
		t.Errorf("it leads to %s: want the end, %s", next, last)
	}
}

// TestIdle wants a node at which nothing has changed not to be looked at.
func TestIdle(t *testing.T) {
	r := newRecord(t)
	w := watch.New(r)
	at, reads := w.Position(), r.reads
	for range 3 {
		if w.Position() != at {
			t.Error("something has happened")
		}
	}
	if r.reads != reads {
		t.Errorf("it was read %d times", r.reads-reads)
	}
}
