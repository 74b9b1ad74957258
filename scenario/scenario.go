package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"detente/charter"
	"detente/matter"
	"detente/note"
)

// Limits of a scenario.
const (
	MaxBytes    = 2 << 20
	MaxParties  = 16
	MaxChannels = 16
	MaxSteps    = 2000
	MaxLines    = 400 // of one block, without continuations
)

// A Scenario is a file of steps.
type Scenario struct {
	Title    string
	Banner   string // shown before everything else and on every screen
	Start    time.Time
	End      time.Time
	Parties  []Party
	Channels []Channel
	Steps    []Step
}

// A Party is a side, as the charters of its channels will describe it.
type Party struct {
	Code     string
	Name     string
	Zone     string
	Weekend  []string
	Holidays []string
	Offices  []charter.Office // sorted by code
}

// A Channel is a line between parties.
type Channel struct {
	Code       string // of a-z, 0-9 and -; for files and screens, not for the charter
	Name       string
	Purpose    string
	Exercise   bool
	Languages  []string
	Members    []Member        // sorted by party
	Clocks     []charter.Clock // sorted by act
	RollCall   []string
	LocalFirst []string
}

func (c Channel) has(party string) bool {
	return slices.ContainsFunc(c.Members, func(m Member) bool { return m.Party == party })
}

// A Member is a party's part in a channel.
type Member struct{ Party, Role, Scope string }

// A Kind is a kind of step.
type Kind string

const (
	Note  Kind = "note"  // a party sends a note
	Entry Kind = "entry" // a party enters something into its own, in-house record
	Pause Kind = "pause" // a heading, and matters to be shown
	Day   Kind = "day"   // a new date

	Link    Kind = "link"    // a party's line fails, or works again
	Courier Kind = "courier" // a pouch as a file, from one party to another
	Erase   Kind = "erase"   // the words of a note are destroyed
	Fork    Kind = "fork"    // a party's key signs two histories
	Close   Kind = "close"   // a party ends its feed by its identity key, and opens the next
	Expect  Kind = "expect"  // what a matter must have come to
)

// Results are what can become of a note that is meant not to be applied.
var Results = []string{"out of order", "beyond authority", "ad referendum"}

// Released is what can be expected of a statement beside the states of its
// table: signed, settled, and past its moment.
const Released = "released"

// A Step is one step of a scenario.
type Step struct {
	Kind  Kind
	Line  int // where it begins in the file, from 1
	At    time.Time
	Stamp string // At as the file writes it; of a day, the date; empty of a pause without a time

	// Of a note or an entry.
	Label   string
	Party   string
	Act     string
	On      string         // label of the note that opened the matter, or of the entry; empty: it opens one
	Fields  map[string]any // as in note.Move, with "@label" where a note or its text is named
	Content *note.Content  // without salt; of an entry, texts and basis; what is sealed to offices stands in it in clear

	// Of a note.
	Channel    string
	Office     string
	Precedence string
	Audience   []string
	Result     string // what is to become of it; empty: it is applied

	// Of every other kind. Label is the note that is erased, or that opened the
	// matter of which something is expected; Party whose line or feed it is, or
	// whose courier leaves.
	Heading string // of a pause or a day
	Text    string
	Show    []string // of a pause: labels of notes that opened matters
	Down    bool     // of a link
	To      string   // of a courier: who gets the pouch; of a fork: who hears the other history
	By      []string // of an erasure: who destroys the words; of an expectation: whose record is meant, else that of every principal whose line is up
	State   string   // of an expectation
}

// A Placed says what a label became when its note was sent.
type Placed struct {
	ID      note.ID
	Content note.Digest // of the salted, padded content, as its header names it
}

// NewKey stands in a scenario for the public key of an office, which comes
// into being when the scenario is played.
const NewKey = "new"

// Sealed returns the slots of a note's texts that go sealed to the offices
// that its field offices names, and no further than to them.
func (st *Step) Sealed() (slots []string) {
	for slot := range st.Content.Texts {
		if matter.SealedFor(st.Act, slot, nil) != nil {
			slots = append(slots, slot)
		}
	}
	return slots
}

