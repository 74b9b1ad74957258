// Package audittest makes small real ledgers: parties with keys of their own,
// a channel in force, and notes that are sealed, signed, exchanged, receipted
// and acknowledged by the same packages that a node uses. It stands in for a
// node where a test must hold every byte in its hands.
package audittest

import (
	"cmp"
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"detente/audit"
	"detente/charter"
	"detente/feed"
	"detente/internal/house"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
	"detente/register"
	"detente/seal"
)

// World is a channel and its principals.
type World struct {
	TB      testing.TB
	Channel note.Digest
	Parties map[string]*Party
	Codes   []string
	Now     time.Time
	Batch   int // notes to a checkpoint that Send writes at once; 0: all
}

// Party is one of them, with all its keys.
type Party struct {
	Code                             string
	Dir                              string
	Identity, Feed, Receipt, Witness *feed.Key
	Seal                             *seal.Identity
	Credence                         charter.Credence
	Signed                           []byte // the credence
	Docs                             *charter.Channel
	Store                            *store.Store
	Journal                          *journal.Journal
	Box                              *seal.Box
	Opener                           *seal.Opener
	Reg                              *register.Register

	w      *World
	sealer *seal.Sealer
	feeds  map[string]*held
	salts  int
}

type held struct {
	tree   *feed.Tree
	signed []byte
	last   *audit.Leaf
	leaves [][]byte
}

// Draft is a note to be written.
type Draft struct {
	Act        string
	Matter     *note.ID
	Fields     map[string]any
	Texts      map[string]note.Wording
	Attachment []byte
	Precedence string      // empty: routine
	Seen       []note.Head // nil: all that is held
}

func (w *World) must(err error) {
	w.TB.Helper()
	if err != nil {
		w.TB.Fatal(err)
	}
}

// New makes the parties and their channel, each with a ledger and a journal
// under dir. The keys follow from the codes.
func New(tb testing.TB, dir string, codes ...string) *World {
	slices.Sort(codes)
	w := &World{TB: tb, Parties: map[string]*Party{}, Codes: codes, Now: time.Date(2024, 1, 16, 8, 0, 0, 0, time.UTC)}
	c := charter.Charter{Exercise: true, Languages: []string{"en"}, Name: "Test channel", Purpose: "To be verified.",
		Quota: charter.Quota{MaxBytes: 1 << 30, MaxPending: 1 << 20, NotesPerHour: 1 << 20}, Version: charter.Version}
	for _, code := range codes {
		p := w.party(code, filepath.Join(dir, code))
		c.Members = append(c.Members, charter.Member{Credence: p.Credence.Digest(), Identity: p.Identity.Public(), Name: "State of " + code, Party: code,
			Offices: []charter.Office{{Binds: []string{"*"}, Code: "mfa", Name: "Ministry"}}, Role: charter.Principal, Zone: "UTC"})
	}
	s, err := charter.NewSigned(c)
	w.must(err)
	for _, p := range w.Parties {
		w.must(s.Add(p.Identity, p.Code))
	}
	w.Channel = s.Digest
	for _, p := range w.Parties {
		p.Docs, err = charter.NewChannel(s)
		w.must(err)
		b := store.Batch{Docs: []store.Doc{{Kind: charter.KindCharter, Digest: s.Digest, Bytes: s.Bytes()}}}
		for _, code := range codes {
			q := w.Parties[code]
			w.must(p.Docs.AddCredence(q.Signed))
			b.Docs = append(b.Docs, store.Doc{Kind: charter.KindCredence, Digest: q.Credence.Digest(), Bytes: q.Signed})
		}
		w.must(p.Store.Commit(context.Background(), b))
		p.Reg = register.New(audit.Rules(p.Docs))
	}
	return w
}

func (w *World) key(name string) *feed.Key {
	k, err := feed.NewKey(sha512.Sum512([]byte(name)))
	w.must(err)
	return k
}

