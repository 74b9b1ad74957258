package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
)

// TestMayLeave walks the whole table: what may go, and what stays and why.
func TestMayLeave(t *testing.T) {
	const before, after = "2024-01-31T00:00:00Z[UTC]", "2024-02-02T00:00:00Z[UTC]"
	under := func(way Way, tlp, expires string) Leaving {
		return Leaving{Way: way, Own: true, Opened: true, At: time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC),
			Handling: matter.Handling{Caveats: []string{"not in court"}, Expires: expires, TLP: tlp}}
	}
	sealed := under(Prove, "red", before)
	sealed.Opened = false
	of := func(index uint64) note.ID { return note.ID{Origin: note.Origin("IRN", note.Sum(nil), 1), Index: index} }
	// theirs by way of a disclosure to a reporter, as the consents let it
	consented := func(change func(*Leaving, *Consent)) Leaving {
		c := Consent{Consent: matter.Consent{Note: of(3), To: "A Reporter", Until: after}, ID: of(5)}
		l := Leaving{Way: Disclose, Note: of(3), Opened: true, To: "A Reporter", At: time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)}
		if change != nil {
			change(&l, &c)
		}
		l.Consents = append(l.Consents, c)
		return l
	}
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
		{"their words, disclosed without consent", Leaving{Way: Disclose, Opened: true, To: "A Reporter"}, "no note that is held here consents"},
		{"their words, with consent", consented(nil), ""},
		{"their words, with consent to anyone", consented(func(_ *Leaving, c *Consent) { c.To = matter.Everyone }), ""},
		{"their words, with consent, erased", consented(func(l *Leaving, _ *Consent) { l.Erased = true }), "erased"},
		{"their words, with consent for another", consented(func(l *Leaving, _ *Consent) { l.To = "a reporter" }), `IRN#5 consents for "A Reporter"`},
		{"their words, with consent for one, to anyone", consented(func(l *Leaving, _ *Consent) { l.To = matter.Everyone }), `IRN#5 consents for "A Reporter"`},
		{"their words, with consent to another note", consented(func(_ *Leaving, c *Consent) { c.Note = of(4) }), "consents to the disclosure of IRN#4"},
		{"their words, with consent that is over", consented(func(_ *Leaving, c *Consent) { c.Until = before }), "which is over"},
		{"their words, with consent that does not stand", consented(func(_ *Leaving, c *Consent) { c.Why = "its author has withdrawn it" }), "withdrawn"},
		{"their words, with a consent that stands among others", consented(func(l *Leaving, c *Consent) {
			gone := *c
			gone.Why = "its author has withdrawn it"
			l.Consents = []Consent{gone}
		}), ""},
		{"their words, with consent, by a way that takes none along", consented(func(l *Leaving, _ *Consent) { l.Way = Prove }), "the other side's"},
		{"their words, with consent, of an exercise, unmarked", consented(func(l *Leaving, _ *Consent) { l.Exercise = true }), "does not say so"},
		{"own words, disclosed", Leaving{Way: Disclose, Own: true, Opened: true, To: "A Reporter"}, ""},
		{"own words, erased, disclosed", Leaving{Way: Disclose, Own: true, Opened: true, Erased: true, To: "A Reporter"}, "erased"},
		{"a dossier under amber", under(Prove, "amber", after), ""},
		{"a dossier under amber+strict", under(Prove, "amber+strict", "none"), `under "TLP:AMBER+STRICT; not in court"`},
		{"a dossier under red, in an export", under(Export, "red", "none"), "nobody beyond its audience"},
		{"a dossier under red, on paper", under(Print, "red", "none"), "TLP:RED; not in court"},
		{"a dossier under red, its proof without words", sealed, ""},
		{"a dossier under amber+strict, with consent", consented(func(l *Leaving, _ *Consent) { l.Handling = under(Disclose, "amber+strict", "none").Handling }), "AMBER+STRICT"},
		{"a dossier past its end, with consent", consented(func(l *Leaving, _ *Consent) { l.Handling = under(Disclose, "clear", before).Handling }), "which is over"},
		{"their move that cannot be read, with consent", consented(func(l *Leaving, _ *Consent) { l.Unread = true }), "under which caveats"},
		{"their dossier under clear", theirs, "the other side's"},
		{"a dossier past its end", under(Prove, "clear", before), "which is over"},
		{"a dossier past its end, to its addressee", under(Read, "red", before), ""},
		{"a dossier whose caveats cannot be read", Leaving{Way: Prove, Own: true, Opened: true, Unread: true}, "under which caveats"},
		{"a joint statement", Leaving{Way: Public, Opened: true, Joint: true}, ""},
		{"a statement that is not signed by all", Leaving{Way: Public, Opened: true, Own: true}, "nobody's joint word"},
		{"a statement before its moment", Leaving{Way: Public, Opened: true, Joint: true, Early: true}, "still to come"},
		{"a statement whose text was erased", Leaving{Way: Public, Opened: true, Joint: true, Erased: true}, "erased"},
		{"a statement of an exercise, unmarked", Leaving{Way: Public, Opened: true, Joint: true, Exercise: true}, "does not say so"},
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
