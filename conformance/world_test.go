package conformance

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"detente/audit"
	"detente/internal/audittest"
	"detente/note"
)

// exported is a world of two parties, and the logs that PAK has exported.
type exported struct {
	*audittest.World
	dir   string
	feeds []audit.Exported
}

// export makes feeds of more than one tile.
func export(t *testing.T) *exported {
	t.Helper()
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	w.Story()
	drafts := make([]audittest.Draft, 300)
	for i := range drafts {
		drafts[i] = audittest.Draft{Act: "line/test", Fields: map[string]any{"use": "exercise"}}
	}
	w.Batch = 50
	w.Send("IRN", drafts...)
	w.Send("PAK", drafts[:20]...)
	p := w.Parties["PAK"]
	e := &exported{World: w, dir: filepath.Join(t.TempDir(), "logs")}
	var err error
	if e.feeds, err = audit.Export(context.Background(), p.Store, p.Docs, e.dir); err != nil {
		t.Fatal(err)
	}
	if len(e.feeds) != 2 || e.feeds[0].Size <= 256 || len(e.feeds[0].Receipts) != 1 {
		t.Fatalf("exported %+v", e.feeds)
	}
	return e
}

// proven is a note that PAK has proven, and its files.
type proven struct {
	audit.Proof
	leaf, file, policy []byte
}

// prove proves a note and reads the files back.
func (e *exported) prove(t *testing.T, origin string, index uint64) proven {
	t.Helper()
	p := e.Parties["PAK"]
	out, err := audit.Prove(p.Source(), p.Docs, note.ID{Origin: origin, Index: index}, t.TempDir(), note.PartMove)
	if err != nil {
		t.Fatal(err)
	}
	return proven{*out, read(t, out.Leaf), read(t, out.Proof), read(t, out.Policy)}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// flipLeaf changes a byte of a leaf in the first bundle of an exported feed,
// and returns how to put it back.
func flipLeaf(t *testing.T, dir string) (mend func()) {
	t.Helper()
	path := filepath.Join(dir, "tile", "entries", "000")
	if _, err := os.Stat(path); err != nil {
		partial, err := filepath.Glob(path + ".p/*")
		if err != nil || len(partial) != 1 {
			t.Fatal(partial, err)
		}
		path = partial[0]
	}
	b := read(t, path)
	b[100] ^= 1
	write := func() {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write()
	return func() { b[100] ^= 1; write() }
}

// absent skips the test for want of a tool, or fails where all are wanted.
func absent(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("DETENTE_CONFORMANCE") == "1" {
		t.Fatalf("%s: %v", what, err)
	}
	t.Skipf("%s: %v", what, err)
}

var tools struct {
	sync.Mutex
	dir string
}

// tool builds a command of this module.
func tool(t *testing.T, path string) string {
	t.Helper()
	tools.Lock()
	defer tools.Unlock()
	if tools.dir == "" {
		var err error
		if tools.dir, err = os.MkdirTemp("", "conformance"); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(tools.dir, filepath.Base(path))
	if _, err := os.Stat(out); err == nil {
		return out
	}
	if b, err := exec.Command("go", "build", "-o", out, path).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", path, err, b)
	}
	return out
}

func TestMain(m *testing.M) {
	code := m.Run()
	if strings.Contains(tools.dir, "conformance") {
		os.RemoveAll(tools.dir)
	}
	os.Exit(code)
}
