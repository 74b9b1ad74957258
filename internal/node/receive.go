package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"detente/audit"
	"detente/charter"
	"detente/feed"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
	"detente/pouch"
	"detente/register"
)

// receive checks and stores what came. What is refused is in the report; an
// error means that this node could not store, and nothing was taken.
func (c *channel) receive(ctx context.Context, in *incoming) (Report, error) {
	c.receiving.Lock()
	defer c.receiving.Unlock()
	var rep Report
	rep.Docs = c.takeDocs(ctx, in.docs, &rep)
	for _, f := range in.forks {
		if origin, err := c.takeFork(ctx, f); err != nil {
			rep.refuse(err, false)
		} else if origin != "" {
			rep.Forks = append(rep.Forks, origin)
		}
	}
	t := &taking{c: c, in: in, rep: &rep, now: c.n.stamp()}
	if own := c.ownOrigin(); in.heads[own] != nil || in.leaves[own] != nil {
		c.sending.Lock() // it may recover this node's own tail
		defer c.sending.Unlock()
	}
	for _, origin := range slices.Sorted(maps.Keys(in.heads)) {
		if err := t.feed(ctx, origin); err != nil {
			return rep, err
		}
	}
	t.payloads()
	t.takeReceipts()
	if err := t.store(ctx); err != nil {
		return rep, err
	}
	t.remember(ctx)
	if err := c.owed(ctx); err != nil {
		return rep, err
	}
	if rep.news() {
		c.n.announceChange()
		c.wakeAck()
	}
	return rep, nil
}

func (c *channel) ownOrigin() string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.docs.Epoch(c.n.party)
}

// wakePeers has news pushed to every peer but one; to all where that is empty.
func (c *channel) wakePeers(but string) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, p := range c.peers {
		if p.party != but {
			p.wakeUp()
		}
	}
}

// taking is one pouch being taken: first everything is checked, then all of it
// is stored in one transaction, then remembered.
type taking struct {
	c   *channel
	in  *incoming
	rep *Report
	now time.Time

	batch    store.Batch
	entries  []journal.Entry
	verified []*audit.Verified
	notes    []register.Opened          // of the new leaves, in the order of verified
	wanted   map[note.Digest]wantedPart // payloads that can be taken now
	arrived  []register.Opened          // earlier notes whose move has come
	done     []note.Digest              // of c.missing
	lacking  []lacking
	receipts []heldReceipt
	unopened []note.Digest
}

type wantedPart struct {
	h    *note.Header
	part note.Part
}

type lacking struct {
	h    *note.Header
	name string
}

type heldReceipt struct {
	origin, party string
	size          uint64
	given         *pouch.Receipt // of this node's own
}

// feed checks the leaves of one feed. Several heads may have come; the
// greatest that the leaves reach is taken.
func (t *taking) feed(ctx context.Context, origin string) error {
	c := t.c
	c.mu.RLock()
	h := c.feeds[origin]
	if h == nil {
		h = newHeld()
	}
	held := audit.Held{Tree: h.tree, Signed: h.signed, Last: h.last, Hashes: c.n.store.HashReader(origin)}
	frozen, own := h.frozen != nil, c.n.ownLeaves(origin)
	c.mu.RUnlock()
	run := audit.Feed{}
	for _, l := range t.in.leaves[origin] {
		if end := run.Start + uint64(len(run.Leaves)); len(run.Leaves) == 0 {
			run.Start, run.Leaves = l.Start, l.Entries
		} else if l.Start == end {
			run.Leaves = append(run.Leaves, l.Entries...)
		}
	}
	for _, signed := range t.in.heads[origin] {
		run.Signed = signed
		take, look := run, false
		if frozen {
			extend, err := t.compareFrozen(ctx, origin, run)
			if err != nil {
				return err
			}
			if !extend { // nothing is taken, but a head may still contradict what is held
				take, look = audit.Feed{Signed: signed}, true
			}
		}
		c.mu.RLock()
		v, err := audit.AcceptFeed(c.docs, held, take)
		c.mu.RUnlock()
		if err == nil {
			err = passable(v)
		}
		if err == nil {
			err = c.overtaken(v)
		}
		var stale *feed.Stale
		var fork *feed.Fork
		switch {
		case errors.As(err, &stale):
			continue
		case look && !errors.As(err, &fork):
			continue
		case errors.As(err, &fork):
			text, err := fork.MarshalText()
			if err != nil {
				return err
			}
			if _, err := c.takeFork(ctx, text); err != nil {
				return err
			}
			t.rep.Forks = append(t.rep.Forks, origin)
			_, err = t.compareFrozen(ctx, origin, run)
			return err
		case err != nil:
			mismatch := new(feed.Mismatch)
			contradicts := errors.As(err, &mismatch)
			t.rep.refuse(err, t.by(origin) || !contradicts && !notYet(err))
			if contradicts {
				c.doubt(origin, true)
			}
			continue
		}
		if err := c.contradicts(v, own); err != nil {
			t.rep.Refused = append(t.rep.Refused, err)
			continue
		}
		c.doubt(origin, false)
		c.mu.Lock()
		err = c.mayGrow(origin, slices.ContainsFunc(v.Notes, isFlash))
		c.mu.Unlock()
		if err != nil && !own {
			t.rep.refuse(err, t.by(origin))
			return nil
		}
		t.accept(v, own)
		held = audit.Held{Tree: v.Tree, Signed: v.Signed, Hashes: held.Hashes, Last: lastOf(v.Notes, held.Last)}
	}
	return nil
}

