package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/view"
	"detente/note"
	"detente/register"
	"detente/scenario"
)

// play plays every step, each after the one before it is acknowledged.
func (w *world) play(ctx context.Context) error {
	for i := range w.Scenario.Steps {
		st := &w.Scenario.Steps[i]
		w.clock.set(st.At)
		var err error
		switch st.Kind {
		case scenario.Day:
			w.dayHeading(st)
		case scenario.Pause:
			err = w.pause(st)
		case scenario.Note:
			err = w.send(ctx, st)
		case scenario.Entry:
			err = w.enter(ctx, st)
		}
		if err != nil {
			return err
		}
	}
	w.clock.set(w.Scenario.End)
	return nil
}

// send has the party's own desk write the note, and prints it as another node
// of its audience holds it.
func (w *world) send(ctx context.Context, st *scenario.Step) error {
	c, from := w.channel(st.Channel), w.party(st.Party)
	move, err := st.Move(w.find)
	if err != nil {
		return err
	}
	d := desk.Draft{Act: st.Act, Audience: st.Audience, Authentic: st.Content.Authentic, Basis: st.Content.Basis, Channel: c.id.String(),
		Fields: move.Fields, Office: st.Office, Precedence: st.Precedence, Quotes: st.Content.Quotes, Texts: st.Content.Texts}
	if move.Matter != nil {
		d.Matter = move.Matter.String()
	}
	ticket, err := from.desk.Send(ctx, d)
	if err != nil {
		return fmt.Errorf("%s, line %d of the scenario, was not written: %w", st.Label, st.Line, err)
	}
	w.sent++
	placed := scenario.Placed{ID: ticket.ID}
	for _, part := range ticket.Parts {
		if part.Name == note.PartContent {
			placed.Content = part.Plain
		}
	}
	w.placed[st.Label] = placed
	if err := w.acknowledged(ctx, c, from, st, ticket.ID); err != nil {
		return err
	}
	reader := from
	for _, p := range c.members {
		if p != from && slices.Contains(st.Audience, p.code) {
			reader = p
			break
		}
	}
	v, err := view.OneNote(reader.n, c.id, ticket.ID)
	if err != nil {
		return err
	}
	lead := w.timeOfDay(st)
	if c != w.channels[0] {
		lead += " (" + strings.Join(st.Audience, ", ") + ")"
	}
	w.page.Note(lead, v)
	return nil
}

// enter has the party's own desk enter something into its own record, and
// prints it as that record holds it: it is never sent.
func (w *world) enter(ctx context.Context, st *scenario.Step) error {
	from := w.party(st.Party)
	fields, err := st.Filled(w.find)
	if err != nil {
		return err
	}
	in := desk.Entry{Act: st.Act, Fields: fields, Texts: st.Content.Texts}
	if st.On != "" {
		in.About = w.entered[st.On].String()
	}
	e, err := from.desk.Enter(ctx, in)
	if err != nil {
		return fmt.Errorf("%s, line %d of the scenario, was not entered: %w", st.Label, st.Line, err)
	}
	w.entered[st.Label] = e.ID
	opening := e.ID
	if st.On != "" {
		opening = w.entered[st.On]
	}
	v, err := view.OneEntry(from.n, nil, opening)
	if err != nil {
		return err
	}
	w.page.Entered(w.timeOfDay(st)+" "+st.Party, v, st.Content.Basis)
	return nil
}

func (w *world) timeOfDay(st *scenario.Step) string {
	return st.At.In(w.Scenario.Start.Location()).Format("15:04")
}

// find returns what the note of that label became.
func (w *world) find(label string) (scenario.Placed, bool) {
	p, ok := w.placed[label]
	return p, ok
}

// acknowledged waits until every other principal in the audience has given its
// receipt for the note and acknowledged it, and every node that may read it
// holds it as settled.
func (w *world) acknowledged(ctx context.Context, c *channel, from *party, st *scenario.Step, id note.ID) error {
	ctx, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	for _, p := range c.principals {
		if p == from || !slices.Contains(st.Audience, p.code) {
			continue
		}
		if err := from.n.WaitReceipt(ctx, id, p.code); err != nil {
			return w.unsettled(err, "%s, sent by %s as %s: no receipt of %s within %v", st.Label, from.code, id.Short(), p.code, w.patience)
		}
		err := await(ctx, from.n, c.id, func(s *node.Snapshot) bool { return s.Register.Covered(p.code, id) != nil })
		if err != nil {
			return w.unsettled(err, "%s, sent by %s as %s: no ack of %s within %v", st.Label, from.code, id.Short(), p.code, w.patience)
		}
	}
	for _, p := range c.members {
		if !slices.Contains(st.Audience, p.code) {
			continue
		}
		err := await(ctx, p.n, c.id, func(s *node.Snapshot) bool { e := s.Register.Entry(id); return e != nil && s.Register.Settled(e) })
		if err != nil {
			return w.unsettled(err, "%s, sent by %s as %s: not settled at %s within %v", st.Label, from.code, id.Short(), p.code, w.patience)
		}
	}
	return nil
}

