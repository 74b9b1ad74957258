package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"detente/charter"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// Proof is what Prove has written.
type Proof struct {
	ID     note.ID
	Head   note.Head // of the checkpoint in the proof
	Leaf   string    // paths
	Proof  string
	Policy string
	Plain  map[string]string // by part
	// Receipts are the parties whose receipt is in the proof; Lacking the
	// other principals. The policy wants as many as there are.
	Receipts, Lacking []string
}

// Prove writes what a third party needs to check one note, into dir, which is
// made if need be:
//
//	PAK-41.leaf         the header, exactly the bytes that were logged
//	PAK-41.tlog-proof   c2sp.org/tlog-proof: the path, the checkpoint, receipts
//	policy              c2sp.org/tlog-policy: the keys, and how many receipts
//
// and the opened plaintext of each of parts, "move" as PAK-41.move.json,
// "attachment/1" as PAK-41.attachment-1. Disclosing a plaintext of the other
// side's is for the caller to have permission for.
//
// The checkpoint is the one with the receipts of the most principals and,
// among those, the earliest. Files that are there are never written over.
func Prove(src Source, ch *charter.Channel, id note.ID, dir string, parts ...string) (*Proof, error) {
	p, files, err := collect(src, ch, id, parts...)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for name, data := range files {
		if err := writeNew(filepath.Join(dir, name), data); err != nil {
			return nil, err
		}
	}
	p.Leaf, p.Proof, p.Policy = filepath.Join(dir, p.Leaf), filepath.Join(dir, p.Proof), filepath.Join(dir, p.Policy)
	for part, name := range p.Plain {
		p.Plain[part] = filepath.Join(dir, name)
	}
	return p, nil
}

// collect makes the files of a proof, by their names, which are those in the
// Proof too.
func collect(src Source, ch *charter.Channel, id note.ID, parts ...string) (*Proof, map[string][]byte, error) {
	bad := func(err error) (*Proof, map[string][]byte, error) {
		return nil, nil, fmt.Errorf("prove %s: %w; nothing was written", id, err)
	}
	leaf, err := src.Store.Entry(id)
	if err != nil {
		return bad(err)
	}
	base := baseName(id)
	p := &Proof{ID: id, Leaf: base + ".leaf", Plain: map[string]string{}, Policy: "policy", Proof: base + ".tlog-proof"}
	signed, policy, err := p.choose(src.Store, ch)
	if err != nil {
		return bad(err)
	}
	path, err := feed.Inclusion(src.Store.HashReader(id.Origin), p.Head.Size, id.Index)
	if err != nil {
		return bad(err)
	}
	files := map[string][]byte{p.Leaf: leaf, p.Policy: policy, p.Proof: feed.FormatProof(id.Index, path, signed)}
	plains := map[string][]byte{}
	for _, part := range parts {
		if plains[part], err = src.plaintext(id, leaf, part); err != nil {
			return bad(err)
		}
		p.Plain[part] = plainName(base, part)
		files[p.Plain[part]] = plains[part]
	}
	// What is handed to others is checked as they will check it.
	if _, err := Check(leaf, files[p.Proof], policy, plains); err != nil {
		return bad(fmt.Errorf("%w; run verify", err))
	}
	return p, files, nil
}

// baseName is the name that the files about a note begin with: PAK-41, and of
// a later epoch PAK.2-41.
func baseName(id note.ID) string {
	_, _, epoch, _ := note.ParseOrigin(id.Origin)
	base := id.Party()
	if epoch != 1 {
		base += "." + strconv.Itoa(epoch)
	}
	return base + "-" + strconv.FormatUint(id.Index, 10)
}

// plainName is the name of the file of a part's plaintext.
func plainName(base, part string) string {
	if n, ok := strings.CutPrefix(part, note.PartAttachment); ok {
		return base + ".attachment-" + n
	}
	return base + "." + part + ".json"
}

// choose finds the checkpoint, and returns it with its receipts, and the
// policy that fits.
func (p *Proof) choose(st *store.Store, ch *charter.Channel) (signed, policy []byte, err error) {
	key, err := ch.FeedKey(p.ID.Origin)
	if err != nil {
		return nil, nil, err
	}
	others := slices.DeleteFunc(ch.Principals(), func(party string) bool { return party == p.ID.Party() })
	var best store.HeadRow
	var given map[string]receiptBy
	most := -1
	sizes, err := receiptSizes(st, p.ID.Origin, others)
	if err != nil {
		return nil, nil, err
	}
	last, err := st.Head(p.ID.Origin)
	if err != nil {
		return nil, nil, err
	}
	for _, size := range append(sizes, last.Head.Size) {
		row, err := st.HeadAt(p.ID.Origin, size)
		if err != nil || size <= p.ID.Index || size > last.Head.Size {
			continue
		}
		found, err := receiptsOn(st, ch, row.Head, others)
		if err != nil {
			return nil, nil, err
		}
		if len(found) > most {
			best, given, most = row, found, len(found)
		}
		if most == len(others) {
			break
		}
	}
	if most < 0 {
		return nil, nil, fmt.Errorf("no checkpoint that holds it is in the ledger (the greatest is at %d)", last.Head.Size)
	}
	p.Head, signed = best.Head, bytes.Clone(best.Signed)
	var named []feed.NamedKey
	for _, party := range others {
		r, ok := given[party]
		if !ok {
			p.Lacking = append(p.Lacking, party)
			continue
		}
		p.Receipts = append(p.Receipts, party)
		named = append(named, feed.NamedKey{Name: party + "/receipt", Public: r.key})
		signed = append(signed, r.lines...)
	}
	policy, err = feed.FormatPolicy(p.ID.Origin, key, named)
	return signed, policy, err
}

