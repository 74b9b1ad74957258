package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// A page is what one query of an Each function takes in.
const (
	pageRows  = 1024
	pageBytes = 1 << 20
)

// errPage ends a page early. It never leaves the package.
var errPage = errors.New("the page is full")

// one reads a single row into dest, or returns an error that wraps
// ErrNotFound.
func (s *Store) one(what, text string, args []any, dest ...any) error {
	found := false
	err := s.rows(context.Background(), text, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(dest...)
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	return err
}

// Docs returns the signed texts of a kind in the order in which they came.
func (s *Store) Docs(kind string) (docs []Doc, err error) {
	err = s.rows(context.Background(), "select digest, bytes from doc where kind = $1 order by num", []any{kind}, func(rows *sql.Rows) error {
		d := Doc{Kind: kind}
		var digest []byte
		err := rows.Scan(&digest, &d.Bytes)
		copy(d.Digest[:], digest)
		docs = append(docs, d)
		return err
	})
	return docs, err
}

// Doc returns the text of a digest, or an error that wraps ErrNotFound.
func (s *Store) Doc(digest note.Digest) (Doc, error) {
	d := Doc{Digest: digest}
	err := s.one("document "+digest.String(), "select kind, bytes from doc where digest = $1", []any{digest[:]}, &d.Kind, &d.Bytes)
	return d, err
}

// Feeds returns every feed that the ledger knows, sorted by origin.
func (s *Store) Feeds() (feeds []FeedRow, err error) {
	err = s.rows(context.Background(), `select f.origin, f.size, h.root, h.signed from feed f
		left join head h on h.place = f.num * 1099511627776 + f.size order by f.origin`, nil, func(rows *sql.Rows) error {
		var f FeedRow
		var size int64
		var root []byte
		err := rows.Scan(&f.Origin, &size, &root, &f.Signed)
		f.Size = uint64(size)
		copy(f.Root[:], root)
		feeds = append(feeds, f)
		return err
	})
	return feeds, err
}

// Head returns the checkpoint over the entries held of a feed, or an error
// that wraps ErrNotFound.
func (s *Store) Head(origin string) (HeadRow, error) {
	num, ok := s.number(origin)
	if !ok {
		return HeadRow{}, fmt.Errorf("feed %s: %w", origin, ErrNotFound)
	}
	return s.head("head of "+origin, `select h.place, h.root, h.signed from feed f
		join head h on h.place = f.num * 1099511627776 + f.size where f.num = $1`, num)
}

// HeadAt returns the checkpoint of a feed at a size, or an error that wraps
// ErrNotFound.
func (s *Store) HeadAt(origin string, size uint64) (HeadRow, error) {
	what := fmt.Sprintf("head of %s at %d", origin, size)
	num, ok := s.number(origin)
	if !ok || size > maxSize {
		return HeadRow{}, fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	return s.head(what, "select place, root, signed from head where place = $1", place(num, size))
}

// LastHead returns the checkpoint of a feed at the greatest size known, which
// may be beyond the entries held, or an error that wraps ErrNotFound.
func (s *Store) LastHead(origin string) (HeadRow, error) {
	num, ok := s.number(origin)
	if !ok {
		return HeadRow{}, fmt.Errorf("feed %s: %w", origin, ErrNotFound)
	}
	return s.head("last head of "+origin, "select place, root, signed from head where place >= $1 and place < $2 order by place desc limit 1",
		place(num, 0), place(num+1, 0))
}

func (s *Store) head(what, text string, args ...any) (h HeadRow, err error) {
	var at int64
	var root []byte
	if err := s.one(what, text, args, &at, &root, &h.Signed); err != nil {
		return HeadRow{}, err
	}
	h.Head.Origin, h.Head.Size = s.origin(at>>placeBits), uint64(at&(1<<placeBits-1))
	copy(h.Head.Root[:], root)
	return h, nil
}

// EachHead calls fn for the checkpoints of a feed in the order of their sizes,
// beginning at from.
func (s *Store) EachHead(ctx context.Context, origin string, from uint64, fn func(HeadRow) error) error {
	return s.each(ctx, origin, from, `select place, signed, root from head
		where place >= $1 and place < $2 order by place limit $3`, 3, func(size uint64, signed, root []byte) error {
		h := HeadRow{note.Head{Origin: origin, Size: size}, signed}
		copy(h.Head.Root[:], root)
		return fn(h)
	})
}

// Entry returns one entry, or an error that wraps ErrNotFound.
func (s *Store) Entry(id note.ID) (leaf []byte, err error) {
	num, ok := s.number(id.Origin)
	if !ok || id.Index >= maxSize {
		return nil, fmt.Errorf("%s: %w", id, ErrNotFound)
	}
	err = s.one(id.String(), "select leaf from entry where place = $1", []any{place(num, id.Index)}, &leaf)
	return leaf, err
}

// Leaves returns the entries of a feed from index from up to, not including,
// to, as many as fit limitBytes, but one at least where there is one.
func (s *Store) Leaves(origin string, from, to uint64, limitBytes int) (leaves [][]byte, err error) {
	num, ok := s.number(origin)
	if !ok || from >= to || from >= maxSize {
		return nil, nil
	}
	size := 0
	err = s.rows(context.Background(), "select leaf from entry where place >= $1 and place < $2 order by place",
		[]any{place(num, from), place(num, min(to, maxSize))}, func(rows *sql.Rows) error {
			var leaf []byte
			if err := rows.Scan(&leaf); err != nil {
				return err
			}
			if size += len(leaf); size > limitBytes && len(leaves) > 0 {
				return errPage
			}
			leaves = append(leaves, leaf)
			return nil
		})
	if err == errPage {
		err = nil
	}
	return leaves, err
}

// EachEntry calls fn for the entries of a feed in order, beginning at from.
// The leaf is fn's to keep.
func (s *Store) EachEntry(ctx context.Context, origin string, from uint64, fn func(index uint64, leaf []byte) error) error {
	return s.each(ctx, origin, from, "select place, leaf from entry where place >= $1 and place < $2 order by place limit $3", 2,
		func(index uint64, leaf, _ []byte) error { return fn(index, leaf) })
}

// each reads rows of a feed, (place, bytes) or (place, bytes, bytes), page by
// page.
func (s *Store) each(ctx context.Context, origin string, from uint64, text string, columns int, fn func(index uint64, a, b []byte) error) error {
	num, ok := s.number(origin)
	if !ok || from > maxSize {
		return nil
	}
	type row struct {
		at   int64
		a, b []byte
	}
	page := make([]row, 0, pageRows)
	for next := place(num, from); ; {
		page = page[:0]
		size := 0
		err := s.rows(ctx, text, []any{next, place(num+1, 0), pageRows}, func(rows *sql.Rows) error {
			var r row
			if err := rows.Scan([]any{&r.at, &r.a, &r.b}[:columns]...); err != nil {
				return err
			}
			page = append(page, r)
			if size += len(r.a); size >= pageBytes {
				return errPage
			}
			return nil
		})
		if err != nil && err != errPage {
			return err
		}
		for _, r := range page {
			if err := fn(uint64(r.at&(1<<placeBits-1)), r.a, r.b); err != nil {
				return err
			}
			next = r.at + 1
		}
		if err == nil && len(page) < pageRows {
			return nil
		}
	}
}

// HashReader reads the stored hashes of a feed for package tlog.
func (s *Store) HashReader(origin string) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		num, ok := s.number(origin)
		if !ok {
			return nil, fmt.Errorf("hashes of %s: %w", origin, ErrNotFound)
		}
		out := make([]tlog.Hash, len(indexes))
		var first int64 // the run at hand
		var run []byte
		for i, index := range indexes {
			if index < 0 || index >= 2*maxSize {
				return nil, fmt.Errorf("hash %d of %s: %w", index, origin, ErrNotFound)
			}
			at := place(num, uint64(index))
			what := fmt.Sprintf("hash %d of %s", index, origin)
			if run == nil || at < first || at >= first+int64(len(run)/tlog.HashSize) {
				err := s.one(what, "select place, hashes from hash where place <= $1 and place >= $2 order by place desc limit 1",
					[]any{at, place(num, 0)}, &first, &run)
				if err != nil {
					return nil, err
				}
			}
			offset := (at - first) * tlog.HashSize
			if offset+tlog.HashSize > int64(len(run)) {
				return nil, fmt.Errorf("%s: %w", what, ErrNotFound)
			}
			copy(out[i][:], run[offset:])
		}
		return out, nil
	})
}

