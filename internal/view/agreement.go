package view

import (
	"fmt"
	"slices"

	"detente/internal/locale"
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
	Agreed   []*Item       `json:"agreed"`
	Missions []*Item       `json:"missions"` // where the ambassadors are, as the side says whose word it is
	Name     string        `json:"name"`     // de-escalation, coordination
	Open     []*Item       `json:"open"`
	Owed     []*Item       `json:"owed"`
	Title    locale.Phrase `json:"title"`
}

// Item is one line of a half. What is the program's own wording, and takes no
// side; the substance is in the words.
type Item struct {
	Clock       *Clock        `json:"clock,omitempty"`
	Kind        string        `json:"kind"`
	Matter      note.ID       `json:"matter"`
	Provisional bool          `json:"provisional"`
	What        locale.Phrase `json:"what"`
	Words       []*Words      `json:"words"`
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
			{Name: deEscalation, Title: locale.Phrasef("De-escalation"), Agreed: []*Item{}, Open: []*Item{}, Owed: []*Item{}},
			{Name: coordination, Title: locale.Phrasef("Coordination on counter-terrorism and other mutual concerns"), Agreed: []*Item{}, Open: []*Item{}, Owed: []*Item{}},
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

func (d *drawing) item(m *register.Matter, what locale.Phrase, words ...*Words) *Item {
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
		what := locale.Phrasef("undertaking of %s, in force: accepted by every principal", parties(s.Parts))
		if s.Status() == "fulfilled" {
			what = locale.Phrasef("undertaking of %s, fulfilled: every part confirmed", parties(s.Parts))
		}
		h.Agreed = append(h.Agreed, d.item(m, what, terms))
		for i, p := range s.Parts {
			if p.Stage == "disputed" || p.Stage == "reported" {
				what := locale.Phrasef("part %d: reported done by %s, not confirmed", i+1, p.By)
				if p.Stage == "disputed" {
					what = locale.Phrasef("part %d: reported done by %s, disputed", i+1, p.By)
				}
				h.Open = append(h.Open, d.item(m, what, d.words(s.Opening, fmt.Sprintf("part/%d", i+1))))
			}
		}
	case "offered":
		h.Open = append(h.Open, d.item(m, locale.Phrasef("offered or asked for by %s, not accepted by every principal", s.Opener), terms))
	case "crossed":
		h.Open = append(h.Open, d.item(m, locale.Phrasef("accepted and withdrawn by notes that crossed: people must say again"), terms))
	case "declined", "withdrawn":
		var by []locale.Phrase
		for _, e := range s.Ended {
			by = append(by, locale.Phrasef("%s by %s", locale.Phrasef(e.As), e.Party))
		}
		h.Open = append(h.Open, d.item(m, locale.Phrasef("undertaking offered or asked for by %s: %s", s.Opener, locale.Join("%s, %s", by...)), terms))
	}
}

func parties(parts []matter.UndertakingPart) locale.Phrase {
	var out []string
	for _, p := range parts {
		if !slices.Contains(out, p.By) {
			out = append(out, p.By)
		}
	}
	return names("%s and %s", out)
}

// names says names after each other, by two.
func names(format string, list []string) locale.Phrase {
	var out []locale.Phrase
	for _, s := range list {
		out = append(out, locale.Phrasef("%s", s))
	}
	return locale.Join(format, out...)
}

