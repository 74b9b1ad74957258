package desk

import (
	"fmt"

	"detente/note"
)

// A Way is one of the ways by which something leaves the node.
type Way string

const (
	Line   Way = "line"   // a note, sealed, to its audience
	Pouch  Way = "pouch"  // a pouch file: what the line would carry
	Logs   Way = "logs"   // log export: leaves, hashes, checkpoints; nothing that is sealed, nothing opened
	Prove  Way = "prove"  // the proof of one note, with its content in the clear if that is asked for
	Export Way = "export" // documents and data in the clear
	Print  Way = "print"  // paper
)

// ways is the table of what each way carries.
var ways = map[Way]struct {
	opened bool // it can carry words in the clear
	banner bool // it shows its contents to people, and must say so where they are of an exercise
}{
	Line:   {opened: false, banner: true},
	Pouch:  {opened: false, banner: false}, // every header in it carries the mark
	Logs:   {opened: false, banner: false}, // likewise
	Prove:  {opened: true, banner: false},  // likewise
	Export: {opened: true, banner: true},
	Print:  {opened: true, banner: true},
}

// Leaving is what is about to leave.
type Leaving struct {
	Way      Way
	Note     note.ID // zero: nothing in particular
	Own      bool    // the words are this party's own
	Opened   bool    // words go in the clear
	Erased   bool    // the content was erased
	Disclose bool    // the officer said, in so many words, that the other side's words may go
	Exercise bool
	Banner   bool // the mark of an exercise stands on it
}

// A StayError says that something may not leave, and did not.
type StayError struct{ Way, Why string }

func (e *StayError) Error() string {
	return fmt.Sprintf("by %s: %s; nothing has left the node", e.Way, e.Why)
}

// MayLeave is the one gate for everything that goes out. It returns nil, or a
// *StayError.
func MayLeave(l Leaving) error {
	stay := func(why string) error { return &StayError{string(l.Way), why} }
	way, ok := ways[l.Way]
	switch {
	case !ok:
		return stay("there is no such way out")
	case way.banner && l.Exercise && !l.Banner:
		return stay("it is of an exercise and does not say so")
	case l.Opened && l.Erased:
		return stay("the content of " + l.Note.Short() + " was erased; its proof can still be given, without the words")
	case l.Opened && !way.opened:
		return stay("this way carries only what is sealed")
	case l.Opened && !l.Own && !l.Disclose:
		return stay("the words of " + l.Note.Short() + " are the other side's: each side publishes its own words freely; ask for their consent, then say --disclose")
	}
	return nil
}
