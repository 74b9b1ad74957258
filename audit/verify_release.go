package audit

import (
	"fmt"

	"detente/internal/officer"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
)

// releases returns what holds the in-house record against the notes that left.
func (v *verifier) releases() *officer.Audit {
	return &officer.Audit{Find: func(where, what string) {
		v.find(where, what, "nothing undoes it: keep the folder as it is, and ask those who are named; the other side holds the note as it is")
	}}
}

// left holds every note of the node's own against how it was released.
func (v *verifier) left(a *officer.Audit, rows []store.FeedRow) {
	if !a.Any() {
		return
	}
	for _, row := range rows {
		if (note.ID{Origin: row.Origin}).Party() != v.Party {
			continue
		}
		err := v.Store.EachEntry(v.ctx, row.Origin, 0, func(index uint64, leaf []byte) error {
			h, err := note.Parse(leaf)
			if err != nil || h.Origin != row.Origin || h.Index != index || index >= row.Size {
				return nil // a finding already, or younger than the entries that were read
			}
			n, err := v.ownNote(&h)
			if n != nil {
				a.Left(*n)
			}
			return err
		})
		if err != nil {
			v.failed("the releases of "+row.Origin, err)
			return
		}
	}
	now, err := v.Store.Feeds()
	if err != nil {
		v.failed("the feeds", err)
		return
	}
	sizes := map[string]uint64{}
	for _, row := range now {
		sizes[row.Origin] = row.Size
	}
	n := a.End(sizes)
	v.count(func(r *Report) { r.Released = n })
}

// ownNote reads one of the node's own notes; nil where its move cannot be read,
// which is a finding already.
func (v *verifier) ownNote(h *note.Header) (*officer.Note, error) {
	_, channel, _, err := note.ParseOrigin(h.Origin)
	p, ok := h.Part(note.PartMove)
	if err != nil || !ok {
		return nil, nil
	}
	part, err := v.Store.Part(p.Sealed)
	if err != nil {
		return nil, fmt.Errorf("the move of %s: %w", h.ID().Short(), err)
	}
	plain, err := v.Box.Unwrap(part.Plain, p.Sealed[:])
	if err != nil {
		return nil, nil
	}
	o, err := OpenMove(h, plain)
	if err != nil {
		return nil, nil
	}
	m := o.Move
	n := &officer.Note{ID: h.ID(), Time: h.When(), Machine: m.Act == matter.Ack || m.Act == matter.Test && m.Fields["use"] == "roll-call" && m.Office == "node"}
	n.Final = officer.Final{Act: m.Act, Audience: h.Audience, Channel: channel, Fields: m.Fields, Matter: m.Matter, Office: m.Office, Precedence: h.Precedence}
	if !o.Content.IsZero() {
		n.Content = &o.Content
	}
	return n, nil
}
