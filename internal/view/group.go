package view

import (
	"fmt"
	"slices"
	"strings"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// group shows what a group is, and its minutes item by item: who has approved
// them, and how far the undertakings are that carry its decisions out.
func (b *builder) group(v *Matter, s *matter.GroupState) (crossed []note.ID) {
	about := Section{Title: s.Form + ": " + s.Name, Items: []SectionItem{}}
	add := func(label, what string) {
		if what != "" {
			about.Items = append(about.Items, SectionItem{Label: label, What: what, Notes: []note.ID{}, Words: []*Words{}})
		}
	}
	about.Items = append(about.Items, SectionItem{Label: "mandate", Notes: []note.ID{s.Opening}, Words: []*Words{b.words(s.Opening, "mandate")}})
	add("level", s.Level)
	add("where", s.Where)
	add("cadence", s.Cadence)
	for _, c := range s.Chairs {
		add("co-chair of "+c.Party, c.Post)
	}
	for _, c := range s.Closed {
		item := SectionItem{Label: "closed", What: c.Party + " calls it closed", Notes: []note.ID{c.Note}, Words: []*Words{b.words(c.Note, "remark")}}
		if c.Unseen != nil {
			item.What += ", not having seen " + shorts(c.Unseen)
		}
		about.Items = append(about.Items, item)
	}
	v.Sections = append(v.Sections, about)
	for i := range s.Minutes {
		m := &s.Minutes[i]
		section := Section{Title: minutesTitle(m), Items: []SectionItem{}}
		for n := 1; n <= m.Items; n++ {
			item := SectionItem{Label: fmt.Sprintf("item %d", n), State: "noted", Notes: []note.ID{}, Words: []*Words{b.words(m.Note, fmt.Sprintf("item/%d", n))}}
			if d := decision(m, n); d != nil {
				item.State, item.What = b.decision(m, d)
				for _, u := range d.Undertakings {
					item.Notes = append(item.Notes, u.Undertaking)
				}
			}
			section.Items = append(section.Items, item)
		}
		for _, w := range m.Approved {
			section.Items = append(section.Items, SectionItem{Label: w.Party, State: "approves", Notes: []note.ID{w.Note}, Words: []*Words{b.words(w.Note, "remark")}})
		}
		v.Sections = append(v.Sections, section)
		if m.Stage == "crossed" {
			crossed = append(crossed, m.Crossed...)
		}
	}
	return crossed
}

func minutesTitle(m *matter.Minutes) string {
	title := fmt.Sprintf("minutes %s of %s, circulated by %s: %s", m.Note.Short(), m.Held, m.Party, m.Stage)
	if m.Replaces != nil {
		title += ", in place of " + m.Replaces.Short()
	}
	if m.ReplacedBy != nil {
		title += ", corrected by " + shorts(m.ReplacedBy)
	}
	return title
}

func decision(m *matter.Minutes, item int) *matter.Decision {
	at := slices.IndexFunc(m.Decisions, func(d matter.Decision) bool { return d.Item == item })
	if at < 0 {
		return nil
	}
	return &m.Decisions[at]
}

// decision says how far a decision is, and each undertaking that somebody says
// carries it out.
func (b *builder) decision(m *matter.Minutes, d *matter.Decision) (state, what string) {
	var says []string
	if d.By != "" {
		says = append(says, "for "+d.By+" to carry out")
	}
	for _, u := range d.Undertakings {
		says = append(says, fmt.Sprintf("carried out, says %s, by %s", u.Party, b.undertakingNamed(u.Undertaking)))
	}
	switch {
	case m.Stage != "approved":
		state = "decision, not approved by every principal"
	case d.Undertakings == nil:
		state = "decision, open: no undertaking carries it out"
	default:
		state = "decision"
	}
	return state, strings.Join(says, "; ")
}

// undertakingNamed says how far the undertaking is that a note opened.
func (b *builder) undertakingNamed(id note.ID) string {
	m := b.s.Register.Matter(id)
	if m == nil || m.ID != id || m.Kind != &matter.Undertaking || m.State == nil {
		return id.Short() + ", which opened no undertaking that can be read here"
	}
	state := m.State.Status()
	if m.Provisional() {
		state += ", provisional"
	}
	return fmt.Sprintf("undertaking %s: %s", id.Short(), state)
}

func (d *drawing) group(m *register.Matter, s *matter.GroupState) {
	h := d.to(coordination)
	if s.Half != "" {
		h = d.to(s.Half)
	}
	d.half[m.ID] = h.Name
	if s.State == "open" && len(s.Minutes) == 0 {
		h.Open = append(h.Open, d.item(m, fmt.Sprintf("%s, set up by %s, without minutes: %s", s.Form, s.Opener, s.Name), d.words(s.Opening, "mandate")))
	}
	for i := range s.Minutes {
		minutes := &s.Minutes[i]
		title := s.Name + ": " + minutesTitle(minutes)
		switch minutes.Stage {
		case "approved":
			for n := 1; n <= minutes.Items; n++ {
				words := d.words(minutes.Note, fmt.Sprintf("item/%d", n))
				choice := decision(minutes, n)
				if choice == nil {
					h.Agreed = append(h.Agreed, d.item(m, fmt.Sprintf("%s, item %d", title, n), words))
					continue
				}
				state, what := d.decision(minutes, choice)
				item := d.item(m, strings.TrimSuffix(fmt.Sprintf("%s, item %d, %s; %s", title, n, state, what), "; "), words)
				if choice.Undertakings == nil {
					h.Open = append(h.Open, item)
				} else {
					h.Agreed = append(h.Agreed, item)
				}
			}
		case "circulated", "crossed":
			item := d.item(m, title)
			for n := 1; n <= minutes.Items; n++ {
				item.Words = append(item.Words, d.words(minutes.Note, fmt.Sprintf("item/%d", n)))
			}
			h.Open = append(h.Open, item)
		}
	}
}

func shorts(ids []note.ID) string {
	var out []string
	for _, id := range ids {
		out = append(out, id.Short())
	}
	return strings.Join(out, ", ")
}
