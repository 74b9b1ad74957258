package desk

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/store"
	"detente/note"
)

// States of a draft on its way out.
const (
	Drafting = "drafting" // it is being written
	Asked    = "asked"    // it is before the releasers
	Returned = "returned" // one of them has refused it
	Ready    = "ready"    // as many as the rules want have released it
	Sent     = "sent"     // it is a note, or may be
)

// A Review is how far a draft is on its way out.
type Review struct {
	Digest   note.Digest       `json:"digest,omitzero"` // what a release is given for; zero: Trouble says why
	Draft    string            `json:"draft"`
	May      []officer.Officer `json:"may"`            // who may release it, and has not
	Needs    int               `json:"needs"`          // how many persons must, besides those who wrote it
	Note     string            `json:"note,omitempty"` // what it has become, or Sending
	Refusal  *Said             `json:"refusal,omitempty"`
	Releases []Said            `json:"releases"` // that stand, one a person
	State    string            `json:"state"`
	Trouble  string            `json:"trouble,omitempty"` // why it cannot be sent as it stands
	Version  uint64            `json:"version"`
}

// Said is what a releaser has entered about a draft.
type Said struct {
	Entry   house.ID   `json:"entry"`
	Name    string     `json:"name"`
	Officer officer.ID `json:"officer"`
	Remark  string     `json:"remark,omitempty"`
	Time    time.Time  `json:"time"`
}

func said(r *officer.Roster, m officer.Mark) Said {
	o, _ := r.Officer(m.Who)
	return Said{Entry: m.Entry.ID, Name: o.Name, Officer: m.Who, Remark: m.Remark, Time: m.Time}
}

// Review returns how far a draft is on its way out.
func (d *Desk) Review(id string) (Review, error) {
	k, err := d.OneDraft(id)
	if err != nil {
		return Review{}, err
	}
	return d.review(k)
}

