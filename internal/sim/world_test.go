package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/journal"
	"detente/internal/node"
	"detente/internal/store"
	"detente/note"
)

// world is one simulated world. Everything in it that is random is drawn from
// rng, by the goroutine that runs the world.
type world struct {
	name    string
	dir     string
	rng     *rand.Rand
	parties []*party
	channel note.Digest
	papers  [][]byte // credences and the charter
	start   time.Time
	line    quality
	parted  map[string]bool // "A B", A < B: no pouch passes between them
	healed  bool            // all was whole for long enough that everything is known to everyone
	forks   bool            // a party signs two heads: it is settled notes that its freeze may unsettle

	events  []event // the soonest first
	seq     int
	wake    chan struct{}
	mu      sync.Mutex
	arrived []*request
	dying   []*party

	trace    []string
	violated error
	settled  map[string]*settledMatter
	checked  map[string]bool // what was found true once and cannot change
	counts   map[string]int
}

// quality is how bad the line is.
type quality struct {
	lose, twice, slow float64
	delay             time.Duration
}

// party is one side and its node.
type party struct {
	w       *world
	code    string
	role    string
	scope   string // of an observer
	dir     string
	ledger  string    // its name
	keep    io.Closer // the ledger's disk
	skew    time.Duration
	liar    bool
	peers   map[string]bool // of a liar's twin: whom it speaks to; nil: everyone
	mangles bool            // a liar that sends damaged pouches

	node    *node.Node
	store   *store.Store
	journal *journal.Journal
	stop    context.CancelFunc
	ctx     context.Context
	down    bool
	dead    bool // its disk is gone; it is about to be taken down
	crashAt string
	crashIn int
	said    []said
	fresh   int // said[fresh:] has not been looked up in the ledger since the node opened
}

// said is a note whose Submit returned.
type said struct {
	id   note.ID
	act  string
	leaf note.Digest
}

type event struct {
	at  time.Time
	seq int
	do  func()
}

func (w *world) logf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace = append(w.trace, fmt.Sprintf("%12s ", time.Since(w.start))+strings.ReplaceAll(fmt.Sprintf(format, args...), w.dir, ""))
}

func (w *world) fail(invariant, format string, args ...any) {
	if w.violated == nil {
		w.violated = fmt.Errorf("%s: %s", invariant, fmt.Sprintf(format, args...))
		w.logf("VIOLATED %v", w.violated)
	}
}

func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.rng.Int64N(int64(most-least)))
}

func pick[T any](w *world, list []T) T { return list[w.rng.IntN(len(list))] }

func (w *world) party(code string) *party {
	i := slices.IndexFunc(w.parties, func(p *party) bool { return p.code == code })
	return w.parties[i]
}

// honest returns the parties that do not lie and whose nodes are up.
func (w *world) honest() (out []*party) {
	for _, p := range w.parties {
		if !p.liar && !p.down {
			out = append(out, p)
		}
	}
	return out
}

func (w *world) up() (out []*party) {
	for _, p := range w.parties {
		if !p.down {
			out = append(out, p)
		}
	}
	return out
}

// newWorld founds a channel. It is called inside the bubble.
func newWorld(name, dir string, seed uint64, principals int, scope string) (*world, error) {
	w := &world{name: name, dir: dir, rng: rand.New(rand.NewPCG(seed, 0x6465_7465_6e74_65)), start: time.Now(), parted: map[string]bool{}, wake: make(chan struct{}, 1),
		settled: map[string]*settledMatter{}, checked: map[string]bool{}, counts: map[string]int{}, line: quality{delay: 20 * time.Millisecond}}
	all, err := profiles()
	if err != nil {
		return nil, err
	}
	members := slices.Clone(codes[:principals])
	signed, err := signedCharter(all, members, scope)
	if err != nil {
		return nil, err
	}
	if scope != "" {
		members = append(members, "OBS")
	}
	for _, code := range members {
		w.papers = append(w.papers, all[code].signed)
	}
	w.papers = append(w.papers, signed)
	s, err := charter.ParseCharter(signed)
	if err != nil {
		return nil, err
	}
	w.channel = s.Digest
	for _, code := range members {
		m, _ := s.Charter.Member(code)
		p, err := w.addParty(code, m, filepath.Join(dir, code))
		if err != nil {
			return nil, err
		}
		w.parties = append(w.parties, p)
	}
	return w, nil
}

