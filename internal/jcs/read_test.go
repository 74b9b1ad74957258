package jcs

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestReader(t *testing.T) {
	r := NewReader([]byte(`{"a":["x","\u001f\n\"\\é"],"b":true,"c":9007199254740991,"d":-9007199254740991,"e":"00ff","f":{"g":[{},[]]}}`))
	r.Want(`{"a":[`)
	var list []string
	for i := 0; r.More(i, ']'); i++ {
		list = append(list, r.Text())
	}
	if r.Has(`,"c":`) {
		t.Error("a name that is not next was found")
	}
	r.Want(`,"b":`)
	b := r.Bool()
	r.Want(`,"c":`)
	c := r.Uint()
	r.Want(`,"d":`)
	d := r.Int()
	r.Want(`,"e":`)
	var e [2]byte
	r.Hex(e[:])
	r.Want(`,"f":`)
	f := r.Object(3)
	r.Want(`}`)
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(list, []string{"x", "\x1f\n\"\\é"}) || !b || c != MaxInteger || d != -MaxInteger || e != [2]byte{0, 0xff} ||
		!reflect.DeepEqual(f, map[string]any{"g": []any{map[string]any{}, []any{}}}) {
		t.Errorf("read %q %v %d %d %x %v", list, b, c, d, e, f)
	}
}

// The first error stays, names its place, and nothing is read after it.
func TestReaderErrors(t *testing.T) {
	for _, c := range []struct {
		in, says string
		read     func(*Reader)
	}{
		{`"x`, "too early", func(r *Reader) { r.Text() }},
		{``, "too early", func(r *Reader) { r.Text() }},
		{`"x" `, "byte 3: want nothing more", func(r *Reader) { r.Text() }},
		{`"\u0041"`, "byte 1: want only the escapes", func(r *Reader) { r.Text() }},
		{`"\u000a"`, "escapes", func(r *Reader) { r.Text() }},
		{`"\u001F"`, "escapes", func(r *Reader) { r.Text() }},
		{`"\u0010`, "too early", func(r *Reader) { r.Text() }},
		{`"\u001`, "escapes", func(r *Reader) { r.Text() }},
		{`"\`, "escapes", func(r *Reader) { r.Text() }},
		{"\"\x00\"", "control", func(r *Reader) { r.Text() }},
		{"\"\xed\xa0\x80\"", "UTF-8", func(r *Reader) { r.Text() }},
		{`"\n"`, "byte 0: want a string without escapes", func(r *Reader) { r.Raw() }},
		{`"00fF"`, "byte 0: want 4 lower-case", func(r *Reader) { r.Hex(make([]byte, 2)) }},
		{`"00f"`, "4 lower-case", func(r *Reader) { r.Hex(make([]byte, 2)) }},
		{`"00fff"`, "4 lower-case", func(r *Reader) { r.Hex(make([]byte, 2)) }},
		{`"00ff`, "4 lower-case", func(r *Reader) { r.Hex(make([]byte, 2)) }},
		{`01`, "leading zeros", func(r *Reader) { r.Uint() }},
		{`-0`, "minus", func(r *Reader) { r.Int() }},
		{`1.0`, "fraction", func(r *Reader) { r.Int() }},
		{`9007199254740992`, "2^53-1", func(r *Reader) { r.Uint() }},
		{`99999999999999999999999999`, "2^53-1", func(r *Reader) { r.Uint() }},
		{`true`, "want false", func(r *Reader) { r.Want("false") }},
		{`[1 2]`, "comma", func(r *Reader) { r.Want("["); r.More(0, ']'); r.Uint(); r.More(1, ']') }},
		{`{"b":1,"a":1}`, "byte 7: want names sorted", func(r *Reader) { r.Object(1) }},
		{`{"a":1,"a":1}`, "sorted", func(r *Reader) { r.Object(1) }},
		{`{"":1}`, "sorted", func(r *Reader) { r.Object(1) }},
		{`{"é":1}`, "ASCII", func(r *Reader) { r.Object(1) }},
		{`{"a":null}`, "want a string", func(r *Reader) { r.Object(1) }},
		{`{"a":[1]}`, "less deep", func(r *Reader) { r.Object(1) }},
		{`{"a":1,}`, "want a string", func(r *Reader) { r.Object(1) }},
	} {
		r := NewReader([]byte(c.in))
		c.read(r)
		err := r.End()
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", c.in, err, c.says)
		}
		*r = Reader{data: []byte(`""1true{"a":1}`), err: err}
		if r.Has(`"`) || r.Text() != "" || r.Raw() != nil || r.Uint() != 0 || r.Bool() || len(r.Object(9)) > 0 || r.More(0, '}') || r.at != 0 || r.End() != err {
			t.Errorf("%s: something was read after the error", c.in)
		}
	}
}

// Strings that are kept once are still the strings that were read, also when
// they drive each other out.
func TestWordsAreWhatTheyWere(t *testing.T) {
	for round := range 2 {
		for i := range 3 * len(words) {
			s := strconv.Itoa(i)
			if got := Word([]byte(s)); got != s {
				t.Fatalf("round %d: Word(%s) = %s", round, s, got)
			}
		}
	}
	buf := []byte("origin")
	w := Word(buf)
	copy(buf, "ORIGIN")
	if w != "origin" || Word([]byte("origin")) != "origin" {
		t.Error("a kept string changed with the bytes that it was read from")
	}
	if n := testing.AllocsPerRun(100, func() { Word([]byte("origin")) }); n != 0 {
		t.Errorf("a string that is kept costs %v allocations", n)
	}
	long := strings.Repeat("x", maxWord+1)
	if Word([]byte(long)) != long {
		t.Error("a long string is not itself")
	}
}

// FuzzReader holds the reader against encoding/json, for any value that a
// move's fields can have.
func FuzzReader(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2,"x",true,false,{"b":{}},[]]}`, `{"a":"\u0000\b\"\\é"}`, `{"a":1,"b":null}`, `{"a":1.5}`, `{"b":1,"a":2}`, `{"\"":1}`, "{\"a\":\"\xff\"}", `{"a":[[[[[]]]]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(in)
		got := r.Object(4)
		err := r.End()
		var want map[string]any
		slow := Unmarshal(in, &want)
		good := slow == nil && want != nil && fits(want, 5)
		if (err == nil) != good {
			t.Fatalf("%q: the reader says %v, encoding/json %v", in, err, slow)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: the reader has %#v, encoding/json %#v", in, got, want)
		}
	})
}

// fits makes int64 of numbers, and reports whether the value can stand in a
// field, depth deep.
func fits(v any, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		for i := range v {
			if n, ok := number(v[i]); ok {
				v[i] = n
			}
			if !fits(v[i], depth-1) {
				return false
			}
		}
	case map[string]any:
		for name := range v {
			if n, ok := number(v[name]); ok {
				v[name] = n
			}
			if name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' }) || !fits(v[name], depth-1) {
				return false
			}
		}
	case json.Number:
		return false
	}
	return true
}

func number(v any) (int64, bool) {
	s, _ := v.(json.Number)
	n, err := strconv.ParseInt(string(s), 10, 64)
	return n, err == nil && n <= MaxInteger && n >= -MaxInteger && strconv.FormatInt(n, 10) == string(s)
}
