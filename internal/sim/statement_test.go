package sim

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"detente/audit"
	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/view"
	"detente/internal/web"
	"detente/matter"
	"detente/note"
)

// stage is two nodes, a text on offer between them, and its moment.
type stage struct {
	*world
	t      *testing.T
	from   *party // who proposed
	to     *party
	text   note.ID
	moment string
}

// onStage plays a scene with a text that ALF has proposed for an hour from now.
func onStage(t *testing.T, name string, play func(*stage)) {
	if _, err := profiles(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(name, dir, 1, 2, "")
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		synctest.Wait()
		for _, p := range w.parties {
			p.skew = 0 // each releases by its own clock
		}
		s := &stage{world: w, t: t, from: w.parties[0], to: w.parties[1]}
		if s.moment, err = matter.FormatInstant(time.Now().Add(time.Hour), "UTC"); err != nil {
			t.Fatal(err)
		}
		s.text = s.say(s.from, "propose", map[string]any{"clauses": []any{map[string]any{"topic": "ambassadors"}, map[string]any{"topic": "visit"}}, "release": s.moment},
			map[string]note.Wording{"title": {"en": "Joint statement"}, "clause/1": {"en": "The ambassadors return."}, "clause/2": {"en": "The minister visits."}})
		w.advance(time.Minute)
		play(s)
		if w.check(true); w.violated != nil {
			t.Fatal(w.violated)
		}
	})
}

func (s *stage) say(p *party, act string, fields map[string]any, texts map[string]note.Wording) note.ID {
	s.t.Helper()
	d := node.Draft{Channel: s.channel, Act: "statement/" + act, Office: "mfa", Precedence: "routine", Fields: fields}
	if texts != nil {
		d.Content = &note.Content{Authentic: []string{"en"}, Texts: texts}
	}
	if !s.text.IsZero() {
		d.Matter = &s.text
	}
	ticket, err := p.node.Submit(p.ctx, d)
	if err != nil {
		s.t.Fatal(err)
	}
	return ticket.ID
}

func (s *stage) sign(p *party) { s.say(p, "sign", s.terms("release"), nil) }

// terms names the text, and with it its moment or its last clause.
func (s *stage) terms(and string) map[string]any {
	s.t.Helper()
	_, h, err := s.from.node.Entry(s.text)
	if err != nil {
		s.t.Fatal(err)
	}
	part, _ := h.Part(note.PartContent)
	return map[string]any{"terms": part.Plain.String(), and: map[string]any{"release": s.moment, "clause": int64(2)}[and]}
}

// part takes the line down, or up again.
func (s *stage) part(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parted[pairOf(s.from.code, s.to.code)] = down
}

// is wants a node to show the statement in a state.
func (s *stage) is(p *party, want string) {
	s.t.Helper()
	v, err := view.OneMatter(p.node, s.channel, s.text)
	if err != nil {
		s.t.Fatal(err)
	}
	if v.State != want {
		s.t.Fatalf("%s shows the statement as %s, want %s", p.code, v.State, want)
	}
}

// export asks a node for the statement's folder.
func (s *stage) export(p *party) (files map[string][]byte, status int) {
	s.t.Helper()
	dir := filepath.Join(s.t.TempDir(), "out")
	body, err := json.Marshal(map[string]string{"dir": dir})
	if err != nil {
		s.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/api/v1/notes/x/statement?channel="+s.channel.String(), strings.NewReader(string(body)))
	r.URL.Path = "/api/v1/notes/" + s.text.Short() + "/statement"
	web.NewAPI(p.node).ServeHTTP(w, r)
	gone, err := house.Read[house.Disclosure](p.node.House(), house.Disclosed)
	if err != nil {
		s.t.Fatal(err)
	}
	if w.Code != http.StatusOK {
		if len(gone) != 0 {
			s.t.Errorf("it did not leave, and the in-house record says %+v", gone)
		}
		s.t.Log(w.Body.String())
		return nil, w.Code
	}
	if len(gone) != 1 || gone[0].Value.Dir != dir || gone[0].Value.Note.Party() != s.text.Party() || gone[0].Value.To != "" {
		s.t.Errorf("it was given out, and the in-house record says %+v", gone)
	}
	files = map[string][]byte{}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(dir, path)
			files[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files, w.Code
}

// Both sides have signed and know it. Then the line goes down, and the moment
// comes: both show the statement as released at that moment, and give it out,
// with no message between them.
func TestAStatementIsReleasedWhileTheLineIsDown(t *testing.T) {
	onStage(t, "release", func(s *stage) {
		s.sign(s.from)
		s.sign(s.to)
		s.advance(10 * time.Minute)
		s.part(true)
		delivered := s.counts["delivered"]
		moment, _ := matter.ParseInstant(s.moment)
		s.advance(time.Until(moment) - time.Second)
		for _, p := range s.parties {
			s.is(p, "signed")
			if _, status := s.export(p); status != http.StatusForbidden {
				t.Fatalf("%s gives the statement out before its moment: %d", p.code, status)
			}
		}
		s.advance(time.Second)
		for _, p := range s.parties {
			s.is(p, "released")
			files, status := s.export(p)
			if status != http.StatusOK {
				t.Fatalf("%s does not give the statement out: %d", p.code, status)
			}
			if got, err := audit.CheckStatement(files); err != nil || len(got.Signatures) != 2 || !got.Release.Equal(moment) {
				t.Fatalf("%s gives out %+v, %v", p.code, got, err)
			}
		}
		if s.counts["delivered"] != delivered {
			t.Fatal("the line was not down")
		}
	})
}

// The last signature does not get through, so that only its author knows of
// it: at the moment nobody releases anything. The other side, not having seen
// it, walks away; then the two have crossed, and nothing is released.
func TestASignatureThatIsNotHeldReleasesNothing(t *testing.T) {
	onStage(t, "unheld", func(s *stage) {
		s.sign(s.from)
		s.advance(time.Minute)
		s.part(true)
		s.sign(s.to)
		s.advance(2 * time.Hour)
		s.is(s.from, "proposed")
		s.is(s.to, "signed")
		for _, p := range s.parties {
			if _, status := s.export(p); status != http.StatusForbidden {
				t.Fatalf("%s gives out what is not settled: %d", p.code, status)
			}
		}
		s.say(s.from, "abandon", nil, nil)
		s.part(false)
		s.advance(time.Minute)
		for _, p := range s.parties {
			s.is(p, "crossed")
		}
	})
}

// One side has signed the text, and the other walks away at its last clause.
func TestASideWalksAwayAtTheLastClause(t *testing.T) {
	onStage(t, "last-clause", func(s *stage) {
		s.sign(s.from)
		s.advance(time.Minute)
		s.say(s.to, "accept", map[string]any{"terms": s.terms("clause")["terms"], "clause": int64(1)}, nil)
		s.say(s.to, "object", s.terms("clause"), nil)
		s.advance(time.Minute)
		for _, p := range s.parties {
			s.is(p, "contested")
		}
		s.say(s.to, "abandon", nil, nil)
		s.advance(2 * time.Hour)
		for _, p := range s.parties {
			s.is(p, "abandoned")
			if _, status := s.export(p); status != http.StatusForbidden {
				t.Fatalf("%s gives out what was abandoned: %d", p.code, status)
			}
		}
	})
}
