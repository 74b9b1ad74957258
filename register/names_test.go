package register

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"detente/matter"
	"detente/note"
)

// cast is three parties whose codes can be exchanged: what they write and see
// depends on the seed alone.
type cast struct {
	*world
	names [3]string
	rng   *rand.Rand
}

// take lets a party hold what another has written, and what that one held.
func (c *cast) take(to, from string) {
	n := len(c.notes[from])
	if n == 0 || to == from {
		return
	}
	c.seen[to][from] = n
	for _, h := range c.notes[from][n-1].Header.Seen {
		party, _, _, _ := note.ParseOrigin(h.Origin)
		if party != to {
			c.seen[to][party] = max(c.seen[to][party], int(h.Size))
		}
	}
}

// held draws a note with one of the acts that the party holds.
func (c *cast) held(party string, acts ...string) (note.ID, bool) {
	var ids []note.ID
	for _, p := range c.names {
		n := c.seen[party][p]
		if p == party {
			n = len(c.notes[p])
		}
		for _, o := range c.notes[p][:n] {
			for _, act := range acts {
				if o.Move.Act == act {
					ids = append(ids, o.Header.ID())
				}
			}
		}
	}
	if len(ids) == 0 {
		return note.ID{}, false
	}
	return ids[c.rng.IntN(len(ids))], true
}

// of names the text of a note, if there is one.
func (c *cast) of(id note.ID) map[string]any {
	if id.IsZero() {
		return map[string]any{}
	}
	return c.terms(id)
}

// plot is one kind's part in the test: the note that opens a matter, and what
// a party may then write of it.
type plot struct {
	open func(c *cast, party string) note.ID
	acts []string
	say  func(c *cast, party, act string) (map[string]any, bool)
	is   func(s matter.State) string
}

var plots = map[string]plot{
	"group": {
		open: func(c *cast, party string) note.ID {
			return c.write(party, "group/convene", nil, map[string]any{"form": "commission", "name": "Commission", "level": "directors"})
		},
		acts: []string{"group/minutes", "group/approve", "group/approve", "group/approve", "group/decide", "group/close"},
		say: func(c *cast, party, act string) (map[string]any, bool) {
			id, ok := c.held(party, "group/minutes")
			switch act {
			case "group/minutes":
				fields := map[string]any{"held": "2024-02-01", "items": []any{map[string]any{"as": "decision"}}}
				if ok && c.rng.IntN(4) > 0 {
					fields["replaces"] = id.String()
				}
				return fields, true
			case "group/approve":
				return c.of(id), ok
			case "group/decide":
				return map[string]any{"minutes": id.String(), "item": int64(1), "undertaking": id.String()}, ok
			}
			return nil, true
		},
		is: func(s matter.State) string {
			var stages []string
			for _, m := range s.(*matter.GroupState).Minutes {
				stages = append(stages, m.Stage)
			}
			slices.Sort(stages)
			return fmt.Sprint(s.Status(), stages)
		},
	},
	"statement": {
		open: func(c *cast, party string) note.ID {
			return c.write(party, "statement/propose", nil, statementFields("clauses", "release"))
		},
		acts: []string{"statement/propose", "statement/object", "statement/accept", "statement/sign", "statement/sign", "statement/sign", "statement/sign", "statement/abandon"},
		say: func(c *cast, party, act string) (map[string]any, bool) {
			id, ok := c.held(party, "statement/propose")
			switch act {
			case "statement/propose":
				return statementFields("clauses", "release"), true
			case "statement/abandon":
				return nil, true
			case "statement/sign":
				fields := statementFields("release")
				fields["terms"] = c.of(id)["terms"]
				return fields, ok
			}
			return map[string]any{"terms": c.of(id)["terms"], "clause": int64(1)}, ok
		},
		is: func(s matter.State) string { return s.Status() },
	},
}

// stage plays a seed with the parties under the names given, and returns what
// the matter comes to, and the story.
func stage(t *testing.T, p plot, seed uint64, names [3]string) (is, story string) {
	c := &cast{newWorld(t, names[:]...), names, rand.New(rand.NewPCG(seed, 1))}
	opening := p.open(c, names[0])
	c.take(names[1], names[0])
	c.take(names[2], names[0])
	var told []string
	for range 3 + c.rng.IntN(12) {
		i, j := c.rng.IntN(3), c.rng.IntN(3)
		if c.rng.IntN(3) == 0 {
			c.take(names[i], names[j])
			told = append(told, fmt.Sprintf("%d holds what %d has", i, j))
			continue
		}
		act := p.acts[c.rng.IntN(len(p.acts))]
		if fields, ok := p.say(c, names[i], act); ok {
			id := c.write(names[i], act, &opening, fields)
			told = append(told, fmt.Sprintf("%d: %d#%d %s", i, i, id.Index, act))
		}
	}
	r := c.fold(func(left []string) string { return left[0] })
	for _, e := range r.Entries() {
		told = append(told, fmt.Sprint("  ", e.ID.Short(), " ", e.Move.Act, " ", e.Result, " ", e.Reason))
	}
	m := r.Matter(opening)
	if m.State.Status() == "signed" {
		for _, party := range names {
			if !slices.ContainsFunc(m.Entries, func(e *Entry) bool {
				return e.ID.Party() == party && e.Move.Act == "statement/sign" && e.Result == Applied
			}) {
				t.Fatalf("seed %d: it is signed, and %s has not signed", seed, party)
			}
		}
	}
	return p.is(m.State), strings.Join(told, "\n\t")
}

// What is said without having seen the other's word comes to the same under
// whatever codes: the order in which concurrent notes are folded decides
// nothing.
func TestNoNameDecides(t *testing.T) {
	for name, p := range plots {
		t.Run(name, func(t *testing.T) {
			count := map[string]int{}
			for seed := range uint64(1000) {
				want, story := stage(t, p, seed, [3]string{"IRN", "PAK", "TUR"})
				count[want]++
				for _, names := range [][3]string{{"TUR", "PAK", "IRN"}, {"PAK", "TUR", "IRN"}, {"PAK", "IRN", "TUR"}} {
					if got, other := stage(t, p, seed, names); got != want {
						t.Fatalf("seed %d: %s, and under the names %v %s\n\t%s\n\t%s", seed, want, names, got, story, other)
					}
				}
			}
			t.Log(count)
		})
	}
}
