package demo

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A front is where the desk of a party is reached for as long as the demo
// lives. Behind it stands the node that the scenario is played on now: where
// everything is played anew it is another one. Who has come by the front's link
// is known to it, and stays so.
type front struct {
	party    string
	listener net.Listener
	secret   string // of the link
	fronts   fronts // all of them

	mu     sync.Mutex
	behind *behind       // nil: the node is being made
	change chan struct{} // closed when behind is another
}

// fronts are the desks of a scenario, in the order of its parties.
type fronts []*front

// behind is what a front serves while one run of the scenario lasts.
type behind struct {
	handler http.Handler
	ctx     context.Context
	stop    context.CancelFunc
	serving sync.WaitGroup
}

// openFronts listens for every party: at the address and the ports after it, or
// at ports that are free where its port is 0. What is served there lets in
// whoever has the link, so it is for this machine only.
func openFronts(parties []string, addr string) (all fronts, err error) {
	defer func() {
		if err != nil {
			all.close()
		}
	}()
	host, given, err := net.SplitHostPort(cmp.Or(addr, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("where the desks are reached: %w; want HOST:PORT, such as 127.0.0.1:8440", err)
	}
	port, err := strconv.ParseUint(given, 10, 16)
	if err != nil || host != "localhost" && !net.ParseIP(host).IsLoopback() || port > 0 && int(port)+len(parties) > 1<<16 {
		return nil, fmt.Errorf("%s: the desks of a demo let in whoever has their link, and are reached from this machine only: want 127.0.0.1:PORT", addr)
	}
	for i, party := range parties {
		at := port
		if at > 0 {
			at += uint64(i)
		}
		l, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(at)))
		if err != nil {
			return all, fmt.Errorf("the desk of %s: %w; choose other ports with --desk", party, err)
		}
		all = append(all, &front{party: party, listener: l, secret: rand.Text(), change: make(chan struct{})})
	}
	for _, f := range all {
		f.fronts = all
	}
	return all, nil
}

func (all fronts) of(party string) *front {
	for _, f := range all {
		if f.party == party {
			return f
		}
	}
	return nil
}

func (all fronts) close() {
	for _, f := range all {
		f.listener.Close() //nolint:errcheck // whoever served on it closed it
	}
}

// serve serves until ctx ends.
func (f *front) serve(ctx context.Context) error {
	s := &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	defer context.AfterFunc(ctx, func() { s.Close() })() //nolint:errcheck // the demo ends
	if err := s.Serve(f.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// open puts what is to be served behind the front.
func (f *front) open(handler http.Handler) {
	b := &behind{handler: handler}
	b.ctx, b.stop = context.WithCancel(context.Background())
	f.set(b)
}

// shut takes away what is served, and waits until nothing of it is.
func (f *front) shut() {
	if b := f.set(nil); b != nil {
		b.stop()
		b.serving.Wait()
	}
}

func (f *front) set(b *behind) (old *behind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, f.behind = f.behind, b
	close(f.change)
	f.change = make(chan struct{})
	return old
}

// enter waits until there is something to be served, and enters it.
func (f *front) enter(ctx context.Context) *behind {
	for {
		f.mu.Lock()
		b, change := f.behind, f.change
		if b != nil {
			b.serving.Add(1)
		}
		f.mu.Unlock()
		if b != nil {
			return b
		}
		select {
		case <-ctx.Done():
			return nil
		case <-change:
		}
	}
}

// origin is how a browser reaches the desk: by name, since a passkey is bound to
// one.
func (f *front) origin() string {
	_, port, _ := net.SplitHostPort(f.listener.Addr().String())
	return "http://localhost:" + port
}

// link lets in whoever follows it, at any time.
func (f *front) link() string { return f.origin() + f.linkPath() }

func (f *front) linkPath() string { return "/demo/enter/" + f.secret }

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b := f.enter(r.Context())
	if b == nil {
		return
	}
	defer b.serving.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(b.ctx, cancel)()
	party, elsewhere := strings.CutPrefix(r.URL.Path, "/demo/desk/")
	switch other := f.fronts.of(party); {
	case subtle.ConstantTimeCompare([]byte(r.URL.Path), []byte(f.linkPath())) == 1:
		http.SetCookie(w, &http.Cookie{Name: f.cookie(), Value: f.secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		f.redirect(w, r, "/")
	case elsewhere && other != nil && f.knows(r):
		f.redirect(w, r, other.link())
	default:
		b.handler.ServeHTTP(w, r.WithContext(ctx))
	}
}

// redirect answers with where to go, which nobody is to keep or pass on.
func (f *front) redirect(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// cookie is named after the party: a browser knows a machine by its name, and
// not by its port, so the desks share what it keeps.
func (f *front) cookie() string { return "detente-demo-" + f.party }

// knows reports whether a request is from who came by the link.
func (f *front) knows(r *http.Request) bool {
	c, err := r.Cookie(f.cookie())
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(f.secret)) == 1
}
