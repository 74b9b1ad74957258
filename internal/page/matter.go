package page

import (
	"fmt"
	"slices"
	"strings"

	"detente/internal/view"
	"detente/matter"
	"detente/note"
	"detente/register"
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
		if state += ", provisional"; v.Settled != "" && v.Settled != v.State {
			state += "; by what is settled: " + v.Settled
		}
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
	p.sections(v.Sections)
	for _, k := range v.Clocks {
		if v.Undertaking == nil && v.Kind != matter.Statement.Name || !beside(k) {
			p.clock(&v.Frame, k)
		}
	}
	if len(v.Claims) > 0 {
		p.hang(4, "in-house:", "what others say of it, as their claims; they move nothing", Bold)
	}
	for _, c := range v.Claims {
		p.InHouse(6, &v.Frame, c)
	}
}

// beside reports whether what stands above of an undertaking or a statement
// says already how a clock is: who accepted or signed, and how far each part
// is.
func beside(k *view.Clock) bool {
	switch register.ClockState(k.State) {
	case register.Undecided: // only the clock has both times
		return false
	case register.Met, register.Done, register.Void:
		return true
	}
	return strings.HasPrefix(k.For.String(), "part ")
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
	p.Hang(4, "clock:", s+": "+ClockState(f, k))
}

// ClockState says how a clock stands; where the two times do not agree, both.
func ClockState(f *view.Frame, k *view.Clock) string {
	if k.State != string(register.Undecided) {
		return k.State
	}
	if k.HeldAt == nil {
		return fmt.Sprintf("%s: done %s; no ack yet says that it is held there", k.State, At(f, k.DoneAt))
	}
	return fmt.Sprintf("%s: done %s, held there %s", k.State, At(f, k.DoneAt), At(f, k.HeldAt))
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
	row("local posts", func(a view.Account) string { return a.Local })
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
	readouts := map[string]int{}
	for _, r := range v.Readouts {
		readouts[r.Party]++
	}
	said := false
	for i, side := range v.Sides {
		var each []string
		for _, w := range v.Preamble {
			if w.Party == side && w.Text() != "" {
				each = append(each, w.Text())
			}
		}
		if cells[i] = strings.Join(each, "\n"); cells[i] == "" {
			cells[i] = absent
		} else {
			said = true
		}
	}
	if said {
		p.Row(4, 2, "", "", cells...)
	}
	for _, r := range v.Points {
		p.hang(4, r.Topic+":", r.In.String()+", "+standings(r.Points), Dim)
		for i, side := range v.Sides {
			var each []string
			for _, pt := range r.Points {
				if pt.Party != side {
					continue
				}
				line := fmt.Sprintf("%d. %s", pt.Number, pt.Words.Text())
				if readouts[side] > 1 {
					line = fmt.Sprintf("%s, %s", pt.Readout.Short(), line)
				}
				each = append(each, line)
			}
			if cells[i] = strings.Join(each, "\n"); cells[i] == "" {
				cells[i] = absent
			}
		}
		p.Row(4, 2, "", "", cells...)
	}
}

// standings says how the points of a row are marked, and by whom; whose point
// it is, where they are not marked alike.
func standings(points []view.Point) string {
	var out []string
	alike := !slices.ContainsFunc(points, func(pt view.Point) bool { return pt.Standing != points[0].Standing })
	for _, pt := range points {
		s := pt.Standing
		if !alike {
			s = pt.Party + "'s " + s
		}
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

func (p *Page) mission(v *view.Mission) {
	for _, f := range v.Fields {
		says := fmt.Sprintf("said by %s (%s)", f.Party, f.Note.Short())
		if f.When != "" {
			says += ", of " + f.When
		}
		if s := f.Words.Text(); s != "" {
			says += ": " + s
		}
		p.Hang(4, pad(f.Name+":", 7), f.Value+", "+Basis(f.Words)+says)
	}
}

func (p *Page) message(v *matter.MessageState) {
	form := v.Form
	if c := v.Consent; c != nil {
		form = fmt.Sprintf("consent of %s to the disclosure of %s, to %s", v.Opener, c.Note.Short(), c.To)
		if c.Until != "" {
			form += ", until " + c.Until
		}
	}
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
