package node

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/charter"
	"detente/feed"
	"detente/internal/journal"
	"detente/note"
	"detente/pouch"
)

// old makes a pair in which PAK's ledger is an old copy: it lacks notes of its
// own feed, and of IRN's, that its journal knows of.
func old(t *testing.T) (p *pair, bodies []string) {
	p = newPair(t, "IRN", "PAK")
	p.start()
	write := func(party, body string) {
		other := map[string]string{"PAK": "IRN", "IRN": "PAK"}[party]
		p.receipted(p.nodes[party], p.say(party, "routine", body).ID, other)
		bodies = append(bodies, body)
	}
	write("PAK", "one")
	write("IRN", "two")
	p.settled()
	copied := p.backup("PAK")
	write("PAK", "three")
	write("IRN", "four")
	write("PAK", "five")
	p.settled()
	p.close("PAK")
	p.restore("PAK", copied)
	p.close("IRN") // it must not push by itself before the test says so
	p.reopen("IRN")
	return p, bodies
}

func TestARestoredLedgerRecoversOverTheLine(t *testing.T) {
	p, bodies := old(t)
	p.reopen("PAK")
	for _, want := range []string{"an old copy of the ledger was restored", "Nothing is signed", "asks its peers"} {
		if why := p.refuses("PAK"); !strings.Contains(why, want) {
			t.Errorf("it says %q; want %q", why, want)
		}
	}
	p.start()
	p.signs("PAK")
	p.receipted(p.nodes["PAK"], p.say("PAK", "routine", "six").ID, "IRN")
	p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "seven").ID, "PAK")
	p.whole(append(bodies, "six", "seven")...)
}

// While a node has to be silent it takes what comes, and gives no receipt for
// it; when it has everything it gives what it owes, though nothing new comes.
func TestARestoredLedgerGivesNoReceipt(t *testing.T) {
	p, bodies := old(t)
	p.say("IRN", "routine", "late")
	pak := p.reopen("PAK")
	had := p.size("PAK", "IRN")
	receipts := pak.journalled(journal.Receipt)
	// Only IRN's own feed, and not what IRN holds of PAK's.
	p.carry("IRN", "PAK", "IRN")
	if p.size("PAK", "IRN") <= had {
		t.Fatal("IRN's notes were not taken")
	}
	p.refuses("PAK")
	if now := pak.journalled(journal.Receipt); now != receipts {
		t.Errorf("receipts went from %s to %s", receipts, now)
	}
	if _, err := pak.Store().Cosigs(note.Origin("IRN", p.channel, 1), p.size("PAK", "IRN")); err != nil {
		t.Error(err)
	}
	p.must(pak.Read(p.channel, func(s *Snapshot) {
		for _, f := range s.Feeds {
			if f.Party == "IRN" && f.Receipts["PAK"] == f.Head.Size {
				t.Error("a receipt was given")
			}
		}
	}))
	p.carry("IRN", "PAK", "PAK")
	p.signs("PAK")
	p.must(pak.Read(p.channel, func(s *Snapshot) {
		for _, f := range s.Feeds {
			if f.Party == "IRN" && f.Receipts["PAK"] != f.Head.Size {
				t.Errorf("PAK owes a receipt for %d, and gave one for %d", f.Head.Size, f.Receipts["PAK"])
			}
		}
	}))
	p.start()
	p.whole(append(bodies, "late")...)
}

func (n *Node) journalled(role string) (s string) {
	for _, o := range n.journal.Origins(role) {
		size, _, _ := n.journal.Last(role, o)
		s += fmt.Sprintf("%s %d ", o, size)
	}
	return s
}

// carry takes the feed of one party, whole, from one node to another.
func (p *pair) carry(from, to, author string) {
	p.t.Helper()
	rep, err := p.tryCarry(from, to, author)
	p.must(errors.Join(append(rep.Refused, err)...))
}

