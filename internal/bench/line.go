package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"detente/charter"
	"detente/internal/node"
	"detente/internal/store"
	"detente/note"
)

// line is the two nodes: AAA in this process, BBB in one of its own.
type line struct {
	a       *node.Node
	channel note.Digest
	body    string
	stop    func() error
	cancel  context.CancelFunc
	pid     int
}

// Line measures the line.
func Line(ctx context.Context, o Options) (*Result, error) {
	f, err := newFloor(o.Dir, o.Body)
	if err != nil {
		return nil, err
	}
	defer f.close()
	l, err := newLine(ctx, o)
	if err != nil {
		return nil, err
	}
	defer l.close()
	r := &Result{Writers: o.Writers}
	if err := alone(ctx, f, l, o, r); err != nil {
		return nil, err
	}
	return r, l.sustained(ctx, o, r, f)
}

func newLine(ctx context.Context, o Options) (*line, error) {
	ctx, cancel := context.WithCancel(ctx)
	l := &line{body: strings.Repeat("The duty officer reads this at three in the morning. ", o.Body/53+1)[:o.Body], cancel: cancel}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	listen := map[string]string{"AAA": ports[0], "BBB": ports[1]}
	if l.channel, err = found(ctx, o.Dir, listen); err != nil {
		return nil, err
	}
	if l.pid, l.stop, err = o.Serve(filepath.Join(o.Dir, "BBB"), listen["BBB"]); err != nil {
		return nil, err
	}
	if l.a, err = node.Open(ctx, node.Config{Dir: filepath.Join(o.Dir, "AAA")}); err != nil {
		return nil, err
	}
	l.a.Start(ctx)
	go l.a.ListenAndServe(ctx, listen["AAA"])
	return l, nil
}

func (l *line) close() error {
	l.cancel()
	l.a.Close()
	return l.stop()
}

// freePorts returns addresses on the loopback that are free now.
func freePorts(n int) (out []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		out = append(out, l.Addr().String())
	}
	return out, nil
}

// found makes the two nodes and their channel.
func found(ctx context.Context, dir string, listen map[string]string) (note.Digest, error) {
	c := charter.Charter{Exercise: true, Languages: []string{"en"}, Name: "Benchmark", Purpose: "to measure the line",
		Quota: charter.Quota{MaxBytes: 1 << 40, MaxPending: 1 << 30, NotesPerHour: 1 << 40}, Version: charter.Version}
	parties := []string{"AAA", "BBB"}
	var docs [][]byte
	for _, p := range parties {
		cred, err := node.Init(filepath.Join(dir, p), node.InitOptions{Party: p, Name: p, Addresses: []string{listen[p]}})
		if err != nil {
			return note.Digest{}, err
		}
		c.Members = append(c.Members, charter.Member{Credence: cred.Digest(), Identity: cred.Identity, Name: p, Party: p, Role: charter.Principal, Zone: "UTC",
			Offices: []charter.Office{{Code: "desk", Name: "Desk", Binds: []string{"*"}, Says: []string{"*"}}}})
	}
	signed, err := charter.NewSigned(c)
	if err != nil {
		return note.Digest{}, err
	}
	for _, p := range parties {
		id, err := node.LoadIdentity(filepath.Join(dir, p)+".identity", "")
		if err != nil {
			return note.Digest{}, err
		}
		if err := signed.Add(id, p); err != nil {
			return note.Digest{}, err
		}
	}
	nodes := map[string]*node.Node{}
	for _, p := range parties {
		n, err := node.Open(ctx, node.Config{Dir: filepath.Join(dir, p)})
		if err != nil {
			return note.Digest{}, err
		}
		defer n.Close()
		nodes[p] = n
		_, cred := n.Credence()
		docs = append(docs, cred)
	}
	for _, n := range nodes {
		for _, d := range append(docs, signed.Bytes()) {
			if _, _, err := n.AddDocument(ctx, d); err != nil {
				return note.Digest{}, err
			}
		}
	}
	return signed.Digest, nil
}