// Move returns the note's move, with every label resolved, but without salt.
// find returns what the note of that label became.
func (st *Step) Move(find func(label string) (Placed, bool)) (*note.Move, error) {
	m := &note.Move{Act: st.Act, Office: st.Office, Version: note.Version}
	if st.On != "" {
		p, ok := find(st.On)
		if !ok {
			return nil, st.errorf("on", "the note %s has not been sent", st.On)
		}
		m.Matter = &p.ID
	}
	var err error
	m.Fields, err = st.Filled(find)
	return m, err
}

// Filled returns the fields of a note or an entry, with every label resolved.
func (st *Step) Filled(find func(label string) (Placed, bool)) (map[string]any, error) {
	act := row(st.Act)
	if act == nil {
		return nil, st.errorf("act", "%q is not an act that this program knows", st.Act)
	}
	fields, err := resolve(act.Fields, st.Fields, find)
	if err != nil {
		return nil, st.errorf("field", "%w", err)
	}
	return fields, nil
}

// row returns the row of an act, of a note or in-house, or nil.
func row(act string) *matter.Act {
	_, a, ok := matter.Find(act)
	if !ok {
		_, a, _ = matter.FindHouse(act)
	}
	return a
}

// resolve copies fields, with labels replaced by what they became.
func resolve(specs []matter.Spec, fields map[string]any, find func(string) (Placed, bool)) (map[string]any, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	one := func(t matter.Type, v any) (any, error) {
		s, ok := v.(string)
		if !ok || (t != matter.TypeRef && t != matter.TypeHash && t != matter.TypeRefs) {
			return v, nil
		}
		p, ok := find(s[min(1, len(s)):])
		if !ok {
			return nil, fmt.Errorf("the note %s has not been sent", s)
		}
		if t == matter.TypeHash {
			return p.Content.String(), nil
		}
		return p.ID.String(), nil
	}
	out := make(map[string]any, len(fields))
	for name, v := range fields {
		i := slices.IndexFunc(specs, func(s matter.Spec) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s: this act has no such field", name)
		}
		spec := specs[i]
		items, ok := v.([]any)
		if !ok {
			r, err := one(spec.Type, v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out[name] = r
			continue
		}
		list := make([]any, len(items))
		for n, item := range items {
			var err error
			if object, ok := item.(map[string]any); ok {
				list[n], err = resolve(spec.Of, object, find)
			} else {
				list[n], err = one(spec.Type, item)
			}
			if err != nil {
				return nil, fmt.Errorf("%s/%d: %w", name, n+1, err)
			}
		}
		out[name] = list
	}
	return out, nil
}

// Party returns the party with that code.
func (s *Scenario) Party(code string) (Party, bool) {
	i := slices.IndexFunc(s.Parties, func(p Party) bool { return p.Code == code })
	if i < 0 {
		return Party{}, false
	}
	return s.Parties[i], true
}

// Channel returns the channel with that code.
func (s *Scenario) Channel(code string) (Channel, bool) {
	i := slices.IndexFunc(s.Channels, func(c Channel) bool { return c.Code == code })
	if i < 0 {
		return Channel{}, false
	}
	return s.Channels[i], true
}

// Step returns the note or the entry with that label.
func (s *Scenario) Step(label string) (*Step, bool) {
	i := slices.IndexFunc(s.Steps, func(st Step) bool { return st.Label == label && label != "" })
	if i < 0 {
		return nil, false
	}
	return &s.Steps[i], true
}

// An Error says where a scenario is wrong, and why. Nothing of it is used.
type Error struct {
	Line  int
	Block string // the block, as "note well"
	Field string // the key, or what it is about
	Err   error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("scenario: line %d: ", e.Line)
	if e.Block != "" {
		s += e.Block + ": "
	}
	if e.Field != "" {
		s += e.Field + ": "
	}
	return s + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

func (st *Step) errorf(field, format string, args ...any) error {
	name := cmp.Or(st.Heading, st.Label, st.Party)
	return &Error{st.Line, string(st.Kind) + " " + name, field, fmt.Errorf(format, args...)}
}
