package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"detente/charter"
	"detente/note"
)

// setQuota gives the channel another quota at every node. Nothing runs yet.
func (p *pair) setQuota(q charter.Quota) {
	for _, n := range p.nodes {
		c, err := n.channel(p.channel)
		p.must(err)
		c.docs.Current().Charter.Quota = q
	}
}

// A run that is longer than the whole quota is taken, and what comes after it
// waits until the debt is paid.
func TestQuotaInDebt(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.setQuota(charter.Quota{MaxBytes: 1 << 30, MaxPending: 5, NotesPerHour: 20})
	for i := range 60 { // flash always passes the author's own desk
		p.say("PAK", "flash", fmt.Sprint(i))
	}
	p.start()
	origin := note.Origin("PAK", p.channel, 1)
	p.until("IRN", "the whole run", func(s *Snapshot) bool { return s.Register.Heads()[origin] >= 60 })
	c, err := p.nodes["IRN"].channel(p.channel)
	p.must(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quota[origin].left > -34 {
		t.Errorf("%v left after 60 of 25", c.quota[origin].left)
	}
	for _, flash := range []bool{false, true} {
		if c.mayGrow(origin, flash) == nil {
			t.Errorf("more is taken in deep debt, flash: %v", flash)
		}
	}
	c.quota[origin].at = c.quota[origin].at.Add(-time.Hour)
	if c.mayGrow(origin, false) == nil || c.mayGrow(origin, true) != nil {
		t.Error("in debt flash alone passes")
	}
	c.quota[origin].at = c.quota[origin].at.Add(-2 * time.Hour)
	if err := c.mayGrow(origin, false); err != nil {
		t.Error("the debt is paid, and", err)
	}
}

// The charter bounds what may wait for a receipt by bytes too.
func TestBytesThatWait(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.link.setDown("IRN", true)
	p.setQuota(charter.Quota{MaxBytes: 20_000, MaxPending: 100, NotesPerHour: 100})
	p.say("PAK", "routine", strings.Repeat("x", 15_000))
	d := Draft{Channel: p.channel, Act: "message/send", Office: "mfa", Precedence: "routine", Fields: map[string]any{"form": "letter"},
		Content: &note.Content{Authentic: []string{"en"}, Texts: map[string]note.Wording{"subject": {"en": "s"}, "body": {"en": "b"}}}}
	var refused *Refused
	if _, err := p.nodes["PAK"].Submit(p.ctx, d); !errors.As(err, &refused) || !strings.Contains(err.Error(), "bytes of payloads wait") {
		t.Fatalf("with more waiting than the charter lets: %v", err)
	}
	p.say("PAK", "flash", "passes")
	p.link.setDown("IRN", false)
	p.start()
	p.settled()
	p.say("PAK", "routine", "passes again")
}
