package view

import (
	"slices"
	"time"

	"detente/internal/locale"
	"detente/internal/node"
	"detente/note"
	"detente/register"
)

// Today is what an officer opens first: the brief of every channel, but what
// changed is what came since this officer last looked; and the line in words.
type Today struct {
	*Brief
	Channels []*TodayChannel `json:"channels"`
}

// TodayChannel is one channel of it.
type TodayChannel struct {
	*BriefChannel
	Flash []*BriefNote `json:"flash"` // that wait for a person here, the earliest first; they stand in unread too
	Line  []LineWord   `json:"line"`
	Mark  Mark         `json:"mark"`            // of what is shown: to be given when the officer looks again
	Since *time.Time   `json:"since,omitempty"` // of what changed, where no mark was given
}

// Mark is how much of every feed somebody has seen, by origin. It counts notes
// as they came: what comes late, with an early claimed time, is new all the
// same.
type Mark map[string]uint64

// LineWord is one sentence on the state of the line.
type LineWord struct {
	Alarm bool          `json:"alarm"` // it asks for somebody's attention
	Note  *note.ID      `json:"note,omitempty"`
	Says  locale.Phrase `json:"says"`
}

// TodayOptions says what is shown.
type TodayOptions struct {
	Channels []note.Digest
	Lang     string               // in which words are preferred; empty: English
	Marks    map[note.Digest]Mark // by channel: what the officer has seen; without one, the last day is shown
}

// TodayOf returns the page of a party's node.
func TodayOf(src Source, party string, o TodayOptions) (*Today, error) {
	brief, err := BriefOf(src, party, BriefOptions{Lang: o.Lang}) // what is in-house
	if err != nil {
		return nil, err
	}
	v := &Today{Brief: brief, Channels: []*TodayChannel{}}
	for _, id := range o.Channels {
		c, err := build(src, id, func(b *builder) (*TodayChannel, error) {
			b.lang = o.Lang
			return b.today(brief.Since, o.Marks[id]), nil
		})
		if err != nil {
			return nil, err
		}
		v.Channels = append(v.Channels, c)
	}
	return v, nil
}

func (b *builder) today(from time.Time, seen Mark) *TodayChannel {
	v := &TodayChannel{BriefChannel: b.brief(from, seen), Flash: []*BriefNote{}, Mark: Mark{}}
	if seen == nil {
		v.Since = &from
	}
	for _, n := range v.Unread.Lines {
		if n.Precedence == "flash" {
			v.Flash = append(v.Flash, n)
		}
	}
	for _, f := range b.s.Feeds {
		v.Mark[f.Origin] = b.s.Register.Size(f.Origin)
	}
	v.Line = b.lineWords(v.Unreachable)
	return v
}

// unseen returns the first lines of what a mark does not cover, but acks and
// tests, the newest by its claimed time first.
func (b *builder) unseen(seen Mark) List[*BriefNote] {
	total := 0
	for _, f := range b.s.Feeds {
		for i := seen[f.Origin]; i < b.s.Register.Size(f.Origin); i++ {
			if e := b.s.Register.Entry(note.ID{Origin: f.Origin, Index: i}); !isAck(e) && !isTest(e) {
				total++
			}
		}
	}
	out := List[*BriefNote]{Lines: []*BriefNote{}, Total: total}
	for _, e := range slices.Backward(b.s.Register.ByTime()) {
		if len(out.Lines) == min(total, briefLines) {
			break
		}
		if e.ID.Index >= seen[e.ID.Origin] && !isTest(e) {
			out.Lines = append(out.Lines, b.briefNote(e))
		}
	}
	return out
}

// lineWords says in sentences how the line stands: the link to each party, and
// what it missed, does not hold, has not acknowledged; what is suspended; what
// keeps this node from speaking.
func (b *builder) lineWords(stand []Unreachable) []LineWord {
	out := []LineWord{}
	loc := b.zone()
	say := func(alarm bool, id *note.ID, says locale.Phrase) { out = append(out, LineWord{alarm, id, says}) }
	if b.s.Recovering != "" {
		say(true, nil, locale.Phrasef("this node does not sign: %s", b.s.Recovering))
	}
	for _, f := range b.s.Feeds {
		if f.Frozen != nil {
			say(true, nil, locale.Phrasef("the feed of %s is frozen: %s", f.Party, f.Why))
		}
	}
	for _, p := range b.s.Peers {
		say(!p.Up, nil, linkWord(p, loc))
		var missed []Roll
		if i := slices.IndexFunc(stand, func(u Unreachable) bool { return u.Party == p.Party }); i >= 0 {
			missed = stand[i].MissedRolls
			if n := stand[i].Unreceipted; n > 0 {
				say(!p.Up, nil, locale.Phrasef("%d note is not held by %s yet|%d notes are not held by %s yet", n, p.Party))
			}
		}
		for _, r := range missed {
			say(true, nil, locale.Phrasef("%s missed the roll call of %s", p.Party, r.At.In(loc)))
		}
		if e, to := b.lastWord(p.Party); e != nil {
			id := e.ID
			say(false, &id, locale.Phrasef("the last that a person of %s answered is %s, %s", p.Party, to.Short(), e.Time.In(loc)))
		}
		if list := b.unacked(p.Party); len(list) > 0 {
			id := slices.MinFunc(list, register.CompareTimes).ID
			say(false, &id, locale.Phrasef("%d note delivered to %s has no word of a person|%d notes delivered to %s have no word of a person", len(list), p.Party))
		}
		if p.Picture != nil && !*p.Picture {
			id := p.PictureAt
			say(true, &id, locale.Phrasef("%s reads the record otherwise than this node: explain shows where", p.Party))
		}
	}
	for _, s := range Suspended(b.s.Register, b.now) {
		say(true, &s.Note, locale.Phrasef("%s has suspended a part of the line: %s", s.Party, locale.Phrasef(s.Reason)))
	}
	return out
}

// linkWord says how the link to a party stands.
func linkWord(p node.PeerInfo, loc *time.Location) locale.Phrase {
	since, heard := p.Since.In(loc), p.Heard.In(loc)
	switch {
	case p.Up:
		return locale.Phrasef("link to %s up since %s", p.Party, since)
	case p.Since.IsZero():
		return locale.Phrasef("link to %s not tried yet", p.Party)
	case p.Heard.IsZero():
		return locale.Phrasef("link to %s down since %s; nothing was heard of it", p.Party, since)
	}
	return locale.Phrasef("link to %s down since %s; last heard of %s", p.Party, since, heard)
}

// lastWord returns the latest note by which a person of a party replied to one
// of this node's, and to which; nil where none has.
func (b *builder) lastWord(party string) (latest *register.Entry, to note.ID) {
	for act := range replying {
		for _, e := range slices.Backward(b.s.Register.OfAct(act)) {
			if !ofParty(e.ID, party) || e.Result != register.Applied {
				continue
			}
			if id, ok := b.conversation(e.Matter).to[e.ID]; ok && ofParty(id, b.s.Party) {
				if latest == nil || register.CompareTimes(latest, e) < 0 {
					latest, to = e, id
				}
				break
			}
		}
	}
	return latest, to
}
