package view

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/charter"
	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Source is what views are drawn from. *node.Node is one.
type Source interface {
	Read(channel note.Digest, fn func(*node.Snapshot)) error
	Content(id note.ID) (*note.Content, store.PartState, error)
	Entry(id note.ID) (leaf []byte, h *note.Header, err error)
	House() *house.House
	Now() time.Time
}

// Frame stands around every view of a channel.
type Frame struct {
	Channel    note.Digest `json:"channel"`
	Exercise   bool        `json:"exercise"`
	Name       string      `json:"name"`
	Now        time.Time   `json:"now"`
	Node       string      `json:"node"` // the party whose node shows this
	Principals []string    `json:"principals"`
	Recovering string      `json:"recovering,omitempty"` // why the node refuses to sign
	Zones      []Zone      `json:"zones"`                // the principals' own
}

// Zone is where a party reads its clocks.
type Zone struct {
	Party string `json:"party"`
	Zone  string `json:"zone"`
}

// Words are somebody's words: one text of one note.
type Words struct {
	Authentic []string     `json:"authentic,omitempty"` // languages; the others are translations
	Basis     *note.Basis  `json:"basis,omitempty"`
	Handling  *Handling    `json:"handling,omitempty"` // how they may be handled
	Note      note.ID      `json:"note"`
	Party     string       `json:"party"`
	Slot      string       `json:"slot,omitempty"`
	State     string       `json:"state,omitempty"` // empty: here. Else erased, missing, sealed, unreadable, or none
	Texts     note.Wording `json:"texts,omitempty"` // by language
}

// Text returns the words in one language: English where it is there, or the
// first authentic one; before them, the caveats under which they stand. Where
// there are no words it says why.
func (w *Words) Text() string { return w.marked("", "") }

// Language returns the language of Text; empty where there are no words.
func (w *Words) Language() string {
	lang, _, _ := w.Pick("")
	return lang
}

// Quoted is Text with marks of quotation around the words.
func (w *Words) Quoted() string { return w.marked("“", "”") }

func (w *Words) marked(before, after string) string {
	if w == nil {
		return ""
	}
	if _, s, ok := w.Pick(""); ok {
		s = before + s + after
		if w.Handling != nil {
			s = "[" + w.Handling.String() + "] " + s
		}
		return s
	}
	if w.State == "" || w.State == none {
		return ""
	}
	return "(" + w.State + ")"
}

// Pick returns the words in the language that is preferred where they are in
// it; else in English, or the first authentic one.
func (w *Words) Pick(prefer string) (lang, text string, ok bool) {
	for _, lang := range slices.Concat([]string{prefer, "en"}, w.Authentic, sortedKeys(w.Texts)) {
		if s, ok := w.Texts[lang]; ok {
			return lang, s, true
		}
	}
	return "", "", false
}

// none is the state of words that were never written.
const none = "none"

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// builder draws one view.
type builder struct {
	src     Source
	s       *node.Snapshot
	now     time.Time
	pending []pending
	lang    string       // of gists, where it is there; empty: English
	stops   []Suspension // every one of the channel, once it was asked for
	talks   map[*register.Matter]*conversation
	clocks  []register.ClockView // what is owed now, once it was asked for
	owed    bool
}

// pending is words that are read after the lock is given back.
type pending struct {
	words  *Words
	trim   bool   // keep one short line of one language
	sealed string // what is said in place of a text that is sealed to offices
}

// build draws a view under the read lock and fills its words in after it.
func build[T any](src Source, channel note.Digest, draw func(*builder) (T, error)) (T, error) {
	b := &builder{src: src, now: src.Now()}
	var out T
	var failed error
	err := src.Read(channel, func(s *node.Snapshot) {
		b.s = s
		out, failed = draw(b)
	})
	if err = errors.Join(err, failed); err != nil {
		var zero T
		return zero, err
	}
	b.fill()
	return out, nil
}

func (b *builder) frame() Frame {
	c := b.s.Docs.Current().Charter
	f := Frame{Channel: b.s.ID, Exercise: c.Exercise, Name: c.Name, Now: b.now.UTC(), Node: b.s.Party, Principals: c.Principals(), Recovering: b.s.Recovering, Zones: []Zone{}}
	for _, m := range c.Members {
		if m.Role == charter.Principal {
			f.Zones = append(f.Zones, Zone{m.Party, m.Zone})
		}
	}
	return f
}

