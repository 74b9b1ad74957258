package jcs

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// A Reader reads canonical JSON and nothing else. Where a value has one
// encoding, its reader need not look for names or re-encode what it has read:
// it says byte for byte what must come next.
//
// The first error stays: every later call does nothing and returns the zero
// value, and End returns the error.
type Reader struct {
	data []byte
	at   int
	err  error
}

// NewReader returns a Reader of data, of which it keeps no part.
func NewReader(data []byte) *Reader { return &Reader{data: data} }

// End returns the first error. Bytes that were not read are one.
func (r *Reader) End() error {
	if r.err == nil && r.at != len(r.data) {
		r.Fail("want nothing more")
	}
	return r.err
}

// Fail says what should have stood where the reader is.
func (r *Reader) Fail(want string) {
	switch {
	case r.err != nil:
	case r.at >= len(r.data):
		r.err = errors.New("JSON ends too early: " + want)
	default:
		r.err = fmt.Errorf("not canonical JSON (RFC 8785) at byte %d: %s, have %.20q", r.at, want, r.data[r.at:])
	}
}

// Refuse keeps err, if it is one, for a value that was read and is not what
// it should be.
func (r *Reader) Refuse(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Has steps over text if it is what comes next, and reports whether it was.
func (r *Reader) Has(text string) bool {
	if r.err != nil || len(r.data)-r.at < len(text) || string(r.data[r.at:r.at+len(text)]) != text {
		return false
	}
	r.at += len(text)
	return true
}

// Want steps over text, which must come next.
func (r *Reader) Want(text string) {
	if !r.Has(text) {
		r.Fail("want " + text)
	}
}

// More steps to element i, from 0, of a list or an object that has been
// opened, and reports whether there is one; if not, it steps over the end,
// which is ] or }.
func (r *Reader) More(i int, end byte) bool {
	switch {
	case r.err != nil:
		return false
	case r.at < len(r.data) && r.data[r.at] == end:
		r.at++
		return false
	case i == 0:
		return true
	case r.at < len(r.data) && r.data[r.at] == ',':
		r.at++
		return true
	}
	r.Fail("want a comma or the end of the list")
	return false
}

// Text reads a string.
func (r *Reader) Text() string {
	raw, escaped := r.raw()
	if escaped {
		return string(unescape(raw))
	}
	return string(raw)
}

// Word is Text for a string that comes again and again: it is kept once.
func (r *Reader) Word() string {
	s, _ := r.word(maxWord).(string)
	return s
}

// word reads a string into an any, and keeps it once if it has at most limit bytes.
func (r *Reader) word(limit int) any {
	raw, escaped := r.raw()
	switch {
	case escaped:
		return string(unescape(raw))
	case len(raw) > limit:
		return string(raw)
	}
	return intern(raw)
}

// raw steps over a string and returns what stands between its quotes, and
// whether that has escapes. It is valid UTF-8, minimally escaped.
func (r *Reader) raw() (raw []byte, escaped bool) {
	if !r.Has(`"`) {
		r.Fail("want a string")
		return nil, false
	}
	start, ascii := r.at, true
	for {
		for r.at < len(r.data) && plain[r.data[r.at]] {
			r.at++
		}
		if r.at == len(r.data) {
			r.Fail("want the end of a string")
			return nil, false
		}
		switch c := r.data[r.at]; {
		case c == '"':
			raw = r.data[start:r.at]
			if !ascii && !utf8.Valid(raw) {
				r.at = start
				r.Fail("want a string of valid UTF-8")
				return nil, false
			}
			r.at++
			return raw, escaped
		case c == '\\':
			n := escapeLength(r.data[r.at:])
			if n == 0 {
				r.Fail("want only the escapes that are needed")
				return nil, false
			}
			escaped = true
			r.at += n
		case c < ' ':
			r.Fail("want control characters escaped")
			return nil, false
		default: // beyond ASCII
			ascii = false
			r.at++
		}
	}
}

// plain holds the characters of ASCII that stand for themselves in a string.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// shortEscapes are those of RFC 8785, section 3.2.2.2, by their second byte.
// Other control characters are \u and their code in lower case; nothing else
// is escaped.
var shortEscapes = [256]byte{'"': '"', '\\': '\\', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escapeLength returns the length of the escape that b begins with, 0 if it
// is not one that RFC 8785 writes.
func escapeLength(b []byte) int {
	switch {
	case len(b) >= 2 && shortEscapes[b[1]] != 0:
		return 2
	case len(b) >= 6 && string(b[1:4]) == "u00" && (b[4] == '0' || b[4] == '1'):
		switch c := b[5]; {
		case b[4] == '0' && (c == '8' || c == '9' || c == 'a' || c == 'c' || c == 'd'): // these have short escapes
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
			return 6
		}
	}
	return 0
}

// unescape writes out the escapes, which raw has checked.
func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] != '\\':
			out = append(out, raw[i])
		case raw[i+1] == 'u':
			out = append(out, (raw[i+4]-'0')<<4|hexDigits[raw[i+5]])
			i += 5
		default:
			out = append(out, shortEscapes[raw[i+1]])
			i++
		}
	}
	return out
}

