package house

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detente/charter"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
	"detente/seal"
)

var now = func() time.Time { return time.Date(2024, 1, 17, 9, 0, 0, 0, time.UTC) }

func record(t *testing.T) (*House, func() *House) {
	t.Helper()
	s, err := store.OpenMemory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	dir, box := filepath.Join(t.TempDir(), "house"), seal.NewBox([32]byte{1})
	again := func() *House { return New(s, box, dir, now) }
	return again(), again
}

// TestRecord wants what was appended, from many hands, to be there in order
// when the record is read again, and sound.
func TestRecord(t *testing.T) {
	h, again := record(t)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := h.Append(context.Background(), Confirmed, Made{Draft: "d", Note: note.ID{Origin: note.Origin("PAK", note.Sum(nil), 1)}}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, h := range []*House{h, again()} {
		list, err := Read[Made](h, Confirmed)
		if err != nil || len(list) != 20 {
			t.Fatalf("%d entries, %v", len(list), err)
		}
		for i, e := range list {
			if e.ID != ID(i+1) || !e.Time.Equal(now()) || e.Value.Draft != "d" || e.Prev.IsZero() != (i == 0) {
				t.Errorf("entry %d: %+v", i, e)
			}
		}
		if other, err := h.List(Paper); err != nil || len(other) != 0 {
			t.Errorf("of another kind: %v, %v", other, err)
		}
	}
	n, err := Check(t.Context(), h.store, h.box, "", func(Entry) {}, func(where, what string) { t.Errorf("%s: %s", where, what) })
	if n != 20 || err != nil {
		t.Errorf("%d entries, %v", n, err)
	}
	if _, err := h.Append(t.Context(), Paper, strings.Repeat("x", MaxBody)); err == nil {
		t.Error("an entry without a limit was kept")
	}
}

// TestLostEntry wants a new entry never to take the place of one that is gone,
// and one that does not open to be shown as such beside the others.
func TestLostEntry(t *testing.T) {
	h, again := record(t)
	for range 2 {
		if _, err := h.Append(t.Context(), Paper, Act{Act: "file/paper"}); err != nil {
			t.Fatal(err)
		}
	}
	// The ledger says that there was a third.
	if err := h.store.Commit(t.Context(), store.Batch{Meta: map[string]string{headKey: head{3, note.Sum(nil)}.String()}}); err != nil {
		t.Fatal(err)
	}
	e, err := again().Append(t.Context(), Paper, Act{Act: "file/paper"})
	if err != nil || e.ID != 4 {
		t.Fatalf("got %s, %v; want H4", e.ID, err)
	}
	h = New(h.store, seal.NewBox([32]byte{2}), "", now)
	list, err := h.List()
	if err != nil || len(list) != 3 || list[0].Kind != Unreadable || list[0].ID != 1 {
		t.Errorf("under another key: %+v, %v", list, err)
	}
	if items, err := h.Items(&matter.File); err != nil || len(items) != 0 {
		t.Errorf("under another key: %v, %v", items, err)
	}
}

// TestRewrittenEntry wants an entry that was written anew, under the right key
// and number, to be found by the entry after it.
func TestRewrittenEntry(t *testing.T) {
	var rows [2][]store.HouseRow
	box := seal.NewBox([32]byte{1})
	for i, name := range []string{"one", "other"} {
		s, err := store.OpenMemory(t.Name() + name)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		h := New(s, box, "", now)
		for range 3 {
			if _, err := h.Append(t.Context(), Paper, Act{Act: "file/paper", Fields: map[string]any{"subject": name}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.EachHouse(t.Context(), 1, func(r store.HouseRow) error { rows[i] = append(rows[i], r); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for at := range 3 {
		h, _ := record(t)
		mixed := []store.HouseRow{rows[0][0], rows[0][1], rows[0][2]}
		last := head{3, note.Sum(mixed[2].Box)}
		mixed[at] = rows[1][at]
		if err := h.store.Commit(t.Context(), store.Batch{House: mixed, Meta: map[string]string{headKey: last.String()}}); err != nil {
			t.Fatal(err)
		}
		var found []string
		if _, err := Check(t.Context(), h.store, h.box, "", func(Entry) {}, func(where, _ string) { found = append(found, where) }); err != nil {
			t.Fatal(err)
		}
		if want := where(uint64(min(at+2, 3))); !slices.Contains(found, want) {
			t.Errorf("entry %d written anew: found %q, want %s", at+1, found, want)
		}
	}
}

// TestItems folds entries by their table: a move that is not open, about what is
// not there, or about another kind, changes nothing.
func TestItems(t *testing.T) {
	h, _ := record(t)
	id := note.ID{Origin: note.Origin("IRN", note.Sum(nil), 1), Index: 3}
	add := func(about ID, act string, fields map[string]any) {
		t.Helper()
		if _, err := h.Append(t.Context(), KindOf(act), Act{About: about, Act: act, Fields: fields}); err != nil {
			t.Fatal(err)
		}
	}
	add(0, "file/paper", nil)                                 // H1
	add(0, "claim/enter", nil)                                // H2
	add(1, "file/match", map[string]any{"note": id.String()}) // H3
	add(2, "claim/link", map[string]any{"note": id.String()}) // H4
	add(2, "file/strike", nil)                                // H5: a claim is no file
	add(9, "claim/dispute", nil)                              // H6: there is no H9
	add(0, "claim/dispute", nil)                              // H7: it opens nothing
	add(1, "file/strike", nil)                                // H8
	add(1, "file/match", map[string]any{"note": id.String()}) // H9: it was struck
	add(0, "message/send", nil)                               // H10: no act that is in-house
	add(2, "claim/link", map[string]any{"note": "PAK#3"})     // H11: no name of a note
	files, err := h.Items(&matter.File)
	if err != nil || len(files) != 1 || len(files[0].Moves) != 2 || files[0].State.Status() != "struck" || *files[0].State.(*matter.FileState).Match != id {
		t.Errorf("files: %+v, %v", files[0], err)
	}
	claims, err := h.Items(&matter.Claim)
	if err != nil || len(claims) != 1 || claims[0].ID != 2 || claims[0].State.(*matter.ClaimState).Links[0] != id {
		t.Errorf("claims: %+v, %v", claims, err)
	}
}

func TestFiles(t *testing.T) {
	h, _ := record(t)
	path := filepath.Join(t.TempDir(), "scan.png")
	if err := os.WriteFile(path, []byte("an image"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := h.Keep(path)
	if err != nil {
		t.Fatal(err)
	}
	boxed, err := os.ReadFile(f.path(h.dir))
	if err != nil || strings.Contains(string(boxed), "image") {
		t.Errorf("on the disk: %q, %v", boxed, err)
	}
	if b, err := h.Open(f); string(b) != "an image" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
	boxed[len(boxed)-1] ^= 1
	if err := os.WriteFile(f.path(h.dir), boxed, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Open(f); err == nil {
		t.Error("a file that was changed is opened")
	}
	if _, err := h.Keep(t.TempDir()); err == nil {
		t.Error("a folder was kept")
	}
}

func TestReadCheck(t *testing.T) {
	d := note.Sum([]byte("a paper"))
	words := strings.Join(charter.Words(d, charter.CheckWords), " ")
	for s, ok := range map[string]bool{
		words: true, strings.ToUpper(words): true, strings.ReplaceAll(words, " ", ", "): true, strings.Join(charter.Words(d, charter.FingerprintWords), " "): true,
		d.String(): true, d.String()[:12]: true, strings.ToUpper(d.String()[:15]): true,
		"": false, d.String()[:11]: false, d.String() + "00": false, strings.TrimSuffix(words, strings.Fields(words)[5]): false,
	} {
		got, err := ReadCheck(s)
		if (err == nil) != ok || ok && string(got) != string(d[:len(got)]) {
			t.Errorf("%q: %x, %v", s, got, err)
		}
	}
}

// TestTextDigest wants every part of what a note says to count, and nothing else.
func TestTextDigest(t *testing.T) {
	digest := func(act string, fields map[string]any, texts map[string]note.Wording) note.Digest {
		d, err := TextDigest(act, fields, texts)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	fields, texts := map[string]any{"form": "letter"}, map[string]note.Wording{"body": {"en": "B", "fa": "ب"}, "subject": {"en": "S"}}
	want := digest("message/send", fields, texts)
	if digest("message/send", map[string]any{"form": "letter"}, map[string]note.Wording{"subject": {"en": "S"}, "body": {"fa": "ب", "en": "B"}}) != want {
		t.Error("the order counts")
	}
	for i, other := range []note.Digest{
		digest("message/correct", fields, texts), digest("message/send", nil, texts), digest("message/send", fields, nil),
		digest("message/send", fields, map[string]note.Wording{"body": {"en": "B"}, "subject": {"en": "S", "fa": "ب"}}),
	} {
		if other == want {
			t.Errorf("variant %d has the same digest", i)
		}
	}
}

// FuzzReadCheck reads what people type.
func FuzzReadCheck(f *testing.F) {
	f.Add("aardvark adroitness absurd adviser accrue aftermath")
	f.Add("00ff00ff00ff")
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := ReadCheck(s); err == nil && (len(b) < charter.CheckWords || len(b) > len(note.Digest{})) {
			t.Errorf("%q is %d bytes", s, len(b))
		}
	})
}
