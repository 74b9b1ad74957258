package house

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"detente/internal/store"
	"detente/seal"
)

// A Draft is a note that is not sent yet, or was sent. It is no entry of the
// record: it is written over, and deleted.
type Draft struct {
	Body    []byte          `json:"body"` // what is in it is package desk's
	Created time.Time       `json:"created"`
	ID      string          `json:"-"`
	Note    string          `json:"note,omitempty"`  // what it has become
	State   json.RawMessage `json:"state,omitempty"` // what else package desk keeps of it
	Trouble string          `json:"-"`               // why it cannot be read; then there is no more than the ID
}

// Drafts returns the drafts, the newest first, and then those that cannot be
// read.
func (h *House) Drafts() ([]Draft, error) {
	rows, err := h.store.Drafts()
	out := make([]Draft, len(rows))
	for i, r := range rows {
		d, err := openDraft(h.box, r)
		if err != nil {
			d = Draft{ID: r.ID, Trouble: err.Error()}
		}
		out[i] = d
	}
	slices.SortStableFunc(out, func(a, b Draft) int { return b.Created.Compare(a.Created) })
	return out, err
}

// BoxDraft boxes a draft, for [House.AppendWith] or a Commit of the store.
func (h *House) BoxDraft(d Draft) (store.Draft, error) {
	text, err := json.Marshal(d)
	return store.Draft{ID: d.ID, Box: h.box.Wrap(text, draftAAD(d.ID))}, err
}

// BoxDrafts boxes the drafts that an older version kept in the clear.
func (h *House) BoxDrafts(ctx context.Context) error {
	return h.store.BoxDrafts(ctx, func(d store.ClearDraft) (store.Draft, error) {
		return h.BoxDraft(Draft{Body: d.Body, Created: d.Created, ID: d.ID, Note: d.Note})
	})
}

// CheckDrafts opens every draft and calls find for those that cannot be read. It
// returns how many there are.
func CheckDrafts(s *store.Store, box *seal.Box, find func(where, what string)) (n uint64, err error) {
	rows, err := s.Drafts()
	for _, r := range rows {
		if _, err := openDraft(box, r); err != nil {
			find("draft "+r.ID, err.Error())
		}
	}
	return uint64(len(rows)), err
}

// draftAAD binds a box to the name of its draft.
func draftAAD(id string) []byte { return []byte("detente/draft/v1 " + id) }

func openDraft(box *seal.Box, r store.Draft) (Draft, error) {
	d := Draft{ID: r.ID}
	text, err := box.Unwrap(r.Box, draftAAD(r.ID))
	if err != nil {
		return d, errNotOpen
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("it opens, and cannot be read: %w", err)
	}
	return d, nil
}
