package demo

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"detente/internal/view"
	"detente/scenario"
)

// Player is what plays a scenario as it is told: by its controls at the desks,
// by the terminal. Whoever plays the steps asks it which is next.
type Player struct {
	scenario *scenario.Scenario
	pace     time.Duration // a rest after each stop
	mux      http.ServeMux

	mu      sync.Mutex
	deck    deck
	clock   *clock
	free    time.Time // before it nothing is played, unless it is gone to
	changed chan struct{}
}

func newPlayer(s *scenario.Scenario, pace time.Duration) *Player {
	p := &Player{scenario: s, pace: pace, deck: newDeck(s.Steps), changed: make(chan struct{}), clock: &clock{now: s.Start}}
	for pattern, serve := range controls {
		p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serve(p, w, r) })
	}
	return p
}

// do changes something about how the scenario is played. An error is a
// *Refused.
func (p *Player) do(change func(*deck) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := change(&p.deck)
	p.tell()
	return err
}

// tell wakes everybody who waits. The caller holds mu.
func (p *Player) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// view is how it stands, and what is closed when that changes.
func (p *Player) view() (view.Demo, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, s := &p.deck, p.scenario
	v := view.Demo{At: d.at, Banner: s.Banner, Clock: p.clock.Now(), Day: d.today(), Days: []view.DemoDay{}, Of: d.of(), Run: d.run, State: d.state(), Title: s.Title, Why: d.why,
		Zone: s.Start.Location().String()}
	for _, day := range d.days {
		v.Days = append(v.Days, day.DemoDay)
	}
	for _, party := range s.Parties {
		v.Desks = append(v.Desks, party.Code)
	}
	return v, p.changed
}

// View is how the scenario stands.
func (p *Player) View() view.Demo {
	v, _ := p.view()
	return v
}

// errAnew says that everything is to be played again, from the start.
var errAnew = errors.New("the scenario is played anew")

// next waits until a stop is to be played, and returns its steps.
func (p *Player) next(ctx context.Context) ([]scenario.Step, error) {
	for {
		p.mu.Lock()
		d, changed, rest := &p.deck, p.changed, time.Until(p.free)
		state, steps := d.state(), []scenario.Step(nil)
		if d.at < d.of() {
			steps = p.scenario.Steps[d.stops[d.at]:d.stops[d.at+1]]
		}
		anew := d.anew
		p.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case anew:
			return nil, errAnew
		case state == view.DemoMoving, state == view.DemoPlaying && rest <= 0:
			return steps, nil
		}
		var rested <-chan time.Time
		if state == view.DemoPlaying {
			rested = time.After(rest)
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-rested:
		}
	}
}

// played says what became of the stop that next returned.
func (p *Player) played(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.deck.stop(err.Error())
	} else {
		p.deck.done()
	}
	p.free = time.Now().Add(p.pace)
	p.tell()
}

// begin says that a run has begun, on a calendar of its own.
func (p *Player) begin(c *clock) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deck.anew, p.clock = false, c
	p.tell()
}

// arrived waits until the scenario is not on its way to where it was told to
// go, or ctx ends.
func (p *Player) arrived(ctx context.Context) {
	for {
		v, changed := p.view()
		if v.State != view.DemoMoving {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}
