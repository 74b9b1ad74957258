package conformance

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// A script that shares no code with anything here checks a proof.
func TestNodeScript(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		absent(t, "node", err)
	}
	e := export(t)
	check := func(p proven) (string, error) {
		out, err := exec.Command(node, "check-proof.mjs", p.Leaf, p.Proof.Proof, p.Policy).CombinedOutput()
		return string(out), err
	}
	for _, f := range e.feeds {
		p := e.prove(t, f.Origin, 7)
		if out, err := check(p); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for what, path := range map[string]string{"leaf": p.Leaf, "proof": p.Proof.Proof} {
			b := read(t, path)
			mark := []byte("— ")
			places := []int{len(b) / 2, 30}
			if what == "proof" {
				// A hash of the path, the root, and the Ed25519 signatures of author
				// and receipt; the ML-DSA-44 ones are not read by the script.
				text := bytes.Index(b, []byte(f.Origin))
				places = []int{50, text + len(f.Origin) + 10, bytes.Index(b, mark) + len(mark) + len(f.Origin) + 20,
					bytes.Index(b, []byte(p.Receipts[0]+"/receipt ")) + 40}
			}
			for _, at := range places {
				if at >= len(b) {
					t.Fatal("no such place")
				}
				flipped := bytes.Clone(b)
				if flipped[at] == 'A' {
					flipped[at] = 'B'
				} else {
					flipped[at] = 'A'
				}
				if err := os.WriteFile(path, flipped, 0o644); err != nil {
					t.Fatal(err)
				}
				if out, err := check(p); err == nil {
					t.Errorf("%s, byte %d: accepted\n%s", what, at, out)
				}
			}
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := check(p); err != nil {
			t.Errorf("not put back: %s", out)
		}
	}
}
