package register

import (
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"detente/matter"
	"detente/note"
)

// Version is the version of the fold. A snapshot made by another is void.
const Version = 2

// Rules is what the fold needs of one charter or amendment.
type Rules interface {
	matter.Rules
	Role(party string) string // principal, facilitator, observer, or empty
	MaySay(party, office, act string) bool
	MayBind(party, office, act string) (binds, adReferendum bool)
	IsExercise() bool
	Serial() int // 0 for the founding charter, 1 for the first amendment, and on
}

// Opened is a note as its reader holds it.
type Opened struct {
	Header  *note.Header
	Move    *note.Move  // nil where it is not addressed to the reader, is missing or is unreadable
	Content note.Digest // of the content's plaintext; zero where there is none
	Trouble Trouble     // why there is no move
	Why     string      // the same for people, where it is unreadable and that is known
}

// Trouble says why a note has no move.
type Trouble string

const (
	Sealed     Trouble = "sealed"     // not addressed to the reader
	Missing    Trouble = "missing"    // addressed, and its payload has not arrived
	Unreadable Trouble = "unreadable" // malformed, unknown, or it cannot be opened
)

// Result is what a note did.
type Result string

const (
	Applied    Result = "applied"
	OutOfOrder Result = "out of order"     // not open to its author then; it changed nothing
	NoPower    Result = "beyond authority" // its office has no power to say or bind this; it changed nothing
	Referred   Result = "ad referendum"    // its office binds subject to its capital, which has not made the act; it changed nothing
	Waiting    Result = "waiting"          // its past is not held yet
	NotFolded  Result = "not folded"       // see Trouble
	Kept       Result = "kept"             // bookkeeping of the line: an ack
)

// Entry is one note in the register. It keeps what the fold reads of the
// header, and no more.
type Entry struct {
	ID         note.ID
	Depth      uint64
	Time       time.Time // the author's claim
	Audience   []string
	Charter    note.Digest
	Precedence string
	Move       *note.Move
	Content    note.Digest
	Trouble    Trouble
	Result     Result
	Reason     string // for people, where the result is not Applied
	Matter     *Matter

	audience *audience
	act      *matter.Act // of its move; nil where it has none that could be folded
	nth      int         // among its author's notes on its matter, from 0
	exercise bool
	placed   bool
	ordered  bool   // it stands in the register's order of times
	why      string // of Trouble, for people
	outdated bool   // its author had already used a later charter
	seen     []seen
}

// Handling returns how the note's words may be handled; its zero value where
// nothing stands on them, or where the move that would say it cannot be read.
// What stands on a note that adds to a dossier stands on what was said by those
// who had seen it: an answer may repeat its words.
func (e *Entry) Handling() matter.Handling {
	switch {
	case e.Move == nil:
		return matter.Handling{}
	case e.Matter == nil:
		return matter.HandlingOf(e.Move)
	}
	moves := []*note.Move{e.Matter.Entries[0].Move}
	if e.Matter.Kind == &matter.Dossier { // no other is added to, and one may have very many notes
		for _, o := range e.Matter.Entries[1:] {
			if o.Move.Act == matter.Supplement && e.Saw(o.ID) {
				moves = append(moves, o.Move)
			}
		}
	}
	return matter.HandlingOf(append(moves, e.Move)...)
}

// seen is one head of a header: the feed, and how much of it was held.
type seen struct {
	feed *feed
	size uint64
}

// audience is one list of parties, kept once.
type audience struct {
	parties []string
	key     string
	matters map[string][]*Matter // by the origin of their rank, in its order
	orphans []*Entry             // notes that belong to no matter, in order
	missing []*Entry             // those of them whose payload has not arrived
	first   *Entry               // of missing, the first in the order of the fold
	marks   []mark               // of its picture
}

