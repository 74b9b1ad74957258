package page

import (
	"fmt"
	"slices"
	"strings"

	"detente/internal/house"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// InHouse lays one entry of the node's own record out: what it is and whose
// words it holds first, so that nobody takes a claim for a fact.
func (p *Page) InHouse(indent int, f *view.Frame, v *view.InHouse) {
	p.hang(indent, v.ID.String(), inHouseTitle(v)+"; "+v.State+", in-house since "+Local(f, v.Time), Bold)
	p.inHouseBody(indent+2, v.Act, v.Fields, v.Texts, titled[v.Act])
	if v.Scan != nil {
		p.Hang(indent+2, "scan:", fmt.Sprintf("%s, %s, %d bytes", v.Scan.Name, v.Scan.Type, v.Scan.Size))
	}
	for _, m := range v.Moves {
		by := ""
		if m.Machine {
			by = ", by the node: equal check words"
		}
		p.Hang(indent+2, m.ID.String(), m.Act+", "+Local(f, m.Time)+by)
		p.inHouseBody(indent+4, m.Act, m.Fields, m.Texts, nil)
	}
	if v.Match != nil {
		p.Hang(indent+2, "arrived over the line as", v.Match.Short())
	}
	if len(v.Perhaps) > 0 {
		p.Hang(indent+2, "perhaps:", fmt.Sprintf("%s, by day and subject; a person confirms: detente file match %s --note %s", shorts(v.Perhaps), v.ID, matter.Quote([]string{v.Perhaps[0].Short()})))
	}
}

// Entered prints the latest act on an entry in two lines, as [Page.Note] prints
// a note.
func (p *Page) Entered(lead string, v *view.InHouse, basis *note.Basis) {
	_, who, what, _ := InHouseLine(v)
	label, text := fmt.Sprintf("%s %s %s, in-house: ", lead, v.ID, v.Act), who+": "+what
	if n := len(v.Moves); n > 0 {
		m := v.Moves[n-1]
		label, text = fmt.Sprintf("%s %s %s on %s, in-house: ", lead, m.ID, m.Act, v.ID), strings.Join(said(m.Act, m.Fields, m.Texts), " · ")
	}
	p.One(0, label, text, "")
	if basis != nil {
		p.One(6, "", basis.Mark+": "+basis.Line, Dim)
	}
}

// said returns what an act says, in the order of its table.
func said(act string, fields map[string]any, texts map[string]note.Wording) (out []string) {
	if _, a, ok := matter.FindHouse(act); ok {
		for _, s := range a.Fields {
			if v, ok := fields[s.Name]; ok {
				out = append(out, field(v))
			}
		}
		for _, t := range a.Texts {
			if s := (&view.Words{Texts: texts[t.Name]}).Text(); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// inHouseTitle says what an entry is.
func inHouseTitle(v *view.InHouse) string {
	of := func(name string) string { return field(v.Fields[name]) }
	switch v.Act {
	case "claim/enter":
		return fmt.Sprintf("claim of %s, %s", whose(v), of("date"))
	case "file/call":
		return fmt.Sprintf("call of %s to %s, %s", of("from"), of("to"), of("when"))
	}
	return fmt.Sprintf("paper of %s, %s", of("from"), of("date"))
}

// titled is the fields that the title of an entry says.
var titled = map[string][]string{"claim/enter": {"date", "outlet", "speaker"}, "file/call": {"from", "to", "when"}, "file/paper": {"date", "from"}}

// inHouseBody prints fields and texts in the order of the act's table, but the
// fields that were said before.
func (p *Page) inHouseBody(indent int, act string, fields map[string]any, texts map[string]note.Wording, before []string) {
	_, a, ok := matter.FindHouse(act)
	if !ok {
		return
	}
	for _, s := range a.Fields {
		if v, ok := fields[s.Name]; ok && !slices.Contains(before, s.Name) {
			p.Hang(indent, s.Name+":", field(v))
		}
	}
	for _, t := range a.Texts {
		for _, lang := range sorted(texts[t.Name]) {
			label := t.Name + ":"
			if lang != "en" {
				label = t.Name + ", " + lang + ":"
			}
			p.Hang(indent, label, texts[t.Name][lang])
		}
	}
}

// whose says whose words a claim is, and where they were published; an outlet
// can speak for itself.
func whose(v *view.InHouse) string {
	speaker, outlet := field(v.Fields["speaker"]), field(v.Fields["outlet"])
	if speaker == outlet {
		return outlet + " itself"
	}
	return speaker + ", in " + outlet
}

// InHouseLine says an entry in the cells of a table: name, date, whose, what.
func InHouseLine(v *view.InHouse) (date, who, what, state string) {
	of := func(name string) string { return field(v.Fields[name]) }
	state = v.State
	if v.Match != nil && v.State == "matched" {
		state = "arrived over the line as " + v.Match.Short()
	} else if len(v.Perhaps) > 0 {
		state += ", perhaps " + shorts(v.Perhaps)
	}
	text := func(slot string) string {
		return (&view.Words{Texts: v.Texts[slot]}).Text()
	}
	switch v.Act {
	case "claim/enter":
		return of("date"), whose(v), "“" + text("quotation") + "”", state
	case "file/call":
		return of("when"), of("from") + ", a call to " + of("to"), text("said"), state
	}
	return of("date"), of("from"), of("subject"), state
}

// made says from which press text a note was made.
func (p *Page) made(m *house.Made) {
	if m.From == nil {
		return
	}
	what := m.From.Text
	if m.From.Outlet != "" {
		what += ", " + m.From.Outlet
	}
	if m.From.Date != "" {
		what += ", " + m.From.Date
	}
	p.Hang(4, "in-house: made from", what+": “"+m.From.Span+"”")
}

// exerciseMark stands at the head and the foot of every paper of an exercise.
const exerciseMark = "EXERCISE EXERCISE EXERCISE"

// Paper lays a note out as it is handed over: everything that a reader needs who
// has nothing but the paper, and at its foot the words by which two people
// compare it.
func (p *Page) Paper(v *view.Print) {
	if v.Exercise {
		p.Line(exerciseMark)
		p.Blank()
	}
	name := func(code string) string {
		if full := v.Names[code]; full != "" {
			return full + " (" + code + ")"
		}
		return code
	}
	from := name(v.Party)
	if v.Office != "" {
		office := v.Office
		if v.OfficeName != "" {
			office = v.OfficeName + " (" + v.Office + ")"
		}
		from += ", " + office
	}
	var to []string
	for _, code := range v.Audience {
		if code != v.Party {
			to = append(to, name(code))
		}
	}
	if v.Name != "" {
		p.Heading(v.Name)
		p.Blank()
	}
	pair := func(label, value string) {
		if value != "" {
			p.Hang(0, pad(label+":", 12), value)
		}
	}
	pair("from", from)
	pair("to", strings.Join(to, ", "))
	pair("time", Local(&v.Frame, v.Time))
	if v.ID != nil {
		pair("note", v.ID.Short())
	} else {
		pair("note", "not sent over a line; draft "+v.Draft)
	}
	pair("act", v.Act)
	if v.Matter != nil {
		pair("on", v.Matter.Short())
	}
	pair("precedence", v.Precedence)
	pair("handling", v.Handling)
	if v.Basis != nil {
		pair("basis", v.Basis.Mark+": "+v.Basis.Line)
	}
	for _, n := range sorted(v.Fields) {
		pair(n, field(v.Fields[n]))
	}
	p.Blank()
	p.Letter(&view.Note{NoteLine: &view.NoteLine{Act: v.Act}, Authentic: v.Authentic, Content: v.Content, Quotes: v.Quotes, Texts: v.Texts})
	for i, a := range v.Attachments {
		p.Hang(4, fmt.Sprintf("attachment %d:", i+1), fmt.Sprintf("%s, %d bytes", a.Name, a.Size))
	}
	p.Blank()
	p.Line(strings.Repeat("-", p.width))
	if v.ID != nil {
		pair("full name", v.ID.String())
		pair("leaf", v.Leaf.String())
	}
	pair("check words", strings.Join(v.CheckWords, " "))
	p.Para(0, "Who receives this paper reads the check words back over a line on which the voices are known, and enters them when logging it: a note that comes over the line later is so found to be the same.")
	if v.Exercise {
		p.Blank()
		p.Line(exerciseMark)
	}
}
