package note

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"detente/internal/jcs"
)

// The oracle reads the three layers the slow way: encoding/json decodes them,
// and what it decodes must re-encode to the same bytes. It shares the check
// methods with the reader, and nothing of the reading.

func oracleHeader(entry []byte) (h Header, err error) {
	if len(entry) > MaxHeader {
		return h, errors.New("too long")
	}
	if err := jcs.Unmarshal(entry, &h); err != nil {
		return h, err
	}
	if h.Seen == nil {
		return h, errors.New("null for seen")
	}
	return h, h.check()
}

func oracleMove(plain []byte) (*Move, error) {
	b, err := Unpad(plain, MaxMove)
	if err != nil {
		return nil, err
	}
	m := new(Move)
	if err := jcs.Unmarshal(b, m); err != nil {
		return nil, err
	}
	if err := plainValues(m.Fields, MaxDepth); err != nil {
		return nil, err
	}
	return m, m.check()
}

func oracleContent(plain []byte) (*Content, error) {
	b, err := Unpad(plain, MaxContent)
	if err != nil {
		return nil, err
	}
	c := new(Content)
	if err := jcs.Unmarshal(b, c); err != nil {
		return nil, err
	}
	if c.Texts == nil {
		return nil, errors.New("null for texts")
	}
	return c, c.check()
}

// plainValues turns the numbers in a decoded object into int64, in place, and
// refuses what a field cannot hold.
func plainValues(object map[string]any, depth int) error {
	for name, v := range object {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < '!' || r > '~' }) {
			return fmt.Errorf("name %q", name)
		}
		var err error
		if object[name], err = plainValue(v, depth); err != nil {
			return err
		}
	}
	return nil
}

func plainValue(v any, depth int) (any, error) {
	if depth == 0 {
		return nil, errors.New("too deep")
	}
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil || n > jcs.MaxInteger || n < -jcs.MaxInteger || strconv.FormatInt(n, 10) != string(v) {
			return nil, fmt.Errorf("number %s", v)
		}
		return n, nil
	case []any:
		for i := range v {
			var err error
			if v[i], err = plainValue(v[i], depth-1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if err := plainValues(v, depth-1); err != nil {
			return nil, err
		}
	case nil:
		return nil, errors.New("null")
	}
	return v, nil
}

// agree fails if one of the two readers takes what the other refuses, or
// reads another value in it.
func agree[T any](t *testing.T, in []byte, fast T, fastErr error, slow T, slowErr error) {
	t.Helper()
	if (fastErr == nil) != (slowErr == nil) {
		t.Fatalf("%q: the reader says %v, encoding/json %v", in, fastErr, slowErr)
	}
	if fastErr == nil && !reflect.DeepEqual(fast, slow) {
		t.Fatalf("%q: the reader has\n%+v, encoding/json\n%+v", in, fast, slow)
	}
}

func agreeOnHeader(t *testing.T, in []byte) {
	t.Helper()
	h, err := Parse(in)
	slow, slowErr := oracleHeader(in)
	agree(t, in, h, err, slow, slowErr)
}

func agreeOnMove(t *testing.T, in []byte) {
	t.Helper()
	m, err := ParseMove(Pad(in))
	slow, slowErr := oracleMove(Pad(in))
	agree(t, in, m, err, slow, slowErr)
}

func agreeOnContent(t *testing.T, in []byte) {
	t.Helper()
	c, err := ParseContent(Pad(in))
	slow, slowErr := oracleContent(Pad(in))
	agree(t, in, c, err, slow, slowErr)
}

// Every byte of good layers is replaced, left out and doubled: the two
// readers must agree on each of some eighty thousand texts.
func TestTheReaderAgreesWithEncodingJSON(t *testing.T) {
	h, m, c := sampleHeader(), sampleMove(), sampleContent()
	m.Fields["a"] = []any{"\x00\x08\x1f\"\\/\x7f\u2028", []any{}, map[string]any{}, false, int64(0), int64(-jcs.MaxInteger), nested(MaxDepth - 3)}
	m.Fields[`"\`] = int64(10)
	for _, layer := range []struct {
		good  []byte
		agree func(*testing.T, []byte)
	}{{spell(t, h), agreeOnHeader}, {spell(t, m), agreeOnMove}, {spell(t, c), agreeOnContent}} {
		good := layer.good
		layer.agree(t, good)
		for i := range good {
			layer.agree(t, good[:i])
			layer.agree(t, slices.Concat(good[:i], good[i+1:]))
			for _, b := range []string{`"`, `\`, `,`, `{`, `]`, `-`, `.`, `e`, `0`, `1`, ` `, "\n", "\x80", "\u0430", `null`, `\u001f`, `\n`, `\/`} {
				layer.agree(t, slices.Concat(good[:i], []byte(b), good[i+1:]))
				layer.agree(t, slices.Concat(good[:i], []byte(b), good[i:]))
			}
		}
	}
}

func TestFormsArePatterns(t *testing.T) {
	parse := func(s string) bool {
		at, err := time.Parse(TimeLayout, s)
		return err == nil && at.Format(TimeLayout) == s
	}
	for _, c := range []struct {
		name string
		form func(string) bool
		is   func(string) bool
		good []string
	}{
		{"act", isAct, regexp.MustCompile(`^[a-z]{2,20}/[a-z-]{2,30}$`).MatchString, []string{"ab/cd", strings.Repeat("a", 20) + "/" + strings.Repeat("-", 30)}},
		{"office", isOffice, regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`).MatchString, []string{"a", "0-", strings.Repeat("a", 40)}},
		{"slot", isSlot, regexp.MustCompile(`^[a-z][a-z-]{0,30}(/[1-9][0-9]{0,3})?$`).MatchString, []string{"a", "a-/1", strings.Repeat("a", 31) + "/9999"}},
		{"language", isLanguage, regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`).MatchString, []string{"en", "ara", "en-12345678-Ab-Cd", "en-aa-bb-cc"}},
		{"time", func(s string) bool { _, ok := parseTime(s); return ok }, parse, []string{"2024-02-29T23:59:59.999Z", "2023-02-28T00:00:00.000Z", "0000-12-31T10:10:10.100Z"}},
	} {
		try := func(s string) {
			if c.form(s) != c.is(s) {
				t.Errorf("%s %q: %v; its pattern says %v", c.name, s, c.form(s), c.is(s))
			}
		}
		try("")
		for _, good := range c.good {
			if !c.form(good) {
				t.Errorf("%s %q is refused", c.name, good)
			}
			for i := range len(good) + 1 {
				try(good[:i])
				for _, b := range "-/:.,ZT\n\x00azAZ019 é" {
					try(good[:i] + string(b) + good[i:])
					if i < len(good) {
						try(good[:i] + string(b) + good[i+1:])
						try(good[:i] + good[i+1:])
					}
				}
			}
		}
	}
	// Every day that could be: times agree in value too.
	for year := 1896; year <= 1904; year++ {
		for month := range 14 {
			for day := range 33 {
				s := fmt.Sprintf("%04d-%02d-%02dT12:34:56.789Z", year, month, day)
				want, err := time.Parse(TimeLayout, s)
				if got, ok := parseTime(s); ok != (err == nil) || ok && got != want {
					t.Errorf("%s: %v, %v; want %v, %v", s, got, ok, want, err)
				}
			}
		}
	}
}
