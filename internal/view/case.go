package view

import (
	"fmt"
	"slices"
	"strings"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// cases lays out a case: what was opened, the answers, access, transfers.
func (b *builder) cases(s *matter.CaseState) []Section {
	open := SectionItem{Label: s.Opener + " opens", What: caseIs(s), Notes: []note.ID{s.Opening}, Words: b.caseWords(s.Opening, "account")}
	out := []Section{{Title: "the case", Items: []SectionItem{open}}}
	var answers, access, transfers []SectionItem
	for _, c := range s.Owing {
		if !slices.ContainsFunc(s.Answers, func(a matter.CaseAnswer) bool { return a.Party == c.Owes }) {
			answers = append(answers, SectionItem{Label: c.Owes, State: "no answer", Notes: []note.ID{}, Words: []*Words{}})
		}
	}
	for _, a := range s.Answers {
		answers = append(answers, SectionItem{Label: a.Party, State: "answers: " + a.Grade, Notes: []note.ID{a.Note}, Words: b.caseWords(a.Note, "answer")})
	}
	for _, a := range s.Accesses {
		i := SectionItem{Label: a.Party, State: accessSays[a.Step], Notes: []note.ID{a.Note}, Words: b.caseWords(a.Note, "remark")}
		if a.When != "" {
			i.What = "for " + a.When
			if a.Step == "visited" {
				i.What = "on " + a.When
			}
		}
		access = append(access, i)
	}
	for i := range s.Transfers {
		t := &s.Transfers[i]
		item := SectionItem{Label: fmt.Sprintf("%s to %s", t.From, t.To), State: t.Stage(), Notes: []note.ID{t.Note}, Words: b.caseWords(t.Note, "remark")}
		said := []string{"proposed by " + t.Party, "by " + t.By}
		for _, w := range []struct {
			how  string
			list []matter.Said
		}{{"agreed by", t.Agreed}, {"declined by", t.Declined}, {"done, says", t.Done}} {
			for _, p := range w.list {
				if said = append(said, w.how+" "+p.Party); p.Note != t.Note {
					item.Notes = append(item.Notes, p.Note)
					item.Words = append(item.Words, b.caseWords(p.Note, "remark")...)
				}
			}
		}
		item.What = strings.Join(said, ", ")
		transfers = append(transfers, item)
	}
	for _, part := range []Section{{answers, "answers"}, {access, "access"}, {transfers, "transfers"}} {
		if len(part.Items) > 0 {
			out = append(out, part)
		}
	}
	if len(s.Closed) > 0 {
		i := SectionItem{Label: "called closed by", Notes: []note.ID{}, Words: []*Words{}}
		var who []string
		for _, w := range s.Closed {
			who, i.Notes, i.Words = append(who, w.Party), append(i.Notes, w.Note), append(i.Words, b.words(w.Note, "remark"))
		}
		i.What = strings.Join(who, ", ")
		out = append(out, Section{[]SectionItem{i}, "end"})
	}
	return out
}

var accessSays = map[string]string{"requested": "asks for access", "granted": "grants access", "refused": "refuses access", "visited": "says that a visit was made"}

// caseWords are the words of a note on a case, and for whom its names are
// sealed.
func (b *builder) caseWords(id note.ID, slot string) []*Words {
	return []*Words{b.words(id, slot), b.words(id, "names")}
}

// caseIs says in words of the table what the case is about.
func caseIs(s *matter.CaseState) string {
	what := []string{fmt.Sprintf("%d %s", s.Persons, s.Of)}
	for _, f := range []struct{ name, value string }{
		{"nationality as claimed", s.Nationality}, {"where", s.Where}, {"since", s.Since}, {"held by, as claimed", s.HeldBy}, {"consular", s.Consular}} {
		if f.value != "" {
			what = append(what, f.name+": "+f.value)
		}
	}
	return strings.Join(what, ", ")
}

// cases puts a case among what is open, or what both call closed.
func (d *drawing) cases(m *register.Matter, s *matter.CaseState) {
	h := d.to(coordination)
	d.half[m.ID] = coordination
	account := d.words(s.Opening, "account")
	if s.State == "closed" {
		h.Agreed = append(h.Agreed, d.item(m, fmt.Sprintf("case, %s: called closed by every principal", caseIs(s)), account))
		return
	}
	says := []string{}
	for _, p := range s.Owing {
		said := p.Owes + " has not answered"
		for _, a := range s.Answers {
			if a.Party == p.Owes {
				said = fmt.Sprintf("%s answers: %s", a.Party, a.Grade)
			}
		}
		says = append(says, said)
	}
	h.Open = append(h.Open, d.item(m, strings.Join(append([]string{"case, " + caseIs(s)}, says...), "; "), account))
	for i := range s.Transfers {
		t := &s.Transfers[i]
		what := fmt.Sprintf("transfer from %s to %s, %s", t.From, t.To, t.Stage())
		if t.Stage() == "agreed" || t.Stage() == "done" {
			h.Agreed = append(h.Agreed, d.item(m, what, d.words(t.Note, "remark")))
		} else {
			h.Open = append(h.Open, d.item(m, what, d.words(t.Note, "remark")))
		}
	}
}
