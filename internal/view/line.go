package view

import (
	"slices"
	"strings"
	"time"

	"detente/charter"
	"detente/internal/node"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Line is the state of the line of one channel.
type Line struct {
	Frame
	Feeds       []Feed        `json:"feeds"`
	Peers       []Peer        `json:"peers"`
	Pending     []note.Digest `json:"pending_closings"` // that wait for a person to accept them
	Suspensions []Suspension  `json:"suspensions"`      // that stand now
	Waiting     int           `json:"waiting"`          // notes held whose past is not held yet
}

// Feed is one feed as this node holds it.
type Feed struct {
	Frozen   *uint64           `json:"frozen,omitempty"` // folded up to here only, see Why
	Origin   string            `json:"origin"`
	Party    string            `json:"party"`
	Root     note.Digest       `json:"root"`
	Receipts map[string]uint64 `json:"receipts"` // by party: how many leaves it gave a receipt for
	Size     uint64            `json:"size"`
	Why      string            `json:"why,omitempty"`
}

// Peer is the other end. Four silences are kept apart: the link is down; a
// roll call was missed; a message, a question, a dossier or a request is
// delivered and no person has acknowledged it; one is acknowledged and what it asks is still owed.
type Peer struct {
	Addresses    []string   `json:"addresses"`
	LastError    string     `json:"last_error,omitempty"`
	LastHeard    *time.Time `json:"last_heard,omitempty"`
	MissedRolls  []Roll     `json:"missed_roll_calls"`
	MissingHere  int        `json:"missing_payloads"` // of its notes, not here yet
	Name         string     `json:"name"`
	Party        string     `json:"party"`
	PictureAt    *note.ID   `json:"picture_at,omitempty"`    // the ack that was compared
	PictureEqual *bool      `json:"picture_equal,omitempty"` // absent: not compared yet
	Role         string     `json:"role"`
	Since        *time.Time `json:"since,omitempty"` // up or down since
	Unacked      []note.ID  `json:"delivered_not_acknowledged"`
	Unanswered   []note.ID  `json:"acknowledged_not_answered"`
	Undelivered  []note.ID  `json:"not_delivered"`
	Up           bool       `json:"up"`
}

// Roll is a roll call that was due.
type Roll struct {
	At time.Time `json:"at"`
}

// Suspension is what a party has suspended.
type Suspension struct {
	End    string   `json:"end"`
	Note   note.ID  `json:"note"`
	Party  string   `json:"party"`
	Reason string   `json:"reason"`
	Scope  []string `json:"scope"`
	Words  *Words   `json:"words"`

	from, to time.Time // zero: no end
}

// RollGrace is how late a roll call may come, and how early.
const RollGrace = 30 * time.Minute

// State returns the state of the line.
func State(src Source, channel note.Digest) (*Line, error) {
	return build(src, channel, func(b *builder) (*Line, error) {
		v := &Line{Frame: b.frame(), Feeds: []Feed{}, Peers: []Peer{}, Pending: slices.Concat([]note.Digest{}, b.s.Pending), Suspensions: []Suspension{}}
		for _, f := range b.s.Feeds {
			v.Feeds = append(v.Feeds, Feed{Frozen: f.Frozen, Origin: f.Origin, Party: f.Party, Root: f.Head.Root, Receipts: f.Receipts, Size: f.Head.Size, Why: f.Why})
		}
		v.Waiting = b.s.Register.Waiting()
		for _, p := range b.s.Peers {
			v.Peers = append(v.Peers, b.peer(p))
		}
		for _, s := range Suspended(b.s.Register, b.now) {
			s.Words = b.words(s.Note, "body")
			v.Suspensions = append(v.Suspensions, s)
		}
		return v, nil
	})
}

func (b *builder) peer(p node.PeerInfo) Peer {
	m, _ := b.s.Docs.Member(p.Party)
	v := Peer{Addresses: slices.Concat([]string{}, p.Addresses), LastError: p.LastError, LastHeard: stamp(p.Heard), MissedRolls: MissedRolls(b.s, p.Party, b.now), MissingHere: p.Missing,
		Name: m.Name, Party: p.Party, PictureEqual: p.Picture, Role: p.Role, Since: stamp(p.Since),
		Unacked: []note.ID{}, Unanswered: []note.ID{}, Undelivered: []note.ID{}, Up: p.Up}
	if p.Picture != nil {
		at := p.PictureAt
		v.PictureAt = &at
	}
	for _, e := range b.undelivered(p.Party) {
		v.Undelivered = append(v.Undelivered, e.ID)
	}
	unacked := b.unacked(p.Party)
	slices.SortFunc(unacked, register.CompareTimes)
	for _, e := range unacked {
		v.Unacked = append(v.Unacked, e.ID)
	}
	for _, c := range b.due() {
		if c.Owes != p.Party || c.From.Party() != b.s.Party {
			continue
		}
		if e := b.s.Register.Entry(c.From); e != nil {
			if said, asked := acknowledged(e, p.Party); said && asked {
				v.Unanswered = append(v.Unanswered, c.From)
			}
		}
	}
	return v
}

// undelivered returns this node's notes to a party that neither a receipt nor
// a note of its own covers, as they were written.
func (b *builder) undelivered(party string) (out []*register.Entry) {
	for _, f := range b.s.Feeds {
		for i := f.Receipts[party]; f.Party == b.s.Party && i < f.Head.Size; i++ {
			e := b.s.Register.Entry(note.ID{Origin: f.Origin, Index: i})
			if e != nil && !isAck(e) && slices.Contains(e.Audience, party) && b.delivered(e.ID, party) == Sent {
				out = append(out, e)
			}
		}
	}
	return out
}

// asking are the acts that ask for a person's word: see acknowledged.
var asking = []string{"message/send", "incident/question", "dossier/share", matter.Supplement, "request/make"}

// unacked returns this node's notes that are delivered to a party and ask for
// a person's word that has not come.
func (b *builder) unacked(party string) (out []*register.Entry) {
	for _, act := range asking {
		for _, e := range b.s.Register.OfAct(act) {
			if !ofParty(e.ID, b.s.Party) {
				continue
			}
			if said, asked := acknowledged(e, party); asked && !said && slices.Contains(e.Audience, party) && b.delivered(e.ID, party) != Sent {
				out = append(out, e)
			}
		}
	}
	return out
}

// MissedRolls returns the roll calls of the last day that did not come from a
// principal that has been heard of; none of any other party.
func MissedRolls(s *node.Snapshot, party string, now time.Time) []Roll {
	began := s.Register.Began(party)
	if began.IsZero() || s.Docs.Role(party) != charter.Principal {
		return []Roll{}
	}
	var came []time.Time
	all := s.Register.ByTime()
	for _, e := range all[since(all, now.Add(-24*time.Hour-RollGrace)):] {
		if ofParty(e.ID, party) && isTest(e) && e.Move.Fields["use"] == "roll-call" {
			came = append(came, e.Time)
		}
	}
	return missedRolls(s.Docs.Current().Charter.RollCall, came, began, now)
}

// due returns what is owed now, worked out once.
func (b *builder) due() []register.ClockView {
	if !b.owed {
		b.clocks, b.owed = b.s.Register.Owing(b.now), true
	}
	return b.clocks
}

// acknowledged reports whether a note asks for a person's word at all, and
// whether the party has given one: an answer of whatever grade to a message, a
// first clarification of a question, the receipt of a dossier, any word on a
// request. That its node holds the note is not such a word.
func acknowledged(e *register.Entry, party string) (said, asked bool) {
	if e.Matter == nil || e.Result != register.Applied {
		return false, false
	}
	switch s := e.Matter.State.(type) {
	case *matter.MessageState:
		return slices.ContainsFunc(s.Answers, func(a matter.Answer) bool { return a.Party == party }), s.Opening == e.ID
	case *matter.IncidentState:
		i := slices.IndexFunc(s.Questions, func(q matter.Question) bool { return q.Note == e.ID })
		if i < 0 {
			return false, false
		}
		return slices.ContainsFunc(s.Questions[i].Answers, func(id note.ID) bool { return id.Party() == party }), true
	case *matter.DossierState:
		i := slices.IndexFunc(s.Sent, func(sent matter.Sending) bool { return sent.Note == e.ID })
		if i < 0 {
			return false, false
		}
		return slices.ContainsFunc(s.Sent[i].Receipts, func(c matter.Clock) bool { return c.Owes == party && c.Done != nil }), true
	case *matter.RequestState:
		return s.Answered != nil, s.Opening == e.ID && s.To == party
	}
	return false, false
}

// missedRolls returns the roll calls of the last day for which no roll call
// came, from the first on that was due after the party was first heard of.
func missedRolls(at []string, came []time.Time, began, now time.Time) []Roll {
	out := []Roll{}
	now = now.UTC()
	for day := -1; day <= 0; day++ {
		y, mo, d := now.AddDate(0, 0, day).Date()
		for _, hm := range at {
			t, err := time.Parse("15:04", hm)
			if err != nil {
				continue
			}
			due := time.Date(y, mo, d, t.Hour(), t.Minute(), 0, 0, time.UTC)
			if due.Before(began) || due.Before(now.Add(-24*time.Hour)) || now.Before(due.Add(RollGrace)) {
				continue
			}
			if !slices.ContainsFunc(came, func(c time.Time) bool { return c.Sub(due).Abs() <= RollGrace }) {
				out = append(out, Roll{due})
			}
		}
	}
	return out
}

// Suspended returns the suspensions that stand at t, by the claimed times of
// the notes that began and ended them.
func Suspended(r *register.Register, t time.Time) []Suspension {
	return standingAt(suspensions(r), t)
}

// suspensions returns every suspension, ended ones too.
func suspensions(r *register.Register) []Suspension {
	out := []Suspension{}
	for _, e := range r.OfAct("line/suspend") {
		if e.Result != register.Applied {
			continue
		}
		s, ok := e.Matter.State.(*matter.LineState)
		if !ok {
			continue
		}
		stop := Suspension{End: s.End, Note: e.ID, Party: s.Opener, Reason: s.Reason, Scope: s.Scope, from: e.Time}
		if end, err := matter.ParseInstant(s.End); err == nil {
			stop.to = end
		}
		if s.Resumed != nil {
			if at := r.Entry(*s.Resumed).Time; stop.to.IsZero() || at.Before(stop.to) {
				stop.to = at
			}
		}
		out = append(out, stop)
	}
	slices.SortStableFunc(out, func(a, b Suspension) int { return a.from.Compare(b.from) })
	return out
}

func standingAt(list []Suspension, t time.Time) []Suspension {
	return slices.DeleteFunc(slices.Clone(list), func(s Suspension) bool {
		return t.Before(s.from) || !s.to.IsZero() && t.After(s.to)
	})
}

// Covers reports whether the suspension names the act or its kind. "Tests and
// flash always pass", and so does the note that ends a suspension.
func (s Suspension) Covers(act, precedence string) bool {
	kind, _, _ := strings.Cut(act, "/")
	if precedence == "flash" || act == matter.Test || act == "line/resume" || act == matter.Ack {
		return false
	}
	return slices.Contains(s.Scope, kind) || slices.Contains(s.Scope, act) || slices.Contains(s.Scope, "*")
}

// during returns the suspension by another party in which a note was written,
// by the times that both claim, or nil.
func (b *builder) during(e *register.Entry) *note.ID {
	if e.Move == nil {
		return nil
	}
	if b.stops == nil {
		b.stops = slices.Concat([]Suspension{}, suspensions(b.s.Register))
	}
	for _, s := range standingAt(b.stops, e.Time) {
		if s.Party != e.ID.Party() && s.Note != e.ID && s.Covers(e.Move.Act, e.Precedence) {
			return &s.Note
		}
	}
	return nil
}

func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
