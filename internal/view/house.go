package view

import (
	"slices"
	"strings"
	"time"

	"detente/internal/house"
	"detente/internal/node"
	"detente/matter"
	"detente/note"
)

// InHouse is an entry of the node's own record that an act of a table opened,
// and all that was said of it since.
type InHouse struct {
	Act     string                  `json:"act"`
	Fields  map[string]any          `json:"fields"`
	ID      house.ID                `json:"id"`
	Links   []note.ID               `json:"links,omitempty"`   // of a claim: what it is laid beside
	Match   *note.ID                `json:"match,omitempty"`   // of a paper: the note that says the same over the line
	Moves   []InHouseMove           `json:"moves"`             // after the first
	Perhaps []note.ID               `json:"perhaps,omitempty"` // notes of that day and subject, for a person to look at
	Scan    *house.File             `json:"scan,omitempty"`
	State   string                  `json:"state"`
	Texts   map[string]note.Wording `json:"texts,omitempty"`
	Time    time.Time               `json:"time"` // when it was entered
}

// InHouseMove is what was said of an entry later.
type InHouseMove struct {
	Act     string                  `json:"act"`
	Fields  map[string]any          `json:"fields"`
	ID      house.ID                `json:"id"`
	Machine bool                    `json:"machine,omitempty"` // the node itself, on equal check words
	Texts   map[string]note.Wording `json:"texts,omitempty"`
	Time    time.Time               `json:"time"`
}

// HouseList is the entries of one kind, the oldest first.
type HouseList struct {
	Entries    []*InHouse `json:"entries"`
	Unreadable []house.ID `json:"unreadable"` // of whatever kind: verify says why
}

func inHouse(i *house.Item) *InHouse {
	v := &InHouse{Act: i.Act.Act, Fields: i.Fields, ID: i.ID, Moves: []InHouseMove{}, Scan: i.Scan, State: i.State.Status(), Texts: i.Texts, Time: i.Time}
	switch s := i.State.(type) {
	case *matter.ClaimState:
		v.Links = s.Links
	case *matter.FileState:
		v.Match = s.Match
	}
	for _, m := range i.Moves {
		v.Moves = append(v.Moves, InHouseMove{Act: m.Value.Act, Fields: m.Value.Fields, ID: m.ID, Machine: m.Value.Machine, Texts: m.Value.Texts, Time: m.Time})
	}
	return v
}

// Entries returns what is in-house of one kind.
func Entries(src Source, channels []note.Digest, kind *matter.Kind) (*HouseList, error) {
	items, err := src.House().Items(kind)
	if err != nil {
		return nil, err
	}
	v := &HouseList{Entries: []*InHouse{}, Unreadable: []house.ID{}}
	lost, err := src.House().List(house.Unreadable)
	if err != nil {
		return nil, err
	}
	for _, e := range lost {
		v.Unreadable = append(v.Unreadable, e.ID)
	}
	for _, i := range items {
		v.Entries = append(v.Entries, inHouse(i))
	}
	return v, perhaps(src, channels, v.Entries)
}

// OneEntry returns one entry that an act of a table opened.
func OneEntry(src Source, channels []note.Digest, id house.ID) (*InHouse, error) {
	for _, kind := range matter.House {
		items, err := src.House().Items(kind)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			if i.ID == id {
				v := inHouse(i)
				return v, perhaps(src, channels, []*InHouse{v})
			}
		}
	}
	return nil, &NotFound{"in-house entry " + id.String() + " that stands by itself"}
}

// perhaps finds, for every paper that is matched to no note, the notes of its
// author, its day and its subject.
func perhaps(src Source, channels []note.Digest, list []*InHouse) error {
	papers := slices.DeleteFunc(slices.Clone(list), func(v *InHouse) bool { return v.Act != matter.FilePaper || v.State != "logged" })
	if len(papers) == 0 {
		return nil
	}
	of := func(v *InHouse, field string) string { s, _ := v.Fields[field].(string); return s }
	for _, channel := range channels {
		found := map[note.ID][]*InHouse{}
		err := src.Read(channel, func(s *node.Snapshot) {
			for _, e := range s.Register.Entries() {
				if e.ID.Party() == s.Party || e.Content.IsZero() {
					continue
				}
				m, _ := s.Docs.Member(e.ID.Party())
				loc, err := time.LoadLocation(m.Zone)
				if err != nil {
					loc = time.UTC
				}
				there, utc := e.Time.In(loc).Format(time.DateOnly), e.Time.UTC().Format(time.DateOnly)
				for _, p := range papers {
					from, date := of(p, "from"), of(p, "date")
					if (strings.HasPrefix(date, there) || strings.HasPrefix(date, utc)) && (strings.EqualFold(from, m.Party) || strings.EqualFold(from, m.Name)) {
						found[e.ID] = append(found[e.ID], p)
					}
				}
			}
		})
		if err != nil {
			return err
		}
		for id, papers := range found {
			c, _, err := src.Content(id)
			if err != nil || c == nil {
				continue // its words are not here: there is nothing to compare
			}
			for _, p := range papers {
				if slices.ContainsFunc(sortedKeys(c.Texts["subject"]), func(lang string) bool {
					return strings.EqualFold(strings.TrimSpace(c.Texts["subject"][lang]), of(p, "subject"))
				}) {
					p.Perhaps = append(p.Perhaps, id)
				}
			}
		}
	}
	for _, p := range papers {
		slices.SortFunc(p.Perhaps, func(a, b note.ID) int { return strings.Compare(a.String(), b.String()) })
	}
	return nil
}

// claimsOn returns the claims that are laid beside a matter.
func claimsOn(src Source, v *Matter) ([]*InHouse, error) {
	items, err := src.House().Items(&matter.Claim)
	var out []*InHouse
	for _, i := range items {
		c := inHouse(i)
		if slices.ContainsFunc(c.Links, func(id note.ID) bool {
			return slices.ContainsFunc(v.AllNotes, func(l *NoteLine) bool { return l.ID == id })
		}) {
			out = append(out, c)
		}
	}
	return out, err
}

// DisclosedTo is one time that a note, or a file of it, went to someone in the
// clear.
type DisclosedTo struct {
	house.Disclosure
	Time time.Time `json:"time"`
}

// inHouseOf adds to a note what the node's own record says of it: as what it was
// filed, from which press text it was made, and to whom it was disclosed.
func inHouseOf(src Source, v *Note) error {
	items, err := src.House().Items(&matter.File)
	if err != nil {
		return err
	}
	for _, i := range items {
		if p := inHouse(i); p.Match != nil && *p.Match == v.ID && p.State != "struck" {
			v.Filed = append(v.Filed, p)
		}
	}
	made, err := house.Read[house.Made](src.House(), house.Confirmed)
	for _, m := range made {
		if m.Value.Note == v.ID {
			v.Made = &m.Value
		}
	}
	if err != nil {
		return err
	}
	gone, err := house.Read[house.Disclosure](src.House(), house.Disclosed)
	for _, d := range gone {
		if d.Value.Note == v.ID {
			v.Disclosed = append(v.Disclosed, DisclosedTo{d.Value, d.Time})
		}
	}
	return err
}
