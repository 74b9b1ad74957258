package page

import (
	"fmt"
	"slices"
	"strings"

	"detente/internal/view"
	"detente/note"
)

// sections lays the sections of a matter out: an item's label, where it
// stands, and the words that it rests on, in each of their languages, with the
// note that carries them. What nobody said is left out.
func (p *Page) sections(list []view.Section) {
	for _, s := range list {
		p.hang(4, "", s.Title.String(), Bold)
		for _, i := range s.Items {
			words := slices.DeleteFunc(slices.Clone(i.Words), func(w *view.Words) bool { return w.Text() == "" })
			var says []string
			for _, t := range []string{i.State.String(), i.What.String()} {
				if t != "" {
					says = append(says, t)
				}
			}
			if len(says)+len(i.Notes)+len(words) == 0 {
				continue
			}
			what := strings.Join(says, "; ")
			silent := slices.DeleteFunc(slices.Clone(i.Notes), func(id note.ID) bool {
				return slices.ContainsFunc(words, func(w *view.Words) bool { return w.Note == id })
			})
			if len(silent) > 0 {
				what = strings.TrimSpace(what + " (" + shorts(silent) + ")")
			}
			p.Hang(4, i.Label.String()+":", what)
			for _, w := range words {
				p.spoken(w)
			}
		}
	}
}

// spoken prints words with whose they are and the note that carries them.
func (p *Page) spoken(w *view.Words) {
	label, said := fmt.Sprintf("%s (%s)", w.Party, w.Note.Short()), w.Language()
	if said != "" && !slices.Contains(w.Authentic, said) {
		label += ", " + language(w, said)
	}
	p.Hang(6, label+":", w.Text())
	for _, lang := range languages(w) {
		if lang != said {
			p.Hang(8, language(w, lang)+":", w.Texts[lang])
		}
	}
}
