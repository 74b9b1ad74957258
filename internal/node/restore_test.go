package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
	"detente/pouch"
)

// close closes one node, and takes it off the line.
func (p *pair) close(party string) {
	p.t.Helper()
	if stop := p.stops[party]; stop != nil {
		stop()
	}
	p.link.setDown(party, true)
	p.must(p.nodes[party].Close())
	delete(p.nodes, party)
}

// reopen opens a node again and puts it back on the line.
func (p *pair) reopen(party string) *Node {
	p.t.Helper()
	n := p.open(party)
	p.link.setDown(party, false)
	return n
}

// receipted waits for a receipt, and fails after a long time.
func (p *pair) receipted(n *Node, id note.ID, by string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := n.WaitReceipt(ctx, id, by); err != nil {
		p.t.Fatalf("%s: no receipt of %s for %s: %v", n.Party(), by, id.Short(), err)
	}
}

// backup copies a ledger as it is now.
func (p *pair) backup(party string) string {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), "ledger.db")
	p.must(p.nodes[party].Store().Backup(p.ctx, path))
	return path
}

// restore puts an old copy in the place of the ledger of a node that is closed.
func (p *pair) restore(party, backup string) {
	p.t.Helper()
	for _, name := range []string{store.FileName, store.FileName + "-wal", store.FileName + "-shm"} {
		if err := os.Remove(filepath.Join(p.folder(party), name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			p.t.Fatal(err)
		}
	}
	b, err := os.ReadFile(backup)
	p.must(err)
	p.must(os.WriteFile(filepath.Join(p.folder(party), store.FileName), b, 0o600))
}

// refuses checks that a node does not sign, and returns what it says.
func (p *pair) refuses(party string) string {
	p.t.Helper()
	n := p.nodes[party]
	before := n.heads()
	_, err := n.Submit(p.ctx, textNote(p.channel, "flash", "must not be written"))
	var refused *Refused
	if !errors.As(err, &refused) {
		p.t.Fatalf("%s: Submit: %v, want a refusal", party, err)
	}
	why := ""
	p.must(n.Read(p.channel, func(s *Snapshot) { why = s.Recovering }))
	if why == "" || !strings.Contains(err.Error(), why) {
		p.t.Errorf("%s refuses because %q, and shows %q", party, err, why)
	}
	if after := n.heads(); after != before {
		p.t.Errorf("%s: the ledger went from %s to %s", party, before, after)
	}
	return why
}

// heads says what the ledger holds.
func (n *Node) heads() string {
	rows, _ := n.store.Feeds()
	s := ""
	for _, r := range rows {
		s += fmt.Sprintf("%s %d\n", r.Origin, r.Size)
	}
	return s
}

// signs waits until a node signs again.
func (p *pair) signs(party string) {
	p.t.Helper()
	p.until(party, "it signs again", func(s *Snapshot) bool { return s.Recovering == "" })
}

// whole checks that all of the notes are there on both sides, each once, and
// that nobody's feed is frozen.
func (p *pair) whole(bodies ...string) {
	p.t.Helper()
	p.settled()
	for party, n := range p.nodes {
		count := map[string]int{}
		p.must(n.Read(p.channel, func(s *Snapshot) {
			for _, f := range s.Feeds {
				if f.Frozen != nil {
					p.t.Errorf("%s: %s is frozen: %s", party, f.Origin, f.Why)
				}
			}
			for _, e := range s.Register.Entries() {
				if c, _, err := n.Content(e.ID); err == nil && c != nil {
					count[c.Texts["body"]["en"]]++
				}
			}
		}))
		for _, b := range bodies {
			if count[b] != 1 {
				p.t.Errorf("%s has %q %d times", party, b, count[b])
			}
		}
		p.sound(n)
		if forks, err := n.Store().Forks(); err != nil || len(forks) > 0 {
			p.t.Errorf("%s: proofs of misconduct: %d, %v", party, len(forks), err)
		}
	}
}

// size is how many notes of its own feed a node holds.
func (p *pair) size(party, author string) (size uint64) {
	p.t.Helper()
	p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
		for _, f := range s.Feeds {
			if f.Party == author {
				size = f.Head.Size
			}
		}
	}))
	return size
}

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

