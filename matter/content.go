package matter

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"detente/note"
	"detente/seal"
)

// CheckContent validates the texts of a content against the act's table.
func CheckContent(act string, c *note.Content) error {
	found, ok := acts[act]
	a := found.act
	if !ok {
		return fmt.Errorf("%q is not an act that this program knows", act)
	}
	if c != nil {
		for slot, wording := range c.Texts {
			spec := a.text(slot)
			if spec == nil {
				return &FieldError{act, slot, "this act has no such text; it has " + textNames(a.Texts)}
			}
			limit := spec.Limit
			if limit == 0 {
				limit = DefaultTextLimit
			}
			for lang, s := range wording {
				if spec.Sealed != "" {
					// The words themselves must never come so far: a node keeps what it is given.
					if !seal.IsText(s) {
						return &FieldError{act, slot, "it is not sealed: this text goes only as an armored age file to the offices that the field " + spec.Sealed + " names; see: detente help offices"}
					}
					continue
				}
				if n := utf8.RuneCountInString(s); n == 0 || n > limit {
					return &FieldError{act, slot, fmt.Sprintf("the text in %s has %d characters; want 1 to %d", lang, n, limit)}
				}
			}
		}
	}
	for _, spec := range a.Texts {
		slot := spec.Name
		if spec.Numbered {
			slot += "/1"
		}
		if spec.Required && (c == nil || len(c.Texts[slot]) == 0) {
			return &FieldError{act, slot, "missing: " + spec.Doc}
		}
	}
	return nil
}

// text returns the spec of a slot, or nil.
func textNames(specs []TextSpec) string {
	if len(specs) == 0 {
		return "none"
	}
	var out []string
	for _, s := range specs {
		if s.Numbered {
			s.Name += "/1, " + s.Name + "/2 …"
		}
		out = append(out, s.Name)
	}
	return strings.Join(out, ", ")
}

func (a *Act) text(slot string) *TextSpec {
	name, number, numbered := strings.Cut(slot, "/")
	for i := range a.Texts {
		if a.Texts[i].Name == name && a.Texts[i].Numbered == (numbered && number != "") {
			return &a.Texts[i]
		}
	}
	return nil
}

// SealedFor returns the offices to which a text of a note is sealed, as its
// author says; nil: to none, and all who hold the note can read it.
func SealedFor(act, slot string, fields map[string]any) []string {
	_, a, ok := Find(act)
	if !ok {
		return nil
	}
	t := a.text(slot)
	if t == nil || t.Sealed == "" {
		return nil
	}
	to, _ := offices(t.Sealed, "").From(fields)
	return append([]string{}, to...)
}

// CheckWhole holds texts such as point/1 against the list of the same name,
// points: a text for every item where the table requires the text, and none
// without an item. A text that is whole stands in every language that the note
// calls authentic. It is for authors: a note that was sent without is read all
// the same.
func CheckWhole(act string, fields map[string]any, c *note.Content) error {
	found, ok := acts[act]
	a := found.act
	if !ok {
		return fmt.Errorf("%q is not an act that this program knows", act)
	}
	if c != nil {
		for _, slot := range slices.Sorted(maps.Keys(c.Texts)) {
			spec := a.text(slot)
			for _, lang := range c.Authentic {
				if spec != nil && spec.Whole && c.Texts[slot][lang] == "" {
					return &FieldError{act, slot, fmt.Sprintf("missing in %s, which the note calls authentic: give the words, or name the authentic languages", lang)}
				}
			}
		}
	}
	for _, spec := range a.Texts {
		if !spec.Numbered {
			continue
		}
		list, _ := fields[spec.Name+"s"].([]any)
		slots := map[string]bool{}
		for i := range list {
			slot := fmt.Sprintf("%s/%d", spec.Name, i+1)
			if slots[slot] = true; spec.Required && (c == nil || len(c.Texts[slot]) == 0) {
				return &FieldError{act, slot, fmt.Sprintf("missing: %ss has %d items, and each has its text", spec.Name, len(list))}
			}
		}
		if c == nil {
			continue
		}
		for _, slot := range slices.Sorted(maps.Keys(c.Texts)) {
			if strings.HasPrefix(slot, spec.Name+"/") && !slots[slot] {
				return &FieldError{act, slot, fmt.Sprintf("there is no such item: %ss has %d", spec.Name, len(list))}
			}
		}
	}
	return nil
}
