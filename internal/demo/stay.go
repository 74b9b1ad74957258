package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"detente/internal/web"
	"detente/scenario"
)

// child is the process that serves a party's node.
type child struct {
	p   *party
	cmd *exec.Cmd
	log *os.File
}

// stay hands every node to a process of its own, as detente serve runs it,
// prints what to try by hand, and returns when ctx ends or no process is left.
func (w *world) stay(ctx context.Context) (err error) {
	pair := w.pair()
	var leaf []byte
	if pair != nil {
		leaf = w.someLeaf(pair)
	}
	if err := w.close(); err != nil {
		return err
	}
	var spoilt *spoilable
	if leaf != nil {
		if spoilt, err = spoil(pair.principals[1].dir, leaf); err != nil {
			return err
		}
	}
	ended := make(chan *child)
	var children []*child
	var waiting sync.WaitGroup
	defer func() {
		for _, c := range children {
			c.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it has ended
		}
		waiting.Wait()
	}()
	for _, p := range w.parties {
		c, startErr := w.start(p)
		if startErr != nil {
			return startErr
		}
		children = append(children, c)
		waiting.Go(func() {
			c.cmd.Wait() //nolint:errcheck // however it ended, it has
			c.log.Close()
			select {
			case ended <- c:
			case <-ctx.Done():
			}
		})
	}
	for _, c := range children {
		if err := c.ready(ctx); err != nil {
			return err
		}
	}
	w.page.Blank()
	w.page.Heading("The nodes stay up, each as a process of its own, on the clock of this machine; end them with Ctrl-C")
	if pair != nil {
		w.tries(pair, children, spoilt)
	}
	for left := len(children); left > 0; left-- {
		select {
		case <-ctx.Done():
			w.page.Line("The nodes end. Their folders stay in " + w.Dir + ".")
			return nil
		case c := <-ended:
			w.page.Line(fmt.Sprintf("The process of %s has ended.", c.p.code))
		}
	}
	return nil
}

// start starts the process that serves a node, where it was reached before.
func (w *world) start(p *party) (*child, error) {
	c := &child{p: p, cmd: w.Serve(p.dir, p.addr)}
	var err error
	if c.log, err = os.OpenFile(p.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	c.cmd.Stdout, c.cmd.Stderr = c.log, c.log
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(err, c.log.Close())
	}
	return c, nil
}

// ready waits until the process takes commands.
func (c *child) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if h, err := web.Dial(c.p.dir); err == nil {
			h.CloseIdleConnections()
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the process of %s takes no commands; see %s", c.p.code, c.log.Name())
		case <-tick.C:
		}
	}
}

// pair returns the first channel on which two can try something, or nil.
func (w *world) pair() *channel {
	for _, c := range w.channels {
		if len(c.principals) > 1 {
			return c
		}
	}
	return nil
}

// someLeaf returns the log entry of the first note on a channel that opened a
// matter after the line was tested, as the second principal holds it: a byte
// of it is to be flipped.
func (w *world) someLeaf(c *channel) []byte {
	for _, st := range w.Scenario.Steps {
		if st.Kind == scenario.Note && st.On == "" && st.Act != "line/test" && st.Channel == c.Code {
			if leaf, _, err := c.principals[1].n.Entry(w.placed[st.Label].ID); err == nil {
				return leaf
			}
		}
	}
	return nil
}

// spoilable is a copy of a node, and where in it a byte can be flipped.
type spoilable struct {
	dir, file string
	at        int
	to        byte
}

// spoil copies a node, so that a byte of the copy can be flipped while the
// node itself goes on.
func spoil(from string, leaf []byte) (*spoilable, error) {
	s := &spoilable{dir: from + "-copy", to: 'X'}
	if err := copyTree(from, s.dir); err != nil {
		return nil, err
	}
	s.file = filepath.Join(s.dir, "ledger.db")
	b, err := os.ReadFile(s.file)
	if err != nil {
		return nil, err
	}
	at := bytes.Index(b, leaf)
	if at < 0 {
		return nil, fmt.Errorf("%s does not hold the leaf that it must hold", s.file)
	}
	if s.at = at + len(leaf)/2; b[s.at] == s.to {
		s.to = 'Y'
	}
	return s, nil
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch target := filepath.Join(to, rel); {
		case d.IsDir():
			return os.MkdirAll(target, 0o700)
		case !d.Type().IsRegular():
			return nil
		default:
			return copyFile(path, target)
		}
	})
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// tries prints three things to try by hand.
func (w *world) tries(c *channel, children []*child, s *spoilable) {
	a, b := c.principals[0], c.principals[1]
	var pid int
	for _, k := range children {
		if k.p == b {
			pid = k.cmd.Process.Pid
		}
	}
	channel := "--channel " + quote(c.Name)
	run := func(p *party, args ...string) {
		w.page.Line("     " + w.Program + " " + strings.Join(args, " ") + " --dir " + quote(p.dir))
	}
	w.page.Line("Try by hand, in another terminal:")
	w.page.Blank()
	w.page.Line("  1. Send a flash note, and read it at the other side:")
	run(a, "send message/send", channel, "--office", office(w, a), "--precedence flash --form letter \\\n         --text 'subject=By hand' --text 'body=This is an exercise.' --wait 10s")
	run(b, "inbox", channel, "--limit 3")
	w.page.Blank()
	w.page.Line(fmt.Sprintf("  2. Kill the node of %s, see \"link down since\" at the other side, which tries\n     the line every 5 seconds, and start it again:", b.code))
	w.page.Line(fmt.Sprintf("     kill -9 %d; sleep 6", pid))
	run(a, "line", channel)
	run(b, "serve --listen "+b.addr)
	w.page.Blank()
	if s == nil {
		return
	}
	w.page.Line(fmt.Sprintf("  3. Flip a byte of a leaf in a copy of %s's record, and verify it:", b.code))
	w.page.Line("     " + w.Program + " verify --dir " + quote(s.dir))
	w.page.Line(fmt.Sprintf("     printf %c | dd of=%s bs=1 seek=%d conv=notrunc", s.to, quote(s.file), s.at))
	w.page.Line("     " + w.Program + " verify --dir " + quote(s.dir))
	w.page.Blank()
}

// office returns an office of a party that may write a message.
func office(w *world, p *party) string {
	sp, _ := w.Scenario.Party(p.code)
	for _, o := range sp.Offices {
		for _, says := range append(o.Binds, o.Says...) {
			if says == "*" || says == "message" || says == "message/send" {
				return o.Code
			}
		}
	}
	return sp.Offices[0].Code
}

// quote quotes a word for a shell.
func quote(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
