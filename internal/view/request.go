package view

import (
	"fmt"
	"slices"
	"strings"

	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// request shows what was asked, what it rests on, and what came of it.
func (b *builder) request(m *register.Matter, s *matter.RequestState) []Section {
	asked := SectionItem{Label: locale.Phrasef("asked of %s", s.To), What: locale.Phrasef("%s; needed by: %s", requested(s), s.NeededBy), Notes: []note.ID{s.Opening}, Words: []*Words{b.words(s.Opening, "request")}}
	out := []Section{{Title: locale.Phrasef("what is asked"), Items: []SectionItem{asked}}}
	var said Section
	for _, e := range m.Entries[1:] {
		if e.Result != register.Applied {
			continue
		}
		slot := "remark"
		if e.Move.Act == "request/progress" || e.Move.Act == "request/complete" {
			slot = "report"
		}
		_, act, _ := strings.Cut(e.Move.Act, "/")
		said.Items = append(said.Items, SectionItem{Label: locale.Phrasef("%s", e.ID.Party()), State: locale.Phrasef(act), Notes: []note.ID{e.ID}, Words: []*Words{b.words(e.ID, slot)}})
	}
	if said.Title = locale.Phrasef("what was said of it"); len(said.Items) > 0 {
		out = append(out, said)
	}
	if len(s.Cites) == 0 {
		return out
	}
	cites := Section{Title: locale.Phrasef("cited")}
	for _, c := range s.Cites {
		cites.Items = append(cites.Items, b.cited(c))
	}
	return append(out, cites)
}

// cited shows a dossier, or an item of one, that a request rests on, as far as
// this node holds it.
func (b *builder) cited(c matter.Cite) SectionItem {
	item := SectionItem{Label: locale.Phrasef("by %s, dossier %s", c.In.Short(), c.Dossier.Short()), Notes: []note.ID{c.Dossier}, State: locale.Phrasef("not a dossier that is held here"), Words: []*Words{}}
	if c.Item > 0 {
		item.Label = locale.Phrasef("%s, item %d", item.Label, c.Item)
	}
	m := b.s.Register.Matter(c.Dossier)
	if m == nil {
		return item
	}
	s, ok := m.State.(*matter.DossierState)
	switch {
	case !ok:
	case c.Item == 0:
		item.State = locale.Phrasef(s.State)
		item.Words = []*Words{b.words(s.Opening, "summary")}
	case c.Item > len(s.Items):
		item.State = locale.Phrasef("it has no such item here")
	default:
		d := &s.Items[c.Item-1]
		item.State, item.What = answered(s, c.Item), grading(d)
		item.Words = []*Words{b.words(d.Note, fmt.Sprintf("item/%d", d.Number))}
	}
	return item
}

func requested(s *matter.RequestState) locale.Phrase {
	what := locale.Phrasef("for %s", locale.Phrasef(s.For))
	if s.Territory != "" {
		what = locale.Phrasef("%s, territory of %s", what, s.Territory)
	}
	return what
}

// request brings what was asked to the second half; it is agreed where the
// party that is asked has accepted.
func (d *drawing) request(m *register.Matter, s *matter.RequestState) {
	h := d.to(coordination)
	name := locale.Phrasef("request of %s to %s, %s", s.Opener, s.To, requested(s))
	line := func(list *[]*Item, what locale.Phrase, more ...*Words) {
		*list = append(*list, d.item(m, locale.Phrasef("%s: %s", name, what), append([]*Words{d.words(s.Opening, "request")}, more...)...))
	}
	var reports []*Words
	for _, id := range slices.Concat(s.Progress, s.Completed) {
		reports = append(reports, d.words(id, "report"))
	}
	switch s.State {
	case "made":
		line(&h.Open, locale.Phrasef("no answer"))
	case "acknowledged":
		line(&h.Open, locale.Phrasef("acknowledged by %s, neither accepted nor declined", s.To))
	case "declined":
		line(&h.Open, locale.Phrasef("declined by %s", s.To), d.words(*s.Declined, "remark"))
	case "accepted":
		line(&h.Agreed, locale.Phrasef("accepted by %s", s.To), reports...)
	case "completed":
		line(&h.Open, locale.Phrasef("reported done by %s; %s has not said whether it is satisfied", s.To, s.Opener), reports...)
	default:
		list := &h.Open
		if s.State == "satisfied" {
			list = &h.Agreed
		}
		line(list, locale.Phrasef("reported done by %s; %s is %s", s.To, s.Opener, locale.Phrasef(s.State)), append(reports, d.words(s.Verdicts[len(s.Verdicts)-1].Note, "remark"))...)
	}
}
