package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// rules is a charter under which the ministry binds, the embassy does ad
// referendum, and the press office does not.
type rules struct{}

func (rules) Role(string) string                 { return "principal" }
func (rules) MaySay(string, string, string) bool { return true }
func (rules) IsExercise() bool                   { return false }
func (rules) Serial() int                        { return 0 }
func (rules) MayBind(_, office, _ string) (binds, adReferendum bool) {
	return office != "press", office == "embassy"
}
func (rules) Due(string, time.Time, string) (due time.Time, found bool) { return }

// TestConsents reads from the register which notes let a note out, whatever a
// node sends that is not this program.
func TestConsents(t *testing.T) {
	channel := note.Sum([]byte("channel"))
	id := func(party string, index uint64) note.ID {
		return note.ID{Origin: note.Origin(party, channel, 1), Index: index}
	}
	type said struct {
		party, office, act string
		on                 *note.ID
		fields             map[string]any
	}
	letter := said{party: "IRN", office: "mfa", act: "message/send", fields: map[string]any{"form": "letter"}}
	consent := func(party, office string, of note.ID) said {
		return said{party: party, office: office, act: matter.ConsentAct, fields: map[string]any{"note": of.String(), "to": "A Court"}}
	}
	given := id("IRN", 1)
	withdraw := said{party: "IRN", office: "press", act: "message/withdraw", on: &given}
	ack := said{party: "PAK", office: "node", act: matter.Ack, fields: matter.AckReport{Held: 1}.Fields()}
	ours := ack
	ours.party = "IRN"
	for name, c := range map[string]struct {
		notes []said
		want  string // the one note that names it: why it lets nothing out
	}{
		"settled":                    {[]said{letter, consent("IRN", "mfa", id("IRN", 0)), ack}, "stands"},
		"not settled":                {[]said{letter, consent("IRN", "mfa", id("IRN", 0))}, "provisional"},
		"withdrawn":                  {[]said{letter, consent("IRN", "mfa", id("IRN", 0)), ack, withdraw, ack}, "its author has withdrawn it"},
		"withdrawn, and not settled": {[]said{letter, consent("IRN", "mfa", id("IRN", 0)), ack, withdraw}, "its author has withdrawn it"},
		"withdrawn by another":       {[]said{letter, consent("IRN", "mfa", id("IRN", 0)), ack, {party: "PAK", office: "mfa", act: "message/withdraw", on: &given}, ours}, "stands"},
		"by an office without power": {[]said{letter, consent("IRN", "press", id("IRN", 0)), ack}, "beyond authority"},
		"ad referendum":              {[]said{letter, consent("IRN", "embassy", id("IRN", 0)), ack}, "ad referendum"},
		"by another party":           {[]said{letter, consent("PAK", "mfa", id("IRN", 0)), ours}, "only IRN, whose note it is"},
		"before the note was there":  {[]said{consent("IRN", "mfa", id("IRN", 1)), ack}, ""},
		"to another note":            {[]said{letter, consent("IRN", "mfa", id("IRN", 7)), ack}, ""},
		"a message that is none":     {[]said{letter, letter, ack}, ""},
	} {
		r := register.New(func(note.Digest) (register.Rules, bool) { return rules{}, true })
		size := map[string]uint64{}
		for i, s := range c.notes {
			h := &note.Header{Audience: []string{"IRN", "PAK"}, Charter: channel, Index: size[s.party], Origin: id(s.party, 0).Origin, Precedence: "routine",
				Time: time.Date(2024, 1, 20, 0, i, 0, 0, time.UTC).Format(note.TimeLayout), Version: note.Version}
			for _, other := range []string{"IRN", "PAK"} {
				if other != s.party && size[other] > 0 {
					h.Seen = append(h.Seen, note.Head{Origin: id(other, 0).Origin, Size: size[other]})
				}
			}
			if !r.Add(register.Opened{Header: h, Content: note.Sum(fmt.Appendf(nil, "%d", i)), Move: &note.Move{Act: s.act, Fields: s.fields, Matter: s.on, Office: s.office, Version: note.Version}}) {
				t.Fatalf("%s: note %d was not taken", name, i)
			}
			size[s.party]++
		}
		got := consents(r, id("IRN", 0))
		switch {
		case c.want == "" && len(got) == 0:
		case len(got) != 1 || c.want == "":
			t.Errorf("%s: %+v", name, got)
		case c.want == "stands" && got[0].Why != "", c.want != "stands" && !strings.Contains(got[0].Why, c.want):
			t.Errorf("%s: %q; want %q", name, got[0].Why, c.want)
		}
	}
}
