package audit_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/audit"
	"detente/feed"
	"detente/internal/audittest"
	"detente/matter"
	"detente/note"
)

// consented is a world in which IRN has written two notes, and consents to the
// disclosure of the first.
func consented(t testing.TB) (w *audittest.World, letter, consent note.ID) {
	w = audittest.New(t, t.TempDir(), "IRN", "PAK")
	text := func(s string) map[string]note.Wording {
		return map[string]note.Wording{"subject": {"en": "S"}, "body": {"en": s}}
	}
	letter = w.Send("IRN", audittest.Draft{Act: "message/send", Fields: map[string]any{"form": "letter"}, Texts: text("For one pair of eyes.")})[0]
	w.Send("IRN", audittest.Draft{Act: "message/send", Fields: map[string]any{"form": "letter"}, Texts: text("For no other.")})
	consent = consents(w, "IRN", letter, "A Reporter")
	return w, letter, consent
}

// consents sends what would be a consent.
func consents(w *audittest.World, from string, letter note.ID, to string) note.ID {
	return w.Send(from, audittest.Draft{Act: matter.ConsentAct, Fields: map[string]any{"note": letter.String(), "to": to},
		Texts: map[string]note.Wording{"body": {"en": "As agreed."}}})[0]
}

func disclose(t testing.TB, p *audittest.Party, letter note.ID, consent *note.ID) map[string][]byte {
	t.Helper()
	files, err := audit.Disclose(p.Source(), p.Docs, audit.Disclosure{Note: letter, Consent: consent, By: p.Code, To: "A Reporter"})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// resum writes SHA256SUMS anew, as somebody who changes a folder would.
func resum(files map[string][]byte) map[string][]byte {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name != "SHA256SUMS" {
			fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(files[name]), name)
		}
	}
	files["SHA256SUMS"] = []byte(b.String())
	return files
}

func TestDisclose(t *testing.T) {
	w, letter, consent := consented(t)
	pak := w.Parties["PAK"]
	files := disclose(t, pak, letter, &consent)
	if got, want := strings.Join(slices.Sorted(maps.Keys(files)), " "), "README SHA256SUMS consent/IRN-2.content.json consent/IRN-2.leaf consent/IRN-2.move.json consent/IRN-2.tlog-proof consent/policy "+
		"note/IRN-0.content.json note/IRN-0.leaf note/IRN-0.move.json note/IRN-0.tlog-proof note/policy"; got != want {
		t.Fatalf("the files are\n%s\nwant\n%s", got, want)
	}
	for name, b := range files {
		if strings.Contains(string(b), "For no other.") {
			t.Errorf("%s holds the words of another note", name)
		}
		if name != "README" && !strings.Contains(string(files["README"]), name) {
			t.Errorf("README says nothing of %s", name)
		}
	}
	d, err := audit.CheckDisclosure(files)
	if err != nil {
		t.Fatal(err)
	}
	if d.Note.Header.ID() != letter || d.Note.Content.Texts["body"]["en"] != "For one pair of eyes." || d.Consent.Header.ID() != consent || d.Given != (matter.Consent{Note: letter, To: "A Reporter"}) {
		t.Errorf("%+v", d)
	}
	// The author discloses its own, and no consent is shown.
	irn := w.Parties["IRN"]
	if d, err = audit.CheckDisclosure(disclose(t, irn, letter, nil)); err != nil || d.Consent != nil {
		t.Errorf("%+v, %v", d, err)
	}
	dir := filepath.Join(t.TempDir(), "in", "out")
	if err := audit.WriteFolder(dir, files); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if string(read(t, filepath.Join(dir, name))) != string(b) {
			t.Errorf("%s was written otherwise", name)
		}
	}
	if err := audit.WriteFolder(dir, files); err == nil {
		t.Error("a folder was written over")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "..", ".disclose-*")); err != nil || left != nil {
		t.Errorf("left lying: %v %v", left, err)
	}
}

// Every byte of every file, flipped on the way, is found, and its file named.
func TestDisclosureByteByByte(t *testing.T) {
	w, letter, consent := consented(t)
	files := disclose(t, w.Parties["PAK"], letter, &consent)
	for name, b := range files {
		for i := range b {
			b[i] ^= 1 << (i % 8)
			_, err := audit.CheckDisclosure(files)
			b[i] ^= 1 << (i % 8)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("%s: byte %d of %d flipped: %v", name, i, len(b), err)
			}
		}
	}
}

// Somebody who changes a byte of what is signed, and writes SHA256SUMS to fit,
// is found out by the proofs.
func TestDisclosureForged(t *testing.T) {
	w, letter, consent := consented(t)
	files := disclose(t, w.Parties["PAK"], letter, &consent)
	for name, b := range files {
		folder, base, in := strings.Cut(name, "/")
		if !in || base == "policy" || strings.HasSuffix(base, ".tlog-proof") {
			continue // what is said of these under other keys is for the reader of the keys
		}
		for i := range b {
			b[i] ^= 1
			_, err := audit.CheckDisclosure(resum(files))
			b[i] ^= 1
			if err == nil || !strings.HasPrefix(err.Error(), folder+"/") {
				t.Fatalf("%s: byte %d of %d flipped: %v", name, i, len(b), err)
			}
		}
	}
}

