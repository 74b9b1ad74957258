package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

var ctx = context.Background()

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// each runs a test on a ledger in a file and on one in memory.
func each(t *testing.T, do func(t *testing.T, s *Store)) {
	for _, kind := range []string{"file", "memory"} {
		t.Run(kind, func(t *testing.T) {
			var s *Store
			var err error
			if kind == "file" {
				s, err = Open(t.TempDir())
			} else {
				s, err = OpenMemory(t.Name())
			}
			must(t, err)
			t.Cleanup(func() { must(t, s.Close()) })
			do(t, s)
		})
	}
}

func TestRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		f := &feedMaker{origin: origin("PAK")}
		r := rand.New(rand.NewPCG(1, 2))
		var batches []Batch
		for _, n := range []int{1, 7, 300, 64} {
			b := bulk(t, f, r, n)
			must(t, s.Commit(ctx, b))
			batches = append(batches, b)
		}
		head, err := s.Head(f.origin)
		must(t, err)
		last := batches[3].Feeds[0]
		if want := (HeadRow{last.Head, last.Signed}); !reflect.DeepEqual(head, want) {
			t.Errorf("head is %v", head.Head)
		}
		if at, err := s.HeadAt(f.origin, 8); err != nil || at.Head != batches[1].Feeds[0].Head {
			t.Errorf("head at 8 is %v, %v", at.Head, err)
		}
		var all [][]byte
		for _, b := range batches {
			all = append(all, b.Feeds[0].Leaves...)
		}
		next := uint64(5)
		must(t, s.EachEntry(ctx, f.origin, 5, func(i uint64, leaf []byte) error {
			if i != next || !bytes.Equal(leaf, all[i]) {
				return fmt.Errorf("entry %d where %d was due, or another leaf", i, next)
			}
			next++
			return nil
		}))
		if next != f.size {
			t.Errorf("EachEntry ended before %d of %d", next, f.size)
		}
		if leaf, err := s.Entry(note.ID{Origin: f.origin, Index: 8}); err != nil || !bytes.Equal(leaf, all[8]) {
			t.Errorf("entry 8: %v", err)
		}
		for limit, want := range map[int]int{0: 1, 1024: 1, 2047: 1, 2048: 2, 1 << 20: 6} {
			got, err := s.Leaves(f.origin, 3, 9, limit)
			if err != nil || len(got) != want || !bytes.Equal(got[0], all[3]) {
				t.Errorf("limit %d: %d leaves, want %d; %v", limit, len(got), want, err)
			}
		}
		hr := s.HashReader(f.origin)
		root, err := tlog.TreeHash(int64(f.size), hr)
		if err != nil || note.Digest(root) != head.Head.Root {
			t.Errorf("root of the stored hashes is %v, %v", root, err)
		}
		for i := range f.hashes {
			if h, err := hr.ReadHashes([]int64{int64(i)}); err != nil || h[0] != f.hashes[i] {
				t.Fatalf("hash %d: %v", i, err)
			}
		}
		if _, err := hr.ReadHashes([]int64{int64(len(f.hashes))}); !errors.Is(err, ErrNotFound) {
			t.Errorf("a hash past the end: %v", err)
		}
		var parts []Part
		for _, b := range batches {
			parts = append(parts, b.Parts...)
		}
		i := 0
		must(t, s.EachPart(ctx, f.origin, "", 0, true, func(p Part) error {
			if !reflect.DeepEqual(p, parts[i]) {
				return fmt.Errorf("part %d is %s of %v", i, p.Name, p.ID)
			}
			i++
			return nil
		}))
		if i != len(parts) {
			t.Errorf("%d parts, want %d", i, len(parts))
		}
		i = 100
		must(t, s.EachPart(ctx, f.origin, "move", 100, false, func(p Part) error {
			want := parts[2*i+1]
			want.Sealed = nil
			if !reflect.DeepEqual(p, want) {
				return fmt.Errorf("part %d is %s of %v", i, p.Name, p.ID)
			}
			i++
			return nil
		}))
		if uint64(i) != f.size {
			t.Errorf("moves end at %d", i)
		}
		if c, err := s.Cosigs(f.origin, f.size); err != nil || !reflect.DeepEqual(c, batches[3].Cosigs) {
			t.Errorf("cosigs: %v", err)
		}
		if c, err := s.LatestCosig(f.origin, "PAK/receipt"); err != nil || !reflect.DeepEqual(c, batches[3].Cosigs[1]) {
			t.Errorf("latest cosig: %v", err)
		}
		var sizes []uint64
		must(t, s.EachHead(ctx, f.origin, 2, func(h HeadRow) error { sizes = append(sizes, h.Head.Size); return nil }))
		if !reflect.DeepEqual(sizes, []uint64{8, 308, 372}) {
			t.Errorf("heads at %v", sizes)
		}
		must(t, s.Check(ctx))
	})
}

