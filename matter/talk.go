package matter

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/note"
)

// Fields of talks.
var (
	tkForm     = enum("form", "how the sides talk", "telephone", "video", "meeting", "visit").Must()
	tkWhen     = date("when", "when").Must()
	tkLevel    = line("level", "at what level: foreign ministers, heads of section").Must()
	tkWhere    = place("where", "where")
	tkCalledBy = code("called-by", "who called, as the author says")
	tkTopic    = enum("topic", "what the point is about", Topics...).Must()
	tkPoints   = list("points", "the points of the readout, numbered from 1 in their order; the text of each stands in the content", 64, tkTopic.Spec).Must()
	tkReadout  = ref("readout", "the other side's readout").Must()
	tkPoint    = number("point", "the number of the point there", 64).Must()
	tkAs       = enum("as", "how the author marks it", "agreed", "disputed").Must()
	tkWith     = number("with", "the number of the point of one's own readout that it is laid beside", 64)
)

// Topics are what a point of a readout can be about. A topic only lays points
// side by side; that two points share one does not say that they agree.
var Topics = []string{
	"ambassadors", "border", "casualties", "cooperation", "counter-terrorism", "de-escalation", "dialogue", "dossiers",
	"grounds", "humanitarian", "information", "invitation", "mechanism", "other", "palestine", "prisoners", "relations",
	"right-to-respond", "security", "sovereignty", "trade", "trust", "visit",
}

