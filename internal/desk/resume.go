package desk

import (
	"context"
	"errors"
	"slices"

	"detente/internal/house"
	"detente/internal/node"
	"detente/matter"
	"detente/note"
)

// Resume enters which notes those drafts became that were on their way when the
// node stopped. The salt of a draft's words is its own, so the note that has their
// digest is that draft, and no other. Of a draft without words nobody can tell but
// a person: it stays marked.
func (d *Desk) Resume(ctx context.Context) error {
	d.drafts.Lock()
	defer d.drafts.Unlock()
	return d.resume(ctx)
}

func (d *Desk) resume(ctx context.Context) error {
	kept, err := d.Drafts()
	if err != nil {
		return err
	}
	open := map[note.Digest]Kept{}
	for _, k := range kept {
		if k.Note == Sending && !k.words.IsZero() {
			open[k.words] = k
		}
	}
	if len(open) == 0 {
		return nil
	}
	became := map[note.ID]Kept{}
	for _, channel := range d.n.Channels() {
		err := d.n.Read(channel, func(s *node.Snapshot) {
			for _, e := range s.Register.Entries() {
				if e.ID.Party() != s.Party {
					continue
				}
				words := e.Content
				if e.Move != nil && words.IsZero() {
					words, _ = matter.Committed(e.Move)
				}
				if k, ok := open[words]; ok {
					became[e.ID] = k
				}
			}
		})
		if err != nil {
			return err
		}
	}
	for id, k := range became {
		trail, err := d.officers.Trail(k.ID)
		if err != nil {
			return err
		}
		letGo := house.ID(0)
		for _, m := range slices.Backward(trail) {
			if m.Kind == house.Released {
				letGo = m.Entry.ID
			}
			if m.Kind == house.Released || m.Kind == house.Sent {
				break
			}
		}
		if err := d.became(ctx, k, letGo, id); err != nil {
			return err
		}
	}
	return nil
}

// became enters which note a draft is.
func (d *Desk) became(ctx context.Context, k Kept, letGo house.ID, id note.ID) error {
	k.Note = id.String()
	return errors.Join(d.sent(ctx, k, letGo, id), d.keepMade(ctx, k, id))
}

// wordsOf returns the digest of what a note says, or of what it only commits to.
func wordsOf(out node.Draft) (note.Digest, error) {
	switch {
	case out.Keep != nil:
		return node.ContentDigest(out.Keep.Content)
	case out.Content != nil && out.Content.Salt != "":
		return node.ContentDigest(out.Content)
	}
	return note.Digest{}, nil
}