// hexDigits is the value of each lower-case hexadecimal digit, 255 for other bytes.
var hexDigits = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	return t
}()

// Hex fills out from a string of twice as many lower-case hexadecimal digits.
func (r *Reader) Hex(out []byte) {
	n := 2 * len(out)
	if r.err != nil {
		return
	}
	ok := len(r.data)-r.at >= n+2 && r.data[r.at] == '"' && r.data[r.at+n+1] == '"'
	if ok {
		var all byte
		digits := r.data[r.at+1 : r.at+1+n]
		for i := range out {
			high, low := hexDigits[digits[2*i]], hexDigits[digits[2*i+1]]
			out[i] = high<<4 | low
			all |= high | low
		}
		ok = all < 16
	}
	if !ok {
		clear(out)
		r.Fail(fmt.Sprintf("want %d lower-case hexadecimal digits", n))
		return
	}
	r.at += n + 2
}

// Raw reads a string without escapes and returns it as it stands in the data:
// digests need no copy.
func (r *Reader) Raw() []byte {
	at := r.at
	raw, escaped := r.raw()
	if escaped {
		r.at = at
		r.Fail("want a string without escapes")
		return nil
	}
	return raw
}

// Int reads a whole number from -MaxInteger to MaxInteger.
func (r *Reader) Int() int64 {
	if r.Has("-") {
		n := int64(r.Uint())
		if n == 0 {
			r.Fail("want a number other than 0 after the minus sign")
		}
		return -n
	}
	return int64(r.Uint())
}

// Uint reads a whole number from 0 to MaxInteger.
func (r *Reader) Uint() uint64 {
	if r.err != nil {
		return 0
	}
	var n uint64
	start := r.at
	for ; r.at < len(r.data) && r.data[r.at]-'0' <= 9; r.at++ {
		if n = n*10 + uint64(r.data[r.at]-'0'); n > MaxInteger {
			r.at = start
			r.Fail("want a number within 2^53-1")
			return 0
		}
	}
	if r.at == start || (r.data[start] == '0' && r.at > start+1) {
		r.at = start
		r.Fail("want a whole number without leading zeros")
		return 0
	}
	if r.at < len(r.data) && (r.data[r.at] == '.' || r.data[r.at] == 'e' || r.data[r.at] == 'E') {
		r.Fail("want a whole number, without fraction or exponent")
		return 0
	}
	return n
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	if r.Has("true") {
		return true
	}
	r.Want("false")
	return false
}

// Object reads an object whose values may nest depth deep. A value is a
// string, an int64, a bool, a []any or a map[string]any; null is none.
func (r *Reader) Object(depth int) map[string]any {
	r.Want("{")
	out := map[string]any{}
	last := ""
	for i := 0; r.More(i, '}'); i++ {
		name := r.Name(last)
		r.Want(":")
		v := r.value(depth)
		if r.err != nil {
			return nil
		}
		out[name], last = v, name
	}
	return out
}

// Name reads a name in an object whose names are data. It must sort after
// last, which is empty before the first, and have printable ASCII characters
// only: RFC 8785, section 3.2.3, sorts names by UTF-16 code units, and for
// ASCII that is the order of bytes.
func (r *Reader) Name(last string) string {
	at := r.at
	name := r.Word()
	for i := range len(name) {
		if name[i] <= ' ' || name[i] > '~' {
			r.at = at
			r.Fail("want a name of printable ASCII characters")
			return ""
		}
	}
	if name <= last {
		r.at = at
		r.Fail("want names sorted, each once, none empty")
		return ""
	}
	return name
}

func (r *Reader) value(depth int) any {
	if r.err != nil || r.at >= len(r.data) {
		r.Fail("want a value")
		return nil
	}
	if depth == 0 {
		r.Fail("want values that nest less deep")
		return nil
	}
	switch c := r.data[r.at]; {
	case c == '"':
		return r.word(maxWordInFields)
	case c == '-' || c-'0' <= 9:
		return r.Int()
	case c == 't' || c == 'f':
		return r.Bool()
	case c == '{':
		return r.Object(depth - 1)
	case c == '[':
		r.at++
		out := []any{}
		for i := 0; r.More(i, ']'); i++ {
			out = append(out, r.value(depth-1))
		}
		return out
	}
	r.Fail("want a string, a whole number, true, false, a list or an object")
	return nil
}
