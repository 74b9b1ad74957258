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

// gutter is where labels stand beside columns.
const gutter = 12

// Matter lays one matter out. Where it stood on the page before, the words
// that cannot change are left out.
func (p *Page) Matter(v *view.Matter, again bool) {
	what := v.Kind
	switch {
	case v.Mission != nil:
		what = fmt.Sprintf("mission of %s to %s", v.Mission.Sending, v.Mission.Receiving)
	case v.Talk != nil && v.Talk.Form != "":
		what = v.Talk.Form
	}
	state := v.State
	if v.Provisional {
		state += ", provisional"
	}
	if v.Mission == nil { // a mission has no state but its fields
		what += ": " + state + p.title(v)
	}
	p.hang(2, v.Short, what, Bold)
	if len(v.Crossed) > 0 {
		p.hang(4, "crossed:", shorts(v.Crossed)+"; people must say again, having seen both", Red)
	}
	switch {
	case v.Incident != nil:
		p.incident(v)
	case v.Talk != nil:
		p.talk(v.Talk)
	case v.Undertaking != nil:
		p.undertaking(v, again)
	case v.Mission != nil:
		p.mission(v.Mission)
	case v.Message != nil:
		p.message(v.Message)
	case v.Line != nil:
		p.Para(4, strings.TrimSpace(v.Line.Act+" "+v.Line.Use+" "+strings.Join(v.Line.Scope, ", ")))
	}
	if v.Undertaking == nil { // an undertaking has its clocks beside its parts
		for _, k := range v.Clocks {
			p.clock(&v.Frame, k)
		}
	}
}

// title says the rest of what a heading has room for.
func (p *Page) title(v *view.Matter) string {
	switch {
	case v.Incident != nil && len(v.Incident.Sides) > 1:
		return fmt.Sprintf("; %s, unmerged", Count(len(v.Incident.Sides), "account", "accounts"))
	case v.Talk != nil:
		var more []string
		for _, s := range []string{v.Talk.Level, v.Talk.When, v.Talk.Where} {
			if s != "" {
				more = append(more, s)
			}
		}
		return "; " + strings.Join(more, ", ")
	case v.Undertaking != nil && v.Undertaking.Half != "":
		return "; " + v.Undertaking.Half
	}
	return ""
}

func shorts(ids []note.ID) string {
	var out []string
	for _, id := range ids {
		out = append(out, id.Short())
	}
	return strings.Join(out, ", ")
}

func (p *Page) clock(f *view.Frame, k *view.Clock) {
	s := fmt.Sprintf("%s owes: %s", k.Owes, k.For)
	if k.Due != nil {
		s += ", by " + Local(f, *k.Due)
	}
	p.Hang(4, "clock:", s+": "+k.State)
}

