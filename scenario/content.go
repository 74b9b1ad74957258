package scenario

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"detente/matter"
	"detente/note"
)

// fields reads the fields of a move by the table of its act: there is no other
// description of an act.
func (p *parser) fields(b block, st *Step) error {
	act := row(st.Act)
	for i := range b {
		l := &b[i]
		if l.key != "field" {
			continue
		}
		if st.Fields == nil {
			st.Fields = map[string]any{}
		}
		if err := p.field(b, l, st, act.Fields, strings.Split(l.args[0], "/"), st.Fields); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) field(b block, l *line, st *Step, specs []matter.Spec, path []string, into map[string]any) error {
	i := slices.IndexFunc(specs, func(s matter.Spec) bool { return s.Name == path[0] })
	if i < 0 {
		return b.errorf(l, "there is no such field; %s has %s", st.Act, fieldNames(specs))
	}
	spec := &specs[i]
	switch spec.Type {
	case matter.TypeList, matter.TypeNames, matter.TypeRefs, matter.TypeOffices:
		if len(path) < 2 || (spec.Type == matter.TypeList) != (len(path) > 2) {
			want := spec.Name + "/1"
			if spec.Type == matter.TypeList {
				want += "/" + spec.Of[0].Name
			}
			return b.errorf(l, "it is a list: want a path such as %s", want)
		}
		list, _ := into[spec.Name].([]any)
		n, err := strconv.Atoi(path[1])
		if err != nil || strconv.Itoa(n) != path[1] || n < 1 || n > len(list)+1 || (spec.Type != matter.TypeList && n <= len(list)) {
			return b.errorf(l, "the items of a list are numbered from 1 in their order; %.20q comes after %d", path[1], len(list))
		}
		if spec.Type != matter.TypeList {
			v, err := p.scalar(b, l, st, spec)
			if err != nil {
				return err
			}
			into[spec.Name] = append(list, v)
			return nil
		}
		if n > len(list) {
			list = append(list, map[string]any{})
			into[spec.Name] = list
		}
		return p.field(b, l, st, spec.Of, path[2:], list[n-1].(map[string]any))
	}
	if len(path) > 1 {
		return b.errorf(l, "it is no list, and has nothing under it")
	}
	v, err := p.scalar(b, l, st, spec)
	if err != nil {
		return err
	}
	into[spec.Name] = v
	return nil
}

func fieldNames(specs []matter.Spec) string {
	if len(specs) == 0 {
		return "none"
	}
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// scalar reads one value as its type wants it.
func (p *parser) scalar(b block, l *line, st *Step, spec *matter.Spec) (any, error) {
	switch spec.Type {
	case matter.TypeNumber:
		n, err := strconv.ParseInt(l.value, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != l.value {
			return nil, b.errorf(l, "%.30q is not a whole number", l.value)
		}
		return n, nil
	case matter.TypeFlag:
		if l.value != "true" {
			return nil, b.errorf(l, "want true, or leave it out")
		}
		return true, nil
	case matter.TypeRef, matter.TypeRefs, matter.TypeHash:
		label, ok := strings.CutPrefix(l.value, "@")
		if !ok {
			return nil, b.errorf(l, "%.60q: want @ and the label of an earlier note", l.value)
		}
		earlier, err := p.earlier(b, l, Note, label, st.Channel)
		if err != nil {
			return nil, err
		}
		if c, _ := p.Channel(earlier.Channel); !c.has(st.Party) {
			return nil, b.errorf(l, "the note %s is on the channel %s, and %s is not", label, c.Code, st.Party)
		}
		if spec.Type == matter.TypeHash && len(earlier.Content.Texts) == 0 {
			return nil, b.errorf(l, "the note %s has no text", label)
		}
	case matter.TypeKey:
		if l.value != NewKey {
			return nil, b.errorf(l, "want %s: a scenario holds no key; one is made when it is played", NewKey)
		}
	}
	return l.value, nil
}

// content reads the words of a note or an entry, which has a basis where it is
// an exercise.
func (p *parser) content(b block, languages []string, exercise bool) (*note.Content, error) {
	out := &note.Content{Authentic: sorted(b.list("authentic")), Texts: map[string]note.Wording{}, Version: note.Version}
	if out.Authentic == nil {
		out.Authentic = []string{languages[0]}
	}
	var quote *note.Quote
	for i := range b {
		l := &b[i]
		switch l.key {
		case "text":
			lang := languages[0]
			if len(l.args) > 1 {
				lang = l.args[1]
			}
			w := out.Texts[l.args[0]]
			if w == nil {
				w = note.Wording{}
				out.Texts[l.args[0]] = w
			}
			switch {
			case w[lang] != "":
				return nil, b.errorf(l, "given twice in %s", lang)
			case !slices.Contains(languages, lang):
				return nil, b.errorf(l, "%.20q is not a language of the channel: %s", lang, strings.Join(languages, ", "))
			case l.value == "":
				return nil, b.errorf(l, "empty")
			}
			w[lang] = l.value
		case "quote":
			out.Quotes = append(out.Quotes, note.Quote{Words: l.value})
			quote = &out.Quotes[len(out.Quotes)-1]
		case "speaker", "source":
			if quote == nil || (l.key == "speaker" && quote.Speaker != "") || (l.key == "source" && quote.Source != "") {
				return nil, b.errorf(l, "it belongs to a quote, and follows it")
			}
			if l.key == "speaker" {
				quote.Speaker = l.value
			} else {
				quote.Source = l.value
			}
		case "basis":
			mark, why, _ := strings.Cut(l.value, ", ")
			if out.Basis = (&note.Basis{Line: why, Mark: mark}); why == "" || (mark != "reported" && mark != "invented") {
				return nil, b.errorf(l, "%.60q: want reported and, after a comma, the line of the source; or invented, and why", l.value)
			}
		}
	}
	for _, q := range out.Quotes {
		if q.Words == "" || q.Speaker == "" || q.Source == "" {
			return nil, &Error{b[0].number, b.title(), "quote", fmt.Errorf("%.60q: want words, a speaker and a source", q.Words)}
		}
	}
	l, given := b.get("basis")
	switch {
	case exercise && !given:
		return nil, b.missing("basis")
	case !exercise && given:
		return nil, b.errorf(l, "this is not an exercise, and real notes have no basis")
	}
	for slot, w := range out.Texts {
		if !slices.ContainsFunc(out.Authentic, func(lang string) bool { return w[lang] != "" }) {
			return nil, &Error{b[0].number, b.title(), "text " + slot, fmt.Errorf("there is none in an authentic language, %s", strings.Join(out.Authentic, ", "))}
		}
	}
	return out, nil
}

// check holds a whole note against the table of its act, with placeholders
// for the names and digests that its labels will become.
func (p *parser) check(b block, st *Step) error {
	m, err := st.Move(p.placeholder)
	if err != nil {
		return err
	}
	content := *st.Content
	if m.Fields, content.Texts, err = unmade(st, m.Fields); err != nil {
		return b.fail(err)
	}
	if err := matter.Check(m); err != nil {
		return b.fail(err)
	}
	if err := matter.CheckContent(st.Act, &content); err != nil {
		return b.fail(err)
	}
	if err := matter.CheckWhole(st.Act, m.Fields, &content); err != nil {
		return b.fail(err)
	}
	// The envelopes have limits of their own, and know them best.
	m.Salt = zeroSalt
	if _, err := m.Encode(); err != nil {
		return b.fail(err)
	}
	return b.encodes(st.Content)
}

var zeroSalt = strings.Repeat("0", 2*note.SaltSize)

func (b block) encodes(c *note.Content) error {
	content := *c
	content.Salt = zeroSalt
	if _, err := content.Encode(); err != nil {
		return b.fail(err)
	}
	return nil
}

// placeholder returns what a label could become.
func (p *parser) placeholder(label string) (Placed, bool) {
	at, ok := p.labels[label]
	if !ok {
		return Placed{}, false
	}
	earlier := &p.Steps[at]
	return Placed{note.ID{Origin: note.Origin(earlier.Party, note.Sum([]byte(earlier.Channel)), 1), Index: uint64(at)}, note.Sum([]byte(label))}, true
}

// fail says which line of the block an error of a table is about.
func (b block) fail(err error) error {
	var field *matter.FieldError
	if errors.As(err, &field) {
		for i := range b {
			if l := &b[i]; (l.key == "field" || l.key == "text") && l.args[0] == field.Field {
				return b.errorf(l, "%s", field.Why)
			}
		}
	}
	return &Error{b[0].number, b.title(), "", err}
}

// unmade returns the fields and texts of a note as they can be checked before
// it is played: without what comes into being only then, a key, a commitment
// and what is sealed to offices.
func unmade(st *Step, fields map[string]any) (map[string]any, map[string]note.Wording, error) {
	_, act, _ := matter.Find(st.Act)
	fields = maps.Clone(fields)
	if act.Keeps != "" {
		if len(st.Content.Texts) == 0 {
			return nil, nil, errors.New("there is nothing to commit to: give the texts that a later note is to reveal")
		}
		if fields == nil {
			fields = map[string]any{}
		}
	}
	for _, s := range act.Fields {
		switch {
		case s.Type == matter.TypeKey:
			delete(fields, s.Name)
		case s.Type == matter.TypeHash && act.Keeps != "":
			if fields[s.Name] != nil {
				return nil, nil, &matter.FieldError{Act: st.Act, Field: s.Name, Why: "it is worked out from the texts: leave it out"}
			}
			fields[s.Name] = note.Sum([]byte(st.Label)).String()
		}
	}
	texts := maps.Clone(st.Content.Texts)
	for _, slot := range st.Sealed() {
		delete(texts, slot)
		if fields["offices"] == nil {
			return nil, nil, &matter.FieldError{Act: st.Act, Field: slot, Why: "it goes sealed to offices: name them with the field offices"}
		}
	}
	return fields, texts, nil
}
