package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/crypto/chacha20poly1305"
)

// The payload of an age file: a nonce, then STREAM. "The payload is split into
// chunks of 64 KiB, and each of them is encrypted with ChaCha20-Poly1305,
// using the payload key and a 12-byte nonce composed as follows: the first 11
// bytes are a big endian chunk counter starting at zero and incrementing by
// one for each subsequent chunk; the last byte is 0x01 for the final chunk and
// 0x00 for all preceding ones. The final chunk MAY be shorter than 64 KiB but
// MUST NOT be empty unless the whole payload is empty."
const (
	chunkSize = 64 << 10
	tagSize   = chacha20poly1305.Overhead
)

// payloadAEAD returns the cipher for "HKDF-SHA-256(ikm = file key, salt =
// nonce, info = "payload")".
func payloadAEAD(key [fileKeySize]byte, nonce []byte) cipher.AEAD {
	k, err := hkdf.Key(sha256.New, key[:], nonce, "payload", chacha20poly1305.KeySize)
	if err != nil {
		panic("seal: HKDF of one block failed: " + err.Error()) // cannot be: it fails beyond 255 blocks
	}
	aead, err := chacha20poly1305.New(k)
	if err != nil {
		panic("seal: ChaCha20-Poly1305 refused a key of its own size: " + err.Error())
	}
	return aead
}

// chunkNonce is the nonce of chunk i.
func chunkNonce(i uint64, last bool) (n [chacha20poly1305.NonceSize]byte) {
	binary.BigEndian.PutUint64(n[3:11], i)
	if last {
		n[11] = 1
	}
	return n
}

// sealedSize returns the size of the chunks of plain bytes.
func sealedSize(plain int) int {
	chunks := max(1, (plain+chunkSize-1)/chunkSize)
	return plain + chunks*tagSize
}

// plainSize is the inverse of sealedSize; false where there is none.
func plainSize(sealed int) (int, bool) {
	chunks := (sealed + chunkSize + tagSize - 1) / (chunkSize + tagSize)
	plain := sealed - chunks*tagSize
	return plain, plain >= 0 && sealedSize(plain) == sealed
}

// sealPayload appends the chunks of plain to out.
func sealPayload(out []byte, key [fileKeySize]byte, nonce, plain []byte) []byte {
	aead := payloadAEAD(key, nonce)
	for i := uint64(0); ; i++ {
		chunk := plain[:min(len(plain), chunkSize)]
		plain = plain[len(chunk):]
		last := len(plain) == 0
		n := chunkNonce(i, last)
		out = aead.Seal(out, n[:], chunk, nil)
		if last {
			return out
		}
	}
}

// openPayload opens what follows the header: the nonce and the chunks, whose
// size plainSize has accepted.
func openPayload(key [fileKeySize]byte, payload []byte) ([]byte, error) {
	nonce, chunks := payload[:payloadNonce], payload[payloadNonce:]
	size, _ := plainSize(len(chunks))
	aead := payloadAEAD(key, nonce)
	plain := make([]byte, 0, size)
	for i := uint64(0); ; i++ {
		chunk := chunks[:min(len(chunks), chunkSize+tagSize)]
		chunks = chunks[len(chunk):]
		last := len(chunks) == 0
		n := chunkNonce(i, last)
		var err error
		if plain, err = aead.Open(plain, n[:], chunk, nil); err != nil {
			return nil, damaged("chunk %d of its payload does not open: changed, cut, or out of place", i+1)
		}
		if last {
			return plain, nil
		}
	}
}