// passable refuses leaves that this node could not pass on: those up to one
// checkpoint must fit a pouch, whoever it is sent to.
func passable(v *audit.Verified) error {
	size := 0
	for _, l := range v.Leaves {
		size += len(l)
	}
	if size > maxPouchLeaves {
		return &audit.Refused{What: "feed " + v.Head.Origin, Err: fmt.Errorf("%d leaves of %d bytes up to one checkpoint; a pouch takes %d bytes: send a checkpoint in between", len(v.Leaves), size, maxPouchLeaves)}
	}
	return nil
}

func isFlash(l audit.Leaf) bool { return l.Header != nil && l.Header.Precedence == "flash" }

// by reports whether a feed is that of the party who handed the pouch over.
func (t *taking) by(origin string) bool {
	return t.in.have != nil && note.ID{Origin: origin}.Party() == t.in.have.From
}

// notYet reports whether what is refused may be sound, and only waits for a
// text or for the closing of a feed to be known on both sides.
func notYet(err error) bool {
	var early *charter.Early
	var closed *audit.ClosedError
	return errors.As(err, &early) || errors.As(err, &closed)
}

func lastOf(notes []audit.Leaf, last *audit.Leaf) *audit.Leaf {
	for i := range slices.Backward(notes) {
		if notes[i].Header != nil {
			return &notes[i]
		}
	}
	return last
}

// accept lists a verified run for storing: its leaves, what payloads it
// expects, and the receipt for it.
func (t *taking) accept(v *audit.Verified, own bool) {
	c := t.c
	t.verified = append(t.verified, v)
	t.rep.Leaves += len(v.Leaves)
	t.batch.Feeds = append(t.batch.Feeds, store.Append{Origin: v.Head.Origin, Start: v.Start, Leaves: v.Leaves, Hashes: v.Hashes, Head: v.Head, Signed: v.Signed})
	if t.wanted == nil {
		t.wanted = map[note.Digest]wantedPart{}
	}
	for _, leaf := range v.Notes {
		if leaf.Header == nil || !leaf.Header.For(c.n.party) {
			continue
		}
		for _, p := range leaf.Header.Parts {
			// Two notes may name one payload, each in its own way: whoever wrote
			// the second must not spoil the first.
			if w, ok := t.wanted[p.Sealed]; !ok || isAttachment(w.part.Name) {
				t.wanted[p.Sealed] = wantedPart{leaf.Header, p}
			}
			state := store.Missing
			if isAttachment(p.Name) && c.n.hasFile(p) {
				state = store.InFile // the ledger is an old copy, the file is not
			}
			t.batch.Parts = append(t.batch.Parts, store.Part{ID: leaf.Header.ID(), Name: p.Name, Digest: p.Sealed, Size: p.Size, State: state})
		}
	}
	if c.n.journalLost() || c.n.broken() != nil {
		return
	}
	if own { // this node signed it itself, whether the journal knows or not
		if size, _, _ := c.n.Journal().Last(journal.Feed, v.Head.Origin); size < v.Head.Size {
			t.entries = append(t.entries, journal.Entry{Role: journal.Feed, Head: v.Head})
		}
		return
	}
	c.mu.RLock()
	role, name := c.mirrors()
	silent := c.why != "" // the receipts are given when everything is there: see owed
	c.mu.RUnlock()
	if size, _, ok := c.n.Journal().Last(role, v.Head.Origin); silent || ok && size > v.Head.Size {
		return
	}
	lines, err := c.n.mirrorKey(role).Cosign(name, v.Head, t.now)
	if err != nil {
		t.rep.refuse(err, false)
		return
	}
	t.batch.Cosigs = append(t.batch.Cosigs, store.Cosig{Origin: v.Head.Origin, Size: v.Head.Size, Name: name, Time: t.now, Lines: lines})
	t.entries = append(t.entries, journal.Entry{Role: role, Head: v.Head})
	if role == journal.Receipt {
		t.receipts = append(t.receipts, heldReceipt{v.Head.Origin, c.n.party, v.Head.Size, &pouch.Receipt{Name: name, Head: v.Head, Lines: lines}})
	}
}

