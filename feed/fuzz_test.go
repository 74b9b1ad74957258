package feed

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sumnote "golang.org/x/mod/sumdb/note"

	"detente/note"
)

var updateCorpus = flag.Bool("update-corpus", false, "write the committed fuzz corpora again")

// seeds are the good inputs of each fuzz test; TestCorpora keeps them, and some
// bad ones made from them, under testdata/fuzz.
func seeds(t testing.TB) map[string][][]byte {
	k := keyOf(t, 1)
	all := leavesOf(9, 9, "")
	signed := signedOf(t, k, all)
	h := headOf(all)
	receipt := must(keyOf(t, 2).Cosign("IRN/receipt", h, noon))(t)
	other := leavesOf(12, 5, "other")
	long := must(ProveFork(signed, signedOf(t, k, other), HashLeaves(other), k.Public()))(t)
	short := must(ProveFork(signed, signedOf(t, k, leavesOf(9, 5, "other")), nil, k.Public()))(t)
	_, proof, _ := proofOf(t)
	return map[string][][]byte{
		"FuzzCheckpoint":  {signed, append(bytes.Clone(signed), receipt...), signedOf(t, k, nil)},
		"FuzzCosignature": {receipt, must(keyOf(t, 2).Cosign("IRN/witness", h, noon))(t)},
		"FuzzSignedText":  {JoinText(charterText, must(k.SignText("PAK/identity", charterText))(t)), signed},
		"FuzzFork":        {must(long.MarshalText())(t), must(short.MarshalText())(t)},
		"FuzzProof":       {proof, FormatProof(0, nil, signed), bytes.Replace(proof, []byte("index"), []byte("extra AA==\nindex"), 1)},
		"FuzzPolicy":      {must(policyOf(t).Format())(t), must(FormatPolicy(origin, k.Public(), nil))(t)},
		"FuzzKeyFile":     {must(k.MarshalText())(t), must(keyOf(t, 0xfb).MarshalText())(t)},
		"FuzzSubmission":  {FormatSubmission(5, must(Consistency(HashLeaves(all), 5, 9))(t), append(bytes.Clone(signed), receipt...)), FormatSubmission(0, nil, signedOf(t, k, nil))},
		"FuzzTilePath":    {[]byte("tile/0/x001/x234/067.p/9"), []byte("tile/entries/000"), []byte("tile/6/000.p/1")},
	}
}

func TestCorpora(t *testing.T) {
	for name, inputs := range seeds(t) {
		dir := filepath.Join("testdata", "fuzz", name)
		for i, good := range inputs {
			bad := bytes.Clone(good)
			bad[len(bad)/3] ^= 1
			for kind, in := range map[string][]byte{"good": good, "cut": good[:len(good)*2/3], "changed": bad} {
				path := filepath.Join(dir, fmt.Sprintf("%s-%d", kind, i+1))
				want := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", in)
				if *updateCorpus {
					if err := os.MkdirAll(dir, 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if got := must(os.ReadFile(path))(t); string(got) != want {
					t.Errorf("%s is out of date; run go test -run TestCorpora -update-corpus", path)
				}
			}
		}
	}
}

// What is accepted verifies for x/mod's reader too, so that no checkpoint goes
// out that others cannot read; and it has one spelling.
func FuzzCheckpoint(f *testing.F) {
	pub := keyOf(f, 1).Public()
	ed, _ := VKeys(origin, pub)
	known := sumnote.VerifierList(must(sumnote.NewVerifier(ed))(f))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, err := ParseHead(in)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(in, append(HeadText(h), '\n')) {
			t.Fatalf("read %+v from %q", h, in)
		}
		if _, err := OpenHead(in, pub); err == nil {
			if _, err := sumnote.Open(in, known); err != nil {
				t.Fatalf("x/mod/sumdb/note: %v", err)
			}
		}
		if _, err := OpenHead(in, keyOf(t, 9).Public()); err == nil {
			t.Fatal("verified under a key that signed nothing")
		}
	})
}

func FuzzCosignature(f *testing.F) {
	h := headOf(leavesOf(9, 9, ""))
	pub := keyOf(f, 2).Public()
	f.Fuzz(func(t *testing.T, in []byte) {
		at, err := OpenCosignature(in, "IRN/receipt", pub, h)
		if err == nil && !at.Equal(noon) {
			t.Fatalf("a forged time: %v", at)
		}
		lines, err := parseLines(in, MaxCheckpointLines)
		if err != nil {
			return
		}
		var again []byte
		for _, l := range lines {
			again = appendLine(again, l.name, l.id, l.sig)
		}
		if !bytes.Equal(again, in) {
			t.Fatalf("%q is read, but written %q", in, again)
		}
	})
}

