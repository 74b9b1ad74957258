package audit_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/audit"
	"detente/internal/audittest"
	"detente/note"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProveAndCheck(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	w.Story()
	irn, pak := w.Parties["IRN"], w.Parties["PAK"]
	id := note.ID{Origin: irn.Origin(), Index: 1}
	dir := filepath.Join(t.TempDir(), "out")
	// The other side proves what it was told.
	p, err := audit.Prove(pak.Source(), pak.Docs, id, dir, note.PartMove, note.PartContent)
	if err != nil {
		t.Fatal(err)
	}
	if p.Head.Size != 3 || len(p.Receipts) != 1 || p.Receipts[0] != "PAK" || p.Lacking != nil {
		t.Fatalf("%+v", p)
	}
	leaf, proof, policy := read(t, p.Leaf), read(t, p.Proof), read(t, p.Policy)
	plains := map[string][]byte{note.PartMove: read(t, p.Plain[note.PartMove]), note.PartContent: read(t, p.Plain[note.PartContent])}
	c, err := audit.Check(leaf, proof, policy, plains)
	if err != nil {
		t.Fatal(err)
	}
	if c.Header.ID() != id || len(c.Receipts) != 1 || strings.Join(c.Parts, " ") != "content move" {
		t.Fatalf("%+v", c)
	}
	for what, b := range map[string][]byte{"leaf": leaf, "proof": proof, "move": plains[note.PartMove], "content": plains[note.PartContent]} {
		for i := 0; i < len(b); i += 1 + len(b)/40 {
			b[i] ^= 1
			if _, err := audit.Check(leaf, proof, policy, plains); err == nil {
				t.Errorf("%s: a flip at byte %d of %d goes unnoticed", what, i, len(b))
			}
			b[i] ^= 1
		}
	}
	if _, err := audit.Prove(pak.Source(), pak.Docs, id, dir, note.PartMove); err != nil {
		t.Errorf("the same proof again: %v", err)
	}
	if _, err := audit.Prove(irn.Source(), irn.Docs, note.ID{Origin: pak.Origin(), Index: 2}, dir); err == nil {
		t.Error("a policy of another feed was written over")
	}
	if _, err := audit.Prove(pak.Source(), pak.Docs, note.ID{Origin: irn.Origin(), Index: 99}, t.TempDir()); err == nil {
		t.Error("a note that is not there was proven")
	}
	// The annex comes from a file, through its seal.
	annex := note.ID{Origin: pak.Origin(), Index: 2}
	if p, err = audit.Prove(irn.Source(), irn.Docs, annex, t.TempDir(), "attachment/1"); err != nil || !bytes.Equal(read(t, p.Plain["attachment/1"]), make([]byte, 100_000)) {
		t.Errorf("attachment: %v", err)
	}
}

// A note that nobody has receipted yet can be proven, and the proof says so.
func TestProveWithoutReceipt(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	w.Write("PAK", audittest.Draft{Act: "line/test", Fields: map[string]any{"use": "exercise"}})
	pak := w.Parties["PAK"]
	p, err := audit.Prove(pak.Source(), pak.Docs, note.ID{Origin: pak.Origin()}, t.TempDir())
	if err != nil || len(p.Receipts) != 0 || len(p.Lacking) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
}

func TestExport(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	w.Story()
	pak := w.Parties["PAK"]
	dir := filepath.Join(t.TempDir(), "out")
	list, err := audit.Export(context.Background(), pak.Store, pak.Docs, dir)
	if err != nil || len(list) != 2 || list[0].Origin != w.Parties["IRN"].Origin() || len(list[0].Receipts) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, name := range []string{"IRN.1/checkpoint", "PAK.1/checkpoint", "PAK.1/policy", "documents/charter-" + w.Channel.String()} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := audit.Export(context.Background(), pak.Store, pak.Docs, dir); err == nil {
		t.Error("an export was written over")
	}
}
