package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/mod/sumdb/tlog"

	"detente/audit"
	"detente/feed"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
)

// The witness, c2sp.org/tlog-witness. A witness cosignature says "append-only
// as I saw it", and no more: this node need not hold the leaves. It signs
// under PARTY/witness, with a key that signs nothing else, the feeds of other
// parties on the channels that it shares with whoever asks.
//
// What was cosigned last is what the ledger or the signing journal says, the
// greater of the two: after a crash between them the ledger is ahead, after an
// old ledger was restored the journal is. The journal has size and root, which
// is all that it takes not to contradict oneself.

func (n *Node) serveAddCheckpoint(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, feed.MaxSubmission))
	if err != nil {
		http.Error(w, fmt.Sprintf("the submission did not come whole: %v; nothing was cosigned", err), http.StatusBadRequest)
		return
	}
	lines, err := n.AddCheckpoint(r.Context(), caller(r), body)
	var refusal *feed.Refusal
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write(lines)
	case !errors.As(err, &refusal):
		n.log.Error("a checkpoint was not cosigned", "from", caller(r), "err", err)
		http.Error(w, "this node cannot cosign now; nothing was cosigned, try again", http.StatusServiceUnavailable)
	case refusal.Status == feed.StatusConflict:
		// "The response body MUST consist of the tree size of the latest
		// cosigned checkpoint in decimal, followed by a newline"
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(refusal.Status)
		fmt.Fprintf(w, "%d\n", refusal.Size)
	default:
		if refusal.Status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "60")
		}
		http.Error(w, refusal.Error(), refusal.Status)
	}
}

// AddCheckpoint cosigns a checkpoint that a party submits, and returns the
// signature lines. What it refuses is a *feed.Refusal; any other error is of
// this node, which then has cosigned nothing that left.
func (n *Node) AddCheckpoint(ctx context.Context, from string, body []byte) ([]byte, error) {
	s, err := feed.ParseSubmission(body)
	if err != nil {
		return nil, err
	}
	c, key, err := n.witnesses(s.Head.Origin, from)
	if err != nil {
		return nil, err
	}
	signed, err := s.Open(key)
	if err != nil {
		return nil, err
	}
	// "checking the old size against the latest checkpoint and persisting the
	// new checkpoint must be performed atomically". What arrives over the line
	// is cosigned by observers too, so it is one lock for both.
	c.receiving.Lock()
	defer c.receiving.Unlock()
	if err := n.broken(); err != nil {
		return nil, err
	}
	if n.journalLost() {
		return nil, errors.New("the signing journal is lost")
	}
	last, err := c.lastWitnessed(s.Head.Origin)
	if err != nil {
		return nil, err
	}
	forked, err := c.contradicted(ctx, s.Head, signed, key)
	if err != nil {
		return nil, err
	}
	if err := s.Follow(last); err != nil {
		return nil, err
	}
	if forked {
		return nil, unprocessable("%s at %d contradicts what is held of it", s.Head.Origin, s.Head.Size)
	}
	if err := c.stands(s.Head); err != nil {
		return nil, err
	}
	if err := c.mayBeWitnessed(s.Head.Origin); err != nil {
		return nil, &feed.Refusal{Status: http.StatusTooManyRequests, Why: err}
	}
	return c.cosign(ctx, s.Head, signed)
}

// mayBeWitnessed counts one checkpoint of a feed against its quota.
func (c *channel) mayBeWitnessed(origin string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.mayGrow("witness/"+origin, false); err != nil {
		return err
	}
	c.grew("witness/"+origin, 1)
	return nil
}

