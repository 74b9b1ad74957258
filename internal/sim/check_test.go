package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"detente/audit"
	"detente/feed"
	"detente/internal/node"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// settledMatter is the longest that any honest node has settled of a matter.
type settledMatter struct {
	by     string
	notes  []string       // each note and what it did
	states map[int]string // by how many notes
}

// check looks at every honest node whose node is up.
func (w *world) check(deep bool) {
	for _, p := range w.honest() {
		err := p.node.Read(w.channel, func(s *node.Snapshot) { w.checkNode(p, s, deep) })
		if err != nil {
			w.fail("durable", "%s: %v", p.code, err)
		}
		if w.violated != nil {
			return
		}
	}
	w.checkPictures()
	w.counts["checks"]++
}

func (w *world) checkNode(p *party, s *node.Snapshot, deep bool) {
	if s.Recovering != "" {
		w.fail("durable", "%s does not sign: %s", p.code, s.Recovering)
	}
	for i, d := range p.said {
		e := s.Register.Entry(d.id)
		if e == nil || e.Move == nil || e.Move.Act != d.act {
			w.fail("durable", "%s wrote %s (%s); its register holds %+v", p.code, d.id.Short(), d.act, e)
			return
		}
		if i < p.fresh && !deep {
			continue
		}
		if leaf, err := p.store.Entry(d.id); err != nil || note.Sum(leaf) != d.leaf {
			w.fail("durable", "%s wrote %s (%s); its ledger holds %q, %v", p.code, d.id.Short(), d.act, leaf, err)
			return
		}
	}
	p.fresh = len(p.said)
	for _, f := range s.Feeds {
		w.checkFeed(p, f, deep)
	}
	for _, m := range s.Register.Matters() {
		w.checkSettled(p, s, m)
		w.checkUndertaking(p, s, m)
	}
	if deep {
		w.checkAgain(p, s)
	}
}

// checkFeed checks receipts, and that an honest author's feed is its own.
func (w *world) checkFeed(p *party, f node.FeedInfo, deep bool) {
	author := w.party(f.Party)
	if !author.liar && f.Head.Size > 0 {
		w.durableHead(p, author, f.Head)
		// Who is shown one branch of a fork, and does not know it, cannot tell an
		// honest author who has seen the other from one that lies.
		if f.Frozen != nil && !(w.forks && !w.healed) {
			w.fail("origin", "%s has frozen the feed of %s, which is honest: %s", p.code, f.Party, f.Why)
		}
	}
	for giver, size := range f.Receipts {
		g := w.party(giver)
		if g.liar || size == 0 {
			continue
		}
		row, err := p.store.HeadAt(f.Origin, size)
		if err != nil {
			w.fail("receipts", "%s holds a receipt of %s for %s at %d, and no such head: %v", p.code, giver, f.Origin, size, err)
			return
		}
		w.durable(g, "", row.Head, fmt.Sprintf("%s holds a receipt of %s", p.code, giver))
	}
}

func (w *world) durableHead(p, author *party, h note.Head) {
	key := fmt.Sprint("origin ", p.code, h)
	if w.checked[key] {
		return
	}
	author.disk(func(s *store.Store) {
		if row, err := s.HeadAt(h.Origin, h.Size); err != nil || row.Head != h {
			w.fail("origin", "%s holds %s at %d with root %s, and %s has signed no such head: %v", p.code, h.Origin, h.Size, h.Root, author.code, err)
		}
	})
	w.checked[key] = true
}

// matterKey is the same for a matter at every node.
func matterKey(m *register.Matter) string {
	audience := strings.Join(m.Audience, ",")
	if m.Kind.Key != nil {
		return audience + " " + m.Kind.Name + " " + m.Kind.Key(m.Entries[0].Move)
	}
	return audience + " " + m.ID.String()
}

// checkSettled compares what is settled with what any node had settled before.
func (w *world) checkSettled(p *party, s *node.Snapshot, m *register.Matter) {
	if w.forks {
		return // the freeze of a fork takes back leaves that settled others
	}
	n := 0
	for n < len(m.Entries) && s.Register.Settled(m.Entries[n]) {
		n++
	}
	if n == 0 {
		return
	}
	notes := make([]string, n)
	for i, e := range m.Entries[:n] {
		notes[i] = e.ID.Short() + " " + e.Move.Act + " " + string(e.Result)
	}
	key := matterKey(m)
	old := w.settled[key]
	if old == nil {
		old = &settledMatter{states: map[int]string{}}
		w.settled[key] = old
	}
	common := min(n, len(old.notes))
	if !slices.Equal(notes[:common], old.notes[:common]) {
		w.fail("settled", "%s has settled of %s:\n\t%s\n%s had settled:\n\t%s", p.code, key, strings.Join(notes, "\n\t"), old.by, strings.Join(old.notes, "\n\t"))
		return
	}
	state, err := json.Marshal(m.Settled)
	if err != nil {
		w.fail("settled", "%v", err)
	}
	if before, ok := old.states[n]; ok && before != string(state) {
		w.fail("settled", "of %s, %d notes settled:\n\t%s says\n\t%s\n\tbefore it was\n\t%s", key, n, p.code, state, before)
	}
	old.states[n] = string(state)
	if n > len(old.notes) {
		old.by, old.notes = p.code, notes
		w.counts["settled"]++
	}
}

