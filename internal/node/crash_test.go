package node

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"detente/audit"
	"detente/feed"
	"detente/note"
)

// The named points of a write, in their order: an own note is signed,
// committed, journaled, then sent; a counterpart's is received, stored, and
// its receipt journaled.
var crashPoints = []string{"signed", "committed", "journaled", "sent", "received", "stored", "receipted"}

// crashPlans are the kills of one side.
func crashPlans(seed uint64) (plans []string) {
	r := rand.New(rand.NewPCG(seed, 4))
	for _, p := range crashPoints {
		for range 10 {
			plans = append(plans, fmt.Sprintf("point %s %d", p, 1+r.IntN(6)))
		}
	}
	for range 15 {
		plans = append(plans, fmt.Sprintf("start %d", r.IntN(60_000)))
		plans = append(plans, fmt.Sprintf("ack %d %d", 1+r.IntN(20), r.IntN(4_000)))
	}
	r.Shuffle(len(plans), func(i, j int) { plans[i], plans[j] = plans[j], plans[i] })
	return plans
}

// side starts one party's node again and again.
type side struct {
	t     *testing.T
	party string
	dir   string
	l     *os.File
	acked map[string]note.ID // by body
	last  *life
}

type life struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr bytes.Buffer
	lines  *bufio.Scanner
}

func (s *side) start(number int, plan string) (*life, error) {
	l := &life{cmd: exec.Command(os.Args[0])}
	l.cmd.Env = childEnv("crash", s.dir, fmt.Sprint(number), plan, "")
	l.cmd.ExtraFiles = []*os.File{s.l}
	l.cmd.Stderr = &l.stderr
	var err error
	if l.stdin, err = l.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	l.lines = bufio.NewScanner(out)
	return l, l.cmd.Start()
}

// listen reads what a child says, to its end or until it says the word.
func (s *side) listen(l *life, until string) error {
	for l.lines.Scan() {
		line := l.lines.Text()
		if line == until {
			return nil
		}
		f := strings.Fields(line)
		if len(f) != 3 || f[0] != "acked" {
			return fmt.Errorf("%s says %q", s.party, line)
		}
		id, err := note.ParseID(f[2])
		if err != nil {
			return err
		}
		if _, twice := s.acked[f[1]]; twice {
			return fmt.Errorf("%s acknowledged %s twice", s.party, f[1])
		}
		s.acked[f[1]] = id
	}
	return l.lines.Err()
}

// die runs the plans one after the other, then a life without end.
func (s *side) die(plans []string) error {
	for i, plan := range plans {
		l, err := s.start(i, plan)
		if err != nil {
			return err
		}
		stuck := time.AfterFunc(2*time.Minute, func() { l.cmd.Process.Signal(syscall.SIGQUIT) })
		err = s.listen(l, "")
		wait := l.cmd.Wait()
		stuck.Stop()
		if err != nil {
			return fmt.Errorf("life %d of %s, %s: %w\n%s", i, s.party, plan, err, l.stderr.String())
		}
		if ws, ok := l.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || ws.Signal() != syscall.SIGKILL {
			return fmt.Errorf("life %d of %s, %s: it was not killed: %v\n%s", i, s.party, plan, wait, l.stderr.String())
		}
	}
	var err error
	s.last, err = s.start(len(plans), "none")
	return err
}

