package view

import (
	"fmt"
	"strings"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// Handling is how words may be handled, as it stands now.
type Handling struct {
	matter.Handling
	Expired bool `json:"expired,omitempty"`
}

// String writes it as it stands before the words.
func (h *Handling) String() string {
	if h == nil {
		return ""
	}
	s := h.Handling.String()
	if h.Expired {
		s += ", which is over"
	}
	return s
}

// handling returns what stands on a note's words; nil where nothing does.
func (b *builder) handling(e *register.Entry) *Handling {
	h := e.Handling()
	if h.TLP == "" {
		return nil
	}
	return &Handling{h, h.Expired(b.now)}
}

// dossier shows what was shared, and what each party answered to each item.
func (b *builder) dossier(s *matter.DossierState) []Section {
	var sent, items []SectionItem
	for i, n := range s.Sent {
		label := "shared by " + s.Opener
		if i > 0 {
			label = "supplemented"
		}
		item := SectionItem{Label: label, Notes: []note.ID{n.Note}, Words: []*Words{b.words(n.Note, "summary")}}
		if h := b.handling(b.s.Register.Entry(n.Note)); h != nil {
			item.What = h.String()
		}
		sent = append(sent, item)
		for _, c := range n.Receipts {
			r := SectionItem{Label: "receipt, " + c.Owes, State: "not acknowledged", Notes: []note.ID{}, Words: []*Words{}}
			if c.Done != nil {
				r.State, r.Notes = "acknowledged", []note.ID{*c.Done}
			}
			sent = append(sent, r)
		}
	}
	for i := range s.Items {
		d := &s.Items[i]
		item := SectionItem{Label: itemLabel(i+1, d), State: answered(s, i+1), What: grading(d), Notes: []note.ID{d.Note}, Words: []*Words{b.words(d.Note, fmt.Sprintf("item/%d", d.Number))}}
		for _, p := range s.Asked {
			if a, ok := d.Latest(p); ok {
				item.Words = append(item.Words, b.words(a.Note, fmt.Sprintf("answer/%d", a.Number)))
			}
		}
		for _, a := range d.Answers {
			item.Notes = append(item.Notes, a.Note)
		}
		if d.Retracted != nil {
			item.Notes = append(item.Notes, *d.Retracted)
		}
		items = append(items, item)
	}
	out := []Section{{Title: "shared with " + strings.Join(s.Asked, ", "), Items: sent}, {Title: "items", Items: items}}
	if len(s.Closed) > 0 {
		closed := Section{Title: "called closed"}
		for _, c := range s.Closed {
			closed.Items = append(closed.Items, SectionItem{Label: "by " + c.Party, Notes: []note.ID{c.Note}, Words: []*Words{b.words(c.Note, "remark")}})
		}
		out = append(out, closed)
	}
	return out
}

func itemLabel(n int, d *matter.DossierItem) string { return fmt.Sprintf("item %d, %s", n, d.Kind) }

// grading says how the party that shares an item grades it, and where it is.
func grading(d *matter.DossierItem) string {
	s := "graded " + d.Source + d.Information
	if d.Where != "" {
		s += "; " + d.Where
	}
	return s
}

// answered says what each party that was asked answers to an item now, and
// what it answered before.
func answered(s *matter.DossierState, n int) string {
	d := &s.Items[n-1]
	var out []string
	for _, p := range s.Asked {
		var all []string
		for _, a := range d.Answers {
			if a.Party == p {
				all = append(all, a.As)
			}
		}
		switch last := len(all) - 1; {
		case last < 0:
			out = append(out, p+": no answer")
		case last == 0:
			out = append(out, p+": "+all[0])
		default:
			out = append(out, fmt.Sprintf("%s: %s (before: %s)", p, all[last], strings.Join(all[:last], ", ")))
		}
	}
	if d.Retracted != nil {
		out = append([]string{"retracted by " + s.Opener}, out...)
	}
	return strings.Join(out, "; ")
}

// dossier brings what was shared to the second half: a line for the whole,
// and one for each item that a party has left unanswered, or is inquiring into.
func (d *drawing) dossier(m *register.Matter, s *matter.DossierState) {
	h := d.to(coordination)
	name := fmt.Sprintf("dossier of %s, shared with %s, %s", s.Opener, strings.Join(s.Asked, ", "), count(len(s.Items), "item"))
	item := d.item(m, name, d.words(s.Opening, "summary"))
	switch s.State {
	case "closed":
		item.What += ": called closed by every principal; " + d.summary(s)
		h.Agreed = append(h.Agreed, item)
	case "retracted":
		item.What += ": retracted by " + s.Opener
		h.Open = append(h.Open, item)
	default:
		item.What += ": " + d.summary(s)
		h.Open = append(h.Open, item)
		for i := range s.Items {
			if stage := s.ItemStage(i + 1); stage == "unanswered" || stage == "inquiring" {
				i, n := &s.Items[i], i+1
				h.Open = append(h.Open, d.item(m, fmt.Sprintf("%s, of the dossier %s: %s", itemLabel(n, i), m.ID.Short(), answered(s, n)), d.words(i.Note, fmt.Sprintf("item/%d", i.Number))))
			}
		}
	}
}

// summary counts the items by what each party answers to them now.
func (d *drawing) summary(s *matter.DossierState) string {
	var out []string
	for _, p := range s.Asked {
		by := map[string]int{}
		for i := range s.Items {
			as := "no answer"
			if a, ok := s.Items[i].Latest(p); ok {
				as = a.As
			}
			if s.Items[i].Retracted != nil {
				as = "retracted"
			}
			by[as]++
		}
		var words []string
		for _, as := range sortedKeys(by) {
			words = append(words, fmt.Sprintf("%d %s", by[as], as))
		}
		out = append(out, p+": "+strings.Join(words, ", "))
	}
	return strings.Join(out, "; ")
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
