package node

import (
	"fmt"
	"slices"
	"testing"

	"detente/charter"
	"detente/feed"
	"detente/note"
	"detente/pouch"
)

// A proof against IRN that rests on a leaf of PAK's counts for nothing once
// PAK's feed is forked. It must not be stored or passed on again with every
// pouch that brings it.
func TestAProofThatRestsDoesNotMultiply(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	p.link.setDown("TUR", true)
	for i := range 6 {
		a.write(a.note(fmt.Sprint(i)))
	}
	b := a.branch(2)
	a.tell("IRN", 0)
	said := p.say("IRN", "routine", "has seen six")
	p.until("IRN", "its own note", func(s *Snapshot) bool { return s.Register.Entry(said.ID) != nil })
	b.look()
	irnSaid := p.shown("IRN")
	b.seen[irnSaid.head.Origin] = irnSaid.head
	b.write(b.note("x"))
	b.tell("TUR", 0)
	irn := note.Origin("IRN", p.channel, 1)
	stored := func(party string) (count int) {
		rows, err := p.nodes[party].store.Forks()
		p.must(err)
		for _, r := range rows {
			if r.Origin == irn {
				count++
			}
		}
		return count
	}
	proof := pouch.Record{Type: pouch.TypeFork, Body: a.accusationOf(irnSaid, "TUR")}
	for party, other := range map[string]*traitor{"IRN": b, "TUR": a} {
		other.tell(party, 0)
		before := stored(party)
		for range 3 {
			if err := a.hand(party, proof); err != nil {
				t.Errorf("%s: %v", party, err)
			}
		}
		if h := p.held(party, irn); h.frozen != nil || len(h.faults) > 1 || stored(party) != before {
			t.Errorf("%s holds %d proofs against IRN, %d of them in its ledger; %d before", party, len(h.faults), stored(party), before)
		}
	}
}

// held is what a party holds of a feed.
func (p *pair) held(party, origin string) *held {
	c, err := p.nodes[party].channel(p.channel)
	p.must(err)
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.feeds[origin]
}

// shown is what a party has written up to one moment: an ack may follow.
type shown struct {
	head    note.Head
	records []pouch.Record
}

// shown returns it, with the checkpoint of that moment.
func (p *pair) shown(party string) shown {
	p.t.Helper()
	origin := note.Origin(party, p.channel, 1)
	c, err := p.nodes[party].channel(p.channel)
	p.must(err)
	c.mu.RLock()
	head, signed := c.feeds[origin].head, c.feeds[origin].signed
	c.mu.RUnlock()
	leaves, err := p.nodes[party].store.Leaves(origin, 0, head.Size, 1<<30)
	p.must(err)
	l, err := pouch.EncodeLeaves(pouch.Leaves{Origin: origin, Entries: leaves})
	p.must(err)
	return shown{head, append([]pouch.Record{{Type: pouch.TypeHead, Body: signed}}, l...)}
}

// accusationOf hands what a party has written to another, who holds the
// traitor's other history, and returns what that one holds against it.
func (a *traitor) accusationOf(accused shown, by string) []byte {
	p := a.p
	p.t.Helper()
	p.must(a.hand(by, accused.records...))
	h := p.held(by, accused.head.Origin)
	if len(h.faults) != 1 || h.frozen == nil {
		p.t.Fatalf("%s holds %d proofs against %s", by, len(h.faults), accused.head.Origin)
	}
	return h.faults[0].text
}

