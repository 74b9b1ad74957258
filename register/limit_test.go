package register

import (
	"runtime"
	"testing"

	"detente/note"
)

// alone folds what PAK and IRN wrote, IRN's feed first as far as it can be.
func (w *world) alone() *Register {
	return w.fold(func(left []string) string { return left[0] })
}

// One party can have so many notes on one matter, and takes no other's place;
// which of them count does not hang on the order in which they came.
func TestOnePartyCannotFillAMatter(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	report := w.write("PAK", "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
	w.see("IRN")
	var last note.ID
	for range wordLimit + 1 {
		last = w.write("IRN", "incident/protest", &report, nil)
	}
	w.see("PAK")
	answer := w.write("PAK", "incident/protest", &report, nil)
	r := w.alone()
	before := note.ID{Origin: last.Origin, Index: last.Index - 1}
	if a, b, c := r.Entry(before).Result, r.Entry(last).Result, r.Entry(answer).Result; a != Applied || b != OutOfOrder || c != Applied {
		t.Fatalf("the last note that there is room for is %s, the next %s, the other side's %s", a, b, c)
	}
	if got, why := r.Try(w.notes["IRN"][0].Header, w.notes["IRN"][0].Move, note.Digest{}); got != OutOfOrder {
		t.Errorf("one more would be %s (%s)", got, why)
	}

	late := w.register()
	late.Add(w.notes["PAK"][0])
	for i, n := range w.notes["IRN"] {
		if i%100 == 7 {
			n.Move, n.Trouble = nil, Missing
		}
		late.Add(n)
	}
	late.Add(w.notes["PAK"][1])
	for i, n := range w.notes["IRN"] {
		if i%100 == 7 {
			late.Replace(n)
		}
	}
	if w.picture(late) != w.picture(r) {
		t.Error("with payloads that came late the picture is another")
	}
}

// A request, a dossier and a statement take so much, and no more: a side that
// repeats itself cannot make the matter costly for all others.
func TestAMatterStaysSmall(t *testing.T) {
	for name, c := range map[string]struct {
		rounds int // for which there is room
		open   func(w *world) note.ID
		say    func(w *world, on note.ID) note.ID
	}{
		"citations": {512 / 64, func(w *world) note.ID {
			id := w.write("PAK", "request/make", nil, map[string]any{"for": "information", "to": "IRN", "needed-by": "none"})
			w.see("IRN")
			w.write("IRN", "request/accept", &id, w.terms(id))
			return id
		}, func(w *world, on note.ID) note.ID {
			var cites []any
			for range 64 {
				cites = append(cites, map[string]any{"dossier": on.String()})
			}
			return w.write("IRN", "request/progress", &on, map[string]any{"cites": cites})
		}},
		"answers": {64, func(w *world) note.ID {
			id := w.write("PAK", "dossier/share", nil, shareFields(1))
			w.see("IRN")
			return id
		}, func(w *world, on note.ID) note.ID {
			return w.write("IRN", "dossier/answer", &on, answers(1, "inquiring"))
		}},
		"proposals": {64, func(w *world) note.ID {
			id := w.write("PAK", "statement/draft", nil, statementFields("clauses"))
			w.see("IRN")
			return id
		}, func(w *world, on note.ID) note.ID {
			return w.write("IRN", "statement/propose", &on, statementFields("clauses", "release"))
		}},
	} {
		w := newWorld(t, "IRN", "PAK")
		on := c.open(w)
		var ids []note.ID
		for range c.rounds + 1 {
			ids = append(ids, c.say(w, on))
		}
		r := w.alone()
		if a, b := r.Entry(ids[c.rounds-1]), r.Entry(ids[c.rounds]); a.Result != Applied || b.Result != OutOfOrder {
			t.Errorf("%s: the last that there is room for is %s (%s), the next %s", name, a.Result, a.Reason, b.Result)
		}
	}
}

// What readings cost grows with the notes: of a matter four times as long
// they are not sixteen times the work.
func TestReadingsOfALongMatter(t *testing.T) {
	bytes := func(n int) uint64 {
		w := newWorld(t, "IRN", "PAK")
		report := w.write("PAK", "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
		w.see("IRN")
		for range n {
			w.write("IRN", "incident/protest", &report, nil)
		}
		r := w.alone()
		r.Current()
		var a, b runtime.MemStats
		runtime.ReadMemStats(&a)
		notes, err := r.Readings(w.parties(), w.heads())
		runtime.ReadMemStats(&b)
		if err != nil || notes[n].State.IsZero() {
			t.Fatalf("%v, or the last note is without a digest", err)
		}
		return b.TotalAlloc - a.TotalAlloc
	}
	if short, long := bytes(240), bytes(960); long > 10*short {
		t.Errorf("four times the notes take %d bytes in place of %d", long, short)
	}
}
