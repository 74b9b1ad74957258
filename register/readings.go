package register

import (
	"fmt"
	"slices"

	"detente/note"
)

// Reading is what one reader makes of one note. Two readers who hold the same
// heads have the same readings; where their pictures differ, the first note in
// the order of the fold of which they do not is where they part.
type Reading struct {
	Matter note.ID     `json:"matter,omitzero"` // zero where it belongs to none
	Note   note.ID     `json:"note"`
	Reason string      `json:"reason,omitempty"` // for people; two readers may word it differently
	Result string      `json:"result"`
	State  note.Digest `json:"state,omitzero"`   // of the matter, after the note; of a long matter, after some of them
	Status string      `json:"status,omitempty"` // the same, for people
}

// Same reports whether two readings come to the same.
func (a Reading) Same(b Reading) bool {
	return a.Note == b.Note && a.Matter == b.Matter && a.Result == b.Result && a.State == b.State
}

// A reading has the digest of the matter's state after each of its first
// readAll notes, after every readEvery of the others, and after the last: what
// readings cost grows with the notes, however long one matter becomes.
const (
	readAll   = 128
	readEvery = 64
)

// Readings returns what this reader makes of every note of an audience over
// the heads given, in the order of the fold. It is an error if it has not
// folded that much.
func (r *Register) Readings(audience []string, heads map[string]uint64) ([]Reading, error) {
	for origin, size := range heads {
		if f := r.feeds[origin]; size > 0 && (f == nil || uint64(f.placed) < size) {
			return nil, fmt.Errorf("%d notes of %s are not all held and folded here", size, origin)
		}
	}
	cut := r.closed(heads)
	a := r.audience(audience)
	type placed struct {
		entry   *Entry
		reading Reading
	}
	var all []placed
	for _, list := range a.matters {
		for _, m := range list {
			var p point
			entries := slices.DeleteFunc(slices.Clone(m.Entries), func(e *Entry) bool { return e.ID.Index >= cut[e.ID.Origin] })
			for i, e := range entries {
				var result Result
				var reason string
				p, result, reason = m.step(p, e)
				reading := Reading{Matter: m.rank, Note: e.ID, Reason: reason, Result: string(result)}
				if i < readAll || i%readEvery == 0 || i == len(entries)-1 {
					reading.State = p.digest()
				}
				if p.state != nil {
					reading.Status = p.state.Status()
				}
				all = append(all, placed{e, reading})
			}
		}
	}
	for _, e := range a.orphans {
		if e.ID.Index < cut[e.ID.Origin] {
			all = append(all, placed{e, Reading{Note: e.ID, Reason: e.Reason, Result: e.orphanWord()}})
		}
	}
	slices.SortFunc(all, func(x, y placed) int { return compare(x.entry, y.entry) })
	out := make([]Reading, len(all))
	for i, p := range all {
		out[i] = p.reading
	}
	return out, nil
}

// Part returns where two readers part: the place of the first reading that is
// not the same, or the length of both where there is none.
func Part(a, b []Reading) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || !a[i].Same(b[i]) {
			return i
		}
	}
	return len(a)
}
