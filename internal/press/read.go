package press

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// reader reads one text.
type reader struct {
	lex   *Lexicon
	text  []byte
	date  time.Time
	out   *Report
	depth int

	lines  []line
	people map[string]*Actor // by name and by surname
	counts map[string]int    // of mentions, by party
	pair   []string          // the two parties that the text is about, if it is about two
	off    string            // why nothing may be proposed of this text; or ""

	seen     []sighting
	talk     exchange
	host     *string  // whose ministry the headlines name, once that was looked for
	answerer *Actor   // who answers questions, likewise
	last     sighting // who spoke last
}

// A line is one sentence or one block that is no sentence.
type line struct {
	Span
	block int
	first bool // of its block
	drop  string
	head  bool // a headline: it names people, and says nothing
	label string
}

type sighting struct {
	Actor
	kind    string
	block   int
	subject bool
}

// An exchange is a talk, or an exchange of messages, that the text is at.
type exchange struct {
	kind    string // talk or message
	parties []string
	block   int
}

// cut makes lines of the blocks of the text, and drops what is no part of it.
func (r *reader) cut(drops []Drop) {
	all := blocks(r.text)
	first, i := true, 0
	for k := range all {
		b := &all[k]
		for _, d := range drops {
			if b.Start >= d.Start && b.End <= d.End {
				b.drop = d.Why
			}
		}
		if b.drop != "" {
			r.lines = append(r.lines, line{Span: b.Span, block: i, drop: b.drop})
			continue
		}
		words := r.text[b.Start:b.End]
		r.begin(b, first)
		i++
		// "Ethiopia, Egypt: what we know" is no speaker's word.
		if headline(words) && (b.label == "" || len(r.lines) == 0) {
			r.lines = append(r.lines, line{Span: b.Span, block: i, drop: "a headline, which is not the text's own report", head: true})
			continue
		}
		first = false
		for n, s := range sentences(r.text, *b) {
			r.lines = append(r.lines, line{Span: s, block: i, first: n == 0, label: b.label})
		}
	}
	r.repeats()
}

// begin finds who is said to speak, or where the report is from, at the
// beginning of a block.
func (r *reader) begin(b *block, first bool) {
	words := r.text[b.Start:b.End]
	if m := labelled.FindSubmatchIndex(words); m != nil && m[1] < len(words) {
		label := string(words[m[2]:m[3]])
		t := tokens(words[m[2]:m[3]], 0)
		p, n := r.lex.parties.at(t, 0, titled)
		if n == len(t) && p.form == formSeat {
			b.body = b.Start + m[1]
			return
		}
		if from := n > 0 && n < len(t) && p.form == formSeat; from {
			b.body = b.Start + m[1] // where the report is from
			return
		}
		if n != len(t) || p.form == formDemonym {
			if len(t) <= 12 {
				b.label, b.body = label, b.Start+m[1]
			}
			return
		}
	}
	if m := dateline.FindIndex(words); m != nil && m[1] < len(words) {
		t := tokens(words[:m[1]], 0)
		_, n := r.lex.parties.at(t, 0, titled)
		capitals := string(words[:m[1]]) != "" && t[0].norm == strings.ToUpper(t[0].norm) && utf8.RuneCountInString(t[0].norm) > 2
		if n > 0 && (t[n].norm == ":" || t[n].norm == "," || t[n].norm == "(" || first) && !t[n].word || capitals {
			b.body = b.Start + m[1]
		}
	}
	if m := wire.FindIndex(r.text[b.body:b.End]); m != nil {
		b.body += m[1]
	}
}

// repeats drops what the text says twice. Of a standfirst, which stands above
// the body and repeats it, the first goes; else the later.
func (r *reader) repeats() {
	where := map[string][]int{}
	for i := range r.lines {
		if l := &r.lines[i]; l.drop == "" {
			k := same(r.text[l.Start:l.End])
			where[k] = append(where[k], i)
		}
	}
	body := -1 // the first block of more than one sentence, or the third
	size := map[int]int{}
	for _, l := range r.lines {
		if l.drop == "" {
			size[l.block]++
		}
	}
	for _, l := range r.lines {
		if l.drop == "" && (body < 0 && size[l.block] > 1) {
			body = l.block
		}
	}
	for k, at := range where {
		if len(at) < 2 || k == "" {
			continue
		}
		keep := at[0]
		if size[r.lines[at[0]].block] == 1 && r.lines[at[0]].block < body && r.lines[at[1]].block >= body {
			keep = at[1]
		}
		for _, i := range at {
			if i == keep {
				continue
			}
			r.lines[i].drop = "a repeat of a sentence above"
			if i < keep {
				r.lines[i].drop = "a standfirst, which the body repeats"
			}
		}
	}
}

