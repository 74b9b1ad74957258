package feed

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"detente/note"
)

// Cosignatures, c2sp.org/tlog-cosignature. Ed25519 signs
//
//	cosignature/v1
//	time <seconds>
//	<the three lines of the checkpoint>
//
// and does not bind the cosigner's name: "A cosigner operator that operates
// multiple Ed25519 cosigners […] MUST use distinct public keys for each". So a
// node has one key for receipts and another for witnessing.

// Cosign returns two signature lines under name over h: Ed25519 (0x04) and
// ML-DSA-44 (0x06), at one time. Append them to the signed checkpoint.
func (k *Key) Cosign(name string, h note.Head, t time.Time) ([]byte, error) {
	if err := checkCosigned(name, h); err != nil {
		return nil, err
	}
	ml, err := k.signSubtree(name, h, t)
	if err != nil {
		return nil, err
	}
	seconds := binary.BigEndian.Uint64(ml)
	ed := append(binary.BigEndian.AppendUint64(nil, seconds), ed25519.Sign(k.ed, cosigned(h, seconds))...)
	lines := appendLine(nil, name, k.pub.ed25519ID(name, typeEd25519C), ed)
	return appendLine(lines, name, k.pub.mldsaID(name), ml), nil
}

// OpenCosignature finds and checks the two lines by name among lines, and
// returns their time. Both must be there, valid, and of one time. Lines by
// others are ignored.
func OpenCosignature(lines []byte, name string, pub Public, h note.Head) (time.Time, error) {
	if len(lines) > MaxCheckpoint {
		return time.Time{}, fmt.Errorf("cosignature: %d bytes of signature lines; the limit is %d", len(lines), MaxCheckpoint)
	}
	parsed, err := parseLines(lines, MaxCheckpointLines)
	if err != nil {
		return time.Time{}, fmt.Errorf("cosignature: %w", err)
	}
	return openCosignature(parsed, name, pub, h)
}

func openCosignature(lines []sigLine, name string, pub Public, h note.Head) (time.Time, error) {
	bad := func(err error) (time.Time, error) {
		return time.Time{}, fmt.Errorf("cosignature by %s on %s at %d: %w", name, h.Origin, h.Size, err)
	}
	if err := checkCosigned(name, h); err != nil {
		return bad(err)
	}
	ed, err := pick(lines, name, pub.ed25519ID(name, typeEd25519C), algEd25519)
	if err != nil {
		return bad(err)
	}
	ml, err := pick(lines, name, pub.mldsaID(name), algMLDSA44)
	if err != nil {
		return bad(err)
	}
	seconds, raw, err := cutTime(name, ed)
	if err != nil {
		return bad(err)
	}
	if err := pub.verifyEd25519(name, cosigned(h, seconds), raw); err != nil {
		return bad(err)
	}
	again, err := pub.verifySubtree(name, h, ml)
	if err != nil {
		return bad(err)
	}
	if again != seconds {
		return bad(fmt.Errorf("its two signatures are of different times, %d and %d", seconds, again))
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}

// checkCosigned keeps authors and cosigners apart: an ML-DSA-44 cosignature
// under the origin's own name would be the author's signature.
func checkCosigned(name string, h note.Head) error {
	if err := checkName(name); err != nil {
		return err
	}
	if name == h.Origin {
		return errors.New("a feed is not cosigned under its own name")
	}
	return checkHead(h)
}

func cosigned(h note.Head, seconds uint64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, HeadText(h))
}
