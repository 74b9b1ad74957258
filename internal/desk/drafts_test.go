package desk

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/nodetest"
	"detente/internal/store"
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
	dir := t.TempDir()
	nodetest.Found(t, dir)
	desks := map[string]*Desk{}
	for _, p := range []string{"IRN", "PAK"} {
		n := nodetest.Open(t, filepath.Join(dir, p))
		t.Cleanup(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
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
		if m.Value.Note != want[i] || m.Value.From.Span != "The words." || len(m.Value.Quotes) != 1 || m.Value.Draft == "" {
			t.Errorf("entry %d: %+v", i, m.Value)
		}
		v, err := view.OneNote(d.n, d.n.Channels()[0], want[i])
		if err != nil || v.Made == nil || v.Made.From.Text != "article.txt" {
			t.Errorf("the note does not say so: %+v, %v", v, err)
		}
	}
}

// inFolder reports whether the ledger in dir or its log holds words.
func inFolder(t *testing.T, dir, words string) bool {
	t.Helper()
	found := false
	for _, name := range []string{store.FileName, store.FileName + "-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(b, []byte(words))
	}
	return found
}

// TestDraftsAreBoxed wants nothing of a draft that is kept, amended or sent to
// be readable in the ledger or its log.
func TestDraftsAreBoxed(t *testing.T) {
	d := open(t)
	commit := Draft{Act: "handover/commit", Texts: map[string]note.Wording{"list": {"en": "a list of the missing"}}}
	id, err := d.Keep(t.Context(), commit)
	if err != nil {
		t.Fatal(err)
	}
	commit.Texts["list"]["en"] += ", and more"
	if _, err := d.Amend(t.Context(), id, commit, 0); err != nil {
		t.Fatal(err)
	}
	sent, err := d.Keep(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Release(t.Context(), sent, false); err != nil {
		t.Fatal(err)
	}
	if !inFolder(t, d.n.Dir(), id) {
		t.Fatal("the test looks in the wrong place")
	}
	for _, words := range []string{"list of the missing", "handover/commit", "message/send"} {
		if inFolder(t, d.n.Dir(), words) {
			t.Errorf("%q is in the folder in the clear", words)
		}
	}
}

// TestOldDraftsAreBoxed wants what an older version left in the clear to be boxed
// when the node opens; and of that, what cannot be read to be in nobody's way.
func TestOldDraftsAreBoxed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "PAK")
	if _, err := node.Init(dir, node.InitOptions{Party: "PAK", Name: "PAK"}); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for old, body := range map[string]string{"old": `{"act":"message/send","texts":{"body":{"en":"words of before"}}}`, "torn": `{"act":"words of before`} {
		if _, err := db.Exec("insert into draft_clear (id, created, act, body, note) values ($1, 1, 'message/send', $2, '')", old, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if !inFolder(t, dir, "words of before") {
		t.Fatal("the test looks in the wrong place")
	}
	if err := errors.Join(db.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if inFolder(t, dir, "words of before") {
		t.Error("the drafts of an older version are still in the clear")
	}
	d := New(n)
	kept, err := d.Drafts()
	if err != nil || len(kept) != 2 {
		t.Fatalf("%+v, %v", kept, err)
	}
	if k := kept[0]; k.ID != "old" || k.Draft.Texts["body"]["en"] != "words of before" || k.Created.UnixMicro() != 1 || k.Trouble != "" {
		t.Errorf("%+v", k)
	}
	for what, err := range map[string]error{
		"sent":    second(d.Release(t.Context(), "torn", true)),
		"printed": second(d.PrintDraft("torn", "en")),
		"amended": second(d.Amend(t.Context(), "torn", letter, 0)),
	} {
		if err == nil || !strings.Contains(err.Error(), "torn cannot be read: ") {
			t.Errorf("a draft that cannot be read was %s: %v", what, err)
		}
	}
	if err := d.Drop(t.Context(), "torn"); err != nil {
		t.Error(err)
	}
	if _, err := d.Release(t.Context(), "torn", false); err == nil || !strings.Contains(err.Error(), "there is no draft") {
		t.Errorf("it was not dropped: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
