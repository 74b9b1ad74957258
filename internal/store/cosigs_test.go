package store

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestEachCosig(t *testing.T) {
	s, err := OpenMemory(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b Batch
	n := pageRows + 10
	for size := range n {
		for _, name := range []string{"IRN/receipt", "TUR/witness"} {
			b.Cosigs = append(b.Cosigs, Cosig{Origin: "a", Name: name, Size: uint64(size), Time: time.Unix(int64(size), 0).UTC(), Lines: fmt.Append(nil, name, size)})
		}
	}
	b.Cosigs = append(b.Cosigs, Cosig{Origin: "b", Name: "IRN/receipt", Size: 1, Time: time.Unix(1, 0), Lines: []byte("b")})
	if err := s.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := s.EachCosig(context.Background(), "a", func(c Cosig) error {
		if c.Origin != "a" || c.Time.Unix() != int64(c.Size) {
			t.Fatalf("read %+v", c)
		}
		got = append(got, string(c.Lines))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2*n || got[0] != "IRN/receipt0" || got[n-1] != fmt.Sprint("IRN/receipt", n-1) || got[2*n-1] != fmt.Sprint("TUR/witness", n-1) {
		t.Fatalf("read %d cosignatures, the first %q", len(got), got[0])
	}
	sizes := 0
	if err := s.EachCosigSize("a", func(name string, size uint64) {
		if name == "TUR/witness" && size < uint64(n) {
			sizes++
		}
	}); err != nil || sizes != n {
		t.Fatalf("read %d sizes: %v", sizes, err)
	}
	if err := s.EachCosig(context.Background(), "none", func(Cosig) error { t.Fatal("a cosignature on nothing"); return nil }); err != nil {
		t.Fatal(err)
	}
}
