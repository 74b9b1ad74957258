package scenario

import (
	"slices"
	"strings"

	"detente/charter"
	"detente/matter"
)

// events are the kinds of step that send no note and yet happen, with the
// keys that each has beside its first, and what reads them.
var events = map[Kind]struct {
	keys []string
	read func(p *parser, b block, st *Step) error
}{
	Link:    {[]string{"state"}, (*parser).link},
	Courier: {[]string{"channel"}, (*parser).courier},
	Erase:   {[]string{"by"}, (*parser).erase},
	Fork:    {[]string{"channel", "to"}, (*parser).fork},
	Close:   {[]string{"channel"}, (*parser).close},
	Expect:  {[]string{"state", "by"}, (*parser).expect},
}

func (p *parser) event(b block) error {
	st := Step{Kind: Kind(b[0].key), Line: b[0].number}
	event := events[st.Kind]
	keys := map[string][2]int{b[0].key: {}, "at": {}, "text": {}}
	for _, k := range event.keys {
		keys[k] = [2]int{}
	}
	if err := b.only(keys); err != nil {
		return err
	}
	if err := p.sometime(b, &st); err != nil {
		return err
	}
	if err := event.read(p, b, &st); err != nil {
		return err
	}
	p.Steps = append(p.Steps, st)
	return nil
}

// link reads an outage, or its end: of a party, since on a channel of three
// what two cannot tell each other the third passes on.
func (p *parser) link(b block, st *Step) error {
	if st.Party = b[0].value; !p.known(st.Party) {
		return b.errorf(&b[0], "there is no party %.20q", st.Party)
	}
	state, err := b.value("state")
	if err != nil {
		return err
	}
	l, _ := b.get("state")
	switch st.Down = state == "down"; {
	case state != "down" && state != "up":
		return b.errorf(l, "%.20q is neither down nor up", state)
	case p.down[st.Party] == st.Down:
		return b.errorf(l, "the line of %s is %s already", st.Party, state)
	}
	p.down[st.Party] = st.Down
	return nil
}

func (p *parser) known(party string) bool {
	_, ok := p.Party(party)
	return ok
}

// on reads a channel, of which the parties given must be members that read
// notes, each by its own line.
func (p *parser) on(b block, st *Step, at map[string]*line) error {
	v, err := b.value("channel")
	if err != nil {
		return err
	}
	l, _ := b.get("channel")
	c, ok := p.Channel(v)
	if !ok {
		return b.errorf(l, "there is no channel %.60q", v)
	}
	st.Channel = v
	for party, l := range at {
		if !slices.ContainsFunc(c.Members, func(m Member) bool {
			return m.Party == party && (m.Role != charter.Observer || m.Scope == charter.ScopeFull)
		}) {
			return b.errorf(l, "%.20q is no party of the channel %s that holds its notes", party, v)
		}
	}
	return nil
}

func (p *parser) courier(b block, st *Step) error {
	st.Party, st.To, _ = strings.Cut(b[0].value, " ")
	if st.Party == st.To {
		return b.errorf(&b[0], "want two parties: whose pouch it is, and who gets it")
	}
	return p.on(b, st, map[string]*line{st.Party: &b[0], st.To: &b[0]})
}

func (p *parser) erase(b block, st *Step) error {
	erased, err := p.earlier(b, &b[0], Note, b[0].value, "")
	if err != nil {
		return err
	}
	if len(erased.Content.Texts) == 0 {
		return b.errorf(&b[0], "the note %s has no text", erased.Label)
	}
	if st.Label, err = erased.Label, p.by(b, st, erased); st.By == nil {
		st.By = slices.Clone(erased.Audience)
	}
	return err
}

// by reads the parties of a note's audience that a step is about.
func (p *parser) by(b block, st *Step, of *Step) error {
	l, ok := b.get("by")
	if !ok {
		return nil
	}
	for i, party := range sorted(items(l.value)) {
		if !slices.Contains(of.Audience, party) || i > 0 && st.By[i-1] == party {
			return b.errorf(l, "%.20q is not in the audience of %s, or is named twice", party, of.Label)
		}
		st.By = append(st.By, party)
	}
	return nil
}

func (p *parser) fork(b block, st *Step) error {
	var err error
	if st.Party = b[0].value; p.down[st.Party] {
		return b.errorf(&b[0], "the line of %s is down", st.Party)
	}
	if st.To, err = b.value("to"); err != nil {
		return err
	}
	l, _ := b.get("to")
	if st.To == st.Party || p.down[st.To] {
		return b.errorf(l, "want another party, whose line is up")
	}
	if err := p.on(b, st, map[string]*line{st.Party: &b[0], st.To: l}); err != nil {
		return err
	}
	if p.forked[st.Party+" "+st.Channel] {
		return b.errorf(&b[0], "its feed on %s has forked already", st.Channel)
	}
	p.forked[st.Party+" "+st.Channel] = true
	return nil
}

func (p *parser) close(b block, st *Step) error {
	st.Party = b[0].value
	if err := p.on(b, st, map[string]*line{st.Party: &b[0]}); err != nil {
		return err
	}
	if p.down[st.Party] {
		return b.errorf(&b[0], "the line of %s is down", st.Party)
	}
	p.forked[st.Party+" "+st.Channel] = false
	return nil
}

func (p *parser) expect(b block, st *Step) error {
	opening, err := p.opening(b, &b[0], b[0].value)
	if err != nil {
		return err
	}
	st.Label = opening.Label
	if err := p.by(b, st, opening); err != nil {
		return err
	}
	if st.State, err = b.value("state"); err != nil {
		return err
	}
	kind, _, _ := matter.Find(opening.Act)
	l, _ := b.get("state")
	if !slices.ContainsFunc(kind.States, func(s matter.StateDoc) bool { return s.Name == st.State }) && (kind != &matter.Statement || st.State != Released) {
		return b.errorf(l, "%.40q is no state of the kind %s; see docs/acts.md", st.State, kind.Name)
	}
	return nil
}
