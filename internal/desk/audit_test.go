package desk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/audit"
	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/nodetest"
	"detente/internal/officer"
	"detente/note"
)

// verify reads the whole record of a desk's node.
func verify(t *testing.T, d *Desk) audit.Report {
	t.Helper()
	dir := d.n.Dir()
	r, err := audit.Verify(t.Context(), audit.Source{Store: d.n.Store(), Journal: d.n.Journal(), Box: d.n.Box(), Party: d.n.Party(), Parts: filepath.Join(dir, "parts"), House: filepath.Join(dir, "house")}, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestVerifyReleases lets notes leave by releases, with files, commitments and
// all, and wants each to be found sound by what the note itself says, also once
// its words are erased; and one that left around the desk to be named.
func TestVerifyReleases(t *testing.T) {
	clock := time.Date(2024, 1, 22, 3, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	nodetest.Found(t, dir)
	n, err := node.Open(t.Context(), node.Config{Dir: filepath.Join(dir, "PAK"), Now: func() time.Time { clock = clock.Add(time.Second); return clock }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	d := New(n)
	if _, err := d.Send(t.Context(), words("before there were officers")); err != nil {
		t.Fatal(err)
	}
	drafter, first, second := staff(t, d)
	leave := func(in Draft) note.ID {
		t.Helper()
		r := asked(t, d, drafter, in)
		_, ticket, err := d.Approve(first.Context(), r.Draft, first.Release(r.Digest))
		if err == nil && r.Needs == 2 {
			_, ticket, err = d.Approve(second.Context(), r.Draft, second.Release(r.Digest))
		}
		if err != nil || ticket == nil {
			t.Fatal(ticket, err)
		}
		return ticket.ID
	}
	annex := filepath.Join(t.TempDir(), "annex.txt")
	if err := os.WriteFile(annex, []byte("an annex"), 0o600); err != nil {
		t.Fatal(err)
	}
	annexed := words("with an annex")
	annexed.Attach = []string{annex}
	sent := leave(annexed)
	leave(Draft{Act: "line/test", Given: map[string][]string{"use": {"exercise"}}})
	opened := leave(Draft{Act: "handover/open", Given: map[string][]string{"what": {"lists"}, "commit-by": {"none"}, "reveal-by": {"none"}}, Texts: map[string]note.Wording{"terms": {"en": "Lists."}}})
	leave(Draft{Act: "handover/commit", Attach: []string{annex}, Basis: &note.Basis{Mark: "invented", Line: "a list"}, Matter: opened.Short(), Texts: map[string]note.Wording{"list": {"en": "a list"}}})
	if r := verify(t, d); !r.OK() || r.Released != 4 {
		t.Fatalf("%d releases, %q", r.Released, r.Findings)
	}
	if err := d.Erase(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, d); !r.OK() || r.Released != 4 || r.Payloads.Erased != 2 {
		t.Errorf("erased: %d releases, %q", r.Released, r.Findings)
	}

	// Around the desk, straight to the node.
	out, err := d.Prepare(words("around the desk"))
	if err != nil {
		t.Fatal(err)
	}
	around, err := d.n.Submit(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	left := "it left without a release: the rules of then wanted 1"
	if r := verify(t, d); len(r.Findings) != 1 || !strings.Contains(r.Findings[0].What, left) {
		t.Errorf("around the desk: %q", r.Findings)
	}
	// The release of another, laid beside it, does not make it a released one.
	other := note.Sum([]byte("another draft"))
	a := first.Release(other)
	if _, err := d.n.House().Append(first.Context(), house.Release, officer.Step{Assertion: &a, Digest: other, Draft: "abc"}); err != nil {
		t.Fatal(err)
	}
	e, err := d.n.House().Append(t.Context(), house.Released, officer.Step{Digest: other, Draft: "abc", Releases: []house.ID{1}})
	if err == nil {
		_, err = d.n.House().Append(t.Context(), house.Sent, officer.Step{About: e.ID, Draft: "abc", Note: &around.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	r := verify(t, d)
	for _, want := range []string{"nobody had asked", "is not the text of draft abc", "0 released it soundly"} {
		found := false
		for _, f := range r.Findings {
			found = found || strings.Contains(f.What, want)
		}
		if !found {
			t.Errorf("want %q, found %q", want, r.Findings)
		}
	}
}
