package view

import (
	"slices"
	"time"

	"detente/internal/kept"
	"detente/internal/ladder"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Ladder is this node's private reading of tension: see package ladder.
type Ladder struct {
	Frame
	*ladder.Reading
	Rungs []string `json:"rungs"` // their names, from 0
}

// Climb returns the ladder from one day to another, both like 2024-01-16. An
// empty since is the first act's day, an empty until is today, where the day
// is furthest on.
func Climb(src Source, channel note.Digest, since, until string) (*Ladder, error) {
	return build(src, channel, func(b *builder) (v *Ladder, err error) {
		v = &Ladder{Frame: b.frame()}
		for _, r := range ladder.Rungs {
			v.Rungs = append(v.Rungs, r.Name)
		}
		zones := map[string]*time.Location{}
		today := b.now.UTC().Format(time.DateOnly)
		for _, z := range v.Zones {
			if loc, err := time.LoadLocation(z.Zone); err == nil {
				zones[z.Party] = loc
				today = max(today, b.now.In(loc).Format(time.DateOnly))
			}
		}
		if until == "" {
			until = today
		}
		v.Reading, err = ladder.Read(b.acts(zones), v.Principals, since, until)
		return v, err
	})
}

// acts returns what was done by notes that changed the register, each in its
// author's own zone.
func (b *builder) acts(zones map[string]*time.Location) []ladder.Act {
	var out []ladder.Act
	for _, e := range b.s.Register.Entries() {
		if e.Result != register.Applied {
			continue
		}
		a := ladder.Act{Note: e.ID, Matter: e.Matter.ID, Name: e.Move.Act, Fields: e.Move.Fields, Party: e.ID.Party(), Time: e.Time, Provisional: !b.s.Register.Settled(e)}
		if loc := zones[a.Party]; loc != nil {
			a.Time = a.Time.In(loc)
		}
		if brought := broughtBy[e.Matter.Kind.Name]; brought != nil {
			a.Brought, a.With = brought(e.Matter.State, e.ID)
		}
		out = append(out, a)
	}
	return out
}

// broughtBy says, by the kind of matter, what a note completed, if anything,
// and which parties had agreed to that.
var broughtBy = map[string]func(matter.State, note.ID) (what string, with []string){
	"group": func(state matter.State, id note.ID) (string, []string) {
		s, ok := state.(*matter.GroupState)
		if !ok {
			return "", nil
		}
		i := slices.IndexFunc(s.Minutes, func(m matter.Minutes) bool { return m.Done != nil && *m.Done == id })
		if i < 0 {
			return "", nil
		}
		return "approved", others(s.Minutes[i].Approved, id)
	},
	"handover": func(state matter.State, id note.ID) (string, []string) {
		s, ok := state.(*matter.HandoverState)
		if !ok || s.State != "revealed" {
			return "", nil
		}
		own := slices.IndexFunc(s.Parties, func(p matter.HandoverParty) bool { return p.Reveal != nil && *p.Reveal == id })
		if own < 0 {
			return "", nil
		}
		return s.State, nil // each by its own note
	},
	"statement": func(state matter.State, id note.ID) (string, []string) {
		s, ok := state.(*matter.StatementState)
		if !ok || len(s.Proposals) == 0 || s.State != "signed" {
			return "", nil
		}
		last := s.Proposals[len(s.Proposals)-1]
		if last.Done == nil || *last.Done != id {
			return "", nil
		}
		return s.State, last.Owing
	},
	"undertaking": func(state matter.State, id note.ID) (string, []string) {
		s, ok := state.(*matter.UndertakingState)
		if !ok || s.InForce == nil || *s.InForce != id {
			return "", nil
		}
		return "in force", others(s.Accepted, id)
	},
}

// others returns whose words those are beside that of the note.
func others(words []matter.Said, id note.ID) (out []string) {
	for _, w := range words {
		if w.Party != id.Party() {
			out = append(out, w.Party)
		}
	}
	return out
}

// Kept is how each side kept its word: see package kept.
type Kept struct {
	Frame
	Records []kept.Record `json:"records"`
}

// KeptWord returns how each side kept its word, by the clocks as they stand now.
func KeptWord(src Source, channel note.Digest) (*Kept, error) {
	return build(src, channel, func(b *builder) (*Kept, error) {
		v := &Kept{Frame: b.frame()}
		var clocks []kept.Clock
		for _, c := range b.s.Register.At(b.now) {
			k := kept.Clock{ClockView: c, Kind: c.Matter.Kind.Name}
			if e := b.s.Register.Entry(c.From); e != nil {
				k.Asked = e.Time
			}
			if verdicts := verdictsOf[k.Kind]; verdicts != nil {
				k.Verdicts = verdicts(c.Matter.State, c)
			}
			clocks = append(clocks, k)
		}
		v.Records = kept.Of(clocks, v.Principals)
		return v, nil
	})
}

// verdictsOf says, by the kind of matter, what others say of what stopped a clock.
var verdictsOf = map[string]func(matter.State, register.ClockView) []kept.Verdict{
	"request": func(state matter.State, c register.ClockView) (out []kept.Verdict) {
		s, ok := state.(*matter.RequestState)
		if !ok || c.Done == nil || !slices.Contains(s.Completed, *c.Done) {
			return nil
		}
		for _, v := range s.Verdicts {
			out = append(out, kept.Verdict(v))
		}
		return out
	},
	"undertaking": func(state matter.State, c register.ClockView) (out []kept.Verdict) {
		s, ok := state.(*matter.UndertakingState)
		if !ok || c.Done == nil {
			return nil
		}
		i := slices.IndexFunc(s.Parts, func(p matter.UndertakingPart) bool { return p.Report != nil && *p.Report == *c.Done })
		if i < 0 {
			return nil
		}
		for _, v := range s.Parts[i].Verdicts {
			out = append(out, kept.Verdict(v))
		}
		return out
	},
}
