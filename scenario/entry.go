package scenario

import (
	"slices"
	"strings"

	"detente/matter"
	"detente/note"
)

// entry reads what a party enters into its own record. It is no note: it has
// no channel, no office and no audience.
func (p *parser) entry(b block) error {
	err := b.only(map[string][2]int{"entry": {}, "at": {}, "from": {}, "act": {}, "on": {}, "field": {1, 1}, "text": {1, 2}, "basis": {}})
	if err != nil {
		return err
	}
	st := Step{Kind: Entry}
	if err := p.label(b, &st); err != nil {
		return err
	}
	if st.Party, err = b.value("from"); err != nil {
		return err
	}
	languages := p.languages(st.Party)
	if languages == nil {
		l, _ := b.get("from")
		return b.errorf(l, "there is no party %.20q on a channel", st.Party)
	}
	if st.Act, err = b.value("act"); err != nil {
		return err
	}
	_, act, ok := matter.FindHouse(st.Act)
	if l, _ := b.get("act"); !ok {
		return b.errorf(l, "%.60q is no act that is in-house", st.Act)
	}
	if err := p.about(b, &st, act); err != nil {
		return err
	}
	if err := p.fields(b, &st); err != nil {
		return err
	}
	if st.Content, err = p.content(b, languages, slices.ContainsFunc(p.Channels, func(c Channel) bool { return c.Exercise })); err != nil {
		return err
	}
	if err := p.checkEntry(b, &st); err != nil {
		return err
	}
	p.labels[st.Label] = len(p.Steps)
	p.Steps = append(p.Steps, st)
	return nil
}

// about reads which entry it is about: one of the same kind, and of the same
// party.
func (p *parser) about(b block, st *Step, act *matter.Act) error {
	l, given := b.get("on")
	switch {
	case given && act.Opens:
		return b.errorf(l, "%s opens an entry of its own", st.Act)
	case !given && !act.Opens:
		return b.missing("on")
	case !given:
		return nil
	}
	opening, err := p.earlier(b, l, Entry, l.value, "")
	if err != nil {
		return err
	}
	kind, _, _ := strings.Cut(st.Act, "/")
	switch {
	case opening.On != "":
		return b.errorf(l, "%s is itself on %s: name the first one", opening.Label, opening.On)
	case opening.Party != st.Party:
		return b.errorf(l, "%s stands in the record of %s", opening.Label, opening.Party)
	case !strings.HasPrefix(opening.Act, kind+"/"):
		return b.errorf(l, "%s is a %s, and %s is not about such an entry", opening.Label, opening.Act, st.Act)
	}
	st.On = opening.Label
	return nil
}

// languages returns those of a party's channels, in their order.
func (p *parser) languages(party string) (all []string) {
	for _, c := range p.Channels {
		for _, lang := range c.Languages {
			if c.has(party) && !slices.Contains(all, lang) {
				all = append(all, lang)
			}
		}
	}
	return all
}

// checkEntry holds an entry against the table of its act.
func (p *parser) checkEntry(b block, st *Step) error {
	fields, err := st.Filled(p.placeholder)
	if err != nil {
		return err
	}
	if _, err := matter.ReadFields(st.Act, fields, matter.Names{Note: note.ParseID}); err != nil {
		return b.fail(err)
	}
	if err := matter.CheckContent(st.Act, st.Content); err != nil {
		return b.fail(err)
	}
	return b.encodes(st.Content)
}
