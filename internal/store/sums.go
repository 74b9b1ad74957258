package store

import (
	"context"
	"database/sql"

	"detente/note"
)

// A PartSum is a payload whose sealed bytes were read to their digest and not
// kept: Sealed is nil.
type PartSum struct {
	Part
	Sum    note.Digest // of the sealed bytes that are stored
	Stored uint64      // how many there are
}

// EachPartSum is EachPart for all names, and reads the sealed bytes to their
// digest. That costs half of what handing them out would.
func (s *Store) EachPartSum(ctx context.Context, origin string, from uint64, fn func(PartSum) error) error {
	num, ok := s.number(origin)
	if !ok {
		return nil
	}
	last, lastName := place(num, from), ""
	for {
		var page []PartSum
		size := 0
		err := s.rows(ctx, "select "+partColumns+`, p.plain, p.sealed from cite c join part p on p.num = c.part
			where (c.place, c.name) > ($1, $2) and c.place < $3 order by c.place, c.name limit $4`,
			[]any{last, lastName, place(num+1, 0), pageRows}, func(rows *sql.Rows) error {
				var p PartSum
				var at, length int64
				var digest, sealed sql.RawBytes
				if err := rows.Scan(&at, &p.Name, &digest, &length, &p.State, &p.Plain, &sealed); err != nil {
					return err
				}
				p.ID = note.ID{Origin: s.origin(at >> placeBits), Index: uint64(at & (1<<placeBits - 1))}
				p.Size = uint64(length)
				copy(p.Digest[:], digest)
				p.Sum, p.Stored = note.Sum(sealed), uint64(len(sealed))
				page = append(page, p)
				if size += len(p.Plain); size >= pageBytes {
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
