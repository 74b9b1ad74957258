package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// childDir is set in the process that TestKill starts again and again.
const childDir = "STORE_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		commitForEver(dir)
	}
	os.Exit(m.Run())
}

// commitForEver goes on from what the ledger holds and says every size that
// Commit has acknowledged.
func commitForEver(dir string) {
	die := func(err error) {
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	s, err := Open(dir)
	die(err)
	feeds, err := s.Feeds()
	die(err)
	f := &feedMaker{origin: origin("PAK")}
	if len(feeds) > 0 {
		f.size = feeds[0].Size
		indexes := make([]int64, tlog.StoredHashCount(int64(f.size)))
		for i := range indexes {
			indexes[i] = int64(i)
		}
		f.hashes, err = s.HashReader(f.origin).ReadHashes(indexes)
		die(err)
	}
	r := rand.New(rand.NewPCG(f.size, 1))
	for {
		die(s.Commit(ctx, bulk(&testing.T{}, f, r, 1+r.IntN(20))))
		fmt.Println(f.size)
	}
}

// TestKill kills a process that commits, at random points of its work, and
// looks at what is left: all that was acknowledged, and no half batch.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 7))
	var acked uint64
	for round := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for n := 1 + r.IntN(15); n > 0 && lines.Scan(); n-- {
			if acked, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
				t.Fatalf("round %d: the child says %q", round, lines.Text())
			}
		}
		// It is now somewhere inside the next Commit, or a few further on.
		must(t, cmd.Process.Kill())
		for lines.Scan() {
			if acked, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
				t.Fatalf("round %d: the child says %q", round, lines.Text())
			}
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("round %d: the child was not killed: %v", round, err)
		}
		look(t, dir, acked)
	}
}

func look(t *testing.T, dir string, acked uint64) {
	t.Helper()
	s, err := Open(dir)
	must(t, err)
	defer s.Close()
	must(t, s.Check(ctx))
	h, err := s.Head(origin("PAK"))
	if err != nil || h.Head.Size < acked {
		t.Fatalf("size %d was acknowledged, the ledger has %d: %v", acked, h.Head.Size, err)
	}
	f := &feedMaker{origin: origin("PAK")}
	var leaves [][]byte
	must(t, s.EachEntry(ctx, f.origin, 0, func(i uint64, leaf []byte) error {
		leaves = append(leaves, leaf)
		return nil
	}))
	f.next(t, leaves...)
	root, err := tlog.TreeHash(int64(f.size), f)
	if err != nil || f.size != h.Head.Size || note.Digest(root) != h.Head.Root {
		t.Fatalf("%d entries under a head at %d, or another root: %v", f.size, h.Head.Size, err)
	}
	stored, err := tlog.TreeHash(int64(f.size), s.HashReader(f.origin))
	if err != nil || stored != root {
		t.Fatalf("the stored hashes have another root: %v", err)
	}
	parts := 0
	must(t, s.EachPart(ctx, f.origin, "", 0, true, func(p Part) error {
		parts++
		if note.Sum(p.Sealed) != p.Digest {
			return fmt.Errorf("%s of %v is damaged", p.Name, p.ID)
		}
		return nil
	}))
	if uint64(parts) != 2*f.size {
		t.Fatalf("%d payloads of %d notes", parts, f.size)
	}
	if c, err := s.LatestCosig(f.origin, "PAK/receipt"); err != nil || c.Size != f.size {
		t.Fatalf("the last receipt is at %d of %d: %v", c.Size, f.size, err)
	}
}

func filled(t *testing.T, dir string, notes int) *feedMaker {
	s, err := Open(dir)
	must(t, err)
	f := &feedMaker{origin: origin("PAK")}
	r := rand.New(rand.NewPCG(3, 4))
	for range notes / 10 {
		must(t, s.Commit(ctx, bulk(t, f, r, 10)))
	}
	must(t, s.Close())
	return f
}

// TestDamage overwrites one page after the other. Whatever happens, it is an
// error or the right bytes, never a panic; a page of structure is found.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	f := filled(t, dir, 100)
	path := filepath.Join(dir, FileName)
	sound, err := os.ReadFile(path)
	must(t, err)
	read := func(dir string) error {
		s, err := Open(dir)
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.Feeds()
		return errors.Join(err, s.Check(ctx),
			s.EachEntry(ctx, f.origin, 0, func(uint64, []byte) error { return nil }),
			s.EachPart(ctx, f.origin, "", 0, true, func(Part) error { return nil }),
			s.EachHead(ctx, f.origin, 0, func(HeadRow) error { return nil }))
	}
	const page = 4096
	found := 0
	for at := 0; at < len(sound); at += page * 5 {
		bad := bytes.Clone(sound)
		for i := range 64 {
			bad[at+i] ^= 0xa5
		}
		must(t, os.WriteFile(path, bad, 0o600))
		if err := read(dir); errors.Is(err, ErrDamaged) {
			found++
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
		} else if err != nil {
			t.Errorf("page %d: %v", at/page, err)
		}
	}
	if total := len(sound) / page / 5; found < total/4 {
		t.Errorf("found damage in %d of %d pages", found, total)
	}
	for name, bad := range map[string][]byte{"not a database": []byte(strings.Repeat("x", 9000)), "cut off": sound[:len(sound)/2]} {
		must(t, os.WriteFile(path, bad, 0o600))
		if err := read(dir); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDiskFull(t *testing.T) {
	s, err := Open(t.TempDir())
	must(t, err)
	defer s.Close()
	f := &feedMaker{origin: origin("PAK")}
	r := rand.New(rand.NewPCG(1, 1))
	must(t, s.Commit(ctx, bulk(t, f, r, 5)))
	limit := func(pages int) {
		t.Helper()
		var got int
		must(t, s.conn.QueryRowContext(ctx, fmt.Sprintf("pragma max_page_count = %d", pages)).Scan(&got))
	}
	limit(1) // SQLite takes the pages there are for the least
	size := f.size
	b := bulk(t, f, r, 50)
	err = s.Commit(ctx, b)
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "nothing of this batch was kept, and all of the earlier ones") {
		t.Errorf("commit: %v", err)
	}
	if h, err := s.Head(f.origin); err != nil || h.Head.Size != size {
		t.Errorf("head is %v, %v", h.Head, err)
	}
	limit(1 << 30)
	must(t, s.Commit(ctx, b))
	must(t, s.Check(ctx))
}

func TestBackup(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		f := &feedMaker{origin: origin("PAK")}
		r := rand.New(rand.NewPCG(1, 1))
		must(t, s.Commit(ctx, bulk(t, f, r, 5)))
		want, err := s.Head(f.origin)
		must(t, err)
		dir := t.TempDir()
		path := filepath.Join(dir, FileName)
		must(t, s.Backup(ctx, path))
		must(t, s.Commit(ctx, bulk(t, f, r, 5)))
		if err := s.Backup(ctx, path); err == nil {
			t.Error("a backup was overwritten")
		}
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the backup has mode %v", info.Mode())
		}
		look(t, dir, want.Head.Size)
		old, err := Open(dir)
		must(t, err)
		defer old.Close()
		if got, err := old.Head(f.origin); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("the backup's head is %v, %v", got.Head, err)
		}
	})
}
