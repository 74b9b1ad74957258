package audit_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/audit"
	"detente/charter"
	"detente/feed"
	"detente/internal/audittest"
	"detente/internal/store"
	"detente/note"
)

var update = flag.Bool("update", false, "write the fuzz corpora again")

func test() audittest.Draft {
	return audittest.Draft{Act: "line/test", Fields: map[string]any{"use": "exercise"}}
}

// liar lets PAK lower its seen: once below its own earlier leaf, once below
// its receipt. It returns the world and the two proofs.
func liar(t testing.TB, dir string) (w *audittest.World, back, below *audit.Misconduct) {
	w = audittest.New(t, dir, "IRN", "PAK")
	irn, pak := w.Parties["IRN"], w.Parties["PAK"]
	w.Send("IRN", test(), test())
	lie := test()
	lie.Seen = []note.Head{}
	w.Now = w.Now.Add(2 * audit.ReceiptSlack)
	w.Write("PAK", lie) // below the receipt
	w.Write("PAK", test())
	lie.Seen = nil
	again := test()
	again.Seen = []note.Head{}
	w.Write("PAK", again) // below the leaf before
	w.Deliver("PAK")

	leaf := func(i uint64) ([]byte, error) { return irn.Store.Entry(note.ID{Origin: pak.Origin(), Index: i}) }
	hashes := irn.Store.HashReader(pak.Origin())
	back, err := audit.ProveSeen(pak.Head(), 1, 2, leaf, hashes)
	if err != nil {
		t.Fatal(err)
	}
	head, err := irn.Store.Head(irn.Origin())
	if err != nil {
		t.Fatal(err)
	}
	c, err := irn.Store.LatestCosig(irn.Origin(), "PAK/receipt")
	if err != nil {
		t.Fatal(err)
	}
	below, err = audit.ProveReceipt(pak.Head(), audit.SignedReceipt{Head: head.Head, Lines: c.Lines}, 0, leaf, hashes)
	if err != nil {
		t.Fatal(err)
	}
	return w, back, below
}

// The proof convinces whoever knows only the credence.
func TestMisconduct(t *testing.T) {
	w, back, below := liar(t, t.TempDir())
	pak, irn := w.Parties["PAK"].Credence, w.Parties["IRN"].Credence
	for name, m := range map[string]*audit.Misconduct{"back": back, "below": below} {
		text, err := m.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		again, err := audit.ParseMisconduct(text)
		if err != nil {
			t.Fatal(err)
		}
		a, err := again.Verify(irn, pak)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a.Said != 2 || a.Seen != 0 || a.Of != w.Parties["IRN"].Origin() || (name == "back") != (a.Before != nil) || !strings.Contains(a.String(), "frozen") {
			t.Errorf("%s: %+v", name, a)
		}
		if _, err := again.Verify(irn); err == nil {
			t.Errorf("%s: proven with the credence of another", name)
		}
		posing := pak
		posing.Keys = irn.Keys
		if _, err := again.Verify(posing); err == nil {
			t.Errorf("%s: proven with other keys", name)
		}
		for i := len(audit.MisconductType); i < len(text); i += 1 + len(text)/150 {
			flipped := []byte(string(text))
			flipped[i] ^= 1
			if m, err := audit.ParseMisconduct(flipped); err == nil {
				if _, err := m.Verify(pak); err == nil {
					t.Errorf("%s: a flip at byte %d of %d goes unnoticed", name, i, len(text))
				}
			}
		}
	}
}

// What is no contradiction convicts nobody.
func TestNoMisconduct(t *testing.T) {
	w, back, below := liar(t, t.TempDir())
	pak, irn := w.Parties["PAK"], w.Parties["IRN"]
	refuse := func(what string, m audit.Misconduct, c ...charter.Credence) {
		t.Helper()
		if a, err := m.Verify(append(c, pak.Credence)...); err == nil {
			t.Errorf("%s: %s", what, a)
		}
	}
	m := *back
	m.After, m.Before = *back.Before, &back.After
	refuse("the leaves exchanged", m)
	m = *back
	m.Before = &back.After
	refuse("one leaf twice", m)
	m = *back
	m.Before = nil
	refuse("one leaf alone", m)
	m.Before, m.Receipt = back.Before, below.Receipt
	refuse("a leaf and a receipt", m)
	m = *below
	m.After = *back.Before // has seen both leaves
	refuse("a leaf that has seen all", m)
	m = *below
	m.Receipt = &audit.SignedReceipt{Head: below.Receipt.Head}
	m.Receipt.Lines, _ = irn.Receipt.Cosign("IRN/receipt", below.Receipt.Head, w.Now)
	refuse("a receipt by another", m, irn.Credence)

	// At the minute's edge, by the author's own two times.
	h, err := note.Parse(below.After.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	for _, late := range []time.Duration{0, time.Second} {
		m = *below
		lines, err := pak.Receipt.Cosign("PAK/receipt", below.Receipt.Head, h.When().Add(-audit.ReceiptSlack+late))
		if err != nil {
			t.Fatal(err)
		}
		m.Receipt = &audit.SignedReceipt{Head: below.Receipt.Head, Lines: lines}
		if _, err := m.Verify(pak.Credence); (err == nil) != (late == 0) {
			t.Errorf("a receipt %v within the slack: %v", late, err)
		}
	}
}

// Verify finds both, and is content once the proofs are stored.
func TestVerifyMisconduct(t *testing.T) {
	w, back, below := liar(t, t.TempDir())
	irn := w.Parties["IRN"]
	r := verify(t, irn, audit.Options{})
	if len(r.Findings) != 2 || !strings.Contains(r.Findings[0].What, "receipt") || !strings.HasPrefix(r.Findings[0].Where, "leaf 0 of PAK/") ||
		!strings.Contains(r.Findings[1].What, "goes back") || !strings.HasPrefix(r.Findings[1].Where, "leaf 2 of PAK/") {
		t.Fatalf("%v", r.Findings)
	}
	b := store.Batch{}
	for _, m := range []*audit.Misconduct{back, below} {
		text, _ := m.MarshalText()
		b.Forks = append(b.Forks, store.ForkRow{Origin: w.Parties["PAK"].Origin(), Bytes: text})
	}
	if err := irn.Store.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, irn, audit.Options{}); !r.OK() || len(r.Proofs) != 2 {
		t.Fatalf("%+v", r)
	}
}

