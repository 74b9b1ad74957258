package node

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"detente/internal/store"
	"detente/note"
)

// A clock that is set back, while the node runs and while it is closed, never
// sets back what the node says of the time.
func TestTimeDoesNotGoBack(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	var clock atomic.Int64
	at := func(s string) {
		when, err := time.Parse(note.TimeLayout, s)
		p.must(err)
		clock.Store(when.UnixMilli())
	}
	open := func() {
		p.close("PAK")
		n, err := Open(p.ctx, Config{Dir: filepath.Join(p.dir, "PAK"), Link: linkEnd{p.link, "PAK"}, Now: func() time.Time { return time.UnixMilli(clock.Load()) }})
		p.must(err)
		p.nodes["PAK"], p.link.to["PAK"] = n, n
	}
	say := func(want string) {
		t.Helper()
		ticket := p.say("PAK", "routine", want)
		_, h, err := p.nodes["PAK"].Entry(ticket.ID)
		p.must(err)
		if h.Time != want {
			t.Errorf("the note bears %s, want %s", h.Time, want)
		}
	}
	at("2031-01-18T10:00:00.500Z")
	open()
	say("2031-01-18T10:00:00.500Z")
	at("2031-01-18T09:00:00.000Z")
	say("2031-01-18T10:00:00.500Z")
	open() // the ledger remembers
	say("2031-01-18T10:00:00.500Z")
	at("2031-01-18T10:00:01.000Z")
	say("2031-01-18T10:00:01.000Z")

	// The receipt for IRN's note, given later than any note, counts as well.
	at("2031-01-19T00:00:00.000Z")
	p.say("IRN", "routine", "one")
	p.carry("IRN", "PAK", "IRN")
	at("2031-01-18T12:00:00.000Z")
	open()
	say("2031-01-19T00:00:00.000Z")
	p.say("IRN", "routine", "two")
	p.carry("IRN", "PAK", "IRN")
	sig, err := p.nodes["PAK"].Store().LatestCosig(note.Origin("IRN", p.channel, 1), "PAK/receipt")
	p.must(err)
	if want := time.Date(2031, 1, 19, 0, 0, 0, 0, time.UTC); !sig.Time.Equal(want) {
		t.Errorf("the receipt bears %s, want %s", sig.Time, want)
	}
}

// One writer that gives up does not take the notes of the others with it, and
// does not stop the node.
func TestAWriterThatGivesUp(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	c, err := p.nodes["PAK"].channel(p.channel)
	p.must(err)
	ctx, cancel := context.WithCancel(p.ctx)
	c.sending.Lock()
	gave, other := make(chan error), make(chan error)
	waits := func(n int) {
		for {
			c.queueMu.Lock()
			waiting := len(c.queue)
			c.queueMu.Unlock()
			if waiting == n {
				return
			}
		}
	}
	go func() {
		_, err := p.nodes["PAK"].Submit(ctx, textNote(p.channel, "routine", "one"))
		gave <- err
	}()
	waits(1)
	go func() {
		_, err := p.nodes["PAK"].Submit(p.ctx, textNote(p.channel, "routine", "two"))
		other <- err
	}()
	waits(2)
	cancel()
	c.sending.Unlock()
	if err := <-gave; err != nil {
		t.Errorf("its note was in line already, and was written: %v", err)
	}
	p.must(<-other)
	if _, err := p.nodes["PAK"].Submit(ctx, textNote(p.channel, "routine", "three")); err == nil {
		t.Error("a note was written for a writer that had given up before")
	}
	late, cancel := context.WithTimeout(p.ctx, 0)
	defer cancel()
	if err := c.n.commit(late, store.Batch{}); err == nil || c.n.broken() != nil {
		t.Errorf("after a wait that was too long: %v; the node is broken: %v", err, c.n.broken())
	}
}
