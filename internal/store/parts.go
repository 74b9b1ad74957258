package store

import (
	"context"
	"database/sql"
	"fmt"

	"detente/note"
)

// parts stores what notes name, and payloads as they come.
func (w *writer) parts(parts []Part) error {
	rows := make([]any, 0, 5*len(parts))
	cites := make([]any, 0, 5*len(parts))
	for i := range parts {
		p := &parts[i]
		num, known := w.payload(p.Digest)
		if known { // it may be one of rows
			if err := w.insert(insertPart, rows); err != nil {
				return err
			}
			rows = rows[:0]
			if err := w.fill(num, p); err != nil {
				return err
			}
		}
		if p.ID.IsZero() {
			if !known {
				return fmt.Errorf("payload %s: %w: no note names it", p.Digest, ErrNotFound)
			}
			continue
		}
		feed, err := w.feed(p.ID.Origin)
		if err != nil {
			return err
		}
		if p.Name == "" || p.ID.Index >= maxSize || p.Size >= 1<<63 {
			return fmt.Errorf("part %q of %s, %d bytes: no part can be that", p.Name, p.ID, p.Size)
		}
		at := place(feed, p.ID.Index)
		if !known {
			num = w.s.lastPart + int64(len(w.payloads)) + 1
			w.payloads[p.Digest] = num
			rows = append(rows, num, at, int(p.State), nullable(p.Plain), nullable(p.Sealed))
		}
		cites = append(cites, at, p.Name, int64(p.Size), p.Digest[:], num)
	}
	if err := w.insert(insertPart, rows); err != nil {
		return err
	}
	return w.insert(insertCite, cites)
}

// payload returns the number of a payload that a note names.
func (w *writer) payload(digest note.Digest) (int64, bool) {
	if num, ok := w.payloads[digest]; ok {
		return num, true
	}
	return w.s.payload(digest)
}

// fill brings a payload up to what p says. A payload that is here stays: only a
// higher state, or the plaintext that was still lacking, changes a row. That
// plaintext comes with the sealed bytes, and so moves into the row what was in
// a file because a note had named it as an attachment first.
func (w *writer) fill(num int64, p *Part) error {
	_, err := w.exec(`update part set state = $2, plain = coalesce($3, plain), sealed = coalesce($4, sealed)
		where num = $1 and (state < $2 or (state < 3 and plain is null and $3 is not null))`,
		num, int(p.State), nullable(p.Plain), nullable(p.Sealed))
	return err
}