// receiptSizes returns the sizes at which any of the parties gave a receipt,
// rising.
func receiptSizes(st *store.Store, origin string, parties []string) (sizes []uint64, err error) {
	err = st.EachCosigSize(origin, func(name string, size uint64) {
		if party, role, _ := strings.Cut(name, "/"); role == "receipt" && slices.Contains(parties, party) {
			sizes = append(sizes, size)
		}
	})
	slices.Sort(sizes)
	return slices.Compact(sizes), err
}

type receiptBy struct {
	key   feed.Public
	lines []byte
}

// receiptsOn returns the receipts on a head that verify, by party.
func receiptsOn(st *store.Store, ch *charter.Channel, h note.Head, parties []string) (map[string]receiptBy, error) {
	list, err := st.Cosigs(h.Origin, h.Size)
	if err != nil {
		return nil, err
	}
	out := map[string]receiptBy{}
	for _, c := range list {
		party, role, _ := strings.Cut(c.Name, "/")
		if role != "receipt" || !slices.Contains(parties, party) {
			continue
		}
		for _, k := range ch.ReceiptKeys(party) {
			if _, err := feed.OpenCosignature(c.Lines, c.Name, k, h); err == nil {
				out[party] = receiptBy{k, c.Lines}
				break
			}
		}
	}
	return out, nil
}

// plaintext opens a part of a note: from what is at rest or, failing that,
// from its seal.
func (s *Source) plaintext(id note.ID, leaf []byte, name string) ([]byte, error) {
	h, err := note.Parse(leaf)
	if err != nil {
		return nil, err
	}
	want, ok := h.Part(name)
	if !ok {
		return nil, fmt.Errorf("it has no %s", name)
	}
	p, err := s.Store.Part(want.Sealed)
	if err != nil {
		return nil, err
	}
	if p.Plain != nil && s.Box != nil {
		plain, err := s.Box.Unwrap(p.Plain, PlainAAD(want.Sealed))
		if err == nil && CheckPlain(&h, name, plain) == nil {
			return plain, nil
		}
	}
	sealed := p.Sealed
	switch p.State {
	case store.Missing, store.Erased:
		return nil, fmt.Errorf("its %s is %s", name, p.State)
	case store.InFile:
		if sealed, err = os.ReadFile(PartPath(s.Parts, want.Sealed)); err != nil {
			return nil, err
		}
	}
	err = errNoKey
	for _, o := range s.Openers {
		var plain []byte
		if plain, err = o.Open(sealed, len(sealed)); err == nil {
			return plain, CheckPlain(&h, name, plain)
		}
	}
	return nil, err
}

// writeNew writes a file that is not there, or has the same bytes.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		if old, readErr := os.ReadFile(path); readErr == nil && bytes.Equal(old, data) {
			return nil
		}
		return fmt.Errorf("%s is there already, with other bytes; it was left alone: choose another folder", path)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader(data))
	return errors.Join(err, f.Close())
}

// Checked is what a proof shows.
type Checked struct {
	Header   *note.Header
	Head     note.Head
	Leaf     note.Digest // SHA-256 of its bytes
	Receipts []feed.Receipt
	Parts    []string // of which the plaintext is the one that the note names, sorted
}

// Check checks a note by the files that Prove writes and nothing else: that
// the leaf is in the tree which its author signed, that as many others as the
// policy wants have said that they hold it, and that each plaintext, by part,
// is the one that the leaf names. Whose the keys in the policy are is for the
// reader to know: compare them with the parties' credences.
func Check(leaf, proof, policy []byte, plains map[string][]byte) (*Checked, error) {
	pol, err := feed.ParsePolicy(policy)
	if err != nil {
		return nil, err
	}
	proven, err := feed.CheckProof(proof, leaf, pol)
	if err != nil {
		return nil, err
	}
	h, err := note.Parse(leaf)
	if err != nil {
		return nil, fmt.Errorf("the leaf is in the log, but is no note: %w", err)
	}
	if h.Origin != proven.Head.Origin || h.Index != proven.Index {
		return nil, fmt.Errorf("the leaf is in the log as %s#%d, but calls itself %s: it is unreadable, and nobody's statement", proven.Head.Origin, proven.Index, h.ID())
	}
	c := &Checked{Header: &h, Head: proven.Head, Leaf: note.Sum(leaf), Receipts: proven.Receipts}
	for name, plain := range plains {
		if err := CheckPlain(&h, name, plain); err != nil {
			return nil, err
		}
		c.Parts = append(c.Parts, name)
	}
	slices.Sort(c.Parts)
	return c, nil
}
