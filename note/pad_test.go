package note

import (
	"bytes"
	"math"
	"testing"
)

// Padding: never shorter, always a bucket, few buckets, little waste, and the
// only way back.
func TestPaddingBuckets(t *testing.T) {
	buckets := map[uint64]bool{}
	var last uint64
	for n := uint64(0); n <= 1<<21; n++ {
		p := PaddedSize(n)
		switch {
		case p < n:
			t.Fatalf("PaddedSize(%d) = %d", n, p)
		case p < last:
			t.Fatalf("PaddedSize(%d) = %d, less than that of %d", n, p, n-1)
		case PaddedSize(p) != p:
			t.Fatalf("PaddedSize(%d) = %d, which is not a bucket", n, p)
		case n > 4096 && (p-n)*5 > p:
			t.Fatalf("PaddedSize(%d) = %d: more than a fifth is padding", n, p)
		}
		last, buckets[p] = p, true
	}
	// 512, 1,024, 2,048, then 4 for each of the doublings from 4,096 to 1 MiB, then 2 MiB.
	if want := 3 + 4*9 + 1; len(buckets) != want {
		t.Errorf("%d buckets up to 2 MiB; want %d", len(buckets), want)
	}
	for n, want := range map[uint64]uint64{0: 512, 512: 512, 513: 1024, 4096: 4096, 4097: 5120, 7169: 8192, MaxContent: MaxContent, MaxAttachment: MaxAttachment, 1<<62 + 1: 1<<62 + 1, math.MaxUint64: math.MaxUint64} {
		if got := PaddedSize(n); got != want {
			t.Errorf("PaddedSize(%d) = %d; want %d", n, got, want)
		}
	}
}

func TestUnpad(t *testing.T) {
	for _, n := range []int{1, 511, 512, 513, 5000} {
		b := append(bytes.Repeat([]byte("x"), n-1), '}')
		got, err := Unpad(Pad(b), n)
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("%d bytes: %.20q, %v", n, got, err)
		}
		if _, err := Unpad(Pad(b), n-1); err == nil {
			t.Errorf("%d bytes were accepted where the limit is one less", n)
		}
		for what, bad := range map[string][]byte{
			"no padding":    b,
			"one byte more": append(Pad(b), ' '),
			"one byte less": Pad(b)[:max(n, len(Pad(b))-1)],
			"next bucket":   append(b[:n:n], bytes.Repeat([]byte(" "), int(PaddedSize(PaddedSize(uint64(n))+1))-n)...),
		} {
			if bytes.Equal(bad, Pad(b)) {
				continue // already as long as its bucket
			}
			if got, err := Unpad(bad, MaxMove); err == nil {
				t.Errorf("%d bytes, %s: accepted as %d bytes", n, what, len(got))
			}
		}
	}
	// What is not a space is not padding, so it is left for the JSON to refuse.
	m := sampleMove()
	plain, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []byte("\n\t\x00x") {
		bad := bytes.Clone(plain)
		bad[len(bad)-1] = c
		if _, err := ParseMove(bad); err == nil {
			t.Errorf("padding that ends in %q was accepted", c)
		}
	}
}
