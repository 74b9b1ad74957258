package matter

import (
	"errors"
	"fmt"
	"slices"

	"detente/note"
)

// Fields of dossiers.
var (
	dsKind     = line("kind", "what kind of thing the item is, in a short neutral word: route, site, plan").Must()
	dsSource   = enum("source", "the reliability of the source, by the Admiralty system: A completely reliable to E unreliable, F cannot be judged", "A", "B", "C", "D", "E", "F").Must()
	dsGrade    = enum("information", "the credibility of the information, by the Admiralty system: 1 confirmed to 5 improbable, 6 cannot be judged", "1", "2", "3", "4", "5", "6").Must()
	dsWhere    = district("where", "where, no finer than a district")
	dsItems    = list("items", "the items, numbered on from those before; the text of each stands in the content", 64, dsKind.Spec, dsSource.Spec, dsGrade.Spec, dsWhere.Spec).Must()
	dsAnswerBy = instant("answer-by", "by when the items are to be answered; absent: as the charter says of the act")
	dsItem     = number("item", "the number of the item", dossierLimit).Must()
	dsAs       = enum("as", "the answer", "inquiring", "found", "not found", "acted", "insufficient", "declined").Must()
	dsAnswers  = list("answers", "the items that it answers", 64, dsItem.Spec, dsAs.Spec).Must()
)

// dossierLimit is how many items a dossier can come to have; answerLimit, how
// many times one party may answer one item.
const (
	dossierLimit = 999
	answerLimit  = 64
)

