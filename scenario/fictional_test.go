package scenario_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"detente/register"
	"detente/scenario"
)

func fictional(t *testing.T) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Fictional()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every note comes to what its step says, and every matter, on the way, to
// what the steps expect: play checks that.
func TestFictionalComesToWhatItSays(t *testing.T) {
	p := play(t, fictional(t))
	expected := 0
	for _, st := range p.scenario.Steps {
		if st.Kind == scenario.Expect {
			expected++
		}
		if st.Kind != scenario.Note {
			continue
		}
		e := p.registers[st.Channel].Entry(p.placed[st.Label].ID)
		if want := cmp.Or(register.Result(st.Result), register.Applied); e.Result != want {
			t.Errorf("%s is %s: %s; want it %s", st.Label, e.Result, e.Reason, want)
		}
	}
	if expected < 50 {
		t.Errorf("%d steps expect something", expected)
	}
}

// The notes of a channel may be delivered in any order that keeps each feed's
// own.
func TestFictionalInAnyOrder(t *testing.T) {
	p := play(t, fictional(t))
	for _, c := range p.scenario.Channels {
		want := p.registers[c.Code]
		for seed := range uint64(8) {
			rng := rand.New(rand.NewPCG(seed, 1))
			feeds := map[string][]register.Opened{}
			var origins []string
			for _, n := range p.notes[c.Code] {
				if feeds[n.Header.Origin] == nil {
					origins = append(origins, n.Header.Origin)
				}
				feeds[n.Header.Origin] = append(feeds[n.Header.Origin], n)
			}
			slices.Sort(origins) // a next epoch is known after the one that it continues
			var order []register.Opened
			for len(origins) > 0 {
				i := rng.IntN(len(origins))
				o := origins[i]
				order = append(order, feeds[o][0])
				if feeds[o] = feeds[o][1:]; len(feeds[o]) == 0 {
					origins = slices.Delete(origins, i, i+1)
				}
			}
			got := p.fold(c.Code, order)
			for _, audience := range want.Audiences() {
				a, ok := want.Picture(audience, want.Heads())
				b, same := got.Picture(audience, want.Heads())
				if !ok || !same || a != b {
					t.Errorf("%s, delivery %d: the picture of %v is %s; want %s", c.Code, seed, audience, b, a)
				}
			}
		}
	}
}

// What the story is to have, beside every act and state.
func TestFictionalHasEverything(t *testing.T) {
	s := fictional(t)
	kinds := map[scenario.Kind]int{}
	results := map[string]bool{}
	for _, st := range s.Steps {
		kinds[st.Kind]++
		results[st.Result] = true
		if st.Kind == scenario.Note && (st.Content.Basis == nil || st.Content.Basis.Mark != "invented") {
			t.Errorf("%s: all of it is invented", st.Label)
		}
	}
	for _, k := range []scenario.Kind{scenario.Link, scenario.Courier, scenario.Erase, scenario.Fork, scenario.Close, scenario.Expect} {
		if kinds[k] == 0 {
			t.Errorf("there is no %s", k)
		}
	}
	for _, r := range scenario.Results {
		if !results[r] {
			t.Errorf("no note is %s", r)
		}
	}
	roles := map[string]int{}
	for _, c := range s.Channels {
		for _, m := range c.Members {
			roles[c.Code+" "+m.Role+m.Scope]++
		}
	}
	for _, want := range []string{"basin facilitator", "basin observerheaders", "basin observerfull", "border observerhashes"} {
		if roles[want] != 1 {
			t.Errorf("%s: %d", want, roles[want])
		}
	}
	if roles["basin principal"] != 3 {
		t.Errorf("the basin has %d principals", roles["basin principal"])
	}
}
