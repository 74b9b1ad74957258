package audit

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
	"detente/register"
)

// rangeLength is how many leaves one job reads; rangesAhead how many jobs of
// one feed may be waiting to be put together.
const (
	rangeLength = 1024
	rangesAhead = 4
)

// A leafRange is what a job makes of a run of leaves.
type leafRange struct {
	from, to uint64
	leaves   []readLeaf  // by index - from
	stored   []tlog.Hash // StoredHashIndex(0, from) and on
	err      error
}

// readLeaf is one leaf read from its bytes.
type readLeaf struct {
	held   bool // there is a row
	hash   tlog.Hash
	leaf   Leaf
	opened register.Opened
	spoilt bool // what is at rest is damaged: do not compare pictures
}

// leaves verifies the leaves in order, and hands them to the fold.
func (f *feedCheck) leaves() {
	defer close(f.out)
	if f.keyErr != nil {
		return
	}
	var wait sync.WaitGroup
	ranges := make(chan chan *leafRange, rangesAhead)
	wait.Go(func() {
		defer close(ranges)
		for from := uint64(0); from < f.row.Size; from += rangeLength {
			result := make(chan *leafRange, 1)
			select {
			case ranges <- result:
			case <-f.ctx.Done():
				return
			}
			to := min(from+rangeLength, f.row.Size)
			f.do(&wait, func() { result <- f.read(from, to) })
		}
	})
	c := chain{f: f}
	for result := range ranges {
		select {
		case r := <-result:
			c.add(r)
		case <-f.ctx.Done():
		}
	}
	if f.ctx.Err() == nil {
		c.settle(nil)
	}
	wait.Wait()
}

// read reads leaves and payloads of one range.
func (f *feedCheck) read(from, to uint64) *leafRange {
	r := &leafRange{from: from, to: to, leaves: make([]readLeaf, to-from)}
	r.err = f.entries(r)
	if r.err == nil {
		first, end := tlog.StoredHashCount(int64(from)), tlog.StoredHashCount(int64(to))
		indexes := make([]int64, 0, end-first)
		for i := first; i < end; i++ {
			indexes = append(indexes, i)
		}
		r.stored, r.err = f.Store.HashReader(f.origin).ReadHashes(indexes)
	}
	if r.err == nil {
		r.doubt()
	}
	if r.err == nil {
		r.err = f.payloads(r)
	}
	return r
}

// doubt sets aside the leaves that do not hash to what is stored. What they
// seem to say is nobody's statement, and is not held against anyone.
func (r *leafRange) doubt() {
	at := 0
	for i := range r.leaves {
		if l := &r.leaves[i]; !l.held || l.hash != r.stored[at] {
			l.leaf, l.spoilt = Leaf{}, true
		}
		at += 1 + trailingOnes(r.from+uint64(i))
	}
}

// entries reads the leaves of a range. The page of EachEntry is longer than a
// range; it is only wanted where a leaf is missing.
func (f *feedCheck) entries(r *leafRange) error {
	take := func(index uint64, raw []byte) {
		l := &r.leaves[index-r.from]
		l.held, l.hash = true, tlog.RecordHash(raw)
		l.leaf = ReadLeaf(f.ch, note.ID{Origin: f.origin, Index: index}, raw)
	}
	all, err := f.Store.Leaves(f.origin, r.from, r.to, math.MaxInt)
	if err != nil {
		return err
	}
	if len(all) == len(r.leaves) {
		for i, raw := range all {
			take(r.from+uint64(i), raw)
		}
		return nil
	}
	done := errors.New("the range is read")
	err = f.Store.EachEntry(f.ctx, f.origin, r.from, func(index uint64, raw []byte) error {
		if index >= r.to {
			return done
		}
		take(index, raw)
		return nil
	})
	if err == done {
		return nil
	}
	return err
}

// chain puts the ranges of a feed together: the tree, and what must hold from
// one leaf to the next.
type chain struct {
	f      *feedCheck
	anchor int  // the next checkpoint to be held against the leaves
	good   edge // the tree at the last one
	from   uint64
	hashes []tlog.Hash // of the leaves since, from their bytes
	stored []tlog.Hash // since
	held   []bool

	last   *Leaf
	broken bool // a range could not be read
}

