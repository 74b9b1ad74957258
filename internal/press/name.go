package press

import (
	"slices"
	"strings"
)

// both reads "both sides", "the two foreign ministers": who they are comes from
// the sentences before.
func (r *reader) both(t []token, i int) (mention, bool) {
	j := i
	if t[j].low == "the" && j+1 < len(t) {
		j++
	}
	if j > i && t[j].low != "two" {
		k := j
		for k < j+1 && k+1 < len(t) && (t[k].low == "foreign" || t[k].low == "prime" || t[k].low == "defence" || t[k].low == "defense") {
			k++
		}
		if partners[t[k].low] && (k+1 >= len(t) || t[k+1].low != "of" && t[k+1].low != "from") {
			return mention{lo: i, hi: k + 1, plural: t[k].low, talkers: true, Actor: Actor{Title: written(t[i : k+1])}}, true
		}
	}
	if t[j].low != "both" && t[j].low != "two" {
		if t[j].low == "foreign" && j+1 < len(t) && (t[j+1].low == "ministries" || t[j+1].low == "ministers" && j > i) {
			return mention{lo: i, hi: j + 2, plural: t[j+1].low}, true
		}
		return mention{}, false
	}
	if t[j].low == "two" && j == i {
		return mention{}, false // "two ministers" may be of one side
	}
	for k := j; k < len(t) && k <= j+3 && t[k].word; k++ {
		if pluralNouns[t[k].low] {
			m := mention{lo: i, hi: k + 1, plural: t[k].low, Actor: Actor{Title: written(t[i : k+1])}}
			return m, true
		}
		if _, n := r.lex.parties.at(t, k, asWritten); n > 0 {
			return mention{}, false
		}
	}
	return mention{}, false
}

// named reads a name that the text or the lists have given somebody.
func (r *reader) named(t []token, i, j int) (mention, bool) {
	for n := min(5, len(t)-j); n > 0; n-- {
		if !t[j].capital() || !t[j+n-1].capital() {
			continue
		}
		p, ok := r.people[written(t[j:j+n])]
		if !ok {
			continue
		}
		m := mention{lo: i, hi: j + n, Actor: *p, kind: "person"}
		r.title(t, &m)
		if m.hi < len(t) && t[m.hi].norm == "'s" {
			m.owner, m.hi = true, m.hi+1
		}
		return m, true
	}
	return mention{}, false
}

// title skips what is said of a name between commas.
func (r *reader) title(t []token, m *mention) {
	if m.hi+1 >= len(t) || t[m.hi].norm != "," {
		return
	}
	if in, ok := r.office(t, m.hi+1); ok && in.kind == "person" && in.Name == "" && in.hi < len(t) && (t[in.hi].norm == "," || t[in.hi].norm == ".") {
		if m.Party == "" {
			m.Party = in.Party
		}
		if m.Office == "" || m.Office == "person" {
			m.Office, m.Title = in.Office, in.Title
		}
		m.hi = in.hi
		if t[in.hi].norm == "," {
			m.hi++
		}
	}
}

// office reads a mention that holds an office.
func (r *reader) office(t []token, i int) (mention, bool) {
	if i >= len(t) || !t[i].word {
		return mention{}, false
	}
	if r.depth > 3 {
		return mention{}, false
	}
	r.depth++
	defer func() { r.depth-- }()
	m, ok := r.mentionAt(t, i)
	return m, ok && m.Office != "" && m.plural == ""
}

// apposed reads "Name Name, the foreign minister of Kadria,": a name that the
// office after it explains. A rank may stand before it.
func (r *reader) apposed(t []token, i int) (mention, bool) {
	if m, ok := r.headOf(t, i); ok {
		return m, true
	}
	if !t[i].capital() || functional(t[i].low) || r.depth > 0 {
		return mention{}, false
	}
	j := r.nameEnd(t, i)
	if j-i < 2 || j+1 >= len(t) || t[j].norm != "," {
		return mention{}, false
	}
	in, ok := r.office(t, j+1)
	if !ok || in.kind != "person" || in.Name != "" || in.owner {
		return mention{}, false
	}
	if in.hi < len(t) && t[in.hi].norm != "," && t[in.hi].norm != "." {
		return mention{}, false
	}
	m := mention{lo: i, hi: in.hi, Actor: in.Actor, kind: "person"}
	m.Name = written(t[i:j])
	if m.hi < len(t) && t[m.hi].norm == "," {
		m.hi++
	}
	return m, true
}

// headOf reads "the chief of the Velmari general staff", and those who speak
// for nobody: "residents", "analysts".
func (r *reader) headOf(t []token, i int) (mention, bool) {
	j := i
	for j < len(t) && determiners[t[j].low] {
		j++
	}
	if j >= len(t) || !t[j].word || r.depth > 3 {
		return mention{}, false
	}
	if set := r.lex.sets["nonstate"]; set != nil {
		if _, n := set.at(t, j, inLower); n > 0 {
			return mention{lo: i, hi: j + n, nobody: true, Actor: Actor{Title: written(t[i : j+n])}}, true
		}
	}
	switch t[j].low {
	case "chief", "head", "commander", "director", "member", "speaker", "leader", "secretary", "aide", "adviser", "advisor":
	default:
		return mention{}, false
	}
	if j+2 >= len(t) || t[j+1].low != "of" && t[j+1].low != "to" {
		return mention{}, false
	}
	r.depth++
	defer func() { r.depth-- }()
	in, ok := r.mentionAt(t, j+2)
	if !ok || in.Party == "" || in.pair != nil {
		return mention{}, false
	}
	return mention{lo: i, hi: in.hi, kind: "person", Actor: Actor{Party: in.Party, Office: "official", Title: written(t[j:in.hi])}}, true
}

