package view

import (
	"fmt"
	"testing"
	"time"

	"detente/note"
	"detente/register"
)

// openRules let everybody do everything.
type openRules struct{}

func (openRules) Role(string) string                                   { return "principal" }
func (openRules) MaySay(string, string, string) bool                   { return true }
func (openRules) MayBind(string, string, string) (bool, bool)          { return true, false }
func (openRules) IsExercise() bool                                     { return false }
func (openRules) Serial() int                                          { return 0 }
func (openRules) Due(string, time.Time, string) (t time.Time, ok bool) { return t, false }

// A flash note that is on no matter stays first until a person has written to
// its author, and no longer.
func TestUrgentWithoutAMatter(t *testing.T) {
	channel := note.Sum([]byte("channel"))
	r := register.New(func(note.Digest) (register.Rules, bool) { return openRules{}, true })
	written := map[string]uint64{}
	write := func(party, precedence string, seen map[string]uint64, m *note.Move, trouble register.Trouble, audience ...string) note.ID {
		t.Helper()
		h := &note.Header{Audience: audience, Charter: channel, Index: written[party], Origin: note.Origin(party, channel, 1), Parts: []note.Part{},
			Precedence: precedence, Time: "2024-01-16T00:00:00.000Z", Version: note.Version}
		for _, p := range []string{"IRN", "PAK", "TUR"} {
			if n := seen[p]; n > 0 {
				h.Seen = append(h.Seen, note.Head{Origin: note.Origin(p, channel, 1), Size: n})
			}
		}
		if !r.Add(register.Opened{Header: h, Move: m, Trouble: trouble, Content: note.Sum(fmt.Append(nil, party, h.Index))}) {
			t.Fatalf("%s was not taken", h.ID().Short())
		}
		written[party]++
		return h.ID()
	}
	letter := &note.Move{Act: "message/send", Fields: map[string]any{"form": "letter"}, Office: "mfa", Version: note.Version}
	roll := &note.Move{Act: "line/test", Fields: map[string]any{"use": "roll-call"}, Office: "node", Version: note.Version}
	ack := &note.Move{Act: "line/ack", Fields: map[string]any{"held": int64(1)}, Office: "node", Version: note.Version}
	all := []string{"IRN", "PAK", "TUR"}
	write("PAK", "routine", nil, letter, "", all...)
	flash := r.Entry(write("IRN", "flash", nil, nil, register.Unreadable, all...))
	saw := map[string]uint64{"IRN": 1}
	for _, c := range []struct {
		name string
		move *note.Move
		to   []string
		want bool
	}{
		{"its node holds it", ack, all, true},
		{"a roll call", roll, all, true},
		{"a letter to another", letter, []string{"PAK", "TUR"}, true},
		{"a letter to its author", letter, all, false},
	} {
		write("PAK", "routine", saw, c.move, "", c.to...)
		if got := urgent(r, "PAK", flash); got != c.want {
			t.Errorf("after %s: urgent is %t, want %t", c.name, got, c.want)
		}
	}
	if !urgent(r, "TUR", flash) {
		t.Error("another's word counts for TUR")
	}
}
