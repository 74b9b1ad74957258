package web

import (
	"path/filepath"
	"testing"

	"detente/charter"
	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/note"
)

// newNode opens the node of a party on a channel of two.
func newNode(t *testing.T) *node.Node {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	c := charter.Charter{Exercise: true, Languages: []string{"en"}, Name: "Hotline", Purpose: "De-escalation", Quota: charter.Quota{MaxBytes: 1 << 30, MaxPending: 100, NotesPerHour: 1000}, Version: charter.Version}
	parties := []string{"IRN", "PAK"}
	for _, p := range parties {
		cred, err := node.Init(filepath.Join(dir, p), node.InitOptions{Party: p, Name: p})
		check(err)
		c.Members = append(c.Members, charter.Member{Credence: cred.Digest(), Identity: cred.Identity, Name: p, Party: p, Role: charter.Principal, Zone: "UTC",
			Offices: []charter.Office{{Binds: []string{"*"}, Code: "mfa", Name: "Ministry", Says: []string{"*"}}}})
	}
	s, err := charter.NewSigned(c)
	check(err)
	var docs [][]byte
	for _, p := range parties {
		k, err := node.LoadIdentity(filepath.Join(dir, p+".identity"), "")
		check(err)
		check(s.Add(k, p))
		n, err := node.Open(t.Context(), node.Config{Dir: filepath.Join(dir, p)})
		check(err)
		_, signed := n.Credence()
		docs = append(docs, signed)
		if p == "PAK" {
			t.Cleanup(func() { check(n.Close()) })
			for _, d := range append(docs, s.Bytes()) {
				_, _, err := n.AddDocument(t.Context(), d)
				check(err)
			}
			return n
		}
		check(n.Close())
	}
	panic("PAK is no party")
}

var letter = desk.Draft{Act: "message/send", Given: map[string][]string{"form": {"letter"}}, Texts: map[string]note.Wording{"subject": {"en": "S"}, "body": {"en": "B"}}}

// with returns an officer with some roles.
func with(roles ...officer.Role) officer.Officer {
	return officer.Officer{ID: 1, Name: "An officer", Roles: roles}
}
