package seal

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"filippo.io/age"
)

// What a note costs: 2 KB to two recipients. Cold wraps a file key per
// payload; kept is how a Sealer and an Opener work.

func benchmarkSeal(b *testing.B, keep func(*Sealer)) {
	to := recipients(newIdentity(b), newIdentity(b))
	plain := make([]byte, 2048)
	s := NewSealer(time.Now)
	b.ReportAllocs()
	for b.Loop() {
		keep(s)
		if _, err := s.Seal(to, plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealCold(b *testing.B) { benchmarkSeal(b, func(s *Sealer) { clear(s.kept) }) }
func BenchmarkSealKept(b *testing.B) { benchmarkSeal(b, func(*Sealer) {}) }

func benchmarkOpen(b *testing.B, opener func(*Opener) *Opener) {
	id, other := newIdentity(b), newIdentity(b)
	sealed, err := NewSealer(time.Now).Seal(recipients(id, other), make([]byte, 2048))
	if err != nil {
		b.Fatal(err)
	}
	o := NewOpener(id)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := opener(o).Open(sealed, 2048); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenCold(b *testing.B) {
	benchmarkOpen(b, func(o *Opener) *Opener { return NewOpener(o.id) })
}
func BenchmarkOpenKept(b *testing.B) { benchmarkOpen(b, func(o *Opener) *Opener { return o }) }

// What the worst payload that anybody can send costs before it is refused.
func BenchmarkOpenForOthers(b *testing.B) {
	for _, n := range []int{1, MaxRecipients} {
		b.Run(fmt.Sprintf("stanzas=%d", n), func(b *testing.B) {
			sealed := encrypt(b, "x", slices.Repeat([]age.Recipient{newIdentity(b).age.Recipient()}, n)...)
			o := NewOpener(newIdentity(b))
			for b.Loop() {
				if _, err := o.Open(sealed, 2048); err == nil {
					b.Fatal("opened")
				}
			}
		})
	}
}

func BenchmarkBox(b *testing.B) {
	box := NewBox([32]byte{1})
	plain, aad := make([]byte, 2048), []byte("PAK#1 move")
	boxed := box.Wrap(plain, aad)
	b.Run("wrap", func(b *testing.B) {
		for b.Loop() {
			box.Wrap(plain, aad)
		}
	})
	b.Run("unwrap", func(b *testing.B) {
		for b.Loop() {
			if _, err := box.Unwrap(boxed, aad); err != nil {
				b.Fatal(err)
			}
		}
	})
}
