package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"detente/audit"
	"detente/feed"
	"detente/internal/audittest"
	"detente/internal/house"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

// A column is a kind of stored bytes in which any flip must be found. query
// returns the rowid or key, the bytes, and in words what a finding must name.
type column struct {
	name   string
	query  string // key, bytes
	update string // set bytes ($1) where key ($2)
	names  func(l *ledger, key int64) []string
}

// ledger is the record that is damaged, opened beside the store.
type ledger struct {
	t       *testing.T
	db      *sql.DB
	p       *audittest.Party
	origins map[int64]string
}

func (l *ledger) text(query string, args ...any) (s string) {
	l.t.Helper()
	if err := l.db.QueryRow(query, args...).Scan(&s); err != nil {
		l.t.Fatal(err)
	}
	return s
}

func (l *ledger) at(place int64) (origin string, index int64) {
	return l.origins[place>>40], place & (1<<40 - 1)
}

func leafName(l *ledger, key int64) []string {
	origin, index := l.at(key)
	return []string{fmt.Sprintf("leaf %d of %s", index, origin)}
}

func headName(l *ledger, key int64) []string {
	origin, size := l.at(key)
	return []string{fmt.Sprintf("checkpoint of %s at %d", origin, size)}
}

func partNames(l *ledger, key int64) []string {
	return []string{"payload " + l.text("select lower(hex(digest)) from cite where part = $1", key)}
}

func cosigName(l *ledger, key int64) []string {
	origin := l.text("select f.origin from cosig c join feed f on f.num = c.feed where c.rowid = $1", key)
	name := l.text("select name from cosig where rowid = $1", key)
	party, role, _ := strings.Cut(name, "/")
	if role == "witness" {
		role = "witness cosignature"
	}
	return []string{role + " of " + party + " on " + origin}
}

func docNames(l *ledger, key int64) []string {
	kind := l.text("select kind from doc where num = $1", key)
	kind = strings.TrimSuffix(strings.TrimPrefix(kind, "detente/"), "/v1")
	return []string{kind + " " + l.text("select lower(hex(digest)) from doc where num = $1", key)}
}

var columns = []column{
	{"leaf", "select place, leaf from entry", "update entry set leaf = $1 where place = $2", leafName},
	{"checkpoint", "select place, signed from head", "update head set signed = $1 where place = $2", headName},
	{"root of a checkpoint", "select place, root from head", "update head set root = $1 where place = $2", headName},
	{"stored hashes", "select place, hashes from hash", "update hash set hashes = $1 where place = $2", func(l *ledger, key int64) []string {
		origin, _ := l.at(key)
		return []string{"stored hash ", "of " + origin}
	}},
	{"cosignature", "select rowid, lines from cosig", "update cosig set lines = $1 where rowid = $2", cosigName},
	{"name of a cosigner", "select rowid, cast(name as blob) from cosig", "update cosig set name = cast($1 as text) where rowid = $2", func(*ledger, int64) []string { return []string{" on "} }},
	{"sealed payload", "select num, sealed from part where sealed is not null", "update part set sealed = $1 where num = $2", partNames},
	{"plaintext at rest", "select num, plain from part where plain is not null", "update part set plain = $1 where num = $2", func(l *ledger, key int64) []string {
		return []string{"plaintext at rest of " + partNames(l, key)[0]}
	}},
	{"document", "select num, bytes from doc", "update doc set bytes = $1 where num = $2", docNames},
	{"in-house entry", "select num, box from house", "update house set box = $1 where num = $2", func(_ *ledger, key int64) []string {
		return []string{"in-house entry " + house.ID(key).String()}
	}},
	{"draft", "select rowid, box from draft", "update draft set box = $1 where rowid = $2", func(l *ledger, key int64) []string {
		return []string{"draft " + l.text("select id from draft where rowid = $1", key)}
	}},
	{"kept content", "select rowid, body from kept", "update kept set body = $1 where rowid = $2", func(l *ledger, key int64) []string {
		return []string{"the content that is kept as " + l.text("select lower(hex(digest)) from kept where rowid = $1", key)}
	}},
	{"digest of a document", "select num, digest from doc", "update doc set digest = $1 where num = $2", func(l *ledger, key int64) []string {
		return []string{strings.Fields(docNames(l, key)[0])[0] + " "}
	}},
}

// open makes a world, and opens PAK's database beside its store.
func openLedger(t *testing.T) (*audittest.World, *ledger) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	w.Story()
	p := w.Parties["PAK"]
	enterHouse(t, p)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.Dir, store.FileName)+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	l := &ledger{t: t, db: db, p: p, origins: map[int64]string{}}
	rows, err := db.Query("select num, origin from feed")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var num int64
		var origin string
		if err := rows.Scan(&num, &origin); err != nil {
			t.Fatal(err)
		}
		l.origins[num] = origin
	}
	return w, l
}

