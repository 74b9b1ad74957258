package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite"

	"detente/note"
)

// FileName is the database's name in the node's folder.
const FileName = "ledger.db"

// readers bounds the read connections; each has a page cache of its own.
const readers = 4

//go:embed migrations/*.sql
var migrations embed.FS

// A Store is a node's ledger. Its methods may be called from many goroutines.
type Store struct {
	name string // for messages

	// turn is held by whoever uses the writer connection.
	turn   chan struct{}
	db     *sql.DB
	conn   *sql.Conn            // the writer
	stmts  map[string]*sql.Stmt // prepared on conn, by text
	closed bool                 // guarded by turn

	// read is nil in memory, where the writer connection reads too.
	read    *sql.DB
	mu      sync.Mutex
	prepped map[string]*sql.Stmt // prepared on read, by text

	names    sync.RWMutex // guards what is below: the feeds and payloads that are committed
	numbers  map[string]int64
	origins  map[int64]string
	payloads map[note.Digest]int64
	lastPart int64 // the greatest number of a payload
}

// Open opens the ledger in dir, and makes it if it is not there.
func Open(dir string) (*Store, error) {
	path := filepath.Join(dir, FileName)
	// SQLite would make the file readable to the group; -wal and -shm take
	// after it.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	// fdatasync leaves out the time stamps and is as durable. Not every
	// system has it; the others go on with fsync.
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return nil, err
	}
	const common = "&_pragma=foreign_keys(1)&_pragma=cell_size_check(1)&_pragma=trusted_schema(0)"
	// A page that many batches touch goes from the log into the database once
	// for each checkpoint: few of them, at 16 MB, halve what a batch costs.
	s, err := open(path, fileName(path)+common+
		"&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		return nil, err
	}
	s.read, err = sql.Open("sqlite", fileName(path)+common+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	return s, nil
}

// OpenMemory opens the ledger of that name in memory, and makes it if it is
// not there. It is gone once nothing has it open; see [KeepMemory]. It is for
// simulations: everything happens on one connection and no goroutine outlives
// Close, so it may be used inside a testing/synctest bubble.
func OpenMemory(name string) (*Store, error) {
	return open(name, memoryName(name)+"&_txlock=immediate&_pragma=foreign_keys(1)&_pragma=cell_size_check(1)&_pragma=trusted_schema(0)&_pragma=secure_delete(1)")
}

// KeepMemory keeps the ledger of that name in memory alive between one
// OpenMemory and the next, as a disk would through a crash, until it is
// closed. A crash is to close the Store: what was committed is there when it
// is opened again, and nothing else.
func KeepMemory(name string) (io.Closer, error) {
	db, err := sql.Open("sqlite", memoryName(name))
	if err != nil {
		return nil, err
	}
	// A database in memory lives while a connection is open, and the pool
	// keeps one idle; reading the schema makes sure that it is one.
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(0)
	if _, err := db.Exec("select count(*) from sqlite_schema"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// fileName returns the name of a database in a file, to which settings can be
// added.
func fileName(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(10000)"
}

// memoryName returns the name that every connection to one database in memory
// must give. A name with a leading slash is shared within the process.
func memoryName(name string) string {
	return "file:/" + url.PathEscape(name) + "?vfs=memdb"
}

func open(name, dsn string) (_ *Store, err error) {
	s := &Store{
		name: name, turn: make(chan struct{}, 1),
		stmts: map[string]*sql.Stmt{}, prepped: map[string]*sql.Stmt{},
		numbers: map[string]int64{}, origins: map[int64]string{},
	}
	defer func() {
		if err != nil {
			err = errors.Join(s.explain("open", err), s.Close())
		}
	}()
	if s.db, err = sql.Open("sqlite", dsn); err != nil {
		return nil, err
	}
	s.db.SetMaxOpenConns(1)
	if s.conn, err = s.db.Conn(context.Background()); err != nil {
		return nil, err
	}
	if err = s.migrate(); err != nil {
		return nil, err
	}
	return s, errors.Join(s.loadFeeds(), s.loadPayloads())
}

// loadFeeds learns the numbers of the feeds. Commit keeps them up to date:
// one process owns the ledger.
func (s *Store) loadFeeds() error {
	rows, err := s.conn.QueryContext(context.Background(), "select num, origin from feed")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var num int64
		var origin string
		if err := rows.Scan(&num, &origin); err != nil {
			return err
		}
		s.numbers[origin], s.origins[num] = num, origin
	}
	return rows.Err()
}

// loadPayloads learns the numbers of the payloads, likewise.
func (s *Store) loadPayloads() error {
	ctx := context.Background()
	if err := s.conn.QueryRowContext(ctx, "select coalesce(max(num), 0) from part").Scan(&s.lastPart); err != nil {
		return err
	}
	s.payloads = make(map[note.Digest]int64, min(s.lastPart, 1<<20)) // it need not grow; the number may be damaged
	rows, err := s.conn.QueryContext(ctx, "select digest, part from cite")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var digest sql.RawBytes
		var num int64
		if err := rows.Scan(&digest, &num); err != nil {
			return err
		}
		if len(digest) == len(note.Digest{}) {
			s.payloads[note.Digest(digest)] = num
		}
	}
	return rows.Err()
}

