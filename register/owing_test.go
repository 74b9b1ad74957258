package register

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// What is owed is kept as notes come: asked after any of them, in any order of
// arrival, it is that part of all the clocks.
func TestOwingIsPartOfAllClocks(t *testing.T) {
	some := 0
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 3))
		w := quarrel(t, rng, 150)
		everything(w)
		r := w.register()
		next := map[string]int{}
		for {
			var left []string
			for _, p := range w.parties() {
				if next[p] < len(w.notes[p]) {
					left = append(left, p)
				}
			}
			if left == nil {
				break
			}
			p := left[rng.IntN(len(left))]
			r.Add(w.notes[p][next[p]])
			next[p]++
			if rng.IntN(4) != 0 {
				continue
			}
			at := w.start.Add(time.Duration(rng.IntN(300)) * time.Hour)
			got := r.Owing(at)
			want := slices.DeleteFunc(r.At(at), func(v ClockView) bool {
				return v.State != Running && v.State != DueUnreported && v.State != OpenEnded
			})
			if some += len(want); len(got) != len(want) {
				t.Fatalf("seed %d, after %v: %d are owed, of all clocks %d", seed, next, len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("seed %d, after %v: clock %d is %+v, want %+v", seed, next, i, got[i], want[i])
				}
			}
		}
		all := map[*Entry]bool{}
		for e := range r.All() {
			all[e] = true
		}
		if len(all) != len(r.Entries()) {
			t.Errorf("All yields %d notes of %d", len(all), len(r.Entries()))
		}
	}
	if some < 100 {
		t.Fatalf("only %d clocks were compared", some)
	}
}
