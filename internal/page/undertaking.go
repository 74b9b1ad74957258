package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// undertaking lays the terms out in every language, and the parts.
func (p *Page) undertaking(v *view.Matter, again bool) {
	u := v.Undertaking
	for _, lang := range languages(u.Text) {
		if again {
			break
		}
		p.Hang(4, language(u.Text, lang)+":", u.Text.Texts[lang])
	}
	if len(u.Text.Texts) == 0 && u.Text.State != "" {
		p.Para(4, "terms: "+u.Text.State)
	}
	if u.InForce == nil {
		p.agreed("so far only by", u.Accepted)
	} else if at, ok := when(v, *u.InForce); ok {
		p.agreed("accepted by", u.Accepted)
		together := fmt.Sprintf("all %d parts", len(u.Parts))
		if len(u.Parts) == 2 {
			together = "both parts"
		}
		p.hang(4, "in force", fmt.Sprintf("from one moment, %s together: %s, with %s", together, Local(&v.Frame, at), u.InForce.Short()), Bold)
	}
	if until, err := matter.ParseInstant(u.Until); err == nil && u.InForce == nil && len(u.Ended) == 0 {
		p.Para(4, "lapses if not accepted by "+Local(&v.Frame, until))
	}
	for _, e := range u.Ended {
		p.Para(4, fmt.Sprintf("%s by %s (%s)", e.As, e.Party, e.Note.Short()))
	}
	for _, part := range u.Parts {
		p.Hang(4, fmt.Sprintf("part %d, %s:", part.Number, part.By), part.Words.Text())
		p.Para(6, term(&v.Frame, &part)+": "+partState(u, &part))
		if part.Condition != "" {
			p.Para(6, "on condition: "+part.Condition)
		}
		if part.Evidence != "" {
			p.Para(6, "to be shown by: "+part.Evidence)
		}
	}
}

// term says by when a part is due, and from when until when it holds.
func term(f *view.Frame, part *view.Part) string {
	s := "no deadline"
	if t, err := matter.ParseInstant(part.Due); err == nil {
		s = "due " + Local(f, t)
	}
	if part.Start != "" {
		s += ", from " + part.Start
	}
	if t, err := matter.ParseInstant(part.End); err == nil {
		s += ", until " + Local(f, t)
	}
	return s
}

// partState says how far a part is.
func partState(u *view.Undertaking, part *view.Part) string {
	if u.InForce == nil {
		return u.State
	}
	s := part.Stage
	if s == "reported" {
		s = fmt.Sprintf("reported done on %s by %s, not confirmed", part.When, part.By)
	}
	if part.Clock != "" {
		s += "; clock " + part.Clock
	}
	return s
}

// languages returns those of a text, the authentic ones first.
func languages(w *view.Words) []string {
	var out []string
	for lang := range w.Texts {
		out = append(out, lang)
	}
	slices.SortFunc(out, func(a, b string) int {
		if x, y := slices.Contains(w.Authentic, a), slices.Contains(w.Authentic, b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return out
}

// language names one language of a text, and says which is a translation.
func language(w *view.Words, lang string) string {
	if slices.Contains(w.Authentic, lang) {
		return lang
	}
	return lang + ", a translation"
}

// when returns the claimed time of a note on the matter.
func when(v *view.Matter, id note.ID) (at time.Time, ok bool) {
	for _, l := range v.AllNotes {
		if l.ID == id {
			return l.Time, true
		}
	}
	return at, false
}
