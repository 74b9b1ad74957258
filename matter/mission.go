package matter

import (
	"errors"
	"fmt"
	"slices"

	"detente/note"
)

// Fields of missions.
var (
	miSending    = code("sending", "the sending state").Must()
	miReceiving  = code("receiving", "the receiving state").Must()
	miRelations  = enum("relations", "diplomatic relations between the two", "normal", "downgraded", "broken")
	miHead       = enum("head", "the head of mission", "in-post", "recalled-for-consultations", "asked-not-to-return", "non-grata", "absent", "none")
	miActing     = enum("acting", "who acts as head", "charge-daffaires", "none")
	miPremises   = enum("premises", "the premises of the mission", "open", "closed", "guarded")
	miProtecting = code("protecting", "a third state that protects the interests of the sending state")
	miReturn     = date("expected-return", "when the head of mission is expected back")
	miWhen       = date("when", "from when, as claimed")
)

// missionRights says which side may change which field, by the Vienna
// Convention on Diplomatic Relations (1961).
var missionRights = []struct {
	field              Field[string]
	word               string // of the enumeration; empty: every one not named
	sending, receiving bool
	article            string
}{
	{miRelations, "", true, true, "articles 2 and 45: relations are by mutual consent, and either may break them off"},
	{miHead, "asked-not-to-return", false, true, "no article names it: the receiving state asks that the head of mission, away from the post, not come back for the time being"},
	{miHead, "non-grata", false, true, "article 9: \"The receiving State may at any time and without having to explain its decision, notify the sending State that the head of the mission … is persona non grata\""},
	{miHead, "", true, false, "articles 4 and 43: the sending state appoints and recalls"},
	{miActing, "", true, false, "article 19: the name of the chargé d'affaires ad interim is notified by the head of the mission or the sending state"},
	{miPremises, "guarded", false, true, "article 45: the receiving state must respect and protect the premises"},
	{miPremises, "", true, false, "articles 21 and 45: the mission is the sending state's"},
	{miProtecting, "", true, true, "article 45: \"the sending State may entrust the protection of its interests … to a third State acceptable to the receiving State\""},
	{miReturn, "", true, false, "articles 4 and 43: the sending state appoints and recalls"},
}

// Mission is the diplomatic mission of a sending in a receiving state.
var Mission = Kind{
	Name: "mission",
	Doc:  "The mission of one state in another: relations, head of mission, who acts as head, premises, protecting power, each apart. Who may change which follows the Vienna Convention on Diplomatic Relations. There is one matter for each sending and receiving state.",
	States: []StateDoc{
		{"known", "as the last changes say"},
		{"crossed", "both sides changed one field by notes that crossed: people must say again"},
	},
	Acts: []Act{
		{Name: "change", Doc: "Changes one or more fields.", Opens: true, From: []string{"known", "crossed"}, Who: Party, Binds: true,
			Fields: []Spec{miSending.Spec, miReceiving.Spec, miRelations.Spec, miHead.Spec, miActing.Spec, miPremises.Spec, miProtecting.Spec, miReturn.Spec, miWhen.Spec},
			Texts:  []TextSpec{{Name: "words", Doc: "the words of the announcement"}}},
	},
}

func init() {
	Mission.Apply = applyMission
	Mission.Key = func(m *note.Move) string {
		sending, _ := miSending.Of(m)
		receiving, _ := miReceiving.Of(m)
		return sending + ">" + receiving
	}
}

// MissionState is what is known of a mission.
type MissionState struct {
	Crossed   []note.ID               `json:"crossed,omitempty"`
	Fields    map[string]MissionField `json:"fields"`
	Opener    string                  `json:"opener"`
	Receiving string                  `json:"receiving"`
	Sending   string                  `json:"sending"`
}

// MissionField is the last change of one field.
type MissionField struct {
	Consent []Said  `json:"consent,omitempty"` // of the protecting power: who proposed and consented
	Note    note.ID `json:"note"`
	Party   string  `json:"party"`
	Value   string  `json:"value"`
	When    string  `json:"when,omitempty"`
}

func (s *MissionState) Opened() string          { return s.Opener }
func (s *MissionState) Stage(*note.Move) string { return s.Status() }
func (s *MissionState) Clocks() []Clock         { return nil }
func (s *MissionState) Status() string {
	if s.Crossed != nil {
		return "crossed"
	}
	return "known"
}

func applyMission(prev State, in *Input) (State, error) {
	s := &MissionState{Opener: in.Party, Fields: map[string]MissionField{}}
	sending, _ := miSending.Of(in.Move)
	receiving, _ := miReceiving.Of(in.Move)
	if sending == receiving {
		return nil, errors.New("a state has no mission to itself")
	}
	s.Sending, s.Receiving = sending, receiving
	if prev != nil {
		old := prev.(*MissionState)
		if old.Sending != sending || old.Receiving != receiving {
			return nil, fmt.Errorf("the matter is the mission of %s to %s", old.Sending, old.Receiving)
		}
		s.Opener, s.Crossed = old.Opener, old.Crossed
		for k, v := range old.Fields {
			s.Fields[k] = v
		}
	}
	if s.Crossed != nil && !slices.ContainsFunc(s.Crossed, func(id note.ID) bool { return !in.Saw(id) }) {
		s.Crossed = nil
	}
	changed := false
	for _, f := range []Field[string]{miRelations, miHead, miActing, miPremises, miProtecting, miReturn} {
		v, ok := f.Of(in.Move)
		if !ok {
			continue
		}
		changed = true
		if err := mayChange(f.Name, v, in.Party, sending, receiving); err != nil {
			return nil, err
		}
		s.change(f.Name, v, in)
	}
	if !changed {
		return nil, errors.New("it changes nothing")
	}
	return s, nil
}

func mayChange(field, value, party, sending, receiving string) error {
	if party != sending && party != receiving {
		return fmt.Errorf("%s is neither the sending nor the receiving state", party)
	}
	for _, r := range missionRights {
		if r.field.Name != field || (r.word != "" && r.word != value) {
			continue
		}
		if (party == sending && r.sending) || (party == receiving && r.receiving) {
			return nil
		}
		return fmt.Errorf("%s may not set %s to %s (Vienna Convention on Diplomatic Relations, %s)", party, field, value, r.article)
	}
	return fmt.Errorf("no rule for %s", field)
}

func (s *MissionState) change(field, value string, in *Input) {
	old, had := s.Fields[field]
	v := MissionField{Value: value, Note: in.ID, Party: in.Party, When: miWhen.Or(in.Move, "")}
	if had && old.Party != in.Party && old.Value != value && !in.Saw(old.Note) {
		s.Crossed = append(slices.Clone(s.Crossed), old.Note, in.ID)
	}
	if field == miProtecting.Name {
		if had && old.Value == value {
			v.Consent = slices.DeleteFunc(slices.Clone(old.Consent), func(w Said) bool { return w.Party == in.Party })
		}
		v.Consent = append(v.Consent, Said{in.ID, in.Party})
	}
	s.Fields[field] = v
}
