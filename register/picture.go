package register

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

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
	beyond := r.beyond(cut)
	h := sha256.New()
	fmt.Fprintf(h, "detente/picture/v1\n%d\n%s\n", Version, strings.Join(audience, ","))
	a := r.audience(audience)
	var row []byte
	for _, origin := range slices.Sorted(maps.Keys(a.matters)) {
		for _, m := range a.matters[origin] {
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

// beyond returns the matters with notes that the heads do not hold.
func (r *Register) beyond(cut map[string]uint64) map[*Matter]bool {
	out := map[*Matter]bool{}
	for origin, f := range r.feeds {
		for _, e := range f.entries[cut[origin]:f.placed] {
			if e.Matter != nil {
				out[e.Matter] = true
			}
		}
	}
	return out
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
