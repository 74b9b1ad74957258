package matter

import (
	"errors"
	"fmt"
	"slices"

	"detente/note"
)

// Fields of handovers.
var (
	hoWhat     = enum("what", "what is handed over", "lists", "steps", "documents", "maps", "other").Must()
	hoParties  = names("parties", "the principals that hand over, two or more; else every principal of the audience")
	hoCommitBy = end("commit-by", "by when each is to commit; or none").Must()
	hoRevealBy = end("reveal-by", "by when each is to reveal, once all have committed; or none").Must()
	hoDigest   = digest("digest", "the digest of the content that is kept until it is revealed, salt and all; the desk works it out").Must()
)

var handoverTexts = []TextSpec{{Name: "list", Doc: "what is handed over; files can be attached to it"}}

// Handover is lists or steps that parties hand over at the same moment.
var Handover = Kind{
	Name: "handover",
	Doc: "Lists or steps handed over at the same moment. Each named party commits to the digest of what it will say, which its salt keeps from being guessed; " +
		"once all have committed each reveals. Nobody sees another's words before its own are fixed, and who does not reveal, or reveals something else, is seen to.",
	States: []StateDoc{
		{"open", "not every named party has committed"},
		{"committed", "every named party has committed; not every one has revealed what it committed to"},
		{"revealed", "every named party has revealed what it committed to"},
	},
	Acts: []Act{
		{Name: "open", Doc: "Proposes a handover: what, between whom, by when.", Opens: true, Who: Proposers,
			Starts: "for every named party, until commit-by: to commit",
			Fields: []Spec{hoWhat.Spec, hoParties.Spec, hoCommitBy.Spec, hoRevealBy.Spec}, Texts: []TextSpec{{Name: "terms", Doc: "what each hands over", Required: true}}},
		{Name: "commit", Doc: "Commits to what will be revealed. The texts and files given with it stay at the node until then, and only the digest of the whole is sent.", From: []string{"open"}, Who: Party, Binds: true, Keeps: "reveal",
			Starts: "with the last one, for every named party, until reveal-by: to reveal",
			Fields: []Spec{hoDigest.Spec}, Texts: handoverTexts},
		{Name: "reveal", Doc: "Reveals what its author committed to: given without texts, the node sends what it kept. Its author must have seen every commitment; the desk waits until they are settled. What is not the content committed to stands as revealed otherwise, and the right one can still be revealed.",
			From: []string{"committed"}, Who: Party, Settled: true, Texts: handoverTexts},
	},
}

func init() { Handover.Apply = applyHandover }

// Committed returns the digest that a move commits its author to reveal.
func Committed(m *note.Move) (note.Digest, bool) {
	_, act, ok := Find(m.Act)
	if !ok || act.Keeps == "" {
		return note.Digest{}, false
	}
	return hoDigest.Of(m)
}

// HandoverState is what a handover has come to.
type HandoverState struct {
	CommitBy string          `json:"commit_by"` // as written; or none
	Opener   string          `json:"opener"`
	Opening  note.ID         `json:"opening"`
	Parties  []HandoverParty `json:"parties"` // by their codes
	RevealBy string          `json:"reveal_by"`
	State    string          `json:"state"`
	What     string          `json:"what"`
}

// HandoverParty is how far one of the parties is.
type HandoverParty struct {
	Commit    *note.ID     `json:"commit,omitempty"`
	Digest    *note.Digest `json:"digest,omitempty"`    // of the content committed to
	Otherwise []note.ID    `json:"otherwise,omitempty"` // notes by which it revealed something else
	Party     string       `json:"party"`
	Reveal    *note.ID     `json:"reveal,omitempty"` // the note that revealed what was committed to
}

func (s *HandoverState) Opened() string          { return s.Opener }
func (s *HandoverState) Stage(*note.Move) string { return s.State }
func (s *HandoverState) Status() string          { return s.State }