// witnesses returns the channel of a feed that this node witnesses for a
// party, and the key of the feed. "If the checkpoint origin is unknown, the
// witness MUST respond with a 404": to whoever is no party, every origin is.
func (n *Node) witnesses(origin, from string) (*channel, feed.Public, error) {
	unknown := &feed.Refusal{Status: feed.StatusNotFound, Why: fmt.Errorf("%.200q is no feed that is witnessed here", origin)}
	author, id, _, err := note.ParseOrigin(origin)
	if err != nil || author == n.party || n.scopeOf(origin, from) == "" {
		return nil, feed.Public{}, unknown
	}
	c, err := n.channel(id)
	if err != nil {
		return nil, feed.Public{}, unknown
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	key, err := c.docs.FeedKey(origin)
	if err != nil {
		return nil, feed.Public{}, unknown
	}
	return c, key, nil
}

func (c *channel) witnessName() string { return c.n.party + "/witness" }

// lastWitnessed returns the last head that was cosigned, or the zero Head. The
// caller holds receiving.
func (c *channel) lastWitnessed(origin string) (note.Head, error) {
	n := c.n
	row, _, err := c.witnessedRow(origin)
	if err != nil {
		return note.Head{}, err
	}
	size, root, ok := n.Journal().Last(journal.Witness, origin)
	last := note.Head{Origin: origin, Root: root, Size: size}
	switch {
	case !ok && row.Head.Origin == "":
		return note.Head{}, nil
	case !ok || row.Head.Size > size:
		if err := n.record(journal.Entry{Role: journal.Witness, Head: row.Head}); err != nil {
			return note.Head{}, err
		}
		return row.Head, nil
	case row.Head.Size == size && row.Head.Origin != "" && row.Head.Root != root:
		return note.Head{}, fmt.Errorf("the ledger and the signing journal disagree about what was witnessed of %s at %d", origin, size)
	}
	return last, nil
}

// witnessedRow returns the last checkpoint that the ledger holds cosigned.
func (c *channel) witnessedRow(origin string) (row store.HeadRow, lines []byte, err error) {
	sig, err := c.n.store.LatestCosig(origin, c.witnessName())
	if errors.Is(err, store.ErrNotFound) {
		return row, nil, nil
	}
	if err == nil {
		row, err = c.n.store.HeadAt(origin, sig.Size)
	}
	return row, sig.Lines, err
}

// maxWitnessed is the greatest size that the ledger can keep.
const maxWitnessed = 1 << 39

// stands refuses what is beyond the end of a feed that is frozen or closed.
func (c *channel) stands(h note.Head) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	held := c.feeds[h.Origin]
	keeps, closed := c.docs.Closed(h.Origin)
	switch {
	case h.Size > maxWitnessed:
		return unprocessable("%s at %d is beyond what can be kept here, %d", h.Origin, h.Size, uint64(maxWitnessed))
	case held != nil && held.frozen != nil && h.Size > *held.frozen:
		return unprocessable("%s stands up to %d only: %s", h.Origin, *held.frozen, held.why)
	case closed && h.Size > keeps.Size:
		return unprocessable("%s was closed at %d by its author's identity key", h.Origin, keeps.Size)
	}
	return nil
}

func unprocessable(format string, args ...any) *feed.Refusal {
	return &feed.Refusal{Status: feed.StatusUnprocessable, Why: fmt.Errorf(format, args...)}
}

// cosign signs, stores, journals, in this order: "The witness MUST persist the
// new checkpoint before responding."
func (c *channel) cosign(ctx context.Context, h note.Head, signed []byte) ([]byte, error) {
	n := c.n
	now := n.stamp()
	lines, err := n.mirrorKey(journal.Witness).Cosign(c.witnessName(), h, now)
	if err != nil {
		return nil, err
	}
	if err := n.Journal().Reserve(); err != nil {
		return nil, err
	}
	err = n.commit(ctx, store.Batch{
		Heads:  []store.HeadRow{{Head: h, Signed: signed}},
		Cosigs: []store.Cosig{{Origin: h.Origin, Size: h.Size, Name: c.witnessName(), Time: now, Lines: lines}},
	})
	if err != nil {
		return nil, err
	}
	n.at("witnessed")
	if err := n.record(journal.Entry{Role: journal.Witness, Head: h}); err != nil {
		return nil, err
	}
	return lines, nil
}

