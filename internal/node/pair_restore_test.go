package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"detente/internal/store"
	"detente/note"
)

// close closes one node, and takes it off the line.
func (p *pair) close(party string) {
	p.t.Helper()
	if stop := p.stops[party]; stop != nil {
		stop()
	}
	p.link.setDown(party, true)
	p.must(p.nodes[party].Close())
	delete(p.nodes, party)
}

// reopen opens a node again and puts it back on the line.
func (p *pair) reopen(party string) *Node {
	p.t.Helper()
	n := p.open(party)
	p.link.setDown(party, false)
	return n
}

// receipted waits for a receipt, and fails after a long time.
func (p *pair) receipted(n *Node, id note.ID, by string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := n.WaitReceipt(ctx, id, by); err != nil {
		p.t.Fatalf("%s: no receipt of %s for %s: %v", n.Party(), by, id.Short(), err)
	}
}

// backup copies a ledger as it is now.
func (p *pair) backup(party string) string {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), "ledger.db")
	p.must(p.nodes[party].Store().Backup(p.ctx, path))
	return path
}

// restore puts an old copy in the place of the ledger of a node that is closed.
func (p *pair) restore(party, backup string) {
	p.t.Helper()
	for _, name := range []string{store.FileName, store.FileName + "-wal", store.FileName + "-shm"} {
		if err := os.Remove(filepath.Join(p.folder(party), name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			p.t.Fatal(err)
		}
	}
	b, err := os.ReadFile(backup)
	p.must(err)
	p.must(os.WriteFile(filepath.Join(p.folder(party), store.FileName), b, 0o600))
}

// refuses checks that a node does not sign, and returns what it says.
func (p *pair) refuses(party string) string {
	p.t.Helper()
	n := p.nodes[party]
	before := n.heads()
	_, err := n.Submit(p.ctx, textNote(p.channel, "flash", "must not be written"))
	var refused *Refused
	if !errors.As(err, &refused) {
		p.t.Fatalf("%s: Submit: %v, want a refusal", party, err)
	}
	why := ""
	p.must(n.Read(p.channel, func(s *Snapshot) { why = s.Recovering }))
	if why == "" || !strings.Contains(err.Error(), why) {
		p.t.Errorf("%s refuses because %q, and shows %q", party, err, why)
	}
	if after := n.heads(); after != before {
		p.t.Errorf("%s: the ledger went from %s to %s", party, before, after)
	}
	return why
}

// heads says what the ledger holds.
func (n *Node) heads() string {
	rows, _ := n.store.Feeds()
	s := ""
	for _, r := range rows {
		s += fmt.Sprintf("%s %d\n", r.Origin, r.Size)
	}
	return s
}

// signs waits until a node signs again.
func (p *pair) signs(party string) {
	p.t.Helper()
	p.until(party, "it signs again", func(s *Snapshot) bool { return s.Recovering == "" })
}

// whole checks that all of the notes are there on both sides, each once, and
// that nobody's feed is frozen.
func (p *pair) whole(bodies ...string) {
	p.t.Helper()
	p.settled()
	for party, n := range p.nodes {
		count := map[string]int{}
		p.must(n.Read(p.channel, func(s *Snapshot) {
			for _, f := range s.Feeds {
				if f.Frozen != nil {
					p.t.Errorf("%s: %s is frozen: %s", party, f.Origin, f.Why)
				}
			}
			for _, e := range s.Register.Entries() {
				if c, _, err := n.Content(e.ID); err == nil && c != nil {
					count[c.Texts["body"]["en"]]++
				}
			}
		}))
		for _, b := range bodies {
			if count[b] != 1 {
				p.t.Errorf("%s has %q %d times", party, b, count[b])
			}
		}
		p.sound(n)
		if forks, err := n.Store().Forks(); err != nil || len(forks) > 0 {
			p.t.Errorf("%s: proofs of misconduct: %d, %v", party, len(forks), err)
		}
	}
}

// size is how many notes of its own feed a node holds.
func (p *pair) size(party, author string) (size uint64) {
	p.t.Helper()
	p.must(p.nodes[party].Read(p.channel, func(s *Snapshot) {
		for _, f := range s.Feeds {
			if f.Party == author {
				size = f.Head.Size
			}
		}
	}))
	return size
}
