package audit

import (
	"sync"
	"time"

	"detente/charter"
	"detente/note"
	"detente/register"
)

// questionHours is the clock of a question where the charter sets none: the
// 48 hours of the Vienna Document, chapter III.
const questionHours = 48

// Rules returns what the register needs of every charter of the channel. The
// caller sees to it that no text is added to the channel while it is in use.
func Rules(ch *charter.Channel) func(note.Digest) (register.Rules, bool) {
	var mu sync.Mutex
	known := map[note.Digest]register.Rules{}
	return func(d note.Digest) (register.Rules, bool) {
		mu.Lock()
		defer mu.Unlock()
		if r, ok := known[d]; ok {
			return r, true
		}
		r, ok := ch.Rules(d)
		if !ok {
			return nil, false
		}
		serial := 0
		for _, doc := range ch.Documents() {
			if _, isCharter := ch.Rules(doc.Digest); isCharter && ch.Later(d, doc.Digest) {
				serial++
			}
		}
		known[d] = &rules{r, serial}
		return known[d], true
	}
}

type rules struct {
	*charter.Rules
	serial int
}

func (r *rules) Role(party string) string { return r.Roles[party] }
func (r *rules) IsExercise() bool         { return r.Exercise }
func (r *rules) Serial() int              { return r.serial }

func (r *rules) Due(act string, start time.Time, answerer string) (time.Time, bool) {
	clock, ok := r.Clock(act)
	if !ok {
		if act != "incident/question" {
			return time.Time{}, false
		}
		clock = charter.Clock{Act: act, Hours: questionHours}
	}
	m, ok := r.Member(answerer)
	if !ok {
		return time.Time{}, false
	}
	return charter.Due(start, clock, m), true
}
