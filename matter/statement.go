package matter

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/note"
)

// Fields of statements.
var (
	stTopic   = enum("topic", "what the clause is about", Topics...).Must()
	stClauses = list("clauses", "the clauses, numbered from 1 in their order; the text of each stands in the content", 64, stTopic.Spec).Must()
	stRelease = instant("release", "the moment from which all may publish it, and before which none does").Must()
	stTerms   = digest("terms", "the digest of the proposed text: the proposal's content, as its header names it").Must()
	stClause  = number("clause", "the number of the clause", 64).Must()
	stMoment  = instant("release", "the moment of release, as the proposal has it: who signs the text signs the moment too").Must()
	stWhen    = date("when", "when it was published").Must()
	stOutlet  = line("outlet", "where it was published").Must()
)

var statementTexts = []TextSpec{
	{Name: "clause", Doc: "the text of each clause", Numbered: true, Required: true, Whole: true},
	{Name: "title", Doc: "the title", Whole: true},
	{Name: "preamble", Doc: "words before the clauses", Whole: true},
}

// Statement is one text of several parties, and the moment of its release.
var Statement = Kind{
	Name: "statement",
	Doc:  "A joint statement: one text, clause by clause, in each of its languages, and one moment of release. A draft is a shared working text without force. A proposal is a text on offer, and takes the place of the ones that its author had seen. It is signed, whole and with its moment, by the digest of its text. Once every principal of the audience has signed it and that is settled it is released at that moment, at every node, with no further message.",
	States: []StateDoc{
		{"drafted", "there is a working text, and none on offer"},
		{"proposed", "a text is on offer; no party's latest word on a clause of it is an objection"},
		{"contested", "a text is on offer, and a party objects to a clause of it"},
		{"signed", "every principal has signed the same text and moment; settled, it is shown as released from that moment on"},
		{"abandoned", "a party has walked away, before every principal had signed; somebody may propose again"},
		{"crossed", "a signature crossed an objection, another proposal or a walking away, or two proposals crossed: somebody who has seen them must propose again, or walk away"},
	},
	Acts: []Act{
		{Name: "draft", Doc: "Shares a working text, which has no force. A party's later one takes the place of its earlier.", Opens: true, From: []string{"drafted", "proposed", "contested", "abandoned", "crossed"}, Who: Proposers,
			Fields: []Spec{stClauses.Spec, utTopic.Spec}, Texts: statementTexts},
		{Name: "propose", Doc: "Puts a text on offer, all of its clauses, with the moment of its release. To propose is not to sign.", Opens: true, From: []string{"drafted", "proposed", "contested", "signed", "abandoned", "crossed"}, Who: Proposers,
			Starts: "for every principal, until the moment of release: to sign or object",
			Fields: []Spec{stClauses.Spec, stRelease.Spec, utTopic.Spec}, Texts: statementTexts},
		{Name: "accept", Doc: "Has no objection to a clause, or none any more.", From: []string{"proposed", "contested", "signed", "abandoned", "crossed"}, Who: Principals,
			Fields: []Spec{stTerms.Spec, stClause.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "object", Doc: "Objects to a clause. It takes back its author's own signature.", From: []string{"proposed", "contested", "signed", "abandoned", "crossed"}, Who: Principals,
			Fields: []Spec{stTerms.Spec, stClause.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "why, or the words that it would have"}}},
		{Name: "sign", Doc: "Signs the whole text and its moment, where its author has seen no objection to it that stands. Not open after the moment.", From: []string{"proposed", "contested", "abandoned", "crossed"}, Who: Principals, Binds: true,
			Fields: []Spec{stTerms.Spec, stMoment.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside the signature"}}},
		{Name: "release", Doc: "Says that its author has published the statement, when and where. It needs nobody's word, and nobody need say it.", From: []string{"signed"}, Who: Principals,
			Fields: []Spec{stOutlet.Spec, stWhen.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "abandon", Doc: "Walks away from it, before every principal has signed.", From: []string{"drafted", "proposed", "contested", "signed", "abandoned", "crossed"}, Who: Principals, Binds: true, Texts: []TextSpec{{Name: "remark", Doc: "why, if at all"}}},
	},
}

func init() { Statement.Apply = applyStatement }

// StatementState is what a statement has come to.
type StatementState struct {
	Abandoned []Said         `json:"abandoned,omitempty"` // who walked away, and from what was proposed till then
	Crossings []Crossing     `json:"crossings,omitempty"`
	Drafts    []Said         `json:"drafts,omitempty"` // the latest working text of each party
	Half      string         `json:"half,omitempty"`
	Opener    string         `json:"opener"`
	Opening   note.ID        `json:"opening"`
	Proposals []ProposedText `json:"proposals,omitempty"` // the last is the one on offer
	Published []Publication  `json:"published,omitempty"`
	State     string         `json:"state"`
}

// ProposedText is one text on offer, and what was said of it.
type ProposedText struct {
	Against []note.ID    `json:"against,omitempty"` // proposals and walkings away that its author had not seen
	Clauses []string     `json:"clauses"`           // their topics, in order
	Done    *note.ID     `json:"done,omitempty"`    // the signature that was the last one wanted
	Note    note.ID      `json:"note"`
	Owing   []string     `json:"owing"` // who is to sign
	Party   string       `json:"party"`
	Release string       `json:"release"` // as written, with its zone
	Signed  []Signature  `json:"signed,omitempty"`
	Terms   note.Digest  `json:"terms"`
	Words   []ClauseWord `json:"words,omitempty"`
}

// Signature is a party's signature on a text and its moment.
type Signature struct {
	Back  *note.ID `json:"back,omitempty"` // its author's own objection, which took it back
	Note  note.ID  `json:"note"`
	Party string   `json:"party"`
}

// ClauseWord is what a party says of one clause.
type ClauseWord struct {
	As     string   `json:"as"`             // accepted, objected to
	Back   *note.ID `json:"back,omitempty"` // its author's later word, which took it back
	Clause int      `json:"clause"`
	Note   note.ID  `json:"note"`
	Party  string   `json:"party"`
}

// Crossing is two notes that conflict, neither of whose authors had seen the
// other's; and the notes of those who, having seen both, proposed again or
// walked away. Whether there is one follows from what the authors had seen,
// and not from the order in which the notes are folded.
type Crossing struct {
	Notes    [2]note.ID `json:"notes"`
	Resolved []note.ID  `json:"resolved,omitempty"`
}

// Publication is where a party says that it has published a statement.
type Publication struct {
	Note   note.ID `json:"note"`
	Outlet string  `json:"outlet"`
	Party  string  `json:"party"`
	When   string  `json:"when"`
}

func (s *StatementState) Opened() string          { return s.Opener }
func (s *StatementState) Stage(*note.Move) string { return s.State }
func (s *StatementState) Status() string          { return s.State }

// OnOffer returns the text on offer, or nil.
func (s *StatementState) OnOffer() *ProposedText {
	if len(s.Proposals) == 0 {
		return nil
	}
	return &s.Proposals[len(s.Proposals)-1]
}

// Clauses returns the topics of a draft's or a proposal's clauses.
func Clauses(m *note.Move) (topics []string) {
	clauses, _ := stClauses.Of(m)
	for _, f := range clauses {
		topic, _ := stTopic.From(f)
		topics = append(topics, topic)
	}
	return topics
}

// Moment returns when the text on offer is to be released; zero where there
// is none.
func (s *StatementState) Moment() time.Time {
	if p := s.OnOffer(); p != nil {
		if t, err := ParseInstant(p.Release); err == nil {
			return t
		}
	}
	return time.Time{}
}

// Released reports whether the statement is released at t. Ask it of a state
// that is settled: nothing is released on a word that can still be crossed.
func (s *StatementState) Released(t time.Time) bool {
	return s.State == "signed" && !t.Before(s.Moment())
}

// Crossed returns the notes that crossed, for people to resolve.
func (s *StatementState) Crossed() (ids []note.ID) {
	for _, c := range s.Crossings {
		if c.Resolved == nil {
			ids = together(ids, c.Notes[:])
		}
	}
	return ids
}

func (s *StatementState) Clocks() []Clock {
	var out []Clock
	for i := range s.Proposals {
		p := &s.Proposals[i]
		for _, party := range p.Owing {
			c := Clock{For: "to sign or object", From: p.Note, Owes: party, Due: utc(p.Release), Lapses: true}
			if w := p.Signature(party); w != nil {
				c.Done = &w.Note
			} else if at := slices.IndexFunc(p.Words, func(w ClauseWord) bool { return w.Party == party && w.objects() }); at >= 0 {
				c.Done = &p.Words[at].Note
			}
			c.Void = c.Done == nil && (p != s.OnOffer() || s.State == "abandoned" || s.State == "crossed")
			out = append(out, c)
		}
	}
	return out
}

// Signature returns a party's signature, or nil.
func (p *ProposedText) Signature(party string) *Signature {
	at := slices.IndexFunc(p.Signed, func(w Signature) bool { return w.Party == party && w.Back == nil })
	if at < 0 {
		return nil
	}
	return &p.Signed[at]
}

const objected = "objected to"

// objects reports whether the word is an objection that stands.
func (w ClauseWord) objects() bool { return w.As == objected && w.Back == nil }

func applyStatement(prev State, in *Input) (State, error) {
	s := &StatementState{Opener: in.Party, Opening: in.ID}
	if prev != nil {
		*s = *prev.(*StatementState)
	}
	if half, ok := utTopic.Of(in.Move); ok {
		s.Half = half
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
		if q.Terms == p.Terms {
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
	i := slices.IndexFunc(s.Proposals, func(p ProposedText) bool { return p.Terms == terms })
	if i < 0 {
		return errors.New("it names another text than was proposed")
	}
	p := &s.Proposals[i]
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
