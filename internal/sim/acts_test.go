package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"detente/internal/node"
	"detente/matter"
	"detente/note"
	"detente/seal"
)

// kinds says how often each kind of matter is drawn: undertakings are where
// most can go wrong.
var kinds = []struct {
	kind *matter.Kind
	part int
}{{&matter.Undertaking, 9}, {&matter.Statement, 5}, {&matter.Group, 3}, {&matter.Mission, 3}, {&matter.Talk, 3}, {&matter.Incident, 2}, {&matter.Message, 2}, {&matter.Dossier, 3}, {&matter.Request, 3}, {&matter.Case, 3}, {&matter.Handover, 4}, {&matter.Line, 1}}

func (w *world) kind() *matter.Kind {
	total := 0
	for _, k := range kinds {
		total += k.part
	}
	n := w.rng.IntN(total)
	for _, k := range kinds {
		if n -= k.part; n < 0 {
			return k.kind
		}
	}
	return nil
}

// open is a matter as the draft's author sees it.
type open struct {
	id       note.ID
	kind     *matter.Kind
	stage    string
	terms    note.Digest
	parts    int
	notes    []note.ID
	release  string // of a statement
	audience []string
	opener   string
}

func (w *world) openMatters(p *party) (list []open) {
	p.node.Read(w.channel, func(s *node.Snapshot) {
		for _, m := range s.Register.Matters() {
			if m.State == nil || !slices.Contains(m.Audience, p.code) {
				continue
			}
			o := open{id: m.ID, kind: m.Kind, stage: m.State.Status(), audience: m.Audience, opener: m.State.Opened()}
			switch s := m.State.(type) {
			case *matter.UndertakingState:
				o.terms, o.parts, o.stage = s.Terms, len(s.Parts), s.State
			case *matter.DossierState:
				o.parts = len(s.Items)
			case *matter.RequestState:
				o.terms = s.Terms
			case *matter.HandoverState:
				if own := s.Of(p.code); own != nil && own.Digest != nil {
					o.terms = *own.Digest
				}
			}
			if t, ok := m.State.(*matter.StatementState); ok && t.OnOffer() != nil {
				o.terms, o.release, o.parts = t.OnOffer().Terms, t.OnOffer().Release, len(t.OnOffer().Clauses)
			}
			if g, ok := m.State.(*matter.GroupState); ok && len(g.Minutes) > 0 {
				o.terms = pick(w, g.Minutes).Terms
			}
			for _, e := range m.Entries {
				o.notes = append(o.notes, e.ID)
			}
			list = append(list, o)
		}
	})
	return list
}

// draft draws a note that p may write: mostly one that fits, sometimes one
// that its register will not take.
func (w *world) draft(p *party) node.Draft {
	kind := w.kind()
	var on *open
	if list := slices.DeleteFunc(w.openMatters(p), func(o open) bool { return o.kind != kind }); len(list) > 0 && w.chance(0.75) {
		on = &list[w.rng.IntN(len(list))]
	}
	var fitting, all []*matter.Act
	for i := range kind.Acts {
		a := &kind.Acts[i]
		if kind.Name+"/"+a.Name == matter.Ack || (on == nil && !a.Opens) || (on != nil && len(a.From) == 0) {
			continue
		}
		all = append(all, a)
		if on != nil && (slices.Contains(a.From, on.stage) || on.stage == "in force") && (a.Who != matter.Opener || on.opener == p.code) {
			fitting = append(fitting, a)
		}
	}
	if len(fitting) > 0 && w.chance(0.9) {
		all = fitting
	}
	if len(all) == 0 {
		return w.test(p)
	}
	return w.make(p, kind, pick(w, all), on)
}

func (w *world) test(p *party) node.Draft {
	return w.make(p, &matter.Line, &matter.Line.Acts[0], nil)
}

