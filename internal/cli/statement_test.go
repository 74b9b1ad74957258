package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/audit"
	"detente/internal/audittest"
	"detente/note"
)

// A reporter checks the folder of a statement with nothing but its files.
func TestCheckStatement(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	const moment = "2024-01-22T12:00:00+05:00[Asia/Karachi]"
	proposal := w.Send("PAK", audittest.Draft{Act: "statement/propose", Fields: map[string]any{"clauses": []any{map[string]any{"topic": "ambassadors"}}, "release": moment},
		Texts: map[string]note.Wording{"clause/1": {"en": "The ambassadors return."}}})[0]
	w.Ack("IRN")
	terms := w.Parties["PAK"].Reg.Entry(proposal).Content.String()
	signatures := map[string]note.ID{}
	for _, party := range w.Codes {
		signatures[party] = w.Send(party, audittest.Draft{Act: "statement/sign", Matter: &proposal, Fields: map[string]any{"terms": terms, "release": moment}})[0]
	}
	dir := filepath.Join(t.TempDir(), "out")
	p := w.Parties["PAK"]
	files, _, err := audit.StatementFiles(p.Source(), p.Docs, proposal, signatures)
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.WriteFolder(dir, files); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runHere("check", dir)
	if code != ExitOK || errs != "" {
		t.Fatalf("code %d, %s", code, errs)
	}
	for _, want := range []string{"EXERCISE", "for release at 2024-01-22T07:00:00Z", terms, "IRN signed as IRN#1", "PAK signed as PAK#1", "words of its identity key"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if code, out, _ := runHere("check", "--json", dir); code != ExitOK || !strings.Contains(out, `"digest": "`+terms) {
		t.Errorf("code %d: %s", code, out)
	}
	// One signature can be checked by itself, too.
	if code, out, _ := runHere("check", filepath.Join(dir, "signatures", "IRN")); code != ExitOK || !strings.Contains(out, "IRN#1 is in the log") {
		t.Errorf("code %d: %s", code, out)
	}
	text := filepath.Join(dir, "text.en.txt")
	if err := os.WriteFile(text, []byte("The ambassadors stay.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := runHere("check", dir); code != ExitFound || !strings.Contains(out, "WRONG: text.en.txt") {
		t.Errorf("code %d: %s", code, out)
	}
}
