package desk

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/store"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// An Entry is an in-house act as people write it: names may be short. It is the
// body of POST /api/v1/house.
type Entry struct {
	About   string                  `json:"about,omitempty"` // H3; absent: it opens an entry
	Act     string                  `json:"act"`
	Channel string                  `json:"channel,omitempty"` // of short names of notes; absent: the only one
	Fields  map[string]any          `json:"fields,omitempty"`
	Given   map[string][]string     `json:"given,omitempty"` // fields as strings, from flags and forms
	Scan    string                  `json:"scan,omitempty"`  // path of a file
	Texts   map[string]note.Wording `json:"texts,omitempty"`
}

// Enter checks an in-house act against its table and appends it to the node's
// own record. It needs no channel, and nothing of it leaves the node.
func (d *Desk) Enter(ctx context.Context, in Entry) (house.Entry, error) {
	var none house.Entry
	if err := officer.Need(ctx, officer.Drafter); err != nil {
		return none, err
	}
	kind, act, ok := matter.FindHouse(in.Act)
	if !ok {
		return none, &FieldError{"act", fmt.Sprintf("%.60q is no act that is in-house", in.Act)}
	}
	out := house.Act{Act: in.Act, Texts: in.Texts}
	var err error
	if out.Fields, err = readFields(Draft{Act: in.Act, Fields: in.Fields, Given: in.Given}, matter.Names{Note: func(s string) (note.ID, error) { return d.held(in.Channel, s) }}); err != nil {
		return none, err
	}
	texts := &note.Content{Authentic: []string{"en"}, Salt: strings.Repeat("0", 2*note.SaltSize), Texts: in.Texts, Version: note.Version}
	if err := matter.CheckContent(in.Act, texts); err != nil {
		return none, err
	}
	if _, err := texts.Encode(); err != nil { // languages, names and size, as of a note
		return none, &FieldError{"texts", err.Error()}
	}
	if check := matter.CheckOf(&note.Move{Fields: out.Fields}); check != "" {
		if _, err := house.ReadCheck(check); err != nil {
			return none, &FieldError{"check", err.Error()}
		}
	}
	item := &house.Item{}
	if in.About != "" {
		if item, err = d.item(kind, in.About); err != nil {
			return none, err
		}
		out.About = item.ID
	} else if !act.Opens {
		return none, &FieldError{"about", fmt.Sprintf("which entry? %s is about one that is there already, such as H3", in.Act)}
	}
	if _, err := item.Try(kind, act, &out); err != nil {
		return none, &node.Refused{Why: err.Error()}
	}
	if in.Scan != "" {
		if in.Act != matter.FilePaper {
			return none, &FieldError{"scan", "only a paper has a scan"}
		}
		if out.Scan, err = d.n.House().Keep(in.Scan); err != nil {
			return none, &FieldError{"scan", err.Error()}
		}
	}
	e, err := d.n.House().Append(ctx, house.KindOf(in.Act), out)
	if err != nil {
		return none, err
	}
	return e, d.Match(ctx)
}

// held resolves the name of a note that this node holds.
func (d *Desk) held(channel, s string) (id note.ID, err error) {
	if id, err = note.ParseID(s); err != nil {
		c, err := d.Channel(channel)
		if err != nil {
			return id, err
		}
		if id, err = view.ParseID(c, s); err != nil {
			return id, err
		}
	}
	_, _, err = d.n.Entry(id)
	return id, err
}

// item finds an entry of a kind by its name.
func (d *Desk) item(kind *matter.Kind, name string) (*house.Item, error) {
	id, err := house.ParseID(name)
	if err != nil {
		return nil, &FieldError{"about", err.Error()}
	}
	items, err := d.n.House().Items(kind)
	for _, i := range items {
		if i.ID == id {
			return i, nil
		}
	}
	if err == nil {
		err = &FieldError{"about", fmt.Sprintf("%s is no %s", id, kind.Name)}
	}
	return nil, err
}

// keepMade stores what became of a draft. One that was read from a press text is
// linked to its note in the same transaction.
func (d *Desk) keepMade(ctx context.Context, k Kept, id note.ID) error {
	row, err := d.box(k)
	if err != nil {
		return err
	}
	b := store.Batch{Drafts: []store.Draft{row}}
	if k.Draft.From == nil {
		return d.n.Store().Commit(ctx, b)
	}
	_, err = d.n.House().AppendWith(ctx, b, house.Confirmed, house.Made{Draft: k.ID, From: k.Draft.From, Note: id, Quotes: k.Draft.Quotes})
	return err
}