// checkUndertaking plays the applied notes of an undertaking again, one by
// one: in force binds only who said so, and a crossing is resolved only by
// notes that saw it.
func (w *world) checkUndertaking(p *party, s *node.Snapshot, m *register.Matter) {
	last, ok := m.State.(*matter.UndertakingState)
	if !ok {
		return
	}
	key := fmt.Sprint("undertaking ", p.code, m.ID, len(m.Entries), m.Entries[len(m.Entries)-1].ID, last.State)
	if w.checked[key] {
		return
	}
	w.checked[key] = true
	if last.State == "in force" {
		w.counts["in force"]++
		w.checkBound(p, m, last)
	}
	rules := audit.Rules(s.Docs)
	var state matter.State
	for _, e := range m.Entries {
		if e.Result != register.Applied {
			continue
		}
		_, h, err := p.node.Entry(e.ID)
		if err != nil || h == nil {
			w.fail("crossed", "%s: %s is applied and has no header: %v", p.code, e.ID.Short(), err)
			return
		}
		saw := func(id note.ID) bool {
			if id.Origin == h.Origin {
				return id.Index < h.Index
			}
			return h.SeenSize(id.Origin) > id.Index
		}
		r, _ := rules(e.Charter)
		_, act, _ := matter.Find(e.Move.Act)
		next, err := m.Kind.Apply(state, &matter.Input{ID: e.ID, Party: e.ID.Party(), Time: e.Time, Act: act, Move: e.Move, Content: e.Content, Principals: w.principalsOf(m.Audience), Rules: r, Saw: saw})
		if err != nil {
			w.fail("crossed", "%s: %s is applied, and played again it is not: %v", p.code, e.ID.Short(), err)
			return
		}
		if old, ok := state.(*matter.UndertakingState); ok && old.State == "crossed" {
			if now := next.(*matter.UndertakingState); now.State != "crossed" || len(now.Accepted) > len(old.Accepted) {
				for _, id := range old.Crossed {
					if !saw(id) {
						w.fail("crossed", "%s: %s moves the crossed %s on, and did not see %s", p.code, e.ID.Short(), m.ID.Short(), id.Short())
					}
				}
				w.counts["resolved"]++
			}
		}
		if next.(*matter.UndertakingState).State == "crossed" {
			w.counts["crossed"]++
		}
		state = next
	}
	a, _ := json.Marshal(state)
	b, _ := json.Marshal(m.State)
	if string(a) != string(b) {
		w.fail("crossed", "%s: %s played again comes to\n\t%s\n\tand the register says\n\t%s", p.code, m.ID.Short(), a, b)
	}
}

func (w *world) principalsOf(audience []string) []string {
	out := []string{}
	for _, code := range audience {
		if w.party(code).role == "principal" {
			out = append(out, code)
		}
	}
	return out
}

// checkBound wants of every principal a note in its own ledger, on this
// matter, that names the terms in force or carries them.
func (w *world) checkBound(p *party, m *register.Matter, s *matter.UndertakingState) {
	for _, code := range w.principalsOf(m.Audience) {
		i := slices.IndexFunc(s.Accepted, func(a matter.Said) bool { return a.Party == code })
		if i < 0 {
			w.fail("bound", "%s: %s is in force, and %s has not accepted it", p.code, m.ID.Short(), code)
			return
		}
		id := s.Accepted[i].Note
		e := entryOf(m, id)
		switch {
		case id.Party() != code:
			w.fail("bound", "%s: %s is in force for %s by %s, which is not its own", p.code, m.ID.Short(), code, id.Short())
			return
		case e == nil:
			w.fail("bound", "%s: %s is in force for %s by %s, which is not on it", p.code, m.ID.Short(), code, id.Short())
			return
		}
		_, h, err := p.node.Entry(id)
		if err != nil || h == nil {
			w.fail("bound", "%s: %s is not held: %v", p.code, id.Short(), err)
			return
		}
		opening := e.Move.Matter == nil && (e.Move.Act == "undertaking/offer" || e.Move.Act == "undertaking/ask")
		terms, _ := e.Move.Fields["terms"].(string)
		content, _ := h.Part(note.PartContent)
		if !(opening && content.Plain == s.Terms) && !(e.Move.Act == "undertaking/accept" && terms == s.Terms.String()) {
			w.fail("bound", "%s: %s is in force for %s by %s, which does not name its terms: %+v", p.code, m.ID.Short(), code, id.Short(), e.Move)
			return
		}
		if author := w.party(code); !author.liar {
			mine, _, _ := p.node.Entry(id)
			author.disk(func(st *store.Store) {
				if own, err := st.Entry(id); err != nil || string(own) != string(mine) {
					w.fail("bound", "%s: %s is in force for %s by %s, which is not in the ledger of %s: %v", p.code, m.ID.Short(), code, id.Short(), code, err)
				}
			})
		}
	}
}

