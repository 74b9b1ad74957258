package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"modernc.org/sqlite"

	"detente/note"
)

// A PartSum is a payload whose sealed bytes were read to their digest and not
// kept: Sealed is nil.
type PartSum struct {
	Part
	Sum    note.Digest // of the sealed bytes that are stored
	Stored uint64      // how many there are
}

// PostgreSQL has a function of that name, and SQLite gets one. What it hashes
// stays in the database's own memory.
func init() {
	sqlite.MustRegisterFunction("sha256", &sqlite.FunctionImpl{NArgs: 1, Deterministic: true, VolatileArgs: true,
		Scalar: func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			switch v := args[0].(type) {
			case nil:
				return nil, nil
			case []byte:
				sum := sha256.Sum256(v)
				return sum[:], nil
			default:
				return nil, fmt.Errorf("sha256 of a %T", v)
			}
		}})
}

// EachPartSum calls fn for the payloads that the notes of a feed name, from the
// note at index from up to, not including, to, in the order of the notes and
// then of the names. The sealed bytes are read to their digest, which costs a
// fraction of what handing them out would. Plain is fn's until it returns, and
// fn may write to it.
func (s *Store) EachPartSum(ctx context.Context, origin string, from, to uint64, fn func(PartSum) error) error {
	num, ok := s.number(origin)
	if !ok || from >= to || to > maxSize {
		return nil
	}
	last, lastName := place(num, from), ""
	page := make([]PartSum, 0, pageRows)
	var plains []byte
	for {
		page, plains = page[:0], plains[:0]
		err := s.rows(ctx, "select "+partColumns+`, p.plain, sha256(p.sealed), length(p.sealed) from cite c join part p on p.num = c.part
			where (c.place, c.name) > ($1, $2) and c.place < $3 order by c.place, c.name limit $4`,
			[]any{last, lastName, place(num, to), pageRows}, func(rows *sql.Rows) error {
				var p PartSum
				var at, length int64
				var digest, plain, sum sql.RawBytes
				var stored sql.NullInt64
				if err := rows.Scan(&at, &p.Name, &digest, &length, &p.State, &plain, &sum, &stored); err != nil {
					return err
				}
				p.ID = note.ID{Origin: origin, Index: uint64(at & (1<<placeBits - 1))}
				p.Size, p.Stored = uint64(length), uint64(stored.Int64)
				copy(p.Digest[:], digest)
				if p.Sum = note.Sum(nil); sum != nil {
					copy(p.Sum[:], sum)
				}
				if plain != nil {
					start := len(plains)
					plains = append(plains, plain...)
					p.Plain = plains[start:len(plains):len(plains)]
				}
				if page = append(page, p); len(plains) >= pageBytes {
					return errPage
				}
				return nil
			})
		if err != nil && err != errPage {
			return err
		}
		for _, p := range page {
			if err := fn(p); err != nil {
				return err
			}
			last, lastName = place(num, p.ID.Index), p.Name
		}
		if err == nil && len(page) < pageRows {
			return nil
		}
	}
}
