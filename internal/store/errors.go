package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrNotFound is what errors wrap when nothing is stored under a key.
	ErrNotFound = errors.New("not in the ledger")
	// ErrClosed is what errors wrap after Close.
	ErrClosed = errors.New("the ledger is closed")
	// ErrDamaged is what errors wrap when the database file is not sound.
	ErrDamaged = errors.New("the ledger is damaged")
	// ErrFull is what errors wrap when the disk is full.
	ErrFull = errors.New("the disk is full")
)

// A StartError says that an Append did not start where its feed ends. Nothing
// of the batch was written.
type StartError struct {
	Origin string
	Start  uint64
	Size   uint64 // entries held
}

func (e *StartError) Error() string {
	return fmt.Sprintf("append to %s at %d: the ledger holds %d entries of it; nothing was written", e.Origin, e.Start, e.Size)
}

// explain says what the database's errors mean to whoever runs the node.
func (s *Store) explain(doing string, err error) error {
	var e *sqlite.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	fail := func(kind error, kept string) error {
		return fmt.Errorf("%s %s: %w (%w): %s", doing, s.name, kind, err, kept)
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fail(ErrDamaged, "nothing was changed; keep the folder as it is, put a backup in its place and recover")
	case sqlite3.SQLITE_FULL:
		return fail(ErrFull, "nothing of this batch was kept, and all of the earlier ones; make room and do it again")
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%s %s: %w: the disk failed; the earlier batches were kept, this one may or may not have been; open the ledger again to see", doing, s.name, err)
	}
	return fmt.Errorf("%s %s: %w", doing, s.name, err)
}
