package feed

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	fproof "github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

func TestInclusionAndConsistency(t *testing.T) {
	all := leavesOf(70, 70, "")
	stored := HashLeaves(all)
	for _, size := range []int{1, 2, 3, 7, 8, 9, 64, 65, 70} {
		h := headOf(all[:size])
		for i := range size {
			p := must(Inclusion(stored, uint64(size), uint64(i)))(t)
			if err := CheckInclusion(h, uint64(i), all[i], p); err != nil {
				t.Fatal(err)
			}
			for name, err := range map[string]error{
				"another leaf":  CheckInclusion(h, uint64(i), []byte("x"), p),
				"another place": CheckInclusion(h, uint64(i)+1, all[i], p),
				"overlong":      CheckInclusion(h, uint64(i), all[i], append(p[:len(p):len(p)], note.Digest{})),
				"far too long":  CheckInclusion(h, uint64(i), all[i], make([]note.Digest, 1000)),
			} {
				if err == nil {
					t.Fatalf("leaf %d of %d, %s: accepted", i, size, name)
				}
			}
		}
		for old := range size + 1 {
			p := must(Consistency(stored, uint64(old), uint64(size)))(t)
			if err := CheckConsistency(headOf(all[:old]), h, p); err != nil {
				t.Fatal(err)
			}
			if err := CheckConsistency(headOf(leavesOf(old, 0, "other")), h, p); err == nil && old > 0 {
				t.Fatalf("%d to %d: another history was accepted", old, size)
			}
			if err := CheckConsistency(headOf(all[:old]), h, append(p[:len(p):len(p)], note.Digest{})); err == nil {
				t.Fatalf("%d to %d: an overlong proof was accepted", old, size)
			}
		}
	}
	h := headOf(all)
	bad := errors.New("broken")
	broken := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, bad })
	for name, err := range map[string]error{
		"leaf beyond the end":    second(Inclusion(stored, 70, 70)),
		"size beyond 2^53":       second(Inclusion(stored, MaxSize+1, 1)),
		"backwards":              second(Consistency(stored, 70, 69)),
		"huge":                   second(Consistency(stored, 1, 1<<63)),
		"check backwards":        CheckConsistency(h, headOf(all[:69]), nil),
		"check empty, wrong":     CheckConsistency(note.Head{Origin: origin}, h, nil),
		"check beyond the end":   CheckInclusion(h, 70, all[69], nil),
		"check a huge size":      CheckInclusion(note.Head{Size: 1 << 63}, 1, nil, nil),
		"check a huge tree":      CheckConsistency(h, note.Head{Size: 1 << 63}, nil),
		"same size, other root":  CheckConsistency(headOf(leavesOf(70, 0, "x")), h, nil),
		"inclusion, no reader":   second(Inclusion(broken, 70, 1)),
		"consistency, no reader": second(Consistency(broken, 1, 70)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if !errors.Is(second(Inclusion(broken, 70, 1)), bad) || !errors.Is(second(Consistency(broken, 1, 70)), bad) {
		t.Error("the reader's error is lost")
	}
}

func second[T any](_ T, err error) error { return err }

// proofOf returns leaf 4 of 9, its proof with a receipt, and the policy.
func proofOf(t testing.TB) (leaf, file []byte, policy Policy) {
	all := leavesOf(9, 9, "")
	h := headOf(all)
	pak, irn := keyOf(t, 1), keyOf(t, 2)
	signed := append(must(pak.SignHead(h, noon))(t), must(irn.Cosign("IRN/receipt", h, noon))(t)...)
	path := must(Inclusion(HashLeaves(all), 9, 4))(t)
	policy = Policy{Origin: origin, Log: pak.Public(), Receipts: []NamedKey{{Name: "IRN/receipt", Public: irn.Public()}}, Quorum: 1}
	return all[4], FormatProof(4, path, signed), policy
}

func TestCheckProof(t *testing.T) {
	leaf, file, policy := proofOf(t)
	got := must(CheckProof(file, leaf, policy))(t)
	if got.Index != 4 || got.Head != headOf(leavesOf(9, 9, "")) || len(got.Receipts) != 1 || got.Receipts[0] != (Receipt{"IRN/receipt", noon}) {
		t.Errorf("got %+v", got)
	}

	// Another implementation reads and writes the same bytes.
	var p fproof.TLogProof
	if err := p.Unmarshal(file); err != nil || p.Index != 4 || !bytes.Equal(p.Marshal(), file) {
		t.Errorf("transparency-dev/formats: %v", err)
	}
	p.ExtraData = []byte("anything")
	if _, err := CheckProof(p.Marshal(), leaf, policy); err != nil {
		t.Errorf("an extra line: %v", err)
	}

	flips(file, 1, func(at int, changed []byte) {
		if _, err := CheckProof(changed, leaf, policy); err == nil {
			t.Errorf("byte %d changed, and the proof was accepted", at)
		}
	})
	stranger := NamedKey{Name: "TUR/witness", Public: keyOf(t, 3).Public()}
	with := func(f func(*Policy)) Policy {
		p := policy
		f(&p)
		return p
	}
	for name, p := range map[string]Policy{
		"another origin":    with(func(p *Policy) { p.Origin = "PAK/x/1" }),
		"another log key":   with(func(p *Policy) { p.Log = keyOf(t, 3).Public() }),
		"a missing receipt": with(func(p *Policy) { p.Receipts = []NamedKey{stranger} }),
		"two of one":        with(func(p *Policy) { p.Receipts = append(p.Receipts[:1:1], stranger); p.Quorum = 2 }),
	} {
		if _, err := CheckProof(file, leaf, p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if got, err := CheckProof(file, []byte("another leaf"), policy); err == nil || got.Head.Size != 0 {
		t.Errorf("another leaf: %+v, %v", got, err)
	}
	one := with(func(p *Policy) { p.Receipts = append([]NamedKey{stranger}, p.Receipts...) })
	if got, err := CheckProof(file, leaf, one); err != nil || len(got.Receipts) != 1 {
		t.Errorf("one of two: %v", err)
	}
	// A bad cosignature by a key of the policy fails even where it is not needed.
	forged := must(keyOf(t, 3).Cosign("TUR/witness", headOf(leavesOf(8, 8, "")), noon))(t)
	var bad *BadSignature
	if _, err := CheckProof(append(bytes.Clone(file), forged...), leaf, one); !errors.As(err, &bad) {
		t.Errorf("a bad cosignature: %v", err)
	}
}

func TestProofForm(t *testing.T) {
	_, good, _ := proofOf(t)
	file := string(good)
	for name, bad := range map[string]string{
		"another header":  strings.Replace(file, "@v1", "@v2", 1),
		"no index":        strings.Replace(file, "index 4\n", "", 1),
		"leading zero":    strings.Replace(file, "index 4", "index 04", 1),
		"negative":        strings.Replace(file, "index 4", "index -4", 1),
		"beyond uint64":   strings.Replace(file, "index 4", "index 18446744073709551616", 1),
		"short hash":      strings.Replace(file, "index 4\n", "index 4\nAAAA\n", 1),
		"hash with CR":    strings.Replace(file, "index 4\n", "index 4\n"+strings.Repeat("A", 43)+"=\r\n", 1),
		"loose base64":    strings.Replace(file, "index 4\n", "index 4\n"+strings.Repeat("A", 42)+"B=\n", 1),
		"65 hashes":       strings.Replace(file, "index 4\n", "index 4\n"+strings.Repeat(strings.Repeat("A", 43)+"=\n", 65), 1),
		"ends early":      proofHeader + "index 4\n",
		"no checkpoint":   proofHeader + "index 4\n\n",
		"two extra lines": strings.Replace(file, "index", "extra AA==\nextra AA==\nindex", 1),
		"too long":        file + strings.Repeat("x", MaxProofFile),
		"nothing":         "",
	} {
		if _, _, _, err := ParseProof([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
