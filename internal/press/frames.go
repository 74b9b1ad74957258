package press

import (
	"slices"
	"strings"
)

func asks(r *reader, c *clause, h *hit, p *Proposal) string {
	if h.passive {
		p.Direction.To, p.Direction.From = h.subj.parties(), r.agent(c, h)
		if len(p.Direction.To) == 0 || h.subj.noun != "" {
			return "who is asked is not said"
		}
		if h.at+h.n >= h.hi || c.t[h.at+h.n].low != "to" && c.t[h.at+h.n].low != "by" {
			return "what is asked is not said"
		}
		return ""
	}
	if h.subj.nobody || len(p.Direction.From) == 0 {
		return "who asks speaks for no party"
	}
	if h.at+h.n < h.hi && (c.t[h.at+h.n].low == "about" || c.t[h.at+h.n].low == "why" || c.t[h.at+h.n].low == "how") {
		return "a question, not a request"
	}
	m, to := r.object(c, h, 8)
	if p.Direction.To = without(to, p.Direction.From); len(p.Direction.To) == 0 && h.lo == h.at {
		p.Direction.To = without(c.toward, p.Direction.From) // "summoned B's envoy and demanded"
	}
	if len(p.Direction.To) == 0 || m.owner && m.lo > h.at+h.n+1 {
		return "who is asked is not said"
	}
	return ""
}

func invites(r *reader, c *clause, h *hit, p *Proposal) string {
	if h.passive {
		p.Direction.To, p.Direction.From = h.subj.parties(), r.agent(c, h)
		if len(p.Direction.From) == 0 {
			for _, m := range c.ms {
				if m.lo >= h.at && m.Party != "" && m.lo > 0 && c.t[m.lo-1].low == "to" && !slices.Contains(p.Direction.To, m.Party) {
					p.Direction.From = []string{m.Party}
				}
			}
		}
	} else {
		_, to := r.object(c, h, 10)
		p.Direction.To = without(to, p.Direction.From)
	}
	if len(p.Direction.From) == 0 || len(p.Direction.To) == 0 {
		return "who invites whom is not said"
	}
	return ""
}

func agrees(r *reader, c *clause, h *hit, p *Proposal) string {
	from := h.subj.parties()
	if h.passive || len(from) == 0 {
		return "who agrees is not said"
	}
	p.Direction.How = "with"
	if len(from) == 1 {
		if h.at+h.n < h.hi && c.t[h.at+h.n].low == "with" {
			_, to := r.object(c, h, 3)
			p.Direction.To = without(to, from)
			if len(p.Direction.To) > 0 {
				return ""
			}
		}
		if other := r.partner(c, from[0]); other != "" {
			p.Direction = Direction{From: from, How: "to", To: []string{other}}
			return ""
		}
		if first := c.t[h.at].low; strings.HasPrefix(first, "agree") && h.at+h.n < h.hi && c.t[h.at+h.n].low == "to" {
			p.Act, p.Direction.How = "undertaking/offer", "to"
			p.Direction.To = r.others(c, h.at, h.hi, from)
			return ""
		}
		return "with whom is not said"
	}
	if strings.HasPrefix(c.t[h.at].low, "decid") || strings.HasPrefix(c.t[h.at].low, "resolv") {
		if h.at+h.n >= h.hi || c.t[h.at+h.n].low != "to" && c.t[h.at+h.n].low != "that" {
			return "what was decided is not said"
		}
	}
	return ""
}

// partner returns whom a party talks to in the exchange that the text is at.
func (r *reader) partner(c *clause, party string) string {
	if len(r.talk.parties) != 2 || c.l.block-r.talk.block > 3 {
		return ""
	}
	if i := slices.Index(r.talk.parties, party); i >= 0 {
		return r.talk.parties[1-i]
	}
	return ""
}

