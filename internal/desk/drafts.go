package desk

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/store"
	"detente/note"
)

// Kept is a draft that was stored.
type Kept struct {
	Authors []officer.ID `json:"authors,omitempty"` // who wrote it, the drafter first; absent: the node's own user alone
	Created time.Time    `json:"created,omitzero"`
	Draft   Draft        `json:"draft"`
	ID      string       `json:"id"`
	Note    string       `json:"note,omitempty"`    // what it has become, or Sending
	Saved   time.Time    `json:"saved,omitzero"`    // last changed
	Trouble string       `json:"trouble,omitempty"` // why it cannot be read; then there is no more than the ID
	Version uint64       `json:"version,omitempty"` // each change is another

	secret []byte      // of the salts of what it will say
	words  note.Digest // of what it says or commits to, once it is on its way; zero: no words
}

// state is what the ledger holds of a draft beside its text.
type state struct {
	Authors []officer.ID `json:"authors,omitempty"`
	Saved   time.Time    `json:"saved,omitzero"`
	Secret  []byte       `json:"secret,omitempty"`
	Version uint64       `json:"version,omitempty"`
	Words   note.Digest  `json:"words,omitzero"`
}

// salts are those of the words that a note will say, and of those that it will
// only commit to. Neither tells the other, nor the secret that both are from.
type salts struct{ content, kept string }

func (k Kept) salts() salts {
	if len(k.secret) == 0 {
		return salts{}
	}
	of := func(what string) string {
		sum := sha256.Sum256(append([]byte("detente/salt/v1 "+what+"\n"), k.secret...))
		return hex.EncodeToString(sum[:note.SaltSize])
	}
	return salts{of("content"), of("kept")}
}

// write takes a text as the work of whose context it is.
func (k *Kept) write(ctx context.Context, in Draft, now time.Time) {
	if k.secret == nil {
		k.secret = make([]byte, 32)
		rand.Read(k.secret)
	}
	if o, ok := officer.FromContext(ctx); ok && !slices.Contains(k.Authors, o.ID) {
		k.Authors = append(slices.Clone(k.Authors), o.ID)
	}
	k.Draft, k.Saved = in, now
	k.Version++
}

// Sending stands in the place of the note that a draft becomes from before it
// is written until that is known: a draft that keeps it after a crash may have
// been sent.
const Sending = "sending"

// Keep stores a draft, boxed under the node's own key, and returns its name.
func (d *Desk) Keep(ctx context.Context, in Draft) (string, error) {
	if err := cmp.Or(officer.Need(ctx, officer.Drafter), unsealed(in)); err != nil {
		return "", err
	}
	k := Kept{Created: d.n.Now(), ID: strings.ToLower(rand.Text()[:10])}
	k.write(ctx, in, k.Created)
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
	rest, err := json.Marshal(state{k.Authors, k.Saved, k.secret, k.Version, k.words})
	if err != nil {
		return store.Draft{}, err
	}
	return d.n.House().BoxDraft(house.Draft{Body: body, Created: k.Created, ID: k.ID, Note: k.Note, State: rest})
}

// Drafts returns the drafts, the newest first, and then those that cannot be
// read: they can only be dropped.
func (d *Desk) Drafts() ([]Kept, error) {
	rows, err := d.n.House().Drafts()
	out := []Kept{}
	for _, r := range rows {
		k := Kept{Created: r.Created, ID: r.ID, Note: r.Note, Trouble: r.Trouble}
		if k.Trouble == "" {
			var rest state
			var err error
			if k.Draft, err = ReadDraft(r.Body); err == nil && r.State != nil {
				err = strict(r.State, &rest)
			}
			if k.Authors, k.Saved, k.secret, k.Version, k.words = rest.Authors, rest.Saved, rest.Secret, rest.Version, rest.Words; err != nil {
				k = Kept{ID: r.ID, Trouble: err.Error()}
			}
		}
		out = append(out, k)
	}
	return out, err
}

