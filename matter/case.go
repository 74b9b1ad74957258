package matter

import (
	"errors"
	"fmt"
	"slices"

	"detente/note"
)

// Fields of cases.
var (
	caStatus      = enum("status", "what the case is about, as claimed", "detained", "missing", "injured", "dead").Must()
	caPersons     = number("persons", "how many persons, as claimed", 1_000_000).Must()
	caNationality = line("nationality", "of what nationality they are, as claimed by who opens the case")
	caWhere       = district("where", "where, as claimed: country, area and district, and no finer")
	caSince       = date("since", "since when, as claimed")
	caHeldBy      = code("held-by", "the principal that holds the persons, or is to know of them, as claimed; where it is the author itself the case is a notification, and nobody owes an answer")
	caConsular    = enum("consular", "the consular matter, if it is one", "notification", "access", "correspondence", "legal-representation", "repatriation", "effects", "remains")
	caOffices     = offices("offices", "the offices to which the names are sealed, such as PAK/consular, each of a party of the audience")
	caGrade       = enum("grade", "what the author says: it holds them, it does not, it does not know, it inquires", "held", "not-held", "unknown", "inquiring").Must()
	caAccess      = enum("step", "access is asked for, granted or refused, or a visit was made", "requested", "granted", "refused", "visited").Must()
	caAccessWhen  = date("when", "for when it is asked or granted, or when the visit was")
	caTransfer    = enum("step", "a transfer is proposed; its two sides agree or decline; each says that it is done", "proposed", "agreed", "declined", "done").Must()
	caProposal    = ref("transfer", "the note that proposed the transfer; with every step but proposed")
	caTerms       = digest("terms", "with agreed: the digest of the text of the proposal, where it has one")
	caFrom        = code("from", "with proposed: the principal that hands over")
	caTo          = code("to", "with proposed: the principal that receives")
	caBy          = end("by", "with proposed: by when it is to be done; or none")
	caDoneWhen    = date("when", "with done: when it was done, as claimed")
)

// caseNames is the text that carries names, which only the named offices open.
var caseNames = TextSpec{Name: "names", Doc: "the names, and what else identifies the persons, for the offices named alone", Sealed: caOffices.Name}

var caseStages = []string{"open", "answered", "closed"}

