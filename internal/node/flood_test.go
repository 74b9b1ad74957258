package node

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"detente/note"
	"detente/pouch"
)

// besieged is a channel over real TLS on loopback: IRN and TUR run, PAK is a
// traitor with a listener of its own.
type besieged struct {
	*traitor
	at       map[string]string // addresses
	listener net.Listener      // of PAK
}

func besiege(t *testing.T, patience patience) *besieged {
	b := &besieged{at: map[string]string{}}
	listeners := map[string]net.Listener{}
	parties := []string{"IRN", "PAK", "TUR"}
	for _, party := range parties {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[party], b.at[party] = l, l.Addr().String()
	}
	p := newPairAt(t, b.at, parties...)
	for _, party := range parties {
		p.must(p.nodes[party].Close())
		n, err := Open(p.ctx, Config{Dir: filepath.Join(p.dir, party)})
		p.must(err)
		n.patience = patience
		p.nodes[party] = n
	}
	b.traitor = &traitor{p: p, party: "PAK", n: p.nodes["PAK"], parts: map[note.Digest][]byte{}, seen: map[string]note.Head{}}
	b.listener = listeners["PAK"]
	delete(p.nodes, "PAK")
	var serving sync.WaitGroup
	t.Cleanup(func() {
		p.stop()
		b.listener.Close()
		serving.Wait()
		if err := b.n.Close(); err != nil {
			t.Error(err)
		}
	})
	for party, n := range p.nodes {
		serving.Go(func() {
			if err := n.ServeLine(p.ctx, listeners[party]); err != nil {
				t.Error(err)
			}
		})
	}
	p.start()
	return b
}

// tls is a configuration with the traitor's own key.
func (b *besieged) tls() *tls.Config {
	cfg := tlsConfig()
	cfg.Certificates = []tls.Certificate{b.n.rings[0].tls}
	cfg.InsecureSkipVerify = true
	return cfg
}

func (b *besieged) client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: b.tls(), DisableCompression: true}}
}

// post sends a body to IRN's line, and returns the status and what was said.
func (b *besieged) post(body io.Reader, set func(*http.Request)) (int, string) {
	b.p.t.Helper()
	req, err := http.NewRequest(http.MethodPost, "https://"+b.at["IRN"]+"/line/exchange", body)
	b.p.must(err)
	req.Header.Set("Content-Type", pouchType)
	set(req)
	c := b.client()
	defer c.CloseIdleConnections()
	resp, err := c.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, string(said)
}

// bounded watches the heap while fn runs.
func bounded(t *testing.T, limit uint64, fn func()) {
	t.Helper()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	most := make(chan uint64)
	go func() {
		var m runtime.MemStats
		var top uint64
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-tick.C:
				runtime.ReadMemStats(&m)
				top = max(top, m.HeapAlloc)
			case <-done:
				tick.Stop()
				most <- top
				return
			}
		}
	}()
	fn()
	close(done)
	if top := <-most; top > before.HeapAlloc+limit {
		t.Errorf("the heap grew by %d MB; the limit is %d", (top-before.HeapAlloc)>>20, limit>>20)
	}
}

// endless gives bytes for as long as anybody reads.
type endless struct {
	head []byte
	unit []byte
	read atomic.Int64
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.head) == 0 {
		e.head = e.unit
	}
	n := copy(b, e.head)
	e.head = e.head[n:]
	e.read.Add(int64(n))
	return n, nil
}

// endlessPouch begins as a sound pouch and goes on with sound records for ever.
func (b *besieged) endlessPouch() *endless {
	whole := b.pouch(b.have())
	var unit bytes.Buffer
	w := pouch.NewWriter(&unit)
	for _, r := range b.chunks(note.Sum(nil), make([]byte, 1<<20)) {
		b.p.must(w.Put(r))
	}
	return &endless{head: whole[:len(whole)-pouch.EndSize], unit: unit.Bytes()[len(pouch.Magic):]}
}

func bomb(size int) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	zeros := make([]byte, 1<<20)
	for range size >> 20 {
		w.Write(zeros)
	}
	w.Close()
	return buf.Bytes()
}

