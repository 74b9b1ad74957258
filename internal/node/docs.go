package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

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
			c.wakePeers("")
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
	known, err := n.store.Doc(digest)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	old := known.Bytes
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

// docsMark tells whether two nodes hold the same texts of a channel.
func docsMark(ch *charter.Channel) string {
	h := sha256.New()
	for _, d := range ch.Digests() {
		h.Write(d[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
