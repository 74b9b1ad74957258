package node

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"detente/charter"
	"detente/note"
)

// pair is two nodes or more with one channel, linked in memory.
type pair struct {
	t       testing.TB
	dir     string
	nodes   map[string]*Node
	channel note.Digest
	link    *memoryLink
	ctx     context.Context
	stop    context.CancelFunc
	stops   map[string]context.CancelFunc // of the nodes that run
}

// memoryLink hands pouches over without a network. A party that is down does
// not answer.
type memoryLink struct {
	mu   sync.Mutex
	to   map[string]*Node
	down map[string]bool
}

type linkEnd struct {
	l    *memoryLink
	from string
}

func (e linkEnd) reach(to Address) (*Node, error) {
	e.l.mu.Lock()
	defer e.l.mu.Unlock()
	n := e.l.to[to.Party]
	if n == nil || e.l.down[to.Party] || e.l.down[e.from] {
		return nil, fmt.Errorf("%s does not answer", to.Party)
	}
	return n, nil
}

func (e linkEnd) Exchange(ctx context.Context, to Address, pouch []byte) ([]byte, error) {
	n, err := e.reach(to)
	if err != nil {
		return nil, err
	}
	return n.Serve(ctx, e.from, bytes.NewReader(pouch))
}

func (e linkEnd) Part(_ context.Context, to Address, d note.Digest, offset int64) (io.ReadCloser, error) {
	n, err := e.reach(to)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(n.partPath(d))
	if err != nil {
		return nil, err
	}
	_, err = f.Seek(offset, io.SeekStart)
	return f, err
}

func (e linkEnd) Readings(ctx context.Context, to Address, question []byte) (io.ReadCloser, error) {
	n, err := e.reach(to)
	if err != nil {
		return nil, err
	}
	b, err := n.ServeReadings(ctx, e.from, bytes.NewReader(question))
	return io.NopCloser(bytes.NewReader(b)), err
}

func (l *memoryLink) setDown(party string, down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down[party] = down
}

// newPair founds a channel of the parties, all of them principals.
func newPair(t testing.TB, parties ...string) *pair { return newPairAt(t, nil, parties...) }

// newPairAt is newPair for parties that are reached at the addresses.
func newPairAt(t testing.TB, addresses map[string]string, parties ...string) *pair {
	p := &pair{t: t, dir: t.TempDir(), nodes: map[string]*Node{}, stops: map[string]context.CancelFunc{}, link: &memoryLink{to: map[string]*Node{}, down: map[string]bool{}}}
	p.ctx, p.stop = context.WithCancel(context.Background())
	c := charter.Charter{Exercise: true, Languages: []string{"en"}, Name: "Test", Purpose: "a test", Quota: charter.Quota{MaxBytes: 1 << 30, MaxPending: 100_000, NotesPerHour: 1_000_000}, Version: charter.Version}
	var credences [][]byte
	for _, party := range parties {
		dir := filepath.Join(p.dir, party)
		cred, err := Init(dir, InitOptions{Party: party, Name: "Party " + party, Addresses: []string{cmp.Or(addresses[party], "127.0.0.1:1")}})
		p.must(err)
		n := p.open(party)
		_, signed := n.Credence()
		credences = append(credences, signed)
		c.Members = append(c.Members, charter.Member{Credence: cred.Digest(), Identity: cred.Identity, Name: cred.Name, Party: party, Role: charter.Principal, Zone: "UTC",
			Offices: []charter.Office{{Code: "mfa", Name: "Ministry", Binds: []string{"*"}, Says: []string{"*"}}, {Code: "node", Name: "The node itself", Says: []string{"line"}}}})
	}
	signed, err := charter.NewSigned(c)
	p.must(err)
	for _, party := range parties {
		id, err := LoadIdentity(filepath.Join(p.dir, party)+".identity", "")
		p.must(err)
		p.must(signed.Add(id, party))
	}
	p.channel = signed.Digest
	for _, party := range parties {
		for _, d := range append(credences, signed.Bytes()) {
			_, _, err := p.nodes[party].AddDocument(p.ctx, d)
			p.must(err)
		}
	}
	t.Cleanup(func() {
		p.stop()
		for _, n := range p.nodes {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) open(party string) *Node {
	p.t.Helper()
	n, err := Open(p.ctx, Config{Dir: filepath.Join(p.dir, party), Link: linkEnd{p.link, party}})
	p.must(err)
	p.nodes[party] = n
	delete(p.stops, party)
	p.link.mu.Lock()
	p.link.to[party] = n
	p.link.mu.Unlock()
	return n
}

// start starts the nodes that do not run yet.
func (p *pair) start() {
	for party, n := range p.nodes {
		if p.stops[party] == nil {
			var ctx context.Context
			ctx, p.stops[party] = context.WithCancel(p.ctx)
			n.Start(ctx)
		}
	}
}

func (p *pair) say(party, precedence, body string) Ticket {
	p.t.Helper()
	t, err := p.nodes[party].Submit(p.ctx, Draft{Channel: p.channel, Act: "message/send", Office: "mfa", Precedence: precedence, Fields: map[string]any{"form": "note-verbale"},
		Content: &note.Content{Authentic: []string{"en"}, Texts: map[string]note.Wording{"subject": {"en": "A test"}, "body": {"en": body}}}})
	p.must(err)
	return t
}

// until waits for a condition of a node, and fails after a long time.
func (p *pair) until(party, what string, ok func(*Snapshot) bool) {
	p.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		changed := p.nodes[party].Changed()
		done := false
		p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) { done = ok(s) }))
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			p.t.Fatalf("%s: not within 30 s: %s", party, what)
		}
	}
}