func nullable(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// SetPart puts state and bytes of a payload that a note names to exactly what
// p says, and is how a payload is erased or a damaged one replaced. Erased
// bytes are overwritten in the database and in its log before SetPart returns.
func (s *Store) SetPart(ctx context.Context, p Part) error {
	err := s.transact(ctx, func(w *writer) error {
		num, ok := w.payload(p.Digest)
		if !ok {
			return fmt.Errorf("payload %s: %w: no note names it", p.Digest, ErrNotFound)
		}
		_, err := w.exec("update part set state = $2, plain = $3, sealed = $4 where num = $1",
			num, int(p.State), nullable(p.Plain), nullable(p.Sealed))
		return err
	})
	if err != nil || p.State != Erased {
		return err
	}
	return s.Flush(ctx)
}

// Flush moves the write-ahead log into the database and empties it: the pages
// in it still show what has been overwritten or deleted since.
func (s *Store) Flush(ctx context.Context) error {
	if s.read == nil { // in memory there is no log
		return nil
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	var busy, frames, moved int
	err := s.conn.QueryRowContext(context.WithoutCancel(ctx), "pragma wal_checkpoint(truncate)").Scan(&busy, &frames, &moved)
	if err != nil {
		return s.explain("empty the log of", err)
	}
	if busy != 0 {
		return fmt.Errorf("%s: another program is reading the ledger: what was overwritten is gone from it, but not from its log yet; close the program and try again", s.name)
	}
	return nil
}

const partColumns = "c.place, c.name, c.digest, c.size, p.state"

// Part returns a payload with its bytes, or an error that wraps ErrNotFound.
func (s *Store) Part(digest note.Digest) (Part, error) {
	missing := fmt.Errorf("payload %s: %w", digest, ErrNotFound)
	num, ok := s.payload(digest)
	if !ok {
		return Part{}, missing
	}
	parts, _, err := s.scanParts(context.Background(), "select "+partColumns+`, p.plain, p.sealed from part p join cite c on c.place = p.place and c.part = p.num
		where p.num = $1 order by c.name limit 1`, num)
	if err == nil && len(parts) == 0 {
		err = missing
	}
	if err != nil {
		return Part{}, err
	}
	return parts[0], nil
}

// PartsOf returns the payloads that a note names, sorted by name, without
// their bytes.
func (s *Store) PartsOf(id note.ID) ([]Part, error) {
	num, ok := s.number(id.Origin)
	if !ok {
		return nil, nil
	}
	parts, _, err := s.scanParts(context.Background(), "select "+partColumns+`, null, null from cite c join part p on p.num = c.part
		where c.place = $1 order by c.name`, place(num, id.Index))
	return parts, err
}

// MissingParts returns up to limit payloads that notes name and that are not
// here, those named first first.
func (s *Store) MissingParts(limit int) ([]Part, error) {
	parts, _, err := s.scanParts(context.Background(), "select "+partColumns+`, null, null from part p join cite c on c.place = p.place and c.part = p.num
		where p.state = 0 order by p.num limit $1`, limit)
	return parts, err
}

// UnopenedParts returns the payloads that are held and could not be opened, at
// most limit of them.
func (s *Store) UnopenedParts(limit int) ([]Part, error) {
	parts, _, err := s.scanParts(context.Background(), "select "+partColumns+`, null, null from part p join cite c on c.place = p.place and c.part = p.num
		where p.state = 1 and p.plain is null order by p.num limit $1`, limit)
	return parts, err
}

// EachPart calls fn for the payloads that the notes of a feed name, from the
// note at index from on, in the order of the notes and then of the names. An
// empty name stands for all names. Only the plain bytes are read, unless
// sealed is set.
func (s *Store) EachPart(ctx context.Context, origin, name string, from uint64, sealed bool, fn func(Part) error) error {
	num, ok := s.number(origin)
	if !ok {
		return nil
	}
	column := "null"
	if sealed {
		column = "p.sealed"
	}
	text := "select " + partColumns + ", p.plain, " + column + ` from cite c join part p on p.num = c.part
		where (c.place, c.name) > ($1, $2) and c.place < $3 and ($4 = '' or c.name = $4)
		order by c.place, c.name limit $5`
	last, lastName := place(num, from), ""
	for {
		parts, more, err := s.scanParts(ctx, text, last, lastName, place(num+1, 0), name, pageRows)
		if err != nil {
			return err
		}
		for _, p := range parts {
			if err := fn(p); err != nil {
				return err
			}
			last, lastName = place(num, p.ID.Index), p.Name
		}
		if !more {
			return nil
		}
	}
}

// scanParts reads a page of parts; more says that the page was cut short or is
// full.
func (s *Store) scanParts(ctx context.Context, text string, args ...any) (parts []Part, more bool, err error) {
	size := 0
	err = s.rows(ctx, text, args, func(rows *sql.Rows) error {
		var p Part
		var at, length int64
		var digest []byte
		if err := rows.Scan(&at, &p.Name, &digest, &length, &p.State, &p.Plain, &p.Sealed); err != nil {
			return err
		}
		p.ID.Index, p.Size = uint64(at&(1<<placeBits-1)), uint64(length)
		copy(p.Digest[:], digest)
		p.ID.Origin = s.origin(at >> placeBits)
		parts = append(parts, p)
		if size += len(p.Plain) + len(p.Sealed); size >= pageBytes {
			return errPage
		}
		return nil
	})
	if err == errPage {
		return parts, true, nil
	}
	return parts, len(parts) == pageRows, err
}
