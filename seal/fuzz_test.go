package seal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The corpus of FuzzOpen is sealed for this identity, which guards nothing.
const fuzzIdentity = "AGE-SECRET-KEY-PQ-1L8A8H4E5QDM227S5Q536D7SSX7NWFDY8AFW4QKQ66YRZCPT9ZGPQTZTSZX"

// FuzzOpen: whatever the bytes, Open and OpenStream agree, with the header
// remembered or not; what they accept, stock age opens to the same text; what
// they refuse, they refuse with one of the two errors.
func FuzzOpen(f *testing.F) {
	id, err := ParseIdentity(fuzzIdentity)
	if err != nil {
		f.Fatal(err)
	}
	remembering := NewOpener(id)
	const limit = 1 << 20
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := remembering.Open(sealed, limit)
		again, errAgain := NewOpener(id).Open(sealed, limit)
		if !bytes.Equal(plain, again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("with memory %q, %v; without %q, %v", plain, err, again, errAgain)
		}
		streamed, errStream := openAll(remembering, sealed)
		if (err == nil) != (errStream == nil) {
			t.Fatalf("Open: %v; OpenStream: %v", err, errStream)
		}
		if err == nil {
			if reference, err := stock(sealed, id); err != nil || !bytes.Equal(reference, plain) || !bytes.Equal(streamed, plain) {
				t.Fatalf("Open: %q; OpenStream: %q; stock age: %q, %v", plain, streamed, reference, err)
			}
			return
		}
		for _, err := range []error{err, errStream} {
			var d *Damaged
			var n *NotForUs
			if !errors.As(err, &d) && !errors.As(err, &n) || len(err.Error()) > 1000 {
				t.Fatalf("refused with %T of %d bytes", err, len(err.Error()))
			}
		}
		if plain != nil {
			t.Fatalf("refused, yet returns %q", plain)
		}
	})
}

func openAll(o *Opener, sealed []byte) ([]byte, error) {
	r, err := o.OpenStream(bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// TestFuzzCorpusOpens keeps the corpus alive: were the identity changed,
// every entry would be refused, and FuzzOpen would still pass.
func TestFuzzCorpusOpens(t *testing.T) {
	id, err := ParseIdentity(fuzzIdentity)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"two-addressees": "words",
		"same-file-key":  "other words",
		"empty-text":     "",
		"stock-age":      "words",
	} {
		if got, err := NewOpener(id).Open(corpus(t, "FuzzOpen", name), 100); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, says := range map[string]string{
		"x25519":             "type",
		"mixed":              "type",
		"scrypt":             "type",
		"grease":             "type",
		"two-file-keys":      "MAC",
		"no-stanza":          "no stanza",
		"zero-encapsulation": "age refuses",
		"short-file-key":     "stanza 1 is not",
	} {
		_, err := NewOpener(id).Open(corpus(t, "FuzzOpen", name), 100)
		wantDamaged(t, name, err, says)
	}
	var n *NotForUs
	if _, err := NewOpener(id).Open(corpus(t, "FuzzOpen", "for-others"), 100); !errors.As(err, &n) {
		t.Errorf("for-others: %v", err)
	}
}

// corpus returns the bytes of one committed entry.
func corpus(t *testing.T, target, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", "fuzz", target, name))
	if err != nil {
		t.Fatal(err)
	}
	quoted := strings.TrimSuffix(strings.TrimPrefix(string(file), "go test fuzz v1\n[]byte("), ")\n")
	text, err := strconv.Unquote(quoted)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

// FuzzRecipient: what is accepted as a public key can be sealed to, and has
// no other spelling.
func FuzzRecipient(f *testing.F) {
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseRecipient(s)
		if err != nil {
			if len(err.Error()) > 300 {
				t.Fatalf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		if r.String() != s {
			t.Fatalf("%q is read as %q", s, r)
		}
		if _, err := NewSealer(newClock().now).Seal([]string{s}, []byte("words")); err != nil {
			t.Fatalf("%q is accepted as a key, and: %v", s, err)
		}
	})
}
