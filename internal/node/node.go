package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"detente/charter"
	"detente/internal/house"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

// Config says where a node is and what it stands on.
type Config struct {
	Dir     string
	Now     func() time.Time                                                  // nil: time.Now. What notes, receipts and clocks say; timers go by package time
	Store   *store.Store                                                      // nil: the ledger in Dir
	Journal *journal.Journal                                                  // nil: the journal in Dir
	Link    Link                                                              // how peers are reached; nil: TLS
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error) // how TLS reaches them; nil: over the network
	Log     *slog.Logger                                                      // nil: nothing is logged
	At      func(point string)                                                // called at the named points of a write, for tests that crash there; nil: nothing
}

// Node is one party's node.
type Node struct {
	cfg     Config
	party   string
	box     *seal.Box
	sealer  *seal.Sealer
	store   *store.Store
	house   *house.House
	lock    *os.File
	log     *slog.Logger
	traffic atomic.Int64
	stats   stats
	fresh   fresh

	patience patience

	adding sync.Mutex // held while a text is taken; after receiving and sending of a channel, before its mu

	mu        sync.RWMutex
	rings     []*ring        // the newest first
	openers   []*seal.Opener // likewise
	journal   *journal.Journal
	channels  map[note.Digest]*channel
	credence  charter.Credence
	signed    []byte    // the credence
	noJournal bool      // it was lost: nothing can be signed for a feed that exists
	stamped   time.Time // the latest that a signature of this node bears
	failed    error     // after this nothing is signed until the node is opened anew
	changed   chan struct{}
	running   sync.WaitGroup
	ctx       context.Context // of Start
}

// LockedError says that another process owns the folder.
type LockedError struct{ Dir string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("another process owns %s; nothing was changed: speak to it over its socket, or stop it first", e.Dir)
}

// Open opens a node. It takes the lock of the folder, reads the ledger into
// memory, and compares it with the signing journal. A node that must not sign
// opens all the same, and says why: see Snapshot.Recovering.
func Open(ctx context.Context, cfg Config) (*Node, error) {
	n := &Node{cfg: cfg, stats: newStats(), channels: map[note.Digest]*channel{}, changed: make(chan struct{}), patience: usualPatience, log: cfg.Log, store: cfg.Store, journal: cfg.Journal}
	if n.cfg.Now == nil {
		n.cfg.Now = time.Now
	}
	if n.cfg.Dial == nil {
		n.cfg.Dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if err := n.open(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Node) open(ctx context.Context) (err error) {
	b, err := os.ReadFile(filepath.Join(n.cfg.Dir, "party.json"))
	if err != nil {
		return fmt.Errorf("%s is not a node: %w; make one with: detente init", n.cfg.Dir, err)
	}
	var p profile
	if err := json.Unmarshal(b, &p); err != nil || note.CheckParty(p.Party) != nil {
		return fmt.Errorf("%s does not say who this node is; restore it from a copy", filepath.Join(n.cfg.Dir, "party.json"))
	}
	n.party = p.Party
	if n.cfg.Store == nil {
		if n.lock, err = lockDir(n.cfg.Dir); err != nil {
			return err
		}
	}
	if n.rings, err = loadRings(n.cfg.Dir); err != nil {
		return err
	}
	if n.box, err = loadBox(n.cfg.Dir); err != nil {
		return err
	}
	if err := cleanParts(n.cfg.Dir); err != nil {
		return err
	}
	n.sealer = seal.NewSealer(time.Now)
	for _, r := range n.rings {
		n.openers = append(n.openers, seal.NewOpener(r.seal))
	}
	if n.store == nil {
		if n.store, err = store.Open(n.cfg.Dir); err != nil {
			return err
		}
	}
	n.house = house.New(n.store, n.box, filepath.Join(n.cfg.Dir, "house"), n.Now)
	if err := n.house.BoxDrafts(ctx); err != nil {
		return fmt.Errorf("the drafts that an older version kept in the clear were not all boxed: %w", err)
	}
	if n.journal == nil {
		n.journal, err = journal.Open(filepath.Join(n.cfg.Dir, "journal"), true)
		if errors.Is(err, fs.ErrNotExist) {
			n.noJournal, err = true, nil
		}
		if err != nil {
			return err
		}
		if n.journal != nil && n.journal.Torn() != "" {
			n.log.Warn("the journal ended in a torn line", "dropped", n.journal.Torn())
		}
	}
	if n.cfg.Link == nil {
		n.cfg.Link = newTLSLink(n)
	}
	return n.load(ctx)
}

// lockDir takes the lock that one process at a time has of a node's folder.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &LockedError{dir}
		}
		return nil, err
	}
	return f, nil
}

