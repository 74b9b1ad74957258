package desk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/store"
)

// Keep stores a draft, boxed under the node's own key, and returns its name.
func (d *Desk) Keep(ctx context.Context, in Draft) (string, error) {
	if err := unsealed(in); err != nil {
		return "", err
	}
	k := Kept{Created: d.n.Now(), Draft: in, ID: strings.ToLower(rand.Text()[:10])}
	return k.ID, d.keep(ctx, k)
}

func (d *Desk) keep(ctx context.Context, k Kept) error {
	row, err := d.box(k)
	if err != nil {
		return err
	}
	return d.n.Store().Commit(ctx, store.Batch{Drafts: []store.Draft{row}})
}

// box returns a draft as the ledger holds it.
func (d *Desk) box(k Kept) (store.Draft, error) {
	body, err := json.Marshal(k.Draft)
	if err != nil {
		return store.Draft{}, err
	}
	return d.n.House().BoxDraft(house.Draft{Body: body, Created: k.Created, ID: k.ID, Note: k.Note})
}

// Kept is a draft that was stored.
type Kept struct {
	Created time.Time `json:"created,omitzero"`
	Draft   Draft     `json:"draft"`
	ID      string    `json:"id"`
	Note    string    `json:"note,omitempty"`    // what it has become, or Sending
	Trouble string    `json:"trouble,omitempty"` // why it cannot be read; then there is no more than the ID
}

// Sending stands in the place of the note that a draft becomes from before it
// is written until that is known: a draft that keeps it after a crash may have
// been sent.
const Sending = "sending"

// Drafts returns the drafts, the newest first, and then those that cannot be
// read: they can only be dropped.
func (d *Desk) Drafts() ([]Kept, error) {
	rows, err := d.n.House().Drafts()
	out := []Kept{}
	for _, r := range rows {
		k := Kept{Created: r.Created, ID: r.ID, Note: r.Note, Trouble: r.Trouble}
		if k.Trouble == "" {
			var err error
			if k.Draft, err = ReadDraft(r.Body); err != nil {
				k = Kept{ID: r.ID, Trouble: err.Error()}
			}
		}
		out = append(out, k)
	}
	return out, err
}

// draft returns the draft of that name.
func (d *Desk) draft(id string) (Kept, error) {
	kept, err := d.Drafts()
	if err != nil {
		return Kept{}, err
	}
	i := slices.IndexFunc(kept, func(k Kept) bool { return k.ID == id })
	switch {
	case i < 0:
		return Kept{}, &FieldError{"draft", fmt.Sprintf("there is no draft %.20q", id)}
	case kept[i].Trouble != "":
		return Kept{}, &FieldError{"draft", fmt.Sprintf("%s cannot be read: %s; drop it", id, kept[i].Trouble)}
	}
	return kept[i], nil
}

// Release sends a draft that was kept, once. again says that a person has
// looked, and a draft that may have been sent was not.
func (d *Desk) Release(ctx context.Context, id string, again bool) (node.Ticket, error) {
	d.drafts.Lock()
	defer d.drafts.Unlock()
	k, err := d.draft(id)
	switch {
	case err != nil:
		return node.Ticket{}, err
	case k.Note == Sending && !again:
		return node.Ticket{}, &FieldError{"draft", "it may have been sent already, as the node stopped meanwhile: look at detente timeline; then drop it, or send it with --again"}
	case k.Note != "" && k.Note != Sending:
		return node.Ticket{}, &FieldError{"draft", "it was sent already, as " + k.Note}
	}
	out, err := d.Prepare(k.Draft)
	if err != nil {
		return node.Ticket{}, err
	}
	// The note and the mark on the draft are not one transaction: the mark comes
	// first, so that no crash makes two notes of one draft.
	k.Note = Sending
	if err := d.keep(ctx, k); err != nil {
		return node.Ticket{}, err
	}
	ctx = context.WithoutCancel(ctx) // from here on the draft must learn what became of it
	t, err := d.submit(ctx, out)
	var refused *node.Refused
	var stay *StayError
	switch {
	case err == nil:
		k.Note = t.ID.String()
		return t, d.keepMade(ctx, k, t.ID)
	case errors.As(err, &refused) || errors.As(err, &stay):
		k.Note = "" // nothing was written
	default:
		return t, err
	}
	return t, errors.Join(err, d.keep(ctx, k))
}

// Amend puts another text in the place of a draft that was not sent. From which
// press text it was read, and the words of that, stay.
func (d *Desk) Amend(ctx context.Context, id string, in Draft) error {
	d.drafts.Lock()
	defer d.drafts.Unlock()
	k, err := d.draft(id)
	switch {
	case err != nil:
		return err
	case k.Note != "":
		return &FieldError{"draft", "it was sent, or may have been; it stays as it is"}
	}
	in.From = k.Draft.From
	if in.Quotes == nil {
		in.Quotes = k.Draft.Quotes
	}
	k.Draft = in
	return d.keep(ctx, k)
}

// Drop deletes a draft.
func (d *Desk) Drop(ctx context.Context, id string) error {
	d.drafts.Lock()
	defer d.drafts.Unlock()
	return d.n.Store().DeleteDraft(ctx, id)
}
