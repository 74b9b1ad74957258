package audit

import (
	"errors"
	"fmt"

	"detente/charter"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// OpenMove makes of a header and the plaintext of its move what the register
// folds. What is wrong with it is a reason to fold it as unreadable, never to
// stop.
func OpenMove(h *note.Header, plain []byte) (register.Opened, error) {
	o := register.Opened{Header: h, Trouble: register.Unreadable}
	if c, ok := h.Part(note.PartContent); ok {
		o.Content = c.Plain
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
// for everyone alike. What follows it in its feed is not held up by it.
func Placeholder(ch *charter.Channel, id note.ID) register.Opened {
	h := &note.Header{Charter: ch.ID(), Exercise: ch.Exercise(), Index: id.Index, Origin: id.Origin, Precedence: "routine", Version: note.Version}
	for _, m := range ch.Members() {
		h.Audience = append(h.Audience, m.Party)
	}
	return register.Opened{Header: h, Trouble: register.Unreadable}
}
