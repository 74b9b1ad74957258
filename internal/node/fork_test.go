package node

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"detente/audit"
	"detente/charter"
	"detente/feed"
	"detente/note"
	"detente/pouch"
)

// stranger checks a proof as a program does that knows only credences.
func (a *traitor) stranger(text []byte) string {
	a.p.t.Helper()
	if bytes.HasPrefix(text, []byte(audit.MisconductType)) {
		m, err := audit.ParseMisconduct(text)
		a.p.must(err)
		list := []charter.Credence{a.credence(a.party)}
		for party := range a.p.nodes {
			list = append(list, a.credence(party))
		}
		said, err := m.Verify(list...)
		a.p.must(err)
		if _, err := m.Verify(list[1:]...); err == nil {
			a.p.t.Error("proven without the credence of the accused")
		}
		return said.String()
	}
	if bytes.HasPrefix(text, []byte(feed.PartingType)) {
		f, err := feed.ParseParting(text)
		a.p.must(err)
		_, _, err = f.Verify(a.credence(a.party).Keys.Feed)
		a.p.must(err)
		return f.Error()
	}
	f, err := feed.ParseFork(text)
	if err != nil {
		a.p.t.Fatalf("%v: %.200q", err, text)
	}
	if _, _, err := f.Verify(a.credence(a.party).Keys.Feed); err != nil {
		a.p.t.Error(err)
	}
	for party := range a.p.nodes {
		if _, _, err := f.Verify(a.credence(party).Keys.Feed); err == nil {
			a.p.t.Error("proven with the key of " + party)
		}
	}
	return f.Error()
}

// everyoneKnows checks that every honest party holds a proof, and that it
// convinces a stranger.
func (a *traitor) everyoneKnows() {
	a.p.t.Helper()
	for party := range a.p.nodes {
		list := a.proofs(party)
		if len(list) == 0 {
			a.p.t.Errorf("%s holds no proof", party)
		}
		for _, text := range list {
			a.stranger(text)
		}
	}
}

func TestTwoTextsAtOneIndex(t *testing.T) {
	for _, c := range []struct {
		name             string
		common, one, two int
	}{
		{"first leaf", 0, 1, 1},
		{"equal sizes", 3, 2, 2},
		{"one longer", 3, 1, 4},
		{"the other longer", 3, 4, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, a := betrayed(t, "IRN", "TUR")
			for i := range c.common {
				a.write(a.note(fmt.Sprint("common ", i)))
			}
			b := a.branch(c.common)
			for i := range c.one {
				a.write(a.note(fmt.Sprint("to IRN ", i)))
			}
			for i := range c.two {
				b.write(b.note(fmt.Sprint("to TUR ", i)))
			}
			p.link.setDown("IRN", true)
			a.tell("IRN", 0)
			b.tell("TUR", 0)
			p.link.setDown("IRN", false)
			a.frozen(uint64(c.common))
			a.everyoneKnows()
			a.goesOn()
			// The tail is kept, and not folded.
			for party, mine := range map[string]*traitor{"IRN": a, "TUR": b} {
				id := note.ID{Origin: a.origin(), Index: uint64(c.common)}
				leaf, _, err := p.nodes[party].Entry(id)
				p.must(err)
				if !bytes.Equal(leaf, mine.leaves[c.common]) {
					t.Errorf("%s does not keep its tail", party)
				}
				p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
					if s.Register.Entry(id) != nil {
						t.Errorf("%s folds the tail", party)
					}
				}))
			}
		})
	}
}

// The common history is longer than a pouch.
func TestAForkFarBack(t *testing.T) {
	_, a := betrayed(t, "IRN", "TUR")
	pad := make([]byte, 60_000)
	for i := range pad {
		pad[i] = 'x'
	}
	for range 100 { // 6 MB of leaves that are nothing; a pouch takes 2
		a.leaf(pad)
	}
	for from := 0; from < 100; from += 25 {
		for _, party := range []string{"IRN", "TUR"} {
			a.p.must(a.hand(party, a.records(from, from+25)...))
		}
	}
	b := a.branch(90)
	for i := range 5 {
		b.write(b.note(fmt.Sprint("another ", i)))
	}
	c := a.branch(100)
	for i := range 5 {
		c.write(c.note(fmt.Sprint("to IRN ", i)))
	}
	c.tell("IRN", 100)
	if err := b.hand("TUR", b.records(90, 95)...); err != nil {
		t.Log(err)
	}
	a.frozen(94) // nobody has the other leaves but the traitor: below the smaller of the two heads
	a.everyoneKnows()
	a.goesOn()
}