func entryOf(m *register.Matter, id note.ID) *register.Entry {
	i := slices.IndexFunc(m.Entries, func(e *register.Entry) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return m.Entries[i]
}

// checkAgain folds what a node holds once more, in an order drawn anew.
func (w *world) checkAgain(p *party, s *node.Snapshot) {
	again := register.New(audit.Rules(s.Docs))
	left := map[string][]*register.Entry{}
	var origins []string
	for _, f := range s.Feeds {
		for i := range s.Register.Size(f.Origin) {
			left[f.Origin] = append(left[f.Origin], s.Register.Entry(note.ID{Origin: f.Origin, Index: i}))
		}
		if f.Frozen != nil {
			again.Freeze(f.Origin, *f.Frozen)
		}
		if len(left[f.Origin]) > 0 {
			origins = append(origins, f.Origin)
		}
	}
	for len(origins) > 0 {
		o := pick(w, origins)
		e := left[o][0]
		if left[o] = left[o][1:]; len(left[o]) == 0 {
			origins = slices.DeleteFunc(origins, func(x string) bool { return x == o })
		}
		leaf, _, err := p.node.Entry(e.ID)
		if err != nil {
			w.fail("picture", "%s: %v", p.code, err)
			return
		}
		n := register.Opened{Move: e.Move, Content: e.Content, Trouble: e.Trouble}
		if n.Header = audit.ReadLeaf(s.Docs, e.ID, leaf).Header; n.Header == nil {
			n = audit.Placeholder(s.Docs, e.ID)
		}
		if !again.Add(n) {
			w.fail("picture", "%s: folded again, %s is not taken", p.code, e.ID.Short())
			return
		}
	}
	for _, audience := range s.Register.Audiences() {
		a, okA := s.Register.Picture(audience, s.Register.Heads())
		b, okB := again.Picture(audience, s.Register.Heads())
		if a != b || okA != okB {
			w.fail("picture", "%s: folded again in another order, the picture of %v is another", p.code, audience)
			return
		}
	}
}

func (w *world) checkPictures() {
	honest := w.honest()
	for i, a := range honest {
		for _, b := range honest[i+1:] {
			w.comparePictures(a, b)
		}
	}
}

func (w *world) comparePictures(a, b *party) {
	a.node.Read(w.channel, func(sa *node.Snapshot) {
		b.node.Read(w.channel, func(sb *node.Snapshot) {
			heads, ok := commonHeads(sa, sb)
			if !ok || (w.forks && !w.sameNotes(a, b, heads)) {
				return
			}
			for _, audience := range sa.Register.Audiences() {
				if !slices.Contains(audience, a.code) || !slices.Contains(audience, b.code) || lacks(sa, audience) || lacks(sb, audience) {
					continue
				}
				x, okX := sa.Register.Picture(audience, heads)
				y, okY := sb.Register.Picture(audience, heads)
				if okX && okY && x != y {
					w.fail("picture", "%s and %s differ about %v over %v", a.code, b.code, audience, heads)
				}
				w.counts["pictures"]++
			}
		})
	})
}

// commonHeads are the smaller heads of two nodes. Where they know of different
// freezes they do not stand on the same notes.
func commonHeads(a, b *node.Snapshot) (map[string]uint64, bool) {
	frozen := func(s *node.Snapshot) string {
		out := ""
		for _, f := range s.Feeds {
			if f.Frozen != nil {
				out += fmt.Sprint(f.Origin, *f.Frozen)
			}
		}
		return out
	}
	if frozen(a) != frozen(b) {
		return nil, false
	}
	heads, other := a.Register.Heads(), b.Register.Heads()
	for o, n := range heads {
		if heads[o] = min(n, other[o]); heads[o] == 0 {
			delete(heads, o)
		}
	}
	return heads, true
}

// sameNotes reports whether two nodes hold the same leaves under the heads: of
// a feed that is forked, and not known to be, they may hold two histories.
func (w *world) sameNotes(a, b *party, heads map[string]uint64) bool {
	for origin, size := range heads {
		x, errX := feed.NewTree(size, a.store.HashReader(origin).ReadHashes)
		y, errY := feed.NewTree(size, b.store.HashReader(origin).ReadHashes)
		if errX != nil || errY != nil || x.Root() != y.Root() {
			return false
		}
	}
	return true
}

// lacks reports whether a payload for the audience has not come: its note
// cannot have done yet what it does elsewhere.
func lacks(s *node.Snapshot, audience []string) bool {
	return slices.ContainsFunc(s.Register.Entries(), func(e *register.Entry) bool {
		return e.Trouble == register.Missing && slices.Equal(e.Audience, audience)
	})
}
