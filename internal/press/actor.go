package press

import (
	"strings"
)

// An Actor is who speaks or acts in a text, as far as the text says.
type Actor struct {
	Party  string `json:"party,omitempty"`  // code of a party
	Office string `json:"office,omitempty"` // of the lists, foreign-minister
	Title  string `json:"title,omitempty"`  // the words for the office, as the text has them
	Name   string `json:"name,omitempty"`   // of a person, from the text itself
}

func (a Actor) String() string {
	s := strings.TrimSpace(a.Title + " " + a.Name)
	switch {
	case s == "":
		return a.Party
	case a.Party == "" || s == a.Party:
		return s
	}
	return s + " (" + a.Party + ")"
}

func (a Actor) known() bool { return a.Party != "" || a.Name != "" }

// A mention is a place in a sentence where somebody is named.
type mention struct {
	lo, hi int // tokens
	Actor
	kind    string   // of the office: person, body, force
	pair    []string // both of two parties: "the two ministers", "Chile and Peru"
	plural  string   // the noun of "both …", until the pair is known
	at      string   // party where an embassy or ambassador is
	demonym bool     // "Orsian gunmen": an adjective and a noun
	noun    string   // that noun
	seat    bool     // a capital
	words   string   // for the party
	body    string   // the office that a spokesperson speaks for
	its     bool     // "its foreign minister": of a party named before
	talkers bool     // "the ministers": those of the talk that the text is at
	owner   bool     // followed by 's: it owns what follows
	nobody  bool     // speaks for no party: residents, analysts
}

func (m *mention) parties() []string {
	if m.pair != nil {
		return m.pair
	}
	if m.Party == "" {
		return nil
	}
	return []string{m.Party}
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	determiners  = set("the a an its his her their our some several two three four five six another one senior top former acting caretaker interim new outgoing visiting current then-foreign unnamed deposed newly regular")
	adjectives   = set("deputy acting permanent federal senior top chief armed joint foreign newly appointed northern southern eastern western central national official high-ranking regional local state caretaker interim outgoing first second third assistant former special military naval neighbouring neighboring respective hardline elite paramilitary")
	pluralNouns  = set("countries sides nations states neighbours neighbors governments ministers leaders presidents capitals armies militaries officials delegations ministries diplomats premiers parties neighbour envoys commanders navies ambassadors chiefs powers foes rivals")
	nameParts    = set("al bin ibn bint van von der den de da di del la le el ben abu ud ul e y dos")
	partners     = set("sides ministers leaders presidents premiers delegations officials")
	days         = set("monday tuesday wednesday thursday friday saturday sunday")
	months       = set("january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec")
	prepositions = set("in at on of from by with to for against into inside within near over across through under between among toward towards off along via around about after before during since until despite following as than like amid regarding concerning")
	conjunctions = set("and or but while whereas as when who which that whose where because although though since")
	auxiliaries  = set("has have had was were is are be been being did does do will would could should may might can must shall having get got to")
)

// functional reports whether a word holds a sentence together and names nothing.
func functional(low string) bool {
	return prepositions[low] || conjunctions[low] || auxiliaries[low] || low == "the" || low == "a" || low == "an" || low == "not" || low == "'s"
}

// mentions finds who is named among the tokens.
func (r *reader) mentions(t []token) []mention {
	var out []mention
	for i := 0; i < len(t); {
		if !t[i].word {
			i++
			continue
		}
		if _, n := r.lex.ignored.at(t, i, asWritten); n > 0 {
			i += n
			continue
		}
		m, ok := r.mentionAt(t, i)
		if !ok {
			i++
			continue
		}
		out = append(out, m)
		i = m.hi
	}
	return couple(t, out)
}

// couple joins "Chile and Peru", "the Velmari and Kadrian foreign ministers".
func couple(t []token, in []mention) []mention {
	var out []mention
	for _, m := range in {
		if len(out) > 0 {
			p := &out[len(out)-1]
			if p.hi == m.lo-1 && t[p.hi].low == "and" && p.Party != "" && m.Party != "" && p.Party != m.Party && p.pair == nil && !p.owner && p.quoteless(t, m) && (p.noun == "" || m.demonym) {
				p.pair = []string{p.Party, m.Party}
				p.hi, p.Party, p.Office, p.kind, p.Name, p.demonym, p.noun, p.owner = m.hi, "", m.Office, m.kind, "", m.demonym, m.noun, m.owner
				p.Title = ""
				continue
			}
		}
		out = append(out, m)
	}
	return out
}

func (p *mention) quoteless(t []token, m mention) bool { return t[p.lo].quote == t[m.lo].quote }

