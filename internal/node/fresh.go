package node

import (
	"sync"

	"detente/note"
)

// maxFresh bounds the payloads that are kept in memory for the pushes that
// follow their writing, in bytes.
const maxFresh = 16 << 20

// fresh holds the sealed payloads that were written last, so that a push need
// not read back from the ledger what was just put there.
type fresh struct {
	mu    sync.Mutex
	bytes map[note.Digest][]byte
	order []note.Digest
	size  int
}

func (f *fresh) put(d note.Digest, sealed []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bytes == nil {
		f.bytes = map[note.Digest][]byte{}
	}
	f.bytes[d] = sealed
	f.order = append(f.order, d)
	f.size += len(sealed)
	for f.size > maxFresh {
		f.size -= len(f.bytes[f.order[0]])
		delete(f.bytes, f.order[0])
		f.order = f.order[1:]
	}
}

func (f *fresh) get(d note.Digest) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.bytes[d]
	return b, ok
}

// drop forgets a payload that was erased.
func (f *fresh) drop(d note.Digest) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b, ok := f.bytes[d]; ok {
		f.size -= len(b)
		f.bytes[d] = nil
	}
}

// maxWritten is how many leaves of an own feed are kept for the pushes that
// follow their writing.
const maxWritten = 2 * maxBatch

// written holds the leaves of an own feed that were written last.
type written struct {
	start  uint64
	leaves [][]byte
}

func (w *written) add(start uint64, leaves [][]byte) {
	if start != w.start+uint64(len(w.leaves)) {
		w.start, w.leaves = start, nil
	}
	w.leaves = append(w.leaves, leaves...)
	if extra := len(w.leaves) - maxWritten; extra > 0 {
		w.leaves = append([][]byte(nil), w.leaves[extra:]...)
		w.start += uint64(extra)
	}
}

// run returns the leaves from from up to, not including, to, if it has them all
// and they fit the room.
func (w *written) run(from, to uint64, room int) ([][]byte, bool) {
	if from < w.start || to > w.start+uint64(len(w.leaves)) {
		return nil, false
	}
	run := w.leaves[from-w.start : to-w.start]
	for _, l := range run {
		if room -= len(l); room < 0 {
			return nil, false
		}
	}
	return run, true
}