// settled waits until both sides hold and have acknowledged everything, and
// their pictures are equal.
func (p *pair) settled() note.Digest {
	p.t.Helper()
	var first note.Digest
	for party := range p.nodes {
		p.until(party, "everything settled", func(s *Snapshot) bool {
			for _, e := range s.Register.Entries() {
				if e.Result != "kept" && !s.Register.Settled(e) {
					return false
				}
			}
			return len(s.Register.Entries()) > 0
		})
	}
	heads := map[string]uint64{}
	for party := range p.nodes {
		p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
			for o, n := range s.Register.Heads() {
				if old, ok := heads[o]; !ok || n < old {
					heads[o] = n
				}
			}
		}))
	}
	for party := range p.nodes {
		p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
			d, ok := s.Register.Picture(s.Docs.Principals(), heads)
			if !ok {
				p.t.Fatalf("%s has no picture of the common heads", party)
			}
			if first.IsZero() {
				first = d
			} else if d != first {
				p.t.Fatalf("%s has another picture", party)
			}
		}))
	}
	return first
}

func TestTwoNodesExchangeNotes(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.start()
	a := p.say("PAK", "routine", "one")
	b := p.say("IRN", "routine", "two")
	p.must(p.nodes["PAK"].WaitReceipt(p.ctx, a.ID, "IRN"))
	p.must(p.nodes["IRN"].WaitReceipt(p.ctx, b.ID, "PAK"))
	p.settled()
	c, _, err := p.nodes["IRN"].Content(a.ID)
	p.must(err)
	if c == nil || c.Texts["body"]["en"] != "one" {
		t.Fatalf("IRN reads %+v", c)
	}
	p.say("PAK", "routine", "three") // IRN writes nothing more, so it must ack this one
	p.until("PAK", "the picture of IRN's ack", func(s *Snapshot) bool { return s.Peers[0].Picture != nil && *s.Peers[0].Picture })
}

func TestABacklogArrivesInOrder(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.link.setDown("IRN", true)
	p.start()
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 16 {
				p.say("PAK", "routine", fmt.Sprint(i, j))
			}
		})
	}
	wg.Wait()
	p.link.setDown("IRN", false)
	p.settled()
}

func TestCourierInAnyOrder(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	var pouches [][]byte
	for i := range 5 {
		p.say("PAK", "routine", fmt.Sprint(i))
		var buf bytes.Buffer
		_, err := p.nodes["PAK"].PackPouch(p.ctx, p.channel, "IRN", &buf)
		p.must(err)
		pouches = append(pouches, buf.Bytes())
	}
	for _, i := range []int{2, 0, 4, 4, 1, 3} {
		_, err := p.nodes["IRN"].ApplyPouch(p.ctx, bytes.NewReader(pouches[i]))
		p.must(err)
	}
	for range 2 {
		for _, d := range [][2]string{{"IRN", "PAK"}, {"PAK", "IRN"}} {
			var buf bytes.Buffer
			_, err := p.nodes[d[0]].PackPouch(p.ctx, p.channel, d[1], &buf)
			p.must(err)
			_, err = p.nodes[d[1]].ApplyPouch(p.ctx, &buf)
			p.must(err)
		}
	}
	p.settled()
}

func TestReopen(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.start()
	a := p.say("PAK", "routine", "one")
	p.must(p.nodes["PAK"].WaitReceipt(p.ctx, a.ID, "IRN"))
	before := p.settled()
	p.stop()
	p.ctx, p.stop = context.WithCancel(context.Background())
	for party, n := range p.nodes {
		p.must(n.Close())
		p.open(party)
	}
	p.start()
	p.say("IRN", "flash", "two")
	if after := p.settled(); after == before {
		t.Fatal("the note after the restart is not in the picture")
	}
}
