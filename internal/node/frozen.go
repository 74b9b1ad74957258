package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"detente/audit"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// A feed is frozen by a proof that its author broke the rules of the log, or
// by a closing. Only its first leaves stand then: the tail is kept and shown,
// and not folded; the rest of the channel goes on.
//
// Every node MUST come to freeze at one place, whichever proofs reach it and
// in whatever order. Misconduct says the place. A fork does not: its proof
// says only that the two histories part below the smaller of its heads. So the
// feed stands up to one leaf below that head at first; then each node holds
// its own history against that of every other party. Who finds where two part
// proves it to everyone, with a feed.Parting: also to those who never meet
// who holds the other history.

// maxProofs is how many proofs against one feed are passed on before those go
// that say no more than another.
const maxProofs = 16

// A fault is what one proof says against a feed.
type fault struct {
	text    []byte
	stands  uint64 // no more than so many leaves stand
	why     string
	fork    bool
	witness string // the feed whose leaf the proof rests on; it counts while that is not forked
}

// takeFork checks a proof that a feed forked, or of misconduct, stores it, and
// freezes the feed. It returns the origin where the proof is new and says more
// than those before it.
func (c *channel) takeFork(ctx context.Context, text []byte) (string, error) {
	if bytes.HasPrefix(text, []byte(audit.MisconductType)) {
		return c.takeMisconduct(ctx, text)
	}
	origin, f, verify, err := readFork(text)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key, err := c.docs.FeedKey(origin)
	if err != nil {
		return "", fmt.Errorf("a proof of a fork: %w", err)
	}
	h := c.feeds[origin]
	// Of a closed feed the closing says how much stands. But an accusation may
	// rest on it, and the first proof of its fork lets that go.
	if _, closed := c.docs.Closed(origin); h != nil && h.forked() && (closed || f.stands >= *h.frozen) {
		return "", nil
	}
	if _, _, err := verify(key); err != nil {
		return "", err
	}
	return c.freeze(ctx, origin, f)
}

// readFork reads a proof that a feed forked, or of where its histories part.
// It has to be verified with the feed's key yet.
func readFork(text []byte) (origin string, f fault, verify func(feed.Public) (a, b note.Head, err error), err error) {
	f = fault{text: text, fork: true}
	if bytes.HasPrefix(text, []byte(feed.PartingType)) {
		p, err := feed.ParseParting(text)
		if err != nil {
			return "", f, nil, err
		}
		a, err := feed.ParseHead(p.A)
		f.stands, f.why = p.At, p.Error()
		return a.Origin, f, p.Verify, err
	}
	fork, err := feed.ParseFork(text)
	if err != nil {
		return "", f, nil, err
	}
	a, err := feed.ParseHead(fork.A)
	if err == nil && a.Size == 0 {
		err = errors.New("not a proof of a fork: the empty tree has one root")
	}
	f.stands, f.why = a.Size-1, fork.Error()
	return a.Origin, f, fork.Verify, err
}

func (h *held) forked() bool {
	return slices.ContainsFunc(h.faults, func(f fault) bool { return f.fork })
}

// rests reports whether a proof counts for nothing, because the feed that it
// rests on is forked.
func (c *channel) rests(f fault) bool {
	w := c.feeds[f.witness]
	return w != nil && w.forked()
}

// outweighs reports whether f says all that o says, whatever comes to rest.
func (f fault) outweighs(o fault) bool {
	return f.stands <= o.stands && (f.fork || !o.fork) && (f.witness == "" || f.witness == o.witness)
}

// keep adds a proof to those against the feed.
func (h *held) keep(f fault) {
	if len(h.faults) >= maxProofs {
		h.faults = slices.DeleteFunc(h.faults, f.outweighs)
	}
	if len(h.faults) >= maxProofs && slices.ContainsFunc(h.faults, func(o fault) bool { return o.outweighs(f) }) {
		return
	}
	h.faults = append(h.faults, f)
}

