package page

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// Note prints a note in two lines: who says what, and what it rests on. lead
// stands before it, such as the time of day.
func (p *Page) Note(lead string, v *view.Note) {
	label := lead + " " + v.Short + " " + act(v)
	text := noteText(v)
	if text != "" {
		label += ": "
	}
	p.One(0, label, text, "")
	if v.Basis != nil {
		p.One(6, "", v.Basis.Mark+": "+v.Basis.Line, Dim)
	}
}

// act says what a note does, and on which matter.
func act(v *view.Note) string {
	s := v.Act
	if s == "" {
		s = "?"
	}
	if v.Precedence == "flash" {
		s = "FLASH " + s
	}
	if m := v.NoteLine.Matter; m != nil && *m != v.ID {
		s += " on " + m.Short()
	}
	return s
}

// noteText joins the texts of a note; where there are none, its fields, but no
// digests: nobody reads those.
func noteText(v *view.Note) string {
	var out []string
	for _, slot := range slots(v) {
		if s := wording(v, slot); s != "" {
			out = append(out, s)
		}
	}
	if len(out) > 0 {
		return strings.Join(out, " · ")
	}
	for _, name := range sorted(v.Fields) {
		s, ok := v.Fields[name].(string)
		if _, err := note.ParseDigest(s); ok && err != nil {
			out = append(out, name+" "+s)
		}
	}
	return strings.Join(out, ", ")
}

func wording(v *view.Note, slot string) string {
	if to := matter.SealedFor(v.Act, slot, v.Fields); to != nil {
		return "(" + slot + " sealed to " + strings.Join(to, ", ") + ")"
	}
	return (&view.Words{Authentic: v.Authentic, Handling: v.Handling, Texts: v.Texts[slot]}).Text()
}

// slots names the texts of a note in the order of its act's table; those that
// the table does not know come last.
func slots(v *view.Note) []string {
	var out []string
	if _, act, ok := matter.Find(v.Act); ok {
		for _, t := range act.Texts {
			if !t.Numbered {
				out = append(out, t.Name)
				continue
			}
			for n := 1; v.Texts[fmt.Sprintf("%s/%d", t.Name, n)] != nil; n++ {
				out = append(out, fmt.Sprintf("%s/%d", t.Name, n))
			}
		}
	}
	out = slices.DeleteFunc(out, func(slot string) bool { return v.Texts[slot] == nil })
	for _, slot := range sorted(v.Texts) {
		if !slices.Contains(out, slot) {
			out = append(out, slot)
		}
	}
	return out
}

// Letter lays the texts of a note out in full, in every language, and what
// it quotes. Where they are not there it says why.
func (p *Page) Letter(v *view.Note) {
	if v.Content != "held" && v.Content != "none" {
		p.Hang(4, "content:", v.Content)
	}
	if v.Handling != nil {
		p.hang(4, "handling:", v.Handling.String(), Bold)
	}
	for _, slot := range slots(v) {
		w := &view.Words{Authentic: v.Authentic, Texts: v.Texts[slot]}
		if matter.SealedFor(v.Act, slot, v.Fields) != nil {
			p.Hang(4, slot+":", wording(v, slot))
			continue
		}
		for _, lang := range languages(w) {
			label := slot
			if len(w.Texts) > 1 {
				label += ", " + language(w, lang)
			}
			p.Hang(4, label+":", w.Texts[lang])
		}
	}
	for _, q := range v.Quotes {
		said := "“" + q.Words + "”"
		if q.Source != "" {
			said += " (" + q.Source + ")"
		}
		p.Hang(4, q.Speaker+":", said)
	}
}

// NoteInFull lays out everything that is known of a note: what its leaf says,
// how far it is, its texts, and the words by which two people compare it.
func (p *Page) NoteInFull(v *view.Note) {
	what := act(v)
	if v.Office != "" {
		what += ", by " + v.Office + " of " + v.NoteLine.Party
	}
	p.hang(2, v.Short, what, Bold)
	pair := func(name, value string) {
		if value != "" {
			p.Hang(4, name+":", value)
		}
	}
	pair("precedence", v.Precedence)
	pair("time, as claimed", Local(&v.Frame, v.Time))
	pair("to", strings.Join(v.Audience, ", "))
	pair("standing", Standing(v.NoteLine))
	if v.Basis != nil {
		pair("basis", v.Basis.Mark+": "+v.Basis.Line)
	}
	for _, name := range sorted(v.Fields) {
		pair(name, field(v.Fields[name]))
	}
	p.Letter(v)
	for i, a := range v.Attachments {
		pair(fmt.Sprintf("attachment %d", i+1), fmt.Sprintf("%s, %s, %d bytes", a.Name, a.Type, a.Size))
	}
	for _, k := range v.Clocks {
		p.clock(&v.Frame, k)
	}
	for _, e := range v.Filed {
		p.Hang(4, "in-house: filed as", e.ID.String()+", "+inHouseTitle(e))
	}
	if v.Made != nil {
		p.made(v.Made)
	}
	for _, d := range v.Disclosed {
		what, to := "disclosed", d.To
		if d.Attachment > 0 {
			what = fmt.Sprintf("attachment %d given out", d.Attachment)
		}
		if to == "" {
			to = "anybody"
		}
		if d.Consent != nil {
			to += ", by the consent " + d.Consent.Short()
		}
		p.Hang(4, "in-house: "+what, Local(&v.Frame, d.Time)+", to "+to)
	}
	pair("leaf", v.Leaf.String())
	pair("check words", strings.Join(v.CheckWords, " "))
}

// field writes a field of a move for people.
func field(v any) string {
	switch v := v.(type) {
	case string:
		if id, err := note.ParseID(v); err == nil {
			return id.Short()
		}
		return v
	case float64: // as JSON decodes numbers
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, field(item))
		}
		return strings.Join(out, "; ")
	case map[string]any:
		var out []string
		for _, name := range sorted(v) {
			out = append(out, name+"="+field(v[name]))
		}
		return strings.Join(out, " ")
	}
	return fmt.Sprint(v)
}

// Standing says in words how far a note is.
func Standing(l *view.NoteLine) string {
	s := "provisional"
	if l.Settled {
		s = "settled"
	}
	if l.Result != "applied" {
		s = l.Result
		if !l.Reason.IsZero() {
			s += ": " + l.Reason.String()
		}
	}
	if l.During != nil {
		s += fmt.Sprintf(", written while %s had suspended this (%s)", l.During.Party(), l.During.Short())
	}
	for _, party := range sorted(l.Delivery) {
		s += fmt.Sprintf(", %s: %s", party, delivered[l.Delivery[party]])
	}
	return s
}

// delivered says what a delivery means.
var delivered = map[string]string{view.Sent: "no receipt yet", view.Receipted: "delivered", view.Acked: "held there"}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