// Bodies that nobody should read to their end.
func TestHostileRequests(t *testing.T) {
	b := besiege(t, usualPatience)
	zip := bomb(512 << 20)
	for _, c := range []struct {
		name   string
		body   func() io.Reader
		set    func(*http.Request)
		status int
		want   string
	}{
		{"gzip", func() io.Reader { return bytes.NewReader(zip) }, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, "not compressed"},
		{"gzip, not said", func() io.Reader { return bytes.NewReader(zip) }, func(*http.Request) {}, 400, "pouch"},
		{"no pouch", func() io.Reader { return strings.NewReader("{}") }, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 415, pouchType},
		{"endless", func() io.Reader { return b.endlessPouch() }, func(*http.Request) {}, 400, "over the limit|too large"},
		{"endless zeros", func() io.Reader { return &endless{unit: make([]byte, 1<<16)} }, func(*http.Request) {}, 400, "pouch"},
		{"headers without end", func() io.Reader { return nil }, func(r *http.Request) { r.Header.Set("X", strings.Repeat("x", 1<<20)) }, 431, ""},
		{"empty", func() io.Reader { return nil }, func(*http.Request) {}, 400, "pouch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bounded(t, 128<<20, func() {
				body := c.body()
				status, said := b.post(body, c.set)
				if e, ok := body.(*endless); ok && e.read.Load() > 4*maxPouch {
					t.Errorf("%d bytes were read", e.read.Load())
				}
				if e, ok := body.(*endless); ok && status == 0 && e != nil {
					return // cut off before the answer could be read
				}
				if status != c.status || !slices.ContainsFunc(strings.Split(c.want, "|"), func(w string) bool { return strings.Contains(said, w) }) {
					t.Errorf("status %d, %.300q", status, said)
				}
			})
		})
	}
	b.goesOn()
}

// Peers that send next to nothing are waited for only so long.
func TestSlowPeers(t *testing.T) {
	b := besiege(t, patience{handshake: 300 * time.Millisecond, headers: 300 * time.Millisecond, body: 600 * time.Millisecond})
	trickle := func(conn net.Conn, head string, piece string) error {
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		gone := make(chan struct{})
		go func() { io.Copy(io.Discard, conn); close(gone) }()
		if _, err := io.WriteString(conn, head); err != nil {
			return nil
		}
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(25 * time.Second); time.Now().Before(deadline); {
			select {
			case <-gone:
				return nil
			case <-tick.C:
				if _, err := io.WriteString(conn, piece); err != nil {
					return nil
				}
			}
		}
		return errors.New("it is still listened to")
	}
	var wg sync.WaitGroup
	for range 20 { // more than one peer's share of requests
		for name, open := range map[string]func() (net.Conn, string, string){
			"headers": func() (net.Conn, string, string) {
				c, err := tls.Dial("tcp", b.at["IRN"], b.tls())
				if err != nil {
					return nil, "", ""
				}
				return c, "POST /line/exchange HTTP/1.1\r\n", "X"
			},
			"body": func() (net.Conn, string, string) {
				c, err := tls.Dial("tcp", b.at["IRN"], b.tls())
				if err != nil {
					return nil, "", ""
				}
				return c, "POST /line/exchange HTTP/1.1\r\nHost: x\r\nContent-Type: " + pouchType + "\r\nContent-Length: 1000000\r\n\r\n" + pouch.Magic + "\x05\x00\x0f\x00\x00", "d"
			},
			"handshake": func() (net.Conn, string, string) {
				c, err := net.Dial("tcp", b.at["IRN"])
				if err != nil {
					return nil, "", ""
				}
				return c, "\x16\x03\x01\x02\x00", "\x00"
			},
		} {
			wg.Go(func() {
				c, head, piece := open()
				if c == nil {
					return // dropped for a newer one already
				}
				if err := trickle(c, head, piece); err != nil {
					t.Errorf("slow %s: %v", name, err)
				}
			})
		}
	}
	b.goesOn()
	wg.Wait()
	b.goesOn()
}

