package press

import (
	"slices"
	"strings"
)

// nominal reads what is told by a noun: "strikes by A against B", "A's attacks
// on B", "exchange of messages between A and B".
func (r *reader) nominal(c *clause, hits []hit) (out []Proposal, why string) {
	for i := c.lo; i < c.hi; i++ {
		if c.t[i].quote != 0 && c.t[c.lo].quote == 0 || !c.t[i].word {
			continue
		}
		if p, ok := r.exchanged(c, i); ok {
			out = append(out, p)
			continue
		}
		ru, n := r.lex.nouns.at(c.t[:c.hi], i, inLower)
		if n == 0 {
			continue
		}
		// What is condemned, feared or discussed is no report of the text's own.
		if slices.ContainsFunc(hits, func(h hit) bool {
			return h.at <= i+n && i < h.hi && !slices.ContainsFunc(h.rules, func(r rule) bool { return r.frame == "strike" }) || h.at == i
		}) {
			continue
		}
		if _, n := r.lex.verbs.at(c.t[:c.hi], i, inLower); n > 0 && slices.ContainsFunc(hits, func(h hit) bool { return h.at == i }) {
			continue
		}
		p, no := r.event(c, i, n, ru)
		if no != "" {
			why = no
			i += n - 1
			continue
		}
		out = append(out, p)
		i += n - 1
	}
	return out, why
}

// spokenOf are the words before a noun that is no report: "plans for attacks".
var spokenOf = set("plan plans planned threat threats threatened risk risks possibility fear fears feared warning warnings warned prospect prevent preventing prevented avoid avoiding stop stopping end ending ended against halt further any talk talks chance danger defence defense")

// event reads one noun with who did it before it or after "by", and whom it was
// done to after "on", "against" or "in".
func (r *reader) event(c *clause, i, n int, ru rule) (Proposal, string) {
	lo := i
	for lo > c.lo && c.t[lo-1].word && !functional(c.t[lo-1].low) && !r.mentioned(c, lo-1) && !strings.HasSuffix(c.t[lo-1].low, "ed") && !determiners[c.t[lo-1].low] {
		if _, k := r.lex.verbs.at(c.t, lo-1, inLower); k > 0 {
			break
		}
		if _, ok := endsAt(c.ms, lo); ok {
			break
		}
		lo--
	}
	var from, to []string
	for _, m := range c.ms { // "the Orsian drone strike": a force that is part of the noun
		if m.lo < i && m.hi > i && m.hi < i+n && m.kind == "force" && m.Party != "" {
			from, lo = []string{m.Party}, m.lo
			for determiners[c.t[lo].low] {
				lo++
			}
		}
	}
	if m, ok := endsAt(c.ms, lo); ok && m.Party != "" && (m.owner || m.demonym || m.kind == "force") && !r.isThird(m.noun) {
		from, lo = []string{m.Party}, m.lo
		for lo < i && determiners[c.t[lo].low] {
			lo++
		}
	}
	for k := max(c.lo, lo-4); k < lo; k++ {
		if spokenOf[c.t[k].low] {
			return Proposal{}, "it is spoken of, and not told"
		}
	}
	if w, ok := r.anyOf(c, "modal", max(c.lo, lo-4), i); ok {
		return Proposal{}, "future or conditional, and no promise: " + written(c.t[w.lo:w.hi])
	}
	if w, ok := r.anyOf(c, "negative", c.lo, i); ok {
		return Proposal{}, "negated: " + written(c.t[w.lo:w.hi])
	}
	if w, ok := r.anyOf(c, "hypothetical", c.lo, c.hi); ok {
		return Proposal{}, "conditional or unsure: " + written(c.t[w.lo:w.hi])
	}
	hi := i + n
	for _, m := range c.ms {
		if m.lo < i+n || m.hi > c.hi || m.lo > hi+12 || m.lo == 0 {
			continue
		}
		if m.lo > i+n && r.stops(c, i+n, m.lo) {
			break
		}
		switch w := c.t[m.lo-1].low; {
		case w == "by" && len(from) == 0 && m.Party != "" && !m.nobody && !r.isThird(m.noun):
			from = []string{m.Party}
			hi = m.hi
		case m.Party != "" && !slices.Contains(from, m.Party) && len(to) == 0 && w != "by" && w != "from":
			to = []string{m.Party}
			hi = m.hi
		}
	}
	if len(from) == 0 || len(to) == 0 {
		return Proposal{}, "who did it to whom is not said"
	}
	// The words up to the next mark, or what the text makes of it.
	for hi < c.hi && c.t[hi].word && hi < i+n+24 && !conjunctions[c.t[hi].low] && !auxiliaries[c.t[hi].low] {
		_, verb := r.lex.verbs.at(c.t, hi, inLower)
		_, hedge := r.anyOf(c, "hedge", hi, min(hi+2, c.hi))
		if _, noun := r.lex.nouns.at(c.t, hi, inLower); verb+noun > 0 || hedge {
			break
		}
		hi++
	}
	for hi > i+n && functional(c.t[hi-1].low) {
		hi--
	}
	p := Proposal{Act: ru.act, Nature: ru.nature, Rule: written(c.t[i : i+n]), Speaker: c.speaker}
	p.Span = r.span(c, lo, hi)
	p.Direction = Direction{From: from, How: "against", To: to}
	if c.speaker != nil {
		d := p.Direction
		p.Event, p.Direction = &d, r.about(c, append(slices.Clone(from), to...))
		if p.Act = "incident/account"; c.speaker.Party == "" {
			p.Act = "claim/enter"
		}
	}
	r.finish(c, &p)
	return p, ""
}

// stops reports whether something between two tokens ends what belongs to a noun.
func (r *reader) stops(c *clause, lo, hi int) bool {
	for i := lo; i < hi; i++ {
		if c.t[i].norm == "," || c.t[i].norm == ";" || c.t[i].low == "as" || c.t[i].low == "that" || c.t[i].low == "while" || c.t[i].low == "after" {
			return true
		}
	}
	return false
}

// exchanged reads "exchange of goodwill messages between the foreign ministries".
func (r *reader) exchanged(c *clause, i int) (Proposal, bool) {
	if c.t[i].low != "exchange" || i+3 >= c.hi || c.t[i+1].low != "of" {
		return Proposal{}, false
	}
	if _, ok := r.anyOf(c, "message", i+2, min(i+5, c.hi)); !ok {
		return Proposal{}, false
	}
	if _, ok := r.anyOf(c, "hypothetical", c.lo, c.hi); ok {
		return Proposal{}, false
	}
	if _, ok := r.anyOf(c, "modal", max(c.lo, i-4), i); ok {
		return Proposal{}, false
	}
	if _, ok := r.anyOf(c, "negative", c.lo, i); ok {
		return Proposal{}, false
	}
	for _, m := range c.ms {
		if m.lo < i+3 || m.lo > i+9 || c.t[m.lo-1].low != "between" {
			continue
		}
		both := m.pair
		if m.plural != "" {
			both = r.pair
			if len(both) != 2 {
				both = r.pairOf(c, m)
			}
		}
		if len(both) != 2 {
			return Proposal{}, false
		}
		p := Proposal{Act: "message/send", Rule: "exchange of messages", Speaker: c.speaker}
		p.Span = r.span(c, i, m.hi)
		p.Direction = Direction{From: both, How: "with"}
		r.talk = exchange{"message", both, c.l.block}
		r.finish(c, &p)
		return p, true
	}
	return Proposal{}, false
}
