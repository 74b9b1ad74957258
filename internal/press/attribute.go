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
			r.talk = exchange{"talk", both, nil, c.l.block}
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

// attributions finds the verbs of saying outside quotations.
func (r *reader) attributions(c *clause) []hit {
	var out []hit
	for i := 0; i < c.hi; i++ {
		if c.t[i].quote != 0 || !c.t[i].word || r.mentioned(c, i) {
			continue
		}
		rules, n := r.lex.verbs.at(c.t, i, inLower)
		for _, ru := range rules {
			switch ru.frame {
			case "say", "claim", "tell":
			case "accuse":
				if c.t[i].low != "charged" {
					continue
				}
			default:
				continue
			}
			out = append(out, hit{at: i, n: n, rules: []rule{ru}})
			break
		}
		if n > 0 {
			i += n - 1
		}
	}
	return out
}

// trailing reads "…, the ministry said.", "…, said the minister, …".
func (r *reader) trailing(c *clause) (said, bool) {
	for _, h := range r.attributions(c) {
		s := said{at: h.at, rule: h.rules[0]}
		// "…, said the minister"
		if h.at > 1 && (c.t[h.at-1].norm == "," || isClose(c, h.at-1)) {
			if m, ok := startsAt(c.ms, h.at+h.n); ok && h.rules[0].frame != "tell" {
				if s.speaker, ok = r.asSubject(c, m); !ok {
					continue
				}
				s.hi = h.at
				s.more = r.resumed(c, m.hi)
				end := c.hi
				if s.tail = r.adding(c, m.hi); s.tail > 0 {
					end, s.more = s.tail-1, found{}
				} else if s.more.hi > 0 {
					end = s.more.lo
				}
				if !r.filler(c, m.hi, end) {
					continue
				}
				return s, true
			}
			if h.at+h.n < c.hi && (c.t[h.at+h.n].low == "he" || c.t[h.at+h.n].low == "she") {
				if sub, ok := r.pronoun(c, c.t[h.at+h.n].low, h.at+h.n, nil); ok {
					s.speaker, s.hi = sub, h.at
					s.more = r.resumed(c, h.at+h.n+1)
					return s, true
				}
			}
		}
		sub, _, ok := r.subject(c, h.at, 0, nil)
		if !ok || sub.lo < 2 || sub.lo == h.at {
			continue
		}
		if c.t[sub.lo-1].norm != "," && !isClose(c, sub.lo-1) {
			continue
		}
		s.more = r.resumed(c, h.at+h.n)
		end := c.hi
		if s.tail = r.adding(c, h.at+h.n); s.tail > 0 {
			end, s.more = s.tail-1, found{}
		} else if s.more.hi > 0 {
			end = s.more.lo
		}
		if !r.filler(c, h.at+h.n, end) {
			continue
		}
		s.speaker, s.hi = sub, sub.lo
		return s, true
	}
	return said{}, false
}

func isClose(c *clause, i int) bool {
	return strings.Contains(`"”’'»`, c.t[i].norm) && c.t[i].quote == 0 && i > 0 && (c.t[i-1].quote != 0 || i > 1 && c.t[i-2].quote != 0)
}

// resumed finds the second half of a quotation after the speaker.
func (r *reader) resumed(c *clause, from int) found {
	for i := from; i < c.hi; i++ {
		if c.t[i].quote != 0 {
			q, end := c.t[i].quote, i
			for end < c.hi && c.t[end].quote == q {
				end++
			}
			return found{i, end}
		}
	}
	return found{}
}

// adding finds ", adding that …" after a speaker: the speaker says that too.
func (r *reader) adding(c *clause, from int) int {
	for i := from; i+1 < c.hi; i++ {
		if c.t[i].norm == "," && c.t[i].quote == 0 && strings.HasSuffix(c.t[i+1].low, "ing") {
			if rules, n := r.lex.verbs.at(c.t, i+1, inLower); n > 0 && (rules[0].frame == "say" || rules[0].frame == "claim") {
				return i + 1
			}
		}
	}
	return 0
}

