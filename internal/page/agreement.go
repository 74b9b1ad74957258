package page

import (
	"fmt"
	"strings"

	"detente/internal/view"
)

// Agreement lays the agreement out as it stands, half by half.
func (p *Page) Agreement(v *view.Agreement) {
	for half, h := range v.Halves {
		p.Heading(strings.ToUpper(h.Title.String()))
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
	what := i.What.String()
	if i.Clock != nil && i.Clock.Due != nil {
		what += ", by " + Local(f, *i.Clock.Due) + ": " + i.Clock.State
	}
	if i.Provisional {
		what += " (provisional)"
	}
	p.Hang(4, "-", what)
	for _, w := range i.Words {
		if s := w.Quoted(); s != "" {
			p.hang(6, fmt.Sprintf("%s (%s):", w.Party, w.Note.Short()), Basis(w)+s, Dim)
		}
	}
}
