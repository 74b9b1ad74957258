package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/journal"
	"detente/matter"
	"detente/note"
	"detente/seal"
)

// Start begins to push, fetch, acknowledge and answer roll calls, until ctx
// ends. It announces the node to every peer at once: who waits for it hears
// that it is back.
func (n *Node) Start(ctx context.Context) {
	n.mu.Lock()
	n.ctx = ctx
	channels := slices.Collect(maps.Values(n.channels)) // those founded later start by themselves
	n.mu.Unlock()
	for _, c := range channels {
		c.start(ctx)
	}
}

func (c *channel) start(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx = ctx
	for _, p := range c.peers {
		p.start(ctx)
	}
	c.n.running.Go(func() { c.acks(ctx) })
	c.n.running.Go(func() { c.rollCalls(ctx) })
	c.wakeAck()
}

func (p *peer) start(ctx context.Context) {
	if p.started {
		return
	}
	p.started = true
	p.wakeUp()
	p.c.n.running.Go(func() { p.run(ctx) })
}

// rollCalls writes the unattended roll call at the times of the charter, which
// an amendment may change.
func (c *channel) rollCalls(ctx context.Context) {
	for {
		changed := c.n.Changed()
		c.mu.RLock()
		times := c.docs.Current().Charter.RollCall
		role := c.docs.Role(c.n.party)
		c.mu.RUnlock()
		now := c.n.Now().UTC()
		next, ok := NextRollCall(times, now)
		ok = ok && role != charter.Observer
		var due <-chan time.Time
		if ok {
			due = time.After(next.Sub(now))
		}
		select {
		case <-ctx.Done():
			return
		case <-due:
		case <-changed:
		}
		if !ok || c.n.Now().Before(next) {
			continue
		}
		_, err := c.n.Submit(ctx, Draft{Channel: c.id, Act: matter.Test, Office: ackOffice, Precedence: "routine", Fields: map[string]any{"use": "roll-call"}})
		if err != nil {
			c.n.log.Warn("the roll call was not written", "channel", c.id, "err", err)
		}
	}
}

// NextRollCall returns the first of the times of day, HH:MM in UTC, after now.
func NextRollCall(times []string, now time.Time) (next time.Time, ok bool) {
	for _, s := range times {
		t, err := time.Parse("15:04", s)
		if err != nil {
			continue
		}
		at := time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		if !ok || at.Before(next) {
			next, ok = at, true
		}
	}
	return next, ok
}

func (n *Node) keyRings() []*ring {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.rings
}

// feedKey returns the private key of an own feed, or nil.
func (n *Node) feedKey(c *channel, origin string) *feed.Key {
	pub, err := c.docs.FeedKey(origin)
	if err != nil {
		return nil
	}
	for _, r := range n.keyRings() {
		if r.feed.Public().Equal(pub) {
			return r.feed
		}
	}
	return nil
}

// useRing makes new keys the ones in use.
func (n *Node) useRing(r *ring, c charter.Credence, signed []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rings = append([]*ring{r}, n.rings...)
	n.openers = append([]*seal.Opener{seal.NewOpener(r.seal)}, n.openers...)
	n.credence, n.signed = c, signed
}

// newJournal makes an empty journal, after every feed of the lost one was
// closed with the identity key.
func (n *Node) newJournal(ctx context.Context) error {
	j, err := journal.Create(filepath.Join(n.cfg.Dir, "journal"), true)
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.journal, n.noJournal = j, false
	n.mu.Unlock()
	var errs []error
	for _, c := range n.all() {
		c.receiving.Lock()
		c.mu.Lock()
		err := c.mend()
		c.why = c.behind()
		c.mu.Unlock()
		if err == nil {
			err = c.owed(ctx)
		}
		c.receiving.Unlock()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// QuotaError says that a feed grew faster than the charter lets it.
type QuotaError struct {
	Origin string
	Limit  uint64
}

func (e *QuotaError) Error() string {
	return fmt.Sprintf("feed %s: more than %d notes in an hour, the quota of the charter; the rest is taken later", e.Origin, e.Limit)
}

// bucket is how much a feed may still grow now; below nothing it is a debt. It
// fills up over an hour, and holds as much as may have waited out an outage.
type bucket struct {
	left float64
	at   time.Time
}

// mayGrow reports whether the quota of the charter lets a feed grow now. A run
// up to one checkpoint is taken whole or not at all, however long it is, so the
// bucket may go into debt: what comes next waits for longer. A flash note
// passes until the debt is a whole bucket. The caller holds mu.
func (c *channel) mayGrow(origin string, flash bool) error {
	b, full := c.bucket(origin)
	if b.left > 0 || flash && b.left > -full {
		return nil
	}
	return &QuotaError{origin, c.docs.Current().Charter.Quota.NotesPerHour}
}

// bucket returns the bucket of a feed, filled up to now, and what it holds at
// most.
func (c *channel) bucket(origin string) (b *bucket, full float64) {
	q := c.docs.Current().Charter.Quota
	full = float64(q.NotesPerHour + q.MaxPending)
	now := time.Now()
	if b = c.quota[origin]; b == nil {
		b = &bucket{full, now}
		c.quota[origin] = b
	}
	b.left = min(full, b.left+now.Sub(b.at).Hours()*float64(q.NotesPerHour))
	b.at = now
	return b, full
}

// grew counts leaves that were stored. The caller holds mu.
func (c *channel) grew(origin string, leaves int) {
	b, _ := c.bucket(origin)
	b.left -= float64(leaves)
}

// ownLeaves reports whether the feed is this node's own, in any epoch.
func (n *Node) ownLeaves(origin string) bool {
	party, _, _, err := note.ParseOrigin(origin)
	return err == nil && party == n.party
}
