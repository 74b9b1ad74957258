package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"detente/internal/store"
	"detente/note"
	"detente/pouch"
)

// maxCourier bounds a pouch that comes as a file.
const maxCourier = 16 << 30

// A pouch from a courier is taken in pieces of about this size, each durable
// before the next is read: a file that is cut off loses only its end.
const courierPiece = 4 << 20

// PackPouch writes everything that a party may hold and is not known to hold:
// for a courier. It says what this node holds, too, so that the answer can be
// short. Nothing counts as delivered by it; the same notes go again until the
// other side's word has come back, over the line or in a pouch of its own.
func (n *Node) PackPouch(ctx context.Context, id note.Digest, to string, w io.Writer) (Report, error) {
	var rep Report
	c, err := n.channel(id)
	if err != nil {
		return rep, err
	}
	buf := bufio.NewWriter(w)
	pw := pouch.NewWriter(buf)
	pack := &packer{c: c, to: to, w: pw, rep: &rep}
	if err := pack.look(); err != nil {
		return rep, err
	}
	if err := pack.all(ctx); err != nil {
		return rep, err
	}
	return rep, errors.Join(pw.Close(), buf.Flush())
}

// A packer writes what it has seen in memory at one moment: the ledger below
// those heads does not change, and a slow reader of the pouch holds up nobody.
type packer struct {
	c   *channel
	to  string
	w   *pouch.Writer
	rep *Report

	have     pouch.Have
	docs     [][]byte
	wants    []note.Digest
	feeds    []packedFeed
	receipts []packedReceipt
}

type packedFeed struct {
	origin   string
	from, to uint64
	proofs   [][]byte
}

type packedReceipt struct {
	of   *held
	name string
	size uint64
}

// look notes what there is to be written.
func (k *packer) look() error {
	c := k.c
	c.mu.RLock()
	defer c.mu.RUnlock()
	p := c.peers[k.to]
	if p == nil {
		return &Refused{k.to + " is not another party of the channel", "see: detente charter show"}
	}
	k.have, k.wants = c.have(k.to), slices.Clone(p.wants)
	for _, d := range c.docs.Documents() {
		k.docs = append(k.docs, d.Signed)
	}
	member, ok := c.docs.Member(k.to)
	hashes := ok && hashesOnly(member) // it may read no header
	theirs := map[string]uint64{}
	if p.have != nil {
		for _, f := range p.have.Feeds {
			theirs[f.Origin] = f.Size
		}
	}
	for _, origin := range c.origins() {
		h := c.feeds[origin]
		for _, party := range slices.Sorted(maps.Keys(h.receipts)) {
			if size := h.receipts[party]; party != k.to && size > 0 {
				of := &held{head: note.Head{Origin: origin}, given: h.given}
				k.receipts = append(k.receipts, packedReceipt{of, party + "/receipt", size})
			}
		}
		if hashes {
			continue
		}
		f := packedFeed{origin: origin, from: theirs[origin], to: c.offers(origin, h, theirs[origin])}
		for _, proof := range h.faults {
			f.proofs = append(f.proofs, proof.text)
		}
		k.feeds = append(k.feeds, f)
	}
	return nil
}

func (k *packer) all(ctx context.Context) error {
	have, err := pouch.EncodeHave(k.have)
	if err != nil {
		return err
	}
	if err := k.w.Put(have); err != nil {
		return err
	}
	for _, d := range k.docs {
		if err := k.w.Put(pouch.Record{Type: pouch.TypeDoc, Body: d}); err != nil {
			return err
		}
		k.rep.Docs++
	}
	for _, f := range k.feeds {
		for _, proof := range f.proofs {
			if err := k.w.Put(pouch.Record{Type: pouch.TypeFork, Body: proof}); err != nil {
				return err
			}
		}
		if err := k.feed(ctx, f.origin, f.from, f.to); err != nil {
			return err
		}
	}
	for _, r := range k.receipts {
		rec, err := k.c.receipt(r.of, r.name, r.size)
		if err != nil {
			return err
		}
		if err := k.w.Put(rec); err != nil {
			return err
		}
		k.rep.Receipts++
	}
	return nil
}

