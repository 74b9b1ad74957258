package desk

import (
	"context"
	"errors"
	"fmt"
	"io"

	"detente/internal/house"
	"detente/internal/officer"
	"detente/note"
)

// Attachment opens a file of a note for the person whose work it is. That the
// person was given it is entered in-house, once: a file that is asked for again,
// or from where the line broke, is the same file.
func (d *Desk) Attachment(ctx context.Context, id note.ID, number int) (io.ReadCloser, note.Attachment, error) {
	var none note.Attachment
	l, err := d.Leaving(Read, id)
	if err != nil {
		return nil, none, err
	}
	l.Opened = true
	if err := MayLeave(l); err != nil {
		return nil, none, err
	}
	f, a, err := d.n.Attachment(id, number)
	if err != nil {
		return nil, none, err
	}
	to := "the node's own user"
	if o, ok := officer.FromContext(ctx); ok {
		to = fmt.Sprintf("%s (%s)", o.Name, o.ID)
	}
	if err := d.gave(ctx, house.Disclosure{Attachment: number, Note: id, To: to}); err != nil {
		return nil, none, errors.Join(err, f.Close())
	}
	return f, a, nil
}

// gave enters that a person was given a file, if that is not entered yet.
func (d *Desk) gave(ctx context.Context, g house.Disclosure) error {
	d.giving.Lock()
	defer d.giving.Unlock()
	given, err := house.Read[house.Disclosure](d.n.House(), house.Disclosed)
	if err != nil {
		return err
	}
	for _, old := range given {
		if old.Value == g {
			return nil
		}
	}
	_, err = d.n.House().Append(ctx, house.Disclosed, g)
	return err
}
