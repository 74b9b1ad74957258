package press

import (
	"strings"
)

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
		if !ok || sub.lo > 0 && sub.lo < h.at && sub.nobody && c.t[sub.lo-1].norm != "," {
			if at := r.unnamed(c, h); at > 0 {
				s.speaker, s.hi = &subject{nobody: true, Actor: Actor{Title: written(c.t[at:h.at])}}, at
				return s, true
			}
			continue
		}
		if sub.lo < 2 || sub.lo == h.at {
			continue
		}
		if c.t[sub.lo-1].norm != "," && !isClose(c, sub.lo-1) {
			continue
		}
		s.more = r.resumed(c, h.at+h.n)
		end := r.aside(c, h.at+h.n)
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

// unnamed finds where a speaker whom the lists do not know begins, in "…, local
// media reported", "…, a ministry statement said"; 0 where there is none.
func (r *reader) unnamed(c *clause, h hit) int {
	if h.rules[0].frame == "tell" || !r.filler(c, h.at+h.n, c.hi) {
		return 0
	}
	for i := h.at - 1; i > 1 && i > h.at-9; i-- {
		switch {
		case c.t[i].norm == "," || isClose(c, i):
			if i == h.at-1 {
				return 0
			}
			return i + 1
		case !c.t[i].word || c.t[i].quote != 0 || c.t[i].low == "that" || c.t[i].low == "and" || c.t[i].low == "who":
			return 0
		}
	}
	return 0
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

// aside returns where the text goes on by itself after a speaker: "…, the army
// said, as both sides …"; the end of the sentence where it does not.
func (r *reader) aside(c *clause, from int) int {
	for i := from; i+1 < c.hi; i++ {
		if c.t[i].norm != "," || c.t[i].quote != 0 {
			continue
		}
		switch c.t[i+1].low {
		case "as", "while", "but", "after", "when", "though", "although", "amid", "in", "with":
			return i
		}
	}
	return c.hi
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
