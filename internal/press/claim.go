package press

import (
	"cmp"
	"slices"
	"strings"
)

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
