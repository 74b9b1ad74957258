package sim

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var mutants = flag.Bool("sim.mutants", false, "break the code in known ways, and want TestWorlds to find each")

// TestMutants shows that each invariant can fail: the code is broken, one line
// at a time, in a copy that only the compiler sees, and worlds are played
// until the breach is found. It takes some minutes:
//
//	go test ./internal/sim -run TestMutants -sim.mutants -v
func TestMutants(t *testing.T) {
	if !*mutants {
		t.Skip("only with -sim.mutants")
	}
	for _, m := range []struct{ name, file, old, new, finds string }{
		{"a note is not committed", "internal/node/submit.go", "if err := n.commit(ctx, b); err != nil {", "if err := error(nil); err != nil {", "durable"},
		{"a received leaf is receipted and not committed", "internal/node/receive.go", "if err := n.commit(ctx, b); err != nil {", "if err := error(nil); err != nil {", "receipts"},
		{"a receipt leaves without the journal", "internal/node/receive.go", "if err := n.journal.Record(t.entries...); err != nil {", "if err := error(nil); err != nil {", "receipts"},
		{"leaves are not held against the signed root", "feed/advance.go", "if root := next.Root(); root != head.Root {", "if root := next.Root(); false && root != head.Root {", "receipts"},
		{"notes are folded as they come", "register/fold.go", "at, _ := slices.BinarySearchFunc(m.Entries, e, compare)", "at := len(m.Entries)", "picture"},
		{"one acceptance is enough", "matter/undertaking.go", "if !slices.ContainsFunc(s.Accepted, func(a Said) bool { return a.Party == p }) {", "if false && !slices.ContainsFunc(s.Accepted, func(a Said) bool { return a.Party == p }) {", "bound"},
		{"a crossing is resolved unseen", "matter/undertaking.go", "if id != in.ID && !in.Saw(id) {", "if false && id != in.ID && !in.Saw(id) {", "crossed"},
		{"what is placed is settled", "register/order.go", "!r.covers(p, own, e.ID.Index)", "false", "settled"},
		{"a node acknowledges nothing", "internal/node/ack.go", "func (c *channel) ackDue() bool {", "func (c *channel) ackDue() bool {\n\tif c != nil {\n\t\treturn false\n\t}", "converge"},
		{"missing payloads are not asked for", "internal/node/channel.go", "return list[:min(len(list), pouch.MaxWants)]", "return list[:0*pouch.MaxWants]", "converge"},
	} {
		t.Run(m.name, func(t *testing.T) {
			root, err := filepath.Abs("../..")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(root, filepath.FromSlash(m.file))
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), m.old); n != 1 {
				t.Fatalf("%s holds %q %d times; want it once: mend this table", m.file, m.old, n)
			}
			dir := t.TempDir()
			broken, overlay := filepath.Join(dir, "broken.go"), filepath.Join(dir, "overlay.json")
			if err := os.WriteFile(broken, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(map[string]map[string]string{"Replace": {path: broken}})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(overlay, b, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("go", "test", "-vet=off", "-overlay", overlay, "-run", "TestWorlds", ".", "-sim.seeds", "600").CombinedOutput()
			if err == nil {
				t.Fatalf("600 worlds did not find it")
			}
			if !strings.Contains(string(out), ": "+m.finds+": ") {
				t.Errorf("found, but not by the invariant %s:\n%.2000s", m.finds, out)
			}
			for line := range strings.Lines(string(out)) {
				if strings.Contains(line, "seed ") {
					t.Logf("%.300s", line)
					break
				}
			}
		})
	}
}