// add takes the next range.
func (c *chain) add(r *leafRange) {
	f := c.f
	if r.err != nil && !c.broken {
		f.failed(fmt.Sprintf("leaves %d to %d of %s", r.from, r.to-1, f.origin), fmt.Errorf("%w; nothing of the feed was checked from there on", r.err))
	}
	if c.broken = c.broken || r.err != nil; c.broken {
		return
	}
	next := 0
	for i := range r.leaves {
		index := r.from + uint64(i)
		n := 1 + trailingOnes(index)
		c.hashes = append(c.hashes, r.leaves[i].hash)
		c.held = append(c.held, r.leaves[i].held)
		c.stored = append(c.stored, r.stored[next:next+n]...)
		next += n
		for c.anchor < len(f.anchors) && f.anchors[c.anchor].Size <= index+1 {
			if f.anchors[c.anchor].Size == index+1 {
				root := f.anchors[c.anchor].Root
				c.settle(&root)
			}
			c.anchor++
		}
		c.leaf(index, &r.leaves[i])
	}
	f.progress(r.to - r.from)
}

func trailingOnes(n uint64) (ones int) {
	for ; n&1 == 1; n >>= 1 {
		ones++
	}
	return ones
}

// settle holds the leaves since the last checkpoint against root, which is nil
// where there is no further checkpoint, and says which leaf or which stored
// hash is the damaged one: a leaf whose bytes do not hash to what is stored is
// itself damaged if the stored hash leads to the signed root.
func (c *chain) settle(root *note.Digest) {
	if len(c.hashes) == 0 {
		return
	}
	f := c.f
	byBytes, computed := c.grow(func(i int) (tlog.Hash, bool) { return c.hashes[i], c.held[i] })
	if root == nil || byBytes.root() == *root {
		c.compare(computed, root)
		c.good = byBytes
	} else {
		c.blame(byBytes, *root)
	}
	for i, held := range c.held {
		if !held {
			f.find(fmt.Sprintf("leaf %d of %s", c.from+uint64(i), f.origin), "it is not there", recoverFeed)
		}
	}
	c.from += uint64(len(c.hashes))
	c.hashes, c.stored, c.held = c.hashes[:0], c.stored[:0], c.held[:0]
}

// blame names the leaves that do not lead to a signed root.
func (c *chain) blame(byBytes edge, root note.Digest) {
	f := c.f
	byStore, mended := c.grow(func(int) (tlog.Hash, bool) { return tlog.Hash{}, false })
	if byStore.root() != root {
		f.find(fmt.Sprintf("leaves %d to %d of %s", c.from, c.from+uint64(len(c.hashes))-1, f.origin),
			fmt.Sprintf("neither they nor the stored hashes lead to the root of the signed checkpoint at %d, %s", c.from+uint64(len(c.hashes)), root), recoverFeed)
		c.good = byBytes
		return
	}
	c.compare(mended, &root)
	c.good = byStore
	for i, h := range c.hashes {
		if at := c.at(i); c.held[i] && h != c.stored[at] {
			f.find(fmt.Sprintf("leaf %d of %s", c.from+uint64(i), f.origin),
				fmt.Sprintf("its bytes were changed: they hash to %x, and the signed checkpoint commits to %x", h[:], c.stored[at][:]), recoverFeed)
		}
	}
}

// at returns the place of the hash of leaf i among the stored ones.
func (c *chain) at(i int) int {
	return int(tlog.StoredHashCount(int64(c.from)+int64(i)) - tlog.StoredHashCount(int64(c.from)))
}

// grow appends to the tree at the last checkpoint. Where hash has none, the
// stored one stands in.
func (c *chain) grow(hash func(i int) (tlog.Hash, bool)) (edge, []tlog.Hash) {
	e := c.good.clone()
	out := make([]tlog.Hash, 0, len(c.stored))
	for i := range c.hashes {
		h, ok := hash(i)
		if !ok {
			h = c.stored[len(out)]
		}
		out = e.append(h, out)
	}
	return e, out
}