// Register is the state of one channel as one reader holds it. It is not safe
// for concurrent use.
type Register struct {
	rules     func(charter note.Digest) (Rules, bool)
	feeds     map[string]*feed
	all       []*feed // the same, as they became known
	matters   map[note.ID]*Matter
	keyed     map[string]*Matter // by audience, kind and key
	acts      map[*matter.Act][]*Entry
	flash     []*Entry
	audiences map[string]*audience
	left      map[string]bool
	waiting   int
	stale     []*Matter               // with a note that is not looked at in owing yet
	owing     map[*Matter][]ClockView // the clocks that nothing has stopped, of every matter that has one
	times     chronicle
}

type feed struct {
	origin   string
	party    string
	before   *feed     // the epoch before, if there was one
	audience *audience // of the last note: the next one often has the same
	entries  []*Entry
	placed   int              // how many, from the first, have their depth and are folded
	stands   uint64           // how many entries stand; all, unless it is frozen
	serial   int              // of the latest charter used
	began    time.Time        // the earliest time that a note of it claims; zero: none can be read
	cover    map[*feed]uint64 // the greatest size seen of every other feed, by what is placed
}

// New returns an empty register. rules gives the rules of a charter, or says
// that it is not known yet.
func New(rules func(charter note.Digest) (Rules, bool)) *Register {
	return &Register{rules: rules, feeds: map[string]*feed{}, matters: map[note.ID]*Matter{}, keyed: map[string]*Matter{}, acts: map[*matter.Act][]*Entry{}, audiences: map[string]*audience{}, left: map[string]bool{}, owing: map[*Matter][]ClockView{}}
}

// Add takes notes in, in any order between feeds; within a feed each must be
// the next. It returns false, and takes nothing, for a note that is not.
func (r *Register) Add(n Opened) bool {
	h := n.Header
	f := r.feed(h.Origin)
	if h.Index != uint64(len(f.entries)) || h.Index >= f.stands {
		return false
	}
	a := f.audience
	if a == nil || !slices.Equal(a.parties, h.Audience) {
		a = r.audience(h.Audience)
		f.audience = a
	}
	e := &Entry{ID: note.ID{Origin: f.origin, Index: h.Index}, Time: h.When(), Audience: a.parties, Charter: h.Charter, Precedence: h.Precedence,
		Move: n.Move, Content: n.Content, Trouble: n.Trouble, why: n.Why, Result: Waiting, Reason: "its past is not held yet",
		audience: a, exercise: h.Exercise, seen: make([]seen, len(h.Seen))}
	for i, s := range h.Seen {
		e.seen[i] = seen{r.feed(s.Origin), s.Size}
	}
	f.entries = append(f.entries, e)
	if !e.Time.IsZero() && (f.began.IsZero() || e.Time.Before(f.began)) {
		f.began = e.Time
	}
	r.times.late = append(r.times.late, e)
	if e.Precedence == "flash" {
		r.flash = append(r.flash, e)
	}
	r.waiting++
	r.place()
	return true
}

func (r *Register) feed(origin string) *feed {
	f := r.feeds[origin]
	if f == nil {
		f = &feed{origin: origin, cover: map[*feed]uint64{}, stands: math.MaxUint64}
		r.feeds[origin] = f
		r.all = append(r.all, f)
		if party, channel, epoch, err := note.ParseOrigin(origin); err == nil {
			f.party = party
			if epoch > 1 {
				f.before = r.feeds[note.Origin(party, channel, epoch-1)]
			}
		}
	}
	return f
}

func (r *Register) audience(parties []string) *audience {
	key := strings.Join(parties, ",")
	a := r.audiences[key]
	if a == nil {
		a = &audience{parties: slices.Clone(parties), key: key, matters: map[string][]*Matter{}}
		r.audiences[key] = a
	}
	return a
}

