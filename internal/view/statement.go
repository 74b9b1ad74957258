package view

import (
	"fmt"
	"slices"

	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// released reports whether a matter is a statement whose moment has come:
// signed by everyone, and settled, so that nothing can cross it any more.
func (b *builder) released(m *register.Matter) bool {
	s, ok := m.Settled.(*matter.StatementState)
	return ok && s.Released(b.now)
}

// statement shows the text on offer clause by clause, each side's word beside
// it, who has signed it, and its moment. Texts that crossed it stand before it.
func (b *builder) statement(v *Matter, m *register.Matter, s *matter.StatementState) []note.ID {
	crossed := s.Crossed()
	for i := range s.Proposals {
		p := &s.Proposals[i]
		if p == s.OnOffer() || slices.Contains(crossed, p.Note) {
			v.Sections = append(v.Sections, b.proposal(p), b.signatures(m, s, p))
		}
	}
	if s.OnOffer() == nil {
		for _, w := range s.Drafts {
			e := b.s.Register.Entry(w.Note)
			section := Section{Title: locale.Phrasef("working text %s of %s, without force", w.Note.Short(), w.Party), Items: []SectionItem{}}
			for i, topic := range matter.Clauses(e.Move) {
				section.Items = append(section.Items, SectionItem{Label: locale.Phrasef("clause %d", i+1), What: locale.Phrasef(topic), Notes: []note.ID{}, Words: []*Words{b.words(w.Note, fmt.Sprintf("clause/%d", i+1))}})
			}
			v.Sections = append(v.Sections, section)
		}
	}
	last := Section{Title: locale.Phrasef("what else was said"), Items: []SectionItem{}}
	for _, w := range s.Abandoned {
		last.Items = append(last.Items, SectionItem{Label: locale.Phrasef("%s", w.Party), State: locale.Phrasef("walked away"), Notes: []note.ID{w.Note}, Words: []*Words{b.words(w.Note, "remark")}})
	}
	for _, w := range s.Published {
		last.Items = append(last.Items, SectionItem{Label: locale.Phrasef("%s", w.Party), State: locale.Phrasef("published"), What: locale.Phrasef("%s, %s", w.When, w.Outlet), Notes: []note.ID{w.Note}, Words: []*Words{b.words(w.Note, "remark")}})
	}
	if len(last.Items) > 0 {
		v.Sections = append(v.Sections, last)
	}
	return crossed
}

func (b *builder) proposal(p *matter.ProposedText) Section {
	section := Section{Title: locale.Phrasef("text %s, proposed by %s", p.Note.Short(), p.Party), Items: []SectionItem{}}
	for _, slot := range []string{"title", "preamble"} {
		section.Items = append(section.Items, SectionItem{Label: locale.Phrasef(slot), Notes: []note.ID{}, Words: []*Words{b.words(p.Note, slot)}})
	}
	for i, topic := range p.Clauses {
		section.Items = append(section.Items, SectionItem{Label: locale.Phrasef("clause %d", i+1), What: locale.Phrasef(topic), Notes: []note.ID{}, Words: []*Words{b.words(p.Note, fmt.Sprintf("clause/%d", i+1))}})
		for _, w := range p.Words {
			if w.Clause == i+1 && w.Back == nil {
				section.Items = append(section.Items, SectionItem{Label: locale.Phrasef("clause %d, %s", i+1, w.Party), State: locale.Phrasef(w.As), Notes: []note.ID{w.Note}, Words: []*Words{b.words(w.Note, "remark")}})
			}
		}
	}
	return section
}

func (b *builder) signatures(m *register.Matter, s *matter.StatementState, p *matter.ProposedText) Section {
	section := Section{Title: locale.Phrasef("signatures on %s, for release at %s", p.Note.Short(), p.Release), Items: []SectionItem{}}
	for _, party := range p.Owing {
		item := SectionItem{Label: locale.Phrasef("%s", party), State: locale.Phrasef("not signed"), Notes: []note.ID{}, Words: []*Words{}}
		if w := p.Signature(party); w != nil {
			item.State, item.Notes, item.Words = locale.Phrasef("signed"), []note.ID{w.Note}, []*Words{b.words(w.Note, "remark")}
		}
		section.Items = append(section.Items, item)
	}
	if p == s.OnOffer() && s.State == "signed" {
		section.Items = append(section.Items, SectionItem{Label: locale.Phrasef("release"), State: b.release(m), Notes: []note.ID{}, Words: []*Words{}})
	}
	return section
}

// release says whether a statement that everyone has signed is released.
func (b *builder) release(m *register.Matter) locale.Phrase {
	settled, _ := m.Settled.(*matter.StatementState)
	switch {
	case b.released(m):
		return locale.Phrasef("released")
	case settled == nil || settled.State != "signed":
		return locale.Phrasef("signed by every principal, and not settled: it is not released until it is")
	}
	return locale.Phrasef("signed by every principal, to be released at the moment")
}

func (d *drawing) statement(m *register.Matter, s *matter.StatementState) {
	h := d.to(coordination)
	if s.Half != "" {
		h = d.to(s.Half)
	}
	d.half[m.ID] = h.Name
	p := s.OnOffer()
	if p == nil || s.State == "abandoned" {
		return
	}
	text := func(what locale.Phrase) *Item {
		item := d.item(m, locale.Phrasef("%s, release at %s", what, p.Release))
		for i := range p.Clauses {
			item.Words = append(item.Words, d.words(p.Note, fmt.Sprintf("clause/%d", i+1)))
		}
		return item
	}
	switch s.State {
	case "signed":
		h.Agreed = append(h.Agreed, text(locale.Phrasef("joint statement, %s", d.release(m))))
	case "crossed":
		h.Open = append(h.Open, text(locale.Phrasef("joint statement, signed and changed by notes that crossed: somebody must propose again")))
	default:
		h.Open = append(h.Open, text(locale.Phrasef("joint statement proposed by %s, %s, not signed by every principal", p.Party, locale.Phrasef(s.State))))
	}
}
