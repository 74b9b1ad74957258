package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"detente/charter"
	"detente/matter"
	"detente/note"
)

var labelPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func (p *parser) step(b block) error {
	switch b[0].key {
	case "entry":
		return p.entry(b)
	case "pause":
		return p.pause(b)
	case "day":
		return p.day(b)
	case "note":
		return p.note(b)
	}
	return p.event(b)
}

func (p *parser) note(b block) error {
	err := b.only(map[string][2]int{"note": {}, "at": {}, "channel": {}, "from": {}, "precedence": {}, "act": {}, "on": {}, "audience": {},
		"field": {1, 1}, "text": {1, 2}, "authentic": {}, "quote": {}, "speaker": {}, "source": {}, "basis": {}, "result": {}})
	if err != nil {
		return err
	}
	st := Step{Kind: Note, Precedence: "routine", Audience: sorted(b.list("audience"))}
	if err := p.label(b, &st); err != nil {
		return err
	}
	if l, ok := b.get("precedence"); ok {
		if st.Precedence = l.value; !slices.Contains(note.Precedences, st.Precedence) {
			return b.errorf(l, "%.20q is none of %s", st.Precedence, strings.Join(note.Precedences, ", "))
		}
	}
	if l, ok := b.get("result"); ok {
		if st.Result = l.value; !slices.Contains(Results, st.Result) {
			return b.errorf(l, "%.40q is none of %s", st.Result, strings.Join(Results, ", "))
		}
	}
	channel, err := p.speaker(b, &st)
	if err != nil {
		return err
	}
	if err := p.matter(b, &st); err != nil {
		return err
	}
	if err := p.audience(b, &st); err != nil {
		return err
	}
	if err := p.fields(b, &st); err != nil {
		return err
	}
	if st.Content, err = p.content(b, channel.Languages, channel.Exercise); err != nil {
		return err
	}
	if err := p.check(b, &st); err != nil {
		return err
	}
	p.labels[st.Label] = len(p.Steps)
	p.Steps = append(p.Steps, st)
	return nil
}

// label reads where a note or an entry begins: its label, and its time.
func (p *parser) label(b block, st *Step) (err error) {
	st.Line, st.Label = b[0].number, b[0].value
	if !labelPattern.MatchString(st.Label) {
		return b.errorf(&b[0], "%.60q is not a label: want a-z, 0-9 and -, a letter first, at most 40", st.Label)
	}
	if at, ok := p.labels[st.Label]; ok {
		return b.errorf(&b[0], "there is %s already, at line %d", st.Label, p.Steps[at].Line)
	}
	if st.At, err = p.at(b); err != nil {
		return err
	}
	st.Stamp, _ = b.value("at")
	return nil
}

// at reads the time of a step, which is not before that of the step before.
func (p *parser) at(b block) (time.Time, error) {
	t, err := b.instant("at")
	if err != nil {
		return t, err
	}
	l, _ := b.get("at")
	return t, p.advance(b, l, t)
}

func (p *parser) advance(b block, l *line, t time.Time) error {
	switch {
	case t.Before(p.Start) || t.After(p.End):
		return b.errorf(l, "it is not between the start, %s, and the end, %s", p.Start.Format(time.RFC3339), p.End.Format(time.RFC3339))
	case t.Before(p.last):
		return b.errorf(l, "it is before the step before it, at %s", p.last.In(t.Location()).Format(time.RFC3339))
	}
	p.last = t
	return nil
}

// speaker reads who speaks where by which act, and whether they may.
func (p *parser) speaker(b block, st *Step) (Channel, error) {
	var c Channel
	var err error
	if st.Channel, err = b.value("channel"); err != nil {
		return c, err
	}
	at := slices.IndexFunc(p.Channels, func(c Channel) bool { return c.Code == st.Channel })
	if l, _ := b.get("channel"); at < 0 {
		return c, b.errorf(l, "there is no channel %.60q", st.Channel)
	}
	c = p.Channels[at]
	from, err := b.value("from")
	if err != nil {
		return c, err
	}
	st.Party, st.Office, _ = strings.Cut(from, " ")
	l, _ := b.get("from")
	rules := p.rules[at]
	if !c.has(st.Party) {
		return c, b.errorf(l, "%.20q is not a party of the channel %s", st.Party, c.Code)
	}
	if _, ok := rules.Office(st.Party, st.Office); !ok {
		return c, b.errorf(l, "%s has no office %.60q: want the party, a space and the office", st.Party, st.Office)
	}
	if st.Act, err = b.value("act"); err != nil {
		return c, err
	}
	_, act, ok := matter.Find(st.Act)
	if l, _ := b.get("act"); !ok {
		return c, b.errorf(l, "%.60q is not an act that this program knows", st.Act)
	}
	switch why := power(rules, st, act); {
	case p.forked[st.Party+" "+c.Code]:
		return c, b.errorf(l, "the feed of %s on %s has forked, and takes no note before it is closed", st.Party, c.Code)
	case why == "" && st.Result == "beyond authority":
		return c, b.errorf(l, "it is within its author's authority, and is to be beyond it")
	case why != "" && st.Result != "beyond authority":
		return c, b.errorf(l, "%s", why)
	}
	return c, nil
}