// Case is persons who are detained, missing, injured or dead.
var Case = Kind{
	Name: "case",
	Doc: "Persons who are detained, missing, injured or dead: who says what of them, access to them, their transfer. Names never stand in the move; they are sealed to named offices, " +
		"and a node shows who can open them. The Vienna Convention on Consular Relations (1963), article 36, says \"without delay\" and names no hours: the charter's clocks on case/open and case/access set them, if it has any.",
	States: []StateDoc{
		{"open", "a principal that is asked has not answered, or inquires"},
		{"answered", "nobody owes an answer: everyone who is asked has answered, or nobody is asked"},
		{"closed", "every principal of the audience, having seen all that was said, calls it closed"},
	},
	Acts: []Act{
		{Name: "open", Doc: "Opens a case, or notifies of persons whom the author holds itself.", Opens: true, Who: Principals,
			Starts: "for the principal that holds them as claimed, else for every other: to answer, as the charter says",
			Fields: []Spec{caStatus.Spec, caPersons.Spec, caNationality.Spec, caWhere.Spec, caSince.Spec, caHeldBy.Spec, caConsular.Spec, caOffices.Spec},
			Texts:  []TextSpec{{Name: "account", Doc: "what is known, as claimed, without names", Required: true}, caseNames}},
		{Name: "answer", Doc: "Says whether the author holds the persons. Inquiring is an interim answer: the clock runs on.", From: caseStages, Who: Principals,
			Fields: []Spec{caGrade.Spec, caOffices.Spec}, Texts: []TextSpec{{Name: "answer", Doc: "words beside it, without names"}, caseNames}},
		{Name: "access", Doc: "Asks for access, grants or refuses it, or says that a visit was made. Who grants or refuses answers every request that it has seen.", From: caseStages, Who: Principals,
			Starts: "with requested, for the principal that holds them as claimed, else for every other: to grant or refuse, as the charter says",
			Fields: []Spec{caAccess.Spec, caAccessWhen.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it, without names"}}},
		{Name: "transfer", Doc: "Proposes a transfer, agrees to one or declines it, or says that it is done. A proposal stands as it is: who thinks otherwise proposes another, and who has agreed has agreed; so nothing here can cross.", From: caseStages, Who: Party, Binds: true,
			Starts: "once both sides have agreed, for both, until its by: to say that it is done",
			Fields: []Spec{caTransfer.Spec, caProposal.Spec, caTerms.Spec, caFrom.Spec, caTo.Spec, caBy.Spec, caDoneWhen.Spec, caOffices.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "the terms, or words beside them, without names"}, caseNames}},
		{Name: "close", Doc: "Calls the case closed, having seen all that was said of it.", From: caseStages, Who: Principals, Binds: true, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
	},
}

func init() { Case.Apply = applyCase }

// CaseState is what a case has come to.
type CaseState struct {
	Accesses    []CaseAccess   `json:"accesses,omitempty"`
	Answers     []CaseAnswer   `json:"answers,omitempty"`
	Closed      []Said         `json:"closed,omitempty"`
	Consular    string         `json:"consular,omitempty"`
	HeldBy      string         `json:"held_by,omitempty"`
	Nationality string         `json:"nationality,omitempty"`
	Of          string         `json:"of"` // detained, missing, injured, dead
	Opener      string         `json:"opener"`
	Opening     note.ID        `json:"opening"`
	Owing       []Clock        `json:"owing,omitempty"` // to answer
	Persons     int            `json:"persons"`
	Sealed      []SealedTo     `json:"sealed,omitempty"`
	Since       string         `json:"since,omitempty"`
	State       string         `json:"state"`
	Transfers   []CaseTransfer `json:"transfers,omitempty"`
	Where       string         `json:"where,omitempty"`
}

// SealedTo says to which offices the names that a note carries are sealed, as
// its author says.
type SealedTo struct {
	Note    note.ID  `json:"note"`
	Offices []string `json:"offices"`
}

// CaseAnswer is what a party says of the persons.
type CaseAnswer struct {
	Grade string  `json:"grade"`
	Note  note.ID `json:"note"`
	Party string  `json:"party"`
}

// CaseAccess is a word on access. Clocks are those that a request started.
type CaseAccess struct {
	Clocks []Clock `json:"clocks,omitempty"`
	Note   note.ID `json:"note"`
	Party  string  `json:"party"`
	Step   string  `json:"step"` // requested, granted, refused, visited
	When   string  `json:"when,omitempty"`
}

// CaseTransfer is a transfer that a party proposed.
type CaseTransfer struct {
	Agreed   []Said  `json:"agreed,omitempty"`   // of the two sides
	By       string  `json:"by"`                 // as written; or none
	Declined []Said  `json:"declined,omitempty"` // the latest word of a side that has not agreed
	Done     []Said  `json:"done,omitempty"`     // each side's own word
	From     string  `json:"from"`
	Note     note.ID `json:"note"`
	Party    string  `json:"party"`           // who proposed it
	Terms    string  `json:"terms,omitempty"` // digest of its text, in hexadecimal digits
	To       string  `json:"to"`
}

// Stage returns how far the transfer is: proposed, agreed by both sides, done
// as both say.
func (t *CaseTransfer) Stage() string {
	switch {
	case len(t.Done) == 2:
		return "done"
	case len(t.Agreed) == 2:
		return "agreed"
	case len(t.Declined) > 0:
		return "declined"
	}
	return "proposed"
}

func (s *CaseState) Opened() string          { return s.Opener }
func (s *CaseState) Stage(*note.Move) string { return s.State }
func (s *CaseState) Status() string          { return s.State }

func (s *CaseState) Clocks() []Clock {
	out := slices.Clone(s.Owing)
	for _, a := range s.Accesses {
		out = append(out, a.Clocks...)
	}
	for i := range s.Transfers {
		t := &s.Transfers[i]
		if len(t.Agreed) < 2 {
			continue
		}
		for _, p := range []string{t.From, t.To} {
			c := Clock{For: "to say that the transfer is done", From: t.Note, Owes: p, Due: utc(t.By)}
			if i := saidBy(t.Done, p); i >= 0 {
				c.Done = &t.Done[i].Note
			}
			out = append(out, c)
		}
	}
	for i := range out {
		out[i].Void = out[i].Done == nil && s.State == "closed"
	}
	return out
}

func saidBy(list []Said, party string) int {
	return slices.IndexFunc(list, func(w Said) bool { return w.Party == party })
}

func applyCase(prev State, in *Input) (State, error) {
	if prev == nil {
		return openCase(in)
	}
	s := *prev.(*CaseState)
	switch in.Act.Name {
	case "close":
		return s.close(in)
	case "answer":
		s.answer(in)
	case "access":
		s.access(in)
	case "transfer":
		if again, err := s.transfer(in); again || err != nil {
			return &s, err
		}
	}
	s.seal(in)
	// Who called it closed had not seen this.
	s.Closed = nil
	s.stand()
	return &s, nil
}

func openCase(in *Input) (State, error) {
	s := &CaseState{Opener: in.Party, Opening: in.ID, Of: caStatus.Or(in.Move, ""), Persons: caPersons.Or(in.Move, 0), Nationality: caNationality.Or(in.Move, ""),
		Where: caWhere.Or(in.Move, ""), Since: caSince.Or(in.Move, ""), HeldBy: caHeldBy.Or(in.Move, ""), Consular: caConsular.Or(in.Move, "")}
	if s.HeldBy != "" && !slices.Contains(in.Principals, s.HeldBy) {
		return nil, fmt.Errorf("%s is not a principal of the audience", s.HeldBy)
	}
	s.Owing = s.owing(in, "to answer")
	s.seal(in)
	s.stand()
	return s, nil
}

// owing starts the clocks of those who are asked: the party that holds the
// persons as claimed, else every other.
func (s *CaseState) owing(in *Input, what string) (out []Clock) {
	for _, p := range in.others() {
		if s.HeldBy != "" && p != s.HeldBy {
			continue
		}
		c := Clock{Due: in.due(p), For: what, From: in.ID, Owes: p}
		out = append(out, c)
	}
	return out
}

// stop stops the clocks that a party owes and has seen started.
func stop(clocks []Clock, in *Input) []Clock {
	clocks = slices.Clone(clocks)
	for i := range clocks {
		if c := &clocks[i]; c.Owes == in.Party && c.Done == nil && in.Saw(c.From) {
			c.Done = &in.ID
		}
	}
	return clocks
}

func (s *CaseState) seal(in *Input) {
	if to, ok := caOffices.Of(in.Move); ok {
		s.Sealed = append(slices.Clone(s.Sealed), SealedTo{in.ID, to})
	}
}

func (s *CaseState) stand() {
	s.State = "answered"
	if slices.ContainsFunc(s.Owing, func(c Clock) bool { return c.Done == nil }) {
		s.State = "open"
	}
}

func (s *CaseState) answer(in *Input) {
	a := CaseAnswer{Grade: caGrade.Or(in.Move, ""), Note: in.ID, Party: in.Party}
	s.Answers = append(slices.Clone(s.Answers), a)
	if a.Grade != "inquiring" {
		s.Owing = stop(s.Owing, in)
	}
}

func (s *CaseState) access(in *Input) {
	a := CaseAccess{Note: in.ID, Party: in.Party, Step: caAccess.Or(in.Move, ""), When: caAccessWhen.Or(in.Move, "")}
	s.Accesses = slices.Clone(s.Accesses)
	switch a.Step {
	case "requested":
		a.Clocks = s.owing(in, "to grant or refuse access")
	case "granted", "refused":
		for i := range s.Accesses {
			s.Accesses[i].Clocks = stop(s.Accesses[i].Clocks, in)
		}
	}
	s.Accesses = append(s.Accesses, a)
}

// transfer reports whether the note only says again what its author has said:
// then it changes nothing, and who calls the case closed need not have seen it.
func (s *CaseState) transfer(in *Input) (again bool, err error) {
	step := caTransfer.Or(in.Move, "")
	if step == "proposed" {
		t := CaseTransfer{By: caBy.Or(in.Move, ""), From: caFrom.Or(in.Move, ""), Note: in.ID, Party: in.Party, To: caTo.Or(in.Move, "")}
		switch {
		case t.From == "" || t.To == "" || t.By == "":
			return false, errors.New("a proposal says from whom, to whom, and by when or none")
		case t.From == t.To || !slices.Contains(in.Principals, t.From) || !slices.Contains(in.Principals, t.To):
			return false, errors.New("a transfer is from one principal of the audience to another")
		}
		if !in.Content.IsZero() {
			t.Terms = in.Content.String()
		}
		if in.Party == t.From || in.Party == t.To {
			t.Agreed = []Said{{in.ID, in.Party}}
		}
		s.Transfers = append(slices.Clone(s.Transfers), t)
		return false, nil
	}
	id, ok := caProposal.Of(in.Move)
	if !ok {
		return false, errors.New("it does not name the transfer that it is about")
	}
	i := slices.IndexFunc(s.Transfers, func(t CaseTransfer) bool { return t.Note == id })
	if i < 0 || !in.Saw(id) {
		return false, errors.New("its author had not seen a transfer proposed by " + id.Short())
	}
	s.Transfers = slices.Clone(s.Transfers)
	t := &s.Transfers[i]
	switch {
	case in.Party != t.From && in.Party != t.To:
		return false, fmt.Errorf("the transfer is between %s and %s", t.From, t.To)
	case step == "done":
		// Both had agreed, and its author knew.
		if len(t.Agreed) < 2 || !in.Saw(t.Agreed[0].Note) || !in.Saw(t.Agreed[1].Note) {
			return false, errors.New("its author had not seen both sides agree to it")
		}
		t.Done = said(t.Done, in)
	case saidBy(t.Agreed, in.Party) >= 0 && step == "declined":
		return false, errors.New("its author had agreed to it; propose another")
	case step == "agreed" && !t.names(in):
		return false, errors.New("it names another text than the one proposed")
	case saidBy(t.Agreed, in.Party) >= 0:
		_, names := caOffices.Of(in.Move)
		return !names, nil
	case step == "declined":
		t.Declined = said(t.Declined, in)
	default:
		t.Agreed = said(t.Agreed, in)
		t.Declined = slices.DeleteFunc(slices.Clone(t.Declined), func(w Said) bool { return w.Party == in.Party })
	}
	return false, nil
}

// names reports whether the move names the text of the proposal.
func (t *CaseTransfer) names(in *Input) bool {
	d, ok := caTerms.Of(in.Move)
	return ok == (t.Terms != "") && (!ok || d.String() == t.Terms)
}

// close counts only if its author had seen everything said so far.
func (s CaseState) close(in *Input) (State, error) {
	for _, id := range s.said() {
		if !in.Saw(id) {
			return nil, errors.New("its author had not seen " + id.Short() + ", which says more about the case")
		}
	}
	s.Closed = said(s.Closed, in)
	if everyone(s.Closed, in) {
		s.State = "closed"
	}
	return &s, nil
}

func (s *CaseState) said() []note.ID {
	out := []note.ID{s.Opening}
	for _, to := range s.Sealed {
		out = append(out, to.Note)
	}
	for _, a := range s.Answers {
		out = append(out, a.Note)
	}
	for _, a := range s.Accesses {
		out = append(out, a.Note)
	}
	for _, t := range s.Transfers {
		out = append(out, t.Note)
		for _, w := range slices.Concat(t.Agreed, t.Declined, t.Done) {
			out = append(out, w.Note)
		}
	}
	return out
}
