package store

import (
	"context"
	"database/sql"
)

// EachHouse calls fn for the entries of the in-house record by number, from
// the number from on.
func (s *Store) EachHouse(ctx context.Context, from uint64, fn func(HouseRow) error) error {
	for {
		var page []HouseRow
		size := 0
		err := s.rows(ctx, "select num, box from house where num >= $1 order by num limit $2", []any{int64(from), pageRows}, func(rows *sql.Rows) error {
			var num int64
			var r HouseRow
			if err := rows.Scan(&num, &r.Box); err != nil {
				return err
			}
			r.Num = uint64(num)
			page = append(page, r)
			if size += len(r.Box); size >= pageBytes {
				return errPage
			}
			return nil
		})
		if err != nil && err != errPage {
			return err
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
			from = r.Num + 1
		}
		if err == nil && len(page) < pageRows {
			return nil
		}
	}
}
