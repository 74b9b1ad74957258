package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/internal/ladder"
	"detente/note"
)

// TestKeptWord wants every figure with the notes that it rests on: the package
// of January 2024, the question that nobody answered, and one answered here.
func TestKeptWord(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	offer, incident := w.placed["ambassadors-return"].ID, w.placed["killings-saravan"].ID
	w.say("IRN", "undertaking/dispute", &offer, map[string]any{"part": int64(1)})
	w.say("PAK", "undertaking/confirm", &offer, map[string]any{"part": int64(2)})
	w.say("IRN", "line/ack", nil, map[string]any{"held": int64(0)})
	question := w.say("IRN", "incident/question", &incident, nil)
	w.now = w.now.Add(3 * time.Hour)
	w.say("PAK", "incident/clarify", &incident, map[string]any{"question": question.String(), "interim": true})
	w.now = w.now.Add(2 * time.Hour)
	answer := w.say("PAK", "incident/clarify", &incident, map[string]any{"question": question.String()})
	w.say("IRN", "line/ack", nil, map[string]any{"held": int64(0)})
	v, err := KeptWord(w, w.docs.ID())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range v.Records {
		for _, f := range r.Figures {
			line := r.Party + " " + f.Is + ":"
			for _, word := range f.Words {
				line += " " + w.label(word.From)
				if word.Done != nil {
					line += " by " + w.label(*word.Done)
				}
			}
			got = append(got, line)
		}
		if m := r.Replies.Median; m != nil {
			got = append(got, fmt.Sprintf("%s answers in %d s, by %s", r.Party, *m, w.label(*r.Replies.Answered[0].Done)))
		}
		for _, word := range r.Replies.Open {
			got = append(got, r.Party+" has not answered "+w.label(word.From))
		}
	}
	want := []string{
		"IRN undecided: ambassadors-return-accepted by return-of-iran-reported",
		"IRN due, unreported: investigation-asked",
		"IRN confirmed: ambassadors-return-accepted by return-of-iran-reported",
		"IRN has not answered investigation-asked",
		"PAK met: ambassadors-return-accepted by return-of-pakistan-reported " + question.Short() + " by " + answer.Short(),
		"PAK open-ended: request",
		"PAK disputed: ambassadors-return-accepted by return-of-pakistan-reported",
		"PAK answers in 18000 s, by " + answer.Short(), // the interim answer is not the answer
		"PAK has not answered request",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLadderOfJanuary wants the days of January 2024 as each side itself
// acknowledges them: neither's report of the other's strike raises the other.
func TestLadderOfJanuary(t *testing.T) {
	w := january(t, "pak-irn", "PAK")
	refused := &note.Move{Act: "mission/change", Office: "mfa", Version: 1, Fields: map[string]any{"sending": "IRN", "receiving": "PAK", "relations": "broken", "head": "absent"}}
	w.write("PAK", w.now, refused, nil) // the head of Iran's mission is Iran's to name: it changes nothing
	v, err := Climb(w, w.docs.ID(), "2024-01-16", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range v.Days {
		line := d.From[8:]
		if d.To != d.From {
			line += "-" + d.To[8:]
		}
		for _, s := range d.Sides {
			line += fmt.Sprintf(" %s %d", s.Party, s.Rung)
			for _, e := range s.Acts {
				line += " " + w.label(e.Note)
			}
			if len(s.Steps) > 0 {
				line += " +"
				for _, e := range s.Steps {
					line += " " + w.label(e.Note)
				}
			}
			line += ";"
		}
		got = append(got, line)
	}
	stand := "ambassador-of-pakistan-recalled ambassador-of-iran-asked-not-to-return"
	want := []string{
		"16 IRN 7 strike-panjgur-iran; PAK 1 protest-panjgur summons-islamabad;",
		"17 IRN 0; PAK 2 " + stand + " + call-17;",
		"18 IRN 1 summons-tehran + goodwill-iran; PAK 7 strike-saravan " + stand + ";",
		"19 IRN 0 + call-19-who-called; PAK 2 " + stand + " + goodwill-pakistan call-19 visit;",
		"20-21 IRN 0; PAK 2 " + stand + ";",
		"22 IRN 0 + joint-statement-signed-iran ambassadors-return-accepted visit-agreed; PAK 2 " + stand + " + joint-statement-signed-iran ambassadors-return ambassadors-return-accepted;",
		"23-25 IRN 0; PAK 2 " + stand + ";",
		"26 IRN 0 + ambassador-of-iran-back return-of-iran-reported thanks-iran; PAK 0 + ambassador-of-pakistan-back return-of-pakistan-reported;",
		"27 IRN 0 + condemned-iran; PAK 0 + condemned-pakistan;",
		"28 IRN 0; PAK 0;",
		"29 IRN 0; PAK 0 + visit-held liaison-officers mechanism;",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestWhatAllCompleted: an undertaking in force, approved minutes and a signed
// statement are a step of every side, by the one note that completed them.
func TestWhatAllCompleted(t *testing.T) {
	w := founded(t, "pak-irn", "PAK")
	terms := func(id note.ID) map[string]any { return map[string]any{"terms": w.reg.Entry(id).Content.String()} }
	group := w.say("IRN", "group/convene", nil, map[string]any{"form": "commission", "name": "Border commission", "level": "directors"})
	minutes := w.say("IRN", "group/minutes", &group, map[string]any{"held": "2024-01-29", "items": []any{map[string]any{"as": "noted"}}})
	w.say("IRN", "group/approve", &group, terms(minutes))
	approved := w.say("PAK", "group/approve", &group, terms(minutes))
	moment := "2024-02-02T12:00:00+05:00[Asia/Karachi]"
	text := w.say("PAK", "statement/propose", nil, map[string]any{"clauses": []any{map[string]any{"topic": "trust"}}, "release": moment})
	signed := func(by string) note.ID {
		fields := terms(text)
		fields["release"] = moment
		return w.say(by, "statement/sign", &text, fields)
	}
	signed("PAK")
	last := signed("IRN")
	v, err := Climb(w, w.docs.ID(), "", "2024-01-29")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range v.Days[0].Sides {
		for _, id := range []note.ID{approved, last} {
			if n := len(slices.DeleteFunc(slices.Clone(s.Steps), func(e ladder.Entry) bool { return e.Note != id })); n != 1 {
				t.Errorf("%s: %s is %d steps: %+v", s.Party, id.Short(), n, s.Steps)
			}
		}
	}
}