// What is no consent to exactly this note by its author is refused, whoever put
// the folder together.
func TestDisclosureOfAnotherConsent(t *testing.T) {
	w, letter, consent := consented(t)
	pak := w.Parties["PAK"]
	other := note.ID{Origin: letter.Origin, Index: 1}
	theirs := consents(w, "PAK", letter, "A Reporter")
	early := consents(w, "IRN", note.ID{Origin: letter.Origin, Index: 40}, "A Reporter")
	elsewhere := consents(w, "IRN", note.ID{Origin: note.Origin("IRN", note.Sum([]byte("another")), 1)}, "A Reporter")
	for name, c := range map[string]struct {
		note, consent note.ID
		says          string
	}{
		"to another note":                 {other, consent, "not of " + other.String()},
		"by another party":                {letter, theirs, "only IRN, whose note it is"},
		"a note that consents to nothing": {letter, other, "consents to nothing"},
		"to what was not written":         {letter, early, "not of"},
		"to a note of another channel":    {letter, elsewhere, "not of"},
		"the note is its own consent":     {letter, letter, "consents to nothing"},
		"a consent that is a consent's":   {consent, consent, "not of"},
	} {
		_, err := audit.Disclose(pak.Source(), pak.Docs, audit.Disclosure{Note: c.note, Consent: &c.consent, By: "PAK", To: "A Reporter"})
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "nothing was written") {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
	// Files that are missing, that are no part of it, or of another log's key.
	good := disclose(t, pak, letter, &consent)
	for name, c := range map[string]struct {
		change func(map[string][]byte)
		says   string
	}{
		"no SHA256SUMS":        {func(f map[string][]byte) { delete(f, "SHA256SUMS") }, "SHA256SUMS: it is not there"},
		"no note":              {func(f map[string][]byte) { maps.DeleteFunc(f, under("note/")); resum(f) }, "note/"},
		"no leaf":              {func(f map[string][]byte) { delete(f, "note/IRN-0.leaf"); resum(f) }, "note/"},
		"no content":           {func(f map[string][]byte) { delete(f, "note/IRN-0.content.json"); resum(f) }, "note/IRN-0.content.json: it is not there"},
		"no policy":            {func(f map[string][]byte) { delete(f, "consent/policy"); resum(f) }, "consent/policy"},
		"a file that is added": {func(f map[string][]byte) { f["note/more"] = nil; resum(f) }, "no part of a disclosure"},
		"another beside it":    {func(f map[string][]byte) { f["letter.txt"] = nil; resum(f) }, "letter.txt"},
		"a leaf under another name": {func(f map[string][]byte) {
			for _, ends := range []string{".leaf", ".tlog-proof", ".move.json", ".content.json"} {
				f["note/IRN-7"+ends] = f["note/IRN-0"+ends]
				delete(f, "note/IRN-0"+ends)
			}
			resum(f)
		}, "it is the leaf of"},
		"a consent under another key": {func(f map[string][]byte) { underAnotherKey(t, f, consent); resum(f) }, "consent/policy: it has another key for the log " + consent.Origin},
		"two leaves":                  {func(f map[string][]byte) { f["note/IRN-1.leaf"] = f["note/IRN-0.leaf"]; resum(f) }, "another leaf"},
	} {
		files := maps.Clone(good)
		c.change(files)
		if _, err := audit.CheckDisclosure(files); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
	// A consent whose words are gone is still one.
	files := maps.Clone(good)
	delete(files, "consent/IRN-2.content.json")
	if d, err := audit.CheckDisclosure(resum(files)); err != nil || d.Consent.Content != nil {
		t.Errorf("a consent without its words: %v", err)
	}
}

// underAnotherKey puts the leaf of a consent in a log of one's own making, which
// goes by the same name.
func underAnotherKey(t *testing.T, files map[string][]byte, id note.ID) {
	key, err := feed.NewKey([64]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	leaves := [][]byte{{1}, {2}, files["consent/IRN-2.leaf"]}
	tree := feed.EmptyTree()
	for _, l := range leaves {
		tree.Append(l)
	}
	path, err := feed.Inclusion(feed.HashLeaves(leaves), 3, id.Index)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := key.SignHead(note.Head{Origin: id.Origin, Root: tree.Root(), Size: 3}, time.Unix(1_705_500_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	files["consent/IRN-2.tlog-proof"] = feed.FormatProof(id.Index, path, signed)
	if files["consent/policy"], err = feed.FormatPolicy(id.Origin, key.Public(), nil); err != nil {
		t.Fatal(err)
	}
}

func under(prefix string) func(string, []byte) bool {
	return func(name string, _ []byte) bool { return strings.HasPrefix(name, prefix) }
}