func FuzzSignedText(f *testing.F) {
	pub := keyOf(f, 1).Public()
	f.Fuzz(func(t *testing.T, in []byte) {
		text, lines, err := SplitText(in)
		if err != nil {
			return
		}
		if !bytes.Equal(JoinText(text, lines), in) {
			t.Fatal("splitting and joining changed the text")
		}
		if _, err := ParseHead(in); err == nil {
			t.Fatal("a text that is a checkpoint too")
		}
		if text, err := VerifyText(in, "PAK/identity", pub); err == nil && !bytes.Equal(text, charterText) {
			t.Fatalf("a forged text: %q", text)
		}
	})
}

func FuzzFork(f *testing.F) {
	pub := keyOf(f, 1).Public()
	f.Fuzz(func(t *testing.T, in []byte) {
		fork, err := ParseFork(in)
		if err != nil {
			return
		}
		if again, err := fork.MarshalText(); err != nil || !bytes.Equal(again, in) {
			t.Fatalf("%q is read, but written %q (%v)", in, again, err)
		}
		if fork.Error() == "" {
			t.Fatal("no words for a fork")
		}
		a, b, err := fork.Verify(pub)
		if err == nil && (a.Origin != b.Origin || a.Size > b.Size || a == b) {
			t.Fatalf("a proof of nothing: %+v, %+v", a, b)
		}
	})
}

func FuzzProof(f *testing.F) {
	leaf, _, policy := proofOf(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		index, path, signed, err := ParseProof(in)
		if err != nil {
			return
		}
		again := FormatProof(index, path, signed)
		if !bytes.Equal(again, in) && !strings.HasPrefix(string(in), proofHeader+"extra ") {
			t.Fatalf("%q is read, but written %q", in, again)
		}
		if _, err := CheckProof(again, leaf, policy); err == nil && index != 4 {
			t.Fatalf("leaf 4 was proven to be leaf %d", index)
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := ParsePolicy(in)
		if err != nil {
			return
		}
		// A file by others may name its groups as it likes; what was read must
		// be writable whenever the names are free, and read the same.
		b, err := p.Format()
		if err != nil {
			t.Fatalf("%+v was read, but cannot be written: %v", p, err)
		}
		q, err := ParsePolicy(b)
		if err != nil || q.Origin != p.Origin || q.Quorum != p.Quorum || !q.Log.Equal(p.Log) || (p.Quorum > 0 && len(q.Receipts) != len(p.Receipts)) {
			t.Fatalf("%+v is written, but read %+v (%v)", p, q, err)
		}
	})
}

func FuzzKeyFile(f *testing.F) {
	f.Fuzz(func(t *testing.T, in []byte) {
		k, err := ParseKey(in)
		if err != nil {
			return
		}
		if again, err := k.MarshalText(); err != nil || !bytes.Equal(again, in) {
			t.Fatal("a key file that is not written as it was read")
		}
	})
}

func FuzzTilePath(f *testing.F) {
	stored := HashLeaves(leavesOf(300, 300, ""))
	f.Fuzz(func(t *testing.T, in []byte) {
		tile, err := ParseTilePath(string(in))
		if err != nil {
			return
		}
		if TilePath(tile) != string(in) {
			t.Fatalf("%q is read, but written %q", in, TilePath(tile))
		}
		if b, err := TileData(tile, 300, stored, func(uint64) ([]byte, error) { return []byte("x"), nil }); err == nil && len(b) == 0 {
			t.Fatalf("%q is an empty tile", in)
		}
	})
}

func FuzzSubmission(f *testing.F) {
	pub := keyOf(f, 1).Public()
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := ParseSubmission(in)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(in, append(FormatSubmission(s.Old, s.Proof, nil), HeadText(s.Head)...)) {
			t.Fatalf("read %+v from %q", s, in)
		}
		follows := s.Follow(note.Head{Origin: s.Head.Origin, Size: s.Old}) == nil
		if signed, err := s.Open(pub); err == nil && follows {
			if h, err := OpenHead(signed, pub); err != nil || h != s.Head {
				t.Fatalf("taken as %+v, but its checkpoint is %+v (%v)", s.Head, h, err)
			}
		}
	})
}
