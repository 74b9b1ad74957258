package node

import (
	"slices"

	"detente/audit"
	"detente/note"
	"detente/pouch"
)

type missing struct {
	id   note.ID
	part note.Part
	rank int       // of the precedence
	also []note.ID // other notes that name it
}

// holds reports whether a leaf is held, as far as the memory goes: what is
// being taken is in the ledger a moment earlier.
func (c *channel) holds(id note.ID) bool {
	h := c.feeds[id.Origin]
	return h != nil && id.Index < h.tree.Size()
}

// counts returns how many payloads a note adds to those that an ack speaks of:
// moves and contents of others that are addressed to this node.
func (c *channel) counts(h *note.Header) (n int) {
	if h == nil || !h.For(c.n.party) || c.n.ownLeaves(h.Origin) {
		return 0
	}
	for _, p := range h.Parts {
		if !isAttachment(p.Name) {
			n++
		}
	}
	return n
}

// findUnopened lists the payloads in the ledger that could not be opened.
func (c *channel) findUnopened() error {
	parts, err := c.n.store.UnopenedParts(maxMissing)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if c.holds(p.ID) {
			c.unopened[p.Digest] = true
		}
	}
	return nil
}

// findMissing lists the payloads that the ledger lacks.
func (c *channel) findMissing() error {
	parts, err := c.n.store.MissingParts(maxMissing)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if !c.holds(p.ID) {
			continue // of another channel, or being taken now
		}
		leaf, err := c.n.store.Entry(p.ID)
		if err != nil {
			return err
		}
		if h := audit.ReadLeaf(c.docs, p.ID, leaf).Header; h != nil {
			c.expect(h, p.Name)
		}
	}
	return nil
}

func (c *channel) expect(h *note.Header, name string) {
	if part, ok := h.Part(name); ok && len(c.missing) < maxMissing {
		m := missing{h.ID(), part, slices.Index(note.Precedences, h.Precedence), nil}
		if old, ok := c.missing[part.Sealed]; ok && old.id != m.id {
			if isAttachment(old.part.Name) && !isAttachment(name) { // it is wanted in the ledger, and at once
				old, m = m, old
				old.also = m.also
			}
			old.also = append(old.also, m.id)
			m = old
		}
		c.missing[part.Sealed] = m
	}
}

// wants lists what is missing, the most urgent first.
func (c *channel) wants() []note.Digest {
	list := make([]note.Digest, 0, len(c.missing))
	for d, m := range c.missing {
		if !isAttachment(m.part.Name) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b note.Digest) int {
		ma, mb := c.missing[a], c.missing[b]
		if ma.rank != mb.rank {
			return ma.rank - mb.rank
		}
		if ma.id.Index != mb.id.Index {
			return int(int64(ma.id.Index) - int64(mb.id.Index))
		}
		return slices.Compare(a[:], b[:])
	})
	return list[:min(len(list), pouch.MaxWants)]
}
