package node

import (
	"context"
	"fmt"

	"detente/audit"
	"detente/feed"
	"detente/internal/store"
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
	key, err := c.docs.FeedKey(head.Origin)
	if err != nil {
		return "", fmt.Errorf("a proof of misconduct: %w", err)
	}
	h := c.feeds[head.Origin]
	if _, closed := c.docs.Closed(head.Origin); closed || (h != nil && h.frozen != nil) {
		return "", nil
	}
	a, err := m.VerifyKeys(key, c.docs.ReceiptKeys(note.ID{Origin: head.Origin}.Party()))
	if err != nil {
		return "", err
	}
	if h == nil {
		h = newHeld()
		h.head.Origin = head.Origin
		c.feeds[head.Origin] = h
	}
	return head.Origin, c.accuse(ctx, head.Origin, h, a, text)
}

// freezeBack freezes a feed before its first leaf that has seen less than one
// before it, and keeps the proof for everyone.
func (c *channel) freezeBack(ctx context.Context, origin string, h *held, index uint64) error {
	if h.frozen != nil {
		return nil
	}
	leaf := func(i uint64) ([]byte, error) { return c.n.store.Entry(note.ID{Origin: origin, Index: i}) }
	before := index
	for before > 0 {
		before--
		raw, err := leaf(before)
		if err != nil {
			return err
		}
		if audit.ReadLeaf(c.docs, note.ID{Origin: origin, Index: before}, raw).Header != nil {
			break
		}
	}
	m, err := audit.ProveSeen(h.signed, before, index, leaf, c.n.store.HashReader(origin))
	if err != nil {
		return err
	}
	key, err := c.docs.FeedKey(origin)
	if err != nil {
		return err
	}
	a, err := m.VerifyKeys(key, nil)
	if err != nil {
		return err
	}
	text, err := m.MarshalText()
	if err != nil {
		return err
	}
	return c.accuse(ctx, origin, h, a, text)
}

func (c *channel) accuse(ctx context.Context, origin string, h *held, a audit.Accusation, text []byte) error {
	stands := a.Note.Index
	b := store.Batch{Forks: []store.ForkRow{{Origin: origin, Bytes: text}}, Meta: map[string]string{frozenKey(origin): fmt.Sprint(stands)}}
	if err := c.n.store.Commit(ctx, b); err != nil {
		return err
	}
	c.n.log.Error("a feed is frozen", "feed", origin, "why", a.String())
	return c.freeze(ctx, h, origin, stands, a.String(), text, false)
}
