package page

import (
	"strings"

	"detente/internal/view"
)

// sections lays the sections of a matter out: an item's label, where it
// stands, and the words that it rests on with the note that carries them.
func (p *Page) sections(list []view.Section) {
	for _, s := range list {
		p.hang(4, s.Title, "", Bold)
		for _, i := range s.Items {
			var says []string
			for _, t := range []string{i.State, i.What} {
				if t != "" {
					says = append(says, t)
				}
			}
			p.Hang(4, i.Label+":", strings.Join(says, "; "))
			for _, w := range i.Words {
				if t := w.Text(); t != "" {
					p.Hang(6, w.Party+":", t)
				}
			}
			if len(i.Notes) > 0 {
				p.hang(6, shorts(i.Notes), "", Dim)
			}
		}
	}
}