// store writes everything in one transaction, then journals the receipts.
func (t *taking) store(ctx context.Context) error {
	b := t.batch
	if len(b.Feeds)+len(b.Parts)+len(b.Cosigs) == 0 {
		return nil
	}
	n := t.c.n
	n.at("received")
	if len(t.entries) > 0 {
		if err := n.Journal().Reserve(); err != nil {
			return err
		}
	}
	if err := n.commit(ctx, b); err != nil {
		return err
	}
	n.at("stored")
	if len(t.entries) > 0 {
		if err := n.record(t.entries...); err != nil {
			return err
		}
	}
	n.at("receipted")
	return nil
}

// remember brings the memory up to what was stored.
func (t *taking) remember(ctx context.Context) {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	i := 0
	for _, v := range t.verified {
		origin := v.Head.Origin
		h := c.feeds[origin]
		if h == nil {
			h = newHeld()
			c.feeds[origin] = h
		}
		h.tree, h.head, h.signed = v.Tree, v.Head, v.Signed
		c.grew(origin, len(v.Leaves))
		for j := range v.Notes {
			o := t.notes[i]
			i++
			if v.Notes[j].Header != nil {
				h.last = &v.Notes[j]
			}
			c.addressed += c.counts(v.Notes[j].Header)
			if c.n.ownLeaves(origin) {
				h.weigh(v.Notes[j].Header)
			}
			if !isAck(o) {
				h.lastNote = v.Start + uint64(j) + 1
			}
			c.reg.Add(c.placeholder(o, origin, v.Start+uint64(j)))
		}
	}
	for _, o := range t.arrived {
		c.reg.Replace(o)
	}
	for _, d := range t.done {
		delete(c.missing, d)
	}
	for _, l := range t.lacking {
		c.expect(l.h, l.name)
	}
	for _, r := range t.receipts {
		if h := c.feeds[r.origin]; h != nil {
			h.receipts[r.party] = max(h.receipts[r.party], r.size)
			if r.given != nil {
				h.given = r.given
			}
		}
	}
	if c.why != "" {
		c.why = c.behind()
	}
	for _, d := range t.unopened {
		c.unopened[d] = true
	}
	for _, v := range t.verified {
		for _, leaf := range v.Notes {
			if leaf.Header == nil {
				continue
			}
			if e := c.reg.Entry(leaf.Header.ID()); e != nil && e.Result == register.Kept {
				c.comparePicture(e, leaf.Header)
			}
		}
	}
	for _, v := range t.verified {
		if v.Back == nil {
			continue
		}
		if err := c.accuseBack(ctx, v); err != nil {
			c.n.log.Error("a feed whose seen goes back could not be frozen", "feed", v.Head.Origin, "err", err)
		}
	}
	if err := c.accuseAhead(ctx); err != nil {
		c.n.log.Error("a feed that claims to have seen what was not there could not be frozen", "err", err)
	}
}
