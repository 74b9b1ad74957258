package desk

import (
	"fmt"
	"maps"

	"detente/internal/node"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// committed is the field of an act that keeps, in which its digest goes.
const committed = "digest"

// keep takes the words and files of a draft out of it, to stay here until a
// later act sends them, and leaves their digest in their place. Without a salt
// that is another each time.
func keep(in Draft, salt string) (Draft, *node.Kept, error) {
	if _, given := in.Fields[committed]; given || in.Given[committed] != nil {
		return in, nil, &FieldError{committed, "the desk works it out from the texts and files: leave it out"}
	}
	c, err := content(in)
	if err != nil {
		return in, nil, err
	}
	if c == nil || len(c.Texts) == 0 && len(in.Attach) == 0 {
		return in, nil, &FieldError{"text", "there is nothing to commit to: give it now, by texts or files; it stays here until you reveal it"}
	}
	if err := matter.CheckContent(in.Act, c); err != nil {
		return in, nil, err
	}
	kept, digest, err := node.NewKept(*c, in.Attach, salt)
	if err != nil {
		return in, nil, err
	}
	if in.Fields = maps.Clone(in.Fields); in.Fields == nil {
		in.Fields = map[string]any{}
	}
	in.Fields[committed] = digest.String()
	in.Attach, in.Authentic, in.Quotes, in.Texts = nil, nil, nil, nil // of an exercise the basis goes, and is kept too
	return in, kept, nil
}

// settled holds an act that rests on what others have said until that is
// settled: nothing that may still arrive can change it any more.
func settled(out *node.Draft, s *node.Snapshot, m *register.Matter, act *matter.Act) error {
	if !act.Settled || m.State == nil {
		return nil
	}
	move := &note.Move{Act: out.Act, Fields: out.Fields, Matter: out.Matter, Office: out.Office}
	if _, ok := matter.Allowed(act, m.State, move, s.Party); !ok {
		return nil // it is not open at all, and the register says why
	}
	if m.Settled != nil {
		if _, ok := matter.Allowed(act, m.Settled, move, s.Party); ok {
			return nil
		}
	}
	return &node.Refused{Why: fmt.Sprintf("%s waits until what it rests on is settled, and %s is still provisional here", out.Act, out.Matter.Short()),
		Next: "it settles once every principal of the audience is heard to hold it: see detente line, and send it then"}
}

// reveal puts what was kept for the author's commitment into the note that
// reveals it.
func (d *Desk) reveal(out *node.Draft) error {
	if out.Act != "handover/reveal" || out.Matter == nil {
		return nil
	}
	var own *matter.HandoverParty
	err := d.n.Read(out.Channel, func(s *node.Snapshot) {
		if m := s.Register.Matter(*out.Matter); m != nil {
			if h, ok := m.State.(*matter.HandoverState); ok {
				own = h.Of(s.Party)
			}
		}
	})
	if err != nil || own == nil || own.Commit == nil {
		return err // the register says why it cannot be
	}
	k, err := d.n.Kept(*own.Digest)
	if err != nil {
		return err
	}
	said := out.Content != nil && len(out.Content.Texts) > 0
	switch {
	case k == nil && (said || len(out.Attach) > 0):
		return nil // said in so many words: it will stand as revealed otherwise
	case k == nil:
		return &node.Refused{Why: fmt.Sprintf("what %s committed to is not kept at this node any more", own.Commit.Short()),
			Next: "restore the backup of the ledger that holds it; without it, words given by --text or --attach can be revealed, and stand as not those committed to"}
	case said:
		return &FieldError{"text", fmt.Sprintf("what %s committed to is kept here, and is what goes: leave the texts out", own.Commit.Short())}
	}
	out.Content = k.Content
	if len(out.Attach) == 0 { // else: where the files are now
		out.Attach = k.Attach
	}
	return nil
}
