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

// The tables of package matter say which act is open to whom at which stage.
// TestTables walks every kind at random, and at every step asks the register
// what every act by every party would do. So it finds every stage, and tries
// every cell (stage, act, who) of every table:
//
//   - a cell that the table closes never applies, whatever its fields say;
//   - a cell that the table opens applies with some fields, for one side at
//     least, since the matter's own rule may name the party;
//   - a state that the table documents is reached, and no other.

// walk is one matter and the notes on it, with everything delivered.
type walk struct {
	*world
	rng  *rand.Rand
	kind *matter.Kind
	r    *Register
	on   *note.ID // the matter; nil before it is open
	ids  []note.ID
	pool map[matter.Type][]any // values that earlier notes used

	principals []any
}

func newWalk(t *testing.T, kind *matter.Kind, seed uint64) *walk {
	w := &walk{world: newWorld(t, "IRN", "OMN", "PAK", "TUR"), rng: rand.New(rand.NewPCG(seed, 1)), kind: kind, principals: []any{"IRN", "PAK"}, pool: map[matter.Type][]any{}}
	w.rules["OMN"], w.rules["TUR"] = "facilitator", "observer"
	if seed%2 == 1 {
		w.rules["UZB"], w.seen["UZB"] = "principal", map[string]int{}
		w.principals = append(w.principals, "UZB")
	}
	w.r = w.register()
	w.write("PAK", "line/test", nil, map[string]any{"use": "test"})
	w.r.Add(w.notes["PAK"][0])
	return w
}

