package feed

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// Inclusion returns the RFC 6962 audit path of leaf index in the tree of size.
func Inclusion(r tlog.HashReader, size, index uint64) ([]note.Digest, error) {
	if size > MaxSize || index >= size {
		return nil, fmt.Errorf("there is no leaf %d in a tree of %d", index, size)
	}
	p, err := tlog.ProveRecord(int64(size), int64(index), r)
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d of %d: %w", index, size, err)
	}
	return digests(p), nil
}

// Consistency returns the RFC 6962 consistency proof from the tree of size old
// to that of size. It is empty from the empty tree, and between equal sizes.
func Consistency(r tlog.HashReader, old, size uint64) ([]note.Digest, error) {
	if size > MaxSize || old > size {
		return nil, fmt.Errorf("a tree of %d cannot be the beginning of one of %d", old, size)
	}
	if old == 0 || old == size {
		return nil, nil
	}
	p, err := tlog.ProveTree(int64(size), int64(old), r)
	if err != nil {
		return nil, fmt.Errorf("prove that %d is the beginning of %d: %w", old, size, err)
	}
	return digests(p), nil
}

// CheckInclusion checks that leaf is the leaf at index of the tree h.
func CheckInclusion(h note.Head, index uint64, leaf []byte, proof []note.Digest) error {
	if h.Size > MaxSize || index >= h.Size || len(proof) > maxProof ||
		tlog.CheckRecord(hashes(proof), int64(h.Size), tlog.Hash(h.Root), int64(index), tlog.RecordHash(leaf)) != nil {
		return fmt.Errorf("the proof does not lead from this leaf, at %d, to the root of %s at %d: the leaf, the place or the proof is wrong", index, h.Origin, h.Size)
	}
	return nil
}

// CheckConsistency checks that the tree old is the beginning of the tree h.
func CheckConsistency(old, h note.Head, proof []note.Digest) error {
	ok := h.Size <= MaxSize && len(proof) <= maxProof
	switch {
	case old.Size == 0:
		ok = ok && len(proof) == 0 && old.Root == note.Sum(nil)
	case old.Size > h.Size:
		ok = false
	default:
		ok = ok && tlog.CheckTree(hashes(proof), int64(h.Size), tlog.Hash(h.Root), int64(old.Size), tlog.Hash(old.Root)) == nil
	}
	if !ok {
		return fmt.Errorf("the proof does not show that %s at %d, with root %s, is the beginning of it at %d, with root %s", h.Origin, old.Size, old.Root, h.Size, h.Root)
	}
	return nil
}

func digests(in []tlog.Hash) []note.Digest {
	out := make([]note.Digest, len(in))
	for i, h := range in {
		out[i] = note.Digest(h)
	}
	return out
}

func hashes(in []note.Digest) []tlog.Hash {
	out := make([]tlog.Hash, len(in))
	for i, d := range in {
		out[i] = tlog.Hash(d)
	}
	return out
}

// The proof file of one leaf, c2sp.org/tlog-proof:
//
//	c2sp.org/tlog-proof@v1
//	index 41
//	<base64 of a hash, from the leaf to the root>…
//	<empty line>
//	<signed checkpoint>
//
// An "extra" line, which nothing authenticates, is read over and not written.
const proofHeader = "c2sp.org/tlog-proof@v1\n"

// MaxProofFile is the size of the largest proof file that is read.
const MaxProofFile = MaxCheckpoint + 8<<10

// FormatProof writes a proof file.
func FormatProof(index uint64, path []note.Digest, signed []byte) []byte {
	b := fmt.Appendf(nil, "%sindex %d\n", proofHeader, index)
	for _, d := range path {
		b = base64.StdEncoding.AppendEncode(b, d[:])
		b = append(b, '\n')
	}
	b = append(b, '\n')
	return append(b, signed...)
}

// ParseProof reads a proof file. It checks the form only.
func ParseProof(file []byte) (index uint64, path []note.Digest, signed []byte, err error) {
	bad := func(format string, args ...any) (uint64, []note.Digest, []byte, error) {
		return 0, nil, nil, fmt.Errorf("proof: "+format, args...)
	}
	if len(file) > MaxProofFile {
		return bad("it has %d bytes; the limit is %d", len(file), MaxProofFile)
	}
	rest, ok := bytes.CutPrefix(file, []byte(proofHeader))
	if !ok {
		return bad("it does not begin with the line c2sp.org/tlog-proof@v1")
	}
	if bytes.HasPrefix(rest, []byte("extra ")) {
		_, rest, _ = bytes.Cut(rest, []byte{'\n'})
	}
	line, rest, ended := bytes.Cut(rest, []byte{'\n'})
	number, named := bytes.CutPrefix(line, []byte("index "))
	index, err = strconv.ParseUint(string(number), 10, 64)
	if !ended || !named || err != nil || strconv.FormatUint(index, 10) != string(number) {
		return bad("it has no line of the form \"index NUMBER\"")
	}
	for n := 1; ; n++ {
		line, rest, ended = bytes.Cut(rest, []byte{'\n'})
		if !ended {
			return bad("it ends before its checkpoint")
		}
		if len(line) == 0 {
			break
		}
		raw, err := strict.DecodeString(string(line))
		if err != nil || len(raw) != len(note.Digest{}) || bytes.IndexByte(line, '\r') >= 0 {
			return bad("hash %d is not base64 of 32 bytes", n)
		}
		if n > maxProof {
			return bad("it has more than %d hashes", maxProof)
		}
		path = append(path, note.Digest(raw))
	}
	if _, err := ParseHead(rest); err != nil {
		return bad("%w", err)
	}
	return index, path, rest, nil
}

// Proven is what a proof file shows.
type Proven struct {
	Head     note.Head
	Index    uint64
	Receipts []Receipt // in the order of the policy
}

// A Receipt says that a cosigner held the tree at a time, by its own clock.
type Receipt struct {
	Name string
	Time time.Time
}

// CheckProof checks a proof file under a policy: both signatures of the
// author, the cosignatures of a quorum, and the path from leaf to root. It
// needs nothing else. A signature by a key of the policy that is there and bad
// fails the proof, even where the quorum does not need it.
func CheckProof(file, leaf []byte, policy Policy) (Proven, error) {
	index, path, signed, err := ParseProof(file)
	if err != nil {
		return Proven{}, err
	}
	head, text, lines, err := openHead(signed)
	if err != nil {
		return Proven{}, err
	}
	if head.Origin != policy.Origin {
		return Proven{}, fmt.Errorf("the proof is of %s, but the policy is of %s", head.Origin, policy.Origin)
	}
	if err := verifyHead(head, text, lines, policy.Log); err != nil {
		return Proven{}, fmt.Errorf("checkpoint of %s at %d: %w", head.Origin, head.Size, err)
	}
	out := Proven{Head: head, Index: index}
	for _, r := range policy.Receipts {
		t, err := openCosignature(lines, r.Name, r.Public, head)
		var missing *MissingSignature
		switch {
		case err == nil:
			out.Receipts = append(out.Receipts, Receipt{r.Name, t})
		case !errors.As(err, &missing):
			return Proven{}, err
		}
	}
	if len(out.Receipts) < policy.Quorum {
		return Proven{}, fmt.Errorf("the checkpoint of %s at %d has %d of the %d cosignatures that the policy wants; nothing shows yet that others hold it", head.Origin, head.Size, len(out.Receipts), policy.Quorum)
	}
	if err := CheckInclusion(head, index, leaf, path); err != nil {
		return Proven{}, err
	}
	return out, nil
}
