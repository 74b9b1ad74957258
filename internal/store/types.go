package store

import (
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// A Batch is what one transaction writes. Storing again what is there already
// is harmless, but for Feeds.
type Batch struct {
	Docs   []Doc
	Feeds  []Append
	Parts  []Part
	Heads  []HeadRow // checkpoints without leaves
	Cosigs []Cosig
	Forks  []ForkRow
	Drafts []Draft
	House  []HouseRow
	Kept   []Kept
	Unkept []note.Digest // deletes what was kept, after Kept
	Passes []Pass
	Take   []note.Digest     // deletes passes, which must be there
	Meta   map[string]string // an empty value deletes the key
}

// A Doc is a signed text. Digest is that of the text, Bytes the text with its
// signatures: storing a Doc again replaces the signatures.
type Doc struct {
	Kind   string
	Digest note.Digest
	Bytes  []byte
}

// An Append adds entries to the end of a feed, and the checkpoint over them.
type Append struct {
	Origin string
	Start  uint64
	Leaves [][]byte
	// Hashes are the stored hashes of the leaves in order, as package tlog
	// numbers them, beginning at StoredHashIndex(0, Start).
	Hashes []tlog.Hash
	Head   note.Head
	Signed []byte
}

// A HeadRow is a checkpoint.
type HeadRow struct {
	Head   note.Head
	Signed []byte
}

// A FeedRow is what the ledger holds of a feed: Size entries, and the
// checkpoint over them, which is empty as long as there are none.
type FeedRow struct {
	Origin string
	Size   uint64
	Root   note.Digest
	Signed []byte
}

// A PartState says where a payload is. States only go up, but for SetPart.
type PartState int

const (
	Missing PartState = 0 // named by a note, not here yet
	Held    PartState = 1 // in the ledger
	InFile  PartState = 2 // in a file beside the ledger
	Erased  PartState = 3 // was here, taken out for good
)

func (p PartState) String() string {
	switch p {
	case Missing:
		return "missing"
	case Held:
		return "held"
	case InFile:
		return "file"
	case Erased:
		return "erased"
	}
	return "unknown"
}

// A Part is a payload that a note names.
type Part struct {
	ID     note.ID // the note; of several, the one that was stored first
	Name   string
	Digest note.Digest // of the sealed bytes
	Size   uint64      // of the sealed bytes, as the note says
	State  PartState
	Sealed []byte
	Plain  []byte // boxed under the node's own key
}

// A Cosig is a receipt or a witness cosignature on a head: signature lines
// under a name that is not the feed's. Of two for one head and name the later
// is kept.
type Cosig struct {
	Origin string
	Size   uint64
	Name   string
	Time   time.Time // to the second
	Lines  []byte
}

// A ForkRow is the proof that a feed has forked.
type ForkRow struct {
	Origin string
	Bytes  []byte
}

// A HouseRow is one entry of the in-house record, boxed under the node's own
// key. Numbers begin at 1; a number that is taken is refused.
type HouseRow struct {
	Num uint64
	Box []byte
}

// A Draft is a note that is not sent yet, boxed under the node's own key.
type Draft struct {
	ID  string
	Box []byte
}

// A Pass lets an officer in: a session, a token or a one-time link.
type Pass struct {
	Hash note.Digest // of its secret
	Ends time.Time   // to the microsecond
	Box  []byte      // boxed under the node's own key
}

// Kept is content that a note has committed to and a later one will reveal.
type Kept struct {
	Digest note.Digest // of its plaintext
	Body   []byte      // boxed under the node's own key
}
