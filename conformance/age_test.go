package conformance

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"detente/audit"
	"detente/note"
)

// The stock age command opens what an addressee was sent.
func TestAge(t *testing.T) {
	e := export(t)
	age := tool(t, "filippo.io/age/cmd/age")
	dir := t.TempDir()
	identity := filepath.Join(dir, "identity")
	pak := e.Parties["PAK"]
	if err := os.WriteFile(identity, []byte(pak.Seal.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	opened := 0
	for _, origin := range []string{e.Parties["IRN"].Origin(), pak.Origin()} {
		for index := range uint64(3) {
			leaf, err := pak.Store.Entry(note.ID{Origin: origin, Index: index})
			if err != nil {
				t.Fatal(err)
			}
			h, err := note.Parse(leaf)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range h.Parts {
				path := audit.PartPath(filepath.Join(pak.Dir, "parts"), part.Sealed)
				if p, err := pak.Store.Part(part.Sealed); err != nil {
					t.Fatal(err)
				} else if p.Sealed != nil {
					path = filepath.Join(dir, part.Sealed.String())
					if err := os.WriteFile(path, p.Sealed, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				cmd := exec.Command(age, "-d", "-i", identity, path)
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				plain, err := cmd.Output()
				if err != nil {
					t.Fatalf("%s of %s: %v\n%s", part.Name, h.ID(), err, &stderr)
				}
				if note.Sum(plain) != part.Plain {
					t.Errorf("%s of %s: age opens another text", part.Name, h.ID())
				}
				opened++
			}
		}
	}
	if opened < 10 {
		t.Errorf("opened %d payloads", opened)
	}
}
