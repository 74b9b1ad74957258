package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"detente/matter"
)

// TestMayLeave walks the whole table: what may go, and what stays and why.
func TestMayLeave(t *testing.T) {
	under := func(way Way, tlp, expires string) Leaving {
		return Leaving{Way: way, Own: true, Opened: true, At: time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC),
			Handling: matter.Handling{Caveats: []string{"not in court"}, Expires: expires, TLP: tlp}}
	}
	const before, after = "2024-01-31T00:00:00Z[UTC]", "2024-02-02T00:00:00Z[UTC]"
	sealed := under(Prove, "red", before)
	sealed.Opened = false
	consent := under(Export, "amber+strict", "none")
	consent.Own, consent.Disclose = false, true
	theirs := under(Export, "clear", "none")
	theirs.Own = false
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
		{"a dossier under amber", under(Prove, "amber", after), ""},
		{"a dossier under amber+strict", under(Prove, "amber+strict", "none"), `under "TLP:AMBER+STRICT; not in court"`},
		{"a dossier under red, in an export", under(Export, "red", "none"), "nobody beyond its audience"},
		{"a dossier under red, on paper", under(Print, "red", "none"), "TLP:RED; not in court"},
		{"a dossier under red, its proof without words", sealed, ""},
		{"a dossier under amber+strict, with consent", consent, "AMBER+STRICT"},
		{"their dossier under clear", theirs, "the other side's"},
		{"a dossier past its end", under(Prove, "clear", before), "which is over"},
		{"a dossier past its end, to its addressee", under(Read, "red", before), ""},
		{"a dossier whose caveats cannot be read", Leaving{Way: Prove, Own: true, Opened: true, Unread: true}, "under which caveats"},
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
