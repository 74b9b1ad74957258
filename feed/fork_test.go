package feed

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// A third party that knows only the public key is convinced, whatever the
// sizes, and whichever of the two heads was held first.
func TestForkConvincesAThirdParty(t *testing.T) {
	k := keyOf(t, 1)
	pub := k.Public()
	for _, sizes := range [][2]int{{6, 6}, {6, 7}, {8, 16}, {6, 300}, {255, 256}, {299, 300}} {
		left := leavesOf(sizes[0], 5, "left")
		right := leavesOf(sizes[1], 5, "right")
		l, r := signedOf(t, k, left), signedOf(t, k, right)
		for _, order := range [][2][]byte{{l, r}, {r, l}} {
			fork, err := ProveFork(order[0], order[1], HashLeaves(right), pub)
			if err != nil || fork == nil {
				t.Fatalf("%v: %v, %v", sizes, fork, err)
			}
			text := must(fork.MarshalText())(t)
			read := must(ParseFork(text))(t)
			a, b, err := read.Verify(pub)
			if err != nil || a.Size != uint64(sizes[0]) || b.Size != uint64(sizes[1]) {
				t.Fatalf("%v: %v, %v, %v", sizes, a, b, err)
			}
			if again := must(read.MarshalText())(t); !bytes.Equal(again, text) {
				t.Errorf("%v: reading and writing changed the text", sizes)
			}
			if _, _, err := read.Verify(keyOf(t, 2).Public()); err == nil {
				t.Errorf("%v: verified under another key", sizes)
			}
			if s := fork.Error(); !strings.Contains(s, origin) || !strings.Contains(s, a.Root.String()) {
				t.Errorf("%v: the error does not say which feed and root: %s", sizes, s)
			}
		}
	}
	// Whoever finds a fork of equal sizes writes the same proof.
	l, r := signedOf(t, k, leavesOf(6, 5, "left")), signedOf(t, k, leavesOf(6, 5, "right"))
	one, two := must(ProveFork(l, r, nil, pub))(t), must(ProveFork(r, l, nil, pub))(t)
	if !bytes.Equal(one.A, two.A) || !bytes.Equal(one.B, two.B) {
		t.Error("the order of the heads decides what the proof looks like")
	}
}

func TestHonestHistoriesAreNoFork(t *testing.T) {
	k := keyOf(t, 1)
	pub := k.Public()
	all := leavesOf(40, 40, "")
	stored := HashLeaves(all)
	for a := range 41 {
		fork, err := ProveFork(signedOf(t, k, all[:a]), signedOf(t, k, all), stored, pub)
		if err != nil || fork != nil {
			t.Fatalf("%d and 40: %v, %v", a, fork, err)
		}
	}
}

func TestFalseForksAreRefused(t *testing.T) {
	k := keyOf(t, 1)
	pub := k.Public()
	all := leavesOf(40, 40, "")
	stored := HashLeaves(all)
	a, b := signedOf(t, k, all[:9]), signedOf(t, k, all)
	other := signedOf(t, k, leavesOf(9, 5, "other"))
	proof := must(Consistency(stored, 9, 40))(t)
	prefix := headOf(all[:9]).Root
	elsewhere := headOf(leavesOf(9, 5, "other"))
	elsewhere.Origin = note.Origin("PAK", channel, 2)
	root0 := note.Sum([]byte("made up"))
	for name, f := range map[string]Fork{
		"nothing":                    {},
		"one head twice":             {A: a, B: a},
		"a history that continues":   {A: a, B: b, Prefix: prefix, Proof: proof},
		"a made-up prefix":           {A: a, B: b, Prefix: root0, Proof: proof},
		"no proof":                   {A: other, B: b, Prefix: prefix},
		"no prefix":                  {A: other, B: b, Proof: proof},
		"wrong order":                {A: b, B: other, Prefix: prefix, Proof: proof},
		"two feeds":                  {A: must(k.SignHead(elsewhere, noon))(t), B: a},
		"forged":                     {A: signedOf(t, keyOf(t, 2), leavesOf(9, 5, "other")), B: a},
		"forged, other one":          {A: a, B: signedOf(t, keyOf(t, 2), leavesOf(9, 5, "other"))},
		"needless proof":             {A: a, B: other, Proof: proof},
		"needless prefix":            {A: a, B: other, Prefix: prefix},
		"a proof that is cut short":  {A: other, B: b, Prefix: prefix, Proof: proof[:len(proof)-1]},
		"a proof that is overlong":   {A: other, B: b, Prefix: prefix, Proof: append(proof[:len(proof):len(proof)], root0)},
		"a proof beyond all bounds":  {A: other, B: b, Prefix: prefix, Proof: make([]note.Digest, 1000)},
		"a text that is no fork's A": {A: []byte("x"), B: b},
	} {
		if _, _, err := f.Verify(pub); err == nil {
			t.Errorf("%s: verified", name)
		}
		_ = f.Error() // must not panic
	}
	if _, _, err := (Fork{A: other, B: b, Prefix: prefix, Proof: proof}).Verify(pub); err != nil {
		t.Errorf("the good one among them: %v", err)
	}
}

