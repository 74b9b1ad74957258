package feed

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"detente/note"
)

// Limits on a checkpoint as received. C2SP signed-note: "Verifiers SHOULD
// apply a maximum limit to the number of signatures in a note […] but MUST
// accept at least up to 16 signatures."
const (
	MaxCheckpoint      = 64 << 10 // bytes
	MaxCheckpointLines = 64
)

// MaxSize is the greatest size of a feed: RFC 8785 numbers, which name a leaf
// in headers, go no further.
const MaxSize = 1<<53 - 1

const maxTime = 253_402_300_799 // 9999-12-31T23:59:59Z

// HeadText returns the text of a checkpoint: origin, size and root, a line each.
func HeadText(h note.Head) []byte {
	b := make([]byte, 0, len(h.Origin)+66)
	b = append(b, h.Origin...)
	b = append(b, '\n')
	b = strconv.AppendUint(b, h.Size, 10)
	b = append(b, '\n')
	b = base64.StdEncoding.AppendEncode(b, h.Root[:])
	return append(b, '\n')
}

// SignHead returns the signed checkpoint of h.
func (k *Key) SignHead(h note.Head, t time.Time) ([]byte, error) {
	if err := checkHead(h); err != nil {
		return nil, err
	}
	text := HeadText(h)
	ml, err := k.signSubtree(h.Origin, h, t)
	if err != nil {
		return nil, err
	}
	signed := append(bytes.Clone(text), '\n')
	signed = appendLine(signed, h.Origin, k.pub.ed25519ID(h.Origin, typeEd25519), ed25519.Sign(k.ed, text))
	return appendLine(signed, h.Origin, k.pub.mldsaID(h.Origin), ml), nil
}

// OpenHead checks a signed checkpoint: both signatures by pub, under the name
// that is the origin, must be there and valid. Other lines are ignored.
func OpenHead(signed []byte, pub Public) (note.Head, error) {
	h, text, lines, err := openHead(signed)
	if err != nil {
		return note.Head{}, err
	}
	if err := verifyHead(h, text, lines, pub); err != nil {
		return note.Head{}, fmt.Errorf("checkpoint of %s at %d: %w", h.Origin, h.Size, err)
	}
	return h, nil
}

// ParseHead reads a signed checkpoint without checking its signatures.
func ParseHead(signed []byte) (note.Head, error) {
	h, _, _, err := openHead(signed)
	return h, err
}

func openHead(signed []byte) (note.Head, []byte, []sigLine, error) {
	text, lines, err := openSigned(signed, MaxCheckpoint, MaxCheckpointLines)
	if err != nil {
		return note.Head{}, nil, nil, fmt.Errorf("checkpoint: %w", err)
	}
	h, err := parseHeadText(text)
	if err != nil {
		return note.Head{}, nil, nil, fmt.Errorf("checkpoint: %w", err)
	}
	return h, text, lines, nil
}

func verifyHead(h note.Head, text []byte, lines []sigLine, pub Public) error {
	ed, err := pick(lines, h.Origin, pub.ed25519ID(h.Origin, typeEd25519), algEd25519)
	if err != nil {
		return err
	}
	ml, err := pick(lines, h.Origin, pub.mldsaID(h.Origin), algMLDSA44)
	if err != nil {
		return err
	}
	if err := pub.verifyEd25519(h.Origin, text, ed); err != nil {
		return err
	}
	_, err = pub.verifySubtree(h.Origin, h, ml)
	return err
}

// parseHeadText reads the three lines of a tree that can be.
func parseHeadText(text []byte) (note.Head, error) {
	h, err := readHeadText(text)
	if err == nil {
		err = checkHead(h)
	}
	if err != nil {
		return note.Head{}, err
	}
	return h, nil
}

