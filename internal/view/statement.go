package view

import (
	"fmt"
	"slices"

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
			section := Section{Title: "working text " + w.Note.Short() + " of " + w.Party + ", without force", Items: []SectionItem{}}
			for i, topic := range matter.Clauses(e.Move) {
				section.Items = append(section.Items, SectionItem{Label: fmt.Sprintf("clause %d", i+1), What: topic, Notes: []note.ID{}, Words: []*Words{b.words(w.Note, fmt.Sprintf("clause/%d", i+1))}})
			}
			v.Sections = append(v.Sections, section)
		}
	}
	last := Section{Title: "what else was said", Items: []SectionItem{}}
	for _, w := range s.Abandoned {
		last.Items = append(last.Items, SectionItem{Label: w.Party, State: "walked away", Notes: []note.ID{w.Note}, Words: []*Words{b.words(w.Note, "remark")}})
	}
	for _, w := range s.Published {
		last.Items = append(last.Items, SectionItem{Label: w.Party, State: "published", What: w.When + ", " + w.Outlet, Notes: []note.ID{w.Note}, Words: []*Words{b.words(w.Note, "remark")}})
	}
	if len(last.Items) > 0 {
		v.Sections = append(v.Sections, last)
	}
	return crossed
}

func (b *builder) proposal(p *matter.ProposedText) Section {
	section := Section{Title: fmt.Sprintf("text %s, proposed by %s", p.Note.Short(), p.Party), Items: []SectionItem{}}
	for _, slot := range []string{"title", "preamble"} {
		section.Items = append(section.Items, SectionItem{Label: slot, Notes: []note.ID{}, Words: []*Words{b.words(p.Note, slot)}})
	}
	for i, topic := range p.Clauses {
		section.Items = append(section.Items, SectionItem{Label: fmt.Sprintf("clause %d", i+1), What: topic, Notes: []note.ID{}, Words: []*Words{b.words(p.Note, fmt.Sprintf("clause/%d", i+1))}})
		for _, w := range p.Words {
			if w.Clause == i+1 && w.Back == nil {
				section.Items = append(section.Items, SectionItem{Label: fmt.Sprintf("clause %d, %s", i+1, w.Party), State: w.As, Notes: []note.ID{w.Note}, Words: []*Words{b.words(w.Note, "remark")}})
			}
		}
	}
	return section
}

func (b *builder) signatures(m *register.Matter, s *matter.StatementState, p *matter.ProposedText) Section {
	section := Section{Title: "signatures on " + p.Note.Short() + ", for release at " + p.Release, Items: []SectionItem{}}
	for _, party := range p.Owing {
		item := SectionItem{Label: party, State: "not signed", Notes: []note.ID{}, Words: []*Words{}}
		if w := p.Signature(party); w != nil {
			item.State, item.Notes, item.Words = "signed", []note.ID{w.Note}, []*Words{b.words(w.Note, "remark")}
		}
		section.Items = append(section.Items, item)
	}
	if p == s.OnOffer() && s.State == "signed" {
		section.Items = append(section.Items, SectionItem{Label: "release", State: b.release(m), Notes: []note.ID{}, Words: []*Words{}})
	}
	return section
}

// release says whether a statement that everyone has signed is released.
func (b *builder) release(m *register.Matter) string {
	settled, _ := m.Settled.(*matter.StatementState)
	switch {
	case b.released(m):
		return "released"
	case settled == nil || settled.State != "signed":
		return "signed by every principal, and not settled: it is not released until it is"
	}
	return "signed by every principal, to be released at the moment"
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
	text := func(what string) *Item {
		item := d.item(m, what+", release at "+p.Release)
		for i := range p.Clauses {
			item.Words = append(item.Words, d.words(p.Note, fmt.Sprintf("clause/%d", i+1)))
		}
		return item
	}
	switch s.State {
	case "signed":
		h.Agreed = append(h.Agreed, text("joint statement, "+d.release(m)))
	case "crossed":
		h.Open = append(h.Open, text("joint statement, signed and changed by notes that crossed: somebody must propose again"))
	default:
		h.Open = append(h.Open, text(fmt.Sprintf("joint statement proposed by %s, %s, not signed by every principal", p.Party, s.State)))
	}
}