// Cosigs returns the cosignatures on a head, sorted by name.
func (s *Store) Cosigs(origin string, size uint64) ([]Cosig, error) {
	num, ok := s.number(origin)
	if !ok || size > maxSize {
		return nil, nil
	}
	return s.cosigs(origin, "select name, size, time, lines from cosig where feed = $1 and size = $2 order by name", num, int64(size))
}

// LatestCosig returns a name's cosignature on the greatest head of a feed, or
// an error that wraps ErrNotFound.
func (s *Store) LatestCosig(origin, name string) (Cosig, error) {
	num, _ := s.number(origin)
	c, err := s.cosigs(origin, "select name, size, time, lines from cosig where feed = $1 and name = $2 order by size desc limit 1", num, name)
	if err == nil && len(c) == 0 {
		err = fmt.Errorf("cosignature of %s on %s: %w", name, origin, ErrNotFound)
	}
	if err != nil {
		return Cosig{}, err
	}
	return c[0], nil
}

func (s *Store) cosigs(origin, text string, args ...any) (out []Cosig, err error) {
	err = s.rows(context.Background(), text, args, func(rows *sql.Rows) error {
		c := Cosig{Origin: origin}
		var size, unix int64
		err := rows.Scan(&c.Name, &size, &unix, &c.Lines)
		c.Size, c.Time = uint64(size), time.Unix(unix, 0).UTC()
		out = append(out, c)
		return err
	})
	return out, err
}