func (d *drawing) talk(m *register.Matter, s *matter.TalkState) {
	d.half[m.ID] = deEscalation
	name := locale.Phrasef("talk on %s", s.When)
	if s.Form != "" {
		name = locale.Phrasef("%s talk on %s", locale.Phrasef(s.Form), s.When)
	}
	switch s.State {
	case "agreed":
		h := d.to(deEscalation)
		h.Agreed = append(h.Agreed, d.item(m, locale.Phrasef("%s: agreed to by every principal", name), d.words(s.Opening, "agenda")))
	case "proposed":
		h := d.to(deEscalation)
		h.Open = append(h.Open, d.item(m, locale.Phrasef("%s: proposed, not agreed to", name), d.words(s.Opening, "agenda")))
	}
	t := d.builder.talk(s)
	for _, row := range t.Points {
		h := d.to(halfOf(row.Topic))
		for _, p := range row.Points {
			if p.Standing == "agreed" {
				h.Agreed = append(h.Agreed, d.item(m, locale.Phrasef("%s: %s, point %d, marked agreed by %s", name, p.Party, p.Number, markers(p.Marks)), p.Words))
			}
		}
		rest := slices.DeleteFunc(slices.Clone(row.Points), func(p Point) bool { return p.Standing == "agreed" })
		if len(rest) == 0 {
			continue
		}
		item := d.item(m, locale.Phrasef("%s: %s, %s, %s", name, locale.Phrasef(row.Topic), row.In, standings(rest)))
		for _, p := range rest {
			item.Words = append(item.Words, p.Words)
		}
		h.Open = append(h.Open, item)
	}
}

func standings(points []Point) locale.Phrase {
	var out []locale.Phrase
	for _, p := range points {
		s := locale.Phrasef(p.Standing)
		if len(p.Marks) > 0 {
			s = locale.Phrasef("%s by %s", s, markers(p.Marks))
		}
		if !slices.ContainsFunc(out, func(o locale.Phrase) bool { return o.String() == s.String() }) {
			out = append(out, s)
		}
	}
	return locale.Join("%s, %s", out...)
}

func markers(marks []matter.Mark) locale.Phrase {
	var out []string
	for _, m := range marks {
		if !slices.Contains(out, m.Party) {
			out = append(out, m.Party)
		}
	}
	return names("%s, %s", out)
}

func (d *drawing) incident(m *register.Matter, s *matter.IncidentState) {
	d.half[m.ID] = deEscalation
	if s.State == "settled" {
		h := d.to(deEscalation)
		h.Agreed = append(h.Agreed, d.item(m, locale.Phrasef("incident, called settled by every principal"), d.words(s.Opening, "account")))
		return
	}
	var who []string
	var accounts []locale.Phrase
	item := d.item(m, locale.Phrase{})
	for _, a := range s.Accounts {
		if !slices.Contains(who, a.Party) {
			who, accounts = append(who, a.Party), append(accounts, locale.Phrasef("account of %s", a.Party))
		}
		item.Words = append(item.Words, d.words(a.Note, "account"))
	}
	item.What = locale.Phrasef("incident, not settled: %s", locale.Join("%s, %s", accounts...))
	h := d.to(deEscalation)
	h.Open = append(h.Open, item)
}

func (d *drawing) mission(m *register.Matter, s *matter.MissionState) {
	d.half[m.ID] = deEscalation
	h := d.to(deEscalation)
	var now []locale.Phrase
	var words []*Words
	for _, name := range sortedKeys(s.Fields) {
		f := s.Fields[name]
		now = append(now, locale.Phrasef("%s: %s (said by %s)", locale.Phrasef(name), locale.Phrasef(f.Value), f.Party))
		if !slices.ContainsFunc(words, func(w *Words) bool { return w.Note == f.Note }) {
			words = append(words, d.words(f.Note, "words"))
		}
	}
	item := d.item(m, locale.Phrasef("mission of %s to %s: %s", s.Sending, s.Receiving, locale.Join("%s; %s", now...)), words...)
	if s.Crossed != nil {
		item.What = locale.Phrasef("%s; changed by notes that crossed: people must say again", item.What)
	}
	h.Missions = append(h.Missions, item)
}

func (d *drawing) owed(c register.ClockView) {
	half, ok := d.half[c.Matter.ID]
	if !ok {
		half = coordination
	}
	clock := d.clock(c)
	item := d.item(c.Matter, locale.Phrasef("%s owes: %s", c.Owes, Says(c.For)), clock.Words)
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
