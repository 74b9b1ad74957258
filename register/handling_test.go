package register

import (
	"maps"
	"testing"
)

// An answer may repeat what was added under a stricter label than the dossier's,
// and stands under that label where its author had seen it.
func TestAnAnswerStandsUnderWhatWasAdded(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	on := w.write("PAK", "dossier/share", nil, shareFields(1))
	w.see("IRN")
	before := w.write("IRN", "dossier/answer", &on, answers(1, "found"))
	more := maps.Clone(shareFields(1))
	delete(more, "expires")
	more["tlp"] = "red"
	w.write("PAK", "dossier/supplement", &on, more)
	w.see("IRN")
	after := w.write("IRN", "dossier/answer", &on, answers(2, "found"))
	r := w.alone()
	if a, b := r.Entry(before).Handling().TLP, r.Entry(after).Handling().TLP; a != "amber" || b != "red" {
		t.Errorf("the answer before stands under %s, the one after it under %s", a, b)
	}
}