// Two branches, each longer than a pouch, part after more than a pouch.
func TestALongForkFarBack(t *testing.T) {
	_, a := betrayed(t, "IRN", "TUR")
	leaf := func(i int, who byte) []byte { return bytes.Repeat([]byte{who}, 60_000+i) }
	for i := range 60 {
		a.leaf(leaf(i, 'x'))
	}
	b := a.branch(60)
	for i := range 60 {
		a.leaf(leaf(i, 'i'))
		b.leaf(leaf(i, 't'))
	}
	a.p.link.setDown("IRN", true)
	for from := 0; from < 120; from += 20 {
		a.p.must(a.hand("IRN", a.records(from, from+20)...))
	}
	for from := 0; from < 120; from += 20 {
		a.p.must(b.hand("TUR", b.records(from, from+20)...))
	}
	a.p.link.setDown("IRN", false)
	a.frozen(60)
	a.goesOn()
}

func TestAForkInACouriersPouch(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	p.link.setDown("IRN", true)
	p.link.setDown("TUR", true)
	for i := range 4 {
		a.write(a.note(fmt.Sprint(i)))
	}
	b := a.branch(2)
	b.write(b.note("another"))
	a.tell("IRN", 0)
	b.tell("TUR", 0)
	for range 3 {
		for _, way := range [][2]string{{"IRN", "TUR"}, {"TUR", "IRN"}} {
			var buf bytes.Buffer
			_, err := p.nodes[way[0]].PackPouch(p.ctx, p.channel, way[1], &buf)
			p.must(err)
			_, err = p.nodes[way[1]].ApplyPouch(p.ctx, &buf)
			p.must(err)
		}
	}
	a.frozen(2)
	a.everyoneKnows()
	a.alike()
}

func TestSeenLowered(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	p.say("IRN", "routine", "one")
	a.look()
	a.write(a.note("has seen it"))
	a.tell("TUR", 0)
	a.seen = map[string]note.Head{}
	back := a.write(a.note("has not seen it"))
	a.seen = nil
	a.tell("TUR", 1)
	a.frozen(back.Index)
	a.everyoneKnows()
	a.goesOn()
}

// A node does not look for what lies below a receipt; handed the proof, it
// freezes the feed and passes it on as any other.
func TestSeenBelowAReceipt(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	p.say("IRN", "routine", "one")
	a.look()
	held := a.seen[note.Origin("IRN", p.channel, 1)]
	lines, err := a.n.rings[0].receipt.Cosign("PAK/receipt", held, a.n.Now().Add(-2*audit.ReceiptSlack))
	p.must(err)
	a.seen = map[string]note.Head{}
	below := a.write(a.note("has not seen it"))
	a.tell("IRN", 0)
	a.goesOn()
	hashes := feed.HashLeaves(a.leaves)
	m, err := audit.ProveReceipt(a.signed(len(a.leaves)), audit.SignedReceipt{Head: held, Lines: lines}, below.Index, func(i uint64) ([]byte, error) { return a.leaves[i], nil }, hashes)
	p.must(err)
	text, err := m.MarshalText()
	p.must(err)
	p.must(a.hand("TUR", pouch.Record{Type: pouch.TypeFork, Body: text}))
	a.frozen(below.Index)
	a.everyoneKnows()
	a.goesOn()
}

// Lowered seen and a fork: whichever proof comes first, the feed is frozen at
// one place.
func TestSeenLoweredAndForked(t *testing.T) {
	for _, far := range []bool{false, true} {
		t.Run(fmt.Sprint(far), func(t *testing.T) {
			p, a := betrayed(t, "IRN", "TUR")
			p.say("IRN", "routine", "one")
			a.p.until("TUR", "the note", func(s *Snapshot) bool { return s.Register.Size(note.Origin("IRN", p.channel, 1)) > 0 })
			a.look()
			a.write(a.note("0"))
			a.write(a.note("1"))
			b := a.branch(2)
			a.write(a.note("2"))
			a.write(a.note("3"))
			want, low := uint64(2), a
			if far {
				want, low = 1, a.branch(1)
			}
			low.seen = map[string]note.Head{}
			for range 4 {
				low.write(low.note("has not seen it"))
			}
			b.write(b.note("another 2"))
			a.p.link.setDown("IRN", true)
			low.tell("IRN", 0)
			b.tell("TUR", 0)
			a.p.link.setDown("IRN", false)
			a.frozen(want)
			a.everyoneKnows()
			a.goesOn()
		})
	}
}

// A claim to have seen what is yet to be written would hold up everyone who
// has seen it, for ever.
func TestSeenAhead(t *testing.T) {
	for _, of := range []string{"IRN", "TUR"} {
		t.Run(of, func(t *testing.T) {
			p, a := betrayed(t, "IRN", "TUR")
			p.say("IRN", "routine", "one")
			a.look()
			a.write(a.note("honest"))
			a.seen[note.Origin(of, p.channel, 1)] = note.Head{Origin: note.Origin(of, p.channel, 1), Root: note.Sum([]byte("x")), Size: 1 << 52}
			ahead := a.write(a.note("a seer"))
			a.write(a.note("still"))
			a.tell("IRN", 0)
			a.frozen(ahead.Index)
			a.everyoneKnows()
			a.goesOn()
		})
	}
}