func (w *World) party(code, dir string) *Party {
	p := &Party{Code: code, Dir: dir, w: w, Identity: w.key(code + " identity"), Feed: w.key(code + " feed"), Receipt: w.key(code + " receipt"), Witness: w.key(code + " witness"),
		sealer: seal.NewSealer(func() time.Time { return w.Now }), feeds: map[string]*held{}}
	var err error
	p.Seal, err = seal.GenerateIdentity()
	w.must(err)
	p.Opener = seal.NewOpener(p.Seal)
	p.Box = seal.NewBox(note.Sum([]byte(code + " box")))
	p.Credence = charter.Credence{Identity: p.Identity.Public(), Name: "State of " + code, Party: code, Serial: 1, Time: w.Now.Format(note.TimeLayout),
		Keys: charter.Keys{Feed: p.Feed.Public(), Receipt: p.Receipt.Public(), Seal: p.Seal.Recipient(), TLS: note.Sum([]byte(code + " tls")), Witness: p.Witness.Public()}}
	p.Signed, err = p.Credence.Sign(p.Identity)
	w.must(err)
	w.must(mkdir(filepath.Join(dir, "parts")))
	p.Store, err = store.Open(dir)
	w.must(err)
	p.Journal, err = journal.Create(filepath.Join(dir, "journal"), false)
	w.must(err)
	w.TB.Cleanup(func() { p.Store.Close(); p.Journal.Close() })
	w.Parties[code] = p
	return p
}

// Source is the party's record.
func (p *Party) Source() audit.Source {
	return audit.Source{Store: p.Store, Journal: p.Journal, Box: p.Box, Openers: []*seal.Opener{p.Opener}, Party: p.Code, Parts: filepath.Join(p.Dir, "parts"), House: filepath.Join(p.Dir, "house")}
}

// House is what is in-house at the party.
func (p *Party) House() *house.House {
	return house.New(p.Store, p.Box, filepath.Join(p.Dir, "house"), func() time.Time { return p.w.Now })
}

// Origin is the party's feed.
func (p *Party) Origin() string { return note.Origin(p.Code, p.w.Channel, 1) }

func (p *Party) held(origin string) *held {
	h := p.feeds[origin]
	if h == nil {
		h = &held{tree: feed.EmptyTree()}
		p.feeds[origin] = h
	}
	return h
}

// seen lists the heads that the party holds of the others.
func (p *Party) seen() []note.Head {
	out := []note.Head{}
	for _, code := range p.w.Codes {
		if h := p.held(p.w.Parties[code].Origin()); code != p.Code && h.tree.Size() > 0 {
			out = append(out, note.Head{Origin: p.w.Parties[code].Origin(), Root: h.tree.Root(), Size: h.tree.Size()})
		}
	}
	return out
}

// Send writes drafts under as many checkpoints as Batch asks for, hands them
// to everyone, and takes their receipts.
func (w *World) Send(from string, drafts ...Draft) (ids []note.ID) {
	w.TB.Helper()
	n := w.Batch
	if n == 0 {
		n = len(drafts)
	}
	for some := range slices.Chunk(drafts, max(n, 1)) {
		ids = append(ids, w.Write(from, some...)...)
		w.Deliver(from)
	}
	return ids
}