func talks(r *reader, c *clause, h *hit, p *Proposal) string {
	from := h.subj.parties()
	to := []string(nil)
	if len(from) != 2 {
		reach := 6
		m, ps := r.object(c, h, reach)
		if c.t[h.at].low == "spoke" && h.n == 1 || c.t[h.at].low == "met" {
			next := c.t[min(h.at+h.n, h.hi-1)].low
			if m.Office == "" && m.pair == nil || next == "of" || next == "about" {
				return "with whom is not said"
			}
			if c.t[h.at].low == "spoke" && next != "with" && next != "to" && next != "by" {
				return "with whom is not said"
			}
		}
		to = without(ps, from)
	}
	if len(from)+len(to) != 2 || h.passive {
		return "who talked with whom is not said"
	}
	if len(from) == 2 && c.t[h.at].low == "spoke" && h.n == 1 {
		return "with whom is not said"
	}
	p.Direction = Direction{From: from, How: "with", To: to}
	both := append(slices.Clone(from), to...)
	slices.Sort(both)
	if c.speaker == nil || slices.Contains(both, c.speaker.Party) {
		r.talk = exchange{"talk", both, c.l.block}
	}
	return ""
}

func promises(r *reader, c *clause, h *hit, p *Proposal) string {
	if h.passive || h.subj.nobody || len(p.Direction.From) != 1 && len(h.subj.pair) != 2 {
		return "who promises speaks for no party"
	}
	next := min(h.at+h.n, h.hi)
	if w, ok := r.anyOf(c, "threat", next, min(next+4, h.hi)); ok {
		return "a threat, not a promise: " + written(c.t[w.lo:w.hi])
	}
	if next >= h.hi {
		return "what is promised is not said"
	}
	p.Direction.To = r.others(c, next, h.hi, p.Direction.From)
	if len(h.subj.pair) == 2 {
		p.Direction = Direction{From: h.subj.pair, How: "with"}
	}
	return ""
}

func sends(r *reader, c *clause, h *hit, p *Proposal) string {
	next := h.at + h.n
	w, ok := r.anyOf(c, "message", next, min(next+8, h.hi))
	if h.passive {
		w, ok = r.anyOf(c, "message", h.lo, h.at)
	}
	if !ok {
		return "it is no message"
	}
	low := c.t[h.at].low
	if c.t[w.lo].low == "notes" && low == "expressed" || low == "received" && !h.passive {
		return "it is no message"
	}
	from := h.subj.parties()
	switch {
	case h.passive:
		from = r.agent(c, h)
		p.Direction.To = without(r.others(c, h.at, h.hi, from), from)
		if len(from) == 0 && c.speaker != nil && c.speaker.Party != "" {
			from = []string{c.speaker.Party}
			p.Direction.To = without(p.Direction.To, from)
		}
		if len(p.Direction.To) == 0 {
			return "to whom it went is not said"
		}
	case len(from) == 2:
		p.Direction = Direction{From: from, How: "with"}
		r.talk = exchange{"message", from, c.l.block}
		return ""
	case strings.HasPrefix(low, "exchang"):
		p.Direction.How = "with"
		fallthrough
	default:
		if h.subj.nobody || len(from) == 0 {
			return "who sent it speaks for no party"
		}
		p.Direction.To = r.others(c, next, h.hi, from)
		if len(p.Direction.To) == 0 {
			if o := r.partner(c, from[0]); o != "" {
				p.Direction.To = []string{o}
			}
		}
		p.Direction.To = p.Direction.To[:min(1, len(p.Direction.To))]
		if len(p.Direction.To) == 0 {
			return "to whom it went is not said"
		}
	}
	p.Direction.From = from
	return ""
}

