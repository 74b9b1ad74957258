package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"detente/audit"
	"detente/charter"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
	"detente/pouch"
	"detente/register"
)

// channel is what a node holds of one channel. Three locks, always taken in
// this order: receiving, sending, mu. The first two are held through a whole
// write, disk included; mu guards the memory and is held briefly.
type channel struct {
	n  *Node
	id note.Digest

	receiving sync.Mutex
	sending   sync.Mutex

	mu       sync.RWMutex
	docs     *charter.Channel
	reg      *register.Register
	feeds    map[string]*held
	missing  map[note.Digest]missing // payloads that are addressed to this node and have not come
	peers    map[string]*peer
	pictures map[string]pictureState // what the last ack of a party says, against this node's own picture
	pending  []note.Digest           // closings that wait for a person to accept them
	parted   map[string]string       // by origin: why the ledger is of another history than what this node signed

	quota map[string]*bucket // by origin

	preparing atomic.Int32 // writers that are sealing
	queueMu   sync.Mutex
	queue     []*submission

	ctx        context.Context // of start; nil: not started
	why        string          // why nothing is signed: see behind
	ackWake    chan struct{}
	ackMissing bool                 // the last ack said that payloads were missing
	addressed  int                  // moves and contents of others that are addressed to this node
	unopened   map[note.Digest]bool // moves and contents that cannot be opened
}

// held is one feed as this node holds it.
type held struct {
	tree     *feed.Tree
	head     note.Head
	signed   []byte
	last     *audit.Leaf            // the last leaf that could be read
	lastNote uint64                 // one more than the index of the last leaf that is not an ack
	receipts map[string]uint64      // by party: the greatest size that it gave a receipt for
	frozen   *uint64                // how many leaves stand; nil: all
	why      string                 // why it is frozen
	faults   []fault                // what is proven against it
	back     *[2]uint64             // the first two leaves of which the later has seen less, found when the ledger is read
	doubt    bool                   // leaves came that do not continue what is held
	compared map[string]*comparison // by party: its history of a forked feed, and this one
	given    *pouch.Receipt         // this node's last receipt, ready to be sent
	written  written                // the leaves of an own feed that were written last
	weight   []uint64               // of an own feed: bytes of the payloads of its notes, each with all before it
}

type pictureState struct {
	equal bool
	ack   note.ID
}

func newHeld() *held {
	return &held{tree: feed.EmptyTree(), receipts: map[string]uint64{}}
}

// found opens a channel whose founding charter is in force, and reads what the
// ledger holds of it.
func (n *Node) found(ctx context.Context, founding *charter.Signed) error {
	docs, err := charter.NewChannel(founding)
	if err != nil {
		return err
	}
	if _, ok := docs.Member(n.party); !ok {
		return nil // the charter of a channel of others; kept, not carried
	}
	c := &channel{n: n, id: docs.ID(), docs: docs, feeds: map[string]*held{}, missing: map[note.Digest]missing{}, peers: map[string]*peer{},
		pictures: map[string]pictureState{}, parted: map[string]string{}, quota: map[string]*bucket{}, ackWake: make(chan struct{}, 1)}
	var texts [][]byte
	var waiting []store.Doc
	for _, kind := range []string{charter.KindCredence, charter.KindCharter, charter.KindClosing} {
		list, err := n.store.Docs(kind)
		if err != nil {
			return err
		}
		for _, d := range list {
			if kind == charter.KindClosing {
				accepted, err := n.store.Meta(acceptKey(d.Digest))
				if err != nil {
					return err
				}
				if accepted == "" {
					waiting = append(waiting, d)
					continue
				}
			}
			texts = append(texts, d.Bytes)
		}
	}
	docs.AddAll(texts...) // those of other channels are refused, and are none of this one's
	for _, d := range waiting {
		if _, _, err := c.readClosing(d.Bytes); err == nil {
			c.pending = append(c.pending, d.Digest)
		}
	}
	c.setPeers()
	if err := c.loadFeeds(ctx); err != nil {
		return err
	}
	n.mu.Lock()
	if n.channels[c.id] != nil { // two of one channel would sign two histories of this node's feed
		n.mu.Unlock()
		return nil
	}
	n.channels[c.id] = c
	running := n.ctx
	n.mu.Unlock()
	if running != nil {
		c.start(running)
	}
	return nil
}

func (c *channel) setPeers() {
	for _, m := range c.docs.Members() {
		if m.Party != c.n.party && c.peers[m.Party] == nil {
			c.peers[m.Party] = newPeer(c, m.Party)
			if c.ctx != nil {
				c.peers[m.Party].start(c.ctx)
			}
		}
	}
}