// TestKill kills two nodes that both write, 200 times in all, at the named
// points of a write and at random ones, each restarted at once. "Nothing
// acknowledged to its writer is lost, nothing doubled, pictures equal."
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes most of a minute")
	}
	files, addresses := listeners(t, "IRN", "PAK")
	p := newPairAt(t, addresses, "IRN", "PAK")
	p.closeAll()
	sides := []*side{}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, party := range []string{"IRN", "PAK"} {
		s := &side{t: t, party: party, dir: p.folder(party), l: files[party], acked: map[string]note.ID{}}
		sides = append(sides, s)
		plans := crashPlans(uint64(i))
		if raceDetector {
			plans = plans[:20] // each start takes several times as long
		}
		wg.Go(func() { errs[i] = s.die(plans) })
	}
	wg.Wait()
	for _, s := range sides {
		if s.last != nil {
			defer s.last.cmd.Process.Kill()
		}
	}
	for _, err := range errs {
		p.must(err)
	}
	finish := func(until string) {
		for _, s := range sides {
			if until == "" {
				p.must(s.last.stdin.Close())
			} else {
				_, err := io.WriteString(s.last.stdin, "finish\n")
				p.must(err)
			}
		}
		for i, s := range sides {
			wg.Go(func() { errs[i] = s.listen(s.last, until) })
		}
		wg.Wait()
		for _, err := range errs {
			p.must(err)
		}
	}
	finish("settled")
	finish("")
	for _, s := range sides {
		if err := s.last.cmd.Wait(); err != nil {
			t.Fatalf("%s: %v\n%s", s.party, err, s.last.stderr.String())
		}
	}
	p.inspect(sides)
}

// inspect looks at what is left.
func (p *pair) inspect(sides []*side) {
	t := p.t
	feeds := map[string]map[string][][]byte{} // leaves by node and origin
	acked := map[string]note.ID{}
	for _, s := range sides {
		maps.Copy(acked, s.acked)
	}
	for _, s := range sides {
		n := p.open(s.party)
		p.must(n.Store().Check(p.ctx))
		p.sound(n)
		feeds[s.party] = map[string][][]byte{}
		rows, err := n.Store().Feeds()
		p.must(err)
		bodies := map[string]note.ID{}
		for _, row := range rows {
			tree := feed.EmptyTree()
			var leaves [][]byte
			p.must(n.Store().EachEntry(p.ctx, row.Origin, 0, func(i uint64, leaf []byte) error {
				tree.Append(leaf)
				leaves = append(leaves, leaf)
				id := note.ID{Origin: row.Origin, Index: i}
				c, state, err := n.Content(id)
				if err != nil || c == nil {
					if c == nil && err == nil && state.String() == "held" {
						return nil // an ack
					}
					return fmt.Errorf("%s at %s: %v, %w", id.Short(), s.party, state, err)
				}
				body := c.Texts["body"]["en"]
				if old, twice := bodies[body]; twice {
					t.Errorf("%s: %q is doubled, as %s and as %s", s.party, body, old.Short(), id.Short())
				}
				bodies[body] = id
				return nil
			}))
			if tree.Root() != row.Root || tree.Size() != row.Size {
				t.Errorf("%s: the head of %s is at %d with root %s, its leaves are %d with root %s", s.party, row.Origin, row.Size, row.Root, tree.Size(), tree.Root())
			}
			feeds[s.party][row.Origin] = leaves
		}
		for body, id := range acked {
			if bodies[body] != id {
				t.Errorf("%s was acknowledged as %s; %s has it as %q", body, id.Short(), s.party, bodies[body].Short())
			}
		}
		t.Logf("%s: %d notes were acknowledged, %d are there", s.party, len(acked), len(bodies))
	}
	for origin, mine := range feeds["PAK"] {
		theirs := feeds["IRN"][origin]
		if n := min(len(mine), len(theirs)); !slices.EqualFunc(mine[:n], theirs[:n], bytes.Equal) {
			t.Errorf("the two sides hold two histories of %s", origin)
		}
	}
	p.settled()
}

// sound has the record of a node verified from its bytes.
func (p *pair) sound(n *Node) {
	p.t.Helper()
	rep, err := audit.Verify(context.Background(), audit.Source{Store: n.Store(), Journal: n.Journal(), Box: n.Box(), Party: n.Party(), Parts: n.folderOfParts()}, audit.Options{})
	p.must(err)
	for _, f := range rep.Findings {
		p.t.Errorf("%s: %s", n.Party(), f)
	}
}

func (n *Node) folderOfParts() string { return n.cfg.Dir + "/parts" }
