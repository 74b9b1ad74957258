package desk

import (
	"context"
	"fmt"
	"slices"

	"detente/internal/node"
	"detente/matter"
	"detente/note"
)

// Erase destroys the words of a note at this node: content, attachments, what is
// kept until it is revealed, and the drafts that the note was made of. What was
// revealed stands in the draft of the note that committed to it, so that one goes
// too. Its leaf, its proof and what it did in the register stand.
func (d *Desk) Erase(ctx context.Context, id note.ID) error {
	d.drafts.Lock()
	defer d.drafts.Unlock()
	if err := d.resume(ctx); err != nil {
		return err
	}
	made, err := d.madeOf(id)
	if err != nil {
		return err
	}
	kept, err := d.Drafts()
	if err != nil {
		return err
	}
	// The drafts go first: of a note whose content is gone already, a second try
	// still finds what the first did not reach.
	dropped := false
	for _, k := range kept {
		if slices.Contains(made, k.Note) {
			if err := d.n.Store().DeleteDraft(ctx, k.ID); err != nil {
				return err
			}
			dropped = true
		}
	}
	if dropped {
		if err := d.n.Store().Flush(ctx); err != nil {
			return err
		}
	}
	erased, err := d.n.Erase(ctx, id)
	if err == nil && !erased && !dropped {
		err = fmt.Errorf("%s has no content here that could be erased; nothing was changed", id.Short())
	}
	return err
}

// madeOf returns the names of the notes whose drafts hold the words of a note.
func (d *Desk) madeOf(id note.ID) ([]string, error) {
	out := []string{id.String()}
	_, channel, _, err := note.ParseOrigin(id.Origin)
	if err != nil {
		return nil, err
	}
	return out, d.n.Read(channel, func(s *node.Snapshot) {
		m := s.Register.Matter(id)
		if m == nil {
			return
		}
		if h, ok := m.State.(*matter.HandoverState); ok {
			if own := h.Of(s.Party); own != nil && own.Reveal != nil && *own.Reveal == id {
				out = append(out, own.Commit.String())
			}
		}
	})
}
