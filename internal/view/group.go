package view

import (
	"fmt"
	"slices"

	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// group shows what a group is, and its minutes item by item: who has approved
// them, and how far the undertakings are that carry its decisions out.
func (b *builder) group(v *Matter, s *matter.GroupState) (crossed []note.ID) {
	about := Section{Title: locale.Phrasef("%s: %s", locale.Phrasef(s.Form), s.Name), Items: []SectionItem{}}
	add := func(label locale.Phrase, what string) {
		if what != "" {
			about.Items = append(about.Items, SectionItem{Label: label, What: locale.Phrasef("%s", what), Notes: []note.ID{}, Words: []*Words{}})
		}
	}
	about.Items = append(about.Items, SectionItem{Label: locale.Phrasef("mandate"), Notes: []note.ID{s.Opening}, Words: []*Words{b.words(s.Opening, "mandate")}})
	add(locale.Phrasef("level"), s.Level)
	add(locale.Phrasef("where"), s.Where)
	add(locale.Phrasef("cadence"), s.Cadence)
	for _, c := range s.Chairs {
		add(locale.Phrasef("co-chair of %s", c.Party), c.Post)
	}
	for _, c := range s.Closed {
		item := SectionItem{Label: locale.Phrasef("closed"), What: locale.Phrasef("%s calls it closed", c.Party), Notes: []note.ID{c.Note}, Words: []*Words{b.words(c.Note, "remark")}}
		if c.Unseen != nil {
			item.What = locale.Phrasef("%s, not having seen %s", item.What, shorts(c.Unseen))
		}
		about.Items = append(about.Items, item)
	}
	v.Sections = append(v.Sections, about)
	for i := range s.Minutes {
		m := &s.Minutes[i]
		section := Section{Title: minutesTitle(m), Items: []SectionItem{}}
		for n := 1; n <= m.Items; n++ {
			item := SectionItem{Label: locale.Phrasef("item %d", n), State: locale.Phrasef("noted"), Notes: []note.ID{}, Words: []*Words{b.words(m.Note, fmt.Sprintf("item/%d", n))}}
			if d := decision(m, n); d != nil {
				item.State, item.What = b.decision(m, d)
				for _, u := range d.Undertakings {
					item.Notes = append(item.Notes, u.Undertaking)
				}
			}
			section.Items = append(section.Items, item)
		}
		for _, w := range m.Approved {
			section.Items = append(section.Items, SectionItem{Label: locale.Phrasef("%s", w.Party), State: locale.Phrasef("approves"), Notes: []note.ID{w.Note}, Words: []*Words{b.words(w.Note, "remark")}})
		}
		v.Sections = append(v.Sections, section)
		if m.Stage == "crossed" {
			crossed = append(crossed, m.Crossed...)
		}
	}
	return crossed
}

func minutesTitle(m *matter.Minutes) locale.Phrase {
	title := locale.Phrasef("minutes %s of %s, circulated by %s: %s", m.Note.Short(), m.Held, m.Party, locale.Phrasef(m.Stage))
	if m.Replaces != nil {
		title = locale.Phrasef("%s, in place of %s", title, m.Replaces.Short())
	}
	if m.ReplacedBy != nil {
		title = locale.Phrasef("%s, corrected by %s", title, shorts(m.ReplacedBy))
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
func (b *builder) decision(m *matter.Minutes, d *matter.Decision) (state, what locale.Phrase) {
	var says []locale.Phrase
	if d.By != "" {
		says = append(says, locale.Phrasef("for %s to carry out", d.By))
	}
	for _, u := range d.Undertakings {
		says = append(says, locale.Phrasef("carried out, says %s, by %s", u.Party, b.undertakingNamed(u.Undertaking)))
	}
	switch {
	case m.Stage != "approved":
		state = locale.Phrasef("decision, not approved by every principal")
	case d.Undertakings == nil:
		state = locale.Phrasef("decision, open: no undertaking carries it out")
	default:
		state = locale.Phrasef("decision")
	}
	return state, locale.Join("%s; %s", says...)
}

// undertakingNamed says how far the undertaking is that a note opened.
func (b *builder) undertakingNamed(id note.ID) locale.Phrase {
	m := b.s.Register.Matter(id)
	if m == nil || m.ID != id || m.Kind != &matter.Undertaking || m.State == nil {
		return locale.Phrasef("%s, which opened no undertaking that can be read here", id.Short())
	}
	state := locale.Phrasef(m.State.Status())
	if m.Provisional() {
		state = locale.Phrasef("%s, provisional", state)
	}
	return locale.Phrasef("undertaking %s: %s", id.Short(), state)
}

func (d *drawing) group(m *register.Matter, s *matter.GroupState) {
	h := d.to(coordination)
	if s.Half != "" {
		h = d.to(s.Half)
	}
	d.half[m.ID] = h.Name
	if s.State == "open" && len(s.Minutes) == 0 {
		h.Open = append(h.Open, d.item(m, locale.Phrasef("%s, set up by %s, without minutes: %s", locale.Phrasef(s.Form), s.Opener, s.Name), d.words(s.Opening, "mandate")))
	}
	for i := range s.Minutes {
		minutes := &s.Minutes[i]
		title := locale.Phrasef("%s: %s", s.Name, minutesTitle(minutes))
		switch minutes.Stage {
		case "approved":
			for n := 1; n <= minutes.Items; n++ {
				words := d.words(minutes.Note, fmt.Sprintf("item/%d", n))
				choice := decision(minutes, n)
				if choice == nil {
					h.Agreed = append(h.Agreed, d.item(m, locale.Phrasef("%s, item %d", title, n), words))
					continue
				}
				state, what := d.decision(minutes, choice)
				says := locale.Phrasef("%s, item %d, %s", title, n, state)
				if !what.IsZero() {
					says = locale.Phrasef("%s; %s", says, what)
				}
				item := d.item(m, says, words)
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

func shorts(ids []note.ID) locale.Phrase {
	var out []string
	for _, id := range ids {
		out = append(out, id.Short())
	}
	return names("%s, %s", out)
}