// readHeadText reads the three lines and refuses any spelling that HeadText
// would not write. C2SP tlog-checkpoint: the size is the "ASCII decimal
// representation", "with no leading zeroes".
func readHeadText(text []byte) (note.Head, error) {
	f := bytes.Split(text, []byte{'\n'})
	if len(f) != 4 || len(f[3]) != 0 {
		return note.Head{}, errors.New("want three lines: origin, size, root; extension lines are not covered by both signatures")
	}
	h := note.Head{Origin: string(f[0])}
	var err error
	if h.Size, err = strconv.ParseUint(string(f[1]), 10, 64); err != nil {
		return note.Head{}, fmt.Errorf("the size %.20q is not a number", f[1])
	}
	root, err := strict.DecodeString(string(f[2]))
	if err != nil || len(root) != sha256.Size {
		return note.Head{}, errors.New("the root is not base64 of 32 bytes")
	}
	h.Root = note.Digest(root)
	if !bytes.Equal(HeadText(h), text) {
		return note.Head{}, errors.New("its size or root is not written in the one canonical way")
	}
	return h, checkNamed(h)
}

func checkNamed(h note.Head) error {
	if err := checkName(h.Origin); err != nil {
		return fmt.Errorf("origin: %w", err)
	}
	if h.Size > MaxSize {
		return fmt.Errorf("size %d is beyond 2^53-1", h.Size)
	}
	return nil
}

func checkHead(h note.Head) error {
	if err := checkNamed(h); err != nil {
		return err
	}
	// RFC 6962 section 2.1: "The hash of an empty list is the hash of an empty string".
	if h.Size == 0 && h.Root != note.Sum(nil) {
		return errors.New("size 0 with a root that is not that of the empty tree")
	}
	return nil
}

// subtreeMessage returns tlog-cosignature's message of a whole tree:
//
//	struct {
//	    uint8 label[12] = "subtree/v1\n\0";
//	    opaque cosigner_name<1..2^8-1>;
//	    uint64 timestamp;
//	    opaque log_origin<1..2^8-1>;
//	    uint64 start;
//	    uint64 end;
//	    uint8 hash[32];
//	} cosigned_message;
func subtreeMessage(name string, h note.Head, t uint64) []byte {
	b := make([]byte, 0, 12+1+len(name)+8+1+len(h.Origin)+8+8+sha256.Size)
	b = append(b, "subtree/v1\n\x00"...)
	b = append(b, byte(len(name)))
	b = append(b, name...)
	b = binary.BigEndian.AppendUint64(b, t)
	b = append(b, byte(len(h.Origin)))
	b = append(b, h.Origin...)
	b = binary.BigEndian.AppendUint64(b, 0) // "If signing a checkpoint, it MUST be zero."
	b = binary.BigEndian.AppendUint64(b, h.Size)
	return append(b, h.Root[:]...)
}

// signSubtree returns the timestamped_signature: "u64 timestamp", then the
// ML-DSA-44 signature.
func (k *Key) signSubtree(name string, h note.Head, t time.Time) ([]byte, error) {
	seconds, err := unixTime(t)
	if err != nil {
		return nil, err
	}
	sig, err := k.signMLDSA(subtreeMessage(name, h, seconds), "")
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint64(nil, seconds), sig...), nil
}

func (p Public) verifySubtree(name string, h note.Head, sig []byte) (uint64, error) {
	seconds, raw, err := cutTime(name, sig)
	if err != nil {
		return 0, err
	}
	return seconds, p.verifyMLDSA(name, subtreeMessage(name, h, seconds), raw, "")
}

func unixTime(t time.Time) (uint64, error) {
	s := t.Unix()
	if s <= 0 || s > maxTime {
		return 0, fmt.Errorf("cannot sign with the time %v: want one between 1970 and 9999", t)
	}
	return uint64(s), nil
}

// cutTime reads the "u64 timestamp" before a signature. Zero would mean "no
// statement as to the tree being the largest observed"; Détente always states it.
func cutTime(name string, sig []byte) (uint64, []byte, error) {
	if len(sig) < 8 {
		return 0, nil, fmt.Errorf("the signature by %s is too short to carry a time", name)
	}
	seconds := binary.BigEndian.Uint64(sig)
	if seconds == 0 || seconds > maxTime {
		return 0, nil, fmt.Errorf("the signature by %s carries the time %d, which is not between 1970 and 9999", name, seconds)
	}
	return seconds, sig[8:], nil
}
