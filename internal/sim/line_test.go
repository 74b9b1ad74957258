package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"detente/feed"
	"detente/internal/journal"
	"detente/internal/node"
	"detente/internal/store"
	"detente/note"
	"detente/pouch"
)

// lineEnd is a node's end of the simulated line.
type lineEnd struct{ p *party }

// request is a pouch that a node has handed to the line.
type request struct {
	from  *party
	ctx   context.Context
	to    string
	pouch []byte
	reply chan answer
}

type answer struct {
	pouch []byte
	err   error
}

var errLine = errors.New("the line is down")

func (e lineEnd) Exchange(ctx context.Context, to node.Address, pouch []byte) ([]byte, error) {
	w := e.p.w
	r := &request{e.p, ctx, to.Party, bytes.Clone(pouch), make(chan answer, 1)}
	w.mu.Lock()
	w.arrived = append(w.arrived, r)
	w.mu.Unlock()
	w.ring()
	select {
	case a := <-r.reply:
		return a.pouch, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (lineEnd) Readings(context.Context, node.Address, []byte) (io.ReadCloser, error) {
	return nil, errLine
}

func (e lineEnd) Part(_ context.Context, to node.Address, d note.Digest, offset int64) (io.ReadCloser, error) {
	w := e.p.w
	w.mu.Lock()
	parted := w.parted[pairOf(e.p.code, to.Party)]
	w.mu.Unlock()
	if parted {
		return nil, errLine
	}
	f, err := os.Open(filepath.Join(w.dir, to.Party, "parts", d.String()))
	if err != nil {
		return nil, err
	}
	_, err = f.Seek(offset, io.SeekStart)
	return f, err
}

func pairOf(a, b string) string { return min(a, b) + " " + max(a, b) }

// at plans something.
func (w *world) after(d time.Duration, do func()) {
	w.seq++
	e := event{time.Now().Add(d), w.seq, do}
	i, _ := slices.BinarySearchFunc(w.events, e, func(a, b event) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.seq - b.seq
	})
	w.events = slices.Insert(w.events, i, e)
}

// advance lets time pass: what nodes hand to the line is taken in a fixed
// order, given its fate, and carried.
func (w *world) advance(d time.Duration) {
	until := time.Now().Add(d)
	for {
		synctest.Wait()
		w.bury()
		w.collect()
		now := time.Now()
		if len(w.events) > 0 && !w.events[0].at.After(now) {
			e := w.events[0]
			w.events = w.events[1:]
			e.do()
			continue
		}
		if !now.Before(until) || w.violated != nil {
			return
		}
		next := until
		if len(w.events) > 0 && w.events[0].at.Before(next) {
			next = w.events[0].at
		}
		timer := time.NewTimer(next.Sub(now))
		select {
		case <-timer.C:
		case <-w.wake:
			timer.Stop()
		}
	}
}

// collect gives what has been handed over its fate.
func (w *world) collect() {
	w.mu.Lock()
	arrived := w.arrived
	w.arrived = nil
	w.mu.Unlock()
	slices.SortFunc(arrived, func(a, b *request) int {
		if c := strings.Compare(a.from.name(), b.from.name()); c != 0 {
			return c
		}
		return strings.Compare(a.to, b.to)
	})
	for _, r := range arrived {
		w.carry(r)
	}
}

func (w *world) delay() time.Duration {
	d := w.between(w.line.delay/10, w.line.delay)
	if w.line.slow > 0 && w.chance(w.line.slow) {
		d += w.between(0, 20*time.Second)
	}
	return d
}

// route returns whose node answers for a party to who asks: of a liar's twins
// the one that speaks to it.
func (w *world) route(from *party, to string) *party {
	for _, p := range w.parties {
		if p.code == to && (p.peers == nil || p.peers[from.code]) && (from.peers == nil || from.peers[to]) {
			return p
		}
	}
	return nil
}

func (w *world) carry(r *request) {
	w.leaving(r.from, r.pouch)
	if *verbose {
		w.logf("%s hands over %d bytes for %s", r.from.name(), len(r.pouch), r.to)
	}
	refuse := func(after time.Duration) { w.after(after, func() { r.reply <- answer{nil, errLine} }) }
	to := w.route(r.from, r.to)
	switch {
	case to == nil || w.parted[pairOf(r.from.code, r.to)] || w.chance(w.line.lose):
		w.counts["lost"]++
		refuse(w.delay())
		return
	case w.chance(w.line.lose / 4): // nobody says that it is lost
		return
	}
	body := r.pouch
	if r.from.mangles && w.chance(0.3) {
		body = w.mangle(body)
	}
	w.after(w.delay(), func() {
		back, err := w.deliver(r.from, to, body)
		if err == nil && to.mangles && w.chance(0.3) {
			back = w.mangle(back)
		}
		if w.parted[pairOf(r.from.code, r.to)] || w.chance(w.line.lose) {
			refuse(w.delay())
			return
		}
		w.after(w.delay(), func() { r.reply <- answer{back, err} })
	})
	if w.line.twice > 0 && w.chance(w.line.twice) {
		w.after(w.delay()+w.between(0, time.Minute), func() {
			w.counts["repeated"]++
			w.deliver(r.from, to, body)
		})
	}
}

// deliver hands a pouch to a node.
func (w *world) deliver(from, to *party, body []byte) ([]byte, error) {
	if to.down {
		return nil, errLine
	}
	w.counts["delivered"]++
	back, err := to.node.Serve(to.ctx, from.code, bytes.NewReader(body))
	synctest.Wait()
	if err != nil {
		w.logf("%s to %s: %v", from.name(), to.name(), err)
	} else {
		w.leaving(to, back)
	}
	dead := to.dead
	w.bury()
	if dead {
		return nil, errLine
	}
	return back, err
}

// leaving looks at what a node lets go: "then let the signature leave".
// Receipts and heads of its own are on its disk and in its journal before.
func (w *world) leaving(p *party, body []byte) {
	if p.liar || p.dead || p.down {
		return
	}
	r := pouch.NewReader(bytes.NewReader(body), 16<<20)
	for {
		rec, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				w.fail("receipts", "%s sends a pouch that does not read: %v", p.code, err)
			}
			return
		}
		switch rec.Type {
		case pouch.TypeReceipt:
			rc, err := pouch.DecodeReceipt(rec.Body)
			if err == nil && rc.Name == p.code+"/receipt" {
				w.counts["receipts"]++
				w.durable(p, journal.Receipt, rc.Head, "a receipt leaves "+p.code)
			}
		case pouch.TypeHead:
			if h, err := feed.ParseHead(rec.Body); err == nil && (note.ID{Origin: h.Origin}).Party() == p.code {
				w.durable(p, journal.Feed, h, "a checkpoint leaves "+p.code)
			}
		}
	}
}

