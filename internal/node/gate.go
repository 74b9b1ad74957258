package node

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"detente/note"
)

// Limits of connections that have not shown a pinned key yet.
const (
	maxStrangers     = 256
	maxGuests        = 32 // connections of one key
	handshakeTimeout = 5 * time.Second
)

var discardLog = log.New(io.Discard, "", 0)

// gate is a listener that hands out only connections whose TLS handshake is
// done, so with a key from a credence. Of those that are not done it keeps at
// most maxStrangers, and drops the oldest for the newest: whoever holds
// thousands of idle connections open keeps no peer out. Of one key it keeps at
// most maxGuests in the same way.
type gate struct {
	net.Listener
	cfg       *tls.Config
	handshake time.Duration
	bytes     *atomic.Int64
	ready     chan net.Conn
	done      chan struct{}
	once      sync.Once

	mu        sync.Mutex
	strangers []net.Conn
	guests    map[note.Digest][]net.Conn // by key, the oldest first
}

func newGate(l net.Listener, cfg *tls.Config, handshake time.Duration, bytes *atomic.Int64) *gate {
	g := &gate{Listener: l, cfg: cfg, handshake: handshake, bytes: bytes, guests: map[note.Digest][]net.Conn{}, ready: make(chan net.Conn), done: make(chan struct{})}
	go g.run()
	return g
}

func (g *gate) run() {
	for delay := time.Duration(0); ; {
		c, err := g.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			g.Close()
			return
		}
		if err != nil { // out of file descriptors, or the like: it passes
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			select {
			case <-time.After(delay):
			case <-g.done:
				return
			}
			continue
		}
		delay = 0
		g.mu.Lock()
		if len(g.strangers) >= maxStrangers {
			g.strangers[0].Close()
			g.strangers = g.strangers[1:]
		}
		g.strangers = append(g.strangers, c)
		g.mu.Unlock()
		go g.greet(c)
	}
}

func (g *gate) greet(raw net.Conn) {
	left := &leaving{Conn: raw}
	c := tls.Server(counted{left, g.bytes}, g.cfg)
	ctx, cancel := context.WithTimeout(context.Background(), g.handshake)
	err := c.HandshakeContext(ctx)
	cancel()
	var key note.Digest
	if err == nil {
		key, err = spkiOf([][]byte{c.ConnectionState().PeerCertificates[0].Raw})
	}
	g.mu.Lock()
	g.strangers = without(g.strangers, raw)
	if err == nil {
		if list := g.guests[key]; len(list) >= maxGuests {
			list[0].Close()
			g.guests[key] = list[1:]
		}
		g.guests[key] = append(g.guests[key], raw)
		left.hook(func() { g.leave(key, raw) })
	}
	g.mu.Unlock()
	if err != nil {
		raw.Close()
		return
	}
	select {
	case g.ready <- c:
	case <-g.done:
		c.Close()
	}
}

func (g *gate) leave(key note.Digest, raw net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if list := without(g.guests[key], raw); len(list) > 0 {
		g.guests[key] = list
	} else {
		delete(g.guests, key)
	}
}

func without(list []net.Conn, c net.Conn) []net.Conn {
	return slices.DeleteFunc(list, func(x net.Conn) bool { return x == c })
}

// leaving tells when its connection is closed by who serves it.
type leaving struct {
	net.Conn
	mu   sync.Mutex
	then func()
}

func (l *leaving) hook(then func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.then = then
}

func (l *leaving) Close() error {
	l.mu.Lock()
	then := l.then
	l.then = nil
	l.mu.Unlock()
	if then != nil {
		then()
	}
	return l.Conn.Close()
}

func (g *gate) Accept() (net.Conn, error) {
	select {
	case c := <-g.ready:
		return c, nil
	case <-g.done:
		return nil, net.ErrClosed
	}
}

func (g *gate) Close() error {
	g.once.Do(func() { close(g.done) })
	return g.Listener.Close()
}
