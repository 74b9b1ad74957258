package press

import (
	"slices"
	"strings"
)

// A clause is a stretch of a sentence that is read for what is done in it.
type clause struct {
	l       *line
	t       []token // of the sentence
	ms      []mention
	lo, hi  int      // tokens
	speaker *Actor   // whose words it is; nil: the text's
	both    []string // the parties of speakers that are two
	toward  []string // to whom the act before it went
	told    []string // whom the speaker tells
	said    string   // the day on which the speaker said it
	before  *subject // who did what was read before it
}

// A subject is who does what a verb says.
type subject struct {
	Actor
	pair   []string
	lo     int  // its first token; that of the verb where it is understood
	self   bool // the speaker: we, I
	nobody bool // speaks for no party
	third  bool // a party's people, not the party: gunmen, residents
	noun   string
	end    int
}

func (s *subject) parties() []string {
	if s.pair != nil {
		return s.pair
	}
	if s.Party == "" || s.third {
		return nil
	}
	return []string{s.Party}
}

func (s *subject) actor() *Actor {
	a := s.Actor
	return &a
}

// A hit is a verb of the rules, with its subject and the words up to the next.
type hit struct {
	at, n   int
	rules   []rule
	subj    *subject
	passive bool
	lo, hi  int // tokens of the segment
}

var (
	beForms = set("was were is are be been being")
	skipped = set("also later then again meanwhile further once both earlier immediately subsequently today yesterday thus separately once jointly formally reportedly allegedly officially already now in-turn recently personally still even has have had was were is are be been being did do does jointly publicly since always")
)

// hits finds the verbs in a clause that have a subject.
func (r *reader) hits(c *clause) []hit {
	var out []hit
	prev := c.before
	var waiting []int // hits at the beginning, before the subject: "Stressing that …, he"
	from := c.lo
	inside := c.lo < c.hi && c.t[c.lo].quote != 0
	for i := c.lo; i < c.hi; i++ {
		if !c.t[i].word || !inside && c.t[i].quote != 0 {
			continue
		}
		rules, n := r.lex.verbs.at(c.t[:c.hi], i, inLower)
		if n == 0 || r.mentioned(c, i) {
			continue
		}
		h := hit{at: i, n: n, rules: rules}
		first := c.t[i].low
		ing := strings.HasSuffix(first, "ing")
		if ing && (i == c.lo || i == c.lo+1 && skipped[c.t[c.lo].low]) {
			h.lo, h.hi = i, c.hi
			waiting = append(waiting, len(out))
			out = append(out, h)
			from = i + n
			continue
		}
		s, passive, ok := r.subject(c, i, from, prev)
		if !ok || relative(c, i) || complement(c, s, i) {
			continue
		}
		if rules[0].plain && !s.self && s.pair == nil && s.lo != i {
			continue
		}
		h.subj, h.passive = s, passive
		h.lo = s.lo
		if len(out) > 0 {
			out[len(out)-1].hi = max(h.lo, out[len(out)-1].at+1)
		}
		h.hi = c.hi
		for _, w := range waiting {
			out[w].subj = &subject{Actor: s.Actor, pair: s.pair, lo: out[w].at, self: s.self, nobody: s.nobody}
		}
		waiting = nil
		out = append(out, h)
		prev = s
		from = i + n
	}
	return slices.DeleteFunc(out, func(h hit) bool { return h.subj == nil })
}

// mentioned reports whether a token is part of a name of somebody.
func (r *reader) mentioned(c *clause, i int) bool {
	return slices.ContainsFunc(c.ms, func(m mention) bool { return m.lo <= i && i < m.hi && !m.demonym && m.plural == "" })
}

// relative reports whether a verb only says which: "the crossings that were closed".
func relative(c *clause, i int) bool {
	for j := i - 1; j >= c.lo && j >= i-4; j-- {
		w := c.t[j].low
		if w == "who" || w == "which" || w == "whom" || w == "whose" || w == "that" && j > c.lo && !attributive(c, j) {
			return true
		}
		if !auxiliaries[w] && !skipped[w] {
			return false
		}
	}
	return false
}

// complement reports whether a verb stands in what another verb, which is none
// of the rules', says, asks or doubts: "denied that", "feared that", "asked how".
func complement(c *clause, s *subject, at int) bool {
	if s.lo <= c.lo || s.lo >= at {
		return false
	}
	switch c.t[s.lo-1].low {
	case "that", "whether", "how", "why", "if", "than", "what", "because", "unless", "until", "lest":
		return true
	}
	return false
}

