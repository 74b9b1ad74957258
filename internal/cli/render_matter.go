package cli

import (
	"fmt"
	"strings"

	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

func renderMatter(c *Call, v *view.Matter) {
	c.head(&v.Frame)
	c.heading("%s: %s, opened by %s, %s", v.Short, v.Kind, v.Opener, v.State)
	if v.Provisional {
		c.printf("provisional: a note that is not settled has changed it")
		if v.Settled != "" {
			c.printf("; by what is settled it is %s", v.Settled)
		}
		c.printf("\n")
	}
	if len(v.Crossed) > 0 {
		c.printf("%s\n", c.paint(red, "crossed: "+shorts(v.Crossed)+"; people must say again, having seen both"))
	}
	switch {
	case v.Incident != nil:
		c.incident(v.Incident)
	case v.Talk != nil:
		c.talk(v.Talk)
	case v.Undertaking != nil:
		c.undertaking(v.Undertaking)
	case v.Mission != nil:
		c.mission(v.Mission)
	case v.Message != nil:
		c.message(v.Message)
	case v.Line != nil:
		c.printf("\n%s %s %s\n", v.Line.Act, v.Line.Use, strings.Join(v.Line.Scope, ", "))
	}
	if len(v.Clocks) > 0 {
		c.printf("\n%s\n", c.paint(bold, "Clocks"))
		t := c.table("  DUE", "STATE", "OWES", "WHAT")
		for _, k := range v.Clocks {
			t.row("  "+localPtr(&v.Frame, k.Due), clockWords(&v.Frame, k), k.Owes, k.For)
		}
		t.flush()
	}
	c.printf("\n%s\n", c.paint(bold, "Notes"))
	t := c.table("  NOTE", "TIME (CLAIMED)", "ACT", "STANDING", "WORDS")
	for _, l := range v.AllNotes {
		t.row("  "+l.Short, local(&v.Frame, l.Time), l.Act, standing(l), basis(l.Gist)+text(l.Gist.Text()))
	}
	t.flush()
}

func shorts(ids []note.ID) string {
	var out []string
	for _, id := range ids {
		out = append(out, id.Short())
	}
	return strings.Join(out, ", ")
}

func (c *Call) incident(v *view.Incident) {
	c.printf("Each side's account stands apart; none of it is the program's.\n")
	for _, s := range v.Sides {
		for _, a := range s.Accounts {
			c.printf("\n%s\n", c.paint(bold, fmt.Sprintf("%s says (%s)", s.Party, a.Note.Short())))
			c.pair("when", a.When)
			c.pair("where", a.Where)
			c.pair("nature", a.Nature)
			c.pair("own act", a.Own)
			if a.Killed != nil {
				c.pair("killed", fmt.Sprint(*a.Killed))
			}
			if a.Injured != nil {
				c.pair("injured", fmt.Sprint(*a.Injured))
			}
			if a.InResponse != nil {
				c.pair("in response to", a.InResponse.Short())
			}
			for _, w := range a.Words {
				c.slot(w)
			}
		}
	}
	for _, o := range v.Others {
		c.printf("\n%s\n", c.paint(bold, fmt.Sprintf("%s: %s (%s)", o.Party, o.Act, o.Note.Short())))
		c.slot(o.Words)
	}
	for _, q := range v.Questions {
		c.printf("\n%s\n", c.paint(bold, fmt.Sprintf("%s asks (%s)", q.Asker, q.Note.Short())))
		c.slot(q.Words)
		if len(q.Answers) == 0 {
			c.printf("    no answer\n")
		}
		for _, a := range q.Answers {
			c.quote("    ", a)
		}
	}
	if len(v.Settled) > 0 {
		c.printf("\ncalled settled by %s\n", strings.Join(v.Settled, ", "))
	}
}

func (c *Call) pair(name, value string) {
	if value != "" {
		c.printf("    %s: %s\n", name, text(value))
	}
}

// slot prints one text under its name.
func (c *Call) slot(w *view.Words) {
	if s := w.Text(); s != "" {
		c.printf("    %s: %s%s\n", w.Slot, basis(w), strings.ReplaceAll(view.SafeLines(s), "\n", "\n        "))
	}
}

func (c *Call) talk(v *view.Talk) {
	c.pair("form", v.Form)
	c.pair("level", v.Level)
	c.pair("when", v.When)
	c.pair("where", v.Where)
	for _, s := range v.CalledBy {
		c.pair("called by, says "+s.Note.Party(), s.Party)
	}
	for _, w := range v.Preamble {
		c.quote("    ", w)
	}
	for _, r := range v.Points {
		c.printf("\n%s %s\n", c.paint(bold, r.Topic+":"), r.In)
		for _, p := range r.Points {
			c.printf("    %s, point %d, %s%s\n", p.Party, p.Number, p.Standing, markWords(p.Marks))
			c.quote("        ", p.Words)
		}
	}
}

func markWords(marks []matter.Mark) string {
	var out string
	for _, m := range marks {
		out += fmt.Sprintf("; %s marked it %s (%s)", m.Party, m.As, m.Note.Short())
	}
	return out
}

func (c *Call) undertaking(v *view.Undertaking) {
	c.pair("half", v.Half)
	if v.Until != "" {
		c.pair("lapses if not accepted by", v.Until)
	}
	for _, a := range v.Accepted {
		c.pair("accepted by", a.Party+" ("+a.Note.Short()+")")
	}
	if v.Ended != nil {
		c.pair(v.State+" by", v.Ended.Party+" ("+v.Ended.Note.Short()+")")
	}
	if v.InForce != nil {
		c.pair("in force since", v.InForce.Short())
	}
	c.quote("    ", v.Text)
	c.printf("\n")
	t := c.table("  PART", "BY", "DUE", "STATE", "CLOCK", "UNTIL", "CONDITION", "WORDS")
	for _, p := range v.Parts {
		state := p.Stage
		if v.InForce == nil {
			state = v.State
		}
		t.row(fmt.Sprintf("  %d", p.Number), p.By, p.Due, state, p.Clock, p.End, text(p.Condition), text(p.Words.Text()))
	}
	t.flush()
}

func (c *Call) mission(v *view.Mission) {
	c.printf("mission of %s to %s\n\n", v.Sending, v.Receiving)
	t := c.table("  FIELD", "IS", "SAID BY", "FROM", "WORDS")
	for _, f := range v.Fields {
		t.row("  "+f.Name, f.Value, f.Party+" ("+f.Note.Short()+")", f.When, basis(f.Words)+text(f.Words.Text()))
	}
	t.flush()
}

func (c *Call) message(v *matter.MessageState) {
	c.pair("form", v.Form)
	if v.Goodwill {
		c.pair("goodwill", "yes")
	}
	c.pair("answer asked for by", v.AnswerBy)
	for _, a := range v.Answers {
		c.pair("answered by "+a.Party, a.Grade+" ("+a.Note.Short()+")")
	}
	for _, id := range v.Corrections {
		c.pair("corrected by", id.Short())
	}
}

func renderNote(c *Call, v *view.Note) {
	c.head(&v.Frame)
	c.heading("%s  %s by %s of %s, %s", v.Short, v.Act, v.Office, v.NoteLine.Party, v.Precedence)
	c.pair("time, as claimed", local(&v.Frame, v.Time))
	c.pair("to", strings.Join(v.Audience, ", "))
	if v.NoteLine.Matter != nil {
		c.pair("on", v.NoteLine.Matter.Short())
	}
	c.pair("standing", standing(v.NoteLine))
	if v.Basis != nil {
		c.pair("basis", v.Basis.Mark+": "+v.Basis.Line)
	}
	for _, name := range sorted(v.Fields) {
		c.pair(name, fieldText(v.Fields[name]))
	}
	if v.Content != "held" && v.Content != "none" {
		c.pair("content", v.Content)
	}
	for _, slot := range sorted(v.Texts) {
		for _, lang := range sorted(v.Texts[slot]) {
			c.printf("\n%s\n    %s\n", c.paint(bold, slot+", "+language(lang, v.Authentic)), strings.ReplaceAll(view.SafeLines(v.Texts[slot][lang]), "\n", "\n    "))
		}
	}
	for _, q := range v.Quotes {
		c.printf("\n    %s, in %s:\n    “%s”\n", text(q.Speaker), text(q.Source), text(q.Words))
	}
	for i, a := range v.Attachments {
		c.printf("\nattachment %d: %s, %s, %d bytes\n", i+1, text(a.Name), text(a.Type), a.Size)
	}
	for _, k := range v.Clocks {
		c.printf("\nclock: %s owes: %s, by %s: %s\n", k.Owes, k.For, localPtr(&v.Frame, k.Due), clockWords(&v.Frame, k))
	}
	c.printf("\nleaf %s\ncheck words: %s\n", v.Leaf, strings.Join(v.CheckWords, " "))
}

func language(lang string, authentic []string) string {
	for _, a := range authentic {
		if a == lang {
			return lang
		}
	}
	return lang + ", a translation"
}

// fieldText writes a field of a move for people.
func fieldText(v any) string {
	switch v := v.(type) {
	case string:
		return short(v)
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, fieldText(item))
		}
		return strings.Join(out, "; ")
	case map[string]any:
		var out []string
		for _, name := range sorted(v) {
			out = append(out, name+"="+fieldText(v[name]))
		}
		return strings.Join(out, " ")
	}
	return fmt.Sprint(v)
}