// mentionAt reads one mention that begins at t[i].
func (r *reader) mentionAt(t []token, i int) (mention, bool) {
	if m, ok := r.both(t, i); ok {
		return m, true
	}
	m := mention{lo: i}
	j := i
	for j < len(t) && determiners[t[j].low] && t[j].quote == t[i].quote {
		if _, n := r.lex.parties.at(t, j, asWritten); n > 0 {
			break // New Zealand
		}
		j++
	}
	if j < len(t) {
		if _, n := r.lex.ignored.at(t, j, asWritten); n > 0 {
			return m, false
		}
	}
	if m, ok := r.named(t, i, j); ok {
		return m, true
	}
	first := j
	var title []string
	for j < len(t) && t[j].word && t[j].quote == t[i].quote {
		if b, n := r.lex.bodies.at(t, j, asWritten); n > 0 && m.Party == "" && m.Office == "" {
			m.Actor, m.kind = r.which(b), "body"
			title = append(title, written(t[j:j+n]))
			j += n
			continue
		}
		if o, n := r.lex.offices.at(t, j, inLower); n > 0 && !r.verbHere(t, j) {
			if m.kind == "body" || m.kind == "force" {
				m.body = m.Office // a government spokesperson
			}
			if m.Office == "" || m.kind == "body" || m.kind == "force" {
				m.Office, m.kind = o.id, o.kind
			}
			title = append(title, written(t[j:j+n]))
			j += n
			continue
		}
		if p, n := r.lex.parties.at(t, j, asWritten); n > 0 && (m.Party == "" || m.Party == p.code) && m.Office == "" {
			m.Party, m.seat, m.demonym, m.words = p.code, p.form == formSeat, p.form == formDemonym, written(t[j:j+n])
			j += n
			if j < len(t) && (t[j].norm == "'s" || plural(t, j)) {
				m.owner, j = true, j+1
				m.demonym = false
			}
			continue
		}
		if t[j].norm == "'s" && m.Office != "" && j+1 < len(t) && r.officeSoon(t, j+1) {
			m.kind = "body"
			j++
			continue
		}
		if n := r.adjectivesBefore(t, j); n > 0 && (m.Party != "" || j > i) && m.Office == "" {
			title = append(title, written(t[j:j+n]))
			j += n
			continue
		}
		if n := ministryAhead(t, j); n > 0 && m.Party != "" && m.Office == "" {
			low := t[j+n-1].low
			m.Office, m.kind = low, "body"
			if low == "minister" {
				m.kind = "person"
			}
			title = append(title, written(t[j:j+n]))
			j += n
			continue
		}
		break
	}
	if j == first {
		return r.apposed(t, i)
	}
	if m.kind == "force" && m.Party == "" && first == i {
		return m, false // "military cooperation"
	}
	m.hi, m.Title = j, strings.Join(title, " ")
	switch {
	case m.Office != "":
		m.demonym = false
		m.owner = false
		r.rest(t, &m)
	case m.demonym:
		r.nounAfter(t, &m)
	}
	if m.hi < len(t) && t[m.hi].norm == "'s" {
		m.owner, m.hi = true, m.hi+1
	}
	if m.Office == "" {
		m.Title = m.words
	}
	m.its = m.Party == "" && m.Name == "" && (t[i].low == "its" || t[i].low == "their")
	return m, m.Office != "" || m.Party != ""
}

// which chooses among the bodies of one name the one whose party the text
// speaks of; where it speaks of several, none.
func (r *reader) which(all []Actor) Actor {
	out := Actor{Office: all[0].Office}
	for _, a := range all {
		if len(all) > 1 && r.counts[a.Party] == 0 {
			continue
		}
		if out.Party != "" {
			return Actor{Office: all[0].Office}
		}
		out = a
	}
	return out
}

// verbHere reports whether the word is one of the rules' verbs in this place:
// "forces", "commands" and the like after a name.
func (r *reader) verbHere(t []token, j int) bool {
	_, n := r.lex.verbs.at(t, j, inLower)
	return n > 1
}

// plural reports whether the mark at j makes a possessive of a name in s:
// "Cyprus' ministry".
func plural(t []token, j int) bool {
	return j > 0 && j+1 < len(t) && (t[j].norm == "'" || t[j].norm == "’") && t[j].start == t[j-1].end && strings.HasSuffix(t[j-1].low, "s") && t[j+1].word && t[j+1].start > t[j].end
}

// ministryAhead returns of how many words a ministry or minister of another
// name is: "Home Affairs Minister", "ministry" after what it is of.
func ministryAhead(t []token, j int) int {
	for n := 0; n < 4 && j+n < len(t) && t[j+n].word; n++ {
		switch low := t[j+n].low; {
		case low == "minister" || low == "ministry":
			return n + 1
		case functional(low) && low != "and" && low != "of" || t[j+n].quote != t[j].quote || strings.HasSuffix(low, "ed"):
			return 0
		}
	}
	return 0
}

// adjectivesBefore returns how many words stand between here and an office:
// "Iran's *deputy* foreign minister", "the *northern* army".
func (r *reader) adjectivesBefore(t []token, j int) int {
	for n := 1; n <= 2 && j+n < len(t); n++ {
		if !adjectives[t[j+n-1].low] {
			return 0
		}
		if _, k := r.lex.offices.at(t, j+n, inLower); k > 0 {
			return n
		}
		if _, k := r.lex.parties.at(t, j+n, asWritten); k > 0 {
			return n
		}
	}
	return 0
}

func (r *reader) officeSoon(t []token, j int) bool {
	_, n := r.lex.offices.at(t, j, inLower)
	return n > 0 || r.adjectivesBefore(t, j) > 0
}

func written(t []token) string {
	var b strings.Builder
	for i, w := range t {
		if i > 0 && w.norm != "'s" && w.norm != "." {
			b.WriteByte(' ')
		}
		b.WriteString(w.norm)
	}
	return b.String()
}
