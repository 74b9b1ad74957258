package register

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"detente/note"
)

// TestByTime wants the order of claimed times to be that of a sort from
// nothing, however notes come and whenever somebody looks; notes that claim
// one instant, notes that claim an early one late, payloads that come after
// their notes, and acks among those.
func TestByTime(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(t, "IRN", "OMN", "PAK")
		for range 120 {
			p := w.parties()[rng.IntN(3)]
			if rng.IntN(3) == 0 {
				w.see(p) // what comes before what it has seen waits
			}
			if rng.IntN(4) == 0 {
				w.ack(p)
				continue
			}
			w.write(p, "message/send", nil, map[string]any{"form": "letter"})
			h := w.notes[p][len(w.notes[p])-1].Header
			h.Time = w.start.Add(time.Duration(rng.IntN(40)) * time.Minute).Format(note.TimeLayout)
		}
		r := w.register()
		var missing []Opened
		next := map[string]int{}
		for left := 120; left > 0; left-- {
			p := w.parties()[rng.IntN(3)]
			for next[p] == len(w.notes[p]) {
				p = w.parties()[rng.IntN(3)]
			}
			n := w.notes[p][next[p]]
			next[p]++
			if rng.IntN(5) == 0 {
				missing = append(missing, n)
				n = Opened{Header: n.Header, Trouble: Missing}
			}
			r.Add(n)
			if len(missing) > 0 && rng.IntN(3) == 0 {
				r.Replace(missing[0])
				missing = missing[1:]
			}
			if rng.IntN(4) > 0 && left > 1 {
				continue
			}
			want := slices.DeleteFunc(slices.Collect(r.All()), isAck)
			slices.SortFunc(want, CompareTimes)
			if got := r.ByTime(); !slices.Equal(got, want) {
				t.Fatalf("seed %d, %d left: the order of %d notes is not that of a sort of %d", seed, left, len(got), len(want))
			}
			if !slices.IsSortedFunc(want, func(a, b *Entry) int { return max(CompareTimes(a, b), -1) }) {
				t.Fatal("two notes have one place")
			}
		}
	}
}

// TestOfAct wants every note under its act once, whatever became of it, also
// one that was tried again after a payload before it came.
func TestOfAct(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	report := w.write("PAK", "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
	w.see("IRN")
	w.write("IRN", "incident/account", &report, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
	w.notes["IRN"][0].Header.Precedence = "flash"
	r := w.register()
	r.Add(Opened{Header: w.notes["PAK"][0].Header, Trouble: Missing})
	r.Add(w.notes["IRN"][0])
	is := func(reports int, result Result) {
		t.Helper()
		if got := r.OfAct("incident/account"); len(got) != 1 || got[0].Result != result || len(r.OfAct("incident/report")) != reports || len(r.OfAct("no/act")) != 0 {
			t.Errorf("%d reports, accounts %+v", len(r.OfAct("incident/report")), got)
		}
		if got := r.Flash(); len(got) != 1 || got[0].Result != result {
			t.Errorf("flash: %+v", got)
		}
	}
	is(0, OutOfOrder)
	r.Replace(w.notes["PAK"][0])
	is(1, Applied)
}