// Write appends drafts to the party's feed under one checkpoint.
func (w *World) Write(from string, drafts ...Draft) (ids []note.ID) {
	w.TB.Helper()
	p := w.Parties[from]
	h := p.held(p.Origin())
	add := store.Append{Origin: p.Origin(), Start: h.tree.Size()}
	b := store.Batch{}
	tree := h.tree.Clone()
	for _, d := range drafts {
		w.Now = w.Now.Add(time.Second)
		leaf, parts, opened := p.compose(d, tree.Size())
		add.Leaves = append(add.Leaves, leaf)
		add.Hashes = append(add.Hashes, tree.Append(leaf)...)
		b.Parts = append(b.Parts, parts...)
		p.Reg.Add(opened)
		ids = append(ids, opened.Header.ID())
		h.last = &audit.Leaf{Header: opened.Header}
	}
	h.leaves = append(h.leaves, add.Leaves...)
	add.Head = note.Head{Origin: p.Origin(), Root: tree.Root(), Size: tree.Size()}
	var err error
	add.Signed, err = p.Feed.SignHead(add.Head, w.Now)
	w.must(err)
	b.Feeds = []store.Append{add}
	w.must(p.Store.Commit(context.Background(), b))
	w.must(p.Journal.Record(journal.Entry{Role: journal.Feed, Head: add.Head}))
	h.tree, h.signed = tree, add.Signed
	return ids
}

// compose seals a draft and makes its header.
func (p *Party) compose(d Draft, index uint64) ([]byte, []store.Part, register.Opened) {
	w := p.w
	h := &note.Header{Audience: w.Codes, Charter: w.Channel, Exercise: true, Index: index, Origin: p.Origin(), Precedence: cmp.Or(d.Precedence, "routine"),
		Seen: d.Seen, Time: w.Now.Format(note.TimeLayout), Version: note.Version}
	if d.Seen == nil {
		h.Seen = p.seen()
	}
	m := &note.Move{Act: d.Act, Fields: d.Fields, Matter: d.Matter, Office: "mfa", Salt: p.salt(), Version: note.Version}
	plain, err := m.Encode()
	w.must(err)
	var parts []store.Part
	add := func(name string, plain []byte) {
		part, row := p.part(name, plain)
		h.Parts, parts = append(h.Parts, part), append(parts, row)
	}
	add(note.PartMove, plain)
	if d.Texts != nil || d.Attachment != nil {
		c := &note.Content{Authentic: []string{"en"}, Salt: p.salt(), Texts: d.Texts, Version: note.Version}
		if d.Attachment != nil {
			c.Attachments = []note.Attachment{{Name: "annex.bin", SHA256: note.Sum(d.Attachment), Size: uint64(len(d.Attachment)), Type: "application/octet-stream"}}
		}
		plain, err := c.Encode()
		w.must(err)
		add(note.PartContent, plain)
	}
	if d.Attachment != nil {
		add(note.PartAttachment+"1", d.Attachment)
		a := &parts[len(parts)-1]
		w.must(writeFile(audit.PartPath(filepath.Join(p.Dir, "parts"), a.Digest), a.Sealed))
		a.State, a.Sealed, a.Plain = store.InFile, nil, nil
	}
	leaf, err := h.Encode()
	w.must(err)
	for i := range parts {
		parts[i].ID = h.ID()
	}
	opened, err := audit.OpenMove(h, plain)
	w.must(err)
	return leaf, parts, opened
}

func (p *Party) part(name string, plain []byte) (note.Part, store.Part) {
	var to []string
	for _, code := range p.w.Codes {
		to = append(to, p.w.Parties[code].Credence.Keys.Seal)
	}
	sealed, err := p.sealer.Seal(to, plain)
	p.w.must(err)
	n := note.Part{Name: name, Plain: note.Sum(plain), Sealed: note.Sum(sealed), Size: uint64(len(sealed))}
	return n, store.Part{Name: name, Digest: n.Sealed, Size: n.Size, State: store.Held, Sealed: sealed, Plain: p.Box.Wrap(plain, audit.PlainAAD(n.Sealed))}
}

func (p *Party) salt() string {
	p.salts++
	sum := note.Sum(fmt.Appendf(nil, "%s %d", p.Code, p.salts))
	return sum.String()[:2*note.SaltSize]
}

// Deliver hands everything that the party has written to the others, and
// brings their receipts back.
func (w *World) Deliver(from string) {
	w.TB.Helper()
	for _, code := range w.Codes {
		if code == from {
			continue
		}
		lines := w.take(w.Parties[code], w.Parties[from])
		if lines != nil {
			// Everyone gets every receipt.
			for _, to := range w.Codes {
				w.must(w.Parties[to].Store.Commit(context.Background(), store.Batch{Cosigs: []store.Cosig{*lines}}))
			}
		}
	}
}

