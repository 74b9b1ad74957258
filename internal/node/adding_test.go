package node

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"detente/charter"
	"detente/feed"
	"detente/note"
)

// A party that has left one channel can still rotate the keys of the others.
func TestCloseAfterLeaving(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	n := p.nodes["PAK"]
	id, err := LoadIdentity(n.Dir()+".identity", "")
	p.must(err)
	first := p.channel
	second := p.foundAnother("Second")
	_, err = n.CloseFeeds(p.ctx, id, &first, CloseOptions{Reason: charter.Left, Leave: true})
	p.must(err)
	docs, err := n.CloseFeeds(p.ctx, id, nil, CloseOptions{Reason: charter.Rotation})
	p.must(err)
	if len(docs) != 2 {
		t.Fatalf("%d texts were made; want a credence and a closing", len(docs))
	}
	c, err := n.channel(second)
	p.must(err)
	if got := c.docs.Epoch("PAK"); got != note.Origin("PAK", second, 2) {
		t.Errorf("the feed is %q", got)
	}
	if _, err := n.CloseFeeds(p.ctx, id, &first, CloseOptions{Reason: charter.Left, Leave: true}); err == nil {
		t.Error("a feed was closed that there is not")
	}
}

// A channel that cannot be closed does not keep the others from it, and what
// was made is handed out.
func TestCloseGoesOnPastAnError(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	n := p.nodes["PAK"]
	id, err := LoadIdentity(n.Dir()+".identity", "")
	p.must(err)
	p.foundAnother("Second")
	broken, whole := n.all()[0], n.all()[1]
	origin, h := broken.own()
	h.head.Origin = "not an origin" // its closing cannot be signed
	h.head.Size = 1
	broken.feeds[origin] = h
	docs, err := n.CloseFeeds(p.ctx, id, nil, CloseOptions{Reason: charter.Rotation})
	if err == nil || len(docs) != 2 {
		t.Fatalf("%d texts were made; want a credence and a closing: %v", len(docs), err)
	}
	if got := whole.docs.Epoch("PAK"); got != note.Origin("PAK", whole.id, 2) {
		t.Errorf("the feed is %q", got)
	}
}

// A line that says nothing, beside the signature, makes no new text.
func TestJunkLinesMakeNoNewText(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	n := p.nodes["PAK"]
	id, err := LoadIdentity(n.Dir()+".identity", "")
	p.must(err)
	docs, err := n.CloseFeeds(p.ctx, id, nil, CloseOptions{Reason: charter.Rotation})
	p.must(err)
	for _, signed := range docs {
		text, lines, err := feed.SplitText(signed)
		p.must(err)
		kind, err := charter.Kind(signed)
		p.must(err)
		kept := func() []byte {
			list, err := n.Documents(kind)
			p.must(err)
			for _, d := range list {
				if d.Digest == feed.TextDigest(text) {
					return d.Bytes
				}
			}
			return nil
		}
		before := kept()
		for i := range 3 {
			junk := feed.JoinText(text, lines, fmt.Appendf(nil, "— junk%d AAAAAAAA\n", i))
			if added, err := n.addDocument(p.ctx, junk, false); added || err != nil {
				t.Errorf("%s: new %v, %v", kind, added, err)
			}
		}
		if !bytes.Equal(kept(), before) {
			t.Errorf("%s: what is kept was replaced", kind)
		}
	}
}

// A charter that comes to be in force over two ways at once founds one channel.
func TestOneChannelOfOneCharter(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	signed := p.charterOf("Second")
	n := p.nodes["PAK"]
	var seen sync.Map
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := n.found(p.ctx, signed); err != nil {
				t.Error(err)
			}
			c, err := n.channel(signed.Digest)
			if err != nil {
				t.Error(err)
				return
			}
			seen.Store(c, true)
		})
	}
	wg.Wait()
	count := 0
	seen.Range(func(_, _ any) bool { count++; return true })
	if count != 1 {
		t.Errorf("%d channels of one charter", count)
	}
}

// Keys are replaced while the node runs; see also -race.
func TestKeysChangeWhileItRuns(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.start()
	id, err := LoadIdentity(p.nodes["PAK"].Dir()+".identity", "")
	p.must(err)
	p.say("IRN", "routine", "before")
	var wg sync.WaitGroup
	for _, party := range []string{"IRN", "PAK"} {
		wg.Go(func() {
			for i := range 10 { // one may be refused while the epoch changes
				_, _ = p.nodes[party].Submit(p.ctx, textNote(p.channel, "routine", fmt.Sprint(i)))
			}
		})
	}
	_, err = p.nodes["PAK"].CloseFeeds(p.ctx, id, nil, CloseOptions{Reason: charter.Rotation})
	p.must(err)
	wg.Wait()
	last := p.say("PAK", "routine", "after")
	p.must(p.nodes["PAK"].WaitReceipt(p.ctx, last.ID, "IRN"))
}

// charterOf makes another charter of the same members, signed by all.
func (p *pair) charterOf(name string) *charter.Signed {
	p.t.Helper()
	var c charter.Charter
	for _, n := range p.nodes {
		first, err := n.channel(p.channel)
		p.must(err)
		c = first.docs.Current().Charter
		c.Name = name
	}
	signed, err := charter.NewSigned(c)
	p.must(err)
	for party, n := range p.nodes {
		id, err := LoadIdentity(n.Dir()+".identity", "")
		p.must(err)
		p.must(signed.Add(id, party))
	}
	return signed
}

// foundAnother founds a second channel of the same members.
func (p *pair) foundAnother(name string) note.Digest {
	p.t.Helper()
	signed := p.charterOf(name)
	for _, n := range p.nodes {
		_, _, err := n.AddDocument(p.ctx, signed.Bytes())
		p.must(err)
	}
	return signed.Digest
}