func (p *pair) tryCarry(from, to, author string) (Report, error) {
	p.t.Helper()
	s := p.nodes[from].Store()
	origin := note.Origin(author, p.channel, 1)
	head, err := s.Head(origin)
	p.must(err)
	leaves, err := s.Leaves(origin, 0, head.Head.Size, 1<<30)
	p.must(err)
	in := newIncoming()
	in.heads[origin] = [][]byte{head.Signed}
	in.leaves[origin] = []pouch.Leaves{{Origin: origin, Entries: leaves}}
	c, err := p.nodes[to].channel(p.channel)
	p.must(err)
	return c.receive(p.ctx, in)
}

func TestARestoredLedgerRecoversByPouchFiles(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	couriers := func() {
		for range 2 {
			p.courier("PAK", "IRN")
			p.courier("IRN", "PAK")
		}
	}
	p.say("PAK", "routine", "one")
	p.say("IRN", "routine", "two")
	couriers()
	copied := p.backup("PAK")
	p.say("PAK", "routine", "three")
	p.say("IRN", "routine", "four")
	couriers()
	p.close("PAK")
	p.restore("PAK", copied)
	p.reopen("PAK")
	p.refuses("PAK")
	couriers() // IRN was told before that PAK holds all of it, and believes that it does not now
	p.signs("PAK")
	p.say("PAK", "routine", "five")
	couriers()
	p.whole("one", "two", "three", "four", "five")
}

func (p *pair) courier(from, to string) {
	p.t.Helper()
	var b bytes.Buffer
	_, err := p.nodes[from].PackPouch(p.ctx, p.channel, to, &b)
	p.must(err)
	rep, err := p.nodes[to].ApplyPouch(p.ctx, &b)
	p.must(errors.Join(append(rep.Refused, err)...))
}

// Only the counterpart's feed is behind what this node gave receipts for.
func TestRestoredBehindItsReceipts(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.link.setDown("IRN", true)
	a := p.say("IRN", "routine", "one")
	p.courier("IRN", "PAK")
	copied := p.backup("PAK")
	p.say("IRN", "routine", "two")
	c, err := p.nodes["PAK"].channel(p.channel)
	p.must(err)
	c.sending.Lock() // PAK takes the note and gives its receipt, and writes no ack
	p.carry("IRN", "PAK", "IRN")
	c.sending.Unlock()
	p.close("PAK")
	p.restore("PAK", copied)
	p.reopen("PAK")
	p.refuses("PAK")
	if err := p.nodes["PAK"].WaitReceipt(p.ctx, a.ID, "PAK"); err != nil {
		t.Fatal(err) // that receipt is in the old copy
	}
	p.link.setDown("IRN", false)
	p.start()
	p.signs("PAK")
	p.receipted(p.nodes["PAK"], p.say("PAK", "routine", "three").ID, "IRN")
	p.whole("one", "two", "three")
}

// A peer that finds a node restored cannot have it sign a second history.
func TestARestoredNodeIsNotToldAnotherHistory(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	irn := p.backup("IRN")
	pak := p.backup("PAK")
	p.say("IRN", "routine", "one")
	p.courier("IRN", "PAK")
	p.close("PAK")
	p.restore("PAK", pak)
	// IRN goes back too, its journal with it, and writes something else.
	p.close("IRN")
	p.restore("IRN", irn)
	p.must(os.Truncate(filepath.Join(p.folder("IRN"), "journal"), 0))
	p.reopen("IRN")
	p.reopen("PAK")
	p.say("IRN", "routine", "not one")
	var b bytes.Buffer
	_, err := p.nodes["IRN"].PackPouch(p.ctx, p.channel, "PAK", &b)
	p.must(err)
	rep, err := p.nodes["PAK"].ApplyPouch(p.ctx, &b)
	p.must(err)
	if got := errors.Join(rep.Refused...); got == nil || !strings.Contains(got.Error(), "another history") {
		t.Errorf("refused: %v", got)
	}
	if n := p.size("PAK", "IRN"); n != 0 {
		t.Errorf("PAK took %d leaves", n)
	}
	p.refuses("PAK")
}

