package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

const (
	placeBits = 40
	maxFeed   = 1<<(63-placeBits) - 1
	// maxSize keeps stored indexes, less than twice the size, inside a place.
	maxSize = 1 << (placeBits - 1)
	// runLength is the greatest number of hashes in one row.
	runLength = 256
)

// Commit writes b in one transaction. When it returns nil, b is on disk; when
// it returns an error, nothing of b was written. ctx ends the wait for other
// Commits; once the transaction has begun it is carried through.
//
// An Append that does not start where its feed ends is refused with a
// *[StartError].
func (s *Store) Commit(ctx context.Context, b Batch) error {
	for i := range b.Feeds {
		if err := b.Feeds[i].check(); err != nil {
			return err
		}
	}
	return s.transact(ctx, func(w *writer) error { return w.batch(b) })
}

func (a *Append) check() error {
	end := a.Start + uint64(len(a.Leaves))
	switch {
	case a.Head.Origin != a.Origin || a.Head.Size != end:
		return fmt.Errorf("append to %s: the head is %s at %d, want %d", a.Origin, a.Head.Origin, a.Head.Size, end)
	case end < a.Start || end > maxSize:
		return fmt.Errorf("append to %s: size %d: at most %d", a.Origin, end, uint64(maxSize))
	}
	want := tlog.StoredHashCount(int64(end)) - tlog.StoredHashCount(int64(a.Start))
	if int64(len(a.Hashes)) != want {
		return fmt.Errorf("append to %s: %d hashes for entries %d to %d: want %d", a.Origin, len(a.Hashes), a.Start, end, want)
	}
	for i, leaf := range a.Leaves {
		if len(leaf) > note.MaxHeader {
			return fmt.Errorf("append to %s: entry %d has %d bytes: at most %d", a.Origin, a.Start+uint64(i), len(leaf), note.MaxHeader)
		}
	}
	return nil
}

// transact runs do in a transaction on the writer connection.
func (s *Store) transact(ctx context.Context, do func(*writer) error) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	w := &writer{s: s, ctx: context.WithoutCancel(ctx), feeds: map[string]int64{}, payloads: map[note.Digest]int64{}}
	tx, err := s.conn.BeginTx(w.ctx, nil)
	if err != nil {
		return s.explain("write", err)
	}
	if err := do(w); err != nil {
		return s.explain("write", errors.Join(err, rollback(tx)))
	}
	if err := tx.Commit(); err != nil {
		// Where COMMIT itself fails SQLite may leave the transaction open.
		s.conn.ExecContext(w.ctx, "rollback")
		return s.explain("write", err)
	}
	s.learn(w)
	return nil
}

// rollback undoes tx. SQLite has done so already after some errors, a full
// disk among them, and says that there is no transaction.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !strings.Contains(err.Error(), "no transaction is active") {
		return err
	}
	return nil
}

// A writer is the writer connection inside a transaction.
type writer struct {
	s   *Store
	ctx context.Context
	// Numbers given in this transaction.
	feeds    map[string]int64
	payloads map[note.Digest]int64
}

