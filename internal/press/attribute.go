package press

import (
	"cmp"
	"slices"
	"strings"
)

// sentence reads one sentence: first who says it, then what is done in it.
func (r *reader) sentence(l *line) ([]Proposal, string) {
	c := &clause{l: l, t: tokens(r.text[l.Start:l.End], l.Start)}
	quotes := quotations(r.text, c.t)
	c.hi = len(c.t)
	c.ms = r.mentions(c.t)
	defer r.remember(c)
	if c.hi == 0 {
		return nil, "it has no words"
	}
	if last := c.t[c.hi-1].norm; last == "?" || c.hi > 1 && c.t[c.hi-2].norm == "?" {
		return nil, "a question"
	}
	r.context(c)
	if l.label != "" {
		return r.labelled(c)
	}
	if ps, why, ok := r.according(c); ok {
		return ps, why
	}
	if len(quotes) > 0 && r.allQuoted(c) {
		if r.last.block != l.block || !r.last.known() {
			return nil, "a quotation, and whose it is is not said here"
		}
		a := r.last.Actor
		return r.claim(c, said{speaker: &subject{Actor: a}, lo: 0, hi: c.hi})
	}
	if s, ok := r.trailing(c); ok {
		return r.said(c, s)
	}
	if s, ok := r.leading(c); ok {
		return r.said(c, s)
	}
	return r.acts(c)
}

// said is who says what: the tokens of what is said, and what the text tells by
// itself before it.
type said struct {
	speaker *subject
	rule    rule
	at      int // the verb
	lo, hi  int
	more    found // the second half of a quotation that the speaker interrupts
	before  int   // the text's own words end here
	told    []string
	veto    string // why it was not said at all
	tail    int    // where ", adding that …" begins; 0: nowhere
}

func (r *reader) remember(c *clause) {
	for _, m := range c.ms {
		if m.plural == "" && m.pair == nil && !m.nobody && m.Office != "" {
			r.saw(c, r.resolve(c, m), m.kind, false)
		}
	}
}

func (r *reader) allQuoted(c *clause) bool {
	q := 0
	for _, w := range c.t {
		if !w.word {
			continue
		}
		if w.quote == 0 || q != 0 && w.quote != q {
			return false
		}
		q = w.quote
	}
	return q != 0
}

// context sets the talk that a sentence begins with: "in a conversation with
// his Turkish counterpart, the minister …".
func (r *reader) context(c *clause) {
	for i := 0; i+2 < c.hi; i++ {
		if c.t[i].quote != 0 {
			continue
		}
		s := r.lex.sets["call"]
		if s == nil {
			return
		}
		_, n := s.at(c.t, i, inLower)
		if n == 0 || i+n >= c.hi || c.t[i+n].low != "with" && c.t[i+n].low != "between" {
			continue
		}
		head := i - 1
		for head >= 0 && (adjectives[c.t[head].low] || determiners[c.t[head].low] || strings.HasSuffix(c.t[head].low, "al")) {
			head--
		}
		if head < 0 || !slices.Contains([]string{"in", "during", "after", "following", "at", "over", "on"}, c.t[head].low) {
			continue
		}
		m, ok := startsAt(c.ms, i+n+1)
		if !ok {
			continue
		}
		both := slices.Clone(m.pair)
		if m.Party != "" {
			both = []string{m.Party}
			for _, o := range c.ms {
				if o.lo != m.lo && !o.owner && (o.lo > m.hi || o.hi < head+1) && o.plural == "" && o.pair == nil {
					if a := r.resolve(c, o); a.Party != "" && a.Party != m.Party && !(o.seat && o.lo > 0 && r.placed(c, o)) {
						both = append(both, a.Party)
						break
					}
				}
			}
		}
		if len(both) == 2 {
			slices.Sort(both)
			r.talk = exchange{"talk", both, c.l.block}
		}
		return
	}
}

// labelled reads what stands after "Spokesperson:".
func (r *reader) labelled(c *clause) ([]Proposal, string) {
	label := strings.ToLower(strings.TrimSpace(c.l.label))
	switch {
	case label == "q" || strings.HasPrefix(label, "question") || strings.HasPrefix(label, "reporter") || strings.HasPrefix(label, "journalist"):
		return nil, "a question"
	case label == "a" || label == "answer":
		who := r.answers()
		if who.Party == "" {
			return nil, "who answers is not said"
		}
		return r.claim(c, said{speaker: &subject{Actor: who}, hi: c.hi})
	}
	t := tokens([]byte(c.l.label), 0)
	lc := &clause{l: c.l, t: t, hi: len(t)}
	for _, m := range r.mentions(t) {
		if m.lo == 0 && m.pair == nil && m.plural == "" {
			a := r.resolve(lc, m)
			if a.Party == "" && (m.Office == "spokesperson" || m.Office == "minister") {
				a.Party = r.hosts()
			}
			if a.Party != "" {
				return r.claim(c, said{speaker: &subject{Actor: a}, hi: c.hi})
			}
		}
	}
	return nil, "for whom " + c.l.label + " speaks is not said"
}

