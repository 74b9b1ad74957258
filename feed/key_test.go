package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	fnote "github.com/transparency-dev/formats/note"
	sumnote "golang.org/x/mod/sumdb/note"
)

func TestKeyFile(t *testing.T) {
	k := must(GenerateKey())(t)
	file := must(k.MarshalText())(t)
	back := must(ParseKey(file))(t)
	if !back.Public().Equal(k.Public()) {
		t.Fatal("the key that was read is not the one that was written")
	}
	// Other people's tools read the lines.
	lines := strings.Split(string(file), "\n")
	if _, err := sumnote.NewSigner(lines[0]); err != nil {
		t.Errorf("x/mod/sumdb/note: %v", err)
	}
	if _, err := fnote.NewMLDSASigner(lines[1]); err != nil {
		t.Errorf("transparency-dev/formats: %v", err)
	}
	flips(file, 1, func(at int, changed []byte) {
		_, err := ParseKey(changed)
		if err == nil {
			t.Errorf("byte %d changed, and the key file was accepted", at)
			return
		}
		if strings.Contains(err.Error(), lines[0][40:60]) || strings.Contains(err.Error(), lines[1][40:60]) {
			t.Errorf("the error quotes the key: %v", err)
		}
	})
	for name, bad := range map[string][]byte{
		"empty":   nil,
		"swapped": []byte(lines[1] + "\n" + lines[0] + "\n"),
		"one":     []byte(lines[0] + "\n"),
		"three":   append(bytes.Clone(file), "x\n"...),
		"long":    bytes.Repeat([]byte("A"), 2000),
		"CRLF":    bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")),
	} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestKeyIsNeverPrinted(t *testing.T) {
	k := keyOf(t, 0x5a)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if s := fmt.Sprintf(verb, k); !strings.HasPrefix(s, "feed.Key(") || strings.Contains(s, "5a5a") || strings.Contains(s, "90 90") {
			t.Errorf("%s prints %.80s", verb, s)
		}
	}
}

func TestPublic(t *testing.T) {
	k := keyOf(t, 1)
	p := k.Public()
	p.Ed25519[0] ^= 1
	if p.Equal(k.Public()) {
		t.Error("changing what Public returned changed the key")
	}
	p = k.Public()
	b := must(json.Marshal(p))(t)
	var back Public
	if err := json.Unmarshal(b, &back); err != nil || !back.Equal(p) || back.Digest() != p.Digest() {
		t.Errorf("JSON does not give the key back: %v", err)
	}
	if p.Digest() == keyOf(t, 2).Public().Digest() {
		t.Error("two keys have one digest")
	}
	mixed := Public{Ed25519: p.Ed25519, MLDSA44: keyOf(t, 2).Public().MLDSA44}
	if mixed.Equal(p) || mixed.Digest() == p.Digest() {
		t.Error("the ML-DSA-44 half does not count")
	}
	for name, bad := range map[string]Public{
		"empty":            {},
		"no ML-DSA-44":     {Ed25519: p.Ed25519},
		"no Ed25519":       {MLDSA44: p.MLDSA44},
		"short ML-DSA-44":  {Ed25519: p.Ed25519, MLDSA44: p.MLDSA44[1:]},
		"long Ed25519":     {Ed25519: append(bytes.Clone(p.Ed25519), 0), MLDSA44: p.MLDSA44},
		"halves exchanged": {Ed25519: p.MLDSA44, MLDSA44: p.Ed25519},
	} {
		if bad.Validate() == nil {
			t.Errorf("%s: valid", name)
		}
		// A malformed key must never verify anything, nor panic.
		if _, err := OpenHead(signedOf(t, k, leavesOf(1, 1, "")), bad); err == nil {
			t.Errorf("%s: a checkpoint verified", name)
		}
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}
