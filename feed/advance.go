package feed

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// Stale says that a checkpoint is older than the one held. That alone is no
// fault: pouches arrive late. ProveFork tells whether it contradicts what is
// held.
type Stale struct{ Held, Head note.Head }

func (e *Stale) Error() string {
	return fmt.Sprintf("the checkpoint of %s at %d is older than the one held, at %d; kept the newer", e.Head.Origin, e.Head.Size, e.Held.Size)
}

// Gap says that the leaves given do not reach from what is held to the
// checkpoint, or go beyond it.
type Gap struct {
	Held, Head note.Head
	Leaves     int
}

func (e *Gap) Error() string {
	return fmt.Sprintf("the checkpoint of %s is at %d and %d leaves are held, so %d are wanted, but %d came; nothing was stored; ask for leaves %d to %d",
		e.Head.Origin, e.Head.Size, e.Held.Size, e.Head.Size-e.Held.Size, e.Leaves, e.Held.Size, e.Head.Size)
}

// Mismatch says that the leaves held and given do not hash to the signed root.
// Either the leaves were changed on the way, or the author signed a tree that
// does not continue the one held; the leaves alone cannot tell. Asked for all
// leaves of the checkpoint, or for a consistency proof, the author's counterpart
// can: see ProveFork.
type Mismatch struct {
	Head note.Head   // what is signed
	Root note.Digest // what the leaves hash to
}

func (e *Mismatch) Error() string {
	return fmt.Sprintf("the leaves of %s to %d hash to %s, but its checkpoint says %s; nothing was stored; ask for the leaves again from the start",
		e.Head.Origin, e.Head.Size, e.Root, e.Head.Root)
}

// Advance takes a feed from the head held to a new one: it checks both
// signatures of the new checkpoint, adds the leaves from the held size on, and
// compares the root. It returns the new tree and, for each leaf, the hashes to
// store; t is left alone.
//
// held is the signed checkpoint of t as it was accepted, nil if there is none
// yet. A checkpoint equal to what is held gives back t and no hashes. The
// errors are *Stale, *Gap, *Mismatch, *Fork, those of OpenHead, or one that
// says that what is held is damaged.
func Advance(t *Tree, held, signed []byte, leaves [][]byte, pub Public) (*Tree, [][]tlog.Hash, error) {
	head, err := OpenHead(signed, pub)
	if err != nil {
		return nil, nil, err
	}
	have, err := heldHead(t, held, head.Origin)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case head.Size < have.Size:
		return nil, nil, &Stale{Held: have, Head: head}
	case head.Size == have.Size && head.Root != have.Root:
		// The empty tree has one root, so held is a checkpoint here.
		fork, err := ProveFork(held, signed, nil, pub)
		if err != nil {
			return nil, nil, fmt.Errorf("the checkpoint of %s at %d contradicts the one held, which is itself damaged: %w", head.Origin, head.Size, err)
		}
		return nil, nil, fork
	case head.Size-have.Size != uint64(len(leaves)):
		return nil, nil, &Gap{Held: have, Head: head, Leaves: len(leaves)}
	case len(leaves) == 0:
		return t, nil, nil
	}
	next := t.Clone()
	stored := make([][]tlog.Hash, len(leaves))
	for i, leaf := range leaves {
		if len(leaf) > note.MaxHeader {
			return nil, nil, fmt.Errorf("leaf %d of %s has %d bytes; the limit is %d", next.size, head.Origin, len(leaf), note.MaxHeader)
		}
		stored[i] = next.Append(leaf)
	}
	if root := next.Root(); root != head.Root {
		return nil, nil, &Mismatch{Head: head, Root: root}
	}
	return next, stored, nil
}

// heldHead checks that the tree and the checkpoint held are of one size and
// root, and of the feed that the new checkpoint is of.
func heldHead(t *Tree, held []byte, origin string) (note.Head, error) {
	have := note.Head{Origin: origin, Root: t.Root(), Size: t.Size()}
	if held == nil {
		if have.Size != 0 {
			return note.Head{}, fmt.Errorf("%d leaves of %s are held without a checkpoint; run verify", have.Size, origin)
		}
		return have, nil
	}
	h, err := ParseHead(held)
	switch {
	case err != nil:
		return note.Head{}, fmt.Errorf("the checkpoint held is damaged; run verify: %w", err)
	case h.Origin != origin:
		return note.Head{}, fmt.Errorf("the checkpoint is of %s, but what is held is of %s", origin, h.Origin)
	case h != have:
		return note.Head{}, fmt.Errorf("the checkpoint held of %s is at %d with root %s, but the tree held is at %d with root %s; run verify", origin, h.Size, h.Root, have.Size, have.Root)
	}
	return have, nil
}
