package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/audit"
	"detente/charter"
	"detente/feed"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
)

// What a node does after a crash, an old ledger or a lost journal: see the
// package's manual page.

// mend compares what the ledger holds with what the journal says was signed.
// "A database ahead of its journal means a crash, and is mended": but only if
// it goes on from what the journal has. A ledger of another history is not
// this crash, and nothing is signed over it.
func (c *channel) mend() error {
	n := c.n
	if n.Journal() == nil {
		return nil
	}
	clear(c.parted)
	var entries []journal.Entry
	for _, origin := range c.origins() {
		h := c.feeds[origin]
		role, head := journal.Feed, h.head
		if !n.ownLeaves(origin) {
			var name string
			role, name = c.mirrors()
			sig, err := n.store.LatestCosig(origin, name)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			row, err := n.store.HeadAt(origin, sig.Size)
			if err != nil {
				return err
			}
			head = row.Head
		}
		size, root, ok := n.Journal().Last(role, origin)
		if ok && size <= h.tree.Size() {
			held, err := rootAt(size, n.store.HashReader(origin))
			if err != nil {
				return fmt.Errorf("feed %s: %w; run: detente verify", origin, err)
			}
			if held != root {
				c.parted[origin] = fmt.Sprintf("the ledger and the signing journal are of two histories of %s: they differ at %d; put the right ledger back, or close the feed with the identity key: detente epoch close --reason fork", origin, size)
				continue
			}
		}
		if (!ok || size < head.Size) && head.Size > 0 {
			entries = append(entries, journal.Entry{Role: role, Head: head})
		}
	}
	return n.Journal().Record(entries...)
}

func rootAt(size uint64, hashes tlog.HashReader) (note.Digest, error) {
	t, err := feed.NewTree(size, hashes.ReadHashes)
	if err != nil {
		return note.Digest{}, err
	}
	return t.Root(), nil
}

// mirrors returns in which role, and under which name, this node signs the
// feeds of others: a party that speaks gives receipts, an observer witnesses.
func (c *channel) mirrors() (role, name string) {
	if c.docs.Role(c.n.party) == charter.Observer {
		return journal.Witness, c.n.party + "/witness"
	}
	return journal.Receipt, c.n.party + "/receipt"
}

// behind says why the node must not sign on this channel: the journal, or its
// own last note, knows of leaves that the ledger does not hold. Empty: it may
// sign. It is asked when the channel is loaded, and as long as it says why,
// after whatever may have changed it: while a write is under way the journal is
// ahead of the memory, rightly. The caller holds mu.
func (c *channel) behind() string {
	n := c.n
	if n.journalLost() {
		for origin := range c.feeds {
			if party, _, _, _ := note.ParseOrigin(origin); party == n.party && origin == c.docs.Epoch(n.party) {
				return "the signing journal is lost, so nobody can tell what this node has signed last; close the feed with the identity key and go on in the next epoch: detente epoch close --reason journal-lost"
			}
		}
		return "the signing journal is lost; make a new one with: detente recover"
	}
	for _, role := range []string{journal.Feed, journal.Receipt} {
		for _, origin := range n.Journal().Origins(role) {
			if _, id, _, err := note.ParseOrigin(origin); err != nil || id != c.id {
				continue
			}
			size, root, _ := n.Journal().Last(role, origin)
			if keeps, closed := c.docs.Closed(origin); closed && size > keeps.Size {
				continue // what was signed beyond is nobody's word any more
			}
			h := c.feeds[origin]
			switch {
			case h == nil || h.tree.Size() < size:
				return c.lacks(origin, size, "this node has signed")
			case c.parted[origin] != "":
				return c.parted[origin]
			case h.tree.Size() == size && h.head.Root != root:
				return fmt.Sprintf("the ledger and the signing journal disagree about %s at %d; close the feed with the identity key: detente epoch close --reason fork", origin, size)
			}
		}
	}
	// "seen never goes backwards", whatever the journal says.
	if _, own := c.own(); own.last != nil {
		for _, s := range own.last.Header.Seen {
			if h := c.feeds[s.Origin]; h == nil || h.tree.Size() < s.Size {
				return c.lacks(s.Origin, s.Size, "its own last note has seen")
			}
		}
	}
	return ""
}

func (c *channel) lacks(origin string, size uint64, why string) string {
	have := uint64(0)
	if h := c.feeds[origin]; h != nil {
		have = h.tree.Size()
	}
	return fmt.Sprintf("the ledger holds %d leaves of %s, but %s %d: an old copy of the ledger was restored. Nothing is signed until the rest is fetched from whoever holds it; a running node asks its peers by itself, or apply their pouch", have, origin, why, size)
}

// contradicts refuses leaves that do not lead through what this node has
// signed before. It may know that from the journal alone, whose ledger is an
// old copy: then a peer that sends another history would have it sign two.
func (c *channel) contradicts(v *audit.Verified, own bool) error {
	n := c.n
	if n.Journal() == nil {
		return nil
	}
	role := journal.Feed
	if !own {
		role, _ = c.mirrors()
	}
	size, root, ok := n.Journal().Last(role, v.Head.Origin)
	if !ok || size <= v.Start || size > v.Head.Size {
		return nil
	}
	got, err := rootAt(size, c.hashes(v))
	if err == nil && got != root {
		err = fmt.Errorf("these leaves have the root %s at %d, and this node has signed %s there as %s: they are of another history; nothing of them was stored", got, size, root, role)
	}
	if err != nil {
		return &audit.Refused{What: "feed " + v.Head.Origin, Err: err}
	}
	return nil
}

