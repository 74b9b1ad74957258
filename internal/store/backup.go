package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// Backup writes a copy of the ledger as it is now to path, which must not
// exist. Commits go on meanwhile. The copy is complete and on disk when Backup
// returns nil; before that there is nothing at path.
//
// A restored copy is behind the signing journal: a node that finds that
// refuses to sign until it has recovered.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("back up to %s: there is a file already; nothing was written", path)
	}
	tmp := path + ".tmp"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	// SQLite fills an empty file, which so has the mode that it should have.
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	defer f.Close()
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp))
		}
	}()
	if err := s.copyTo(ctx, tmp); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// copyTo copies the pages of one read transaction; in a log-structured
// database that keeps no writer waiting.
func (s *Store) copyTo(ctx context.Context, path string) error {
	conn := s.conn
	if s.read == nil {
		if err := s.acquire(ctx); err != nil {
			return err
		}
		defer s.release()
	} else {
		var err error
		if conn, err = s.read.Conn(ctx); err != nil {
			return s.explain("back up", err)
		}
		defer conn.Close()
	}
	err := conn.Raw(func(driver any) error {
		b, err := driver.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		}).NewBackup(fileName(path))
		if err != nil {
			return err
		}
		_, err = b.Step(-1)
		return errors.Join(err, b.Finish())
	})
	return s.explain("back up", err)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