// learn takes over the numbers that w gave, once they are committed.
func (s *Store) learn(w *writer) {
	s.names.Lock()
	defer s.names.Unlock()
	for origin, num := range w.feeds {
		s.numbers[origin], s.origins[num] = num, origin
	}
	maps.Copy(s.payloads, w.payloads)
	s.lastPart += int64(len(w.payloads))
}

// payload returns the number of a payload that is committed.
func (s *Store) payload(digest note.Digest) (int64, bool) {
	s.names.RLock()
	defer s.names.RUnlock()
	num, ok := s.payloads[digest]
	return num, ok
}

// number returns the number of a feed that is committed.
func (s *Store) number(origin string) (int64, bool) {
	s.names.RLock()
	defer s.names.RUnlock()
	num, ok := s.numbers[origin]
	return num, ok
}

func (s *Store) origin(num int64) string {
	s.names.RLock()
	defer s.names.RUnlock()
	return s.origins[num]
}

// migrate brings the schema up to date, each step in a transaction of its own.
func (s *Store) migrate() error {
	ctx := context.Background()
	if _, err := s.conn.ExecContext(ctx, "create table if not exists migration (version integer primary key)"); err != nil {
		return err
	}
	var have int
	if err := s.conn.QueryRowContext(ctx, "select coalesce(max(version), 0) from migration").Scan(&have); err != nil {
		return err
	}
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	if have > len(files) {
		return fmt.Errorf("the ledger has schema %d and this program knows %d: it was written by a newer version; use that version", have, len(files))
	}
	for i, f := range files[have:] {
		text, err := migrations.ReadFile("migrations/" + f.Name())
		if err != nil {
			return err
		}
		version := have + i + 1
		if !strings.HasPrefix(f.Name(), fmt.Sprintf("%04d", version)) {
			return fmt.Errorf("migration %d is named %s", version, f.Name())
		}
		if err := s.step(ctx, string(text), version); err != nil {
			return fmt.Errorf("migration %s: %w", f.Name(), err)
		}
	}
	return nil
}

func (s *Store) step(ctx context.Context, text string, version int) error {
	tx, err := s.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "insert into migration (version) values ($1)", version); err != nil {
		return err
	}
	return tx.Commit()
}

// acquire takes the writer connection.
func (s *Store) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closed {
		s.release()
		return fmt.Errorf("ledger %s: %w", s.name, ErrClosed)
	}
	return nil
}

func (s *Store) release() { <-s.turn }

// Close waits for the Commit that is under way and closes the ledger. Reads
// that are under way may fail. Closing twice is harmless.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer s.release()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	// Readers first: the last connection to go moves the log into the
	// database, and only the writer can.
	if s.read != nil {
		s.mu.Lock()
		for _, st := range s.prepped {
			errs = append(errs, st.Close())
		}
		clear(s.prepped)
		errs = append(errs, s.read.Close())
		s.mu.Unlock()
	}
	for _, st := range s.stmts {
		errs = append(errs, st.Close())
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}

// prepared returns text as a statement on the writer connection.
func (s *Store) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := s.stmts[text]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, text)
	if err == nil {
		s.stmts[text] = st
	}
	return st, err
}

// rows runs a query and calls scan for each row. In memory it takes the
// writer's turn.
func (s *Store) rows(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) error {
	st, err := s.reader(ctx, text)
	if err != nil {
		return s.explain("read", err)
	}
	if s.read == nil {
		defer s.release()
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return s.explain("read", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return s.explain("read", err)
		}
	}
	return s.explain("read", rows.Err())
}

// reader returns the statement for a read. In memory the caller then holds
// the writer's turn.
func (s *Store) reader(ctx context.Context, text string) (*sql.Stmt, error) {
	if s.read == nil {
		if err := s.acquire(ctx); err != nil {
			return nil, err
		}
		st, err := s.prepared(ctx, text)
		if err != nil {
			s.release()
		}
		return st, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.prepped[text]; ok {
		return st, nil
	}
	st, err := s.read.PrepareContext(ctx, text)
	if err == nil {
		s.prepped[text] = st
	}
	return st, err
}
