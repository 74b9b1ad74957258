package officer

import (
	"errors"
	"fmt"
	"slices"

	"detente/internal/house"
	"detente/note"
)

// A Step is the body of every entry about a draft on its way out: asked,
// release, withdrawn, refused, released, sent, dropped.
type Step struct {
	About     house.ID    `json:"about,omitempty"`     // withdrawn: the release; sent: the entry by which it was let go
	Assertion *Assertion  `json:"assertion,omitempty"` // release
	Authors   []ID        `json:"authors,omitempty"`   // asked, released: of the text
	Digest    note.Digest `json:"digest,omitzero"`     // of the Final
	Draft     string      `json:"draft"`
	Note      *note.ID    `json:"note,omitempty"`     // sent
	Releases  []house.ID  `json:"releases,omitempty"` // released: by which
	Remark    string      `json:"remark,omitempty"`   // refused
	Version   uint64      `json:"version,omitempty"`
}

// MaxRemark bounds the remark of a refusal, in bytes.
const MaxRemark = 2000

// steps are the kinds whose bodies are Steps.
var steps = []house.Kind{house.Asked, house.Release, house.Withdrawn, house.Refused, house.Released, house.Sent, house.Dropped}

// A Mark is a step that was made.
type Mark struct {
	house.Entry
	Step
	Site Site // as the desk was served then
	Who  ID   // whose doing it was
}

// readMark reads an entry about a draft.
func readMark(e house.Entry, site Site) (m Mark, err error) {
	m.Entry, m.Site = e, site
	if e.By != "" {
		if m.Who, err = ParseID(e.By); err != nil {
			return m, err
		}
	}
	err = read(e, func(s Step) error {
		m.Step = s
		if e.Kind == house.Release && s.Assertion == nil {
			return errors.New("it is a release without a signature")
		}
		return nil
	})
	return m, err
}

// A Trail is what happened to one draft, the oldest first.
type Trail []Mark

// last returns the last step of one of some kinds, and whether there is one.
func (t Trail) last(kinds ...house.Kind) (Mark, bool) {
	for _, m := range slices.Backward(t) {
		if slices.Contains(kinds, m.Kind) {
			return m, true
		}
	}
	return Mark{}, false
}

// Asked returns the step by which this text of the draft is before the
// releasers; a refusal takes it from them.
func (t Trail) Asked(digest note.Digest) (Mark, bool) {
	m, ok := t.last(house.Asked, house.Refused)
	return m, ok && m.Kind == house.Asked && m.Digest == digest
}

// Refusal returns the refusal that stands: nobody has asked since.
func (t Trail) Refusal() (Mark, bool) {
	m, ok := t.last(house.Asked, house.Refused)
	return m, ok && m.Kind == house.Refused
}

// Releases returns the releases of a text that were not withdrawn. One that was
// given before a refusal counts no more.
func (t Trail) Releases(digest note.Digest) (out []Mark) {
	for _, m := range t {
		switch m.Kind {
		case house.Release:
			if m.Digest == digest {
				out = append(out, m)
			}
		case house.Withdrawn:
			out = slices.DeleteFunc(out, func(r Mark) bool { return r.Entry.ID == m.About })
		case house.Refused:
			out = nil
		}
	}
	return out
}

// Counts checks a release against a roster: the signature, the key, and who gave
// it. It is checked when it is given, when the note leaves, and by verify.
func (r *Roster) Counts(m Mark, authors []ID) error {
	o, ok := r.Officer(m.Who)
	k, known := r.Key(m.Assertion.Key)
	switch {
	case !ok:
		return fmt.Errorf("%s is no officer here", m.Who)
	case !o.May(Releaser):
		return fmt.Errorf("%s, %s, is not a releaser here", o.ID, o.Name)
	case slices.Contains(authors, o.ID):
		return fmt.Errorf("%s, %s, wrote the draft, and does not release it", o.ID, o.Name)
	case !known:
		return errors.New("it is by a passkey that was not registered")
	case k.Officer != o.ID:
		return fmt.Errorf("it is by a passkey of %s", k.Officer)
	case k.Revoked != 0:
		return fmt.Errorf("it is by a passkey that was revoked, by %s", k.Revoked)
	}
	return m.Assertion.Check(k, m.Site, m.Digest)
}