// Who holds the history that the accused named knows that the accusation is
// the work of a fork, and takes none of it: not even before anybody has told
// it of the fork. Where the later leaf's checkpoint is no larger than what it
// holds it proves the fork at once; where it is, its own checkpoint goes along
// and the other proves it.
func TestAnAccusationFallsBackOnTheFork(t *testing.T) {
	for _, larger := range []bool{false, true} {
		t.Run(fmt.Sprint(larger), func(t *testing.T) {
			p, a := betrayed(t, "IRN", "TUR")
			p.link.setDown("TUR", true)
			for i := range 4 {
				a.write(a.note(fmt.Sprint(i)))
			}
			b := a.branch(1)
			a.tell("IRN", 0)
			said := p.say("IRN", "routine", "has seen four")
			p.until("IRN", "its own note", func(s *Snapshot) bool { return s.Register.Entry(said.ID) != nil })
			b.look()
			irnSaid := p.shown("IRN")
			b.seen[irnSaid.head.Origin] = irnSaid.head
			b.write(b.note("has seen that IRN has seen four, and is only the second"))
			for i := 0; larger && i < 6; i++ {
				b.write(b.note("more"))
			}
			b.tell("TUR", 0)
			proof := a.accusationOf(irnSaid, "TUR")
			if err := a.hand("IRN", pouch.Record{Type: pouch.TypeFork, Body: proof}); err != nil {
				t.Error(err)
			}
			p.must(p.nodes["IRN"].Read(p.channel, func(s *Snapshot) {
				for _, f := range s.Feeds {
					if f.Party == "IRN" && f.Frozen != nil {
						t.Errorf("IRN took an accusation that it knows to be false: %s", f.Why)
					}
					if f.Party == "PAK" && (f.Frozen == nil) != larger {
						t.Errorf("IRN holds the forked feed frozen: %v", f.Frozen)
					}
				}
			}))
			p.link.setDown("TUR", false)
			a.frozen(1)
			for party := range p.nodes {
				p.until(party, "IRN's feed, not frozen", func(s *Snapshot) bool {
					return !slices.ContainsFunc(s.Feeds, func(f FeedInfo) bool { return f.Party == "IRN" && f.Frozen != nil })
				})
			}
			a.goesOn()
		})
	}
}

// An accusation that rests on a feed goes when its fork is proven, though that
// feed was closed before.
func TestTheForkOfAClosedFeedCounts(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	p.link.setDown("TUR", true)
	for i := range 4 {
		a.write(a.note(fmt.Sprint(i)))
	}
	b := a.branch(1)
	a.tell("IRN", 0)
	said := p.say("IRN", "routine", "has seen four")
	p.until("IRN", "its own note", func(s *Snapshot) bool { return s.Register.Entry(said.ID) != nil })
	b.look()
	irnSaid := p.shown("IRN")
	b.seen[irnSaid.head.Origin] = irnSaid.head
	b.write(b.note("has seen that IRN has seen four, and is only the second"))
	b.tell("TUR", 0)
	a.accusationOf(irnSaid, "TUR")
	identity, err := LoadIdentity(a.n.Dir()+".identity", "")
	p.must(err)
	closing, err := charter.Closing{Channel: p.channel, Keeps: b.head(2), Reason: charter.Left, Time: a.n.Now().UTC().Format(note.TimeLayout)}.Sign(identity)
	p.must(err)
	_, _, err = p.nodes["TUR"].AddDocument(p.ctx, closing)
	p.must(err)
	p.must(p.nodes["TUR"].Read(p.channel, func(s *Snapshot) {
		if _, closed := s.Docs.Closed(a.origin()); !closed {
			t.Error("the feed is not closed")
		}
	}))
	fork, err := feed.ProveFork(a.signed(2), b.signed(2), nil, a.n.rings[0].feed.Public())
	p.must(err)
	text, err := fork.MarshalText()
	p.must(err)
	for range 2 { // the second changes nothing
		p.must(a.hand("TUR", pouch.Record{Type: pouch.TypeFork, Body: text}))
	}
	if h := p.held("TUR", note.Origin("IRN", p.channel, 1)); h.frozen != nil {
		t.Errorf("TUR holds IRN's feed frozen at %d", *h.frozen)
	}
	if h := p.held("TUR", a.origin()); len(h.faults) != 1 || h.frozen == nil || *h.frozen != 2 {
		t.Errorf("TUR holds %d proofs against PAK, which stands up to %v; want one, and what the closing keeps", len(h.faults), h.frozen)
	}
}

// However many proofs there are, few are passed on, and none that another
// could need when a third comes to rest.
func TestProofsAgainstAFeedAreFew(t *testing.T) {
	h := newHeld()
	for i := range uint64(100) {
		h.keep(fault{stands: 300 - i, fork: true})
		h.keep(fault{stands: 200 - i})
		h.keep(fault{stands: 100 - i, witness: "PAK"})
	}
	h.keep(fault{stands: 150, witness: "TUR"})
	if len(h.faults) > maxProofs+3 {
		t.Errorf("%d proofs are kept", len(h.faults))
	}
	for _, f := range []fault{{stands: 201, fork: true}, {stands: 101}, {stands: 1, witness: "PAK"}, {stands: 150, witness: "TUR"}} {
		if !slices.ContainsFunc(h.faults, func(o fault) bool { return o.outweighs(f) }) {
			t.Errorf("nothing is left that says %+v", f)
		}
	}
}