// OneDraft returns the draft of that name.
func (d *Desk) OneDraft(id string) (Kept, error) {
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

// A ConflictError says that a draft was changed between when an edit of it was
// begun and when it was saved. Both texts are kept.
type ConflictError struct {
	Copy    string // the draft that holds the edit
	Draft   string
	Version uint64 // of the draft now
	Edited  uint64 // that the edit was of
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("draft %s was changed meanwhile: it is at version %d, and this edit was of version %d; it stays as it is, and this text is kept as draft %s: compare the two, and drop one", e.Draft, e.Version, e.Edited, e.Copy)
}

// Amend puts another text in the place of a draft that was not sent. From which
// press text it was read, and the words of that, stay. version is the one that
// was edited, 0 whichever there is: where it is not the newest, the error is a
// *ConflictError. Whoever changes a draft has written it with the others, and
// whatever was released of it counts no more.
func (d *Desk) Amend(ctx context.Context, id string, in Draft, version uint64) (Kept, error) {
	if err := cmp.Or(officer.Need(ctx, officer.Drafter), unsealed(in)); err != nil {
		return Kept{}, err
	}
	d.drafts.Lock()
	defer d.drafts.Unlock()
	k, err := d.OneDraft(id)
	switch {
	case err != nil:
		return k, err
	case k.Note != "":
		return k, &FieldError{"draft", "it was sent, or may have been; it stays as it is"}
	}
	in.From = k.Draft.From
	if in.Quotes == nil {
		in.Quotes = k.Draft.Quotes
	}
	if same, err := equal(k.Draft, in); err != nil || same {
		return k, err
	}
	if version != 0 && version != k.Version {
		return k, d.conflict(ctx, k, in, version)
	}
	k.write(ctx, in, d.n.Now())
	return k, d.keep(ctx, k)
}

// conflict keeps an edit that came too late as a draft of its own. However often
// it is saved again, that is one draft.
func (d *Desk) conflict(ctx context.Context, k Kept, in Draft, version uint64) error {
	o, _ := officer.FromContext(ctx)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", k.ID, version, o.ID))
	e := &ConflictError{Copy: strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:10]), Draft: k.ID, Version: k.Version, Edited: version}
	other, err := d.OneDraft(e.Copy)
	if err != nil {
		other = Kept{Authors: k.Authors, Created: d.n.Now(), ID: e.Copy}
	}
	if other.Note != "" {
		return &FieldError{"draft", fmt.Sprintf("%s was changed meanwhile, and the edit of version %d was sent already, as draft %s", k.ID, version, e.Copy)}
	}
	other.write(ctx, in, d.n.Now())
	return errors.Join(d.keep(ctx, other), e)
}

func equal(a, b Draft) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}

// Drop deletes a draft.
func (d *Desk) Drop(ctx context.Context, id string) error {
	if err := officer.Need(ctx, officer.Drafter); err != nil {
		return err
	}
	d.drafts.Lock()
	defer d.drafts.Unlock()
	roster, err := d.officers.Roster()
	if err != nil {
		return err
	}
	if k, err := d.OneDraft(id); err == nil && roster.InForce() {
		if _, err := d.n.House().Append(ctx, house.Dropped, officer.Step{Draft: id, Version: k.Version}); err != nil {
			return err
		}
	}
	return d.n.Store().DeleteDraft(ctx, id)
}

// Release sends a draft that was kept, once, if it was released by as many as the
// rules want: else the error is a *HeldError. again says that a person has
// looked, and a draft that may have been sent was not.
func (d *Desk) Release(ctx context.Context, id string, again bool) (node.Ticket, error) {
	if officer.Need(ctx, officer.Releaser) != nil {
		if err := officer.Need(ctx, officer.Drafter); err != nil {
			return node.Ticket{}, err
		}
	}
	d.drafts.Lock()
	defer d.drafts.Unlock()
	return d.release(ctx, id, again)
}

func (d *Desk) release(ctx context.Context, id string, again bool) (node.Ticket, error) {
	if err := d.resume(ctx); err != nil {
		return node.Ticket{}, err
	}
	k, err := d.OneDraft(id)
	switch {
	case err != nil:
		return node.Ticket{}, err
	case k.Note == Sending && !again:
		return node.Ticket{}, &FieldError{"draft", "it may have been sent already, as the node stopped meanwhile: look at detente timeline; then drop it, or send it with --again"}
	case k.Note != "" && k.Note != Sending:
		return node.Ticket{}, &FieldError{"draft", "it was sent already, as " + k.Note}
	}
	out, err := d.prepare(k.Draft, k.salts())
	if err != nil {
		return node.Ticket{}, err
	}
	// The note and the mark on the draft are not one transaction: the mark comes
	// first, so that no crash makes two notes of one draft.
	if k.words, err = wordsOf(out); err != nil {
		return node.Ticket{}, err
	}
	letGo, err := d.letGo(ctx, &k, out)
	if err != nil {
		return node.Ticket{}, err
	}
	ctx = context.WithoutCancel(ctx) // from here on the draft must learn what became of it
	t, err := d.submit(ctx, out)
	var refused *node.Refused
	var stay *StayError
	switch {
	case err == nil:
		return t, d.became(ctx, k, letGo, t.ID)
	case errors.As(err, &refused) || errors.As(err, &stay):
		k.Note = "" // nothing was written
	default:
		return t, err
	}
	return t, errors.Join(err, d.keep(ctx, k))
}
