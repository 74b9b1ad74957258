package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"detente/internal/store"
	"detente/note"
)

// openLine carries pouches without TLS, so that what leaves can be read in a
// trace: four bytes of length, then the pouch.
type openLine struct{ to string }

func (l openLine) Exchange(ctx context.Context, _ Address, pouch []byte) ([]byte, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.to)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := writeFrame(c, pouch); err != nil {
		return nil, err
	}
	return readFrame(c)
}

func (openLine) Readings(context.Context, Address, []byte) (io.ReadCloser, error) {
	return nil, errors.New("nobody asks in this test")
}

func (openLine) Part(context.Context, Address, note.Digest, int64) (io.ReadCloser, error) {
	return nil, errors.New("there are no attachments in this test")
}

func writeFrame(w io.Writer, b []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func readFrame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

// serveOpen answers on an open line, until l is closed.
func serveOpen(ctx context.Context, n *Node, from string, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			in, err := readFrame(c)
			if err != nil {
				return
			}
			if out, err := n.Serve(ctx, from, bytes.NewReader(in)); err == nil {
				writeFrame(c, out)
			}
		}()
	}
}

const tracedNotes = 12

// traceChild is the node whose writes are watched.
func traceChild() error {
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	n, err := Open(ctx, Config{Dir: os.Getenv(childDir), Link: openLine{to: os.Getenv(childPeer)}})
	if err != nil {
		return err
	}
	n.Start(ctx)
	go serveOpen(ctx, n, otherParty(n), l)
	channel := n.Channels()[0]
	for i := range tracedNotes {
		t, err := n.Submit(ctx, textNote(channel, "routine", fmt.Sprint(i)))
		if err != nil {
			return err
		}
		if err := n.WaitReceipt(ctx, t.ID, otherParty(n)); err != nil {
			return err
		}
	}
	bufio.NewScanner(os.Stdin).Scan() // the other side has all that it waits for
	stop()
	return n.Close()
}

// call is one system call of a trace. Lines of the trace are its clock: one
// call is before another if its end is before the other's beginning.
type call struct {
	name, file, args string
	begin, end       int
}

