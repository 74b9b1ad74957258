package audit

import (
	"crypto/sha256"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// edge is the right edge of a tree that is built from record hashes instead of
// leaves, so that a stored hash can stand in for a leaf that was damaged.
type edge struct {
	size  uint64
	peaks []tlog.Hash
}

func (e edge) clone() edge { return edge{e.size, slices.Clone(e.peaks)} }

// append adds a record hash, and appends to stored the hashes that are stored
// for it.
func (e *edge) append(h tlog.Hash, stored []tlog.Hash) []tlog.Hash {
	stored = append(stored, h)
	for range bits.TrailingZeros64(^e.size) {
		last := len(e.peaks) - 1
		h = tlog.NodeHash(e.peaks[last], h)
		e.peaks = e.peaks[:last]
		stored = append(stored, h)
	}
	e.peaks = append(e.peaks, h)
	e.size++
	return stored
}

func (e edge) root() note.Digest {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	h := e.peaks[len(e.peaks)-1]
	for i := len(e.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(e.peaks[i], h)
	}
	return note.Digest(h)
}
