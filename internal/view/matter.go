package view

import (
	"fmt"
	"slices"

	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Matter is one matter in full. One of the fields of the second part is there,
// by its kind; the kinds without one are shown in sections.
type Matter struct {
	Frame
	*MatterLine
	AllNotes []*NoteLine `json:"all_notes"`        // in the order of the fold
	Claims   []*InHouse  `json:"claims,omitempty"` // in-house: what the press or a third party says, laid beside it
	Clocks   []*Clock    `json:"clocks"`
	Crossed  []note.ID   `json:"crossed,omitempty"` // concurrent moves that people must resolve

	Incident    *Incident            `json:"incident,omitempty"`
	Line        *matter.LineState    `json:"line,omitempty"`
	Message     *matter.MessageState `json:"message,omitempty"`
	Mission     *Mission             `json:"mission,omitempty"`
	Sections    []Section            `json:"sections,omitempty"`
	Talk        *Talk                `json:"talk,omitempty"`
	Undertaking *Undertaking         `json:"undertaking,omitempty"`
}

// Incident lays the sides' accounts beside each other, unmerged.
type Incident struct {
	Others    []Said     `json:"others"` // protests, words of regret
	Questions []Question `json:"questions"`
	Settled   []string   `json:"settled"` // parties that call it settled
	Sides     []Side     `json:"sides"`
}

// Side is all that one party says of an incident.
type Side struct {
	Accounts []Account `json:"accounts"`
	Party    string    `json:"party"`
}

// Account is one account, every part of it as claimed by its author.
type Account struct {
	matter.Account
	Words []*Words `json:"words"` // account, actors, target, casualties, grounds
}

// Said is a note beside the accounts.
type Said struct {
	Act   string  `json:"act"`
	Note  note.ID `json:"note"`
	Party string  `json:"party"`
	Words *Words  `json:"words"`
}

// Question is a question and its answers.
type Question struct {
	Answers []*Words `json:"answers"`
	Asker   string   `json:"asker"`
	Note    note.ID  `json:"note"`
	Words   *Words   `json:"words"`
}

// Mission is the head of mission, the premises and the rest, field by field.
type Mission struct {
	Fields    []MissionField `json:"fields"`
	Receiving string         `json:"receiving"`
	Sending   string         `json:"sending"`
}

// MissionField is the last change of one field, and the words of it.
type MissionField struct {
	matter.MissionField
	Name  string `json:"name"`
	Words *Words `json:"words"`
}

// Talk is a talk and its readouts, point by point.
type Talk struct {
	*matter.TalkState
	Points   []Row    `json:"points"`
	Preamble []*Words `json:"preambles"`
	Sides    []string `json:"sides"` // who gave a readout
}

// Row is one topic: where it stands, and how it was marked. Two points that
// share a topic do not therefore agree.
type Row struct {
	In     locale.Phrase `json:"in"` // "both readouts", "only in PAK's readout", "in the only readout so far, PAK's"
	Points []Point       `json:"points"`
	Topic  string        `json:"topic"`
}

// Point is one point of one readout.
type Point struct {
	Marks    []matter.Mark `json:"marks"`
	Number   int           `json:"number"`
	Party    string        `json:"party"`
	Readout  note.ID       `json:"readout"`
	Standing string        `json:"standing"` // agreed, disputed, reserved: as the other side marked it; else unmarked
	Words    *Words        `json:"words"`
}

// Undertaking is an undertaking, part by part.
type Undertaking struct {
	*matter.UndertakingState
	Parts []Part `json:"parts"`
	Text  *Words `json:"text"` // what is accepted or declined as a whole
}

// Part is one part of an undertaking.
type Part struct {
	matter.UndertakingPart
	Clock  string `json:"clock"` // state of its clock; empty: not in force
	Number int    `json:"number"`
	Words  *Words `json:"words"`
}

// OneMatter returns a matter in full, by the note that opened it or any note on it.
func OneMatter(src Source, channel note.Digest, id note.ID) (*Matter, error) {
	v, err := build(src, channel, func(b *builder) (*Matter, error) {
		m := b.s.Register.Matter(id)
		if m == nil {
			return nil, &NotFound{"matter " + id.Short()}
		}
		v := &Matter{Frame: b.frame(), MatterLine: b.matterLine(m), AllNotes: []*NoteLine{}, Clocks: []*Clock{}}
		for _, e := range m.Entries {
			v.AllNotes = append(v.AllNotes, b.line(e))
		}
		for _, c := range b.s.Register.At(b.now) {
			if c.Matter == m {
				v.Clocks = append(v.Clocks, b.clock(c))
				if owing(c.State) {
					v.Owed++
				}
			}
		}
		if draw := pages[m.Kind.Name]; draw != nil {
			v.Crossed = draw(b, v, m)
		}
		return v, nil
	})
	if err != nil {
		return nil, err
	}
	v.Claims, err = claimsOn(src, v)
	return v, err
}

func (b *builder) incident(s *matter.IncidentState) *Incident {
	v := &Incident{Others: []Said{}, Questions: []Question{}, Settled: []string{}, Sides: []Side{}}
	_, report, _ := matter.Find("incident/report")
	for _, a := range s.Accounts {
		i := slices.IndexFunc(v.Sides, func(s Side) bool { return s.Party == a.Party })
		if i < 0 {
			i = len(v.Sides)
			v.Sides = append(v.Sides, Side{Party: a.Party})
		}
		account := Account{Account: a}
		for _, t := range report.Texts {
			account.Words = append(account.Words, b.words(a.Note, t.Name))
		}
		v.Sides[i].Accounts = append(v.Sides[i].Accounts, account)
	}
	for _, w := range s.Others {
		v.Others = append(v.Others, Said{w.Act, w.Note, w.Party, b.words(w.Note, w.Act)})
	}
	for _, q := range s.Questions {
		question := Question{Answers: []*Words{}, Asker: q.Asker, Note: q.Note, Words: b.words(q.Note, "question")}
		for _, a := range q.Answers {
			question.Answers = append(question.Answers, b.words(a, "answer"))
		}
		v.Questions = append(v.Questions, question)
	}
	for _, w := range s.Settled {
		v.Settled = append(v.Settled, w.Party)
	}
	return v
}

func (b *builder) mission(s *matter.MissionState) *Mission {
	v := &Mission{Fields: []MissionField{}, Receiving: s.Receiving, Sending: s.Sending}
	for _, name := range sortedKeys(s.Fields) {
		f := s.Fields[name]
		v.Fields = append(v.Fields, MissionField{f, name, b.words(f.Note, "words")})
	}
	return v
}

func (b *builder) talk(s *matter.TalkState) *Talk {
	v := &Talk{TalkState: s, Points: []Row{}, Preamble: []*Words{}, Sides: []string{}}
	for _, r := range s.Readouts {
		if !slices.Contains(v.Sides, r.Party) {
			v.Sides = append(v.Sides, r.Party)
		}
	}
	slices.Sort(v.Sides)
	for _, p := range v.Sides {
		r, _ := s.Latest(p)
		v.Preamble = append(v.Preamble, b.words(r.Note, "preamble"))
	}
	for _, row := range s.Compare() {
		r := Row{Topic: row.Topic, In: where(row.Parties(), v.Sides)}
		for _, p := range row.Points {
			r.Points = append(r.Points, Point{Marks: slices.Concat([]matter.Mark{}, p.Marks), Number: p.Number, Party: p.Party, Readout: p.Readout,
				Standing: standing(p.Marks), Words: b.words(p.Readout, fmt.Sprintf("point/%d", p.Number))})
		}
		v.Points = append(v.Points, r)
	}
	return v
}

// where says in whose readouts a topic stands.
func where(in, sides []string) locale.Phrase {
	switch {
	case len(sides) == 1:
		return locale.Phrasef("in the only readout so far, %s's", sides[0])
	case len(in) == len(sides) && len(sides) == 2:
		return locale.Phrasef("both readouts")
	case len(in) == len(sides):
		return locale.Phrasef("all readouts")
	case len(in) == 1:
		return locale.Phrasef("only in %s's readout", in[0])
	}
	return locale.Phrasef("in the readouts of %s only", fmt.Sprint(in))
}

// standing is how the other sides marked a point: all of them agreed, or one
// disputed or reserved. "Unmarked is never agreed."
func standing(marks []matter.Mark) string {
	out := "unmarked"
	for _, m := range marks {
		switch {
		case m.As == "disputed":
			return m.As
		case m.As == "reserved" || out == "unmarked":
			out = m.As
		}
	}
	return out
}

func (b *builder) undertaking(m *register.Matter, s *matter.UndertakingState) *Undertaking {
	v := &Undertaking{UndertakingState: s, Parts: []Part{}, Text: b.words(s.Opening, "terms")}
	states := map[string]string{}
	for _, c := range b.s.Register.At(b.now) {
		if c.Matter == m {
			states[c.For] = string(c.State)
		}
	}
	for i, p := range s.Parts {
		part := Part{UndertakingPart: p, Number: i + 1, Words: b.words(s.Opening, fmt.Sprintf("part/%d", i+1))}
		if s.InForce != nil {
			part.Clock = states[fmt.Sprintf("part %d, to report it done", i+1)]
		}
		v.Parts = append(v.Parts, part)
	}
	return v
}
