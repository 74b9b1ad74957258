package matter

import (
	"fmt"
	"slices"

	"detente/note"
)

// Fields of claims.
var (
	clOutlet  = line("outlet", "who published it: a newspaper, an agency, a ministry's own page").Must()
	clDate    = date("date", "when it was published, as the outlet says").Must()
	clSpeaker = line("speaker", "whose words they are, as the outlet says; the outlet itself where it speaks for itself").Must()
	clSource  = line("source", "where it can be found again: a page, an address")
	clNote    = ref("note", "a note on the matter that the claim speaks of").Must()
	clBy      = line("by", "who disputes it").Must()
)

// Claim is what the press or a third party says.
var Claim = Kind{
	Name:    "claim",
	InHouse: true,
	Doc:     "What the press or a third party says, as somebody's claim: outlet, date, speaker, quotation. It may be linked to a matter, and never moves it; it is in-house, and never sent.",
	States: []StateDoc{
		{"entered", "kept as it was published"},
		{"disputed", "somebody disputes it; who is right is not said"},
	},
	Acts: []Act{
		{Name: "enter", Doc: "Keeps what was published, word for word.", Opens: true, Who: OwnDesk,
			Fields: []Spec{clOutlet.Spec, clDate.Spec, clSpeaker.Spec, clSource.Spec}, Texts: []TextSpec{{Name: "quotation", Doc: "the words, as they were published", Required: true}, {Name: "remark", Doc: "the desk's own words beside it"}}},
		{Name: "link", Doc: "Lays the claim beside a matter. The matter does not change.", From: []string{"entered", "disputed"}, Who: OwnDesk,
			Fields: []Spec{clNote.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "why it belongs there"}}},
		{Name: "dispute", Doc: "Keeps that somebody disputes the claim, and in which words.", From: []string{"entered", "disputed"}, Who: OwnDesk,
			Fields: []Spec{clBy.Spec, clSource.Spec}, Texts: []TextSpec{{Name: "words", Doc: "the words that dispute it", Required: true}}},
	},
}

func init() { Claim.Apply = applyClaim }

// ClaimState is what a claim has come to.
type ClaimState struct {
	Links []note.ID `json:"links"` // notes on the matters that it is laid beside
	State string    `json:"state"`
}

func (s *ClaimState) Stage(*note.Move) string { return s.State }
func (s *ClaimState) Status() string          { return s.State }
func (s *ClaimState) Clocks() []Clock         { return nil }
func (s *ClaimState) Opened() string          { return "" }

func applyClaim(prev State, in *Input) (State, error) {
	if prev == nil {
		return &ClaimState{Links: []note.ID{}, State: "entered"}, nil
	}
	s := *prev.(*ClaimState)
	switch in.Act.Name {
	case "link":
		to, _ := clNote.Of(in.Move)
		if slices.Contains(s.Links, to) {
			return nil, fmt.Errorf("it is linked to %s already", to.Short())
		}
		s.Links = append(slices.Clone(s.Links), to)
	case "dispute":
		s.State = "disputed"
	}
	return &s, nil
}
