package view

import (
	"fmt"
	"slices"
	"strings"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// request shows what was asked, what it rests on, and what came of it.
func (b *builder) request(m *register.Matter, s *matter.RequestState) []Section {
	asked := SectionItem{Label: "asked of " + s.To, What: requested(s) + "; needed by: " + s.NeededBy, Notes: []note.ID{s.Opening}, Words: []*Words{b.words(s.Opening, "request")}}
	out := []Section{{Title: "what is asked", Items: []SectionItem{asked}}}
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
		said.Items = append(said.Items, SectionItem{Label: e.ID.Party(), State: act, Notes: []note.ID{e.ID}, Words: []*Words{b.words(e.ID, slot)}})
	}
	if said.Title = "what was said of it"; len(said.Items) > 0 {
		out = append(out, said)
	}
	if len(s.Cites) == 0 {
		return out
	}
	cites := Section{Title: "cited"}
	for _, c := range s.Cites {
		cites.Items = append(cites.Items, b.cited(c))
	}
	return append(out, cites)
}

// cited shows a dossier, or an item of one, that a request rests on, as far as
// this node holds it.
func (b *builder) cited(c matter.Cite) SectionItem {
	item := SectionItem{Label: "by " + c.In.Short() + ", dossier " + c.Dossier.Short(), Notes: []note.ID{c.Dossier}, State: "not a dossier that is held here", Words: []*Words{}}
	if c.Item > 0 {
		item.Label += fmt.Sprintf(", item %d", c.Item)
	}
	m := b.s.Register.Matter(c.Dossier)
	if m == nil {
		return item
	}
	s, ok := m.State.(*matter.DossierState)
	switch {
	case !ok:
	case c.Item == 0:
		item.State = s.State
		item.Words = []*Words{b.words(s.Opening, "summary")}
	case c.Item > len(s.Items):
		item.State = "it has no such item here"
	default:
		d := &s.Items[c.Item-1]
		item.State, item.What = answered(s, c.Item), grading(d)
		item.Words = []*Words{b.words(d.Note, fmt.Sprintf("item/%d", d.Number))}
	}
	return item
}

func requested(s *matter.RequestState) string {
	what := "for " + s.For
	if s.Territory != "" {
		what += ", territory of " + s.Territory
	}
	return what
}

// request brings what was asked to the second half; it is agreed where the
// party that is asked has accepted.
func (d *drawing) request(m *register.Matter, s *matter.RequestState) {
	h := d.to(coordination)
	name := fmt.Sprintf("request of %s to %s, %s", s.Opener, s.To, requested(s))
	line := func(list *[]*Item, what string, more ...*Words) {
		*list = append(*list, d.item(m, name+": "+what, append([]*Words{d.words(s.Opening, "request")}, more...)...))
	}
	var reports []*Words
	for _, id := range slices.Concat(s.Progress, s.Completed) {
		reports = append(reports, d.words(id, "report"))
	}
	switch s.State {
	case "made":
		line(&h.Open, "no answer")
	case "acknowledged":
		line(&h.Open, "acknowledged by "+s.To+", neither accepted nor declined")
	case "declined":
		line(&h.Open, "declined by "+s.To, d.words(*s.Declined, "remark"))
	case "accepted":
		line(&h.Agreed, "accepted by "+s.To, reports...)
	case "completed":
		line(&h.Open, fmt.Sprintf("reported done by %s; %s has not said whether it is satisfied", s.To, s.Opener), reports...)
	default:
		list := &h.Open
		if s.State == "satisfied" {
			list = &h.Agreed
		}
		line(list, fmt.Sprintf("reported done by %s; %s is %s", s.To, s.Opener, s.State), append(reports, d.words(s.Verdicts[len(s.Verdicts)-1].Note, "remark"))...)
	}
}