// filler reports whether nothing is said after the speaker but when and where.
func (r *reader) filler(c *clause, from, end int) bool {
	if from < end && c.t[from].word {
		switch w := c.t[from].low; {
		case prepositions[w] || days[w] || w == "late" || w == "early" || w == "later" || w == "today" || w == "yesterday" || w == "reporters" || w == "while" || w == "when" || w == "earlier":
		case len(c.t) > from && strings.HasSuffix(w, "ly"):
		default:
			return false
		}
	}
	for i := from; i < end; i++ {
		w := c.t[i]
		if w.quote != 0 {
			return false
		}
		if rules, n := r.lex.verbs.at(c.t, i, inLower); n > 0 && !r.mentioned(c, i) && len(rules) > 0 && (i == 0 || !prepositions[c.t[i-1].low]) && !strings.HasSuffix(w.low, "ing") && !determiners[c.t[i-1].low] {
			return false
		}
		if beForms[w.low] || w.low == "had" || w.low == "has" || w.low == "have" || w.low == "would" || w.low == "will" {
			return false
		}
	}
	return end-from <= 24
}

// leading reads "The ministry said that …".
func (r *reader) leading(c *clause) (said, bool) {
	for _, h := range r.attributions(c) {
		ing := strings.HasSuffix(c.t[h.at].low, "ing")
		var prev *subject
		if before := r.hits(&clause{l: c.l, t: c.t, ms: c.ms, hi: h.at}); len(before) > 0 {
			prev = before[len(before)-1].subj
		}
		if relative(c, h.at) {
			continue
		}
		sub, passive, ok := r.subject(c, h.at, 0, prev)
		if !ok && prev != nil {
			// What was read before it may hold the subject: "he met X and said".
			sub, passive, ok = r.subject(c, h.at, afterLast(r, c, h.at), prev)
		}
		if !ok && ing && h.at == 0 {
			sub, ok = r.mainSubject(c, h.at)
		}
		if !ok || passive {
			continue
		}
		s := said{at: h.at, rule: h.rules[0], speaker: sub, before: min(sub.lo, h.at), hi: c.hi}
		close := h.at
		for close > 0 && (auxiliaries[c.t[close-1].low] || skipped[c.t[close-1].low] || c.t[close-1].low == "not" || c.t[close-1].low == "never" || strings.HasSuffix(c.t[close-1].low, "n't")) {
			close--
		}
		s.veto = r.veto(c, &hit{at: h.at, lo: close, subj: &subject{}})
		s.lo = h.at + h.n
		if h.at == 0 || sub.lo > h.at {
			s.before = 0
			s.hi = sub.lo
		}
		if s.rule.frame == "tell" {
			m, ok := startsAt(c.ms, s.lo)
			if !ok {
				continue
			}
			s.told = r.others(c, m.lo, m.hi, sub.parties())
			s.lo = m.hi
		}
		s.lo = r.opening(c, s.lo, s.hi)
		if s.lo >= s.hi {
			continue
		}
		return s, true
	}
	return said{}, false
}

func afterLast(r *reader, c *clause, at int) int {
	hs := r.hits(&clause{l: c.l, t: c.t, ms: c.ms, hi: at})
	if len(hs) == 0 {
		return 0
	}
	return hs[len(hs)-1].at + hs[len(hs)-1].n
}

// mainSubject finds the subject after a clause that begins with a participle:
// "Referring to …, he revealed".
func (r *reader) mainSubject(c *clause, from int) (*subject, bool) {
	for i := from; i+1 < c.hi; i++ {
		if c.t[i].norm == "," {
			if m, ok := startsAt(c.ms, i+1); ok {
				return r.asSubject(c, m)
			}
			if w := c.t[i+1].low; w == "he" || w == "she" {
				return r.pronoun(c, w, i+1, nil)
			}
		}
	}
	return nil, false
}