// addParty makes a party's folder, with the keys of its profile and an empty
// ledger, and starts its node.
func (w *world) addParty(code string, m charter.Member, dir string) (*party, error) {
	all, err := profiles()
	if err != nil {
		return nil, err
	}
	p := &party{w: w, code: code, role: m.Role, scope: m.Scope, dir: dir, ledger: w.name + "/" + filepath.Base(dir), down: true, skew: w.between(-10*time.Minute, 10*time.Minute)}
	if err := newFolder(p.dir, all[code].dir, false); err != nil {
		return nil, err
	}
	if p.keep, err = store.KeepMemory(p.ledger); err != nil {
		return nil, err
	}
	s, err := store.OpenMemory(p.ledger)
	if err != nil {
		return nil, err
	}
	b, err := documents(w.papers)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.Commit(context.Background(), b), s.Close()); err != nil {
		return nil, err
	}
	return p, p.start()
}

// newFolder makes a node's folder with the keys of another, and an empty
// journal.
func newFolder(dir, keys string, fsync bool) error {
	if err := os.MkdirAll(filepath.Join(dir, "parts"), 0o700); err != nil {
		return err
	}
	for _, f := range []string{"keys", "party.json", "store.key"} {
		if err := os.Symlink(filepath.Join(keys, f), filepath.Join(dir, f)); err != nil {
			return err
		}
	}
	j, err := journal.Create(filepath.Join(dir, "journal"), fsync)
	if err != nil {
		return err
	}
	return j.Close()
}

// documents lists signed texts for a ledger.
func documents(papers [][]byte) (b store.Batch, err error) {
	for _, paper := range papers {
		kind, err := charter.Kind(paper)
		if err != nil {
			return b, err
		}
		text, _, err := feed.SplitText(paper)
		if err != nil {
			return b, err
		}
		b.Docs = append(b.Docs, store.Doc{Kind: kind, Digest: feed.TextDigest(text), Bytes: paper})
	}
	return b, nil
}

// start opens the node from what its ledger and its journal hold.
func (p *party) start() (err error) {
	if p.store, err = store.OpenMemory(p.ledger); err != nil {
		return err
	}
	if p.journal, err = journal.Open(filepath.Join(p.dir, "journal"), false); err != nil {
		return err
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	now := func() time.Time { return time.Now().Add(p.skew) }
	p.node, err = node.Open(p.ctx, node.Config{Dir: p.dir, Now: now, Store: p.store, Journal: p.journal, Link: lineEnd{p}, Log: logger(p), At: p.at})
	if err != nil {
		return err
	}
	p.down, p.dead, p.crashAt, p.fresh = false, false, "", 0
	p.node.Start(p.ctx)
	return nil
}

// at is called at the named points of a write.
func (p *party) at(point string) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if p.crashAt != point || p.dead {
		return
	}
	if p.crashIn--; p.crashIn < 0 {
		p.die()
	}
}

// die takes the disk away: whatever the node goes on to do in memory cannot
// last. The caller holds w.mu.
func (p *party) die() {
	p.dead = true
	p.store.Close()
	p.journal.Close()
	p.w.dying = append(p.w.dying, p)
	p.w.ring()
}

func (w *world) ring() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// crash takes a node down without grace.
func (w *world) crash(p *party) {
	w.mu.Lock()
	if !p.dead {
		p.die()
	}
	w.mu.Unlock()
	w.rest()
}

// rest waits until every node has done what it can at this moment: the next
// step is taken from there, however the processor shares its time.
func (w *world) rest() {
	synctest.Wait()
	w.bury()
	synctest.Wait()
}

// bury takes down the nodes whose disk is gone.
func (w *world) bury() {
	w.mu.Lock()
	dying := w.dying
	w.dying = nil
	w.mu.Unlock()
	for _, p := range dying {
		w.logf("%s crashes (%s)", p.name(), p.crashAt)
		w.counts["crashes"]++
		p.stop()
		p.node.Close()
		p.down, p.node = true, nil
	}
}

func (w *world) restart(p *party) {
	if !p.down {
		return
	}
	w.logf("%s starts again", p.name())
	if err := p.start(); err != nil {
		w.fail("durable", "%s does not start: %v", p.name(), err)
		p.down = true
	}
	w.rest()
}

func (p *party) name() string { return filepath.Base(p.dir) }

// close ends the world. Nothing of it outlives the bubble.
func (w *world) close() {
	for _, p := range w.parties {
		p.close()
	}
}

func (p *party) close() {
	if !p.down {
		p.stop()
		p.node.Close()
		p.down = true
	}
	p.keep.Close()
}

// disk calls fn with what the party has on disk, whether its node is up or not.
func (p *party) disk(fn func(*store.Store)) {
	if !p.down {
		fn(p.store)
		return
	}
	s, err := store.OpenMemory(p.ledger)
	if err != nil {
		p.w.fail("durable", "the ledger of %s does not open: %v", p.code, err)
		return
	}
	defer s.Close()
	fn(s)
}
