package jcs

import (
	"hash/maphash"
	"sync/atomic"
)

// The notes of a channel repeat a few hundred strings: codes of parties,
// origins, names of acts and fields, words of enumerations. words keeps the
// last string of each hash, so that a node with 100,000 notes has most of
// them once. Its size is fixed, whatever the other side sends: new strings
// drive out old ones, and nothing depends on what is there. The strings are
// kept boxed, since most become values of type any.
var words [2048]atomic.Pointer[any]

var wordSeed = maphash.MakeSeed()

// Lengths above which a string is unlikely to come again: an origin has up to
// 82 bytes; the long values of fields are digests and names of notes.
const (
	maxWord         = 96
	maxWordInFields = 40
)

// Word returns b as a string, which is kept once.
func Word(b []byte) string {
	if len(b) > maxWord {
		return string(b)
	}
	s, _ := intern(b).(string)
	return s
}

// intern returns b as a string in an any.
func intern(b []byte) any {
	slot := &words[maphash.Bytes(wordSeed, b)%uint64(len(words))]
	if p := slot.Load(); p != nil {
		if s, _ := (*p).(string); s == string(b) {
			return *p
		}
	}
	var v any = string(b)
	slot.Store(&v)
	return v
}
