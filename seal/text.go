package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// MaxText is the greatest number of bytes that SealText takes and OpenText
// gives back.
const MaxText = 256 << 10

// SealText seals a text to people who hold keys of their own, within a note
// that many more can read: an armored age file with one hybrid stanza for each
// recipient, under a file key of its own. "age -d -i key" opens it.
func SealText(recipients []string, plain []byte) (string, error) {
	if len(plain) > MaxText {
		return "", fmt.Errorf("%d bytes are to be sealed; the limit is %d", len(plain), MaxText)
	}
	sorted, err := audience(recipients)
	if err != nil {
		return "", err
	}
	to, err := parseAudience(sorted)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	text := armor.NewWriter(&out)
	w, err := age.Encrypt(text, to...)
	if err != nil {
		return "", fmt.Errorf("seal a text: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return "", fmt.Errorf("seal a text: %w", err)
	}
	if err := errors.Join(w.Close(), text.Close()); err != nil {
		return "", fmt.Errorf("seal a text: %w", err)
	}
	return out.String(), nil
}

// IsText reports whether s is what SealText can have written: an armored file
// whose header has hybrid stanzas only. Whether it opens, only who holds a key
// can tell.
func IsText(s string) bool {
	file, err := unarmor(s)
	if err != nil {
		return false
	}
	header, err := splitHeader(file)
	if err != nil {
		return false
	}
	size, ok := plainSize(len(file) - len(header) - payloadNonce)
	return ok && size <= MaxText
}

// OpenText returns the plaintext of what SealText wrote. The error is a
// *NotForUs or a *Damaged.
func (i *Identity) OpenText(s string) ([]byte, error) {
	file, err := unarmor(s)
	if err != nil {
		return nil, err
	}
	return NewOpener(i).Open(file, MaxText)
}

// maxArmored bounds what is decoded: a header of MaxRecipients stanzas and a
// payload of MaxText, in base64.
const maxArmored = 2 * (MaxRecipients*stanzaSize + MaxText)

func unarmor(s string) ([]byte, error) {
	if len(s) > maxArmored {
		return nil, damaged("%d characters; the limit is %d", len(s), maxArmored)
	}
	file, err := io.ReadAll(armor.NewReader(strings.NewReader(s)))
	if err != nil {
		return nil, damaged("%v", err)
	}
	return file, nil
}

// MarshalIdentity writes an identity as age-keygen does, with a comment that
// says what it is for: "age -d -i FILE" reads it.
func MarshalIdentity(i *Identity, comment string) []byte {
	return fmt.Appendf(nil, "# %s\n# public key: %s\n%s\n", comment, i.Recipient(), i)
}

// UnmarshalIdentity reads a file of one identity, with comments or without.
// The error never quotes the text.
func UnmarshalIdentity(b []byte) (*Identity, error) {
	if len(b) > 2*maxKeyLength {
		return nil, errors.New("not the file of a seal key: it is too long")
	}
	lines := slices.DeleteFunc(strings.Split(string(b), "\n"), func(l string) bool {
		l = strings.TrimSpace(l)
		return l == "" || strings.HasPrefix(l, "#")
	})
	if len(lines) != 1 {
		return nil, fmt.Errorf("not the file of a seal key: it has %d lines that are no comments; want one", len(lines))
	}
	return ParseIdentity(strings.TrimSpace(lines[0]))
}