// incident lays the sides' accounts out line against line: what one side says
// of a thing faces what the other says of it, or its silence.
func (p *Page) incident(v *view.Matter) {
	i := v.Incident
	cells := make([]string, len(i.Sides))
	for n, s := range i.Sides {
		cells[n] = s.Party + " says"
	}
	p.Row(4, gutter, "", Bold, cells...)
	row := func(label string, of func(view.Account) string) {
		said := false
		for n, s := range i.Sides {
			var each []string
			for _, a := range s.Accounts {
				if t := of(a); t != "" {
					each = append(each, t)
				}
			}
			if cells[n] = strings.Join(each, "\n"); cells[n] == "" {
				cells[n] = absent
			} else {
				said = true
			}
		}
		if said {
			p.Row(4, gutter, label, "", cells...)
		}
	}
	row("when", func(a view.Account) string { return a.When })
	row("where", func(a view.Account) string { return a.Where })
	row("nature", func(a view.Account) string { return a.Nature })
	row("own act", func(a view.Account) string { return a.Own })
	row("killed", func(a view.Account) string { return number(a.Killed) })
	row("injured", func(a view.Account) string { return number(a.Injured) })
	row("in response", func(a view.Account) string {
		if a.InResponse == nil {
			return ""
		}
		return "to " + a.InResponse.Short()
	})
	for _, slot := range []string{"target", "casualties", "actors", "grounds", "account"} {
		row(slot, func(a view.Account) string {
			for _, w := range a.Words {
				if w.Slot == slot {
					return w.Text()
				}
			}
			return ""
		})
	}
	for _, o := range i.Others {
		p.Hang(4, o.Party+", "+o.Act+":", o.Words.Text())
	}
	for _, q := range i.Questions {
		p.Hang(4, q.Asker+" asks:", q.Words.Text())
		if len(q.Answers) == 0 {
			p.Para(4, "no answer")
		}
		for _, a := range q.Answers {
			p.Hang(4, a.Party+" answers:", a.Text())
		}
	}
	if len(i.Settled) > 0 {
		p.Para(4, "called settled by "+strings.Join(i.Settled, ", "))
	}
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// talk lays readouts out topic by topic.
func (p *Page) talk(v *view.Talk) {
	for _, s := range v.CalledBy {
		p.Para(4, fmt.Sprintf("%s says that %s called", s.Note.Party(), s.Party))
	}
	if len(v.Held) == 0 {
		p.agreed("agreed to by", v.Agreed)
	}
	if len(v.Sides) == 0 {
		return
	}
	cells := make([]string, len(v.Sides))
	for i, s := range v.Sides {
		cells[i] = s + "'s readout"
	}
	p.Row(4, 2, "", Bold, cells...)
	if len(v.Preamble) > 0 {
		said := false
		for i, w := range v.Preamble {
			if cells[i] = w.Text(); cells[i] == "" {
				cells[i] = absent
			}
			said = said || cells[i] != absent
		}
		if said {
			p.Row(4, 2, "", "", cells...)
		}
	}
	for _, r := range v.Points {
		p.hang(4, r.Topic+":", r.In+", "+standings(r.Points), Dim)
		for i, side := range v.Sides {
			var each []string
			for _, pt := range r.Points {
				if pt.Party == side {
					each = append(each, fmt.Sprintf("%d. %s", pt.Number, pt.Words.Text()))
				}
			}
			if cells[i] = strings.Join(each, "\n"); cells[i] == "" {
				cells[i] = absent
			}
		}
		p.Row(4, 2, "", "", cells...)
	}
}

// standings says how the points of a row are marked, and by whom.
func standings(points []view.Point) string {
	var out []string
	for _, pt := range points {
		s := pt.Standing
		for _, m := range pt.Marks {
			s += fmt.Sprintf(" (%s: %s by %s)", pt.Words.Note.Short(), m.As, m.Party)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

func (p *Page) agreed(how string, by []matter.Said) {
	var out []string
	for _, a := range by {
		out = append(out, fmt.Sprintf("%s (%s)", a.Party, a.Note.Short()))
	}
	if out != nil {
		p.Para(4, how+" "+strings.Join(out, ", "))
	}
}

// undertaking lays the terms out in every language, and the parts.
func (p *Page) undertaking(v *view.Matter, again bool) {
	u := v.Undertaking
	for _, lang := range languages(u.Text) {
		if again {
			break
		}
		label := lang + ":"
		if !slices.Contains(u.Text.Authentic, lang) {
			label = lang + ", a translation:"
		}
		p.Hang(4, label, u.Text.Texts[lang])
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
	if u.Ended != nil {
		p.Para(4, fmt.Sprintf("%s by %s (%s)", u.State, u.Ended.Party, u.Ended.Note.Short()))
	}
	for _, part := range u.Parts {
		p.Hang(4, fmt.Sprintf("part %d, %s:", part.Number, part.By), part.Words.Text())
		p.Para(6, due(&v.Frame, part.Due)+": "+partState(u, &part))
	}
}

func due(f *view.Frame, s string) string {
	if t, err := matter.ParseInstant(s); err == nil {
		return "due " + Local(f, t)
	}
	return "no deadline"
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

// when returns the claimed time of a note on the matter.
func when(v *view.Matter, id note.ID) (at time.Time, ok bool) {
	for _, l := range v.AllNotes {
		if l.ID == id {
			return l.Time, true
		}
	}
	return at, false
}

func (p *Page) mission(v *view.Mission) {
	for _, f := range v.Fields {
		says := fmt.Sprintf("said by %s (%s)", f.Party, f.Note.Short())
		if f.When != "" {
			says += ", of " + f.When
		}
		if s := f.Words.Text(); s != "" {
			says += ": " + s
		}
		p.Hang(4, pad(f.Name+":", 7), f.Value+", "+basis(f.Words)+says)
	}
}

func (p *Page) message(v *matter.MessageState) {
	form := v.Form
	if v.Goodwill {
		form += ", goodwill"
	}
	if v.ReplyTo != nil {
		form += ", in reply to " + v.ReplyTo.Short()
	}
	if v.AnswerBy != "" {
		form += ", answer asked for by " + v.AnswerBy
	}
	p.Para(4, form)
	for _, a := range v.Answers {
		p.Para(4, fmt.Sprintf("answered by %s: %s (%s)", a.Party, a.Grade, a.Note.Short()))
	}
	if len(v.Corrections) > 0 {
		p.Para(4, "corrected by "+shorts(v.Corrections))
	}
}
