package feed

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// A Tree is the RFC 6962 tree of one feed, of which only the right edge is
// kept: the roots of the complete subtrees, the largest first, one for each
// bit that is set in the size.
type Tree struct {
	size  uint64
	peaks []tlog.Hash
}

// EmptyTree returns the tree without leaves.
func EmptyTree() *Tree { return &Tree{} }

// NewTree reads the right edge of a stored tree. The reader is asked once, for
// at most 53 hashes by tlog.StoredHashIndex. The caller compares the root with
// the head that it holds: a bit that flipped in storage shows there, and must
// show before anything is signed.
func NewTree(size uint64, read func(storedIndexes []int64) ([]tlog.Hash, error)) (*Tree, error) {
	if size > MaxSize {
		return nil, fmt.Errorf("a tree cannot have %d leaves; the limit is 2^53-1", size)
	}
	if size == 0 {
		return EmptyTree(), nil
	}
	var indexes []int64
	for done, rest := uint64(0), size; rest > 0; {
		level := bits.Len64(rest) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, int64(done>>level)))
		done |= 1 << level
		rest &^= 1 << level
	}
	peaks, err := read(indexes)
	if err != nil {
		return nil, fmt.Errorf("read the right edge of a tree of %d leaves: %w", size, err)
	}
	if len(peaks) != len(indexes) {
		return nil, fmt.Errorf("read the right edge of a tree of %d leaves: asked for %d hashes, got %d", size, len(indexes), len(peaks))
	}
	return &Tree{size: size, peaks: slices.Clone(peaks)}, nil
}

// Size returns the number of leaves.
func (t *Tree) Size() uint64 { return t.size }

// Root returns the root.
func (t *Tree) Root() note.Digest {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	return note.Digest(h)
}

// Clone returns a copy that can be appended to on its own.
func (t *Tree) Clone() *Tree {
	return &Tree{size: t.size, peaks: slices.Clone(t.peaks)}
}

// Append adds a leaf and returns the hashes to store, in order, from
// tlog.StoredHashIndex(0, size before) on.
func (t *Tree) Append(leaf []byte) []tlog.Hash {
	h := tlog.RecordHash(leaf)
	merges := bits.TrailingZeros64(^t.size)
	stored := append(make([]tlog.Hash, 0, 1+merges), h)
	for range merges {
		last := len(t.peaks) - 1
		h = tlog.NodeHash(t.peaks[last], h)
		t.peaks = t.peaks[:last]
		stored = append(stored, h)
	}
	t.peaks = append(t.peaks, h)
	t.size++
	return stored
}

// Hashes are the stored hashes of a tree in memory, by tlog.StoredHashIndex.
type Hashes []tlog.Hash

// HashLeaves returns the stored hashes of the tree over leaves.
func HashLeaves(leaves [][]byte) Hashes {
	var t Tree
	var out Hashes
	for _, leaf := range leaves {
		out = append(out, t.Append(leaf)...)
	}
	return out
}

// ReadHashes implements tlog.HashReader.
func (s Hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(s)) {
			return nil, fmt.Errorf("there is no stored hash %d; there are %d", x, len(s))
		}
		out[i] = s[x]
	}
	return out, nil
}
