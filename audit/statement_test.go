package audit_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"detente/audit"
	"detente/charter"
	"detente/internal/audittest"
	"detente/note"
)

const moment = "2024-01-22T12:00:00+05:00[Asia/Karachi]"

// statement lets PAK propose a text, and both sign what sign says.
func statement(w *audittest.World, sign func(terms note.Digest) map[string]any) (proposal note.ID, signatures map[string]note.ID) {
	proposal = w.Send("PAK", audittest.Draft{Act: "statement/propose", Fields: map[string]any{"clauses": []any{map[string]any{"topic": "ambassadors"}, map[string]any{"topic": "visit"}}, "release": moment},
		Texts: map[string]note.Wording{"title": {"en": "Joint statement", "fa": "بیانیه"}, "clause/1": {"en": "The ambassadors return.", "fa": "سفیران"}, "clause/2": {"en": "The minister visits."}}, Attachment: []byte("annex")})[0]
	w.Ack("IRN")
	e := w.Parties["PAK"].Reg.Entry(proposal)
	signatures = map[string]note.ID{}
	for _, party := range []string{"IRN", "PAK"} {
		signatures[party] = w.Send(party, audittest.Draft{Act: "statement/sign", Matter: &proposal, Fields: sign(e.Content)})[0]
	}
	w.Ack("IRN")
	w.Ack("PAK")
	return proposal, signatures
}

func truly(terms note.Digest) map[string]any {
	return map[string]any{"terms": terms.String(), "release": "2024-01-22T10:30:00+03:30[Asia/Tehran]"}
}

// made returns the folder of a statement by one party's record.
func made(t testing.TB, w *audittest.World, by string, proposal note.ID, signatures map[string]note.ID) map[string][]byte {
	t.Helper()
	p := w.Parties[by]
	files, _, err := audit.StatementFiles(p.Source(), p.Docs, proposal, signatures)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Either party's record gives a folder that anybody can check offline.
func TestStatementFolder(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	proposal, signatures := statement(w, truly)
	for _, by := range w.Codes {
		files := made(t, w, by, proposal, signatures)
		s, err := audit.CheckStatement(files)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Signatures) != 2 || s.Signatures[0].Party != "IRN" || s.Signatures[1].ID != signatures["PAK"] || s.Proposal != proposal || len(s.Unsigned) != 0 || !s.Exercise || len(s.Identities) != 2 {
			t.Errorf("%+v", s)
		}
		want := "EXERCISE EXERCISE EXERCISE\n\nJoint statement\n\n1. The ambassadors return.\n\n2. The minister visits.\n\nAnnex: annex.bin, 5 bytes, SHA-256 " + note.Sum([]byte("annex")).String() + "\n\nAuthentic: en. Release: 2024-01-22T07:00:00Z.\n"
		if got := string(files["text.en.txt"]); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if !strings.Contains(string(files["text.fa.txt"]), "2. [not in this language]") {
			t.Errorf("%s", files["text.fa.txt"])
		}
	}
}

// Any flip of any file is found, and the file named. Who writes the digests
// again gains nothing but the words of README, which nothing rests on.
func TestStatementMutations(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	proposal, signatures := statement(w, truly)
	files := made(t, w, "PAK", proposal, signatures)
	for name, b := range files {
		for i := 0; i < len(b); i += 1 + len(b)/60 {
			damaged := maps.Clone(files)
			damaged[name] = slices.Clone(b)
			damaged[name][i] ^= 1 << (i % 7)
			_, err := audit.CheckStatement(damaged)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("a flip at byte %d of %s: %v", i, name, err)
			}
			if name == "README" || name == "SHA256SUMS" {
				continue
			}
			if _, err := audit.CheckStatement(resum(damaged)); err == nil {
				t.Errorf("a flip at byte %d of %s, with its digest written again: %v", i, name, err)
			}
		}
	}
	for name := range files {
		less := maps.Clone(files)
		delete(less, name)
		if _, err := audit.CheckStatement(less); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
		if name != "README" && name != "SHA256SUMS" {
			if _, err := audit.CheckStatement(resum(less)); err == nil {
				t.Errorf("without %s, and digests written again, nothing is wrong", name)
			}
		}
	}
	for _, name := range []string{"text.ur.txt", "proposal/PAK-9.leaf", "signatures/TUR/x", "x"} {
		more := maps.Clone(files)
		more[name] = []byte("words\n")
		if _, err := audit.CheckStatement(resum(more)); err == nil {
			t.Errorf("with %s nothing is wrong", name)
		}
	}
}

// Signatures on another text or for another moment, notes that are no
// signatures and signatures that are not there make no folder.
func TestStatementNotSigned(t *testing.T) {
	for says, sign := range map[string]func(note.Digest) map[string]any{
		"signs the text with the digest": func(note.Digest) map[string]any { return truly(note.Sum(nil)) },
		"signs for release at": func(terms note.Digest) map[string]any {
			return map[string]any{"terms": terms.String(), "release": "2024-01-22T12:01:00+05:00[Asia/Karachi]"}
		},
	} {
		w := audittest.New(t, t.TempDir(), "IRN", "PAK")
		proposal, signatures := statement(w, sign)
		refused(t, w, proposal, signatures, says)
	}
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	proposal, signatures := statement(w, truly)
	refused(t, w, proposal, map[string]note.ID{"IRN": signatures["PAK"], "PAK": signatures["PAK"]}, "it is a note of PAK")
	refused(t, w, proposal, map[string]note.ID{"PAK": proposal}, "it is the note of a statement/propose")
	refused(t, w, proposal, nil, "there is no signature")
	refused(t, w, signatures["PAK"], signatures, "has no content")
	unheld := w.Write("PAK", audittest.Draft{Act: "statement/sign", Matter: &proposal, Fields: truly(w.Parties["PAK"].Reg.Entry(proposal).Content)})[0]
	refused(t, w, proposal, map[string]note.ID{"IRN": signatures["IRN"], "PAK": unheld}, "no receipt of IRN")
}

func refused(t *testing.T, w *audittest.World, proposal note.ID, signatures map[string]note.ID, says string) {
	t.Helper()
	p := w.Parties["PAK"]
	if _, _, err := audit.StatementFiles(p.Source(), p.Docs, proposal, signatures); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("%v; want %q", err, says)
	}
}

// FuzzStatement puts any bytes in the place of any file.
func FuzzStatement(f *testing.F) {
	w := audittest.New(f, f.TempDir(), "IRN", "PAK")
	proposal, signatures := statement(w, truly)
	files := made(f, w, "PAK", proposal, signatures)
	for name, b := range files {
		f.Add(name, b)
	}
	f.Add("signatures/", []byte{})
	f.Add("proposal/x/.leaf", []byte("{}"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		if _, err := charter.ParseCredence(b); err == nil {
			return // another credence of the same party would do as well
		}
		damaged := maps.Clone(files)
		damaged[name] = b
		_, err := audit.CheckStatement(resum(damaged))
		if old, ok := files[name]; err == nil && name != "README" && name != "SHA256SUMS" && (!ok || !bytes.Equal(old, b)) {
			t.Errorf("%q in the place of %s goes unnoticed", b, name)
		}
	})
}
