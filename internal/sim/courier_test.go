package sim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/node"
	"detente/internal/store"
	"detente/note"
	"detente/register"
	"detente/scenario"
)

// courier plays a scenario between nodes that never meet.
type courier struct {
	t        *testing.T
	s        *scenario.Scenario
	now      time.Time
	rng      *rand.Rand
	dir      string
	nodes    map[string]*node.Node
	papers   map[string][][]byte    // by channel
	channels map[string]note.Digest // by code
	bags     map[string][]pouchFile // pouches on their way, by party
	placed   map[string]scenario.Placed
	applied  int
}

type pouchFile struct {
	from string
	body []byte
}

func (c *courier) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *courier) open(party string, link node.Link) *node.Node {
	n, err := node.Open(context.Background(), node.Config{Dir: filepath.Join(c.dir, party), Now: func() time.Time { return c.now }, Link: link})
	c.must(err)
	return n
}

// found makes the nodes and the channels of the scenario.
func (c *courier) found() {
	ctx := context.Background()
	all := map[string]*profile{}
	for _, p := range c.s.Parties {
		q := &profile{code: p.Code, dir: filepath.Join(c.dir, p.Code)}
		var err error
		q.credence, err = node.Init(q.dir, node.InitOptions{Party: p.Code, Name: p.Name, Addresses: []string{"127.0.0.1:1"}})
		c.must(err)
		q.identity, err = node.LoadIdentity(q.dir+".identity", "")
		c.must(err)
		q.signed, err = q.credence.Sign(q.identity)
		c.must(err)
		all[p.Code] = q
		c.nodes[p.Code] = c.open(p.Code, nobody{})
	}
	for _, ch := range c.s.Channels {
		text, err := c.s.Charter(ch.Code, func(party string) (note.Digest, feed.Public, error) {
			return all[party].credence.Digest(), all[party].credence.Identity, nil
		})
		c.must(err)
		signed, err := charter.NewSigned(text)
		c.must(err)
		for _, m := range ch.Members {
			c.must(signed.Add(all[m.Party].identity, m.Party))
			c.papers[ch.Code] = append(c.papers[ch.Code], all[m.Party].signed)
		}
		c.channels[ch.Code] = signed.Digest
		c.papers[ch.Code] = append(c.papers[ch.Code], signed.Bytes())
		for _, m := range ch.Members {
			for _, paper := range c.papers[ch.Code] {
				_, _, err := c.nodes[m.Party].AddDocument(ctx, paper)
				c.must(err)
			}
		}
	}
}

// nobody is the line of a node that reaches no one.
type nobody struct{}

func (nobody) Exchange(context.Context, node.Address, []byte) ([]byte, error) { return nil, errLine }
func (nobody) Readings(context.Context, node.Address, []byte) (io.ReadCloser, error) {
	return nil, errLine
}

func (nobody) Part(context.Context, node.Address, note.Digest, int64) (io.ReadCloser, error) {
	return nil, errLine
}

// pack puts a pouch of everything that a party may need in the other's bag.
func (c *courier) pack(channel, from, to string) {
	var b bytes.Buffer
	_, err := c.nodes[from].PackPouch(context.Background(), c.channels[channel], to, &b)
	c.must(err)
	c.bags[to] = append(c.bags[to], pouchFile{from, b.Bytes()})
}

// apply hands over one pouch of a party's bag, which stays in it: it may come
// again, and after those that were packed later.
func (c *courier) apply(to string, i int) {
	c.applied++
	if _, err := c.nodes[to].ApplyPouch(context.Background(), bytes.NewReader(c.bags[to][i].body)); err != nil {
		c.t.Fatalf("pouch %d of %s for %s: %v", i, c.bags[to][i].from, to, err)
	}
}

