// Package kept counts how each side kept its word, from the clocks of the
// register: what was met, late, or is due and unreported, what of it the other
// side confirmed or disputed, and how long answers took.
//
// It is one node's private reading, in no register and no picture, and it
// counts only what a clock ran for. A clock never declares a breach: "due,
// unreported" says that no note reports it done, and nothing more. Undecided
// is what was done in time by one side's claimed time and not by the other's;
// both stand beside it. An offer that lapses was nobody's word, and is not
// counted.
//
// The package is pure.
package kept

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"detente/note"
	"detente/register"
)

// A Clock is one deadline as it stands, of something that a side owes.
type Clock struct {
	register.ClockView
	Asked    time.Time // the claimed time of the note that started it
	Kind     string    // of matter
	Verdicts []Verdict // what others say of it, where it was reported done
}

// A Verdict is what a side says of what was reported done.
type Verdict struct {
	As    string  `json:"as"` // one of Judged
	Note  note.ID `json:"note"`
	Party string  `json:"party"`
}

// Answers says of every kind of matter how the words of its clocks end that
// run for an answer; empty where none does. The others run for something to be
// done, or for a first word.
var Answers = map[string]string{
	"message":     "to answer",
	"line":        "",
	"incident":    "to clarify",
	"undertaking": "",
	"mission":     "",
	"talk":        "",
	"dossier":     "to answer",
	"request":     "to complete or decline",
	"group":       "",
	"statement":   "",
	"case":        "to answer",
	"handover":    "",
}

// answers reports whether it is an answer that the clock runs for.
func (c *Clock) answers() bool {
	words := Answers[c.Kind]
	return words != "" && strings.HasSuffix(c.For, words)
}

// A Word is one thing that a side owes or owed, and the notes that it rests on.
type Word struct {
	Asked    time.Time  `json:"asked"`
	Done     *note.ID   `json:"done,omitempty"`
	DoneAt   *time.Time `json:"done_at,omitempty"` // by its author's claim
	Due      *time.Time `json:"due,omitempty"`
	For      string     `json:"for"`
	From     note.ID    `json:"from"`
	HeldAt   *time.Time `json:"held_at,omitempty"` // when the other side says that it held that note
	Kind     string     `json:"kind"`
	Matter   note.ID    `json:"matter"`
	State    string     `json:"state"`
	Took     *int64     `json:"took_seconds,omitempty"` // to answer, by the claimed times of both notes
	Verdicts []Verdict  `json:"verdicts,omitempty"`
}

// A Record is how one side kept its word.
type Record struct {
	Figures []Figure `json:"figures"` // those of States that are not empty, and then of Judged
	Party   string   `json:"party"`
	Replies Replies  `json:"replies"`
}

// A Figure is how many there are of one kind, and which.
type Figure struct {
	Count int    `json:"count"`
	Is    string `json:"is"`
	Words []Word `json:"words"`
}

// Replies is how long a side took to answer. A first word or an interim one
// is not yet the answer.
type Replies struct {
	Answered []Word `json:"answered"` // the quickest first
	Median   *int64 `json:"median_seconds,omitempty"`
	Open     []Word `json:"open"` // asked, and not answered
}

// Figures are counted in this order: by the state of the clock, and by what
// others say of what was reported done.
var (
	States = []register.ClockState{register.Met, register.Late, register.Undecided, register.DueUnreported, register.Running, register.Done, register.OpenEnded}
	Judged = []string{"confirmed", "disputed", "satisfied", "unsatisfied"}
)

// Of counts the clocks for each party.
func Of(clocks []Clock, parties []string) []Record {
	out := []Record{}
	for _, party := range parties {
		r := Record{Party: party, Figures: []Figure{}, Replies: Replies{Answered: []Word{}, Open: []Word{}}}
		by := map[string][]Word{}
		for _, c := range clocks {
			if c.Owes != party || c.Lapses || c.State == register.Void {
				continue
			}
			w := word(c)
			by[w.State] = append(by[w.State], w)
			for _, as := range Judged {
				if slices.ContainsFunc(c.Verdicts, func(v Verdict) bool { return v.As == as }) {
					by[as] = append(by[as], w)
				}
			}
			switch {
			case !c.answers():
			case w.Took != nil:
				r.Replies.Answered = append(r.Replies.Answered, w)
			default:
				r.Replies.Open = append(r.Replies.Open, w)
			}
		}
		for _, is := range States {
			r.figure(string(is), by)
		}
		for _, is := range Judged {
			r.figure(is, by)
		}
		slices.SortStableFunc(r.Replies.Answered, func(a, b Word) int { return cmp.Compare(*a.Took, *b.Took) })
		r.Replies.Median = median(r.Replies.Answered)
		out = append(out, r)
	}
	return out
}

func (r *Record) figure(is string, by map[string][]Word) {
	if words := by[is]; len(words) > 0 {
		r.Figures = append(r.Figures, Figure{len(words), is, words})
	}
}

func word(c Clock) Word {
	w := Word{Asked: c.Asked, Done: c.Done, For: c.For, From: c.From, Kind: c.Kind, Matter: c.Matter.ID, State: string(c.State), Verdicts: c.Verdicts,
		DoneAt: stamp(c.DoneAt), HeldAt: stamp(c.HeldAt)}
	if due, ok := c.DueTime(); ok {
		w.Due = &due
	}
	if c.Done != nil && c.answers() {
		took := int64(c.DoneAt.Sub(c.Asked) / time.Second)
		w.Took = &took
	}
	return w
}

func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// median is the middle of what is sorted; of two in the middle, halfway.
func median(words []Word) *int64 {
	n := len(words)
	if n == 0 {
		return nil
	}
	m := *words[n/2].Took
	if n%2 == 0 {
		m = (*words[n/2-1].Took + m) / 2
	}
	return &m
}