// fields draws values for an act. Half of them are values that earlier notes
// used, as a note that answers another does.
func (w *walk) fields(specs []matter.Spec) map[string]any {
	out := map[string]any{}
	for i := range specs {
		if s := &specs[i]; s.Required || w.rng.IntN(3) == 0 {
			if v := w.value(s); v != nil {
				out[s.Name] = v
			}
		}
	}
	return out
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

func (w *walk) value(s *matter.Spec) any {
	if old := w.pool[s.Type]; len(old) > 0 && w.rng.IntN(2) == 0 && s.Type != matter.TypeEnum && s.Type != matter.TypeList && s.Type != matter.TypeNames {
		return pick(w.rng, old)
	}
	switch s.Type {
	case matter.TypeEnum:
		return pick(w.rng, s.Words)
	case matter.TypeInstant, matter.TypeDate:
		return fmt.Sprintf("2024-01-%dT12:00:00+05:00[Asia/Karachi]", 20+w.rng.IntN(9))
	case matter.TypeEnd:
		return pick(w.rng, []any{"none", "2024-01-26T12:00:00+05:00[Asia/Karachi]"})
	case matter.TypePlace, matter.TypeDistrict:
		return pick(w.rng, []any{"IR/Sistan and Baluchestan/Saravan", "PK/Balochistan/Panjgur"})
	case matter.TypeCode:
		return pick(w.rng, w.principals)
	case matter.TypeRef:
		if len(w.ids) == 0 {
			return w.any().String()
		}
		return pick(w.rng, w.ids).String()
	case matter.TypeRefs:
		return []any{w.any().String()}
	case matter.TypeNumber:
		return int64(1 + w.rng.IntN(2))
	case matter.TypeFlag:
		return true
	case matter.TypeHash:
		if len(w.ids) == 0 {
			return note.Sum([]byte("any")).String()
		}
		return w.r.Entry(pick(w.rng, w.ids)).Content.String()
	case matter.TypeList:
		items := []any{w.fields(s.Of)}
		if w.rng.IntN(2) == 0 {
			items = append(items, w.fields(s.Of))
		}
		return items
	case matter.TypeNames:
		if s.Words != nil {
			return []any{pick(w.rng, s.Words)}
		}
		return w.principals
	case matter.TypeOffices:
		return []any{"PAK/consular"}
	case matter.TypeKey:
		return nil
	}
	return "words"
}

// any names a note that a party wrote before the matter was open.
func (w *walk) any() note.ID { return note.ID{Origin: origin("PAK"), Index: 0} }

// content draws the digest of a content: its own, or one that was announced.
func (w *walk) content() note.Digest {
	if old := w.pool[matter.TypeHash]; len(old) > 0 && w.rng.IntN(2) == 0 {
		d, _ := note.ParseDigest(pick(w.rng, old).(string))
		return d
	}
	return note.Sum(fmt.Appendf(nil, "content %d", w.rng.Uint64()))
}

// draft draws a move.
func (w *walk) draft(act *matter.Act) *note.Move {
	m := &note.Move{Act: w.kind.Name + "/" + act.Name, Fields: w.fields(act.Fields), Office: "desk", Version: 1}
	if w.on != nil && len(act.From) > 0 {
		m.Matter = w.on
	}
	return m
}

// try asks the register what a move would do now.
func (w *walk) try(party string, m *note.Move) Result {
	h := &note.Header{Audience: w.parties(), Charter: channel, Index: uint64(len(w.notes[party])), Origin: origin(party), Precedence: "routine",
		Time: w.start.Add(w.clock).Format(note.TimeLayout), Version: 1}
	result, _ := w.r.Try(h, m, w.content())
	return result
}

// step writes a move, and hands it to the register.
func (w *walk) step(party string, m *note.Move) *Entry {
	id := w.write(party, m.Act, m.Matter, m.Fields)
	w.notes[party][id.Index].Content = w.content()
	w.r.Add(w.notes[party][id.Index])
	if w.on == nil {
		w.on = &id
	}
	e := w.r.Entry(id)
	if e.Result == Applied {
		w.ids = append(w.ids, id)
		_, act, _ := matter.Find(m.Act)
		w.remember(act.Fields, m.Fields)
	}
	return e
}

func (w *walk) remember(specs []matter.Spec, fields map[string]any) {
	for i := range specs {
		s := &specs[i]
		v, ok := fields[s.Name]
		if !ok {
			continue
		}
		if s.Type == matter.TypeList {
			for _, item := range v.([]any) {
				w.remember(s.Of, item.(map[string]any))
			}
			continue
		}
		w.pool[s.Type] = append(w.pool[s.Type], v)
	}
}

// state returns what the matter has come to, or nil.
func (w *walk) state() matter.State {
	if w.on == nil {
		return nil
	}
	if m := w.r.Matter(*w.on); m != nil {
		return m.State
	}
	return nil
}

// cell is one square of a table.
type cell struct{ stage, act, who string }

// unopened stands for the stage of a matter that is not open yet.
const unopened = "(not open)"

// opens says whether the table opens the cell to a party.
func opens(act *matter.Act, stage, role, party, opener string) bool {
	if stage == unopened && !act.Opens || stage != unopened && !slices.Contains(act.From, stage) {
		return false
	}
	switch act.Who {
	case matter.Anyone:
		return true
	case matter.Proposers:
		return role == "principal" || role == "facilitator"
	case matter.Opener:
		return role == "principal" && party == opener
	case matter.Others:
		return role == "principal" && party != opener
	}
	return role == "principal"
}

// A tally is what the walks of one kind have found.
type tally struct {
	tried   map[cell]int
	applied map[cell]bool
	want    map[cell]bool // the table opens it
	seen    map[string]bool
}

// count holds what a move did, or would do, against the table.
func (y *tally) count(w *walk, act *matter.Act, prev matter.State, m *note.Move, party string, result Result) {
	stage, opener, who := unopened, "", w.rules[party]
	if prev != nil {
		stage, opener = prev.Stage(m), prev.Opened()
	}
	if party == opener {
		who = "opener"
	}
	c := cell{stage, act.Name, who}
	y.tried[c]++
	open := opens(act, stage, w.rules[party], party, opener)
	if open {
		y.want[c] = true
	}
	if result == Applied {
		if !open {
			w.t.Fatalf("%s by %s (%s) applies when the matter is %s; the table closes it\n%v", act.Name, party, who, stage, m.Fields)
		}
		y.applied[c] = true
	}
}

func TestTables(t *testing.T) {
	const walks, steps, tries, crossings = 120, 9, 3, 40_000
	for _, kind := range matter.Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			y := &tally{map[cell]int{}, map[cell]bool{}, map[cell]bool{}, map[string]bool{}}
			for seed := range uint64(walks) {
				w := newWalk(t, kind, seed)
				for range steps {
					w.tryAll(y, tries)
					w.advance()
				}
			}
			// Parties that have not seen each other's words: until every cell was met.
			for seed := uint64(0); seed < crossings && (seed < walks || len(y.missing(kind)) > 0); seed++ {
				w := newWalk(t, kind, walks+seed)
				for range 4 + seed%8 {
					w.advance()
				}
				w.tally(y)
			}
			for _, why := range y.missing(kind) {
				t.Error(why)
			}
			t.Logf("%d cells of %d stages, %d of them open", len(y.tried), len(y.seen), len(y.want))
		})
	}
}

