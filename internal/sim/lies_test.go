package sim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
	"detente/pouch"
	"detente/seal"
)

// A lie is a leaf that no honest node writes, appended to a liar's own feed.
type lie struct {
	name string
	leaf func(*forger) []byte
}

var lies = []lie{
	{"what is no header", func(f *forger) []byte { return []byte(strings.Repeat("{\"", 1+f.w.rng.IntN(40))) }},
	{"65,535 bytes of nothing", func(f *forger) []byte { return make([]byte, 65_535) }},
	{"a header of another place", func(f *forger) []byte {
		h := f.header()
		f.part(h, note.PartMove, f.move("line/test", map[string]any{"use": "test"}))
		h.Index += 7
		return f.encode(h)
	}},
	{"an act that nobody knows", func(f *forger) []byte {
		h := f.header()
		f.part(h, note.PartMove, f.move("handover/reveal", nil))
		return f.encode(h)
	}},
	{"a move that cannot be opened", func(f *forger) []byte {
		h := f.header()
		f.sealed(h, note.PartMove, bytes.Repeat([]byte{7}, 900), note.Sum([]byte("nothing")))
		return f.encode(h)
	}},
	{"a move that is not what its header says", func(f *forger) []byte {
		h := f.header()
		f.part(h, note.PartMove, f.move("line/test", map[string]any{"use": "test"}))
		h.Parts[0].Plain = note.Sum([]byte("another"))
		return f.encode(h)
	}},
	{"a move that never comes", func(f *forger) []byte {
		h := f.header()
		h.Parts = append(h.Parts, note.Part{Name: note.PartMove, Plain: note.Sum([]byte("plain")), Sealed: note.Sum([]byte("sealed")), Size: 2000})
		return f.encode(h)
	}},
	{"an acceptance that comes late", func(f *forger) []byte {
		h := f.header()
		h.Audience = f.w.principals()
		m := f.move("undertaking/accept", map[string]any{"terms": note.Sum(nil).String()})
		for _, o := range f.open {
			if o.kind == &matter.Undertaking && slices.Equal(o.audience, h.Audience) {
				m.Matter, m.Fields["terms"] = &o.id, o.terms.String()
			}
		}
		if m.Matter == nil {
			m = f.move("line/test", map[string]any{"use": "test"})
		}
		f.part(h, note.PartMove, m)
		f.late = slices.Clone(f.parts)
		for i := range f.parts {
			f.parts[i].State, f.parts[i].Sealed = store.Missing, nil
		}
		return f.encode(h)
	}},
	{"real in an exercise", func(f *forger) []byte {
		h := f.header()
		f.part(h, note.PartMove, f.move("line/test", map[string]any{"use": "test"}))
		h.Exercise = false
		return f.encode(h)
	}},
	{"fields of no type", func(f *forger) []byte {
		h := f.header()
		f.part(h, note.PartMove, f.move("undertaking/offer", map[string]any{"parts": "all"}))
		return f.encode(h)
	}},
	{"an acceptance to another audience", func(f *forger) []byte {
		h := f.header()
		h.Audience = []string{f.p.code}
		m := f.move("undertaking/accept", map[string]any{"terms": note.Sum(nil).String()})
		m.Matter = &note.ID{Origin: note.Origin("ALF", f.w.channel, 1)}
		f.part(h, note.PartMove, m)
		return f.encode(h)
	}},
	{"an offer in the name of another", func(f *forger) []byte {
		h := f.header()
		h.Audience = f.w.principals()
		m := f.move("undertaking/offer", map[string]any{"parts": []any{map[string]any{"by": "ALF", "due": "none", "end": "none"}}})
		f.part(h, note.PartMove, m)
		return f.encode(h)
	}},
	{"a picture that is not the picture", func(f *forger) []byte {
		h := f.header()
		f.part(h, note.PartMove, f.move("line/ack", map[string]any{"held": int64(3), "pictures": []any{map[string]any{"audience": []any{"ALF", "BRA"}, "digest": note.Sum(nil).String()}}}))
		return f.encode(h)
	}},
	{"a seen that goes back", func(f *forger) []byte {
		h := f.header()
		for i := range h.Seen {
			if h.Seen[i].Size > 1 {
				h.Seen[i].Size--
			}
		}
		if len(h.Seen) > 1 {
			h.Seen = h.Seen[1:]
		}
		f.part(h, note.PartMove, f.move("line/test", map[string]any{"use": "test"}))
		return f.encode(h)
	}},
}

