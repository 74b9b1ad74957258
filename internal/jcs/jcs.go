// Package jcs reads and writes the JSON Canonicalization Scheme, RFC 8785, for
// the values that Détente signs and hashes: objects, arrays, strings, whole
// numbers and booleans.
//
// There is exactly one encoding of a value, so a reader re-encodes what it has
// decoded and compares: whatever encoding/json is lenient about (unknown,
// repeated or differently cased names, invalid UTF-8, spaces, fractions) shows
// as a difference and is refused.
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
	return literalSeparators(bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})), nil
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

// literalSeparators undoes the one escape of encoding/json that RFC 8785 does
// not have: U+2028 and U+2029 stand for themselves.
func literalSeparators(b []byte) []byte {
	if !bytes.Contains(b, []byte(`\u202`)) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		switch rest := b[i:]; {
		case bytes.HasPrefix(rest, []byte(`\u2028`)):
			out = append(out, "\u2028"...)
			i += 5
		case bytes.HasPrefix(rest, []byte(`\u2029`)):
			out = append(out, "\u2029"...)
			i += 5
		default: // an escape of two bytes or more: keep its second byte from being read as a backslash of its own
			out = append(out, b[i], b[i+1])
			i++
		}
	}
	return out
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