func (w *world) make(p *party, kind *matter.Kind, act *matter.Act, on *open) node.Draft {
	d := node.Draft{Channel: w.channel, Act: kind.Name + "/" + act.Name, Office: "mfa", Precedence: pick(w, note.Precedences), Fields: w.fields(act.Fields, on)}
	if w.chance(0.05) {
		d.Office = "desk"
	}
	if on != nil {
		d.Matter = &on.id
	} else {
		d.Audience = w.audience(p)
	}
	texts := map[string]note.Wording{}
	for _, t := range act.Texts {
		if act.Keeps == "" && (t.Required || w.chance(0.2)) {
			slot := t.Name
			if t.Numbered {
				slot += "/1"
			}
			texts[slot] = note.Wording{"en": fmt.Sprintf("words %d", w.rng.IntN(1_000_000))}
			if t.Sealed != "" {
				texts[slot]["en"] = sealedNames()
			}
		}
	}
	if len(texts) > 0 {
		d.Content = &note.Content{Authentic: []string{"en"}, Texts: texts}
	}
	w.keep(p, &d, act, on)
	return d
}

// keep lets a party commit to words, and reveal them or others.
func (w *world) keep(p *party, d *node.Draft, act *matter.Act, on *open) {
	switch {
	case act.Keeps != "":
		words := map[string]note.Wording{"list": {"en": fmt.Sprintf("list %d", w.rng.IntN(1_000_000))}}
		k, digest, err := node.NewKept(note.Content{Authentic: []string{"en"}, Texts: words}, nil, "")
		if err != nil {
			panic(err)
		}
		d.Keep, d.Fields["digest"] = k, digest.String()
	case d.Act == "handover/reveal" && on != nil && w.chance(0.8):
		if k, err := p.node.Kept(on.terms); err == nil && k != nil {
			d.Content = k.Content
		}
	}
}

// officeKey is the public seal key of an office.
var officeKey = sync.OnceValue(func() string {
	id, err := seal.GenerateIdentity()
	if err != nil {
		panic(err)
	}
	return id.Recipient()
})

// sealedNames is a text that is sealed to it.
var sealedNames = sync.OnceValue(func() string {
	text, err := seal.SealText([]string{officeKey()}, []byte("a name"))
	if err != nil {
		panic(err)
	}
	return text
})

