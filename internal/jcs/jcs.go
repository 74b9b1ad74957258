// Package jcs reads and writes the JSON Canonicalization Scheme, RFC 8785, for
// the values that Détente signs and hashes: objects, arrays, strings, whole
// numbers and booleans.
//
// There is exactly one encoding of a value. Unmarshal re-encodes what it has
// decoded and compares: whatever encoding/json is lenient about (unknown,
// repeated or differently cased names, invalid UTF-8, spaces, fractions) shows
// as a difference and is refused. A Reader, for what is read by the hundred
// thousand, accepts the one encoding and nothing else; the fuzz tests hold
// the two against each other.
//
// Struct fields must be declared in the order of their JSON names; Marshal
// keeps the order of declaration, and RFC 8785 section 3.2.3 wants names sorted.
package jcs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// MaxInteger is the greatest whole number that RFC 8785 can carry exactly
// (section 3.2.2.3: numbers are IEEE 754 double precision).
const MaxInteger = 1<<53 - 1

// Marshal returns the canonical encoding of v.
func Marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return finish(bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}))
}

// Unmarshal decodes data, which must be the canonical encoding of one value
// of v's type and nothing more.
func Unmarshal(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("JSON ends too early")
		}
		return fmt.Errorf("decode JSON: %w", err)
	}
	again, err := Marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, data) {
		return fmt.Errorf("not canonical JSON (RFC 8785): it differs from its own re-encoding at byte %d", differsAt(again, data))
	}
	return nil
}

// finish makes RFC 8785 of what encoding/json writes. The two differ in three
// points:
//
//   - U+2028 and U+2029 stand for themselves.
//   - Bytes that are not UTF-8 are an error; encoding/json writes \ufffd in
//     their place, and never else, for U+FFFD itself needs no escape.
//   - Section 3.2.3 sorts names by UTF-16 code units, encoding/json by bytes.
//     For ASCII the two agree; other names are refused.
func finish(b []byte) ([]byte, error) {
	if !slices.ContainsFunc(b, func(c byte) bool { return c >= utf8.RuneSelf || c == '\\' }) {
		return b, nil
	}
	out := make([]byte, 0, len(b))
	start, ascii := -1, true // of the string that we are in
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case start < 0:
			if c == '"' {
				start, ascii = i, true
			}
		case c == '"':
			if !ascii && i+1 < len(b) && b[i+1] == ':' {
				return nil, fmt.Errorf("the name %.60s has characters outside ASCII; names have none", b[start:i+1])
			}
			start = -1
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '\\':
			switch rest := b[i:]; {
			case bytes.HasPrefix(rest, []byte(`\ufffd`)):
				return nil, errors.New("a string is not valid UTF-8")
			case bytes.HasPrefix(rest, []byte(`\u2028`)):
				out, ascii = append(out, "\u2028"...), false
				i += 5
			case bytes.HasPrefix(rest, []byte(`\u2029`)):
				out, ascii = append(out, "\u2029"...), false
				i += 5
			default: // an escape of two bytes or more: keep its second byte from being read as a backslash or quote of its own
				out = append(out, c, b[i+1])
				i++
			}
			continue
		}
		out = append(out, c)
	}
	return out, nil
}

func differsAt(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