// tryAll asks what every act by every party would do now.
func (w *walk) tryAll(y *tally, tries int) {
	s := w.state()
	for i := range w.kind.Acts {
		act := &w.kind.Acts[i]
		if w.kind.Name+"/"+act.Name == matter.Ack {
			continue
		}
		for _, party := range w.parties() {
			for range tries {
				m := w.draft(act)
				if s != nil && m.Matter == nil && w.kind.Key == nil || s == nil && m.Matter != nil {
					continue // it opens another, or is about one that came to nothing
				}
				y.count(w, act, s, m, party, w.try(party, m))
			}
		}
	}
}

// tally counts what was written, each note at its place in the fold.
func (w *walk) tally(y *tally) {
	if w.on == nil {
		return
	}
	m := w.r.Matter(*w.on)
	if m == nil {
		return
	}
	for i, e := range m.Entries {
		prev := m.upTo(i, point{}).state
		if prev != nil {
			y.seen[prev.Stage(e.Move)], y.seen[prev.Status()] = true, true
		}
		y.count(w, e.act, prev, e.Move, e.ID.Party(), e.Result)
	}
	if s := m.State; s != nil {
		for _, stage := range append(w.stages(s), s.Status()) {
			y.seen[stage] = true
		}
	}
}

// missing says what of the table was not met.
func (y *tally) missing(kind *matter.Kind) (list []string) {
	documented := map[string]bool{}
	for _, s := range kind.States {
		if documented[s.Name] = true; !y.seen[s.Name] {
			list = append(list, fmt.Sprintf("the state %q is documented and was never reached", s.Name))
		}
	}
	for stage := range y.seen {
		if !documented[stage] && !strings.HasPrefix(stage, "without ") {
			list = append(list, fmt.Sprintf("the state %q is reached and not documented", stage))
		}
	}
	for c := range y.want {
		// What concurrent words come to can close a cell to one of the sides:
		// who withdrew has seen that it did. A facilitator must have made the
		// act, at that stage or another.
		if !y.anyone(c.stage, c.act, "opener", "principal", "facilitator") || c.who == "facilitator" && !y.anyone("", c.act, "facilitator") {
			list = append(list, fmt.Sprintf("%s by %s when the matter is %s: the table opens it, and of %d tries none was applied", c.act, c.who, c.stage, y.tried[c]))
		}
	}
	slices.Sort(list)
	return list
}

// anyone reports whether the act applied, made by one of those; at any stage
// where none is given.
func (y *tally) anyone(stage, act string, who ...string) bool {
	for c := range y.applied {
		if c.act == act && (stage == "" || c.stage == stage) && slices.Contains(who, c.who) {
			return true
		}
	}
	return false
}

// stages returns the stage of the matter and of each of its parts.
func (w *walk) stages(s matter.State) []string {
	var out []string
	for i := range w.kind.Acts {
		for range 3 {
			out = append(out, s.Stage(w.draft(&w.kind.Acts[i])))
		}
	}
	return out
}

