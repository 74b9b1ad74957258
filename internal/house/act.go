package house

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"detente/charter"
	"detente/internal/jcs"
	"detente/matter"
	"detente/note"
)

// An Act is the body of an entry that was made by an act of a table that is
// in-house (matter.House).
type Act struct {
	About   ID                      `json:"about,omitempty"` // the entry that it is about; 0: it opens one
	Act     string                  `json:"act"`             // claim/enter
	Fields  map[string]any          `json:"fields,omitempty"`
	Machine bool                    `json:"machine,omitempty"` // the node entered it itself, on equal check words
	Scan    *File                   `json:"scan,omitempty"`
	Texts   map[string]note.Wording `json:"texts,omitempty"`
}

// KindOf returns the kind of the entry that an act makes.
func KindOf(act string) Kind {
	switch kind, _, _ := strings.Cut(act, "/"); {
	case kind == matter.Claim.Name:
		return Claim
	case act == matter.FileMatch:
		return Match
	}
	return Paper
}

// Made is the body of a Confirmed: the draft that was proposed from a press
// text, confirmed by a person and sent.
type Made struct {
	Draft  string       `json:"draft"`
	From   *Press       `json:"from,omitempty"`
	Note   note.ID      `json:"note"`
	Quotes []note.Quote `json:"quotes,omitempty"` // as the draft had them
}

// Disclosure is the body of a Disclosed: a note that was opened for someone
// outside, a joint statement that was written out for anybody, or a file of a
// note that a person was given.
type Disclosure struct {
	Attachment int      `json:"attachment,omitempty"` // its number, from 1
	Consent    *note.ID `json:"consent,omitempty"`    // of its author, where it is another's
	Dir        string   `json:"dir,omitempty"`        // the folder that was made
	Note       note.ID  `json:"note"`                 // of a statement the text that was signed
	To         string   `json:"to,omitempty"`         // empty: anybody
}

// Press says from where a draft was read.
type Press struct {
	Date   string      `json:"date,omitempty"`   // of the text
	Digest note.Digest `json:"digest"`           // SHA-256 of the text
	Outlet string      `json:"outlet,omitempty"` // who published it
	Span   string      `json:"span"`             // the words in it that the draft was made from
	Text   string      `json:"text"`             // its title, or the name of its file
}

// An Item is what was opened by one act, with all that was said of it since.
type Item struct {
	Entry
	Act
	State matter.State
	Moves []Of[Act] // after the first
}

// Items returns what the acts of an in-house kind have come to, the oldest
// first. A move that is not open changes nothing.
func (h *House) Items(kind *matter.Kind) ([]*Item, error) {
	list, err := h.List(Paper, Claim, Match)
	if err != nil {
		return nil, err
	}
	out := []*Item{}
	at := map[ID]*Item{}
	for _, e := range list {
		move := Of[Act]{Entry: e}
		if err := json.Unmarshal(e.Body, &move.Value); err != nil {
			return nil, fmt.Errorf("in-house entry %s: %w", e.ID, err)
		}
		k, act, ok := matter.FindHouse(move.Value.Act)
		if !ok || k != kind {
			continue
		}
		i := at[move.Value.About]
		if i == nil {
			i = &Item{Entry: e, Act: move.Value}
		}
		state, err := i.Try(kind, act, &move.Value)
		switch {
		case err != nil:
			continue
		case move.Value.About == 0:
			out, at[e.ID] = append(out, i), i
		default:
			i.Moves = append(i.Moves, move)
		}
		i.State = state
	}
	return out, nil
}

// Try returns the state after an act, or the reason why it is not open.
func (i *Item) Try(kind *matter.Kind, act *matter.Act, a *Act) (matter.State, error) {
	m := &note.Move{Act: a.Act, Fields: a.Fields}
	if reason, ok := matter.Allowed(act, i.State, m, ""); !ok {
		return nil, fmt.Errorf("%s", reason)
	}
	return kind.Apply(i.State, &matter.Input{Act: act, Move: m})
}

// ReadCheck reads what two people compare: check words, or the first digits of
// a digest. It returns the first bytes of the digest.
func ReadCheck(s string) ([]byte, error) {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '-' })
	if len(words) == 1 && len(words[0]) >= 2*charter.CheckWords {
		digits := words[0][:len(words[0])/2*2]
		if b, err := hex.DecodeString(strings.ToLower(digits)); err == nil && len(b) <= len(note.Digest{}) {
			return b, nil
		}
	}
	if len(words) < charter.CheckWords || len(words) > len(note.Digest{}) {
		return nil, fmt.Errorf("want %d check words, or %d digits or more of the digest", charter.CheckWords, 2*charter.CheckWords)
	}
	return charter.ReadWords(words)
}

// TextDigest is the digest of what a note says, before it is a note: of the act,
// its fields and its texts. A note has a random salt, so that only a note that
// is sent has a digest of its own; on this one two people can agree before, and
// find it again in the note.
func TextDigest(act string, fields map[string]any, texts map[string]note.Wording) (note.Digest, error) {
	type text struct {
		Lang string `json:"lang"`
		Slot string `json:"slot"`
		Text string `json:"text"`
	}
	list := []text{}
	for slot, wording := range texts {
		for lang, s := range wording {
			list = append(list, text{lang, slot, s})
		}
	}
	slices.SortFunc(list, func(a, b text) int { return strings.Compare(a.Slot+" "+a.Lang, b.Slot+" "+b.Lang) })
	if fields == nil {
		fields = map[string]any{}
	}
	b, err := jcs.Marshal(map[string]any{"act": act, "fields": fields, "texts": list})
	if err != nil {
		return note.Digest{}, err
	}
	return note.Sum(append([]byte("detente/text/v1\n"), b...)), nil
}
