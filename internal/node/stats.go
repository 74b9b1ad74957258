package node

import (
	"fmt"
	"io"

	"github.com/VictoriaMetrics/metrics"
)

// stats counts what the node does, for who runs it; what it holds is in a
// Snapshot.
type stats struct {
	set             *metrics.Set
	commit, journal *metrics.PrometheusHistogram
}

// syncBounds are the bounds of the buckets of what waits for a disk, in seconds.
var syncBounds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func newStats() stats {
	set := metrics.NewSet()
	return stats{
		set:     set,
		commit:  set.NewPrometheusHistogramExt("detente_ledger_commit_seconds", syncBounds),
		journal: set.NewPrometheusHistogramExt("detente_journal_sync_seconds", syncBounds),
	}
}

// exchanged counts a round of exchanges that this node began: done, refused by
// one of the two, or lost on the way.
func (s *stats) exchanged(peer, how string) {
	s.set.GetOrCreateCounter(fmt.Sprintf("detente_exchanges_total{peer=%q,result=%q}", peer, how)).Inc()
}

// WriteStats writes what the node has counted since it was opened, as
// Prometheus has it.
func (n *Node) WriteStats(w io.Writer) { n.stats.set.WritePrometheus(w) }
