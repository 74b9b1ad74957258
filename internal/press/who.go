package press

import (
	"cmp"
	"slices"
	"strings"
)

// asSubject makes a subject of a mention.
func (r *reader) asSubject(c *clause, m mention) (*subject, bool) {
	s := &subject{lo: m.lo, end: m.hi, nobody: m.nobody, noun: m.noun}
	if m.plural != "" || m.pair != nil {
		s.pair = r.pairOf(c, m)
		s.Actor = Actor{Title: written(c.t[m.lo:m.hi])}
		return s, s.pair != nil
	}
	if m.nobody {
		s.Actor = m.Actor
		return s, true
	}
	s.Actor = r.resolve(c, m)
	if m.demonym && m.noun != "" {
		s.third = r.isThird(m.noun)
		s.Title = written(c.t[m.lo:m.hi])
	}
	return s, true
}

func (r *reader) isThird(noun string) bool {
	set := r.lex.sets["nonstate"]
	if set == nil {
		return false
	}
	_, ok := set.get([]string{noun})
	return ok
}

// pairOf returns the two parties that "both sides", "the two countries" are.
func (r *reader) pairOf(c *clause, m mention) []string {
	if m.pair != nil {
		return m.pair
	}
	if m.talkers {
		if c.l.block-r.talk.block <= 4 {
			return r.talk.parties
		}
		return nil
	}
	var here []string // named before it in the sentence
	for _, o := range c.ms {
		if o.hi <= m.lo {
			for _, p := range o.parties() {
				if !slices.Contains(here, p) {
					here = append(here, p)
				}
			}
		}
	}
	slices.Sort(here)
	states := strings.HasPrefix(m.plural, "countr") || strings.HasPrefix(m.plural, "nation") || strings.HasPrefix(m.plural, "neighbo") || m.plural == "states"
	switch {
	case len(here) == 2:
		return here
	case !states && len(r.talk.parties) == 2 && c.l.block-r.talk.block <= 4:
		return r.talk.parties
	case r.pair != nil:
		return r.pair
	case len(r.talk.parties) == 2:
		return r.talk.parties
	}
	// "A third urged both sides": the only two that it can be.
	if rest := without(r.out.Parties, here); len(here) == 1 && len(rest) == 2 {
		slices.Sort(rest)
		return rest
	}
	return nil
}

// resolve says whom a mention means. What it cannot say it leaves open.
func (r *reader) resolve(c *clause, m mention) Actor {
	a := m.Actor
	if a.Office == "counterpart" {
		if s, ok := r.lastPerson(c); ok {
			a.Office = s.Office
			if a.Name == "" {
				a.Title = "counterpart of " + cmp.Or(strings.TrimSpace(s.Title), s.Name)
			}
		}
		return a
	}
	if a.Name != "" {
		if p := r.people[a.Name]; p != nil {
			a.Party = cmp.Or(a.Party, p.Party)
			if a.Office == "" || a.Office == "person" {
				a.Office, a.Title = p.Office, p.Title
			}
			if a.Office == "counterpart" {
				a.Title = ""
			}
			a.Name = p.Name
		}
	}
	if a.Party != "" || a.Office == "" {
		return a
	}
	if m.its {
		a.Party = r.owner(c, m)
		return a
	}
	if m.lo > 1 && c.t[m.lo-1].capital() && !days[c.t[m.lo-1].low] {
		return a // "the FO spokesperson": of something that the lists do not know
	}
	// "The ministry": the last one named, here or in the paragraph before.
	for _, s := range slices.Backward(r.seen) {
		if c.l.block-s.block > 2 {
			break
		}
		if a.Office == "spokesperson" && !s.subject && s.kind == "person" {
			continue // somebody's spokesperson was spoken of, and does not speak
		}
		if s.Party != "" && (likeOffice(s.Office, a.Office) || m.body != "" && s.Office == m.body) {
			if a.Party = s.Party; m.body != "" {
				return a
			}
			if p := r.people[a.Name]; p != nil && p.Party == "" {
				p.Party = s.Party
			}
			if a.Name == "" {
				a.Name = sameTitle(s, a)
				if a.Name != "" || len(s.Title) > len(a.Title) {
					a.Title = s.Title
				}
			}
			return a
		}
	}
	// "The minister …, a spokesman said": for whom he speaks.
	if a.Office == "spokesperson" && m.body == "" && len(c.ms) > 0 && c.ms[0].hi <= m.lo && c.ms[0].lo <= 1 && c.ms[0].pair == nil && c.ms[0].Office != "" && !c.ms[0].owner {
		if first := c.ms[0]; first.Party != "" || first.Name != "" {
			a.Party = r.resolve(c, first).Party
			return a
		}
	}
	// "In Tavenna, the government": a capital at the head of the sentence.
	for _, o := range c.ms {
		if o.seat && o.lo == 1 && c.t[0].low == "in" && o.hi < m.lo && m.kind != "force" && a.Office != "ambassador" && a.Office != "embassy" && a.Office != "official" && a.Office != "person" {
			if a.Party = o.Party; r.people[a.Name] != nil {
				r.people[a.Name].Party = cmp.Or(r.people[a.Name].Party, o.Party)
			}
			return a
		}
	}
	// Or the only one of its kind that the text names at all.
	only := ""
	for _, s := range r.seen {
		if s.Party == "" || s.Office != a.Office && !(a.Office == "spokesperson" && (s.kind == "body" || s.Office == "spokesperson")) {
			continue
		}
		if only != "" && only != s.Party {
			return a
		}
		only = s.Party
	}
	a.Party = only
	return a
}