// audience draws whom a new matter is open to.
func (w *world) audience(p *party) (list []string) {
	if w.chance(0.6) {
		return nil
	}
	for _, q := range w.parties {
		if q.code == p.code || (q.role == "principal" && w.chance(0.8)) || (q.role == "observer" && w.chance(0.5)) {
			list = append(list, q.code)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (w *world) fields(specs []matter.Spec, on *open) map[string]any {
	fields := map[string]any{}
	for i := range specs {
		if s := &specs[i]; s.Required || w.chance(0.3) {
			fields[s.Name] = w.value(s, on)
		}
	}
	return fields
}

func (w *world) value(s *matter.Spec, on *open) any {
	list := func(of matter.Spec) []any {
		out := []any{}
		for range 1 + w.rng.IntN(2) {
			out = append(out, w.value(&of, on))
		}
		return out
	}
	switch s.Type {
	case matter.TypeEnum:
		return pick(w, s.Words)
	case matter.TypeInstant, matter.TypeEnd:
		if on != nil && on.release != "" && s.Name == "release" && w.chance(0.9) {
			return on.release
		}
		if s.Type == matter.TypeEnd && w.chance(0.5) {
			return "none"
		}
		v, err := matter.FormatInstant(time.Now().Add(w.between(-time.Hour, 240*time.Hour)), "UTC")
		if err != nil {
			panic(err)
		}
		return v
	case matter.TypeDate:
		return "2024-01-16"
	case matter.TypePlace, matter.TypeDistrict:
		return "PK/Area/Place"
	case matter.TypeCode:
		if w.chance(0.05) {
			return "XXX"
		}
		return pick(w, w.parties).code
	case matter.TypeRef:
		if on != nil && w.chance(0.9) {
			return pick(w, on.notes).String()
		}
		return note.ID{Origin: note.Origin("ALF", w.channel, 1), Index: uint64(w.rng.IntN(4))}.String()
	case matter.TypeNumber:
		if on != nil && on.parts > 0 {
			return int64(1 + w.rng.IntN(on.parts))
		}
		return int64(w.rng.IntN(3))
	case matter.TypeFlag:
		return true
	case matter.TypeHash:
		if on != nil && w.chance(0.9) {
			return on.terms.String()
		}
		return note.Sum([]byte{byte(w.rng.IntN(4))}).String()
	case matter.TypeList:
		out := []any{}
		for range 1 + w.rng.IntN(2) {
			out = append(out, w.fields(s.Of, on))
		}
		return out
	case matter.TypeOffices:
		return []any{pick(w, w.parties).code + "/mfa"}
	case matter.TypeKey:
		return officeKey()
	case matter.TypeNames:
		if s.Name == "parties" {
			out := []any{}
			for _, q := range w.parties {
				if q.role == "principal" {
					out = append(out, q.code)
				}
			}
			return out
		}
		return list(matter.Spec{Type: matter.TypeLine})
	case matter.TypeRefs:
		return list(matter.Spec{Type: matter.TypeRef})
	}
	return fmt.Sprintf("line %d", w.rng.IntN(1000))
}

// spoil makes a draft that does not fit its table.
func (w *world) spoil(d *node.Draft) {
	switch w.rng.IntN(3) {
	case 0:
		d.Fields["nonesuch"] = "x"
	case 1:
		d.Act += "-not"
	case 2:
		d.Precedence = "whenever"
	}
}

// submit lets a party write a note.
func (w *world) submit(p *party, d node.Draft) (note.ID, bool) {
	if p.down {
		return note.ID{}, false
	}
	t, err := p.node.Submit(p.ctx, d)
	synctest.Wait()
	var refused *node.Refused
	switch {
	case err == nil:
		leaf, _, entryErr := p.node.Entry(t.ID)
		if !p.dead && entryErr != nil {
			w.fail("durable", "%s: Submit returned %s, and it is not there: %v", p.code, t.ID.Short(), entryErr)
			break
		}
		w.logf("%s writes %s %s on %v for %v", p.name(), t.ID.Short(), d.Act, short(d.Matter), d.Audience)
		if entryErr == nil && !p.liar {
			p.said = append(p.said, said{t.ID, d.Act, note.Sum(leaf)})
		}
		w.counts["notes"]++
	case p.dead || errors.As(err, &refused):
		w.logf("%s cannot write %s: %v", p.name(), d.Act, err)
		w.counts["refused"]++
	case errors.Is(err, context.Canceled):
	default:
		w.fail("durable", "%s cannot write %s: %v", p.code, d.Act, err)
	}
	w.rest()
	return t.ID, err == nil
}

func short(id *note.ID) string {
	if id == nil {
		return "-"
	}
	return id.Short()
}

// say lets a party write something, good or bad.
func (w *world) say(p *party) {
	d := w.draft(p)
	if !w.chance(0.06) {
		w.submit(p, d)
		return
	}
	w.spoil(&d)
	if id, err := p.node.Submit(p.ctx, d); err == nil {
		w.fail("durable", "%s: a draft that fits no table was written as %s: %+v", p.code, id.ID.Short(), d)
	}
	w.rest()
}

// cross lets an offer be accepted by everyone else who holds it, and every
// other time withdrawn at once.
func (w *world) cross(p *party) {
	for _, o := range w.openMatters(p) {
		if o.kind != &matter.Undertaking || o.stage != "offered" || o.opener != p.code {
			continue
		}
		act := func(name string) *matter.Act {
			_, a, _ := matter.Find("undertaking/" + name)
			return a
		}
		for _, q := range w.up() {
			if q == p || !slices.ContainsFunc(w.openMatters(q), func(other open) bool { return other.id == o.id }) {
				continue
			}
			d := w.make(q, o.kind, act("accept"), &o)
			d.Fields, d.Office = map[string]any{"terms": o.terms.String()}, "mfa"
			w.submit(q, d)
		}
		if !p.down && w.chance(0.5) {
			d := w.make(p, o.kind, act("withdraw"), &o)
			d.Office = "mfa"
			w.submit(p, d)
		}
		return
	}
	// There is none: make one.
	d := w.make(p, &matter.Undertaking, &matter.Undertaking.Acts[0], nil)
	if parts, ok := d.Fields["parts"].([]any); ok {
		for _, part := range parts {
			part.(map[string]any)["by"] = p.code
		}
	}
	d.Office = "mfa"
	delete(d.Fields, "until")
	w.submit(p, d)
}