// owed gives the receipts that this node still owes: for what it stored while
// it had to be silent. The caller holds receiving.
func (c *channel) owed(ctx context.Context) error {
	n := c.n
	c.mu.RLock()
	if n.broken() != nil || c.why != "" {
		c.mu.RUnlock()
		return nil
	}
	role, name := c.mirrors()
	var due []note.Head
	for _, origin := range c.origins() {
		h := c.feeds[origin]
		if n.ownLeaves(origin) || h.frozen != nil || h.tree.Size() == 0 {
			continue
		}
		size, _, _ := n.Journal().Last(role, origin)
		if size < h.head.Size || (role == journal.Receipt && h.receipts[n.party] < h.head.Size) {
			due = append(due, h.head)
		}
	}
	c.mu.RUnlock()
	if len(due) == 0 {
		return nil
	}
	var b store.Batch
	var entries []journal.Entry
	now := n.stamp()
	for _, head := range due {
		lines, err := n.mirrorKey(role).Cosign(name, head, now)
		if err != nil {
			return err
		}
		b.Cosigs = append(b.Cosigs, store.Cosig{Origin: head.Origin, Size: head.Size, Name: name, Time: now, Lines: lines})
		entries = append(entries, journal.Entry{Role: role, Head: head})
	}
	if err := n.Journal().Reserve(); err != nil {
		return err
	}
	if err := n.commit(ctx, b); err != nil {
		return err
	}
	if err := n.record(entries...); err != nil {
		return err
	}
	if role == journal.Receipt {
		c.mu.Lock()
		for _, head := range due {
			h := c.feeds[head.Origin]
			h.receipts[n.party] = max(h.receipts[n.party], head.Size)
		}
		c.mu.Unlock()
	}
	n.announceChange()
	c.wakePeers("")
	return nil
}

func (n *Node) mirrorKey(role string) *feed.Key {
	if r := n.ring(); role == journal.Receipt {
		return r.receipt
	} else {
		return r.witness
	}
}

// noteBack notes the first leaf that has seen less than the one before it.
func (h *held) noteBack(next *note.Header) {
	if h.last == nil || h.back != nil {
		return
	}
	for _, s := range h.last.Header.Seen {
		if next.SeenSize(s.Origin) < s.Size {
			h.back = &[2]uint64{h.last.Header.Index, next.Index}
			return
		}
	}
}

// accuseStored makes up for a crash between the storing of a leaf that breaks
// a rule and the storing of the proof. The caller has folded the feeds anew.
func (c *channel) accuseStored(ctx context.Context) error {
	for _, origin := range c.origins() {
		h := c.feeds[origin]
		if _, closed := c.docs.Closed(origin); closed || h.frozen != nil || h.back == nil || c.n.ownLeaves(origin) {
			continue
		}
		before, back := h.back[0], h.back[1]
		if err := c.accuseBack(ctx, &audit.Verified{Head: h.head, Signed: h.signed, Back: &back, Before: before}); err != nil {
			return err
		}
	}
	return c.accuseAhead(ctx)
}

// ring returns the keys of the newest credence. Newer keys may lie in the
// folder: those of a credence that a crash kept from being signed, or that an
// old copy of the ledger does not know yet.
func (n *Node) ring() *ring {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, r := range n.rings {
		if r.serial == n.credence.Serial {
			return r
		}
	}
	return n.rings[0]
}

// adopt makes a credence of this node's own, for which it has the keys, the
// newest: one that peers sent back to a node whose ledger is an old copy.
func (n *Node) adopt(c charter.Credence, signed []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.Party != n.party || c.Serial <= n.credence.Serial {
		return
	}
	for _, r := range n.rings {
		if r.serial == c.Serial && r.seal.Recipient() == c.Keys.Seal && r.spki == c.Keys.TLS {
			n.credence, n.signed = c, signed
			return
		}
	}
}

// stamp returns the time that a signature of this node bears. A clock may be
// set back; what this node says of the time never goes back.
func (n *Node) stamp() time.Time {
	now := n.Now().UTC().Truncate(time.Millisecond)
	n.mu.Lock()
	defer n.mu.Unlock()
	if now.Before(n.stamped) {
		return n.stamped
	}
	n.stamped = now
	return now
}

// signedAt notes that this node has signed with a time.
func (n *Node) signedAt(t time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t.After(n.stamped) {
		n.stamped = t.UTC()
	}
}

// loadStamp finds the latest times that this node's signatures bear.
func (c *channel) loadStamp() error {
	n := c.n
	for _, origin := range slices.Sorted(maps.Keys(c.feeds)) {
		if n.ownLeaves(origin) {
			if last := c.feeds[origin].last; last != nil {
				n.signedAt(last.Header.When())
			}
			continue
		}
		for _, name := range []string{n.party + "/receipt", n.party + "/witness"} {
			sig, err := n.store.LatestCosig(origin, name)
			if err == nil {
				n.signedAt(sig.Time)
			} else if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

// mayLeave reports whether a cosignature may be shown: one of this node's own
// only if the journal knows of it.
func (n *Node) mayLeave(s store.Cosig) bool {
	role := ""
	switch s.Name {
	case n.party + "/receipt":
		role = journal.Receipt
	case n.party + "/witness":
		role = journal.Witness
	default:
		return true
	}
	if n.journalLost() {
		return false
	}
	size, _, ok := n.Journal().Last(role, s.Origin)
	return ok && size >= s.Size
}
