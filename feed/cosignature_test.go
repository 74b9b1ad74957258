package feed

import (
	"bytes"
	"errors"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	sumnote "golang.org/x/mod/sumdb/note"

	"detente/note"
)

func TestCosignature(t *testing.T) {
	author, k := keyOf(t, 1), keyOf(t, 2)
	h := headOf(leavesOf(5, 5, ""))
	lines := must(k.Cosign("IRN/receipt", h, noon.Add(900*time.Millisecond)))(t)
	at := must(OpenCosignature(lines, "IRN/receipt", k.Public(), h))(t)
	if !at.Equal(noon) {
		t.Errorf("the cosignature is of %v; want %v, whole seconds", at, noon)
	}

	// Other people's verifiers accept it on the checkpoint.
	signed := append(must(author.SignHead(h, noon))(t), lines...)
	ed, ml := CosignerVKeys("IRN/receipt", k.Public())
	for _, vkey := range []string{ed, ml} {
		n, err := sumnote.Open(signed, sumnote.VerifierList(must(fnote.NewVerifier(vkey))(t)))
		if err != nil || len(n.Sigs) != 1 {
			t.Errorf("%.30s: %v", vkey, err)
		}
	}

	other := h
	other.Root[0] ^= 1
	other2 := h
	other2.Origin = note.Origin("PAK", channel, 2)
	for name, c := range map[string]struct {
		lines []byte
		name  string
		pub   Public
		h     note.Head
	}{
		"other root":   {lines, "IRN/receipt", k.Public(), other},
		"other origin": {lines, "IRN/receipt", k.Public(), other2},
		"other name":   {lines, "IRN/witness", k.Public(), h},
		"other key":    {lines, "IRN/receipt", keyOf(t, 3).Public(), h},
		"no lines":     {nil, "IRN/receipt", k.Public(), h},
		"too many":     {bytes.Repeat([]byte("x"), MaxCheckpoint+1), "IRN/receipt", k.Public(), h},
	} {
		if _, err := OpenCosignature(c.lines, c.name, c.pub, c.h); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	flips(lines, 1, func(at int, changed []byte) {
		if _, err := OpenCosignature(changed, "IRN/receipt", k.Public(), h); err == nil {
			t.Errorf("byte %d changed, and the cosignature was accepted", at)
		}
	})
}

func TestCosignatureNeedsBothLinesOfOneTime(t *testing.T) {
	k := keyOf(t, 2)
	h := headOf(leavesOf(5, 5, ""))
	lines := bytes.SplitAfter(must(k.Cosign("IRN/receipt", h, noon))(t), []byte("\n"))
	later := bytes.SplitAfter(must(k.Cosign("IRN/receipt", h, noon.Add(time.Second)))(t), []byte("\n"))
	var missing *MissingSignature
	for _, l := range lines[:2] {
		if _, err := OpenCosignature(l, "IRN/receipt", k.Public(), h); !errors.As(err, &missing) {
			t.Errorf("one line alone: %v", err)
		}
	}
	if _, err := OpenCosignature(append(bytes.Clone(lines[0]), later[1]...), "IRN/receipt", k.Public(), h); err == nil {
		t.Error("two lines of different times were accepted")
	}
	stranger := must(keyOf(t, 3).Cosign("TUR/witness", h, noon))(t)
	if _, err := OpenCosignature(append(stranger, bytes.Join(lines, nil)...), "IRN/receipt", k.Public(), h); err != nil {
		t.Errorf("a line by another: %v", err)
	}
}

// An ML-DSA-44 cosignature under the origin's own name would be half of the
// author's checkpoint.
func TestNobodyCosignsAsTheOrigin(t *testing.T) {
	h := headOf(leavesOf(5, 5, ""))
	if _, err := keyOf(t, 1).Cosign(origin, h, noon); err == nil {
		t.Error("cosigned under the origin")
	}
	if _, err := OpenCosignature(must(keyOf(t, 1).Cosign("x", h, noon))(t), origin, keyOf(t, 1).Public(), h); err == nil {
		t.Error("opened under the origin")
	}
	if _, err := keyOf(t, 1).Cosign("a b", h, noon); err == nil {
		t.Error("cosigned under a name with a space")
	}
}
