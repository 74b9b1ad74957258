package node

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of connections that have not shown a pinned key yet.
const (
	maxStrangers     = 256
	handshakeTimeout = 5 * time.Second
)

var discardLog = log.New(io.Discard, "", 0)

// gate is a listener that hands out only connections whose TLS handshake is
// done, so with a key from a credence. Of those that are not done it keeps at
// most maxStrangers, and drops the oldest for the newest: whoever holds
// thousands of idle connections open keeps no peer out.
type gate struct {
	net.Listener
	cfg   *tls.Config
	bytes *atomic.Int64
	ready chan net.Conn
	done  chan struct{}
	once  sync.Once

	mu        sync.Mutex
	strangers []net.Conn
}

func newGate(l net.Listener, cfg *tls.Config, bytes *atomic.Int64) *gate {
	g := &gate{Listener: l, cfg: cfg, bytes: bytes, ready: make(chan net.Conn), done: make(chan struct{})}
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
	c := tls.Server(counted{raw, g.bytes}, g.cfg)
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	err := c.HandshakeContext(ctx)
	cancel()
	g.mu.Lock()
	for i, s := range g.strangers {
		if s == raw {
			g.strangers = append(g.strangers[:i], g.strangers[i+1:]...)
			break
		}
	}
	g.mu.Unlock()
	if err != nil {
		raw.Close()
		return
	}
	select {
	case g.ready <- c:
	case <-g.done:
		raw.Close()
	}
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
