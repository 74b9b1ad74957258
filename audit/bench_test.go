package audit_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"detente/audit"
	"detente/internal/audittest"
	"detente/note"
)

var benchNotes = flag.Int("notes", 20_000, "notes in the ledger of BenchmarkVerify")

// BenchmarkVerify verifies a ledger of notes of 2 KB, as many from each side,
// 16 to a checkpoint, each checkpoint with a receipt.
func BenchmarkVerify(b *testing.B) {
	w := audittest.New(b, b.TempDir(), "IRN", "PAK")
	w.Batch = 16
	text := fmt.Sprintf("%01500d", 0)
	for done := 0; done < *benchNotes; {
		for _, code := range w.Codes {
			drafts := make([]audittest.Draft, 16)
			for i := range drafts {
				drafts[i] = audittest.Draft{Act: "message/send", Fields: map[string]any{"form": "note-verbale"},
					Texts: map[string]note.Wording{"subject": {"en": "subject"}, "body": {"en": text}}}
			}
			done += len(w.Send(code, drafts...))
		}
	}
	for _, seals := range []bool{false, true} {
		b.Run(fmt.Sprintf("seals=%v", seals), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			notes := uint64(0)
			start, spent := time.Now(), cpu(b)
			for b.Loop() {
				r, err := audit.Verify(context.Background(), w.Parties["PAK"].Source(), audit.Options{Seals: seals})
				if err != nil || !r.OK() {
					b.Fatal(err, r.Findings)
				}
				notes += r.Notes
			}
			b.ReportMetric(float64(notes)/time.Since(start).Seconds(), "notes/s")
			b.ReportMetric(float64((cpu(b)-spent).Microseconds())/float64(notes), "cpu-µs/note")
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(notes), "B/note")
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
