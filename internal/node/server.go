package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"detente/internal/store"
	"detente/note"
)

const pouchType = "application/vnd.detente.pouch"

// perPeer is how many requests of one peer are served at a time.
const perPeer = 8

// patience is how long a peer is waited for.
type patience struct {
	handshake, headers, body time.Duration
}

var usualPatience = patience{handshakeTimeout, 10 * time.Second, exchangeTimeout}

// ListenAndServe serves peers on addr until ctx ends.
func (n *Node) ListenAndServe(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return n.ServeLine(ctx, l)
}

// ServeLine serves peers on l until ctx ends.
func (n *Node) ServeLine(ctx context.Context, l net.Listener) error {
	srv := &http.Server{Handler: n.Handler(), ReadHeaderTimeout: n.patience.headers, ReadTimeout: n.patience.body, WriteTimeout: 10 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: discardLog, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	err := srv.Serve(newGate(l, n.serverTLS(), n.patience.handshake, &n.traffic))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serverTLS asks for a certificate whose key is pinned in a credence, and
// shows the key that the client says it expects.
func (n *Node) serverTLS() *tls.Config {
	cfg := tlsConfig()
	cfg.ClientAuth = tls.RequireAnyClientCert
	cfg.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		rings := n.keyRings()
		for _, r := range rings {
			if pinName(r.spki) == hello.ServerName {
				return &r.tls, nil
			}
		}
		return &rings[0].tls, nil
	}
	cfg.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
		key, err := spkiOf(raw)
		if err == nil && n.partyOf(key) == "" {
			err = errors.New("the key is in no credence of a channel")
		}
		return err
	}
	return cfg
}

// partyOf returns the party whose credence holds a TLS key.
func (n *Node) partyOf(key note.Digest) string {
	for _, c := range n.all() {
		c.mu.RLock()
		for _, m := range c.docs.Members() {
			for _, k := range c.docs.TLSKeys(m.Party) {
				if k == key && m.Party != n.party {
					c.mu.RUnlock()
					return m.Party
				}
			}
		}
		c.mu.RUnlock()
	}
	return ""
}

// routes is all that a peer can ask for: /line takes and gives pouches and
// attachments, and says how this node reads the record; /log is the tiled logs
// that it holds; /witness cosigns.
func (n *Node) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"POST /line/exchange":            n.serveExchange,
		"GET /line/part/{digest}":        n.servePart,
		"POST /line/readings":            n.serveReadings,
		"GET /log/{feed}/{path...}":      n.serveLog,
		"POST /witness/add-checkpoint":   n.serveAddCheckpoint,
		"GET /witness/{feed}/checkpoint": n.serveWitnessed,
	}
}

// Handler serves pinned peers, by routes.
func (n *Node) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range n.routes() {
		mux.HandleFunc(pattern, serve)
	}
	busy := &limiter{perPeer: perPeer, now: map[string]int{}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		party, key := n.peerOf(r)
		switch {
		case party == "":
			http.Error(w, "the key is in no credence of a channel of this node", http.StatusForbidden)
		case !busy.enter(party):
			w.Header().Set("Retry-After", "1")
			http.Error(w, fmt.Sprintf("%d requests of %s are being served; try again", perPeer, party), http.StatusTooManyRequests)
		default:
			defer busy.leave(party)
			mux.ServeHTTP(w, r.WithContext(context.WithValue(context.WithValue(r.Context(), partyKey{}, party), tlsKey{}, key)))
		}
	})
}

// Who calls, by its code and by its key. Codes are chosen freely: the PAK of
// one channel may be another than that of the next, so what a caller may do on
// a channel goes by its key; see speaksFor.
type (
	partyKey struct{}
	tlsKey   struct{}
)

func caller(r *http.Request) string { return callerOf(r.Context()) }

func callerOf(ctx context.Context) string {
	party, _ := ctx.Value(partyKey{}).(string)
	return party
}

// speaksFor reports whether who calls is the party of that code on the channel.
// Without a key in ctx the caller is this program itself.
func (c *channel) speaksFor(ctx context.Context, party string) bool {
	key, ok := ctx.Value(tlsKey{}).(note.Digest)
	if !ok {
		return true
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, member := c.docs.Member(party)
	return member && slices.Contains(c.docs.TLSKeys(party), key)
}

func (n *Node) peerOf(r *http.Request) (string, note.Digest) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return "", note.Digest{}
	}
	key, err := spkiOf([][]byte{r.TLS.PeerCertificates[0].Raw})
	if err != nil {
		return "", key
	}
	return n.partyOf(key), key
}

// limiter bounds what one peer can keep busy.
type limiter struct {
	perPeer int
	mu      sync.Mutex
	now     map[string]int
}

func (l *limiter) enter(party string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now[party] >= l.perPeer {
		return false
	}
	l.now[party]++
	return true
}

func (l *limiter) leave(party string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now[party]--; l.now[party] == 0 {
		delete(l.now, party)
	}
}

func (n *Node) serveExchange(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Content-Type") != pouchType:
		http.Error(w, "want a pouch: "+pouchType, http.StatusUnsupportedMediaType)
		return
	case r.Header.Get("Content-Encoding") != "":
		http.Error(w, "a pouch is not compressed", http.StatusUnsupportedMediaType)
		return
	}
	p, out, err := n.serve(r.Context(), caller(r), http.MaxBytesReader(w, r.Body, maxPouch))
	var bad *Bad
	switch {
	case errors.As(err, &bad):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		n.log.Error("an exchange failed", "from", caller(r), "err", err)
		http.Error(w, "this node cannot store now; nothing was taken, try again", http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", pouchType)
		began := time.Now()
		_, err := w.Write(out)
		p.paced(len(out), time.Since(began), err)
	}
}

// servePart gives a sealed attachment to those it is addressed to, from
// wherever the peer left off.
func (n *Node) servePart(w http.ResponseWriter, r *http.Request) {
	digest, err := note.ParseDigest(r.PathValue("digest"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p, err := n.store.Part(digest)
	if err != nil || p.State != store.InFile || !n.addressed(p, caller(r)) || !n.memberOf(r.Context(), p.ID.Origin) {
		http.Error(w, "no such attachment for "+caller(r), http.StatusNotFound)
		return
	}
	f, err := os.Open(n.partPath(digest))
	if err != nil {
		http.Error(w, "the attachment is not here now", http.StatusNotFound)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// memberOf reports whether who calls is a party of the channel of a feed.
func (n *Node) memberOf(ctx context.Context, origin string) bool {
	_, id, _, err := note.ParseOrigin(origin)
	if err != nil {
		return false
	}
	c, err := n.channel(id)
	return err == nil && c.speaksFor(ctx, callerOf(ctx))
}

// addressed reports whether the note that names a part is for the party.
func (n *Node) addressed(p store.Part, party string) bool {
	leaf, err := n.store.Entry(p.ID)
	if err != nil {
		return false
	}
	h, err := note.Parse(leaf)
	return err == nil && h.For(party)
}

// scopeOf returns what a party may read of the channel of an origin: hashes,
// headers or full.
func (n *Node) scopeOf(origin, party string) string {
	_, id, _, err := note.ParseOrigin(origin)
	if err != nil {
		return ""
	}
	c, err := n.channel(id)
	if err != nil {
		return ""
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	m, ok := c.docs.Member(party)
	switch {
	case !ok:
		return ""
	case m.Role == "observer":
		return m.Scope
	}
	return "full"
}
