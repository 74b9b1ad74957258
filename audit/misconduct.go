package audit

import (
	"errors"
	"fmt"
	"slices"
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
//
//   - With Receipt, the author signed that it durably held the feed of the
//     receipt up to a size, at a time; and After, in the tree of Head, has by
//     its own time been written ReceiptSlack or more later and has seen less
//     of that feed.
//
//   - With Later, After says that it has seen more of some feed than was there
//     when it was written: a leaf of that feed, Later, lies within what After
//     claims to have seen, and has itself seen the tree of Head, with After in
//     it. No two hashes can each hold the other, so the tree that After names
//     is not the one with Later in it: either the claim is false, or the
//     author of Later has signed two histories and showed After another. For
//     the same reason no proof can hold the path of Later in the tree that
//     After names, and be a proof of one of the two alone. So whoever holds a
//     proof of that fork MUST let this proof rest; and whoever holds another
//     leaf in the place of Later knows of the fork, and MUST NOT take it.
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
//	{"after":LEAF,"head":"<base64>","later":{"head":"<base64>","leaf":LEAF}}
//
// LEAF is {"index":N,"leaf":"<base64>","proof":["<64 hexadecimal digits>",…]},
// the proof being the RFC 6962 audit path to the root of head.
type Misconduct struct {
	After   ProvenLeaf     `json:"after"`
	Before  *ProvenLeaf    `json:"before,omitempty"`
	Head    []byte         `json:"head"` // signed checkpoint
	Later   *LaterLeaf     `json:"later,omitempty"`
	Receipt *SignedReceipt `json:"receipt,omitempty"`
}

// A LaterLeaf is a leaf of another feed that has seen the leaf accused.
type LaterLeaf struct {
	Head []byte     `json:"head"` // signed checkpoint of its own feed
	Leaf ProvenLeaf `json:"leaf"`
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
	Later   *note.ID  // or the leaf within what it claims to have seen that was written after it
	Receipt time.Time // or the time of the receipt that did
}

func (a Accusation) String() string {
	if a.Later != nil {
		return fmt.Sprintf("%s claims to have seen %d leaves of %s, but of these %s was written after it: either that is not so, or the author of that note has signed two histories; the feed stands up to there until such a fork is proven, or its author opens a new epoch", a.Note, a.Seen, a.Of, a.Later.Short())
	}
	by := fmt.Sprintf("its receipt of %s", a.Receipt.Format(time.RFC3339))
	if a.Before != nil {
		by = a.Before.Short()
	}
	return fmt.Sprintf("%s has seen %d leaves of %s, but by %s its author held %d: the feed stands up to there and stays frozen until its author opens a new epoch", a.Note, a.Seen, a.Of, by, a.Said)
}

// Verify checks the proof with the credences of the author, of which those
// count whose party it is; and, where it rests on a leaf of another party, with
// that party's.
func (m Misconduct) Verify(credences ...charter.Credence) (Accusation, error) {
	return m.verify(func(origin string) (list []feed.Public, err error) {
		party := note.ID{Origin: origin}.Party()
		for _, c := range credences {
			if c.Party == party {
				list = append(list, c.Keys.Feed)
			}
		}
		if list == nil {
			err = fmt.Errorf("no credence of %s is given", party)
		}
		return list, err
	}, func(party string) (list []feed.Public) {
		for _, c := range credences {
			if c.Party == party {
				list = append(list, c.Keys.Receipt)
			}
		}
		return list
	})
}

// VerifyWith checks the proof with the keys of a channel.
func (m Misconduct) VerifyWith(ch *charter.Channel) (Accusation, error) {
	return m.verify(func(origin string) ([]feed.Public, error) {
		key, err := ch.FeedKey(origin)
		return []feed.Public{key}, err
	}, ch.ReceiptKeys)
}

func (m Misconduct) verify(feedKeys func(origin string) ([]feed.Public, error), receiptKeys func(party string) []feed.Public) (Accusation, error) {
	bad := func(err error) (Accusation, error) {
		return Accusation{}, fmt.Errorf("not a proof of misconduct: %w", err)
	}
	reasons := 0
	for _, given := range []bool{m.Before != nil, m.Later != nil, m.Receipt != nil} {
		if given {
			reasons++
		}
	}
	if reasons != 1 {
		return bad(errors.New("want one of an earlier leaf, a later leaf and a receipt"))
	}
	head, err := openHead(m.Head, feedKeys)
	if err != nil {
		return bad(err)
	}
	after, err := m.After.open(head)
	if err != nil {
		return bad(err)
	}
	var a Accusation
	switch {
	case m.Before != nil:
		a, err = m.verifyBefore(head, after)
	case m.Later != nil:
		a, err = m.verifyLater(head, after, feedKeys)
	default:
		a, err = m.verifyReceipt(after, receiptKeys(after.Party()))
	}
	if err != nil {
		return bad(err)
	}
	return a, nil
}

// openHead verifies a checkpoint with whichever of its author's keys fits.
func openHead(signed []byte, keys func(origin string) ([]feed.Public, error)) (note.Head, error) {
	h, err := feed.ParseHead(signed)
	if err != nil {
		return h, err
	}
	list, err := keys(h.Origin)
	if err != nil {
		return h, err
	}
	for _, k := range list {
		if h, err = feed.OpenHead(signed, k); err == nil {
			return h, nil
		}
	}
	return h, err
}

func (m Misconduct) verifyBefore(head note.Head, after *note.Header) (Accusation, error) {
	before, err := m.Before.open(head)
	if err != nil {
		return Accusation{}, err
	}
	if before.Index >= after.Index {
		return Accusation{}, fmt.Errorf("%s is not before %s", before.ID(), after.ID())
	}
	for _, s := range before.Seen {
		if now := after.SeenSize(s.Origin); now < s.Size {
			id := before.ID()
			return Accusation{Note: after.ID(), Of: s.Origin, Said: s.Size, Seen: now, Before: &id}, nil
		}
	}
	return Accusation{}, fmt.Errorf("%s has seen no less than %s", after.ID(), before.ID())
}

func (m Misconduct) verifyLater(head note.Head, after *note.Header, keys func(origin string) ([]feed.Public, error)) (Accusation, error) {
	own, err := openHead(m.Later.Head, keys)
	if err != nil {
		return Accusation{}, err
	}
	later, err := m.Later.Leaf.open(own)
	if err != nil {
		return Accusation{}, err
	}
	switch {
	case !slices.Contains(later.Seen, head):
		return Accusation{}, fmt.Errorf("%s has not seen the tree that %s is proven to be in", later.ID(), after.ID())
	case after.SeenSize(later.Origin) <= later.Index:
		return Accusation{}, fmt.Errorf("%s does not claim to have seen %s", after.ID(), later.ID())
	}
	id := later.ID()
	return Accusation{Note: after.ID(), Of: later.Origin, Said: later.Index, Seen: after.SeenSize(later.Origin), Later: &id}, nil
}

func (m Misconduct) verifyReceipt(after *note.Header, keys []feed.Public) (Accusation, error) {
	bad := func(format string, args ...any) (Accusation, error) {
		return Accusation{}, fmt.Errorf(format, args...)
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

// ProveAhead proves that leaf after of a feed claims to have seen more of
// another feed than there was: leaf later of that feed has seen the head that
// signed is the checkpoint of, and so the leaf after. leaf and hashes read what
// is held of a feed.
func ProveAhead(signed []byte, after uint64, laterSigned []byte, later uint64, leaf func(origin string) func(uint64) ([]byte, error), hashes func(origin string) tlog.HashReader) (*Misconduct, error) {
	head, err := feed.ParseHead(signed)
	if err != nil {
		return nil, err
	}
	laterHead, err := feed.ParseHead(laterSigned)
	if err != nil {
		return nil, err
	}
	a, err := proveLeaf(signed, after, leaf(head.Origin), hashes(head.Origin))
	if err != nil {
		return nil, err
	}
	l, err := proveLeaf(laterSigned, later, leaf(laterHead.Origin), hashes(laterHead.Origin))
	if err != nil {
		return nil, err
	}
	return &Misconduct{After: a, Head: signed, Later: &LaterLeaf{laterSigned, l}}, nil
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
	return jcs.MarshalTyped(MisconductType, plain(m))
}

// ParseMisconduct reads a proof. It checks the form only; Verify checks what
// it proves.
func ParseMisconduct(text []byte) (Misconduct, error) {
	type plain Misconduct
	var m plain
	if err := jcs.UnmarshalTyped(MisconductType, text, MaxMisconduct, &m); err != nil {
		return Misconduct{}, err
	}
	leaves := []ProvenLeaf{m.After}
	if m.Before != nil {
		leaves = append(leaves, *m.Before)
	}
	if m.Later != nil {
		leaves = append(leaves, m.Later.Leaf)
	}
	for _, l := range leaves {
		if l.Leaf == nil || l.Proof == nil { // "null" would be a second spelling
			return Misconduct{}, errors.New("proof of misconduct: a leaf without bytes or without a path")
		}
		if len(l.Leaf) > note.MaxHeader || len(l.Proof) > maxPath || l.Index > feed.MaxSize {
			return Misconduct{}, fmt.Errorf("a proof of misconduct has a leaf of %d bytes and a path of %d hashes; the limits are %d and %d", len(l.Leaf), len(l.Proof), note.MaxHeader, maxPath)
		}
	}
	if len(m.Head) > feed.MaxCheckpoint || m.Later != nil && len(m.Later.Head) > feed.MaxCheckpoint || m.Receipt != nil && len(m.Receipt.Lines) > feed.MaxCheckpoint {
		return Misconduct{}, fmt.Errorf("a proof of misconduct has a checkpoint or a receipt of more than %d bytes", feed.MaxCheckpoint)
	}
	return Misconduct(m), nil
}