// Forks returns the proofs of forks.
func (s *Store) Forks() (forks []ForkRow, err error) {
	err = s.rows(context.Background(), "select f.origin, k.bytes from fork k join feed f on f.num = k.feed order by f.origin, k.digest", nil, func(rows *sql.Rows) error {
		var f ForkRow
		err := rows.Scan(&f.Origin, &f.Bytes)
		forks = append(forks, f)
		return err
	})
	return forks, err
}

// Kept returns the content that is kept under a digest. The error wraps
// ErrNotFound where there is none.
func (s *Store) Kept(digest note.Digest) (body []byte, err error) {
	err = s.one("kept content "+digest.String(), "select body from kept where digest = $1", []any{digest[:]}, &body)
	return body, err
}

// KeptDigests returns the digests under which content is kept, in order.
func (s *Store) KeptDigests() (digests []note.Digest, err error) {
	err = s.rows(context.Background(), "select digest from kept order by digest", nil, func(rows *sql.Rows) error {
		var b sql.RawBytes
		if err := rows.Scan(&b); err != nil {
			return err
		}
		if len(b) != len(note.Digest{}) {
			return fmt.Errorf("%w: content is kept under %d bytes that are no digest", ErrDamaged, len(b))
		}
		digests = append(digests, note.Digest(b))
		return nil
	})
	return digests, err
}

// Meta returns a value, or "" where there is none.
func (s *Store) Meta(key string) (value string, err error) {
	err = s.one("meta "+key, "select value from meta where key = $1", []any{key}, &value)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return value, err
}

// Check reads the whole database and returns an error that wraps ErrDamaged
// if its structure is not sound. What the records say is for package audit.
func (s *Store) Check(ctx context.Context) error {
	return s.rows(ctx, "pragma integrity_check(1)", nil, func(rows *sql.Rows) error {
		var line string
		if err := rows.Scan(&line); err != nil || line == "ok" {
			return err
		}
		return fmt.Errorf("check %s: %w: %s", s.name, ErrDamaged, line)
	})
}
