package view

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/store"
	"detente/matter"
	"detente/note"
	"detente/register"
	"detente/scenario"
	"detente/seal"
)

// record is a Source in memory: one channel as one party holds it, the notes
// those of a scenario.
type record struct {
	tb       testing.TB
	scenario *scenario.Scenario
	channel  scenario.Channel
	docs     *charter.Channel
	reg      *register.Register
	contents map[note.ID]*note.Content
	placed   map[string]scenario.Placed
	size     map[string]uint64
	now      time.Time
	party    string
	peers    []node.PeerInfo
	receipts map[string]uint64 // for the party's own notes

	house      *house.House
	precedence string // of the notes that are written
	opened     int    // contents that were asked for
}

type rules struct{ *charter.Rules }

func (r rules) Role(party string) string { return r.Roles[party] }
func (r rules) IsExercise() bool         { return r.Exercise }
func (r rules) Serial() int              { return 0 }
func (r rules) Due(act string, start time.Time, answerer string) (time.Time, bool) {
	k, ok := r.Clock(act)
	if !ok {
		return time.Time{}, false
	}
	m, ok := r.Member(answerer)
	return charter.Due(start, k, m), ok
}

// founded returns the record of a channel of January 2024, without a note.
func founded(tb testing.TB, channel, party string) *record {
	tb.Helper()
	must := func(err error) {
		if err != nil {
			tb.Helper()
			tb.Fatal(err)
		}
	}
	s, err := scenario.January2024()
	must(err)
	w := &record{tb: tb, scenario: s, contents: map[note.ID]*note.Content{}, placed: map[string]scenario.Placed{}, size: map[string]uint64{}, now: s.End, party: party, receipts: map[string]uint64{}, precedence: "routine"}
	w.channel, _ = s.Channel(channel)
	ledger, err := store.OpenMemory(tb.Name())
	must(err)
	tb.Cleanup(func() { ledger.Close() })
	w.house = house.New(ledger, seal.NewBox([32]byte{1}), tb.TempDir(), w.Now)
	key := func(party string) *feed.Key {
		d := note.Sum([]byte(party))
		k, err := feed.NewKey([64]byte(append(d[:], d[:]...)))
		must(err)
		return k
	}
	text, err := s.Charter(channel, func(party string) (note.Digest, feed.Public, error) {
		return note.Sum([]byte(party)), key(party).Public(), nil
	})
	must(err)
	signed, err := charter.NewSigned(text)
	must(err)
	for _, p := range text.Principals() {
		must(signed.Add(key(p), p))
		if p != party {
			w.peers = append(w.peers, node.PeerInfo{Party: p, Role: charter.Principal, Up: true, Since: s.Start, Heard: s.End})
		}
	}
	w.docs, err = charter.NewChannel(signed)
	must(err)
	w.reg = register.New(func(d note.Digest) (register.Rules, bool) {
		r, ok := w.docs.Rules(d)
		return rules{r}, ok
	})
	return w
}

// january plays the whole of a channel.
func january(tb testing.TB, channel, party string) *record {
	w := founded(tb, channel, party)
	w.play(0)
	return w
}

// play writes every note of the scenario, its times later by so much; every
// party has seen all that was written before.
func (w *record) play(later time.Duration) {
	w.tb.Helper()
	for _, st := range w.scenario.Steps {
		if st.Kind != scenario.Note || st.Channel != w.channel.Code {
			continue
		}
		m, err := st.Move(func(label string) (scenario.Placed, bool) { p, ok := w.placed[label]; return p, ok })
		if err != nil {
			w.tb.Fatal(err)
		}
		id := w.write(st.Party, st.At.Add(later), m, st.Content)
		w.placed[st.Label] = scenario.Placed{ID: id, Content: w.reg.Entry(id).Content}
	}
}

func (w *record) write(party string, at time.Time, m *note.Move, c *note.Content) note.ID {
	w.tb.Helper()
	origin := func(party string) string { return note.Origin(party, w.docs.ID(), 1) }
	h := &note.Header{Charter: w.docs.ID(), Exercise: true, Index: w.size[party], Origin: origin(party), Precedence: w.precedence,
		Time: at.UTC().Format(note.TimeLayout), Version: note.Version}
	for _, member := range w.channel.Members {
		h.Audience = append(h.Audience, member.Party)
		if n := w.size[member.Party]; n > 0 && member.Party != party {
			h.Seen = append(h.Seen, note.Head{Origin: origin(member.Party), Size: n})
		}
	}
	w.size[party]++
	w.contents[h.ID()] = c
	if !w.reg.Add(register.Opened{Header: h, Move: m, Content: note.Sum(fmt.Append(nil, h.ID()))}) {
		w.tb.Fatalf("%s was not taken", h.ID().Short())
	}
	return h.ID()
}

// say writes a note that is not of the scenario, now.
func (w *record) say(party, act string, on *note.ID, fields map[string]any) note.ID {
	w.tb.Helper()
	id := w.write(party, w.now, &note.Move{Act: act, Fields: fields, Matter: on, Office: "mfa", Version: 1}, nil)
	if e := w.reg.Entry(id); e.Result != register.Applied && act != matter.Ack {
		w.tb.Fatalf("%s %s is %s: %s", id.Short(), act, e.Result, e.Reason)
	}
	return id
}

func (w *record) Read(channel note.Digest, fn func(*node.Snapshot)) error {
	if channel != w.docs.ID() {
		return errors.New("there is no such channel")
	}
	s := &node.Snapshot{ID: channel, Party: w.party, Docs: w.docs, Register: w.reg, Peers: w.peers}
	for _, m := range w.channel.Members {
		f := node.FeedInfo{Origin: note.Origin(m.Party, channel, 1), Party: m.Party, Head: note.Head{Size: w.size[m.Party]}, Receipts: map[string]uint64{}}
		if m.Party == w.party {
			f.Receipts = w.receipts
		}
		s.Feeds = append(s.Feeds, f)
	}
	fn(s)
	return nil
}

func (w *record) Content(id note.ID) (*note.Content, store.PartState, error) {
	w.opened++
	return w.contents[id], store.Held, nil
}

func (w *record) Entry(note.ID) ([]byte, *note.Header, error) {
	return nil, nil, errors.New("not here")
}
func (w *record) Now() time.Time { return w.now }

// label returns what the scenario calls a note.
func (w *record) label(id note.ID) string {
	for label, p := range w.placed {
		if p.ID == id {
			return label
		}
	}
	return id.Short()
}

func (w *record) notes() int {
	n := 0
	for _, size := range w.size {
		n += int(size)
	}
	return n
}

func (w *record) House() *house.House { return w.house }