// unsettled makes a finding of a wait that took too long.
func (w *world) unsettled(err error, format string, args ...any) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &Unsettled{[]string{fmt.Sprintf(format, args...)}}
	}
	return err
}

// await waits until a channel at a node is as ok wants it.
func await(ctx context.Context, n *node.Node, channel note.Digest, ok func(*node.Snapshot) bool) error {
	for {
		changed := n.Changed()
		done := false
		if err := n.Read(channel, func(s *node.Snapshot) { done = ok(s) }); err != nil || done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// settle waits until everything that was sent is settled everywhere, and
// returns what is not.
func (w *world) settle(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	var out []string
	for _, c := range w.channels {
		for _, p := range c.principals {
			var open []string
			err := await(ctx, p.n, c.id, func(s *node.Snapshot) bool { open = loose(s, c); return open == nil })
			if err != nil && open == nil {
				open = []string{err.Error()}
			}
			for _, s := range open {
				out = append(out, fmt.Sprintf("%s, at %s: %s", c.Name, p.code, s))
			}
		}
		if out == nil {
			out = w.pictures(c)
		}
	}
	return out
}

// loose lists what is not as it must be when all is done.
func loose(s *node.Snapshot, c *channel) (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	acked := map[string]bool{}
	for _, e := range s.Register.Entries() {
		if e.Result == register.Kept { // an ack
			acked[e.ID.Party()] = true
			continue
		}
		if e.Result != register.Applied {
			add("%s is %s: %s", e.ID.Short(), e.Result, e.Reason)
			continue
		}
		if !s.Register.Settled(e) {
			add("%s is not settled", e.ID.Short())
		}
		for _, p := range c.principals {
			if e.ID.Party() == s.Party && p.code != s.Party && slices.Contains(e.Audience, p.code) && s.Register.Covered(p.code, e.ID) == nil {
				add("%s is not acknowledged by %s", e.ID.Short(), p.code)
			}
		}
	}
	for _, f := range s.Feeds {
		for _, p := range c.principals {
			if f.Party == s.Party && p.code != s.Party && f.Receipts[p.code] < f.Head.Size {
				add("%s has given a receipt for %d of the %d leaves", p.code, f.Receipts[p.code], f.Head.Size)
			}
		}
	}
	heads := s.Register.Heads()
	for _, f := range s.Feeds {
		if heads[f.Origin] != f.Head.Size {
			add("%d of %d leaves of %s are folded", heads[f.Origin], f.Head.Size, f.Party)
		}
	}
	for _, p := range s.Peers {
		switch {
		case p.Picture == nil && acked[p.Party]:
			add("the picture of the last ack of %s was not compared", p.Party)
		case p.Picture != nil && !*p.Picture:
			add("the picture of the last ack of %s is another than here", p.Party)
		}
	}
	return out
}

// pictures compares the registers of the principals, as each shows its own.
func (w *world) pictures(c *channel) []string {
	var all []*view.Register
	for _, p := range c.principals {
		v, err := view.Matters(p.n, c.id, "")
		if err != nil {
			return []string{err.Error()}
		}
		all = append(all, v)
	}
	return differ(all)
}

func differ(all []*view.Register) (out []string) {
	for _, v := range all {
		if first := all[0]; v.Picture != first.Picture {
			out = append(out, fmt.Sprintf("%s: the picture of %s is %s, and that of %s is %s", v.Name, first.Node, first.Picture, v.Node, v.Picture))
		}
	}
	return out
}

func (w *world) dayHeading(st *scenario.Step) {
	w.page.Blank()
	day := st.At.In(w.Scenario.Start.Location()).Format("Monday 2 January 2006")
	if st.Text != "" {
		day += ". " + st.Text
	}
	w.page.Heading(day)
}

// pause shows what the scenario says is to be seen now.
func (w *world) pause(st *scenario.Step) error {
	w.page.Blank()
	w.page.Heading(st.Heading)
	if st.Text != "" {
		w.page.Para(2, st.Text)
	}
	for _, label := range st.Show {
		if err := w.show(label); err != nil {
			return err
		}
	}
	w.page.Blank()
	return nil
}

// show lays out the matter that a note opened, as a principal's node has it.
func (w *world) show(label string) error {
	opening, ok := w.Scenario.Step(label)
	if !ok {
		return fmt.Errorf("there is no note %s", label)
	}
	c := w.channel(opening.Channel)
	n, id := c.principals[0].n, w.placed[label].ID
	v, err := view.OneMatter(n, c.id, id)
	if err != nil {
		return err
	}
	if c != w.channels[0] {
		w.page.Para(2, "On the channel "+c.Name+":")
	}
	w.page.Matter(v, w.shown[label])
	w.shown[label] = true
	if v.Message == nil {
		return nil
	}
	letter, err := view.OneNote(n, c.id, id)
	if err != nil {
		return err
	}
	w.page.Letter(letter)
	return nil
}
