package feed

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"detente/internal/jcs"
	"detente/note"
)

// A Fork proves that the holder of a key signed two histories of one feed.
// Whoever knows the public key can check it, with these bytes alone:
//
//   - A and B are signed checkpoints of one origin, A not the larger.
//   - If they are of one size, their roots differ, and there is nothing more.
//   - If not, Proof is the RFC 6962 consistency proof from Prefix, the root
//     that B's tree has at A's size, to B's root; and Prefix is not A's root.
//
// As text it is a type line and canonical JSON, like every other text:
//
//	detente/fork/v1
//	{"a":"<base64>","b":"<base64>","prefix":"<64 hexadecimal digits>","proof":["<64 hexadecimal digits>",…]}
//
// prefix and proof are left out where the sizes are equal.
type Fork struct {
	A      []byte        `json:"a"`
	B      []byte        `json:"b"`
	Prefix note.Digest   `json:"prefix,omitzero"`
	Proof  []note.Digest `json:"proof,omitempty"`
}

// Limits on a fork as received.
const (
	MaxFork  = 192 << 10 // bytes
	maxProof = 64        // hashes; a feed of 2^53 leaves needs 54
)

const forkType = "detente/fork/v1\n"

func (f Fork) Error() string {
	a, errA := ParseHead(f.A)
	b, errB := ParseHead(f.B)
	if err := errors.Join(errA, errB); err != nil {
		return fmt.Sprintf("a fork whose checkpoints cannot be read: %v", err)
	}
	if a.Size == b.Size {
		return fmt.Sprintf("%s is forked: its author signed two roots at %d, %s and %s; the feed stays frozen until its author opens a new epoch", a.Origin, a.Size, a.Root, b.Root)
	}
	return fmt.Sprintf("%s is forked: its author signed %s at %d, and at %d a tree that has %s there; the feed stays frozen until its author opens a new epoch", a.Origin, a.Root, a.Size, b.Size, f.Prefix)
}

// Verify checks the proof and returns the two heads.
func (f Fork) Verify(pub Public) (a, b note.Head, err error) {
	bad := func(format string, args ...any) (note.Head, note.Head, error) {
		return note.Head{}, note.Head{}, fmt.Errorf("not a proof of a fork: "+format, args...)
	}
	if a, err = OpenHead(f.A, pub); err != nil {
		return bad("%w", err)
	}
	if b, err = OpenHead(f.B, pub); err != nil {
		return bad("%w", err)
	}
	switch {
	case a.Origin != b.Origin:
		return bad("its checkpoints are of two feeds, %s and %s", a.Origin, b.Origin)
	case a.Size > b.Size:
		return bad("its checkpoints are in the wrong order, %d before %d", a.Size, b.Size)
	case a.Size == b.Size && a.Root == b.Root:
		return bad("its checkpoints agree")
	case a.Size == b.Size && (!f.Prefix.IsZero() || len(f.Proof) > 0):
		return bad("its checkpoints are of one size, so there is nothing to prove")
	case a.Size == b.Size:
		return a, b, nil
	case f.Prefix == a.Root:
		return bad("the smaller checkpoint is a prefix of the larger")
	}
	prefix := note.Head{Origin: a.Origin, Root: f.Prefix, Size: a.Size}
	if err := CheckConsistency(prefix, b, f.Proof); err != nil {
		return bad("%w", err)
	}
	return a, b, nil
}

// MarshalText returns the fork as text.
func (f Fork) MarshalText() ([]byte, error) {
	type plain Fork // without MarshalText
	return jcs.MarshalTyped(forkType, plain(f))
}

// ParseFork reads a fork. It checks the form only; Verify checks the proof.
func ParseFork(text []byte) (Fork, error) {
	type plain Fork
	var f plain
	if err := jcs.UnmarshalTyped(forkType, text, MaxFork, &f); err != nil {
		return Fork{}, err
	}
	if len(f.A) > MaxCheckpoint || len(f.B) > MaxCheckpoint || len(f.Proof) > maxProof {
		return Fork{}, fmt.Errorf("a fork has checkpoints of %d and %d bytes and %d hashes; the limits are %d and %d", len(f.A), len(f.B), len(f.Proof), MaxCheckpoint, maxProof)
	}
	return Fork(f), nil
}

// ProveFork compares two signed checkpoints of one feed. It returns nil if
// they are of one history. r reads the stored hashes of the larger tree; it is
// not read where the sizes are equal, and may be nil then.
func ProveFork(one, two []byte, r tlog.HashReader, pub Public) (*Fork, error) {
	a, err := OpenHead(one, pub)
	if err != nil {
		return nil, err
	}
	b, err := OpenHead(two, pub)
	if err != nil {
		return nil, err
	}
	if a.Origin != b.Origin {
		return nil, fmt.Errorf("checkpoints of two feeds cannot contradict each other: %s and %s", a.Origin, b.Origin)
	}
	// Equal sizes are put in the order of their roots, so that everyone who
	// finds the fork writes one proof.
	if a.Size > b.Size || a.Size == b.Size && bytes.Compare(a.Root[:], b.Root[:]) > 0 {
		a, b, one, two = b, a, two, one
	}
	if a.Size == b.Size {
		if a.Root == b.Root {
			return nil, nil
		}
		return &Fork{A: one, B: two}, nil
	}
	if a.Size == 0 {
		return nil, nil // checkHead: the empty tree has one root
	}
	root, err := treeRoot(r, b.Size)
	if err != nil {
		return nil, err
	}
	if root != b.Root {
		return nil, &Mismatch{Head: b, Root: root}
	}
	prefix, err := treeRoot(r, a.Size)
	if err != nil {
		return nil, err
	}
	if prefix == a.Root {
		return nil, nil
	}
	proof, err := Consistency(r, a.Size, b.Size)
	if err != nil {
		return nil, err
	}
	fork := &Fork{A: one, B: two, Prefix: prefix, Proof: proof}
	// The inner hashes were not compared with the root above; do not send out
	// a proof that others would refuse.
	if _, _, err := fork.Verify(pub); err != nil {
		return nil, fmt.Errorf("the stored hashes of %s are damaged; run verify: %w", b.Origin, err)
	}
	return fork, nil
}

func treeRoot(r tlog.HashReader, size uint64) (note.Digest, error) {
	h, err := tlog.TreeHash(int64(size), r)
	if err != nil {
		return note.Digest{}, fmt.Errorf("read the root of a tree of %d leaves: %w", size, err)
	}
	return note.Digest(h), nil
}
