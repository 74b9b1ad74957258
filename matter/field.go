package matter

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"detente/note"
	"detente/seal"
)

// A Type is a kind of value.
type Type string

const (
	TypeLine    Type = "line"    // one line of text
	TypeEnum    Type = "enum"    // one of a list of words
	TypeInstant Type = "instant" // RFC 9557: 2024-01-26T23:59:00+05:00[Asia/Karachi]
	TypeDate    Type = "date"    // 2024-01-16, or an instant
	TypeEnd     Type = "end"     // an instant, or "none" in so many words
	TypePlace   Type = "place"   // COUNTRY/ADMIN/NAME[/NAME IN ANOTHER FORM…]
	TypeCode    Type = "party"   // a party's code
	TypeRef     Type = "note"    // the name of a note
	TypeNumber  Type = "number"  // a whole number from 0
	TypeFlag    Type = "flag"    // true, or left out
	TypeHash    Type = "digest"  // 64 hexadecimal digits
	TypeList    Type = "list"    // objects, each with the fields of Of
	TypeNames   Type = "names"   // lines of text
	TypeRefs    Type = "notes"   // names of notes

	TypeDistrict Type = "district" // a place that is no finer, named in words
	TypeOffices  Type = "offices"  // PARTY/OFFICE
	TypeKey      Type = "key"      // a public seal key: an age recipient, age1pq1…
)

// Spec describes one field of a move, or of an item of a list.
type Spec struct {
	Name     string
	Doc      string
	Type     Type
	Required bool
	Limit    int      // characters of a line, items of a list, the greatest number; 0 means the type's default
	Words    []string // of a TypeEnum
	Of       []Spec   // of a TypeList
}

// Default limits.
const (
	lineLimit = 200
	listLimit = 64
)

// A Field reads one field of a move as a Go value.
type Field[T any] struct {
	Spec
	read func(any) (T, bool)
}

// Of returns the field's value, and whether the move has it.
func (f Field[T]) Of(m *note.Move) (T, bool) { return f.From(m.Fields) }

// Or returns the field's value, or what is given in its place.
func (f Field[T]) Or(m *note.Move, or T) T {
	if v, ok := f.From(m.Fields); ok {
		return v
	}
	return or
}

// From reads the field from an item of a list.
func (f Field[T]) From(fields map[string]any) (v T, ok bool) {
	raw, ok := fields[f.Name]
	if !ok {
		return v, false
	}
	return f.read(raw)
}

// Must returns a copy of the field that is required.
func (f Field[T]) Must() Field[T] { f.Required = true; return f }

func text(t Type, name, doc string) Field[string] {
	return Field[string]{Spec{Name: name, Doc: doc, Type: t}, func(v any) (string, bool) { s, ok := v.(string); return s, ok }}
}

func line(name, doc string) Field[string]    { return text(TypeLine, name, doc) }
func instant(name, doc string) Field[string] { return text(TypeInstant, name, doc) }
func date(name, doc string) Field[string]    { return text(TypeDate, name, doc) }
func end(name, doc string) Field[string]     { return text(TypeEnd, name, doc) }
func place(name, doc string) Field[string]   { return text(TypePlace, name, doc) }
func code(name, doc string) Field[string]    { return text(TypeCode, name, doc) }
func key(name, doc string) Field[string]     { return text(TypeKey, name, doc) }

func district(name, doc string) Field[string] { return text(TypeDistrict, name, doc) }

func enum(name, doc string, words ...string) Field[string] {
	f := text(TypeEnum, name, doc)
	f.Words = words
	return f
}

func number(name, doc string, limit int) Field[int] {
	return Field[int]{Spec{Name: name, Doc: doc, Type: TypeNumber, Limit: limit}, func(v any) (int, bool) { n, ok := v.(int64); return int(n), ok }}
}

func flag(name, doc string) Field[bool] {
	return Field[bool]{Spec{Name: name, Doc: doc, Type: TypeFlag}, func(v any) (bool, bool) { b, ok := v.(bool); return b, ok }}
}

