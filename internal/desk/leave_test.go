package desk

import (
	"errors"
	"strings"
	"testing"
)

// TestMayLeave walks the whole table: what may go, and what stays and why.
func TestMayLeave(t *testing.T) {
	for _, c := range []struct {
		name string
		l    Leaving
		says string // empty: it may leave
	}{
		{"a note, real", Leaving{Way: Line}, ""},
		{"a note of an exercise, marked", Leaving{Way: Line, Exercise: true, Banner: true}, ""},
		{"a note of an exercise, unmarked", Leaving{Way: Line, Exercise: true}, "does not say so"},
		{"paper of an exercise, unmarked", Leaving{Way: Print, Own: true, Opened: true, Exercise: true}, "does not say so"},
		{"a pouch", Leaving{Way: Pouch, Exercise: true}, ""},
		{"logs", Leaving{Way: Logs}, ""},
		{"logs with words in the clear", Leaving{Way: Logs, Own: true, Opened: true}, "only what is sealed"},
		{"a proof without words", Leaving{Way: Prove, Erased: true}, ""},
		{"own words", Leaving{Way: Prove, Own: true, Opened: true}, ""},
		{"own words, erased", Leaving{Way: Prove, Own: true, Opened: true, Erased: true}, "erased"},
		{"their words", Leaving{Way: Export, Opened: true}, "the other side's"},
		{"their words, with consent", Leaving{Way: Export, Opened: true, Disclose: true}, ""},
		{"their words, erased, with consent", Leaving{Way: Export, Opened: true, Disclose: true, Erased: true}, "erased"},
		{"no such way", Leaving{Way: "pigeon"}, "no such way"},
	} {
		err := MayLeave(c.l)
		var stay *StayError
		if c.says == "" && err != nil || c.says != "" && (!errors.As(err, &stay) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.says)
		}
	}
}

func TestReadDraft(t *testing.T) {
	d, err := ReadDraft([]byte(`{"act":"message/send","fields":{"n":1}}`))
	if err != nil || d.Act != "message/send" {
		t.Errorf("got %+v, %v", d, err)
	}
	for _, s := range []string{``, `{"act":"a","act_":"b"}`, `{} {}`, `[]`, `{"texts":{"a":"b"}}`} {
		if _, err := ReadDraft([]byte(s)); err == nil {
			t.Errorf("%s was taken", s)
		}
	}
}
