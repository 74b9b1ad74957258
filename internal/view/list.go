package view

import (
	"slices"
	"strings"
	"time"

	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// NoteLine is one note in a list.
type NoteLine struct {
	Act        string            `json:"act,omitempty"` // empty where the move cannot be read
	Audience   []string          `json:"audience"`
	Delivery   map[string]string `json:"delivery,omitempty"` // of an own note, by party: sent, receipted, acked
	During     *note.ID          `json:"during,omitempty"`   // another party's suspension of its kind, in which it was written
	Gist       *Words            `json:"gist"`
	ID         note.ID           `json:"id"`
	Matter     *note.ID          `json:"matter,omitempty"`
	Office     string            `json:"office,omitempty"`
	Party      string            `json:"party"`
	Precedence string            `json:"precedence"`
	Reason     locale.Phrase     `json:"reason,omitzero"` // why it changed nothing
	Result     string            `json:"result"`          // applied, out of order, beyond authority, ad referendum, waiting, not folded, kept
	Settled    bool              `json:"settled"`         // false: provisional
	Short      string            `json:"short"`           // PAK#41
	Time       time.Time         `json:"time"`            // the author's claim
}

func (b *builder) line(e *register.Entry) *NoteLine {
	l := &NoteLine{Audience: e.Audience, ID: e.ID, Party: e.ID.Party(), Precedence: e.Precedence, Reason: Says(e.Reason),
		Result: string(e.Result), Settled: b.s.Register.Settled(e), Short: e.ID.Short(), Time: e.Time, During: b.during(e), Gist: b.gist(e)}
	if e.Move != nil {
		l.Act, l.Office = e.Move.Act, e.Move.Office
	}
	if e.Matter != nil {
		id := e.Matter.ID
		l.Matter = &id
	}
	if l.Party == b.s.Party {
		l.Delivery = map[string]string{}
		for _, p := range e.Audience {
			if p != l.Party {
				l.Delivery[p] = b.delivered(e.ID, p)
			}
		}
	}
	return l
}

// How far an own note is at another party.
const (
	Sent      = "sent"      // no receipt yet
	Receipted = "receipted" // its node durably holds the leaf
	Acked     = "acked"     // its node says that it holds the note, in a note of its own
)

func (b *builder) delivered(id note.ID, party string) string {
	if b.s.Register.Holds(party, id) {
		return Acked
	}
	for _, f := range b.s.Feeds {
		if f.Origin == id.Origin && f.Receipts[party] > id.Index {
			return Receipted
		}
	}
	return Sent
}

// Notes is a list of notes.
type Notes struct {
	Frame
	Notes []*NoteLine `json:"notes"`
}

// Filter chooses notes.
type Filter struct {
	Act        string    // an act or a kind; empty: all
	Limit      int       // the newest so many; 0: all
	Matter     note.ID   // of the note that opened it, or of any note on it; zero: all
	Party      string    // the author; empty: all
	Precedence string    // empty: all
	Since      time.Time // by the claimed time
}

func (f Filter) takes(e *register.Entry) bool {
	switch {
	case !f.Since.IsZero() && e.Time.Before(f.Since):
		return false
	case f.Precedence != "" && e.Precedence != f.Precedence:
		return false
	case f.Party != "" && !ofParty(e.ID, f.Party):
		return false
	case f.Act == "":
		return true
	case e.Move == nil:
		return false
	}
	rest, ok := strings.CutPrefix(e.Move.Act, f.Act)
	return ok && (rest == "" || strings.HasPrefix(rest, "/"))
}

// ofParty is id.Party() == party, for who asks it of every note.
func ofParty(id note.ID, party string) bool {
	rest, ok := strings.CutPrefix(id.Origin, party)
	return ok && strings.HasPrefix(rest, "/")
}

// isAck reports whether the note is bookkeeping of the line.
func isAck(e *register.Entry) bool { return e.Move != nil && e.Move.Act == matter.Ack }

// Inbox returns what others wrote: first the flash notes that no person here
// has acknowledged, then the newest.
func Inbox(src Source, channel note.Digest, f Filter) (*Notes, error) {
	return list(src, channel, f, func(b *builder, e *register.Entry) bool {
		return !ofParty(e.ID, b.s.Party)
	}, func(b *builder, taken []*register.Entry) {
		slices.Reverse(taken)
		first := map[*register.Entry]int{}
		for _, e := range taken {
			if urgent(b.s.Register, b.s.Party, e) {
				first[e] = -1
			}
		}
		slices.SortStableFunc(taken, func(x, y *register.Entry) int { return first[x] - first[y] })
	})
}

// urgent reports whether a flash note waits for a person of a party: for an
// answer of whatever grade, or any other word of it on the same matter. A note
// that is on no matter, such as one that cannot be read, can be answered by no
// act: there it is any word of a person to its author, who held it then.
func urgent(r *register.Register, party string, e *register.Entry) bool {
	switch {
	case e.Precedence != "flash":
		return false
	case e.Matter != nil:
		at := slices.Index(e.Matter.Entries, e)
		return !slices.ContainsFunc(e.Matter.Entries[at+1:], func(o *register.Entry) bool { return o.ID.Party() == party })
	}
	held := r.Covered(party, e.ID)
	if held == nil {
		return true
	}
	for i := held.ID.Index; i < r.Size(held.ID.Origin); i++ {
		o := r.Entry(note.ID{Origin: held.ID.Origin, Index: i})
		if o.Move != nil && !isAck(o) && o.Move.Act != matter.Test && slices.Contains(o.Audience, e.ID.Party()) {
			return false
		}
	}
	return true
}

// Timeline returns all notes but acks by their claimed time, the oldest first.
func Timeline(src Source, channel note.Digest, f Filter) (*Notes, error) {
	return list(src, channel, f, func(*builder, *register.Entry) bool { return true }, func(*builder, []*register.Entry) {})
}

// list takes the newest notes, and hands them to order with the oldest first.
func list(src Source, channel note.Digest, f Filter, takes func(*builder, *register.Entry) bool, order func(*builder, []*register.Entry)) (*Notes, error) {
	return build(src, channel, func(b *builder) (*Notes, error) {
		v := &Notes{Frame: b.frame(), Notes: []*NoteLine{}}
		chosen, err := b.chosen(f)
		if err != nil {
			return nil, err
		}
		var taken []*register.Entry
		for _, e := range chosen {
			if takes(b, e) {
				taken = append(taken, e)
			}
		}
		if f.Limit > 0 && len(taken) > f.Limit {
			taken = taken[len(taken)-f.Limit:]
		}
		order(b, taken)
		for _, e := range taken {
			v.Notes = append(v.Notes, b.line(e))
		}
		return v, nil
	})
}

// MatterLine is one matter in a list.
type MatterLine struct {
	Audience    []string  `json:"audience"`
	Gist        *Words    `json:"gist"`
	ID          note.ID   `json:"id"`
	Kind        string    `json:"kind"`
	Last        time.Time `json:"last"` // the claimed time of its last note
	Notes       int       `json:"notes"`
	Opener      string    `json:"opener"`
	Owed        int       `json:"owed"`        // clocks that run or ran out, unanswered
	Provisional bool      `json:"provisional"` // a note that is not settled has changed it
	Settled     string    `json:"settled"`     // its state by what is settled; empty: nothing is
	Short       string    `json:"short"`
	State       string    `json:"state"`
}

// Picture is the digest of the register for one audience.
type Picture struct {
	Audience []string    `json:"audience"`
	Digest   note.Digest `json:"digest"`
}

// Register lists every matter, and the picture.
type Register struct {
	Frame
	CheckWords []string          `json:"check_words"` // of the picture
	Heads      map[string]uint64 `json:"heads"`
	Matters    []*MatterLine     `json:"matters"`
	Picture    note.Digest       `json:"picture"`  // for the audience of all who speak, which a note has if it names no other
	Pictures   []Picture         `json:"pictures"` // for every audience
}

// Matters returns the register.
func Matters(src Source, channel note.Digest, kind string) (*Register, error) {
	return build(src, channel, func(b *builder) (*Register, error) {
		v := &Register{Frame: b.frame(), Heads: b.s.Register.Heads(), Matters: []*MatterLine{}, Pictures: []Picture{}}
		v.Picture, _ = b.s.Register.Picture(b.speakers(), v.Heads)
		v.CheckWords = CheckWords(v.Picture)
		for _, a := range b.s.Register.Audiences() {
			if d, ok := b.s.Register.Picture(a, v.Heads); ok {
				v.Pictures = append(v.Pictures, Picture{a, d})
			}
		}
		owed := map[note.ID]int{}
		for _, c := range b.s.Register.Owing(b.now) {
			if c.State == register.Running || c.State == register.DueUnreported {
				owed[c.Matter.ID]++
			}
		}
		for _, m := range b.s.Register.Matters() {
			if kind != "" && m.Kind.Name != kind {
				continue
			}
			l := b.matterLine(m)
			l.Owed = owed[m.ID]
			v.Matters = append(v.Matters, l)
		}
		slices.SortStableFunc(v.Matters, func(x, y *MatterLine) int { return x.Last.Compare(y.Last) })
		return v, nil
	})
}

func (b *builder) matterLine(m *register.Matter) *MatterLine {
	l := &MatterLine{Audience: m.Audience, ID: m.ID, Kind: m.Kind.Name, Notes: len(m.Entries), Opener: m.ID.Party(), Provisional: m.Provisional(), Short: m.ID.Short(), State: "nothing applied"}
	l.Last = lastTime(m)
	if m.State != nil {
		l.State, l.Opener = m.State.Status(), m.State.Opened()
	}
	if m.Settled != nil {
		l.Settled = m.Settled.Status()
	}
	if b.released(m) { // by the clock of the reader: the fold knows none
		l.State, l.Settled = "released", "released"
	}
	l.Gist = b.gist(m.Entries[0])
	return l
}

// Clock is one deadline as it stands now.
type Clock struct {
	Done   *note.ID      `json:"done,omitempty"`    // the note that stopped it
	DoneAt *time.Time    `json:"done_at,omitempty"` // its claimed time
	Due    *time.Time    `json:"due,omitempty"`     // absent: open-ended
	For    locale.Phrase `json:"for"`
	From   note.ID       `json:"from"`
	HeldAt *time.Time    `json:"held_at,omitempty"` // when the other side says that it held that note
	Kind   string        `json:"kind"`
	Matter note.ID       `json:"matter"`
	Owes   string        `json:"owes"`
	State  string        `json:"state"` // running, met, late, undecided, "due, unreported", lapsed, void, open-ended, done
	Words  *Words        `json:"words"` // what is owed: the gist of the note that started it
}

// Clocks is every deadline, the earliest first.
type Clocks struct {
	Frame
	Clocks []*Clock `json:"clocks"`
}

// Deadlines returns what is owed and owing. all adds what is met, void or over.
func Deadlines(src Source, channel note.Digest, all bool) (*Clocks, error) {
	return build(src, channel, func(b *builder) (*Clocks, error) {
		v := &Clocks{Frame: b.frame(), Clocks: []*Clock{}}
		clocks := b.s.Register.Owing
		if all {
			clocks = b.s.Register.At
		}
		for _, c := range clocks(b.now) {
			v.Clocks = append(v.Clocks, b.clock(c))
		}
		return v, nil
	})
}

// owing reports whether something may still be expected.
func owing(s register.ClockState) bool {
	return s == register.Running || s == register.DueUnreported || s == register.OpenEnded
}

func (b *builder) clock(c register.ClockView) *Clock {
	v := b.clockOf(c)
	if e := b.s.Register.Entry(c.From); e != nil {
		v.Words = b.gist(e)
	}
	return v
}

// clockOf is clock without anybody's words.
func (b *builder) clockOf(c register.ClockView) *Clock {
	v := &Clock{Done: c.Done, For: Says(c.For), From: c.From, Kind: c.Matter.Kind.Name, Matter: c.Matter.ID, Owes: c.Owes, State: string(c.State)}
	if t, ok := c.DueTime(); ok {
		v.Due = &t
	}
	if !c.DoneAt.IsZero() {
		v.DoneAt = &c.DoneAt
	}
	if !c.HeldAt.IsZero() {
		v.HeldAt = &c.HeldAt
	}
	return v
}