// advance writes a note: mostly one that the register would apply, and
// sometimes one whose author has not seen what the others wrote.
func (w *walk) advance() {
	party := pick(w.rng, w.principals).(string)
	if w.rng.IntN(8) == 0 {
		party = "OMN"
	}
	blind := w.on != nil && w.rng.IntN(3) == 0
	if !blind {
		w.see(party)
	}
	for range 40 {
		act := &w.kind.Acts[w.rng.IntN(len(w.kind.Acts))]
		m := w.draft(act)
		if w.kind.Name+"/"+act.Name == matter.Ack || w.kind.Key == nil && (w.on == nil) != (m.Matter == nil) || w.on == nil && !act.Opens {
			continue
		}
		if blind || w.try(party, m) == Applied {
			w.step(party, m)
			return
		}
	}
}

// What binds principals, by kind and state; and the acts by one of which each
// must have spoken.
var binding = map[string]struct {
	states []string
	acts   []string
	only   func(matter.State) string // the one that is bound; nil: every principal
}{
	"undertaking": {[]string{"in force", "fulfilled"}, []string{"offer", "ask", "accept"}, nil}, // an ask undertakes nothing for its author
	"talk":        {[]string{"agreed"}, []string{"propose", "counter", "agree"}, nil},
	"incident":    {[]string{"settled"}, []string{"settle"}, nil},
	"dossier":     {[]string{"closed"}, []string{"close"}, nil},
	"request": {[]string{"accepted", "completed", "satisfied", "unsatisfied"}, []string{"accept"},
		func(s matter.State) string { return s.(*matter.RequestState).To }},
	"case":     {[]string{"closed"}, []string{"close"}, nil},
	"handover": {[]string{"committed", "revealed"}, []string{"commit"}, nil},
}

// TestAnyInterleaving lets all parties make random acts on one matter, some
// of them without having seen the others', and delivers the notes in many
// orders: the picture is the same everywhere once all is delivered, what is
// settled is so everywhere, and nobody is bound without its own word.
func TestAnyInterleaving(t *testing.T) {
	const worlds, notes, deliveries = 200, 8, 4
	for _, kind := range matter.Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			bound := 0
			for seed := range uint64(worlds) {
				w := newWalk(t, kind, 1_000_000+seed)
				for range 2 + seed%notes {
					w.advance()
				}
				for _, p := range w.parties() {
					w.ack(p)
				}
				var want note.Digest
				for i := range deliveries {
					r := w.fold(func(left []string) string { return left[w.rng.IntN(len(left))] })
					if got := w.picture(r); i == 0 {
						want = got
					} else if got != want {
						t.Fatalf("seed %d: delivery %d gives another picture", seed, i)
					}
					if w.on == nil {
						continue
					}
					m := r.Matter(*w.on)
					if m == nil || m.State == nil {
						continue
					}
					if m.Settled == nil || m.Settled.Status() != m.State.Status() {
						t.Fatalf("seed %d: everybody has seen everything, and the matter is %s but what is settled is not", seed, m.State.Status())
					}
					b := binding[kind.Name]
					if !slices.Contains(b.states, m.State.Status()) {
						continue
					}
					bound++
					for _, p := range w.principals {
						if b.only != nil && p != b.only(m.State) {
							continue
						}
						if !slices.ContainsFunc(m.Entries, func(e *Entry) bool {
							return e.Result == Applied && e.ID.Party() == p.(string) && slices.Contains(b.acts, strings.TrimPrefix(e.Move.Act, kind.Name+"/"))
						}) {
							t.Fatalf("seed %d: the %s is %s, and %s has said none of %v", seed, kind.Name, m.State.Status(), p, b.acts)
						}
					}
				}
			}
			if _, binds := binding[kind.Name]; binds && bound == 0 {
				t.Error("no interleaving came to a state that binds: this test has tried nothing")
			}
		})
	}
}
