package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"detente/note"
)

// ErrTaken is what errors wrap when a pass was to be taken that is not there any
// more. Nothing of the batch was written.
var ErrTaken = errors.New("it was used or ended already")

// Passes returns every pass, ended ones too.
func (s *Store) Passes() (passes []Pass, err error) {
	err = s.rows(context.Background(), "select hash, ends, box from pass order by hash", nil, func(rows *sql.Rows) error {
		p, err := scanPass(rows)
		passes = append(passes, p)
		return err
	})
	return passes, err
}

// Pass returns the pass under a hash.
func (s *Store) Pass(hash note.Digest) (p Pass, err error) {
	found := false
	err = s.rows(context.Background(), "select hash, ends, box from pass where hash = $1", []any{hash[:]}, func(rows *sql.Rows) error {
		p, err = scanPass(rows)
		found = true
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("pass: %w", ErrNotFound)
	}
	return p, err
}

func scanPass(rows *sql.Rows) (p Pass, err error) {
	var hash []byte
	var ends int64
	if err := rows.Scan(&hash, &ends, &p.Box); err != nil {
		return p, err
	}
	if len(hash) != len(p.Hash) {
		return p, fmt.Errorf("%w: a pass is under %d bytes that are no hash", ErrDamaged, len(hash))
	}
	p.Hash, p.Ends = note.Digest(hash), time.UnixMicro(ends).UTC()
	return p, nil
}

// TouchPass writes a pass over, if it is still there.
func (s *Store) TouchPass(ctx context.Context, p Pass) error {
	return s.transact(ctx, func(w *writer) error {
		_, err := w.exec("update pass set ends = $1, box = $2 where hash = $3", p.Ends.UnixMicro(), p.Box, p.Hash[:])
		return err
	})
}

// DropPasses deletes the passes that have ended by a time.
func (s *Store) DropPasses(ctx context.Context, by time.Time) error {
	return s.transact(ctx, func(w *writer) error {
		_, err := w.exec("delete from pass where ends <= $1", by.UnixMicro())
		return err
	})
}

// passes writes and takes passes.
func (w *writer) passes(b Batch) error {
	for _, p := range b.Passes {
		if _, err := w.exec("insert into pass (hash, ends, box) values ($1, $2, $3)", p.Hash[:], p.Ends.UnixMicro(), p.Box); err != nil {
			return err
		}
	}
	for _, hash := range b.Take {
		if n, err := w.exec("delete from pass where hash = $1", hash[:]); err != nil {
			return err
		} else if n == 0 {
			return ErrTaken
		}
	}
	return nil
}

// Setting returns what is kept for an officer under a name; nil where there is
// nothing.
func (s *Store) Setting(officer uint64, name string) (box []byte, err error) {
	err = s.rows(context.Background(), "select box from setting where officer = $1 and name = $2", []any{int64(officer), name}, func(rows *sql.Rows) error {
		return rows.Scan(&box)
	})
	return box, err
}

// Set keeps something for an officer under a name.
func (s *Store) Set(ctx context.Context, officer uint64, name string, box []byte) error {
	return s.transact(ctx, func(w *writer) error {
		_, err := w.exec("insert into setting (officer, name, box) values ($1, $2, $3) on conflict (officer, name) do update set box = excluded.box", int64(officer), name, box)
		return err
	})
}
