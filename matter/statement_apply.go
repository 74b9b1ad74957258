package matter

import (
	"errors"
	"fmt"
	"slices"

	"detente/note"
)

func applyStatement(prev State, in *Input) (State, error) {
	// The opening note says which half it belongs to: of later ones that
	// crossed, none would have the last word.
	s := &StatementState{Opener: in.Party, Opening: in.ID, Half: stHalf.Or(in.Move, "")}
	if prev != nil {
		*s = *prev.(*StatementState)
	}
	s.Proposals, s.Crossings = slices.Clone(s.Proposals), slices.Clone(s.Crossings)
	var err error
	switch in.Act.Name {
	case "draft":
		s.Drafts = said(s.Drafts, in)
	case "propose":
		err = s.propose(in)
	case "abandon":
		err = s.abandon(in)
	case "release":
		err = s.publish(in)
	default:
		err = s.word(in)
	}
	if err != nil {
		return nil, err
	}
	s.State = s.standing()
	return s, nil
}

func (s *StatementState) standing() string {
	p := s.OnOffer()
	away := func(id note.ID) bool {
		return slices.ContainsFunc(s.Abandoned, func(w Said) bool { return w.Note == id })
	}
	switch {
	case slices.ContainsFunc(s.Crossings, func(c Crossing) bool { return c.Resolved == nil }):
		return "crossed"
	case p == nil && s.Abandoned != nil, p != nil && slices.ContainsFunc(p.Against, away):
		return "abandoned"
	case p == nil:
		return "drafted"
	case p.Done != nil:
		return "signed"
	case slices.ContainsFunc(p.Words, ClauseWord.objects):
		return "contested"
	}
	return "proposed"
}

// proposalLimit is how many texts one party may propose of one statement: each
// is held against every other.
const proposalLimit = 64

// propose puts a text in the place of those that its author had seen. It
// crosses those that it had not, and the signatures that it had not.
func (s *StatementState) propose(in *Input) error {
	if in.Content.IsZero() {
		return errors.New("there is no text that could be signed")
	}
	p := ProposedText{Note: in.ID, Party: in.Party, Terms: in.Content, Clauses: Clauses(in.Move), Owing: slices.Clone(in.Principals)}
	p.Release, _ = stRelease.Of(in.Move)
	own := 0
	for _, q := range s.Proposals {
		if q.Party == in.Party {
			own++
		}
		if q.Terms == p.Terms && in.Saw(q.Note) {
			return fmt.Errorf("its text is, to the byte, that of %s: a text that is proposed again has a salt of its own", q.Note.Short())
		}
		if !in.Saw(q.Note) {
			p.Against = append(p.Against, q.Note)
		}
	}
	if own >= proposalLimit {
		return fmt.Errorf("its author has proposed %d texts of this statement, as many as one party may: open another", own)
	}
	if err := s.change(in, p.Against); err != nil {
		return err
	}
	for _, w := range s.Abandoned {
		if !in.Saw(w.Note) {
			p.Against = append(p.Against, w.Note)
		}
	}
	s.Proposals = append(s.Proposals, p)
	return nil
}

func (s *StatementState) abandon(in *Input) error {
	if err := s.change(in, nil); err != nil {
		return err
	}
	s.Abandoned = append(slices.Clone(s.Abandoned), Said{in.ID, in.Party})
	return nil
}

// change sets every text aside. It resolves what its author had seen cross,
// and crosses what is given and every signature that the author had not seen.
func (s *StatementState) change(in *Input, met []note.ID) error {
	for i := range s.Proposals {
		p := &s.Proposals[i]
		if s.bound(in, p) {
			return errSigned
		}
		p.Against = append(slices.Clone(p.Against), in.ID)
		met = slices.Concat(met, p.unseen(in))
	}
	for i := range s.Crossings {
		if c := &s.Crossings[i]; in.Saw(c.Notes[0]) && in.Saw(c.Notes[1]) {
			c.Resolved = append(slices.Clone(c.Resolved), in.ID)
		}
	}
	s.cross(in, met)
	return nil
}

func (s *StatementState) cross(in *Input, met []note.ID) {
	for _, id := range met {
		s.Crossings = append(s.Crossings, Crossing{Notes: [2]note.ID{id, in.ID}})
	}
}

// unseen returns the signatures that the input's author had not seen, those
// that were taken back too.
func (p *ProposedText) unseen(in *Input) (ids []note.ID) {
	for _, w := range p.Signed {
		if !in.Saw(w.Note) {
			ids = append(ids, w.Note)
		}
	}
	return ids
}

var errSigned = errors.New("every principal has signed it, and its author had seen that: only another statement can say otherwise")

