package audit

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/charter"
	"detente/feed"
	"detente/internal/jcs"
	"detente/note"
)

// A Misconduct proves, besides feed.Fork, that a party contradicted itself
// about what it holds of the others' feeds. Design: "seen never goes
// backwards, nor below a receipt that its author signed". Whoever has the
// credence of the author can check it; nothing else is needed.
//
//   - With Before, both leaves are in the tree of Head, After the later one,
//     and of some feed After has seen less than Before.
//   - With Receipt, the author signed that it durably held the feed of the
//     receipt up to a size, at a time; and After, in the tree of Head, has by
//     its own time been written ReceiptSlack or more later and has seen less
//     of that feed.
//
// The second needs the two times because nothing else orders a receipt and a
// leaf: a receipt is named in no leaf. Both times are the author's own signed
// claims, so no clock but its own is held against it, and a node MUST NOT
// let the time that it signs go back by as much as ReceiptSlack.
//
// As text it is a type line and canonical JSON:
//
//	detente/misconduct/v1
//	{"after":LEAF,"before":LEAF,"head":"<base64>"}
//	{"after":LEAF,"head":"<base64>","receipt":{"head":HEAD,"lines":"<base64>"}}
//
// LEAF is {"index":N,"leaf":"<base64>","proof":["<64 hexadecimal digits>",…]},
// the proof being the RFC 6962 audit path to the root of head.
type Misconduct struct {
	After   ProvenLeaf     `json:"after"`
	Before  *ProvenLeaf    `json:"before,omitempty"`
	Head    []byte         `json:"head"` // signed checkpoint
	Receipt *SignedReceipt `json:"receipt,omitempty"`
}

// A ProvenLeaf is a leaf with its place in a tree.
type ProvenLeaf struct {
	Index uint64        `json:"index"`
	Leaf  []byte        `json:"leaf"`
	Proof []note.Digest `json:"proof"`
}

// A SignedReceipt is a receipt with the head that it is on.
type SignedReceipt struct {
	Head  note.Head `json:"head"`
	Lines []byte    `json:"lines"`
}

// ReceiptSlack is how much later than a receipt a leaf must be, by the clock
// of the author of both. It spares an honest node whose disk was slow between
// reading what it holds and signing, or whose clock was set back a little.
const ReceiptSlack = time.Minute

// MaxMisconduct is the size of the largest proof that is read, in bytes.
const MaxMisconduct = 384 << 10

// MisconductType is the first line of a proof, which tells it from a fork.
const MisconductType = "detente/misconduct/v1\n"

const maxPath = 64 // hashes; a feed of 2^53 leaves needs 53

// An Accusation is what a Misconduct proves.
type Accusation struct {
	Note    note.ID   // the leaf that contradicts
	Of      string    // the feed it has seen less of
	Said    uint64    // how much of it the author had said that it holds
	Seen    uint64    // how much the leaf has seen
	Before  *note.ID  // the leaf that said so
	Receipt time.Time // or the time of the receipt that did
}

func (a Accusation) String() string {
	by := fmt.Sprintf("its receipt of %s", a.Receipt.Format(time.RFC3339))
	if a.Before != nil {
		by = a.Before.Short()
	}
	return fmt.Sprintf("%s has seen %d leaves of %s, but by %s its author held %d: the feed stands up to there and stays frozen until its author opens a new epoch", a.Note, a.Seen, a.Of, by, a.Said)
}

// Verify checks the proof with the credences of the author, of which those
// count whose party it is.
func (m Misconduct) Verify(credences ...charter.Credence) (Accusation, error) {
	head, err := feed.ParseHead(m.Head)
	if err != nil {
		return Accusation{}, fmt.Errorf("not a proof of misconduct: %w", err)
	}
	party := note.ID{Origin: head.Origin}.Party()
	err = fmt.Errorf("not a proof of misconduct that can be checked: no credence of %s is given", party)
	var receipts []feed.Public
	for _, c := range credences {
		if c.Party == party {
			receipts = append(receipts, c.Keys.Receipt)
		}
	}
	for _, c := range credences {
		if c.Party != party {
			continue
		}
		var a Accusation
		if a, err = m.VerifyKeys(c.Keys.Feed, receipts); err == nil {
			return a, nil
		}
	}
	return Accusation{}, err
}

// VerifyKeys checks the proof with the key of the feed and the receipt keys
// of its author.
func (m Misconduct) VerifyKeys(key feed.Public, receipts []feed.Public) (Accusation, error) {
	bad := func(format string, args ...any) (Accusation, error) {
		return Accusation{}, fmt.Errorf("not a proof of misconduct: "+format, args...)
	}
	head, err := feed.OpenHead(m.Head, key)
	if err != nil {
		return bad("%w", err)
	}
	after, err := m.After.open(head)
	if err != nil {
		return bad("%w", err)
	}
	switch {
	case (m.Before == nil) == (m.Receipt == nil):
		return bad("want either an earlier leaf or a receipt")
	case m.Before != nil:
		before, err := m.Before.open(head)
		if err != nil {
			return bad("%w", err)
		}
		if before.Index >= after.Index {
			return bad("%s is not before %s", before.ID(), after.ID())
		}
		for _, s := range before.Seen {
			if now := after.SeenSize(s.Origin); now < s.Size {
				id := before.ID()
				return Accusation{Note: after.ID(), Of: s.Origin, Said: s.Size, Seen: now, Before: &id}, nil
			}
		}
		return bad("%s has seen no less than %s", after.ID(), before.ID())
	}
	return m.verifyReceipt(after, receipts)
}

