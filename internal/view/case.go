package view

import (
	"slices"

	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// cases lays out a case: what was opened, the answers, access, transfers.
func (b *builder) cases(s *matter.CaseState) []Section {
	open := SectionItem{Label: locale.Phrasef("%s opens", s.Opener), What: caseIs(s), Notes: []note.ID{s.Opening}, Words: b.caseWords(s.Opening, "account")}
	out := []Section{{Title: locale.Phrasef("the case"), Items: []SectionItem{open}}}
	var answers, access, transfers []SectionItem
	for _, c := range s.Owing {
		if !slices.ContainsFunc(s.Answers, func(a matter.CaseAnswer) bool { return a.Party == c.Owes }) {
			answers = append(answers, SectionItem{Label: locale.Phrasef("%s", c.Owes), State: locale.Phrasef("no answer"), Notes: []note.ID{}, Words: []*Words{}})
		}
	}
	for _, a := range s.Answers {
		answers = append(answers, SectionItem{Label: locale.Phrasef("%s", a.Party), State: locale.Phrasef("answers: %s", locale.Phrasef(a.Grade)), Notes: []note.ID{a.Note}, Words: b.caseWords(a.Note, "answer")})
	}
	for _, a := range s.Accesses {
		i := SectionItem{Label: locale.Phrasef("%s", a.Party), State: accessSays[a.Step], Notes: []note.ID{a.Note}, Words: b.caseWords(a.Note, "remark")}
		if a.When != "" {
			i.What = locale.Phrasef("for %s", a.When)
			if a.Step == "visited" {
				i.What = locale.Phrasef("on %s", a.When)
			}
		}
		access = append(access, i)
	}
	for i := range s.Transfers {
		t := &s.Transfers[i]
		item := SectionItem{Label: locale.Phrasef("%s to %s", t.From, t.To), State: locale.Phrasef(t.Stage()), Notes: []note.ID{t.Note}, Words: b.caseWords(t.Note, "remark")}
		said := []locale.Phrase{locale.Phrasef("proposed by %s", t.Party), locale.Phrasef("by %s", t.By)}
		for _, w := range []struct {
			how  func(party string) locale.Phrase
			list []matter.Said
		}{
			{func(party string) locale.Phrase { return locale.Phrasef("agreed by %s", party) }, t.Agreed},
			{func(party string) locale.Phrase { return locale.Phrasef("declined by %s", party) }, t.Declined},
			{func(party string) locale.Phrase { return locale.Phrasef("done, says %s", party) }, t.Done},
		} {
			for _, p := range w.list {
				if said = append(said, w.how(p.Party)); p.Note != t.Note {
					item.Notes = append(item.Notes, p.Note)
					item.Words = append(item.Words, b.caseWords(p.Note, "remark")...)
				}
			}
		}
		item.What = locale.Join("%s, %s", said...)
		transfers = append(transfers, item)
	}
	for _, part := range []Section{{answers, locale.Phrasef("answers")}, {access, locale.Phrasef("access")}, {transfers, locale.Phrasef("transfers")}} {
		if len(part.Items) > 0 {
			out = append(out, part)
		}
	}
	if len(s.Closed) > 0 {
		i := SectionItem{Label: locale.Phrasef("called closed by"), Notes: []note.ID{}, Words: []*Words{}}
		var who []string
		for _, w := range s.Closed {
			who, i.Notes, i.Words = append(who, w.Party), append(i.Notes, w.Note), append(i.Words, b.words(w.Note, "remark"))
		}
		i.What = names("%s, %s", who)
		out = append(out, Section{[]SectionItem{i}, locale.Phrasef("end")})
	}
	return out
}

var accessSays = map[string]locale.Phrase{
	"requested": locale.Phrasef("asks for access"),
	"granted":   locale.Phrasef("grants access"),
	"refused":   locale.Phrasef("refuses access"),
	"visited":   locale.Phrasef("says that a visit was made"),
}

// caseWords are the words of a note on a case, and for whom its names are
// sealed.
func (b *builder) caseWords(id note.ID, slot string) []*Words {
	return []*Words{b.words(id, slot), b.words(id, "names")}
}

// caseIs says in words of the table what the case is about.
func caseIs(s *matter.CaseState) locale.Phrase {
	what := []locale.Phrase{locale.Phrasef("%d %s", s.Persons, locale.Phrasef(s.Of))}
	for _, f := range []struct {
		value string
		says  locale.Phrase
	}{
		{s.Nationality, locale.Phrasef("nationality as claimed: %s", s.Nationality)},
		{s.Where, locale.Phrasef("where: %s", s.Where)},
		{s.Since, locale.Phrasef("since: %s", s.Since)},
		{s.HeldBy, locale.Phrasef("held by, as claimed: %s", s.HeldBy)},
		{s.Consular, locale.Phrasef("consular: %s", locale.Phrasef(s.Consular))},
	} {
		if f.value != "" {
			what = append(what, f.says)
		}
	}
	return locale.Join("%s, %s", what...)
}

// cases puts a case among what is open, or what both call closed.
func (d *drawing) cases(m *register.Matter, s *matter.CaseState) {
	h := d.to(coordination)
	d.half[m.ID] = coordination
	account := d.words(s.Opening, "account")
	if s.State == "closed" {
		h.Agreed = append(h.Agreed, d.item(m, locale.Phrasef("case, %s: called closed by every principal", caseIs(s)), account))
		return
	}
	says := []locale.Phrase{locale.Phrasef("case, %s", caseIs(s))}
	for _, p := range s.Owing {
		said := locale.Phrasef("%s has not answered", p.Owes)
		for _, a := range s.Answers {
			if a.Party == p.Owes {
				said = locale.Phrasef("%s answers: %s", a.Party, locale.Phrasef(a.Grade))
			}
		}
		says = append(says, said)
	}
	h.Open = append(h.Open, d.item(m, locale.Join("%s; %s", says...), account))
	for i := range s.Transfers {
		t := &s.Transfers[i]
		what := locale.Phrasef("transfer from %s to %s, %s", t.From, t.To, locale.Phrasef(t.Stage()))
		if t.Stage() == "agreed" || t.Stage() == "done" {
			h.Agreed = append(h.Agreed, d.item(m, what, d.words(t.Note, "remark")))
		} else {
			h.Open = append(h.Open, d.item(m, what, d.words(t.Note, "remark")))
		}
	}
}