func (s *HandoverState) Clocks() []Clock {
	var commit, reveal []Clock
	for _, p := range s.Parties {
		commit = append(commit, Clock{Done: p.Commit, Due: utc(s.CommitBy), For: "to commit", From: s.Opening, Owes: p.Party})
		reveal = append(reveal, Clock{Done: p.Reveal, Due: utc(s.RevealBy), For: "to reveal", From: s.Opening, Owes: p.Party})
	}
	if s.State == "open" {
		return commit
	}
	return append(commit, reveal...)
}

// Of returns how far a party is; nil if it is not one of those named.
func (s *HandoverState) Of(party string) *HandoverParty {
	for i := range s.Parties {
		if s.Parties[i].Party == party {
			return &s.Parties[i]
		}
	}
	return nil
}

func applyHandover(prev State, in *Input) (State, error) {
	if prev == nil {
		return openHandover(in)
	}
	s := *prev.(*HandoverState)
	s.Parties = slices.Clone(s.Parties)
	p := s.Of(in.Party)
	if p == nil {
		return nil, errors.New(in.Party + " is not one of the parties that hand over")
	}
	if in.Act.Name == "commit" {
		return s.commit(p, in)
	}
	return s.reveal(p, in)
}

func openHandover(in *Input) (State, error) {
	s := &HandoverState{CommitBy: hoCommitBy.Or(in.Move, ""), Opener: in.Party, Opening: in.ID, RevealBy: hoRevealBy.Or(in.Move, ""), State: "open", What: hoWhat.Or(in.Move, "")}
	parties := slices.Sorted(slices.Values(hoParties.Or(in.Move, in.Principals)))
	for _, p := range parties {
		if !slices.Contains(in.Principals, p) {
			return nil, fmt.Errorf("%.20q is not a principal of the audience", p)
		}
		s.Parties = append(s.Parties, HandoverParty{Party: p})
	}
	if n := len(slices.Compact(parties)); n < 2 || n < len(s.Parties) {
		return nil, errors.New("a handover is between two parties or more, each named once")
	}
	if commit, reveal := utc(s.CommitBy), utc(s.RevealBy); commit != "" && reveal != "" && reveal < commit {
		return nil, errors.New("it is to be revealed before it is to be committed to")
	}
	return s, nil
}

// commit takes a party's word once: what it will reveal is fixed by it.
func (s HandoverState) commit(p *HandoverParty, in *Input) (State, error) {
	if p.Commit != nil {
		return nil, errors.New("its author has committed already, by " + p.Commit.Short())
	}
	d, _ := hoDigest.Of(in.Move)
	for _, o := range s.Parties {
		if o.Commit != nil && *o.Digest == d && in.Saw(*o.Commit) {
			return nil, fmt.Errorf("it is the digest that %s committed to: what it commits to are the words of %s", o.Party, o.Party)
		}
	}
	p.Commit, p.Digest = &in.ID, &d
	if !slices.ContainsFunc(s.Parties, func(p HandoverParty) bool { return p.Commit == nil }) {
		s.State = "committed"
	}
	return &s, nil
}

// reveal holds the content against the digest committed to. Whose author had
// not seen every commitment has shown its words to somebody who could still
// choose his own.
func (s HandoverState) reveal(p *HandoverParty, in *Input) (State, error) {
	for _, o := range s.Parties {
		if !in.Saw(*o.Commit) {
			return nil, errors.New("its author had not seen the commitment of " + o.Party)
		}
	}
	switch {
	case p.Reveal != nil:
		return nil, errors.New("its author has revealed already what it committed to, by " + p.Reveal.Short())
	case in.Content.IsZero():
		return nil, errors.New("it reveals nothing")
	case in.Content != *p.Digest:
		p.Otherwise = append(slices.Clone(p.Otherwise), in.ID)
		return &s, nil
	}
	p.Reveal = &in.ID
	if !slices.ContainsFunc(s.Parties, func(p HandoverParty) bool { return p.Reveal == nil }) {
		s.State = "revealed"
	}
	return &s, nil
}
