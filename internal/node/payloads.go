package node

import (
	"errors"
	"maps"
	"os"
	"slices"

	"detente/audit"
	"detente/internal/store"
	"detente/note"
	"detente/register"
)

// payloads checks and opens what came of the payloads that notes name, new
// notes and earlier ones.
func (t *taking) payloads() {
	c := t.c
	c.mu.RLock()
	late := map[note.Digest]wantedPart{}
	lateFor := map[note.Digest][]note.ID{}
	for d := range t.in.chunks {
		if m, ok := c.missing[d]; ok {
			late[d] = wantedPart{part: m.part}
			lateFor[d] = append([]note.ID{m.id}, m.also...)
		}
	}
	c.mu.RUnlock()
	for d, w := range late {
		if w.h = c.n.headerOf(lateFor[d][0]); w.h == nil {
			delete(late, d)
			continue
		}
		late[d] = w
	}
	at := map[note.Digest]int{}
	for i, p := range t.batch.Parts {
		at[p.Digest] = i
	}
	plains := map[note.Digest][]byte{}
	for _, d := range slices.SortedFunc(maps.Keys(t.in.chunks), func(a, b note.Digest) int { return slices.Compare(a[:], b[:]) }) {
		w, isNew := t.wanted[d]
		if !isNew {
			var ok bool
			if w, ok = late[d]; !ok {
				continue // nobody asked for it: another copy came first, or it is not for this node
			}
		}
		sealed := t.in.chunks[d]
		if note.Sum(sealed) != d {
			err := &audit.Refused{What: "payload " + d.String(), Err: errors.New("the bytes are not those that the header names")}
			t.rep.refuse(err, true)
			continue
		}
		row := store.Part{ID: w.h.ID(), Name: w.part.Name, Digest: d, Size: uint64(len(sealed)), State: store.Held, Sealed: sealed}
		if isAttachment(w.part.Name) {
			if err := c.n.keepFile(d, sealed); err != nil {
				t.rep.refuse(err, false)
				continue
			}
			row.State, row.Sealed = store.InFile, nil
		} else if boxed, plain, err := c.n.unseal(d, sealed); err == nil {
			row.Plain = boxed
			plains[d] = plain
		} else {
			t.unopened = append(t.unopened, d)
			c.n.log.Warn("a payload cannot be read", "note", w.h.ID().Short(), "part", w.part.Name, "err", err)
		}
		t.rep.Payloads++
		if i, ok := at[d]; ok {
			names := t.batch.Parts[i] // the last of the notes that name it
			row.ID, row.Name, row.Size = names.ID, names.Name, names.Size
			t.batch.Parts[i] = row
		} else {
			row.ID = note.ID{}
			t.batch.Parts = append(t.batch.Parts, row)
			t.done = append(t.done, d)
			for _, id := range lateFor[d] {
				if h := c.n.headerOf(id); h != nil && h.Parts[0].Sealed == d { // note.Parse: the move comes first
					t.arrived = append(t.arrived, c.openPlain(h, plains[d]))
				}
			}
		}
	}
	for _, v := range t.verified {
		for _, leaf := range v.Notes {
			if leaf.Header == nil {
				t.notes = append(t.notes, register.Opened{Trouble: register.Unreadable})
				continue
			}
			t.notes = append(t.notes, t.openNew(leaf.Header, plains, at))
		}
	}
}

func (t *taking) openNew(h *note.Header, plains map[note.Digest][]byte, at map[note.Digest]int) register.Opened {
	o := register.Opened{Header: h, Trouble: register.Sealed}
	if c, ok := h.Part(note.PartContent); ok {
		o.Content = c.Plain
	}
	if !h.For(t.c.n.party) {
		return o
	}
	missing := false
	for i, p := range h.Parts {
		if t.batch.Parts[at[p.Sealed]].State != store.Missing {
			continue
		}
		// It may have come with an earlier note.
		if row, err := t.c.n.store.Part(p.Sealed); err == nil && row.State != store.Missing {
			if row.State == store.InFile && !isAttachment(p.Name) {
				t.fromFile(p, plains, at)
			} else if plain, err := t.c.n.box.Unwrap(row.Plain, p.Sealed[:]); err == nil {
				plains[p.Sealed] = plain
			}
			continue
		}
		t.lacking = append(t.lacking, lacking{h, p.Name})
		missing = missing || i == 0
	}
	if missing {
		o.Trouble = register.Missing
		return o
	}
	return t.c.openPlain(h, plains[h.Parts[0].Sealed]) // note.Parse: the move comes first
}

// fromFile opens a move or a content that an earlier note has named as an
// attachment, and that is in a file since, and has it stored as what it is.
func (t *taking) fromFile(p note.Part, plains map[note.Digest][]byte, at map[note.Digest]int) {
	sealed, err := os.ReadFile(t.c.n.partPath(p.Sealed))
	if err != nil {
		t.c.n.log.Warn("a payload cannot be read", "payload", p.Sealed, "err", err)
		return
	}
	boxed, plain, err := t.c.n.unseal(p.Sealed, sealed)
	if err != nil {
		return // it folds as unreadable, everywhere alike
	}
	row := &t.batch.Parts[at[p.Sealed]]
	row.State, row.Sealed, row.Plain = store.Held, sealed, boxed
	plains[p.Sealed] = plain
}

// openPlain makes of a plaintext, nil where it could not be opened, what the
// register folds.
func (c *channel) openPlain(h *note.Header, plain []byte) register.Opened {
	o, err := audit.OpenMove(h, plain)
	if err != nil {
		c.n.log.Warn("a note cannot be read", "note", h.ID().Short(), "err", err)
	}
	return o
}

// headerOf returns the header of a note that is held, or nil.
func (n *Node) headerOf(id note.ID) *note.Header {
	leaf, err := n.store.Entry(id)
	if err != nil {
		return nil
	}
	h, err := note.Parse(leaf)
	if err != nil {
		return nil
	}
	return &h
}

// takeReceipts checks the receipts that others give.
func (t *taking) takeReceipts() {
	c := t.c
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, r := range t.in.receipts {
		party, kind, ok := cutName(r.Name)
		if !ok || party == c.n.party {
			continue
		}
		head := r.Head
		came := slices.ContainsFunc(t.verified, func(v *audit.Verified) bool { return v.Head == head })
		h := c.feeds[head.Origin]
		if h == nil && !came || h != nil && kind == "receipt" && h.receipts[party] >= head.Size {
			continue
		}
		if !came && head != h.head {
			row, err := c.n.store.HeadAt(head.Origin, head.Size)
			if err != nil || row.Head != head {
				continue // of a head that this node does not hold, or not yet: it comes again
			}
		}
		at, err := audit.AcceptReceipt(c.docs, party, kind == "witness", head, r.Lines)
		if err != nil {
			t.rep.refuse(err, !notYet(err))
			continue
		}
		t.batch.Cosigs = append(t.batch.Cosigs, store.Cosig{Origin: head.Origin, Size: head.Size, Name: r.Name, Time: at, Lines: r.Lines})
		t.rep.Receipts++
		if kind == "receipt" {
			t.receipts = append(t.receipts, heldReceipt{head.Origin, party, head.Size, nil})
		}
	}
}
