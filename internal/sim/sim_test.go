package sim

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"detente/internal/node"
	"detente/register"
)

var (
	seeds   = flag.Uint64("sim.seeds", standardSeeds, "how many worlds TestWorlds plays")
	first   = flag.Uint64("sim.first", 1, "the first seed")
	verbose = flag.Bool("sim.log", false, "let a trace hold what the nodes log")
)

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400) // a world is small, and soon gone
	code := m.Run()
	if all, err := profiles(); err == nil {
		os.RemoveAll(filepath.Dir(all["ALF"].dir))
	}
	os.Exit(code)
}

// play plays the world of a seed in a bubble of its own.
func play(t *testing.T, seed uint64, dir string) *world {
	if _, err := profiles(); err != nil { // outside the bubble: they outlive it
		t.Fatal(err)
	}
	var w *world
	synctest.Test(t, func(t *testing.T) {
		var err error
		w, err = build(seed, dir)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		defer w.close()
		w.live()
		w.heal()
	})
	return w
}

// build draws what a world is like.
func build(seed uint64, dir string) (*world, error) {
	kind := seed * 2654435761 >> 7
	principals := 3
	switch kind % 10 {
	case 0, 1:
		principals = 2
	case 2:
		principals = 4
	}
	scope := ""
	if principals == 2 || kind%7 == 0 {
		scope = []string{"full", "full", "headers", "hashes"}[kind/10%4]
	}
	return newWorld(fmt.Sprint("sim-", seed), dir, seed, principals, scope)
}

// live lets a world run its course.
func (w *world) live() {
	steps := 4 + w.rng.IntN(5)
	if w.chance(0.05) {
		steps *= 4 // most worlds are small, so that there can be many
	}
	w.line = quality{lose: pick(w, []float64{0, 0.05, 0.3}), twice: pick(w, []float64{0, 0.1, 0.3}), slow: pick(w, []float64{0, 0, 0.1}),
		delay: pick(w, []time.Duration{time.Millisecond, 50 * time.Millisecond, 2 * time.Second})}
	var liar *party
	if w.chance(0.35) {
		liar = w.parties[w.rng.IntN(len(w.principals()))]
		liar.liar = true
		liar.mangles = w.chance(0.4)
	}
	forkAt := -1
	if liar != nil && len(w.parties) > 2 && w.chance(0.25) {
		forkAt = 2 + w.rng.IntN(steps-2)
	}
	for i := range steps {
		if i == forkAt {
			w.twin(liar)
		}
		w.step(liar)
		// A little more, so that no step falls on the moment of a node's own timers.
		w.advance(w.between(1, time.Millisecond) + pick(w, []time.Duration{0, time.Millisecond, 30 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second, 2 * time.Second, 10 * time.Second}))
		w.check(i%5 == 4)
		if w.violated != nil {
			return
		}
	}
}

var points = []string{"signed", "committed", "journaled", "sent", "received", "stored", "receipted"}

func (w *world) step(liar *party) {
	up := w.up()
	down := slices.DeleteFunc(slices.Clone(w.parties), func(p *party) bool { return !p.down })
	switch n := w.rng.IntN(100); {
	case len(down) > 0 && n < 25:
		w.restart(pick(w, down))
	case n < 8 && len(up) > 0:
		w.crash(pick(w, up))
	case n < 16 && len(up) > 0:
		p := pick(w, up)
		w.mu.Lock()
		p.crashAt, p.crashIn = pick(w, points), w.rng.IntN(3)
		w.mu.Unlock()
	case n < 26:
		a, b := pick(w, w.parties), pick(w, w.parties)
		w.mu.Lock()
		w.parted[pairOf(a.code, b.code)] = !w.parted[pairOf(a.code, b.code)]
		w.mu.Unlock()
		w.logf("%s parted: %t", pairOf(a.code, b.code), w.parted[pairOf(a.code, b.code)])
	case n < 40 && liar != nil && !liar.down:
		w.lie(liar, pick(w, lies))
	case len(up) == 0:
		w.restart(pick(w, w.parties))
	case n < 55:
		if p := pick(w, up); p.role == "principal" {
			w.cross(p)
		}
	default:
		for range 1 + w.rng.IntN(3) {
			if p := pick(w, up); p.role == "principal" && !p.down {
				w.say(p)
			}
		}
	}
}

