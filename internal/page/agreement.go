package page

import (
	"fmt"
	"slices"
	"strings"

	"detente/internal/view"
	"detente/matter"
)

// Agreement lays the agreement out as it stands, half by half.
func (p *Page) Agreement(v *view.Agreement) {
	for half, h := range v.Halves {
		p.Heading(strings.ToUpper(h.Title))
		for _, part := range []struct {
			title string
			items []*view.Item
		}{{"agreed", h.Agreed}, {"where the ambassadors are", h.Missions}, {"who owes what by when", h.Owed}, {"open", h.Open}} {
			if len(part.items) == 0 {
				if part.title == "where the ambassadors are" && half != 0 {
					continue
				}
				p.Line("  " + p.Paint(Bold, part.title+":") + " nothing")
				continue
			}
			p.Line("  " + p.Paint(Bold, part.title+":"))
			for _, i := range part.items {
				p.item(&v.Frame, i)
			}
		}
	}
}

func (p *Page) item(f *view.Frame, i *view.Item) {
	what := i.What
	if i.Clock != nil && i.Clock.Due != nil {
		what += ", by " + Local(f, *i.Clock.Due) + ": " + i.Clock.State
	}
	if i.Provisional {
		what += " (provisional)"
	}
	p.Hang(4, "-", what)
	for _, w := range i.Words {
		if s := w.Text(); s != "" {
			p.hang(6, fmt.Sprintf("%s (%s):", w.Party, w.Note.Short()), "“"+s+"”", Dim)
		}
	}
}

// Note prints a note in two lines: who says what, and what it rests on. lead
// stands before it, such as the time of day.
func (p *Page) Note(lead string, v *view.Note) {
	label := lead + " " + v.Short + " "
	if v.Precedence == "flash" {
		label += "FLASH "
	}
	label += v.Act
	if m := v.NoteLine.Matter; m != nil && *m != v.ID {
		label += " on " + m.Short()
	}
	text := noteText(v)
	if text != "" {
		label += ": "
	}
	p.One(0, label, text, "")
	if v.Basis != nil {
		p.One(6, "", v.Basis.Mark+": "+v.Basis.Line, Dim)
	}
}

// noteText joins the texts of a note in the order of its act's table; where
// there are none, its fields.
func noteText(v *view.Note) string {
	var out []string
	if _, act, ok := matter.Find(v.Act); ok {
		for _, t := range act.Texts {
			if !t.Numbered {
				out = append(out, wording(v, t.Name))
				continue
			}
			for n := 1; v.Texts[fmt.Sprintf("%s/%d", t.Name, n)] != nil; n++ {
				out = append(out, wording(v, fmt.Sprintf("%s/%d", t.Name, n)))
			}
		}
	}
	out = slices.DeleteFunc(out, func(s string) bool { return s == "" })
	if len(out) == 0 {
		var names []string
		for name := range v.Fields {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if s, ok := v.Fields[name].(string); ok {
				out = append(out, name+" "+s)
			}
		}
		return strings.Join(out, ", ")
	}
	return strings.Join(out, " · ")
}

func wording(v *view.Note, slot string) string {
	return (&view.Words{Authentic: v.Authentic, Texts: v.Texts[slot]}).Text()
}

// Letter lays the texts of a note out in full.
func (p *Page) Letter(v *view.Note) {
	_, act, ok := matter.Find(v.Act)
	if !ok {
		return
	}
	for _, t := range act.Texts {
		if s := wording(v, t.Name); s != "" {
			p.Hang(4, t.Name+":", s)
		}
	}
	for _, q := range v.Quotes {
		p.Hang(4, q.Speaker+":", "“"+q.Words+"”")
	}
}
