package node

import (
	"errors"
	"strings"

	"detente/audit"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
	"detente/register"
	"detente/seal"
)

func isAttachment(name string) bool { return strings.HasPrefix(name, note.PartAttachment) }

func isAck(o register.Opened) bool { return o.Move != nil && o.Move.Act == matter.Ack }

// opened makes of a header and its move, both known, what the register folds.
func opened(h *note.Header, m *note.Move) (register.Opened, bool) {
	o := register.Opened{Header: h, Move: m}
	if c, ok := h.Part(note.PartContent); ok {
		o.Content = c.Plain
	}
	return o, true
}

// opened makes of a stored leaf what the register folds. A leaf without a
// header cannot be placed at all; it stands for itself in its feed.
func (c *channel) opened(id note.ID, leaf audit.Leaf, p store.Part, stored bool) register.Opened {
	o := register.Opened{Header: leaf.Header, Trouble: register.Unreadable}
	if leaf.Header == nil {
		return o
	}
	switch {
	case !leaf.Header.For(c.n.party):
		o.Trouble = register.Sealed
	case !stored || p.State == store.Missing:
		o.Trouble = register.Missing
	case len(p.Plain) > 0:
		if plain, err := c.n.box.Unwrap(p.Plain, p.Digest[:]); err == nil {
			read, _ := audit.OpenMove(leaf.Header, plain)
			return read
		}
	}
	if part, ok := leaf.Header.Part(note.PartContent); ok {
		o.Content = part.Plain
	}
	return o
}

// placeholder gives a leaf that cannot be folded as it is a place in the
// register.
func (c *channel) placeholder(o register.Opened, origin string, index uint64) register.Opened {
	if o.Header == nil {
		return audit.Placeholder(c.docs, note.ID{Origin: origin, Index: index})
	}
	return audit.Foldable(c.docs, o, c.waitsFor)
}

// waitsFor reports whether a feed may come to be known once a person here has
// accepted a closing: another node may be ahead of this one in that.
func (c *channel) waitsFor(origin string) bool {
	if len(c.pending) == 0 {
		return false
	}
	party, _, epoch, err := note.ParseOrigin(origin)
	if err != nil {
		return false
	}
	_, _, now, err := note.ParseOrigin(c.docs.Epoch(party))
	return err == nil && epoch == now+1
}

// unseal opens a payload with whichever of the node's seal keys fits, and boxes
// it. Whether it is what a header says of it is for each note that names it to
// see. A payload that does not open has no box: it folds as unreadable.
func (n *Node) unseal(d note.Digest, sealed []byte) (boxed, plain []byte, err error) {
	limit := int(note.PaddedSize(note.MaxContent + note.SaltSize))
	var notForUs *seal.NotForUs
	for _, o := range n.sealOpeners() {
		if plain, err = o.Open(sealed, limit); err == nil || !errors.As(err, &notForUs) {
			break
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return n.box.Wrap(plain, d[:]), plain, nil
}
