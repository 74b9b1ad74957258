package cli

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"syscall"

	"detente/internal/bench"
)

func setupBench(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	asJSON := f.Bool("json", false, "print JSON")
	rounds := f.Int("rounds", 300, "notes one at a time")
	seconds := f.Int("seconds", 10, "how long all writers write")
	writers := f.Int("writers", 64, "how many write at once")
	size := f.Int("size", 2000, "bytes of a note's text")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		if *rounds < 1 || *seconds < 1 || *writers < 1 || *size < 1 || *size > 500_000 {
			return usage("bench line: want at least 1 of each, and at most 500,000 bytes")
		}
		dir, err := os.MkdirTemp("", "detente-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		spareCollector() // as serve does
		progress := map[string]*bar{}
		r, err := bench.Line(ctx, bench.Options{Dir: dir, Rounds: *rounds, Seconds: *seconds, Writers: *writers, Body: *size, Serve: serveChild,
			Progress: func(done, of int, what string) {
				b := progress[what]
				if b == nil {
					b = &bar{c: c, what: what}
					progress[what] = b
				}
				if b.show(uint64(done), uint64(of)); done == of {
					b.end()
				}
			}})
		if err != nil {
			return err
		}
		if *asJSON {
			b, err := json.Marshal(r)
			if err != nil {
				return err
			}
			return c.printJSON(b)
		}
		c.printf("one note at a time   p50 %.2f ms   p99 %.2f ms   (%d notes)\n", r.P50, r.P99, *rounds)
		c.printf("serial floor         p50 %.2f ms   p99 %.2f ms   ratio %.2f and %.2f\n", r.Floor50, r.Floor99, r.Ratio50, r.Ratio99)
		c.printf("%d writers           %.0f notes/s for %.0f s, %.0f bytes a note on the wire\n", r.Writers, r.NotesPerSecond, r.Seconds, r.BytesPerNote)
		for _, part := range []string{"seal", "open", "sign", "verify", "disk", "rest", "total"} {
			c.printf("  cpu %-8s %7.1f µs a note\n", part, r.CPUPerNote[part])
		}
		return nil
	}
}

// serveChild serves a node in a process of its own.
func serveChild(dir, listen string) (pid int, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, nil, err
	}
	cmd := exec.Command(self, "serve", "--dir", dir, "--listen", listen)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, nil, err
	}
	return cmd.Process.Pid, func() error {
		cmd.Process.Signal(syscall.SIGTERM)
		return cmd.Wait()
	}, nil
}