// bound reports whether the author had seen everyone's signature on the text,
// and nothing that crossed one of them.
func (s *StatementState) bound(in *Input, p *ProposedText) bool {
	var seen []Signature
	for _, w := range p.Signed {
		if in.Saw(w.Note) && (w.Back == nil || !in.Saw(*w.Back)) {
			seen = append(seen, w)
		}
	}
	for _, party := range p.Owing {
		if !slices.ContainsFunc(seen, func(w Signature) bool { return w.Party == party }) {
			return false
		}
	}
	return !slices.ContainsFunc(s.Crossings, func(c Crossing) bool {
		return in.Saw(c.Notes[0]) && in.Saw(c.Notes[1]) && slices.ContainsFunc(seen, func(w Signature) bool { return slices.Contains(c.Notes[:], w.Note) })
	})
}

// word takes what a party says of one proposed text. It is refused where its
// author had seen that the text was no longer on offer.
func (s *StatementState) word(in *Input) error {
	terms, _ := stTerms.Of(in.Move)
	// Whoever lays claim to another's text, to the byte, does not thereby become
	// the one whose proposal is signed: a word goes to what its author had seen.
	var p *ProposedText
	for i := range s.Proposals {
		q := &s.Proposals[i]
		switch {
		case q.Terms != terms || !in.Saw(q.Note):
		case p != nil:
			return fmt.Errorf("its author had seen that %s and %s have the same text, to the byte: somebody must propose again", p.Note.Short(), q.Note.Short())
		default:
			p = q
		}
	}
	if p == nil {
		return errors.New("it names another text than its author had seen proposed")
	}
	for _, id := range p.Against {
		if in.Saw(id) {
			return fmt.Errorf("its author had seen %s, which sets that text aside: it is no longer on offer", id.Short())
		}
	}
	for _, c := range s.Crossings {
		if in.Saw(c.Notes[0]) && in.Saw(c.Notes[1]) && !slices.Contains(c.Resolved, p.Note) {
			return fmt.Errorf("its author had seen that %s and %s crossed: somebody must propose again", c.Notes[0].Short(), c.Notes[1].Short())
		}
	}
	if s.bound(in, p) {
		return errSigned
	}
	if in.Act.Name == "sign" {
		return s.sign(in, p)
	}
	return s.clause(in, p)
}

// clause takes a word on one clause. An objection crosses the signatures that
// its author had not seen, and takes its author's own back.
func (s *StatementState) clause(in *Input, p *ProposedText) error {
	w := ClauseWord{As: map[string]string{"accept": "accepted", "object": objected}[in.Act.Name], Note: in.ID, Party: in.Party}
	if w.Clause, _ = stClause.Of(in.Move); w.Clause < 1 || w.Clause > len(p.Clauses) {
		return fmt.Errorf("the text has no clause %d", w.Clause)
	}
	p.Words, p.Signed = slices.Clone(p.Words), slices.Clone(p.Signed)
	for i := range p.Words {
		switch o := &p.Words[i]; {
		case o.Party != w.Party || o.Clause != w.Clause || o.Back != nil:
		case o.As == w.As:
			return nil // it has said so
		default:
			o.Back = &in.ID
		}
	}
	p.Words = append(p.Words, w)
	if w.As != objected {
		return nil
	}
	s.cross(in, p.unseen(in))
	if own := p.Signature(in.Party); own != nil {
		own.Back = &in.ID
	}
	return nil
}

// sign takes a signature. It is refused where its author had seen an objection
// that, as far as it had seen, stands; and crosses what it had not seen.
func (s *StatementState) sign(in *Input, p *ProposedText) error {
	release, _ := stMoment.Of(in.Move)
	moment, err := ParseInstant(p.Release)
	switch {
	case err != nil || utc(release) != utc(p.Release):
		return errors.New("it names another moment of release than was proposed")
	case in.Time.After(moment):
		return errors.New("by its own time it comes after the moment of release: somebody must propose a later one")
	}
	met := slices.Clone(p.Against)
	for _, w := range p.Words {
		switch {
		case w.As != objected:
		case !in.Saw(w.Note):
			met = append(met, w.Note)
		case w.Back == nil || !in.Saw(*w.Back):
			return fmt.Errorf("its author had seen that %s objects to clause %d (%s)", w.Party, w.Clause, w.Note.Short())
		}
	}
	if p.Signature(in.Party) != nil {
		return nil
	}
	s.cross(in, met)
	p.Signed = append(slices.Clone(p.Signed), Signature{Note: in.ID, Party: in.Party})
	if p.Done == nil && !slices.ContainsFunc(p.Owing, func(party string) bool { return p.Signature(party) == nil }) {
		p.Done = &in.ID
	}
	return nil
}

func (s *StatementState) publish(in *Input) error {
	if s.OnOffer().unseen(in) != nil {
		return errors.New("its author had not seen every signature")
	}
	w := Publication{Note: in.ID, Party: in.Party}
	w.When, _ = stWhen.Of(in.Move)
	w.Outlet, _ = stOutlet.Of(in.Move)
	s.Published = append(slices.Clone(s.Published), w)
	return nil
}
