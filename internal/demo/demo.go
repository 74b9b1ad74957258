// Package demo plays a scenario on real nodes, one for each party, each with
// its own keys, ledger and TLS listener on loopback, and prints a transcript.
//
// Nothing is acted. Every note is written at the node of the party that it is
// from, through the desk, sealed, signed, and sent over the line; the
// transcript prints it as the other side's node holds it, after that node gave
// its receipt and every principal acknowledged it. What a pause of the
// scenario shows is drawn by package view from the ledger, and laid out by
// package page. Only the calendar is simulated: the nodes share a clock that
// stands at the time of the step.
//
// No step waits for time to pass: each waits for the receipts and the acks of
// the step before it, of those parties whose line is up. What a person at a
// desk can do is done through the desk. Three things no desk does, and the
// player does them as a foreign program would, at the node itself: a note that
// is to be refused by the register, a handover that is revealed otherwise, and
// a feed that forks.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"detente/internal/node"
	"detente/scenario"
)

// patience is how long a note may take to its receipts and acks. On a line
// that works it takes a part of a second.
const patience = 30 * time.Second

// Options says what is played, and where.
type Options struct {
	Dir      string             // one folder for each party is made in it; empty: a new temporary folder
	Scenario *scenario.Scenario // nil: January 2024
	Out      io.Writer
	Width    int  // columns; 0: 80
	Color    bool // Out is a terminal that shows them

	Live *Live // nil: it is played at once, and the demo ends with the transcript

	patience time.Duration
	adjust   func(w *world, party string, c *node.Config) // tests hinder a node by it
}

// Unsettled says what is wrong with a run that was played to its end, or to
// where it stopped.
type Unsettled struct{ Problems []string }

func (e *Unsettled) Error() string {
	return fmt.Sprintf("the run is not as it must be: %s", strings.Join(e.Problems, "; "))
}

// Run plays the scenario. It returns an *Unsettled if any note is without its
// receipts and acks, was not applied, or if the sides' pictures differ.
func Run(ctx context.Context, o Options) (err error) {
	if o.Scenario == nil {
		if o.Scenario, err = scenario.January2024(); err != nil {
			return err
		}
	}
	if o.patience == 0 {
		o.patience = patience
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "detente-demo-"); err != nil {
			return err
		}
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return err
	}
	if o.Live != nil {
		return live(ctx, o)
	}
	w := newWorld(o, o.Dir)
	defer func() { err = errors.Join(err, w.close()) }()
	w.opening()
	if err := w.found(ctx); err != nil {
		return err
	}
	w.founded()
	for i := range o.Scenario.Steps {
		if err := w.step(ctx, &o.Scenario.Steps[i]); err != nil {
			return err
		}
	}
	return errors.Join(w.finish(ctx), w.page.Err())
}

// finish ends a scenario whose steps are played, and says what is wrong.
func (w *world) finish(ctx context.Context) error {
	w.clock.set(w.Scenario.End)
	problems := w.settle(ctx)
	w.closing(problems, time.Since(w.began))
	if len(problems) > 0 {
		return &Unsettled{problems}
	}
	return nil
}

// clock is the calendar of the scenario. It stands still between steps.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}
