package desk

import (
	"fmt"
	"time"

	"detente/internal/node"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
)

// A Way is one of the ways by which something leaves the node.
type Way string

const (
	Line     Way = "line"      // a note, sealed, to its audience
	Pouch    Way = "pouch"     // a pouch file: what the line would carry
	Logs     Way = "logs"      // log export: leaves, hashes, checkpoints; nothing that is sealed, nothing opened
	Prove    Way = "prove"     // the proof of one note, with its content in the clear if that is asked for
	Disclose Way = "disclose"  // one note to someone outside, opened, with its proof and, if it is another's, its author's consent
	Export   Way = "export"    // documents and data in the clear
	Print    Way = "print"     // paper
	Public   Way = "statement" // a joint statement with its proofs, for everybody
	Read     Way = "read"      // a file of a note, to an officer of a party that it is addressed to: nothing goes further
)

// ways is the table of what each way carries.
var ways = map[Way]struct {
	opened bool   // it can carry words in the clear
	others bool   // also those of others, by their consent, which goes along
	banner bool   // it shows its contents to people, and must say so where they are of an exercise
	joint  bool   // it carries only what is everybody's own word, and that only when its moment has come
	inside bool   // what goes by it stays with a party that it is addressed to
	tlp    string // the strictest label under which words may go by it in the clear
}{
	Line:     {opened: false, banner: true},
	Pouch:    {opened: false, banner: false},              // every header in it carries the mark
	Logs:     {opened: false, banner: false},              // likewise
	Prove:    {opened: true, banner: false, tlp: "amber"}, // likewise
	Disclose: {opened: true, others: true, banner: true, tlp: "amber"},
	Export:   {opened: true, banner: true, tlp: "amber"},
	Print:    {opened: true, banner: true, tlp: "amber"},
	Public:   {opened: true, banner: true, joint: true, tlp: "clear"},
	Read:     {opened: true, banner: false, inside: true},
}

// Leaving is what is about to leave.
type Leaving struct {
	Way      Way
	Note     note.ID // zero: nothing in particular
	Own      bool    // the words are this party's own
	Opened   bool    // words go in the clear
	Erased   bool    // the content was erased
	To       string  // for whom outside, where the way names them
	Joint    bool    // every principal has signed the words, and that is settled: they are everybody's own
	Early    bool    // their moment of release is still to come
	Exercise bool
	Banner   bool            // the mark of an exercise stands on it
	Handling matter.Handling // that stands on the words
	Unread   bool            // the move that would say how they may be handled cannot be read
	At       time.Time       // when it is to leave
	Consents []Consent       // that name the note; nil of a party's own
}

// Leaving returns what MayLeave must know of a note before it leaves. The
// caller adds what it would do: whether words go in the clear, and to whom.
func (d *Desk) Leaving(way Way, id note.ID) (Leaving, error) {
	l := Leaving{Way: way, Note: id, Own: id.Party() == d.n.Party(), Unread: true, At: d.n.Now()}
	_, channel, _, err := note.ParseOrigin(id.Origin)
	if err != nil {
		return l, err
	}
	err = d.n.Read(channel, func(s *node.Snapshot) {
		l.Exercise = s.Docs.Exercise()
		if e := s.Register.Entry(id); e != nil {
			l.Handling, l.Unread = e.Handling(), e.Move == nil
		}
		if !l.Own && ways[way].others {
			l.Consents = consents(s.Register, id)
		}
		if m := s.Register.Matter(id); m != nil && ways[way].joint {
			st, ok := m.Settled.(*matter.StatementState)
			l.Joint = ok && st.State == "signed" && st.OnOffer().Note == id
			l.Early = l.Joint && !st.Released(l.At)
		}
	})
	if err != nil {
		return l, err
	}
	c, state, err := d.n.Content(id)
	l.Erased = c == nil && state == store.Erased
	return l, err
}

// A StayError says that something may not leave, and did not.
type StayError struct{ Way, Why string }

func (e *StayError) Error() string {
	return fmt.Sprintf("%s: %s; nothing has left the node", e.Way, e.Why)
}

// name names what would leave: a note, or a draft, which is none yet.
func (l Leaving) name() string {
	if l.Note.IsZero() {
		return "the draft"
	}
	return l.Note.Short()
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
	case way.joint && !l.Joint:
		return stay("not every principal has signed " + l.Note.Short() + ", or that is not settled yet: it is nobody's joint word")
	case way.joint && l.Early:
		return stay("the moment of release of " + l.Note.Short() + " is still to come")
	case l.Opened && l.Erased:
		return stay("the content of " + l.Note.Short() + " was erased; its proof can still be given, without the words")
	case l.Opened && !way.opened:
		return stay("this way carries only what is sealed")
	case way.inside:
	case l.Opened && l.Unread:
		return stay("what " + l.Note.Short() + " does cannot be read here, so nobody can say under which caveats its words stand")
	case l.Opened && matter.Stricter(l.Handling.TLP, way.tlp):
		return stay(fmt.Sprintf("%s stands under %q: its words go in the clear to nobody beyond its audience; its proof can still be given, without the words", l.name(), l.Handling))
	case l.Opened && l.Handling.Expired(l.At):
		return stay(fmt.Sprintf("%s stands under %q, which is over: its words go out in the clear no more; its proof can still be given, without the words", l.name(), l.Handling))
	case l.Opened && !l.Own && !way.others && !way.joint:
		return stay("the words of " + l.Note.Short() + " are the other side's: each side publishes its own words freely; with their author's consent detente disclose lets them go")
	case l.Opened && !l.Own && !way.joint:
		if _, err := l.Consented(); err != nil {
			return stay(err.Error())
		}
	}
	return nil
}
