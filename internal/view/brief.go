package view

import (
	"slices"
	"time"

	"detente/internal/house"
	"detente/internal/node"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Brief is where things stand for one node, on all its channels: what it owes
// and is owed, what changed, what no person here has acknowledged, and whom it
// does not reach. Each list holds the first of its lines, and how many there
// are. The channels stay apart: an exercise is never mixed with the real.
type Brief struct {
	Channels []*BriefChannel `json:"channels"`
	House    List[*InHouse]  `json:"in_house"` // papers that no note is matched to, and what was filed since; the newest first
	Lang     string          `json:"lang"`     // in which words are preferred, and dates written
	Node     string          `json:"node"`
	Now      time.Time       `json:"now"`
	Since    time.Time       `json:"since"` // of what changed, by claimed times
}

// BriefChannel is the brief of one channel.
type BriefChannel struct {
	Frame
	Changed     List[*BriefNote] `json:"changed"`
	Owed        List[*Clock]     `json:"owed"`  // by this node's party
	Owing       List[*Clock]     `json:"owing"` // by others
	Suspensions []Suspension     `json:"suspensions"`
	Unreachable []Unreachable    `json:"unreachable"`
	Unread      List[*BriefNote] `json:"unread"` // notes of others that ask for a person's word, and flash, without one from here
}

// List is the first of some lines.
type List[T any] struct {
	Lines []T `json:"lines"`
	Total int `json:"total"`
}

// BriefNote is one note of a brief.
type BriefNote struct {
	Act        string    `json:"act,omitempty"`
	Gist       *Words    `json:"gist"`
	ID         note.ID   `json:"id"`
	Matter     *note.ID  `json:"matter,omitempty"`
	Party      string    `json:"party"`
	Precedence string    `json:"precedence"`
	Result     string    `json:"result"`
	Settled    bool      `json:"settled"` // false: provisional
	Short      string    `json:"short"`
	State      string    `json:"state,omitempty"` // what its matter has come to
	Time       time.Time `json:"time"`            // the author's claim
}

// Unreachable is what stands between this node and another party. A silence of
// one kind says nothing of the others.
type Unreachable struct {
	Down        bool       `json:"down"`
	LastHeard   *time.Time `json:"last_heard,omitempty"`
	MissedRolls []Roll     `json:"missed_roll_calls"`
	Party       string     `json:"party"`
	Since       *time.Time `json:"since,omitempty"` // down since; absent: never tried
	Unreceipted int        `json:"not_receipted"`   // notes to it without its receipt
}

// BriefOptions says what a brief is of.
type BriefOptions struct {
	Channels []note.Digest
	Lang     string    // in which words are preferred; empty: English
	Since    time.Time // zero: the day before now
}

// briefLines is how many lines a list of a brief holds: more than a printed
// page has.
const briefLines = 40

// BriefOf returns the brief of a party's node.
func BriefOf(src Source, party string, o BriefOptions) (*Brief, error) {
	v := &Brief{Channels: []*BriefChannel{}, Lang: o.Lang, Node: party, Now: src.Now().UTC(), Since: o.Since.UTC()}
	if o.Since.IsZero() {
		v.Since = v.Now.AddDate(0, 0, -1)
	}
	filed, err := src.House().Items(&matter.File)
	if err != nil {
		return nil, err
	}
	slices.Reverse(filed)
	filed = slices.DeleteFunc(filed, func(i *house.Item) bool {
		waits := i.Act.Act == matter.FilePaper && i.State.Status() == "logged"
		return i.State.Status() == "struck" || !waits && i.Time.Before(v.Since)
	})
	v.House = first(filed, inHouse)
	for _, id := range o.Channels {
		c, err := build(src, id, func(b *builder) (*BriefChannel, error) {
			b.lang = o.Lang
			return b.brief(v.Since, nil), nil
		})
		if err != nil {
			return nil, err
		}
		v.Channels = append(v.Channels, c)
	}
	return v, nil
}

// brief draws one channel. What changed is what came since a mark, or without
// one since a time.
func (b *builder) brief(from time.Time, seen Mark) *BriefChannel {
	r := b.s.Register
	v := &BriefChannel{Frame: b.frame(), Suspensions: Suspended(r, b.now), Unreachable: []Unreachable{}}
	for i := range v.Suspensions {
		v.Suspensions[i].Words = b.words(v.Suspensions[i].Note, "body")
	}
	v.Owed, v.Owing = List[*Clock]{Lines: []*Clock{}}, List[*Clock]{Lines: []*Clock{}}
	for _, c := range b.due() {
		l := &v.Owing
		if c.Owes == b.s.Party {
			l = &v.Owed
		}
		if l.Total++; l.Total <= briefLines {
			l.Lines = append(l.Lines, b.clock(c))
		}
	}
	v.Unread = first(b.unread(), b.briefNote)
	if seen != nil {
		v.Changed = b.unseen(seen)
	} else {
		v.Changed = first(b.changed(from), b.briefNote)
	}
	for _, p := range b.s.Peers {
		if u, ok := b.unreachable(p); ok {
			v.Unreachable = append(v.Unreachable, u)
		}
	}
	return v
}

func isTest(e *register.Entry) bool { return e.Move != nil && e.Move.Act == matter.Test }

// changed returns the notes since a time, but tests, the newest first.
func (b *builder) changed(from time.Time) (out []*register.Entry) {
	all := b.s.Register.ByTime()
	for _, e := range slices.Backward(all[since(all, from):]) {
		if !isTest(e) {
			out = append(out, e)
		}
	}
	return out
}

// unread returns the notes of others that wait for a person here, flash first:
// a message, a question, a dossier or a request without a word of any grade, or
// a flash note without any word on its matter since.
func (b *builder) unread() (out []*register.Entry) {
	r := b.s.Register
	for _, act := range asking {
		for _, e := range r.OfAct(act) {
			if ofParty(e.ID, b.s.Party) {
				continue
			}
			if said, asked := acknowledged(e, b.s.Party); asked && !said {
				out = append(out, e)
			}
		}
	}
	for _, e := range r.Flash() {
		if ofParty(e.ID, b.s.Party) || e.Result == register.Kept || isTest(e) {
			continue
		}
		if _, asked := acknowledged(e, b.s.Party); !asked && urgent(r, b.s.Party, e) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(x, y *register.Entry) int {
		if x, y := x.Precedence == "flash", y.Precedence == "flash"; x != y {
			if x {
				return -1
			}
			return 1
		}
		return register.CompareTimes(x, y)
	})
	return out
}

// first draws the first lines of a list.
func first[E, T any](list []E, draw func(E) T) List[T] {
	out := List[T]{Lines: []T{}, Total: len(list)}
	for _, e := range list[:min(len(list), briefLines)] {
		out.Lines = append(out.Lines, draw(e))
	}
	return out
}

func (b *builder) briefNote(e *register.Entry) *BriefNote {
	n := &BriefNote{Gist: b.gist(e), ID: e.ID, Party: e.ID.Party(), Precedence: e.Precedence, Result: string(e.Result), Settled: b.s.Register.Settled(e), Short: e.ID.Short(), Time: e.Time}
	if e.Move != nil {
		n.Act = e.Move.Act
	}
	if m := e.Matter; m != nil {
		id := m.ID
		if n.Matter = &id; m.State != nil {
			n.State = m.State.Status()
		}
	}
	return n
}

// unreachable says what stands between this node and a peer; ok is false where
// nothing does.
func (b *builder) unreachable(p node.PeerInfo) (u Unreachable, ok bool) {
	u = Unreachable{Down: !p.Up, LastHeard: stamp(p.Heard), MissedRolls: MissedRolls(b.s, p.Party, b.now), Party: p.Party, Since: stamp(p.Since), Unreceipted: len(b.undelivered(p.Party))}
	return u, u.Down || u.Unreceipted > 0 || len(u.MissedRolls) > 0
}
