package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"detente/internal/store"
	"detente/matter"
	"detente/note"
)

// Draft is a note to be written.
type Draft struct {
	Channel    note.Digest
	Act        string
	Matter     *note.ID // nil: it opens a matter
	Office     string
	Precedence string
	Audience   []string // nil: that of the matter; for a note that opens one, every principal and facilitator
	Fields     map[string]any
	Content    *note.Content // nil: none. The node fills in the version, and the salt where there is none
	Attach     []string      // paths of files
	Keep       *Kept         // of an act that keeps: what a later note will send, see Keep
}

// Ticket says what became of a draft: it is durable, and on its way.
type Ticket struct {
	ID    note.ID
	Head  note.Head
	Time  time.Time
	Parts []note.Part
}

// Refused says why a draft was not written. Nothing was written.
type Refused struct {
	Why  string
	Next string // what to do
}

func (e *Refused) Error() string {
	if e.Next == "" {
		return e.Why + "; nothing was written"
	}
	return e.Why + "; nothing was written: " + e.Next
}

// Limits of one transaction of own notes.
const (
	maxBatch      = 256
	gatherMax     = 4 * time.Millisecond
	gatherStep    = 100 * time.Microsecond
	maxBatchBytes = 1 << 20 // of headers; the leaves of one checkpoint travel in one pouch
)

// Submit writes a note: it is sealed, appended, signed, committed and
// journaled when Submit returns without an error. The error is a *Refused, a
// matter's *FieldError, or that of the disk.
func (n *Node) Submit(ctx context.Context, d Draft) (Ticket, error) {
	c, err := n.channel(d.Channel)
	if err != nil {
		return Ticket{}, err
	}
	if err := c.ready(); err != nil {
		return Ticket{}, err // sooner than that the matter is not known to an old ledger
	}
	c.preparing.Add(1)
	s, err := c.prepare(ctx, d)
	if err != nil {
		c.preparing.Add(-1)
		return Ticket{}, err
	}
	if err := ctx.Err(); err != nil {
		c.preparing.Add(-1)
		return Ticket{}, err
	}
	c.enqueue(s)
	c.preparing.Add(-1)
	return c.submit(ctx, s)
}

