// Package bench measures the line: two nodes as two processes on one machine,
// and beside them, in the same run, the serial floor: the same cryptography,
// commits and syncs by one goroutine, without a network and without a node.
//
// What is timed is a note of 2 KB, from Submit to the counterpart's receipt in
// the writer's hands, the payload held and opened over there. The floor and
// the line take turns, so that a noisy machine slows both alike: read the
// ratio, not the milliseconds.
package bench

import (
	"slices"
	"time"
)

// Result is what a run measured.
type Result struct {
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	Floor50 float64 `json:"floor_p50_ms"`
	Floor99 float64 `json:"floor_p99_ms"`
	Ratio50 float64 `json:"p50_ratio"`
	Ratio99 float64 `json:"p99_ratio"`

	NotesPerSecond float64            `json:"notes_per_s"`
	Seconds        float64            `json:"seconds"`
	Writers        int                `json:"writers"`
	Notes          int                `json:"notes"`
	BytesPerNote   float64            `json:"bytes_per_note"`
	CPUPerNote     map[string]float64 `json:"cpu_us_per_note"` // by part, both nodes together
}

// Options say how long to measure.
type Options struct {
	Dir      string // where the nodes are made
	Rounds   int    // of one note alone, each beside one of the floor
	Seconds  int    // with all writers
	Writers  int
	Body     int                                                              // bytes of the note's text
	Serve    func(dir, listen string) (pid int, stop func() error, err error) // starts the other node as a process
	Progress func(done, of int, what string)
}

func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]) / float64(time.Millisecond)
}

func sorted(d []time.Duration) []time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d
}
