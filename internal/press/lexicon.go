package press

import (
	"bufio"
	"bytes"
	_ "embed" // the built-in lists
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"detente/note"
)

//go:embed parties.txt
var partiesList []byte

//go:embed offices.txt
var officesList []byte

//go:embed rules.txt
var rulesList []byte

// MaxList bounds one list of actors or rules, and maxPhrase the words of one
// entry of it.
const (
	MaxList   = 1 << 20
	maxPhrase = 8
)

// A Lexicon is what the reader knows: parties, offices, persons, and the words
// for what is said and done. The zero value knows nothing; [Builtin] is the
// usual beginning.
type Lexicon struct {
	parties phrases[partyForm]
	offices phrases[office]
	bodies  phrases[[]Actor]
	ignored phrases[struct{}]
	verbs   phrases[[]rule]
	nouns   phrases[rule]
	sets    map[string]*phrases[struct{}]
	persons []Actor
}

// How a form stands for its party.
type form byte

const (
	formName form = iota
	formDemonym
	formSeat
)

type partyForm struct {
	code string
	form form
}

type office struct{ id, kind string }

// A rule is a frame, and the act that what fits it could become.
type rule struct {
	frame, act, nature string
	plain              bool // the form is the plain one, which only "we" and the plural take
}

var builtin = sync.OnceValue(func() *Lexicon {
	l := &Lexicon{}
	for _, list := range [][]byte{partiesList, officesList, rulesList} {
		if err := l.Add(list); err != nil {
			panic(err) // they are part of the program, and a test reads them
		}
	}
	return l
})

// Builtin returns a copy of the built-in lists, for Add to extend.
func Builtin() *Lexicon {
	b := builtin()
	l := &Lexicon{
		parties: b.parties.clone(), offices: b.offices.clone(), bodies: b.bodies.clone(), ignored: b.ignored.clone(),
		verbs: b.verbs.clone(), nouns: b.nouns.clone(), sets: map[string]*phrases[struct{}]{}, persons: slices.Clone(b.persons),
	}
	for name, set := range b.sets {
		c := set.clone()
		l.sets[name] = &c
	}
	return l
}

// A ListError says which line of a list cannot be read, and why. Nothing of
// the list that precedes it is lost, and nothing after it is read.
type ListError struct {
	Line int
	Why  string
}