// freeze takes a proof, keeps it for everyone, and lets no more of the feed
// stand than it says. It returns the origin, or "" where the proof is known or
// counts for nothing: such a one is not passed on, or two nodes would hand it
// to each other for ever. The caller holds mu.
func (c *channel) freeze(ctx context.Context, origin string, f fault) (string, error) {
	h := c.feeds[origin]
	if c.rests(f) || h != nil && slices.ContainsFunc(h.faults, func(o fault) bool { return bytes.Equal(o.text, f.text) }) {
		return "", nil
	}
	if h == nil {
		h = newHeld()
		h.head.Origin = origin
		c.feeds[origin] = h
	}
	if err := c.n.store.Commit(ctx, store.Batch{Forks: []store.ForkRow{{Origin: origin, Bytes: f.text}}}); err != nil {
		return "", err
	}
	c.n.log.Error("there is a proof against a feed", "feed", origin, "stands", f.stands, "why", f.why)
	h.keep(f)
	h.doubt = false
	for _, p := range c.peers {
		p.wakeUp()
	}
	return origin, c.refreeze(ctx)
}

// refreeze works out anew how much of every feed stands, and folds again where
// that has changed.
func (c *channel) refreeze(ctx context.Context) error {
	changed := false
	for origin, h := range c.feeds {
		was := h.frozen
		c.setFrozen(origin, h)
		changed = changed || (was == nil) != (h.frozen == nil) || was != nil && *was != *h.frozen
	}
	if !changed {
		return nil
	}
	c.n.announceChange()
	return c.rebuild(ctx)
}

func (c *channel) setFrozen(origin string, h *held) {
	h.frozen, h.why = nil, ""
	if keeps, closed := c.docs.Closed(origin); closed {
		if keeps.Size < h.tree.Size() || len(h.faults) > 0 {
			h.frozen, h.why = &keeps.Size, whyClosed
		}
		return
	}
	stands := uint64(math.MaxUint64)
	for _, f := range h.faults {
		if c.rests(f) {
			continue
		}
		stands = min(stands, f.stands)
		if h.why == "" || f.fork {
			h.why = f.why
		}
	}
	if stands != math.MaxUint64 {
		h.frozen = &stands
	}
}

// A comparison is how far the history that a party holds of a forked feed was
// held against this node's.
type comparison struct {
	agreed uint64 // the first leaves are the same
	parted bool   // and the next is not, or this node's history ends there
}

// with returns the comparison with what a party holds.
func (h *held) with(party string) *comparison {
	if h.compared == nil {
		h.compared = map[string]*comparison{}
	}
	if h.compared[party] == nil {
		h.compared[party] = &comparison{}
	}
	return h.compared[party]
}

// asks reports from which leaf on a party is asked for its history of a forked
// feed.
func (c *channel) asks(origin string, h *held, party string) (from uint64, yes bool) {
	if _, closed := c.docs.Closed(origin); closed || !h.forked() {
		return 0, false
	}
	if with := h.compared[party]; with != nil {
		return with.agreed, !with.parted
	}
	return 0, true
}

// compareFrozen holds the history that a party has of a forked feed, as far
// as it came, against this node's, and lowers the freeze to where they part.
// It reports whether the leaves go on where this node's history ends and are
// wanted, to see which of the histories it is.
func (t *taking) compareFrozen(ctx context.Context, origin string, run audit.Feed) (extend bool, err error) {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.feeds[origin]
	if h == nil || h.frozen == nil || len(run.Leaves) == 0 {
		return false, nil
	}
	if _, closed := c.docs.Closed(origin); closed || !h.forked() {
		return h.tree.Size() < *h.frozen, nil // there is one history, and some of what stands has not come
	}
	if t.in.have == nil {
		return false, nil
	}
	with := h.with(t.in.have.From)
	if with.parted || run.Start > with.agreed {
		return false, nil
	}
	theirs, stored, err := c.branch(origin, run)
	if err != nil {
		t.rep.refuse(err, true)
		return false, nil
	}
	mine, err := c.n.store.Leaves(origin, run.Start, run.Start+uint64(len(theirs)), 1<<30)
	if err != nil {
		return false, err
	}
	same := 0
	for same < len(mine) && same < len(theirs) && bytes.Equal(mine[same], theirs[same]) {
		same++
	}
	if agreed := run.Start + uint64(same); agreed > with.agreed {
		with.agreed, t.rep.more = agreed, true
	}
	switch {
	case same == len(theirs):
		return false, nil // so far they are one
	case same == len(mine):
		with.parted = h.tree.Size() > *h.frozen
		return !with.parted, nil
	}
	with.parted = true
	at := run.Start + uint64(same)
	if at >= *h.frozen {
		return false, nil
	}
	// Others may hold the same history as this node, and never meet who holds
	// the other: so what is found here is proven to them.
	key, err := c.docs.FeedKey(origin)
	if err != nil {
		return false, err
	}
	parting, err := feed.ProveParting(h.signed, run.Signed, at, c.n.store.HashReader(origin), stored, key)
	if err != nil {
		return false, err
	}
	text, err := parting.MarshalText()
	if err != nil {
		return false, err
	}
	t.rep.Forks = append(t.rep.Forks, origin)
	_, err = c.freeze(ctx, origin, fault{text: text, stands: at, why: parting.Error(), fork: true})
	return false, err
}