// Who forks its own feed cannot have another accused of seeing ahead.
func TestNobodyIsFramed(t *testing.T) {
	p := newPair(t, "IRN", "PAK", "TUR")
	a := &traitor{p: p, party: "PAK", n: p.nodes["PAK"], parts: map[note.Digest][]byte{}, seen: map[string]note.Head{}}
	delete(p.nodes, "PAK")
	defer a.n.Close()
	p.link.setDown("PAK", true)
	p.link.setDown("TUR", true)
	p.start()
	for i := range 6 {
		a.write(a.note(fmt.Sprint(i)))
	}
	b := a.branch(2)
	a.tell("IRN", 0)
	said := p.say("IRN", "routine", "has seen six")
	p.until("IRN", "its own note", func(s *Snapshot) bool { return s.Register.Entry(said.ID) != nil })
	b.look()
	b.write(b.note("has seen that IRN has seen six, and is only the third"))
	b.write(b.note("more"))
	b.tell("TUR", 0)
	p.link.setDown("TUR", false)
	a.frozen(2)
	a.goesOn()
	for party := range p.nodes {
		p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
			for _, f := range s.Feeds {
				if f.Party != "PAK" && f.Frozen != nil {
					t.Errorf("%s holds the feed of %s frozen: %s", party, f.Party, f.Why)
				}
			}
		}))
	}
}

// A new epoch, accepted by the others, resumes a frozen feed; and a restart
// keeps the freeze, and waits for the same word.
func TestANewEpochResumes(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	for i := range 3 {
		a.write(a.note(fmt.Sprint(i)))
	}
	b := a.branch(2)
	a.write(a.note("to IRN"))
	b.write(b.note("to TUR"))
	a.tell("IRN", 0)
	b.tell("TUR", 0)
	a.frozen(2)
	p.stop()
	p.ctx, p.stop = context.WithCancel(context.Background())
	for _, party := range []string{"IRN", "TUR"} {
		p.must(p.nodes[party].Close())
		p.open(party)
	}
	a.frozen(2)
	p.start()
	a.goesOn()

	// PAK's people find it out, repair the node and close the feed.
	identity, err := LoadIdentity(a.n.Dir()+".identity", "")
	p.must(err)
	pc, err := a.n.channel(p.channel)
	p.must(err)
	pc.mu.Lock()
	h := newHeld()
	for _, l := range a.leaves[:2] {
		h.tree.Append(l)
	}
	h.head = a.head(2)
	pc.feeds[a.origin()] = h
	pc.mu.Unlock()
	docs, err := a.n.CloseFeeds(p.ctx, identity, nil, CloseOptions{Reason: charter.Forked})
	p.must(err)
	closing := docs[len(docs)-1]
	text, _, err := feed.SplitText(closing)
	p.must(err)
	digest := feed.TextDigest(text)
	for _, d := range docs {
		_, _, err := p.nodes["IRN"].AddDocument(p.ctx, d)
		p.must(err)
	}
	p.until("IRN", "the closing waits", func(s *Snapshot) bool { return slices.Contains(s.Pending, digest) })
	a.frozen(2)
	p.must(p.nodes["IRN"].AcceptClosing(p.ctx, digest))
	p.until("TUR", "the closing waits", func(s *Snapshot) bool { return slices.Contains(s.Pending, digest) })

	// A restart is nobody's word.
	p.stop()
	p.ctx, p.stop = context.WithCancel(context.Background())
	for _, party := range []string{"IRN", "TUR"} {
		p.must(p.nodes[party].Close())
		p.open(party)
	}
	p.start()
	p.until("TUR", "the closing waits still", func(s *Snapshot) bool {
		return slices.Contains(s.Pending, digest) && s.Docs.Epoch("PAK") == a.origin()
	})
	p.must(p.nodes["TUR"].AcceptClosing(p.ctx, digest))
	a.goesOn()

	delete(pc.feeds, a.origin())
	p.nodes["PAK"] = a.n
	p.link.mu.Lock()
	p.link.to["PAK"] = a.n
	p.link.mu.Unlock()
	p.link.setDown("PAK", false)
	a.n.Start(p.ctx)
	t2 := p.say("PAK", "routine", "a new beginning")
	if t2.ID.Origin != note.Origin("PAK", p.channel, 2) {
		t.Fatalf("PAK goes on in %s", t2.ID.Origin)
	}
	for _, party := range []string{"IRN", "TUR"} {
		p.must(a.n.WaitReceipt(p.ctx, t2.ID, party))
		p.until(party, "the note of the new epoch", func(s *Snapshot) bool {
			e := s.Register.Entry(t2.ID)
			return e != nil && e.Result == "applied"
		})
	}
	delete(p.nodes, "PAK")
	p.link.setDown("PAK", true)
	a.goesOn()
}
