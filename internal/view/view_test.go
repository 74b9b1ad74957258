package view

import (
	"slices"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestMissedRolls(t *testing.T) {
	began := at("2024-01-16T00:00:00Z")
	rolls := []string{"09:00", "21:00"}
	for _, c := range []struct {
		name string
		came []time.Time
		now  string
		want []Roll
	}{
		{"not due yet", nil, "2024-01-16T08:00:00Z", nil},
		{"within the grace", nil, "2024-01-16T09:29:00Z", nil},
		{"missed", nil, "2024-01-16T09:31:00Z", []Roll{{at("2024-01-16T09:00:00Z")}}},
		{"came late", []time.Time{at("2024-01-16T09:20:00Z")}, "2024-01-16T12:00:00Z", nil},
		{"came too late", []time.Time{at("2024-01-16T10:20:00Z")}, "2024-01-16T12:00:00Z", []Roll{{at("2024-01-16T09:00:00Z")}}},
		{"only of the last day", nil, "2024-01-18T12:00:00Z", []Roll{{at("2024-01-17T21:00:00Z")}, {at("2024-01-18T09:00:00Z")}}},
	} {
		if got := missedRolls(rolls, c.came, began, at(c.now)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	if got := missedRolls(rolls, nil, at("2024-01-16T10:00:00Z"), at("2024-01-16T12:00:00Z")); len(got) != 0 {
		t.Errorf("before the party was there: %v", got)
	}
}

// TestStanding: unmarked is never agreed, and one who disputes is enough.
func TestStanding(t *testing.T) {
	mark := func(as ...string) (out []matter.Mark) {
		for _, a := range as {
			out = append(out, matter.Mark{As: a})
		}
		return out
	}
	for _, c := range []struct {
		marks []matter.Mark
		want  string
	}{
		{nil, "unmarked"}, {mark("agreed"), "agreed"}, {mark("agreed", "disputed"), "disputed"}, {mark("disputed", "agreed"), "disputed"},
		{mark("reserved", "agreed"), "reserved"}, {mark("agreed", "reserved"), "reserved"},
	} {
		if got := standing(c.marks); got != c.want {
			t.Errorf("%v: got %s, want %s", c.marks, got, c.want)
		}
	}
}

func TestWhere(t *testing.T) {
	both := []string{"IRN", "PAK"}
	for _, c := range []struct {
		in, sides []string
		want      string
	}{
		{both, both, "both readouts"}, {[]string{"PAK"}, both, "only in PAK's readout"}, {[]string{"PAK"}, []string{"PAK"}, "in the only readout so far, PAK's"},
	} {
		if got := where(c.in, c.sides); got.String() != c.want {
			t.Errorf("%v of %v: got %q, want %q", c.in, c.sides, got, c.want)
		}
	}
}

func TestParseID(t *testing.T) {
	channel := note.Sum([]byte("channel"))
	for s, want := range map[string]note.ID{
		"PAK#41":                                 {Origin: note.Origin("PAK", channel, 1), Index: 41},
		"PAK.2#0":                                {Origin: note.Origin("PAK", channel, 2)},
		"IRN/" + note.Sum(nil).String() + "/1#7": {Origin: note.Origin("IRN", note.Sum(nil), 1), Index: 7},
	} {
		if got, err := ParseID(channel, s); err != nil || got != want {
			t.Errorf("%s: got %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "PAK", "PAK#", "#3", "PAK#-1", "pak#1", "PAK.0#1", "PAK.1.1#1"} {
		if got, err := ParseID(channel, s); err == nil {
			t.Errorf("%q was taken as %v", s, got)
		}
	}
}

func TestWordsText(t *testing.T) {
	for _, c := range []struct {
		w    *Words
		want string
	}{
		{nil, ""}, {&Words{State: "erased"}, "(erased)"}, {&Words{State: none}, ""},
		{&Words{Texts: note.Wording{"ur": "u", "en": "e"}}, "e"},
		{&Words{Texts: note.Wording{"ar": "a", "fa": "f"}, Authentic: []string{"fa"}}, "f"},
	} {
		if got := c.w.Text(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.w, got, c.want)
		}
	}
}
