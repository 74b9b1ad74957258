package audit

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/charter"
	"detente/feed"
	"detente/note"
)

// Refused is a fault of transport. Nothing of what it speaks of was stored.
type Refused struct {
	What string // which feed, payload or receipt
	Err  error
}

func (e *Refused) Error() string { return fmt.Sprintf("%s: refused: %v", e.What, e.Err) }
func (e *Refused) Unwrap() error { return e.Err }

// ClosedError says that a checkpoint goes beyond what the closing of its feed
// keeps.
type ClosedError struct{ Keeps, Head note.Head }

func (e *ClosedError) Error() string {
	return fmt.Sprintf("the feed was closed at %d leaves; this checkpoint is of %d", e.Keeps.Size, e.Head.Size)
}

// Feed is a run of leaves as it came, with the checkpoint that commits to
// them.
type Feed struct {
	Signed []byte // checkpoint
	Start  uint64 // index of the first leaf
	Leaves [][]byte
}

// Held is what the reader has of a feed already.
type Held struct {
	Tree   *feed.Tree
	Signed []byte // checkpoint of the tree; nil while there is none
	Last   *Leaf  // the last leaf that could be read; nil while there is none
	Hashes tlog.HashReader
}

// Leaf is one entry of a feed. Header is nil where it cannot be read, and
// Reason says why.
type Leaf struct {
	Header *note.Header
	Reason string
}

// Verified is a run of leaves that the reader may store and receipt.
type Verified struct {
	Head   note.Head
	Signed []byte
	Start  uint64
	Leaves [][]byte
	Hashes []tlog.Hash
	Notes  []Leaf
	Tree   *feed.Tree
	// Back is the first leaf whose seen goes back below an earlier leaf of its
	// feed: misconduct. The leaves are stored like any other, and the feed is
	// frozen before it. Before is the leaf whose seen it goes below; the two
	// make a proof, see ProveSeen.
	Back   *uint64
	Before uint64
}

// AcceptFeed checks a run of leaves against what is held. The error is a
// *Refused, a *feed.Fork, or a *feed.Stale where there is nothing new.
func AcceptFeed(ch *charter.Channel, held Held, in Feed) (*Verified, error) {
	h, err := feed.ParseHead(in.Signed)
	if err != nil {
		return nil, &Refused{"a checkpoint", err}
	}
	what := "feed " + h.Origin
	key, err := ch.FeedKey(h.Origin)
	if err != nil {
		return nil, &Refused{what, err}
	}
	if keeps, closed := ch.Closed(h.Origin); closed && h.Size > keeps.Size {
		return nil, &Refused{what, &ClosedError{keeps, h}}
	}
	size := held.Tree.Size()
	leaves := in.Leaves
	if in.Start <= size {
		leaves = leaves[min(size-in.Start, uint64(len(leaves))):]
	} else if h.Size > size {
		return nil, &Refused{what, fmt.Errorf("the leaves begin at %d, and %d are held: those between are missing", in.Start, size)}
	}
	if h.Size > size && uint64(len(leaves)) > h.Size-size {
		leaves = leaves[:h.Size-size]
	} else if h.Size <= size {
		leaves = nil
	}
	tree, hashes, err := feed.Advance(held.Tree, held.Signed, in.Signed, leaves, key)
	if err != nil {
		return nil, explain(what, err, held, in, key)
	}
	if len(leaves) == 0 {
		return nil, &feed.Stale{Held: h, Head: h}
	}
	v := &Verified{Head: h, Signed: in.Signed, Start: size, Leaves: leaves, Tree: tree}
	for _, hs := range hashes {
		v.Hashes = append(v.Hashes, hs...)
	}
	last := held.Last
	for i, leaf := range leaves {
		l := ReadLeaf(ch, note.ID{Origin: h.Origin, Index: v.Start + uint64(i)}, leaf)
		if l.Header != nil {
			if v.Back == nil && last != nil && goesBack(last.Header, l.Header) {
				index := l.Header.Index
				v.Back, v.Before = &index, last.Header.Index
			}
			last = &l
		}
		v.Notes = append(v.Notes, l)
	}
	return v, nil
}

// explain looks behind a refusal of feed.Advance: a checkpoint that is older
// than what is held, or that the leaves do not lead to, may be of another
// history of the feed, and then there is a proof.
func explain(what string, err error, held Held, in Feed, key feed.Public) error {
	var stale *feed.Stale
	var mismatch *feed.Mismatch
	var fork *feed.Fork
	var hashes tlog.HashReader
	switch {
	case errors.As(err, &fork):
		return fork
	case errors.As(err, &stale):
		root, rootErr := tlog.TreeHash(int64(stale.Head.Size), held.Hashes)
		if rootErr != nil {
			return &Refused{what, rootErr}
		}
		if note.Digest(root) == stale.Head.Root {
			return stale
		}
		hashes = held.Hashes
	case errors.As(err, &mismatch) && in.Start == 0 && held.Signed != nil:
		hashes = feed.HashLeaves(in.Leaves)
	default:
		return &Refused{what, err}
	}
	fork, proveErr := feed.ProveFork(held.Signed, in.Signed, hashes, key)
	if fork != nil {
		return fork
	}
	return &Refused{what, errors.Join(err, proveErr)}
}

// ReadLeaf parses an entry that the signed tree commits to, and checks what
// the channel can check without opening anything.
func ReadLeaf(ch *charter.Channel, id note.ID, leaf []byte) Leaf {
	h, err := note.Parse(leaf)
	switch {
	case err != nil:
		return Leaf{Reason: err.Error()}
	case h.Origin != id.Origin || h.Index != id.Index:
		return Leaf{Reason: fmt.Sprintf("the header calls itself %s and stands at %s", h.ID(), id)}
	case h.Exercise != ch.Exercise():
		return Leaf{Reason: "the header is marked otherwise than the channel: exercise and real are never mixed"}
	}
	return Leaf{Header: &h}
}

// goesBack reports whether next has seen less than last had: "seen never goes
// backwards".
func goesBack(last, next *note.Header) bool {
	for _, s := range last.Seen {
		if next.SeenSize(s.Origin) < s.Size {
			return true
		}
	}
	return false
}

// AcceptReceipt checks signature lines of a party on a head: a receipt, or
// with witness the statement of a witness. It returns their time.
func AcceptReceipt(ch *charter.Channel, party string, witness bool, h note.Head, lines []byte) (time.Time, error) {
	name, keys := party+"/receipt", ch.ReceiptKeys(party)
	if witness {
		name, keys = party+"/witness", ch.WitnessKeys(party)
	}
	err := errors.New("no key of the party is known")
	for _, k := range keys {
		var t time.Time
		if t, err = feed.OpenCosignature(lines, name, k, h); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &Refused{fmt.Sprintf("%s on %s at %d", name, h.Origin, h.Size), err}
}
