package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"detente/audit"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// takeFork checks a proof that a feed forked, stores it, and freezes the
// feed. It returns the origin where the proof is new.
func (c *channel) takeFork(ctx context.Context, text []byte) (string, error) {
	if bytes.HasPrefix(text, []byte(audit.MisconductType)) {
		return c.takeMisconduct(ctx, text)
	}
	f, err := feed.ParseFork(text)
	if err != nil {
		return "", err
	}
	a, err := feed.ParseHead(f.A)
	if err != nil {
		return "", err
	}
	c.mu.RLock()
	key, err := c.docs.FeedKey(a.Origin)
	h := c.feeds[a.Origin]
	known := h != nil && h.frozen != nil
	_, closed := c.docs.Closed(a.Origin)
	c.mu.RUnlock()
	if err != nil {
		return "", fmt.Errorf("a proof of a fork: %w", err)
	}
	if known || closed {
		return "", nil
	}
	if _, _, err := f.Verify(key); err != nil {
		return "", err
	}
	if err := c.n.store.Commit(ctx, store.Batch{Forks: []store.ForkRow{{Origin: a.Origin, Bytes: text}}}); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if h == nil {
		h = newHeld()
		h.head.Origin = a.Origin
		c.feeds[a.Origin] = h
	}
	c.n.log.Error("a feed is forked", "feed", a.Origin)
	return a.Origin, c.freeze(ctx, h, a.Origin, c.forkStands(h, a), f.Error(), text, true)
}

// forkStands is how much of a forked feed stands until the other history has
// come and been compared: the greatest head before the smaller of the two.
func (c *channel) forkStands(h *held, smaller note.Head) uint64 {
	var stands uint64
	errEnd := errors.New("end")
	c.n.store.EachHead(context.Background(), smaller.Origin, 0, func(row store.HeadRow) error {
		if row.Head.Size >= smaller.Size {
			return errEnd
		}
		stands = row.Head.Size
		return nil
	})
	return min(stands, h.tree.Size())
}

// freeze lets only the first leaves of a feed stand. The tail is kept and
// shown, and not folded; the rest of the channel goes on. With compare the
// other history is asked for, to find where the two part. The caller holds mu.
func (c *channel) freeze(ctx context.Context, h *held, origin string, stands uint64, why string, proof []byte, compare bool) error {
	h.frozen, h.why, h.proof, h.compare = &stands, why, proof, compare
	c.n.announceChange()
	for _, p := range c.peers {
		p.wakeUp()
	}
	return c.rebuild(ctx)
}

// compareFrozen compares the other history of a forked feed, as far as it
// came, with the one held, and moves the freeze to where they part.
func (t *taking) compareFrozen(ctx context.Context, origin string, run audit.Feed) error {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.feeds[origin]
	if h == nil || h.frozen == nil || !h.compare || run.Start > *h.frozen || len(run.Leaves) == 0 {
		return nil
	}
	mine, err := c.n.store.Leaves(origin, run.Start, run.Start+uint64(len(run.Leaves)), 1<<30)
	if err != nil {
		return err
	}
	same := 0
	for same < len(mine) && same < len(run.Leaves) && bytes.Equal(mine[same], run.Leaves[same]) {
		same++
	}
	if same == len(run.Leaves) {
		return nil // it does not reach to where they part
	}
	stands := run.Start + uint64(same)
	if stands < *h.frozen && run.Start > 0 {
		return nil
	}
	if _, err := c.verifiedBranch(origin, run); err != nil {
		t.rep.Refused = append(t.rep.Refused, err)
		return nil
	}
	if err := c.n.store.Commit(ctx, store.Batch{Meta: map[string]string{frozenKey(origin): fmt.Sprint(stands)}}); err != nil {
		return err
	}
	h.compare = false
	if stands == *h.frozen {
		return nil
	}
	*h.frozen = stands
	return c.rebuild(ctx)
}

// verifiedBranch checks that the leaves from the start are those of a head
// that the author signed: nobody moves a freeze with leaves of its own making.
func (c *channel) verifiedBranch(origin string, run audit.Feed) (note.Head, error) {
	key, err := c.docs.FeedKey(origin)
	if err != nil {
		return note.Head{}, err
	}
	if run.Start != 0 || run.Signed == nil {
		return note.Head{}, errors.New("the other history did not come from its beginning, with its checkpoint")
	}
	h, err := feed.OpenHead(run.Signed, key)
	if err != nil {
		return note.Head{}, err
	}
	if h.Size > uint64(len(run.Leaves)) {
		return note.Head{}, fmt.Errorf("%d of %d leaves of the other history came", len(run.Leaves), h.Size)
	}
	tree := feed.EmptyTree()
	for _, l := range run.Leaves[:h.Size] {
		tree.Append(l)
	}
	if tree.Root() != h.Root {
		return note.Head{}, errors.New("the leaves of the other history do not hash to its signed root")
	}
	return h, nil
}

func frozenKey(origin string) string { return "frozen/" + origin }

// loadFrozen restores a freeze when the node opens: that of a proof in the
// ledger, or of a closing.
func (c *channel) loadFrozen(origin string, h *held, forks []store.ForkRow) error {
	if keeps, closed := c.docs.Closed(origin); closed {
		if keeps.Size < h.tree.Size() {
			h.frozen, h.why = &keeps.Size, "the feed was closed at that size by its author's identity key"
		}
		return nil
	}
	for _, f := range forks {
		if f.Origin != origin {
			continue
		}
		stands, compare := uint64(0), true
		value, err := c.n.store.Meta(frozenKey(origin))
		if err != nil {
			return err
		}
		if _, err := fmt.Sscan(value, &stands); err == nil {
			compare = false
		} else if fork, err := feed.ParseFork(f.Bytes); err == nil {
			if a, err := feed.ParseHead(fork.A); err == nil {
				stands = c.forkStands(h, a)
			}
		}
		h.frozen, h.why, h.proof, h.compare = &stands, "its author broke the rules of the log; the proof is kept", f.Bytes, compare
		return nil
	}
	return nil
}