// feed writes a feed in runs that end at a checkpoint, each with its payloads.
func (k *packer) feed(ctx context.Context, origin string, from, to uint64) error {
	s := k.c.n.store
	// What the peer holds it may hold without its payloads.
	for _, d := range k.wants {
		if err := k.part(d, origin); err != nil {
			return err
		}
	}
	for from < to {
		// The next run: as many heads as fit, of which only the last travels.
		leaves, err := s.Leaves(origin, from, to, maxPouchLeaves)
		if err != nil {
			return err
		}
		head, err := k.c.headWithin(origin, from, from+uint64(len(leaves)))
		if err != nil || head.Signed == nil {
			return err
		}
		leaves = leaves[:head.Head.Size-from]
		if err := k.w.Put(pouch.Record{Type: pouch.TypeHead, Body: head.Signed}); err != nil {
			return err
		}
		records, err := pouch.EncodeLeaves(pouch.Leaves{Origin: origin, Start: from, Entries: leaves})
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := k.w.Put(r); err != nil {
				return err
			}
		}
		k.rep.Leaves += len(leaves)
		for _, leaf := range leaves {
			hd, err := note.Parse(leaf)
			if err != nil || !hd.For(k.to) {
				continue
			}
			for _, p := range hd.Parts {
				if err := k.part(p.Sealed, origin); err != nil {
					return err
				}
			}
		}
		from = head.Head.Size
	}
	return nil
}

// part writes one payload of the feed, if this node holds it and it is for
// the peer.
func (k *packer) part(d note.Digest, origin string) error {
	p, err := k.c.n.store.Part(d)
	if errors.Is(err, store.ErrNotFound) || (err == nil && (p.ID.Origin != origin || !k.c.n.addressed(p, k.to))) {
		return nil
	}
	if err != nil {
		return err
	}
	sealed := p.Sealed
	switch p.State {
	case store.Held:
	case store.InFile:
		if sealed, err = os.ReadFile(k.c.n.partPath(d)); err != nil {
			return err
		}
	default:
		return nil
	}
	for at := 0; at < len(sealed); at += pouch.MaxChunk {
		r, err := pouch.EncodeChunk(nil, pouch.Chunk{Sealed: d, Offset: uint64(at), Total: uint64(len(sealed)), Data: sealed[at:min(at+pouch.MaxChunk, len(sealed))]})
		if err != nil {
			return err
		}
		if err := k.w.Put(r); err != nil {
			return err
		}
	}
	k.rep.Payloads++
	return nil
}

// ApplyPouch takes a pouch that a courier brought. It may come late, twice or
// in any order; what is held already is passed over. Where the pouch turns out
// damaged, what came before the damage and was whole is kept.
func (n *Node) ApplyPouch(ctx context.Context, r io.Reader) (Report, error) {
	var total Report
	pr := pouch.NewReader(bufio.NewReader(r), maxCourier)
	in := newIncoming()
	var have *pouch.Have
	flush := func() error {
		if have == nil {
			return errors.New("the pouch does not begin with whose it is; nothing was taken")
		}
		c, err := n.channel(have.Channel)
		if err != nil {
			return err
		}
		rest, next := in.partial, in.next
		rep, err := c.receive(ctx, in)
		if rep.news() {
			c.wakePeers("")
		}
		in = newIncoming()
		in.partial, in.next, in.have = rest, next, have
		total.Leaves += rep.Leaves
		total.Payloads += rep.Payloads
		total.Receipts += rep.Receipts
		total.Docs += rep.Docs
		total.Refused = append(total.Refused, rep.Refused...)
		total.Forks = append(total.Forks, rep.Forks...)
		return err
	}
	for {
		rec, err := pr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && in.size > courierPiece && rec.Type != pouch.TypeLeaves {
			err = flush()
		}
		if err == nil {
			err = in.add(rec)
		}
		if err == nil && have == nil {
			have = in.have
		}
		if err != nil {
			return total, fmt.Errorf("the pouch is damaged after %d records: %w; %d notes before the damage were kept: ask for the pouch again", pr.Records(), err, total.Leaves)
		}
	}
	if err := flush(); err != nil {
		return total, err
	}
	c, err := n.channel(have.Channel)
	if err != nil {
		return total, err
	}
	c.mu.Lock()
	if p := c.peers[have.From]; p != nil {
		// An older word than the last is that of a courier who came late, or of a
		// node whose ledger was restored. Only too much can come of believing it.
		p.said(have)
	}
	c.mu.Unlock()
	if len(in.partial) > 0 {
		return total, fmt.Errorf("the pouch ends in the middle of payload %s; the rest was kept", in.next.Sealed)
	}
	return total, c.ackIfDue(ctx)
}
