package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/desk"
	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/page"
	"detente/note"
	"detente/register"
	"detente/scenario"
)

// world is the parties of a scenario, each with its node.
type world struct {
	Options
	page     *page.Page
	clock    *clock
	parties  []*party // in the order of the scenario
	channels []*channel
	placed   map[string]scenario.Placed // notes, by label
	entered  map[string]house.ID        // entries, by label
	shown    map[string]bool            // matters, by the label that opened them
	sent     int                        // notes
	lines    *lines
	late     []*scenario.Step            // notes written while a line was down, not acknowledged by everyone
	meant    map[note.ID]register.Result // of notes that are not to be applied
	run      context.Context             // the nodes serve and exchange until it ends
	stop     context.CancelFunc
	fail     context.CancelCauseFunc // ends the demo; nil: there are no desks
	serving  sync.WaitGroup
	began    time.Time
}

func newWorld(o Options, dir string) *world {
	o.Dir = dir
	return &world{Options: o, page: page.New(o.Out, o.Width, o.Color), clock: &clock{now: o.Scenario.Start}, placed: map[string]scenario.Placed{}, entered: map[string]house.ID{},
		shown: map[string]bool{}, lines: newLines(), meant: map[note.ID]register.Result{}, began: time.Now()}
}

// party is one party: its folder, its keys, its node.
type party struct {
	code, name string
	dir        string
	addr       string
	listener   net.Listener
	n          *node.Node
	desk       *desk.Desk
	identity   *feed.Key
	credence   charter.Credence
	signed     []byte // the credence
}

// channel is one channel in force.
type channel struct {
	scenario.Channel
	id         note.Digest
	all        []*party // every member
	members    []*party // those that speak or read notes
	principals []*party
	forked     map[string]bool // parties whose feed forked, and is not closed yet
}

func (w *world) party(code string) *party {
	for _, p := range w.parties {
		if p.code == code {
			return p
		}
	}
	return nil
}

func (w *world) channel(code string) *channel {
	for _, c := range w.channels {
		if c.Code == code {
			return c
		}
	}
	return nil
}

// audience is everyone who speaks on the channel.
func (c *channel) audience() (list []string) {
	for _, m := range c.Members {
		if m.Role != charter.Observer {
			list = append(list, m.Party)
		}
	}
	return list
}

// found makes the nodes, hands their credences to each other, and has every
// principal sign the charters.
func (w *world) found(ctx context.Context) error {
	for _, sp := range w.Scenario.Parties {
		dir := filepath.Join(w.Dir, sp.Code)
		if _, err := os.Stat(dir); err == nil {
			return fmt.Errorf("%s is there already, and nothing was changed: give a folder in which no demo was played", dir)
		}
	}
	for _, sp := range w.Scenario.Parties {
		p := &party{code: sp.Code, name: sp.Name, dir: filepath.Join(w.Dir, sp.Code)}
		w.parties = append(w.parties, p)
		if err := p.make(ctx, w); err != nil {
			return fmt.Errorf("the node of %s: %w", p.code, err)
		}
	}
	for _, sc := range w.Scenario.Channels {
		if err := w.agree(ctx, sc); err != nil {
			return fmt.Errorf("channel %s: %w", sc.Code, err)
		}
	}
	w.run, w.stop = context.WithCancel(ctx)
	for _, p := range w.parties {
		p.n.Start(w.run)
		w.serving.Go(func() {
			if err := p.n.ServeLine(w.run, p.listener); err != nil {
				w.page.Line("The line of " + p.code + " broke: " + err.Error())
			}
		})
	}
	return nil
}

func (p *party) make(ctx context.Context, w *world) (err error) {
	if err := os.MkdirAll(w.Dir, 0o700); err != nil {
		return err
	}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	p.addr = p.listener.Addr().String()
	w.lines.at[p.addr] = p.code
	if _, err := node.Init(p.dir, node.InitOptions{Party: p.code, Name: p.name, Addresses: []string{p.addr}, Now: w.clock.Now}); err != nil {
		return err
	}
	if p.identity, err = node.LoadIdentity(p.dir+".identity", ""); err != nil {
		return err
	}
	config := node.Config{Dir: p.dir, Now: w.clock.Now, Dial: w.lines.dialer(p.code)}
	if w.adjust != nil {
		w.adjust(w, p.code, &config)
	}
	if p.n, err = node.Open(ctx, config); err != nil {
		return err
	}
	p.desk = desk.New(p.n)
	p.credence, p.signed = p.n.Credence()
	return nil
}

// agree drafts the charter of a channel, has every principal sign the
// identical bytes, and hands it to every member.
func (w *world) agree(ctx context.Context, sc scenario.Channel) error {
	text, err := w.Scenario.Charter(sc.Code, func(code string) (note.Digest, feed.Public, error) {
		p := w.party(code)
		if p == nil {
			return note.Digest{}, feed.Public{}, fmt.Errorf("there is no party %q", code)
		}
		return p.credence.Digest(), p.credence.Identity, nil
	})
	if err != nil {
		return err
	}
	signed, err := charter.NewSigned(text)
	if err != nil {
		return err
	}
	c := &channel{Channel: sc, id: signed.Digest, forked: map[string]bool{}}
	w.channels = append(w.channels, c)
	var members []*party
	for _, p := range w.parties { // in the order of the scenario, which the transcript keeps
		m, ok := text.Member(p.code)
		if !ok {
			continue
		}
		members = append(members, p)
		if m.Role == charter.Principal {
			c.principals = append(c.principals, p)
			if err := signed.Add(p.identity, p.code); err != nil {
				return err
			}
		}
		if m.Role != charter.Observer || m.Scope == "full" {
			c.members = append(c.members, p)
		}
	}
	c.all = members
	for _, p := range members {
		for _, other := range members {
			if other == p {
				continue
			}
			if _, _, err := p.n.AddDocument(ctx, other.signed); err != nil {
				return err
			}
		}
		if _, _, err := p.n.AddDocument(ctx, signed.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// close ends the nodes. It may be called twice.
func (w *world) close() error {
	if w.stop != nil {
		w.stop()
	}
	var errs []error
	w.serving.Wait()
	for _, p := range w.parties {
		if p.listener != nil {
			p.listener.Close() //nolint:errcheck // ServeLine closed it, where it served
			p.listener = nil
		}
		if p.n != nil {
			errs = append(errs, p.n.Close())
			p.n = nil
		}
	}
	return errors.Join(errs...)
}
