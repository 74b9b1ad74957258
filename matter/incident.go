package matter

import (
	"errors"
	"slices"

	"detente/note"
)

// Fields of incidents.
var (
	inWhen     = date("when", "when it happened, as claimed").Must()
	inWhere    = place("where", "where it happened, as claimed").Must()
	inNature   = enum("nature", "what kind of event, as claimed", "strike", "air-strike", "shelling", "shooting", "killing", "crossing", "abduction", "detention", "accident", "cyber", "other").Must()
	inOwn      = enum("own", "the author's own act, and how it came about", "deliberate", "unauthorised", "accident")
	inResponse = ref("in-response-to", "the note that this was in response to, only as the author of the act states it")
	inKilled   = number("killed", "how many were killed, as claimed", 10_000_000)
	inInjured  = number("injured", "how many were injured, as claimed", 10_000_000)
	inLocal    = line("local", "what the local posts came to, or why they were not asked, where the charter sends the act to them first")
	inQuestion = ref("question", "the question that it answers").Must()
	inFull     = flag("interim", "an interim answer: the clock runs on")
)

var incidentTexts = []TextSpec{
	{Name: "account", Doc: "what happened, in the author's words", Required: true},
	{Name: "actors", Doc: "who acted, as claimed"},
	{Name: "target", Doc: "what was aimed at, as claimed"},
	{Name: "casualties", Doc: "casualties, as claimed"},
	{Name: "grounds", Doc: "on what grounds, as claimed"},
}

