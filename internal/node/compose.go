package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"detente/audit"
	"detente/charter"
	"detente/internal/store"
	"detente/note"
	"detente/pouch"
)

// What one pouch of the line carries at most.
const (
	maxPouch       = 12 << 20
	maxPouchLeaves = 2 << 20
	maxPouchParts  = 6 << 20
)

// A peer's budget is how many bytes of leaves and payloads go in one pouch: on
// a slow line less than a pouch may carry, so that an exchange ends in time.
// Leaves take a quarter of it, as they do of a full pouch.
const (
	maxBudget = maxPouchLeaves + maxPouchParts
	minBudget = 256 << 10
)

// sent is what a composed pouch carries; it counts as held by the peer until
// the exchange fails or the peer says otherwise.
type sent struct {
	feeds    map[string]uint64
	receipts map[string]uint64 // by signer's name and origin
	forks    map[string]bool
	docs     string
	news     bool // there is something that the peer lacks
	more     bool // there is more than fits
}

// compose writes the pouch for a peer: first what this node holds and wants,
// then documents and proofs of forks, leaves, payloads in the order of their
// precedence, receipts.
func (c *channel) compose(p *peer) ([]byte, *sent, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	b := &builder{c: c, p: p, budget: p.budget, sent: &sent{feeds: map[string]uint64{}, receipts: map[string]uint64{}, forks: map[string]bool{}}}
	b.w = pouch.NewWriter(&b.buf)
	have, err := pouch.EncodeHave(c.have(p.party))
	if err != nil {
		return nil, nil, err
	}
	b.put(have)
	if member, ok := c.docs.Member(p.party); ok {
		b.hashes = hashesOnly(member)
		b.documents()
		b.forks()
		if !b.hashes {
			b.feeds()
			b.payloads(p.wants)
		}
		b.receipts()
	}
	if b.err == nil {
		b.err = b.w.Close()
	}
	return b.buf.Bytes(), b.sent, b.err
}

type builder struct {
	c    *channel
	p    *peer
	buf  bytes.Buffer
	w    *pouch.Writer
	sent *sent
	err  error

	hashes    bool // the peer may read no header
	budget    int
	leafBytes int
	due       []due  // payloads of the leaves that go along
	chunk     []byte // the memory of the last record of a payload
}

// due is one payload to send.
type due struct {
	digest note.Digest
	rank   int
	size   int
}

func (b *builder) put(r pouch.Record) {
	if b.err == nil {
		b.err = b.w.Put(r)
	}
}

// hashesOnly reports whether a member is an observer who reads no headers: it
// gets checkpoints and tiles of hashes, from /log.
func hashesOnly(m charter.Member) bool { return m.Role == charter.Observer && m.Scope == "hashes" }

// mayRead reports whether the peer may have a proof: one of misconduct holds
// headers.
func (b *builder) mayRead(proof []byte) bool {
	return !b.hashes || !bytes.HasPrefix(proof, []byte(audit.MisconductType))
}

func (b *builder) documents() {
	mark := docsMark(b.c.docs)
	if b.p.have == nil || b.p.have.Nonce == mark || b.p.sent.docs == mark {
		return
	}
	for _, d := range b.c.docs.Documents() {
		b.put(pouch.Record{Type: pouch.TypeDoc, Body: d.Signed})
	}
	b.sent.docs, b.sent.news = mark, true
}

func (b *builder) forks() {
	for _, h := range b.c.feeds {
		for _, f := range h.faults {
			if !b.p.sent.forks[string(f.text)] && !b.sent.forks[string(f.text)] && b.mayRead(f.text) {
				b.put(pouch.Record{Type: pouch.TypeFork, Body: f.text})
				b.sent.forks[string(f.text)], b.sent.news = true, true
			}
		}
	}
}

