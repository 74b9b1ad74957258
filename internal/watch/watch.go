// Package watch says that something at a node has changed: its kind and its
// name, and never what it says. Who may read it then reads it, by package
// view, with its own rights.
//
// An [Event] says "look again"; it is not a record. Two changes that come
// close together may be one event, and nothing that a later event implies is
// said twice. What is true at any time is what a view shows.
//
// # From where
//
// Events are numbered. [Watch.Since] returns those after a number, and waits
// where there are none. Nothing runs in the background: the node is compared
// with what it was when somebody asks. The last [Kept] events are kept; who
// asks for what is no longer there, or for a number of an earlier run, is given
// one [Reset], which stands for everything.
package watch

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"time"

	"detente/internal/node"
	"detente/note"
)

// Kind says what has changed.
type Kind string

const (
	Note     Kind = "note"     // a note came or was written, or one that was held can now be read
	Flash    Kind = "flash"    // the same of a flash note by another party: it asks for a person
	Matter   Kind = "matter"   // what a matter has come to, what stands under it, or whether that is settled
	Delivery Kind = "delivery" // how far the node's own notes are at another party: the newest that it holds
	Line     Kind = "line"     // a link is up or down, or it is time to look whether a roll call came
	Clock    Kind = "clock"    // a deadline has passed
	Channel  Kind = "channel"  // its texts, what stands of a feed, or whether this node signs: read all of the channel anew
	Reset    Kind = "reset"    // events are missing: read everything anew
)

// Kinds is every kind.
var Kinds = []Kind{Note, Flash, Matter, Delivery, Line, Clock, Channel, Reset}

// Event is one change.
type Event struct {
	Channel *note.Digest `json:"channel,omitempty"` // absent: of a reset
	Kind    Kind         `json:"kind"`
	Matter  *note.ID     `json:"matter,omitempty"`
	Note    *note.ID     `json:"note,omitempty"`
	Party   string       `json:"party,omitempty"` // whose note, whose end of the line, who owes

	Position string `json:"-"` // that it leads to
}

// Kept is how many events are kept.
const Kept = 1000

// Source is the node that is watched. *node.Node is one.
type Source interface {
	Changed() <-chan struct{}
	Channels() []note.Digest
	Now() time.Time
	Read(channel note.Digest, fn func(*node.Snapshot)) error
}

// Watch watches one node. Its methods may be called from many goroutines.
type Watch struct {
	src Source
	run string // of this one, in the names of positions

	mu       sync.Mutex
	looked   <-chan struct{} // what Changed gave when the node was last compared
	channels map[note.Digest]*marks
	events   []Event // the last of them
	last     uint64  // number of the last event
	next     time.Time
}

// New returns a watch of a node. What was before it is first asked is no
// change.
func New(src Source) *Watch {
	return &Watch{src: src, run: strings.ToLower(rand.Text()[:8])}
}

// Position returns the name of where the events stand now.
func (w *Watch) Position() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.look()
	return w.position(w.last)
}

func (w *Watch) position(number uint64) string {
	return w.run + "-" + strconv.FormatUint(number, 10)
}

// Since returns the events after a position and the position that they lead
// to. Where there are none it waits until there are, or ctx ends.
func (w *Watch) Since(ctx context.Context, position string) ([]Event, string, error) {
	for {
		w.mu.Lock()
		w.look()
		events, last := w.after(position), w.position(w.last)
		changed, next := w.looked, w.next
		w.mu.Unlock()
		if len(events) > 0 {
			return events, last, nil
		}
		var due <-chan time.Time
		stop := func() {}
		if !next.IsZero() {
			// The node's time may not run as this machine's does: it is asked again.
			t := time.NewTimer(max(next.Sub(w.src.Now()), time.Second))
			due, stop = t.C, func() { t.Stop() }
		}
		select {
		case <-ctx.Done():
			stop()
			return nil, last, ctx.Err()
		case <-changed:
		case <-due:
		}
		stop()
	}
}

// after returns the events after a position. The caller holds mu.
func (w *Watch) after(position string) []Event {
	run, digits, _ := strings.Cut(position, "-")
	number, err := strconv.ParseUint(digits, 10, 64)
	first := w.last - uint64(len(w.events)) // the number before the first that is kept
	if err != nil || run != w.run || number > w.last || number < first {
		return []Event{{Kind: Reset, Position: w.position(w.last)}}
	}
	return w.events[number-first:]
}

// look compares the node with what it was. The caller holds mu.
func (w *Watch) look() {
	changed, now := w.src.Changed(), w.src.Now()
	if changed == w.looked && (w.next.IsZero() || now.Before(w.next)) {
		return
	}
	if w.channels == nil {
		w.channels = map[note.Digest]*marks{}
		defer func() { w.events, w.last = nil, 0 }() // there was nothing to compare with
	}
	w.looked, w.next = changed, time.Time{}
	for _, id := range w.src.Channels() {
		c := w.channels[id]
		if c == nil {
			c = newMarks(id)
			w.channels[id] = c
		}
		err := w.src.Read(id, func(s *node.Snapshot) {
			for _, e := range c.compare(s, now) {
				w.last++
				e.Position = w.position(w.last)
				w.events = append(w.events, e)
			}
		})
		if err == nil && !c.next.IsZero() && (w.next.IsZero() || c.next.Before(w.next)) {
			w.next = c.next
		}
	}
	if over := len(w.events) - Kept; over > 0 {
		w.events = append([]Event(nil), w.events[over:]...)
	}
}
