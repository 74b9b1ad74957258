package scenario_test

import (
	"fmt"
	"maps"
	"slices"

	"detente/matter"
	"detente/note"
	"detente/register"
	"detente/scenario"
	"detente/seal"
)

// ledgers is how much each party holds of every feed: all parties whose line
// is up hold the same.
type ledgers struct {
	holds  map[string]map[string]uint64 // by party and origin
	down   map[string]bool
	epochs map[string]int // by party and channel, less one
}

func newLedgers(s *scenario.Scenario) *ledgers {
	l := &ledgers{map[string]map[string]uint64{}, map[string]bool{}, map[string]int{}}
	for _, p := range s.Parties {
		l.holds[p.Code] = map[string]uint64{}
	}
	return l
}

func (l *ledgers) epoch(party, channel string) int { return l.epochs[party+" "+channel] + 1 }

// step takes in what a step does to the lines.
func (l *ledgers) step(st *scenario.Step) {
	switch st.Kind {
	case scenario.Link:
		l.share()
		l.down[st.Party] = st.Down
	case scenario.Courier:
		l.give(st.Party, st.To)
	case scenario.Close:
		l.epochs[st.Party+" "+st.Channel]++
	}
	l.share()
}

func (l *ledgers) give(from, to string) {
	for origin, n := range l.holds[from] {
		l.holds[to][origin] = max(l.holds[to][origin], n)
	}
}

func (l *ledgers) share() {
	for from := range l.holds {
		for to := range l.holds {
			if !l.down[from] && !l.down[to] {
				l.give(from, to)
			}
		}
	}
}

// write appends a note, and returns its index and the heads that it has seen.
func (l *ledgers) write(party, origin string, channel note.Digest) (index uint64, seen []note.Head) {
	holds := l.holds[party]
	for _, o := range slices.Sorted(maps.Keys(holds)) {
		if _, of, _, _ := note.ParseOrigin(o); of == channel && o != origin {
			seen = append(seen, note.Head{Origin: o, Size: holds[o]})
		}
	}
	index = holds[origin]
	holds[origin]++
	return index, seen
}

// made fills in what comes into being only as a note is played: the key of an
// office, and the digest of what is kept until it is revealed. It returns the
// digest of the note's content.
func (p *played) made(st *scenario.Step, m *note.Move) note.Digest {
	_, act, _ := matter.Find(st.Act)
	if act.Keeps != "" {
		if m.Fields == nil {
			m.Fields = map[string]any{}
		}
		m.Fields["digest"] = note.Sum([]byte("kept " + st.Label)).String()
		return note.Digest{}
	}
	for name, v := range m.Fields {
		if v == scenario.NewKey {
			key, err := seal.GenerateIdentity()
			if err != nil {
				p.t.Fatal(err)
			}
			m.Fields[name] = key.Recipient()
		}
	}
	for _, other := range p.scenario.Steps {
		if _, act, ok := matter.Find(other.Act); ok && act.Keeps != "" && st.Act == "handover/"+act.Keeps && other.On == st.On && other.Party == st.Party && len(st.Content.Texts) == 0 {
			return note.Sum([]byte("kept " + other.Label))
		}
	}
	return note.Sum([]byte(st.Label))
}

// expect holds what a party's record comes to against what a step expects.
func (p *played) expect(st *scenario.Step, l *ledgers) {
	p.t.Helper()
	opening, _ := p.scenario.Step(st.Label)
	c, _ := p.scenario.Channel(opening.Channel)
	for _, m := range c.Members {
		if m.Role != "principal" || !slices.Contains(opening.Audience, m.Party) || st.By != nil && !slices.Contains(st.By, m.Party) || st.By == nil && l.down[m.Party] {
			continue
		}
		var held []register.Opened
		for _, n := range p.notes[opening.Channel] {
			if n.Header.Index < l.holds[m.Party][n.Header.Origin] {
				held = append(held, n)
			}
		}
		state := p.fold(opening.Channel, held).Matter(p.placed[st.Label].ID).State
		got := fmt.Sprint(state)
		if state != nil {
			got = state.Status()
		}
		if s, ok := state.(*matter.StatementState); ok && st.State == scenario.Released && s.Released(st.At) {
			got = scenario.Released
		}
		if got != st.State {
			p.t.Errorf("line %d: %s is %s at %s; want %s", st.Line, st.Label, got, m.Party, st.State)
		}
	}
}
