package site

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/internal/desk"
	"detente/matter"
	"detente/note"
)

// Form is a draft as a page shows it for writing: every field and text of the
// act, from the matter's own table.
type Form struct {
	Act       *matter.Act
	Audience  []Choice
	Authentic []Choice // languages
	Draft     desk.Draft
	Fields    []Input
	Kind      *matter.Kind
	Offices   []Choice
	Texts     []TextInput
	Wrong     string // which field is wrong; empty: none
	Why       string
	Version   uint64 // of the draft that is shown; 0: not kept yet
}

// Choice is one word of a list to choose from.
type Choice struct {
	Value  string
	Chosen bool
}

// Input is one field. Its name in the form is "f." and that of the field; in a
// list "f.LIST.ROW.NAME".
type Input struct {
	matter.Spec
	ID    string
	Value string   // of one value; lines are parted by ends of lines
	On    bool     // of a flag
	Zone  string   // of an instant
	Zones []string // to choose from
	Rows  [][]Input
	Wrong string // why it is wrong
}

// TextInput is one text in one language: "t.SLOT.LANGUAGE".
type TextInput struct {
	matter.TextSpec
	ID, Lang, Dir, Slot, Value string
	Limit                      int
	Wrong                      string
}

// spare is how many empty rows a list offers beyond those that are filled.
const spare = 2

// maxRows bounds the rows of a list that a form may bring.
const maxRows = 64

// fill shows a draft in its form. zones are those of the channel's principals,
// the own first; languages those of its charter.
func fill(kind *matter.Kind, act *matter.Act, d desk.Draft, zones, languages []string, wrong, why string) *Form {
	f := &Form{Act: act, Draft: d, Kind: kind, Wrong: wrong, Why: why}
	f.Fields = inputs("f", act.Fields, d.Fields, zones, wrong, why)
	for _, t := range act.Texts {
		slots := []string{t.Name}
		if t.Numbered {
			slots = numbered(t.Name, d.Texts)
		}
		for _, slot := range slots {
			for _, lang := range languages {
				in := TextInput{TextSpec: t, Slot: slot, Lang: lang, Dir: direction(lang, ""), ID: "t." + slot + "." + lang, Value: d.Texts[slot][lang], Limit: t.Limit}
				if in.Limit == 0 {
					in.Limit = matter.DefaultTextLimit
				}
				if wrong == slot || wrong == t.Name || wrong == slot+"/"+lang {
					in.Wrong = why
				}
				f.Texts = append(f.Texts, in)
			}
		}
	}
	for _, lang := range languages {
		f.Authentic = append(f.Authentic, Choice{lang, slices.Contains(d.Authentic, lang)})
	}
	return f
}

// numbered returns the slots of a numbered text: those that are written, and
// two more.
func numbered(name string, texts map[string]note.Wording) (out []string) {
	n := 0
	for slot := range texts {
		if rest, ok := strings.CutPrefix(slot, name+"/"); ok {
			if i, err := strconv.Atoi(rest); err == nil && i <= maxRows {
				n = max(n, i)
			}
		}
	}
	for i := 1; i <= min(n+spare, maxRows); i++ {
		out = append(out, fmt.Sprintf("%s/%d", name, i))
	}
	return out
}

func inputs(prefix string, specs []matter.Spec, values map[string]any, zones []string, wrong, why string) (out []Input) {
	for _, s := range specs {
		in := Input{Spec: s, ID: prefix + "." + s.Name, Zones: zones}
		v := values[s.Name]
		switch s.Type {
		case matter.TypeFlag:
			in.On = v == true || v == "true"
		case matter.TypeNames, matter.TypeRefs, matter.TypeOffices:
			if list, ok := v.([]any); ok {
				var lines []string
				for _, item := range list {
					lines = append(lines, fmt.Sprint(item))
				}
				in.Value = strings.Join(lines, "\n")
			}
		case matter.TypeList:
			list, _ := v.([]any)
			for i := range min(len(list)+spare, maxRows) {
				var row map[string]any
				if i < len(list) {
					row, _ = list[i].(map[string]any)
				}
				in.Rows = append(in.Rows, inputs(fmt.Sprintf("%s.%d", in.ID, i), s.Of, row, zones, "", ""))
			}
		case matter.TypeInstant, matter.TypeEnd, matter.TypeDate:
			in.Value, in.Zone = apart(v)
		default:
			if v != nil {
				in.Value = fmt.Sprint(v)
			}
		}
		if wrong == s.Name || strings.HasPrefix(wrong, s.Name+".") || strings.HasPrefix(wrong, s.Name+"[") {
			in.Wrong = why
		}
		out = append(out, in)
	}
	return out
}

// apart takes an instant apart into what an input of the browser shows, and its
// zone: 2024-01-26T23:59:00+05:00[Asia/Karachi].
func apart(v any) (local, zone string) {
	s, _ := v.(string)
	head, rest, found := strings.Cut(s, "[")
	if !found || len(head) < len("2006-01-02T15:04") {
		return s, ""
	}
	return head[:len("2006-01-02T15:04")], strings.TrimSuffix(rest, "]")
}

// together puts an instant together again. What is not of the browser's form
// stays as it was written, and is refused by name when it is checked.
func together(local, zone string) string {
	l, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		return local
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", local, l)
	if err != nil {
		return local
	}
	return t.Format("2006-01-02T15:04:05-07:00") + "[" + zone + "]"
}

// read makes a draft of what a form brought. Nothing is checked here: a draft
// may be half written.
func readForm(act *matter.Act, form url.Values) (fields map[string]any, texts map[string]note.Wording) {
	texts = map[string]note.Wording{}
	for key, given := range form {
		rest, ok := strings.CutPrefix(key, "t.")
		if !ok || len(given) == 0 || strings.TrimSpace(given[0]) == "" {
			continue
		}
		if i := strings.LastIndexByte(rest, '.'); i > 0 {
			slot, lang := rest[:i], rest[i+1:]
			if texts[slot] == nil {
				texts[slot] = note.Wording{}
			}
			texts[slot][lang] = strings.ReplaceAll(given[0], "\r\n", "\n")
		}
	}
	return readInputs("f", act.Fields, form), texts
}

func readInputs(prefix string, specs []matter.Spec, form url.Values) map[string]any {
	fields := map[string]any{}
	for _, s := range specs {
		id := prefix + "." + s.Name
		value := strings.TrimSpace(form.Get(id))
		switch s.Type {
		case matter.TypeFlag:
			if value != "" {
				fields[s.Name] = true
			}
		case matter.TypeNames, matter.TypeRefs, matter.TypeOffices:
			var list []any
			for line := range strings.Lines(value) {
				if line = strings.TrimSpace(line); line != "" {
					list = append(list, line)
				}
			}
			if list != nil {
				fields[s.Name] = list
			}
		case matter.TypeList:
			var list []any
			for i := range maxRows {
				if row := readInputs(fmt.Sprintf("%s.%d", id, i), s.Of, form); len(row) > 0 {
					list = append(list, row)
				}
			}
			if list != nil {
				fields[s.Name] = list
			}
		case matter.TypeInstant, matter.TypeEnd, matter.TypeDate:
			if form.Get(id+".none") != "" {
				fields[s.Name] = "none"
			} else if value != "" {
				fields[s.Name] = together(value, form.Get(id+".zone"))
			}
		default:
			if value != "" {
				fields[s.Name] = value
			}
		}
	}
	return fields
}
