package officer

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"detente/internal/house"
	"detente/note"
)

// A Note is one of the node's own notes, as it stands in its feed.
type Note struct {
	Final   // but for Authors, Draft and Version, which the note does not say
	ID      note.ID
	Machine bool // the node wrote it by itself
	Time    time.Time
}

// Audit holds the in-house record against the notes that have left: every
// signature, who gave it and by which key, as both stood when it was given and
// when the note was let go, and that the note is the draft that was signed for.
// Take is called for every entry in order, then Left for every note of the node's
// own, then End. What is wrong it says to Find. It reads nothing else, and needs
// no network.
type Audit struct {
	Find func(where, what string)

	record record
	was    []moment
	lets   []*let
	nonces []Mark // of all releases
	sent   map[note.ID]*let
	any    bool
	notes  uint64
}

// moment is from when a roster was in force.
type moment struct {
	time   time.Time
	roster *Roster
}

// let is a draft that was let go.
type let struct {
	Mark
	roster *Roster
	gave   int    // how many persons have released it, soundly
	wrong  string // with the releases that it names
	note   note.ID
}

// Take takes the next entry.
func (a *Audit) Take(e house.Entry) {
	if a.sent == nil {
		a.record, a.sent = newRecord(), map[note.ID]*let{}
		a.was = []moment{{roster: a.record.roster}}
	}
	before := a.record.roster
	if err := a.record.add(e); err != nil {
		a.find(e, err.Error())
		return
	}
	if a.record.roster != before {
		a.any = true
		a.was = append(a.was, moment{e.Time, a.record.roster})
	}
	if !slices.Contains(steps, e.Kind) {
		return
	}
	a.any = true
	m, err := readMark(e, a.record.roster.Site)
	if err != nil {
		return // add has said so
	}
	trail := a.record.trails[m.Draft]
	past := trail[:len(trail)-1]
	switch e.Kind {
	case house.Release:
		a.release(m, past)
	case house.Withdrawn:
		if !slices.ContainsFunc(past, func(r Mark) bool { return r.Kind == house.Release && r.Entry.ID == m.About && r.Who == m.Who }) {
			a.find(e, fmt.Sprintf("%s takes back %s, which is no release of draft %s by %[1]s", m.Who, m.About, m.Draft))
		}
	case house.Released:
		a.lets = append(a.lets, a.letGo(m, past))
	case house.Sent:
		i := slices.IndexFunc(a.lets, func(l *let) bool { return l.Entry.ID == m.About && l.Draft == m.Draft })
		switch {
		case m.Note == nil || i < 0:
			a.find(e, "it names no note, or no entry by which its draft was let go")
		case a.sent[*m.Note] != nil || !a.lets[i].note.IsZero():
			a.find(e, fmt.Sprintf("%s, or its draft, is said to have been sent before", m.Note.Short()))
		default:
			a.lets[i].note, a.sent[*m.Note] = *m.Note, a.lets[i]
		}
	}
}

func (a *Audit) find(e house.Entry, what string) { a.Find("in-house entry "+e.ID.String(), what) }

// release checks a release as it stood when it was given.
func (a *Audit) release(m Mark, past Trail) {
	asked, ok := past.Asked(m.Digest)
	if !ok {
		a.find(m.Entry, fmt.Sprintf("nobody had asked for a release of draft %s as it stood", m.Draft))
	}
	if err := a.record.roster.Counts(m, asked.Authors); err != nil {
		a.find(m.Entry, fmt.Sprintf("the release of draft %s: %v", m.Draft, err))
	}
	for _, old := range a.nonces {
		if bytes.Equal(old.Assertion.Nonce, m.Assertion.Nonce) {
			a.find(m.Entry, fmt.Sprintf("its signature was given before, as %s", old.Entry.ID))
			return
		}
	}
	a.nonces = append(a.nonces, m)
}

// letGo counts the releases that a draft was let go by, as they stood then.
func (a *Audit) letGo(m Mark, past Trail) *let {
	l := &let{Mark: m, roster: a.record.roster}
	stood := past.Releases(m.Digest)
	gave := map[ID]bool{}
	for _, id := range m.Releases {
		i := slices.IndexFunc(stood, func(r Mark) bool { return r.Entry.ID == id })
		if i < 0 {
			l.wrong += fmt.Sprintf("; %s is no release of it that stood", id)
			continue
		}
		if err := l.roster.Counts(stood[i], m.Authors); err != nil {
			l.wrong += fmt.Sprintf("; %s: %v", id, err)
		} else if !gave[stood[i].Who] {
			gave[stood[i].Who] = true
			l.gave++
		}
	}
	return l
}

// Any reports whether there is anything to hold notes against.
func (a *Audit) Any() bool { return a.any }

// Left takes one of the node's own notes.
func (a *Audit) Left(n Note) {
	where := fmt.Sprintf("leaf %d of %s", n.ID.Index, n.ID.Origin)
	l := a.sent[n.ID]
	if l == nil {
		l = a.unsaid(n)
	}
	if l == nil {
		if want := a.wanted(n); want > 0 && !n.Machine {
			a.Find(where, fmt.Sprintf("it left without a release: the rules of then wanted %d", want))
		}
		return
	}
	a.notes++
	if d, err := n.of(l).Digest(); err != nil || d != l.Digest {
		a.Find(where, fmt.Sprintf("it is not the text of draft %s that was released and let go by %s", l.Draft, l.Entry.ID))
	}
	if want := l.roster.Persons(n.Act, n.Precedence); l.gave < want {
		a.Find(where, fmt.Sprintf("%d released it soundly, and the rules of then wanted %d (%s)%s", l.gave, want, l.Entry.ID, l.wrong))
	} else if l.wrong != "" {
		a.Find(where, fmt.Sprintf("it was let go by more than its sound releases (%s)%s", l.Entry.ID, l.wrong))
	}
}

// of completes a note with what the entry says that let it go.
func (n Note) of(l *let) Final {
	f := n.Final
	f.Authors, f.Draft, f.Version = l.Authors, l.Draft, l.Version
	return f
}

// unsaid finds the draft of a note that no entry names, as after a crash between
// the note and the entry: by its digest.
func (a *Audit) unsaid(n Note) *let {
	for _, l := range a.lets {
		if !l.note.IsZero() {
			continue
		}
		if d, err := n.of(l).Digest(); err == nil && d == l.Digest {
			l.note = n.ID
			return l
		}
	}
	return nil
}

// wanted returns how many had to release a note by the rules of its time. Entries
// tell the time to the second: of two rosters that may have been in force, the
// milder counts.
func (a *Audit) wanted(n Note) int {
	least := MaxPersons
	for i, m := range a.was {
		ended := i+1 < len(a.was) && !n.Time.Before(a.was[i+1].time.Add(time.Second))
		if !m.time.After(n.Time) && !ended {
			least = min(least, m.roster.Persons(n.Act, n.Precedence))
		}
	}
	return least
}

// End says which notes are missing of feeds of these sizes, and returns of how
// many notes the release was checked.
func (a *Audit) End(sizes map[string]uint64) uint64 {
	for _, l := range a.lets {
		if !l.note.IsZero() && l.note.Index >= sizes[l.note.Origin] {
			a.find(l.Entry, fmt.Sprintf("its draft %s is said to have become %s, which is not in the feed", l.Draft, l.note.Short()))
		}
	}
	return a.notes
}
