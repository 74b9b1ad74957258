package view

import (
	"slices"
	"time"

	"detente/matter"
	"detente/note"
	"detente/register"
)

// Reply is what a person of a party said to a note: an acknowledgement, a word
// on the way, or the answer. That a node holds the note is none.
type Reply struct {
	As    string    `json:"as"`    // acknowledged, interim, accepted, clarified...
	Final bool      `json:"final"` // it is the answer
	Note  note.ID   `json:"note"`
	Party string    `json:"party"`
	Time  time.Time `json:"time"` // its author's claim
}

// replying says, of the acts that reply to a note on the same matter, to which
// and how.
var replying = map[string]struct {
	to    []string // acts: the latest such note of another party that the author had seen
	same  string   // and that says the same in this field
	named string   // or the field that names the note
	as    string   // in one word; where it is graded, what the grade says
	grade string   // the field that grades it
	way   []string // grades that are words on the way to the answer; "*": so is every one
}{
	"message/answer":      {to: []string{"message/send"}, grade: "grade", way: []string{"acknowledged", "interim", "put-to-principal"}},
	"incident/clarify":    {named: "question", as: "clarified", grade: "interim", way: []string{"interim"}},
	"undertaking/accept":  {to: []string{"undertaking/offer", "undertaking/ask"}, as: "accepted"},
	"undertaking/decline": {to: []string{"undertaking/offer", "undertaking/ask"}, as: "declined"},
	"undertaking/confirm": {to: []string{"undertaking/report"}, same: "part", as: "confirmed"},
	"undertaking/dispute": {to: []string{"undertaking/report"}, same: "part", as: "disputed"},
	"talk/agree":          {to: []string{"talk/propose", "talk/counter"}, as: "agreed"},
	"talk/counter":        {to: []string{"talk/propose", "talk/counter"}, as: "another time proposed"},
	"talk/decline":        {to: []string{"talk/propose", "talk/counter"}, as: "declined"},
	"talk/mark":           {named: "readout", grade: "as"},
	"talk/reserve":        {named: "readout", as: "reserved"},
	"dossier/received":    {to: []string{"dossier/share", "dossier/supplement"}, as: "received", way: []string{"*"}},
	"dossier/answer":      {to: []string{"dossier/share", "dossier/supplement"}, as: "answered"},
	"request/acknowledge": {to: []string{"request/make"}, as: "acknowledged", way: []string{"*"}},
	"request/accept":      {to: []string{"request/make"}, as: "accepted", way: []string{"*"}},
	"request/progress":    {to: []string{"request/make"}, as: "in progress", way: []string{"*"}},
	"request/decline":     {to: []string{"request/make"}, as: "declined"},
	"request/complete":    {to: []string{"request/make"}, as: "completed"},
	"request/satisfied":   {to: []string{"request/complete"}, as: "satisfied"},
	"request/unsatisfied": {to: []string{"request/complete"}, as: "unsatisfied"},
	"group/approve":       {to: []string{"group/minutes"}, as: "approved"},
	"statement/accept":    {to: []string{"statement/propose"}, as: "no objection", way: []string{"*"}},
	"statement/object":    {to: []string{"statement/propose"}, as: "objection", way: []string{"*"}},
	"statement/sign":      {to: []string{"statement/propose"}, as: "signed"},
	"case/answer":         {to: []string{"case/open"}, grade: "grade", way: []string{"inquiring"}},
	"handover/commit":     {to: []string{"handover/open"}, as: "committed"},
}

// repliable are the acts that a row of replying names.
var repliable = func() map[string]bool {
	out := map[string]bool{}
	for _, r := range replying {
		for _, act := range r.to {
			out[act] = true
		}
	}
	return out
}()

// conversation is which notes of a matter reply to which.
type conversation struct {
	to      map[note.ID]note.ID
	replies map[note.ID][]Reply // the earliest first
}

// conversation reads a matter once, however many of its notes are shown.
func (b *builder) conversation(m *register.Matter) *conversation {
	if c := b.talks[m]; c != nil {
		return c
	}
	c := &conversation{map[note.ID]note.ID{}, map[note.ID][]Reply{}}
	var before []*register.Entry // that can be replied to
	for _, e := range m.Entries {
		if e.Result != register.Applied {
			continue
		}
		if to, reply, ok := replyTo(e, before); ok {
			c.to[e.ID] = to
			c.replies[to] = append(c.replies[to], reply)
		}
		if repliable[e.Move.Act] {
			before = append(before, e)
		}
	}
	for _, list := range c.replies {
		slices.SortStableFunc(list, func(x, y Reply) int { return x.Time.Compare(y.Time) })
	}
	if b.talks == nil {
		b.talks = map[*register.Matter]*conversation{}
	}
	b.talks[m] = c
	return c
}

// replyTo reads a note as a reply to one of those before it on its matter, or
// to the one that it names.
func replyTo(e *register.Entry, before []*register.Entry) (to note.ID, reply Reply, ok bool) {
	r, ok := replying[e.Move.Act]
	if !ok {
		return to, reply, false
	}
	reply = Reply{As: r.as, Note: e.ID, Party: e.ID.Party(), Time: e.Time}
	switch said := e.Move.Fields[r.grade].(type) {
	case string:
		reply.As = said
	case bool:
		if said {
			reply.As = r.grade
		}
	}
	reply.Final = !slices.Contains(r.way, reply.As) && !slices.Contains(r.way, "*")
	if r.named != "" {
		to, ok = named(e.Move, r.named)
		return to, reply, ok
	}
	for _, o := range slices.Backward(before) {
		if slices.Contains(r.to, o.Move.Act) && o.ID.Party() != reply.Party && e.Saw(o.ID) && o.Move.Fields[r.same] == e.Move.Fields[r.same] {
			return o.ID, reply, true
		}
	}
	return to, reply, false
}

// named returns the note that a field of a move names.
func named(m *note.Move, field string) (id note.ID, ok bool) {
	s, _ := m.Fields[field].(string)
	id, err := note.ParseID(s)
	return id, err == nil
}

// converses reports whether the note is on a matter in which notes reply to
// others. A matter with a key is one for ever and may have very many notes;
// nothing in it replies.
func converses(e *register.Entry) bool { return e.Matter != nil && e.Matter.Kind.Key == nil }

// replies returns what persons said to a note, the earliest first.
func (b *builder) replies(e *register.Entry) []Reply {
	if !converses(e) {
		return []Reply{}
	}
	return slices.Concat([]Reply{}, b.conversation(e.Matter).replies[e.ID])
}

// Link is a note that another one names, or replies to.
type Link struct {
	As    string  `json:"as"` // the field that names it, such as in-response-to; linkReply where the act says so
	Note  note.ID `json:"note"`
	Short string  `json:"short"`
}

// linkReply is what a note is to one that it replies to without naming it.
const linkReply = "reply"

// links returns the notes that a note speaks to, only as its author states it.
func (b *builder) links(e *register.Entry) []Link {
	out := []Link{}
	if e.Move == nil {
		return out
	}
	if _, act, ok := matter.Find(e.Move.Act); ok {
		for _, f := range act.Fields {
			if f.Type != matter.TypeRef {
				continue
			}
			if id, ok := named(e.Move, f.Name); ok {
				out = append(out, Link{f.Name, id, id.Short()})
			}
		}
	}
	if !converses(e) {
		return out
	}
	if to, ok := b.conversation(e.Matter).to[e.ID]; ok && !slices.ContainsFunc(out, func(l Link) bool { return l.Note == to }) {
		out = append(out, Link{linkReply, to, to.Short()})
	}
	return out
}