// need hands over the bag, the newest pouch first, until the note is held.
func (c *courier) need(party string, id note.ID) {
	for i := range slices.Backward(c.bags[party]) {
		if _, _, err := c.nodes[party].Entry(id); err == nil {
			return
		}
		c.apply(party, i)
	}
	if _, _, err := c.nodes[party].Entry(id); err != nil {
		c.t.Fatalf("%s needs %s, and no pouch has brought it", party, id.Short())
	}
}

func (c *courier) play() {
	for i := range c.s.Steps {
		st := &c.s.Steps[i]
		if st.Kind != scenario.Note {
			continue
		}
		c.now = st.At
		// What it speaks of, and what both sides have said of it, must have come.
		for _, label := range slices.Sorted(maps.Keys(c.placed)) {
			p := c.placed[label]
			if other, _ := c.s.Step(label); label == st.On || (st.On != "" && other.On == st.On) {
				c.need(st.Party, p.ID)
			}
		}
		move, err := st.Move(func(label string) (scenario.Placed, bool) {
			p, ok := c.placed[label]
			if ok {
				c.need(st.Party, p.ID)
			}
			return p, ok
		})
		c.must(err)
		content := *st.Content
		ticket, err := c.nodes[st.Party].Submit(context.Background(), node.Draft{Channel: c.channels[st.Channel], Act: st.Act, Matter: move.Matter, Office: st.Office,
			Precedence: st.Precedence, Audience: st.Audience, Fields: move.Fields, Content: &content})
		if err != nil {
			c.t.Fatalf("%s: %v", st.Label, err)
		}
		placed := scenario.Placed{ID: ticket.ID}
		for _, p := range ticket.Parts {
			if p.Name == note.PartContent {
				placed.Content = p.Plain
			}
		}
		c.placed[st.Label] = placed
		ch, _ := c.s.Channel(st.Channel)
		for _, m := range ch.Members {
			if m.Party == st.Party {
				continue
			}
			c.pack(st.Channel, st.Party, m.Party)
			if c.rng.IntN(4) == 0 { // an old pouch turns up
				c.apply(m.Party, c.rng.IntN(len(c.bags[m.Party])))
			}
		}
	}
	c.now = c.s.End
	for _, party := range slices.Sorted(maps.Keys(c.bags)) { // all of them once more, in any order
		for _, i := range c.rng.Perm(len(c.bags[party])) {
			c.apply(party, i)
		}
	}
	for range 3 { // acks
		for _, ch := range c.s.Channels {
			for _, a := range ch.Members {
				for _, b := range ch.Members {
					if a != b {
						c.pack(ch.Code, a.Party, b.Party)
						c.apply(b.Party, len(c.bags[b.Party])-1)
					}
				}
			}
		}
	}
}

// pictures returns the pictures of every audience over the heads given, or,
// where there are none, over those that the node holds.
func (c *courier) pictures(n *node.Node, channel string, heads map[string]uint64) (out map[string]note.Digest, over map[string]uint64) {
	out = map[string]note.Digest{}
	c.must(n.Read(c.channels[channel], func(s *node.Snapshot) {
		if over = heads; over == nil {
			over = s.Register.Heads()
		}
		for _, a := range s.Register.Audiences() {
			d, ok := s.Register.Picture(a, over)
			if !ok {
				c.t.Errorf("%s has no picture of %v over %v", n.Party(), a, over)
			}
			out[fmt.Sprint(a)] = d
		}
	}))
	return out, over
}

