// Package desk is where officers work: it makes a draft out of what was
// written, says which field is wrong before anything is signed, keeps drafts,
// and holds the one gate for everything that goes out, [MayLeave].
//
// What the desk refuses is refused here and now, for the author's own good.
// It is not what binds the other side: a node that is not this program may
// send what this desk would not, and the register judges that.
package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// A Draft is a note as people write it: names may be short, and what can be
// understood may be left out. It is the body of POST /api/v1/send, and the
// file of detente send --file.
type Draft struct {
	Act        string                  `json:"act"`
	Attach     []string                `json:"attach,omitempty"`    // paths of files
	Audience   []string                `json:"audience,omitempty"`  // absent: that of the matter, or every party that speaks
	Authentic  []string                `json:"authentic,omitempty"` // languages; absent: every language that has a text
	Basis      *note.Basis             `json:"basis,omitempty"`     // exercises only
	Channel    string                  `json:"channel,omitempty"`   // its name, or the first digits of its digest; absent: the only one
	Fields     map[string]any          `json:"fields,omitempty"`
	From       *house.Press            `json:"from,omitempty"`  // the press text that it was read from; stays in-house
	Given      map[string][]string     `json:"given,omitempty"` // fields as strings, from flags and forms; see matter.ParseFields
	Matter     string                  `json:"matter,omitempty"`
	Office     string                  `json:"office,omitempty"`     // absent: the party's only one that may make the act
	Precedence string                  `json:"precedence,omitempty"` // absent: routine
	Quotes     []note.Quote            `json:"quotes,omitempty"`
	Texts      map[string]note.Wording `json:"texts,omitempty"` // by slot and language
}

// ReadDraft reads a draft from JSON. Unknown names are errors.
func ReadDraft(data []byte) (Draft, error) {
	var d Draft
	if err := strict(data, &d); err != nil {
		return d, &FieldError{"", fmt.Sprintf("the draft cannot be read: %v", err)}
	}
	return d, nil
}

// strict reads one JSON value whose names are all known.
func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more follows after it")
	}
	return nil
}

// FieldError says which field of a draft is wrong, and why. Nothing was sent.
type FieldError struct{ Field, Why string }

func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Why
	}
	return e.Field + ": " + e.Why
}

// Field returns the field that an error of the desk or the tables
// speaks of, or "".
func Field(err error) string {
	var own *FieldError
	var table *matter.FieldError
	switch {
	case errors.As(err, &own):
		return own.Field
	case errors.As(err, &table):
		return table.Field
	}
	return ""
}

// Desk works on one node, which has only one desk. Whose work it is the contexts
// say (officer.FromContext): without an officer, the node's own user's.
type Desk struct {
	n        *node.Node
	officers *officer.Book
	drafts   sync.Mutex // of drafts that are changed, sent or dropped
	giving   sync.Mutex // of entries of what was given out
	matching matching
}

// New returns the desk of a node.
func New(n *node.Node) *Desk { return &Desk{n: n, officers: officer.NewBook(n.House())} }

// Officers returns the book of the officers of the node.
func (d *Desk) Officers() *officer.Book { return d.officers }

// Channel finds a channel by its name or the first digits of its digest; ""
// stands for the only one.
func (d *Desk) Channel(s string) (note.Digest, error) {
	var found []note.Digest
	var all []string
	for _, id := range d.n.Channels() {
		var name string
		if err := d.n.Read(id, func(s *node.Snapshot) { name = s.Docs.Current().Charter.Name }); err != nil {
			return note.Digest{}, err
		}
		all = append(all, fmt.Sprintf("%s (%.12s)", name, id))
		if s == "" || s == name || len(s) >= 4 && strings.HasPrefix(id.String(), s) {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return note.Digest{}, &FieldError{"channel", "no channel is in force at this node; import the charter that every principal has signed"}
	case len(found) == 0:
		return note.Digest{}, &FieldError{"channel", fmt.Sprintf("%.80q is none of %s", s, strings.Join(all, ", "))}
	}
	return note.Digest{}, &FieldError{"channel", "which one? " + strings.Join(all, ", ")}
}

// Prepare checks a draft and completes it. What it returns would be signed as
// it stands. A note that the register, as it stands, would not apply is
// refused: it could never come to anything but a place in the record. What an
// office makes ad referendum may go: its capital can make it too.
func (d *Desk) Prepare(in Draft) (node.Draft, error) { return d.prepare(in, salts{}) }

func (d *Desk) prepare(in Draft, with salts) (node.Draft, error) {
	out, err := d.compose(in, with)
	if err != nil {
		return out, err
	}
	return out, d.try(out)
}

// try asks the register what the note would do if it were written now.
func (d *Desk) try(out node.Draft) error {
	m := &note.Move{Act: out.Act, Fields: out.Fields, Matter: out.Matter, Office: out.Office, Version: note.Version}
	var content note.Digest
	if out.Content != nil {
		content = note.Sum([]byte("any: the content has its digest once it is salted"))
	}
	var result register.Result
	var reason string
	err := d.n.Read(out.Channel, func(s *node.Snapshot) {
		origin := s.Docs.Epoch(s.Party)
		h := &note.Header{Audience: out.Audience, Charter: s.Docs.Current().Digest, Exercise: s.Docs.Exercise(), Index: s.Register.Size(origin), Origin: origin,
			Precedence: out.Precedence, Time: d.n.Now().UTC().Format(note.TimeLayout), Version: note.Version}
		result, reason = s.Register.Try(h, m, content)
	})
	if err == nil && result != register.Applied && result != register.Referred {
		err = &node.Refused{Why: fmt.Sprintf("as the record stands it would be %s: %s", result, reason)}
	}
	return err
}

// Send prepares a draft and submits it. It returns when the note is durable
// here; the counterpart's receipt comes later. One that was read from a press
// text is kept as a draft until that is so. Where there are officers every one
// is kept first; one that others must release is put to them, and the error is a
// *HeldError.
func (d *Desk) Send(ctx context.Context, in Draft) (node.Ticket, error) {
	if err := officer.Need(ctx, officer.Drafter); err != nil {
		return node.Ticket{}, err
	}
	out, err := d.Prepare(in)
	if err != nil {
		return node.Ticket{}, err
	}
	roster, err := d.officers.Roster()
	if err != nil {
		return node.Ticket{}, err
	}
	if in.From == nil && !roster.InForce() {
		return d.submit(ctx, out)
	}
	// Which note it became is entered after the note is written, and no crash
	// between the two may lose it: so it is kept first, as a draft is.
	id, err := d.Keep(ctx, in)
	if err != nil {
		return node.Ticket{}, err
	}
	if roster.Persons(out.Act, out.Precedence) > 0 {
		if _, err := d.Ask(ctx, id); err != nil {
			return node.Ticket{}, err
		}
	}
	return d.Release(ctx, id, false)
}

func (d *Desk) submit(ctx context.Context, out node.Draft) (node.Ticket, error) {
	if err := MayLeave(Leaving{Way: Line, Exercise: d.exercise(out.Channel), Banner: true, Own: true}); err != nil {
		return node.Ticket{}, err
	}
	return d.n.Submit(ctx, out)
}

func (d *Desk) exercise(channel note.Digest) (exercise bool) {
	if err := d.n.Read(channel, func(s *node.Snapshot) { exercise = s.Docs.Exercise() }); err != nil {
		return true // the stricter of the two
	}
	return exercise
}