// FrameOf returns what stands around every view of a channel.
func FrameOf(src Source, channel note.Digest) (Frame, error) {
	return build(src, channel, func(b *builder) (Frame, error) { return b.frame(), nil })
}

// speakers is the audience of a note that names none: every party that speaks.
func (b *builder) speakers() []string {
	var out []string
	for _, m := range b.s.Docs.Members() {
		if m.Role != charter.Observer && !b.s.Docs.Left(m.Party) {
			out = append(out, m.Party)
		}
	}
	return out // members are sorted
}

// Speakers returns the parties of a channel that speak.
func Speakers(src Source, channel note.Digest) ([]string, error) {
	return build(src, channel, func(b *builder) ([]string, error) { return b.speakers(), nil })
}

// words asks for one text of a note.
func (b *builder) words(id note.ID, slot string) *Words {
	w := &Words{Note: id, Party: id.Party(), Slot: slot}
	switch e := b.s.Register.Entry(id); {
	case e == nil || e.Content.IsZero():
		w.State = none
	case e.Trouble == register.Sealed:
		w.State = string(e.Trouble)
	default:
		w.Handling = b.handling(e)
		b.pending = append(b.pending, pending{words: w, sealed: sealedTo(e.Move, slot)})
	}
	return w
}

// sealedText is what is said in place of a text that is sealed to offices.
const sealedText = "sealed to %s"

// sealedTo says for whom a text of a move is sealed; empty: for all who hold
// the note.
func sealedTo(m *note.Move, slot string) string {
	if m == nil {
		return ""
	}
	if to := matter.SealedFor(m.Act, slot, m.Fields); to != nil {
		return strings.Replace(sealedText, "%s", strings.Join(to, ", "), 1)
	}
	return ""
}

// gist asks for the first line of a note's first text, in one language.
func (b *builder) gist(e *register.Entry) *Words {
	w := &Words{Note: e.ID, Party: e.ID.Party(), State: none}
	switch {
	case e.Move == nil:
		w.State = string(e.Trouble)
	case !e.Content.IsZero():
		_, act, ok := matter.Find(e.Move.Act)
		if !ok || len(act.Texts) == 0 {
			break
		}
		if w.Slot = act.Texts[0].Name; act.Texts[0].Numbered {
			w.Slot += "/1"
		}
		w.State, w.Handling = "", b.handling(e)
		b.pending = append(b.pending, pending{words: w, trim: true})
	}
	return w
}

// gistLimit is how many characters of a text a list shows.
const gistLimit = 120

func (b *builder) fill() {
	type opened struct {
		content *note.Content
		state   string
	}
	cache := map[note.ID]opened{}
	for _, p := range b.pending {
		o, ok := cache[p.words.Note]
		if !ok {
			c, state, err := b.src.Content(p.words.Note)
			o.content = c
			switch {
			case c != nil:
			case err == nil && (state == store.Erased || state == store.Missing):
				o.state = state.String()
			default: // it was said to be there
				o.state = "unreadable"
			}
			cache[p.words.Note] = o
		}
		w := p.words
		if w.State = o.state; o.content == nil {
			continue
		}
		w.Authentic, w.Basis = o.content.Authentic, o.content.Basis
		if w.Texts = o.content.Texts[w.Slot]; w.Texts == nil {
			w.State = none
		} else if p.sealed != "" {
			w.State, w.Texts = p.sealed, nil
		}
		if lang, text, ok := w.Pick(b.lang); ok && p.trim {
			w.Texts = note.Wording{lang: firstLine(text)}
		}
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > gistLimit {
		line = string(r[:gistLimit-1]) + "…"
	}
	return line
}

// ParseID reads the name of a note on a channel, short or long: PAK#41,
// PAK.2#41.
func ParseID(channel note.Digest, s string) (note.ID, error) {
	if id, err := note.ParseID(s); err == nil {
		return id, nil
	}
	head, index, ok := strings.Cut(s, "#")
	party, epoch, numbered := strings.Cut(head, ".")
	if !numbered {
		epoch = "1"
	}
	id, err := note.ParseID(party + "/" + channel.String() + "/" + epoch + "#" + index)
	if !ok || err != nil {
		return note.ID{}, fmt.Errorf("%.80q is not the name of a note: want such as PAK#41", s)
	}
	return id, nil
}

// NotFound says that there is nothing of that name.
type NotFound struct{ What string }

func (e *NotFound) Error() string { return "there is no " + e.What + " here" }