func protests(r *reader, c *clause, h *hit, p *Proposal) string {
	if h.passive {
		p.Direction.From = r.agent(c, h)
		p.Direction.To = without(h.subj.parties(), p.Direction.From)
	}
	if h.subj.nobody && !h.passive || len(p.Direction.From) == 0 {
		return "who protests speaks for no party"
	}
	if h.passive {
		return ""
	}
	// Who did what is condemned, not whom it was done to.
	p.Direction.To = without(r.agent(c, h), p.Direction.From)
	for _, m := range c.ms {
		if len(p.Direction.To) > 0 {
			break
		}
		if m.lo < h.at+h.n || m.hi > h.hi || m.nobody || m.seat && r.placed(c, m) {
			continue
		}
		switch c.t[m.lo-1].low {
		case "on", "against", "in", "into", "of", "at", "near", "inside", "within":
			if c.t[m.lo-1].low != "against" || !strings.HasPrefix(c.t[h.at].low, "protest") && h.n == 1 {
				continue
			}
		}
		if !m.demonym || !r.isThird(m.noun) {
			p.Direction.To = r.others(c, m.lo, m.hi, p.Direction.From)
		}
	}
	return ""
}

func summons(r *reader, c *clause, h *hit, p *Proposal) string {
	if h.passive {
		p.Direction.To, p.Direction.From = h.subj.parties(), r.agent(c, h)
		if len(p.Direction.From) == 0 {
			p.Direction.From = r.others(c, h.at, h.hi, p.Direction.To)
			for _, m := range c.ms { // "summoned in Ottawa": a capital tells whose ministry it was
				if m.lo > h.at && m.seat && len(p.Direction.From) == 0 && !slices.Contains(p.Direction.To, m.Party) {
					p.Direction.From = []string{m.Party}
				}
			}
		}
		if m, ok := endsAt(c.ms, h.subj.end); ok && len(p.Direction.From) == 0 && m.at != "" {
			p.Direction.From = []string{m.at}
		}
		if len(p.Direction.From) == 0 && c.speaker != nil && c.speaker.Party != "" {
			p.Direction.From = without([]string{c.speaker.Party}, p.Direction.To)
		}
		p.Direction.From = p.Direction.From[:min(1, len(p.Direction.From))]
		if h.subj.Office != "ambassador" && h.subj.Office != "embassy" {
			return "it is no envoy who was summoned"
		}
	} else {
		m, to := r.object(c, h, 6)
		p.Direction.To = without(to, p.Direction.From)
		if m.Office != "ambassador" && m.Office != "embassy" && m.Office != "counterpart" {
			return "it is no envoy who was summoned"
		}
	}
	if len(p.Direction.From) == 0 || len(p.Direction.To) == 0 {
		return "who summoned whom is not said"
	}
	return ""
}

var envoys = []string{"ambassador", "ambassadors", "envoy", "diplomat", "diplomats", "attaché", "attachés", "relations", "ties", "embassy", "consul", "chargé"}

func changesMission(r *reader, c *clause, h *hit, p *Proposal) string {
	if h.passive {
		return "who did it is not said"
	}
	next := h.at + h.n
	if !slices.ContainsFunc(c.t[next:min(next+8, h.hi)], func(t token) bool { return slices.Contains(envoys, t.low) }) {
		return "it is not about a mission"
	}
	from := h.subj.parties()
	p.Direction.To = r.others(c, next, h.hi, from)
	for _, m := range c.ms {
		if m.lo >= next && m.hi <= h.hi && m.at != "" && !slices.Contains(from, m.at) && len(p.Direction.To) == 0 {
			p.Direction.To = []string{m.at}
		}
		if m.lo >= next && m.hi <= h.hi && m.seat && len(p.Direction.To) == 0 && !slices.Contains(from, m.Party) {
			p.Direction.To = []string{m.Party}
		}
	}
	p.Direction.To = p.Direction.To[:min(1, len(p.Direction.To))]
	if len(from) == 2 {
		p.Direction = Direction{From: from, How: "with"}
		return ""
	}
	if len(from) != 1 || len(p.Direction.To) == 0 {
		return "whose mission where is not said"
	}
	return ""
}

