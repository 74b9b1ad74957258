package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// A Box keeps plaintext at rest under the node's own key, so that a payload
// is opened once and a stolen disk shows nothing. It is
// XChaCha20-Poly1305: a nonce of 24 random bytes, then the ciphertext and its
// tag. A random nonce of that size never needs counting.
type Box struct {
	aead cipher.AEAD
}

// BoxOverhead is how much longer what Wrap returns is than what it was given.
const BoxOverhead = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// NewBox returns the Box of key.
func NewBox(key [32]byte) *Box {
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		panic("seal: XChaCha20-Poly1305 refused a key of its own size: " + err.Error())
	}
	return &Box{aead}
}

// Wrap returns plain encrypted. aad says what it is and where it belongs, such
// as the note and the part; Unwrap must be given the same, so that two boxed
// texts cannot be exchanged for each other.
func (b *Box) Wrap(plain, aad []byte) []byte {
	out := make([]byte, chacha20poly1305.NonceSizeX, len(plain)+BoxOverhead)
	rand.Read(out)
	return b.aead.Seal(out, out, plain, aad)
}

// Unwrap returns what Wrap was given.
func (b *Box) Unwrap(boxed, aad []byte) ([]byte, error) { return b.unwrap(nil, boxed, aad) }

// UnwrapInPlace is Unwrap, and writes the text over boxed.
func (b *Box) UnwrapInPlace(boxed, aad []byte) ([]byte, error) {
	if len(boxed) < BoxOverhead {
		return b.unwrap(nil, boxed, aad)
	}
	return b.unwrap(boxed[chacha20poly1305.NonceSizeX:chacha20poly1305.NonceSizeX], boxed, aad)
}

// unwrap appends the text to dst.
func (b *Box) unwrap(dst, boxed, aad []byte) ([]byte, error) {
	if len(boxed) < BoxOverhead {
		return nil, errors.New("a text at rest was cut: open the sealed payload again")
	}
	nonce, text := boxed[:chacha20poly1305.NonceSizeX], boxed[chacha20poly1305.NonceSizeX:]
	plain, err := b.aead.Open(dst, nonce, text, aad)
	if err != nil {
		return nil, errors.New("a text at rest does not open: it was changed, belongs elsewhere, or is under another node's key; open the sealed payload again")
	}
	return plain, nil
}
