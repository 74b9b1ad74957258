package node

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/charter"
	"detente/internal/journal"
	"detente/note"
)

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