// Talk is a call, a meeting or a visit, and each side's readout of it.
var Talk = Kind{
	Name: "talk",
	Doc:  "A call, a meeting or a visit: proposed, agreed, held; then each side's readout, point by point. A point stands in both readouts or in one. It is agreed, or disputed, only where the other side marked it so; unmarked is never agreed.",
	States: []StateDoc{
		{"proposed", "proposed; not every other principal has agreed"},
		{"agreed", "every principal agreed to the latest proposal"},
		{"declined", "declined"},
		{"cancelled", "cancelled"},
		{"crossed", "agreed, and changed, declined or cancelled, by notes that crossed, or two proposals crossed: somebody must propose again"},
		{"held", "a side says that it was held"},
	},
	Acts: []Act{
		{Name: "propose", Doc: "Proposes a talk; an invitation is a proposed visit.", Opens: true, Who: Proposers,
			Fields: []Spec{tkForm.Spec, optional(tkWhen.Spec), tkLevel.Spec, tkWhere.Spec}, Texts: []TextSpec{{Name: "agenda", Doc: "what it is to be about"}}},
		{Name: "agree", Doc: "Agrees to the latest proposal that its author has seen.", From: []string{"proposed", "declined", "cancelled"}, Who: Principals, Binds: true, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "counter", Doc: "Proposes another time.", From: []string{"proposed", "agreed", "declined", "crossed"}, Who: Proposers, Fields: []Spec{tkWhen.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "why"}}},
		{Name: "decline", Doc: "Declines what its author has seen proposed.", From: []string{"proposed", "agreed", "crossed"}, Who: Principals, Texts: []TextSpec{{Name: "remark", Doc: "why, if at all"}}},
		{Name: "cancel", Doc: "Cancels what was proposed or agreed.", From: []string{"proposed", "agreed", "declined", "crossed"}, Who: Principals, Texts: []TextSpec{{Name: "remark", Doc: "why, if at all"}}},
		{Name: "held", Doc: "Says that the talk was held; also of one that was never proposed here.", Opens: true, From: []string{"proposed", "agreed", "declined", "cancelled", "crossed", "held"}, Who: Principals,
			Fields: []Spec{optional(tkForm.Spec), tkWhen.Spec, optional(tkLevel.Spec), tkWhere.Spec, tkCalledBy.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "readout", Doc: "Gives a side's readout, point by point. A later one stands beside the earlier.", From: []string{"held"}, Who: Principals,
			Fields: []Spec{tkPoints.Spec}, Texts: []TextSpec{{Name: "point", Doc: "the text of each point", Numbered: true, Required: true}, {Name: "preamble", Doc: "words before the points"}}},
		{Name: "mark", Doc: "Marks a point of the other side's readout as agreed or disputed.", From: []string{"held"}, Who: Party, Binds: true,
			Fields: []Spec{tkReadout.Spec, tkPoint.Spec, tkAs.Spec, tkWith.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "reserve", Doc: "Reserves one's position on a point of the other side's readout.", From: []string{"held"}, Who: Party,
			Fields: []Spec{tkReadout.Spec, tkPoint.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
	},
}

func init() { Talk.Apply = applyTalk }

// TalkState is what a talk has come to.
type TalkState struct {
	Agreed   []Said    `json:"agreed,omitempty"`    // to the latest proposal
	Before   *Proposal `json:"before,omitempty"`    // the proposal that the last counter, decline or cancel was an answer to
	CalledBy []Said    `json:"called_by,omitempty"` // Party is who called; Note who says so
	Crossed  []note.ID `json:"crossed,omitempty"`
	Done     *note.ID  `json:"done,omitempty"`  // the note that completed the agreement
	Ended    *note.ID  `json:"ended,omitempty"` // the note that declined or cancelled
	Form     string    `json:"form,omitempty"`
	Held     []Said    `json:"held,omitempty"`
	Level    string    `json:"level,omitempty"`
	Marks    []Mark    `json:"marks,omitempty"`
	Opener   string    `json:"opener"`
	Opening  note.ID   `json:"opening"`
	Proposed note.ID   `json:"proposed"` // the latest proposal
	Readouts []Readout `json:"readouts,omitempty"`
	State    string    `json:"state"`
	When     string    `json:"when,omitempty"`
	Where    string    `json:"where,omitempty"`
}

// Proposal is a proposal that another note has put aside, and who had agreed
// to it. An agreement that crossed that note may still complete it; then the
// two are crossed.
type Proposal struct {
	Agreed []Said  `json:"agreed"`
	Note   note.ID `json:"note"`
}

// Readout is one side's readout. Topics are those of its points, in order.
type Readout struct {
	Note   note.ID  `json:"note"`
	Party  string   `json:"party"`
	Topics []string `json:"topics"`
}

// Mark is what a side says of one point of the other side's readout.
type Mark struct {
	As      string  `json:"as"` // agreed, disputed, reserved
	Note    note.ID `json:"note"`
	Party   string  `json:"party"`
	Point   int     `json:"point"`
	Readout note.ID `json:"readout"`
	With    int     `json:"with,omitempty"`
}

func (s *TalkState) Opened() string          { return s.Opener }
func (s *TalkState) Stage(*note.Move) string { return s.State }
func (s *TalkState) Status() string          { return s.State }
func (s *TalkState) Clocks() []Clock         { return nil }

func applyTalk(prev State, in *Input) (State, error) {
	if prev == nil {
		s := &TalkState{State: "proposed", Opener: in.Party, Opening: in.ID, Proposed: in.ID, Form: tkForm.Or(in.Move, ""), When: tkWhen.Or(in.Move, ""), Level: tkLevel.Or(in.Move, ""), Where: tkWhere.Or(in.Move, "")}
		if in.Act.Name == "propose" {
			s.Agreed = []Said{{in.ID, in.Party}}
			return s, nil
		}
		if s.Form == "" || s.Level == "" {
			return nil, errors.New("the form and the level are missing: nobody proposed this talk here")
		}
		return s.held(in)
	}
	s := *prev.(*TalkState)
	switch in.Act.Name {
	case "agree":
		return s.agree(in)
	case "counter", "decline", "cancel":
		return s.change(in)
	case "held":
		return s.held(in)
	case "readout":
		return s.readout(in)
	}
	return s.mark(in)
}

// agree takes a side's word on the proposal that it has seen. Where that one
// has been put aside by a note that the side had not seen, and the word
// completes it, the two have crossed.
func (s TalkState) agree(in *Input) (State, error) {
	aside := s.Ended
	if aside == nil && s.Before != nil {
		aside = &s.Proposed
	}
	switch {
	case s.State == "proposed" && in.Saw(s.Proposed):
		s.Agreed = said(s.Agreed, in)
		if everyone(s.Agreed, in) {
			s.State, s.Done = "agreed", &in.ID
		}
		return &s, nil
	case aside == nil || in.Saw(*aside):
		return nil, errors.New("there is no open proposal that its author had seen")
	}
	before := s.Before
	if s.Ended != nil {
		before = &Proposal{s.Agreed, s.Proposed}
	}
	if !in.Saw(before.Note) {
		return nil, errors.New("its author had not seen the proposal, " + before.Note.Short())
	}
	if s.Ended != nil {
		s.Agreed = said(s.Agreed, in)
	} else {
		s.Before = &Proposal{said(before.Agreed, in), before.Note}
	}
	if everyone(said(before.Agreed, in), in) {
		s.State, s.Crossed, s.Agreed = "crossed", []note.ID{*aside, in.ID}, nil
	}
	return &s, nil
}

// change puts the proposal aside. What its author had not seen of the other
// side's word has crossed it.
func (s TalkState) change(in *Input) (State, error) {
	act := in.Act.Name
	switch {
	case s.State == "crossed":
		for _, id := range s.Crossed {
			if id != in.ID && !in.Saw(id) {
				return nil, errors.New("it was written before its author had seen the notes that crossed")
			}
		}
		s.Crossed = nil
	case s.Done != nil && s.State == "agreed" && !in.Saw(*s.Done):
		s.State, s.Crossed, s.Agreed, s.Done = "crossed", []note.ID{*s.Done, in.ID}, nil, nil
		return &s, nil
	case s.State == "agreed" && act == "decline":
		return nil, errors.New("it was agreed; cancel it, or propose another time")
	case s.Ended != nil && in.Saw(*s.Ended):
		return nil, errors.New("its author had seen that it was " + s.State)
	case act == "counter" && !in.Saw(s.Proposed):
		// Two proposals crossed, and neither is the later one.
		s.State, s.Crossed, s.Agreed = "crossed", []note.ID{s.Proposed, in.ID}, nil
		return &s, nil
	case act == "decline" && !in.Saw(s.Proposed):
		return &s, nil // it declines an earlier proposal, which another has replaced
	}
	if act == "counter" {
		s.Before = &Proposal{s.Agreed, s.Proposed}
		s.State, s.Proposed, s.Agreed, s.Ended, s.Done = "proposed", in.ID, []Said{{in.ID, in.Party}}, nil, nil
		s.When, _ = tkWhen.Of(in.Move)
		return &s, nil
	}
	s.State, s.Ended, s.Done = map[string]string{"decline": "declined", "cancel": "cancelled"}[act], &in.ID, nil
	return &s, nil
}

// said returns the words with that of the input's author as the latest.
func said(list []Said, in *Input) []Said {
	return append(slices.DeleteFunc(slices.Clone(list), func(w Said) bool { return w.Party == in.Party }), Said{in.ID, in.Party})
}

// everyone reports whether every principal is among the words.
func everyone(list []Said, in *Input) bool {
	for _, p := range in.Principals {
		if !slices.ContainsFunc(list, func(w Said) bool { return w.Party == p }) {
			return false
		}
	}
	return true
}

func (s TalkState) held(in *Input) (State, error) {
	s.State = "held"
	s.Held = append(slices.Clone(s.Held), Said{in.ID, in.Party})
	if caller, ok := tkCalledBy.Of(in.Move); ok {
		s.CalledBy = append(slices.Clone(s.CalledBy), Said{in.ID, caller})
	}
	return &s, nil
}

func (s TalkState) readout(in *Input) (State, error) {
	r := Readout{Note: in.ID, Party: in.Party}
	points, _ := tkPoints.Of(in.Move)
	for _, p := range points {
		topic, _ := tkTopic.From(p)
		r.Topics = append(r.Topics, topic)
	}
	s.Readouts = append(slices.Clone(s.Readouts), r)
	return &s, nil
}

func (s TalkState) mark(in *Input) (State, error) {
	id, _ := tkReadout.Of(in.Move)
	point, _ := tkPoint.Of(in.Move)
	i := slices.IndexFunc(s.Readouts, func(r Readout) bool { return r.Note == id })
	switch {
	case i < 0:
		return nil, errors.New("there is no readout " + id.Short() + " of this talk")
	case s.Readouts[i].Party == in.Party:
		return nil, errors.New("it marks a point of its author's own readout")
	case point < 1 || point > len(s.Readouts[i].Topics):
		return nil, fmt.Errorf("the readout has no point %d", point)
	}
	m := Mark{As: tkAs.Or(in.Move, "reserved"), Note: in.ID, Party: in.Party, Point: point, Readout: id, With: tkWith.Or(in.Move, 0)}
	if m.With > 0 {
		if own, ok := s.Latest(in.Party); !ok || m.With > len(own.Topics) {
			return nil, fmt.Errorf("its author has given no readout with a point %d", m.With)
		}
	}
	// A later mark by the same party on the same point takes the place of the earlier.
	s.Marks = append(slices.DeleteFunc(slices.Clone(s.Marks), func(o Mark) bool {
		return o.Party == m.Party && o.Readout == m.Readout && o.Point == m.Point
	}), m)
	return &s, nil
}

// Latest returns a party's latest readout.
func (s *TalkState) Latest(party string) (Readout, bool) {
	for _, r := range slices.Backward(s.Readouts) {
		if r.Party == party {
			return r, true
		}
	}
	return Readout{}, false
}

// A TopicRow is one topic of a talk: the points that each side's readouts have
// on it, and what was marked.
type TopicRow struct {
	Topic  string
	Points []ReadoutPoint
}

// ReadoutPoint is one point of one readout.
type ReadoutPoint struct {
	Party   string
	Readout note.ID
	Number  int
	Marks   []Mark
}

// Parties returns who has a point in the row.
func (r TopicRow) Parties() []string {
	var out []string
	for _, p := range r.Points {
		if !slices.Contains(out, p.Party) {
			out = append(out, p.Party)
		}
	}
	slices.Sort(out)
	return out
}

// Compare lays the readouts side by side: one row for each topic, in the order
// in which the first of them comes to it. A side's later readout stands beside
// its earlier one: nobody takes back a point, or what was marked on it, by
// giving another readout.
func (s *TalkState) Compare() []TopicRow {
	readouts := slices.Clone(s.Readouts)
	slices.SortStableFunc(readouts, func(a, b Readout) int { return strings.Compare(a.Party, b.Party) })
	var rows []TopicRow
	for _, r := range readouts {
		for i, topic := range r.Topics {
			p := ReadoutPoint{Party: r.Party, Readout: r.Note, Number: i + 1}
			for _, m := range s.Marks {
				if m.Readout == r.Note && m.Point == i+1 {
					p.Marks = append(p.Marks, m)
				}
			}
			at := slices.IndexFunc(rows, func(row TopicRow) bool { return row.Topic == topic })
			if at < 0 {
				at = len(rows)
				rows = append(rows, TopicRow{Topic: topic})
			}
			rows[at].Points = append(rows[at].Points, p)
		}
	}
	return rows
}