func ref(name, doc string) Field[note.ID] {
	return Field[note.ID]{Spec{Name: name, Doc: doc, Type: TypeRef}, func(v any) (note.ID, bool) {
		s, _ := v.(string)
		id, err := note.ParseID(s)
		return id, err == nil
	}}
}

func digest(name, doc string) Field[note.Digest] {
	return Field[note.Digest]{Spec{Name: name, Doc: doc, Type: TypeHash}, func(v any) (note.Digest, bool) {
		s, _ := v.(string)
		d, err := note.ParseDigest(s)
		return d, err == nil
	}}
}

func names(name, doc string) Field[[]string]   { return lines(TypeNames, name, doc) }
func offices(name, doc string) Field[[]string] { return lines(TypeOffices, name, doc) }

func lines(t Type, name, doc string) Field[[]string] {
	return Field[[]string]{Spec{Name: name, Doc: doc, Type: t}, func(v any) ([]string, bool) {
		items, ok := v.([]any)
		out := make([]string, 0, len(items))
		for _, item := range items {
			s, _ := item.(string)
			out = append(out, s)
		}
		return out, ok
	}}
}

func list(name, doc string, limit int, of ...Spec) Field[[]map[string]any] {
	return Field[[]map[string]any]{Spec{Name: name, Doc: doc, Type: TypeList, Limit: limit, Of: of}, func(v any) ([]map[string]any, bool) {
		items, ok := v.([]any)
		out := make([]map[string]any, 0, len(items))
		for _, item := range items {
			m, _ := item.(map[string]any)
			out = append(out, m)
		}
		return out, ok
	}}
}

// A FieldError says which field of which act is wrong, and why.
type FieldError struct{ Act, Field, Why string }

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s: field %s: %s", e.Act, e.Field, e.Why)
}

// Check validates a move against its table: the act is known, every required
// field is there, no other is, and each is of its type and within its limit.
func Check(m *note.Move) error {
	_, act, ok := Find(m.Act)
	if k, _, house := FindHouse(m.Act); house {
		return inHouse(k, m.Act)
	} else if !ok {
		return fmt.Errorf("%q is not an act that this program knows", m.Act)
	}
	if m.Matter == nil && !act.Opens {
		return &FieldError{m.Act, "matter", "missing: this act is about a matter that is already open"}
	}
	if m.Matter != nil && len(act.From) == 0 {
		return &FieldError{m.Act, "matter", "given, but this act opens a matter of its own"}
	}
	return checkFields(m.Act, "", act.Fields, m.Fields)
}

// byName says of a type that is not written by hand how a person gives it.
var byName = map[Type]string{
	TypeRef:  "; give the name of its note, such as PAK#41",
	TypeHash: "; the name of the note that has it will do, such as PAK#12",
}

