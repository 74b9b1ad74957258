package feed

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// The tree must agree with x/mod/sumdb/tlog at every size: roots, stored
// hashes, and the right edge read back from storage.
func TestTreeAgreesWithTlog(t *testing.T) {
	tree := EmptyTree()
	var stored Hashes
	for n, leaf := range leavesOf(300, 300, "") {
		if want := must(tlog.TreeHash(int64(n), stored))(t); note.Digest(want) != tree.Root() {
			t.Fatalf("at %d the root is %s; tlog says %s", n, tree.Root(), want)
		}
		again := must(NewTree(uint64(n), stored.ReadHashes))(t)
		if again.Root() != tree.Root() || again.Size() != tree.Size() {
			t.Fatalf("at %d the tree read back has another root", n)
		}
		want := must(tlog.StoredHashes(int64(n), leaf, stored))(t)
		if int64(len(stored)) != tlog.StoredHashIndex(0, int64(n)) {
			t.Fatalf("at %d there are %d stored hashes", n, len(stored))
		}
		before := tree.Clone()
		got := tree.Append(leaf)
		if len(got) != len(want) {
			t.Fatalf("at %d: %d hashes; tlog says %d", n, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("at %d: stored hash %d differs from tlog's", n, i)
			}
		}
		if fromRead := again.Append(leaf); fromRead[len(fromRead)-1] != got[len(got)-1] || again.Root() != tree.Root() {
			t.Fatalf("at %d: the tree read back goes on differently", n)
		}
		if before.Size() != uint64(n) || before.Append(leaf)[0] != got[0] || before.Root() != tree.Root() {
			t.Fatalf("at %d: the clone changed with its original", n)
		}
		stored = append(stored, got...)
	}
}

func TestNewTreeRefuses(t *testing.T) {
	stored := HashLeaves(leavesOf(5, 5, ""))
	broken := errors.New("broken")
	if _, err := NewTree(5, func([]int64) ([]tlog.Hash, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("the reader's error is lost: %v", err)
	}
	if _, err := NewTree(5, func([]int64) ([]tlog.Hash, error) { return stored[:1], nil }); err == nil {
		t.Error("too few hashes were accepted")
	}
	if _, err := NewTree(MaxSize+1, stored.ReadHashes); err == nil {
		t.Error("a size beyond 2^53-1 was accepted")
	}
	if _, err := NewTree(9, stored.ReadHashes); err == nil {
		t.Error("hashes beyond the end were read")
	}
	// The read hashes stay the caller's.
	mine := make([]tlog.Hash, 0, 8)
	tree := must(NewTree(3, func(x []int64) ([]tlog.Hash, error) {
		h, err := stored.ReadHashes(x)
		mine = append(mine, h...)
		return mine, err
	}))(t)
	first := mine[0]
	tree.Append([]byte("x"))
	if mine[0] != first || mine[1] != stored[3] {
		t.Error("Append wrote into the reader's slice")
	}
}

func TestAdvance(t *testing.T) {
	k := keyOf(t, 1)
	pub := k.Public()
	all := leavesOf(300, 300, "")
	signed := func(n int) []byte { return signedOf(t, k, all[:n]) }

	tree, stored, err := Advance(EmptyTree(), nil, signed(7), all[:7], pub)
	if err != nil || tree.Root() != treeOf(all[:7]).Root() || len(stored) != 7 {
		t.Fatalf("the first checkpoint: %v", err)
	}
	next, more, err := Advance(tree, signed(7), signed(300), all[7:], pub)
	if err != nil || next.Size() != 300 || tree.Size() != 7 {
		t.Fatalf("the second checkpoint: %v", err)
	}
	var flat Hashes
	for _, s := range append(stored, more...) {
		flat = append(flat, s...)
	}
	for i, h := range HashLeaves(all) {
		if flat[i] != h {
			t.Fatalf("stored hash %d is wrong", i)
		}
	}
	same, none, err := Advance(tree, signed(7), signed(7), nil, pub)
	if err != nil || same.Size() != 7 || len(none) != 0 {
		t.Errorf("nothing new: %v", err)
	}
	empty, none, err := Advance(EmptyTree(), nil, signed(0), nil, pub)
	if err != nil || empty.Size() != 0 || len(none) != 0 {
		t.Errorf("an empty feed: %v", err)
	}
}

func TestAdvanceSaysWhatIsWrong(t *testing.T) {
	k := keyOf(t, 1)
	pub := k.Public()
	all := leavesOf(20, 20, "")
	forked := leavesOf(20, 5, "the other history")
	signed := func(n int) []byte { return signedOf(t, k, all[:n]) }
	changed := append([][]byte{}, all...)
	changed[12] = []byte("changed on the way")
	long := append([][]byte{}, all...)
	long[12] = bytes.Repeat([]byte("x"), note.MaxHeader+1)
	elsewhere := headOf(all[:10])
	elsewhere.Origin = note.Origin("PAK", channel, 2)
	tree := treeOf(all[:10])

	for name, c := range map[string]struct {
		held, signed []byte
		leaves       [][]byte
		check        func(error) bool
	}{
		"stale":             {signed(10), signed(7), nil, is[*Stale]},
		"stale with leaves": {signed(10), signed(7), all[:7], is[*Stale]},
		"fork":              {signed(10), signedOf(t, k, forked[:10]), nil, is[*Fork]},
		"leaves missing":    {signed(10), signed(20), all[10:19], is[*Gap]},
		"no leaves":         {signed(10), signed(20), nil, is[*Gap]},
		"leaves too many":   {signed(10), signed(19), all[10:20], is[*Gap]},
		"leaves not wanted": {signed(10), signed(10), all[10:20], is[*Gap]},
		"changed leaf":      {signed(10), signed(20), changed[10:], is[*Mismatch]},
		"another history":   {signed(10), signedOf(t, k, forked), forked[10:], is[*Mismatch]},
		"entry too long":    {signed(10), signed(20), long[10:], other},
		"another key":       {signed(10), signedOf(t, keyOf(t, 2), all), all[10:], is[*MissingSignature]},
		"not a checkpoint":  {signed(10), []byte("x"), nil, other},
		"another feed":      {signed(10), must(k.SignHead(elsewhere, noon))(t), nil, other},
		"held is lost":      {nil, signed(20), all[10:], other},
		"held is damaged":   {[]byte("x"), signed(20), all[10:], other},
		"held does not fit": {signed(9), signed(20), all[10:], other},
		"held, other root":  {signedOf(t, k, forked[:10]), signed(20), all[10:], other},
		"fork, held unsigned": {signedOf(t, keyOf(t, 2), all[:10]), signedOf(t, k, forked[:10]), nil, func(err error) bool {
			return other(err) && is[*MissingSignature](err)
		}},
	} {
		next, stored, err := Advance(tree, c.held, c.signed, c.leaves, pub)
		if !c.check(err) || next != nil || stored != nil {
			t.Errorf("%s: %T %v", name, err, err)
		}
		if !other(err) && !is[*MissingSignature](err) && !strings.Contains(err.Error(), origin) {
			t.Errorf("%s: the error does not say which feed: %v", name, err)
		}
		if tree.Root() != headOf(all[:10]).Root {
			t.Fatalf("%s: the held tree changed", name)
		}
	}
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// other reports whether err is none of Advance's own kinds.
func other(err error) bool {
	return err != nil && !is[*Stale](err) && !is[*Gap](err) && !is[*Mismatch](err) && !is[*Fork](err)
}
