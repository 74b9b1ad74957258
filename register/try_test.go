package register

import (
	"reflect"
	"strings"
	"testing"

	"detente/matter"
	"detente/note"
)

// TestTry writes a record in which everyone sees everything: before each note
// is added, Try says what it then does, and has changed nothing.
func TestTry(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	r := w.register()
	say := func(want, party, act string, on *note.ID, fields map[string]any) note.ID {
		t.Helper()
		w.see(party)
		id := w.write(party, act, on, fields)
		n := w.notes[party][id.Index]
		before := len(r.Entries())
		var states []matter.State
		for _, m := range r.Matters() {
			states = append(states, m.State)
		}
		result, reason := r.Try(n.Header, n.Move, n.Content)
		var after []matter.State
		for _, m := range r.Matters() {
			after = append(after, m.State)
		}
		if len(r.Entries()) != before || !reflect.DeepEqual(states, after) {
			t.Fatalf("%s by %s: Try changed the register", act, party)
		}
		if !r.Add(n) {
			t.Fatalf("%s by %s was not taken", act, party)
		}
		if e := r.Entry(id); e.Result != result || e.Reason != reason {
			t.Errorf("%s by %s: Try says %s (%s), and it is %s (%s)", act, party, result, reason, e.Result, e.Reason)
		}
		if (want == "") != (result == Applied) || !strings.Contains(reason, want) {
			t.Errorf("%s by %s: Try says %s (%s); want %q", act, party, result, reason, want)
		}
		return id
	}
	incident := map[string]any{"nature": "air-strike", "when": "2024-01-16", "where": "PK/Balochistan/Panjgur"}
	say("SAU is not a principal", "PAK", "undertaking/offer", nil, offerFields("PAK", "SAU"))
	offer := say("", "PAK", "undertaking/offer", nil, offerFields("PAK", "IRN"))
	say("another text", "IRN", "undertaking/accept", &offer, map[string]any{"terms": note.Sum(nil).String()})
	say("", "IRN", "undertaking/accept", &offer, w.terms(offer))
	one := map[string]any{"part": int64(1)}
	say("only PAK, who undertook part 1", "IRN", "undertaking/report", &offer, map[string]any{"part": int64(1), "when": "2024-01-20"})
	say("", "PAK", "undertaking/report", &offer, map[string]any{"part": int64(1), "when": "2024-01-20"})
	say("cannot itself confirm it", "PAK", "undertaking/confirm", &offer, one)
	say("", "IRN", "undertaking/confirm", &offer, one)
	say("there is no matter PAK#99", "PAK", "undertaking/withdraw", &note.ID{Origin: origin("PAK"), Index: 99}, nil)
	say("not a talk", "IRN", "talk/agree", &offer, nil)

	report := say("", "PAK", "incident/report", nil, incident)
	asked := say("", "PAK", "incident/question", &report, nil)
	say("its author's own question", "PAK", "incident/clarify", &report, map[string]any{"question": asked.String()})

	say("the form and the level", "PAK", "talk/held", nil, map[string]any{"when": "2024-01-19"})
	talk := say("", "PAK", "talk/held", nil, map[string]any{"form": "telephone", "level": "ministers", "when": "2024-01-19"})
	readout := say("", "PAK", "talk/readout", &talk, map[string]any{"points": []any{map[string]any{"topic": "trust"}}})
	mark := func(point int) map[string]any {
		return map[string]any{"as": "agreed", "point": int64(point), "readout": readout.String()}
	}
	say("its author's own readout", "PAK", "talk/mark", &talk, mark(1))
	say("has no point 2", "IRN", "talk/mark", &talk, mark(2))
	say("", "IRN", "talk/mark", &talk, mark(1))

	// One mission of a sending in a receiving state, whoever speaks of it first.
	say("", "PAK", "mission/change", nil, map[string]any{"receiving": "IRN", "sending": "PAK", "head": "recalled-for-consultations"})
	say("may not set head", "IRN", "mission/change", nil, map[string]any{"receiving": "IRN", "sending": "PAK", "head": "in-post"})
}
