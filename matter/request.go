package matter

import (
	"errors"
	"fmt"
	"slices"

	"detente/note"
)

// Fields of requests.
var (
	rqFor       = enum("for", "what is asked for", "information", "action").Must()
	rqTo        = code("to", "the party that is asked").Must()
	rqTerritory = code("territory", "the party whose territory it concerns; of a request for action, the party that is asked")
	rqDossier   = ref("dossier", "the note that shares or supplements a dossier").Must()
	rqItem      = number("item", "the number of the item in that dossier; absent: all of it", dossierLimit)
	rqCites     = list("cites", "the dossiers and items that it rests on", 64, rqDossier.Spec, rqItem.Spec)
	rqNeeded    = end("needed-by", "by when it is needed; or none").Must()
	rqTerms     = digest("terms", "the digest of the text that is accepted: the request's content, as its header names it").Must()
	rqWhen      = date("when", "when it was done, as claimed")
)

// Request is something that one side asks of another.
var Request = Kind{
	Name: "request",
	Doc:  "Information or action that one side asks of another. Action is asked only of the party whose territory it is: nobody else can accept it, or report it under way or done. Acceptance binds; to decline is normal.",
	States: []StateDoc{
		{"made", "made; the party that is asked has not said a word on it"},
		{"acknowledged", "the party that is asked acknowledges it; it has neither accepted nor declined"},
		{"accepted", "the party that is asked has bound itself to it"},
		{"declined", "the party that is asked declines it; it may still accept"},
		{"completed", "the party that is asked says that it is done; the asker has not said whether it is satisfied"},
		{"satisfied", "the asker is satisfied with what was reported done"},
		{"unsatisfied", "the asker is not satisfied with what was reported done"},
	},
	Acts: []Act{
		{Name: "make", Doc: "Asks a party for information or action.", Opens: true, Who: Principals, Starts: "for the party that is asked: to acknowledge, where the charter sets one for request/make; and to complete or decline, until the field needed-by",
			Fields: []Spec{rqFor.Spec, rqTo.Spec, rqTerritory.Spec, rqCites.Spec, rqNeeded.Spec}, Texts: []TextSpec{{Name: "request", Doc: "what is asked for", Required: true}}},
		{Name: "acknowledge", Doc: "Acknowledges it: a person's deliberate act, neither to accept nor to decline.", From: []string{"made", "acknowledged"}, Who: Party, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "accept", Doc: "Accepts the text of the request, and binds its author to it.", From: []string{"made", "acknowledged", "declined"}, Who: Party, Binds: true,
			Fields: []Spec{rqTerms.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside the acceptance"}}},
		{Name: "decline", Doc: "Declines it.", From: []string{"made", "acknowledged"}, Who: Party, Texts: []TextSpec{{Name: "remark", Doc: "the reason, if any"}}},
		{Name: "progress", Doc: "Reports how far it is.", From: []string{"accepted", "completed", "satisfied", "unsatisfied"}, Who: Party,
			Fields: []Spec{rqCites.Spec}, Texts: []TextSpec{{Name: "report", Doc: "how far it is", Required: true}}},
		{Name: "complete", Doc: "Reports that it is done; also a further time, where the asker was not satisfied or there is more.", From: []string{"accepted", "completed", "satisfied", "unsatisfied"}, Who: Party,
			Fields: []Spec{rqWhen.Spec, rqCites.Spec}, Texts: []TextSpec{{Name: "report", Doc: "what was done, or the information asked for", Required: true}}},
		{Name: "satisfied", Doc: "Says that what was reported done is what was asked for.", From: []string{"completed", "satisfied", "unsatisfied"}, Who: Opener, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "unsatisfied", Doc: "Says that what was reported done is not what was asked for.", From: []string{"completed", "satisfied", "unsatisfied"}, Who: Opener, Texts: []TextSpec{{Name: "remark", Doc: "what is missing", Required: true}}},
	},
}

func init() { Request.Apply = applyRequest }

// RequestState is what a request has come to.
type RequestState struct {
	Accepted      *note.ID    `json:"accepted,omitempty"`
	AcknowledgeBy string      `json:"acknowledge_by,omitempty"` // UTC
	Answered      *note.ID    `json:"answered,omitempty"`       // the first word of the party that is asked
	Cites         []Cite      `json:"cites,omitempty"`
	Completed     []note.ID   `json:"completed,omitempty"`
	Declined      *note.ID    `json:"declined,omitempty"`
	For           string      `json:"for"`
	NeededBy      string      `json:"needed_by"`
	Opener        string      `json:"opener"`
	Opening       note.ID     `json:"opening"`
	Progress      []note.ID   `json:"progress,omitempty"`
	State         string      `json:"state"`
	Terms         note.Digest `json:"terms"`
	Territory     string      `json:"territory,omitempty"`
	To            string      `json:"to"`
	Verdicts      []Verdict   `json:"verdicts,omitempty"` // of the asker
}

// Cite names a dossier, or one item of it.
type Cite struct {
	Dossier note.ID `json:"dossier"`
	In      note.ID `json:"in"` // the note that cites it
	Item    int     `json:"item,omitempty"`
}

func (s *RequestState) Opened() string          { return s.Opener }
func (s *RequestState) Stage(*note.Move) string { return s.State }
func (s *RequestState) Status() string          { return s.State }

func (s *RequestState) Clocks() []Clock {
	needed := Clock{For: "to complete or decline", From: s.Opening, Owes: s.To, Due: utc(s.NeededBy)}
	switch {
	case len(s.Completed) > 0:
		needed.Done = &s.Completed[0]
	case s.Declined != nil:
		needed.Done = s.Declined
	}
	if s.AcknowledgeBy == "" {
		return []Clock{needed}
	}
	return []Clock{{For: "to acknowledge", From: s.Opening, Owes: s.To, Due: s.AcknowledgeBy, Done: s.Answered}, needed}
}

func applyRequest(prev State, in *Input) (State, error) {
	if prev == nil {
		return makeRequest(in)
	}
	s := *prev.(*RequestState)
	if in.Act.Who == Party && in.Party != s.To {
		if s.For == "action" {
			return nil, fmt.Errorf("only %s, whose territory it is, may %s it", s.To, in.Act.Name)
		}
		return nil, fmt.Errorf("only %s, who is asked, may %s it", s.To, in.Act.Name)
	}
	if in.Act.Who == Party && s.Answered == nil {
		s.Answered = &in.ID
	}
	if err := s.cite(in); err != nil {
		return nil, err
	}
	switch in.Act.Name {
	case "acknowledge":
		s.State = "acknowledged"
	case "accept":
		if terms, _ := rqTerms.Of(in.Move); terms != s.Terms {
			return nil, errors.New("it names another text than the one of the request")
		}
		s.State, s.Accepted, s.Declined = "accepted", &in.ID, nil
	case "decline":
		s.State, s.Declined = "declined", &in.ID
	case "progress":
		s.Progress = append(slices.Clone(s.Progress), in.ID)
	case "complete":
		s.State, s.Completed = "completed", append(slices.Clone(s.Completed), in.ID)
	case "satisfied", "unsatisfied":
		return s.judge(in)
	}
	return &s, nil
}

func makeRequest(in *Input) (State, error) {
	s := &RequestState{State: "made", Opener: in.Party, Opening: in.ID, Terms: in.Content, Territory: rqTerritory.Or(in.Move, "")}
	s.For, _ = rqFor.Of(in.Move)
	s.To, _ = rqTo.Of(in.Move)
	s.NeededBy, _ = rqNeeded.Of(in.Move)
	switch {
	case s.To == in.Party:
		return nil, errors.New("it asks its own author")
	case !slices.Contains(in.Principals, s.To):
		return nil, fmt.Errorf("%s is not a principal of the audience", s.To)
	case s.For == "action" && s.Territory == "":
		return nil, errors.New("a request for action names the party whose territory it is")
	case s.For == "action" && s.Territory != s.To:
		return nil, fmt.Errorf("only %s, whose territory it is, can be asked to act there", s.Territory)
	case in.Content.IsZero():
		return nil, errors.New("there is no text that could bind")
	}
	s.AcknowledgeBy = in.due(s.To)
	return s, s.cite(in)
}

// citeLimit is how many dossiers and items a request comes to rest on: those
// that the asker cites, and those that the party that is asked does.
const citeLimit = 512

func (s *RequestState) cite(in *Input) error {
	cites, _ := rqCites.Of(in.Move)
	if len(cites) == 0 {
		return nil
	}
	if len(s.Cites)+len(cites) > citeLimit {
		return fmt.Errorf("the request would cite more than %d dossiers and items", citeLimit)
	}
	s.Cites = slices.Clone(s.Cites)
	for _, f := range cites {
		c := Cite{In: in.ID}
		c.Dossier, _ = rqDossier.From(f)
		c.Item, _ = rqItem.From(f)
		s.Cites = append(s.Cites, c)
	}
	return nil
}

// judge takes the asker's word on what it had seen reported done. A further
// report that crossed it waits for another.
func (s RequestState) judge(in *Input) (State, error) {
	if !in.Saw(s.Completed[0]) {
		return nil, errors.New("its author had not seen it reported done")
	}
	s.Verdicts = append(slices.Clone(s.Verdicts), Verdict{in.Act.Name, in.ID, in.Party})
	if in.Saw(s.Completed[len(s.Completed)-1]) {
		s.State = in.Act.Name
	}
	return &s, nil
}
