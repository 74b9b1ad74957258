package node

import (
	"strings"
	"sync"
	"testing"
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