// ready says why nothing can be signed on the channel now.
func (c *channel) ready() error {
	if err := c.n.broken(); err != nil {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if why := c.why; why != "" {
		return &Refused{why, ""}
	}
	return nil
}

// prepare checks and seals a draft.
func (c *channel) prepare(ctx context.Context, d Draft) (*submission, error) {
	m := &note.Move{Act: d.Act, Fields: d.Fields, Matter: d.Matter, Office: d.Office, Salt: salt(), Version: note.Version}
	if err := matter.Check(m); err != nil {
		return nil, err
	}
	if err := matter.CheckContent(d.Act, d.Content); err != nil {
		return nil, err
	}
	if _, act, _ := matter.Find(d.Act); act.Keeps != "" && (len(d.Attach) > 0 || d.Content != nil && len(d.Content.Texts)+len(d.Content.Quotes) > 0) {
		return nil, &Refused{"the words of " + d.Act + " stay here until they are revealed, and these would have been sent", "keep them"}
	}
	audience, err := c.audience(d)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(note.Precedences, d.Precedence) {
		return nil, &Refused{fmt.Sprintf("%q is not a precedence", d.Precedence), "choose flash, immediate, priority or routine"}
	}
	if err := c.room(d); err != nil {
		return nil, err
	}
	s := &submission{move: m, header: note.Header{Audience: audience, Exercise: c.exercise(), Precedence: d.Precedence, Version: note.Version}}
	plain, err := m.Encode()
	if err != nil {
		return nil, err
	}
	if err := c.seal(s, note.PartMove, plain); err != nil {
		return nil, err
	}
	if d.Keep != nil {
		kept, err := c.n.boxKept(d.Keep)
		if err != nil {
			return nil, err
		}
		s.kept = append(s.kept, kept)
	}
	if d.Content == nil && len(d.Attach) == 0 {
		return s, nil
	}
	content := note.Content{Authentic: []string{"en"}}
	if d.Content != nil {
		content = *d.Content
	}
	if content.Version = note.Version; content.Salt == "" {
		content.Salt = salt()
	}
	if content.Texts == nil {
		content.Texts = map[string]note.Wording{}
	}
	attached, err := c.attach(ctx, audience, d.Attach, &content)
	if err != nil {
		return nil, err
	}
	if plain, err = content.Encode(); err != nil {
		return nil, err
	}
	if d.Content != nil && d.Content.Salt != "" {
		s.unkept = append(s.unkept, note.Sum(plain)) // once it is sent it is the note's, to keep or to erase
	}
	if err := c.seal(s, note.PartContent, plain); err != nil {
		return nil, err
	}
	for _, a := range attached {
		s.header.Parts = append(s.header.Parts, a.part)
		s.parts = append(s.parts, a.row)
	}
	return s, nil
}

// salt returns the salt of a move or a content.
func salt() string {
	var b [note.SaltSize]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func (c *channel) exercise() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.docs.Exercise()
}

// audience works out who the note is for, and checks it against the charter
// and the matter.
func (c *channel) audience(d Draft) ([]string, error) {
	c.mu.Lock() // asking the register for a matter folds it
	defer c.mu.Unlock()
	audience := slices.Clone(d.Audience)
	if d.Matter != nil {
		m := c.reg.Matter(*d.Matter)
		if m == nil {
			return nil, &Refused{"there is no matter " + d.Matter.Short() + " on this channel", "see: detente register"}
		}
		if audience != nil && !slices.Equal(audience, m.Audience) {
			return nil, &Refused{fmt.Sprintf("the matter is open to %v, and later notes on it name exactly that audience", m.Audience), "leave the audience out"}
		}
		audience = m.Audience
	}
	if audience == nil {
		for _, m := range c.docs.Members() {
			if m.Role != "observer" && !c.docs.Left(m.Party) {
				audience = append(audience, m.Party)
			}
		}
	}
	slices.Sort(audience)
	audience = slices.Compact(audience)
	for _, p := range audience {
		if m, ok := c.docs.Member(p); !ok {
			return nil, &Refused{p + " is not a party of the channel", "see: detente charter show"}
		} else if m.Role == "observer" && m.Scope != "full" {
			return nil, &Refused{fmt.Sprintf("%s observes with scope %s, and is addressed nothing", p, m.Scope), "leave it out of the audience"}
		}
	}
	if !slices.Contains(audience, c.n.party) {
		return nil, &Refused{"the audience must hold the author, " + c.n.party, "add it"}
	}
	return audience, nil
}

// room is the back-pressure of the charter's quota. Tests and flash notes
// always pass.
func (c *channel) room(d Draft) error {
	if d.Precedence == "flash" || d.Act == matter.Test || d.Act == matter.Ack {
		return nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, h := c.own()
	quota := c.docs.Current().Charter.Quota
	for _, p := range c.docs.Principals() {
		if p == c.n.party || c.docs.Left(p) || quota.MaxPending == 0 {
			continue
		}
		if waiting := h.tree.Size() - min(h.receipts[p], h.tree.Size()); waiting >= quota.MaxPending {
			return &Refused{fmt.Sprintf("%d notes wait for the receipt of %s, as many as the charter lets wait", waiting, p), "flash notes and tests still pass; see: detente line"}
		}
		if bytes := h.bytesFrom(h.receipts[p]); quota.MaxBytes > 0 && bytes >= quota.MaxBytes {
			return &Refused{fmt.Sprintf("%d bytes of payloads wait for the receipt of %s, as many as the charter lets wait", bytes, p), "flash notes and tests still pass; see: detente line"}
		}
	}
	return nil
}

// seal adds a sealed part, and its plaintext boxed for this node.
func (c *channel) seal(s *submission, name string, plain []byte) error {
	recipients, err := c.recipients(s.header.Audience)
	if err != nil {
		return err
	}
	sealed, err := c.n.sealer.Seal(recipients, plain)
	if err != nil {
		return err
	}
	p := note.Part{Name: name, Plain: note.Sum(plain), Sealed: note.Sum(sealed), Size: uint64(len(sealed))}
	s.header.Parts = append(s.header.Parts, p)
	s.parts = append(s.parts, store.Part{Name: name, Digest: p.Sealed, Size: p.Size, State: store.Held, Sealed: sealed, Plain: c.n.box.Wrap(plain, p.Sealed[:])})
	return nil
}

func (c *channel) recipients(audience []string) ([]string, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make([]string, 0, len(audience))
	for _, p := range audience {
		k, err := c.docs.SealKey(p)
		if err != nil {
			return nil, &Refused{err.Error(), "ask " + p + " for its newest credence"}
		}
		out = append(out, k)
	}
	return out, nil
}
