package view

import (
	"detente/charter"
	"detente/internal/house"
	"detente/internal/store"
	"detente/note"
)

// CheckWords returns the words that two people read to each other to see that
// they hold the same bytes.
func CheckWords(d note.Digest) []string { return charter.Words(d, charter.CheckWords) }

// Note is one note in full.
type Note struct {
	Frame
	*NoteLine
	Attachments []note.Attachment       `json:"attachments,omitempty"`
	Authentic   []string                `json:"authentic,omitempty"`
	Basis       *note.Basis             `json:"basis,omitempty"`     // exercises: reported, with its line, or invented
	CheckWords  []string                `json:"check_words"`         // of the leaf
	Clocks      []*Clock                `json:"clocks"`              // that the note started or stopped
	Content     string                  `json:"content"`             // held, erased, missing, unreadable, none
	Disclosed   []DisclosedTo           `json:"disclosed,omitempty"` // in-house: to whom outside
	Fields      map[string]any          `json:"fields,omitempty"`
	Filed       []*InHouse              `json:"filed,omitempty"`    // in-house: papers and calls that say the same
	Handling    *Handling               `json:"handling,omitempty"` // how its words may be handled
	Header      *note.Header            `json:"header,omitempty"`   // absent where the leaf cannot be read
	Leaf        note.Digest             `json:"leaf"`               // SHA-256 of its bytes
	Made        *house.Made             `json:"made,omitempty"`     // in-house: the press text that it was made from
	Quotes      []note.Quote            `json:"quotes,omitempty"`
	Texts       map[string]note.Wording `json:"texts,omitempty"`
	Terms       *note.Digest            `json:"terms,omitempty"` // digest of the content's plaintext, by which binding moves name it
}

// OneNote returns a note in full.
func OneNote(src Source, channel note.Digest, id note.ID) (*Note, error) {
	v, err := build(src, channel, func(b *builder) (*Note, error) {
		e := b.s.Register.Entry(id)
		if e == nil {
			return nil, &NotFound{"note " + id.Short()}
		}
		v := &Note{Frame: b.frame(), NoteLine: b.line(e), Clocks: []*Clock{}}
		if e.Move != nil {
			v.Fields, v.Handling = e.Move.Fields, b.handling(e)
		}
		if !e.Content.IsZero() {
			d := e.Content
			v.Terms = &d
		}
		for _, c := range b.s.Register.At(b.now) {
			if c.From == id || c.Done != nil && *c.Done == id {
				v.Clocks = append(v.Clocks, b.clock(c))
			}
		}
		return v, nil
	})
	if err != nil {
		return nil, err
	}
	leaf, h, err := src.Entry(id)
	if leaf == nil {
		return nil, err
	}
	v.Header, v.Leaf = h, note.Sum(leaf)
	v.CheckWords = CheckWords(v.Leaf)
	if err := inHouseOf(src, v); err != nil {
		return nil, err
	}
	v.Content = none
	if v.Terms == nil {
		return v, nil
	}
	c, state, err := src.Content(id)
	switch {
	case c != nil:
		v.Content = "held"
		v.Attachments, v.Authentic, v.Basis, v.Quotes, v.Texts = c.Attachments, c.Authentic, c.Basis, c.Quotes, c.Texts
	case err == nil && (state == store.Erased || state == store.Missing):
		v.Content = state.String()
	default:
		v.Content = "unreadable"
	}
	return v, nil
}
