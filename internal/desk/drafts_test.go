package desk

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"detente/charter"
	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/view"
	"detente/note"
)

// open founds a channel of two parties, and returns the desk of one of them.
func open(t *testing.T) *Desk {
	t.Helper()
	return pair(t)["PAK"]
}

// pair founds a channel of two parties, and returns the desks of both.
func pair(t *testing.T) map[string]*Desk {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	c := charter.Charter{Exercise: true, Languages: []string{"en"}, Name: "Hotline", Purpose: "De-escalation", Quota: charter.Quota{MaxBytes: 1 << 30, MaxPending: 100, NotesPerHour: 1000}, Version: charter.Version}
	for _, p := range []string{"IRN", "PAK"} {
		cred, err := node.Init(filepath.Join(dir, p), node.InitOptions{Party: p, Name: p})
		check(err)
		c.Members = append(c.Members, charter.Member{Credence: cred.Digest(), Identity: cred.Identity, Name: p, Party: p, Role: charter.Principal, Zone: "UTC",
			Offices: []charter.Office{{Binds: []string{"*"}, Code: "mfa", Name: "Ministry", Says: []string{"*"}}}})
	}
	s, err := charter.NewSigned(c)
	check(err)
	docs := [][]byte{}
	nodes := map[string]*node.Node{}
	for _, p := range []string{"IRN", "PAK"} {
		k, err := node.LoadIdentity(filepath.Join(dir, p+".identity"), "")
		check(err)
		check(s.Add(k, p))
		n, err := node.Open(t.Context(), node.Config{Dir: filepath.Join(dir, p)})
		check(err)
		_, signed := n.Credence()
		docs, nodes[p] = append(docs, signed), n
		t.Cleanup(func() { check(n.Close()) })
	}
	desks := map[string]*Desk{}
	for p, n := range nodes {
		for _, d := range append(docs, s.Bytes()) {
			_, _, err := n.AddDocument(t.Context(), d)
			check(err)
		}
		desks[p] = New(n)
	}
	return desks
}

var letter = Draft{Act: "message/send", Given: map[string][]string{"form": {"letter"}}, Texts: map[string]note.Wording{"subject": {"en": "S"}, "body": {"en": "B"}}}

// TestRelease sends one draft from many hands at a time, and wants one note.
func TestRelease(t *testing.T) {
	d := open(t)
	id, err := d.Keep(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	sent := 0
	for range 8 {
		wait.Go(func() {
			_, err := d.Release(context.Background(), id, false)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				sent++
			case !strings.Contains(err.Error(), "it was sent already, as PAK/"):
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if sent != 1 {
		t.Errorf("one draft was sent %d times", sent)
	}
}

// TestReleaseAfterACrash wants a draft that may have been sent to go again
// only when a person says so, and one that was refused to stay as it was.
func TestReleaseAfterACrash(t *testing.T) {
	d := open(t)
	id, err := d.Keep(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := d.Drafts()
	if err != nil {
		t.Fatal(err)
	}
	kept[0].Note = Sending
	if err := d.keep(t.Context(), kept[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Release(t.Context(), id, false); err == nil || !strings.Contains(err.Error(), "may have been sent already") {
		t.Errorf("got %v", err)
	}
	if _, err := d.Release(t.Context(), id, true); err != nil {
		t.Error(err)
	}
	if _, err := d.Release(t.Context(), id, true); err == nil || !strings.Contains(err.Error(), "it was sent already") {
		t.Errorf("got %v", err)
	}

	held := Draft{Act: "talk/held", Given: map[string][]string{"when": {"2024-01-19"}}}
	if id, err = d.Keep(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Release(t.Context(), id, false); err == nil || !strings.Contains(err.Error(), "as the record stands it would be out of order") {
		t.Errorf("got %v", err)
	}
	if kept, err = d.Drafts(); err != nil {
		t.Fatal(err)
	}
	for _, k := range kept {
		if k.ID == id && k.Note != "" {
			t.Errorf("a draft that was refused is marked %q", k.Note)
		}
	}
}

// TestMadeFrom wants a note that was made of a draft read from a press text to
// say so in-house, once, and another draft to leave nothing there.
func TestMadeFrom(t *testing.T) {
	d := open(t)
	read := letter
	read.From = &house.Press{Date: "2024-01-19", Digest: note.Sum(nil), Span: "The words.", Text: "article.txt"}
	read.Quotes = []note.Quote{{Source: "article.txt", Speaker: "A spokesperson", Words: "The words."}}
	var want []note.ID
	for _, in := range []Draft{letter, read} {
		id, err := d.Keep(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := d.Release(t.Context(), id, false)
		if err != nil {
			t.Fatal(err)
		}
		direct, err := d.Send(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		want = []note.ID{sent.ID, direct.ID}
	}
	made, err := house.Read[house.Made](d.n.House(), house.Confirmed)
	if err != nil || len(made) != 2 {
		t.Fatalf("%d entries, %v", len(made), err)
	}
	for i, m := range made {
		if m.Value.Note != want[i] || m.Value.From.Span != "The words." || len(m.Value.Quotes) != 1 || (m.Value.Draft == "") != (i == 1) {
			t.Errorf("entry %d: %+v", i, m.Value)
		}
		v, err := view.OneNote(d.n, d.n.Channels()[0], want[i])
		if err != nil || v.Made == nil || v.Made.From.Text != "article.txt" {
			t.Errorf("the note does not say so: %+v, %v", v, err)
		}
	}
}
