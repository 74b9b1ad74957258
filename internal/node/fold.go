package node

import (
	"context"

	"detente/audit"
	"detente/internal/store"
	"detente/note"
)

// readAhead is how many rows of the ledger go in one batch from the goroutine
// that reads to the one that folds, and how many batches wait.
const (
	readAhead = 256
	readQueue = 8
)

// entry is one stored leaf.
type entry struct {
	index uint64
	raw   []byte
}

// stream runs read in a goroutine and returns what it yields, in order. stop
// ends it early, and returns its error; it must be called.
func stream[T any](ctx context.Context, read func(context.Context, func(T) error) error) (next func() (T, bool), stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan []T, readQueue)
	done := make(chan error, 1)
	go func() {
		defer close(batches)
		var batch []T
		send := func() error {
			select {
			case batches <- batch:
				batch = nil
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := read(ctx, func(v T) error {
			if batch = append(batch, v); len(batch) < readAhead {
				return nil
			}
			return send()
		})
		if err == nil && len(batch) > 0 {
			err = send()
		}
		done <- err
	}()
	var batch []T
	next = func() (v T, ok bool) {
		for len(batch) == 0 {
			if batch, ok = <-batches; !ok {
				return v, false
			}
		}
		v, batch = batch[0], batch[1:]
		return v, true
	}
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		_, more := <-batches
		cancel()
		for range batches {
		}
		if err := <-done; err != nil && !more {
			return err
		}
		return nil
	}
	return next, stop
}

// fold adds a feed to the register, as far as it stands. Entries and moves are
// read while what came before them is folded.
func (c *channel) fold(ctx context.Context, origin string, h *held) error {
	stands := h.tree.Size()
	if h.frozen != nil {
		stands = *h.frozen
	}
	entries, stopEntries := stream(ctx, func(ctx context.Context, yield func(entry) error) error {
		return c.n.store.EachEntry(ctx, origin, 0, func(index uint64, raw []byte) error { return yield(entry{index, raw}) })
	})
	moves, stopMoves := stream(ctx, func(ctx context.Context, yield func(store.Part) error) error {
		return c.n.store.EachPart(ctx, origin, note.PartMove, 0, false, yield)
	})
	defer stopEntries()
	defer stopMoves()
	h.lastNote, h.last, h.back, h.weight = 0, nil, nil, nil
	move, more := moves()
	for {
		e, ok := entries()
		if !ok || e.index >= h.tree.Size() { // beyond is what is being taken now
			break
		}
		for more && move.ID.Index < e.index {
			move, more = moves()
		}
		id := note.ID{Origin: origin, Index: e.index}
		c.foldLeaf(h, id, e.raw, move, more && move.ID.Index == e.index, e.index < stands)
	}
	if err := stopEntries(); err != nil {
		return err
	}
	return stopMoves()
}

func (c *channel) foldLeaf(h *held, id note.ID, raw []byte, move store.Part, stored, stands bool) {
	leaf := audit.ReadLeaf(c.docs, id, raw)
	o := c.opened(id, leaf, move, stored)
	if leaf.Header != nil {
		h.noteBack(leaf.Header)
		h.last = &leaf
	}
	if !isAck(o) {
		h.lastNote = id.Index + 1
	}
	if stands {
		c.reg.Add(c.placeholder(o, id.Origin, id.Index))
	}
	c.addressed += c.counts(leaf.Header)
	if c.n.ownLeaves(id.Origin) {
		h.weigh(leaf.Header)
	}
}

// weigh adds the payloads of the next note of an own feed.
func (h *held) weigh(header *note.Header) {
	var sum uint64
	if n := len(h.weight); n > 0 {
		sum = h.weight[n-1]
	}
	if header != nil {
		for _, p := range header.Parts {
			sum += p.Size
		}
	}
	h.weight = append(h.weight, sum)
}

// bytesFrom returns the bytes of the payloads of an own feed from a note on.
func (h *held) bytesFrom(index uint64) uint64 {
	n := uint64(len(h.weight))
	switch {
	case index >= n:
		return 0
	case index == 0:
		return h.weight[n-1]
	}
	return h.weight[n-1] - h.weight[index-1]
}
