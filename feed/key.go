package feed

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"filippo.io/mldsa"

	"detente/note"
)

const (
	algEd25519 = "Ed25519"
	algMLDSA44 = "ML-DSA-44"
)

// Public is a public key: 32 bytes of Ed25519 and 1,312 of ML-DSA-44.
type Public struct {
	Ed25519 []byte `json:"ed25519"`
	MLDSA44 []byte `json:"mldsa44"`
}

// Validate reports whether p has both keys.
func (p Public) Validate() error {
	if len(p.Ed25519) != ed25519.PublicKeySize {
		return fmt.Errorf("the Ed25519 key has %d bytes; want %d", len(p.Ed25519), ed25519.PublicKeySize)
	}
	_, err := p.mldsa()
	return err
}

// Equal reports whether p and q are the same pair.
func (p Public) Equal(q Public) bool {
	return bytes.Equal(p.Ed25519, q.Ed25519) && bytes.Equal(p.MLDSA44, q.MLDSA44)
}

// Digest returns SHA-256(0x01 ‖ Ed25519 key ‖ 0x06 ‖ ML-DSA-44 key).
func (p Public) Digest() note.Digest {
	return note.Sum(slices.Concat([]byte{typeEd25519}, p.Ed25519, []byte{typeMLDSA44}, p.MLDSA44))
}

func (p Public) ed25519ID(name string, typ byte) uint32 {
	return keyID(name, []byte{typ}, p.Ed25519)
}

func (p Public) mldsaID(name string) uint32 {
	return keyID(name, []byte{typeMLDSA44}, p.MLDSA44)
}

func (p Public) verifyEd25519(name string, message, sig []byte) error {
	if len(p.Ed25519) != ed25519.PublicKeySize || !ed25519.Verify(p.Ed25519, message, sig) {
		return &BadSignature{name, algEd25519}
	}
	return nil
}

func (p Public) verifyMLDSA(name string, message, sig []byte, context string) error {
	pk, err := p.mldsa()
	if err != nil {
		return err
	}
	if mldsa.Verify(pk, message, sig, &mldsa.Options{Context: context}) != nil {
		return &BadSignature{name, algMLDSA44}
	}
	return nil
}

// mldsa reads the ML-DSA-44 half. It costs about 3 % of a verification, which
// expands the key's matrix anew each time in any case, so nothing is kept.
func (p Public) mldsa() (*mldsa.PublicKey, error) {
	pk, err := mldsa.NewPublicKey(mldsa.MLDSA44(), p.MLDSA44)
	if err != nil {
		return nil, fmt.Errorf("the ML-DSA-44 key has %d bytes; want %d", len(p.MLDSA44), mldsa.MLDSA44PublicKeySize)
	}
	return pk, nil
}

// A Key is a private key. It is safe for concurrent use.
type Key struct {
	seed          [64]byte // Ed25519, then ML-DSA-44
	ed            ed25519.PrivateKey
	ml            *mldsa.PrivateKey
	pub           Public
	deterministic bool
}

// GenerateKey makes a new key from the system's randomness.
func GenerateKey() (*Key, error) {
	var seed [64]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return newKey(seed)
}

// NewKey makes the key of a seed: 32 bytes for Ed25519, then 32 for
// ML-DSA-44. Its signatures are deterministic, which test vectors and
// simulations want; other keys sign hedged, as FIPS 204 section 3.4 prefers.
func NewKey(seed [64]byte) (*Key, error) {
	k, err := newKey(seed)
	if err != nil {
		return nil, err
	}
	k.deterministic = true
	return k, nil
}

func newKey(seed [64]byte) (*Key, error) {
	ml, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seed[32:])
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	ed := ed25519.NewKeyFromSeed(seed[:32])
	return &Key{
		seed: seed, ed: ed, ml: ml,
		pub: Public{Ed25519: ed.Public().(ed25519.PublicKey), MLDSA44: ml.PublicKey().Bytes()},
	}, nil
}

// Public returns the public half.
func (k *Key) Public() Public {
	return Public{Ed25519: slices.Clone(k.pub.Ed25519), MLDSA44: slices.Clone(k.pub.MLDSA44)}
}

// Format prints which key it is, whatever the verb, so that no log line or
// error message ever shows a seed.
func (k *Key) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "feed.Key(%s)", k.pub.Digest())
}

