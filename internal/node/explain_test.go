package node

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// Two nodes that were told two texts by a third part at that very note, and
// each says how it reads it; who asks gets no words, and nobody gets what an
// audience without it has.
func TestWhereTwoPicturesPart(t *testing.T) {
	p, id := twoTexts(t)
	heads := func(party string) (h map[string]uint64) {
		p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) { h = s.Register.Heads() }))
		return h
	}
	audience := []string{"IRN", "PAK", "TUR"}
	theirs, err := p.nodes["IRN"].AskReadings(p.ctx, p.channel, "TUR", audience)
	p.must(err)
	ours, err := p.nodes["IRN"].Readings(p.channel, audience, theirs.Heads)
	p.must(err)
	at := register.Part(ours.Notes, theirs.Notes)
	if at == len(ours.Notes) || ours.Notes[at].Note != id || theirs.Notes[at].Note != id {
		t.Fatalf("they part at note %d of %d; want at %s", at, len(ours.Notes), id.Short())
	}
	if got := ours.Notes[at].Result + ", " + theirs.Notes[at].Result; got != "applied, unreadable" {
		t.Errorf("the two readings are %s", got)
	}
	own, err := p.nodes["IRN"].Readings(p.channel, audience, nil)
	p.must(err)
	if len(own.Heads) != len(heads("IRN")) || register.Part(own.Notes, own.Notes) != len(own.Notes) {
		t.Error("a node does not read like itself")
	}

	// Who is not of the audience, or asks in another's name, is told nothing.
	question := []byte(`{"audience":["IRN","PAK"],"channel":"` + p.channel.String() + `","fold":1,"heads":{},"notes":null,"party":"TUR","version":1}`)
	if _, err := p.nodes["IRN"].ServeReadings(p.ctx, "TUR", bytes.NewReader(question)); err == nil || !strings.Contains(err.Error(), "not both of that audience") {
		t.Errorf("TUR asks what IRN and PAK share: %v", err)
	}
	// Heads that nobody holds are lowered to what is held.
	far := []byte(`{"audience":["IRN","TUR"],"channel":"` + p.channel.String() + `","fold":1,"heads":{"x":9007199254740991},"notes":null,"party":"TUR","version":1}`)
	b, err := p.nodes["IRN"].ServeReadings(p.ctx, "TUR", bytes.NewReader(far))
	p.must(err)
	if v, err := ReadReadings(bytes.NewReader(b)); err != nil || len(v.Notes) != 0 || len(v.Heads) != 0 {
		t.Errorf("heads that nobody holds: %v, %v", v, err)
	}
}

// Without a difference two nodes read all alike, acks and orphans too.
func TestReadingsAreAlike(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	p.start()
	first := p.say("PAK", "routine", "one")
	p.must(p.nodes["PAK"].WaitReceipt(p.ctx, first.ID, "IRN"))
	p.say("IRN", "routine", "two")
	_, err := p.nodes["PAK"].Submit(p.ctx, Draft{Channel: p.channel, Act: matter.Test, Office: "nobody", Precedence: "routine", Fields: map[string]any{"use": "test"}})
	p.must(err)
	p.until("PAK", "what IRN wrote", func(s *Snapshot) bool { return s.Register.Size(note.Origin("IRN", p.channel, 1)) > 0 })
	theirs, err := p.nodes["PAK"].AskReadings(p.ctx, p.channel, "IRN", []string{"IRN", "PAK"})
	p.must(err)
	ours, err := p.nodes["PAK"].Readings(p.channel, []string{"IRN", "PAK"}, theirs.Heads)
	p.must(err)
	if n := register.Part(ours.Notes, theirs.Notes); n != len(ours.Notes) || n == 0 || !slices.EqualFunc(ours.Notes, theirs.Notes, register.Reading.Same) {
		t.Fatalf("they part at %d of %d and %d", n, len(ours.Notes), len(theirs.Notes))
	}
}

func FuzzReadReadings(f *testing.F) {
	f.Add([]byte(`{"audience":["IRN","PAK"],"channel":"` + strings.Repeat("0", 64) + `","fold":1,"heads":{"a":1},"notes":[{"note":"PAK/` + strings.Repeat("0", 64) + `/1#0","result":"applied"}],"party":"PAK","version":1}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1,"party":"PAK"} {}`))
	f.Add([]byte(`{"version":1,"party":"PAK","words":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := ReadReadings(bytes.NewReader(b))
		if err == nil && (note.CheckParty(v.Party) != nil || v.Version != note.Version) {
			t.Fatalf("accepted %q", b)
		}
	})
}
