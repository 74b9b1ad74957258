// Package nodetest makes nodes for the tests of what stands on one.
package nodetest

import (
	"path/filepath"
	"testing"

	"detente/charter"
	"detente/internal/node"
)

// Found makes the folders of PAK and IRN under dir, on a channel of the two.
// Nothing is open after it.
func Found(tb testing.TB, dir string) {
	tb.Helper()
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	c := charter.Charter{Exercise: true, Languages: []string{"en"}, Name: "Hotline", Purpose: "De-escalation", Quota: charter.Quota{MaxBytes: 1 << 30, MaxPending: 100, NotesPerHour: 1000}, Version: charter.Version}
	parties := []string{"IRN", "PAK"}
	var docs [][]byte
	for _, p := range parties {
		cred, err := node.Init(filepath.Join(dir, p), node.InitOptions{Party: p, Name: p})
		check(err)
		c.Members = append(c.Members, charter.Member{Credence: cred.Digest(), Identity: cred.Identity, Name: p, Party: p, Role: charter.Principal, Zone: "UTC",
			Offices: []charter.Office{{Binds: []string{"*"}, Code: "mfa", Name: "Ministry", Says: []string{"*"}}}})
		n := Open(tb, filepath.Join(dir, p))
		_, signed := n.Credence()
		docs = append(docs, signed)
		check(n.Close())
	}
	s, err := charter.NewSigned(c)
	check(err)
	for _, p := range parties {
		k, err := node.LoadIdentity(filepath.Join(dir, p+".identity"), "")
		check(err)
		check(s.Add(k, p))
	}
	for _, p := range parties {
		n := Open(tb, filepath.Join(dir, p))
		for _, d := range append(docs, s.Bytes()) {
			_, _, err := n.AddDocument(tb.Context(), d)
			check(err)
		}
		check(n.Close())
	}
}

// Open opens a node; who opens it closes it.
func Open(tb testing.TB, dir string) *node.Node {
	tb.Helper()
	n, err := node.Open(tb.Context(), node.Config{Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// New returns PAK's node, on a channel with IRN, until the test ends.
func New(tb testing.TB) *node.Node {
	tb.Helper()
	dir := tb.TempDir()
	Found(tb, dir)
	n := Open(tb, filepath.Join(dir, "PAK"))
	tb.Cleanup(func() {
		if err := n.Close(); err != nil {
			tb.Error(err)
		}
	})
	return n
}
