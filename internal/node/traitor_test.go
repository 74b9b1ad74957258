package node

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"detente/charter"
	"detente/feed"
	"detente/note"
	"detente/pouch"
)

// traitor is a legitimate party of the channel that keeps to no rule: it has
// its keys, and a program of its own.
type traitor struct {
	p      *pair
	party  string
	n      *Node // its keys; it never runs
	leaves [][]byte
	parts  map[note.Digest][]byte
	seen   map[string]note.Head // the greatest that it has let on
}

// betrayed founds a channel in which PAK is a traitor, and starts the others.
func betrayed(t testing.TB, honest ...string) (*pair, *traitor) {
	p := newPair(t, slices.Sorted(slices.Values(append(honest, "PAK")))...)
	a := &traitor{p: p, party: "PAK", n: p.nodes["PAK"], parts: map[note.Digest][]byte{}, seen: map[string]note.Head{}}
	delete(p.nodes, "PAK")
	p.link.setDown("PAK", true)
	t.Cleanup(func() {
		p.stop()
		if err := a.n.Close(); err != nil {
			t.Error(err)
		}
	})
	p.start()
	return p, a
}

func (a *traitor) origin() string { return note.Origin(a.party, a.p.channel, 1) }

// branch returns another history that begins with the first leaves of this one.
func (a *traitor) branch(common int) *traitor {
	b := *a
	b.leaves, b.parts, b.seen = slices.Clone(a.leaves[:common]), maps.Clone(a.parts), maps.Clone(a.seen)
	return &b
}

// look takes in what the honest parties have written.
func (a *traitor) look() {
	for party, n := range a.p.nodes {
		a.p.must(n.Read(a.p.channel, func(s *Snapshot) {
			for _, f := range s.Feeds {
				if f.Party == party {
					a.seen[f.Origin] = f.Head
				}
			}
		}))
	}
}

// note makes the header and the payload of a text to all, as an honest node
// would, for the traitor to bend.
func (a *traitor) note(body string) *note.Header {
	a.p.t.Helper()
	return a.send(&note.Move{Act: "message/send", Fields: map[string]any{"form": "letter"}, Office: "mfa", Salt: salt(), Version: note.Version}, body)
}

func (a *traitor) send(m *note.Move, body string) *note.Header {
	a.p.t.Helper()
	h := &note.Header{Charter: a.p.channel, Exercise: true, Index: uint64(len(a.leaves)), Origin: a.origin(), Precedence: "routine", Time: a.n.Now().UTC().Format(note.TimeLayout), Version: note.Version}
	for party := range a.p.nodes {
		h.Audience = append(h.Audience, party)
	}
	h.Audience = append(h.Audience, a.party)
	slices.Sort(h.Audience)
	for _, o := range slices.Sorted(maps.Keys(a.seen)) {
		h.Seen = append(h.Seen, a.seen[o])
	}
	plain, err := m.Encode()
	a.p.must(err)
	h.Parts = []note.Part{a.sealed(note.PartMove, h.Audience, plain)}
	c := note.Content{Authentic: []string{"en"}, Salt: salt(), Texts: map[string]note.Wording{"subject": {"en": "A test"}, "body": {"en": body}}, Version: note.Version}
	plain, err = c.Encode()
	a.p.must(err)
	h.Parts = append(h.Parts, a.sealed(note.PartContent, h.Audience, plain))
	return h
}

func (a *traitor) sealed(name string, audience []string, plain []byte) note.Part {
	a.p.t.Helper()
	c, err := a.n.channel(a.p.channel)
	a.p.must(err)
	to, err := c.recipients(audience)
	a.p.must(err)
	b, err := a.n.sealer.Seal(to, plain)
	a.p.must(err)
	return a.payload(name, b, note.Sum(plain))
}

func (a *traitor) payload(name string, sealed []byte, plain note.Digest) note.Part {
	a.parts[note.Sum(sealed)] = sealed
	return note.Part{Name: name, Plain: plain, Sealed: note.Sum(sealed), Size: uint64(len(sealed))}
}

// write appends a header.
func (a *traitor) write(h *note.Header) note.ID {
	a.p.t.Helper()
	leaf, err := h.Encode()
	a.p.must(err)
	return a.leaf(leaf)
}

// leaf appends any bytes.
func (a *traitor) leaf(b []byte) note.ID {
	a.leaves = append(a.leaves, b)
	return note.ID{Origin: a.origin(), Index: uint64(len(a.leaves) - 1)}
}

func (a *traitor) head(size int) note.Head {
	t := feed.EmptyTree()
	for _, l := range a.leaves[:size] {
		t.Append(l)
	}
	return note.Head{Origin: a.origin(), Root: t.Root(), Size: uint64(size)}
}

func (a *traitor) signed(size int) []byte {
	a.p.t.Helper()
	b, err := a.n.rings[0].feed.SignHead(a.head(size), a.n.Now())
	a.p.must(err)
	return b
}

func (a *traitor) have() pouch.Have { return pouch.Have{Channel: a.p.channel, From: a.party} }

