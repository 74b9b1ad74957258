package view

import (
	"fmt"
	"slices"
	"strings"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// Agreement is the agreement as it stands, in the two halves of the
// headline: what is agreed, where the ambassadors are, who owes what by when,
// and what is open; every line with the words that it rests on, and whose they are.
type Agreement struct {
	Frame
	Halves     []Half   `json:"halves"`
	CheckWords []string `json:"check_words"` // of the picture
}

// Half is one half of the agreement.
type Half struct {
	Agreed   []*Item `json:"agreed"`
	Missions []*Item `json:"missions"` // where the ambassadors are, as the side says whose word it is
	Name     string  `json:"name"`     // de-escalation, coordination
	Open     []*Item `json:"open"`
	Owed     []*Item `json:"owed"`
	Title    string  `json:"title"`
}

// Item is one line of a half. What is the program's own wording, and takes no
// side; the substance is in the words.
type Item struct {
	Clock       *Clock   `json:"clock,omitempty"`
	Kind        string   `json:"kind"`
	Matter      note.ID  `json:"matter"`
	Provisional bool     `json:"provisional"`
	What        string   `json:"what"`
	Words       []*Words `json:"words"`
}

// The two halves.
const (
	deEscalation = "de-escalation"
	coordination = "coordination"
)

// calming are the topics of the first half; all others are of the second.
var calming = []string{"ambassadors", "border", "casualties", "de-escalation", "dialogue", "grounds", "relations", "right-to-respond", "sovereignty", "trust"}

func halfOf(topic string) string {
	if slices.Contains(calming, topic) {
		return deEscalation
	}
	return coordination
}

// Standing returns the agreement as it stands.
func Standing(src Source, channel note.Digest) (*Agreement, error) {
	return build(src, channel, func(b *builder) (*Agreement, error) {
		v := &Agreement{Frame: b.frame(), Halves: []Half{
			{Name: deEscalation, Title: "De-escalation", Agreed: []*Item{}, Open: []*Item{}, Owed: []*Item{}},
			{Name: coordination, Title: "Coordination on counter-terrorism and other mutual concerns", Agreed: []*Item{}, Open: []*Item{}, Owed: []*Item{}},
		}}
		d := &drawing{b, v, map[note.ID]string{}}
		for _, m := range b.s.Register.Matters() {
			if draw := standingOf[m.Kind.Name]; draw != nil {
				draw(d, m)
			}
		}
		for _, c := range b.s.Register.Owing(b.now) {
			if c.State == register.Running || c.State == register.DueUnreported {
				d.owed(c)
			}
		}
		picture, _ := b.s.Register.Picture(b.speakers(), b.s.Register.Heads())
		v.CheckWords = CheckWords(picture)
		return v, nil
	})
}

// standingOf is what each kind brings to the agreement.
var standingOf = map[string]func(*drawing, *register.Matter){
	"dossier":     brings((*drawing).dossier),
	"group":       brings((*drawing).group),
	"case":        brings((*drawing).cases),
	"handover":    brings((*drawing).handover),
	"incident":    brings((*drawing).incident),
	"mission":     brings((*drawing).mission),
	"request":     brings((*drawing).request),
	"statement":   brings((*drawing).statement),
	"talk":        brings((*drawing).talk),
	"undertaking": brings((*drawing).undertaking),
}

// brings makes a row of standingOf from a method that knows the state's type.
func brings[S matter.State](draw func(*drawing, *register.Matter, S)) func(*drawing, *register.Matter) {
	return func(d *drawing, m *register.Matter) {
		if s, ok := m.State.(S); ok {
			draw(d, m, s)
		}
	}
}

// drawing puts matters into halves.
type drawing struct {
	*builder
	v    *Agreement
	half map[note.ID]string // of a matter
}

func (d *drawing) to(half string) *Half {
	return &d.v.Halves[slices.IndexFunc(d.v.Halves, func(h Half) bool { return h.Name == half })]
}

func (d *drawing) item(m *register.Matter, what string, words ...*Words) *Item {
	return &Item{Kind: m.Kind.Name, Matter: m.ID, Provisional: m.Provisional(), What: what, Words: slices.Concat([]*Words{}, words)}
}

func (d *drawing) undertaking(m *register.Matter, s *matter.UndertakingState) {
	half := coordination
	if s.Half != "" {
		half = s.Half
	}
	d.half[m.ID] = half
	h := d.to(half)
	terms := d.words(s.Opening, "terms")
	switch s.State {
	case "in force":
		what := fmt.Sprintf("undertaking of %s, in force: accepted by every principal", parties(s.Parts))
		if s.Status() == "fulfilled" {
			what = fmt.Sprintf("undertaking of %s, fulfilled: every part confirmed", parties(s.Parts))
		}
		h.Agreed = append(h.Agreed, d.item(m, what, terms))
		for i, p := range s.Parts {
			if p.Stage == "disputed" || p.Stage == "reported" {
				what := map[string]string{"disputed": "reported done by %s, disputed", "reported": "reported done by %s, not confirmed"}[p.Stage]
				h.Open = append(h.Open, d.item(m, fmt.Sprintf("part %d: "+what, i+1, p.By), d.words(s.Opening, fmt.Sprintf("part/%d", i+1))))
			}
		}
	case "offered":
		h.Open = append(h.Open, d.item(m, fmt.Sprintf("offered or asked for by %s, not accepted by every principal", s.Opener), terms))
	case "crossed":
		h.Open = append(h.Open, d.item(m, "accepted and withdrawn by notes that crossed: people must say again", terms))
	case "declined", "withdrawn":
		var by []string
		for _, e := range s.Ended {
			by = append(by, e.As+" by "+e.Party)
		}
		h.Open = append(h.Open, d.item(m, fmt.Sprintf("undertaking offered or asked for by %s: %s", s.Opener, strings.Join(by, ", ")), terms))
	}
}

func parties(parts []matter.UndertakingPart) string {
	var out []string
	for _, p := range parts {
		if !slices.Contains(out, p.By) {
			out = append(out, p.By)
		}
	}
	return strings.Join(out, " and ")
}

func (d *drawing) talk(m *register.Matter, s *matter.TalkState) {
	d.half[m.ID] = deEscalation
	name := strings.TrimSpace(s.Form + " talk on " + s.When)
	switch s.State {
	case "agreed":
		h := d.to(deEscalation)
		h.Agreed = append(h.Agreed, d.item(m, name+": agreed to by every principal", d.words(s.Opening, "agenda")))
	case "proposed":
		h := d.to(deEscalation)
		h.Open = append(h.Open, d.item(m, name+": proposed, not agreed to", d.words(s.Opening, "agenda")))
	}
	t := d.builder.talk(s)
	for _, row := range t.Points {
		h := d.to(halfOf(row.Topic))
		for _, p := range row.Points {
			if p.Standing == "agreed" {
				h.Agreed = append(h.Agreed, d.item(m, fmt.Sprintf("%s: %s, point %d, marked agreed by %s", name, p.Party, p.Number, markers(p.Marks)), p.Words))
			}
		}
		rest := slices.DeleteFunc(slices.Clone(row.Points), func(p Point) bool { return p.Standing == "agreed" })
		if len(rest) == 0 {
			continue
		}
		item := d.item(m, fmt.Sprintf("%s: %s, %s, %s", name, row.Topic, row.In, standings(rest)))
		for _, p := range rest {
			item.Words = append(item.Words, p.Words)
		}
		h.Open = append(h.Open, item)
	}
}

func standings(points []Point) string {
	var out []string
	for _, p := range points {
		s := p.Standing
		if len(p.Marks) > 0 {
			s += " by " + markers(p.Marks)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

func markers(marks []matter.Mark) string {
	var out []string
	for _, m := range marks {
		if !slices.Contains(out, m.Party) {
			out = append(out, m.Party)
		}
	}
	return strings.Join(out, ", ")
}

func (d *drawing) incident(m *register.Matter, s *matter.IncidentState) {
	d.half[m.ID] = deEscalation
	if s.State == "settled" {
		h := d.to(deEscalation)
		h.Agreed = append(h.Agreed, d.item(m, "incident, called settled by every principal", d.words(s.Opening, "account")))
		return
	}
	var who []string
	item := d.item(m, "")
	for _, a := range s.Accounts {
		if !slices.Contains(who, a.Party) {
			who = append(who, a.Party)
		}
		item.Words = append(item.Words, d.words(a.Note, "account"))
	}
	item.What = "incident, not settled: account of " + strings.Join(who, ", account of ")
	h := d.to(deEscalation)
	h.Open = append(h.Open, item)
}

func (d *drawing) mission(m *register.Matter, s *matter.MissionState) {
	d.half[m.ID] = deEscalation
	h := d.to(deEscalation)
	var now []string
	var words []*Words
	for _, name := range sortedKeys(s.Fields) {
		f := s.Fields[name]
		now = append(now, fmt.Sprintf("%s: %s (said by %s)", name, f.Value, f.Party))
		if !slices.ContainsFunc(words, func(w *Words) bool { return w.Note == f.Note }) {
			words = append(words, d.words(f.Note, "words"))
		}
	}
	item := d.item(m, fmt.Sprintf("mission of %s to %s: %s", s.Sending, s.Receiving, strings.Join(now, "; ")), words...)
	if s.Crossed != nil {
		item.What += "; changed by notes that crossed: people must say again"
	}
	h.Missions = append(h.Missions, item)
}

func (d *drawing) owed(c register.ClockView) {
	half, ok := d.half[c.Matter.ID]
	if !ok {
		half = coordination
	}
	clock := d.clock(c)
	item := d.item(c.Matter, fmt.Sprintf("%s owes: %s", c.Owes, c.For), clock.Words)
	var n int
	switch s := c.Matter.State.(type) {
	case *matter.UndertakingState:
		if _, err := fmt.Sscanf(c.For, "part %d,", &n); err == nil {
			item.Words = []*Words{d.words(s.Opening, fmt.Sprintf("part/%d", n))}
		}
	case *matter.DossierState:
		if _, err := fmt.Sscanf(c.For, "item %d,", &n); err == nil {
			item.Words = []*Words{d.words(s.Items[n-1].Note, fmt.Sprintf("item/%d", s.Items[n-1].Number))}
		}
	}
	item.Clock = clock
	h := d.to(half)
	h.Owed = append(h.Owed, item)
}