// hosts returns the party of the only ministry that the text names outside of
// what is asked and answered: "Transcript of the press conference of the Kadrian
// foreign ministry".
func (r *reader) hosts() string {
	if r.host != nil {
		return *r.host
	}
	only := ""
	for _, m := range r.around() {
		if m.Party == "" || m.kind != "body" && m.Office != "spokesperson" || m.Party == only {
			continue
		}
		if only != "" {
			only = ""
			break
		}
		only = m.Party
	}
	r.host = &only
	return only
}

// answers returns the only person of a party who is named there.
func (r *reader) answers() Actor {
	if r.answerer != nil {
		return *r.answerer
	}
	r.answerer = &Actor{}
	for _, m := range r.around() {
		if m.Name == "" || m.Party == "" || m.Actor == *r.answerer {
			continue
		}
		if r.answerer.Name != "" {
			*r.answerer = Actor{}
			break
		}
		*r.answerer = m.Actor
	}
	return *r.answerer
}

// around returns who is named in the headlines, and in what bears no label.
func (r *reader) around() (out []mention) {
	for _, l := range r.lines {
		if l.drop == "" && l.label == "" || l.head {
			out = append(out, r.mentions(tokens(r.text[l.Start:l.End], l.Start))...)
		}
	}
	return out
}

// according reads "According to the ministry, …" and "…, according to the ministry".
func (r *reader) according(c *clause) ([]Proposal, string, bool) {
	for i := 0; i+2 < c.hi; i++ {
		if c.t[i].low != "according" || c.t[i+1].low != "to" || c.t[i].quote != 0 {
			continue
		}
		s := said{at: i, hi: i, rule: rule{frame: "say"}}
		m, ok := startsAt(c.ms, i+2)
		for k := i + 2; k < c.hi && k < i+7; k++ { // "to a press release issued by the ministry"
			if statements[c.t[k].low] && c.t[k].low != "press" {
				for n := k + 1; n < c.hi && n < k+6; n++ {
					if o, found := startsAt(c.ms, n); found && o.Office != "" {
						m, ok = o, true
						break
					}
				}
			}
		}
		end := i + 3
		if ok {
			end = m.hi
			s.speaker, ok = r.asSubject(c, m)
		}
		if i == 0 {
			for end < c.hi && c.t[end-1].norm != "," && c.t[end].norm != "," {
				end++
			}
			if end < c.hi && c.t[end].norm == "," {
				end++
			}
			s.lo, s.hi = end, c.hi
		}
		if ok && i > 0 && m.hi+2 < c.hi {
			s.hi = c.hi // "A, according to B, did so": the account is all around it
			c.ms = slices.DeleteFunc(slices.Clone(c.ms), func(o mention) bool { return o.lo == m.lo })
		}
		if !ok && i+3 < c.hi && c.t[i+2].low == "the" && statements[c.t[i+3].low] && r.last.known() && c.l.block-r.last.block <= 1 {
			s.speaker, ok = &subject{Actor: r.last.Actor}, true // of whoever spoke last
		}
		if !ok {
			return nil, "whose account it is is not said", true
		}
		ps, why := r.said(c, s)
		return ps, why, true
	}
	return nil, "", false
}

// said reads the text's own words before what is said, and then that.
func (r *reader) said(c *clause, s said) ([]Proposal, string) {
	var out []Proposal
	if s.veto != "" {
		return nil, s.veto
	}
	if s.before > 1 {
		own := *c
		own.hi = s.before
		for own.hi > 0 && (!own.t[own.hi-1].word || own.t[own.hi-1].low == "and" || own.t[own.hi-1].low == "but" || own.t[own.hi-1].low == "while") {
			own.hi--
		}
		out, _ = r.acts(&own)
	}
	ps, why := r.claim(c, s)
	out = append(out, ps...)
	second := s
	second.lo, second.hi = s.more.lo, s.more.hi
	if s.tail > 0 {
		second.lo, second.hi = r.opening(c, s.tail+1, c.hi), c.hi
	}
	if second.hi > second.lo {
		ps, no := r.claim(c, second)
		out, why = append(out, ps...), cmp.Or(why, no)
	}
	return out, why
}
