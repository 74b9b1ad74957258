package desk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/internal/house"
	"detente/internal/node"
	"detente/note"
)

func press(words string) Draft {
	d := letter
	d.From = &house.Press{Date: "2024-01-19", Digest: note.Sum(nil), Span: words, Text: "article.txt"}
	d.Quotes = []note.Quote{{Source: "article.txt", Speaker: "A spokesperson", Words: words}}
	return d
}

// TestPressDraftOutlivesACrash takes the folder as it is when the note is on disk
// and nothing has been entered of it yet: there the draft must be found, and be
// entered as the note that it became, once.
func TestPressDraftOutlivesACrash(t *testing.T) {
	founded := open(t).n.Dir()
	dir, after := filepath.Join(t.TempDir(), "PAK"), filepath.Join(t.TempDir(), "PAK")
	if err := os.CopyFS(dir, os.DirFS(founded)); err != nil {
		t.Fatal(err)
	}
	var copied error
	n, err := node.Open(t.Context(), node.Config{Dir: dir, At: func(point string) {
		if point == "journaled" {
			copied = os.CopyFS(after, os.DirFS(dir))
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := New(n).Send(t.Context(), press("The words."))
	if err := errors.Join(err, copied, n.Close()); err != nil {
		t.Fatal(err)
	}
	if n, err = node.Open(t.Context(), node.Config{Dir: after}); err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	wrote := uint64(0)
	if err := n.Read(n.Channels()[0], func(s *node.Snapshot) { wrote = s.Register.Size(s.Docs.Epoch("PAK")) }); err != nil || wrote != 1 {
		t.Fatalf("%d notes, %v", wrote, err)
	}
	kept, err := New(n).Drafts()
	if err != nil || len(kept) != 1 || kept[0].Note != Sending || kept[0].Draft.From == nil || kept[0].Draft.From.Span != "The words." {
		t.Fatalf("%+v, %v", kept, err)
	}
	if _, err := New(n).Release(t.Context(), kept[0].ID, true); err == nil || !strings.Contains(err.Error(), "it was sent already") {
		t.Errorf("it was sent twice: %v", err)
	}
	if err := New(n).Resume(t.Context()); err != nil {
		t.Error(err)
	}
	made, err := house.Read[house.Made](n.House(), house.Confirmed)
	if err != nil || len(made) != 1 || made[0].Value.From.Span != "The words." || made[0].Value.Note != sent.ID {
		t.Errorf("%+v, %v", made, err)
	}
}

// TestEraseReachesDrafts wants no draft to keep the words of a note that were
// erased, those of a commitment that was revealed too; and others to stay.
func TestEraseReachesDrafts(t *testing.T) {
	d := open(t)
	send := func(in Draft) (string, note.ID) {
		t.Helper()
		id, err := d.Keep(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := d.Release(t.Context(), id, false)
		if err != nil {
			t.Fatal(err)
		}
		return id, sent.ID
	}
	left := func() (out []string) {
		t.Helper()
		kept, err := d.Drafts()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range kept {
			out = append(out, k.ID)
		}
		slices.Sort(out)
		return out
	}
	other, _ := send(letter)
	first, sent := send(letter)
	direct, err := d.Send(t.Context(), press("The words."))
	if err != nil {
		t.Fatal(err)
	}
	if len(left()) != 3 {
		t.Fatal(left())
	}
	for _, id := range []note.ID{sent, direct.ID} {
		if err := d.Erase(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if got := left(); !slices.Equal(got, []string{other}) {
		t.Errorf("%v are left; want %s", got, other)
	}
	if !inFolder(t, d.n.Dir(), other) {
		t.Error("the test looks in the wrong place")
	}
	if inFolder(t, d.n.Dir(), first) {
		t.Error("the draft is deleted, and still in the folder")
	}
	if err := d.Erase(t.Context(), sent); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("there is nothing more to erase: %v", err)
	}
}

// TestEraseOfWhatWasRevealed wants the words to be gone with the draft of the
// note that committed to them.
func TestEraseOfWhatWasRevealed(t *testing.T) {
	desks := pair(t)
	pak, irn := desks["PAK"], desks["IRN"]
	meet := func() {
		for range 3 {
			carry(t, pak, irn)
			carry(t, irn, pak)
		}
	}
	opened, err := pak.Send(t.Context(), Draft{Act: "handover/open", Given: map[string][]string{"what": {"lists"}, "commit-by": {"none"}, "reveal-by": {"none"}}, Texts: map[string]note.Wording{"terms": {"en": "Lists."}}})
	if err != nil {
		t.Fatal(err)
	}
	meet()
	on := opened.ID.Short()
	for _, d := range desks {
		id, err := d.Keep(t.Context(), Draft{Act: "handover/commit", Matter: on, Texts: map[string]note.Wording{"list": {"en": "a list"}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Release(t.Context(), id, false); err != nil {
			t.Fatal(err)
		}
	}
	meet()
	revealed, err := pak.Send(t.Context(), Draft{Act: "handover/reveal", Matter: on})
	if err != nil {
		t.Fatal(err)
	}
	if err := pak.Erase(t.Context(), revealed.ID); err != nil {
		t.Fatal(err)
	}
	if kept, err := pak.Drafts(); err != nil || len(kept) != 0 {
		t.Errorf("the words are in %+v, %v", kept, err)
	}
}
