package demo

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// lines are the lines of all parties. A party whose line is down reaches
// nobody, and nobody reaches it.
type lines struct {
	mu    sync.Mutex
	at    map[string]string // party, by its address
	down  map[string]bool
	conns map[*conn]bool
}

// conn is a connection on the lines of two parties.
type conn struct {
	net.Conn
	l       *lines
	parties [2]string
}

func newLines() *lines {
	return &lines{at: map[string]string{}, down: map[string]bool{}, conns: map[*conn]bool{}}
}

// dialer returns what the node of a party dials with.
func (l *lines) dialer(from string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		c := &conn{raw, l, [2]string{from, l.at[addr]}}
		if party, down := l.cut(c); down {
			raw.Close() //nolint:errcheck // nothing was sent on it
			return nil, fmt.Errorf("the line of %s is down", party)
		}
		l.conns[c] = true
		return c, nil
	}
}

// cut returns the party whose line being down ends the connection.
func (l *lines) cut(c *conn) (party string, down bool) {
	for _, p := range c.parties {
		if l.down[p] {
			return p, true
		}
	}
	return "", false
}

func (l *lines) set(party string, down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down[party] = down
	for c := range l.conns {
		if _, down := l.cut(c); down {
			c.Conn.Close() //nolint:errcheck // it is cut off
			delete(l.conns, c)
		}
	}
}

func (l *lines) isDown(party string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down[party]
}

func (c *conn) Close() error {
	c.l.mu.Lock()
	delete(c.l.conns, c)
	c.l.mu.Unlock()
	return c.Conn.Close()
}