// An old ledger does not know the newest credence of its own party. The keys
// are in the folder, the credence comes back from the peers.
func TestRestoredFromBeforeARotation(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.start()
	p.receipted(p.nodes["PAK"], p.say("PAK", "routine", "one").ID, "IRN")
	p.settled()
	copied := p.backup("PAK")
	identity, err := LoadIdentity(p.folder("PAK")+".identity", "")
	p.must(err)
	_, err = p.nodes["PAK"].CloseFeeds(p.ctx, identity, nil, CloseOptions{Reason: charter.Rotation})
	p.must(err)
	p.receipted(p.nodes["PAK"], p.say("PAK", "routine", "two").ID, "IRN")
	p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "three").ID, "PAK")
	p.settled()
	p.close("PAK")
	p.restore("PAK", copied)
	pak := p.reopen("PAK")
	p.refuses("PAK")
	if c, signed := pak.Credence(); c.Serial != 1 || signed == nil {
		t.Errorf("the node knows itself by credence %d", c.Serial)
	}
	p.start()
	p.signs("PAK")
	if c, _ := pak.Credence(); c.Serial != 2 {
		t.Errorf("the node knows itself by credence %d", c.Serial)
	}
	p.receipted(pak, p.say("PAK", "routine", "four").ID, "IRN")
	p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "five").ID, "PAK")
	p.whole("one", "two", "three", "four", "five")
}

// Nobody can be reached who holds the tail, and the identity key closes the
// feed where the old ledger ends. Who gave a receipt for more has to accept it.
func TestClosedWithoutTheTail(t *testing.T) {
	p, _ := old(t)
	pak := p.reopen("PAK")
	kept := p.size("PAK", "PAK")
	identity, err := LoadIdentity(p.folder("PAK")+".identity", "")
	p.must(err)
	docs, err := pak.CloseFeeds(p.ctx, identity, nil, CloseOptions{Reason: charter.Forked})
	p.must(err)
	if why := p.refuses("PAK"); !strings.Contains(why, note.Origin("IRN", p.channel, 1)) {
		t.Errorf("IRN's feed is still behind the receipts; it says %q", why)
	}
	p.start()
	p.signs("PAK")
	ticket := p.say("PAK", "routine", "six")
	var pending []note.Digest
	p.until("IRN", "the closing waits for a person", func(s *Snapshot) bool { pending = s.Pending; return len(pending) == 1 })
	if len(docs) != 2 || pending[0] != feedTextDigest(t, docs[1]) {
		t.Fatalf("%d documents, pending %v", len(docs), pending)
	}
	p.must(p.nodes["IRN"].AcceptClosing(p.ctx, pending[0]))
	p.receipted(pak, ticket.ID, "IRN")
	p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "seven").ID, "PAK")
	p.settled()
	p.must(p.nodes["IRN"].Read(p.channel, func(s *Snapshot) {
		for _, f := range s.Feeds {
			if f.Origin == note.Origin("PAK", p.channel, 1) && (f.Frozen == nil || *f.Frozen != kept) {
				t.Errorf("epoch 1 stands at IRN up to %v, want %d", f.Frozen, kept)
			}
		}
	}))
}

func feedTextDigest(t *testing.T, signed []byte) note.Digest {
	t.Helper()
	text, _, err := feed.SplitText(signed)
	if err != nil {
		t.Fatal(err)
	}
	return feed.TextDigest(text)
}

// "seen never goes backwards": a node whose own notes have seen more than its
// ledger holds writes nothing, even where the journal does not know why.
func TestSeenIsNotLowered(t *testing.T) {
	p, bodies := old(t)
	path := filepath.Join(p.folder("PAK"), "journal")
	b, err := os.ReadFile(path)
	p.must(err)
	kept := []byte{}
	for line := range bytes.Lines(b) {
		if !bytes.HasPrefix(line, []byte("v1 receipt ")) {
			kept = append(kept, line...)
		}
	}
	p.must(os.WriteFile(path, kept, 0o600))
	p.reopen("PAK")
	p.carry("IRN", "PAK", "PAK")
	if why := p.refuses("PAK"); !strings.Contains(why, "its own last note has seen") {
		t.Errorf("it says %q", why)
	}
	p.start()
	p.signs("PAK")
	p.whole(bodies...)
}
