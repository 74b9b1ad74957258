package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/audit"
	"detente/internal/journal"
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
	Content    *note.Content // nil: none. The node fills in salt and version
	Attach     []string      // paths of files
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

// submission is a draft on its way through the group commit.
type submission struct {
	header note.Header // without index, seen and charter
	move   *note.Move
	parts  []store.Part
	ack    bool // an ack: its move is written when its place is known
	ticket Ticket
	err    error
	done   bool
}

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

func (c *channel) enqueue(s *submission) {
	c.queueMu.Lock()
	defer c.queueMu.Unlock()
	c.queue = append(c.queue, s)
}

// gather waits a moment for writers that are sealing now, so that they share
// the transaction, the checkpoint and the push. A lone writer waits for nobody.
func (c *channel) gather() {
	for waited := time.Duration(0); waited < gatherMax && c.preparing.Load() > 0; waited += gatherStep {
		time.Sleep(gatherStep)
	}
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
	if d.Content == nil && len(d.Attach) == 0 {
		return s, nil
	}
	content := note.Content{Authentic: []string{"en"}}
	if d.Content != nil {
		content = *d.Content
	}
	content.Salt, content.Version = salt(), note.Version
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
	if err := c.seal(s, note.PartContent, plain); err != nil {
		return nil, err
	}
	for _, a := range attached {
		s.header.Parts = append(s.header.Parts, a.part)
		s.parts = append(s.parts, a.row)
	}
	return s, nil
}

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

// submit is the group commit: whoever holds sending writes everything that
// waits; the others find theirs done. As others' notes are in it, it is not
// cut short where this writer gives up.
func (c *channel) submit(ctx context.Context, s *submission) (Ticket, error) {
	ctx = context.WithoutCancel(ctx)
	c.sending.Lock()
	defer c.sending.Unlock()
	for !s.done {
		c.gather()
		c.mu.RLock()
		feeds := len(c.feeds)
		c.mu.RUnlock()
		batch := c.take(feeds)
		err := c.write(ctx, batch)
		for _, b := range batch {
			b.err, b.done = err, true
		}
	}
	return s.ticket, s.err
}

// take returns what one transaction writes. An ack goes by itself: it speaks
// of everything before it. What a header has seen grows with the feeds.
func (c *channel) take(feeds int) []*submission {
	c.queueMu.Lock()
	defer c.queueMu.Unlock()
	n, size := 0, 0
	for n < len(c.queue) && n < maxBatch && size < maxBatchBytes {
		if c.queue[n].ack && n > 0 {
			break
		}
		size += 600 + 300*len(c.queue[n].header.Parts) + 180*feeds
		n++
		if c.queue[n-1].ack {
			break
		}
	}
	batch := slices.Clone(c.queue[:n])
	c.queue = slices.Delete(c.queue, 0, n)
	return batch
}

// write appends, signs, commits and journals a batch, in this order.
func (c *channel) write(ctx context.Context, batch []*submission) error {
	n := c.n
	if err := n.broken(); err != nil {
		return err
	}
	c.mu.RLock()
	why := c.why
	origin, h := c.own()
	tree, size := h.tree.Clone(), h.tree.Size()
	seen, charterDigest := c.seen(origin), c.docs.Current().Digest
	key := n.feedKey(c, origin)
	frozen := h.frozen != nil
	c.mu.RUnlock()
	switch {
	case why != "":
		return &Refused{why, ""}
	case origin == "":
		return &Refused{"this party has left the channel", ""}
	case frozen:
		return &Refused{"this node's own feed is frozen: " + h.why, "close it with the identity key: detente epoch close"}
	case key == nil:
		return &Refused{"the key that signs " + origin + " is not in this node's folder", "restore it, or close the feed with the identity key: detente epoch close"}
	}
	if err := n.Journal().Reserve(); err != nil {
		return err
	}
	now := n.stamp()
	add := store.Append{Origin: origin, Start: size}
	b := store.Batch{}
	notes := make([]audit.Leaf, len(batch))
	for i, s := range batch {
		if s.ack {
			if err := c.writeAck(s, size, seen); err != nil {
				return err
			}
		}
		s.header.Charter, s.header.Index, s.header.Origin, s.header.Seen, s.header.Time = charterDigest, size+uint64(i), origin, seen, now.Format(note.TimeLayout)
		leaf, err := s.header.Encode()
		if err != nil {
			return err
		}
		add.Leaves = append(add.Leaves, leaf)
		add.Hashes = append(add.Hashes, tree.Append(leaf)...)
		for _, p := range s.parts {
			p.ID = s.header.ID()
			b.Parts = append(b.Parts, p)
			if p.Sealed != nil {
				n.fresh.put(p.Digest, p.Sealed)
			}
		}
		notes[i] = audit.Leaf{Header: &s.header}
	}
	add.Head = note.Head{Origin: origin, Root: tree.Root(), Size: tree.Size()}
	var err error
	if add.Signed, err = key.SignHead(add.Head, now); err != nil {
		return err
	}
	n.at("signed")
	b.Feeds = []store.Append{add}
	if err := n.commit(ctx, b); err != nil {
		return err
	}
	n.at("committed")
	if err := n.Journal().Record(journal.Entry{Role: journal.Feed, Head: add.Head}); err != nil {
		return n.fail(err)
	}
	n.at("journaled")
	c.mu.Lock()
	if c.feeds[origin] == nil {
		c.feeds[origin] = h
	}
	h.tree, h.head, h.signed = tree, add.Head, add.Signed
	h.written.add(size, add.Leaves)
	for i, s := range batch {
		h.last = &notes[i]
		if !s.ack {
			h.lastNote = size + uint64(i) + 1
		}
		o, _ := opened(&s.header, s.move)
		c.reg.Add(o)
		s.ticket = Ticket{ID: s.header.ID(), Head: add.Head, Time: now, Parts: s.header.Parts}
	}
	for _, p := range c.peers {
		p.wakeUp()
	}
	if err := c.accuseAhead(ctx); err != nil {
		n.log.Error("a feed that claims to have seen what was not there could not be frozen", "err", err)
	}
	c.mu.Unlock()
	n.announceChange()
	return nil
}

// commit writes a batch. Of a full disk it is certain that nothing was
// written; of any other failure it is not, and then nothing more is signed
// until the ledger is opened anew and shows what it holds.
func (n *Node) commit(ctx context.Context, b store.Batch) error {
	err := n.store.Commit(ctx, b)
	if err == nil || errors.Is(err, store.ErrFull) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrClosed) {
		return err
	}
	return n.fail(err)
}
