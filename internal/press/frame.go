package press

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// A frame reads one way of saying that something is done, and returns what it
// proposes, or why it proposes nothing.
type frame struct {
	order int  // where a verb has several frames, the lower is tried first
	event bool // the text tells it of somebody; else who does it speaks
	read  func(r *reader, c *clause, h *hit, p *Proposal) (why string)
}

var frames map[string]*frame

func init() {
	frames = map[string]*frame{
		"send":    {order: 1, read: sends},
		"mission": {order: 2, event: true, read: changesMission},
		"ask":     {order: 3, read: asks},
		"invite":  {order: 3, read: invites},
		"agree":   {order: 3, read: agrees},
		"discuss": {order: 3, read: agrees},
		"talk":    {order: 3, event: true, read: talks},
		"promise": {order: 3, read: promises},
		"protest": {order: 3, read: protests},
		"summon":  {order: 3, event: true, read: summons},
		"strike":  {order: 3, event: true, read: strikes},
		"accuse":  {order: 3, read: accuses},
		"stress":  {order: 4, read: stresses},
		"tell":    {order: 5, read: nil}, // attribution: see said
		"claim":   {order: 5, read: nil},
		"say":     {order: 5, read: nil},
	}
}

func frameNames() []string { return slices.Sorted(maps.Keys(frames)) }

// acts reads a clause for what is done in it.
func (r *reader) acts(c *clause) (out []Proposal, why string) {
	hits := r.hits(c)
	if w, ok := r.anyOf(c, "hypothetical", c.lo, c.hi); ok && !r.mentionsOnly(c, w) {
		return nil, "conditional or unsure: " + written(c.t[w.lo:w.hi])
	}
	for i := range hits {
		h := &hits[i]
		rules := slices.Clone(h.rules)
		slices.SortStableFunc(rules, func(a, b rule) int { return frameOrder(a) - frameOrder(b) })
		veto, no := r.veto(c, h), ""
		for _, ru := range rules {
			f := frames[ru.frame]
			if f == nil || f.read == nil {
				if ru.frame == "deny" {
					why = cmp.Or(why, "it is denied or refused")
				}
				continue
			}
			if veto != "" {
				why = cmp.Or(why, veto)
				break
			}
			p := r.propose(c, h, ru, f)
			if no = f.read(r, c, h, &p); no != "" {
				continue // the reason of the last frame that was tried is given
			}
			if len(p.Direction.To) > 0 && p.Direction.How != "against" {
				c.toward = p.Direction.To
			}
			r.settle(c, h, &p, f)
			out = append(out, p)
			break
		}
		why = cmp.Or(why, no)
		if !h.passive && c.speaker == nil {
			kind := "body"
			if h.subj.Name != "" || isPerson(h.subj.Office) {
				kind = "person"
			}
			r.saw(c, h.subj.Actor, kind, true)
		}
		c.before = h.subj
	}
	named, no := r.nominal(c, hits)
	out = append(out, named...)
	slices.SortStableFunc(out, func(a, b Proposal) int { return a.Start - b.Start })
	return out, cmp.Or(why, no)
}

func isPerson(office string) bool {
	switch office {
	case "foreign-minister", "foreign-secretary", "additional-foreign-secretary", "deputy-foreign-minister", "secretary-of-state", "defence-minister", "interior-minister",
		"minister", "president", "prime-minister", "monarch", "ambassador", "spokesperson", "adviser", "official", "commander", "person", "counterpart":
		return true
	}
	return false
}

func frameOrder(r rule) int {
	if f := frames[r.frame]; f != nil {
		return f.order
	}
	return 9
}

type found struct{ lo, hi int }

// anyOf finds the first word of a set among the tokens, outside quotations that
// the clause is not itself.
func (r *reader) anyOf(c *clause, set string, lo, hi int) (found, bool) {
	s := r.lex.sets[set]
	if s == nil {
		return found{}, false
	}
	hi = min(hi, len(c.t))
	for i := max(lo, 0); i < hi; i++ {
		if _, n := s.at(c.t[:hi], i, inLower); n > 0 {
			return found{i, i + n}, true
		}
		if strings.HasSuffix(c.t[i].low, "n't") && set == "negative" {
			return found{i, i + 1}, true
		}
	}
	return found{}, false
}

func (r *reader) mentionsOnly(c *clause, w found) bool { return r.mentioned(c, w.lo) }

// veto says why a verb tells of nothing that was done: it is denied, or it is
// yet to come.
func (r *reader) veto(c *clause, h *hit) string {
	lo := h.lo
	if h.subj.end > lo && h.subj.end <= h.at {
		lo = h.subj.end
	}
	if w, ok := r.anyOf(c, "negative", lo, h.at); ok {
		return "negated: " + written(c.t[w.lo:w.hi])
	}
	if h.lo < h.at && (c.t[h.lo].low == "no" || c.t[h.lo].low == "neither" || h.lo > c.lo && (c.t[h.lo-1].low == "neither" || c.t[h.lo-1].low == "nor")) {
		return "negated: " + c.t[h.lo].low
	}
	if w, ok := r.anyOf(c, "modal", lo, h.at); ok && !r.mentioned(c, w.lo) {
		return "future or conditional, and no promise: " + written(c.t[w.lo:w.hi])
	}
	return ""
}