// feeds sends of every feed what the peer does not hold. Of its own feed it
// lacks something only after a restore.
func (b *builder) feeds() {
	if b.p.have == nil {
		return // it has not said yet what it holds
	}
	theirs := map[string]pouch.FeedHave{}
	for _, f := range b.p.have.Feeds {
		theirs[f.Origin] = f
	}
	for _, origin := range b.c.origins() {
		h := b.c.feeds[origin]
		f := theirs[origin]
		// Heads that contradict each other are a proof, and whoever holds more
		// of the feed can make it from the other's head alone.
		if h.signed != nil && !h.forked() && (h.doubt || f.Size == h.head.Size && f.Root != h.head.Root) {
			b.put(pouch.Record{Type: pouch.TypeHead, Body: h.signed})
		}
		from := f.Size
		if h.frozen == nil && b.p.sent.feeds[origin] > from {
			from = b.p.sent.feeds[origin] // on its way already
		}
		if to := b.c.offers(origin, h, from); from < to && b.err == nil {
			b.feed(origin, h, from, to)
		}
	}
}

func (b *builder) feed(origin string, h *held, from, to uint64) {
	s := b.c.n.store
	room := b.budget/4 - b.leafBytes
	if room <= 0 {
		b.sent.more = true
		return
	}
	var err error
	leaves, ok := h.written.run(from, to, room)
	if !ok {
		if leaves, err = s.Leaves(origin, from, to, room); err != nil {
			b.err = err
			return
		}
	}
	head := store.HeadRow{Head: h.head, Signed: h.signed}
	if end := from + uint64(len(leaves)); end < h.tree.Size() {
		// Not all fit: the greatest checkpoint that they reach. One transaction
		// writes no more leaves than fit a pouch, so there is one.
		b.sent.more = end < to
		if head, err = b.c.headWithin(origin, from, end); err != nil {
			b.err = err
			return
		}
		if head.Signed == nil && b.leafBytes > 0 {
			b.sent.more = true // in a pouch of its own
			return
		}
		if head.Signed == nil { // not even one checkpoint: the next goes, whatever the budget
			if head, err = b.c.headAfter(origin, from); err == nil && head.Signed != nil {
				leaves, err = s.Leaves(origin, from, head.Head.Size, maxPouchLeaves)
			}
			if err != nil {
				b.err = err
				return
			}
			if head.Signed == nil || head.Head.Size > to || from+uint64(len(leaves)) < head.Head.Size {
				return
			}
		}
		leaves = leaves[:head.Head.Size-from]
	}
	b.put(pouch.Record{Type: pouch.TypeHead, Body: head.Signed})
	records, err := pouch.EncodeLeaves(pouch.Leaves{Origin: origin, Start: from, Entries: leaves})
	if err != nil {
		b.err = err
		return
	}
	for _, r := range records {
		b.put(r)
	}
	for _, leaf := range leaves {
		b.leafBytes += len(leaf)
		b.payloadsOf(leaf)
	}
	b.sent.feeds[origin] = head.Head.Size
	b.sent.news = true
}

// headWithin returns the greatest checkpoint beyond from that the leaves up to
// end reach.
func (c *channel) headWithin(origin string, from, end uint64) (head store.HeadRow, err error) {
	errEnd := errors.New("end")
	err = c.n.store.EachHead(context.Background(), origin, from+1, func(row store.HeadRow) error {
		if row.Head.Size > end {
			return errEnd
		}
		head = row
		return nil
	})
	if errors.Is(err, errEnd) {
		err = nil
	}
	return head, err
}

// headAfter returns the least checkpoint beyond from.
func (c *channel) headAfter(origin string, from uint64) (head store.HeadRow, err error) {
	errEnd := errors.New("end")
	err = c.n.store.EachHead(context.Background(), origin, from+1, func(row store.HeadRow) error {
		head = row
		return errEnd
	})
	if errors.Is(err, errEnd) {
		err = nil
	}
	return head, err
}

// payloadsOf lists the payloads of a leaf that are for the peer.
func (b *builder) payloadsOf(leaf []byte) {
	h, err := note.Parse(leaf)
	if err != nil || !h.For(b.p.party) {
		return
	}
	for _, p := range h.Parts {
		if !isAttachment(p.Name) {
			b.due = append(b.due, due{p.Sealed, slices.Index(note.Precedences, h.Precedence), int(p.Size)})
		}
	}
}

