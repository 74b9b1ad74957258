package feed

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"detente/note"
)

var (
	channel = note.Sum([]byte("channel"))
	origin  = note.Origin("PAK", channel, 1)
	noon    = time.Date(2024, 1, 19, 12, 0, 0, 0, time.UTC)
)

// keyOf returns the deterministic key of a number.
func keyOf(t testing.TB, n byte) *Key {
	t.Helper()
	k, err := NewKey([64]byte(bytes.Repeat([]byte{n}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// leavesOf returns n leaves that differ from those of another seed from
// common on.
func leavesOf(n, common int, seed string) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		if i < common {
			out[i] = fmt.Appendf(nil, "leaf %d", i)
		} else {
			out[i] = fmt.Appendf(nil, "leaf %d of %s", i, seed)
		}
	}
	return out
}

func treeOf(leaves [][]byte) *Tree {
	tree := EmptyTree()
	for _, l := range leaves {
		tree.Append(l)
	}
	return tree
}

func headOf(leaves [][]byte) note.Head {
	tree := treeOf(leaves)
	return note.Head{Origin: origin, Root: tree.Root(), Size: tree.Size()}
}

func signedOf(t testing.TB, k *Key, leaves [][]byte) []byte {
	t.Helper()
	return must(k.SignHead(headOf(leaves), noon))(t)
}

// flips calls f with in changed in one bit of every step-th byte.
func flips(in []byte, step int, f func(at int, changed []byte)) {
	for i := 0; i < len(in); i += step {
		changed := bytes.Clone(in)
		changed[i] ^= 1 << (i % 7)
		f(i, changed)
	}
}
