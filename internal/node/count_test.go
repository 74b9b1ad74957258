package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// lastAck returns the last ack of a party in a snapshot.
func lastAck(s *Snapshot, party string) (last *register.Entry) {
	for _, e := range s.Register.Entries() {
		if e.ID.Party() == party && e.Move != nil && e.Move.Act == matter.Ack {
			last = e
		}
	}
	return last
}

// Attachments report their own arrival: an ack does not count them.
func TestAckCountsNoAttachments(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	var files []string
	for i := range 5 {
		f := filepath.Join(t.TempDir(), fmt.Sprint(i))
		p.must(os.WriteFile(f, []byte("x"), 0o600))
		files = append(files, f)
	}
	_, err := p.nodes["PAK"].Submit(p.ctx, Draft{Channel: p.channel, Act: "message/send", Office: "mfa", Precedence: "routine", Fields: map[string]any{"form": "letter"}, Attach: files,
		Content: &note.Content{Authentic: []string{"en"}, Texts: map[string]note.Wording{"subject": {"en": "A test"}, "body": {"en": "x"}}}})
	p.must(err)
	sealed, err := filepath.Glob(filepath.Join(p.nodes["PAK"].Dir(), "parts", "*"))
	p.must(err)
	if len(sealed) != len(files) {
		t.Fatalf("%d attachments in files, want %d", len(sealed), len(files))
	}
	for _, f := range sealed {
		p.must(os.Remove(f))
	}
	p.start()
	for _, party := range []string{"IRN", "PAK"} {
		p.until(party, "an ack of IRN", func(s *Snapshot) bool { return lastAck(s, "IRN") != nil })
		p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
			e := lastAck(s, "IRN")
			if r := matter.ReadAck(e.Move); e.Result != register.Kept || r.Held != 2 || len(r.Misses) > 0 {
				t.Errorf("at %s: the ack is %s and says %+v; want a move and a content held", party, e.Result, r)
			}
		}))
	}
}

// What cannot be opened is in the acks after a restart too.
func TestUnopenedIsFoundAgain(t *testing.T) {
	p, a := betrayed(t, "IRN")
	h := a.note("x")
	h.Parts[1] = a.payload(note.PartContent, make([]byte, 1000), h.Parts[1].Plain)
	a.write(h)
	p.must(a.hand("IRN", a.records(0, 1)...))
	check := func() {
		t.Helper()
		c, err := p.nodes["IRN"].channel(p.channel)
		p.must(err)
		c.mu.RLock()
		defer c.mu.RUnlock()
		if len(c.unopened) != 1 || !c.unopened[h.Parts[1].Sealed] || c.addressed != 2 || len(c.missing) > 0 {
			t.Errorf("unopened %v of %d, missing %d; want the content of one note", c.unopened, c.addressed, len(c.missing))
		}
	}
	check()
	p.stops["IRN"]()
	p.must(p.nodes["IRN"].Close())
	p.open("IRN")
	check()
}

// A document may come while leaves are in the ledger and not in memory yet.
func TestRebuildWhileLeavesAreStored(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	irn := p.nodes["IRN"]
	c, err := irn.channel(p.channel)
	p.must(err)
	rebuilt := 0
	irn.cfg.At = func(point string) {
		if point != "stored" && point != "committed" {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		rebuilt++
		if err := c.rebuild(context.Background()); err != nil {
			t.Error(err)
		}
		for origin, h := range c.feeds {
			if h.lastNote > h.tree.Size() || h.last != nil && h.last.Header.Index >= h.tree.Size() {
				t.Errorf("%s: folded up to %d, and %d leaves are held", origin, h.lastNote, h.tree.Size())
			}
		}
		if len(c.missing) > 0 {
			t.Errorf("%d missing", len(c.missing))
		}
	}
	for i := range 3 {
		p.say("PAK", "routine", fmt.Sprint(i))
	}
	p.say("IRN", "routine", "its own")
	p.start()
	p.settled()
	c.mu.Lock()
	defer c.mu.Unlock()
	acks := 0
	for _, e := range c.reg.Entries() {
		if e.ID.Party() == "PAK" && e.Move != nil && e.Move.Act == matter.Ack {
			acks++
		}
	}
	if rebuilt < 2 || c.addressed != 6+acks {
		t.Errorf("%d rebuilt; %d payloads addressed, want %d", rebuilt, c.addressed, 6+acks)
	}
}

// Whoever hands over news has the receipt in the answer, and is not called back
// with it; everybody else is told.
func TestNewsWakesThoseWhoHaveNotHeardIt(t *testing.T) {
	p := newPair(t, "IRN", "OMN", "PAK")
	pak, err := p.nodes["PAK"].channel(p.channel)
	p.must(err)
	irn, err := p.nodes["IRN"].channel(p.channel)
	p.must(err)
	awake := func(party string) bool {
		select {
		case <-irn.peers[party].wake:
			return true
		default:
			return false
		}
	}
	p.must(pak.peers["IRN"].exchange(p.ctx, Address{Party: "IRN"})) // who is heard for the first time is called
	awake("PAK")
	awake("OMN")
	said := p.say("PAK", "routine", "x")
	p.must(pak.peers["IRN"].exchange(p.ctx, Address{Party: "IRN"}))
	if size := pak.feeds[said.ID.Origin].receipts["IRN"]; size != said.Head.Size {
		t.Errorf("the answer brought a receipt of %d notes, want %d", size, said.Head.Size)
	}
	if awake("PAK") || !awake("OMN") {
		t.Error("it was to tell OMN, and not PAK")
	}
}
