package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/matter"
	"detente/note"
	"detente/scenario"
	"detente/seal"
)

// TestFictional plays ten days with an outage, a courier, a fork and an
// erasure on real nodes. Run itself checks every note, every state that the
// story expects, and that the pictures are equal.
func TestFictional(t *testing.T) {
	s, err := scenario.Fictional()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var out bytes.Buffer
	if err := Run(t.Context(), Options{Dir: dir, Out: &out, Scenario: s}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{"The line of XBB is down.", "The line of XBB is up again.", "A courier brings XBB a pouch of XAA", "XCC has signed two histories",
		"XCC closes its feed on The Orren basin with its identity key (fork)", "are erased at XAA, XBB", "each applied but 4 that are meant not to be"} {
		if !strings.Contains(text, want) {
			t.Errorf("the transcript does not say %q", want)
		}
	}
	if strings.Contains(text, "Exercise 7") || strings.Contains(text, "DIFFER") {
		t.Error("the transcript has a name that is sealed, or pictures that differ")
	}
	checkSealed(t, dir)
	checkFork(t, dir)
}

// checkSealed opens what one side sealed to the consular section of another,
// with the key that was made for that, and wants it nowhere in clear.
func checkSealed(t *testing.T, dir string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "XAA.consular.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := seal.UnmarshalIdentity(b)
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Config{Dir: filepath.Join(dir, "XAA")})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close() //nolint:errcheck // it only reads
	var ids []note.ID
	for _, c := range n.Channels() {
		if err := n.Read(c, func(s *node.Snapshot) {
			for _, e := range s.Register.Entries() {
				if e.Move != nil && matter.SealedFor(e.Move.Act, "names", e.Move.Fields) != nil {
					ids = append(ids, e.ID)
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	opened := ""
	for _, id := range ids {
		c, _, err := n.Content(id)
		if err != nil {
			t.Fatal(err)
		}
		if c == nil || c.Texts["names"] == nil {
			continue // erased, or without names
		}
		words, err := desk.OpenNames(key, c.Texts["names"]["en"])
		if err != nil {
			t.Errorf("%s: %v", id.Short(), err)
		}
		opened += words
	}
	if opened != "Service number Exercise 7, as he says himself." {
		t.Errorf("the consular section of XAA opens %q", opened)
	}
}

// checkFork wants the proof in the ledger of everyone who reads the channel.
func checkFork(t *testing.T, dir string) {
	t.Helper()
	for _, party := range []string{"XAA", "XBB", "XCC", "XDD", "XFF"} {
		n, err := node.Open(t.Context(), node.Config{Dir: filepath.Join(dir, party)})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := n.Store().Forks()
		if err != nil {
			t.Fatal(err)
		}
		held := false
		for _, r := range rows {
			code, _, _, _ := note.ParseOrigin(r.Origin)
			held = held || code == "XCC"
		}
		if !held {
			t.Errorf("%s holds no proof that the feed of XCC forked", party)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}