// matching is how far the notes of others have been held against the papers
// whose check words are known.
type matching struct {
	mu     sync.Mutex
	newest house.ID          // of the papers that were looked for
	looked map[string]uint64 // by feed: how many leaves
	absent map[note.ID]bool  // whose words were not here yet
}

// Match matches papers to the notes that say the same over the line, where the
// check words of both are equal: those of the leaf, or those of the text that
// was printed before it was a note. Anything less a person confirms.
func (d *Desk) Match(ctx context.Context) error {
	d.matching.mu.Lock()
	defer d.matching.mu.Unlock()
	items, err := d.n.House().Items(&matter.File)
	if err != nil {
		return err
	}
	open := map[house.ID][]byte{}
	m := &d.matching
	again := m.looked == nil
	for _, i := range items {
		check := matter.CheckOf(&note.Move{Fields: i.Fields})
		if i.State.Status() != "logged" || check == "" {
			continue
		}
		if open[i.ID], err = house.ReadCheck(check); err != nil {
			delete(open, i.ID) // it was entered by another version
			continue
		}
		again = again || i.ID > m.newest
		m.newest = max(m.newest, i.ID)
	}
	if len(open) == 0 {
		return nil
	}
	if again {
		m.looked, m.absent = map[string]uint64{}, map[note.ID]bool{}
	}
	return d.match(ctx, open)
}

// Watch finds out what became of drafts on their way when the node stopped, and
// matches papers to notes as notes come, until ctx ends. What fails is logged: it
// never stops the line, and is tried again at the next change.
func (d *Desk) Watch(ctx context.Context, log *slog.Logger) {
	if err := d.Resume(ctx); err != nil && ctx.Err() == nil {
		log.Warn("what became of drafts that were on their way is not entered", "err", err)
	}
	for {
		changed := d.n.Changed()
		if err := d.Match(ctx); err != nil && ctx.Err() == nil {
			log.Warn("papers were not matched to notes", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

func (d *Desk) match(ctx context.Context, open map[house.ID][]byte) error {
	m := &d.matching
	look := func(id note.ID, leaf []byte) error {
		digests := []note.Digest{note.Sum(leaf)}
		text, here, err := d.textDigest(id)
		if err != nil {
			return err
		}
		if delete(m.absent, id); !here {
			m.absent[id] = true
		} else if !text.IsZero() {
			digests = append(digests, text)
		}
		for paper, check := range open {
			for _, digest := range digests {
				if !bytes.HasPrefix(digest[:], check) {
					continue
				}
				delete(open, paper)
				act := house.Act{About: paper, Act: matter.FileMatch, Fields: map[string]any{"note": id.String()}, Machine: true}
				if _, err := d.n.House().Append(ctx, house.Match, act); err != nil {
					return err
				}
				break
			}
		}
		return nil
	}
	for id := range m.absent {
		leaf, _, err := d.n.Entry(id)
		if err == nil {
			err = look(id, leaf)
		}
		if err != nil {
			return err
		}
	}
	for _, channel := range d.n.Channels() {
		var feeds []node.FeedInfo
		if err := d.n.Read(channel, func(s *node.Snapshot) { feeds = s.Feeds }); err != nil {
			return err
		}
		for _, f := range feeds {
			if f.Party == d.n.Party() {
				continue
			}
			err := d.n.Store().EachEntry(ctx, f.Origin, m.looked[f.Origin], func(index uint64, leaf []byte) error {
				m.looked[f.Origin] = index + 1
				return look(note.ID{Origin: f.Origin, Index: index}, leaf)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// textDigest returns the digest of what a note says; zero where it says nothing
// that can be read here. here is false where its words have yet to come.
func (d *Desk) textDigest(id note.ID) (text note.Digest, here bool, err error) {
	c, state, err := d.n.Content(id)
	if err != nil || c == nil {
		return text, state != store.Missing, nil // one that cannot be read matches nothing
	}
	_, channel, _, err := note.ParseOrigin(id.Origin)
	if err != nil {
		return text, true, err
	}
	var move *note.Move
	err = d.n.Read(channel, func(s *node.Snapshot) {
		if e := s.Register.Entry(id); e != nil {
			move = e.Move
		}
	})
	if err != nil || move == nil {
		return text, move != nil, err
	}
	text, err = house.TextDigest(move.Act, move.Fields, c.Texts)
	return text, true, err
}

// ReadEntry reads an entry from JSON. Unknown names are errors.
func ReadEntry(data []byte) (e Entry, err error) {
	if err := strict(data, &e); err != nil {
		return e, &FieldError{"", fmt.Sprintf("the entry cannot be read: %v", strings.TrimPrefix(err.Error(), "json: "))}
	}
	return e, nil
}
