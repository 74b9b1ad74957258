package feed

import (
	"bytes"
	"slices"
	"testing"

	"detente/note"
)

// Wherever two histories part, whatever their sizes, it can be proven to who
// holds nothing but the public key.
func TestPartingShowsWhere(t *testing.T) {
	k := keyOf(t, 1)
	pub := k.Public()
	for _, c := range [][3]int{{1, 1, 0}, {4, 7, 0}, {4, 7, 3}, {8, 16, 5}, {300, 290, 256}, {6, 6, 5}} {
		left, right := leavesOf(c[0], c[2], "left"), leavesOf(c[1], c[2], "right")
		p, err := ProveParting(signedOf(t, k, left), signedOf(t, k, right), uint64(c[2]), HashLeaves(left), HashLeaves(right), pub)
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		text := must(p.MarshalText())(t)
		read := must(ParseParting(text))(t)
		a, b, err := read.Verify(pub)
		if err != nil || a.Size != uint64(c[0]) || b.Size != uint64(c[1]) || read.At != uint64(c[2]) {
			t.Fatalf("%v: %v, %v, %v", c, a, b, err)
		}
		if again := must(read.MarshalText())(t); !bytes.Equal(again, text) {
			t.Errorf("%v: reading and writing changed the text", c)
		}
		if _, _, err := read.Verify(keyOf(t, 2).Public()); err == nil {
			t.Errorf("%v: verified under another key", c)
		}
		// No field can be other than it is.
		for name, change := range map[string]func(p *Parting){
			"at":         func(p *Parting) { p.At++ },
			"at less":    func(p *Parting) { p.At-- },
			"leaf a":     func(p *Parting) { p.LeafA[3] ^= 1 },
			"leaf b":     func(p *Parting) { p.LeafB = p.LeafA },
			"prefix":     func(p *Parting) { p.Prefix[0] ^= 1 },
			"in a":       func(p *Parting) { p.InA = append(slices.Clone(p.InA), note.Digest{}) },
			"to b":       func(p *Parting) { p.ToB = append(slices.Clone(p.ToB), note.Digest{}) },
			"same heads": func(p *Parting) { p.B = p.A },
		} {
			bad := read
			if change(&bad); name == "at less" && c[2] == 0 {
				continue
			}
			if _, _, err := bad.Verify(pub); err == nil {
				t.Errorf("%v: verified with another %s", c, name)
			}
		}
	}
}

// One history parts from itself nowhere, and two part at one place only.
func TestNoPartingElsewhere(t *testing.T) {
	k := keyOf(t, 1)
	pub := k.Public()
	left, right := leavesOf(9, 4, "left"), leavesOf(7, 4, "right")
	l, r := signedOf(t, k, left), signedOf(t, k, right)
	for at := range uint64(10) {
		if _, err := ProveParting(l, r, at, HashLeaves(left), HashLeaves(right), pub); (err == nil) != (at == 4) {
			t.Errorf("at %d: %v", at, err)
		}
		if _, err := ProveParting(l, l, at, HashLeaves(left), HashLeaves(left), pub); err == nil {
			t.Errorf("at %d: a history parts from itself", at)
		}
	}
}

func FuzzParting(f *testing.F) {
	k := keyOf(f, 1)
	left, right := leavesOf(5, 2, "left"), leavesOf(3, 2, "right")
	p, err := ProveParting(signedOf(f, k, left), signedOf(f, k, right), 2, HashLeaves(left), HashLeaves(right), k.Public())
	if err != nil {
		f.Fatal(err)
	}
	text, err := p.MarshalText()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(PartingType + "{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParseParting(text)
		if err != nil {
			return
		}
		p.Verify(k.Public())
		if again, err := p.MarshalText(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q is written again as %q, %v", text, again, err)
		}
	})
}
