package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
)

// A Sealer seals payloads, and keeps the file key of each audience for a
// while, as the package comment says.
type Sealer struct {
	now func() time.Time

	mu   sync.Mutex
	kept map[string]*fileKey // by identify
}

type fileKey struct {
	to     []age.Recipient // for the next key of the audience: reading them costs a third of wrapping it
	key    [fileKeySize]byte
	header []byte // never written to after it was made
	made   time.Time
	left   int
}

// NewSealer returns a Sealer. Kept keys age by now.
func NewSealer(now func() time.Time) *Sealer {
	return &Sealer{now: now, kept: make(map[string]*fileKey)}
}

// Seal returns plain as an age file for recipients.
func (s *Sealer) Seal(recipients []string, plain []byte) ([]byte, error) {
	header, key, err := s.take(recipients)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	out := make([]byte, 0, len(header)+payloadNonce+sealedSize(len(plain)))
	out = append(out, header...)
	nonce := out[len(out) : len(out)+payloadNonce]
	rand.Read(nonce)
	return sealPayload(out[:len(out)+payloadNonce], key, nonce, plain), nil
}

// take returns the header and file key for one more payload.
func (s *Sealer) take(recipients []string) (header []byte, key [fileKeySize]byte, err error) {
	sorted, err := audience(recipients)
	if err != nil {
		return nil, key, err
	}
	id := identify(sorted)

	// The lock is held while a key is wrapped, so that many writers who find
	// none do not each pay for one.
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	k, ok := s.kept[id]
	if !ok || k.spent(now) {
		var to []age.Recipient
		if ok {
			to = k.to
		} else if to, err = parseAudience(sorted); err != nil {
			return nil, key, err
		}
		s.forget(now)
		if k, err = newFileKey(to, now); err != nil {
			return nil, key, err
		}
		s.kept[id] = k
	}
	k.left--
	return k.header, k.key, nil
}

// spent reports whether k must not be used again. A clock that went backwards
// says nothing about how long the key was kept, so that ends it too.
func (k *fileKey) spent(now time.Time) bool {
	age := now.Sub(k.made)
	return k.left == 0 || age >= KeepFor || age < 0
}

// forget drops the keys that must not be used again and, if there is still no
// room for one more, the oldest.
func (s *Sealer) forget(now time.Time) {
	var oldest string
	for id, k := range s.kept {
		if k.spent(now) {
			delete(s.kept, id)
		} else if o, ok := s.kept[oldest]; !ok || k.made.Before(o.made) {
			oldest = id
		}
	}
	if len(s.kept) >= maxAudiences {
		delete(s.kept, oldest)
	}
}

// identify returns the sorted recipients, each with its length before it:
// equal only for equal audiences. They are not hashed: at 2 KB each that costs
// as much as sealing a short text.
func identify(sorted []string) string {
	var id strings.Builder
	var n [4]byte
	id.Grow((len(n) + len(sorted[0])) * len(sorted)) // they are of one size
	for _, r := range sorted {
		binary.BigEndian.PutUint32(n[:], uint32(len(r)))
		id.Write(n[:])
		id.WriteString(r)
	}
	return id.String()
}

// newFileKey has age choose a file key and write the header, and drops the
// payload nonce that age wrote after it: no payload was begun under it.
func newFileKey(to []age.Recipient, now time.Time) (*fileKey, error) {
	c := &capture{to: to}
	var file bytes.Buffer
	if _, err := age.Encrypt(&file, c); err != nil {
		return nil, err
	}
	header, err := splitHeader(file.Bytes())
	if err != nil {
		return nil, fmt.Errorf("age wrote a header of another form than this package reads: %w", err)
	}
	return &fileKey{to: to, key: c.key, header: header, made: now, left: KeepPayloads}, nil
}

// capture stands for all recipients at once and keeps the file key.
type capture struct {
	to  []age.Recipient
	key [fileKeySize]byte
}

// Wrap makes capture an age.Recipient.
func (c *capture) Wrap(key []byte) ([]*age.Stanza, error) {
	stanzas, _, err := c.WrapWithLabels(key)
	return stanzas, err
}

// WrapWithLabels wraps key for every recipient. The label is age's own for
// recipients that must not be mixed with those that a quantum computer breaks.
func (c *capture) WrapWithLabels(key []byte) ([]*age.Stanza, []string, error) {
	if copy(c.key[:], key) != fileKeySize || len(key) != fileKeySize {
		return nil, nil, fmt.Errorf("age made a file key of %d bytes; want %d", len(key), fileKeySize)
	}
	var all []*age.Stanza
	for _, r := range c.to {
		stanzas, err := r.Wrap(key)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, stanzas...)
	}
	return all, []string{postQuantum}, nil
}

// SealStream returns a writer whose bytes are sealed for recipients and
// written to dst, under a file key that nothing else has. It holds one chunk
// of 64 KiB. The file is complete only when Close has returned nil; dst is
// left open.
func (s *Sealer) SealStream(recipients []string, dst io.Writer) (io.WriteCloser, error) {
	sorted, err := audience(recipients)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	parsed, err := parseAudience(sorted)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	w, err := age.Encrypt(dst, parsed...)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return w, nil
}
