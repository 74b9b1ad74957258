package view

import (
	"fmt"
	"strings"

	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Handling is how words may be handled, as it stands now.
type Handling struct {
	matter.Handling
	Expired bool `json:"expired,omitempty"`
}

// Phrase says it as it stands before the words.
func (h *Handling) Phrase() locale.Phrase {
	if h == nil || h.TLP == "" {
		return locale.Phrase{}
	}
	out := names("%s; %s", append([]string{"TLP:" + strings.ToUpper(h.TLP)}, h.Caveats...))
	if t, err := matter.ParseInstant(h.Expires); err == nil && !t.IsZero() {
		out = locale.Phrasef("%s; until %s", out, h.Expires)
	}
	if h.Expired {
		out = locale.Phrasef("%s, which is over", out)
	}
	return out
}

// String is Phrase in English.
func (h *Handling) String() string { return h.Phrase().String() }

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
		label := locale.Phrasef("shared by %s", s.Opener)
		if i > 0 {
			label = locale.Phrasef("supplemented")
		}
		item := SectionItem{Label: label, Notes: []note.ID{n.Note}, Words: []*Words{b.words(n.Note, "summary")}}
		if h := b.handling(b.s.Register.Entry(n.Note)); h != nil {
			item.What = h.Phrase()
		}
		sent = append(sent, item)
		for _, c := range n.Receipts {
			r := SectionItem{Label: locale.Phrasef("receipt, %s", c.Owes), State: locale.Phrasef("not acknowledged"), Notes: []note.ID{}, Words: []*Words{}}
			if c.Done != nil {
				r.State, r.Notes = locale.Phrasef("acknowledged"), []note.ID{*c.Done}
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
	out := []Section{{Title: locale.Phrasef("shared with %s", names("%s, %s", s.Asked)), Items: sent}, {Title: locale.Phrasef("items"), Items: items}}
	if len(s.Closed) > 0 {
		closed := Section{Title: locale.Phrasef("called closed")}
		for _, c := range s.Closed {
			closed.Items = append(closed.Items, SectionItem{Label: locale.Phrasef("by %s", c.Party), Notes: []note.ID{c.Note}, Words: []*Words{b.words(c.Note, "remark")}})
		}
		out = append(out, closed)
	}
	return out
}

func itemLabel(n int, d *matter.DossierItem) locale.Phrase {
	return locale.Phrasef("item %d, %s", n, locale.Phrasef(d.Kind))
}

// grading says how the party that shares an item grades it, and where it is.
func grading(d *matter.DossierItem) locale.Phrase {
	s := locale.Phrasef("graded %s", d.Source+d.Information)
	if d.Where != "" {
		s = locale.Phrasef("%s; %s", s, d.Where)
	}
	return s
}

// answered says what each party that was asked answers to an item now, and
// what it answered before.
func answered(s *matter.DossierState, n int) locale.Phrase {
	d := &s.Items[n-1]
	var out []locale.Phrase
	if d.Retracted != nil {
		out = append(out, locale.Phrasef("retracted by %s", s.Opener))
	}
	for _, p := range s.Asked {
		var all []locale.Phrase
		for _, a := range d.Answers {
			if a.Party == p {
				all = append(all, locale.Phrasef(a.As))
			}
		}
		switch last := len(all) - 1; {
		case last < 0:
			out = append(out, locale.Phrasef("%s: %s", p, locale.Phrasef("no answer")))
		case last == 0:
			out = append(out, locale.Phrasef("%s: %s", p, all[0]))
		default:
			out = append(out, locale.Phrasef("%s: %s (before: %s)", p, all[last], locale.Join("%s, %s", all[:last]...)))
		}
	}
	return locale.Join("%s; %s", out...)
}

// dossier brings what was shared to the second half: a line for the whole,
// and one for each item that a party has left unanswered, or is inquiring into.
func (d *drawing) dossier(m *register.Matter, s *matter.DossierState) {
	h := d.to(coordination)
	name := locale.Phrasef("dossier of %s, shared with %s, %s", s.Opener, names("%s, %s", s.Asked), locale.Phrasef("%d item|%d items", len(s.Items)))
	item := d.item(m, name, d.words(s.Opening, "summary"))
	switch s.State {
	case "closed":
		item.What = locale.Phrasef("%s: called closed by every principal; %s", name, d.summary(s))
		h.Agreed = append(h.Agreed, item)
	case "retracted":
		item.What = locale.Phrasef("%s: retracted by %s", name, s.Opener)
		h.Open = append(h.Open, item)
	default:
		item.What = locale.Phrasef("%s: %s", name, d.summary(s))
		h.Open = append(h.Open, item)
		for i := range s.Items {
			if stage := s.ItemStage(i + 1); stage == "unanswered" || stage == "inquiring" {
				i, n := &s.Items[i], i+1
				h.Open = append(h.Open, d.item(m, locale.Phrasef("%s, of the dossier %s: %s", itemLabel(n, i), m.ID.Short(), answered(s, n)), d.words(i.Note, fmt.Sprintf("item/%d", i.Number))))
			}
		}
	}
}

// summary counts the items by what each party answers to them now.
func (d *drawing) summary(s *matter.DossierState) locale.Phrase {
	var out []locale.Phrase
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
		var words []locale.Phrase
		for _, as := range sortedKeys(by) {
			words = append(words, locale.Phrasef("%d %s", by[as], locale.Phrasef(as)))
		}
		out = append(out, locale.Phrasef("%s: %s", p, locale.Join("%s, %s", words...)))
	}
	return locale.Join("%s; %s", out...)
}
