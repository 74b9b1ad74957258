package matter

import (
	"strings"
	"testing"

	"detente/note"
)

func TestCheckWhole(t *testing.T) {
	items := func(n int) []any { return make([]any, n) }
	for _, c := range []struct {
		act   string
		list  string
		n     int
		texts []string
		says  string // empty: nothing is wrong
	}{
		{"talk/readout", "points", 2, []string{"point/1", "point/2", "preamble"}, ""},
		{"talk/readout", "points", 2, []string{"point/1"}, "field point/2: missing"},
		{"talk/readout", "points", 2, []string{"point/1", "point/3"}, "field point/2: missing"},
		{"talk/readout", "points", 1, []string{"point/1", "point/2"}, "field point/2: there is no such item"},
		{"talk/readout", "points", 1, []string{"point/1", "point/01"}, "field point/01: there is no such item"},
		{"talk/readout", "points", 1, nil, "field point/1: missing"},
		{"undertaking/offer", "parts", 2, []string{"terms"}, ""},
		{"undertaking/offer", "parts", 2, []string{"terms", "part/2"}, ""},
		{"undertaking/offer", "parts", 2, []string{"terms", "part/3"}, "field part/3: there is no such item"},
		{"statement/propose", "clauses", 1, []string{"clause/1", "title"}, ""},
		{"statement/propose", "clauses", 2, []string{"clause/1", "clause/2@en"}, "field clause/2: missing in fa"},
		{"undertaking/no-such", "parts", 1, nil, "not an act"},
	} {
		var content *note.Content
		if c.texts != nil {
			content = &note.Content{Authentic: []string{"en", "fa"}, Texts: map[string]note.Wording{}}
			for _, slot := range c.texts {
				slot, only, one := strings.Cut(slot, "@")
				content.Texts[slot] = note.Wording{"en": "words", "fa": "words"}
				if one {
					content.Texts[slot] = note.Wording{only: "words"}
				}
			}
		}
		err := CheckWhole(c.act, map[string]any{c.list: items(c.n)}, content)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s with %d %s and %q: %v; want %q", c.act, c.n, c.list, c.texts, err, c.says)
		}
	}
}