// propose fills in what every proposal has.
func (r *reader) propose(c *clause, h *hit, ru rule, f *frame) Proposal {
	p := Proposal{Act: ru.act, Nature: ru.nature, Rule: written(c.t[h.at : h.at+h.n])}
	p.Span = r.span(c, h.lo, h.hi)
	p.Speaker = c.speaker
	if p.Speaker == nil && !f.event && !h.passive {
		p.Speaker = h.subj.actor()
	}
	p.Direction = Direction{From: h.subj.parties(), How: "to"}
	return p
}

// span returns the bytes of tokens, without the marks and joining words at its ends.
func (r *reader) span(c *clause, lo, hi int) Span {
	for hi > lo+1 {
		w := c.t[hi-1]
		if w.word && w.low != "and" && w.low != "while" && w.low != "but" && w.low != "as" && w.low != "then" && w.low != "by" && w.low != "also" {
			break
		}
		if !w.word && strings.Contains(`)"”’'%`, w.norm) && (w.norm != "'" || w.quote == 0) {
			break
		}
		hi--
	}
	return Span{c.t[lo].start, c.t[hi-1].end}
}

// settle completes a proposal: the bytes, the date, the text's reserve, and what
// becomes of it where another says that it was done.
func (r *reader) settle(c *clause, h *hit, p *Proposal, f *frame) {
	if c.speaker != nil {
		own := h.subj.self || c.speaker.Party != "" && slices.Contains(h.subj.parties(), c.speaker.Party) || h.passive && slices.Contains(p.Direction.From, c.speaker.Party) || h.passive && len(p.Direction.From) == 0
		if !own || f.event && p.Act == "incident/report" {
			event := p.Direction
			p.Event = &event
			about := append(slices.Clone(event.From), event.To...)
			p.Direction = r.about(c, about)
			switch {
			case p.Act == "incident/report" && c.speaker.Party != "":
				p.Act = "incident/account"
			default:
				p.Act = "claim/enter"
			}
		}
	}
	r.finish(c, p)
}

// about is the direction of what the speaker says about others.
func (r *reader) about(c *clause, others []string) Direction {
	d := Direction{How: "about"}
	if c.speaker != nil && c.speaker.Party != "" {
		d.From = []string{c.speaker.Party}
	}
	if c.both != nil {
		d.From = c.both
	}
	for _, p := range others {
		if !slices.Contains(d.From, p) && !slices.Contains(d.To, p) {
			d.To = append(d.To, p)
		}
	}
	return d
}

// finish puts in the words, the day and the reserve.
func (r *reader) finish(c *clause, p *Proposal) {
	p.Quote = string(r.text[p.Start:p.End])
	p.Said = c.said
	if p.Act == "message/send" {
		_, p.Goodwill = r.anyOf(&clause{t: tokens([]byte(p.Quote), 0)}, "goodwill", 0, len(p.Quote))
	}
	p.When, p.Dated = r.dated(c, p)
	for i := range c.t {
		if s := r.lex.sets["hedge"]; s != nil {
			if _, n := s.at(c.t, i, inLower); n > 0 {
				p.Hedges = append(p.Hedges, written(c.t[i:i+n]))
			}
		}
	}
}

// others returns the parties named from token lo to hi, in their order, without
// those of the subject. Capitals that are only a place are left out.
func (r *reader) others(c *clause, lo, hi int, not []string) []string {
	var out []string
	for _, m := range c.ms {
		if m.lo < lo || m.hi > hi || m.nobody {
			continue
		}
		ps := m.parties()
		if m.plural != "" {
			ps = r.pairOf(c, m)
		}
		if m.Party == "" && m.Office != "" {
			if a := r.resolve(c, m); a.Party != "" {
				ps = []string{a.Party}
			}
		}
		if m.seat && m.Office == "" && m.lo > 0 && r.placed(c, m) {
			continue
		}
		for _, p := range ps {
			if !slices.Contains(not, p) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

var travels = set("return returned returning go goes going gone went come came back travel travelled traveled travels fly flew flown trip visit journey head headed invited invitation sent way")

// placed reports whether a mention is where something happens.
func (r *reader) placed(c *clause, m mention) bool {
	switch c.t[m.lo-1].low {
	case "to":
		return m.lo > 1 && travels[c.t[m.lo-2].low]
	case "in", "at", "from", "near", "visit", "outside", "around", "visiting", "into", ",":
		return true
	}
	return false
}

// object returns the parties of the first mention within reach after the verb.
func (r *reader) object(c *clause, h *hit, reach int) (mention, []string) {
	for _, m := range c.ms {
		if m.lo < h.at+h.n || m.hi > h.hi {
			continue
		}
		if m.lo > h.at+h.n+reach {
			break
		}
		ps := r.others(c, m.lo, m.hi, nil)
		if m.nobody {
			return m, nil
		}
		if len(ps) > 0 {
			return m, ps
		}
	}
	return mention{}, nil
}

func without(all, not []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(p string) bool { return slices.Contains(not, p) })
}

// agent returns the parties after "by".
func (r *reader) agent(c *clause, h *hit) []string {
	for i := h.at; i+1 < h.hi; i++ {
		if c.t[i].low == "by" {
			if m, ok := startsAt(c.ms, i+1); ok && !m.nobody {
				return r.others(c, m.lo, m.hi, nil)
			}
		}
	}
	return nil
}
