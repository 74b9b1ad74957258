package view

import (
	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// handover lays out who committed and who revealed, by name.
func (b *builder) handover(s *matter.HandoverState) []Section {
	terms := SectionItem{Label: locale.Phrasef("%s proposes", s.Opener), What: locale.Phrasef("%s; to commit by %s, to reveal by %s", s.What, s.CommitBy, s.RevealBy),
		Notes: []note.ID{s.Opening}, Words: []*Words{b.words(s.Opening, "terms")}}
	parties := Section{Title: locale.Phrasef("parties")}
	for i := range s.Parties {
		p := &s.Parties[i]
		item := SectionItem{Label: locale.Phrasef("%s", p.Party), State: handed(s, p), Notes: []note.ID{}, Words: []*Words{}}
		if p.Commit != nil {
			item.Notes = append(item.Notes, *p.Commit)
		}
		for _, id := range p.Otherwise {
			item.Notes, item.Words = append(item.Notes, id), append(item.Words, b.words(id, "list"))
		}
		if p.Reveal != nil {
			item.Notes, item.Words = append(item.Notes, *p.Reveal), append(item.Words, b.words(*p.Reveal, "list"))
		}
		parties.Items = append(parties.Items, item)
	}
	return []Section{{[]SectionItem{terms}, locale.Phrasef("what is handed over")}, parties}
}

// handed says how far a party is. Two salts are never alike by chance: of two
// that committed to the same digest, one has it from the other.
func handed(s *matter.HandoverState, p *matter.HandoverParty) locale.Phrase {
	for i := range s.Parties {
		if o := &s.Parties[i]; o.Party != p.Party && o.Digest != nil && p.Digest != nil && *o.Digest == *p.Digest {
			return locale.Phrasef("%s; the digest is that of %s too", far(p), o.Party)
		}
	}
	return far(p)
}

func far(p *matter.HandoverParty) locale.Phrase {
	switch {
	case p.Commit == nil:
		return locale.Phrasef("not committed")
	case p.Reveal != nil && len(p.Otherwise) > 0:
		return locale.Phrasef("revealed what it committed to, after revealing otherwise")
	case p.Reveal != nil:
		return locale.Phrasef("revealed what it committed to")
	case len(p.Otherwise) > 0:
		return locale.Phrasef("revealed otherwise: not what it committed to")
	}
	return locale.Phrasef("committed, not revealed")
}

// handover puts a handover among what is open, or what was done as agreed.
func (d *drawing) handover(m *register.Matter, s *matter.HandoverState) {
	h := d.to(coordination)
	d.half[m.ID] = coordination
	var says []locale.Phrase
	for i := range s.Parties {
		says = append(says, locale.Phrasef("%s: %s", s.Parties[i].Party, handed(s, &s.Parties[i])))
	}
	item := d.item(m, locale.Phrasef("handover of %s; %s", locale.Phrasef(s.What), locale.Join("%s; %s", says...)), d.words(s.Opening, "terms"))
	if s.State == "revealed" {
		h.Agreed = append(h.Agreed, item)
	} else {
		h.Open = append(h.Open, item)
	}
}