// learn reads names, and counts parties, before anything is proposed, as a text
// may name in full somebody whom it mentioned before.
func (r *reader) learn() {
	lines := slices.Clone(r.lines)
	for pass := range 2 {
		r.counts = map[string]int{}
		for _, l := range lines {
			if l.drop != "" && !l.head {
				continue
			}
			t := tokens(r.text[l.Start:l.End], l.Start)
			quotations(r.text, t)
			ms := r.mentions(t)
			for _, m := range ms {
				for _, p := range m.parties() {
					r.counts[p]++
				}
				if m.at != "" && m.at != m.Party {
					r.counts[m.at]++
				}
				if m.Name != "" && m.pair == nil {
					r.name(m.Actor)
				}
			}
			if pass == 1 {
				r.counterparts(ms)
			}
		}
		r.rank()
	}
	topics, elsewhere := map[string]bool{}, map[string]bool{}
	for _, l := range lines {
		if l.drop == "" {
			t := tokens(r.text[l.Start:l.End], l.Start)
			r.count(t, "topic", topics)
			r.count(t, "elsewhere", elsewhere)
		}
	}
	switch {
	case len(r.out.Parties) < 2:
		r.off = "the text is not about two parties of the list of actors"
	case len(topics) < 2 || len(elsewhere) > len(topics):
		r.off = "the text is not about dealings between states"
	}
}

func (r *reader) count(t []token, set string, found map[string]bool) {
	s := r.lex.sets[set]
	if s == nil {
		return
	}
	for i := range t {
		if _, n := s.at(t, i, inLower); n > 0 {
			found[written(t[i:i+n])] = true
		}
	}
}

// name remembers a person by the whole name and by the surname. What is known
// is filled up, never replaced; a surname that two people share names neither.
func (r *reader) name(a Actor) {
	surname := a.Name[strings.LastIndexByte(a.Name, ' ')+1:]
	keys := []string{a.Name}
	if surname != a.Name && utf8.RuneCountInString(surname) > 2 {
		keys = append(keys, surname)
	}
	var p *Actor
	for _, k := range keys {
		old := r.people[k]
		if old == nil || p != nil && old != p && strings.Contains(old.Name, " ") {
			continue
		}
		if p == nil && (old.Name == a.Name || old.Name == surname || surname == a.Name) {
			p = old
		}
	}
	if p == nil {
		p = &Actor{}
	}
	if len(a.Name) > len(p.Name) {
		p.Name = a.Name
	}
	p.Party = cmp.Or(p.Party, a.Party)
	if p.Office == "" || p.Office == "counterpart" || p.Office == "person" {
		p.Office, p.Title = a.Office, a.Title
	}
	for _, k := range keys {
		if old := r.people[k]; old == nil || old == p || !strings.Contains(old.Name, " ") {
			r.people[k] = p
		} else if k == surname {
			r.people[k] = &Actor{Name: k} // two of one surname
		}
	}
}

// counterparts gives a side to a person whose party the text says only by
// naming the other's: "Foreign Minister Name … his Iranian counterpart"; and to
// a counterpart the office of that person.
func (r *reader) counterparts(ms []mention) {
	var who *Actor
	for _, m := range ms {
		switch {
		case m.Office != "counterpart":
			if m.Name != "" {
				who = r.people[m.Name]
			}
		case who != nil:
			if i := slices.Index(r.pair, m.Party); i >= 0 && who.Party == "" {
				who.Party = r.pair[1-i]
			}
			if p := r.people[m.Name]; p != nil && p.Office == "counterpart" {
				p.Office, p.Title = who.Office, who.Title
			}
		}
	}
}

// rank orders the parties, and finds the pair that the text is about.
func (r *reader) rank() {
	all := []string{}
	for p := range r.counts {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(r.counts[b]-r.counts[a], strings.Compare(a, b)) })
	r.out.Parties, r.pair = all, nil
	if len(all) == 2 || len(all) > 2 && r.counts[all[2]] < r.counts[all[1]] {
		r.pair = []string{min(all[0], all[1]), max(all[0], all[1])}
	}
}

// line reads one line, and says what became of it.
func (r *reader) line(l *line) {
	s := Sentence{Number: len(r.out.Sentences) + 1, Text: string(r.text[l.Start:l.End]), Span: l.Span}
	var found []Proposal
	switch {
	case l.drop != "":
		s.Verdict, s.Why = Dropped, l.drop
	case r.off != "":
		s.Verdict, s.Why = Passed, r.off
	case l.End-l.Start > maxSentence:
		s.Verdict, s.Why = Passed, "longer than any sentence that is read"
	default:
		var why string
		found, why = r.sentence(l)
		s.Verdict, s.Why = Passed, cmp.Or(why, "nothing in it is an act between parties")
		if len(found) > 0 {
			s.Verdict, s.Why = Proposed, ""
		}
	}
	for _, p := range found {
		p.Number, p.Sentence = len(r.out.Proposals)+1, s.Number
		s.Proposals = append(s.Proposals, p.Number)
		r.out.Proposals = append(r.out.Proposals, p)
	}
	r.out.Sentences = append(r.out.Sentences, s)
}
