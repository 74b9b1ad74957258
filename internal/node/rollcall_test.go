package node

import (
	"bytes"
	"testing"
	"time"

	"detente/matter"
	"detente/pouch"
)

// A channel without roll calls gets some with an amendment.
func TestRollCallsFollowAnAmendment(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	irn := p.nodes["IRN"]
	began := time.Now()
	noon := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	irn.cfg.Now = func() time.Time { return noon.Add(time.Since(began) - 1500*time.Millisecond) }
	p.start()
	time.Sleep(100 * time.Millisecond)
	c, err := irn.channel(p.channel)
	p.must(err)
	c.mu.Lock()
	c.docs.Current().Charter.RollCall = []string{"12:00"}
	c.mu.Unlock()
	irn.announceChange()
	calls := func(s *Snapshot) (n int) {
		for _, e := range s.Register.Entries() {
			if e.Move != nil && e.Move.Act == matter.Test && e.ID.Party() == "IRN" {
				n++
			}
		}
		return n
	}
	p.until("IRN", "a roll call", func(s *Snapshot) bool { return calls(s) == 1 })
	if irn.Now().Before(noon) {
		t.Error("the roll call came early")
	}
}

// A receipt may come with the leaves that it is on: whoever sends it counts it
// as sent.
func TestReceiptWithItsLeaves(t *testing.T) {
	p := newPair(t, "IRN", "PAK", "TUR")
	p.link.setDown("TUR", true)
	said := p.say("PAK", "routine", "x")
	p.nodes["PAK"].Start(p.ctx)
	p.until("PAK", "the receipt of IRN", func(s *Snapshot) bool {
		for _, f := range s.Feeds {
			if f.Party == "PAK" && f.Receipts["IRN"] >= said.Head.Size {
				return true
			}
		}
		return false
	})
	c, err := p.nodes["PAK"].channel(p.channel)
	p.must(err)
	c.mu.Lock()
	h := c.feeds[said.ID.Origin]
	leaves, err := c.n.store.Leaves(said.ID.Origin, 0, 1, 1<<20)
	p.must(err)
	receipt, err := c.receipt(h, "IRN/receipt", 1)
	p.must(err)
	head, err := c.n.store.HeadAt(said.ID.Origin, 1)
	p.must(err)
	c.mu.Unlock()
	var buf bytes.Buffer
	w := pouch.NewWriter(&buf)
	have, err := pouch.EncodeHave(pouch.Have{Channel: p.channel, From: "PAK"})
	p.must(err)
	records, err := pouch.EncodeLeaves(pouch.Leaves{Origin: said.ID.Origin, Start: 0, Entries: leaves})
	p.must(err)
	for _, r := range append(append([]pouch.Record{have, {Type: pouch.TypeHead, Body: head.Signed}}, records...), receipt) {
		p.must(w.Put(r))
	}
	p.must(w.Close())
	_, err = p.nodes["TUR"].Serve(p.ctx, "PAK", &buf)
	p.must(err)
	tur, err := p.nodes["TUR"].channel(p.channel)
	p.must(err)
	tur.mu.RLock()
	defer tur.mu.RUnlock()
	if got := tur.feeds[said.ID.Origin].receipts["IRN"]; got != 1 {
		t.Errorf("TUR holds the receipt of IRN up to %d, want 1", got)
	}
}