// enterHouse makes a small in-house record, with the scan of a paper; a draft,
// and content that is to be revealed.
func enterHouse(t *testing.T, p *audittest.Party) {
	h := p.House()
	path := filepath.Join(t.TempDir(), "scan.png")
	if err := os.WriteFile(path, []byte("an image"), 0o600); err != nil {
		t.Fatal(err)
	}
	scan, err := h.Keep(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		act := house.Act{Act: "file/paper", Fields: map[string]any{"date": "2024-01-16", "from": "IRN", "subject": fmt.Sprint("Paper ", i)}}
		if i == 2 {
			act.Scan = scan
		}
		if _, err := h.Append(t.Context(), house.Paper, act); err != nil {
			t.Fatal(err)
		}
	}
	draft, err := h.BoxDraft(house.Draft{Body: []byte("{}"), ID: "d1"})
	if err != nil {
		t.Fatal(err)
	}
	words := []byte("words to be revealed")
	digest := note.Sum(words)
	if err := p.Store.Commit(t.Context(), store.Batch{Drafts: []store.Draft{draft}, Kept: []store.Kept{{Digest: digest, Body: p.Box.Wrap(words, digest[:])}}}); err != nil {
		t.Fatal(err)
	}
}

// Entries of the in-house record that are taken out, moved or put twice; and
// what the ledger says of the last.
func TestMutatedHouse(t *testing.T) {
	_, l := openLedger(t)
	const keep, back = "create table aside as select * from house; create table said as select * from meta where key = 'house'; ",
		"; delete from house; insert into house select * from aside; drop table aside; delete from meta where key = 'house'; insert into meta select * from said; drop table said"
	for what, where := range map[string]string{
		"delete from house where num = 1": "in-house entry H1",
		"delete from house where num = 3": "in-house entry H3",
		"delete from house where num = 5": "in-house entry H5",
		"delete from house":               "in-house entry H1",
		"update house set box = (select box from aside where num = 5 - house.num + 1)":                                                  "in-house entry H1",
		"delete from house where num = 3; update house set num = num - 1 where num > 3":                                                 "in-house entry H3",
		"insert into house select 6, box from aside where num = 5; update meta set value = '6' || substr(value, 2) where key = 'house'": "in-house entry H6",
		"update meta set value = '5 ' || lower(hex(zeroblob(32))) where key = 'house'":                                                  "in-house entry H5",
		"update meta set value = 'x' where key = 'house'":                                                                               "the in-house record",
		"delete from meta where key = 'house'; delete from house where num = 5":                                                         "the in-house record",
	} {
		if _, err := l.db.Exec(keep + what); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		r := verify(t, l.p, audit.Options{})
		if !named(r, []string{where}) {
			t.Errorf("%s: want a finding that names %q; got %q", what, where, r.Findings)
		}
		if _, err := l.db.Exec("select 1" + back); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(filepath.Join(l.p.Dir, "house"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	path := filepath.Join(l.p.Dir, "house", files[0].Name())
	text := read(t, path)
	for _, b := range [][]byte{nil, text[1:], append([]byte{text[0] ^ 1}, text[1:]...)} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, l.p, audit.Options{}); len(r.Findings) != 1 || !named(r, []string{"in-house entry H3"}) {
			t.Errorf("the scan: %v", r.Findings)
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, l.p, audit.Options{}); !r.OK() || r.House != 5 || r.Drafts != 1 {
		t.Errorf("not put back: %d entries, %v", r.House, r.Findings)
	}
}

// all reads a column.
func (l *ledger) all(c column) (keys []int64, values [][]byte) {
	l.t.Helper()
	rows, err := l.db.Query(c.query)
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var b []byte
		if err := rows.Scan(&key, &b); err != nil {
			l.t.Fatal(err)
		}
		keys, values = append(keys, key), append(values, b)
	}
	return keys, values
}

func (l *ledger) set(c column, key int64, b []byte) {
	l.t.Helper()
	if _, err := l.db.Exec(c.update, b, key); err != nil {
		l.t.Fatalf("%s: %v", c.name, err)
	}
}

// named reports whether a finding names what was damaged.
func named(r audit.Report, names []string) bool {
	for _, f := range r.Findings {
		all := true
		for _, n := range names {
			all = all && strings.Contains(f.Where, n)
		}
		if all {
			return true
		}
	}
	return false
}

// Every row of every column is damaged at a seeded byte and, so that no field
// of a text is left out, one row of each at many.
//
// Outside the record, and not looked at: most of meta, the numbers of rows, and
// signature lines by unknown keys on a checkpoint, which C2SP signed-note wants
// ignored.
func TestMutations(t *testing.T) {
	_, l := openLedger(t)
	rng := rand.New(rand.NewPCG(1, 2024))
	for _, c := range columns {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			keys, values := l.all(c)
			if len(keys) == 0 {
				t.Fatal("nothing to damage")
			}
			flips := 0
			flip := func(row, at int) {
				names := c.names(l, keys[row])
				b := []byte(string(values[row]))
				b[at] ^= 1 << rng.IntN(8)
				l.set(c, keys[row], b)
				r, err := audit.Verify(context.Background(), l.p.Source(), audit.Options{})
				switch {
				case err != nil:
					t.Errorf("row %d, byte %d: %v", row, at, err)
				case r.OK():
					t.Errorf("row %d: a flip at byte %d of %d, %q to %q, goes unnoticed", row, at, len(b), values[row][at], b[at])
				case !named(r, names):
					t.Errorf("row %d, byte %d: want a finding that names %q; got %q", row, at, names, r.Findings)
				case len(r.Findings) > 12:
					t.Errorf("row %d, byte %d: %d findings for one flip", row, at, len(r.Findings))
				}
				l.set(c, keys[row], values[row])
				flips++
			}
			for row := range keys {
				flip(row, rng.IntN(len(values[row])))
			}
			row := rng.IntN(len(keys))
			step := max(1, len(values[row])/48)
			for at := rng.IntN(step); at < len(values[row]); at += step {
				flip(row, at)
			}
			t.Logf("%d flips in %d rows", flips, len(keys))
		})
	}
	if r := verify(t, l.p, audit.Options{Seals: true}); !r.OK() {
		t.Errorf("not put back: %v", r.Findings)
	}
}

