package page

import (
	"fmt"
	"strings"
	"time"

	"detente/internal/kept"
	"detente/internal/ladder"
	"detente/internal/view"
	"detente/note"
)

// Ladder lays the ladder out: where each side stands, then day by day, the
// sides beside each other, each figure with the notes that made it.
func (p *Page) Ladder(v *view.Ladder) {
	p.Para(0, "Private to this node, from what each side itself acknowledges; what one says of another raises nobody.")
	p.Blank()
	rung := func(n int) string { return fmt.Sprintf("%d %s", n, v.Rungs[n]) }
	for _, s := range v.Sides {
		p.Hang(0, s.Party, fmt.Sprintf("on %s: %s%s", v.Until, rung(s.Rung), made(s.Acts)))
		if h := s.Highest; h != nil && h.Rung > s.Rung {
			p.Para(4, fmt.Sprintf("highest %s: %s%s", h.Day, rung(h.Rung), made(h.Acts)))
		}
		if s.Step != nil {
			p.Para(4, fmt.Sprintf("latest step %s: %s (%s)", s.Step.Day, s.Step.Says, s.Step.Note.Short()))
		}
	}
	p.Blank()
	const gutter = len("to 2024-01-16  ")
	heads := make([]string, len(v.Sides))
	for i, s := range v.Sides {
		heads[i] = s.Party
	}
	p.Row(0, gutter, "", Bold, heads...)
	for _, d := range v.Days {
		rungs, rest := make([]string, len(d.Sides)), make([]string, len(d.Sides))
		label, any := "", false
		if d.To != d.From {
			label = "to " + d.To
			any = true
		}
		for i, s := range d.Sides {
			rungs[i], rest[i] = rung(s.Rung), entries(&s, d.From)
			any = any || rest[i] != ""
		}
		p.Row(0, gutter, d.From, Bold, rungs...)
		if any {
			p.Row(0, gutter, label, "", rest...)
		}
	}
}

// entries lists what a side did on a day, and what stands from before.
func entries(s *ladder.Side, day string) string {
	var out []string
	for _, e := range s.Acts {
		line := entry(e)
		if e.Day != day {
			line += ", since " + e.Day
		}
		out = append(out, line)
	}
	for _, e := range s.Steps {
		out = append(out, "+ "+entry(e))
	}
	if s.Score != nil {
		var codes []string
		for _, c := range s.Score.Counts {
			codes = append(codes, fmt.Sprintf("%s %+.1f %s", c.Label, c.Weight, short(c.Notes)))
		}
		out = append(out, fmt.Sprintf("score %+.1f: %s", s.Score.Sum, strings.Join(codes, "; ")))
	}
	return strings.Join(out, "\n")
}

func entry(e ladder.Entry) string {
	s := fmt.Sprintf("%s (%s)", e.Says, e.Note.Short())
	if e.Provisional {
		s += ", provisional"
	}
	return s
}

// made names the notes that put a side on its rung.
func made(acts []ladder.Entry) string {
	var out []string
	for _, e := range acts {
		out = append(out, entry(e))
	}
	if out == nil {
		return ""
	}
	return ": " + strings.Join(out, "; ")
}

func short(ids []note.ID) string {
	var out []string
	for _, id := range ids {
		out = append(out, id.Short())
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// Kept lays out how each side kept its word.
func (p *Page) Kept(v *view.Kept) {
	p.Para(0, "Private to this node. Only what a clock ran for is counted, and a clock never declares a breach.")
	for _, r := range v.Records {
		p.Blank()
		p.Heading(r.Party)
		for _, f := range r.Figures {
			p.Line("  " + p.Paint(Bold, fmt.Sprintf("%s: %d", f.Is, f.Count)))
			for _, w := range f.Words {
				p.word(&v.Frame, &w)
			}
		}
		if len(r.Figures) == 0 {
			p.Para(2, "nothing was owed with a clock")
		}
		if m := r.Replies.Median; m != nil {
			p.Line("  " + p.Paint(Bold, fmt.Sprintf("time to answer: median %s, of %s", took(*m), Count(len(r.Replies.Answered), "answer", "answers"))))
			for _, w := range r.Replies.Answered {
				p.Para(4, fmt.Sprintf("%s: %s (%s), by %s", took(*w.Took), w.For, w.From.Short(), w.Done.Short()))
			}
		}
		if open := r.Replies.Open; len(open) > 0 {
			p.Line("  " + p.Paint(Bold, fmt.Sprintf("not answered: %d", len(open))))
			for _, w := range open {
				p.Para(4, fmt.Sprintf("%s (%s), asked %s: %s", w.For, w.From.Short(), Local(&v.Frame, w.Asked), w.State))
			}
		}
	}
}

// word tells one thing that was owed: the deadline, and both times that decide.
func (p *Page) word(f *view.Frame, w *kept.Word) {
	s := fmt.Sprintf("%s (%s)", w.For, w.From.Short())
	if w.Due != nil {
		s += ", due " + Local(f, *w.Due)
	}
	if w.Done != nil {
		s += fmt.Sprintf("; done by %s, %s", w.Done.Short(), At(f, w.DoneAt))
		if w.HeldAt != nil {
			s += "; held there " + Local(f, *w.HeldAt)
		} else {
			s += "; nothing says yet that it is held there"
		}
	}
	for _, v := range w.Verdicts {
		s += fmt.Sprintf("; %s by %s (%s)", v.As, v.Party, v.Note.Short())
	}
	p.Hang(4, "-", s)
}

// took writes seconds as people say them.
func took(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	if d < 0 {
		return "-" + took(-seconds)
	}
	switch h, m := int(d.Hours()), int(d.Minutes()); {
	case h >= 48:
		return fmt.Sprintf("%d days %d h", h/24, h%24)
	case h > 0:
		return fmt.Sprintf("%d h %d min", h, m%60)
	default:
		return fmt.Sprintf("%d min", m)
	}
}
