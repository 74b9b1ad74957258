package officer_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"detente/internal/house"
	"detente/internal/officer"
	"detente/internal/officertest"
	"detente/note"
)

// trial is an in-house record that says how one draft became a note, and can be
// told to say it wrongly.
type trial struct {
	t                      *testing.T
	book                   *officer.Book
	house                  *house.House
	drafter, first, second *officertest.Person
	note                   officer.Note
	final                  officer.Final
	digest                 note.Digest
}

func newTrial(t *testing.T) *trial {
	b, h := book(t)
	tr := &trial{t: t, book: b, house: h}
	tr.drafter, tr.first, tr.second = officertest.Hire(t, b, "A", officer.Drafter), officertest.Hire(t, b, "R", officer.Releaser), officertest.Hire(t, b, "S", officer.Releaser)
	content := note.Sum([]byte("words"))
	tr.note = officer.Note{ID: note.ID{Origin: note.Origin("PAK", note.Sum([]byte("channel")), 1), Index: 3}, Time: time.Date(2024, 1, 22, 4, 0, 0, 0, time.UTC),
		Final: officer.Final{Act: "message/send", Audience: []string{"IRN", "PAK"}, Channel: note.Sum([]byte("channel")), Content: &content, Fields: map[string]any{"form": "letter"}, Office: "mfa", Precedence: "flash"}}
	tr.final = tr.note.Final
	tr.final.Authors, tr.final.Draft, tr.final.Version = []officer.ID{tr.drafter.Officer.ID}, "abc", 2
	var err error
	if tr.digest, err = tr.final.Digest(); err != nil {
		t.Fatal(err)
	}
	return tr
}

func (tr *trial) enter(ctx context.Context, kind house.Kind, s officer.Step) house.ID {
	tr.t.Helper()
	s.Draft, s.Version = tr.final.Draft, tr.final.Version
	if s.Digest.IsZero() {
		s.Digest = tr.digest
	}
	e, err := tr.house.Append(ctx, kind, s)
	if err != nil {
		tr.t.Fatal(err)
	}
	return e.ID
}

func (tr *trial) ask() {
	tr.enter(tr.drafter.Context(), house.Asked, officer.Step{Authors: tr.final.Authors})
}

func (tr *trial) release(p *officertest.Person) house.ID {
	a := p.Release(tr.digest)
	return tr.enter(p.Context(), house.Release, officer.Step{Assertion: &a})
}

func (tr *trial) letGo(by ...house.ID) house.ID {
	return tr.enter(tr.second.Context(), house.Released, officer.Step{Authors: tr.final.Authors, Releases: by})
}

func (tr *trial) sent(about house.ID) {
	tr.enter(tr.second.Context(), house.Sent, officer.Step{About: about, Note: &tr.note.ID})
}

// usual is the way of a sound release.
func (tr *trial) usual() {
	tr.ask()
	tr.sent(tr.letGo(tr.release(tr.first), tr.release(tr.second)))
}

// check returns what an audit finds, and how many notes it has held.
func (tr *trial) check(size uint64) (found []string, n uint64) {
	tr.t.Helper()
	a := &officer.Audit{Find: func(where, what string) { found = append(found, where+": "+what) }}
	list, err := tr.house.List()
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, e := range list {
		a.Take(e)
	}
	a.Left(tr.note)
	return found, a.End(map[string]uint64{tr.note.ID.Origin: size})
}

