package feed

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"detente/internal/jcs"
	"detente/note"
)

// A Parting proves where two histories of one feed part: their first leaves,
// as many as At says, are the same, and the next is not. It is a proof of the
// fork, too, and says more than a [Fork], which shows only that they part
// somewhere below the smaller head. Whoever knows the public key can check it
// without a leaf of either:
//
//   - A and B are signed checkpoints of one origin, both greater than At.
//   - Prefix is the root at At in both: ToA and ToB are the RFC 6962
//     consistency proofs from it; empty where At is 0.
//   - LeafA and LeafB are the hashes of the leaves at At, and differ; InA and
//     InB are their inclusion proofs.
//
// As text it is the line detente/parting/v1 and canonical JSON.
type Parting struct {
	A      []byte        `json:"a"`
	At     uint64        `json:"at"`
	B      []byte        `json:"b"`
	InA    []note.Digest `json:"in_a,omitempty"`
	InB    []note.Digest `json:"in_b,omitempty"`
	LeafA  note.Digest   `json:"leaf_a"`
	LeafB  note.Digest   `json:"leaf_b"`
	Prefix note.Digest   `json:"prefix,omitzero"`
	ToA    []note.Digest `json:"to_a,omitempty"`
	ToB    []note.Digest `json:"to_b,omitempty"`
}

// PartingType is the first line of a parting as text.
const PartingType = "detente/parting/v1\n"

func (p Parting) Error() string {
	a, err := ParseHead(p.A)
	if err != nil {
		return fmt.Sprintf("a parting whose checkpoint cannot be read: %v", err)
	}
	return fmt.Sprintf("%s is forked: its author signed two histories that part after %d leaves; the feed stays frozen until its author opens a new epoch", a.Origin, p.At)
}

// Verify checks the proof and returns the two heads.
func (p Parting) Verify(pub Public) (a, b note.Head, err error) {
	bad := func(format string, args ...any) (note.Head, note.Head, error) {
		return note.Head{}, note.Head{}, fmt.Errorf("not a proof of where a feed parts: "+format, args...)
	}
	if a, err = OpenHead(p.A, pub); err != nil {
		return bad("%w", err)
	}
	if b, err = OpenHead(p.B, pub); err != nil {
		return bad("%w", err)
	}
	switch {
	case a.Origin != b.Origin:
		return bad("its checkpoints are of two feeds, %s and %s", a.Origin, b.Origin)
	case p.At >= a.Size || p.At >= b.Size:
		return bad("its checkpoints, at %d and %d, do not reach leaf %d", a.Size, b.Size, p.At)
	case p.LeafA == p.LeafB:
		return bad("both have the same leaf at %d", p.At)
	case p.At == 0 && (!p.Prefix.IsZero() || len(p.ToA)+len(p.ToB) > 0):
		return bad("nothing is common to them, so there is nothing to prove of it")
	}
	for _, side := range []struct {
		head   note.Head
		to, in []note.Digest
		leaf   note.Digest
	}{{a, p.ToA, p.InA, p.LeafA}, {b, p.ToB, p.InB, p.LeafB}} {
		if p.At > 0 {
			if err := CheckConsistency(note.Head{Origin: a.Origin, Root: p.Prefix, Size: p.At}, side.head, side.to); err != nil {
				return bad("%w", err)
			}
		}
		if err := tlog.CheckRecord(hashes(side.in), int64(side.head.Size), tlog.Hash(side.head.Root), int64(p.At), tlog.Hash(side.leaf)); err != nil {
			return bad("the leaf at %d is not in the tree of %d: %w", p.At, side.head.Size, err)
		}
	}
	return a, b, nil
}

// ProveParting proves that the histories under two signed checkpoints part
// after at leaves. The readers read the stored hashes of the two trees.
func ProveParting(a, b []byte, at uint64, hashesA, hashesB tlog.HashReader, pub Public) (*Parting, error) {
	p := &Parting{A: a, At: at, B: b}
	for _, side := range []struct {
		signed []byte
		r      tlog.HashReader
		to, in *[]note.Digest
		leaf   *note.Digest
	}{{a, hashesA, &p.ToA, &p.InA, &p.LeafA}, {b, hashesB, &p.ToB, &p.InB, &p.LeafB}} {
		h, err := OpenHead(side.signed, pub)
		if err != nil {
			return nil, err
		}
		if at >= h.Size {
			return nil, fmt.Errorf("the checkpoint of %s at %d does not reach leaf %d", h.Origin, h.Size, at)
		}
		if at > 0 {
			if p.Prefix, err = treeRoot(side.r, at); err != nil {
				return nil, err
			}
			if *side.to, err = Consistency(side.r, at, h.Size); err != nil {
				return nil, err
			}
		}
		if *side.in, err = Inclusion(side.r, h.Size, at); err != nil {
			return nil, err
		}
		leaf, err := side.r.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(at))})
		if err != nil {
			return nil, err
		}
		*side.leaf = note.Digest(leaf[0])
	}
	if _, _, err := p.Verify(pub); err != nil {
		return nil, err
	}
	return p, nil
}

// MarshalText returns the parting as text.
func (p Parting) MarshalText() ([]byte, error) {
	type plain Parting // without MarshalText
	return jcs.MarshalTyped(PartingType, plain(p))
}

// ParseParting reads a parting. It checks the form only; Verify checks the
// proof.
func ParseParting(text []byte) (Parting, error) {
	type plain Parting
	var p plain
	if err := jcs.UnmarshalTyped(PartingType, text, MaxFork, &p); err != nil {
		return Parting{}, err
	}
	if len(p.A) > MaxCheckpoint || len(p.B) > MaxCheckpoint || max(len(p.InA), len(p.InB), len(p.ToA), len(p.ToB)) > maxProof {
		return Parting{}, errors.New("a parting has a checkpoint or a proof above the limits")
	}
	return Parting(p), nil
}
