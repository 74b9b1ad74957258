package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

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
// its own history against that of every other party, and what stands is never
// more than all of them have in common.

// maxProofs bounds the proofs that are kept against one feed.
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
	f, err := feed.ParseFork(text)
	if err != nil {
		return "", err
	}
	a, err := feed.ParseHead(f.A)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key, err := c.docs.FeedKey(a.Origin)
	if err != nil {
		return "", fmt.Errorf("a proof of a fork: %w", err)
	}
	h := c.feeds[a.Origin]
	if _, closed := c.docs.Closed(a.Origin); closed || h != nil && h.forked() && a.Size > *h.frozen {
		return "", nil
	}
	if _, _, err := f.Verify(key); err != nil {
		return "", err
	}
	return a.Origin, c.freeze(ctx, a.Origin, fault{text: text, stands: a.Size - 1, why: f.Error(), fork: true})
}

func (h *held) forked() bool {
	return slices.ContainsFunc(h.faults, func(f fault) bool { return f.fork })
}

// freeze takes a proof, keeps it for everyone, and lets no more of the feed
// stand than it says. The caller holds mu.
func (c *channel) freeze(ctx context.Context, origin string, f fault) error {
	h := c.feeds[origin]
	if h == nil {
		h = newHeld()
		h.head.Origin = origin
		c.feeds[origin] = h
	}
	if len(h.faults) >= maxProofs {
		return fmt.Errorf("%d proofs against %s are kept already", maxProofs, origin)
	}
	if err := c.n.store.Commit(ctx, store.Batch{Forks: []store.ForkRow{{Origin: origin, Bytes: f.text}}}); err != nil {
		return err
	}
	c.n.log.Error("there is a proof against a feed", "feed", origin, "stands", f.stands, "why", f.why)
	h.faults, h.doubt = append(h.faults, f), false
	for _, p := range c.peers {
		p.wakeUp()
	}
	return c.refreeze(ctx)
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
	stands := h.common
	for _, f := range h.faults {
		if w := c.feeds[f.witness]; w != nil && w.forked() {
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
	if h == nil || h.frozen == nil || !h.forked() || t.in.have == nil || len(run.Leaves) == 0 {
		return false, nil
	}
	with := h.with(t.in.have.From)
	if _, closed := c.docs.Closed(origin); closed || with.parted || run.Start > with.agreed {
		return false, nil
	}
	theirs, err := c.branch(origin, run)
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
	with.agreed = max(with.agreed, run.Start+uint64(same))
	switch {
	case same == len(theirs):
		return false, nil // so far they are one
	case same == len(mine):
		with.parted = h.tree.Size() > *h.frozen
		return !with.parted, nil
	}
	with.parted = true
	if with.agreed >= h.common {
		return false, nil
	}
	if err := c.n.store.Commit(ctx, store.Batch{Meta: map[string]string{commonKey(origin): fmt.Sprint(with.agreed)}}); err != nil {
		return false, err
	}
	h.common = with.agreed
	return false, c.refreeze(ctx)
}

// branch checks that the leaves, after those that both histories have in
// common, are those of a head that the author signed: nobody moves a freeze
// with leaves of its own making.
func (c *channel) branch(origin string, run audit.Feed) ([][]byte, error) {
	key, err := c.docs.FeedKey(origin)
	if err != nil {
		return nil, err
	}
	head, err := feed.OpenHead(run.Signed, key)
	if err != nil {
		return nil, err
	}
	if head.Size < run.Start || head.Size-run.Start > uint64(len(run.Leaves)) {
		return nil, fmt.Errorf("%d leaves of the other history of %s came from %d on; its checkpoint is at %d", len(run.Leaves), origin, run.Start, head.Size)
	}
	tree, err := feed.NewTree(run.Start, c.n.store.HashReader(origin).ReadHashes)
	if err != nil {
		return nil, err
	}
	leaves := run.Leaves[:head.Size-run.Start]
	for _, l := range leaves {
		tree.Append(l)
	}
	if tree.Root() != head.Root {
		return nil, errors.New("the leaves of the other history do not hash to its signed root")
	}
	return leaves, nil
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

func commonKey(origin string) string { return "common/" + origin }

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
		h.faults = append(h.faults, f)
		value, err := c.n.store.Meta(commonKey(row.Origin))
		if err != nil {
			return err
		}
		if n, err := strconv.ParseUint(value, 10, 64); err == nil {
			h.common = n
		}
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
	f, err := feed.ParseFork(text)
	if err != nil {
		return fault{}, err
	}
	a, err := feed.ParseHead(f.A)
	return fault{text: text, stands: a.Size - 1, why: f.Error(), fork: true}, err
}
