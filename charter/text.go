package charter

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"detente/feed"
	"detente/internal/jcs"
	"detente/note"
)

// The kinds of text. Each is also the text's first line.
const (
	KindCredence = "detente/credence/v1"
	KindCharter  = "detente/charter/v1"
	KindClosing  = "detente/closing/v1"
)

// Limits on texts with their signatures, in bytes.
const (
	MaxCredence = 32 << 10
	MaxCharter  = 1 << 20
	MaxClosing  = 16 << 10
)

// Kind returns the kind of a text, from its first line. It checks nothing
// else.
func Kind(signed []byte) (string, error) {
	line, _, _ := bytes.Cut(signed, []byte{'\n'})
	switch kind := string(line); kind {
	case KindCredence, KindCharter, KindClosing:
		return kind, nil
	}
	return "", fmt.Errorf("%.40q is not the type line of a credence, charter or closing", line)
}

// SignerName returns the name under which a party's identity key signs.
func SignerName(party string) string { return party + "/identity" }

// encodeText returns the type line and the canonical JSON of v.
func encodeText(kind string, v any) ([]byte, error) {
	b, err := jcs.Marshal(v)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte(kind), []byte{'\n'}, b, []byte{'\n'}), nil
}

// decodeText undoes encodeText.
func decodeText(kind string, text []byte, v any) error {
	body, ok := bytes.CutPrefix(text, []byte(kind+"\n"))
	if !ok {
		line, _, _ := bytes.Cut(text, []byte{'\n'})
		return fmt.Errorf("the type line is %.40q; want %q", line, kind)
	}
	body, ok = bytes.CutSuffix(body, []byte{'\n'})
	if !ok {
		return errors.New("the text does not end with a newline")
	}
	return jcs.Unmarshal(body, v)
}

// checkName wants words for people: no control characters, nothing that turns
// the direction of the line around it, no space at the ends. Zero-width
// joiners are part of how Persian and Urdu are spelled and are allowed.
func checkName(what, s string, limit int) error {
	switch {
	case s == "":
		return fmt.Errorf("%s is empty", what)
	case len(s) > limit:
		return fmt.Errorf("%s has %d bytes; the limit is %d", what, len(s), limit)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s is not UTF-8", what)
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("%s %.40q begins or ends with a space", what, s)
	}
	for _, r := range s {
		if !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' {
			return fmt.Errorf("%s %.40q holds the character %U, which cannot be seen", what, s, r)
		}
	}
	return nil
}

func checkTime(s string) error {
	if t, err := time.Parse(note.TimeLayout, s); err != nil || t.Format(note.TimeLayout) != s || t.Year() < 1970 || t.Year() > 9998 {
		return fmt.Errorf("time %.40q is not of the form %s", s, note.TimeLayout)
	}
	return nil
}

var hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// checkAddress wants HOST:PORT, the host a name or an IP address.
func checkAddress(s string) error {
	if len(s) > 260 {
		return fmt.Errorf("an address has %d bytes; the limit is 260", len(s))
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("address %.60q is not HOST:PORT", s)
	}
	if _, err := netip.ParseAddr(host); err != nil && !hostPattern.MatchString(host) {
		return fmt.Errorf("address %.60q: the host is neither a name nor an IP address", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return fmt.Errorf("address %.60q: the port is not a number from 1 to 65535", s)
	}
	if net.JoinHostPort(host, port) != s {
		return fmt.Errorf("address %.60q is not in its plain form %q", s, net.JoinHostPort(host, port))
	}
	return nil
}

// increasing reports the first value that is not greater than the one before
// it, and so also what stands twice.
func increasing(what string, list []string) error {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return fmt.Errorf("%s: not sorted, or twice: %.60q", what, list[i])
		}
	}
	return nil
}

func unique(what string, list []string) error {
	for i, s := range list {
		if slices.Contains(list[:i], s) {
			return fmt.Errorf("%s: %.60q stands twice", what, s)
		}
	}
	return nil
}

func sameKey(a, b feed.Public) bool {
	return bytes.Equal(a.Ed25519, b.Ed25519) || bytes.Equal(a.MLDSA44, b.MLDSA44)
}