// power says why a note is beyond its author's authority; empty: it is not.
func power(rules *charter.Rules, st *Step, act *matter.Act) string {
	bound, _ := rules.MayBind(st.Party, st.Office, st.Act)
	switch {
	case act.Binds && !bound:
		return fmt.Sprintf("the office %s of %s may not bind by %s", st.Office, st.Party, st.Act)
	case !rules.MaySay(st.Party, st.Office, st.Act):
		return fmt.Sprintf("the office %s of %s may not say %s", st.Office, st.Party, st.Act)
	case rules.Roles[st.Party] != charter.Principal && act.Who != matter.Proposers && act.Who != matter.Anyone:
		return fmt.Sprintf("%s is a %s of the channel, and %s is for %s", st.Party, rules.Roles[st.Party], st.Act, act.Who)
	}
	return ""
}

// matter reads which matter the note is about.
func (p *parser) matter(b block, st *Step) error {
	l, ok := b.get("on")
	if !ok {
		return nil
	}
	opening, err := p.earlier(b, l, Note, l.value, st.Channel)
	if err != nil {
		return err
	}
	if opening.On != "" {
		return b.errorf(l, "%s is itself on %s: name the note that opened the matter", opening.Label, opening.On)
	}
	if kind, _, _ := strings.Cut(st.Act, "/"); !strings.HasPrefix(opening.Act, kind+"/") {
		return b.errorf(l, "%s opened a matter by %s, and %s is not about such a matter", opening.Label, opening.Act, st.Act)
	}
	st.On = opening.Label
	return nil
}

// earlier returns the note or the entry with that label; a note must be on the
// channel, if one is given.
func (p *parser) earlier(b block, l *line, kind Kind, label, channel string) (*Step, error) {
	at, ok := p.labels[label]
	if !ok || p.Steps[at].Kind != kind {
		return nil, b.errorf(l, "no %s before this one has the label %.60q", kind, label)
	}
	st := &p.Steps[at]
	if channel != "" && st.Channel != channel {
		return nil, b.errorf(l, "the note %s is on the channel %s", label, st.Channel)
	}
	return st, nil
}

// audience checks who hears it: "later notes on it name exactly that audience".
func (p *parser) audience(b block, st *Step) error {
	c, _ := p.Channel(st.Channel)
	l, given := b.get("audience")
	if !given {
		if st.On != "" {
			st.Audience = slices.Clone(p.Steps[p.labels[st.On]].Audience)
		} else {
			for _, m := range c.Members {
				if m.Role == charter.Principal || m.Party == st.Party {
					st.Audience = append(st.Audience, m.Party)
				}
			}
		}
		l = &b[0]
	}
	for i, party := range st.Audience {
		switch {
		case !c.has(party):
			return b.errorf(l, "%.20q is not a party of the channel", party)
		case i > 0 && st.Audience[i-1] == party:
			return b.errorf(l, "%s is named twice", party)
		}
	}
	if !slices.Contains(st.Audience, st.Party) {
		return b.errorf(l, "%s, who writes the note, is not in its audience", st.Party)
	}
	if st.On != "" && !slices.Equal(st.Audience, p.Steps[p.labels[st.On]].Audience) {
		return b.errorf(l, "the matter is open to %s, and a note on it names exactly these", strings.Join(p.Steps[p.labels[st.On]].Audience, ", "))
	}
	return nil
}

func (p *parser) pause(b block) error {
	if err := b.only(map[string][2]int{"pause": {}, "at": {}, "text": {}, "show": {}}); err != nil {
		return err
	}
	st := Step{Kind: Pause, Line: b[0].number, Heading: b[0].value, Show: b.list("show")}
	if err := p.sometime(b, &st); err != nil {
		return err
	}
	if err := b.heading(st.Heading); err != nil {
		return err
	}
	for _, label := range st.Show {
		l, _ := b.get("show")
		if _, err := p.opening(b, l, label); err != nil {
			return err
		}
	}
	p.Steps = append(p.Steps, st)
	return nil
}

// sometime reads the text and the time of a step that is no note: without one
// it is that of the step before it.
func (p *parser) sometime(b block, st *Step) (err error) {
	if l, ok := b.get("text"); ok {
		st.Text = l.value
	}
	if st.At = p.last; p.last.IsZero() {
		st.At = p.Start
	}
	if _, ok := b.get("at"); ok {
		st.At, err = p.at(b)
		st.Stamp, _ = b.value("at")
	}
	return err
}

// opening returns the note with that label, which must have opened a matter.
func (p *parser) opening(b block, l *line, label string) (*Step, error) {
	st, err := p.earlier(b, l, Note, label, "")
	if err == nil && st.On != "" {
		err = b.errorf(l, "%s is itself on %s: name the note that opened the matter", label, st.On)
	}
	return st, err
}

func (p *parser) day(b block) error {
	if err := b.only(map[string][2]int{"day": {}, "text": {}}); err != nil {
		return err
	}
	st := Step{Kind: Day, Line: b[0].number, Stamp: b[0].value, Heading: b[0].value}
	if l, ok := b.get("text"); ok {
		st.Text = l.value
	}
	var err error
	if st.At, err = time.ParseInLocation(time.DateOnly, b[0].value, p.Start.Location()); err != nil {
		return b.errorf(&b[0], "%.60q is not a date: want 2024-01-16", b[0].value)
	}
	if err := p.advance(b, &b[0], st.At); err != nil {
		return err
	}
	p.Steps = append(p.Steps, st)
	return nil
}

func (b block) heading(s string) error {
	if s == "" || strings.Contains(s, "\n") {
		return b.errorf(&b[0], "%.60q: want one line of text", s)
	}
	return nil
}
