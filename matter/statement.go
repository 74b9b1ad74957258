package matter

import (
	"slices"
	"time"

	"detente/note"
)

// Fields of statements.
var (
	stHalf    = enum("half", "which half of an agreement it belongs to; that of the note that opens the statement counts", utTopic.Words...)
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
			Fields: []Spec{stClauses.Spec, stHalf.Spec}, Texts: statementTexts},
		{Name: "propose", Doc: "Puts a text on offer, all of its clauses, with the moment of its release. To propose is not to sign.", Opens: true, From: []string{"drafted", "proposed", "contested", "signed", "abandoned", "crossed"}, Who: Proposers,
			Starts: "for every principal, until the moment of release: to sign or object",
			Fields: []Spec{stClauses.Spec, stRelease.Spec, stHalf.Spec}, Texts: statementTexts},
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

// SignedText returns what a signature names: the digest of a text, and the
// moment of its release. Of a proposal it returns the moment alone.
func SignedText(m *note.Move) (terms note.Digest, release time.Time) {
	terms, _ = stTerms.Of(m)
	moment, _ := stRelease.Of(m)
	release, _ = ParseInstant(moment)
	return terms, release
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