func (k *Key) signMLDSA(message []byte, context string) ([]byte, error) {
	opts := &mldsa.Options{Context: context}
	var sig []byte
	var err error
	if k.deterministic {
		sig, err = k.ml.SignDeterministic(message, opts)
	} else {
		sig, err = k.ml.Sign(nil, message, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("sign with ML-DSA-44: %w", err)
	}
	return sig, nil
}

// The key file: two lines, each a private key as x/mod/sumdb/note and
// transparency-dev/formats write it, under the name "detente":
//
//	PRIVATE+KEY+detente+<key ID>+<base64 of 0x01 ‖ Ed25519 seed>
//	PRIVATE+KEY+detente+<key ID>+<base64 of 0x06 ‖ ML-DSA-44 seed>
//
// The key ID is that of the public key, so a damaged line shows.
const keyFileName = "detente"

// MarshalText returns the key file. Keep it secret.
func (k *Key) MarshalText() ([]byte, error) {
	line := func(id uint32, typ byte, seed []byte) string {
		return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s\n", keyFileName, id, base64.StdEncoding.EncodeToString(append([]byte{typ}, seed...)))
	}
	return []byte(line(k.pub.ed25519ID(keyFileName, typeEd25519), typeEd25519, k.seed[:32]) +
		line(k.pub.mldsaID(keyFileName), typeMLDSA44, k.seed[32:])), nil
}

// ParseKey reads a key file. Its errors never quote the file.
func ParseKey(text []byte) (*Key, error) {
	if len(text) > 1024 {
		return nil, fmt.Errorf("a key file has %d bytes; the limit is 1024", len(text))
	}
	lines := strings.SplitAfter(string(text), "\n")
	if len(lines) != 3 || lines[2] != "" {
		return nil, errors.New("not a key file: want two lines, Ed25519 and ML-DSA-44, each ended by a newline")
	}
	var seed [64]byte
	for i, typ := range []byte{typeEd25519, typeMLDSA44} {
		f := strings.Split(strings.TrimSuffix(lines[i], "\n"), "+")
		// The base64 may itself hold plus signs: all after the fourth is one field.
		if len(f) < 5 {
			return nil, fmt.Errorf("key file, line %d: want PRIVATE+KEY+%s+ID+BASE64", i+1, keyFileName)
		}
		raw, err := strict.DecodeString(strings.Join(f[4:], "+"))
		if err != nil || len(raw) != 33 || raw[0] != typ {
			return nil, fmt.Errorf("key file, line %d: not a private key of type 0x%02x; restore the file from a copy", i+1, typ)
		}
		copy(seed[32*i:], raw[1:])
	}
	k, err := newKey(seed)
	if err != nil {
		return nil, err
	}
	again, err := k.MarshalText()
	if err != nil {
		return nil, err
	}
	for i, line := range strings.SplitAfter(string(again), "\n") {
		if lines[i] != line {
			return nil, fmt.Errorf("key file, line %d is damaged: it does not match its own key ID; restore the file from a copy", i+1)
		}
	}
	return k, nil
}

// vkey writes a verifier key: NAME+ID+base64(type ‖ key).
func vkey(name string, id uint32, typ byte, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, id, base64.StdEncoding.EncodeToString(append([]byte{typ}, key...)))
}

// VKeys returns the verifier keys of the author of a feed, types 0x01 and 0x06.
func VKeys(origin string, pub Public) (ed, ml string) {
	return vkey(origin, pub.ed25519ID(origin, typeEd25519), typeEd25519, pub.Ed25519),
		vkey(origin, pub.mldsaID(origin), typeMLDSA44, pub.MLDSA44)
}

// CosignerVKeys returns the verifier keys of a cosigner, types 0x04 and 0x06.
func CosignerVKeys(name string, pub Public) (ed, ml string) {
	return vkey(name, pub.ed25519ID(name, typeEd25519C), typeEd25519C, pub.Ed25519),
		vkey(name, pub.mldsaID(name), typeMLDSA44, pub.MLDSA44)
}

// parseVKey reads what vkey writes.
func parseVKey(s string) (name string, typ byte, key []byte, err error) {
	f := strings.SplitN(s, "+", 3)
	if len(f) != 3 {
		return "", 0, nil, fmt.Errorf("%.80q is not a verifier key: want NAME+ID+BASE64", s)
	}
	raw, err := strict.DecodeString(f[2])
	if err != nil || len(raw) < 2 || checkName(f[0]) != nil {
		return "", 0, nil, fmt.Errorf("%.80q is not a verifier key: bad name or base64", s)
	}
	if vkey(f[0], keyID(f[0], raw), raw[0], raw[1:]) != s {
		return "", 0, nil, fmt.Errorf("the verifier key of %s is damaged: it does not match its own key ID", f[0])
	}
	return f[0], raw[0], raw[1:], nil
}
