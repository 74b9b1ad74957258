package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"detente/note"
)

// Some tests start this test's own binary again, as a process with a node in
// it. What it is to do stands in these variables; its listener is file 3.
const (
	childRole = "NODE_TEST_CHILD" // crash or trace
	childDir  = "NODE_TEST_DIR"
	childLife = "NODE_TEST_LIFE"
	childKill = "NODE_TEST_KILL" // see killer
	childPeer = "NODE_TEST_PEER" // address of the other party, where there is no TLS
)

func TestMain(m *testing.M) {
	switch os.Getenv(childRole) {
	case "":
		os.Exit(m.Run())
	case "crash":
		childDie(crashChild())
	case "trace":
		childDie(traceChild())
	}
	os.Exit(0)
}

func childDie(err error) {
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

func kill() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way; this goroutine does nothing more
}

// killer returns what Config.At is to be, and what is to be called after each
// acknowledgement:
//
//	point NAME N   dies the Nth time that the point is reached
//	start MICROS   dies so long after it has started
//	ack N MICROS   dies so long after the Nth acknowledgement
//	none           lives
func killer(plan string) (at func(string), acked func(), err error) {
	at, acked = func(string) {}, func() {}
	f := strings.Fields(plan)
	num := func(i int) (n int64) {
		if err == nil && i < len(f) {
			n, err = strconv.ParseInt(f[i], 10, 64)
		} else {
			err = errors.New("a plan without its number")
		}
		return n
	}
	var count atomic.Int64
	switch f[0] {
	case "point":
		name, n := f[1], num(2)
		at = func(p string) {
			if p == name && count.Add(1) == n {
				kill()
			}
		}
	case "start":
		time.AfterFunc(time.Duration(num(1))*time.Microsecond, kill)
	case "ack":
		n, after := num(1), time.Duration(num(2))*time.Microsecond
		acked = func() {
			if count.Add(1) == n {
				time.AfterFunc(after, kill)
			}
		}
	}
	return at, acked, err
}

// crashChild runs a node that writes as fast as its receipts come, and dies
// when its plan says so. Each note that Submit has acknowledged it says on its
// standard output, with one write to the pipe: what is in the pipe survives.
func crashChild() error {
	at, acked, err := killer(os.Getenv(childKill))
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE)
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	n, err := Open(ctx, Config{Dir: os.Getenv(childDir), At: at})
	if err != nil {
		return err
	}
	channel := n.Channels()[0]
	n.Start(ctx)
	go n.ServeLine(ctx, l)

	writing, enough := context.WithCancel(ctx)
	defer enough()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				body := fmt.Sprintf("%s/%s/%d/%d", n.Party(), os.Getenv(childLife), w, i)
				t, err := n.Submit(writing, textNote(channel, "routine", body))
				if writing.Err() != nil && err != nil {
					return
				}
				childDie(err)
				os.Stdout.WriteString("acked " + body + " " + t.ID.String() + "\n")
				acked()
				if i < 2 {
					continue // the first few do not wait for anyone
				}
				if n.WaitReceipt(writing, t.ID, otherParty(n)) != nil {
					return
				}
			}
		})
	}
	commands := bufio.NewScanner(os.Stdin)
	if !commands.Scan() { // the test is over
		return nil
	}
	enough()
	wg.Wait()
	for {
		changed, done := n.Changed(), false
		if err := n.Read(channel, func(s *Snapshot) { done = allSettled(s) }); err != nil {
			return err
		}
		if done {
			break
		}
		<-changed
	}
	os.Stdout.WriteString("settled\n")
	commands.Scan()
	stop()
	return n.Close()
}

func textNote(channel note.Digest, precedence, body string) Draft {
	return Draft{Channel: channel, Act: "message/send", Office: "mfa", Precedence: precedence, Fields: map[string]any{"form": "note-verbale"},
		Content: &note.Content{Authentic: []string{"en"}, Texts: map[string]note.Wording{"subject": {"en": "A test"}, "body": {"en": body}}}}
}

func otherParty(n *Node) (party string) {
	n.Read(n.Channels()[0], func(s *Snapshot) { party = s.Peers[0].Party })
	return party
}

func allSettled(s *Snapshot) bool {
	for _, e := range s.Register.Entries() {
		if e.Result != "kept" && !s.Register.Settled(e) {
			return false
		}
	}
	return len(s.Register.Entries()) > 0
}

// listeners opens a port for each party and keeps it open: whoever calls while
// a child is dead waits in the system's queue for the next.
func listeners(t *testing.T, parties ...string) (map[string]*os.File, map[string]string) {
	files, addresses := map[string]*os.File{}, map[string]string{}
	for _, party := range parties {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		addresses[party] = l.Addr().String()
		files[party] = f
		t.Cleanup(func() { f.Close(); l.Close() })
	}
	return files, addresses
}

func childEnv(role, dir, life, kill, peer string) []string {
	return append(os.Environ(), childRole+"="+role, childDir+"="+dir, childLife+"="+life, childKill+"="+kill, childPeer+"="+peer)
}

// closeAll closes the nodes, so that children can have their folders.
func (p *pair) closeAll() {
	p.t.Helper()
	for party := range p.nodes {
		p.close(party)
	}
}

func (p *pair) folder(party string) string { return filepath.Join(p.dir, party) }