func TestSmallRows(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		doc := Doc{"charter", note.Sum([]byte("text")), []byte("one")}
		draft := Draft{"d1", []byte("boxed")}
		head := HeadRow{note.Head{Origin: origin("IRN"), Root: note.Sum(nil), Size: 9}, []byte("signed")}
		fork := ForkRow{origin("IRN"), []byte("fork")}
		b := Batch{Docs: []Doc{doc}, Drafts: []Draft{draft}, Heads: []HeadRow{head}, Forks: []ForkRow{fork}, Meta: map[string]string{"a": "1", "b": "2"}}
		must(t, s.Commit(ctx, b))
		must(t, s.Commit(ctx, b)) // again changes nothing
		doc.Bytes, draft.Box = []byte("one two"), []byte("boxed anew")
		must(t, s.Commit(ctx, Batch{Docs: []Doc{doc}, Drafts: []Draft{draft}, Meta: map[string]string{"a": ""}}))

		docs, err := s.Docs("charter")
		if err != nil || !reflect.DeepEqual(docs, []Doc{doc}) {
			t.Errorf("docs %v, %v", docs, err)
		}
		drafts, err := s.Drafts()
		if err != nil || !reflect.DeepEqual(drafts, []Draft{draft}) {
			t.Errorf("drafts %v, %v", drafts, err)
		}
		must(t, s.DeleteDraft(ctx, "d1"))
		if drafts, err := s.Drafts(); err != nil || drafts != nil {
			t.Errorf("drafts %v, %v", drafts, err)
		}
		forks, err := s.Forks()
		if err != nil || !reflect.DeepEqual(forks, []ForkRow{fork}) {
			t.Errorf("forks %v, %v", forks, err)
		}
		if h, err := s.LastHead(origin("IRN")); err != nil || !reflect.DeepEqual(h, head) {
			t.Errorf("last head %v, %v", h, err)
		}
		if _, err := s.Head(origin("IRN")); !errors.Is(err, ErrNotFound) {
			t.Errorf("a feed without entries has a head: %v", err)
		}
		feeds, err := s.Feeds()
		if err != nil || !reflect.DeepEqual(feeds, []FeedRow{{Origin: origin("IRN")}}) {
			t.Errorf("feeds %v, %v", feeds, err)
		}
		for key, want := range map[string]string{"a": "", "b": "2", "c": ""} {
			if got, err := s.Meta(key); got != want || err != nil {
				t.Errorf("meta %s is %q, %v", key, got, err)
			}
		}
		head.Head.Root = note.Sum([]byte("other"))
		if err := s.Commit(ctx, Batch{Heads: []HeadRow{head}}); err == nil {
			t.Error("a second root at one size was stored")
		}
	})
}

func TestRefusedAppendWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		f := &feedMaker{origin: origin("PAK")}
		first := f.next(t, []byte("0"), []byte("1"))
		must(t, s.Commit(ctx, Batch{Feeds: []Append{first}}))
		third := f.next(t, []byte("2"))
		fourth := f.next(t, []byte("3"))
		short, wrongHead, long := third, third, third
		short.Hashes = short.Hashes[:0]
		wrongHead.Head.Size = 7
		long.Leaves = [][]byte{make([]byte, note.MaxHeader+1)}
		for name, a := range map[string]Append{"gap": fourth, "again": first, "few hashes": short, "head": wrongHead, "long": long} {
			other := &feedMaker{origin: origin("IRN")}
			err := s.Commit(ctx, Batch{
				Docs:  []Doc{{"charter", note.Sum(nil), []byte("x")}},
				Feeds: []Append{other.next(t, []byte("x")), a},
				Meta:  map[string]string{"k": "v"},
			})
			var se *StartError
			if err == nil || errors.As(err, &se) != (name == "gap" || name == "again") {
				t.Errorf("%s: %v", name, err)
			}
			if se != nil && se.Size != 2 {
				t.Errorf("%s: the error says %d entries", name, se.Size)
			}
		}
		docs, _ := s.Docs("charter")
		feeds, _ := s.Feeds()
		if meta, _ := s.Meta("k"); meta != "" || docs != nil || len(feeds) != 1 || feeds[0].Size != 2 {
			t.Errorf("left behind: %q, %v, %v", meta, docs, feeds)
		}
		must(t, s.Commit(ctx, Batch{Feeds: []Append{third}}))
		must(t, s.Commit(ctx, Batch{Feeds: []Append{fourth}}))
	})
}

