package audit_test

import (
	"strings"
	"testing"

	"detente/audit"
	"detente/internal/audittest"
	"detente/note"
	"detente/register"
)

// TestOpenMoveInHouse wants a move of an act that is in-house, which no peer
// should send, to be unreadable, with the reason, and not to be folded.
func TestOpenMoveInHouse(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	m := &note.Move{Act: "claim/enter", Fields: map[string]any{"outlet": "A daily", "date": "2024-01-18", "speaker": "A spokesperson"},
		Office: "mfa", Salt: strings.Repeat("0", 2*note.SaltSize), Version: note.Version}
	plain, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	h := &note.Header{Audience: []string{"IRN", "PAK"}, Charter: w.Channel, Exercise: true, Origin: w.Parties["IRN"].Origin(), Precedence: "routine",
		Parts: []note.Part{{Name: note.PartMove, Plain: note.Sum(plain)}}, Time: "2024-01-18T00:00:00Z", Version: note.Version}
	o, err := audit.OpenMove(h, plain)
	if err == nil || o.Move != nil || o.Trouble != register.Unreadable || !strings.Contains(o.Why, "claim is in-house") {
		t.Errorf("got %+v, %v", o, err)
	}
	r := register.New(audit.Rules(w.Parties["PAK"].Docs))
	r.Add(o)
	if e := r.Entry(h.ID()); e == nil || e.Result != register.NotFolded || !strings.HasPrefix(e.Reason, "unreadable: ") || len(r.Matters()) != 0 {
		t.Errorf("got %+v", e)
	}
}
