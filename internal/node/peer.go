package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"detente/note"
	"detente/pouch"
)

// Retries back off from retryMin to retryMax, and start at once when the other
// side is heard from. A line without news is tried every idle.
const (
	retryMin        = 100 * time.Millisecond
	retryMax        = 3 * time.Second
	idle            = 5 * time.Second
	exchangeTimeout = 60 * time.Second
)

// Link carries pouches to peers.
type Link interface {
	// Exchange hands over a pouch and returns the peer's.
	Exchange(ctx context.Context, to Address, pouch []byte) ([]byte, error)
	// Part reads a sealed attachment from offset on.
	Part(ctx context.Context, to Address, digest note.Digest, offset int64) (io.ReadCloser, error)
	// Readings asks how the peer reads what both have folded; see [Readings].
	Readings(ctx context.Context, to Address, question []byte) (io.ReadCloser, error)
}

// Address says whom to reach, where, and by which keys it is known.
type Address struct {
	Party string
	Hosts []string      // HOST:PORT
	Keys  []note.Digest // of the peer's TLS key
}

// peer is another party as this node knows it. Its fields are guarded by the
// channel's mu, but for wake.
type peer struct {
	c        *channel
	party    string
	wake     chan struct{}
	drift    *rand.Rand // of this pair alone: peers that restart together spread out
	busy     sync.Mutex // one exchange at a time that this node begins
	fetching sync.Mutex

	have  *pouch.Have // what it last said
	wants []note.Digest
	sent  sent

	budget int // see maxBudget

	started   bool
	up        bool
	since     time.Time // up or down since
	heard     time.Time
	lastError string
}

func newPeer(c *channel, party string) *peer {
	p := &peer{c: c, party: party, wake: make(chan struct{}, 1), budget: maxBudget, drift: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(c.n.party + " " + party))))}
	p.forget()
	return p
}

// paced fits the budget to the line, after an exchange of that size: half of it
// if that failed for want of time, twice as much if it made good use of what it
// had and was quick.
func (p *peer) paced(size int, took time.Duration, err error) {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	slow := took >= exchangeTimeout/2
	switch {
	case err != nil && slow:
		p.budget = max(minBudget, p.budget/2)
	case err == nil && !slow && size >= p.budget/2:
		p.budget = min(maxBudget, p.budget*2)
	}
}

// forget drops what is thought to be on its way.
func (p *peer) forget() {
	p.sent = sent{feeds: map[string]uint64{}, receipts: map[string]uint64{}, forks: map[string]bool{}}
}

func (p *peer) wakeUp() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// said takes what the peer says that it holds. The caller holds mu.
func (p *peer) said(h *pouch.Have) {
	p.have, p.wants = h, h.Wants
	for _, f := range h.Feeds {
		if p.sent.feeds[f.Origin] <= f.Size {
			delete(p.sent.feeds, f.Origin)
		}
	}
}

func (p *peer) heardFrom(now time.Time) {
	if !p.up {
		p.up, p.since = true, now
	}
	p.heard, p.lastError = now, ""
}

func (p *peer) lost(now time.Time, err error) {
	if p.up || p.since.IsZero() {
		p.up, p.since = false, now
	}
	p.lastError = err.Error()
	p.forget()
}

// disagree notes that one side refused something of the other's. The line is
// up all the same; it is tried again later.
func (p *peer) disagree(now time.Time, err error) {
	p.heardFrom(now)
	p.lastError = err.Error()
	p.forget()
}

func (c *channel) address(party string) (Address, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	cred, ok := c.docs.Credence(party)
	if !ok {
		return Address{}, false
	}
	return Address{party, cred.Addresses, c.docs.TLSKeys(party)}, len(cred.Addresses) > 0
}

// run pushes news to the peer as it comes, until ctx ends.
func (p *peer) run(ctx context.Context) {
	delay := time.Duration(0)
	for {
		wait := idle
		if delay > 0 {
			wait = delay/2 + time.Duration(p.drift.Int64N(int64(delay))) // half to one and a half: peers that restart together spread out
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-p.wake:
		case <-timer.C:
		}
		timer.Stop()
		to, ok := p.c.address(p.party)
		if !ok {
			continue // reached by pouch files only
		}
		if err := p.exchange(ctx, to); err != nil {
			if ctx.Err() != nil {
				return
			}
			delay = min(max(2*delay, retryMin), retryMax)
			continue
		}
		delay = 0
		if p.fetching.TryLock() { // attachments never hold up notes
			p.c.n.running.Go(func() {
				defer p.fetching.Unlock()
				p.fetch(ctx, to)
			})
		}
	}
}

// exchange hands over pouches until neither side has more.
func (p *peer) exchange(ctx context.Context, to Address) error {
	p.busy.Lock()
	defer p.busy.Unlock()
	for {
		again, err := p.once(ctx, to)
		if err != nil {
			var bad *Bad
			how := "lost"
			p.c.mu.Lock()
			if errors.As(err, &bad) {
				how = "refused"
				p.disagree(p.c.n.Now(), err)
			} else {
				p.lost(p.c.n.Now(), err)
			}
			p.c.mu.Unlock()
			p.c.n.stats.exchanged(p.party, how)
			p.c.n.announceChange()
			return err
		}
		p.c.n.stats.exchanged(p.party, "done")
		if !again {
			return nil
		}
	}
}

