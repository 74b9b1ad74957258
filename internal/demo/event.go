package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/node"
	"detente/internal/page"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
	"detente/pouch"
	"detente/scenario"
)

// tell prints what happened beside the notes.
func (w *world) tell(st *scenario.Step, format string, args ...any) {
	w.page.Hang(0, w.timeOfDay(st), strings.TrimSpace(fmt.Sprintf(format, args...)+" "+st.Text))
}

// link cuts a party off, or lets it be reached again; then everything that
// was written meanwhile must come to everyone.
func (w *world) link(ctx context.Context, st *scenario.Step) error {
	w.lines.set(st.Party, st.Down)
	if st.Down {
		w.tell(st, "The line of %s is down.", st.Party)
		return nil
	}
	w.tell(st, "The line of %s is up again.", st.Party)
	return w.rejoined(ctx)
}

// rejoined waits for what could not be acknowledged before.
func (w *world) rejoined(ctx context.Context) error {
	late := w.late
	w.late = nil
	for _, l := range late {
		if err := w.acknowledged(ctx, w.channel(l.Channel), w.party(l.Party), l, w.placed[l.Label].ID); err != nil {
			return err
		}
	}
	return nil
}

// courier packs a pouch as a file at one node, and has the other take it.
func (w *world) courier(ctx context.Context, st *scenario.Step) (err error) {
	c, from, to := w.channel(st.Channel), w.party(st.Party), w.party(st.To)
	name := filepath.Join(w.Dir, fmt.Sprintf("%s-%s-%s.pouch", st.Party, st.To, st.At.UTC().Format("20060102T1504")))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := from.n.PackPouch(ctx, c.id, st.To, f); err != nil {
		return err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	rep, err := to.n.ApplyPouch(ctx, f)
	if err != nil {
		return err
	}
	if len(rep.Refused) > 0 {
		return &Unsettled{[]string{fmt.Sprintf("line %d: %s refuses something of the pouch: %v", st.Line, st.To, errors.Join(rep.Refused...))}}
	}
	w.tell(st, "A courier brings %s a pouch of %s: %s that it had not held.", st.To, st.Party, page.Count(rep.Leaves, "note", "notes"))
	return nil
}

// erase destroys the words of a note at the nodes that hold it.
func (w *world) erase(ctx context.Context, st *scenario.Step) error {
	id := w.placed[st.Label].ID
	for _, party := range st.By {
		p := w.party(party)
		if err := p.desk.Erase(ctx, id); err != nil {
			return fmt.Errorf("%s, line %d of the scenario: %w", st.Label, st.Line, err)
		}
		if _, state, _ := p.n.Content(id); state != store.Erased {
			return &Unsettled{[]string{fmt.Sprintf("the words of %s were erased at %s, and are there", id.Short(), party)}}
		}
	}
	w.tell(st, "The words of %s are erased at %s; its place in the record stays.", id.Short(), strings.Join(st.By, ", "))
	return nil
}

// fork lets a party's own key sign two histories: while its line is down its
// node writes a note, and another party is handed another note of that number.
// Then all meet, and every node must freeze the feed where the two part.
func (w *world) fork(ctx context.Context, st *scenario.Step) error {
	c, liar, to := w.channel(st.Channel), w.party(st.Party), w.party(st.To)
	w.lines.set(liar.code, true)
	sp, _ := w.Scenario.Party(liar.code)
	ticket, err := liar.n.Submit(ctx, node.Draft{Channel: c.id, Act: matter.Test, Audience: c.audience(), Fields: map[string]any{"use": "exercise"},
		Office: sp.Offices[0].Code, Precedence: "routine"})
	if err != nil {
		return err
	}
	lie, err := w.otherHistory(c, liar, ticket.ID)
	if err != nil {
		return err
	}
	if _, err := to.n.ApplyPouch(ctx, bytes.NewReader(lie)); err != nil {
		return err
	}
	w.lines.set(liar.code, false)
	c.forked[liar.code] = true
	ctx, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	for _, p := range c.members {
		err := await(ctx, p.n, c.id, func(s *node.Snapshot) bool {
			return slices.ContainsFunc(s.Feeds, func(f node.FeedInfo) bool {
				return f.Origin == ticket.ID.Origin && f.Frozen != nil && *f.Frozen == ticket.ID.Index
			})
		})
		if err != nil {
			return w.unsettled(err, "%s signed two histories, and %s has not frozen its feed within %v", liar.code, p.code, w.patience)
		}
	}
	w.tell(st, "%s has signed two histories of its feed on %s. Every node holds the proof, and the feed stands up to note %d.", liar.code, c.Name, ticket.ID.Index)
	return nil
}

// otherHistory is a pouch with another note under the number of one that a
// party has written, signed with the same key.
func (w *world) otherHistory(c *channel, liar *party, id note.ID) ([]byte, error) {
	tree := feed.EmptyTree()
	var leaves [][]byte
	for i := range id.Index + 1 {
		leaf, h, err := liar.n.Entry(note.ID{Origin: id.Origin, Index: i})
		if err != nil {
			return nil, err
		}
		if i == id.Index {
			h.Time = h.When().Add(time.Second).UTC().Format(note.TimeLayout)
			if leaf, err = h.Encode(); err != nil {
				return nil, err
			}
		}
		tree.Append(leaf)
		leaves = append(leaves, leaf)
	}
	text, err := os.ReadFile(filepath.Join(liar.dir, "keys", fmt.Sprint(liar.credence.Serial), "feed.key"))
	if err != nil {
		return nil, err
	}
	key, err := feed.ParseKey(text)
	if err != nil {
		return nil, err
	}
	head, err := key.SignHead(note.Head{Origin: id.Origin, Root: tree.Root(), Size: id.Index + 1}, w.clock.Now())
	if err != nil {
		return nil, err
	}
	have, err := pouch.EncodeHave(pouch.Have{Channel: c.id, From: liar.code})
	if err != nil {
		return nil, err
	}
	records, err := pouch.EncodeLeaves(pouch.Leaves{Origin: id.Origin, Entries: leaves})
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	pw := pouch.NewWriter(&buf)
	for _, r := range append([]pouch.Record{have, {Type: pouch.TypeHead, Body: head}}, records...) {
		if err := pw.Put(r); err != nil {
			return nil, err
		}
	}
	err = pw.Close()
	return buf.Bytes(), err
}

// endFeed has a party close its feed by its identity key, and everyone else
// accept that; its notes go on in the next epoch.
func (w *world) endFeed(ctx context.Context, st *scenario.Step) error {
	c, p := w.channel(st.Channel), w.party(st.Party)
	reason := charter.Rotation
	var origin string
	err := p.n.Read(c.id, func(s *node.Snapshot) {
		origin = s.Docs.Epoch(p.code)
		for _, f := range s.Feeds {
			if f.Origin == origin && f.Frozen != nil {
				reason = charter.Forked
			}
		}
	})
	if err != nil {
		return err
	}
	if _, err := p.n.CloseFeeds(ctx, p.identity, &c.id, node.CloseOptions{Reason: reason}); err != nil {
		return err
	}
	p.credence, p.signed = p.n.Credence()
	within, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	for _, other := range c.all {
		if other == p {
			continue
		}
		var waits []note.Digest
		closed := false
		look := func(s *node.Snapshot) bool {
			_, closed = s.Docs.Closed(origin)
			waits = slices.Clone(s.Pending)
			return closed || len(waits) > 0
		}
		err := await(within, other.n, c.id, look)
		for _, d := range waits { // a person at that node says that it is so
			err = errors.Join(err, other.n.AcceptClosing(within, d))
		}
		if err == nil {
			err = await(within, other.n, c.id, func(s *node.Snapshot) bool { look(s); return closed })
		}
		if err != nil {
			return w.unsettled(err, "%s closed its feed, and %s has not taken the closing within %v", p.code, other.code, w.patience)
		}
	}
	w.tell(st, "%s closes its feed on %s with its identity key (%s). The others accept it, and its next epoch begins.", p.code, c.Name, reason)
	c.forked[p.code] = false
	return w.rejoined(ctx)
}

// expect holds a matter against what the scenario says that it has come to, in
// the record of those that it names, or of every principal whose line is up.
func (w *world) expect(st *scenario.Step) error {
	opening, _ := w.Scenario.Step(st.Label)
	c := w.channel(opening.Channel)
	for _, p := range c.principals {
		if asked := slices.Contains(st.By, p.code) || st.By == nil && !w.lines.isDown(p.code); !asked || !slices.Contains(opening.Audience, p.code) {
			continue
		}
		got := "nothing"
		err := p.n.Read(c.id, func(s *node.Snapshot) {
			m := s.Register.Matter(w.placed[st.Label].ID)
			if m == nil || m.State == nil {
				return
			}
			got = m.State.Status()
			if settled, ok := m.Settled.(*matter.StatementState); ok && st.State == scenario.Released && settled.Released(w.clock.Now()) {
				got = scenario.Released
			}
		})
		if err != nil {
			return err
		}
		if got != st.State {
			return &Unsettled{[]string{fmt.Sprintf("line %d of the scenario: what %s opened is %s at %s, and is to be %s", st.Line, st.Label, got, p.code, st.State)}}
		}
	}
	return nil
}
