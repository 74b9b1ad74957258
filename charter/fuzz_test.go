package charter

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"detente/feed"
	"detente/note"
)

// The seeds are in testdata/fuzz: signed texts, and the same without
// signatures, since a fuzzer cannot sign what it has changed. So every target
// also tries its input as a bare text that it signs itself.

func FuzzParseCredence(f *testing.F) {
	f.Fuzz(func(t *testing.T, in []byte) {
		if c, err := ParseCredence(in); err == nil {
			sameText(t, in, c.Text)
		}
		own, err := identity("PAK").SignText(SignerName("PAK"), in)
		if err != nil {
			return
		}
		c, err := ParseCredence(feed.JoinText(in, own))
		if err != nil {
			return
		}
		sameText(t, in, c.Text)
		if c.Digest() != note.Sum(in) || len(Words(c.Fingerprint(), FingerprintWords)) != FingerprintWords {
			t.Fatal("digest or words")
		}
	})
}

func FuzzParseCharter(f *testing.F) {
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := ParseCharter(in)
		if err != nil {
			return
		}
		sameText(t, s.Text, s.Charter.Text)
		again, err := ParseCharter(s.Bytes())
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("what was accepted does not read back: %v", err)
		}
		if s.InForce() && s.Charter.Amends == nil {
			if _, err := NewChannel(s); err != nil {
				t.Fatal(err)
			}
		}
		r := s.Rules()
		for _, m := range s.Charter.Members {
			for _, k := range s.Charter.Clocks {
				start := note.Header{Time: "2024-01-16T08:00:00.000Z"}
				if due := Due(start.When(), k, m); !due.After(start.When()) {
					t.Fatalf("due %s", due)
				}
			}
			if ok, _ := r.MayBind(m.Party, "mfa", "talk/agree"); ok && m.Role != Principal {
				t.Fatalf("a %s binds", m.Role)
			}
		}
	})
}

func FuzzParseClosing(f *testing.F) {
	f.Fuzz(func(t *testing.T, in []byte) {
		pub := identity("PAK").Public()
		if c, err := ParseClosing(in, pub); err == nil {
			sameText(t, in, c.Text)
		}
		own, err := identity("PAK").SignText(SignerName("PAK"), in)
		if err != nil {
			return
		}
		if c, err := ParseClosing(feed.JoinText(in, own), pub); err == nil {
			sameText(t, in, c.Text)
		}
	})
}

// sameText fails unless the value writes the text that it was read from.
func sameText(t *testing.T, in []byte, write func() ([]byte, error)) {
	t.Helper()
	text, err := write()
	if err != nil || !bytes.HasPrefix(in, text) {
		t.Fatalf("read from %q, writes %q (%v)", in, text, err)
	}
}

// TestFuzzSeeds sees to it that the committed seeds reach the far end of each
// parser, and writes them with -update.
func TestFuzzSeeds(t *testing.T) {
	c := closing(sign(t, founding()).Digest, "PAK", 1, Rotation, credence("PAK", 2, "b"))
	bare := c
	bare.Reason, bare.Next = Left, nil
	text := func(b []byte, err error) []byte { must(t, err); return b }
	s := sign(t, founding(), "PAK", "IRN")
	for target, seeds := range map[string][][]byte{
		"FuzzParseCredence": {signedCredence(t, "PAK", 1, "a"), text(credence("PAK", 1, "a").Text())},
		"FuzzParseCharter":  {s.Bytes(), s.Text, sign(t, amend(s, s.Digest, func(c *Charter) { c.RollCall = nil }), "OMN").Bytes()},
		"FuzzParseClosing":  {signedClosing(t, c), text(c.Text()), text(bare.Text())},
	} {
		for i, seed := range seeds {
			path := filepath.Join("testdata", "fuzz", target, fmt.Sprintf("seed-%d", i+1))
			want := fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", seed)
			if *update {
				must(t, os.MkdirAll(filepath.Dir(path), 0o755))
				must(t, os.WriteFile(path, want, 0o644))
			}
			got, err := os.ReadFile(path)
			must(t, err)
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what the parser reads today; run go test ./charter -update", path)
			}
		}
	}
}
