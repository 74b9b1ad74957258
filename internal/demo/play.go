package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
	"detente/register"
	"detente/scenario"
	"detente/seal"
)

// step plays a step; it is done when it is acknowledged.
func (w *world) step(ctx context.Context, st *scenario.Step) error {
	w.clock.set(st.At)
	switch st.Kind {
	case scenario.Day:
		w.dayHeading(st)
	case scenario.Pause:
		return w.pause(st)
	case scenario.Note:
		return w.send(ctx, st)
	case scenario.Entry:
		return w.enter(ctx, st)
	case scenario.Link:
		return w.link(ctx, st)
	case scenario.Courier:
		return w.courier(ctx, st)
	case scenario.Erase:
		return w.erase(ctx, st)
	case scenario.Fork:
		return w.fork(ctx, st)
	case scenario.Close:
		return w.endFeed(ctx, st)
	case scenario.Expect:
		return w.expect(st)
	}
	return nil
}

// send has the party's own desk write the note, and prints it as another node
// of its audience holds it.
func (w *world) send(ctx context.Context, st *scenario.Step) error {
	c, from := w.channel(st.Channel), w.party(st.Party)
	ticket, err := w.write(ctx, c, from, st)
	if err != nil {
		return fmt.Errorf("%s, line %d of the scenario, was not written: %w", st.Label, st.Line, err)
	}
	if st.Result != "" {
		w.meant[ticket.ID] = register.Result(st.Result)
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
		if p != from && w.met(c, p, from) && slices.Contains(st.Audience, p.code) {
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

// write has the party's own desk write a note. What no desk writes is
// submitted as a foreign program would: what the register is to refuse, and
// other words in the place of those that the node keeps to reveal.
func (w *world) write(ctx context.Context, c *channel, from *party, st *scenario.Step) (node.Ticket, error) {
	move, err := st.Move(w.find)
	if err != nil {
		return node.Ticket{}, err
	}
	texts, err := w.made(from, c, st, move)
	if err != nil {
		return node.Ticket{}, err
	}
	if st.Result == string(register.OutOfOrder) || st.Result == string(register.NoPower) || st.Act == "handover/reveal" && len(texts) > 0 {
		return from.n.Submit(ctx, node.Draft{Act: st.Act, Audience: st.Audience, Channel: c.id, Fields: move.Fields, Matter: move.Matter, Office: st.Office, Precedence: st.Precedence,
			Content: &note.Content{Authentic: st.Content.Authentic, Basis: st.Content.Basis, Quotes: st.Content.Quotes, Texts: texts}})
	}
	d := desk.Draft{Act: st.Act, Audience: st.Audience, Authentic: st.Content.Authentic, Basis: st.Content.Basis, Channel: c.id.String(),
		Fields: move.Fields, Office: st.Office, Precedence: st.Precedence, Quotes: st.Content.Quotes, Texts: texts}
	if move.Matter != nil {
		d.Matter = move.Matter.String()
	}
	return from.desk.Send(ctx, d)
}

// made makes what a scenario cannot hold: the key of an office, in the place
// of the word for it, and the texts that go sealed to offices. It returns the
// texts as the desk gets them.
func (w *world) made(from *party, c *channel, st *scenario.Step, m *note.Move) (map[string]note.Wording, error) {
	for name, v := range m.Fields {
		if v != scenario.NewKey {
			continue
		}
		key, err := seal.GenerateIdentity()
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(from.dir+"."+st.Office+".key", seal.MarshalIdentity(key, "office "+st.Office), 0o600); err != nil {
			return nil, err
		}
		m.Fields[name] = key.Recipient()
	}
	texts := maps.Clone(st.Content.Texts)
	for _, slot := range st.Sealed() {
		known, err := view.SealKeys(from.n, c.id)
		if err != nil {
			return nil, err
		}
		var keys []string
		for _, office := range matter.SealedFor(st.Act, slot, m.Fields) {
			i := slices.IndexFunc(known.Offices, func(o view.Office) bool { return o.Name == office })
			if i < 0 {
				return nil, fmt.Errorf("%s has published no key", office)
			}
			keys = append(keys, known.Offices[i].Recipient)
		}
		sealed := note.Wording{}
		for lang, words := range texts[slot] {
			if sealed[lang], err = desk.SealNames(keys, words); err != nil {
				return nil, err
			}
		}
		texts[slot] = sealed
	}
	return texts, nil
}

// met reports whether two parties can hear each other on a channel: the line
// of each is up, and neither has a forked feed, on which it can say nothing.
func (w *world) met(c *channel, a, b *party) bool {
	return a == b || !w.lines.isDown(a.code) && !w.lines.isDown(b.code) && !c.forked[a.code] && !c.forked[b.code]
}

// acknowledged waits until every other principal in the audience has given its
// receipt for the note and acknowledged it, and every node that may read it
// holds it as settled. Nothing waits for a party that cannot be heard: the rest
// is waited for when it can.
func (w *world) acknowledged(ctx context.Context, c *channel, from *party, st *scenario.Step, id note.ID) error {
	ctx, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	apart := false
	for _, p := range c.members {
		apart = apart || slices.Contains(st.Audience, p.code) && !w.met(c, p, from)
	}
	if apart {
		w.late = append(w.late, st)
	}
	for _, p := range c.principals {
		if p == from || !slices.Contains(st.Audience, p.code) || !w.met(c, p, from) {
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
		if !slices.Contains(st.Audience, p.code) || !w.met(c, p, from) {
			continue
		}
		err := await(ctx, p.n, c.id, func(s *node.Snapshot) bool {
			e := s.Register.Entry(id)
			return e != nil && (apart || s.Register.Settled(e))
		})
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
	reader := c.principals[slices.IndexFunc(c.principals, func(p *party) bool { return slices.Contains(opening.Audience, p.code) })]
	n, id := reader.n, w.placed[label].ID
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
