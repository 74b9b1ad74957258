package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// typeLine is the first line of every scenario of this version.
const typeLine = "detente/scenario/v1"

// A line is one key and its value, continuations joined.
type line struct {
	number int
	key    string   // the first word
	args   []string // the words after it
	value  string
	text   []byte // of a value on its way: appended to, so that many short continuations stay cheap
}

func (l *line) name() string { return strings.Join(append([]string{l.key}, l.args...), " ") }

// A block is a paragraph of the file. Its first line tells what it is.
type block []line

func (b block) title() string {
	if b[0].key == "title" {
		return ""
	}
	return fmt.Sprintf("%s %.60s", b[0].key, b[0].value)
}

func (b block) errorf(l *line, format string, args ...any) error {
	return &Error{l.number, b.title(), l.name(), fmt.Errorf(format, args...)}
}

func (b block) missing(key string) error {
	return &Error{b[0].number, b.title(), key, errors.New("missing")}
}

// get returns the value of a key that stands alone, once at most.
func (b block) get(key string) (*line, bool) {
	for i := range b {
		if b[i].key == key && len(b[i].args) == 0 {
			return &b[i], true
		}
	}
	return nil, false
}

// value returns the value of a key that must be there.
func (b block) value(key string) (string, error) {
	l, ok := b.get(key)
	if !ok || l.value == "" {
		return "", b.missing(key)
	}
	return l.value, nil
}

// list returns the value of a key as items between commas.
func (b block) list(key string) []string {
	l, ok := b.get(key)
	if !ok {
		return nil
	}
	return items(l.value)
}

func items(s string) []string {
	if s == "" {
		return nil
	}
	out := strings.Split(s, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// only refuses a key that a block of the kind does not have. spec gives, for
// each key, how many words may follow it: "text" 1–2.
func (b block) only(spec map[string][2]int) error {
	seen := map[string]bool{}
	for i := range b {
		l := &b[i]
		n, ok := spec[l.key]
		switch {
		case !ok:
			return b.errorf(l, "there is no such line in a block of this kind")
		case len(l.args) < n[0] || len(l.args) > n[1]:
			return b.errorf(l, "%d words after %s; want %d to %d", len(l.args), l.key, n[0], n[1])
		case seen[l.name()] && !repeats[l.key]:
			return b.errorf(l, "given twice")
		}
		seen[l.name()] = true
	}
	return nil
}

// repeats are the keys that a block can have many times: a quotation, and who
// said it where.
var repeats = map[string]bool{"quote": true, "speaker": true, "source": true}

var keyPattern = regexp.MustCompile(`^[a-z][a-z-]{0,30}( [A-Za-z0-9/-]{1,60}){0,2}$`)

// blocks splits a file. It knows nothing of what the keys mean.
func blocks(data []byte) ([]block, error) {
	fail := func(n int, format string, args ...any) ([]block, error) {
		return nil, &Error{Line: n, Err: fmt.Errorf(format, args...)}
	}
	if len(data) > MaxBytes {
		return fail(1, "%d bytes; the limit is %d", len(data), MaxBytes)
	}
	if !utf8.Valid(data) {
		return fail(1, "the file is not UTF-8")
	}
	var out []block
	var current block
	number := 0
	for text := range strings.Lines(string(data)) {
		number++
		text = strings.TrimRight(text, "\r\n")
		if number == 1 {
			if text != typeLine {
				return fail(1, "%.60q: want %s, the only version that this program knows", text, typeLine)
			}
			continue
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }); i >= 0 {
			return fail(number, "a control character at byte %d", i+1)
		}
		bare := strings.TrimSpace(text)
		switch {
		case bare == "":
			if current != nil {
				out, current = append(out, current.done()), nil
			}
		case text[0] == '#':
		case text[0] == ' ' || text[0] == '\t':
			if current == nil {
				return fail(number, "an indented line continues the line before it, and there is none")
			}
			current[len(current)-1].extend(bare)
		default:
			key, value, ok := strings.Cut(text, ":")
			if !ok || !keyPattern.MatchString(key) {
				return fail(number, "%.60q: want a key, a colon and a value", text)
			}
			if len(current) == MaxLines {
				return fail(number, "the block has more than %d lines", MaxLines)
			}
			words := strings.Split(key, " ")
			current = append(current, line{number: number, key: words[0], args: words[1:], text: []byte(strings.TrimSpace(value))})
		}
		if len(out) > 1+MaxParties+MaxChannels+MaxSteps {
			return fail(number, "more blocks than the %d parties, %d channels and %d steps that a scenario may have", MaxParties, MaxChannels, MaxSteps)
		}
	}
	if current != nil {
		out = append(out, current.done())
	}
	if len(out) == 0 {
		return fail(max(number, 1), "there is nothing after the first line")
	}
	return out, nil
}

// extend adds a continuation: a stop breaks the line, everything else follows
// after a space.
func (l *line) extend(text string) {
	if text == "." {
		l.text = append(l.text, '\n')
		return
	}
	if n := len(l.text); n > 0 && l.text[n-1] != '\n' {
		l.text = append(l.text, ' ')
	}
	l.text = append(l.text, text...)
}

// done makes the values of a block that has ended.
func (b block) done() block {
	for i := range b {
		b[i].value, b[i].text = string(b[i].text), nil
	}
	return b
}
