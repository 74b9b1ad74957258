package desk

import (
	"fmt"
	"strings"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// Consent is a note that names another as one that may be disclosed, as it
// stands in the register.
type Consent struct {
	matter.Consent
	ID  note.ID
	Why string // why it lets nothing out; empty: it stands
}

// consents returns every note that would consent to the disclosure of id, in
// the order of the fold. One stands that was applied, is settled and is not
// withdrawn. A withdrawal counts at once: whoever has it need not wait until it
// is settled to know that it is no longer wanted.
func consents(r *register.Register, id note.ID) (out []Consent) {
	for _, e := range r.Entries() {
		if e.Move == nil {
			continue
		}
		c, ok := matter.ConsentOf(e.Move)
		if !ok || c.Note != id {
			continue
		}
		given := Consent{Consent: c, ID: e.ID}
		if e.Result != register.Applied {
			given.Why = string(e.Result) + ": " + e.Reason
		} else if m := r.Matter(e.ID); m.State.Status() == "withdrawn" {
			given.Why = "its author has withdrawn it"
		} else if m.Settled == nil {
			given.Why = "it is provisional: not everyone it is addressed to has said that they hold it"
		}
		out = append(out, given)
	}
	return out
}

// Consented returns the consent by which the words of another may go to
// l.To, or says why there is none.
func (l Leaving) Consented() (note.ID, error) {
	var why []string
	for _, c := range l.Consents {
		switch {
		case c.Why != "":
			why = append(why, c.ID.Short()+" is no consent: "+c.Why)
		case c.Note != l.Note:
			why = append(why, c.ID.Short()+" consents to the disclosure of "+c.Note.Short())
		case !c.For(l.To):
			why = append(why, fmt.Sprintf("%s consents for %q", c.ID.Short(), c.To))
		case c.Over(l.At):
			why = append(why, fmt.Sprintf("%s consented until %s, which is over", c.ID.Short(), c.Until))
		default:
			return c.ID, nil
		}
	}
	party := l.Note.Party()
	if len(why) == 0 {
		return note.ID{}, fmt.Errorf("the words of %s are %s's, and no note that is held here consents to their disclosure: ask for one (%s); its proof can still be given, without the words", l.Note.Short(), party, matter.ConsentAct)
	}
	return note.ID{}, fmt.Errorf("the words of %s are %s's, and nothing that is held here consents to their disclosure to %q (%s); its proof can still be given, without the words", l.Note.Short(), party, l.To, strings.Join(why, "; "))
}
