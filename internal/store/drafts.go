package store

import (
	"context"
	"database/sql"
	"time"
)

// Drafts returns the drafts by their names.
func (s *Store) Drafts() (drafts []Draft, err error) {
	err = s.rows(context.Background(), "select id, box from draft order by id", nil, func(rows *sql.Rows) error {
		var d Draft
		err := rows.Scan(&d.ID, &d.Box)
		drafts = append(drafts, d)
		return err
	})
	return drafts, err
}

// DeleteDraft removes a draft; there need not be one.
func (s *Store) DeleteDraft(ctx context.Context, id string) error {
	return s.transact(ctx, func(w *writer) error {
		_, err := w.exec("delete from draft where id = $1", id)
		return err
	})
}

// A ClearDraft is a draft as ledgers up to schema 5 held it.
type ClearDraft struct {
	ID      string
	Created time.Time // to the microsecond
	Body    []byte
	Note    string
}

// boxing is the key of the meta value that stands from when the clear drafts are
// boxed until their bytes are gone from the log too.
const boxing = "boxing"

// BoxDrafts puts what box returns in the place of each draft that an older
// version kept in the clear. Their bytes are overwritten in the database and in
// its log before BoxDrafts returns nil; where it was stopped before that, the
// next one goes on.
func (s *Store) BoxDrafts(ctx context.Context, box func(ClearDraft) (Draft, error)) error {
	begun, err := s.Meta(boxing)
	if err != nil {
		return err
	}
	b := Batch{Meta: map[string]string{boxing: "drafts"}}
	err = s.rows(ctx, "select id, created, body, note from draft_clear", nil, func(rows *sql.Rows) error {
		var d ClearDraft
		var micro int64
		if err := rows.Scan(&d.ID, &micro, &d.Body, &d.Note); err != nil {
			return err
		}
		d.Created = time.UnixMicro(micro).UTC()
		boxed, err := box(d)
		b.Drafts = append(b.Drafts, boxed)
		return err
	})
	if err != nil || len(b.Drafts) == 0 && begun == "" {
		return err
	}
	err = s.transact(ctx, func(w *writer) error {
		// All rows at once: each page of the table is overwritten as a whole, and
		// no shred of a row that was moved within its page stays.
		if _, err := w.exec("delete from draft_clear"); err != nil {
			return err
		}
		return w.batch(b)
	})
	if err == nil {
		err = s.Flush(ctx)
	}
	if err != nil {
		return err
	}
	return s.Commit(ctx, Batch{Meta: map[string]string{boxing: ""}})
}