func checkFields(act, prefix string, specs []Spec, fields map[string]any) error {
	for name := range fields {
		if !slices.ContainsFunc(specs, func(s Spec) bool { return s.Name == name }) {
			return &FieldError{act, prefix + name, "this act has no such field"}
		}
	}
	for i := range specs {
		s := &specs[i]
		v, ok := fields[s.Name]
		if !ok {
			if s.Required {
				return &FieldError{act, prefix + s.Name, "missing: " + s.Doc + byName[s.Type]}
			}
			continue
		}
		if err := s.check(act, prefix, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spec) check(act, prefix string, v any) error {
	bad := func(format string, args ...any) error {
		return &FieldError{act, prefix + s.Name, fmt.Sprintf(format, args...)}
	}
	limit := s.Limit
	switch s.Type {
	case TypeNumber:
		n, ok := v.(int64)
		if !ok || n < 0 || (limit > 0 && n > int64(limit)) {
			return bad("%v is not a whole number from 0 to %d", v, limit)
		}
		return nil
	case TypeFlag:
		if b, ok := v.(bool); !ok || !b {
			return bad("want true, or leave it out")
		}
		return nil
	case TypeList, TypeNames, TypeRefs, TypeOffices:
		items, ok := v.([]any)
		if limit == 0 {
			limit = listLimit
		}
		if !ok || len(items) == 0 || len(items) > limit {
			return bad("want a list of 1 to %d", limit)
		}
		for i, item := range items {
			at := fmt.Sprintf("%s%s/%d", prefix, s.Name, i+1)
			if s.Type == TypeList {
				m, ok := item.(map[string]any)
				if !ok {
					return &FieldError{act, at, "want an object"}
				}
				if err := checkFields(act, at+"/", s.Of, m); err != nil {
					return err
				}
				continue
			}
			one := Spec{Name: at, Type: single(s.Type)}
			if err := one.check(act, "", item); err != nil {
				return err
			}
		}
		return nil
	}
	str, ok := v.(string)
	if !ok {
		return bad("want a text")
	}
	if why := s.checkText(str); why != "" {
		return bad("%s", why)
	}
	return nil
}

// office is the type of one of TypeOffices.
const office Type = "office"

// single is the type of one item of a list of texts.
func single(t Type) Type {
	switch t {
	case TypeRefs:
		return TypeRef
	case TypeOffices:
		return office
	}
	return TypeLine
}

// ParseOffice reads PARTY/OFFICE.
func ParseOffice(s string) (party, code string, err error) {
	party, code, ok := strings.Cut(s, "/")
	if err := note.CheckParty(party); !ok || err != nil {
		return "", "", fmt.Errorf("%.60q is not an office: want PARTY/OFFICE, such as PAK/consular", s)
	}
	return party, code, note.CheckOffice(code)
}

func (s *Spec) checkText(v string) string {
	var err error
	switch s.Type {
	case TypeEnum:
		if !slices.Contains(s.Words, v) {
			return fmt.Sprintf("%.40q is none of %s", v, strings.Join(s.Words, ", "))
		}
	case TypeInstant:
		_, err = ParseInstant(v)
	case TypeDate:
		_, err = ParseDate(v)
	case TypeEnd:
		if v != "none" {
			_, err = ParseInstant(v)
		}
	case TypeCode:
		err = note.CheckParty(v)
	case TypeRef:
		_, err = note.ParseID(v)
	case TypeHash:
		_, err = note.ParseDigest(v)
	case TypeKey:
		err = seal.ValidRecipient(v)
	case office:
		_, _, err = ParseOffice(v)
	case TypePlace:
		return checkPlace(v)
	case TypeDistrict:
		return checkDistrict(v)
	case TypeLine:
		limit := s.Limit
		if limit == 0 {
			limit = lineLimit
		}
		return checkLine(v, limit)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func checkLine(v string, limit int) string {
	if n := utf8.RuneCountInString(v); n == 0 || n > limit {
		return fmt.Sprintf("%d characters; want 1 to %d", n, limit)
	}
	if i := strings.IndexFunc(v, unicode.IsControl); i >= 0 {
		return fmt.Sprintf("a control character at byte %d: want one line of text", i)
	}
	return ""
}

// checkPlace wants country, admin area, and the name of the place in at least
// one form: where the sides' names differ, both stand.
func checkPlace(v string) string {
	f := strings.Split(v, "/")
	if len(f) < 2 || len(f) > 6 || len(f[0]) != 2 || strings.ToUpper(f[0]) != f[0] {
		return fmt.Sprintf("%.60q is not a place: want COUNTRY/AREA/NAME, the country by its two letters, and further names after more strokes", v)
	}
	for _, part := range f {
		if why := checkLine(part, lineLimit); why != "" {
			return why
		}
	}
	return ""
}

// checkDistrict wants a place that is named in words: with a figure in it, it
// may be a grid reference, a pair of coordinates, a code or an address.
func checkDistrict(v string) string {
	if why := checkPlace(v); why != "" {
		return why
	}
	if i := strings.IndexFunc(v, unicode.IsNumber); i >= 0 {
		return fmt.Sprintf("a figure at byte %d of %.60q: want a district in words, COUNTRY/AREA/DISTRICT, and no finer location", i, v)
	}
	return ""
}
