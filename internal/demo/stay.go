package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"detente/scenario"
)

// over ends a scenario that is played to its end: it says what is wrong with
// the run, and what can be tried on the nodes by hand. They stay up, and their
// calendar stands where the scenario ends.
func (w *world) over(ctx context.Context, all fronts) (outcome, err error) {
	outcome = w.finish(ctx)
	w.page.Blank()
	w.page.Heading("The nodes and their desks stay up, and the calendar stands where the scenario ends; end them with Ctrl-C")
	pair := w.pair()
	if pair == nil || ctx.Err() != nil {
		return outcome, nil
	}
	var spoilt *spoilable
	if leaf := w.someLeaf(pair); leaf != nil {
		if spoilt, err = spoil(ctx, pair.principals[1], leaf); err != nil {
			return outcome, err
		}
	}
	w.tries(pair, spoilt)
	return outcome, nil
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
// node itself goes on. The ledger comes last: a copy that is ahead of its
// journal is what a crash leaves, and one behind it is not.
func spoil(ctx context.Context, p *party, leaf []byte) (*spoilable, error) {
	s := &spoilable{dir: p.dir + "-copy", to: 'X'}
	if err := copyTree(p.dir, s.dir); err != nil {
		return nil, err
	}
	s.file = filepath.Join(s.dir, "ledger.db")
	if err := p.n.Store().Backup(ctx, s.file); err != nil {
		return nil, err
	}
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
		case !d.Type().IsRegular() || strings.HasPrefix(rel, "ledger.db"): // the ledger is written to
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
func (w *world) tries(c *channel, s *spoilable) {
	a, b := c.principals[0], c.principals[1]
	channel := "--channel " + quote(c.Name)
	run := func(p *party, args ...string) {
		w.page.Line("     " + w.Live.Program + " " + strings.Join(args, " ") + " --dir " + quote(p.dir))
	}
	w.page.Line("Try by hand, in another terminal:")
	w.page.Blank()
	w.page.Line("  1. Send a flash note, and read it at the other side:")
	run(a, "send message/send", channel, "--office", office(w, a), "--precedence flash --form letter \\\n         --text 'subject=By hand' --text 'body=This is an exercise.' --wait 10s")
	run(b, "inbox", channel, "--limit 3")
	w.page.Blank()
	if s != nil {
		w.page.Line(fmt.Sprintf("  2. Flip a byte of a leaf in a copy of %s's record, and verify it:", b.code))
		w.page.Line("     " + w.Live.Program + " verify --dir " + quote(s.dir))
		w.page.Line(fmt.Sprintf("     printf %c | dd of=%s bs=1 seek=%d conv=notrunc", s.to, quote(s.file), s.at))
		w.page.Line("     " + w.Live.Program + " verify --dir " + quote(s.dir))
		w.page.Blank()
	}
	w.page.Para(2, fmt.Sprintf("3. Kill every node at once; start that of %s again, as a process of its own, on the clock of this machine; see \"link down since\" of %s, and that ends when it is started too:", a.code, b.code))
	w.page.Line(fmt.Sprintf("     kill -9 %d", os.Getpid()))
	run(a, "serve --listen "+a.addr)
	run(a, "line", channel)
	run(b, "serve --listen "+b.addr)
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
