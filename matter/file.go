package matter

import (
	"fmt"

	"detente/note"
)

// Fields of what is filed.
var (
	flDate     = date("date", "the date that stands on it").Must()
	flFrom     = line("from", "who it is from: a party's code, or a name").Must()
	flOffice   = line("office", "the office that speaks")
	flSubject  = line("subject", "what it is about, as it says itself").Must()
	flReceived = date("received", "when it came")
	flCheck    = line("check", "the check words that stand on it, or the first digits, 12 or more, of the digest")
	flTo       = line("to", "who was called").Must()
	flWhen     = date("when", "when").Must()
	flWho      = line("who", "who spoke, and who kept this").Must()
	flNote     = ref("note", "the note that says the same over the line").Must()
)

// Acts of files that the node itself or a command knows by name.
const (
	FilePaper = "file/paper"
	FileMatch = "file/match"
)

// CheckOf returns the check words that stand on a paper, as they were entered.
func CheckOf(m *note.Move) string { return flCheck.Or(m, "") }

// File is what reaches a side by other ways than the line.
var File = Kind{
	Name:    "file",
	InHouse: true,
	Doc:     "Paper and calls that came by other ways than the line, logged in-house: from the first day, with no channel and no counterpart. A note that comes over the line later is matched to its paper: by the node where the check words are equal, else by a person.",
	States: []StateDoc{
		{"logged", "kept; no note over the line is known that says the same"},
		{"matched", "a note that came over the line says the same"},
		{"struck", "entered in error; it stands, struck out"},
	},
	Acts: []Act{
		{Name: "paper", Doc: "Logs a paper that came in: a note verbale, a letter, a fax. --scan FILE keeps an image of it.", Opens: true, Who: OwnDesk,
			Fields: []Spec{flDate.Spec, flFrom.Spec, flOffice.Spec, flSubject.Spec, flReceived.Spec, flCheck.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "the desk's own words beside it"}}},
		{Name: "call", Doc: "Logs a call: who, to whom, when, and what was said.", Opens: true, Who: OwnDesk,
			Fields: []Spec{flFrom.Spec, flTo.Spec, flWhen.Spec, flWho.Spec}, Texts: []TextSpec{{Name: "said", Doc: "what was said, as it was heard", Required: true}, {Name: "remark", Doc: "the desk's own words beside it"}}},
		{Name: "match", Doc: "Says which note over the line it is. Said again, the last word holds.", From: []string{"logged", "matched"}, Who: OwnDesk,
			Fields: []Spec{flNote.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "what shows it"}}},
		{Name: "strike", Doc: "Strikes out what was entered in error. It stays to be read.", From: []string{"logged", "matched"}, Who: OwnDesk,
			Texts: []TextSpec{{Name: "remark", Doc: "why", Required: true}}},
	},
}

func init() { File.Apply = applyFile }

// FileState is what something that was filed has come to.
type FileState struct {
	Match *note.ID `json:"match,omitempty"`
	State string   `json:"state"`
}

func (s *FileState) Stage(*note.Move) string { return s.State }
func (s *FileState) Status() string          { return s.State }
func (s *FileState) Clocks() []Clock         { return nil }
func (s *FileState) Opened() string          { return "" }

func applyFile(prev State, in *Input) (State, error) {
	if prev == nil {
		return &FileState{State: "logged"}, nil
	}
	s := *prev.(*FileState)
	switch in.Act.Name {
	case "match":
		id, _ := flNote.Of(in.Move)
		if s.Match != nil && *s.Match == id {
			return nil, fmt.Errorf("it is matched to %s already", id.Short())
		}
		s.Match, s.State = &id, "matched"
	case "strike":
		s.State = "struck"
	}
	return &s, nil
}
