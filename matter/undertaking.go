package matter

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/note"
)

// Fields of undertakings.
var (
	utBy        = code("by", "the party that undertakes this part").Must()
	utDue       = end("due", "by when it is to be done and reported; or none").Must()
	utStart     = date("start", "from when")
	utEnd       = end("end", "until when it holds; or none").Must()
	utCondition = line("condition", "on what condition")
	utEvidence  = line("evidence", "what is to show that it was done")
	utParts     = list("parts", "the parts, numbered from 1; several make a package, in force only when all of it is accepted", 32,
		utBy.Spec, utDue.Spec, utStart.Spec, utEnd.Spec, utCondition.Spec, utEvidence.Spec).Must()
	utUntil = instant("until", "the offer lapses if it is not accepted by then")
	utTerms = digest("terms", "the digest of the text that is accepted: the offer's content, as its header names it").Must()
	utPart  = number("part", "the number of the part", 32).Must()
	utNew   = instant("due", "the new deadline").Must()
	utWhen  = date("when", "when it was done, as claimed")
	utTopic = enum("half", "the half of the agreement in which it is shown; left out: coordination", "de-escalation", "coordination")
)

// Undertaking is a promise with a start, an end or none, and a deadline; or
// several, by both sides, that come into force together.
var Undertaking = Kind{
	Name: "undertaking",
	Doc:  "What a party undertakes to do, by when, until when, on what condition. A reciprocal package is one undertaking of several parts: it comes into force only when every principal of the audience has accepted the same text, all of it at once.",
	States: []StateDoc{
		{"offered", "offered or asked for; not every principal has accepted"},
		{"in force", "every principal has accepted the same text; each part runs by itself"},
		{"due", "of a part: in force, and not reported done"},
		{"reported", "of a part: the party that undertook it says that it is done"},
		{"confirmed", "of a part: another party agrees that it is done"},
		{"disputed", "of a part: another party does not agree that it is done"},
		{"fulfilled", "every part is confirmed"},
		{"declined", "a party declined; nothing came into force"},
		{"withdrawn", "taken back by the party that opened it, before it was in force"},
		{"crossed", "accepted, and withdrawn or declined, by notes that crossed: people must say again"},
	},
	Acts: []Act{
		{Name: "offer", Doc: "Offers parts of one's own, or a package with parts of both sides.", Opens: true, Who: Principals, Binds: true,
			Starts: "for the other principals, until the field until: to accept or decline",
			Fields: []Spec{utParts.Spec, utUntil.Spec, utTopic.Spec}, Texts: []TextSpec{{Name: "terms", Doc: "the text that binds", Required: true}, {Name: "part", Doc: "the text of each part", Numbered: true}}},
		{Name: "ask", Doc: "Asks another party to undertake parts.", Opens: true, Who: Proposers,
			Starts: "for the other principals, until the field until: to accept or decline",
			Fields: []Spec{utParts.Spec, utUntil.Spec, utTopic.Spec}, Texts: []TextSpec{{Name: "terms", Doc: "the text that would bind", Required: true}, {Name: "part", Doc: "the text of each part", Numbered: true}}},
		{Name: "accept", Doc: "Accepts the whole text. When every principal has, all parts are in force at that moment.", From: []string{"offered", "withdrawn", "declined", "crossed"}, Who: Principals, Binds: true,
			Starts: "for each part, until its due: to report it done", Fields: []Spec{utTerms.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside the acceptance"}}},
		{Name: "decline", Doc: "Declines it.", From: []string{"offered", "in force", "withdrawn", "declined", "crossed"}, Who: Principals, Binds: true, Texts: []TextSpec{{Name: "remark", Doc: "the reason, if any"}}},
		{Name: "withdraw", Doc: "Takes the offer back before it is in force.", From: []string{"offered", "in force", "declined", "crossed"}, Who: Opener, Binds: true, Texts: []TextSpec{{Name: "remark", Doc: "the reason, if any"}}},
		{Name: "report", Doc: "Says that a part is done.", From: []string{"due", "disputed"}, Who: Party, Fields: []Spec{utPart.Spec, utWhen.Spec}, Texts: []TextSpec{{Name: "evidence", Doc: "what shows it"}}},
		{Name: "confirm", Doc: "Agrees that a part is done.", From: []string{"reported", "confirmed", "disputed"}, Who: Party, Fields: []Spec{utPart.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "dispute", Doc: "Does not agree that a part is done. A part that any party disputes is disputed.", From: []string{"reported", "confirmed", "disputed"}, Who: Party, Fields: []Spec{utPart.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "why", Required: true}}},
		{Name: "extend", Doc: "Grants a later deadline for a part that another party owes. Of several, the latest holds.", From: []string{"due", "reported", "disputed"}, Who: Party, Binds: true, Fields: []Spec{utPart.Spec, utNew.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
	},
}

func init() { Undertaking.Apply = applyUndertaking }

// UndertakingState is what an undertaking has come to.
type UndertakingState struct {
	Accepted []Said            `json:"accepted"` // the latest word of each principal that accepted
	Crossed  []note.ID         `json:"crossed,omitempty"`
	Ended    []Ending          `json:"ended,omitempty"` // who withdrew or declined: of several, none had seen another's
	Half     string            `json:"half,omitempty"`
	InForce  *note.ID          `json:"in_force,omitempty"` // the note that completed the acceptance
	Opener   string            `json:"opener"`
	Opening  note.ID           `json:"opening"`
	Owing    []string          `json:"owing"` // who is asked to accept or decline
	Parts    []UndertakingPart `json:"parts"`
	State    string            `json:"state"`
	Terms    note.Digest       `json:"terms"`
	Until    string            `json:"until,omitempty"`
}

// UndertakingPart is one numbered part.
type UndertakingPart struct {
	By        string    `json:"by"`
	Condition string    `json:"condition,omitempty"`
	Due       string    `json:"due"` // as written, with its zone; or none
	End       string    `json:"end"`
	Evidence  string    `json:"evidence,omitempty"`
	Extended  *note.ID  `json:"extended,omitempty"`
	Report    *note.ID  `json:"report,omitempty"`
	Stage     string    `json:"stage"`
	Start     string    `json:"start,omitempty"`
	Verdicts  []Verdict `json:"verdicts,omitempty"` // the latest word of each party that confirmed or disputed
	When      string    `json:"when,omitempty"`     // when it was done, as claimed
}

// Verdict is what a party says of a part that was reported done.
type Verdict struct {
	As    string  `json:"as"` // confirmed, disputed
	Note  note.ID `json:"note"`
	Party string  `json:"party"`
}

// Ending is the word of a party that declined or withdrew.
type Ending struct {
	As    string  `json:"as"` // declined, withdrawn
	Note  note.ID `json:"note"`
	Party string  `json:"party"`
}

// Said is a party's word, and the note that carries it.
type Said struct {
	Note  note.ID `json:"note"`
	Party string  `json:"party"`
}

func (s *UndertakingState) Opened() string { return s.Opener }

func (s *UndertakingState) Status() string {
	if s.State == "in force" && !slices.ContainsFunc(s.Parts, func(p UndertakingPart) bool { return p.Stage != "confirmed" }) {
		return "fulfilled"
	}
	return s.State
}

func (s *UndertakingState) Stage(m *note.Move) string {
	n, ok := utPart.Of(m)
	if !ok || s.State != "in force" {
		return s.State
	}
	if n < 1 || n > len(s.Parts) {
		return fmt.Sprintf("without a part %d", n)
	}
	return s.Parts[n-1].Stage
}

func (s *UndertakingState) Clocks() []Clock {
	var out []Clock
	for _, p := range s.Owing {
		c := Clock{For: "to accept or decline", From: s.Opening, Owes: p, Due: utc(s.Until), Lapses: true}
		if i := slices.IndexFunc(s.Accepted, func(a Said) bool { return a.Party == p }); i >= 0 {
			c.Done = &s.Accepted[i].Note
		} else if i := slices.IndexFunc(s.Ended, func(e Ending) bool { return e.Party == p }); i >= 0 {
			c.Done = &s.Ended[i].Note
		} else {
			c.Void = len(s.Ended) > 0
		}
		out = append(out, c)
	}
	if s.InForce == nil {
		return out
	}
	for i, p := range s.Parts {
		out = append(out, Clock{For: fmt.Sprintf("part %d, to report it done", i+1), From: *s.InForce, Owes: p.By, Due: utc(p.Due), Done: p.Report})
	}
	return out
}

// utc rewrites an instant of a move, already checked, as RFC 3339 in UTC;
// "none" becomes empty.
func utc(s string) string {
	t, err := ParseInstant(s)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func applyUndertaking(prev State, in *Input) (State, error) {
	if prev == nil {
		return openUndertaking(in)
	}
	s := *prev.(*UndertakingState)
	switch in.Act.Name {
	case "accept":
		return s.accept(in)
	case "decline", "withdraw":
		return s.end(in)
	}
	return s.part(in)
}

func openUndertaking(in *Input) (State, error) {
	s := &UndertakingState{State: "offered", Opener: in.Party, Opening: in.ID, Owing: in.others(), Terms: in.Content, Until: utUntil.Or(in.Move, ""), Half: utTopic.Or(in.Move, "")}
	parts, _ := utParts.Of(in.Move)
	for i, f := range parts {
		p := UndertakingPart{Stage: "due"}
		p.By, _ = utBy.From(f)
		p.Due, _ = utDue.From(f)
		p.End, _ = utEnd.From(f)
		p.Start, _ = utStart.From(f)
		p.Condition, _ = utCondition.From(f)
		p.Evidence, _ = utEvidence.From(f)
		if !slices.Contains(in.Principals, p.By) {
			return nil, fmt.Errorf("part %d: %s is not a principal of the audience", i+1, p.By)
		}
		s.Parts = append(s.Parts, p)
	}
	if in.Content.IsZero() {
		return nil, errors.New("there is no text that could bind")
	}
	if in.Act.Name == "ask" && slices.ContainsFunc(s.Parts, func(p UndertakingPart) bool { return p.By == in.Party }) {
		return nil, errors.New("an ask undertakes nothing for its own author: offer a package instead")
	}
	// Nobody binds another: who opens it has said its own word, and no one else's.
	if slices.Contains(in.Principals, in.Party) {
		s.Accepted = []Said{{in.ID, in.Party}}
	}
	return s, nil
}

func (s UndertakingState) accept(in *Input) (State, error) {
	if terms, _ := utTerms.Of(in.Move); terms != s.Terms {
		return nil, errors.New("it names another text than the one offered")
	}
	if until, err := ParseInstant(s.Until); err == nil && in.Time.After(until) {
		return nil, errors.New("by its own time it comes after the offer lapsed")
	}
	if s.State == "crossed" && !s.sawCrossing(in) {
		return s.join(in)
	}
	if s.State != "crossed" && s.sawEnded(in) {
		return nil, errors.New("its author had already seen that the offer was " + s.State)
	}
	if slices.ContainsFunc(s.Accepted, func(w Said) bool { return w.Party == in.Party }) {
		return &s, nil // said again: the first counts, as it does once all have accepted
	}
	s.Accepted = said(s.Accepted, in)
	switch {
	case !everyone(s.Accepted, in):
	case len(s.Ended) > 0 && s.State != "crossed":
		s.cross()
	default:
		s.State, s.InForce, s.Crossed, s.Ended = "in force", &in.ID, nil, nil
	}
	return &s, nil
}

func (s UndertakingState) end(in *Input) (State, error) {
	switch {
	case s.State == "in force" && sawAll(in, s.Accepted):
		return nil, errors.New("it is in force: only an agreement of all can change it now")
	case s.State == "crossed" && !s.sawCrossing(in):
		return s.join(in)
	case s.State == "crossed":
		s.Crossed, s.Ended = nil, nil
	case s.sawEnded(in):
		return nil, errors.New("its author had already seen that the offer was " + s.State)
	}
	s.Ended = append(slices.Clone(s.Ended), ending(in))
	if s.State == "in force" {
		s.cross()
		return &s, nil
	}
	s.State = "declined"
	if slices.ContainsFunc(s.Ended, func(e Ending) bool { return e.As == "withdrawn" }) {
		s.State = "withdrawn" // of two that crossed a withdrawal counts before a decline
	}
	return &s, nil
}

func ending(in *Input) Ending {
	return Ending{map[string]string{"decline": "declined", "withdraw": "withdrawn"}[in.Act.Name], in.ID, in.Party}
}

// cross says that every principal has accepted, and someone has ended it, by
// notes that crossed. All of these notes have to be seen by a word that counts
// from now on: which of them is folded last is for their names to decide, and
// names decide nothing.
func (s *UndertakingState) cross() {
	s.Crossed = nil
	for _, e := range s.Ended {
		s.Crossed = append(s.Crossed, e.Note)
	}
	for _, a := range s.Accepted {
		s.Crossed = append(s.Crossed, a.Note)
	}
	s.State, s.Accepted, s.InForce = "crossed", nil, nil
}

// join takes a word that was said before its author knew what had crossed. One
// that crossed all of the other side's is one more that did; any other would
// not have counted, either, had it been folded before the crossing.
func (s UndertakingState) join(in *Input) (State, error) {
	accepted := slices.DeleteFunc(slices.Clone(s.Crossed), func(id note.ID) bool {
		return slices.ContainsFunc(s.Ended, func(e Ending) bool { return e.Note == id })
	})
	if s.sawEnded(in) || !slices.ContainsFunc(accepted, func(id note.ID) bool { return !in.Saw(id) }) {
		return nil, errors.New("it was written before its author had seen that the acceptance and the withdrawal crossed")
	}
	if in.Act.Name == "accept" {
		if slices.ContainsFunc(accepted, func(id note.ID) bool { return id.Party() == in.Party }) {
			return &s, nil // a party has one acceptance, the first
		}
	} else {
		s.Ended = append(slices.Clone(s.Ended), ending(in))
	}
	s.Crossed = append(slices.Clip(s.Crossed), in.ID)
	s.Accepted = nil // said without having seen this word, which was folded later
	return &s, nil
}

func (s *UndertakingState) sawEnded(in *Input) bool {
	return slices.ContainsFunc(s.Ended, func(e Ending) bool { return in.Saw(e.Note) })
}

func (s *UndertakingState) sawCrossing(in *Input) bool {
	return !slices.ContainsFunc(s.Crossed, func(id note.ID) bool { return id != in.ID && !in.Saw(id) })
}

func sawAll(in *Input, list []Said) bool {
	return !slices.ContainsFunc(list, func(w Said) bool { return !in.Saw(w.Note) })
}

func (s UndertakingState) part(in *Input) (State, error) {
	n, _ := utPart.Of(in.Move)
	if s.State != "in force" || n < 1 || n > len(s.Parts) {
		return nil, errors.New("there is no such part in force")
	}
	s.Parts = slices.Clone(s.Parts)
	p := &s.Parts[n-1]
	if own := p.By == in.Party; own != (in.Act.Name == "report") {
		if own {
			return nil, fmt.Errorf("%s undertook part %d, and cannot itself %s it", p.By, n, in.Act.Name)
		}
		return nil, fmt.Errorf("only %s, who undertook part %d, may report it", p.By, n)
	}
	switch in.Act.Name {
	case "report":
		p.Stage, p.Report, p.Verdicts, p.When = "reported", &in.ID, nil, utWhen.Or(in.Move, "")
	case "confirm", "dispute":
		p.verdict(Verdict{map[string]string{"confirm": "confirmed", "dispute": "disputed"}[in.Act.Name], in.ID, in.Party})
	case "extend":
		// Of two that crossed the later deadline holds, whichever is folded first.
		due, _ := utNew.Of(in.Move)
		if utc(p.Due) != "" && utc(due) > utc(p.Due) {
			p.Due, p.Extended = due, &in.ID
		}
	}
	return &s, nil
}

// verdict takes a party's word: as long as any party disputes, it is disputed.
func (p *UndertakingPart) verdict(v Verdict) {
	p.Verdicts = append(slices.DeleteFunc(slices.Clone(p.Verdicts), func(o Verdict) bool { return o.Party == v.Party }), v)
	p.Stage = "confirmed"
	if slices.ContainsFunc(p.Verdicts, func(o Verdict) bool { return o.As == "disputed" }) {
		p.Stage = "disputed"
	}
}