// payloads sends those of the leaves that go along, and those that the peer
// asked for, the most urgent first: "a flash note's header and payload go
// ahead of older payloads".
func (b *builder) payloads(wants []note.Digest) {
	slices.SortStableFunc(b.due, func(x, y due) int {
		if x.rank != y.rank {
			return x.rank - y.rank
		}
		return 0
	})
	room := 8 << 10 // for the receipts and the end
	for _, d := range b.due {
		room += d.size + 64
	}
	b.buf.Grow(min(room, b.budget)) // in steps it would all be copied several times
	size := 0
	// put sends one payload. That it is for the peer is known of the leaves
	// that go along, and looked up for what the peer asks for.
	put := func(d note.Digest, asked bool) bool {
		if size >= b.budget-b.budget/4 || b.err != nil {
			b.sent.more = true
			return false
		}
		sealed, ok := b.c.n.fresh.get(d)
		if asked || !ok {
			p, err := b.c.n.store.Part(d)
			if err != nil || p.State != store.Held || (asked && !b.c.n.addressed(p, b.p.party)) {
				return true // erased, or not here: someone else may have it
			}
			sealed = p.Sealed
		}
		size += len(sealed)
		b.chunks(d, sealed)
		b.sent.news = true
		return true
	}
	// What was asked for and is more urgent than what goes along comes first
	// in the peer's own list; a note that is on its way needs no asking.
	flash := slices.IndexFunc(b.due, func(d due) bool { return d.rank > 0 })
	if flash < 0 {
		flash = len(b.due)
	}
	for _, d := range b.due[:flash] {
		put(d.digest, false)
	}
	for _, d := range wants {
		if !put(d, true) {
			break
		}
	}
	for _, d := range b.due[flash:] {
		if !put(d.digest, false) {
			break
		}
	}
}

func (b *builder) chunks(d note.Digest, sealed []byte) {
	for at := 0; at < len(sealed) && b.err == nil; at += pouch.MaxChunk {
		r, err := pouch.EncodeChunk(b.chunk, pouch.Chunk{Sealed: d, Offset: uint64(at), Total: uint64(len(sealed)), Data: sealed[at:min(at+pouch.MaxChunk, len(sealed))]})
		if err != nil {
			b.err = err
			return
		}
		b.put(r)
		b.chunk = r.Body
	}
}

// receipts sends this node's own receipts that the peer does not have yet, and
// passes on those of others once.
func (b *builder) receipts() {
	known := map[string]uint64{}
	if b.p.have != nil {
		for _, f := range b.p.have.Feeds {
			known[f.Origin] = f.Receipted
		}
	}
	for _, origin := range b.c.origins() {
		h := b.c.feeds[origin]
		for _, party := range slices.Sorted(maps.Keys(h.receipts)) {
			name := party + "/receipt"
			switch {
			case party == b.p.party:
				continue
			case party == b.c.n.party && h.receipts[party] <= known[origin]:
				continue
			case party != b.c.n.party && h.receipts[party] <= b.p.sent.receipts[name+" "+origin]:
				continue
			}
			rec, err := b.c.receipt(h, name, h.receipts[party])
			if err != nil {
				b.err = err
				return
			}
			b.put(rec)
			if party != b.c.n.party {
				b.sent.receipts[name+" "+origin] = h.receipts[party]
			}
			b.sent.news = true
		}
	}
}

// receipt returns the receipt of that size: not the newest in the ledger, which
// may not be in the journal yet.
func (c *channel) receipt(h *held, name string, size uint64) (pouch.Record, error) {
	if g := h.given; g != nil && g.Name == name && g.Head.Size == size {
		return pouch.EncodeReceipt(*g)
	}
	origin := h.head.Origin
	cosigs, err := c.n.store.Cosigs(origin, size)
	if err != nil {
		return pouch.Record{}, err
	}
	row, err := c.n.store.HeadAt(origin, size)
	if err != nil {
		return pouch.Record{}, err
	}
	for _, s := range cosigs {
		if s.Name == name {
			return pouch.EncodeReceipt(pouch.Receipt{Name: name, Head: row.Head, Lines: s.Lines})
		}
	}
	return pouch.Record{}, fmt.Errorf("the receipt %s on %s at %d is not in the ledger; run: detente verify", name, origin, size)
}

// cutName takes "PAK/receipt" apart.
func cutName(name string) (party, kind string, ok bool) {
	party, kind, ok = strings.Cut(name, "/")
	return party, kind, ok && (kind == "receipt" || kind == "witness") && note.CheckParty(party) == nil
}