func (c *chain) compare(computed []tlog.Hash, root *note.Digest) {
	first := tlog.StoredHashCount(int64(c.from))
	for i, h := range computed {
		if h == c.stored[i] {
			continue
		}
		level, n := tlog.SplitStoredHashIndex(first + int64(i))
		where, do := fmt.Sprintf("stored hash %d of level %d of %s", n, level, c.f.origin), "the leaves are sound: put a backup in the place of the ledger and recover"
		if root == nil {
			where, do = fmt.Sprintf("leaf %d, or stored hash %d of level %d, of %s", c.from+uint64(i), n, level, c.f.origin), recoverFeed
		}
		c.f.find(where, fmt.Sprintf("the leaves give %x, stored is %x", h[:], c.stored[i][:]), do)
	}
}

// leaf checks what a leaf says about the leaves before it and about the other
// feeds, and hands it on.
func (c *chain) leaf(index uint64, l *readLeaf) {
	f := c.f
	if l.leaf.Header == nil {
		if !l.spoilt {
			f.count(func(r *Report) { r.Unreadable++ })
		}
		c.fold(folding{opened: Placeholder(f.ch, note.ID{Origin: f.origin, Index: index}), blind: l.spoilt, stands: true})
		return
	}
	h := l.leaf.Header
	stands := !f.proven[index]
	if c.last != nil && goesBack(c.last.Header, h) {
		stands = false
		f.wrong(index, "its seen goes back below that of "+c.last.Header.ID().Short()+": its author contradicts itself")
	}
	for i, s := range h.Seen {
		if c.last != nil && i < len(c.last.Header.Seen) && c.last.Header.Seen[i] == s {
			continue
		}
		peer := f.peers[s.Origin]
		if peer == nil {
			continue
		}
		if root, ok := peer.rootAt(s.Size); ok && root != s.Root && !peer.forked {
			f.find(fmt.Sprintf("leaf %d of %s", index, f.origin), fmt.Sprintf("it has seen %s at %d with the root %s; held is %s", s.Origin, s.Size, s.Root, root),
				"ask "+f.party+" for the checkpoint that it has seen: if it is signed, the feed is forked")
		}
	}
	if stands {
		c.receipts(index, h)
	}
	c.last = &l.leaf
	c.fold(folding{opened: Foldable(f.ch, l.opened, nil), spoilt: l.spoilt, stands: stands})
}

func (c *chain) fold(n folding) {
	select {
	case c.f.out <- n:
	case <-c.f.ctx.Done():
	}
}

// receipts: "nor below a receipt that its author signed".
func (c *chain) receipts(index uint64, h *note.Header) {
	f := c.f
	when := h.When()
	for _, peer := range f.peers {
		if peer == f {
			continue
		}
		list := peer.receipts[f.party]
		seen := h.SeenSize(peer.origin)
		i := sort.Search(len(list), func(i int) bool { return when.Before(list[i].time.Add(ReceiptSlack)) }) - 1
		for ; i >= 0 && list[i].most > seen; i-- {
			if list[i].size > seen && peer.stands(f.party, list[i].size) {
				f.wrong(index, fmt.Sprintf("it has seen %d leaves of %s, but its author gave a receipt for %d at %s", seen, peer.origin, list[i].size, list[i].time.Format(note.TimeLayout)))
				break
			}
		}
	}
}

// stands reports whether a stored receipt verifies: nobody is accused by one
// that was damaged.
func (f *feedCheck) stands(party string, size uint64) bool {
	list, err := f.Store.Cosigs(f.origin, size)
	if err != nil {
		return false
	}
	root, ok := f.rootAt(size)
	for _, s := range list {
		if ok && s.Name == party+"/receipt" {
			t, err := AcceptReceipt(f.ch, party, false, note.Head{Origin: f.origin, Root: root, Size: size}, s.Lines)
			return err == nil && t.Equal(s.Time)
		}
	}
	return false
}

// wrong says that a leaf is misconduct, unless the ledger holds the proof.
func (f *feedCheck) wrong(index uint64, what string) {
	if !f.proven[index] {
		f.find(fmt.Sprintf("leaf %d of %s", index, f.origin), what, "freeze the feed before it and pass on the proof")
	}
}
