package node

import (
	"fmt"
	"slices"
	"testing"

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
	b.write(b.note("x"))
	b.tell("TUR", 0)
	irn := note.Origin("IRN", p.channel, 1)
	of := func(party string) (*channel, *held) {
		c, err := p.nodes[party].channel(p.channel)
		p.must(err)
		c.mu.RLock()
		defer c.mu.RUnlock()
		return c, c.feeds[irn]
	}
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
	c, h := of("IRN")
	leaves, err := c.n.store.Leaves(irn, 0, h.tree.Size(), 1<<30)
	p.must(err)
	l, err := pouch.EncodeLeaves(pouch.Leaves{Origin: irn, Entries: leaves})
	p.must(err)
	p.must(b.hand("TUR", append([]pouch.Record{{Type: pouch.TypeHead, Body: h.signed}}, l...)...))
	if _, h = of("TUR"); len(h.faults) != 1 || h.frozen == nil {
		t.Fatalf("TUR holds %d proofs against IRN", len(h.faults))
	}
	proof := pouch.Record{Type: pouch.TypeFork, Body: h.faults[0].text}
	for party, other := range map[string]*traitor{"IRN": b, "TUR": a} {
		other.tell(party, 0)
		before := stored(party)
		for range 3 {
			if err := a.hand(party, proof); err != nil {
				t.Errorf("%s: %v", party, err)
			}
		}
		if _, h := of(party); h.frozen != nil || len(h.faults) > 1 || stored(party) != before {
			t.Errorf("%s holds %d proofs against IRN, %d of them in its ledger; %d before", party, len(h.faults), stored(party), before)
		}
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