// once writes a note and waits for its receipt.
func (l *line) once(ctx context.Context) error {
	t, err := l.a.Submit(ctx, node.Draft{Channel: l.channel, Act: "message/send", Office: "desk", Precedence: "routine", Fields: map[string]any{"form": "note-verbale"},
		Content: &note.Content{Authentic: []string{"en"}, Texts: map[string]note.Wording{"subject": {"en": "Benchmark"}, "body": {"en": l.body}}}})
	if err != nil {
		return err
	}
	return l.a.WaitReceipt(ctx, t.ID, "BBB")
}

// alone times one note at a time, each beside one of the floor.
func alone(ctx context.Context, f *floor, l *line, o Options, r *Result) error {
	const warm = 20
	var line, base []time.Duration
	for i := range o.Rounds + warm {
		start := time.Now()
		if err := l.once(ctx); err != nil {
			return err
		}
		took := time.Since(start)
		start = time.Now()
		if err := f.once(); err != nil {
			return err
		}
		if i >= warm {
			line, base = append(line, took), append(base, time.Since(start))
		} else if i == warm-1 {
			clear(f.spent)
			f.rounds = 0
		}
		o.Progress(i+1, o.Rounds+warm, "one note at a time")
	}
	line, base = sorted(line), sorted(base)
	r.P50, r.P99, r.Floor50, r.Floor99 = quantile(line, .5), quantile(line, .99), quantile(base, .5), quantile(base, .99)
	r.Ratio50, r.Ratio99 = r.P50/r.Floor50, r.P99/r.Floor99
	return nil
}

// sustained lets all writers write, each the next note when the last has its
// receipt.
func (l *line) sustained(ctx context.Context, o Options, r *Result, f *floor) error {
	end, cancel := context.WithTimeout(ctx, time.Duration(o.Seconds)*time.Second)
	defer cancel()
	var notes atomic.Int64
	var failed atomic.Pointer[error]
	cpu, wire, heads := l.cpu(), l.a.Traffic(), l.heads()
	start := time.Now()
	var wg sync.WaitGroup
	for range o.Writers {
		wg.Go(func() {
			for end.Err() == nil {
				if err := l.once(ctx); err != nil {
					failed.Store(&err)
					return
				}
				notes.Add(1)
			}
		})
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for second := 1; end.Err() == nil; second++ {
		select {
		case <-tick.C:
			o.Progress(second, o.Seconds, fmt.Sprintf("%d writers", o.Writers))
		case <-end.Done():
		}
	}
	wg.Wait()
	var err error
	if failure := failed.Load(); failure != nil {
		return *failure
	}
	took := time.Since(start)
	n := float64(notes.Load())
	r.Notes, r.Seconds, r.NotesPerSecond = int(n), took.Seconds(), n/took.Seconds()
	r.BytesPerNote = float64(l.a.Traffic()-wire) / n
	r.CPUPerNote, err = f.split(n, float64(l.heads()-heads), l.cpu()-cpu)
	return err
}

// heads counts the checkpoints of both feeds.
func (l *line) heads() (count int) {
	rows, err := l.a.Store().Feeds()
	if err != nil {
		return 0
	}
	for _, row := range rows {
		l.a.Store().EachHead(context.Background(), row.Origin, 0, func(store.HeadRow) error { count++; return nil })
	}
	return count
}

// cpu returns the processor time of both nodes so far.
func (l *line) cpu() time.Duration {
	var self syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &self)
	return time.Duration(self.Utime.Nano()+self.Stime.Nano()) + processCPU(l.pid)
}

// processCPU reads the processor time of another process. Linux counts it in
// hundredths of a second there, whatever the machine.
func processCPU(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	var ticks int64
	for _, s := range f[11:13] { // utime, stime
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
