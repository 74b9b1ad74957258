package node

import (
	"flag"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkLine is a note of 2 KB from Submit to the counterpart's receipt,
// with 64 writers, both nodes in one process and no TLS between them.
func BenchmarkLine(b *testing.B) {
	p := newPair(b, "IRN", "PAK")
	p.start()
	body := strings.Repeat("x", 2000)
	n := p.nodes["PAK"]
	next := make(chan struct{})
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range next {
				t := p.say("PAK", "routine", body)
				p.must(n.WaitReceipt(p.ctx, t.ID, "IRN"))
			}
		})
	}
	b.ResetTimer()
	for range b.N {
		next <- struct{}{}
	}
	close(next)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "notes/s")
}

var openNotes = flag.Int("open-notes", 2_000, "notes in the ledger of BenchmarkOpen")

// BenchmarkOpen opens a node whose ledger holds -open-notes notes of 2 KB, and
// folds them.
func BenchmarkOpen(b *testing.B) {
	p := newPair(b, "PAK")
	body := strings.Repeat("x", 2000)
	var wg sync.WaitGroup
	for i := range 128 {
		wg.Go(func() {
			for j := i; j < *openNotes; j += 128 {
				p.say("PAK", "routine", body)
			}
		})
	}
	wg.Wait()
	p.must(p.nodes["PAK"].Close())
	spent := time.Duration(0)
	for b.Loop() {
		before := cpu(b)
		n := p.open("PAK")
		spent += cpu(b) - before
		b.StopTimer()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "heap-MB")
		p.must(n.Close())
		b.StartTimer()
	}
	p.open("PAK")
	b.ReportMetric(spent.Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(b.N**openNotes)/b.Elapsed().Seconds(), "notes/s")
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
