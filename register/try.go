package register

import (
	"math"

	"detente/matter"
	"detente/note"
)

// Try returns what a note would do if its author wrote it now, having seen
// everything that is folded here, with the reason where it would not be
// applied. The note is not added, and nothing changes by the asking. What h
// says of heads is not read. Another's note that is on its way may still come
// before it: Try speaks of the record as it stands.
func (r *Register) Try(h *note.Header, m *note.Move, content note.Digest) (Result, string) {
	if err := matter.Check(m); err != nil {
		return NotFolded, err.Error()
	}
	if m.Act == matter.Ack {
		return Kept, ""
	}
	rules, ok := r.rules(h.Charter)
	if !ok {
		return Waiting, "it names a charter that is not held"
	}
	if f := r.feeds[h.Origin]; f != nil && rules.Serial() < f.serial {
		return OutOfOrder, "its author had already used a later charter"
	}
	kind, act, _ := matter.Find(m.Act)
	e := &Entry{ID: note.ID{Origin: h.Origin, Index: h.Index}, Depth: math.MaxUint64, Time: h.When(), Audience: h.Audience, Charter: h.Charter,
		Move: m, Content: content, act: act, exercise: h.Exercise}
	for _, f := range r.all {
		e.seen = append(e.seen, seen{f, uint64(f.placed)})
	}
	on := &Matter{ID: e.ID, Kind: kind, Audience: h.Audience, r: r}
	var reason string
	switch {
	case m.Matter != nil:
		if on, reason = r.find(kind, e); on == nil {
			return OutOfOrder, reason
		}
	case kind.Key != nil:
		if old := r.keyed[keyOf(kind, e)]; old != nil {
			on = old
		}
	}
	on.fold()
	e.nth = on.said[e.ID.Party()]
	_, result, reason := on.apply(on.State, e)
	return result, reason
}