// owner says whose "its foreign minister" is: the speaker's, or that of the only
// party named before it in the sentence, or of the one that acted last.
func (r *reader) owner(c *clause, m mention) string {
	if c.speaker != nil {
		return c.speaker.Party
	}
	var here []string
	for _, o := range c.ms {
		if o.hi <= m.lo && c.t[o.lo].quote == 0 && o.Party != "" && !slices.Contains(here, o.Party) && !governed(c, o) {
			here = append(here, o.Party)
		}
	}
	if len(here) == 1 {
		return here[0]
	}
	if len(here) == 0 {
		if s, ok := r.lastBody(c); ok {
			return s.Party
		}
	}
	return ""
}

// sameTitle returns the name of the holder whom a bare title means: "the
// minister" after "Foreign Minister Name".
func sameTitle(s sighting, a Actor) string {
	if s.kind == "person" && strings.HasSuffix(strings.ToLower(s.Title), strings.ToLower(a.Title)) && a.Title != "" && !strings.HasSuffix(strings.ToLower(a.Title), "s") {
		return s.Name
	}
	return ""
}

func likeOffice(seen, now string) bool {
	return seen == now || strings.HasSuffix(seen, "-"+now) || now == "spokesperson" && (seen == "foreign-ministry" || seen == "defence-ministry")
}

// lastPerson returns the person who last spoke or acted in the paragraph, or in
// the one before if that has only one.
func (r *reader) lastPerson(c *clause) (sighting, bool) {
	var before []sighting
	for _, s := range slices.Backward(r.seen) {
		if !s.subject || s.kind == "body" || s.kind == "force" {
			continue
		}
		if s.block == c.l.block {
			return s, true
		}
		if c.l.block-s.block > 1 {
			break
		}
		if !slices.ContainsFunc(before, func(o sighting) bool { return o.Actor == s.Actor }) {
			before = append(before, s)
		}
	}
	if len(before) == 1 {
		return before[0], true
	}
	return sighting{}, false
}

func (r *reader) lastBody(c *clause) (sighting, bool) {
	for _, s := range slices.Backward(r.seen) {
		if c.l.block-s.block > 1 {
			break
		}
		if s.subject && (s.kind != "person") {
			return s, true
		}
	}
	return sighting{}, false
}

// pronoun says whom a pronoun means: he and she, the last person who spoke; it,
// the last body or party; we, who speaks.
func (r *reader) pronoun(c *clause, w string, at int, prev *subject) (*subject, bool) {
	s := &subject{lo: at, end: at + 1}
	switch w {
	case "we", "i":
		if c.speaker == nil {
			return nil, false
		}
		s.Actor, s.self = *c.speaker, true
		return s, true
	case "who":
		return nil, false
	case "they":
		if prev != nil && prev.pair != nil {
			s.pair, s.Actor = prev.pair, prev.Actor
			return s, true
		}
		if len(r.talk.parties) == 2 && r.talk.block == c.l.block && r.talk.kind == "talk" {
			s.pair, s.Actor = r.talk.parties, Actor{Title: "they"}
			return s, true
		}
		return nil, false
	}
	if c.speaker != nil && c.speaker.known() {
		// Within what somebody says, "he" or "it" may be anybody; it is the
		// speaker only where nobody else is named before it.
		for _, m := range c.ms {
			if m.lo >= c.lo && m.hi <= at && m.Party != c.speaker.Party {
				return nil, false
			}
		}
		s.Actor, s.self = *c.speaker, true
		return s, true
	}
	if prev != nil && prev.pair == nil && (w == "it") == (prev.Name == "") {
		s.Actor = prev.Actor
		return s, true
	}
	last, ok := r.lastPerson(c)
	if w == "it" {
		last, ok = r.lastBody(c)
	}
	s.Actor = last.Actor
	return s, ok
}

// saw remembers who was named, and who acted.
func (r *reader) saw(c *clause, a Actor, kind string, subject bool) {
	if a.Party == "" && a.Name == "" {
		return
	}
	if r.seen = append(r.seen, sighting{a, kind, c.l.block, subject}); len(r.seen) > 2*maxSeen {
		r.seen = slices.Clone(r.seen[maxSeen:])
	}
}