// Ten thousand connections that never show a key, and hundreds that do, keep
// no peer out.
func TestTenThousandConnections(t *testing.T) {
	want := 10_000
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		t.Fatal(err)
	}
	raised := lim
	raised.Cur = lim.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &raised); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &lim)
	if raised.Cur < uint64(want)+4000 {
		t.Skipf("only %d files may be open here", raised.Cur)
	}
	b := besiege(t, patience{handshake: time.Minute, headers: time.Minute, body: time.Minute})
	b.goesOn()
	before := runtime.NumGoroutine()
	hello := []byte{0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03} // the beginning of a ClientHello
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	bounded(t, 256<<20, func() {
		for i := range want {
			c, err := net.Dial("tcp", b.at[[]string{"IRN", "TUR"}[i%2]])
			if err != nil {
				t.Fatalf("connection %d: %v", i, err)
			}
			if i%3 > 0 {
				c.Write(hello[:i%len(hello)])
			}
			conns = append(conns, c)
			if i%2500 == 2499 {
				b.goesOn()
			}
		}
		var oldest net.Conn
		for range 4 * maxGuests { // with a pinned key
			c, err := tls.Dial("tcp", b.at["IRN"], b.tls())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
			if oldest == nil {
				oldest = c
			}
		}
		b.goesOn()
		oldest.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := oldest.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("of one key %d connections are kept: %v", 4*maxGuests, err)
		}
	})
	if n := runtime.NumGoroutine(); n > before+2*maxStrangers+4*maxGuests+200 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

// Who is in no credence gets no further than the handshake.
func TestStrangersAtTheDoor(t *testing.T) {
	b := besiege(t, usualPatience)
	other := t.TempDir()
	_, err := Init(filepath.Join(other, "XXX"), InitOptions{Party: "XXX", Name: "X"})
	b.p.must(err)
	rings, err := loadRings(filepath.Join(other, "XXX"))
	b.p.must(err)
	cfg := func(change func(*tls.Config)) *tls.Config {
		c := b.tls()
		change(c)
		return c
	}
	for name, c := range map[string]*tls.Config{
		"no key":              cfg(func(c *tls.Config) { c.Certificates = nil }),
		"another key":         cfg(func(c *tls.Config) { c.Certificates = []tls.Certificate{rings[0].tls} }),
		"no post-quantum key": cfg(func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519} }),
		"TLS 1.2":             cfg(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }),
	} {
		conn, err := tls.Dial("tcp", b.at["IRN"], c)
		if err != nil {
			continue
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(conn, "GET /line/part/x HTTP/1.1\r\nHost: x\r\n\r\n")
		if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
			t.Errorf("%s: answered %q", name, line)
		}
		conn.Close()
	}
	b.goesOn()
}

// A peer that answers with what nobody should read, or sends elsewhere.
func TestHostileAnswers(t *testing.T) {
	elsewhere := make(chan string, 100)
	trap := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { elsewhere <- r.URL.Path }))
	defer trap.Close()
	zip := bomb(512 << 20)
	for name, answer := range map[string]func(b *besieged, w http.ResponseWriter, r *http.Request){
		"a redirect": func(_ *besieged, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, trap.URL+"/line/exchange", http.StatusTemporaryRedirect)
		},
		"a gzip bomb": func(_ *besieged, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zip)
		},
		"no end":  func(b *besieged, w http.ResponseWriter, _ *http.Request) { io.Copy(w, b.endlessPouch()) },
		"garbage": func(_ *besieged, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") },
		"an error without end": func(_ *besieged, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			io.Copy(w, &endless{unit: bytes.Repeat([]byte("\x1b[2J"), 1<<14)})
		},
		"headers without end": func(_ *besieged, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 4<<20))
		},
		"never": func(_ *besieged, _ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := besiege(t, usualPatience)
			cfg := b.tls()
			cfg.ClientAuth = tls.RequireAnyClientCert
			asked := make(chan struct{}, 1000)
			ctx, stop := context.WithCancel(context.Background())
			srv := &http.Server{ErrorLog: discardLog, BaseContext: func(net.Listener) context.Context { return ctx }, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				select {
				case asked <- struct{}{}:
				default:
				}
				answer(b, w, r)
			})}
			var serving sync.WaitGroup
			serving.Go(func() { srv.Serve(tls.NewListener(b.listener, cfg)) })
			defer func() { stop(); srv.Close(); serving.Wait() }()
			bounded(t, 128<<20, func() {
				for range 2 {
					select {
					case <-asked:
					case <-time.After(30 * time.Second):
						t.Fatal("nobody called")
					}
				}
				b.goesOn()
			})
			if name != "never" {
				b.p.until("IRN", "what was wrong", func(s *Snapshot) bool {
					i := slices.IndexFunc(s.Peers, func(i PeerInfo) bool { return i.Party == "PAK" })
					return s.Peers[i].LastError != "" && len(s.Peers[i].LastError) < 4000
				})
			}
		})
	}
	select {
	case path := <-elsewhere:
		t.Errorf("a redirect was followed to %s", path)
	default:
	}
}
