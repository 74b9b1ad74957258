package matter

import (
	"testing"
	"time"

	"detente/note"
)

// TestHandling: of several markings the strictest holds, and what cannot be
// read is red.
func TestHandling(t *testing.T) {
	const feb, mar = "2024-02-01T05:00:00+05:00[Asia/Karachi]", "2024-03-01T05:00:00+05:00[Asia/Karachi]"
	share := func(tlp, expires string, caveats ...any) *note.Move {
		m := &note.Move{Act: "dossier/share", Fields: map[string]any{"tlp": tlp, "expires": expires,
			"items": []any{map[string]any{"kind": "route", "source": "B", "information": "2"}}}}
		if caveats != nil {
			m.Fields["caveats"] = caveats
		}
		return m
	}
	on := note.ID{Origin: note.Origin("PAK", note.Sum(nil), 1)}
	answer := func(fields map[string]any) *note.Move {
		m := &note.Move{Act: "dossier/answer", Matter: &on, Fields: map[string]any{"answers": []any{map[string]any{"item": int64(1), "as": "found"}}}}
		for k, v := range fields {
			m.Fields[k] = v
		}
		return m
	}
	for _, c := range []struct {
		name  string
		moves []*note.Move
		want  string
	}{
		{"shared", []*note.Move{share("amber", "none", "not in court")}, "TLP:AMBER; not in court"},
		{"with an end", []*note.Move{share("clear", feb)}, "TLP:CLEAR; until " + feb},
		{"an answer stands under the dossier's", []*note.Move{share("amber", feb, "not in court"), answer(nil)}, "TLP:AMBER; not in court; until " + feb},
		{"an answer may be stricter", []*note.Move{share("green", mar, "a"), answer(map[string]any{"tlp": "amber+strict", "caveats": []any{"b", "a"}, "expires": feb})}, "TLP:AMBER+STRICT; a; b; until " + feb},
		{"and never less strict", []*note.Move{share("red", feb), answer(map[string]any{"tlp": "clear", "expires": "none"})}, "TLP:RED; until " + feb},
		{"an end, after none", []*note.Move{share("red", "none"), answer(map[string]any{"expires": mar})}, "TLP:RED; until " + mar},
		{"no such label", []*note.Move{share("blue", "none")}, "TLP:RED"},
		{"no such end", []*note.Move{share("clear", "soon")}, "TLP:RED"},
		{"no such answer", []*note.Move{share("clear", "none"), answer(map[string]any{"nonesuch": "x"})}, "TLP:RED"},
		{"an answer to nothing that is known", []*note.Move{answer(map[string]any{"tlp": "clear"})}, "TLP:RED"},
		{"no dossier", []*note.Move{{Act: "message/send", Fields: map[string]any{"form": "letter"}}}, ""},
	} {
		if got := HandlingOf(c.moves...).String(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	h := HandlingOf(share("clear", feb))
	at := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	if h.Expired(at) || !h.Expired(at.Add(time.Second)) || HandlingOf(share("clear", "none")).Expired(at) {
		t.Error("it is over at another time than it says")
	}
}

// A location finer than a district has no field to stand in.
func TestDistrict(t *testing.T) {
	for v, ok := range map[string]bool{
		"PK/Balochistan":                          true,
		"IR/Sistan and Baluchestan/Saravan":       true,
		"IR/سیستان و بلوچستان/سراوان/Saravan":     true,
		"IR/Sistan and Baluchestan/27.37N 62.33E": false,
		"IR/Sistan and Baluchestan/۲۷٫۳۷":         false,
		"PK/Balochistan/House 4":                  false,
		"Saravan":                                 false,
		"":                                        false,
	} {
		if why := checkDistrict(v); (why == "") != ok {
			t.Errorf("%q: %q", v, why)
		}
	}
}
