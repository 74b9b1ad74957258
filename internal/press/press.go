package press

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits on a text.
const (
	MaxText = 4 << 20
	// maxSentence bounds a sentence that is read for what is done in it. What is
	// longer is a list or a table, and passed over.
	maxSentence = 2 << 10
	// maxSeen bounds how many mentions are remembered for "the ministry" and "he",
	// which look a few paragraphs back.
	maxSeen = 512
)

// Options say how a text is read.
type Options struct {
	Date    time.Time // the day that the text is of; zero: unknown, and "Friday" stays a word
	Lexicon *Lexicon  // nil: Builtin
	Drops   []Drop    // what is known of the text's blocks already, as of a page's
}

// A Span is a range of bytes of the text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// A Drop is a block that is no part of the article.
type Drop struct {
	Span
	Why string `json:"why"`
}

// Verdicts on sentences.
const (
	Proposed = "proposed"
	Passed   = "passed over"
	Dropped  = "dropped"
)

// A Report lists every sentence of a text, and what it could become.
type Report struct {
	Date      string     `json:"date,omitempty"` // as given
	Parties   []string   `json:"parties"`        // whom the text names, the most often named first
	Proposals []Proposal `json:"proposals"`
	Sentences []Sentence `json:"sentences"`
}

// A Sentence is a sentence, a headline, or a line of page furniture.
type Sentence struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
	Span
	Verdict   string `json:"verdict"`
	Why       string `json:"why,omitempty"`
	Proposals []int  `json:"proposals,omitempty"` // their numbers
}

// A Direction says who does something to, or says something about, whom. A
// side that the text does not name is empty.
type Direction struct {
	From []string `json:"from"`
	How  string   `json:"how"` // to, about, against, with
	To   []string `json:"to"`
}

func (d Direction) String() string {
	side := func(p []string) string {
		if len(p) == 0 {
			return "(not named)"
		}
		return strings.Join(p, ", ")
	}
	if d.How == "with" {
		return strings.Join(append(slices.Clone(d.From), d.To...), " with ")
	}
	return side(d.From) + " " + d.How + " " + side(d.To)
}

// A Proposal is a draft for a person to confirm: what the text says, whose
// words those are, and the act that it could become.
type Proposal struct {
	Number   int    `json:"number"`
	Sentence int    `json:"sentence"`
	Act      string `json:"act"`              // KIND/ACT
	Nature   string `json:"nature,omitempty"` // of an incident
	Quote    string `json:"quote"`            // the bytes of the text at Span
	Span
	Speaker   *Actor     `json:"speaker"` // nil: the text itself says so
	Direction Direction  `json:"direction"`
	Event     *Direction `json:"event,omitempty"`    // who did it to whom, as the speaker says
	When      string     `json:"when,omitempty"`     // 2024-01-19, where the text says it
	Dated     string     `json:"dated,omitempty"`    // the words for it
	Said      string     `json:"said,omitempty"`     // the day on which it was said, likewise
	Hedges    []string   `json:"hedges,omitempty"`   // the text's own reserve about it
	Goodwill  bool       `json:"goodwill,omitempty"` // of a message
	Rule      string     `json:"rule"`               // the words that it was proposed by
}

// Who names the speaker.
func (p *Proposal) Who() string {
	if p.Speaker == nil {
		return "the text"
	}
	return p.Speaker.String()
}

// Read reads a text. It is a pure function of the text and the options, and
// never fails on a text that is UTF-8 and not too long.
func Read(text []byte, o Options) (*Report, error) {
	switch {
	case len(text) > MaxText:
		return nil, fmt.Errorf("the text has %d bytes; the limit is %d", len(text), MaxText)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("the text is not UTF-8; convert it first, as with iconv -t UTF-8")
	}
	r := &reader{lex: o.Lexicon, text: text, date: o.Date, people: map[string]*Actor{}, counts: map[string]int{}}
	if r.lex == nil {
		r.lex = builtin()
	}
	r.out = &Report{Parties: []string{}, Proposals: []Proposal{}, Sentences: []Sentence{}}
	if !o.Date.IsZero() {
		r.out.Date = o.Date.Format(time.DateOnly)
	}
	for _, p := range r.lex.persons {
		r.name(p)
	}
	r.cut(o.Drops)
	r.learn()
	for i := range r.lines {
		r.line(&r.lines[i])
	}
	return r.out, nil
}
