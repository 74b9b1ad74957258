package node

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"detente/charter"
	"detente/feed"
	"detente/note"
	"detente/pouch"
	"detente/register"
)

// forge changes or drops signature lines of a checkpoint: line 0 is Ed25519,
// line 1 ML-DSA-44.
func forge(signed []byte, line int, drop bool) []byte {
	text, lines, _ := bytes.Cut(signed, []byte("\n\n"))
	list := bytes.SplitAfter(lines, []byte("\n"))
	if drop {
		list[line] = nil
	} else {
		l := bytes.Clone(list[line])
		at := len(l) - 10
		l[at] = map[bool]byte{true: 'A', false: 'B'}[l[at] != 'A']
		list[line] = l
	}
	return slices.Concat(append([][]byte{text, []byte("\n\n")}, list...)...)
}

// rawLeaves is a leaves record that no encoder of ours writes.
func rawLeaves(origin string, start uint64, size int, entry []byte) pouch.Record {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(origin)))
	b = append(b, origin...)
	b = binary.BigEndian.AppendUint64(b, start)
	b = binary.BigEndian.AppendUint16(b, 1)
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	return pouch.Record{Type: pouch.TypeLeaves, Body: append(b, entry...)}
}

// What is wrong with a pouch refuses it, in so many words, and nothing of it
// is taken.
func TestLies(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	p.say("IRN", "routine", "one")
	a.write(a.note("held"))
	a.tell("IRN", 0)
	a.goesOn()
	first := slices.Clone(a.leaves)
	a.write(a.note("not held yet"))
	good := a.records(1, 2)
	head, leaves := good[0], good[1]
	var irn note.Head
	p.must(p.nodes["IRN"].Read(p.channel, func(s *Snapshot) { irn = s.Feeds[0].Head }))
	stranger, err := feed.GenerateKey()
	p.must(err)
	doc := func(signed []byte) []pouch.Record { return []pouch.Record{{Type: pouch.TypeDoc, Body: signed}} }
	withHead := func(signed []byte) []pouch.Record {
		return append([]pouch.Record{{Type: pouch.TypeHead, Body: signed}}, good[1:]...)
	}
	own := func(h note.Head) []byte {
		b, err := a.n.rings[0].feed.SignHead(h, a.n.Now())
		p.must(err)
		return b
	}
	receipt := func(name string, h note.Head, k *feed.Key) []pouch.Record {
		lines, err := k.Cosign(name, h, a.n.Now())
		p.must(err)
		r, err := pouch.EncodeReceipt(pouch.Receipt{Name: name, Head: h, Lines: lines})
		p.must(err)
		return []pouch.Record{r}
	}
	altered := bytes.Clone(a.leaves[1])
	altered[len(altered)/2] ^= 1
	chunk := bytes.Clone(good[2].Body)
	chunk[len(chunk)-1] ^= 1
	half, err := pouch.EncodeChunk(nil, pouch.Chunk{Sealed: note.Sum(nil), Total: 100, Data: []byte("half")})
	p.must(err)
	cred := a.credence("PAK")
	cred.Party, cred.Identity = "XXX", stranger.Public()
	foreign, err := cred.Sign(stranger)
	p.must(err)
	posing := a.credence("TUR")
	posing.Identity, posing.Serial = stranger.Public(), 2
	posed, err := posing.Sign(stranger)
	p.must(err)
	var unsigned []byte
	p.must(p.nodes["IRN"].Read(p.channel, func(s *Snapshot) {
		c := s.Docs.Current().Charter
		c.Name = "Nobody signed this"
		u, err := charter.NewSigned(c)
		p.must(err)
		unsigned = u.Bytes()
	}))
	big := a.branch(1)
	for range 40 {
		big.leaf(make([]byte, 60_000))
	}
	have := func(change func(*pouch.Have)) *pouch.Have {
		h := a.have()
		change(&h)
		return &h
	}
	for _, c := range []struct {
		name    string
		have    *pouch.Have
		records []pouch.Record
		want    string // in the refusal; empty: answered, and nothing taken
	}{
		{"wrong channel", have(func(h *pouch.Have) { h.Channel = note.Sum([]byte("x")) }), good, "there is no channel"},
		{"in another's name", have(func(h *pouch.Have) { h.From = "TUR" }), good, "does not begin with what PAK holds"},
		{"Ed25519 forged", nil, withHead(forge(head.Body, 0, false)), "refused"},
		{"Ed25519 stripped", nil, withHead(forge(head.Body, 0, true)), "refused"},
		{"ML-DSA-44 forged", nil, withHead(forge(head.Body, 1, false)), "refused"},
		{"ML-DSA-44 stripped", nil, withHead(forge(head.Body, 1, true)), "refused"},
		{"another's feed", nil, []pouch.Record{{Type: pouch.TypeHead, Body: own(note.Head{Origin: irn.Origin, Root: note.Sum([]byte("x")), Size: irn.Size + 1})}, rawLeaves(irn.Origin, irn.Size, 1, []byte("x"))}, "refused"},
		{"another channel's feed", nil, []pouch.Record{{Type: pouch.TypeHead, Body: own(note.Head{Origin: note.Origin("PAK", note.Sum([]byte("x")), 1), Root: note.Sum([]byte("x")), Size: 1})}}, "another channel"},
		{"an epoch that is not", nil, []pouch.Record{{Type: pouch.TypeHead, Body: own(note.Head{Origin: note.Origin("PAK", p.channel, 7), Root: note.Sum([]byte("x")), Size: 1})}}, "not here yet"},
		{"leaf altered", nil, []pouch.Record{head, rawLeaves(a.origin(), 1, len(altered), altered)}, "hash to"},
		{"leaves missing", nil, []pouch.Record{{Type: pouch.TypeHead, Body: own(note.Head{Origin: a.origin(), Root: note.Sum([]byte("x")), Size: 1 << 50})}, leaves}, "are wanted"},
		{"a gap", nil, []pouch.Record{{Type: pouch.TypeHead, Body: own(note.Head{Origin: a.origin(), Root: note.Sum([]byte("x")), Size: 9})}, rawLeaves(a.origin(), 8, 1, []byte("x"))}, "are missing"},
		{"65,536 bytes", nil, []pouch.Record{head, rawLeaves(a.origin(), 1, 0, make([]byte, 65_536))}, "too many"},
		{"an index beyond all", nil, []pouch.Record{head, rawLeaves(a.origin(), 1<<62, 1, []byte("x"))}, "too great"},
		{"too long for a pouch", nil, big.records(1, 41), "a pouch takes"},
		{"payload altered", nil, []pouch.Record{head, leaves, {Type: pouch.TypePart, Body: chunk}}, ""},
		{"a payload in another", nil, []pouch.Record{half, good[2]}, "in the middle of another"},
		{"half a payload", nil, []pouch.Record{half}, "in the middle of payload"},
		{"two haves", nil, []pouch.Record{must(pouch.EncodeHave(a.have()))(t)}, "says twice"},
		{"receipt in another's name", nil, receipt("TUR/receipt", irn, a.n.rings[0].receipt), ""},
		{"receipt with another's key", nil, receipt("PAK/receipt", irn, stranger), "refused"},
		{"a receipt for what is not", nil, receipt("PAK/receipt", note.Head{Origin: irn.Origin, Root: note.Sum([]byte("x")), Size: irn.Size}, a.n.rings[0].receipt), ""},
		{"a receipt for more than there is", nil, receipt("PAK/receipt", note.Head{Origin: irn.Origin, Root: note.Sum([]byte("x")), Size: 1 << 52}, a.n.rings[0].receipt), ""},
		{"a fork that is none", nil, []pouch.Record{{Type: pouch.TypeFork, Body: must(feed.Fork{A: own(a.head(1)), B: own(a.head(2)), Prefix: a.head(1).Root}.MarshalText())(t)}}, ""},
		{"a stranger's credence", nil, doc(foreign), ""},
		{"a credence under another identity", nil, doc(posed), ""},
		{"a charter that nobody signed", nil, doc(unsigned), ""},
		{"a text that is none", nil, doc([]byte("hello\n")), ""},
		{"claims more than there is", have(func(h *pouch.Have) {
			h.Feeds = []pouch.FeedHave{{Origin: irn.Origin, Size: 1 << 52, Receipted: 1 << 52, Root: note.Sum([]byte("x"))}}
		}), nil, ""},
		{"wants what is not", have(func(h *pouch.Have) {
			for i := range pouch.MaxWants {
				h.Wants = append(h.Wants, note.Sum([]byte(fmt.Sprint(i))))
			}
		}), nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := a.have()
			if c.have != nil {
				h = *c.have
			}
			before := p.holdings("IRN")
			out, err := p.nodes["IRN"].Serve(p.ctx, "PAK", bytes.NewReader(a.pouch(h, c.records...)))
			var bad *Bad
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (!errors.As(err, &bad) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("want a refusal with %q, got %v", c.want, err)
			case len(out) > maxPouch:
				t.Errorf("the answer has %d bytes", len(out))
			}
			if after := p.holdings("IRN"); after != before && c.name != "payload altered" {
				t.Errorf("something was taken: %s, before %s", after, before)
			}
		})
	}
	a.goesOn()
	// What was refused wrong comes right.
	p.must(a.hand("IRN", good...))
	p.until("IRN", "the note", func(s *Snapshot) bool {
		e := s.Register.Entry(note.ID{Origin: a.origin(), Index: 1})
		return e != nil && e.Result == register.Applied
	})
	// And an old pouch changes nothing.
	a.leaves = first
	before := p.holdings("IRN")
	a.tell("IRN", 0)
	if after := p.holdings("IRN"); after != before {
		t.Errorf("a replay was taken: %s, before %s", after, before)
	}
	a.goesOn()
}