var (
	callLine    = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<(.*?)>(.*)$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>`)
)

func readTrace(t *testing.T, path string) (calls []*call) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	open := map[string]*call{} // by thread
	for n := 0; lines.Scan(); n++ {
		if m := resumedLine.FindStringSubmatch(lines.Text()); m != nil {
			if c := open[m[1]]; c != nil && c.name == m[2] {
				c.end = n
			}
			delete(open, m[1])
			continue
		}
		m := callLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		c := &call{name: m[2], file: m[3], args: m[4], begin: n, end: n}
		if strings.HasSuffix(c.args, "<unfinished ...>") {
			c.end = 1 << 60
			open[m[1]] = c
		}
		calls = append(calls, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return calls
}

// first returns the first call that begins after a line and fits, or nil.
func first(calls []*call, after int, names, file, holds string) *call {
	for _, c := range calls {
		if c.begin > after && strings.Contains(names, c.name) && strings.Contains(c.file, file) && strings.Contains(c.args, holds) {
			return c
		}
	}
	return nil
}

// checkOrder holds the trace against the order that the manual page promises:
// ledger, sync, journal, sync, and only then the line.
func checkOrder(t *testing.T, calls []*call, what, inLedger, inJournal, onLine string) (left bool) {
	t.Helper()
	after, names := -1, []string{"the write of the ledger", "the sync of the ledger", "the write of the journal", "the sync of the journal", "the write to the line"}
	for i, want := range [][3]string{{"pwrite64 write", "/ledger.db-wal", inLedger}, {"fdatasync fsync", "/ledger.db-wal", ""},
		{"pwrite64 write", "/journal", inJournal}, {"fdatasync fsync", "/journal", ""}} {
		c := first(calls, after, want[0], want[1], want[2])
		if c == nil {
			t.Errorf("%s: after what came before it there is no %s", what, names[i])
			return false
		}
		after = c.end
	}
	c := first(calls, -1, "write writev sendto sendmsg", "socket:", onLine)
	if c == nil {
		return false // the next head went in its stead
	}
	if c.begin < after {
		t.Errorf("%s left on line %d of the trace, before it was in the journal on disk, on line %d", what, c.begin, after)
	}
	return true
}

// TestOrderOfWrites watches the system calls of a node that writes and
// receives: nothing that it signed may leave before ledger and journal are
// synced, in this order.
func TestOrderOfWrites(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("DETENTE_CI") == "1" {
			t.Fatal("strace is not installed")
		}
		t.Skip("strace is not installed")
	}
	files, addresses := listeners(t, "IRN", "PAK")
	p := newPairAt(t, addresses, "IRN", "PAK")
	p.closeAll()
	l, err := net.FileListener(files["IRN"])
	p.must(err)
	defer l.Close()
	other, err := Open(p.ctx, Config{Dir: p.folder("IRN"), Link: openLine{to: addresses["PAK"]}})
	p.must(err)
	p.nodes["IRN"] = other
	go serveOpen(p.ctx, other, "PAK", l)
	p.start()

	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace, "-f", "-qq", "-y", "-s", "1000000", "-e", "trace=write,pwrite64,writev,sendto,sendmsg,fdatasync,fsync", "-o", trace, os.Args[0])
	cmd.Env = childEnv("trace", p.folder("PAK"), "", "", addresses["IRN"])
	cmd.ExtraFiles = []*os.File{files["PAK"]}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe()
	p.must(err)
	p.must(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	wait, cancel := context.WithCancelCause(p.ctx)
	defer cancel(nil)
	go func() {
		err := <-ended
		cancel(fmt.Errorf("the child ended: %v\n%s", err, out.String()))
		ended <- err
	}()
	for i := range tracedNotes {
		ticket := p.say("IRN", "routine", fmt.Sprint("answer ", i))
		if err := other.WaitReceipt(wait, ticket.ID, "PAK"); err != nil {
			t.Fatal(err, context.Cause(wait))
		}
	}
	p.must(stdin.Close())
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	p.compareTrace(readTrace(t, trace))
}

// compareTrace checks the order for every head that PAK signed, and for every
// receipt that it gave.
func (p *pair) compareTrace(calls []*call) {
	t := p.t.(*testing.T)
	s, err := store.Open(p.folder("PAK"))
	p.must(err)
	defer s.Close()
	heads, receipts := 0, 0
	for _, party := range []string{"PAK", "IRN"} {
		p.must(s.EachHead(p.ctx, note.Origin(party, p.channel, 1), 0, func(row store.HeadRow) error {
			root := base64.StdEncoding.EncodeToString(row.Head.Root[:])
			line := fmt.Sprintf("%s %d %s ", row.Head.Origin, row.Head.Size, root)
			if party == "PAK" {
				if checkOrder(t, calls, fmt.Sprintf("the checkpoint at %d", row.Head.Size), root, "v1 feed "+line, root) {
					heads++
				}
				return nil
			}
			cosigs, err := s.Cosigs(row.Head.Origin, row.Head.Size)
			if err != nil {
				return err
			}
			for _, c := range cosigs {
				if c.Name != "PAK/receipt" {
					continue
				}
				signature := strings.Fields(string(c.Lines))[2]
				if checkOrder(t, calls, fmt.Sprintf("the receipt at %d", row.Head.Size), signature, "v1 receipt "+line, signature) {
					receipts++
				}
			}
			return nil
		}))
	}
	t.Logf("%d system calls; %d checkpoints and %d receipts left", len(calls), heads, receipts)
	if heads < tracedNotes || receipts < tracedNotes {
		t.Errorf("%d checkpoints and %d receipts are in the trace, of %d at least", heads, receipts, tracedNotes)
	}
}
