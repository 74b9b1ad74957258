package seal

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"errors"
	"io"
	"sync"

	"filippo.io/age"
)

// An Opener opens what was sealed for one identity, and remembers the file
// keys of the last headers, so that payloads under a kept header cost one
// decapsulation together.
type Opener struct {
	id *Identity

	mu    sync.Mutex
	known map[[sha256.Size]byte]*list.Element // by SHA-256 of the header; the values are remembered
	order list.List                           // the last used first
}

type remembered struct {
	header [sha256.Size]byte
	key    [fileKeySize]byte
}

// NewOpener returns an Opener for id.
func NewOpener(id *Identity) *Opener {
	return &Opener{id: id, known: make(map[[sha256.Size]byte]*list.Element)}
}

// Open returns the plaintext of sealed, which may have at most limit bytes,
// padding included. The error is a *NotForUs or a *Damaged.
func (o *Opener) Open(sealed []byte, limit int) ([]byte, error) {
	header, err := splitHeader(sealed)
	if err != nil {
		return nil, err
	}
	// The sizes are looked at first: they cost nothing.
	payload := sealed[len(header):]
	size, ok := plainSize(len(payload) - payloadNonce)
	if !ok {
		return nil, damaged("%d bytes after its header are not the size of a payload; it was cut or added to", len(payload))
	}
	if size > limit {
		return nil, damaged("it holds %d bytes; the limit is %d", size, limit)
	}
	key, err := o.fileKey(header)
	if err != nil {
		return nil, err
	}
	return openPayload(key, payload)
}

// fileKey returns the file key of a header that splitHeader accepted.
func (o *Opener) fileKey(header []byte) (key [fileKeySize]byte, err error) {
	sum := sha256.Sum256(header)
	if key, ok := o.recall(sum); ok {
		return key, nil
	}
	// DecryptHeader checks the header's MAC: only a key that the header itself
	// vouches for is remembered.
	k, err := age.DecryptHeader(header, o.id.age)
	if err != nil {
		return key, translate(err, header)
	}
	copy(key[:], k) // a stanza of the size that splitHeader wants wraps fileKeySize bytes
	o.remember(sum, key)
	return key, nil
}

func translate(err error, header []byte) error {
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return &NotForUs{stanzasIn(header)}
	}
	return damaged("age refuses its header: %v", err)
}

func (o *Opener) recall(sum [sha256.Size]byte) (key [fileKeySize]byte, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.known[sum]
	if !ok {
		return key, false
	}
	o.order.MoveToFront(e)
	return e.Value.(remembered).key, true
}

func (o *Opener) remember(sum [sha256.Size]byte, key [fileKeySize]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.known[sum]; ok { // another goroutine opened the same header meanwhile
		return
	}
	o.known[sum] = o.order.PushFront(remembered{sum, key})
	if o.order.Len() > maxHeaders {
		oldest := o.order.Remove(o.order.Back()).(remembered)
		delete(o.known, oldest.header)
	}
}

// OpenStream reads the header from src and returns a reader of the plaintext.
// Every byte that the reader returns is authentic, but the text is whole only
// once it has returned io.EOF. Its errors are a *Damaged or those of src; how
// much may come is for the caller to limit.
func (o *Opener) OpenStream(src io.Reader) (io.Reader, error) {
	in := &source{Reader: src}
	header, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	key, err := o.fileKey(header)
	if err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(io.MultiReader(bytes.NewReader(header), in), age.NewInjectedFileKeyIdentity(key[:]))
	switch {
	case in.err != nil:
		return nil, in.err
	case err != nil:
		return nil, damaged("its payload does not open: %v", err)
	}
	return &plainReader{plain, in}, nil
}

// source remembers the error of a reader that is not its end.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// plainReader tells damage from an error of the source.
type plainReader struct {
	plain io.Reader
	src   *source
}

func (r *plainReader) Read(p []byte) (int, error) {
	n, err := r.plain.Read(p)
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case r.src.err != nil:
		return n, r.src.err
	}
	return n, damaged("its payload does not open: %v", err)
}