// Nodes that never meet play the whole of January 2024 by pouch files, late,
// twice and in the wrong order. Then a fresh node of each side, with its keys
// and documents and nothing else, is told the very same notes over the line:
// it comes to the same picture.
func TestJanuaryByPouch(t *testing.T) {
	s, err := scenario.January2024()
	if err != nil {
		t.Fatal(err)
	}
	c := &courier{t: t, s: s, now: s.Start, rng: rand.New(rand.NewPCG(1, 2)), dir: t.TempDir(), nodes: map[string]*node.Node{}, papers: map[string][][]byte{},
		channels: map[string]note.Digest{}, bags: map[string][]pouchFile{}, placed: map[string]scenario.Placed{}}
	c.found()
	defer func() {
		for _, n := range c.nodes {
			c.must(n.Close())
		}
	}()
	c.play()
	for _, ch := range s.Channels {
		for _, m := range ch.Members {
			c.must(c.nodes[m.Party].Read(c.channels[ch.Code], func(s *node.Snapshot) {
				for _, e := range s.Register.Entries() {
					if e.Result != register.Applied && e.Result != register.Kept {
						t.Errorf("%s, %s: %s is %s: %s", m.Party, ch.Code, e.ID.Short(), e.Result, e.Reason)
					}
					if e.Result == register.Applied && !s.Register.Settled(e) {
						t.Errorf("%s, %s: %s is not settled", m.Party, ch.Code, e.ID.Short())
					}
				}
			}))
			c.compare(ch.Code, m.Party)
		}
	}
	t.Logf("%d notes, %d pouches applied", len(c.placed), c.applied)
}

// compare compares a node with the others of the channel, and with a fresh one
// that hears everything over the line.
func (c *courier) compare(channel, party string) {
	want, heads := c.pictures(c.nodes[party], channel, nil)
	if len(want) == 0 {
		c.t.Fatalf("%s has no picture of %s", party, channel)
	}
	ch, _ := c.s.Channel(channel)
	for _, m := range ch.Members {
		// The last ack of either may not have reached the other.
		common := map[string]uint64{}
		_, others := c.pictures(c.nodes[m.Party], channel, nil)
		for o, n := range heads {
			common[o] = min(n, others[o])
		}
		a, _ := c.pictures(c.nodes[party], channel, common)
		b, _ := c.pictures(c.nodes[m.Party], channel, common)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			c.t.Errorf("%s, %s: the pictures of %s and %s differ", channel, party, party, m.Party)
		}
	}
	fresh := c.fresh(channel, party)
	defer fresh.Close()
	got, _ := c.pictures(fresh, channel, heads)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("%s, %s: by pouch the pictures are\n%v\nover the line\n%v", channel, party, want, got)
	}
}

// fresh makes a node with a party's keys and the documents of a channel, and
// lets it fetch everything over the line from the others.
func (c *courier) fresh(channel, party string) *node.Node {
	dir := c.t.TempDir()
	c.must(newFolder(dir, filepath.Join(c.dir, party), true))
	ledger, err := store.Open(dir)
	c.must(err)
	papers, err := documents(c.papers[channel])
	c.must(err)
	c.must(ledger.Commit(context.Background(), papers))
	ctx, stop := context.WithCancel(context.Background())
	n, err := node.Open(ctx, node.Config{Dir: dir, Store: ledger, Now: func() time.Time { return c.now }, Link: direct{c, party}})
	c.must(err)
	_, want := c.pictures(c.nodes[party], channel, nil)
	n.Start(ctx)
	deadline := time.After(30 * time.Second)
	for {
		changed := n.Changed()
		done := true
		c.must(n.Read(c.channels[channel], func(s *node.Snapshot) {
			got := s.Register.Heads()
			for o, size := range want {
				done = done && got[o] >= size
			}
			for _, e := range s.Register.Entries() {
				done = done && e.Trouble != register.Missing
			}
		}))
		if done {
			break
		}
		select {
		case <-changed:
		case <-deadline:
			c.t.Fatalf("%s did not get everything over the line", party)
		}
	}
	stop()
	return n
}

// direct is a line to the nodes of the courier, which themselves never call.
type direct struct {
	c    *courier
	from string
}

func (d direct) Exchange(ctx context.Context, to node.Address, body []byte) ([]byte, error) {
	return d.c.nodes[to.Party].Serve(ctx, d.from, bytes.NewReader(body))
}

func (direct) Readings(context.Context, node.Address, []byte) (io.ReadCloser, error) {
	return nil, errLine
}

func (d direct) Part(context.Context, node.Address, note.Digest, int64) (io.ReadCloser, error) {
	return nil, errLine
}