// attributive reports whether "that" at j opens what is said, and not a
// relative clause.
func attributive(c *clause, j int) bool {
	w := c.t[j-1].low
	return strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "id") || w == "told" || w == "says"
}

// subject finds who does what the verb at i says, among the tokens from lo.
func (r *reader) subject(c *clause, i, lo int, prev *subject) (*subject, bool, bool) {
	passive := false
	j := i - 1
	ing := strings.HasSuffix(c.t[i].low, "ing")
	for j >= lo {
		w := c.t[j]
		switch {
		case beForms[w.low] && !ing:
			passive = passive || w.low != "have" && w.low != "has"
			j--
		case skipped[w.low] || auxiliaries[w.low] && w.low != "to" || w.low == "not" || w.low == "never" || strings.HasSuffix(w.low, "ly") && w.word && !r.mentioned(c, j):
			j--
		case (days[w.low] || w.low == "morning" || w.low == "evening" || w.low == "night" || w.low == "afternoon") && j > lo:
			j--
			for j >= lo && (c.t[j].low == "on" || c.t[j].low == "late" || c.t[j].low == "early" || days[c.t[j].low] || c.t[j].low == "last") {
				j--
			}
		default:
			goto found
		}
	}
found:
	understood := func() (*subject, bool, bool) {
		if prev == nil {
			return nil, false, false
		}
		s := *prev
		s.lo = i
		return &s, passive && s.lo != i, true
	}
	if j < lo {
		if j == lo-1 && i-lo <= 2 && prev != nil && lo > c.lo {
			return nil, false, false // two verbs side by side: the second is part of the first's words
		}
		if c.before != nil && lo == c.lo {
			return understood()
		}
		return nil, false, false
	}
	if m, ok := endsAt(c.ms, j+1); ok && m.lo >= lo && !(ing && c.t[j].norm == ",") {
		if m.owner || governed(c, m) {
			// "officials of Velmar said": what stands before it is the head
			if g, ok := headBefore(c, m, lo); ok {
				m = g
			} else {
				return nil, false, false
			}
		}
		s, ok := r.asSubject(c, m)
		return s, passive, ok
	}
	w := c.t[j]
	switch w.low {
	case "he", "she", "it", "they", "we", "i", "who":
		s, ok := r.pronoun(c, w.low, j, prev)
		return s, passive, ok
	case ",":
		if ing {
			return understood()
		}
		// Words between commas after the subject.
		for k := j - 1; k >= lo && k > j-24; k-- {
			if c.t[k].norm == "," {
				if m, ok := endsAt(c.ms, k); ok && !m.owner && !governed(c, m) {
					s, ok := r.asSubject(c, m)
					return s, passive, ok
				}
				break
			}
		}
		return understoodIf(prev != nil && i == j+1 && lo > c.lo && !isNoun(c, i), understood)
	case "and", "but", "then", "while", ";", "or":
		return understood()
	case "by", "without", "in", "of", "for", "to", "before", "after":
		return nil, false, false
	}
	return nil, false, false
}

func understoodIf(ok bool, f func() (*subject, bool, bool)) (*subject, bool, bool) {
	if !ok {
		return nil, false, false
	}
	return f()
}

// isNoun reports whether the word at i is used as a noun: before it stands what
// only a noun follows.
func isNoun(c *clause, i int) bool {
	return i > c.lo && (c.t[i-1].low == "the" || c.t[i-1].low == "a" || c.t[i-1].low == "an" || c.t[i-1].low == "'s")
}

func endsAt(ms []mention, hi int) (mention, bool) {
	for _, m := range ms {
		if m.hi == hi {
			return m, true
		}
	}
	return mention{}, false
}

func startsAt(ms []mention, lo int) (mention, bool) {
	for _, m := range ms {
		if m.lo == lo {
			return m, true
		}
	}
	return mention{}, false
}

// governed reports whether a mention follows a preposition, and so is nobody
// who acts.
func governed(c *clause, m mention) bool {
	return m.lo > c.lo && prepositions[c.t[m.lo-1].low] && c.t[m.lo-1].low != "after" && c.t[m.lo-1].low != "before" && c.t[m.lo-1].low != "as" && c.t[m.lo-1].low != "since"
}

// headBefore finds the mention that one after a preposition belongs to.
func headBefore(c *clause, m mention, lo int) (mention, bool) {
	if m.owner || m.lo < lo+1 {
		return mention{}, false
	}
	g, ok := endsAt(c.ms, m.lo-1)
	if !ok || governed(c, g) || g.owner {
		return mention{}, false
	}
	return g, true
}
