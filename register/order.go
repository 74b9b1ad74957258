package register

import (
	"slices"
	"strings"

	"detente/note"
)

// compare is the order of the fold.
func compare(a, b *Entry) int {
	if a.Depth != b.Depth {
		if a.Depth < b.Depth {
			return -1
		}
		return 1
	}
	return compareIDs(a.ID, b.ID)
}

func compareIDs(a, b note.ID) int {
	if c := strings.Compare(a.Origin, b.Origin); c != 0 {
		return c
	}
	switch {
	case a.Index < b.Index:
		return -1
	case a.Index > b.Index:
		return 1
	}
	return 0
}

// place gives a depth to every note whose past is there, and hands it to its
// matter; until a round finds none.
func (r *Register) place() {
	for again := r.waiting > 0; again; {
		again = false
		for _, f := range r.all {
			for f.placed < len(f.entries) && r.ready(f, f.entries[f.placed]) {
				e := f.entries[f.placed]
				e.placed = true
				r.times.move(e)
				f.placed++
				r.waiting--
				r.attach(e)
				again = r.waiting > 0
			}
		}
	}
}

// ready computes the depth if everything that the note has seen is placed.
func (r *Register) ready(f *feed, e *Entry) bool {
	rules, ok := r.rules(e.Charter)
	if !ok {
		e.Reason = "it names a charter that is not held"
		return false
	}
	var depth uint64
	if f.placed > 0 {
		depth = f.entries[f.placed-1].Depth
	} else if f.before != nil && f.before.placed > 0 {
		// A new epoch continues the feed before it, whatever its first header says.
		depth = f.before.entries[f.before.placed-1].Depth
	}
	for _, s := range e.seen {
		size := min(s.size, s.feed.stands)
		if uint64(s.feed.placed) < size {
			return false
		}
		if size > 0 {
			depth = max(depth, s.feed.entries[size-1].Depth)
		}
	}
	e.Depth = depth + 1
	e.Reason = ""
	if serial := rules.Serial(); serial >= f.serial {
		f.serial = serial
	} else {
		e.outdated = true
	}
	for _, s := range e.seen {
		f.cover[s.feed] = max(f.cover[s.feed], s.size)
	}
	return true
}

// Saw reports whether the author of e held the note id when writing e.
func (e *Entry) Saw(id note.ID) bool {
	if id.Origin == e.ID.Origin {
		return id.Index < e.ID.Index
	}
	for _, s := range e.seen {
		if s.feed.origin == id.Origin {
			return s.size > id.Index
		}
	}
	return false
}

// Settled reports whether nothing that may still arrive can sort before the
// note: "every principal in its audience has a leaf whose seen covers it", and
// so has every facilitator, who may propose; and no note of the audience that
// sorts before it lacks its payload.
func (r *Register) Settled(e *Entry) bool {
	if !e.placed || e.Trouble == Missing {
		return false
	}
	if m := e.audience.first; m != nil && compare(m, e) < 0 {
		return false
	}
	rules, ok := r.rules(e.Charter)
	if !ok {
		return false
	}
	own := r.feeds[e.ID.Origin]
	for _, p := range e.Audience {
		if p != own.party && rules.Role(p) != "observer" && !r.covers(p, own, e.ID.Index) {
			return false
		}
	}
	return true
}

func (r *Register) covers(party string, own *feed, index uint64) bool {
	known, complete := false, r.left[party]
	for _, f := range r.all {
		if f.party != party {
			continue
		}
		if f.cover[own] > index {
			return true
		}
		known, complete = true, complete && uint64(f.placed) >= f.stands
	}
	return known && complete
}

// lacks notes that the payload of e has not arrived.
func (a *audience) lacks(e *Entry) {
	if !slices.Contains(a.missing, e) {
		a.missing = append(a.missing, e)
	}
	if a.first == nil || compare(e, a.first) < 0 {
		a.first = e
	}
}

// arrived notes that it has.
func (a *audience) arrived(e *Entry) {
	a.missing = slices.DeleteFunc(a.missing, func(m *Entry) bool { return m == e })
	a.first = nil
	if len(a.missing) > 0 {
		a.first = slices.MinFunc(a.missing, compare)
	}
}

// Holds reports whether a note of party says that its author held the note
// called id.
func (r *Register) Holds(party string, id note.ID) bool {
	own := r.feeds[id.Origin]
	return own != nil && slices.ContainsFunc(r.all, func(f *feed) bool { return f.party == party && f.cover[own] > id.Index })
}

// Covered returns the first note of party whose author, when writing it, held
// the note called id; nil if there is none. It is how a receiver says "held",
// by an ack or by any other note.
func (r *Register) Covered(party string, id note.ID) *Entry {
	own := r.feeds[id.Origin]
	if own == nil {
		return nil
	}
	var first *Entry
	for _, f := range r.all {
		if f.party != party || f.cover[own] <= id.Index {
			continue
		}
		i, _ := slices.BinarySearchFunc(f.entries[:f.placed], id, func(e *Entry, id note.ID) int {
			if e.Saw(id) {
				return 1
			}
			return -1
		})
		if i < f.placed && (first == nil || f.entries[i].Time.Before(first.Time)) {
			first = f.entries[i]
		}
	}
	return first
}