var statements = set("statement interview post conference briefing address speech message call meeting tweet report letter communique communiqué release remarks comments note conversation press news platform television")

// opening skips when and where something was said, up to what was said.
func (r *reader) opening(c *clause, i, hi int) int {
	for j := i; j < hi && j < i+16 && c.t[j].quote == 0; j++ {
		if c.t[j].low == "that" {
			return j + 1
		}
		if j > i && c.t[j].norm == ":" {
			return j + 1
		}
		if _, n := r.lex.verbs.at(c.t[:hi], j, inLower); n > 0 && j > i {
			break
		}
	}
	for i < hi {
		w := c.t[i]
		switch {
		case w.quote != 0:
			return i
		case w.norm == "," || w.norm == ":" || w.low == "that" || isOpen(c, i):
			i++
		case days[w.low] || w.low == "late" || w.low == "early" || w.low == "earlier" || w.low == "later" || w.low == "yesterday" || w.low == "today":
			i++
		case w.low == "on" && i+1 < hi && (days[c.t[i+1].low] || months[c.t[i+1].low] || isNumber(c.t[i+1].low) || c.t[i+1].low == "state"):
			i += 2
			for i < hi && (months[c.t[i].low] || isNumber(c.t[i].low)) {
				i++
			}
		case w.low == "in" || w.low == "at" || w.low == "during" || w.low == "on" || w.low == "after" || w.low == "to" || w.low == "by" || w.low == "via":
			j := i + 1
			for j < hi && j < i+8 && c.t[j].word && !statements[c.t[j].low] && c.t[j].quote == 0 {
				j++
			}
			for j+1 < hi && statements[c.t[j].low] && statements[c.t[j+1].low] {
				j++
			}
			if j < hi && statements[c.t[j].low] {
				i = j + 1
				continue
			}
			if m, ok := startsAt(c.ms, i+1); ok && (w.low == "in" && m.seat || w.low == "to" && m.Office != "") {
				i = m.hi
				continue
			}
			if w.low == "to" && i+1 < hi && (c.t[i+1].low == "reporters" || c.t[i+1].low == "journalists") {
				i += 2
				continue
			}
			return i
		default:
			return i
		}
	}
	return i
}

func isOpen(c *clause, i int) bool {
	return strings.Contains(`"“‘'«„`, c.t[i].norm) && c.t[i].quote == 0
}

