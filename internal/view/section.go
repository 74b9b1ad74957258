package view

import (
	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Section is a part of a matter's page: a title, and items under it. It is
// how the kinds are shown that need no layout of their own.
type Section struct {
	Items []SectionItem `json:"items"`
	Title locale.Phrase `json:"title"`
}

// SectionItem is one line of a section: a numbered item, a clause, a step.
// What is the program's own wording, and takes no side; the substance is in
// the words.
type SectionItem struct {
	Label locale.Phrase `json:"label"`          // "item 1", "clause 3, PAK"
	Notes []note.ID     `json:"notes"`          // that made it so
	State locale.Phrase `json:"state,omitzero"` // "answered: inquiring", "no answer"
	What  locale.Phrase `json:"what,omitzero"`  // fields, in words of the table
	Words []*Words      `json:"words"`
}

// pages is how each kind is shown in full. Each returns the notes that
// crossed in the matter, for people to resolve.
var pages = map[string]func(*builder, *Matter, *register.Matter) (crossed []note.ID){
	"dossier": page(func(b *builder, v *Matter, _ *register.Matter, s *matter.DossierState) []note.ID {
		v.Sections = b.dossier(s)
		return nil
	}),
	"group": page(func(b *builder, v *Matter, _ *register.Matter, s *matter.GroupState) []note.ID { return b.group(v, s) }),
	"case": page(func(b *builder, v *Matter, _ *register.Matter, s *matter.CaseState) []note.ID {
		v.Sections = b.cases(s)
		return nil
	}),
	"handover": page(func(b *builder, v *Matter, _ *register.Matter, s *matter.HandoverState) []note.ID {
		v.Sections = b.handover(s)
		return nil
	}),
	"incident": page(func(b *builder, v *Matter, _ *register.Matter, s *matter.IncidentState) []note.ID {
		v.Incident = b.incident(s)
		return nil
	}),
	"line": page(func(_ *builder, v *Matter, _ *register.Matter, s *matter.LineState) []note.ID { v.Line = s; return nil }),
	"message": page(func(_ *builder, v *Matter, _ *register.Matter, s *matter.MessageState) []note.ID {
		v.Message = s
		return nil
	}),
	"mission": page(func(b *builder, v *Matter, _ *register.Matter, s *matter.MissionState) []note.ID {
		v.Mission = b.mission(s)
		return s.Crossed
	}),
	"request": page(func(b *builder, v *Matter, m *register.Matter, s *matter.RequestState) []note.ID {
		v.Sections = b.request(m, s)
		return nil
	}),
	"statement": page((*builder).statement),
	"talk": page(func(b *builder, v *Matter, _ *register.Matter, s *matter.TalkState) []note.ID {
		v.Talk = b.talk(s)
		return s.Crossed
	}),
	"undertaking": page(func(b *builder, v *Matter, m *register.Matter, s *matter.UndertakingState) []note.ID {
		v.Undertaking = b.undertaking(m, s)
		return s.Crossed
	}),
}

// page makes a row of pages from a function that knows the state's type. A
// matter to which nothing was applied has no state and an empty page.
func page[S matter.State](draw func(*builder, *Matter, *register.Matter, S) []note.ID) func(*builder, *Matter, *register.Matter) []note.ID {
	return func(b *builder, v *Matter, m *register.Matter) []note.ID {
		s, ok := m.State.(S)
		if !ok {
			return nil
		}
		return draw(b, v, m, s)
	}
}
