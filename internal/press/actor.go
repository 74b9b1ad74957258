package press

import (
	"slices"
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
		if i > 0 && w.norm != "'s" {
			b.WriteByte(' ')
		}
		b.WriteString(w.norm)
	}
	return b.String()
}

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