// What rests on a leaf of a feed that is forked accuses nobody.
func TestAnAccusationRests(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	irn, pak := w.Parties["IRN"], w.Parties["PAK"]
	w.Send("IRN", test(), test())
	ahead := test()
	ahead.Seen = []note.Head{{Origin: irn.Origin(), Root: note.Sum([]byte("another history")), Size: 3}}
	w.Write("PAK", ahead)
	w.Deliver("PAK")
	later := w.Write("IRN", test())[0]
	m, err := audit.ProveAhead(pak.Head(), 0, irn.Head(), later.Index, func(origin string) func(uint64) ([]byte, error) {
		return func(i uint64) ([]byte, error) { return irn.Store.Entry(note.ID{Origin: origin, Index: i}) }
	}, irn.Store.HashReader)
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.VerifyWith(irn.Docs)
	if err != nil || a.Later == nil || *a.Later != later || a.Note.Origin != pak.Origin() {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := m.Verify(pak.Credence); err == nil {
		t.Error("proven without the key of whoever wrote the later leaf")
	}
	keep := func(origin string, text []byte, err error) {
		t.Helper()
		if err = errors.Join(err, irn.Store.Commit(context.Background(), store.Batch{Forks: []store.ForkRow{{Origin: origin, Bytes: text}}})); err != nil {
			t.Fatal(err)
		}
	}
	text, err := m.MarshalText()
	keep(pak.Origin(), text, err)
	if r := verify(t, irn, audit.Options{}); len(r.Proofs) != 1 || len(r.Notices) != 0 {
		t.Fatalf("before the fork is known: %+v", r)
	}
	head, err := feed.ParseHead(irn.Head())
	if err != nil {
		t.Fatal(err)
	}
	head.Root = note.Sum([]byte("another history"))
	other, err := irn.Feed.SignHead(head, w.Now)
	if err != nil {
		t.Fatal(err)
	}
	fork, err := feed.ProveFork(irn.Head(), other, nil, irn.Feed.Public())
	if err != nil {
		t.Fatal(err)
	}
	text, err = fork.MarshalText()
	keep(irn.Origin(), text, err)
	if r := verify(t, irn, audit.Options{}); len(r.Proofs) != 1 || !strings.Contains(r.Proofs[0], "forked") || len(r.Notices) != 1 || !strings.Contains(r.Notices[0], "counts for nothing") {
		t.Fatalf("once the fork is known: %+v", r)
	}
}

// AcceptFeed names the two leaves that make the proof.
func TestAcceptBack(t *testing.T) {
	w, _, _ := liar(t, t.TempDir())
	irn, pak := w.Parties["IRN"], w.Parties["PAK"]
	var leaves [][]byte
	if err := irn.Store.EachEntry(context.Background(), pak.Origin(), 0, func(_ uint64, leaf []byte) error {
		leaves = append(leaves, leaf)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	v, err := audit.AcceptFeed(irn.Docs, audit.Held{Tree: feed.EmptyTree()}, audit.Feed{Signed: pak.Head(), Leaves: leaves})
	if err != nil {
		t.Fatal(err)
	}
	if v.Back == nil || *v.Back != 2 || v.Before != 1 {
		t.Fatalf("back %v below %d", v.Back, v.Before)
	}
}

func FuzzMisconduct(f *testing.F) {
	dir := filepath.Join("testdata", "fuzz", "FuzzMisconduct")
	if *update {
		_, back, below := liar(f, f.TempDir())
		for name, m := range map[string]*audit.Misconduct{"back": back, "below": below} {
			text, err := m.MarshalText()
			if err = errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", text), 0o644)); err != nil {
				f.Fatal(err)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := audit.ParseMisconduct(text)
		if err != nil {
			return
		}
		again, err := m.MarshalText()
		if err != nil || string(again) != string(text) {
			t.Fatalf("%q reads back as %q, %v", text, again, err)
		}
		m.Verify(charter.Credence{Party: "PAK"})
	})
}
