package matter

import (
	"slices"
	"time"

	"detente/note"
)

// Fields of messages.
var (
	msForm     = enum("form", "the diplomatic form", "note-verbale", "aide-memoire", "letter", "demarche", "summons").Must()
	msGoodwill = flag("goodwill", "a goodwill message")
	msReplyTo  = ref("reply-to", "the note that it replies to")
	msAnswerBy = instant("answer-by", "by when an answer is asked for")
	msGrade    = enum("grade", "how far the answer goes", "acknowledged", "interim", "put-to-principal", "confirmed", "will-comply", "refused").Must()
)

// Message is a message in one of the forms of diplomacy, and its answers.
var Message = Kind{
	Name: "message",
	Doc:  "A message in a diplomatic form, and what is answered. To acknowledge is a person's deliberate act; it is neither to confirm nor to comply. Repeated and interim answers are normal.",
	States: []StateDoc{
		{"sent", "sent, not withdrawn"},
		{"consented", "its author consents that a note of its own is disclosed outside"},
		{"withdrawn", "withdrawn by its author; it stays in the record"},
		{"acknowledged", "a person of the other side has it before them, and says no more than that"},
		{"interim", "answered, and more is to come"},
		{"put-to-principal", "put to the person addressed"},
		{"confirmed", "what it says is confirmed"},
		{"will-comply", "the other side says that it will do what is asked"},
		{"refused", "the other side refuses"},
	},
	Acts: []Act{
		{Name: "send", Doc: "Sends a message.", Opens: true, Who: Proposers, Starts: "for the other principals, until the field answer-by: to answer",
			Fields: []Spec{msForm.Spec, msGoodwill.Spec, msReplyTo.Spec, msAnswerBy.Spec},
			Texts:  []TextSpec{{Name: "subject", Doc: "what it is about", Required: true, Limit: 300}, {Name: "body", Doc: "the text", Required: true}}},
		{Name: "correct", Doc: "Puts another text in the place of the last.", From: []string{"sent"}, Who: Opener,
			Texts: []TextSpec{{Name: "body", Doc: "the corrected text", Required: true}}},
		consentAct,
		{Name: "withdraw", Doc: "Withdraws it. A consent that is withdrawn lets nothing out any more; what has left has left.", From: []string{"sent", "consented"}, Who: Opener, Texts: []TextSpec{{Name: "body", Doc: "the reason, if any"}}},
		{Name: "answer", Doc: "Answers it, as far as the grade says.", From: []string{"sent", "withdrawn"}, Who: Others,
			Fields: []Spec{msGrade.Spec}, Texts: []TextSpec{{Name: "body", Doc: "the words of the answer"}}},
	},
}

func init() { Message.Apply = applyMessage }

// MessageState is what a message has come to.
type MessageState struct {
	AnswerBy    string    `json:"answer_by,omitempty"`
	Answers     []Answer  `json:"answers,omitempty"`
	Consent     *Consent  `json:"consent,omitempty"`
	Corrections []note.ID `json:"corrections,omitempty"`
	Form        string    `json:"form,omitempty"` // of a consent: none
	Goodwill    bool      `json:"goodwill,omitempty"`
	Opener      string    `json:"opener"`
	Opening     note.ID   `json:"opening"`
	Owing       []string  `json:"owing,omitempty"` // who is asked to answer
	ReplyTo     *note.ID  `json:"reply_to,omitempty"`
	State       string    `json:"state"`
}

// Answer is one party's answer.
type Answer struct {
	Grade string  `json:"grade"`
	Note  note.ID `json:"note"`
	Party string  `json:"party"`
}

func (s *MessageState) Opened() string          { return s.Opener }
func (s *MessageState) Stage(*note.Move) string { return s.State }
func (s *MessageState) Status() string {
	if len(s.Answers) > 0 && s.State == "sent" {
		return s.Answers[len(s.Answers)-1].Grade
	}
	return s.State
}

func (s *MessageState) Clocks() []Clock {
	if s.AnswerBy == "" {
		return nil
	}
	var out []Clock
	for _, p := range s.Owing {
		c := Clock{For: "to answer", From: s.Opening, Owes: p, Due: utc(s.AnswerBy), Void: s.State == "withdrawn"}
		// An acknowledgement, an interim word, or that it was put to the
		// principal is not yet the answer that the clock waits for.
		if i := slices.IndexFunc(s.Answers, func(a Answer) bool {
			return a.Party == p && (a.Grade == "confirmed" || a.Grade == "will-comply" || a.Grade == "refused")
		}); i >= 0 {
			c.Done = &s.Answers[i].Note
		}
		out = append(out, c)
	}
	return out
}

func applyMessage(prev State, in *Input) (State, error) {
	if in.Move.Act == ConsentAct {
		return consent(in)
	}
	if prev == nil {
		s := &MessageState{Opener: in.Party, Opening: in.ID, State: "sent", Goodwill: msGoodwill.Or(in.Move, false), AnswerBy: msAnswerBy.Or(in.Move, "")}
		s.Form, _ = msForm.Of(in.Move)
		if id, ok := msReplyTo.Of(in.Move); ok {
			s.ReplyTo = &id
		}
		if s.AnswerBy == "" {
			s.AnswerBy = ruled(in, "message/send")
		}
		if s.AnswerBy != "" {
			s.Owing = in.others()
		}
		return s, nil
	}
	s := *prev.(*MessageState)
	switch in.Act.Name {
	case "correct":
		s.Corrections = append(slices.Clone(s.Corrections), in.ID)
	case "withdraw":
		s.State = "withdrawn"
	case "answer":
		grade, _ := msGrade.Of(in.Move)
		s.Answers = append(slices.Clone(s.Answers), Answer{grade, in.ID, in.Party})
	}
	return &s, nil
}

// ruled returns the deadline that the charter sets for answering act, as an
// instant in UTC; empty where it sets none. Where several must answer, and
// their working days differ, the latest counts.
func ruled(in *Input, act string) string {
	var latest time.Time
	for _, p := range in.others() {
		if t, ok := in.Rules.Due(act, in.Time, p); ok && t.After(latest) {
			latest = t
		}
	}
	if latest.IsZero() {
		return ""
	}
	s, err := FormatInstant(latest, "UTC")
	if err != nil {
		return ""
	}
	return s
}