// holdings sums up what a node holds of others, and the texts.
func (p *pair) holdings(party string) string {
	var b strings.Builder
	n := p.nodes[party]
	p.must(n.Read(p.channel, func(s *Snapshot) {
		for _, f := range s.Feeds {
			if f.Party == "PAK" {
				fmt.Fprint(&b, f.Origin, f.Head.Size, f.Frozen != nil, " ")
			}
			fmt.Fprint(&b, f.Receipts["PAK"], " ")
		}
	}))
	for _, kind := range []string{charter.KindCharter, charter.KindClosing, charter.KindCredence} {
		docs, err := n.Documents(kind)
		p.must(err)
		fmt.Fprint(&b, len(docs), " ")
	}
	forks, err := n.Store().Forks()
	p.must(err)
	fmt.Fprint(&b, len(forks))
	return b.String()
}

// A leaf that the signed tree commits to is stored and receipted whatever it
// is; what is wrong inside folds as unreadable, everywhere alike, and stops
// nobody.
func TestUnreadableLeaves(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	p.say("IRN", "routine", "one")
	a.look()
	text := func(h *note.Header, old, new string) []byte {
		b, err := h.Encode()
		p.must(err)
		if !bytes.Contains(b, []byte(old)) {
			t.Fatalf("no %q in %s", old, b)
		}
		return bytes.Replace(b, []byte(old), []byte(new), 1)
	}
	bent := func(change func(*note.Header)) []byte {
		h := a.note("bent")
		change(h)
		b, err := h.Encode()
		p.must(err)
		return b
	}
	move := func(plain []byte) []byte {
		h := a.note("bent")
		h.Parts[0] = a.sealed(note.PartMove, h.Audience, plain)
		b, err := h.Encode()
		p.must(err)
		return b
	}
	padded := func(json string) []byte {
		out := make([]byte, note.PaddedSize(uint64(len(json))))
		copy(out, json)
		return out
	}
	for _, make := range []func() []byte{
		func() []byte { return nil },
		func() []byte { return []byte("no header") },
		func() []byte { return bytes.Repeat([]byte("["), note.MaxHeader) },
		func() []byte { return []byte(strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)) },
		func() []byte { return text(a.note("x"), `"version":1`, `"version":2`) },
		func() []byte { return text(a.note("x"), `"version":1`, `"version":1,"version":1`) },
		func() []byte { return text(a.note("x"), `"version":1`, `"version":1,"zeal":1`) },
		func() []byte { return text(a.note("x"), `"version":1`, `"Version":1`) },
		func() []byte { return text(a.note("x"), `"exercise":true,`, ``) },
		func() []byte { return text(a.note("x"), `"precedence":"routine"`, `"precedence":"utmost"`) },
		func() []byte { return text(a.note("x"), `"time":"2`, `"time":"9999-12-31T23:59:59.999Z","x":"2`) },
		func() []byte { return text(a.note("x"), `"index":`, `"index":9007199254740993,"x":`) },
		func() []byte { return text(a.note("x"), `"charter":`, ` "charter":`) },
		func() []byte { return bent(func(h *note.Header) { h.Index = 1 << 52 }) },
		func() []byte { return bent(func(h *note.Header) { h.Origin = note.Origin("PAK", p.channel, 9999) }) },
		func() []byte { return bent(func(h *note.Header) { h.Charter = note.Sum([]byte("no charter")) }) },
		func() []byte {
			return bent(func(h *note.Header) { h.Parts[0].Plain = note.Sum([]byte("another text")) })
		},
		func() []byte { // sealed to the author alone
			h := a.note("x")
			m := h.Parts[0]
			plain, _, err := a.open(a.parts[m.Sealed])
			p.must(err)
			h.Parts[0] = a.sealed(note.PartMove, []string{"PAK"}, plain)
			b, err := h.Encode()
			p.must(err)
			return b
		},
		func() []byte { // not sealed at all
			h := a.note("x")
			h.Parts[0] = a.payload(note.PartMove, []byte("plain as day"), note.Sum([]byte("plain as day")))
			b, err := h.Encode()
			p.must(err)
			return b
		},
		func() []byte { return move([]byte("no move")) },
		func() []byte {
			return move(padded(`{"act":"message/send","fields":{"form":"letter"},"office":"mfa","salt":"` + salt() + `","version":2}`))
		},
		func() []byte {
			return move(padded(`{"act":"war/declare","fields":{},"office":"mfa","salt":"` + salt() + `","version":1}`))
		},
		func() []byte {
			return move(padded(`{"act":"message/send","fields":{"form":"letter","x":1},"office":"mfa","salt":"` + salt() + `","version":1}`))
		},
		func() []byte {
			return move(padded(`{"act":"message/send","fields":{"form":"letter"},"office":"mfa","office":"mfa","salt":"` + salt() + `","version":1}`))
		},
		func() []byte {
			return move(padded(`{"act":"message/send","fields":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat("}", 40) + `,"office":"mfa","salt":"` + salt() + `","version":1}`))
		},
	} {
		a.leaf(make())
	}
	late := a.note("the last second that there is")
	late.Time = "9998-12-31T23:59:59.999Z"
	a.write(late)
	last := a.write(a.note("what follows is read"))
	a.tell("IRN", 0)
	for party := range p.nodes {
		p.until(party, "the leaves", func(s *Snapshot) bool {
			e := s.Register.Entry(last)
			return e != nil && e.Result == register.Applied
		})
		p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
			for i, raw := range a.leaves[:len(a.leaves)-2] {
				e := s.Register.Entry(note.ID{Origin: a.origin(), Index: uint64(i)})
				if e == nil || e.Result != register.NotFolded || e.Trouble != register.Unreadable {
					t.Errorf("%s: leaf %d, %.300q, is %+v", party, i, raw, e)
				}
			}
			if e := s.Register.Entry(late.ID()); e == nil || e.Result != register.Applied {
				t.Errorf("%s: the note of the year 9998 is %+v", party, e)
			}
			for _, f := range s.Feeds {
				if f.Origin == a.origin() && (f.Receipts[party] != uint64(len(a.leaves)) || f.Frozen != nil) {
					t.Errorf("%s gave a receipt for %d of %d leaves, frozen: %v", party, f.Receipts[party], len(a.leaves), f.Frozen)
				}
			}
		}))
	}
	a.goesOn()
	before := p.picture("IRN")
	if before != p.picture("TUR") {
		t.Error("the pictures differ")
	}
	p.stop()
	p.ctx, p.stop = context.WithCancel(context.Background())
	for _, party := range []string{"IRN", "TUR"} {
		p.must(p.nodes[party].Close())
		p.open(party)
	}
	if p.picture("IRN") != before {
		t.Error("a restart changes the picture")
	}
	p.start()
	a.goesOn()
}

// To have seen a feed that cannot be makes a leaf unreadable, and whoever does
// not say so again has lowered its seen.
func TestSeenOfWhatIsNot(t *testing.T) {
	for _, form := range []string{"XXX/%s/1", "TUR/%s/9999", "PAK/%s/2"} {
		t.Run(form[:3], func(t *testing.T) {
			p, a := betrayed(t, "IRN", "TUR")
			origin := fmt.Sprintf(form, p.channel)
			a.write(a.note("0"))
			a.seen[origin] = note.Head{Origin: origin, Root: note.Sum(nil), Size: 1 << 52}
			ahead := a.write(a.note("1"))
			a.tell("IRN", 0)
			for party := range p.nodes {
				p.until(party, "the leaf", func(s *Snapshot) bool {
					e := s.Register.Entry(ahead)
					return e != nil && e.Trouble == register.Unreadable && e.Result == register.NotFolded
				})
			}
			a.goesOn()
			delete(a.seen, origin)
			a.write(a.note("2"))
			a.tell("TUR", 2)
			a.frozen(2)
			a.goesOn()
		})
	}
}

// open opens a payload with the traitor's own key.
func (a *traitor) open(sealed []byte) ([]byte, note.Digest, error) {
	_, plain, err := a.n.unseal(note.Sum(sealed), sealed)
	return plain, note.Sum(plain), err
}

// picture is a node's picture over all that it has folded of the feeds of PAK.
func (p *pair) picture(party string) (d note.Digest) {
	p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
		heads := map[string]uint64{}
		for o, n := range s.Register.Heads() {
			if strings.HasPrefix(o, "PAK/") {
				heads[o] = n
			}
		}
		d, _ = s.Register.Picture(s.Docs.Principals(), heads)
	}))
	return d
}

// twoKeys wraps another file key for one of the recipients.
type twoKeys struct {
	honest, cheated age.Recipient
}

func (k twoKeys) Wrap(key []byte) ([]*age.Stanza, error) {
	s, _, err := k.WrapWithLabels(key)
	return s, err
}

func (k twoKeys) WrapWithLabels(key []byte) ([]*age.Stanza, []string, error) {
	wrap := func(r age.Recipient, key []byte) ([]*age.Stanza, []string, error) {
		if l, ok := r.(age.RecipientWithLabels); ok {
			return l.WrapWithLabels(key)
		}
		s, err := r.Wrap(key)
		return s, nil, err
	}
	one, labels, err := wrap(k.honest, key)
	if err != nil {
		return nil, nil, err
	}
	other := bytes.Clone(key)
	other[0] ^= 1
	two, _, err := wrap(k.cheated, other)
	return append(one, two...), labels, err
}

// twoTexts is a world in which PAK told IRN and TUR two texts, in the note
// named, by one sealed file that holds two file keys.
func twoTexts(t *testing.T) (*pair, note.ID) {
	p, a := betrayed(t, "IRN", "TUR")
	keys := map[string]age.Recipient{}
	for party := range p.nodes {
		r, err := age.ParseHybridRecipient(a.credence(party).Keys.Seal)
		p.must(err)
		keys[party] = r
	}
	h := a.note("to whom?")
	plain, digest, err := a.open(a.parts[h.Parts[0].Sealed])
	p.must(err)
	var buf bytes.Buffer
	w, err := age.Encrypt(&buf, twoKeys{keys["IRN"], keys["TUR"]})
	p.must(err)
	_, err = w.Write(plain)
	p.must(errors.Join(err, w.Close()))
	h.Parts[0] = a.payload(note.PartMove, buf.Bytes(), digest)
	id := a.write(h)
	a.tell("IRN", 0)
	a.tell("TUR", 0)
	for party, want := range map[string]register.Result{"IRN": register.Applied, "TUR": register.NotFolded} {
		p.until(party, "the note", func(s *Snapshot) bool {
			e := s.Register.Entry(id)
			return e != nil && e.Result == want
		})
	}
	return p, id
}

// One sealed file that holds two file keys opens for one addressee only: never
// to two texts. The other says so, and both go on.
func TestTwoFileKeys(t *testing.T) {
	p, _ := twoTexts(t)
	t1 := p.say("IRN", "routine", "on")
	p.must(p.nodes["IRN"].WaitReceipt(p.ctx, t1.ID, "TUR"))
	p.until("IRN", "that the pictures differ", func(s *Snapshot) bool {
		i := slices.IndexFunc(s.Peers, func(i PeerInfo) bool { return i.Party == "TUR" })
		return s.Peers[i].Picture != nil && !*s.Peers[i].Picture
	})
}

// A note that names the payloads of another party's note spoils it for nobody.
func TestAPayloadOfAnothers(t *testing.T) {
	for _, name := range []string{"move", "attachment", "attachment, first", "wrong size", "wrong text"} {
		t.Run(name, func(t *testing.T) {
			p, a := betrayed(t, "IRN", "TUR")
			p.link.setDown("TUR", true)
			said := p.say("IRN", "routine", "mine")
			a.look()
			leaf, h, err := p.nodes["IRN"].Entry(said.ID)
			p.must(err)
			b := a.note("thine")
			switch name {
			case "move":
				b.Parts[0], b.Parts[1] = h.Parts[0], h.Parts[1]
			case "attachment", "attachment, first":
				for i, part := range h.Parts {
					part.Name = fmt.Sprint(note.PartAttachment, i+1)
					b.Parts = append(b.Parts, part)
				}
			case "wrong size":
				b.Parts[0], b.Parts[1] = h.Parts[0], h.Parts[1]
				b.Parts[0].Size--
				b.Parts[1].Size++
			case "wrong text":
				b.Parts[0], b.Parts[1] = h.Parts[0], h.Parts[1]
				b.Parts[0].Plain, b.Parts[1].Plain = note.Sum(nil), note.Sum(nil)
			}
			a.write(b)
			// One pouch brings both notes, and all payloads.
			var head []byte
			p.must(p.nodes["IRN"].Read(p.channel, func(s *Snapshot) {
				i := slices.IndexFunc(s.Feeds, func(f FeedInfo) bool { return f.Party == "IRN" })
				row, err := p.nodes["IRN"].Store().HeadAt(s.Feeds[i].Origin, said.ID.Index+1)
				p.must(err)
				head = row.Signed
			}))
			rec := append(a.records(0, 1), pouch.Record{Type: pouch.TypeHead, Body: head}, rawLeaves(said.ID.Origin, said.ID.Index, len(leaf), leaf))
			var parts []pouch.Record
			for _, part := range h.Parts {
				row, err := p.nodes["IRN"].Store().Part(part.Sealed)
				p.must(err)
				parts = append(parts, a.chunks(part.Sealed, row.Sealed)...)
			}
			if name == "attachment, first" { // TUR has them as files when IRN's note comes
				p.must(a.hand("TUR", append(a.records(0, 1), parts...)...))
				parts = nil
			}
			p.must(a.hand("TUR", append(rec, parts...)...))
			for range 2 {
				p.must(p.nodes["TUR"].Read(p.channel, func(s *Snapshot) {
					if e := s.Register.Entry(said.ID); e == nil || e.Result != register.Applied {
						t.Errorf("IRN's note is %+v", e)
					}
				}))
				c, state, err := p.nodes["TUR"].Content(said.ID)
				if err != nil || c == nil || c.Texts["body"]["en"] != "mine" {
					t.Errorf("IRN's words are %v %v %v", c, state, err)
				}
				p.stop()
				p.ctx, p.stop = context.WithCancel(context.Background())
				for _, party := range []string{"IRN", "TUR"} {
					p.must(p.nodes[party].Close())
					p.open(party)
				}
			}
			p.link.setDown("TUR", false)
			p.start()
			a.goesOn()
		})
	}
}

// "A party that has used the new one never goes back."
func TestAmendmentsDoNotFlipFlop(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	var c charter.Charter
	p.must(p.nodes["IRN"].Read(p.channel, func(s *Snapshot) { c = s.Docs.Current().Charter }))
	c.Amends, c.Channel, c.Purpose = &p.channel, &p.channel, "another purpose"
	s, err := charter.NewSigned(c)
	p.must(err)
	for _, party := range []string{"IRN", "PAK", "TUR"} {
		id, err := LoadIdentity(p.dir+"/"+party+".identity", "")
		p.must(err)
		p.must(s.Add(id, party))
	}
	h := a.note("under the new, which is not known yet")
	h.Charter = s.Digest
	first := a.write(h)
	a.tell("IRN", 0)
	a.goesOn()
	_, _, err = p.nodes["IRN"].AddDocument(p.ctx, s.Bytes())
	p.must(err)
	back := a.write(a.note("under the old again"))
	h = a.note("under the new again")
	h.Charter = s.Digest
	again := a.write(h)
	a.tell("IRN", 1)
	for party := range p.nodes {
		for id, want := range map[note.ID]register.Result{first: register.Applied, back: register.OutOfOrder, again: register.Applied} {
			p.until(party, fmt.Sprint(id.Index, " ", want), func(s *Snapshot) bool {
				e := s.Register.Entry(id)
				return e != nil && e.Result == want
			})
		}
	}
	a.goesOn()
}

// The PAK of one channel may be another than that of the next.
func TestAKeyOfAnotherChannel(t *testing.T) {
	p, a := betrayed(t, "IRN", "TUR")
	key := note.Sum([]byte("another PAK"))
	ctx := context.WithValue(context.WithValue(p.ctx, partyKey{}, "PAK"), tlsKey{}, key)
	_, err := p.nodes["IRN"].Serve(ctx, "PAK", bytes.NewReader(a.pouch(a.have())))
	var bad *Bad
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "another channel") {
		t.Errorf("want a refusal, got %v", err)
	}
	ctx = context.WithValue(context.WithValue(p.ctx, partyKey{}, "PAK"), tlsKey{}, a.credence("PAK").Keys.TLS)
	if _, err = p.nodes["IRN"].Serve(ctx, "PAK", bytes.NewReader(a.pouch(a.have()))); err != nil {
		t.Error(err)
	}
	a.goesOn()
}

// An observer of hashes that posts to the line gets no header, nor does a
// courier carry one to it; who is addressed nothing gets no payload.
func TestObserversOnTheLine(t *testing.T) {
	p := newWatched(t)
	said := p.say("IRN", "routine", "between two")
	for party, want := range map[string][2]int{"HSH": {0, 0}, "HDR": {1, 0}, "FUL": {1, 0}, "PAK": {1, 2}} {
		var buf bytes.Buffer
		w := pouch.NewWriter(&buf)
		p.must(w.Put(must(pouch.EncodeHave(pouch.Have{Channel: p.channel, From: party, Wants: []note.Digest{said.Parts[0].Sealed, said.Parts[1].Sealed}}))(t)))
		p.must(w.Close())
		answer, err := p.nodes["IRN"].Serve(p.ctx, party, &buf)
		p.must(err)
		var file bytes.Buffer
		_, err = p.nodes["IRN"].PackPouch(p.ctx, p.channel, party, &file)
		p.must(err)
		for where, b := range map[string][]byte{"line": answer, "courier": file.Bytes()} {
			var leaves int
			parts := map[string]bool{}
			for r := pouch.NewReader(bytes.NewReader(b), 1<<30); ; {
				rec, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				p.must(err)
				switch rec.Type {
				case pouch.TypeLeaves:
					leaves++
				case pouch.TypePart:
					parts[string(rec.Body[:32])] = true
				}
			}
			if leaves != want[0] || len(parts) != want[1] {
				t.Errorf("%s gets %d leaves and %d payloads by the %s", party, leaves, len(parts), where)
			}
		}
	}
}
