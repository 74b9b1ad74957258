package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/audit"
	"detente/charter"
	"detente/internal/store"
	"detente/note"
	"detente/register"
)

// Snapshot is a channel as the node holds it, under its lock: keep nothing of
// it after the function that it was given to returns.
type Snapshot struct {
	ID         note.Digest
	Party      string
	Docs       *charter.Channel
	Register   *register.Register
	Feeds      []FeedInfo
	Peers      []PeerInfo
	Recovering string        // why the node does not sign; empty: it does
	Pending    []note.Digest // closings that wait for a person: see AcceptClosing
}

// FeedInfo is one feed.
type FeedInfo struct {
	Origin   string
	Party    string
	Head     note.Head
	Receipts map[string]uint64 // by party: the greatest size that it gave a receipt for
	Frozen   *uint64           // how many leaves stand, where the feed is frozen
	Why      string            // why it is frozen
}

// PeerInfo is another party, and the line to it.
type PeerInfo struct {
	Party     string
	Role      string
	Addresses []string
	Up        bool
	Since     time.Time // up or down since; zero: never tried
	Heard     time.Time
	LastError string
	Acked     uint64 // how many notes of this node's feed the peer's own notes say it holds
	Picture   *bool  // whether the picture of its last ack is this node's own; nil: not compared yet
	PictureAt note.ID
	Missing   int // payloads of the channel that have not come
}

// Read calls fn with a channel, under its lock.
func (n *Node) Read(id note.Digest, fn func(*Snapshot)) error {
	c, err := n.channel(id)
	if err != nil {
		return err
	}
	c.mu.Lock() // folding is lazy: reading the register may write to it
	defer c.mu.Unlock()
	s := &Snapshot{ID: c.id, Party: n.party, Docs: c.docs, Register: c.reg, Recovering: c.why, Pending: slices.Clone(c.pending)}
	if err := n.broken(); err != nil {
		s.Recovering = err.Error()
	}
	for _, o := range c.origins() {
		h := c.feeds[o]
		party, _, _, _ := note.ParseOrigin(o)
		f := FeedInfo{Origin: o, Party: party, Head: h.head, Receipts: map[string]uint64{}, Frozen: h.frozen, Why: h.why}
		for p, size := range h.receipts {
			f.Receipts[p] = size
		}
		s.Feeds = append(s.Feeds, f)
	}
	for _, m := range c.docs.Members() {
		if p := c.peers[m.Party]; p != nil {
			s.Peers = append(s.Peers, c.peerInfo(p, m))
		}
	}
	fn(s)
	return nil
}

// Alive returns once every channel could be read, and the ledger: a node that
// hangs does not.
func (n *Node) Alive() error {
	for _, c := range n.all() {
		c.mu.RLock()
		//lint:ignore SA2001 that it could be taken is what was asked
		c.mu.RUnlock()
	}
	_, err := n.store.Meta("")
	return err
}

func (c *channel) peerInfo(p *peer, m charter.Member) PeerInfo {
	i := PeerInfo{Party: p.party, Role: m.Role, Up: p.up, Since: p.since, Heard: p.heard, LastError: p.lastError, Missing: len(c.missing)}
	if cred, ok := c.docs.Credence(p.party); ok {
		i.Addresses = cred.Addresses
	}
	origin, _ := c.own()
	for o, h := range c.feeds {
		if party, _, _, _ := note.ParseOrigin(o); party == p.party && h.last != nil {
			i.Acked = max(i.Acked, h.last.Header.SeenSize(origin))
		}
	}
	if s, ok := c.pictures[p.party]; ok {
		equal := s.equal
		i.Picture, i.PictureAt = &equal, s.ack
	}
	return i
}

// Entry returns a note's log entry, and its header where it can be read.
func (n *Node) Entry(id note.ID) ([]byte, *note.Header, error) {
	leaf, err := n.store.Entry(id)
	if err != nil {
		return nil, nil, fmt.Errorf("there is no note %s here: %w", id.Short(), err)
	}
	h, err := note.Parse(leaf)
	if err != nil {
		return leaf, nil, nil
	}
	return leaf, &h, nil
}

// Content returns the words of a note; nil where they are missing, erased,
// unreadable or not for this node, as the state says.
func (n *Node) Content(id note.ID) (*note.Content, store.PartState, error) {
	_, h, err := n.Entry(id)
	if err != nil || h == nil {
		return nil, store.Missing, err
	}
	part, ok := h.Part(note.PartContent)
	if !ok {
		return nil, store.Held, nil
	}
	p, err := n.store.Part(part.Sealed)
	if errors.Is(err, store.ErrNotFound) {
		return nil, store.Missing, nil
	}
	if err != nil || p.State != store.Held || len(p.Plain) == 0 {
		return nil, p.State, err
	}
	plain, err := n.box.Unwrap(p.Plain, p.Digest[:])
	if err != nil {
		return nil, p.State, fmt.Errorf("the content of %s is damaged at this node: %w; run: detente verify", id.Short(), err)
	}
	c, err := audit.OpenContent(h, plain)
	if err != nil {
		return nil, p.State, nil // unreadable for everyone: a matter of the record, not of this node
	}
	return c, p.State, nil
}

// WaitReceipt returns when the party has given a receipt that covers the note.
func (n *Node) WaitReceipt(ctx context.Context, id note.ID, party string) error {
	_, channel, _, err := note.ParseOrigin(id.Origin)
	if err != nil {
		return err
	}
	c, err := n.channel(channel)
	if err != nil {
		return err
	}
	for {
		changed := n.Changed()
		c.mu.RLock()
		h := c.feeds[id.Origin]
		done := h != nil && h.receipts[party] > id.Index
		c.mu.RUnlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}
