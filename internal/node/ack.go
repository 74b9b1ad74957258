package node

import (
	"context"
	"slices"
	"time"

	"detente/audit"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// ackDelay is how long an ack waits for more to acknowledge. A note of one's
// own that is written meanwhile says the same by what it has seen, but an ack
// also says what is missing, and the picture.
const ackDelay = 100 * time.Millisecond

// ackOffice stands in notes that the node writes by itself.
const ackOffice = "node"

// acks writes acks as they are due, until ctx ends.
func (c *channel) acks(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.ackWake:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(ackDelay):
		}
		if err := c.ackIfDue(ctx); err != nil {
			c.n.log.Warn("no ack was written", "channel", c.id, "err", err)
		}
	}
}

func (c *channel) wakeAck() {
	select {
	case c.ackWake <- struct{}{}:
	default:
	}
}

// ackIfDue writes an ack if another party has written something that is not
// an ack since this node last wrote, or if what an ack called missing has
// come. "Acks are not acked."
func (c *channel) ackIfDue(ctx context.Context) error {
	c.mu.RLock()
	due := c.ackDue()
	members := c.docs.Members()
	c.mu.RUnlock()
	if !due {
		return nil
	}
	s := &submission{ack: true, header: note.Header{Exercise: c.exercise(), Precedence: "routine", Version: note.Version}}
	for _, m := range members {
		if m.Role != "observer" || m.Scope == "full" {
			s.header.Audience = append(s.header.Audience, m.Party)
		}
	}
	c.enqueue(s)
	_, err := c.submit(ctx, s)
	return err
}

func (c *channel) ackDue() bool {
	if m, ok := c.docs.Member(c.n.party); !ok || (m.Role == "observer" && m.Scope != "full") || c.docs.Left(c.n.party) || c.why != "" {
		return false
	}
	origin, own := c.own()
	if c.ackMissing && len(c.missing) == 0 {
		return true
	}
	for o, h := range c.feeds {
		if party, _, _, _ := note.ParseOrigin(o); party == c.n.party || h.lastNote == 0 || o == origin {
			continue
		}
		if own.last == nil || own.last.Header.SeenSize(o) < h.lastNote {
			return true
		}
	}
	return false
}

// writeAck fills in an ack whose place in the feed is known: index is its own,
// seen what its header will say.
func (c *channel) writeAck(s *submission, index uint64, seen []note.Head) error {
	c.mu.Lock()
	report := matter.AckReport{Held: c.addressed}
	heads := map[string]uint64{}
	for _, h := range seen {
		heads[h.Origin] = h.Size
	}
	origin, _ := c.own()
	heads[origin] = index
	for d, m := range c.missing {
		if isAttachment(m.part.Name) {
			continue // each reports its own arrival
		}
		report.Misses = append(report.Misses, d.String())
		if !c.n.ownLeaves(m.id.Origin) {
			report.Held--
		}
	}
	c.ackMissing = len(c.missing) > 0
	for d := range c.unopened {
		report.Unopened = append(report.Unopened, d.String())
	}
	slices.Sort(report.Misses)
	slices.Sort(report.Unopened)
	if len(report.Misses) == 0 {
		for _, audience := range c.reg.Audiences() {
			if !slices.Contains(audience, c.n.party) {
				continue
			}
			if d, ok := c.reg.Picture(audience, heads); ok {
				report.Pictures = append(report.Pictures, matter.Picture{Audience: audience, Digest: d})
			}
		}
	}
	c.mu.Unlock()
	s.move = &note.Move{Act: matter.Ack, Fields: report.Fields(), Office: ackOffice, Salt: salt(), Version: note.Version}
	if err := matter.Check(s.move); err != nil {
		return err
	}
	plain, err := s.move.Encode()
	if err != nil {
		return err
	}
	return c.seal(s, note.PartMove, plain)
}

// compare holds the pictures of an ack against this node's own over the same
// heads. Where they differ people must know; nothing else follows from it.
func (c *channel) comparePicture(e *register.Entry, h *note.Header) {
	report := matter.ReadAck(e.Move)
	if len(report.Pictures) == 0 {
		return
	}
	heads := map[string]uint64{h.Origin: h.Index}
	for _, s := range h.Seen {
		heads[s.Origin] = s.Size
	}
	state := pictureState{equal: true, ack: h.ID()}
	for _, p := range report.Pictures {
		if !slices.Contains(p.Audience, c.n.party) {
			continue
		}
		own, ok := c.reg.Picture(p.Audience, heads)
		if !ok {
			return // not everything that the ack speaks of is folded here yet
		}
		if own != p.Digest {
			state.equal = false
		}
	}
	c.pictures[h.Party()] = state
	if !state.equal {
		c.n.log.Warn("the pictures differ", "channel", c.id, "ack", h.ID().Short())
	}
}

// comparePictures holds the last ack of every other party against this node's
// own picture, when a channel is loaded.
func (c *channel) comparePictures() error {
	for origin, h := range c.feeds {
		if c.n.ownLeaves(origin) {
			continue
		}
		for index := h.tree.Size(); index > 0; index-- {
			e := c.reg.Entry(note.ID{Origin: origin, Index: index - 1})
			if e == nil || e.Result != register.Kept {
				continue
			}
			raw, err := c.n.store.Entry(e.ID)
			if err != nil {
				return err
			}
			if leaf := audit.ReadLeaf(c.docs, e.ID, raw); leaf.Header != nil {
				c.comparePicture(e, leaf.Header)
			}
			break
		}
	}
	return nil
}
