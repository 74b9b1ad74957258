package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/officer/signin"
	"detente/internal/view"
	"detente/internal/web"
)

// Live says how a scenario is played for people who watch it at the desks.
type Live struct {
	Pace    time.Duration // a rest after each step
	Desk    string        // where the first party's desk is reached; see openFronts
	Pages   func(Desk) http.Handler
	Keys    io.Reader // what is typed; nil: nothing is
	Program string    // how a person calls this program
}

// A Desk is what the pages of a party's desk stand on.
type Desk struct {
	API    *web.API
	Door   *signin.Service
	Node   *node.Node
	Player *Player
	Who    func(*http.Request) (signin.Who, error)
}

// live plays the scenario as its Player is told, with a desk for each party,
// and stays when it is over, until ctx ends. What lies behind is seen anew by
// playing it from the start, on new nodes, in a folder of their own.
func live(ctx context.Context, o Options) (err error) {
	for _, c := range o.Scenario.Channels {
		if !c.Exercise {
			return fmt.Errorf("the channel %s is not an exercise, and whoever has the link of a desk of the demo speaks for its party; play it with --exit, without desks", c.Name)
		}
	}
	player := newPlayer(o.Scenario, o.Live.Pace)
	all, err := openFronts(player.View().Desks, o.Live.Desk)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel(nil)
	for _, f := range all {
		serving.Go(func() {
			if err := f.serve(ctx); err != nil {
				cancel(fmt.Errorf("the desk of %s: %w", f.party, err))
			}
		})
	}
	if o.Live.Keys != nil {
		go player.keys(o.Live.Keys, o.Out)
	}
	for dir := o.Dir; ; {
		w := newWorld(o, dir)
		w.fail = cancel
		err := w.live(ctx, player, all)
		for _, f := range all {
			f.shut()
		}
		if closing := w.close(); closing != nil {
			return errors.Join(err, closing)
		}
		if !errors.Is(err, errAnew) {
			return err
		}
		dir = filepath.Join(o.Dir, fmt.Sprintf("run-%d", player.View().Run))
	}
}

// live plays one run, and says what was wrong with it, or errAnew.
func (w *world) live(ctx context.Context, player *Player, all fronts) error {
	player.begin(w.clock)
	run := player.View().Run
	if run == 1 {
		w.opening()
	} else {
		w.page.Blank()
		w.page.Heading("Played anew, on new nodes")
	}
	if err := w.found(ctx); err != nil {
		return err
	}
	w.founded()
	for _, f := range all {
		if err := w.openDesk(ctx, w.party(f.party), f, player); err != nil {
			return err
		}
	}
	w.doors(all)
	var outcome error
	for {
		steps, err := player.next(ctx)
		if errors.Is(err, errAnew) {
			return err
		}
		if err != nil {
			w.page.Line("The nodes end. Their folders stay in " + w.Dir + ".")
			return errors.Join(outcome, failure(ctx), w.page.Err())
		}
		for i := range steps {
			if err = w.step(ctx, &steps[i]); err != nil {
				break
			}
		}
		if ctx.Err() != nil {
			continue
		}
		if err != nil {
			outcome = err
			w.page.Hang(0, "STOPPED:", err.Error()+". The nodes stay up; go to the first day to see the scenario anew.")
		}
		player.played(err)
		if v := player.View(); v.State == view.DemoOver {
			if outcome, err = w.over(ctx, all); err != nil {
				return err
			}
		}
	}
}

// failure is why ctx ended, where nobody ended it.
func failure(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// openDesk serves a party's node to officers, by the front, and to the commands
// of its own machine, by its socket.
func (w *world) openDesk(ctx context.Context, p *party, f *front, player *Player) error {
	socket, err := web.Listen(p.dir)
	if err != nil {
		return err
	}
	door := signin.New(officer.NewBook(p.n.House()), p.n.Store(), p.n.Box(), nil)
	if err := errors.Join(letIn(ctx, door.Book()), door.Serve(ctx, f.origin(), "Détente "+p.code)); err != nil {
		return errors.Join(err, socket.Close())
	}
	api := web.NewAPI(p.n)
	p.desk = api.Desk() // a node has only one
	w.serving.Go(func() {
		if err := web.Serve(w.run, socket, api); err != nil {
			w.fail(fmt.Errorf("the commands of the node of %s: %w", p.code, err))
		}
	})
	w.serving.Go(func() { api.Watch(w.run, slog.New(slog.DiscardHandler)) })
	f.open(w.Live.Pages(Desk{API: api, Door: door, Node: p.n, Player: player, Who: func(r *http.Request) (signin.Who, error) {
		if !f.knows(r) {
			return door.Who(r)
		}
		return visitor(door.Book())
	}}))
	return nil
}

// letIn enters the officer that a visitor is, who may do everything, and whose
// drafts nobody else need release: there is nobody else.
func letIn(ctx context.Context, b *officer.Book) error {
	_, err := b.Add(ctx, officer.Officer{Name: "Demonstration", Roles: officer.Roles})
	return errors.Join(err, b.SetRules(ctx, officer.Rules{{Act: "*"}}))
}

// visitor is the officer that letIn entered, as the record has it now.
func visitor(b *officer.Book) (signin.Who, error) {
	r, err := b.Roster()
	if err != nil {
		return signin.Who{}, err
	}
	o, ok := r.Officer(1)
	if !ok || o.Ended {
		return signin.Who{}, signin.ErrNobody
	}
	return signin.Who{Officer: o}, nil
}

// doors says where the desks are.
func (w *world) doors(all fronts) {
	w.page.Blank()
	w.page.Para(0, "The desks, one for each party; its link lets you in as the officer \"Demonstration\":")
	for _, f := range all {
		w.page.Line("  " + f.party + "  " + f.link())
	}
	if w.Live.Keys != nil {
		w.page.Para(0, "Enter pauses, and goes on; s and Enter plays one step; a date, or end, and Enter goes there. Ctrl-C ends it.")
	}
}

// keys reads what is typed: a line is a command.
func (p *Player) keys(in io.Reader, out io.Writer) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		err := p.do(func(d *deck) error {
			switch {
			case line == "" && d.playing:
				return d.pause()
			case line == "":
				return d.play()
			case line == "s":
				return d.step()
			}
			return d.jump(line)
		})
		if err != nil {
			fmt.Fprintln(out, err)
		}
	}
}
