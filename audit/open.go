package audit

import (
	"errors"
	"fmt"
	"slices"

	"detente/charter"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// OpenMove makes of a header and the plaintext of its move what the register
// folds. What is wrong with it is a reason to fold it as unreadable, never to
// stop.
func OpenMove(h *note.Header, plain []byte) (o register.Opened, err error) {
	o = register.Opened{Header: h, Trouble: register.Unreadable}
	defer func() {
		if err != nil {
			o.Why = err.Error()
		}
	}()
	if c, ok := h.Part(note.PartContent); ok {
		o.Content = c.Plain
	}
	if plain == nil {
		return o, errors.New("it does not open")
	}
	if err := CheckPlain(h, note.PartMove, plain); err != nil {
		return o, err
	}
	m, err := note.ParseMove(plain)
	if err != nil {
		return o, err
	}
	if err := matter.Check(m); err != nil {
		return o, err
	}
	o.Move, o.Trouble = m, ""
	return o, nil
}

// OpenContent reads the plaintext of a content.
func OpenContent(h *note.Header, plain []byte) (*note.Content, error) {
	if err := CheckPlain(h, note.PartContent, plain); err != nil {
		return nil, err
	}
	c, err := note.ParseContent(plain)
	if err != nil {
		return nil, err
	}
	if !h.Exercise && c.Basis != nil {
		return nil, errors.New("content: a basis stands only in an exercise")
	}
	return c, nil
}

// CheckPlain checks a plaintext against the digest in the header.
func CheckPlain(h *note.Header, name string, plain []byte) error {
	p, ok := h.Part(name)
	if !ok {
		return fmt.Errorf("%s has no %s", h.ID().Short(), name)
	}
	if note.Sum(plain) != p.Plain {
		return fmt.Errorf("%s: the %s opens, but is not the text that the header names", h.ID().Short(), name)
	}
	return nil
}

// Placeholder stands in the register for a leaf that is no header: unreadable
// for everyone alike, in whatever order the charters reached them. What follows
// it in its feed is not held up by it.
func Placeholder(ch *charter.Channel, id note.ID) register.Opened {
	h := &note.Header{Charter: ch.ID(), Exercise: ch.Exercise(), Index: id.Index, Origin: id.Origin, Precedence: "routine", Version: note.Version}
	if rules, ok := ch.Rules(ch.ID()); ok {
		for party := range rules.Roles {
			h.Audience = append(h.Audience, party)
		}
	}
	slices.Sort(h.Audience)
	return register.Opened{Header: h, Trouble: register.Unreadable}
}

// Foldable returns what can be folded of a note. One that names a charter which
// no text of the channel is, or has seen a feed that by these texts cannot be,
// would wait for ever, and so would everything written by who has seen it. It
// is unreadable, and has seen only what there is. Texts reach a node before
// what is written under them; where one comes late, all is folded anew. later
// tells which feeds may yet come to be.
func Foldable(ch *charter.Channel, o register.Opened, later func(origin string) bool) register.Opened {
	h := *o.Header
	unknown := func(s note.Head) bool {
		if later != nil && later(s.Origin) {
			return false
		}
		_, err := ch.FeedKey(s.Origin)
		return err != nil
	}
	_, known := ch.Rules(h.Charter)
	if known && !slices.ContainsFunc(h.Seen, unknown) {
		return o
	}
	if !known {
		h.Charter = ch.ID()
	}
	h.Seen = slices.DeleteFunc(slices.Clone(h.Seen), unknown)
	return register.Opened{Header: &h, Content: o.Content, Trouble: register.Unreadable}
}
