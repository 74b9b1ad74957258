package matter

import (
	"slices"
	"time"

	"detente/note"
)

// A Kind describes one kind of matter.
type Kind struct {
	Name   string
	Doc    string
	States []StateDoc
	Acts   []Act

	// InHouse says that it is the node's own affair: its acts are entered into
	// the in-house record, are no notes, and fold into no register.
	InHouse bool

	// Key names a matter by what its move says instead of by its opening
	// note, where there can be only one: the mission of a sending in a
	// receiving state. Nil for most kinds.
	Key func(m *note.Move) string

	// Addressed says that who opens one names its audience, where the channel
	// has more than two parties that speak: by oversight it goes to nobody.
	Addressed bool

	// Apply returns the state after a move that the table found open. prev is
	// nil for an opening move. It must not change prev. An error means that
	// the move is out of order, and is the reason, for people to read.
	Apply func(prev State, in *Input) (State, error)
}

// StateDoc documents a stage that a matter, or a numbered part of one, can be in.
type StateDoc struct{ Name, Doc string }

// Who may make an act.
type Who string

const (
	Principals Who = "principals"                                                          // any principal of the audience
	Opener     Who = "the party that opened it"                                            // who made the opening act
	Others     Who = "principals but the opener"                                           // any principal of the audience but the opener
	Party      Who = "one party, by how the matter stands, such as the one that was asked" // Apply decides, by the matter's own rule
	Proposers  Who = "principals and facilitators"                                         // who may propose without binding
	Anyone     Who = "anyone on the channel"                                               // bookkeeping of the line
	OwnDesk    Who = "the node's own desk"                                                 // in-house
)

// An Act is one row of a kind's table.
type Act struct {
	Name   string // "accept"; in a move "undertaking/accept"
	Doc    string
	Opens  bool     // it opens a matter
	From   []string // stages of an open matter in which it is open; empty where it only opens
	Who    Who
	Binds  bool   // the author's office must be one that binds
	Starts string // in words: the clock that it starts
	Keeps  string // the act of the same kind that will send the texts and files given with this one; only their digest goes now, in the field digest
	Fields []Spec
	Texts  []TextSpec

	// Settled acts are made at the desk only where the settled state is open
	// to them. What another node does is judged by Apply, by what its author
	// had seen.
	Settled bool
}

// TextSpec describes a text of the content.
type TextSpec struct {
	Name     string // slot; with Numbered, slots NAME/1, NAME/2 and on
	Doc      string
	Required bool
	Numbered bool
	Whole    bool   // it stands in every language that the note calls authentic
	Limit    int    // characters per language; 0 means DefaultTextLimit
	Sealed   string // the field that names the offices to which the text is sealed beforehand: package seal, SealText
}

// DefaultTextLimit is the greatest length of a text, in characters.
const DefaultTextLimit = 20_000

// State is what a matter has come to. Its JSON (RFC 8785) is what the picture
// digests, so fields are declared in the order of their JSON names.
type State interface {
	// Stage returns the stage that From is held against, for the move given:
	// of the whole matter, or of the part that the move names.
	Stage(m *note.Move) string
	// Status is the stage of the whole matter in one word, for people.
	Status() string
	// Clocks returns every clock of the matter, run out and stopped ones too.
	Clocks() []Clock
	// Opened returns the party that opened the matter.
	Opened() string
}

// A Clock is a deadline: somebody owes something by a time.
type Clock struct {
	Done   *note.ID `json:"done,omitempty"`   // the note that stopped it
	Due    string   `json:"due,omitempty"`    // RFC 3339, UTC; empty: no end, in so many words
	For    string   `json:"for"`              // what is owed, in words of the table
	From   note.ID  `json:"from"`             // the note that started it
	Lapses bool     `json:"lapses,omitempty"` // past its time it is no longer owed, but lapsed
	Owes   string   `json:"owes"`             // party
	Void   bool     `json:"void,omitempty"`   // withdrawn, settled or superseded before it was met
}

// DueTime returns the deadline, and whether there is one.
func (c Clock) DueTime() (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, c.Due)
	return t, err == nil
}

// Input is one move as the fold hands it to Apply.
type Input struct {
	ID         note.ID
	Party      string
	Time       time.Time // the author's claim
	Act        *Act
	Move       *note.Move
	Content    note.Digest // of the content's plaintext, salted; zero where there is none
	Principals []string    // of the audience
	Rules      Rules
	Saw        func(note.ID) bool // whether the author held that note
}

// Rules is what a matter needs of the charter.
type Rules interface {
	// Due returns the deadline that the charter sets for answering act, made
	// at start, where answerer must answer.
	Due(act string, start time.Time, answerer string) (time.Time, bool)
}

func (in *Input) others() []string {
	return slices.DeleteFunc(slices.Clone(in.Principals), func(p string) bool { return p == in.Party })
}

// due returns the deadline that the charter sets a party for answering the
// move, in UTC; empty where it sets none.
func (in *Input) due(party string) string {
	t, ok := in.Rules.Due(in.Move.Act, in.Time, party)
	if !ok {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Kinds is every kind of matter, in the order of the documents.
var Kinds = []*Kind{&Message, &Line, &Incident, &Undertaking, &Mission, &Talk, &Dossier, &Request, &Group, &Statement, &Case, &Handover}

// House is every kind that is in-house, in the order of the documents. None of
// them is ever a note: see [Find].
var House = []*Kind{&Claim, &File}

var acts = func() map[string]row {
	m := map[string]row{}
	for _, k := range slices.Concat(Kinds, House) {
		for i := range k.Acts {
			m[k.Name+"/"+k.Acts[i].Name] = row{k, &k.Acts[i]}
		}
	}
	return m
}()

type row struct {
	kind *Kind
	act  *Act
}

// Find returns the kind and the row of an act of a note, such as
// "incident/report".
func Find(act string) (*Kind, *Act, bool) {
	r, ok := acts[act]
	if !ok || r.kind.InHouse {
		return nil, nil, false
	}
	return r.kind, r.act, true
}

// FindHouse returns the kind and the row of an act that is in-house, such as
// "claim/enter".
func FindHouse(act string) (*Kind, *Act, bool) {
	r, ok := acts[act]
	if !ok || !r.kind.InHouse {
		return nil, nil, false
	}
	return r.kind, r.act, true
}

// CheckAct says why an act cannot be that of a note.
func CheckAct(act string) error {
	if k, _, ok := FindHouse(act); ok {
		return inHouse(k, act)
	}
	if _, _, ok := Find(act); !ok {
		return unknownAct(act)
	}
	return nil
}

func inHouse(k *Kind, act string) error {
	return &FieldError{act, "act", k.Name + " is in-house, and is never sent"}
}

// Allowed reports whether author may make the move on prev, which is nil when
// the move opens a matter. The reason is for people.
func Allowed(act *Act, prev State, m *note.Move, author string) (reason string, ok bool) {
	if prev == nil {
		if !act.Opens {
			return act.Name + " does not open a matter", false
		}
		return "", true
	}
	stage := prev.Stage(m)
	if !slices.Contains(act.From, stage) {
		return act.Name + " is not open when the matter is " + stage, false
	}
	switch {
	case act.Who == Opener && author != prev.Opened():
		return "only " + prev.Opened() + ", who opened the matter, may make the act " + act.Name, false
	case act.Who == Others && author == prev.Opened():
		return prev.Opened() + " opened the matter, and cannot itself make the act " + act.Name, false
	}
	return "", true
}