// The digests by which notes name their payloads.
func TestMutatedDigests(t *testing.T) {
	_, l := openLedger(t)
	rng := rand.New(rand.NewPCG(2, 2024))
	parts, digests := l.all(column{query: "select part, digest from cite"})
	for row := range parts {
		b := []byte(string(digests[row]))
		b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		set := column{update: "update cite set digest = $1 where part = $2"}
		l.set(set, parts[row], b)
		if r := verify(t, l.p, audit.Options{}); !named(r, []string{"payload "}) {
			t.Errorf("row %d: %v", row, r.Findings)
		}
		l.set(set, parts[row], digests[row])
	}
	if r := verify(t, l.p, audit.Options{}); !r.OK() {
		t.Errorf("not put back: %v", r.Findings)
	}
}

// Numbers, states and names that stand in columns of their own.
func TestMutatedNumbers(t *testing.T) {
	_, l := openLedger(t)
	for _, c := range []struct{ do, undo, where string }{
		{"update cosig set time = time + 1 where size = 3", "update cosig set time = time - 1 where size = 3", "receipt of "},
		{"update cosig set size = size + 1000 where name = 'PAK/witness'", "update cosig set size = size - 1000 where name = 'PAK/witness'", "witness cosignature of PAK"},
		{"update cosig set size = size + 1 where name = 'PAK/witness'", "update cosig set size = size - 1 where name = 'PAK/witness'", "witness cosignature of PAK"},
		{"update cite set size = size + 1 where name = 'content'", "update cite set size = size - 1 where name = 'content'", "payload "},
		{"update cite set name = 'movf' where name = 'move'", "update cite set name = 'move' where name = 'movf'", "payload "},
		{"update cite set part = 5 - part where part in (2, 3)", "update cite set part = 5 - part where part in (2, 3)", "payload "},
		{"update cite set part = part + 1000 where part = 2", "update cite set part = part - 1000 where part = 1002", "leaf "},
		{"update part set state = 7 where num = 2", "update part set state = 1 where num = 2", "payload "},
		{"update part set state = 3 where num = 2", "update part set state = 1 where num = 2", "payload "},
		{"update part set state = 2 where num = 2", "update part set state = 1 where num = 2", "payload "},
		{"update feed set size = size + 1 where num = 1", "update feed set size = size - 1 where num = 1", "feed "},
		{"update feed set size = size - 1 where num = 1", "update feed set size = size + 1 where num = 1", "journal"},
		{"update doc set kind = 'detente/closing/v1' where num = 2", "update doc set kind = 'detente/credence/v1' where num = 2", "closing "},
		{"update head set place = place + 100 where place in (select min(place) from head)", "update head set place = place - 100 where place in (select place from head where place & 1099511627775 = 103)", "checkpoint of "},
		{"create table aside as select * from entry where place & 1099511627775 = 4; delete from entry where place & 1099511627775 = 4", "insert into entry select * from aside; drop table aside", "leaf 4 of "},
		{"create table aside as select * from cite where name = 'content'; delete from cite where name = 'content'", "insert into cite select * from aside; drop table aside", "leaf "},
	} {
		exec := func(text string) {
			if _, err := l.db.Exec(text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		exec(c.do)
		r, err := audit.Verify(context.Background(), l.p.Source(), audit.Options{})
		if err != nil || !named(r, []string{c.where}) {
			t.Errorf("%s: want a finding that names %q; got %v %q", c.do, c.where, err, r.Findings)
		}
		exec(c.undo)
	}
	if r := verify(t, l.p, audit.Options{}); !r.OK() {
		t.Errorf("not put back: %v", r.Findings)
	}
}

// The journal: a damaged line is found where it is opened, an old ledger and
// another history where it is compared.
func TestMutatedJournal(t *testing.T) {
	w, l := openLedger(t)
	path := filepath.Join(l.p.Dir, "journal")
	text := read(t, path)
	rng := rand.New(rand.NewPCG(3, 2024))
	for range 200 {
		b := []byte(string(text))
		at := rng.IntN(len(b) - 1) // the last byte ends a line: without it the line is a torn write, which has not left
		b[at] ^= 1 << rng.IntN(8)
		other := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(other, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if j, err := journal.Open(other, false); err == nil {
			j.Close()
			t.Fatalf("a flip at byte %d of %d goes unnoticed", at, len(b))
		}
	}
	irn := w.Parties["IRN"]
	for what, e := range map[string]journal.Entry{
		"the ledger holds":     {Role: journal.Feed, Head: note.Head{Origin: l.p.Origin(), Root: note.Sum([]byte("later")), Size: 1000}},
		"the ledger holds 0":   {Role: journal.Witness, Head: note.Head{Origin: note.Origin("TUR", w.Channel, 1), Root: note.Sum([]byte("later")), Size: 1000}},
		"the ledger has":       {Role: journal.Feed, Head: note.Head{Origin: l.p.Origin(), Root: note.Sum([]byte("other")), Size: 1}},
		"has never heard of":   {Role: journal.Feed, Head: note.Head{Origin: note.Origin("PAK", w.Channel, 2), Root: note.Sum([]byte("other")), Size: 0}},
		"the ledger holds 22 ": {Role: journal.Receipt, Head: note.Head{Origin: irn.Origin(), Root: note.Sum([]byte("other")), Size: 1000}},
	} {
		j, err := journal.Create(filepath.Join(t.TempDir(), "journal"), false)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Record(e); err != nil {
			t.Fatal(err)
		}
		src := l.p.Source()
		src.Journal = j
		r, err := audit.Verify(context.Background(), src, audit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range r.Findings {
			found = found || strings.HasPrefix(f.Where, "journal") && strings.Contains(f.What, strings.TrimRight(what, "0123456789 "))
		}
		if !found {
			t.Errorf("%s: %v", what, r.Findings)
		}
		j.Close()
	}
}

// Keys at home: a damaged one is refused where it is read, and a wrong one
// shows in what it opens.
func TestMutatedKeys(t *testing.T) {
	_, l := openLedger(t)
	text, err := l.p.Feed.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	for at := range text {
		b := []byte(string(text))
		b[at] ^= 1 << (at % 8)
		if _, err := feed.ParseKey(b); err == nil {
			t.Errorf("a flip at byte %d of a key file goes unnoticed", at)
		}
	}
	identity := []byte(l.p.Seal.String())
	for at := range identity {
		b := []byte(string(identity))
		b[at] ^= 1 << (at % 8)
		if id, err := seal.ParseIdentity(string(b)); err == nil && id.Recipient() != l.p.Seal.Recipient() {
			t.Errorf("a flip at byte %d of a seal key goes unnoticed", at)
		}
	}
	src := l.p.Source()
	src.Box = seal.NewBox([32]byte{1})
	if r, err := audit.Verify(context.Background(), src, audit.Options{}); err != nil || !named(r, []string{"plaintext at rest"}) {
		t.Errorf("another key at rest: %v %d", err, len(r.Findings))
	}
	src = l.p.Source()
	src.Openers = nil
	if r, err := audit.Verify(context.Background(), src, audit.Options{Seals: true}); err != nil || !named(r, []string{"payload "}) {
		t.Errorf("no seal key: %v %d", err, len(r.Findings))
	}
}

// A payload in a file.
func TestMutatedFile(t *testing.T) {
	_, l := openLedger(t)
	dir := filepath.Join(l.p.Dir, "parts")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	path := filepath.Join(dir, files[0].Name())
	text := read(t, path)
	rng := rand.New(rand.NewPCG(4, 2024))
	damaged := [][]byte{nil, text[:len(text)-1], append(append([]byte{}, text...), 0)}
	for range 20 {
		b := []byte(string(text))
		b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		damaged = append(damaged, b)
	}
	for i, b := range damaged {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, l.p, audit.Options{}); len(r.Findings) != 1 || !named(r, []string{"payload " + files[0].Name() + " (attachment/1 of "}) {
			t.Errorf("damage %d: %v", i, r.Findings)
		}
	}
}
