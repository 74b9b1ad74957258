package register

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"

	"detente/note"
)

// Heads returns how much of every feed has been folded: the heads over which
// the register stands as it is.
func (r *Register) Heads() map[string]uint64 {
	out := map[string]uint64{}
	for origin, f := range r.feeds {
		if f.placed > 0 {
			out[origin] = uint64(f.placed)
		}
	}
	return out
}

// Picture returns the digest of the matters of an audience over the heads
// given, by origin; ok is false where the register has not folded that much.
func (r *Register) Picture(audience []string, heads map[string]uint64) (d note.Digest, ok bool) {
	for origin, size := range heads {
		if f := r.feeds[origin]; size > 0 && (f == nil || uint64(f.placed) < size) {
			return d, false
		}
	}
	cut := r.closed(heads)
	within := func(e *Entry) bool { return e.ID.Index < cut[e.ID.Origin] }
	a := r.audience(audience)
	beyond, first := r.beyond(a, cut)
	h, after, rows := a.resume(first)
	var row []byte
	for _, origin := range slices.Sorted(maps.Keys(a.matters)) {
		if origin < after.Origin {
			continue
		}
		list := a.matters[origin]
		from, held := slices.BinarySearchFunc(list, after, func(m *Matter, id note.ID) int { return compareIDs(m.rank, id) })
		if held {
			from++
		}
		for _, m := range list[from:] {
			var digest note.Digest
			some := true
			if beyond[m] {
				digest, some = m.within(within)
			} else {
				digest = m.sum()
			}
			if some {
				row = hex.AppendEncode(appendName(row[:0], m.rank), digest[:])
				h.Write(append(row, '\n'))
			}
			if rows++; rows%markEvery == 0 && (first == nil || compareIDs(m.rank, first.rank) < 0) {
				a.mark(m, h)
			}
		}
	}
	for _, e := range a.orphans {
		if within(e) {
			row = append(appendName(row[:0], e.ID), e.orphanWord()...)
			h.Write(append(row, '\n'))
		}
	}
	return note.Digest(h.Sum(nil)), true
}

// A mark is the hash of a picture up to a matter, so that the next picture
// begins there: most matters rest.
type mark struct {
	rank note.ID
	hash hash.Cloner
}

// touch drops the marks that hold a matter which is new or has grown.
func (a *audience) touch(m *Matter) {
	at, _ := slices.BinarySearchFunc(a.marks, m.rank, func(k mark, id note.ID) int { return compareIDs(k.rank, id) })
	a.marks = a.marks[:at]
}

// mark keeps the hash up to a matter.
func (a *audience) mark(m *Matter, h hash.Cloner) {
	if c, err := h.Clone(); err == nil {
		a.marks = append(a.marks, mark{m.rank, c})
	}
}

// resume returns the last hash that is kept of matters before first, or the one
// that a picture begins with, and where it stands.
func (a *audience) resume(first *Matter) (h hash.Cloner, after note.ID, rows int) {
	at := len(a.marks)
	if first != nil {
		at, _ = slices.BinarySearchFunc(a.marks, first.rank, func(k mark, id note.ID) int { return compareIDs(k.rank, id) })
	}
	if at > 0 {
		if h, err := a.marks[at-1].hash.Clone(); err == nil {
			return h, a.marks[at-1].rank, at * markEvery
		}
	}
	h = sha256.New().(hash.Cloner)
	fmt.Fprintf(h, "detente/picture/v1\n%d\n%s\n", Version, a.key)
	return h, note.ID{}, 0
}

// appendName begins a row of the picture: "PAK/<channel>/1#41 ".
func appendName(row []byte, id note.ID) []byte {
	row = append(append(row, id.Origin...), '#')
	return append(strconv.AppendUint(row, id.Index, 10), ' ')
}

// orphanWord is a stable word for what became of a note without a matter;
// the reason itself is for people and may be worded anew.
func (e *Entry) orphanWord() string {
	if e.Move == nil {
		return string(e.Trouble)
	}
	return string(e.Result)
}

// closed lowers heads until they hold everything that their notes have seen:
// what a reader who held just those heads would have folded.
func (r *Register) closed(heads map[string]uint64) map[string]uint64 {
	cut := map[string]uint64{}
	for origin, size := range heads {
		cut[origin] = size
	}
	for again := true; again; {
		again = false
		for origin, size := range cut {
			f := r.feeds[origin]
			for size > 0 && slices.ContainsFunc(f.entries[size-1].seen, func(s seen) bool { return min(s.size, s.feed.stands) > cut[s.feed.origin] }) {
				size--
				again = true
			}
			cut[origin] = size
		}
	}
	return cut
}

// beyond returns the matters of an audience with notes that the heads do not
// hold, and which of them comes first in a picture.
func (r *Register) beyond(a *audience, cut map[string]uint64) (out map[*Matter]bool, first *Matter) {
	out = map[*Matter]bool{}
	for origin, f := range r.feeds {
		for _, e := range f.entries[cut[origin]:f.placed] {
			if e.Matter == nil || e.audience != a {
				continue
			}
			out[e.Matter] = true
			if first == nil || compareIDs(e.Matter.rank, first.rank) < 0 {
				first = e.Matter
			}
		}
	}
	return out, first
}

// Audiences returns every audience that has a matter or a note that belongs
// to none.
func (r *Register) Audiences() [][]string {
	var out [][]string
	for _, a := range r.audiences {
		if len(a.matters)+len(a.orphans) > 0 {
			out = append(out, a.parties)
		}
	}
	slices.SortFunc(out, slices.Compare)
	return out
}
