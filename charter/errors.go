package charter

import (
	"fmt"
	"strings"

	"detente/note"
)

// Early says that a text, or the answer to a question, rests on another text
// that has not been added yet. Nothing is wrong: add that text, then try again.
type Early struct {
	What  string // what was added or asked for
	Needs string // what is missing
}

func (e *Early) Error() string {
	return fmt.Sprintf("%s: this needs %s, which is not here yet; ask any party of the channel for it, then try again", e.What, e.Needs)
}

// Unsigned says that an amendment is not in force, and who has yet to sign.
type Unsigned struct {
	Amendment note.Digest
	Missing   []string
}

func (e *Unsigned) Error() string {
	return fmt.Sprintf("amendment %s is not signed by %s; it is not in force and the charter stands as it was", e.Amendment, strings.Join(e.Missing, ", "))
}

// Conflict is a proof of misconduct: two texts, both properly signed, of which
// only one can stand. A is the one that was added first and is kept.
type Conflict struct {
	Parties []string // who signed both
	What    string   // what they contradict each other about
	A, B    []byte   // the signed texts
}

func (e *Conflict) Error() string {
	return fmt.Sprintf("%s signed two different texts: %s; the first one is kept, the second refused: keep both, together they prove it to anyone, and ask %s which one holds",
		strings.Join(e.Parties, ", "), e.What, strings.Join(e.Parties, ", "))
}
