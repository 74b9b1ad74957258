package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sys/unix"

	"detente/note"
)

var channel = note.Sum([]byte("channel"))

func origin(party string) string { return note.Origin(party, channel, 1) }

// A feedMaker makes the Appends of one feed.
type feedMaker struct {
	origin string
	hashes []tlog.Hash
	size   uint64
}

func (f *feedMaker) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		out[i] = f.hashes[n]
	}
	return out, nil
}

func (f *feedMaker) next(t testing.TB, leaves ...[]byte) Append {
	t.Helper()
	a := Append{Origin: f.origin, Start: f.size, Leaves: leaves}
	for _, leaf := range leaves {
		h, err := tlog.StoredHashes(int64(f.size), leaf, f)
		if err != nil {
			t.Fatal(err)
		}
		f.hashes = append(f.hashes, h...)
		a.Hashes = append(a.Hashes, h...)
		f.size++
	}
	root, err := tlog.TreeHash(int64(f.size), f)
	if err != nil {
		t.Fatal(err)
	}
	a.Head = note.Head{Origin: f.origin, Root: note.Digest(root), Size: f.size}
	a.Signed = fmt.Appendf(nil, "%s\n%d\n%x\n", f.origin, f.size, root)
	return a
}

func fill(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// bulk is the batch that a push of n notes commits.
func bulk(t testing.TB, f *feedMaker, r *rand.Rand, n int) Batch {
	leaves := make([][]byte, n)
	var parts []Part
	for i := range leaves {
		leaves[i] = fill(r, 1024)
		for _, name := range []string{"content", "move"} {
			sealed := fill(r, 2048)
			parts = append(parts, Part{
				ID: note.ID{Origin: f.origin, Index: f.size + uint64(i)}, Name: name,
				Digest: note.Sum(sealed), Size: 2048, State: Held, Sealed: sealed, Plain: fill(r, 512),
			})
		}
	}
	a := f.next(t, leaves...)
	a.Signed = fill(r, 3600)
	b := Batch{Feeds: []Append{a}, Parts: parts}
	for _, name := range []string{"IRN/receipt", "PAK/receipt"} {
		b.Cosigs = append(b.Cosigs, Cosig{Origin: f.origin, Size: f.size, Name: name, Time: time.Unix(1_705_000_000, 0).UTC(), Lines: fill(r, 3400)})
	}
	return b
}

func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1, 16, 25, 64, 256} {
		b.Run(fmt.Sprintf("notes=%d", n), func(b *testing.B) {
			s, err := Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			f := &feedMaker{origin: origin("PAK")}
			r := rand.New(rand.NewPCG(1, 2))
			var spent time.Duration
			for b.Loop() {
				b.StopTimer()
				batch := bulk(b, f, r, n)
				b.StartTimer()
				before := cpu(b)
				if err := s.Commit(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
				spent += cpu(b) - before
			}
			b.ReportMetric(float64(spent.Microseconds())/float64(b.N*n), "cpu-µs/note")
		})
	}
}

// cpu is the processor time that the process has used: on a machine that is
// shared it says more than the clock.
func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkEachEntry(b *testing.B) {
	s, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	f := &feedMaker{origin: origin("PAK")}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		leaves := make([][]byte, 1000)
		for i := range leaves {
			leaves[i] = fill(r, 1024)
		}
		if err := s.Commit(context.Background(), Batch{Feeds: []Append{f.next(b, leaves...)}}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		err := s.EachEntry(context.Background(), f.origin, 0, func(i uint64, leaf []byte) error {
			n++
			return nil
		})
		if err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}
