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
