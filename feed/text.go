package feed

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"detente/note"
)

// Signed texts. A text is two lines: a type line, such as
// "detente/charter/v1", and canonical JSON. A checkpoint has three lines, so
// neither can be taken for the other.
//
// Ed25519 signs the text itself (type 0x01). ML-DSA-44 signs it under the FIPS
// 204 context "detente/text/v1"; its key ID is made with type 0xff, of which
// signed-note says: "It is RECOMMENDED that this byte be followed by a longer
// identifier that is unlikely to collide":
//
//	SHA-256(name ‖ 0x0A ‖ 0xff ‖ "detente/mldsa44-text/v1" ‖ key)[:4]

// Limits on a signed text. A charter carries two lines per principal.
const (
	MaxText      = 512 << 10 // bytes, without signatures
	MaxSigned    = 1 << 20   // bytes, with them
	MaxTextLines = 160
)

const (
	textContext    = "detente/text/v1"
	textIdentifier = "\xffdetente/mldsa44-text/v1"
	typePrefix     = "detente/"
)

func (p Public) textID(name string) uint32 {
	return keyID(name, []byte(textIdentifier), p.MLDSA44)
}

// TextDigest returns SHA-256 of the text.
func TextDigest(text []byte) note.Digest { return note.Sum(text) }

// SignText returns two signature lines under name over text.
func (k *Key) SignText(name string, text []byte) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := checkText(text); err != nil {
		return nil, fmt.Errorf("refused to sign: %w", err)
	}
	ml, err := k.signMLDSA(text, textContext)
	if err != nil {
		return nil, err
	}
	lines := appendLine(nil, name, k.pub.ed25519ID(name, typeEd25519), ed25519.Sign(k.ed, text))
	return appendLine(lines, name, k.pub.textID(name), ml), nil
}

// JoinText returns the signed text: the text, an empty line, the signature lines.
func JoinText(text []byte, lines ...[]byte) []byte {
	return slices.Concat(text, []byte{'\n'}, slices.Concat(lines...))
}

// SplitText takes a signed text apart, without checking signatures.
func SplitText(signed []byte) (text, lines []byte, err error) {
	if _, _, err := openText(signed); err != nil {
		return nil, nil, err
	}
	return cut(signed)
}

// VerifyText returns the text if both lines under name by pub are there and
// valid. Lines by others are ignored.
func VerifyText(signed []byte, name string, pub Public) ([]byte, error) {
	text, lines, err := openText(signed)
	if err != nil {
		return nil, err
	}
	if err := verifyText(text, lines, name, pub); err != nil {
		return nil, fmt.Errorf("text %s: %w", TextDigest(text), err)
	}
	return text, nil
}

func verifyText(text []byte, lines []sigLine, name string, pub Public) error {
	ed, err := pick(lines, name, pub.ed25519ID(name, typeEd25519), algEd25519)
	if err != nil {
		return err
	}
	ml, err := pick(lines, name, pub.textID(name), algMLDSA44)
	if err != nil {
		return err
	}
	if err := pub.verifyEd25519(name, text, ed); err != nil {
		return err
	}
	return pub.verifyMLDSA(name, text, ml, textContext)
}

func openText(signed []byte) ([]byte, []sigLine, error) {
	text, lines, err := openSigned(signed, MaxSigned, MaxTextLines)
	if err != nil {
		return nil, nil, fmt.Errorf("signed text: %w", err)
	}
	if err := checkText(text); err != nil {
		return nil, nil, fmt.Errorf("signed text: %w", err)
	}
	return text, lines, nil
}

// checkText wants the two lines. What the JSON says is the caller's to check.
func checkText(text []byte) error {
	if len(text) > MaxText {
		return fmt.Errorf("the text has %d bytes; the limit is %d", len(text), MaxText)
	}
	f := bytes.Split(text, []byte{'\n'})
	if len(f) != 3 || len(f[2]) != 0 || !bytes.HasPrefix(f[0], []byte(typePrefix)) || !bytes.HasPrefix(f[1], []byte{'{'}) {
		return errors.New("want two lines: a type such as detente/charter/v1, and a JSON object")
	}
	return nil
}
