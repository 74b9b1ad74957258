package seal

import (
	"bytes"
	"testing"
)

func TestBox(t *testing.T) {
	box := NewBox([32]byte{1})
	seen := map[string]bool{}
	for _, plain := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("y"), 100_000)} {
		for range 20 {
			boxed := box.Wrap(plain, []byte("PAK#1 move"))
			if len(boxed) != len(plain)+BoxOverhead || len(plain) > 9 && bytes.Contains(boxed, plain) {
				t.Fatalf("%d bytes became %d", len(plain), len(boxed))
			}
			if nonce := string(boxed[:24]); seen[nonce] {
				t.Fatal("a nonce came twice")
			} else {
				seen[nonce] = true
			}
			got, err := box.Unwrap(boxed, []byte("PAK#1 move"))
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("Unwrap = %d bytes, %v", len(got), err)
			}
			got, err = box.UnwrapInPlace(boxed, []byte("PAK#1 move"))
			if err != nil || !bytes.Equal(got, plain) || len(got) > 0 && &got[0] != &boxed[24] {
				t.Fatalf("UnwrapInPlace = %d bytes, %v", len(got), err)
			}
		}
	}
	plain, aad := []byte("words"), []byte("PAK#1 move")
	boxed := box.Wrap(plain, aad)
	if string(plain) != "words" || string(aad) != "PAK#1 move" {
		t.Error("Wrap changed its arguments")
	}
	for i := range boxed {
		bad := bytes.Clone(boxed)
		bad[i] ^= 1
		if got, err := box.Unwrap(bad, aad); err == nil || got != nil {
			t.Errorf("byte %d flipped: %q", i, got)
		}
		if got, err := box.UnwrapInPlace(bad, aad); err == nil || got != nil {
			t.Errorf("byte %d flipped, in place: %q", i, got)
		}
		if got, err := box.UnwrapInPlace(bytes.Clone(boxed[:i]), aad); err == nil || got != nil {
			t.Errorf("cut to %d bytes, in place: %q", i, got)
		}
		if got, err := box.Unwrap(boxed[:i], aad); err == nil || got != nil {
			t.Errorf("cut to %d bytes: %q", i, got)
		}
	}
	if _, err := box.Unwrap(boxed, []byte("PAK#1 content")); err == nil {
		t.Error("opens in another place than it was put")
	}
	if _, err := NewBox([32]byte{2}).Unwrap(boxed, aad); err == nil {
		t.Error("opens with another key")
	}
}
