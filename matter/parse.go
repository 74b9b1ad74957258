package matter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/note"
)

// Names resolves what people write in place of the long names that stand in a
// move. A nil function leaves only the long form.
type Names struct {
	Note func(short string) (note.ID, error)     // PAK#41
	Text func(short string) (note.Digest, error) // the digest of the text of that note, for fields that name a text
}

// ParseFields turns strings, as they come from a command line or a form, into
// the fields of an act, by its table. The error is a *FieldError.
//
// A field that is a list is given once for each item. An item of several
// fields is written "by=PAK due=2024-01-26T23:59[Asia/Karachi] end=none": a
// known name with "=" after it begins the next field, so that words need no
// quotes. Every list may also be given at once, as JSON.
func ParseFields(act string, values map[string][]string, names Names) (map[string]any, error) {
	fields, err := GatherFields(act, values)
	if err != nil {
		return nil, err
	}
	return ReadFields(act, fields, names)
}

// GatherFields is the first half of ParseFields: it joins what was given for
// each field into one value, for ReadFields to read.
func GatherFields(act string, values map[string][]string) (map[string]any, error) {
	found, ok := acts[act]
	a := found.act
	if !ok {
		return nil, unknownAct(act)
	}
	fields := map[string]any{}
	for name, given := range values {
		i := slices.IndexFunc(a.Fields, func(s Spec) bool { return s.Name == name })
		if i < 0 {
			return nil, &FieldError{act, name, "this act has no such field; it has " + fieldNames(a.Fields)}
		}
		v, err := gather(act, &a.Fields[i], given)
		if err != nil {
			return nil, err
		}
		fields[name] = v
	}
	return fields, nil
}

// ReadFields is ParseFields for values that came as JSON: a number may be a
// JSON number or a string, a note may have its short name.
func ReadFields(act string, fields map[string]any, names Names) (map[string]any, error) {
	found, ok := acts[act]
	a := found.act
	if !ok {
		return nil, unknownAct(act)
	}
	r := reader{act, names}
	out, err := r.object("", a.Fields, fields)
	if err != nil {
		return nil, err
	}
	if err := checkFields(act, "", a.Fields, out); err != nil {
		return nil, err
	}
	return out, nil
}

func unknownAct(act string) error {
	var all []string
	kind, _, _ := strings.Cut(act, "/")
	for _, k := range Kinds {
		for _, a := range k.Acts {
			if kind == k.Name || !slices.ContainsFunc(Kinds, func(k *Kind) bool { return k.Name == kind }) {
				all = append(all, k.Name+"/"+a.Name)
			}
		}
	}
	return &FieldError{act, "act", fmt.Sprintf("%.60q is not an act that this program knows; it knows %s", act, strings.Join(all, ", "))}
}

func fieldNames(specs []Spec) string {
	if len(specs) == 0 {
		return "none"
	}
	var out []string
	for _, s := range specs {
		out = append(out, s.Name)
	}
	return strings.Join(out, ", ")
}

// gather joins what was given for one field into one value.
func gather(act string, s *Spec, given []string) (any, error) {
	switch s.Type {
	case TypeList, TypeNames, TypeRefs, TypeOffices:
	default:
		if len(given) != 1 {
			return nil, &FieldError{act, s.Name, fmt.Sprintf("given %d times; want it once", len(given))}
		}
		return given[0], nil
	}
	list := []any{}
	for i, g := range given {
		at := fmt.Sprintf("%s/%d", s.Name, i+1)
		switch {
		case strings.HasPrefix(g, "["):
			var items []any
			if err := decodeJSON(g, &items); err != nil {
				return nil, &FieldError{act, at, "the list in JSON cannot be read: " + err.Error()}
			}
			list = append(list, items...)
		case s.Type != TypeList:
			for part := range strings.SplitSeq(g, ",") {
				list = append(list, strings.TrimSpace(part))
			}
		case strings.HasPrefix(g, "{"):
			var item map[string]any
			if err := decodeJSON(g, &item); err != nil {
				return nil, &FieldError{act, at, "the item in JSON cannot be read: " + err.Error()}
			}
			list = append(list, item)
		default:
			known := make([]string, len(s.Of))
			for j, of := range s.Of {
				known[j] = of.Name
			}
			pairs, err := Pairs(g, known)
			if err != nil {
				return nil, &FieldError{act, at, err.Error()}
			}
			item := map[string]any{}
			for name, v := range pairs {
				item[name] = v
			}
			list = append(list, item)
		}
	}
	return list, nil
}

func decodeJSON(s string, v any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more follows after the JSON")
	}
	return nil
}

// Pairs reads "by=PAK condition=when the other side has done so end=none".
// Only a known name begins a field.
func Pairs(s string, known []string) (map[string]string, error) {
	out := map[string]string{}
	name := ""
	for word := range strings.FieldsSeq(s) {
		if n, v, ok := strings.Cut(word, "="); ok && slices.Contains(known, n) {
			if _, twice := out[n]; twice {
				return nil, fmt.Errorf("%s stands twice in %.100q", n, s)
			}
			name = n
			out[name] = v
			continue
		}
		if name == "" {
			return nil, fmt.Errorf("%.60q is not NAME=VALUE with one of the names %s", word, strings.Join(known, ", "))
		}
		out[name] = strings.TrimPrefix(out[name]+" "+word, " ")
	}
	return out, nil
}