// TestAudit tells how a note left, soundly and in each way that is not, and wants
// what is wrong named, and nothing else.
func TestAudit(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lie := func(p *officertest.Person, lie func(*officertest.Authenticator)) *officertest.Person {
		liar := *p.Authenticator
		lie(&liar)
		out := *p
		out.Authenticator = &liar
		return &out
	}
	for name, c := range map[string]struct {
		say  func(*trial)
		want []string // in the order in which it is found; none: it is sound
	}{
		"sound": {(*trial).usual, nil},
		"no entry says which note it became": {func(tr *trial) {
			tr.ask()
			tr.letGo(tr.release(tr.first), tr.release(tr.second))
		}, nil},
		"a rule that wants nobody": {func(tr *trial) {
			must(tr.book.SetRules(t.Context(), officer.Rules{{Act: "*"}}))
			tr.sent(tr.letGo())
		}, nil},
		"a release that was withdrawn, and given again": {func(tr *trial) {
			tr.ask()
			first := tr.release(tr.first)
			tr.enter(tr.first.Context(), house.Withdrawn, officer.Step{About: first})
			tr.sent(tr.letGo(tr.release(tr.second), tr.release(tr.first)))
		}, nil},
		"a key revoked, a role lost, an address changed, all afterwards": {func(tr *trial) {
			tr.usual()
			must(tr.book.Revoke(t.Context(), tr.first.Authenticator.ID))
			_, err := tr.book.Change(t.Context(), tr.second.Officer.ID, func(o *officer.Officer) { o.Ended = true })
			must(err)
			must(tr.book.Serve(t.Context(), officer.Site{Origin: "https://desk.example"}))
		}, nil},
		"written by the node itself": {func(tr *trial) { tr.note.Machine = true }, nil},
		"before there were officers": {func(tr *trial) { tr.note.Time = time.Date(2024, 1, 22, 2, 59, 59, 0, time.UTC) }, nil},

		"nobody released it": {func(*trial) {}, []string{"left without a release: the rules of then wanted 2"}},
		"one for two": {func(tr *trial) {
			tr.ask()
			tr.sent(tr.letGo(tr.release(tr.first)))
		}, []string{"1 released it soundly, and the rules of then wanted 2"}},
		"one twice": {func(tr *trial) {
			tr.ask()
			tr.sent(tr.letGo(tr.release(tr.first), tr.release(tr.first)))
		}, []string{"1 released it soundly"}},
		"the drafter": {func(tr *trial) {
			tr.final.Authors = append(tr.final.Authors, tr.second.Officer.ID)
			tr.digest, _ = tr.final.Digest()
			tr.usual()
		}, []string{"O3, S, wrote the draft", "1 released it soundly"}},
		"another text": {func(tr *trial) {
			tr.usual()
			other := note.Sum([]byte("other words"))
			tr.note.Content = &other
		}, []string{"leaf 3 of " + ownFeed + ": it is not the text of draft abc"}},
		"other authors than were signed for": {func(tr *trial) {
			tr.ask()
			first, second := tr.release(tr.first), tr.release(tr.second)
			tr.final.Authors = nil
			tr.sent(tr.letGo(first, second))
		}, []string{"it is not the text of draft abc"}},
		"another office":   {func(tr *trial) { tr.usual(); tr.note.Office = "embassy" }, []string{"it is not the text"}},
		"another audience": {func(tr *trial) { tr.usual(); tr.note.Audience = []string{"PAK"} }, []string{"it is not the text"}},
		"a release of another draft": {func(tr *trial) {
			tr.ask()
			a := tr.first.Release(note.Sum([]byte("another draft")))
			other := tr.enter(tr.first.Context(), house.Release, officer.Step{Assertion: &a})
			tr.sent(tr.letGo(other, tr.release(tr.second)))
		}, []string{"its challenge is not that of this draft", "1 released it soundly"}},
		"forged": {func(tr *trial) {
			tr.ask()
			a := tr.first.Release(tr.digest)
			a.Signature[7] ^= 1
			forged := tr.enter(tr.first.Context(), house.Release, officer.Step{Assertion: &a})
			tr.sent(tr.letGo(forged, tr.release(tr.second)))
		}, []string{"the signature is not that of the passkey", "1 released it soundly"}},
		"replayed": {func(tr *trial) {
			tr.ask()
			a := tr.first.Release(tr.digest)
			s := officer.Step{Assertion: &a}
			first := tr.enter(tr.first.Context(), house.Release, s)
			tr.enter(tr.first.Context(), house.Withdrawn, officer.Step{About: first})
			tr.sent(tr.letGo(tr.enter(tr.first.Context(), house.Release, s), tr.release(tr.second)))
		}, []string{"its signature was given before"}},
		"withdrawn": {func(tr *trial) {
			tr.ask()
			first, second := tr.release(tr.first), tr.release(tr.second)
			tr.enter(tr.first.Context(), house.Withdrawn, officer.Step{About: first})
			tr.sent(tr.letGo(first, second))
		}, []string{"1 released it soundly, and the rules of then wanted 2 (H12); H9 is no release of it that stood"}},
		"withdrawn by another": {func(tr *trial) {
			tr.ask()
			first := tr.release(tr.first)
			tr.enter(tr.second.Context(), house.Withdrawn, officer.Step{About: first})
			tr.sent(tr.letGo(tr.release(tr.first), tr.release(tr.second)))
		}, []string{"which is no release of draft abc by O3"}},
		"refused meanwhile": {func(tr *trial) {
			tr.ask()
			first, second := tr.release(tr.first), tr.release(tr.second)
			tr.enter(tr.second.Context(), house.Refused, officer.Step{Remark: "No."})
			tr.sent(tr.letGo(first, second))
		}, []string{"0 released it soundly"}},
		"not asked for": {func(tr *trial) { tr.sent(tr.letGo(tr.release(tr.first), tr.release(tr.second))) }, []string{"nobody had asked", "nobody had asked"}},
		"another origin": {func(tr *trial) {
			tr.ask()
			liar := lie(tr.first, func(a *officertest.Authenticator) { a.Origin = "https://evil.example" })
			tr.sent(tr.letGo(tr.release(liar), tr.release(tr.second)))
		}, []string{`it was made at "https://evil.example", and the desk was served at "http://localhost:8080"`, "1 released it soundly"}},
		"another domain": {func(tr *trial) {
			tr.ask()
			liar := lie(tr.first, func(a *officertest.Authenticator) { a.RPID = "evil.example" })
			tr.sent(tr.letGo(tr.release(liar), tr.release(tr.second)))
		}, []string{"another domain", "1 released it soundly"}},
		"not verified": {func(tr *trial) {
			tr.ask()
			liar := lie(tr.first, func(a *officertest.Authenticator) { a.Flags = officertest.Present })
			tr.sent(tr.letGo(tr.release(liar), tr.release(tr.second)))
		}, []string{"did not verify who was there", "1 released it soundly"}},
		"revoked before it was given": {func(tr *trial) {
			must(tr.book.Revoke(t.Context(), tr.first.Authenticator.ID))
			tr.usual()
		}, []string{"by a passkey that was revoked", "1 released it soundly"}},
		"revoked before it left": {func(tr *trial) {
			tr.ask()
			first, second := tr.release(tr.first), tr.release(tr.second)
			must(tr.book.Revoke(t.Context(), tr.first.Authenticator.ID))
			tr.sent(tr.letGo(first, second))
		}, []string{"1 released it soundly, and the rules of then wanted 2 (H12); H9: it is by a passkey that was revoked, by H11"}},
		"no releaser": {func(tr *trial) {
			_, err := tr.book.Change(t.Context(), tr.first.Officer.ID, func(o *officer.Officer) { o.Roles = []officer.Role{officer.Reader} })
			must(err)
			tr.usual()
		}, []string{"O2, R, is not a releaser", "1 released it soundly"}},
		"more releases than sound ones": {func(tr *trial) {
			must(tr.book.SetRules(t.Context(), officer.Rules{{Act: "*", Persons: 1}}))
			tr.ask()
			tr.sent(tr.letGo(tr.release(tr.first), 1))
		}, []string{"by more than its sound releases"}},
		"milder rules afterwards": {func(tr *trial) {
			tr.ask()
			tr.sent(tr.letGo(tr.release(tr.first)))
			must(tr.book.SetRules(t.Context(), officer.Rules{{Act: "*", Persons: 1}}))
		}, []string{"1 released it soundly, and the rules of then wanted 2"}},
		"one draft as two notes": {func(tr *trial) {
			tr.ask()
			let := tr.letGo(tr.release(tr.first), tr.release(tr.second))
			tr.sent(let)
			tr.sent(let)
		}, []string{"is said to have been sent before"}},
		"sent without being let go":     {func(tr *trial) { tr.usual(); tr.enter(t.Context(), house.Sent, officer.Step{About: 1}) }, []string{"it names no note, or no entry"}},
		"a release without a signature": {func(tr *trial) { tr.usual(); tr.enter(tr.first.Context(), house.Release, officer.Step{}) }, []string{"a release without a signature"}},
		"an officer that is none": {func(tr *trial) {
			tr.usual()
			_, err := tr.house.Append(t.Context(), house.Officer, officer.Officer{Name: "X", ID: 9})
			must(err)
		}, []string{"in-house entry H13: handle: want 32 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrial(t)
			c.say(tr)
			found, _ := tr.check(4)
			for i, f := range found {
				if i >= len(c.want) || !strings.Contains(f, c.want[i]) {
					t.Errorf("found %q", f)
				}
			}
			if len(found) != len(c.want) {
				t.Errorf("found %d, want %q", len(found), c.want)
			}
		})
	}
	t.Run("a note that is gone", func(t *testing.T) {
		tr := newTrial(t)
		tr.usual()
		if found, n := tr.check(3); n != 1 || len(found) != 1 || !strings.Contains(found[0], "PAK#3, which is not in the feed") {
			t.Errorf("%d, found %q", n, found)
		}
	})
}

// ownFeed is the feed of the note.
var ownFeed = note.Origin("PAK", note.Sum([]byte("channel")), 1)