// once is one round trip: a pouch there, a pouch back.
func (p *peer) once(ctx context.Context, to Address) (again bool, err error) {
	c := p.c
	out, s, err := c.compose(p)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	p.add(s)
	before := p.standing()
	c.mu.Unlock()
	c.n.at("sent")
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	began := time.Now()
	back, err := c.n.cfg.Link.Exchange(ctx, to, out)
	p.paced(max(len(out), len(back)), time.Since(began), err)
	if err != nil {
		return false, err
	}
	in, err := readPouch(bytes.NewReader(back), maxPouch)
	if err != nil {
		return false, fmt.Errorf("the answer of %s: %w", p.party, err)
	}
	rep, err := c.heard(ctx, p.party, in)
	if err != nil {
		return false, err
	}
	if len(rep.Refused) > 0 {
		return false, &Bad{fmt.Errorf("of the answer of %s something was refused: %w", p.party, errors.Join(rep.Refused...))}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Its answer says what it holds after all that was sent.
	clear(p.sent.feeds)
	if rep.more || rep.Leaves+rep.Payloads+rep.Docs > 0 {
		return true, nil
	}
	return p.behind() && p.standing() != before, nil
}

// standing sums up what the peer last said. If a round trip did not change it,
// another would not either: it refuses something, or is waiting for it.
func (p *peer) standing() string {
	if p.have == nil {
		return ""
	}
	s := p.have.Nonce
	for _, f := range p.have.Feeds {
		s += fmt.Sprintf(" %s %d", f.Origin, f.Size)
	}
	return fmt.Sprint(s, len(p.wants))
}

func (p *peer) add(s *sent) {
	for o, n := range s.feeds {
		p.sent.feeds[o] = n
	}
	for k, n := range s.receipts {
		p.sent.receipts[k] = n
	}
	for o := range s.forks {
		p.sent.forks[o] = true
	}
	if s.docs != "" {
		p.sent.docs = s.docs
	}
}

// behind reports whether the peer, by its last word, lacks something that this
// node holds and has not sent.
func (p *peer) behind() bool {
	if p.have == nil || len(p.wants) > 0 || p.have.Nonce != docsMark(p.c.docs) {
		return true
	}
	theirs := map[string]uint64{}
	for _, f := range p.have.Feeds {
		theirs[f.Origin] = f.Size
	}
	for o, h := range p.c.feeds {
		if from := max(theirs[o], p.sent.feeds[o]); from < p.c.offers(o, h, from) {
			return true
		}
	}
	return false
}

// heard takes a pouch from a peer, whoever began the exchange.
func (c *channel) heard(ctx context.Context, from string, in *incoming) (Report, error) {
	if in.have == nil || in.have.From != from || in.have.Channel != c.id {
		return Report{}, &Bad{fmt.Errorf("the pouch does not begin with what %s holds of this channel; nothing was taken", from)}
	}
	rep, err := c.receive(ctx, in)
	if err != nil {
		return rep, err
	}
	if rep.news() {
		c.wakePeers(from) // who has just spoken hears in the same exchange what this node says to it
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.peers[from]; p != nil {
		p.said(in.have)
		was := p.up
		p.heardFrom(c.n.Now())
		if !was {
			p.wakeUp()
		}
	}
	return rep, nil
}

// Serve takes a pouch that a peer handed over and returns this node's.
func (n *Node) Serve(ctx context.Context, from string, body io.Reader) ([]byte, error) {
	_, out, err := n.serve(ctx, from, body)
	return out, err
}

func (n *Node) serve(ctx context.Context, from string, body io.Reader) (*peer, []byte, error) {
	in, err := readPouch(body, maxPouch)
	if err != nil {
		return nil, nil, &Bad{err}
	}
	if in.have == nil {
		return nil, nil, &Bad{errors.New("the pouch does not say which channel it is for")}
	}
	c, err := n.channel(in.have.Channel)
	if err != nil {
		return nil, nil, &Bad{err}
	}
	if !c.speaksFor(ctx, from) {
		return nil, nil, &Bad{fmt.Errorf("%s is a party of another channel; on this one its key is nobody's", from)}
	}
	rep, err := c.heard(ctx, from, in)
	if err != nil {
		return nil, nil, err
	}
	if len(rep.Refused) > 0 {
		n.log.Warn("refused", "from", from, "what", errors.Join(rep.Refused...))
		if rep.faulty && !rep.news() {
			return nil, nil, &Bad{errors.Join(rep.Refused...)}
		}
	}
	c.mu.RLock()
	p := c.peers[from]
	c.mu.RUnlock()
	if p == nil {
		return nil, nil, &Bad{fmt.Errorf("%s is not a party of the channel", from)}
	}
	out, s, err := c.compose(p)
	if err != nil {
		return nil, nil, err
	}
	if s.more || rep.more {
		p.wakeUp()
	}
	// The answer may not arrive, so nothing of it counts as sent but what
	// others can tell the peer as well.
	c.mu.Lock()
	p.add(&sent{receipts: s.receipts})
	c.mu.Unlock()
	return p, out, nil
}

// Bad says that what a peer sent was refused. Nothing of it was taken.
type Bad struct{ Err error }

func (e *Bad) Error() string { return e.Err.Error() }
func (e *Bad) Unwrap() error { return e.Err }

func readPouch(r io.Reader, max int64) (*incoming, error) {
	in := newIncoming()
	pr := pouch.NewReader(r, max)
	for {
		rec, err := pr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := in.add(rec); err != nil {
			return nil, err
		}
	}
	if len(in.partial) > 0 {
		return nil, fmt.Errorf("the pouch ends in the middle of payload %s", in.next.Sealed)
	}
	return in, nil
}
