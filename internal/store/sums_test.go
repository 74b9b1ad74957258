package store

import (
	"context"
	"fmt"
	"testing"

	"detente/note"
)

func TestEachPartSum(t *testing.T) {
	s, err := OpenMemory(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b Batch
	n := pageRows + 10
	for i := range n {
		sealed := fmt.Appendf(nil, "sealed %d", i)
		p := Part{ID: note.ID{Origin: "a", Index: uint64(i)}, Name: "move", Digest: note.Sum(sealed), Size: uint64(len(sealed)), State: Held, Sealed: sealed, Plain: fmt.Append(nil, i)}
		if i == 5 {
			p.Sealed, p.Plain, p.State = nil, nil, Missing
		}
		b.Parts = append(b.Parts, p)
	}
	if err := s.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	next := 3
	if err := s.EachPartSum(context.Background(), "a", 3, uint64(n)-1, func(p PartSum) error {
		want := b.Parts[next]
		if next == 5 {
			want.Digest, want.Size = note.Sum(nil), 0
		}
		if p.ID != want.ID || p.Sum != want.Digest || p.Stored != want.Size || p.Sealed != nil || string(p.Plain) != string(want.Plain) || p.State != want.State || p.Name != "move" {
			t.Fatalf("read %+v, want %+v", p, want)
		}
		next++
		return nil
	}); err != nil || next != n-1 {
		t.Fatalf("read up to %d of %d: %v", next, n-1, err)
	}
}