// strikes reads who did what to whom by force.
func strikes(r *reader, c *clause, h *hit, p *Proposal) string {
	from, to := h.subj.parties(), []string(nil)
	if h.passive {
		from = r.agent(c, h)
		to = without(h.subj.parties(), from)
		if len(to) == 0 {
			to = r.victims(c, h.lo, h.hi, from)
		}
		if h.subj.third {
			to = []string{h.subj.Party}
		}
	} else {
		to = r.victims(c, h.at+h.n, h.hi, from)
		if h.subj.third {
			// Its people are not the state: who acted for whom stays open.
			if c.speaker == nil || len(to) == 0 {
				return "who acted is not said to be a party"
			}
			p.Direction = Direction{How: "against", To: to[:1]}
			return ""
		}
	}
	p.Direction = Direction{From: from, How: "against", To: to[:min(1, len(to))]}
	if len(from) != 1 || len(to) == 0 {
		if c.speaker != nil && len(from) == 1 && c.speaker.Party != "" && c.speaker.Party != from[0] {
			return "" // what somebody says that another did, to whom he does not say
		}
		return "who did it to whom is not said"
	}
	return ""
}

// victims returns whom it was done to: whoever is named, and where.
func (r *reader) victims(c *clause, lo, hi int, not []string) []string {
	var out []string
	for _, m := range c.ms {
		if m.lo < lo || m.hi > hi || m.Party == "" || m.nobody {
			continue
		}
		if w := c.t[m.lo-1].low; w == "by" || w == "from" || w == "with" || w == "to" {
			continue
		}
		if !slices.Contains(not, m.Party) && !slices.Contains(out, m.Party) {
			out = append(out, m.Party)
		}
	}
	return out
}

func accuses(r *reader, c *clause, h *hit, p *Proposal) string {
	if h.subj.nobody || len(p.Direction.From) != 1 || h.passive {
		return "who accuses speaks for no party"
	}
	m, to := r.object(c, h, 4)
	p.Direction.How, p.Direction.To = "about", without(to, p.Direction.From)
	if len(p.Direction.To) == 0 || m.demonym && r.isThird(m.noun) {
		return "no party is accused"
	}
	return ""
}

// stresses reads a point that somebody makes: of the talk or the messages that
// the text is at, or a statement of its own.
func stresses(r *reader, c *clause, h *hit, p *Proposal) string {
	from := h.subj.parties()
	if h.passive || h.subj.nobody || len(from) == 0 {
		return "who says so speaks for no party"
	}
	next := h.at + h.n
	if w, ok := r.anyOf(c, "negative", next, h.hi); ok && c.t[w.lo].low != "lack" && c.t[w.lo].low != "without" {
		return "negated: " + written(c.t[w.lo:w.hi])
	}
	for i := next; i < h.hi; i++ {
		switch c.t[i].low {
		case "will", "would", "could", "might", "may":
			if !r.mentioned(c, i) {
				return "future or conditional, and no promise: " + c.t[i].low
			}
		}
	}
	if next >= h.hi || h.hi-next < 2 {
		return "what is said is not said"
	}
	if len(from) == 2 {
		p.Direction.How = "with"
		return ""
	}
	if o := r.partner(c, from[0]); o != "" && c.speaker == nil {
		p.Direction.To = []string{o}
		if r.talk.kind == "message" {
			p.Act = "message/send"
		}
		return ""
	}
	p.Act, p.Direction.How = "claim/enter", "about"
	if p.Direction.To = r.others(c, next, h.hi, from); len(p.Direction.To) == 0 && h.lo == h.at && strings.HasSuffix(c.t[h.at].low, "ing") {
		p.Direction.To = c.toward // "sent B a letter, thanking him"
	}
	if len(p.Direction.To) == 0 {
		if _, ok := r.anyOf(c, "matter", next, h.hi); !ok {
			return "it speaks of no other party, and of nothing between parties"
		}
	}
	return ""
}