// heal ends all troubles and lets time pass: everything honest must converge.
func (w *world) heal() {
	if w.violated != nil {
		return
	}
	w.line = quality{delay: 20 * time.Millisecond}
	w.mu.Lock()
	clear(w.parted)
	w.mu.Unlock()
	for _, p := range w.parties {
		p.mangles, p.crashAt = false, ""
		w.restart(p)
		if p.peers != nil { // of a party that signed two heads nothing more is needed
			w.crash(p)
		}
	}
	w.logf("the line heals")
	why := errors.New("no time has passed")
	for i := 0; i < 15 && why != nil && w.violated == nil; i++ {
		w.advance(8 * time.Second)
		why = w.converged()
	}
	if why != nil {
		w.fail("converge", "two minutes after the line healed, %v", why)
		return
	}
	w.healed = true
	w.check(true)
}

// converged says what keeps the honest nodes from standing on the same notes.
func (w *world) converged() (why error) {
	fail := func(format string, args ...any) { why = fmt.Errorf(format, args...) }
	var want map[string]string
	var who string
	for _, p := range w.honest() {
		if p.scope == "hashes" {
			continue // it is shown heads, and holds no leaves
		}
		got := map[string]string{}
		p.node.Read(w.channel, func(s *node.Snapshot) {
			for _, f := range s.Feeds {
				if f.Frozen != nil {
					got[f.Origin] = fmt.Sprintf("frozen at %d", *f.Frozen)
					if int(s.Register.Size(f.Origin)) != int(*f.Frozen) {
						fail("%s holds %d of the %d leaves that stand of %s", p.code, s.Register.Size(f.Origin), *f.Frozen, f.Origin)
					}
				} else {
					got[f.Origin] = fmt.Sprint(f.Head.Size, f.Head.Root)
				}
			}
			for _, e := range s.Register.Entries() {
				switch {
				case e.Result == register.Waiting:
					fail("%s: %s waits: %s", p.code, e.ID.Short(), e.Reason)
				case e.Trouble == register.Missing && !w.party(e.ID.Party()).liar:
					fail("%s: the payload of %s is missing", p.code, e.ID.Short())
				case e.Result != register.Kept && e.Trouble != register.Missing && e.Trouble != register.Sealed && !w.forks && !s.Register.Settled(e) && !w.lastWord(e, s):
					fail("%s: %s %s is not settled", p.code, e.ID.Short(), e.Result)
				}
			}
		})
		if want == nil {
			want, who = got, p.code
		} else if fmt.Sprint(got) != fmt.Sprint(want) {
			fail("%s holds\n\t%v\n%s holds\n\t%v", who, want, p.code, got)
		}
	}
	return why
}

// lastWord reports whether a note lacks only the word of a liar, who may stay
// silent.
func (w *world) lastWord(e *register.Entry, s *node.Snapshot) bool {
	for _, p := range w.principalsOf(e.Audience) {
		if p != e.ID.Party() && !w.party(p).liar && s.Register.Covered(p, e.ID) == nil {
			return false
		}
	}
	return slices.ContainsFunc(e.Audience, func(p string) bool { return w.party(p).liar })
}

func report(t *testing.T, seed uint64, w *world) {
	t.Helper()
	if w.violated != nil {
		t.Errorf("seed %d: %v\nrun it again with: go test ./internal/sim -run TestWorlds -count 20 -sim.first %d -sim.seeds 1\n%s", seed, w.violated, seed, strings.Join(w.trace, "\n"))
	}
}

func TestWorlds(t *testing.T) { playAll(t, *first, *seeds) }

// playAll plays worlds on every processor.
func playAll(t *testing.T, first, n uint64) {
	var next atomic.Uint64
	var mu sync.Mutex
	total := map[string]int{}
	failed := 0
	t.Run("worlds", func(t *testing.T) {
		for i := range 2 {
			t.Run(fmt.Sprint("worker ", i), func(t *testing.T) {
				t.Parallel()
				for {
					seed := first + next.Add(1) - 1
					if seed >= first+n || failedEnough(&mu, &failed) {
						return
					}
					dir := filepath.Join(t.TempDir(), fmt.Sprint(seed))
					w := play(t, seed, dir)
					report(t, seed, w)
					os.RemoveAll(dir)
					mu.Lock()
					for k, v := range w.counts {
						total[k] += v
					}
					if w.violated != nil {
						failed++
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d worlds: %v", n, total)
}

func failedEnough(mu *sync.Mutex, failed *int) bool {
	mu.Lock()
	defer mu.Unlock()
	return *failed >= 3
}
