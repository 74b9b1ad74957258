package jcs

import (
	"bytes"
	"fmt"
	"strings"
)

// MarshalTyped returns v as a text of two lines: kind, which ends with the line
// feed, such as "detente/fork/v1\n", and the canonical encoding.
func MarshalTyped(kind string, v any) ([]byte, error) {
	b, err := Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.TrimSpace(kind), err)
	}
	return append(append([]byte(kind), b...), '\n'), nil
}

// UnmarshalTyped decodes a text that MarshalTyped has written, of at most limit
// bytes.
func UnmarshalTyped(kind string, text []byte, limit int, v any) error {
	name := strings.TrimSpace(kind)
	if len(text) > limit {
		return fmt.Errorf("%s: %d bytes; the limit is %d", name, len(text), limit)
	}
	body, typed := bytes.CutPrefix(text, []byte(kind))
	body, ended := bytes.CutSuffix(body, []byte{'\n'})
	if !typed || !ended {
		return fmt.Errorf("not a %s: want that line and a line of JSON", name)
	}
	if err := Unmarshal(body, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