// Incident is something that happened, with each side's own account of it.
var Incident = Kind{
	Name: "incident",
	Doc:  "Something that happened. Each side's account stands apart, and is never merged with the other's. A party may report its own act too.",
	States: []StateDoc{
		{"reported", "reported by one side or more; not settled"},
		{"settled", "every principal of the audience, having seen all that was said, calls it settled"},
	},
	Acts: []Act{
		{Name: "report", Doc: "Reports an incident: the author's own account of it.", Opens: true, Who: Principals,
			Fields: []Spec{inWhen.Spec, inWhere.Spec, inNature.Spec, inOwn.Spec, inResponse.Spec, inKilled.Spec, inInjured.Spec, inLocal.Spec}, Texts: incidentTexts},
		{Name: "account", Doc: "Gives a side's account, or a further one, of an incident already reported.", From: []string{"reported", "settled"}, Who: Principals,
			Fields: []Spec{optional(inWhen.Spec), optional(inWhere.Spec), optional(inNature.Spec), inOwn.Spec, inResponse.Spec, inKilled.Spec, inInjured.Spec}, Texts: incidentTexts},
		{Name: "question", Doc: "Asks the other side for clarification.", From: []string{"reported", "settled"}, Who: Principals,
			Starts: "for the other principals: to clarify, 48 hours unless the charter says otherwise", Texts: []TextSpec{{Name: "question", Doc: "the question", Required: true}}},
		{Name: "clarify", Doc: "Answers a question.", From: []string{"reported", "settled"}, Who: Party,
			Fields: []Spec{inQuestion.Spec, inFull.Spec}, Texts: []TextSpec{{Name: "answer", Doc: "the answer", Required: true}}},
		{Name: "protest", Doc: "Protests.", From: []string{"reported", "settled"}, Who: Principals, Texts: []TextSpec{{Name: "protest", Doc: "the protest", Required: true}}},
		{Name: "regret", Doc: "Expresses regret or condolence, or condemns what was done by others. It admits nothing.", From: []string{"reported", "settled"}, Who: Principals, Texts: []TextSpec{{Name: "regret", Doc: "the words", Required: true}}},
		{Name: "settle", Doc: "Calls the incident settled, having seen all that was said of it.", From: []string{"reported", "settled"}, Who: Principals, Binds: true, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
	},
}

func init() { Incident.Apply = applyIncident }

func optional(s Spec) Spec { s.Required = false; return s }

// IncidentState is what an incident has come to.
type IncidentState struct {
	Accounts  []Account  `json:"accounts"`
	Opener    string     `json:"opener"`
	Opening   note.ID    `json:"opening"`
	Others    []Word     `json:"others,omitempty"` // protests and words of regret
	Questions []Question `json:"questions,omitempty"`
	Settled   []Said     `json:"settled,omitempty"`
	State     string     `json:"state"`
}

// Account is one side's account, by the note that gives it.
type Account struct {
	InResponse *note.ID `json:"in_response,omitempty"`
	Injured    *int     `json:"injured,omitempty"`
	Killed     *int     `json:"killed,omitempty"`
	Local      string   `json:"local,omitempty"` // what it says of the local posts
	Nature     string   `json:"nature,omitempty"`
	Note       note.ID  `json:"note"`
	Own        string   `json:"own,omitempty"`
	Party      string   `json:"party"`
	When       string   `json:"when,omitempty"`
	Where      string   `json:"where,omitempty"`
}

// Word is a note that says something beside the accounts.
type Word struct {
	Act   string  `json:"act"`
	Note  note.ID `json:"note"`
	Party string  `json:"party"`
}

// Question is one question, and its answers.
type Question struct {
	Answers []note.ID `json:"answers,omitempty"`
	Asker   string    `json:"asker"`
	Clocks  []Clock   `json:"clocks,omitempty"`
	Note    note.ID   `json:"note"`
}

func (s *IncidentState) Opened() string          { return s.Opener }
func (s *IncidentState) Stage(*note.Move) string { return s.State }
func (s *IncidentState) Status() string          { return s.State }

func (s *IncidentState) Clocks() []Clock {
	var out []Clock
	for _, q := range s.Questions {
		for _, c := range q.Clocks {
			c.Void = c.Done == nil && s.State == "settled"
			out = append(out, c)
		}
	}
	return out
}

func applyIncident(prev State, in *Input) (State, error) {
	if prev == nil {
		return &IncidentState{State: "reported", Opener: in.Party, Opening: in.ID, Accounts: []Account{account(in)}}, nil
	}
	s := *prev.(*IncidentState)
	switch in.Act.Name {
	case "settle":
		return s.settle(in)
	case "clarify":
		return s.clarify(in)
	case "account":
		s.Accounts = append(slices.Clone(s.Accounts), account(in))
	case "question":
		q := Question{Asker: in.Party, Note: in.ID}
		for _, p := range in.others() {
			q.Clocks = append(q.Clocks, Clock{For: "to clarify", From: in.ID, Owes: p, Due: in.due(p)})
		}
		s.Questions = append(slices.Clone(s.Questions), q)
	default:
		s.Others = append(slices.Clone(s.Others), Word{in.Act.Name, in.ID, in.Party})
	}
	// Who called it settled had not seen this.
	s.State, s.Settled = "reported", nil
	return &s, nil
}

func account(in *Input) Account {
	a := Account{Note: in.ID, Party: in.Party, When: inWhen.Or(in.Move, ""), Where: inWhere.Or(in.Move, ""), Nature: inNature.Or(in.Move, ""), Own: inOwn.Or(in.Move, ""), Local: inLocal.Or(in.Move, "")}
	if id, ok := inResponse.Of(in.Move); ok {
		a.InResponse = &id
	}
	if n, ok := inKilled.Of(in.Move); ok {
		a.Killed = &n
	}
	if n, ok := inInjured.Of(in.Move); ok {
		a.Injured = &n
	}
	return a
}

// settle counts only if its author had seen everything said so far: a word
// that crossed it reopens nothing behind anyone's back.
func (s IncidentState) settle(in *Input) (State, error) {
	for _, id := range s.said() {
		if !in.Saw(id) {
			return nil, errors.New("its author had not seen " + id.Short() + ", which says more about the incident")
		}
	}
	s.Settled = said(s.Settled, in)
	if everyone(s.Settled, in) {
		s.State = "settled"
	}
	return &s, nil
}

func (s *IncidentState) said() []note.ID {
	var out []note.ID
	for _, a := range s.Accounts {
		out = append(out, a.Note)
	}
	for _, w := range s.Others {
		out = append(out, w.Note)
	}
	for _, q := range s.Questions {
		out = append(append(out, q.Note), q.Answers...)
	}
	return out
}

func (s IncidentState) clarify(in *Input) (State, error) {
	id, _ := inQuestion.Of(in.Move)
	i := slices.IndexFunc(s.Questions, func(q Question) bool { return q.Note == id })
	switch {
	case i < 0:
		return nil, errors.New("there is no question " + id.Short() + " on this incident")
	case s.Questions[i].Asker == in.Party:
		return nil, errors.New("it answers its author's own question")
	}
	s.Questions = slices.Clone(s.Questions)
	q := &s.Questions[i]
	q.Answers = append(slices.Clone(q.Answers), in.ID)
	if !inFull.Or(in.Move, false) {
		q.Clocks = slices.Clone(q.Clocks)
		for j := range q.Clocks {
			if q.Clocks[j].Owes == in.Party && q.Clocks[j].Done == nil {
				q.Clocks[j].Done = &in.ID
			}
		}
	}
	s.State, s.Settled = "reported", nil
	return &s, nil
}
