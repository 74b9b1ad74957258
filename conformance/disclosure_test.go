package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"detente/audit"
	"detente/internal/audittest"
	"detente/matter"
	"detente/note"
)

// disclosure makes the folder of a note of IRN that PAK discloses by IRN's
// consent.
func disclosure(t *testing.T) string {
	t.Helper()
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	w.Story()
	letter := w.Send("IRN", audittest.Draft{Act: "message/send", Fields: map[string]any{"form": "letter"},
		Texts: map[string]note.Wording{"subject": {"en": "S"}, "body": {"en": "For whom it concerns."}}})[0]
	consent := w.Send("IRN", audittest.Draft{Act: matter.ConsentAct, Fields: map[string]any{"note": letter.String(), "to": "A Reporter"},
		Texts: map[string]note.Wording{"body": {"en": "As agreed."}}})[0]
	p := w.Parties["PAK"]
	files, err := audit.Disclose(p.Source(), p.Docs, audit.Disclosure{Note: letter, Consent: &consent, By: "PAK", To: "A Reporter"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := audit.WriteFolder(dir, files); err != nil {
		t.Fatal(err)
	}
	return dir
}

// flips calls do for every file under dir with a byte of it flipped, at a few
// places and, of what is short, at all.
func flips(t *testing.T, dir string, do func(name string, at int)) {
	t.Helper()
	for _, folder := range []string{"note", "consent"} {
		files, err := filepath.Glob(filepath.Join(dir, folder, "*"))
		if err != nil || len(files) != 5 {
			t.Fatal(files, err)
		}
		for _, path := range files {
			b := read(t, path)
			for at := 0; at < len(b); at += 1 + len(b)/12 {
				b[at] ^= 1
				if err := os.WriteFile(path, b, 0o644); err != nil {
					t.Fatal(err)
				}
				do(filepath.Join(folder, filepath.Base(path)), at)
				b[at] ^= 1
			}
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A program that imports only public packages checks a disclosure, offline.
func TestPublicPackagesCheckDisclosure(t *testing.T) {
	deps, err := exec.Command("go", "list", "-deps", "./disclosed").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(deps)) {
		dep = strings.TrimSpace(dep)
		if strings.HasPrefix(dep, "detente/") && strings.Contains(dep, "internal/") && dep != "detente/internal/jcs" || dep == "net" || dep == "detente/audit" {
			t.Errorf("the program depends on %s", dep)
		}
	}
	dir := disclosure(t)
	program := tool(t, "./disclosed")
	out, err := exec.Command(program, dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "IRN body (en): For whom it concerns.") || !strings.Contains(string(out), "IRN consents, for A Reporter") {
		t.Fatalf("%v\n%s", err, out)
	}
	flips(t, dir, func(name string, at int) {
		// A policy is not signed: some of its words are for people only.
		if out, err := exec.Command(program, dir).CombinedOutput(); err == nil && !strings.HasSuffix(name, "policy") {
			t.Errorf("%s: a flip at byte %d goes unnoticed\n%s", name, at, out)
		}
	})
}

// Tools that know C2SP and no Détente reach as far as the leaf: both notes are
// in the log that IRN signed, as PAK received it. From there a hash leads to the
// words, and a name in plain JSON from the consent to the note.
func TestC2SPToolsCheckDisclosure(t *testing.T) {
	dir := disclosure(t)
	verify := func(folder string) (leaf, move map[string]any, err error) {
		in := func(pattern string) []byte {
			found, err := filepath.Glob(filepath.Join(dir, folder, pattern))
			if err != nil || len(found) != 1 {
				t.Fatal(pattern, found, err)
			}
			return read(t, found[0])
		}
		policy, err := torchwood.ParsePolicy(in("policy"))
		if err != nil {
			return nil, nil, err
		}
		if err := torchwood.VerifyProof(policy, tlog.RecordHash(in("*.leaf")), in("*.tlog-proof")); err != nil {
			return nil, nil, err
		}
		if err := json.Unmarshal(in("*.leaf"), &leaf); err != nil {
			return nil, nil, err
		}
		for _, p := range leaf["parts"].([]any) {
			part := p.(map[string]any)
			sum := sha256.Sum256(in("*." + part["name"].(string) + ".json"))
			if hex.EncodeToString(sum[:]) != part["plain"] {
				t.Errorf("%s: the %s is another", folder, part["name"])
			}
		}
		return leaf, move, json.Unmarshal(in("*.move.json"), &move)
	}
	leaf, _, err := verify("note")
	if err != nil {
		t.Fatal(err)
	}
	said, move, err := verify("consent")
	if err != nil {
		t.Fatal(err)
	}
	id := leaf["origin"].(string) + "#" + fmt.Sprint(leaf["index"])
	fields := move["fields"].(map[string]any)
	if move["act"] != "message/consent" || fields["note"] != id || fields["to"] != "A Reporter" || said["origin"] != leaf["origin"] {
		t.Errorf("the consent is %v; want one to %s", move, id)
	}
	for _, folder := range []string{"note", "consent"} {
		files, err := filepath.Glob(filepath.Join(dir, folder, "*.leaf"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		b := read(t, files[0])
		b[len(b)/2] ^= 1
		if err := os.WriteFile(files[0], b, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := verify(folder); err == nil {
			t.Errorf("%s: a flipped leaf goes unnoticed", folder)
		}
	}
}