// contradicted reports whether a signed head is of another history than what
// the ledger holds of the feed, and freezes the feed if so. "If the origin is
// known, and the signature is valid, the witness MAY log the request even if
// the consistency proof doesn't verify": here it is kept as the proof.
func (c *channel) contradicted(ctx context.Context, h note.Head, signed []byte, key feed.Public) (bool, error) {
	if h.Size == 0 {
		return false, nil // every history begins so; of its root, see Follow
	}
	other, err := c.n.store.HeadAt(h.Origin, h.Size)
	if errors.Is(err, store.ErrNotFound) {
		c.mu.RLock()
		if held := c.feeds[h.Origin]; held != nil {
			other = store.HeadRow{Head: held.head, Signed: held.signed}
		}
		c.mu.RUnlock()
		if h.Size > other.Head.Size {
			return false, nil // its leaves have not come: see overtaken
		}
	} else if err != nil || other.Head == h {
		return false, err
	}
	fork, err := feed.ProveFork(signed, other.Signed, c.n.store.HashReader(h.Origin), key)
	if err != nil || fork == nil {
		return false, err
	}
	text, err := fork.MarshalText()
	if err != nil {
		return false, err
	}
	_, err = c.takeFork(ctx, text)
	return true, err
}

// overtaken compares leaves that are about to be stored with the heads that
// were witnessed before their leaves came. Its error is the *feed.Fork if the
// author had signed another history there.
func (c *channel) overtaken(v *audit.Verified) error {
	last, err := c.n.store.LastHead(v.Head.Origin)
	if errors.Is(err, store.ErrNotFound) || err == nil && last.Head.Size <= v.Start {
		return nil
	}
	if err != nil {
		return err
	}
	c.mu.RLock()
	key, err := c.docs.FeedKey(v.Head.Origin)
	c.mu.RUnlock()
	if err != nil {
		return err
	}
	errEnd := errors.New("end")
	err = c.n.store.EachHead(context.Background(), v.Head.Origin, v.Start+1, func(row store.HeadRow) error {
		if row.Head.Size > v.Head.Size {
			return errEnd
		}
		fork, err := feed.ProveFork(row.Signed, v.Signed, c.hashes(v), key)
		if err == nil && fork != nil {
			err = fork
		}
		return err
	})
	if errors.Is(err, errEnd) {
		return nil
	}
	return err
}

// hashes reads the tree of a verified run: what is stored, and what the run adds.
func (c *channel) hashes(v *audit.Verified) tlog.HashReader {
	stored, first := c.n.store.HashReader(v.Head.Origin), tlog.StoredHashCount(int64(v.Start))
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			if x >= first && x-first < int64(len(v.Hashes)) {
				out[i] = v.Hashes[x-first]
				continue
			}
			h, err := stored.ReadHashes([]int64{x})
			if err != nil {
				return nil, err
			}
			out[i] = h[0]
		}
		return out, nil
	})
}

// serveWitnessed gives the latest checkpoint that this node has cosigned.
func (n *Node) serveWitnessed(w http.ResponseWriter, r *http.Request) {
	b, err := n.Witnessed(r.PathValue("feed"), caller(r))
	switch {
	case err != nil:
		n.log.Error("a witnessed checkpoint could not be read", "path", r.URL.Path, "err", err)
		http.Error(w, "this node cannot show it now", http.StatusInternalServerError)
	case b == nil:
		http.Error(w, "nothing of such a log was witnessed here, for "+caller(r), http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Write(b)
	}
}

// Witnessed returns the latest checkpoint of a feed that this node has
// cosigned, with its cosignature, or nil. The feed is named by
// feed.OriginHash.
func (n *Node) Witnessed(hash, party string) ([]byte, error) {
	rows, err := n.store.Feeds()
	if err != nil {
		return nil, err
	}
	for _, f := range rows {
		if feed.OriginHash(f.Origin) != hash {
			continue
		}
		c, _, err := n.witnesses(f.Origin, party)
		if err != nil || n.journalLost() {
			return nil, nil
		}
		c.receiving.Lock()
		defer c.receiving.Unlock()
		last, err := c.lastWitnessed(f.Origin) // journals what a crash left out: it leaves now
		if err != nil {
			return nil, err
		}
		row, lines, err := c.witnessedRow(f.Origin)
		if err != nil || lines == nil {
			return nil, err
		}
		if row.Head != last {
			return nil, fmt.Errorf("the ledger is an old copy: it has %s witnessed at %d, the journal at %d", f.Origin, row.Head.Size, last.Size)
		}
		return append(row.Signed, lines...), nil
	}
	return nil, nil
}
