package node

import (
	"context"
	"errors"
	"slices"
	"time"

	"detente/audit"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
)

// submission is a draft on its way through the group commit.
type submission struct {
	header note.Header // without index, seen and charter
	move   *note.Move
	parts  []store.Part
	kept   []store.Kept
	unkept []note.Digest
	ack    bool // an ack: its move is written when its place is known
	ticket Ticket
	err    error
	done   bool
}

func (c *channel) enqueue(s *submission) {
	c.queueMu.Lock()
	defer c.queueMu.Unlock()
	c.queue = append(c.queue, s)
}

// gather waits a moment for writers that are sealing now, so that they share
// the transaction, the checkpoint and the push. A lone writer waits for nobody.
func (c *channel) gather() {
	for waited := time.Duration(0); waited < gatherMax && c.preparing.Load() > 0; waited += gatherStep {
		time.Sleep(gatherStep)
	}
}

// submit is the group commit: whoever holds sending writes everything that
// waits; the others find theirs done. As others' notes are in it, it is not
// cut short where this writer gives up.
func (c *channel) submit(ctx context.Context, s *submission) (Ticket, error) {
	ctx = context.WithoutCancel(ctx)
	c.sending.Lock()
	defer c.sending.Unlock()
	for !s.done {
		c.gather()
		c.mu.RLock()
		feeds := len(c.feeds)
		c.mu.RUnlock()
		batch := c.take(feeds)
		err := c.write(ctx, batch)
		for _, b := range batch {
			b.err, b.done = err, true
		}
	}
	return s.ticket, s.err
}

// take returns what one transaction writes. An ack goes by itself: it speaks
// of everything before it. What a header has seen grows with the feeds.
func (c *channel) take(feeds int) []*submission {
	c.queueMu.Lock()
	defer c.queueMu.Unlock()
	n, size := 0, 0
	for n < len(c.queue) && n < maxBatch && size < maxBatchBytes {
		if c.queue[n].ack && n > 0 {
			break
		}
		size += 600 + 300*len(c.queue[n].header.Parts) + 180*feeds
		n++
		if c.queue[n-1].ack {
			break
		}
	}
	batch := slices.Clone(c.queue[:n])
	c.queue = slices.Delete(c.queue, 0, n)
	return batch
}

// write appends, signs, commits and journals a batch, in this order.
func (c *channel) write(ctx context.Context, batch []*submission) error {
	n := c.n
	if err := n.broken(); err != nil {
		return err
	}
	c.mu.RLock()
	why := c.why
	origin, h := c.own()
	tree, size := h.tree.Clone(), h.tree.Size()
	seen, charterDigest := c.seen(origin), c.docs.Current().Digest
	key := n.feedKey(c, origin)
	frozen := h.frozen != nil
	c.mu.RUnlock()
	switch {
	case why != "":
		return &Refused{why, ""}
	case origin == "":
		return &Refused{"this party has left the channel", ""}
	case frozen:
		return &Refused{"this node's own feed is frozen: " + h.why, "close it with the identity key: detente epoch close"}
	case key == nil:
		return &Refused{"the key that signs " + origin + " is not in this node's folder", "restore it, or close the feed with the identity key: detente epoch close"}
	}
	if err := n.Journal().Reserve(); err != nil {
		return err
	}
	now := n.stamp()
	add := store.Append{Origin: origin, Start: size}
	b := store.Batch{}
	notes := make([]audit.Leaf, len(batch))
	for i, s := range batch {
		if s.ack {
			if err := c.writeAck(s, size, seen); err != nil {
				return err
			}
		}
		s.header.Charter, s.header.Index, s.header.Origin, s.header.Seen, s.header.Time = charterDigest, size+uint64(i), origin, seen, now.Format(note.TimeLayout)
		leaf, err := s.header.Encode()
		if err != nil {
			return err
		}
		add.Leaves = append(add.Leaves, leaf)
		add.Hashes = append(add.Hashes, tree.Append(leaf)...)
		for _, p := range s.parts {
			p.ID = s.header.ID()
			b.Parts = append(b.Parts, p)
			if p.Sealed != nil {
				n.fresh.put(p.Digest, p.Sealed)
			}
		}
		b.Kept, b.Unkept = append(b.Kept, s.kept...), append(b.Unkept, s.unkept...)
		notes[i] = audit.Leaf{Header: &s.header}
	}
	add.Head = note.Head{Origin: origin, Root: tree.Root(), Size: tree.Size()}
	var err error
	if add.Signed, err = key.SignHead(add.Head, now); err != nil {
		return err
	}
	n.at("signed")
	b.Feeds = []store.Append{add}
	if err := n.commit(ctx, b); err != nil {
		return err
	}
	n.at("committed")
	if err := n.record(journal.Entry{Role: journal.Feed, Head: add.Head}); err != nil {
		return err
	}
	n.at("journaled")
	c.mu.Lock()
	if c.feeds[origin] == nil {
		c.feeds[origin] = h
	}
	h.tree, h.head, h.signed = tree, add.Head, add.Signed
	h.written.add(size, add.Leaves)
	for i, s := range batch {
		h.last = &notes[i]
		h.weigh(&s.header)
		if !s.ack {
			h.lastNote = size + uint64(i) + 1
		}
		o, _ := opened(&s.header, s.move)
		c.reg.Add(o)
		s.ticket = Ticket{ID: s.header.ID(), Head: add.Head, Time: now, Parts: s.header.Parts}
	}
	for _, p := range c.peers {
		p.wakeUp()
	}
	if err := c.accuseAhead(ctx); err != nil {
		n.log.Error("a feed that claims to have seen what was not there could not be frozen", "err", err)
	}
	c.mu.Unlock()
	n.announceChange()
	return nil
}

// record writes signatures to the journal, after the ledger and before they
// leave. Where that fails, nothing more is signed.
func (n *Node) record(entries ...journal.Entry) error {
	began := time.Now()
	err := n.Journal().Record(entries...)
	n.stats.journal.UpdateDuration(began)
	if err != nil {
		return n.fail(err)
	}
	return nil
}

// commit writes a batch. Of a full disk it is certain that nothing was
// written; of any other failure it is not, and then nothing more is signed
// until the ledger is opened anew and shows what it holds.
func (n *Node) commit(ctx context.Context, b store.Batch) error {
	began := time.Now()
	err := n.store.Commit(ctx, b)
	n.stats.commit.UpdateDuration(began)
	if err == nil || errors.Is(err, store.ErrFull) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrClosed) {
		return err
	}
	return n.fail(err)
}