// Close stops what Start began and closes the ledger and the journal.
func (n *Node) Close() error {
	n.running.Wait()
	var errs []error
	for _, c := range []io.Closer{n.store, n.journal, n.lock} {
		switch c := c.(type) {
		case *store.Store:
			if c != nil {
				errs = append(errs, c.Close())
			}
		case *journal.Journal:
			if c != nil {
				errs = append(errs, c.Close())
			}
		case *os.File:
			if c != nil {
				errs = append(errs, c.Close())
			}
		}
	}
	return errors.Join(errs...)
}

// Party returns the code of the party whose node this is.
func (n *Node) Party() string { return n.party }

// Dir returns the node's folder.
func (n *Node) Dir() string { return n.cfg.Dir }

// Now returns the node's time.
func (n *Node) Now() time.Time { return n.cfg.Now() }

// Store returns the ledger.
func (n *Node) Store() *store.Store { return n.store }

// House returns the in-house record.
func (n *Node) House() *house.House { return n.house }

// Journal returns the signing journal, or nil where it was lost.
func (n *Node) Journal() *journal.Journal {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.journal
}

// journalLost reports whether nothing can be signed for a feed that exists.
func (n *Node) journalLost() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.noJournal
}

// sealOpeners opens what is sealed to this node, with the newest key first.
func (n *Node) sealOpeners() []*seal.Opener {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.openers
}

// Box returns what encrypts plaintext at rest.
func (n *Node) Box() *seal.Box { return n.box }

// Identities returns the private seal keys, the newest first.
func (n *Node) Identities() (out []*seal.Identity) {
	for _, r := range n.keyRings() {
		out = append(out, r.seal)
	}
	return out
}

// Credence returns the node's newest credence, and its signed bytes.
func (n *Node) Credence() (charter.Credence, []byte) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.credence, n.signed
}

// Channels returns the channels that are in force, sorted.
func (n *Node) Channels() []note.Digest {
	n.mu.RLock()
	defer n.mu.RUnlock()
	var out []note.Digest
	for id := range n.channels {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b note.Digest) int { return slices.Compare(a[:], b[:]) })
	return out
}

func (n *Node) channel(id note.Digest) (*channel, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if c := n.channels[id]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("there is no channel %.12s… in force at this node", id)
}

func (n *Node) all() []*channel {
	n.mu.RLock()
	defer n.mu.RUnlock()
	out := make([]*channel, 0, len(n.channels))
	for _, c := range n.channels {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *channel) int { return slices.Compare(a.id[:], b.id[:]) })
	return out
}

// Changed returns a channel that is closed at the next change of anything
// that a Snapshot shows.
func (n *Node) Changed() <-chan struct{} {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.changed
}

func (n *Node) announceChange() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *Node) at(point string) {
	if n.cfg.At != nil {
		n.cfg.At(point)
	}
}

// fail notes that a signature may have been made that the journal does not
// know. Nothing is signed any more until the node is opened anew, and mends it.
func (n *Node) fail(err error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failed == nil {
		n.failed = fmt.Errorf("the node stopped signing: %w; nothing was lost: mend the cause and start it again", err)
		n.log.Error("stopped signing", "err", err)
	}
	return n.failed
}

func (n *Node) broken() error {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.failed
}

// load reads documents, feeds and the register from the ledger.
func (n *Node) load(ctx context.Context) error {
	credences, err := n.store.Docs(charter.KindCredence)
	if err != nil {
		return err
	}
	for _, d := range credences {
		c, err := charter.ParseCredence(d.Bytes)
		if err != nil {
			return fmt.Errorf("credence %s in the ledger: %w; run: detente verify", d.Digest, err)
		}
		if c.Party == n.party && c.Serial > n.credence.Serial {
			n.adopt(c, d.Bytes)
		}
	}
	charters, err := n.store.Docs(charter.KindCharter)
	if err != nil {
		return err
	}
	for _, d := range charters {
		s, err := charter.ParseCharter(d.Bytes)
		if err != nil {
			return fmt.Errorf("charter %s in the ledger: %w; run: detente verify", d.Digest, err)
		}
		if s.Charter.Channel == nil && s.InForce() {
			if err := n.found(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}
