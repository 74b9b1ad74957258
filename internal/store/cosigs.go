package store

import (
	"context"
	"database/sql"
	"time"
)

// EachCosig calls fn for the cosignatures on the heads of a feed, sorted by
// name and then by size.
func (s *Store) EachCosig(ctx context.Context, origin string, fn func(Cosig) error) error {
	num, ok := s.number(origin)
	if !ok {
		return nil
	}
	name, size := "", int64(-1)
	for {
		var page []Cosig
		err := s.rows(ctx, `select name, size, time, lines from cosig where feed = $1 and (name, size) > ($2, $3)
			order by name, size limit $4`, []any{num, name, size, pageRows}, func(rows *sql.Rows) error {
			c := Cosig{Origin: origin}
			var n, unix int64
			err := rows.Scan(&c.Name, &n, &unix, &c.Lines)
			c.Size, c.Time = uint64(n), time.Unix(unix, 0).UTC()
			page = append(page, c)
			return err
		})
		if err != nil {
			return err
		}
		for _, c := range page {
			if err := fn(c); err != nil {
				return err
			}
			name, size = c.Name, int64(c.Size)
		}
		if len(page) < pageRows {
			return nil
		}
	}
}

// EachCosigSize calls fn for the cosignatures on a feed without reading them.
func (s *Store) EachCosigSize(origin string, fn func(name string, size uint64)) error {
	num, ok := s.number(origin)
	if !ok {
		return nil
	}
	return s.rows(context.Background(), "select name, size from cosig where feed = $1 order by name, size", []any{num}, func(rows *sql.Rows) error {
		var name string
		var size int64
		if err := rows.Scan(&name, &size); err != nil {
			return err
		}
		fn(name, uint64(size))
		return nil
	})
}
