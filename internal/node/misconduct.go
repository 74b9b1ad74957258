package node

import (
	"bytes"
	"context"
	"fmt"

	"detente/audit"
	"detente/feed"
	"detente/note"
)

// takeMisconduct checks a proof that a party contradicted itself about what it
// holds, stores it, and freezes the feed before the leaf that contradicts. It
// returns the origin where the proof is new.
func (c *channel) takeMisconduct(ctx context.Context, text []byte) (string, error) {
	m, err := audit.ParseMisconduct(text)
	if err != nil {
		return "", err
	}
	head, err := feed.ParseHead(m.Head)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.feeds[head.Origin]
	// Of a closed feed the closing says how much stands, and nothing rests on
	// the honesty of its author: this would change nothing.
	if _, closed := c.docs.Closed(head.Origin); closed || h != nil && h.frozen != nil && *h.frozen <= m.After.Index {
		return "", nil
	}
	a, err := m.VerifyWith(c.docs)
	if err != nil {
		return "", fmt.Errorf("%s: %w", head.Origin, err)
	}
	if another, err := c.anotherHistory(a, m); err != nil || another {
		if err != nil {
			return "", err
		}
		return c.turn(ctx, m.Later.Head)
	}
	return c.freeze(ctx, head.Origin, faultOf(a, text))
}

// anotherHistory reports whether the later leaf that an accusation rests on is
// not the one that this node holds in its place: then it is not the accused
// who contradicts what is held here, but the author of that leaf. The caller
// holds mu.
func (c *channel) anotherHistory(a audit.Accusation, m audit.Misconduct) (bool, error) {
	if a.Later == nil {
		return false, nil
	}
	w := c.feeds[a.Later.Origin]
	if w == nil || w.tree.Size() <= a.Later.Index {
		return false, nil
	}
	mine, err := c.n.store.Entry(*a.Later)
	return err == nil && !bytes.Equal(mine, m.Later.Leaf.Leaf), err
}

// turn takes a checkpoint of another history of a feed than the one held: it
// proves the fork where the head held is the larger, and otherwise has that
// head sent along with everything, for whoever holds more to prove it. The
// caller holds mu.
func (c *channel) turn(ctx context.Context, signed []byte) (string, error) {
	head, err := feed.ParseHead(signed)
	if err != nil {
		return "", err
	}
	h := c.feeds[head.Origin]
	if head.Size > h.head.Size {
		c.raiseDoubt(h)
		return "", nil
	}
	key, err := c.docs.FeedKey(head.Origin)
	if err != nil {
		return "", err
	}
	fork, err := feed.ProveFork(h.signed, signed, c.n.store.HashReader(head.Origin), key)
	if err != nil || fork == nil {
		return "", err
	}
	text, err := fork.MarshalText()
	if err != nil {
		return "", err
	}
	_, f, _, err := readFork(text)
	if err != nil {
		return "", err
	}
	return c.freeze(ctx, head.Origin, f)
}

// accuse freezes a feed before a leaf of it that contradicts its author's own
// word, and keeps the proof for everyone. The caller holds mu.
func (c *channel) accuse(ctx context.Context, m *audit.Misconduct) error {
	a, err := m.VerifyWith(c.docs)
	if err != nil {
		return err
	}
	text, err := m.MarshalText()
	if err != nil {
		return err
	}
	h := c.feeds[a.Note.Origin]
	if _, closed := c.docs.Closed(a.Note.Origin); closed || h != nil && h.frozen != nil && *h.frozen <= a.Note.Index {
		return nil
	}
	_, err = c.freeze(ctx, a.Note.Origin, faultOf(a, text))
	return err
}

func faultOf(a audit.Accusation, text []byte) fault {
	f := fault{text: text, stands: a.Note.Index, why: a.String()}
	if a.Later != nil {
		f.witness = a.Later.Origin
	}
	return f
}

func (c *channel) leafOf(origin string) func(uint64) ([]byte, error) {
	return func(i uint64) ([]byte, error) { return c.n.store.Entry(note.ID{Origin: origin, Index: i}) }
}

// accuseBack accuses the author of a feed whose leaf has seen less than the
// leaf before it.
func (c *channel) accuseBack(ctx context.Context, v *audit.Verified) error {
	origin := v.Head.Origin
	m, err := audit.ProveSeen(v.Signed, v.Before, *v.Back, c.leafOf(origin), c.n.store.HashReader(origin))
	if err != nil {
		return err
	}
	return c.accuse(ctx, m)
}

// accuseAhead accuses the authors of leaves that claim to have seen what was
// written only after them. No such leaf could ever be folded, nor anything
// written by who has seen it: it would hold up everybody.
//
// What waits first in a feed, F, waits for a head of another, G. If a leaf of
// G below that head has itself seen the waiting leaf, it came after it.
func (c *channel) accuseAhead(ctx context.Context) error {
	placed := c.reg.Heads()
	for _, f := range c.origins() {
		index := placed[f]
		if h := c.feeds[f]; h.frozen != nil || index >= h.tree.Size() {
			continue
		}
		raw, err := c.n.store.Entry(note.ID{Origin: f, Index: index})
		if err != nil {
			return err
		}
		leaf := audit.ReadLeaf(c.docs, note.ID{Origin: f, Index: index}, raw).Header
		if leaf == nil {
			continue
		}
		for _, seen := range leaf.Seen {
			if m := c.proveAhead(f, index, seen); m != nil {
				if err := c.accuse(ctx, m); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// proveAhead looks for the first leaf of the feed of a head that lies below
// the head and has seen leaf index of feed f.
func (c *channel) proveAhead(f string, index uint64, claim note.Head) *audit.Misconduct {
	g := c.feeds[claim.Origin]
	if g == nil || g.last == nil || g.last.Header.SeenSize(f) <= index {
		return nil
	}
	low, high := uint64(0), g.last.Header.Index // seen never goes back, or the feed is frozen before it does
	for low < high {
		mid := (low + high) / 2
		raw, err := c.n.store.Entry(note.ID{Origin: claim.Origin, Index: mid})
		if err != nil {
			return nil
		}
		h, err := note.Parse(raw)
		if err == nil && h.SeenSize(f) > index {
			high = mid
		} else {
			low = mid + 1
		}
	}
	if low >= claim.Size {
		return nil
	}
	raw, err := c.n.store.Entry(note.ID{Origin: claim.Origin, Index: low})
	if err != nil {
		return nil
	}
	h, err := note.Parse(raw)
	if err != nil {
		return nil
	}
	row, err := c.n.store.HeadAt(f, h.SeenSize(f))
	if err != nil {
		return nil
	}
	m, err := audit.ProveAhead(row.Signed, index, g.signed, low, c.leafOf, c.n.store.HashReader)
	if err != nil {
		return nil // it is the other leaf whose claim does not hold
	}
	if _, err := m.VerifyWith(c.docs); err != nil {
		return nil
	}
	return m
}

// doubt has the head held sent along with everything: the leaves that came do
// not continue it to a signed head, and who holds them can prove from the two
// heads whether there is a fork.
func (c *channel) doubt(origin string, yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.feeds[origin]
	switch {
	case h == nil:
	case yes:
		c.raiseDoubt(h)
	default:
		h.doubt = false
	}
}

// raiseDoubt is doubt for who holds mu.
func (c *channel) raiseDoubt(h *held) {
	if h.forked() || h.doubt {
		return
	}
	h.doubt = true
	for _, p := range c.peers {
		p.wakeUp()
	}
}
