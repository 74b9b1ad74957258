package view

import (
	"fmt"
	"strings"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// handover lays out who committed and who revealed, by name.
func (b *builder) handover(s *matter.HandoverState) []Section {
	terms := SectionItem{Label: s.Opener + " proposes", What: fmt.Sprintf("%s; to commit by %s, to reveal by %s", s.What, s.CommitBy, s.RevealBy),
		Notes: []note.ID{s.Opening}, Words: []*Words{b.words(s.Opening, "terms")}}
	parties := Section{Title: "parties"}
	for i := range s.Parties {
		p := &s.Parties[i]
		item := SectionItem{Label: p.Party, State: handed(s, p), Notes: []note.ID{}, Words: []*Words{}}
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
	return []Section{{[]SectionItem{terms}, "what is handed over"}, parties}
}

// handed says how far a party is. Two salts are never alike by chance: of two
// that committed to the same digest, one has it from the other.
func handed(s *matter.HandoverState, p *matter.HandoverParty) string {
	for i := range s.Parties {
		if o := &s.Parties[i]; o.Party != p.Party && o.Digest != nil && p.Digest != nil && *o.Digest == *p.Digest {
			return far(p) + "; the digest is that of " + o.Party + " too"
		}
	}
	return far(p)
}

func far(p *matter.HandoverParty) string {
	switch {
	case p.Commit == nil:
		return "not committed"
	case p.Reveal != nil && len(p.Otherwise) > 0:
		return "revealed what it committed to, after revealing otherwise"
	case p.Reveal != nil:
		return "revealed what it committed to"
	case len(p.Otherwise) > 0:
		return "revealed otherwise: not what it committed to"
	}
	return "committed, not revealed"
}

// handover puts a handover among what is open, or what was done as agreed.
func (d *drawing) handover(m *register.Matter, s *matter.HandoverState) {
	h := d.to(coordination)
	d.half[m.ID] = coordination
	var says []string
	for i := range s.Parties {
		says = append(says, s.Parties[i].Party+": "+handed(s, &s.Parties[i]))
	}
	item := d.item(m, fmt.Sprintf("handover of %s; %s", s.What, strings.Join(says, "; ")), d.words(s.Opening, "terms"))
	if s.State == "revealed" {
		h.Agreed = append(h.Agreed, item)
	} else {
		h.Open = append(h.Open, item)
	}
}