// records are the leaves up to a checkpoint, with it and their payloads.
func (a *traitor) records(from, size int) []pouch.Record {
	a.p.t.Helper()
	out := []pouch.Record{{Type: pouch.TypeHead, Body: a.signed(size)}}
	leaves, err := pouch.EncodeLeaves(pouch.Leaves{Origin: a.origin(), Start: uint64(from), Entries: a.leaves[from:size]})
	a.p.must(err)
	out = append(out, leaves...)
	for _, raw := range a.leaves[from:size] {
		h, err := note.Parse(raw)
		if err != nil {
			continue
		}
		for _, p := range h.Parts {
			if sealed, ok := a.parts[p.Sealed]; ok {
				out = append(out, a.chunks(p.Sealed, sealed)...)
			}
		}
	}
	return out
}

func (a *traitor) chunks(d note.Digest, sealed []byte) (out []pouch.Record) {
	a.p.t.Helper()
	for at := 0; at < len(sealed); at += pouch.MaxChunk {
		r, err := pouch.EncodeChunk(nil, pouch.Chunk{Sealed: d, Offset: uint64(at), Total: uint64(len(sealed)), Data: sealed[at:min(at+pouch.MaxChunk, len(sealed))]})
		a.p.must(err)
		out = append(out, r)
	}
	return out
}

// pouch frames records after what the traitor says that it holds.
func (a *traitor) pouch(h pouch.Have, records ...pouch.Record) []byte {
	a.p.t.Helper()
	var buf bytes.Buffer
	w := pouch.NewWriter(&buf)
	first, err := pouch.EncodeHave(h)
	a.p.must(err)
	for _, r := range append([]pouch.Record{first}, records...) {
		a.p.must(w.Put(r))
	}
	a.p.must(w.Close())
	return buf.Bytes()
}

// hand gives a party a pouch, as the line would.
func (a *traitor) hand(to string, records ...pouch.Record) error {
	_, err := a.p.nodes[to].Serve(a.p.ctx, a.party, bytes.NewReader(a.pouch(a.have(), records...)))
	return err
}

// tell gives a party all leaves of this history from one on.
func (a *traitor) tell(to string, from int) {
	a.p.t.Helper()
	a.p.must(a.hand(to, a.records(from, len(a.leaves))...))
}

// frozen waits until the honest parties all hold the feed frozen at one place.
func (a *traitor) frozen(at uint64) {
	a.p.t.Helper()
	for party := range a.p.nodes {
		a.p.until(party, "the feed frozen", func(s *Snapshot) bool {
			i := slices.IndexFunc(s.Feeds, func(f FeedInfo) bool { return f.Origin == a.origin() })
			return i >= 0 && s.Feeds[i].Frozen != nil && *s.Feeds[i].Frozen == at
		})
	}
}

// credence is all that a stranger knows of a party.
func (a *traitor) credence(party string) charter.Credence {
	n := a.n
	if party != a.party {
		n = a.p.nodes[party]
	}
	_, signed := n.Credence()
	c, err := charter.ParseCredence(signed)
	a.p.must(err)
	return c
}

// proofs returns what the ledger of a party holds against the traitor.
func (a *traitor) proofs(party string) (out [][]byte) {
	rows, err := a.p.nodes[party].Store().Forks()
	a.p.must(err)
	for _, r := range rows {
		if r.Origin == a.origin() {
			out = append(out, r.Bytes)
		}
	}
	return out
}

// goesOn checks that the honest parties still hear each other, and read alike.
func (a *traitor) goesOn() {
	a.p.t.Helper()
	names := slices.Sorted(maps.Keys(a.p.nodes))
	for i, from := range names {
		to := names[(i+1)%len(names)]
		t := a.p.say(from, "routine", "the line goes on")
		a.p.must(a.p.nodes[from].WaitReceipt(a.p.ctx, t.ID, to))
		a.p.until(to, "the note of "+from+" read", func(s *Snapshot) bool {
			e := s.Register.Entry(t.ID)
			return e != nil && e.Result == "applied"
		})
	}
	a.alike()
}

// alike waits until the honest parties have one picture over all that they hold.
func (a *traitor) alike() {
	a.p.t.Helper()
	a.p.until(slices.Min(slices.Collect(maps.Keys(a.p.nodes))), "one picture", func(s *Snapshot) bool {
		var all []map[string]uint64
		for party, n := range a.p.nodes {
			if party == s.Party {
				all = append(all, s.Register.Heads())
				continue
			}
			a.p.must(n.Read(a.p.channel, func(o *Snapshot) { all = append(all, o.Register.Heads()) }))
		}
		heads := map[string]uint64{}
		for o, size := range all[0] {
			for _, h := range all[1:] {
				size = min(size, h[o])
			}
			heads[o] = size
		}
		first, ok := s.Register.Picture(s.Docs.Principals(), heads)
		for party, n := range a.p.nodes {
			if party != s.Party {
				a.p.must(n.Read(a.p.channel, func(o *Snapshot) {
					d, there := o.Register.Picture(s.Docs.Principals(), heads)
					ok = ok && there && d == first
				}))
			}
		}
		return ok
	})
}