// durable checks that a head, and all the leaves under it, are on a party's
// disk, and where a role is given that the signature is in its journal.
func (w *world) durable(p *party, role string, h note.Head, what string) {
	key := fmt.Sprint(p.code, " ", role, " ", h)
	if w.checked[key] {
		return
	}
	if role != "" {
		if size, _, ok := p.journal.Last(role, h.Origin); !ok || size < h.Size {
			w.fail("receipts", "%s for %s at %d, and its journal has %d", what, h.Origin, h.Size, size)
		}
	}
	p.disk(func(s *store.Store) {
		row, err := s.HeadAt(h.Origin, h.Size)
		if err != nil || row.Head != h {
			w.fail("receipts", "%s: %s at %d is not on the disk of %s: %v", what, h.Origin, h.Size, p.code, err)
			return
		}
		leaves, err := s.Leaves(h.Origin, 0, h.Size, 1<<30)
		if err != nil || uint64(len(leaves)) != h.Size {
			w.fail("receipts", "%s: of %s at %d only %d leaves are on the disk of %s: %v", what, h.Origin, h.Size, len(leaves), p.code, err)
			return
		}
		t := feed.EmptyTree()
		for _, l := range leaves {
			t.Append(l)
		}
		if t.Root() != h.Root {
			w.fail("receipts", "%s: the leaves of %s on the disk of %s are others than the head at %d commits to", what, h.Origin, p.code, h.Size)
		}
	})
	w.checked[key] = true
}

// logger lets the trace hold what a node warns of.
func logger(p *party) *slog.Logger {
	if !*verbose {
		return nil
	}
	return slog.New(slog.NewTextHandler(nodeLog{p}, nil))
}

type nodeLog struct{ p *party }

func (l nodeLog) Write(b []byte) (int, error) {
	_, line, _ := strings.Cut(string(b), "level=")
	l.p.w.mu.Lock()
	defer l.p.w.mu.Unlock()
	l.p.w.trace = append(l.p.w.trace, fmt.Sprintf("%12s %s: %s", time.Since(l.p.w.start), l.p.name(), strings.TrimSpace(line)))
	return len(b), nil
}