// take is what a node does with a pouch.
func (w *World) take(to, from *Party) *store.Cosig {
	w.TB.Helper()
	src, dst := from.held(from.Origin()), to.held(from.Origin())
	start := dst.tree.Size()
	v, err := audit.AcceptFeed(to.Docs, audit.Held{Tree: dst.tree, Signed: dst.signed, Last: dst.last, Hashes: to.Store.HashReader(from.Origin())},
		audit.Feed{Signed: src.signed, Start: start, Leaves: src.leaves[start:]})
	if stale := new(feed.Stale); errors.As(err, &stale) {
		return nil
	}
	w.must(err)
	b := store.Batch{Feeds: []store.Append{{Origin: v.Head.Origin, Start: v.Start, Leaves: v.Leaves, Hashes: v.Hashes, Head: v.Head, Signed: v.Signed}}}
	for _, l := range v.Notes {
		if l.Header == nil {
			continue
		}
		for _, part := range l.Header.Parts {
			b.Parts = append(b.Parts, w.takePart(to, from, l.Header, part))
		}
	}
	lines, err := to.Receipt.Cosign(to.Code+"/receipt", v.Head, w.Now)
	w.must(err)
	c := store.Cosig{Origin: v.Head.Origin, Size: v.Head.Size, Name: to.Code + "/receipt", Time: w.Now.Truncate(time.Second), Lines: lines}
	b.Cosigs = []store.Cosig{c}
	w.must(to.Store.Commit(context.Background(), b))
	w.must(to.Journal.Record(journal.Entry{Role: journal.Receipt, Head: v.Head}))
	dst.tree, dst.signed = v.Tree, v.Signed
	if n := len(v.Notes); v.Notes[n-1].Header != nil {
		dst.last = &v.Notes[n-1]
	}
	return &c
}

func (w *World) takePart(to, from *Party, h *note.Header, part note.Part) store.Part {
	row := store.Part{ID: h.ID(), Name: part.Name, Digest: part.Sealed, Size: part.Size, State: store.Held}
	p, err := from.Store.Part(part.Sealed)
	w.must(err)
	if p.State == store.InFile {
		b, err := readFile(audit.PartPath(filepath.Join(from.Dir, "parts"), part.Sealed))
		w.must(err)
		w.must(writeFile(audit.PartPath(filepath.Join(to.Dir, "parts"), part.Sealed), b))
		row.State = store.InFile
		return row
	}
	plain, err := to.Opener.Open(p.Sealed, note.MaxContent*2)
	w.must(err)
	row.Sealed, row.Plain = p.Sealed, to.Box.Wrap(plain, audit.PlainAAD(part.Sealed))
	if part.Name == note.PartMove {
		opened, err := audit.OpenMove(h, plain)
		w.must(err)
		to.Reg.Add(opened)
	}
	return row
}

// Ack lets the party say what it holds, with its picture.
func (w *World) Ack(party string) note.ID {
	w.TB.Helper()
	p := w.Parties[party]
	heads := map[string]uint64{p.Origin(): p.held(p.Origin()).tree.Size()}
	for _, s := range p.seen() {
		heads[s.Origin] = s.Size
	}
	picture, ok := p.Reg.Picture(w.Codes, heads)
	if !ok {
		w.TB.Fatalf("%s has not folded what it holds", party)
	}
	report := matter.AckReport{Held: 1, Pictures: []matter.Picture{{Audience: w.Codes, Digest: picture}}}
	return w.Send(party, Draft{Act: matter.Ack, Fields: report.Fields()})[0]
}

// Head returns the signed checkpoint of the party's feed.
func (p *Party) Head() []byte { return p.held(p.Origin()).signed }