// loadFeeds reads every feed of the channel into memory.
func (c *channel) loadFeeds(ctx context.Context) error {
	rows, err := c.n.store.Feeds()
	if err != nil {
		return err
	}
	forks, err := c.n.store.Forks()
	if err != nil {
		return err
	}
	for _, row := range rows {
		if _, id, _, err := note.ParseOrigin(row.Origin); err != nil || id != c.id || row.Size == 0 {
			continue
		}
		h, err := c.n.loadHeld(row)
		if err != nil {
			return err
		}
		c.feeds[row.Origin] = h
		for _, m := range c.docs.Members() {
			if r, err := c.n.store.LatestCosig(row.Origin, m.Party+"/receipt"); err == nil {
				h.receipts[m.Party] = r.Size
			} else if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
	}
	if err := c.loadFrozen(forks); err != nil {
		return err
	}
	if err := c.rebuild(ctx); err != nil {
		return err
	}
	if err := c.loadStamp(); err != nil {
		return err
	}
	if err := c.mend(); err != nil {
		return err
	}
	if err := c.accuseStored(ctx); err != nil {
		return err
	}
	c.why = c.behind()
	return c.comparePictures()
}

func (n *Node) loadHeld(row store.FeedRow) (*held, error) {
	h := newHeld()
	tree, err := feed.NewTree(row.Size, n.store.HashReader(row.Origin).ReadHashes)
	if err != nil {
		return nil, fmt.Errorf("feed %s: %w; run: detente verify", row.Origin, err)
	}
	// CT Yeti 2022: a bit that flipped in storage ended a log once it was signed.
	if tree.Root() != row.Root {
		return nil, fmt.Errorf("feed %s: the stored hashes give the root %s, the checkpoint at %d says %s: the ledger is damaged, and nothing is signed over it; run: detente verify", row.Origin, tree.Root(), row.Size, row.Root)
	}
	h.tree, h.signed, h.head = tree, row.Signed, note.Head{Origin: row.Origin, Root: row.Root, Size: row.Size}
	return h, nil
}

// rebuild folds the register anew from the ledger.
func (c *channel) rebuild(ctx context.Context) error {
	c.reg = register.New(audit.Rules(c.docs))
	clear(c.missing)
	c.addressed, c.unopened = 0, map[note.Digest]bool{}
	for _, d := range c.docs.Documents() {
		if d.Kind != charter.KindClosing {
			continue
		}
		// Whoever has seen more of a closed feed has seen what does not stand.
		if _, closing, err := c.readClosing(d.Signed); err == nil {
			c.reg.Freeze(closing.Keeps.Origin, closing.Keeps.Size)
		}
	}
	c.registerLeavers()
	for _, origin := range c.origins() {
		if f := c.feeds[origin].frozen; f != nil {
			c.reg.Freeze(origin, *f)
		}
		if err := c.fold(ctx, origin, c.feeds[origin]); err != nil {
			return err
		}
	}
	if err := c.findUnopened(); err != nil {
		return err
	}
	return c.findMissing()
}

// registerLeavers tells the register who has left, and where their feeds end:
// nobody waits for their word any more.
func (c *channel) registerLeavers() {
	for _, m := range c.docs.Members() {
		if !c.docs.Left(m.Party) {
			continue
		}
		for epoch := 1; ; epoch++ {
			origin := note.Origin(m.Party, c.id, epoch)
			keeps, closed := c.docs.Closed(origin)
			if !closed {
				break
			}
			c.reg.Freeze(origin, keeps.Size)
		}
		c.reg.Leave(m.Party)
	}
}

func (c *channel) origins() []string {
	out := make([]string, 0, len(c.feeds))
	for o := range c.feeds {
		out = append(out, o)
	}
	slices.Sort(out)
	return out
}

// maxMissing bounds the list of what is missing. What is beyond it is listed
// when the node next starts.
const maxMissing = 100_000

// own returns the feed that this node writes now; it may be empty.
func (c *channel) own() (origin string, h *held) {
	origin = c.docs.Epoch(c.n.party)
	if h = c.feeds[origin]; h == nil {
		h = newHeld()
		h.head.Origin = origin
	}
	return origin, h
}

// seen lists the heads of all other feeds, as a header does. Of a frozen feed
// too it is the last head held: "seen never goes backwards".
func (c *channel) seen(own string) []note.Head {
	out := []note.Head{}
	for _, o := range c.origins() {
		if h := c.feeds[o]; o != own && h.tree.Size() > 0 {
			out = append(out, h.head)
		}
	}
	return out
}

// have says to a party what this node holds, which of its receipts arrived,
// and what this node wants.
func (c *channel) have(to string) pouch.Have {
	h := pouch.Have{Channel: c.id, From: c.n.party, Nonce: docsMark(c.docs)}
	for _, o := range c.origins() {
		f := c.feeds[o]
		fh := pouch.FeedHave{Origin: o, Root: f.head.Root, Size: f.head.Size, Receipted: f.receipts[to]}
		if from, yes := c.asks(o, f, to); yes { // for the other history
			fh.Size, fh.Root = from, note.Digest{}
		}
		h.Feeds = append(h.Feeds, fh)
	}
	h.Wants = c.wants()
	return h
}
