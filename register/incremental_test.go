package register

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"detente/internal/jcs"
	"detente/note"
)

// scratch is the fold at its simplest: every entry of the matter, one after
// the other, from nothing. It returns all that a matter can say.
func scratch(t *testing.T, m *Matter) string {
	t.Helper()
	var p, settled point
	stop := false
	var out strings.Builder
	for _, e := range m.Entries {
		next, result, reason := m.step(p, e)
		p = next
		fmt.Fprintln(&out, e.ID, result, reason)
		if stop = stop || !m.r.Settled(e); !stop {
			settled = p
		}
	}
	fmt.Fprintln(&out, m.Entries[0].ID, p.digest(), encoded(t, p.state), encoded(t, settled.state))
	return out.String()
}

// kept is the same of what the matter has worked out step by step.
func kept(t *testing.T, m *Matter) string {
	t.Helper()
	var out strings.Builder
	for _, e := range m.Entries {
		fmt.Fprintln(&out, e.ID, e.Result, e.Reason)
	}
	fmt.Fprintln(&out, m.ID, m.sum(), encoded(t, m.State), encoded(t, m.Settled))
	return out.String()
}

func encoded(t *testing.T, v any) string {
	b, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// quarrel writes n notes of three parties, two principals and a facilitator,
// who often do not see each other, on few matters: each grows long, and is
// full of crossed moves and of moves that are not open.
func quarrel(t *testing.T, rng *rand.Rand, n int) *world {
	w := newWorld(t, "IRN", "OMN", "PAK")
	w.rules["OMN"] = "facilitator"
	report := w.write("PAK", "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
	offer := w.write("PAK", "undertaking/offer", nil, offerFields("PAK", "IRN"))
	talk := w.write("PAK", "talk/propose", nil, map[string]any{"form": "telephone", "when": "2024-01-19", "level": "foreign ministers"})
	question := report
	for range n {
		p := w.parties()[rng.IntN(3)]
		if rng.IntN(3) == 0 || w.seen[p]["PAK"] == 0 && p != "PAK" {
			w.see(p)
		}
		switch rng.IntN(13) {
		case 0, 1:
			question = w.write(p, "incident/question", &report, nil)
		case 2:
			w.write(p, "incident/clarify", &report, map[string]any{"question": question.String()})
		case 3:
			w.write(p, "incident/protest", &report, nil)
		case 4:
			w.write(p, "undertaking/accept", &offer, w.terms(offer))
		case 5:
			w.write(p, "undertaking/withdraw", &offer, nil)
		case 6:
			w.write(p, "undertaking/report", &offer, map[string]any{"part": int64(1), "when": "2024-01-26"})
		case 7:
			w.write(p, "talk/counter", &talk, map[string]any{"when": "2024-01-20"})
		case 8:
			w.write(p, "talk/agree", &talk, nil)
		case 9, 10:
			heads := []string{"recalled-for-consultations", "non-grata", "in-post"}
			w.write(p, "mission/change", nil, map[string]any{"sending": "PAK", "receiving": "IRN", "head": heads[rng.IntN(3)]})
		case 11:
			w.write(p, "incident/settle", &report, nil)
		case 12:
			w.ack(p)
		}
	}
	for range 2 {
		for _, p := range w.parties() {
			w.ack(p)
		}
	}
	return w
}

// Notes are added in random orders, some payloads late, and the register is
// asked after every one: at each step each matter is what a fold from nothing
// gives, and in the end all registers have one picture, which is also that of
// one that was never asked before.
func TestFoldingStepByStepIsFoldingFromNothing(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := quarrel(t, rng, 250)
		random := func(left []string) string { return left[rng.IntN(len(left))] }
		byTurns := func(party string) func([]string) string { // bursts: long stretches of one feed, inserted among others
			return func(left []string) string {
				if rng.IntN(40) == 0 || !slices.Contains(left, party) {
					party = left[rng.IntN(len(left))]
				}
				return party
			}
		}
		silent := w.fold(random)
		want := w.picture(silent)
		cut := w.heads()
		for o := range cut {
			cut[o] -= min(cut[o], uint64(rng.IntN(20)))
		}
		wantCut, _ := silent.Picture(w.parties(), cut)

		for order, pick := range []func([]string) string{random, byTurns("PAK")} {
			r := w.register()
			next := map[string]int{}
			var late []Opened
			longest, inserted := 0, 0
			for left := w.parties(); len(left) > 0; left = slices.DeleteFunc(left, func(p string) bool { return next[p] == len(w.notes[p]) }) {
				p := pick(left)
				n := w.notes[p][next[p]]
				next[p]++
				if rng.IntN(20) == 0 {
					late = append(late, n)
					n.Move, n.Trouble = nil, Missing
				}
				r.Add(n)
				if len(late) > 0 && rng.IntN(10) == 0 {
					r.Replace(late[0])
					late = late[1:]
				}
				if rng.IntN(3) == 0 {
					continue // several at once
				}
				for _, m := range r.Matters() {
					if got, want := kept(t, m), scratch(t, m); got != want {
						t.Fatalf("seed %d, order %d, after %d notes on it: the matter has\n%swant\n%s", seed, order, len(m.Entries), got, want)
					}
					longest = max(longest, len(m.Entries))
					if e := m.Entries[len(m.Entries)-1]; e.ID != n.Header.ID() && r.Entry(n.Header.ID()).Matter == m {
						inserted++
					}
				}
			}
			for _, n := range late {
				r.Replace(n)
			}
			if got := w.picture(r); got != want {
				t.Fatalf("seed %d, order %d: another picture", seed, order)
			}
			if got, ok := r.Picture(w.parties(), cut); !ok || got != wantCut {
				t.Fatalf("seed %d, order %d: another picture of earlier heads", seed, order)
			}
			if longest <= 2*markEvery || inserted == 0 {
				t.Fatalf("seed %d, order %d: the longest matter has %d notes, %d went among others: too tame to show anything", seed, order, longest, inserted)
			}
		}
	}
}

// A long matter that grows note by note costs the same for each note: twice
// the notes are twice the folding, not four times.
func TestAMatterThatGrowsIsNotFoldedAnew(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	report := w.write("PAK", "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
	for range 200 {
		w.see("IRN")
		w.write("IRN", "incident/protest", &report, nil)
		w.see("PAK")
		w.write("PAK", "incident/protest", &report, nil)
	}
	asked := 0
	r := New(func(note.Digest) (Rules, bool) { asked++; return w.rules, true })
	var perNote []int
	for i := range w.notes["PAK"] {
		for _, p := range w.parties() {
			if i >= len(w.notes[p]) {
				continue
			}
			before := asked
			r.Add(w.notes[p][i])
			r.Matter(report)
			perNote = append(perNote, asked-before)
		}
	}
	if early, late := slices.Max(perNote[20:60]), slices.Max(perNote[len(perNote)-40:]); late > early {
		t.Errorf("a note asks for its rules up to %d times at first, and %d times later on", early, late)
	}
}

// A picture begins where the last one still holds: what is new, what has grown
// and what stands beyond the heads is hashed anew, wherever it sorts.
func TestAPictureThatWasAskedForBeforeIsThatOfANewRegister(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(t, "IRN", "OMN", "PAK")
		var letters []note.ID
		for range 12 * markEvery {
			p := w.parties()[rng.IntN(3)]
			w.see(p)
			switch on := rng.IntN(8); {
			case on == 0 && len(letters) > 0:
				w.write(p, "message/correct", &letters[rng.IntN(len(letters))], nil)
			case on == 1:
				w.write(p, "mission/change", nil, map[string]any{"sending": "PAK", "receiving": "IRN", "head": "in-post"})
			default:
				letters = append(letters, w.write(p, "message/send", nil, map[string]any{"form": "letter"}))
			}
		}
		asked, added := w.register(), []Opened{}
		for _, n := range w.inOrder(rng) {
			asked.Add(n)
			added = append(added, n)
			if rng.IntN(12) > 0 {
				continue
			}
			silent := w.register()
			for _, n := range added {
				silent.Add(n)
			}
			heads := silent.Heads()
			for origin := range heads {
				if rng.IntN(2) == 0 {
					heads[origin] = rng.Uint64N(heads[origin] + 1)
				}
			}
			want, _ := silent.Picture(w.parties(), heads)
			if got, ok := asked.Picture(w.parties(), heads); !ok || got != want {
				t.Fatalf("seed %d, %d notes: %v, %v; want %v", seed, len(added), got, ok, want)
			}
		}
	}
}
