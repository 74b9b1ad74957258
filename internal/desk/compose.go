package desk

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// compose makes a note of what was written. With salts, its words have the digest
// that they will have as a note.
func (d *Desk) compose(in Draft, with salts) (node.Draft, error) {
	var out node.Draft
	if err := matter.CheckAct(in.Act); err != nil {
		return out, err
	}
	kind, act, _ := matter.Find(in.Act)
	if in.Act == matter.Ack {
		return out, &FieldError{"act", in.Act + " is written by the node itself"}
	}
	channel, err := d.Channel(in.Channel)
	if err != nil {
		return out, err
	}
	out = node.Draft{Channel: channel, Act: in.Act, Precedence: cmp.Or(in.Precedence, "routine"), Attach: in.Attach}
	if !slices.Contains(note.Precedences, out.Precedence) {
		return out, &FieldError{"precedence", fmt.Sprintf("%.40q is none of %s", in.Precedence, strings.Join(note.Precedences, ", "))}
	}
	if in.Matter != "" {
		id, err := view.ParseID(channel, in.Matter)
		if err != nil {
			return out, &FieldError{"matter", err.Error()}
		}
		out.Matter = &id
	}
	names := matter.Names{
		Note: func(s string) (note.ID, error) { return view.ParseID(channel, s) },
		Text: func(s string) (note.Digest, error) { return d.terms(channel, s) },
	}
	if act.Keeps != "" {
		if in, out.Keep, err = keep(in, with.kept); err != nil {
			return out, err
		}
		out.Attach = nil
	}
	if out.Fields, err = readFields(in, names); err != nil {
		return out, err
	}
	if out.Content, err = content(in); err != nil {
		return out, err
	}
	if err := matter.CheckContent(in.Act, out.Content); err != nil {
		return out, err
	}
	if err := matter.CheckWhole(in.Act, out.Fields, out.Content); err != nil {
		return out, err
	}
	for _, path := range in.Attach {
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() || st.Size() > note.MaxAttachment {
			return out, &FieldError{"attach", fmt.Sprintf("%s is not a file of at most %d bytes that can be read", path, note.MaxAttachment)}
		}
	}
	readErr := d.n.Read(channel, func(s *node.Snapshot) {
		err = d.complete(&out, in, s, kind, act)
	})
	if err = errors.Join(readErr, err); err != nil {
		return out, err
	}
	if err := sealed(&out, act); err != nil {
		return out, err
	}
	if out.Content != nil && with.content != "" {
		if out.Content, err = node.Salted(*out.Content, in.Attach, with.content); err != nil {
			return out, err
		}
	}
	if err := d.reveal(&out); err != nil {
		return out, err
	}
	return out, matter.Check(&note.Move{Act: out.Act, Fields: out.Fields, Matter: out.Matter, Office: out.Office, Version: note.Version})
}

func readFields(in Draft, names matter.Names) (map[string]any, error) {
	if len(in.Given) == 0 {
		return matter.ReadFields(in.Act, in.Fields, names)
	}
	if len(in.Fields) == 0 {
		return matter.ParseFields(in.Act, in.Given, names)
	}
	for name := range in.Given {
		if _, twice := in.Fields[name]; twice {
			return nil, &FieldError{name, "given both in the file and as a flag"}
		}
	}
	both := map[string]any{}
	for name, v := range in.Fields {
		both[name] = v
	}
	given, err := matter.GatherFields(in.Act, in.Given)
	if err != nil {
		return nil, err
	}
	for name, v := range given {
		both[name] = v
	}
	return matter.ReadFields(in.Act, both, names)
}

func content(in Draft) (*note.Content, error) {
	if len(in.Texts) == 0 && len(in.Quotes) == 0 && in.Basis == nil && len(in.Attach) == 0 {
		return nil, nil
	}
	c := &note.Content{Authentic: in.Authentic, Basis: in.Basis, Quotes: in.Quotes, Texts: in.Texts, Version: note.Version}
	if c.Texts == nil {
		c.Texts = map[string]note.Wording{}
	}
	if len(c.Authentic) == 0 {
		for _, w := range c.Texts {
			for lang := range w {
				c.Authentic = append(c.Authentic, lang)
			}
		}
		if len(c.Authentic) == 0 {
			c.Authentic = []string{"en"}
		}
	}
	slices.Sort(c.Authentic)
	c.Authentic = slices.Compact(c.Authentic)
	return c, nil
}

// terms returns the digest of the content of a note, by which a binding move
// names the text that it binds to.
func (d *Desk) terms(channel note.Digest, s string) (note.Digest, error) {
	id, err := view.ParseID(channel, s)
	if err != nil {
		return note.Digest{}, err
	}
	_, h, err := d.n.Entry(id)
	if err != nil {
		return note.Digest{}, err
	}
	if h != nil {
		if p, ok := h.Part(note.PartContent); ok {
			return p.Plain, nil
		}
	}
	return note.Digest{}, fmt.Errorf("%s has no text", s)
}
