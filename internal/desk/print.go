package desk

import (
	"cmp"
	"os"
	"slices"

	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// Print returns a note as it is handed over on paper, if it may leave so.
func (d *Desk) Print(channel note.Digest, id note.ID, lang string) (*view.Print, error) {
	v, err := view.OnePrint(d.n, channel, id, lang)
	if err != nil {
		return nil, err
	}
	leaving, err := d.Leaving(Print, id)
	if err != nil {
		return nil, err
	}
	leaving.Opened, leaving.Banner = true, true
	return v, MayLeave(leaving)
}

// PrintDraft is Print of a draft that was kept: before there is a channel, or
// before the counterpart has joined it.
func (d *Desk) PrintDraft(id, lang string) (*view.Print, error) {
	k, err := d.OneDraft(id)
	if err != nil {
		return nil, err
	}
	v, h, err := d.draftPrint(k, lang)
	if err != nil {
		return nil, err
	}
	return v, MayLeave(Leaving{Way: Print, Own: true, Opened: true, Exercise: v.Exercise, Banner: true, Handling: h, At: d.n.Now()})
}

// draftPrint lays a draft out as its note would be, and says how its words may be
// handled.
func (d *Desk) draftPrint(k Kept, lang string) (v *view.Print, h matter.Handling, err error) {
	in := k.Draft
	var names matter.Names
	channel, err := d.Channel(in.Channel)
	known := err == nil
	if known {
		names = matter.Names{Note: func(s string) (note.ID, error) { return view.ParseID(channel, s) }, Text: func(s string) (note.Digest, error) { return d.terms(channel, s) }}
	} else if len(d.n.Channels()) > 0 {
		return nil, h, err // which one?
	}
	if err := matter.CheckAct(in.Act); err != nil {
		return nil, h, err
	}
	fields, err := readFields(in, names)
	if err != nil {
		return nil, h, err
	}
	c, err := content(in)
	if err != nil {
		return nil, h, err
	}
	if err := matter.CheckContent(in.Act, c); err != nil {
		return nil, h, err
	}
	if c == nil {
		c = &note.Content{}
	}
	digest, err := house.TextDigest(in.Act, fields, c.Texts)
	if err != nil {
		return nil, h, err
	}
	cred, _ := d.n.Credence()
	v = &view.Print{Frame: view.Frame{Node: d.n.Party(), Now: d.n.Now().UTC()}, Act: in.Act, Audience: slices.Concat([]string{}, in.Audience), Authentic: c.Authentic, Basis: c.Basis,
		CheckWords: view.CheckWords(digest), Content: "held", Draft: k.ID, Fields: fields, Names: map[string]string{cred.Party: cred.Name}, Office: in.Office,
		Party: cred.Party, Precedence: cmp.Or(in.Precedence, "routine"), Quotes: c.Quotes, Texts: c.Texts, Time: k.Created}
	for _, path := range in.Attach {
		st, err := os.Stat(path)
		if err != nil {
			return nil, h, &FieldError{"attach", err.Error()}
		}
		v.Attachments = append(v.Attachments, note.Attachment{Name: st.Name(), Size: uint64(st.Size())})
	}
	moves := []*note.Move{{Act: in.Act, Fields: fields, Office: in.Office, Version: note.Version}}
	if in.Matter != "" && known {
		id, err := view.ParseID(channel, in.Matter)
		if err != nil {
			return nil, h, &FieldError{"matter", err.Error()}
		}
		v.Matter, moves[0].Matter = &id, &id
		err = d.n.Read(channel, func(s *node.Snapshot) {
			if m := s.Register.Matter(id); m != nil {
				for _, e := range m.Entries {
					if e.ID == m.ID || e.Move.Act == matter.Supplement {
						moves = append(moves, e.Move)
					}
				}
			}
		})
		if err != nil {
			return nil, h, err
		}
	}
	h = matter.HandlingOf(moves...)
	if known {
		if err := v.Frames(d.n, channel); err != nil {
			return nil, h, err
		}
	}
	v.Handling = h.String()
	return v, h, v.Only(lang)
}