func isNumber(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

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

// claim reads what somebody says. What is done in it is done as the speaker
// says; the rest is a claim, if it is about parties at all.
func (r *reader) claim(c *clause, s said) ([]Proposal, string) {
	sp := s.speaker
	kind := "body"
	if sp.Name != "" || isPerson(sp.Office) {
		kind = "person"
	}
	if sp.nobody || sp.third || sp.Party == "" && sp.pair == nil {
		r.last = sighting{}
		return nil, "its speaker, " + cmp.Or(strings.TrimSpace(sp.Title+" "+sp.Name), "who is not named") + ", speaks for no party of the list"
	}
	r.saw(c, sp.Actor, kind, true)
	r.last = sighting{sp.Actor, kind, c.l.block, true}
	lo, hi := s.lo, s.hi
	for hi > lo && (c.t[hi-1].norm == "," || c.t[hi-1].norm == "." || isCloseMark(c.t[hi-1]) && c.t[hi-1].quote == 0 && !r.unpaired(c, lo, hi)) {
		hi--
	}
	for lo < hi && !c.t[lo].word && (isOpenMark(c.t[lo]) && r.pairedTo(c, lo, hi) || c.t[lo].norm == ",") {
		lo++
	}
	for hi > lo && c.t[hi-1].norm == "," {
		hi--
	}
	if lo >= hi {
		return nil, "what is said is not said"
	}
	in := &clause{l: c.l, t: c.t, ms: slices.DeleteFunc(slices.Clone(c.ms), func(m mention) bool { return m.lo < lo || m.hi > hi }), lo: lo, hi: hi, speaker: sp.actor(), both: sp.pair, told: s.told}
	if s.at > 0 || s.rule.frame != "" {
		in.said, _ = r.day(c, near(c, s, lo, hi), false)
	}
	veto := ""
	if w, ok := r.anyOf(in, "hypothetical", lo, hi); ok && !r.mentioned(in, w.lo) {
		return nil, "conditional or unsure: " + written(c.t[w.lo:w.hi])
	}
	if sp.pair == nil {
		if p, ok := r.willDo(in, s); ok {
			return []Proposal{p}, ""
		}
	}
	nested := r.nestedSpeaker(in)
	if !nested {
		var ps []Proposal
		ps, veto = r.acts(in)
		if len(ps) == 1 && ps[0].Act != "talk/held" {
			ps[0].Span = trimSpan(r.text, Span{c.t[lo].start, c.t[hi-1].end})
			ps[0].Quote = string(r.text[ps[0].Start:ps[0].End])
		}
		if len(ps) > 0 {
			return ps, ""
		}
	}
	if w, ok := r.anyOf(in, "negative", lo, hi); ok && !nested {
		return nil, "negated: " + written(c.t[w.lo:w.hi])
	}
	if veto != "" && (strings.HasPrefix(veto, "negated") || strings.HasPrefix(veto, "future") || strings.HasPrefix(veto, "a threat") || strings.HasPrefix(veto, "it is denied")) {
		return nil, veto
	}
	for i := lo; i < hi && !nested; i++ {
		switch w := c.t[i].low; w {
		case "will", "would", "could", "might", "may", "shall", "can":
			if !r.mentioned(c, i) {
				return nil, "future or conditional, and no promise: " + w
			}
		}
	}
	p := Proposal{Act: "claim/enter", Rule: written(c.t[s.at : s.at+1]), Speaker: sp.actor()}
	if s.rule.frame == "" {
		p.Rule = "words of a named speaker"
	}
	p.Span = trimSpan(r.text, Span{c.t[lo].start, c.t[hi-1].end})
	from := []string{sp.Party}
	if sp.pair != nil {
		from = sp.pair
	}
	p.Direction = Direction{From: from, How: "about", To: r.others(in, lo, hi, from)}
	if len(s.told) == 1 {
		p.Act, p.Direction.How, p.Direction.To = "talk/readout", "to", s.told
	} else if len(p.Direction.To) == 0 {
		if _, ok := r.anyOf(in, "matter", lo, hi); !ok && !r.ofItself(in) {
			return nil, "it speaks of no other party, and of nothing between parties"
		}
	}
	r.finish(in, &p)
	return []Proposal{p}, ""
}

// abroad are the offices that speak to other states.
var abroad = set("foreign-minister foreign-secretary additional-foreign-secretary deputy-foreign-minister secretary-of-state foreign-ministry defence-minister defence-ministry embassy ambassador spokesperson force commander adviser")

// ofItself reports whether a speaker speaks of its own side, or for an office
// that speaks to others.
func (r *reader) ofItself(in *clause) bool {
	if abroad[in.speaker.Office] {
		return true
	}
	for _, m := range in.ms {
		if m.Party != "" && m.Party == in.speaker.Party {
			return true
		}
	}
	return slices.ContainsFunc(in.t[in.lo:in.hi], func(t token) bool { return t.low == "we" || t.low == "our" })
}

func isOpenMark(t token) bool  { return strings.Contains(`"“‘'«„`, t.norm) }
func isCloseMark(t token) bool { return strings.Contains(`"”’'»`, t.norm) }

// pairedTo reports whether the mark at lo opens a quotation that goes to the end.
func (r *reader) pairedTo(c *clause, lo, hi int) bool {
	if lo+1 >= hi {
		return true
	}
	q := c.t[lo+1].quote
	if q == 0 {
		return false
	}
	for i := lo + 1; i < hi; i++ {
		if c.t[i].word && c.t[i].quote != q {
			return false
		}
	}
	return true
}

// unpaired reports whether the closing mark at the end belongs to a quotation
// that begins within what is said.
func (r *reader) unpaired(c *clause, lo, hi int) bool {
	q := c.t[max(hi-2, lo)].quote
	if q == 0 && hi-3 >= lo {
		q = c.t[hi-3].quote
	}
	return q != 0 && c.t[lo].quote != q && !(isOpenMark(c.t[lo]) && lo+1 < hi && c.t[lo+1].quote == q)
}

func trimSpan(text []byte, s Span) Span {
	s = trimmed(text, s)
	for s.End > s.Start && strings.ContainsRune(",;:", rune(text[s.End-1])) {
		s.End--
	}
	return s
}

// near is where the day stands on which something was said: around the verb.
func near(c *clause, s said, lo, hi int) found {
	if s.at < lo {
		return found{s.before, lo}
	}
	return found{hi, c.hi}
}

// nestedSpeaker reports whether somebody other than the speaker says something
// within what is said: then it is only the speaker's claim that they did.
func (r *reader) nestedSpeaker(in *clause) bool {
	for _, h := range r.attributions(&clause{l: in.l, t: in.t[:in.hi], ms: in.ms, hi: in.hi}) {
		if h.at < in.lo {
			continue
		}
		s, _, ok := r.subject(in, h.at, in.lo, nil)
		if ok && !s.self && !slices.Contains(s.parties(), in.speaker.Party) {
			return true
		}
	}
	return false
}

// willDo reads a promise: the speaker says what the speaker will do.
func (r *reader) willDo(in *clause, s said) (Proposal, bool) {
	i := in.lo
	var sub *subject
	if m, ok := startsAt(in.ms, i); ok && m.Party == in.speaker.Party && m.pair == nil && !m.owner {
		sub, _ = r.asSubject(in, m)
		i = m.hi
	} else {
		switch in.t[i].low {
		case "we", "i", "it", "they", "he", "she":
			sub = &subject{Actor: *in.speaker, self: true}
			i++
		case "his", "her", "its", "our", "their":
			if i+1 >= in.hi || !slices.Contains([]string{"country", "government", "forces", "army", "troops", "side", "nation", "ministry", "military"}, in.t[i+1].low) {
				return Proposal{}, false
			}
			sub = &subject{Actor: *in.speaker, self: true}
			i += 2
		}
	}
	if sub == nil || i+1 >= in.hi {
		return Proposal{}, false
	}
	if w := in.t[i].low; w != "will" && w != "would" && w != "shall" {
		return Proposal{}, false
	}
	for i++; i < in.hi && (strings.HasSuffix(in.t[i].low, "ly") || skipped[in.t[i].low]); i++ {
	}
	if i >= in.hi {
		return Proposal{}, false
	}
	if set := r.lex.sets["commit"]; set == nil {
		return Proposal{}, false
	} else if _, n := set.at(in.t, i, inLower); n == 0 {
		return Proposal{}, false
	}
	p := Proposal{Act: "undertaking/offer", Rule: "will " + in.t[i].low, Speaker: in.speaker}
	p.Span = trimSpan(r.text, Span{in.t[in.lo].start, in.t[in.hi-1].end})
	from := []string{in.speaker.Party}
	to := r.others(in, i, in.hi, from)
	if len(s.told) > 0 {
		to = s.told
	}
	if len(to) == 0 {
		if o := r.partner(in, in.speaker.Party); o != "" {
			to = []string{o}
		}
	}
	p.Direction = Direction{From: from, How: "to", To: to}
	r.finish(in, &p)
	return p, true
}