func (w *world) principals() (list []string) {
	for _, p := range w.parties {
		if p.role == charter.Principal && p.peers == nil {
			list = append(list, p.code)
		}
	}
	return list
}

// forger writes leaves with a liar's own keys, while its node is down, into
// the liar's own ledger. The node then tells everyone.
type forger struct {
	w     *world
	p     *party
	key   *feed.Key
	tree  *feed.Tree
	last  *note.Header
	index uint64
	parts []store.Part
	late  []store.Part // of them, those that the ledger gets after a while
	open  []open       // matters that its node knew of
	err   error
}

func (f *forger) header() *note.Header {
	h := *f.last
	h.Index, h.Parts, h.Precedence = f.index, nil, "routine"
	h.Seen = slices.Clone(h.Seen)
	h.Time = time.Now().UTC().Format(note.TimeLayout)
	return &h
}

func (f *forger) move(act string, fields map[string]any) *note.Move {
	return &note.Move{Act: act, Fields: fields, Office: "mfa", Salt: strings.Repeat("0", 2*note.SaltSize), Version: note.Version}
}

func (f *forger) part(h *note.Header, name string, m *note.Move) {
	plain, err := m.Encode()
	if err != nil {
		f.err = errors.Join(f.err, err)
		return
	}
	all, err := profiles()
	if err != nil {
		f.err = errors.Join(f.err, err)
		return
	}
	var recipients []string
	for _, p := range h.Audience {
		recipients = append(recipients, all[p].credence.Keys.Seal)
	}
	sealed, err := seal.NewSealer(time.Now).Seal(recipients, plain)
	f.err = errors.Join(f.err, err)
	f.sealed(h, name, sealed, note.Sum(plain))
}

func (f *forger) sealed(h *note.Header, name string, sealed []byte, plain note.Digest) {
	p := note.Part{Name: name, Plain: plain, Sealed: note.Sum(sealed), Size: uint64(len(sealed))}
	h.Parts = append(h.Parts, p)
	f.parts = append(f.parts, store.Part{ID: h.ID(), Name: name, Digest: p.Sealed, Size: p.Size, State: store.Held, Sealed: sealed})
}

func (f *forger) encode(h *note.Header) []byte {
	b, err := h.Encode()
	f.err = errors.Join(f.err, err)
	return b
}

// lie lets a liar's feed say what no honest node says. Its node is taken down
// and started again.
func (w *world) lie(p *party, l lie) {
	f := &forger{w: w, p: p, open: w.openMatters(p)}
	w.crash(p)
	err := f.forge(l)
	w.restart(p)
	if err != nil {
		w.logf("%s does not lie after all: %v", p.name(), err)
		return
	}
	w.counts["lies"]++
	w.logf("%s lies: %s", p.name(), l.name)
	if len(f.late) > 0 {
		w.after(w.between(time.Second, 20*time.Second), func() {
			if p.down {
				return
			}
			if err := p.store.Commit(p.ctx, store.Batch{Parts: f.late}); err == nil {
				w.logf("%s lets go what it had held back", p.name())
			}
		})
	}
}

