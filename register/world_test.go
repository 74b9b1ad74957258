package register

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"detente/note"
)

// world makes notes as nodes would: every party writes in its own feed what
// it has seen of the others.
type world struct {
	t     *testing.T
	start time.Time
	notes map[string][]Opened       // by party
	seen  map[string]map[string]int // by party: how much of every other's feed it holds
	rules testRules
	clock time.Duration
}

var channel = note.Sum([]byte("channel"))

func newWorld(t *testing.T, parties ...string) *world {
	w := &world{t: t, start: time.Date(2024, 1, 16, 0, 0, 0, 0, time.UTC), notes: map[string][]Opened{}, seen: map[string]map[string]int{}, rules: testRules{}}
	for _, p := range parties {
		w.seen[p] = map[string]int{}
		w.rules[p] = "principal"
	}
	return w
}

func origin(party string) string { return note.Origin(party, channel, 1) }

func (w *world) parties() []string {
	var out []string
	for p := range w.seen {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// write appends a note by party. matter is nil for an opening one.
func (w *world) write(party, act string, matter *note.ID, fields map[string]any) note.ID {
	w.clock += time.Minute
	h := &note.Header{Audience: w.parties(), Charter: channel, Index: uint64(len(w.notes[party])), Origin: origin(party),
		Parts: []note.Part{}, Precedence: "routine", Time: w.start.Add(w.clock).Format(note.TimeLayout), Version: 1}
	for _, p := range w.parties() {
		if n := w.seen[party][p]; n > 0 && p != party {
			h.Seen = append(h.Seen, note.Head{Origin: origin(p), Size: uint64(n)})
		}
	}
	m := &note.Move{Act: act, Fields: fields, Matter: matter, Office: "desk", Version: 1}
	w.notes[party] = append(w.notes[party], Opened{Header: h, Move: m, Content: note.Sum(fmt.Appendf(nil, "%s %d", party, h.Index))})
	return h.ID()
}

// see lets party hold all that the others have written so far.
func (w *world) see(party string) {
	for p, n := range w.notes {
		if p != party {
			w.seen[party][p] = len(n)
		}
	}
}

// ack lets party say what it holds.
func (w *world) ack(party string) {
	w.see(party)
	w.write(party, "line/ack", nil, map[string]any{"held": int64(0)})
}

func (w *world) register() *Register {
	return New(func(note.Digest) (Rules, bool) { return w.rules, true })
}

// fold hands every note to a register in the order that pick chooses among
// the feeds that have more.
func (w *world) fold(pick func(left []string) string) *Register {
	r := w.register()
	next := map[string]int{}
	for {
		var left []string
		for _, p := range w.parties() {
			if next[p] < len(w.notes[p]) {
				left = append(left, p)
			}
		}
		if len(left) == 0 {
			return r
		}
		p := pick(left)
		if !r.Add(w.notes[p][next[p]]) {
			w.t.Fatalf("%s#%d was not taken", p, next[p])
		}
		next[p]++
	}
}

// inOrder returns every note in a random order that keeps each feed's own.
func (w *world) inOrder(rng *rand.Rand) (out []Opened) {
	next := map[string]int{}
	w.fold(func(left []string) string {
		p := left[rng.IntN(len(left))]
		out = append(out, w.notes[p][next[p]])
		next[p]++
		return p
	})
	return out
}

// everyOrder calls do with the register of every delivery order that keeps
// each feed's own.
func (w *world) everyOrder(do func(*Register)) {
	var script []int
	for {
		step := 0
		do(w.fold(func(left []string) string {
			if step == len(script) {
				script = append(script, 0)
			}
			script[step] = min(script[step], len(left)-1)
			step++
			return left[script[step-1]]
		}))
		// The next script: the last choice that can still grow, grown by one.
		next := map[string]int{}
		options := make([]int, len(script))
		for i, c := range script {
			var left []string
			for _, p := range w.parties() {
				if next[p] < len(w.notes[p]) {
					left = append(left, p)
				}
			}
			options[i] = len(left)
			next[left[c]]++
		}
		i := len(script) - 1
		for i >= 0 && script[i]+1 >= options[i] {
			i--
		}
		if i < 0 {
			return
		}
		script = append(script[:i:i], script[i]+1)
	}
}

func (w *world) heads() map[string]uint64 {
	h := map[string]uint64{}
	for p, n := range w.notes {
		h[origin(p)] = uint64(len(n))
	}
	return h
}

func (w *world) picture(r *Register) note.Digest {
	d, ok := r.Picture(w.parties(), w.heads())
	if !ok {
		w.t.Fatal("the register has not folded everything")
	}
	return d
}

// testRules is a charter in which every office may do everything that its
// party's role allows.
type testRules map[string]string

func (r testRules) Role(party string) string                 { return r[party] }
func (r testRules) MaySay(string, string, string) bool       { return true }
func (r testRules) MayBind(_, office, _ string) (bool, bool) { return office == "desk", false }
func (r testRules) IsExercise() bool                         { return false }
func (r testRules) Serial() int                              { return 0 }
func (r testRules) Due(act string, start time.Time, _ string) (time.Time, bool) {
	hours, ok := map[string]time.Duration{"incident/question": 48, "dossier/share": 72, "request/make": 24}[act]
	return start.Add(hours * time.Hour), ok
}

// shareFields are those of a dossier of n items.
func shareFields(n int) map[string]any {
	var items []any
	for range n {
		items = append(items, map[string]any{"kind": "route", "source": "B", "information": "2", "where": "IR/Sistan and Baluchestan/Saravan"})
	}
	return map[string]any{"items": items, "tlp": "amber", "expires": "none"}
}

// answers are the fields of an answer: item, answer, item, answer.
func answers(of ...any) map[string]any {
	var list []any
	for i := 0; i < len(of); i += 2 {
		list = append(list, map[string]any{"item": int64(of[i].(int)), "as": of[i+1]})
	}
	return map[string]any{"answers": list}
}

func offerFields(by ...string) map[string]any {
	var parts []any
	for _, p := range by {
		parts = append(parts, map[string]any{"by": p, "due": "2024-01-26T23:59:00+05:00[Asia/Karachi]", "end": "none"})
	}
	return map[string]any{"parts": parts}
}

func (w *world) terms(id note.ID) map[string]any {
	return map[string]any{"terms": w.notes[id.Party()][id.Index].Content.String()}
}
