package node

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"detente/internal/journal"
	"detente/note"
)

// die makes a node end what it does for a peer at a named point, as a crash
// would: what was stored is stored, and nobody remembers it.
func (p *pair) die(party, point string, do func()) {
	p.t.Helper()
	ended := make(chan struct{})
	p.nodes[party].cfg.At = func(at string) {
		if at == point {
			runtime.Goexit()
		}
	}
	go func() {
		defer close(ended)
		do()
		p.t.Errorf("%s did not come to %q", party, point)
	}()
	<-ended
	p.nodes[party].cfg.At = nil
}

// A leaf that breaks a rule is stored, and the node dies before it has stored
// the proof: the feed is frozen when it opens again.
func TestACrashBeforeTheProof(t *testing.T) {
	p, a := betrayed(t, "IRN")
	a.look()
	p.say("IRN", "routine", "one")
	a.look()
	a.write(a.note("has seen it"))
	a.tell("IRN", 0)
	a.seen = map[string]note.Head{}
	a.write(a.note("has not seen it"))
	p.close("IRN")
	p.reopen("IRN")
	p.die("IRN", "receipted", func() { a.tell("IRN", 1) })
	p.close("IRN")
	p.reopen("IRN")
	a.frozen(1)
}

// A crash between the storing of a counterpart's note and the journal: the
// receipt is in the ledger, and is journaled when the node opens.
func TestACrashBeforeTheReceiptIsJournaled(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.say("IRN", "routine", "one")
	origin := note.Origin("IRN", p.channel, 1)
	p.die("PAK", "stored", func() { p.carry("IRN", "PAK", "IRN") })
	if _, _, ok := p.nodes["PAK"].journal.Last(journal.Receipt, origin); ok {
		t.Fatal("it is in the journal already")
	}
	p.close("PAK")
	pak := p.reopen("PAK")
	if size, _, _ := pak.journal.Last(journal.Receipt, origin); size != 1 {
		t.Errorf("the journal has the receipt at %d", size)
	}
	p.start()
	p.whole("one")
}

// What is in the ledger and not in the journal must not leave: a peer that
// asks while the write is under way is told of the receipt before.
func TestNothingLeavesBeforeTheJournal(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.say("IRN", "routine", "one")
	p.carry("IRN", "PAK", "IRN")
	p.say("IRN", "routine", "two")
	pak := p.nodes["PAK"]
	c, err := pak.channel(p.channel)
	p.must(err)
	p.die("PAK", "stored", func() { p.carry("IRN", "PAK", "IRN") })
	peer := newPeer(c, "IRN")
	out, _, err := c.compose(peer)
	p.must(err)
	in, err := readPouch(strings.NewReader(string(out)), maxPouch)
	p.must(err)
	if len(in.receipts) != 1 || in.receipts[0].Head.Size != 1 {
		t.Errorf("receipts that leave: %+v", in.receipts)
	}
	row, err := pak.Store().Head(note.Origin("IRN", p.channel, 1))
	p.must(err)
	signed, err := pak.cosignedHead(row)
	p.must(err)
	if row.Head.Size != 2 || strings.Contains(string(signed), "PAK/receipt") {
		t.Errorf("the log shows at %d:\n%s", row.Head.Size, signed)
	}
}

// The ledger was restored and the attachments beside it were not: they are
// where they were.
func TestARestoredLedgerFindsItsFiles(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	copied := p.backup("PAK")
	path := filepath.Join(t.TempDir(), "map.txt")
	p.must(writeNew(path, []byte("here")))
	d := textNote(p.channel, "routine", "see the map")
	d.Attach = []string{path}
	ticket, err := p.nodes["PAK"].Submit(p.ctx, d)
	p.must(err)
	p.carry("PAK", "IRN", "PAK") // the leaves; the payloads have not come
	p.close("PAK")
	p.restore("PAK", copied)
	pak := p.reopen("PAK")
	p.refuses("PAK")
	p.carry("IRN", "PAK", "PAK")
	p.signs("PAK")
	parts, err := pak.Store().PartsOf(ticket.ID)
	p.must(err)
	states := ""
	for _, part := range parts {
		states += part.Name + " " + part.State.String() + "; "
	}
	if want := "attachment/1 file; content missing; move missing; "; states != want {
		t.Errorf("the payloads are: %s want: %s", states, want)
	}
}

// Keys that a crash left without a credence are not used, and do not stand in
// the way of the next rotation.
func TestKeysWithoutACredence(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.close("PAK")
	_, err := makeRing(p.folder("PAK"), 2)
	p.must(err)
	pak := p.reopen("PAK")
	if c, signed := pak.Credence(); c.Serial != 1 || signed == nil || pak.ring().serial != 1 {
		t.Errorf("the node knows itself by credence %d and signs with keys %d", c.Serial, pak.ring().serial)
	}
	p.start()
	p.receipted(pak, p.say("PAK", "routine", "one").ID, "IRN")
	p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "two").ID, "PAK")
	identity, err := LoadIdentity(p.folder("PAK")+".identity", "")
	p.must(err)
	_, err = pak.CloseFeeds(p.ctx, identity, nil, CloseOptions{Reason: "rotation"})
	p.must(err)
	p.receipted(pak, p.say("PAK", "routine", "three").ID, "IRN")
	p.receipted(p.nodes["IRN"], p.say("IRN", "routine", "four").ID, "PAK")
	p.whole("one", "two", "three", "four")
}

// TestFullJournal: room for the journal is reserved before anything is
// committed, so that a full disk is found while nothing is half done.
func TestFullJournal(t *testing.T) {
	disk := smallDisk(t, 1<<20)
	j, err := journal.Create(filepath.Join(disk, "journal"), true)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Reserve(); err != nil {
		t.Fatal(err)
	}
	room := fill(t, disk)
	origin := note.Origin("PAK", note.Sum([]byte("channel")), 1)
	var full error
	size := uint64(0)
	write := func() {
		size++
		if err := j.Record(journal.Entry{Role: journal.Feed, Head: note.Head{Origin: origin, Root: note.Sum([]byte{byte(size)}), Size: size}}); err != nil {
			t.Fatalf("line %d, after room was reserved: %v", size, err)
		}
	}
	for full == nil && size < 10_000 {
		if full = j.Reserve(); full == nil {
			write()
		}
	}
	if full == nil || !strings.Contains(full.Error(), "make room") || size < 100 {
		t.Fatalf("after %d lines on a full disk: %v", size, full)
	}
	write() // what is under way still finds room
	room()
	if err := j.Reserve(); err != nil {
		t.Fatal(err)
	}
	write()
}
