package jcs

import (
	"testing"
)

type sample struct {
	A string         `json:"a"`
	B int64          `json:"b,omitempty"`
	C map[string]any `json:"c,omitempty"`
	D []string       `json:"d,omitempty"`
}

// The strings are those of RFC 8785, section 3.2.2.2 and appendix B, as far
// as they concern strings; numbers are whole by design.
func TestMarshalIsRFC8785(t *testing.T) {
	for _, c := range []struct {
		in   any
		want string
	}{
		{sample{A: "€$\u000f\nA'B\"\\\\\"/"}, `{"a":"€$\u000f\nA'B\"\\\\\"/"}`},
		{sample{A: "<&>\u2028\u2029\u007f"}, "{\"a\":\"<&>\u2028\u2029\u007f\"}"},
		{sample{A: `\u2028`}, `{"a":"\\u2028"}`},
		{sample{A: "\b\f\t\r\x1f"}, `{"a":"\b\f\t\r\u001f"}`},
		{sample{B: MaxInteger, C: map[string]any{"z": 1, "a": true}, D: []string{"é"}}, `{"a":"","b":9007199254740991,"c":{"a":true,"z":1},"d":["é"]}`},
	} {
		got, err := Marshal(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("Marshal(%#v) = %s, %v; want %s", c.in, got, err, c.want)
		}
		var back sample
		if err := Unmarshal(got, &back); err != nil {
			t.Errorf("Unmarshal(%s): %v", got, err)
		}
	}
}

func TestUnmarshalRefusesWhatIsNotCanonical(t *testing.T) {
	for name, in := range map[string]string{
		"unknown name":        `{"a":"x","e":1}`,
		"repeated name":       `{"a":"x","a":"x"}`,
		"differently cased":   `{"A":"x"}`,
		"space":               `{"a": "x"}`,
		"trailing newline":    "{\"a\":\"x\"}\n",
		"second value":        `{"a":"x"}{}`,
		"invalid UTF-8":       "{\"a\":\"\xff\"}",
		"lone surrogate":      `{"a":"\ud800"}`,
		"needless escape":     `{"a":"\u0041"}`,
		"escaped slash":       `{"a":"\/"}`,
		"fraction":            `{"a":"x","b":1.5}`,
		"exponent":            `{"a":"x","b":1e3}`,
		"order":               `{"b":1,"a":"x"}`,
		"order in a map":      `{"a":"x","c":{"z":1,"a":2}}`,
		"empty where omitted": `{"a":"x","b":0}`,
		"cut":                 `{"a":"x"`,
		"nothing":             ``,
	} {
		var v sample
		if err := Unmarshal([]byte(in), &v); err == nil {
			t.Errorf("%s: %s was accepted", name, in)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"a":"x","b":1,"c":{"k":"v"},"d":["e"]}`))
	f.Add([]byte("{\"a\":\"\u2028\\\\u2028\"}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var v sample
		if Unmarshal(in, &v) != nil {
			return
		}
		out, err := Marshal(v)
		if err != nil || string(out) != string(in) {
			t.Fatalf("accepted %q, writes %q (%v)", in, out, err)
		}
	})
}

// What has no canonical form is not written: bytes that are not UTF-8, and
// names that RFC 8785 and encoding/json would sort differently.
func TestMarshalRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"invalid UTF-8":                 sample{A: "a\xff"},
		"invalid UTF-8 after an escape": sample{A: "\\\xff"},
		"half a surrogate":              sample{A: "\xed\xa0\x80"},
		"invalid UTF-8 in a name":       map[string]any{"\xff": 1},
		"invalid UTF-8 in a list":       []string{"a", "\xc0\x80"},
		"name beyond ASCII":             map[string]any{"é": 1},
		"name of a line separator":      map[string]any{"\u2028": 1},
		"names in UTF-16's order":       map[string]any{"\U00010000": 1, "\ufffd": 2},
		"name beyond ASCII inside":      sample{C: map[string]any{"a": map[string]any{"\"é": 1}}},
	} {
		if got, err := Marshal(v); err == nil {
			t.Errorf("%s: written as %s", name, got)
		}
	}
	for _, v := range []any{sample{A: "\ufffd"}, sample{A: `\ufffd`}, sample{A: `é":`}, map[string]string{"a": "é", "b\"\\": "\u2028"}} {
		if _, err := Marshal(v); err != nil {
			t.Errorf("%#v: %v", v, err)
		}
	}
}