// Replace puts the opened payload in the place of a missing one. Whatever
// stood beside it for want of it is tried again.
func (r *Register) Replace(n Opened) {
	e := r.Entry(n.Header.ID())
	if e == nil || e.Trouble != Missing {
		return
	}
	e.Move, e.Content, e.Trouble, e.why = n.Move, n.Content, n.Trouble, n.Why
	r.times.move(e)
	if !e.placed {
		return
	}
	e.audience.arrived(e)
	again := e.audience.orphans
	e.audience.orphans = nil
	for _, o := range again { // in the order of the fold
		r.attach(o)
	}
}

// Freeze says that of the feed only the first size entries stand: it forked
// there, or was closed. No more are taken, and what others have seen of it
// counts only so far. Call it before those entries are added.
func (r *Register) Freeze(origin string, size uint64) {
	r.feed(origin).stands = size
	r.place()
}

// Leave says that a party has left the channel: once all that stands of its
// feeds is folded, nothing more of it can come, and nobody waits for its word.
func (r *Register) Leave(party string) { r.left[party] = true }

// Refresh tries again to place what waits, after a charter became known.
func (r *Register) Refresh() { r.place() }

// Size returns how many notes of the feed have been added.
func (r *Register) Size(origin string) uint64 {
	if f := r.feeds[origin]; f != nil {
		return uint64(len(f.entries))
	}
	return 0
}

// Waiting returns how many notes wait for their past.
func (r *Register) Waiting() int { return r.waiting }

// Began returns the earliest time that a note of a party claims; zero where
// nothing has come of it.
func (r *Register) Began(party string) (t time.Time) {
	for _, f := range r.all {
		if f.party == party && !f.began.IsZero() && (t.IsZero() || f.began.Before(t)) {
			t = f.began
		}
	}
	return t
}

// Entry returns a note, or nil.
func (r *Register) Entry(id note.ID) *Entry {
	f := r.feeds[id.Origin]
	if f == nil || id.Index >= uint64(len(f.entries)) {
		return nil
	}
	e := f.entries[id.Index]
	if e.Matter != nil {
		e.Matter.fold()
	}
	return e
}

// Entries returns every note in the order of the fold; those that wait come
// last, by origin and index.
func (r *Register) Entries() []*Entry {
	var out []*Entry
	for _, f := range r.feeds {
		out = append(out, f.entries...)
	}
	for _, m := range r.matters {
		m.fold()
	}
	slices.SortFunc(out, func(a, b *Entry) int {
		if a.placed != b.placed {
			if a.placed {
				return -1
			}
			return 1
		}
		return compare(a, b)
	})
	return out
}

// All yields every note that has been added, feed by feed, in no order that
// means anything: for who looks for some of them, and would sort those. It is
// as Current left it.
func (r *Register) All() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for _, f := range r.all {
			for _, e := range f.entries {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Matters returns every matter, by the note that opened it.
func (r *Register) Matters() []*Matter {
	out := make([]*Matter, 0, len(r.matters))
	for _, a := range r.audiences {
		for _, list := range a.matters {
			for _, m := range list {
				m.fold()
				m.settle()
				out = append(out, m)
			}
		}
	}
	slices.SortFunc(out, func(a, b *Matter) int { return compareIDs(a.ID, b.ID) })
	return out
}

// OfAct returns every note that makes an act, such as "line/suspend", applied
// or not, as they were placed. They are as Current leaves them, and the list
// is the register's own.
func (r *Register) OfAct(act string) []*Entry {
	r.Current()
	_, row, _ := matter.Find(act)
	return r.acts[row]
}

// Flash returns every note of that precedence, as they came.
func (r *Register) Flash() []*Entry {
	r.Current()
	return r.flash
}

// Matter returns a matter by the note that opened it, or any note on it.
func (r *Register) Matter(id note.ID) *Matter {
	m := r.matters[id]
	if m == nil {
		if e := r.Entry(id); e != nil {
			m = e.Matter
		}
	}
	if m != nil {
		m.fold()
		m.settle()
	}
	return m
}