func (e *ListError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// Add reads a list of actors or rules; docs/reading.md gives the format. What
// it says of a form that is known already takes the place of what was known.
func (l *Lexicon) Add(list []byte) error {
	switch {
	case len(list) > MaxList:
		return fmt.Errorf("the list has %d bytes; the limit is %d", len(list), MaxList)
	case !utf8.Valid(list):
		return fmt.Errorf("the list is not UTF-8")
	}
	scan := bufio.NewScanner(bytes.NewReader(list))
	scan.Buffer(nil, MaxList+1)
	for n := 1; scan.Scan(); n++ {
		line, _, _ := strings.Cut(scan.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := l.line(line); err != nil {
			return &ListError{n, err.Error()}
		}
	}
	return scan.Err()
}

// A lineKind reads what stands before the first stroke, and the columns.
var lineKinds = map[string]struct {
	want string
	read func(l *Lexicon, head []string, columns [][][]string) error
}{
	"party":  {"party CODE | names | demonyms | seats", (*Lexicon).party},
	"office": {"office ID person|body|force | forms", (*Lexicon).office},
	"body":   {"body CODE OFFICE | names", (*Lexicon).body},
	"person": {"person CODE OFFICE | names", (*Lexicon).person},
	"rule":   {"rule FRAME KIND/ACT [nature=WORD] | forms", (*Lexicon).rule},
	"noun":   {"noun KIND/ACT [nature=WORD] | forms", (*Lexicon).noun},
	"words":  {"words SET | words", (*Lexicon).words},
	"ignore": {"ignore names", (*Lexicon).ignore},
}

func (l *Lexicon) line(line string) error {
	name, rest, _ := strings.Cut(line, " ")
	kind, ok := lineKinds[name]
	if !ok {
		return fmt.Errorf("%.20q is none of party, office, body, person, rule, noun, words, ignore", name)
	}
	parts := strings.Split(rest, "|")
	head := strings.Fields(parts[0])
	columns := parts[1:]
	if name == "ignore" {
		head, columns = nil, parts
	}
	var out [][][]string
	for _, c := range columns {
		var forms [][]string
		for _, f := range strings.Split(c, ";") {
			if f = strings.TrimSpace(f); f == "" {
				continue
			}
			words := phrase(f)
			if len(words) == 0 || len(words) > maxPhrase {
				return fmt.Errorf("%.40q: want 1 to %d words", f, maxPhrase)
			}
			forms = append(forms, words)
		}
		out = append(out, forms)
	}
	if len(out) == 0 || len(out[0]) == 0 {
		return fmt.Errorf("want %s", kind.want)
	}
	if err := kind.read(l, head, out); err != nil {
		return fmt.Errorf("%w; want %s", err, kind.want)
	}
	return nil
}

// phrase cuts a form into words as a text is cut.
func phrase(s string) []string {
	var out []string
	for _, t := range tokens([]byte(s), 0) {
		out = append(out, t.norm)
	}
	return out
}

func oneCode(head []string) error {
	if len(head) == 0 {
		return fmt.Errorf("there is no party's code")
	}
	return note.CheckParty(head[0])
}

func (l *Lexicon) party(head []string, columns [][][]string) error {
	if err := oneCode(head); err != nil {
		return err
	}
	if len(head) != 1 || len(columns) > 3 {
		return fmt.Errorf("there is too much")
	}
	for i, forms := range columns {
		for _, f := range forms {
			l.parties.add(f, partyForm{head[0], form(i)})
		}
	}
	return nil
}

func (l *Lexicon) office(head []string, columns [][][]string) error {
	if len(head) != 2 || !slices.Contains([]string{"person", "body", "force"}, head[1]) {
		return fmt.Errorf("an office has a name and a kind")
	}
	for _, f := range columns[0] {
		l.offices.add(lower(f), office{head[0], head[1]})
	}
	return nil
}

func (l *Lexicon) body(head []string, columns [][][]string) error {
	if err := oneCode(head); err != nil || len(head) != 2 {
		return fmt.Errorf("a body has a party and an office")
	}
	for _, f := range columns[0] {
		old, _ := l.bodies.get(f)
		l.bodies.add(f, append(slices.Clone(old), Actor{Party: head[0], Office: head[1]}))
	}
	return nil
}

func (l *Lexicon) person(head []string, columns [][][]string) error {
	if err := oneCode(head); err != nil || len(head) != 2 {
		return fmt.Errorf("a person has a party and an office")
	}
	for _, f := range columns[0] {
		l.persons = append(l.persons, Actor{Party: head[0], Office: head[1], Title: strings.ReplaceAll(head[1], "-", " "), Name: strings.Join(f, " ")})
	}
	return nil
}

func (l *Lexicon) rule(head []string, columns [][][]string) error {
	if len(head) < 2 || len(head) > 3 || frames[head[0]] == nil && head[0] != "deny" {
		return fmt.Errorf("a rule has a frame (%s) and an act", strings.Join(frameNames(), ", "))
	}
	r := rule{frame: head[0], act: head[1]}
	if len(head) == 3 {
		r.nature = strings.TrimPrefix(head[2], "nature=")
	}
	first := map[string]bool{}
	for _, f := range columns[0] {
		first[strings.ToLower(f[0])] = true
	}
	for _, f := range columns[0] {
		f = lower(f)
		r.plain = first[f[0]+"s"] || first[f[0]+"es"] || first[f[0]+"ing"] || first[strings.TrimSuffix(f[0], "e")+"ing"]
		old, _ := l.verbs.get(f)
		l.verbs.add(f, append(slices.Clone(old), r))
	}
	return nil
}

func (l *Lexicon) noun(head []string, columns [][][]string) error {
	if len(head) < 1 || len(head) > 2 {
		return fmt.Errorf("a noun has an act")
	}
	r := rule{frame: "noun", act: head[0]}
	if len(head) == 2 {
		r.nature = strings.TrimPrefix(head[1], "nature=")
	}
	for _, f := range columns[0] {
		l.nouns.add(lower(f), r)
	}
	return nil
}

func (l *Lexicon) words(head []string, columns [][][]string) error {
	if len(head) != 1 {
		return fmt.Errorf("a set of words has a name")
	}
	if l.sets == nil {
		l.sets = map[string]*phrases[struct{}]{}
	}
	if l.sets[head[0]] == nil {
		l.sets[head[0]] = &phrases[struct{}]{}
	}
	for _, f := range columns[0] {
		l.sets[head[0]].add(lower(f), struct{}{})
	}
	return nil
}

func (l *Lexicon) ignore(_ []string, columns [][][]string) error {
	for _, f := range columns[0] {
		l.ignored.add(f, struct{}{})
	}
	return nil
}

func lower(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
	}
	return out
}

// phrases finds the longest of many phrases that begins at a word.
type phrases[T any] struct {
	m map[string]T   // words joined by spaces
	n map[string]int // the longest phrase that begins with a word
}

func (p *phrases[T]) add(words []string, v T) {
	if p.m == nil {
		p.m, p.n = map[string]T{}, map[string]int{}
	}
	p.m[strings.Join(words, " ")] = v
	p.n[words[0]] = max(p.n[words[0]], len(words))
}

func (p *phrases[T]) get(words []string) (T, bool) {
	v, ok := p.m[strings.Join(words, " ")]
	return v, ok
}

func (p *phrases[T]) clone() phrases[T] {
	c := phrases[T]{map[string]T{}, map[string]int{}}
	for k, v := range p.m {
		c.m[k] = v
	}
	for k, v := range p.n {
		c.n[k] = v
	}
	return c
}

// at returns the longest phrase at t[i], and its length; 0 where there is none.
func (p *phrases[T]) at(t []token, i int, word func(token) string) (T, int) {
	for n := min(p.n[word(t[i])], len(t)-i); n > 0; n-- {
		words := make([]string, n)
		for j := range words {
			words[j] = word(t[i+j])
		}
		if v, ok := p.m[strings.Join(words, " ")]; ok {
			return v, n
		}
	}
	var zero T
	return zero, 0
}

func asWritten(t token) string { return t.norm }

// titled reads ISLAMABAD as Islamabad.
func titled(t token) string {
	if r := []rune(t.norm); len(r) > 3 && t.norm == strings.ToUpper(t.norm) {
		return string(r[:1]) + strings.ToLower(string(r[1:]))
	}
	return t.norm
}

func inLower(t token) string { return t.low }
