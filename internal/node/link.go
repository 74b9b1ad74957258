package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"detente/note"
)

// tlsLink reaches peers over TLS 1.3, both ends pinned to the keys of their
// credences. "TLS protects the line; the record does not depend on it."
type tlsLink struct {
	n  *Node
	mu sync.Mutex
	to map[string]*client // by party
}

// client is the connection to one peer.
type client struct {
	http  *http.Client
	hosts string
	keys  string
	ring  int // which of this node's keys it shows: a peer that has not had the newest credence yet knows the one before
	host  int // which of the peer's addresses it tries
}

func newTLSLink(n *Node) *tlsLink { return &tlsLink{n: n, to: map[string]*client{}} }

// tlsConfig is what both ends have in common. "TLS 1.3 with X25519MLKEM768
// required": what is recorded today stays closed to tomorrow's machines.
func tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519MLKEM768}, NextProtos: []string{"http/1.1"}}
}

// pinName is the server name by which a client says which key it expects.
func pinName(key note.Digest) string { return key.String()[:32] + ".detente.invalid" }

// spkiOf returns what the credence pins of the certificate that a peer showed.
func spkiOf(raw [][]byte) (note.Digest, error) {
	if len(raw) == 0 {
		return note.Digest{}, errors.New("the other end shows no certificate")
	}
	c, err := x509.ParseCertificate(raw[0])
	if err != nil {
		return note.Digest{}, err
	}
	return sha256.Sum256(c.RawSubjectPublicKeyInfo), nil
}

func (l *tlsLink) client(to Address) (*client, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.to[to.Party]
	hosts, keys := strings.Join(to.Hosts, " "), fmt.Sprint(to.Keys)
	if c == nil || c.hosts != hosts || c.keys != keys {
		c = &client{hosts: hosts, keys: keys}
		l.to[to.Party] = c
	}
	if c.http == nil {
		c.http = l.dialer(to, c.ring)
	}
	return c, to.Hosts[c.host%len(to.Hosts)]
}

func (l *tlsLink) dialer(to Address, ring int) *http.Client {
	cfg := tlsConfig()
	rings := l.n.keyRings()
	cfg.Certificates = []tls.Certificate{rings[ring%len(rings)].tls}
	cfg.InsecureSkipVerify = true // there is no certificate authority; the key is pinned below
	cfg.ServerName = pinName(to.Keys[ring%len(to.Keys)])
	cfg.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
		key, err := spkiOf(raw)
		if err == nil && !slices.Contains(to.Keys, key) {
			err = fmt.Errorf("who answers is not %s: its key is not the one in the credence", to.Party)
		}
		return err
	}
	// A peer that redirects would have this node speak to whom it likes, without TLS too.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{CheckRedirect: stay, Transport: &http.Transport{TLSClientConfig: cfg, DialContext: l.n.dial,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 2, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true}}
}

// failed lets the next try show another key, and go to another address.
func (l *tlsLink) failed(c *client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.http != nil {
		c.http.CloseIdleConnections()
		c.http = nil
	}
	c.ring++
	c.host++
}

func (l *tlsLink) do(ctx context.Context, to Address, method, path string, body io.Reader, set func(*http.Request)) (*http.Response, error) {
	if len(to.Hosts) == 0 || len(to.Keys) == 0 {
		return nil, fmt.Errorf("no address or no key of %s is known", to.Party)
	}
	c, host := l.client(to)
	req, err := http.NewRequestWithContext(ctx, method, "https://"+host+path, body)
	if err != nil {
		return nil, err
	}
	set(req)
	resp, err := c.http.Do(req)
	if err != nil {
		l.failed(c)
		return nil, err
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent {
		return resp, nil
	}
	defer resp.Body.Close()
	why, _ := io.ReadAll(io.LimitReader(resp.Body, 2000))
	if resp.StatusCode == http.StatusForbidden {
		l.failed(c)
	}
	err = fmt.Errorf("%s answered %s: %s", to.Party, resp.Status, strings.ToValidUTF8(strings.TrimSpace(string(why)), "?"))
	if resp.StatusCode == http.StatusBadRequest {
		return nil, &Bad{err}
	}
	return nil, &Answered{err}
}

// Answered says that a peer answered, and not with what was asked for.
type Answered struct{ Err error }

func (e *Answered) Error() string { return e.Err.Error() }
func (e *Answered) Unwrap() error { return e.Err }

func (l *tlsLink) Exchange(ctx context.Context, to Address, pouch []byte) ([]byte, error) {
	resp, err := l.do(ctx, to, http.MethodPost, "/line/exchange", bytes.NewReader(pouch), func(r *http.Request) { r.Header.Set("Content-Type", pouchType) })
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxPouch+1))
	if err == nil && len(b) > maxPouch {
		err = errors.New("the answer is longer than a pouch may be")
	}
	return b, err
}

func (l *tlsLink) Part(ctx context.Context, to Address, digest note.Digest, offset int64) (io.ReadCloser, error) {
	resp, err := l.do(ctx, to, http.MethodGet, "/line/part/"+digest.String(), nil, func(r *http.Request) {
		if offset > 0 {
			r.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		}
	})
	if err != nil {
		return nil, err
	}
	if offset > 0 && resp.StatusCode != http.StatusPartialContent {
		resp.Body.Close()
		return nil, fmt.Errorf("%s does not resume an attachment", to.Party)
	}
	return resp.Body, nil
}

func (l *tlsLink) Readings(ctx context.Context, to Address, question []byte) (io.ReadCloser, error) {
	resp, err := l.do(ctx, to, http.MethodPost, "/line/readings", bytes.NewReader(question), func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Traffic returns how many bytes have gone over the line, both ways, TLS
// included, since the node was opened.
func (n *Node) Traffic() int64 { return n.traffic.Load() }

func (n *Node) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := n.cfg.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return counted{c, &n.traffic}, nil
}

// counted is a connection whose bytes are counted.
type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.n.Add(int64(n))
	return n, err
}
