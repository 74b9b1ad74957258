package seal

import (
	"bytes"
	"errors"
	"io"
)

// The age header of a payload, and the sizes that follow from it. An
// encapsulation of mlkem768x25519 has 1,120 bytes (ML-KEM-768 1,088, X25519
// 32), a wrapped file key 16 and its tag 16; age writes base64 without
// padding.
//
//	age-encryption.org/v1
//	-> mlkem768x25519 BASE64(1,120 bytes)
//	BASE64(32 bytes)
//	--- BASE64(32 bytes)
const (
	intro        = "age-encryption.org/v1\n"
	stanzaStart  = "-> "
	hybridStart  = "-> mlkem768x25519 "
	footerStart  = "--- "
	encapsulated = 1494 // characters
	thirtyTwo    = 43   // characters
	stanzaSize   = len(hybridStart) + encapsulated + 1 + thirtyTwo + 1
	footerSize   = len(footerStart) + thirtyTwo + 1
)

// splitHeader returns the header that file begins with, without copying. It
// accepts exactly the headers of the form above: every line has one place to
// end, so age cannot read the same bytes in another way. It looks at
// MaxRecipients stanzas at most, whatever the length of file.
func splitHeader(file []byte) ([]byte, error) {
	if !bytes.HasPrefix(file, []byte(intro)) {
		return nil, damaged("it does not begin with %q", intro)
	}
	n := len(intro)
	for stanzas := 0; ; stanzas++ {
		rest := file[n:]
		if bytes.HasPrefix(rest, []byte(footerStart)) {
			if stanzas == 0 {
				return nil, damaged("its header has no stanza")
			}
			if len(rest) < footerSize || !isLine(rest[len(footerStart):footerSize]) {
				return nil, damaged("the last line of its header is not a MAC")
			}
			return file[: n+footerSize : n+footerSize], nil
		}
		if err := checkStanza(rest, stanzas); err != nil {
			return nil, err
		}
		n += stanzaSize
	}
}

// checkStanza wants rest to begin with stanza number i (from 0).
func checkStanza(rest []byte, i int) error {
	switch {
	case i == MaxRecipients:
		return damaged("its header has more than %d stanzas", MaxRecipients)
	case !bytes.HasPrefix(rest, []byte(stanzaStart)):
		return damaged("its header ends in the middle, or is not a header, at stanza %d", i+1)
	case !bytes.HasPrefix(rest, []byte(hybridStart)):
		kind := rest[len(stanzaStart):min(len(rest), 60)]
		if end := bytes.IndexAny(kind, " \n"); end >= 0 {
			kind = kind[:end]
		}
		return damaged("stanza %d is of type %.40q; only mlkem768x25519 is allowed", i+1, kind)
	case len(rest) < stanzaSize:
		return damaged("it was cut in stanza %d", i+1)
	}
	split := len(hybridStart) + encapsulated + 1
	if !isLine(rest[len(hybridStart):split]) || !isLine(rest[split:stanzaSize]) {
		return damaged("stanza %d is not that of one mlkem768x25519 recipient", i+1)
	}
	return nil
}

// isLine reports whether b is base64 characters and then a line feed.
// Whether the base64 is canonical is for age to check.
func isLine(b []byte) bool {
	last := len(b) - 1
	for _, c := range b[:last] {
		if !isBase64[c] {
			return false
		}
	}
	return b[last] == '\n'
}

var isBase64 = func() (t [256]bool) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for _, c := range []byte(alphabet) {
		t[c] = true
	}
	return t
}()

// stanzasIn returns the number of stanzas of a header of the form above.
func stanzasIn(header []byte) int {
	return (len(header) - len(intro) - footerSize) / stanzaSize
}

// readHeader reads a header of the form above from src and nothing after it.
// It reads at most one stanza too many.
func readHeader(src io.Reader) ([]byte, error) {
	header := make([]byte, len(intro), len(intro)+2*stanzaSize+footerSize)
	if err := readFull(src, header); err != nil {
		return nil, err
	}
	for stanzas := 0; stanzas <= MaxRecipients; stanzas++ {
		// A footer is shorter than a stanza, so reading as much as a footer has
		// never reads beyond the header.
		at := len(header)
		header = append(header, make([]byte, footerSize)...)
		if err := readFull(src, header[at:]); err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(header[at:], []byte(hybridStart)) {
			break
		}
		header = append(header, make([]byte, stanzaSize-footerSize)...)
		if err := readFull(src, header[at+footerSize:]); err != nil {
			return nil, err
		}
	}
	return splitHeader(header)
}

func readFull(src io.Reader, b []byte) error {
	_, err := io.ReadFull(src, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it was cut in its header")
	}
	return err
}
