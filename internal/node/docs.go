package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"detente/audit"
	"detente/charter"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// AddDocument takes a credence, a charter, an amendment or a closing. A
// charter that lacks signatures is kept until they have come.
func (n *Node) AddDocument(ctx context.Context, signed []byte) (kind string, digest note.Digest, err error) {
	kind, err = charter.Kind(signed)
	if err != nil {
		return "", digest, err
	}
	text, _, err := feed.SplitText(signed)
	if err != nil {
		return "", digest, err
	}
	digest = feed.TextDigest(text)
	added, err := n.addDocument(ctx, signed, true)
	if err == nil && added {
		n.announceChange()
		for _, c := range n.all() {
			c.wakePeers()
		}
	}
	return kind, digest, err
}

// Documents returns the signed texts of a kind that the node keeps.
func (n *Node) Documents(kind string) ([]store.Doc, error) { return n.store.Docs(kind) }

// takeDocs takes the texts of a pouch and returns how many were new. A peer
// sends those of the channel and no others: what no channel here has a use for
// is refused, or anybody could fill the disk with texts of its own.
func (c *channel) takeDocs(ctx context.Context, docs [][]byte, rep *Report) (taken int) {
	for again := true; again && len(docs) > 0; {
		var early [][]byte
		var errs []error
		again = false
		for _, d := range docs {
			added, err := c.n.addDocument(ctx, d, false)
			switch {
			case added && err == nil:
				taken++
				again = true
			case notYet(err):
				early, errs = append(early, d), append(errs, err)
			case err != nil:
				rep.refuse(err, false)
			}
		}
		if docs = early; !again {
			for _, err := range errs {
				rep.refuse(err, false)
			}
		}
	}
	return taken
}

// addDocument reports whether the text, or a signature on it, is new. From
// home any text is kept; from a peer only what a channel has a use for.
func (n *Node) addDocument(ctx context.Context, signed []byte, home bool) (bool, error) {
	n.adding.Lock()
	defer n.adding.Unlock()
	kind, err := charter.Kind(signed)
	if err != nil {
		return false, err
	}
	text, _, err := feed.SplitText(signed)
	if err != nil {
		return false, err
	}
	digest := feed.TextDigest(text)
	known, err := n.store.Docs(kind)
	if err != nil {
		return false, err
	}
	var old []byte
	if i := slices.IndexFunc(known, func(d store.Doc) bool { return d.Digest == digest }); i >= 0 {
		old = known[i].Bytes
	}
	if old != nil && kind != charter.KindCharter {
		return false, nil // one signature is all it needs; another line beside it says nothing
	}
	switch kind {
	case charter.KindCredence:
		if _, err := charter.ParseCredence(signed); err != nil {
			return false, err
		}
	case charter.KindCharter:
		s, err := charter.ParseCharter(signed)
		if err != nil {
			return false, err
		}
		if old != nil {
			if err := s.Merge(old); err != nil {
				return false, err
			}
		}
		signed = s.Bytes()
	}
	if bytes.Equal(old, signed) {
		return false, nil
	}
	return true, n.keepDocument(ctx, store.Doc{Kind: kind, Digest: digest, Bytes: signed}, home)
}

// keepDocument stores a text and lets every channel that it concerns have it.
func (n *Node) keepDocument(ctx context.Context, d store.Doc, home bool) error {
	used := false
	var waits []*channel
	var refused, early []error
	for _, c := range n.all() {
		pending, err := c.takeDocument(ctx, d)
		switch {
		case err == nil:
			if used = true; pending {
				waits = append(waits, c)
			}
		case notYet(err):
			early = append(early, err)
		default:
			refused = append(refused, err)
		}
	}
	if !used && !home {
		return errors.Join(append(early, refused...)...)
	}
	if d.Kind == charter.KindClosing && !used {
		return errors.Join(append(refused, errors.New("the closing is of no channel of this node; it was not kept"))...)
	}
	if conflict := new(charter.Conflict); errors.As(errors.Join(refused...), &conflict) {
		return conflict
	}
	b := store.Batch{Docs: []store.Doc{d}}
	if d.Kind == charter.KindClosing && len(waits) == 0 {
		b.Meta = map[string]string{acceptKey(d.Digest): n.Now().UTC().Format(note.TimeLayout)}
	}
	if err := n.store.Commit(ctx, b); err != nil {
		return err
	}
	for _, c := range waits { // whoever sees that it waits finds it in the ledger
		c.mu.Lock()
		if !slices.Contains(c.pending, d.Digest) {
			c.pending = append(c.pending, d.Digest)
		}
		c.mu.Unlock()
	}
	if d.Kind == charter.KindCredence {
		cred, err := charter.ParseCredence(d.Bytes)
		if err == nil {
			n.adopt(cred, d.Bytes)
		}
		return err
	}
	if d.Kind != charter.KindCharter {
		return nil
	}
	s, err := charter.ParseCharter(d.Bytes)
	if err != nil {
		return err
	}
	if s.Charter.Channel != nil || !s.InForce() {
		return nil
	}
	if _, err := n.channel(d.Digest); err == nil {
		return nil
	}
	return n.found(ctx, s)
}

// takeDocument adds a text to the channel. A closing that would take back
// notes which this node holds and has given a receipt for, or that reopens a
// frozen feed, waits for a person: see AcceptClosing.
func (c *channel) takeDocument(ctx context.Context, d store.Doc) (pending bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.Kind == charter.KindClosing {
		if pending, err = c.mustWait(d); err != nil {
			return false, err
		}
		if pending {
			return true, nil
		}
	}
	if err := c.docs.Add(d.Bytes); err != nil {
		return false, err
	}
	c.pending = slices.DeleteFunc(c.pending, func(p note.Digest) bool { return p == d.Digest })
	c.setPeers()
	switch d.Kind {
	case charter.KindClosing:
		return false, c.applyClosing(ctx, d.Bytes)
	case charter.KindCharter:
		return false, c.rebuild(ctx) // what named it could not be read before
	}
	c.reg.Refresh()
	return false, nil
}

// maxPending bounds the closings of one channel that wait for a person.
const maxPending = 32

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
			c.wakePeers()
		}
	}
	return nil
}

// docsMark tells whether two nodes hold the same texts of a channel.
func docsMark(ch *charter.Channel) string {
	h := sha256.New()
	for _, d := range ch.Documents() {
		h.Write(d.Digest[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
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
		c.wakePeers()
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