// ParseText reads one text as it is given on the command line: SLOT=WORDS,
// SLOT@LANGUAGE=WORDS; the slot is such as "account" or "point/1".
func ParseText(arg, language string) (slot, lang, words string, err error) {
	slot, words, ok := strings.Cut(arg, "=")
	if !ok || slot == "" {
		return "", "", "", fmt.Errorf("%.60q is not a text: want SLOT=WORDS or SLOT@LANGUAGE=WORDS", arg)
	}
	if s, l, ok := strings.Cut(slot, "@"); ok {
		slot, language = s, l
	}
	return slot, language, words, nil
}

// reader walks values by their specs.
type reader struct {
	act   string
	names Names
}

func (r reader) object(prefix string, specs []Spec, in map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for name, v := range in {
		i := slices.IndexFunc(specs, func(s Spec) bool { return s.Name == name })
		if i < 0 {
			return nil, &FieldError{r.act, prefix + name, "there is no such field; there are " + fieldNames(specs)}
		}
		value, err := r.value(prefix+name, &specs[i], v)
		if err != nil {
			return nil, err
		}
		if value != nil {
			out[name] = value
		}
	}
	return out, nil
}

// value returns nil for a flag that is not set.
func (r reader) value(at string, s *Spec, v any) (any, error) {
	bad := func(format string, args ...any) (any, error) {
		return nil, &FieldError{r.act, at, fmt.Sprintf(format, args...)}
	}
	switch s.Type {
	case TypeList, TypeNames, TypeRefs, TypeOffices:
		if str, ok := v.(string); ok && s.Type != TypeList { // in an item of pairs
			v = []any{}
			for part := range strings.SplitSeq(str, ",") {
				v = append(v.([]any), part)
			}
		}
		items, ok := v.([]any)
		if !ok {
			return bad("want a list")
		}
		out := make([]any, len(items))
		for i, item := range items {
			one := fmt.Sprintf("%s/%d", at, i+1)
			var err error
			switch m, isObject := item.(map[string]any); {
			case s.Type == TypeList && !isObject:
				return nil, &FieldError{r.act, one, "want an object"}
			case s.Type == TypeList:
				out[i], err = r.object(one+"/", s.Of, m)
			case s.Type == TypeRefs:
				out[i], err = r.value(one, &Spec{Name: s.Name, Type: TypeRef}, item)
			default:
				out[i] = item
			}
			if err != nil {
				return nil, err
			}
		}
		return out, nil
	case TypeFlag:
		switch v {
		case true, "true", "yes":
			return true, nil
		case false, "false", "no":
			return nil, nil
		}
		return bad("want true, or leave it out")
	case TypeNumber:
		n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
		if err != nil {
			return bad("%.40q is not a whole number", fmt.Sprint(v))
		}
		return n, nil
	}
	str, ok := v.(string)
	if !ok {
		return bad("want a text")
	}
	long, err := r.text(s.Type, str)
	if err != nil {
		return bad("%s", err)
	}
	return long, nil
}

// text writes in full what may be given in short.
func (r reader) text(t Type, s string) (string, error) {
	switch t {
	case TypeRef:
		if _, err := note.ParseID(s); err == nil || r.names.Note == nil {
			return s, err
		}
		id, err := r.names.Note(s)
		return id.String(), err
	case TypeHash:
		if r.names.Text == nil || !strings.Contains(s, "#") {
			return s, nil
		}
		d, err := r.names.Text(s)
		return d.String(), err
	case TypeInstant, TypeDate, TypeEnd:
		return fullInstant(s)
	}
	return s, nil
}

// fullInstant adds the seconds and the offset that were left out of an
// instant with its zone: 2024-01-26T23:59[Asia/Karachi].
func fullInstant(s string) (string, error) {
	stamp, zone, ok := strings.Cut(s, "[")
	if !ok {
		return s, nil
	}
	zone = strings.TrimSuffix(zone, "]")
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if _, err := time.Parse(layout, stamp); err != nil {
			continue
		}
		loc, err := loadZone(zone)
		if err != nil {
			return "", err
		}
		t, err := time.ParseInLocation(layout, stamp, loc)
		if err != nil {
			return "", err
		}
		wall := t.Format(layout)
		for _, other := range []time.Duration{-time.Hour, time.Hour} {
			if t.Add(other).Format(layout) == wall {
				return "", fmt.Errorf("%s comes twice in %s, where the clocks are put back: give the offset", stamp, zone)
			}
		}
		if wall != stamp {
			return "", fmt.Errorf("there is no %s in %s, where the clocks are put forward", stamp, zone)
		}
		return FormatInstant(t, zone)
	}
	return s, CheckZone(s)
}