// branchHashes are the stored hashes of another history than the one held:
// up to from they are the same.
type branchHashes struct {
	common tlog.HashReader
	from   int64
	own    []tlog.Hash
}

func (b branchHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		switch {
		case index < b.from:
			h, err := b.common.ReadHashes([]int64{index})
			if err != nil {
				return nil, err
			}
			out[i] = h[0]
		case index-b.from < int64(len(b.own)):
			out[i] = b.own[index-b.from]
		default:
			return nil, fmt.Errorf("the other history does not reach hash %d", index)
		}
	}
	return out, nil
}

// branch checks that the leaves, after those that both histories have in
// common, are those of a head that the author signed: nobody moves a freeze
// with leaves of its own making.
func (c *channel) branch(origin string, run audit.Feed) ([][]byte, branchHashes, error) {
	stored := branchHashes{common: c.n.store.HashReader(origin), from: tlog.StoredHashIndex(0, int64(run.Start))}
	key, err := c.docs.FeedKey(origin)
	if err != nil {
		return nil, stored, err
	}
	head, err := feed.OpenHead(run.Signed, key)
	if err != nil {
		return nil, stored, err
	}
	if head.Size < run.Start || head.Size-run.Start > uint64(len(run.Leaves)) {
		return nil, stored, fmt.Errorf("%d leaves of the other history of %s came from %d on; its checkpoint is at %d", len(run.Leaves), origin, run.Start, head.Size)
	}
	tree, err := feed.NewTree(run.Start, c.n.store.HashReader(origin).ReadHashes)
	if err != nil {
		return nil, stored, err
	}
	leaves := run.Leaves[:head.Size-run.Start]
	for _, l := range leaves {
		stored.own = append(stored.own, tree.Append(l)...)
	}
	if tree.Root() != head.Root {
		return nil, stored, errors.New("the leaves of the other history do not hash to its signed root")
	}
	return leaves, stored, nil
}

// offers returns up to which leaf a feed may be sent to a party that holds the
// first from of it; no further than from where there is nothing to send. Of a
// closed feed that is what stands. Of a frozen feed everybody has a tail of
// its own, and gets another only to compare the two.
func (c *channel) offers(origin string, h *held, from uint64) uint64 {
	size := h.tree.Size()
	if keeps, closed := c.docs.Closed(origin); closed {
		return min(size, keeps.Size)
	}
	if h.frozen != nil && from > *h.frozen {
		return from
	}
	return size
}

const whyClosed = "the feed was closed at that size by its author's identity key"

// loadFrozen restores the freezes when the node opens: those of closings, and
// of the proofs in the ledger.
func (c *channel) loadFrozen(rows []store.ForkRow) error {
	for _, row := range rows {
		if _, id, _, err := note.ParseOrigin(row.Origin); err != nil || id != c.id {
			continue
		}
		h := c.feeds[row.Origin]
		if h == nil { // nothing but the proof is held
			h = newHeld()
			h.head.Origin = row.Origin
			c.feeds[row.Origin] = h
		}
		f, err := c.readFault(row.Bytes)
		if err != nil {
			return fmt.Errorf("a proof against %s in the ledger: %w; run: detente verify", row.Origin, err)
		}
		h.keep(f)
	}
	for origin, h := range c.feeds {
		c.setFrozen(origin, h)
	}
	return nil
}

func (c *channel) readFault(text []byte) (fault, error) {
	if bytes.HasPrefix(text, []byte(audit.MisconductType)) {
		m, err := audit.ParseMisconduct(text)
		if err != nil {
			return fault{}, err
		}
		a, err := m.VerifyWith(c.docs)
		return faultOf(a, text), err
	}
	_, f, _, err := readFork(text)
	return f, err
}