func (f *forger) forge(l lie) error {
	w, p := f.w, f.p
	s, err := store.OpenMemory(p.ledger)
	if err != nil {
		return err
	}
	defer s.Close()
	if f.key, err = feedKey(p.dir); err != nil {
		return err
	}
	origin := note.Origin(p.code, w.channel, 1)
	head, err := s.Head(origin)
	if err != nil {
		return err
	}
	f.index = head.Head.Size
	if f.tree, err = feed.NewTree(f.index, s.HashReader(origin).ReadHashes); err != nil {
		return err
	}
	for i := f.index; i > 0 && f.last == nil; i-- {
		raw, err := s.Entry(note.ID{Origin: origin, Index: i - 1})
		if err != nil {
			return err
		}
		if h, err := note.Parse(raw); err == nil && h.Index == i-1 && h.Exercise {
			f.last = &h
		}
	}
	if f.last == nil {
		return errors.New("it has written nothing yet")
	}
	leaf := l.leaf(f)
	if f.err != nil {
		return f.err
	}
	add := store.Append{Origin: origin, Start: f.index, Leaves: [][]byte{leaf}, Hashes: f.tree.Append(leaf)}
	add.Head = note.Head{Origin: origin, Root: f.tree.Root(), Size: f.tree.Size()}
	if add.Signed, err = f.key.SignHead(add.Head, time.Now()); err != nil {
		return err
	}
	if err := s.Commit(context.Background(), store.Batch{Feeds: []store.Append{add}, Parts: f.parts}); err != nil {
		return err
	}
	j, err := journal.Open(filepath.Join(p.dir, "journal"), false)
	if err != nil {
		return err
	}
	return errors.Join(j.Record(journal.Entry{Role: journal.Feed, Head: add.Head}), j.Close())
}

func feedKey(dir string) (*feed.Key, error) {
	b, err := os.ReadFile(filepath.Join(dir, "keys", "1", "feed.key"))
	if err != nil {
		return nil, err
	}
	return feed.ParseKey(b)
}

// twin starts a second node with a liar's keys, which speaks to some of the
// others while the first speaks to the rest: each is honest, and together
// they sign two heads.
func (w *world) twin(p *party) {
	left, right := map[string]bool{}, map[string]bool{}
	for i, q := range w.parties {
		if q == p {
			continue
		}
		if i%2 == 0 {
			left[q.code] = true
		} else {
			right[q.code] = true
		}
	}
	if len(left) == 0 || len(right) == 0 {
		return
	}
	t, err := w.addParty(p.code, charter.Member{Role: p.role}, filepath.Join(w.dir, p.code+"-twin"))
	if err != nil {
		w.fail("world", "no twin: %v", err)
		return
	}
	p.peers, t.peers, t.liar, w.forks = left, right, true, true
	w.parties = append(w.parties, t)
	w.logf("%s splits: one speaks to %v, the other to %v", p.code, left, right)
	w.counts["lies"]++
}

// mangle damages a pouch as only its author can, who makes its end right again.
func (w *world) mangle(body []byte) []byte {
	var records []pouch.Record
	r := pouch.NewReader(bytes.NewReader(body), 16<<20)
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return body
		}
		records = append(records, rec)
	}
	if len(records) < 2 {
		return body
	}
	w.counts["mangled"]++
	i, j := 1+w.rng.IntN(len(records)-1), 1+w.rng.IntN(len(records)-1)
	switch w.rng.IntN(5) {
	case 0:
		if len(records[i].Body) > 0 {
			records[i].Body = bytes.Clone(records[i].Body)
			records[i].Body[w.rng.IntN(len(records[i].Body))] ^= 1 << w.rng.IntN(8)
		}
	case 1:
		records = slices.Delete(records, i, i+1)
	case 2:
		records = slices.Insert(records, i, records[j])
	case 3:
		records[i], records[j] = records[j], records[i]
	case 4: // cut off
		return body[:w.rng.IntN(len(body))]
	}
	var out bytes.Buffer
	pw := pouch.NewWriter(&out)
	for _, rec := range records {
		if pw.Put(rec) != nil {
			return body
		}
	}
	if pw.Close() != nil {
		return body
	}
	return out.Bytes()
}