// Dossier is information that one side shares, item by item, and what the
// other side answers to each.
var Dossier = Kind{
	Name:      "dossier",
	Addressed: true,
	Doc:       "Information that one side shares with others, in numbered items, each graded and each answered. Answers may be repeated and interim: the latest of each party shows, the earlier ones stay, and an item that a party has not answered says so. A dossier names people and places only for the receiving side's own lawful action on its own territory: no place in it is finer than a district. What stands on it of handling (label, caveats, end) stands on every note about it, is shown with its words, and is enforced where they would leave the node.",
	States: []StateDoc{
		{"shared", "shared, and not closed by every principal of the audience"},
		{"closed", "every principal of the audience, having seen all that was shared and answered, calls it closed"},
		{"retracted", "the party that shared it has taken it back, the whole of it or item by item; also of one item"},
		{"unanswered", "of an item: a party with which it was shared has not answered it"},
		{"inquiring", "of an item: every party with which it was shared has answered it, and one or more of them only that it is inquiring"},
		{"answered", "of an item: every party with which it was shared has answered it"},
	},
	Acts: []Act{
		{Name: "share", Doc: "Shares a dossier.", Opens: true, Who: Principals, Starts: "for each other principal, where the charter sets one for dossier/share: to acknowledge receipt, and to answer each item, the latter until the field answer-by where it is given",
			Fields: []Spec{dsItems.Spec, hdTLP.Must().Spec, hdCaveats.Spec, hdExpires.Must().Spec, dsAnswerBy.Spec},
			Texts:  []TextSpec{{Name: "summary", Doc: "what it is about", Required: true}, {Name: "item", Doc: "the text of each item", Numbered: true, Required: true}}},
		{Name: "received", Doc: "Acknowledges receipt: a person's deliberate act. It says nothing of what is in it.", From: []string{"shared", "closed", "retracted"}, Who: Others, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "answer", Doc: "Answers one or more items that its author has seen; also what was closed or taken back meanwhile.", From: []string{"shared", "closed", "retracted"}, Who: Others,
			Fields: []Spec{dsAnswers.Spec, hdTLP.Spec, hdCaveats.Spec, hdExpires.Spec}, Texts: []TextSpec{{Name: "answer", Doc: "the words of each answer, in the order of the answers", Numbered: true}}},
		{Name: "supplement", Doc: "Adds items. Who had called the dossier closed had not seen them.", From: []string{"shared", "closed"}, Who: Opener, Starts: "as dossier/share does, for the items that it adds, where the charter sets one for dossier/supplement",
			Fields: []Spec{dsItems.Spec, hdTLP.Spec, hdCaveats.Spec, hdExpires.Spec, dsAnswerBy.Spec},
			Texts:  []TextSpec{{Name: "summary", Doc: "words beside it"}, {Name: "item", Doc: "the text of each item", Numbered: true, Required: true}}},
		{Name: "retract", Doc: "Takes back one item, or without a number the whole dossier. It stays in the record.", From: []string{"shared", "closed", "unanswered", "inquiring", "answered"}, Who: Opener,
			Fields: []Spec{optional(dsItem.Spec)}, Texts: []TextSpec{{Name: "remark", Doc: "the reason, if any"}}},
		{Name: "close", Doc: "Calls the dossier closed, having seen all that was shared and answered. It is closed when every principal has.", From: []string{"shared", "closed"}, Who: Principals, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
	},
}

func init() { Dossier.Apply = applyDossier }

// Supplement is the act that adds to a dossier, and may be more strict.
const Supplement = "dossier/supplement"

// DossierState is what a dossier has come to.
type DossierState struct {
	Asked     []string      `json:"asked"`            // with whom it was shared: who is to answer
	Closed    []Said        `json:"closed,omitempty"` // who, having seen all of it, calls it closed
	Items     []DossierItem `json:"items"`
	Opener    string        `json:"opener"`
	Opening   note.ID       `json:"opening"`
	Retracted *note.ID      `json:"retracted,omitempty"` // the note that took the last of it back
	Sent      []Sending     `json:"sent"`
	State     string        `json:"state"`
}

// Sending is a note that shares items, and who has acknowledged its receipt.
type Sending struct {
	AnswerBy string  `json:"answer_by,omitempty"`
	Note     note.ID `json:"note"`
	Receipts []Clock `json:"receipts"` // one for each party with which it was shared
}

// DossierItem is one numbered item. Number is where its text stands in the
// note that shares it.
type DossierItem struct {
	Answers     []ItemAnswer `json:"answers,omitempty"`
	Information string       `json:"information"`
	Kind        string       `json:"kind"`
	Note        note.ID      `json:"note"`
	Number      int          `json:"number"`
	Retracted   *note.ID     `json:"retracted,omitempty"`
	Source      string       `json:"source"`
	Where       string       `json:"where,omitempty"`
}

// ItemAnswer is one answer to an item. Number is where its words stand in the
// note.
type ItemAnswer struct {
	As     string  `json:"as"`
	Note   note.ID `json:"note"`
	Number int     `json:"number"`
	Party  string  `json:"party"`
}

func (s *DossierState) Opened() string { return s.Opener }
func (s *DossierState) Status() string { return s.State }

func (s *DossierState) Stage(m *note.Move) string {
	if n, ok := dsItem.Of(m); ok && n >= 1 && n <= len(s.Items) {
		return s.ItemStage(n)
	}
	return s.State
}

// ItemStage returns the stage of an item, which are numbered from 1.
func (s *DossierState) ItemStage(n int) string {
	item := &s.Items[n-1]
	if item.Retracted != nil {
		return "retracted"
	}
	stage := "answered"
	for _, p := range s.Asked {
		switch a, ok := item.Latest(p); {
		case !ok:
			return "unanswered"
		case a.As == "inquiring":
			stage = a.As
		}
	}
	return stage
}

func (i *DossierItem) answered(party string) (times int) {
	for _, a := range i.Answers {
		if a.Party == party {
			times++
		}
	}
	return times
}

// Latest returns a party's latest answer.
func (i *DossierItem) Latest(party string) (ItemAnswer, bool) {
	for _, a := range slices.Backward(i.Answers) {
		if a.Party == party {
			return a, true
		}
	}
	return ItemAnswer{}, false
}

// Clocks returns those that have a deadline: where neither the charter nor the
// note sets one, there is none.
func (s *DossierState) Clocks() []Clock {
	var out []Clock
	add := func(c Clock, open bool) {
		if c.Void = c.Done == nil && !open; c.Due != "" {
			out = append(out, c)
		}
	}
	for _, sent := range s.Sent {
		for _, c := range sent.Receipts {
			add(c, s.State == "shared")
		}
		for n := range s.Items {
			item := &s.Items[n]
			if item.Note != sent.Note {
				continue
			}
			for _, r := range sent.Receipts {
				c := Clock{For: fmt.Sprintf("item %d, to answer", n+1), From: sent.Note, Owes: r.Owes, Due: r.Due}
				if sent.AnswerBy != "" {
					c.Due = utc(sent.AnswerBy)
				}
				// That a party is inquiring is not yet the answer that the clock waits for.
				if i := slices.IndexFunc(item.Answers, func(a ItemAnswer) bool { return a.Party == r.Owes && a.As != "inquiring" }); i >= 0 {
					c.Done = &item.Answers[i].Note
				}
				add(c, s.State == "shared" && item.Retracted == nil)
			}
		}
	}
	return out
}

func applyDossier(prev State, in *Input) (State, error) {
	if prev == nil {
		s := DossierState{Asked: in.others(), Opener: in.Party, Opening: in.ID}
		if len(s.Asked) == 0 {
			return nil, errors.New("there is no other principal in the audience to share it with")
		}
		return s.send(in)
	}
	s := *prev.(*DossierState)
	switch in.Act.Name {
	case "received":
		s.receive(in)
	case "answer":
		return s.answer(in)
	case "supplement":
		return s.send(in)
	case "retract":
		return s.retract(in)
	case "close":
		return s.close(in)
	}
	return &s, nil
}

// send adds the items of a note. Whoever called the dossier closed before had
// not seen them.
func (s DossierState) send(in *Input) (State, error) {
	items, _ := dsItems.Of(in.Move)
	if len(s.Items)+len(items) > dossierLimit {
		return nil, fmt.Errorf("the dossier would have more than %d items", dossierLimit)
	}
	s.Items = slices.Clone(s.Items)
	for i, f := range items {
		item := DossierItem{Note: in.ID, Number: i + 1}
		item.Kind, _ = dsKind.From(f)
		item.Source, _ = dsSource.From(f)
		item.Information, _ = dsGrade.From(f)
		item.Where, _ = dsWhere.From(f)
		s.Items = append(s.Items, item)
	}
	sent := Sending{AnswerBy: dsAnswerBy.Or(in.Move, ""), Note: in.ID}
	for _, p := range s.Asked {
		sent.Receipts = append(sent.Receipts, Clock{For: "to acknowledge receipt", From: in.ID, Owes: p, Due: in.due(p)})
	}
	s.Sent = append(slices.Clone(s.Sent), sent)
	s.State, s.Closed = "shared", nil
	return &s, nil
}

// receive stops the party's clocks for receipt of what it had seen.
func (s *DossierState) receive(in *Input) {
	s.Sent = slices.Clone(s.Sent)
	for i := range s.Sent {
		sent := &s.Sent[i]
		if !in.Saw(sent.Note) {
			continue
		}
		sent.Receipts = slices.Clone(sent.Receipts)
		for j := range sent.Receipts {
			if c := &sent.Receipts[j]; c.Owes == in.Party && c.Done == nil {
				c.Done = &in.ID
			}
		}
	}
}

// answer counts only for items that its author had seen: one that was added
// meanwhile may have taken the number.
func (s DossierState) answer(in *Input) (State, error) {
	answers, _ := dsAnswers.Of(in.Move)
	s.Items = slices.Clone(s.Items)
	seen := map[int]bool{}
	for i, f := range answers {
		n, _ := dsItem.From(f)
		as, _ := dsAs.From(f)
		switch {
		case n < 1 || n > len(s.Items) || !in.Saw(s.Items[n-1].Note):
			return nil, fmt.Errorf("there is no item %d in what its author had seen", n)
		case seen[n]:
			return nil, fmt.Errorf("it answers item %d twice", n)
		}
		seen[n] = true
		item := &s.Items[n-1]
		if item.answered(in.Party) >= answerLimit {
			return nil, fmt.Errorf("its author has answered item %d %d times, as often as one party may", n, answerLimit)
		}
		item.Answers = append(slices.Clone(item.Answers), ItemAnswer{as, in.ID, i + 1, in.Party})
	}
	s.receive(in) // who answers has received it
	s.Closed = nil
	if s.State == "closed" {
		s.State = "shared"
	}
	return &s, nil
}

func (s DossierState) retract(in *Input) (State, error) {
	n, one := dsItem.Of(in.Move)
	if one && (n < 1 || n > len(s.Items)) {
		return nil, fmt.Errorf("there is no item %d", n)
	}
	s.Items = slices.Clone(s.Items)
	left := 0
	for i := range s.Items {
		item := &s.Items[i]
		if item.Retracted == nil && (!one || i == n-1) {
			item.Retracted = &in.ID
		}
		if item.Retracted == nil {
			left++
		}
	}
	if left == 0 {
		s.State, s.Retracted, s.Closed = "retracted", &in.ID, nil
	}
	return &s, nil
}

// close counts only if its author had seen everything that was shared and
// answered: items or answers that crossed it leave the dossier open.
func (s DossierState) close(in *Input) (State, error) {
	unseen := func(id note.ID) error {
		if in.Saw(id) {
			return nil
		}
		return errors.New("its author had not seen " + id.Short() + ", which says more")
	}
	for _, sent := range s.Sent {
		if err := unseen(sent.Note); err != nil {
			return nil, err
		}
	}
	for i := range s.Items {
		for _, a := range s.Items[i].Answers {
			if err := unseen(a.Note); err != nil {
				return nil, err
			}
		}
	}
	s.Closed = said(s.Closed, in)
	if everyone(s.Closed, in) {
		s.State = "closed"
	}
	return &s, nil
}