func TestProveForkRefuses(t *testing.T) {
	k := keyOf(t, 1)
	pub := k.Public()
	all := leavesOf(40, 40, "")
	stored := HashLeaves(all)
	a, b := signedOf(t, k, leavesOf(9, 5, "other")), signedOf(t, k, all)
	var mismatch *Mismatch
	if _, err := ProveFork(a, b, HashLeaves(leavesOf(40, 5, "third")), pub); !errors.As(err, &mismatch) {
		t.Errorf("a reader of another tree: %v", err)
	}
	// A stored inner hash that flipped must not make a proof that others refuse,
	// nor accuse an honest author.
	for i := range stored {
		damaged := append(Hashes{}, stored...)
		damaged[i][0] ^= 1
		if fork, err := ProveFork(signedOf(t, k, all[:9]), b, damaged, pub); fork != nil {
			t.Errorf("stored hash %d damaged: an honest author is accused (%v)", i, err)
		}
	}
	if _, err := ProveFork(a, b, Hashes{}, pub); err == nil {
		t.Error("a reader without hashes was accepted")
	}
	if _, err := ProveFork(a, signedOf(t, keyOf(t, 2), all), stored, pub); err == nil {
		t.Error("a forged head was accepted")
	}
	if _, err := ProveFork(signedOf(t, keyOf(t, 2), all), b, stored, pub); err == nil {
		t.Error("a forged head was accepted")
	}
	elsewhere := headOf(all)
	elsewhere.Origin = "IRN/x/1"
	if _, err := ProveFork(must(k.SignHead(elsewhere, noon))(t), a, stored, pub); err == nil {
		t.Error("heads of two feeds were compared")
	}
	if _, err := ProveFork(a, b, tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, errors.New("broken") }), pub); err == nil {
		t.Error("the reader's error is lost")
	}
}

func TestForkText(t *testing.T) {
	k := keyOf(t, 1)
	fork := must(ProveFork(signedOf(t, k, leavesOf(6, 5, "left")), signedOf(t, k, leavesOf(9, 5, "right")), HashLeaves(leavesOf(9, 5, "right")), k.Public()))(t)
	text := must(fork.MarshalText())(t)
	flips(text, 3, func(at int, changed []byte) {
		f, err := ParseFork(changed)
		if err == nil {
			_, _, err = f.Verify(k.Public())
		}
		if err == nil {
			t.Errorf("byte %d changed, and the fork was accepted", at)
		}
	})
	for name, bad := range map[string]string{
		"no type":       strings.TrimPrefix(string(text), forkType),
		"no newline":    strings.TrimSuffix(string(text), "\n"),
		"space":         strings.Replace(string(text), `{"a"`, `{ "a"`, 1),
		"unknown field": strings.Replace(string(text), `{"a"`, `{"A":"","a"`, 1),
		"zero prefix":   forkType + `{"a":"","b":"","prefix":"` + strings.Repeat("0", 64) + `"}` + "\n",
		"many hashes":   forkType + `{"a":"","b":"","proof":["` + strings.Repeat(strings.Repeat("0", 64)+`","`, 64) + strings.Repeat("0", 64) + `"]}` + "\n",
		"too long":      forkType + `{"a":"` + strings.Repeat("A", MaxFork) + `","b":""}` + "\n",
	} {
		if _, err := ParseFork([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
