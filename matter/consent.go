package matter

import (
	"errors"
	"fmt"
	"time"

	"detente/note"
)

// ConsentAct is the act by which a party consents that others disclose a note
// of its own, in the clear, to someone outside.
const ConsentAct = "message/consent"

// Everyone stands in a consent for whoever may ask.
const Everyone = "anyone"

// Fields of consents.
var (
	csNote  = ref("note", "the author's own note, to whose disclosure it consents").Must()
	csTo    = line("to", "for whom: a name, by which whoever discloses it must name them; or "+Everyone).Must()
	csUntil = instant("until", "until when it may be disclosed")
)

var consentAct = Act{Name: "consent",
	Doc:   "Consents that those who hold a note of its author's own disclose it to someone outside, opened and with its proof. This note goes along, opened likewise. To take the consent back, withdraw it.",
	Opens: true, Who: Principals, Binds: true, Fields: []Spec{csNote.Spec, csTo.Spec, csUntil.Spec},
	Texts: []TextSpec{{Name: "body", Doc: "words beside the consent; they go along with it"}}}

// Consent is what a party says of letting a note of its own out.
type Consent struct {
	Note  note.ID `json:"note"`
	To    string  `json:"to"`
	Until string  `json:"until,omitempty"` // as written, with its zone; empty: no end
}

// ConsentOf returns the consent that a move gives. Whose note it names is for
// the reader to hold against the move's author.
func ConsentOf(m *note.Move) (c Consent, ok bool) {
	if m.Act != ConsentAct || Check(m) != nil {
		return c, false
	}
	c.Note, _ = csNote.Of(m)
	c.To, _ = csTo.Of(m)
	c.Until = csUntil.Or(m, "")
	return c, true
}

// For reports whether the consent is for that name. Names are held against each
// other as they are written: which of two spellings is the same person is
// nothing that a program can know.
func (c Consent) For(name string) bool { return c.To == Everyone || c.To == name }

// Over reports whether the consent has ended at t.
func (c Consent) Over(t time.Time) bool {
	end, err := ParseInstant(c.Until)
	return err == nil && t.After(end)
}

// CheckOutside says what is wrong with the name of someone outside.
func CheckOutside(name string) error {
	if why := checkLine(name, lineLimit); why != "" {
		return errors.New("the name of who is to have it: " + why)
	}
	return nil
}

// By says why a note may not give the consent: only a note's own author can,
// on the same channel, and only for what it had written before.
func (c Consent) By(id note.ID) error {
	_, there, _, err := note.ParseOrigin(c.Note.Origin)
	if err != nil {
		return err
	}
	_, here, _, err := note.ParseOrigin(id.Origin)
	switch {
	case err != nil:
		return err
	case c.Note.Party() != id.Party():
		return fmt.Errorf("only %s, whose note it is, consents to its disclosure", c.Note.Party())
	case here != there:
		return errors.New("it names a note of another channel")
	case c.Note.Origin == id.Origin && c.Note.Index >= id.Index:
		return errors.New("its author had not written the note that it names")
	}
	return nil
}

func consent(in *Input) (State, error) {
	c, _ := ConsentOf(in.Move)
	if err := c.By(in.ID); err != nil {
		return nil, err
	}
	if !in.Saw(c.Note) {
		return nil, errors.New("its author had not written the note that it names")
	}
	return &MessageState{Consent: &c, Opener: in.Party, Opening: in.ID, State: "consented"}, nil
}