// nameEnd returns where the name that begins at i ends.
func (r *reader) nameEnd(t []token, i int) int {
	j := i
	for j < len(t) && j < i+6 && t[j].word && t[j].quote == t[i].quote {
		if _, n := r.lex.parties.at(t, j, asWritten); n > 0 {
			break
		}
		if _, n := r.lex.offices.at(t, j, asWritten); n > 0 {
			break
		}
		low := t[j].low
		switch {
		case nameParts[low] && j > i && j+1 < len(t) && t[j+1].capital():
		case t[j].capital() && !days[low] && !months[low] && !functional(low) && !determiners[low]:
		case t[j].capital() && utfLen(t[j].norm) == 1: // an initial
		default:
			return j
		}
		j++
		if j < len(t) && t[j].norm == "." && utfLen(t[j-1].norm) == 1 {
			j++
		}
	}
	return j
}

func utfLen(s string) int { return len([]rune(s)) }

// rest reads what follows an office: a name, "of Kenya", "for the Orsian army",
// "in Tavenna", ", Name Name,".
func (r *reader) rest(t []token, m *mention) {
	last := strings.ToLower(m.Title)
	last = last[strings.LastIndexByte(last, ' ')+1:]
	person := m.kind == "person" || personal(last)
	if person {
		m.kind = "person"
		if end := r.nameEnd(t, m.hi); end > m.hi {
			m.Name, m.hi = written(t[m.hi:end]), end
			if m.Party == "" {
				r.title(t, m)
			}
		}
	}
	for m.hi+1 < len(t) {
		low := t[m.hi].low
		switch {
		case low != "of" && low != "for" && low != "from" && low != "in" && low != "to" && low != "at":
			goto comma
		case r.depth > 3:
			return
		}
		r.depth++
		in, ok := r.mentionAt(t, m.hi+1)
		r.depth--
		if !ok || in.pair != nil || in.plural != "" || in.Party == "" {
			goto comma
		}
		posted := strings.Contains(m.Office, "embassy") || m.Office == "ambassador"
		switch {
		case low == "to" && posted && in.Office == "" && !in.owner:
			m.at = in.Party
		case (low == "in" || low == "at") && posted && in.Office == "":
			m.at = in.Party
		case low == "in" && in.seat && m.Party == "" && !in.owner, low == "in" && in.seat && m.Party == in.Party:
			m.Party = in.Party
		case (low == "of" || low == "for" || low == "from") && m.Party == "" && !in.demonym:
			m.Party = in.Party
			if in.Office != "" {
				m.Title += " " + written(t[m.hi:in.hi])
			}
		case low == "at" && m.Party == "" && in.Office != "":
			m.Party = in.Party
		default:
			goto comma
		}
		m.hi = in.hi
		if in.owner {
			// "the spokesman of Iran's army": the rest has been read with it
			m.hi = in.hi
		}
	}
comma:
	if person && m.Name == "" { // "Prime Minister of Armenia Name Name"
		if end := r.nameEnd(t, m.hi); end > m.hi {
			m.Name, m.hi = written(t[m.hi:end]), end
		}
	}
	if person && m.Name == "" && m.hi+2 < len(t) && t[m.hi].norm == "," && t[m.hi+1].capital() {
		end := r.nameEnd(t, m.hi+1)
		_, known := r.people[written(t[m.hi+1:end])]
		if (end-m.hi-1 >= 2 || known) && end <= len(t) && (end == len(t) || strings.Contains(",.;:", t[end].norm) || t[end].low == "who") {
			m.Name, m.hi = written(t[m.hi+1:end]), end
			if m.hi < len(t) && t[m.hi].norm == "," {
				m.hi++
			}
		}
	}
}

// personal reports whether a noun is one of a person that speaks for a body.
func personal(noun string) bool {
	switch noun {
	case "spokesman", "spokeswoman", "spokesperson", "chief", "official", "officials", "secretary", "minister", "commander", "officer":
		return true
	}
	return false
}

// nounAfter takes the noun of "Orsian gunmen", "Iranian patrol boat".
func (r *reader) nounAfter(t []token, m *mention) {
	for m.hi < len(t) && m.hi < m.lo+6 {
		w := t[m.hi]
		if !w.word || w.capital() || functional(w.low) || w.quote != t[m.lo].quote || strings.HasSuffix(w.low, "ly") || strings.HasSuffix(w.low, "ing") {
			return
		}
		if _, n := r.lex.verbs.at(t, m.hi, inLower); n > 0 {
			return
		}
		if _, n := r.lex.nouns.at(t, m.hi, inLower); n > 0 {
			return
		}
		if slices.Contains([]string{"also", "then", "later", "earlier", "says", "soon", "on"}, w.low) {
			return
		}
		m.noun, m.hi = w.low, m.hi+1
	}
}