func TestConcurrentUse(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		var wg sync.WaitGroup
		for _, party := range []string{"AAA", "BBB", "CCC", "DDD"} {
			f := &feedMaker{origin: origin(party)}
			wg.Go(func() {
				for i := range 25 {
					if err := s.Commit(ctx, Batch{Feeds: []Append{f.next(t, fmt.Append(nil, i))}}); err != nil {
						t.Error(err)
					}
				}
			})
			wg.Go(func() {
				for range 25 {
					// A head is there together with its entries or not at all.
					h, err := s.Head(f.origin)
					if errors.Is(err, ErrNotFound) {
						continue
					}
					var n uint64
					err = errors.Join(err, s.EachEntry(ctx, f.origin, 0, func(uint64, []byte) error { n++; return nil }))
					if err != nil || n < h.Head.Size {
						t.Errorf("%d entries under a head at %d: %v", n, h.Head.Size, err)
					}
				}
			})
		}
		wg.Wait()
	})
}

func TestCommitInsideEach(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		f := &feedMaker{origin: origin("PAK")}
		must(t, s.Commit(ctx, Batch{Feeds: []Append{f.next(t, []byte("0"), []byte("1"))}}))
		must(t, s.EachEntry(ctx, f.origin, 0, func(i uint64, leaf []byte) error {
			return s.Commit(ctx, Batch{Meta: map[string]string{"seen": fmt.Sprint(i)}})
		}))
		if v, _ := s.Meta("seen"); v != "1" {
			t.Errorf("seen is %q", v)
		}
	})
}

func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep, err := KeepMemory("bubble?&#%/")
		must(t, err)
		f := &feedMaker{origin: origin("PAK")}
		for i := range 3 {
			s, err := OpenMemory("bubble?&#%/")
			must(t, err)
			if h, err := s.Head(f.origin); i > 0 && (err != nil || h.Head.Size != uint64(i)) {
				t.Fatalf("after %d crashes the head is %v, %v", i, h.Head, err)
			}
			time.Sleep(time.Hour)
			must(t, s.Commit(ctx, Batch{Feeds: []Append{f.next(t, fmt.Append(nil, i))}}))
			synctest.Wait() // nothing in the store is busy or waits for the outside
			must(t, s.Close())
			if err := s.Commit(ctx, Batch{}); !errors.Is(err, ErrClosed) {
				t.Errorf("commit after close: %v", err)
			}
		}
		must(t, keep.Close())
		s, err := OpenMemory("bubble?&#%/")
		must(t, err)
		if _, err := s.Head(f.origin); !errors.Is(err, ErrNotFound) {
			t.Errorf("the ledger outlived its keeper: %v", err)
		}
		must(t, s.Close())
	}) // synctest.Test fails if a goroutine is left
}

func TestOpenOddNamesAndModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c=d&e#f%20ü")
	must(t, os.Mkdir(dir, 0o700))
	s, err := Open(dir)
	must(t, err)
	must(t, s.Commit(ctx, Batch{Meta: map[string]string{"k": "v"}}))
	for _, name := range []string{FileName, FileName + "-wal", FileName + "-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	must(t, s.Close())
	must(t, s.Close())
	s, err = Open(dir)
	must(t, err)
	if v, err := s.Meta("k"); v != "v" || err != nil {
		t.Errorf("meta is %q, %v", v, err)
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"} {
		var got string
		must(t, s.conn.QueryRowContext(ctx, "pragma "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
	must(t, s.transact(ctx, func(w *writer) error {
		_, err := w.exec("insert into migration (version) values (99)")
		return err
	}))
	must(t, s.Close())
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("opened a ledger of a newer version: %v", err)
	}
}

func TestCancelledCommit(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		must(t, s.acquire(ctx)) // somebody else is writing
		waiting, cancel := context.WithCancel(ctx)
		done := make(chan error)
		go func() { done <- s.Commit(waiting, Batch{Meta: map[string]string{"k": "v"}}) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("commit: %v", err)
		}
		s.release()
		if v, err := s.Meta("k"); v != "" || err != nil {
			t.Errorf("meta %q, %v", v, err)
		}
	})
}
