package matter

import (
	"strings"
	"testing"

	"detente/note"
)

// TestConsent walks what a consent can name, by whom and when.
func TestConsent(t *testing.T) {
	at := func(party string, channel string, epoch int, index uint64) note.ID {
		return note.ID{Origin: note.Origin(party, note.Sum([]byte(channel)), epoch), Index: index}
	}
	for name, c := range map[string]struct {
		of   note.ID
		held bool
		says string
	}{
		"its own":                          {at("IRN", "h", 2, 3), true, ""},
		"its own, of the epoch before":     {at("IRN", "h", 1, 30), true, ""},
		"of an epoch that it has not held": {at("IRN", "h", 1, 30), false, "had not written"},
		"itself":                           {at("IRN", "h", 2, 5), true, "had not written"},
		"what is not written yet":          {at("IRN", "h", 2, 6), true, "had not written"},
		"another's":                        {at("PAK", "h", 2, 3), true, "only PAK, whose note it is"},
		"its own, of another channel":      {at("IRN", "other", 2, 3), true, "another channel"},
		"another's, of another channel":    {at("PAK", "other", 2, 3), true, "only PAK, whose note it is"},
	} {
		m := &note.Move{Act: ConsentAct, Fields: map[string]any{"note": c.of.String(), "to": "A Court"}, Office: "mfa", Version: 1}
		s, err := Message.Apply(nil, &Input{ID: at("IRN", "h", 2, 5), Party: "IRN", Move: m, Act: &consentAct, Saw: func(note.ID) bool { return c.held }})
		if c.says == "" {
			if err != nil || s.Status() != "consented" || s.(*MessageState).Consent.Note != c.of || len(s.Clocks()) != 0 {
				t.Errorf("%s: %+v, %v", name, s, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
	for _, m := range []*note.Move{
		{Act: "message/send", Fields: map[string]any{"form": "letter"}},
		{Act: ConsentAct, Fields: map[string]any{"note": "IRN#3", "to": "A Court"}},
		{Act: ConsentAct, Fields: map[string]any{"note": at("IRN", "h", 1, 3).String()}},
		{Act: ConsentAct, Fields: map[string]any{"note": at("IRN", "h", 1, 3).String(), "to": "A\nCourt"}},
		{Act: ConsentAct, Fields: map[string]any{"note": at("IRN", "h", 1, 3).String(), "to": "A Court", "until": "tomorrow"}},
	} {
		if c, ok := ConsentOf(m); ok {
			t.Errorf("%v consents: %+v", m, c)
		}
	}
	for _, name := range []string{"", "A\nCourt", strings.Repeat("a", 201)} {
		if CheckOutside(name) == nil {
			t.Errorf("%q was taken for a name", name)
		}
	}
}