// Reviews returns how far each draft is that was not sent, the newest first.
func (d *Desk) Reviews() ([]Review, error) {
	kept, err := d.Drafts()
	out := []Review{}
	for _, k := range kept {
		if k.Note != "" || k.Trouble != "" {
			continue
		}
		r, err := d.review(k)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, err
}

// file is a draft with all that decides whether it may leave.
type file struct {
	Review
	roster *officer.Roster
	trail  officer.Trail
}

func (d *Desk) review(k Kept) (Review, error) {
	out, err := d.prepare(k.Draft, k.salts())
	if err != nil {
		f, fileErr := d.open(k, nil)
		f.Trouble = err.Error()
		return f.Review, fileErr
	}
	f, err := d.open(k, &out)
	return f.Review, err
}

// open holds a draft against the in-house record. out is nil where it cannot be
// sent as it stands.
func (d *Desk) open(k Kept, out *node.Draft) (f file, err error) {
	f.Review = Review{Draft: k.ID, May: []officer.Officer{}, Note: k.Note, Releases: []Said{}, State: Drafting, Version: k.Version}
	if f.roster, err = d.officers.Roster(); err != nil {
		return f, err
	}
	if f.trail, err = d.officers.Trail(k.ID); err != nil {
		return f, err
	}
	if m, ok := f.trail.Refusal(); ok && m.Version == k.Version {
		s := said(f.roster, m)
		f.Refusal, f.State = &s, Returned
	}
	if k.Note != "" {
		f.State = Sent
	}
	if out == nil {
		return f, nil
	}
	if f.Digest, err = digest(k, out); err != nil {
		return f, err
	}
	f.Needs = f.roster.Persons(out.Act, out.Precedence)
	gave := map[officer.ID]bool{}
	for _, m := range f.trail.Releases(f.Digest) {
		if !gave[m.Who] && f.roster.Counts(m, k.Authors) == nil {
			gave[m.Who] = true
			f.Releases = append(f.Releases, said(f.roster, m))
		}
	}
	for _, o := range f.roster.With(officer.Releaser) {
		if !gave[o.ID] && !slices.Contains(k.Authors, o.ID) {
			f.May = append(f.May, o)
		}
	}
	_, asked := f.trail.Asked(f.Digest)
	switch {
	case f.State == Sent:
	case len(f.Releases) >= f.Needs:
		f.State = Ready
	case asked:
		f.State = Asked
	}
	return f, nil
}

// digest returns what a release of the draft is given for.
func digest(k Kept, out *node.Draft) (note.Digest, error) {
	f := officer.Final{Act: out.Act, Audience: out.Audience, Authors: k.Authors, Channel: out.Channel, Draft: k.ID, Fields: out.Fields, Matter: out.Matter, Office: out.Office,
		Precedence: out.Precedence, Version: k.Version}
	if out.Content != nil {
		c, err := node.ContentDigest(out.Content)
		if err != nil {
			return note.Digest{}, err
		}
		f.Content = &c
	}
	return f.Digest()
}

// A HeldError says that a draft must be released by others before it leaves. It
// is kept.
type HeldError struct{ Review }

func (e *HeldError) Error() string {
	persons := func(n int) string {
		if n == 1 {
			return "one person"
		}
		return fmt.Sprintf("%d persons", n)
	}
	var may []string
	for _, o := range e.May {
		may = append(may, fmt.Sprintf("%s (%s)", o.Name, o.ID))
	}
	next := "at the desk, by passkey: " + strings.Join(may, ", ")
	if left := e.Needs - len(e.Releases); len(may) < left {
		next = fmt.Sprintf("only %s may, and %d must: an administrator gives the role releaser (detente officer roles), or changes the rules (detente rules)", persons(len(may)), left)
		if len(may) == 0 {
			next = "nobody may: an administrator gives the role releaser (detente officer roles), or changes the rules (detente rules)"
		}
	}
	given := ""
	if len(e.Releases) > 0 {
		given = fmt.Sprintf(", and %s has", persons(len(e.Releases)))
	}
	return fmt.Sprintf("it is kept as draft %s, and not sent: %s besides those who wrote it must release it%s; %s", e.Draft, persons(e.Needs), given, next)
}

// letGo marks a draft as one that is about to be written, if it may be, and enters
// that it was let go. Where there are no officers, there is only the mark.
func (d *Desk) letGo(ctx context.Context, k *Kept, out node.Draft) (house.ID, error) {
	f, err := d.open(*k, &out)
	switch {
	case err != nil:
		return 0, err
	case len(f.Releases) < f.Needs:
		return 0, &HeldError{f.Review}
	}
	k.Note = Sending
	if !f.roster.InForce() {
		return 0, d.keep(ctx, *k)
	}
	row, err := d.box(*k)
	if err != nil {
		return 0, err
	}
	step := officer.Step{Authors: k.Authors, Digest: f.Digest, Draft: k.ID, Version: k.Version}
	for _, r := range f.Releases {
		step.Releases = append(step.Releases, r.Entry)
	}
	e, err := d.n.House().AppendWith(ctx, store.Batch{Drafts: []store.Draft{row}}, house.Released, step)
	return e.ID, err
}

// sent enters which note a draft has become, where its letting go was entered.
func (d *Desk) sent(ctx context.Context, k Kept, letGo house.ID, id note.ID) error {
	if letGo == 0 {
		return nil
	}
	_, err := d.n.House().Append(ctx, house.Sent, officer.Step{About: letGo, Draft: k.ID, Note: &id, Version: k.Version})
	return err
}

// change does something about a draft that was not sent, and returns how far it
// is then.
func (d *Desk) change(ctx context.Context, id string, need officer.Role, do func(Kept, file) error) (Review, error) {
	if err := officer.Need(ctx, need); err != nil {
		return Review{}, err
	}
	d.drafts.Lock()
	defer d.drafts.Unlock()
	k, err := d.OneDraft(id)
	if err != nil {
		return Review{}, err
	}
	if k.Note != "" {
		return Review{}, &FieldError{"draft", "it was sent, or may have been; it is not called back"}
	}
	if len(k.secret) == 0 { // it was kept by an older version, and has no digest yet
		k.write(ctx, k.Draft, d.n.Now())
		if err := d.keep(ctx, k); err != nil {
			return Review{}, err
		}
	}
	out, err := d.prepare(k.Draft, k.salts())
	if err != nil {
		return Review{}, err
	}
	f, err := d.open(k, &out)
	switch {
	case err != nil:
		return Review{}, err
	case !f.roster.InForce():
		return f.Review, &FieldError{"officer", "there are no officers here, and so no releases: the draft can be sent"}
	}
	if err := do(k, f); err != nil {
		return f.Review, err
	}
	if k, err = d.OneDraft(id); err != nil {
		return f.Review, err
	}
	return d.review(k)
}

func (d *Desk) step(ctx context.Context, kind house.Kind, s officer.Step) error {
	_, err := d.n.House().Append(ctx, kind, s)
	return err
}

// Ask puts a draft to the releasers, as it stands. It must be one that could be
// sent.
func (d *Desk) Ask(ctx context.Context, id string) (Review, error) {
	return d.change(ctx, id, officer.Drafter, func(k Kept, f file) error {
		if _, asked := f.trail.Asked(f.Digest); asked {
			return nil
		}
		return d.step(ctx, house.Asked, officer.Step{Authors: k.Authors, Digest: f.Digest, Draft: k.ID, Version: k.Version})
	})
}

// Approve keeps a release of a draft by the officer whose work it is, and sends
// the draft if it is the last that the rules want: then there is a ticket. Where
// the node refuses to send it, the release stands, and the error says why.
func (d *Desk) Approve(ctx context.Context, id string, a officer.Assertion) (r Review, t *node.Ticket, err error) {
	o, ok := officer.FromContext(ctx)
	if !ok {
		return r, nil, errNoOfficer
	}
	r, err = d.change(ctx, id, officer.Releaser, func(k Kept, f file) error {
		m := officer.Mark{Site: f.roster.Site, Who: o.ID, Step: officer.Step{Assertion: &a, Digest: f.Digest, Draft: k.ID, Version: k.Version}}
		if err := f.roster.Counts(m, k.Authors); err != nil {
			return &FieldError{"release", err.Error() + "; nothing was released"}
		}
		if _, asked := f.trail.Asked(f.Digest); !asked {
			return &FieldError{"draft", "nobody has asked for its release as it stands; nothing was released"}
		}
		for _, old := range f.trail {
			if old.Kind == house.Release && bytes.Equal(old.Assertion.Nonce, a.Nonce) {
				return &FieldError{"release", fmt.Sprintf("this signature was given before, as %s; nothing was released", old.Entry.ID)}
			}
		}
		if slices.ContainsFunc(f.Releases, func(s Said) bool { return s.Officer == o.ID }) {
			return &FieldError{"release", o.Name + " has released it already"}
		}
		if err := d.step(ctx, house.Release, m.Step); err != nil || len(f.Releases)+1 < f.Needs {
			return err
		}
		ticket, err := d.release(ctx, id, false)
		if err == nil {
			t = &ticket
		}
		return err
	})
	return r, t, err
}

var errNoOfficer = &FieldError{"officer", "a draft is released, and refused, by an officer at the desk"}

// Withdraw takes back the release that the officer whose work it is has given,
// before the note goes.
func (d *Desk) Withdraw(ctx context.Context, id string) (Review, error) {
	o, _ := officer.FromContext(ctx)
	return d.change(ctx, id, officer.Releaser, func(k Kept, f file) error {
		i := slices.IndexFunc(f.Releases, func(s Said) bool { return s.Officer == o.ID })
		if i < 0 {
			return &FieldError{"release", "you have not released it as it stands; nothing was withdrawn"}
		}
		return d.step(ctx, house.Withdrawn, officer.Step{About: f.Releases[i].Entry, Digest: f.Digest, Draft: k.ID, Version: k.Version})
	})
}

// Refuse returns a draft to those who wrote it, with a remark. What others have
// released of it counts no more.
func (d *Desk) Refuse(ctx context.Context, id, remark string) (Review, error) {
	if _, ok := officer.FromContext(ctx); !ok {
		return Review{}, errNoOfficer
	}
	remark = strings.TrimSpace(remark)
	if remark == "" || len(remark) > officer.MaxRemark || !utf8.ValidString(remark) {
		return Review{}, &FieldError{"remark", fmt.Sprintf("say why, in at most %d bytes", officer.MaxRemark)}
	}
	return d.change(ctx, id, officer.Releaser, func(k Kept, f file) error {
		if _, asked := f.trail.Asked(f.Digest); !asked {
			return &FieldError{"draft", "nobody has asked for its release as it stands; nothing was refused"}
		}
		return d.step(ctx, house.Refused, officer.Step{Digest: f.Digest, Draft: k.ID, Remark: remark, Version: k.Version})
	})
}