func (w *writer) exec(text string, args ...any) (int64, error) {
	st, err := w.s.prepared(w.ctx, text)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(w.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// one reads a single row into dest and reports whether there was one.
func (w *writer) one(text string, args []any, dest ...any) (bool, error) {
	st, err := w.s.prepared(w.ctx, text)
	if err != nil {
		return false, err
	}
	err = st.QueryRowContext(w.ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// An insertion is an INSERT of many rows; texts holds it for each number of
// rows in steps.
type insertion struct {
	columns int
	texts   [len(steps)]string
}

// steps are the numbers of rows that one statement inserts. A call into the
// database costs several times what a row does.
var steps = [...]int{64, 8, 1}

// The parameters have no numbers: SQLite looks each of those up among all the
// names before it.
func newInsertion(head string, columns int, tail string) *insertion {
	in := &insertion{columns: columns}
	row := "(?" + strings.Repeat(",?", columns-1) + ")"
	for i, rows := range steps {
		in.texts[i] = head + " values " + row + strings.Repeat(","+row, rows-1) + " " + tail
	}
	return in
}

// insert runs in over args, the rows one after the other.
func (w *writer) insert(in *insertion, args []any) error {
	for i, rows := range steps {
		for n := rows * in.columns; len(args) >= n; args = args[n:] {
			if _, err := w.exec(in.texts[i], args[:n]...); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	insertEntry = newInsertion("insert into entry (place, leaf)", 2, "")
	insertHash  = newInsertion("insert into hash (place, hashes)", 2, "")
	insertCite  = newInsertion("insert into cite (place, name, size, digest, part)", 5, "on conflict do nothing")
	insertPart  = newInsertion("insert into part (num, place, state, plain, sealed)", 5, "")
)

func (w *writer) batch(b Batch) error {
	for _, d := range b.Docs {
		if _, err := w.exec(`insert into doc (kind, digest, bytes) values ($1, $2, $3)
			on conflict (digest) do update set bytes = excluded.bytes`, d.Kind, d.Digest[:], d.Bytes); err != nil {
			return err
		}
	}
	for i := range b.Feeds {
		if err := w.append(&b.Feeds[i]); err != nil {
			return err
		}
	}
	if err := w.parts(b.Parts); err != nil {
		return err
	}
	for _, h := range b.Heads {
		if err := w.head(h.Head, h.Signed); err != nil {
			return err
		}
	}
	for _, c := range b.Cosigs {
		num, err := w.feed(c.Origin)
		if err != nil {
			return err
		}
		if _, err := w.exec(`insert into cosig (feed, name, size, time, lines) values ($1, $2, $3, $4, $5)
			on conflict (feed, name, size) do update set time = excluded.time, lines = excluded.lines where excluded.time > cosig.time`,
			num, c.Name, int64(c.Size), c.Time.Unix(), c.Lines); err != nil {
			return err
		}
	}
	for _, f := range b.Forks {
		num, err := w.feed(f.Origin)
		if err != nil {
			return err
		}
		digest := note.Sum(f.Bytes)
		if _, err := w.exec("insert into fork (digest, feed, bytes) values ($1, $2, $3) on conflict do nothing", digest[:], num, f.Bytes); err != nil {
			return err
		}
	}
	for _, d := range b.Drafts {
		if _, err := w.exec("insert into draft (id, box) values ($1, $2) on conflict (id) do update set box = excluded.box", d.ID, d.Box); err != nil {
			return err
		}
	}
	for _, r := range b.House {
		if _, err := w.exec("insert into house (num, box) values ($1, $2)", int64(r.Num), r.Box); err != nil {
			return err
		}
	}
	for _, k := range b.Kept {
		if _, err := w.exec("insert into kept (digest, body) values ($1, $2) on conflict do nothing", k.Digest[:], notNull(k.Body)); err != nil {
			return err
		}
	}
	for _, d := range b.Unkept {
		if _, err := w.exec("delete from kept where digest = $1", d[:]); err != nil {
			return err
		}
	}
	if err := w.passes(b); err != nil {
		return err
	}
	return w.meta(b.Meta)
}

func (w *writer) meta(m map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		var err error
		if m[key] == "" {
			_, err = w.exec("delete from meta where key = $1", key)
		} else {
			_, err = w.exec("insert into meta (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value", key, m[key])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// feed returns the number of a feed, and gives it one if it has none.
func (w *writer) feed(origin string) (int64, error) {
	if num, ok := w.feeds[origin]; ok {
		return num, nil
	}
	if num, ok := w.s.number(origin); ok {
		return num, nil
	}
	if _, err := w.exec("insert into feed (origin, size) values ($1, 0) on conflict do nothing", origin); err != nil {
		return 0, err
	}
	var num int64
	if _, err := w.one("select num from feed where origin = $1", []any{origin}, &num); err != nil {
		return 0, err
	}
	if num > maxFeed {
		return 0, fmt.Errorf("the ledger holds %d feeds and cannot hold more", maxFeed)
	}
	w.feeds[origin] = num
	return num, nil
}

func (w *writer) append(a *Append) error {
	num, err := w.feed(a.Origin)
	if err != nil {
		return err
	}
	// The size is compared and set in one statement.
	n, err := w.exec("update feed set size = $3 where num = $1 and size = $2", num, int64(a.Start), int64(a.Head.Size))
	if err != nil {
		return err
	}
	if n != 1 {
		var size int64
		if _, err := w.one("select size from feed where num = $1", []any{num}, &size); err != nil {
			return err
		}
		return &StartError{a.Origin, a.Start, uint64(size)}
	}
	args := make([]any, 0, 2*len(a.Leaves))
	for i, leaf := range a.Leaves {
		args = append(args, place(num, a.Start+uint64(i)), notNull(leaf))
	}
	if err := w.insert(insertEntry, args); err != nil {
		return err
	}
	args = args[:0]
	first := place(num, uint64(tlog.StoredHashCount(int64(a.Start))))
	for i := 0; i < len(a.Hashes); i += runLength {
		run := a.Hashes[i:min(i+runLength, len(a.Hashes))]
		flat := make([]byte, 0, len(run)*tlog.HashSize)
		for _, h := range run {
			flat = append(flat, h[:]...)
		}
		args = append(args, first+int64(i), flat)
	}
	if err := w.insert(insertHash, args); err != nil {
		return err
	}
	return w.head(a.Head, a.Signed)
}

// head stores a checkpoint. Another root at a size that has one is never
// stored: it is a fork, or a mistake of the caller's.
func (w *writer) head(h note.Head, signed []byte) error {
	num, err := w.feed(h.Origin)
	if err != nil {
		return err
	}
	if h.Size > maxSize {
		return fmt.Errorf("head of %s: size %d: at most %d", h.Origin, h.Size, uint64(maxSize))
	}
	n, err := w.exec(`insert into head (place, root, signed) values ($1, $2, $3)
		on conflict (place) do update set root = head.root where head.root = excluded.root`, place(num, h.Size), h.Root[:], notNull(signed))
	if err == nil && n != 1 {
		return fmt.Errorf("head of %s at %d: the ledger holds another root at that size; nothing was written", h.Origin, h.Size)
	}
	return err
}

func place(feed int64, index uint64) int64 { return feed<<placeBits + int64(index) }

// notNull returns b as a value that is not NULL in SQL.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
