package node

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// slowLink is a line that cannot carry a large pouch in time.
type slowLink struct {
	linkEnd
	p    func() *peer
	most int
}

func (l slowLink) Exchange(ctx context.Context, to Address, pouch []byte) ([]byte, error) {
	if len(pouch) > l.most {
		l.p().paced(len(pouch), exchangeTimeout, context.DeadlineExceeded) // so long it would have taken
		return nil, context.DeadlineExceeded
	}
	return l.linkEnd.Exchange(ctx, to, pouch)
}

// A backlog gets through a line that is too slow for a full pouch, and so does
// a checkpoint whose leaves alone are more than the budget.
func TestSlowLineDrains(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	pak := p.nodes["PAK"]
	c, err := pak.channel(p.channel)
	p.must(err)
	to := func() *peer { return c.peers["IRN"] }
	pak.cfg.Link = slowLink{linkEnd{p.link, "PAK"}, to, 2 * minBudget}
	for i := range 160 {
		p.say("PAK", "routine", fmt.Sprint(i, strings.Repeat(" much", 3_000)))
	}
	var last *submission
	for i := range 150 {
		last, err = c.prepare(p.ctx, textNote(p.channel, "routine", fmt.Sprint(i)))
		p.must(err)
		c.enqueue(last)
	}
	ticket, err := c.submit(p.ctx, last)
	p.must(err)
	pak.Start(p.ctx) // IRN only answers
	p.until("IRN", "the whole backlog", func(s *Snapshot) bool {
		n := 0
		for _, e := range s.Register.Entries() {
			if e.Move != nil && e.ID.Origin == ticket.ID.Origin {
				n++
			}
		}
		return n >= 310
	})
}

func TestPaced(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	c, err := p.nodes["PAK"].channel(p.channel)
	p.must(err)
	to := c.peers["IRN"]
	slow := context.DeadlineExceeded
	for i, step := range []struct {
		size int
		took time.Duration
		err  error
		want int
	}{
		{maxBudget, time.Second, slow, maxBudget}, // refused, or nobody there
		{maxBudget, exchangeTimeout, slow, maxBudget / 2},
		{1000, time.Second, nil, maxBudget / 2}, // says nothing of the line
		{maxBudget / 2, exchangeTimeout - 1, nil, maxBudget / 2},
		{maxBudget / 2, time.Second, nil, maxBudget},
		{maxBudget, time.Second, nil, maxBudget},
	} {
		if to.paced(step.size, step.took, step.err); to.budget != step.want {
			t.Errorf("step %d: the budget is %d, want %d", i, to.budget, step.want)
		}
	}
	for range 20 {
		to.paced(maxBudget, exchangeTimeout, slow)
	}
	if to.budget != minBudget {
		t.Errorf("the budget fell to %d, want %d", to.budget, minBudget)
	}
}
