package feed

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Signed-note's framing. C2SP signed-note: "A signed note consists of a text
// ending in newline (U+000A), followed by a blank line (only a newline),
// followed by one or more signature lines of this form: em dash (U+2014),
// space (U+0020), key name, space, base64-encoded signature, newline."
//
// Base64 is read strictly. The usual decoder ignores the unused bits before
// the padding, so that one signature would have many spellings, and a changed
// byte would go unnoticed.

// MaxName is the length of the longest key name: the ML-DSA-44 message holds
// it as "opaque cosigner_name<1..2^8-1>".
const MaxName = 255

// Signature type identifier bytes.
const (
	typeEd25519  = 0x01
	typeEd25519C = 0x04 // Ed25519 cosignature
	typeMLDSA44  = 0x06 // ML-DSA-44 cosignature
	typeOther    = 0xff // followed by an identifier of our own
)

const dash = "— "

var strict = base64.StdEncoding.Strict()

// A sigLine is one signature line, decoded.
type sigLine struct {
	name string
	id   uint32
	sig  []byte
}

// keyID returns SHA-256(name ‖ 0x0A ‖ key...)[:4]. The key begins with its
// type identifier byte.
func keyID(name string, key ...[]byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name))
	h.Write([]byte{'\n'})
	for _, k := range key {
		h.Write(k)
	}
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// checkName: "Key names MUST be non-empty and MUST NOT contain any Unicode
// spaces or plus (U+002B) characters."
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("the name of a key is empty")
	case len(name) > MaxName:
		return fmt.Errorf("the name of a key has %d bytes; the limit is %d", len(name), MaxName)
	case !utf8.ValidString(name) || strings.ContainsRune(name, '+') || strings.IndexFunc(name, spaceOrControl) >= 0:
		return fmt.Errorf("%.80q cannot name a key: it must be UTF-8 without spaces, control characters and +", name)
	}
	return nil
}

func spaceOrControl(r rune) bool { return r < 0x20 || unicode.IsSpace(r) }

func appendLine(dst []byte, name string, id uint32, sig []byte) []byte {
	raw := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(sig)), id)
	raw = append(raw, sig...)
	dst = append(dst, dash...)
	dst = append(dst, name...)
	dst = append(dst, ' ')
	dst = base64.StdEncoding.AppendEncode(dst, raw)
	return append(dst, '\n')
}

// cut separates the text of a signed note from its lines at the last empty
// line: "the text is separated from the signatures by the last empty line in
// the note".
func cut(signed []byte) (text, lines []byte, err error) {
	i := bytes.LastIndex(signed, []byte("\n\n"))
	if i < 0 {
		return nil, nil, errors.New("not a signed note: there is no empty line between a text and its signatures")
	}
	text, lines = signed[:i+1:i+1], signed[i+2:]
	// "Signed notes MUST be valid UTF-8 and MUST NOT contain any ASCII control
	// characters (those below U+0020) other than newline."
	if !utf8.Valid(text) {
		return nil, nil, errors.New("not a signed note: its text is not UTF-8")
	}
	for i, c := range text {
		if c < 0x20 && c != '\n' {
			return nil, nil, fmt.Errorf("not a signed note: there is a control character at byte %d of its text", i)
		}
	}
	return text, lines, nil
}

// parseLines decodes signature lines, at least one and at most limit.
func parseLines(lines []byte, limit int) ([]sigLine, error) {
	if len(lines) == 0 {
		return nil, errors.New("there is no signature line")
	}
	if n := bytes.Count(lines, []byte{'\n'}); n > limit {
		return nil, fmt.Errorf("there are %d signature lines; the limit is %d", n, limit)
	}
	var out []sigLine
	for n := 1; len(lines) > 0; n++ {
		line, rest, ended := bytes.Cut(lines, []byte{'\n'})
		lines = rest
		body, dashed := bytes.CutPrefix(line, []byte(dash))
		name, b64, spaced := bytes.Cut(body, []byte{' '})
		if !ended || !dashed || !spaced {
			return nil, fmt.Errorf("signature line %d is not of the form \"— NAME BASE64\" and a newline", n)
		}
		if err := checkName(string(name)); err != nil {
			return nil, fmt.Errorf("signature line %d: %w", n, err)
		}
		raw, err := strict.AppendDecode(nil, b64)
		// The decoder skips carriage returns; they are control characters here.
		if err != nil || len(raw) < 5 || bytes.IndexByte(b64, '\r') >= 0 {
			return nil, fmt.Errorf("signature line %d, by %s: the signature is not strict base64 of a key ID and a signature", n, name)
		}
		out = append(out, sigLine{string(name), binary.BigEndian.Uint32(raw), raw[4:]})
	}
	return out, nil
}

// openSigned takes a signed note apart within limits.
func openSigned(signed []byte, maxBytes, maxLines int) (text []byte, lines []sigLine, err error) {
	if len(signed) > maxBytes {
		return nil, nil, fmt.Errorf("a signed note has %d bytes; the limit is %d", len(signed), maxBytes)
	}
	text, raw, err := cut(signed)
	if err != nil {
		return nil, nil, err
	}
	lines, err = parseLines(raw, maxLines)
	return text, lines, err
}

// MissingSignature says that a signature that must be there is not.
type MissingSignature struct{ Name, Algorithm string }

func (e *MissingSignature) Error() string {
	return fmt.Sprintf("no %s signature by the known key of %s; both Ed25519 and ML-DSA-44 are required", e.Algorithm, e.Name)
}

// BadSignature says that a signature by a known key does not verify.
type BadSignature struct{ Name, Algorithm string }

func (e *BadSignature) Error() string {
	return fmt.Sprintf("the %s signature by %s does not verify: the bytes were changed, or it signs something else", e.Algorithm, e.Name)
}

// pick returns the one signature by (name, id). "The tuple of key name and key
// ID uniquely identifies the key"; "verifiers MUST ignore signatures from
// unknown keys". Two lines by one key are refused: which of them counts, and
// whether the other is checked, differs between verifiers.
func pick(lines []sigLine, name string, id uint32, algorithm string) ([]byte, error) {
	var sig []byte
	for _, l := range lines {
		if l.name != name || l.id != id {
			continue
		}
		if sig != nil {
			return nil, fmt.Errorf("there are two %s signatures by one key of %s; want one", algorithm, name)
		}
		sig = l.sig
	}
	if sig == nil {
		return nil, &MissingSignature{name, algorithm}
	}
	return sig, nil
}