func (m Misconduct) verifyReceipt(after *note.Header, keys []feed.Public) (Accusation, error) {
	bad := func(format string, args ...any) (Accusation, error) {
		return Accusation{}, fmt.Errorf("not a proof of misconduct: "+format, args...)
	}
	of := m.Receipt.Head
	_, channel, _, err := note.ParseOrigin(of.Origin)
	if err != nil {
		return bad("%w", err)
	}
	if _, own, _, _ := note.ParseOrigin(after.Origin); own != channel || of.Origin == after.Origin {
		return bad("the receipt is on %s, which is no other feed of the channel", of.Origin)
	}
	var t time.Time
	err = errors.New("no receipt key of the author is given")
	for _, k := range keys {
		if t, err = feed.OpenCosignature(m.Receipt.Lines, after.Party()+"/receipt", k, of); err == nil {
			break
		}
	}
	seen := after.SeenSize(of.Origin)
	switch {
	case err != nil:
		return bad("%w", err)
	case seen >= of.Size:
		return bad("%s has seen all that the receipt is on", after.ID())
	case after.When().Before(t.Add(ReceiptSlack)):
		return bad("%s is not later than the receipt by %s", after.ID(), ReceiptSlack)
	}
	return Accusation{Note: after.ID(), Of: of.Origin, Said: of.Size, Seen: seen, Receipt: t}, nil
}

func (l ProvenLeaf) open(head note.Head) (*note.Header, error) {
	if err := feed.CheckInclusion(head, l.Index, l.Leaf, l.Proof); err != nil {
		return nil, err
	}
	h, err := note.Parse(l.Leaf)
	if err != nil {
		return nil, err
	}
	if h.Origin != head.Origin || h.Index != l.Index {
		return nil, fmt.Errorf("the header calls itself %s and stands at %s#%d: it is unreadable, and nobody's statement", h.ID(), head.Origin, l.Index)
	}
	return &h, nil
}

// ProveSeen proves that leaf after of a feed has seen less than leaf before.
// leaf and r read what is held of the feed that signed, its checkpoint, is of.
func ProveSeen(signed []byte, before, after uint64, leaf func(uint64) ([]byte, error), r tlog.HashReader) (*Misconduct, error) {
	b, err := proveLeaf(signed, before, leaf, r)
	if err != nil {
		return nil, err
	}
	a, err := proveLeaf(signed, after, leaf, r)
	if err != nil {
		return nil, err
	}
	return &Misconduct{After: a, Before: &b, Head: signed}, nil
}

// ProveReceipt proves that leaf after of a feed has seen less than its author
// has given a receipt for.
func ProveReceipt(signed []byte, receipt SignedReceipt, after uint64, leaf func(uint64) ([]byte, error), r tlog.HashReader) (*Misconduct, error) {
	a, err := proveLeaf(signed, after, leaf, r)
	if err != nil {
		return nil, err
	}
	return &Misconduct{After: a, Head: signed, Receipt: &receipt}, nil
}

func proveLeaf(signed []byte, index uint64, leaf func(uint64) ([]byte, error), r tlog.HashReader) (ProvenLeaf, error) {
	head, err := feed.ParseHead(signed)
	if err != nil {
		return ProvenLeaf{}, err
	}
	b, err := leaf(index)
	if err != nil {
		return ProvenLeaf{}, err
	}
	path, err := feed.Inclusion(r, head.Size, index)
	if err != nil {
		return ProvenLeaf{}, err
	}
	if path == nil {
		path = []note.Digest{} // the tree of one leaf
	}
	return ProvenLeaf{index, b, path}, nil
}

// MarshalText returns the proof as text.
func (m Misconduct) MarshalText() ([]byte, error) {
	type plain Misconduct // without MarshalText
	b, err := jcs.Marshal(plain(m))
	if err != nil {
		return nil, fmt.Errorf("proof of misconduct: %w", err)
	}
	return append(append([]byte(MisconductType), b...), '\n'), nil
}

// ParseMisconduct reads a proof. It checks the form only; Verify checks what
// it proves.
func ParseMisconduct(text []byte) (Misconduct, error) {
	type plain Misconduct
	if len(text) > MaxMisconduct {
		return Misconduct{}, fmt.Errorf("a proof of misconduct has %d bytes; the limit is %d", len(text), MaxMisconduct)
	}
	body, typed := bytes.CutPrefix(text, []byte(MisconductType))
	body, ended := bytes.CutSuffix(body, []byte{'\n'})
	if !typed || !ended {
		return Misconduct{}, errors.New("not a proof of misconduct: want the line detente/misconduct/v1 and a line of JSON")
	}
	var m plain
	if err := jcs.Unmarshal(body, &m); err != nil {
		return Misconduct{}, fmt.Errorf("proof of misconduct: %w", err)
	}
	leaves := []ProvenLeaf{m.After}
	if m.Before != nil {
		leaves = append(leaves, *m.Before)
	}
	for _, l := range leaves {
		if l.Leaf == nil || l.Proof == nil { // "null" would be a second spelling
			return Misconduct{}, errors.New("proof of misconduct: a leaf without bytes or without a path")
		}
		if len(l.Leaf) > note.MaxHeader || len(l.Proof) > maxPath || l.Index > feed.MaxSize {
			return Misconduct{}, fmt.Errorf("a proof of misconduct has a leaf of %d bytes and a path of %d hashes; the limits are %d and %d", len(l.Leaf), len(l.Proof), note.MaxHeader, maxPath)
		}
	}
	if len(m.Head) > feed.MaxCheckpoint || m.Receipt != nil && len(m.Receipt.Lines) > feed.MaxCheckpoint {
		return Misconduct{}, fmt.Errorf("a proof of misconduct has a checkpoint or a receipt of more than %d bytes", feed.MaxCheckpoint)
	}
	return Misconduct(m), nil
}
