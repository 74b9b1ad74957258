package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"detente/audit"
	"detente/charter"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// mustWait reports whether a closing waits for a person's word.
func (c *channel) mustWait(d store.Doc) (bool, error) {
	member, closing, err := c.readClosing(d.Bytes)
	if err != nil || member == c.n.party {
		return false, err
	}
	accepted, err := c.n.store.Meta(acceptKey(d.Digest))
	if err != nil || accepted != "" {
		return false, err
	}
	if _, closed := c.docs.Closed(closing.Keeps.Origin); closed {
		return false, nil // that one stands, and this is it or contradicts it
	}
	h := c.feeds[closing.Keeps.Origin]
	if h == nil || h.frozen == nil && closing.Keeps.Size >= h.receipts[c.n.party] {
		return false, nil
	}
	if len(c.pending) >= maxPending && !slices.Contains(c.pending, d.Digest) {
		return false, fmt.Errorf("%d closings wait for a person's word already", maxPending)
	}
	return true, nil
}

func (c *channel) readClosing(signed []byte) (party string, closing charter.Closing, err error) {
	for _, m := range c.docs.Members() {
		if closing, err = charter.ParseClosing(signed, m.Identity); err == nil && closing.Channel == c.id && closing.Party() == m.Party {
			return m.Party, closing, nil
		}
	}
	return "", closing, errors.New("the closing is not signed by the identity key of a party of the channel")
}

// applyClosing lets a feed stand up to the head that its closing keeps.
func (c *channel) applyClosing(ctx context.Context, signed []byte) error {
	_, closing, err := c.readClosing(signed)
	if err != nil {
		return err
	}
	if c.why != "" {
		c.why = c.behind()
	}
	c.reg.Freeze(closing.Keeps.Origin, closing.Keeps.Size)
	c.registerLeavers()
	return c.refreeze(ctx)
}

func acceptKey(d note.Digest) string { return audit.AcceptedKey(d) }

// AcceptClosing is a person's word that a closing which takes back receipted
// notes, or which ends a fork, is accepted: the party's next epoch is then
// taken.
func (n *Node) AcceptClosing(ctx context.Context, digest note.Digest) error {
	docs, err := n.store.Docs(charter.KindClosing)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(docs, func(d store.Doc) bool { return d.Digest == digest })
	if i < 0 {
		return fmt.Errorf("no closing %s is kept here", digest)
	}
	n.adding.Lock()
	defer n.adding.Unlock()
	if err := n.store.Commit(ctx, store.Batch{Meta: map[string]string{acceptKey(digest): n.Now().UTC().Format(note.TimeLayout)}}); err != nil {
		return err
	}
	for _, c := range n.all() {
		if _, err := c.takeDocument(ctx, docs[i]); err == nil {
			n.announceChange()
			c.wakePeers("")
		}
	}
	return nil
}

// CloseOptions says how a feed is closed.
type CloseOptions struct {
	Reason string  // of charter.Closing
	Leave  bool    // open no further epoch: the party leaves the channel
	Keep   *uint64 // how many leaves stand; nil: all that the ledger holds
}

// CloseFeeds closes this party's feed on every channel, or on the one given,
// with new keys for the next epochs. It is how keys are rotated, how a stolen
// key is revoked, and how a node goes on whose journal is lost or whose feed
// forked. It returns the new credence and the closings, to be handed to the
// other parties; a running node sends them by itself. A channel that cannot be
// closed does not hold up the others: what is returned is done, whatever the
// error says. Of a channel that the party has left there is nothing to close.
func (n *Node) CloseFeeds(ctx context.Context, identity *feed.Key, only *note.Digest, o CloseOptions) (docs [][]byte, err error) {
	cred, _ := n.Credence()
	if !identity.Public().Equal(cred.Identity) {
		return nil, errors.New("that is not the identity key of " + n.party + "; nothing was changed")
	}
	if n.journalLost() {
		only = nil // nothing that was signed before may be gone on with, on any channel
	}
	next := cred
	if !o.Leave {
		// Beyond any that are in the folder: of those a credence may have left.
		r, err := makeRing(n.cfg.Dir, max(cred.Serial, n.keyRings()[0].serial)+1)
		if err != nil {
			return nil, err
		}
		next.Serial, next.Keys, next.Time = r.serial, r.public(), n.Now().UTC().Format(note.TimeLayout)
		signed, err := next.Sign(identity)
		if err != nil {
			return nil, err
		}
		if _, err := n.addDocument(ctx, signed, true); err != nil {
			return nil, err
		}
		n.useRing(r, next, signed)
		docs = append(docs, signed)
	}
	var errs []error
	for _, c := range n.all() {
		if only != nil && c.id != *only {
			continue
		}
		signed, err := c.closeOwn(ctx, identity, next, o)
		if err != nil {
			errs = append(errs, fmt.Errorf("channel %.12s…: %w", c.id, err))
		} else if signed != nil {
			docs = append(docs, signed)
		}
	}
	switch {
	case len(errs) > 0:
	case n.journalLost():
		errs = append(errs, n.newJournal(ctx))
	case docs == nil:
		return nil, errors.New("there is no feed of " + n.party + " to close; nothing was changed")
	}
	n.announceChange()
	for _, c := range n.all() {
		c.wakePeers("")
		c.wakeAck()
	}
	return docs, errors.Join(errs...)
}

func (c *channel) closeOwn(ctx context.Context, identity *feed.Key, next charter.Credence, o CloseOptions) ([]byte, error) {
	c.receiving.Lock()
	defer c.receiving.Unlock()
	c.sending.Lock()
	defer c.sending.Unlock()
	c.mu.RLock()
	origin, h := c.own()
	keeps := h.head
	c.mu.RUnlock()
	if origin == "" {
		return nil, nil // the party has left, or observes
	}
	if keeps.Size == 0 {
		keeps.Origin, keeps.Root = origin, feed.EmptyTree().Root()
	}
	if h.frozen != nil {
		o.Keep = h.frozen
	}
	if o.Keep != nil && *o.Keep < keeps.Size {
		t, err := feed.NewTree(*o.Keep, c.n.store.HashReader(origin).ReadHashes)
		if err != nil {
			return nil, err
		}
		keeps.Size, keeps.Root = *o.Keep, t.Root()
	}
	closing := charter.Closing{Channel: c.id, Keeps: keeps, Reason: o.Reason, Time: c.n.Now().UTC().Format(note.TimeLayout)}
	if !o.Leave {
		d := next.Digest()
		closing.Next = &d
	}
	signed, err := closing.Sign(identity)
	if err != nil {
		return nil, err
	}
	_, err = c.n.addDocument(ctx, signed, true)
	return signed, err
}