func TestALostJournal(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.start()
	p.receipted(p.nodes["PAK"], p.say("PAK", "routine", "one").ID, "IRN")
	p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "two").ID, "PAK")
	p.settled()
	p.close("PAK")
	p.must(os.Remove(filepath.Join(p.folder("PAK"), "journal")))
	p.say("IRN", "routine", "three")
	pak := p.reopen("PAK")
	if why := p.refuses("PAK"); !strings.Contains(why, "the signing journal is lost") || !strings.Contains(why, "detente epoch close --reason journal-lost") {
		t.Errorf("it says %q", why)
	}
	p.start()
	p.until("PAK", "IRN's third note", func(s *Snapshot) bool { return len(s.Register.Entries()) > 0 && p.has(pak, s, "three") })
	p.refuses("PAK")
	p.must(pak.Read(p.channel, func(s *Snapshot) {
		for _, f := range s.Feeds {
			if f.Party == "IRN" && f.Receipts["PAK"] == f.Head.Size {
				t.Error("a receipt was given without a journal")
			}
		}
	}))
	identity, err := LoadIdentity(p.folder("PAK")+".identity", "")
	p.must(err)
	// Naming another channel does not help: what was signed on all of them is lost.
	other := note.Sum([]byte("another channel"))
	_, err = pak.CloseFeeds(p.ctx, identity, &other, CloseOptions{Reason: charter.JournalLost})
	p.must(err)
	p.signs("PAK")
	ticket := p.say("PAK", "routine", "four")
	if want := note.Origin("PAK", p.channel, 2); ticket.ID.Origin != want {
		t.Errorf("the note stands in %s, want %s", ticket.ID.Origin, want)
	}
	p.receipted(pak, ticket.ID, "IRN")
	p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "five").ID, "PAK")
	// "the next epoch begins with a leaf that names the last head held"
	_, h, err := pak.Entry(note.ID{Origin: ticket.ID.Origin})
	p.must(err)
	row, err := pak.Store().Head(note.Origin("PAK", p.channel, 1))
	p.must(err)
	if h.SeenSize(row.Head.Origin) != row.Head.Size {
		t.Errorf("the first leaf of epoch 2 has seen %d of epoch 1, which has %d", h.SeenSize(row.Head.Origin), row.Head.Size)
	}
	p.whole("one", "two", "three", "four", "five")
	p.closeAll()
	p.open("PAK")
	p.open("IRN")
	p.whole("one", "two", "three", "four", "five")
}

func (p *pair) has(n *Node, s *Snapshot, body string) bool {
	for _, e := range s.Register.Entries() {
		if c, _, err := n.Content(e.ID); err == nil && c != nil && c.Texts["body"]["en"] == body {
			return true
		}
	}
	return false
}

// A journal whose last line a crash cut short: the ledger is ahead, and what
// is missing is written again when the node opens.
func TestATornJournalIsMended(t *testing.T) {
	for _, cut := range []int{1, 40, 400} { // into the last line, and the last two or more
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			p := newPair(t, "IRN", "PAK")
			p.start()
			p.receipted(p.nodes["PAK"], p.say("PAK", "routine", "one").ID, "IRN")
			p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "two").ID, "PAK")
			p.settled()
			p.close("PAK")
			path := filepath.Join(p.folder("PAK"), "journal")
			b, err := os.ReadFile(path)
			p.must(err)
			p.must(os.WriteFile(path, b[:len(b)-cut], 0o600))
			pak := p.reopen("PAK")
			for _, role := range []string{journal.Feed, journal.Receipt} {
				author := map[string]string{journal.Feed: "PAK", journal.Receipt: "IRN"}[role]
				size, _, _ := pak.journal.Last(role, note.Origin(author, p.channel, 1))
				if want := p.size("PAK", author); size != want {
					t.Errorf("the journal has %s at %d after the mending, the ledger %d", role, size, want)
				}
			}
			p.start()
			p.receipted(pak, p.say("PAK", "routine", "three").ID, "IRN")
			p.whole("one", "two", "three")
		})
	}
}

// A line that is damaged otherwise is no crash: the node does not open.
func TestADamagedJournal(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.say("PAK", "routine", "one")
	p.say("PAK", "routine", "two")
	p.close("PAK")
	path := filepath.Join(p.folder("PAK"), "journal")
	b, err := os.ReadFile(path)
	p.must(err)
	b[20] ^= 1
	p.must(os.WriteFile(path, b, 0o600))
	if _, err := Open(p.ctx, Config{Dir: p.folder("PAK"), Link: linkEnd{p.link, "PAK"}}); err == nil || !strings.Contains(err.Error(), "line 1 is damaged") {
		t.Errorf("open: %v", err)
	}
}

// A ledger that went on elsewhere, from a copy, is of another history than the
// journal: it is not mended, and nothing is signed over it.
func TestALedgerOfAnotherHistory(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	empty := p.backup("PAK")
	p.say("PAK", "routine", "one")
	p.close("PAK")
	path := filepath.Join(p.folder("PAK"), "journal")
	right, err := os.ReadFile(path)
	p.must(err)
	p.restore("PAK", empty)
	p.must(os.Truncate(path, 0))
	p.reopen("PAK")
	p.say("PAK", "routine", "not one")
	p.say("PAK", "routine", "two")
	p.close("PAK")
	p.must(os.WriteFile(path, right, 0o600))
	p.reopen("PAK")
	if why := p.refuses("PAK"); !strings.Contains(why, "two histories") {
		t.Errorf("it says %q", why)
	}
	after, err := os.ReadFile(path)
	p.must(err)
	if !bytes.Equal(after, right) {
		t.Error("the journal was changed")
	}
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
