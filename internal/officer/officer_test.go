package officer_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detente/internal/house"
	"detente/internal/officer"
	"detente/internal/officertest"
	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

func book(t testing.TB) (*officer.Book, *house.House) {
	t.Helper()
	s, err := store.OpenMemory(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h := house.New(s, seal.NewBox([32]byte{1}), "", func() time.Time { return time.Date(2024, 1, 22, 3, 0, 0, 0, time.UTC) })
	return officer.NewBook(h), h
}

// TestRules reads the default table, and one of an administrator's, from above.
func TestRules(t *testing.T) {
	own := officer.Rules{{Act: "talk/propose"}, {Act: "talk/*", Precedence: "routine", Persons: 1}, {Act: "*", Persons: 2}}
	for _, c := range []struct {
		rules           officer.Rules
		act, precedence string
		want            int
	}{
		{officer.Default, "message/send", "routine", 1},
		{officer.Default, "message/send", "flash", 2},
		{officer.Default, "undertaking/accept", "routine", 2},
		{officer.Default, "incident/report", "priority", 1},
		{own, "talk/propose", "flash", 0},
		{own, "talk/readout", "routine", 1},
		{own, "talk/readout", "priority", 2},
		{own, "message/send", "routine", 2},
		{nil, "message/send", "routine", officer.MaxPersons},
	} {
		if got := c.rules.Persons(c.act, c.precedence); got != c.want {
			t.Errorf("%s %s by %v: %d, want %d", c.act, c.precedence, c.rules, got, c.want)
		}
	}
	for _, rs := range []officer.Rules{
		nil, {}, {{Act: "talk/*"}}, {{Act: "*", Precedence: "flash"}}, {{Act: "*", Persons: 3}}, {{Act: "*", Persons: -1}}, {{Act: "talk"}, {Act: "*"}}, {{Act: "song/*"}, {Act: "*"}},
		{{Act: "talk/sing"}, {Act: "*"}}, {{Act: "claim/enter"}, {Act: "*"}}, {{Act: "*", Precedence: "now"}, {Act: "*"}}, slices.Repeat(officer.Rules{{Act: "*"}}, 101),
	} {
		if rs.Check() == nil {
			t.Errorf("%v was taken", rs)
		}
	}
	for _, rs := range []officer.Rules{officer.Default, own} {
		if err := rs.Check(); err != nil {
			t.Errorf("%v: %v", rs, err)
		}
	}
}

// TestMay is the table of what each role may.
func TestMay(t *testing.T) {
	for roles, want := range map[string]string{
		"reader": "reader", "drafter": "reader drafter", "releaser": "reader releaser", "administrator": "administrator", "drafter releaser": "reader drafter releaser",
	} {
		var o officer.Officer
		for _, r := range strings.Fields(roles) {
			o.Roles = append(o.Roles, officer.Role(r))
		}
		var got []string
		for _, r := range officer.Roles {
			if o.May(r) {
				got = append(got, string(r))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s may do what %v do, want %s", roles, got, want)
		}
		if o.Ended = true; slices.ContainsFunc(officer.Roles, o.May) {
			t.Errorf("%s, ended, may", roles)
		}
	}
	o := officer.Officer{Roles: []officer.Role{officer.Drafter}}
	if got := o.Only([]officer.Role{officer.Reader, officer.Releaser}).Roles; !slices.Equal(got, []officer.Role{officer.Reader}) {
		t.Errorf("a subset has %v", got)
	}
}

// TestBook adds officers from many hands, and wants a second book to read the
// same, and what is refused to leave nothing.
func TestBook(t *testing.T) {
	b, h := book(t)
	if r, err := b.Roster(); err != nil || r.InForce() || r.Rules() != nil || r.Persons("message/send", "flash") != 0 {
		t.Errorf("before there is an officer: %+v, %v", r, err)
	}
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			if _, err := b.Add(t.Context(), officer.Officer{Name: fmt.Sprint("Officer ", i), Roles: []officer.Role{officer.Reader}}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	p := officertest.Hire(t, b, "P", officer.Releaser, officer.Administrator)
	list, err := h.List()
	if err != nil {
		t.Fatal(err)
	}
	login := func(login string) func(*officer.Officer) { return func(o *officer.Officer) { o.Login = login } }
	if _, err := b.Change(t.Context(), 1, login("a@example.org")); err != nil {
		t.Fatal(err)
	}
	pub, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := x509.MarshalPKIXPublicKey(&pub.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	odd, err := x509.MarshalPKIXPublicKey(&curve.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Roster()
	if err != nil {
		t.Fatal(err)
	}
	good, _ := r.Key(p.Authenticator.ID)
	key := func(change func(*officer.Key)) error {
		k := good
		k.ID = []byte("new")
		change(&k)
		return b.AddKey(t.Context(), store.Batch{}, k)
	}
	if _, err := b.Change(t.Context(), 8, func(o *officer.Officer) { o.Ended = true }); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"no name":         second(b.Add(t.Context(), officer.Officer{Roles: officer.Roles})),
		"two lines":       second(b.Add(t.Context(), officer.Officer{Name: "A\nB", Roles: officer.Roles})),
		"no role":         second(b.Add(t.Context(), officer.Officer{Name: "A"})),
		"a role twice":    second(b.Add(t.Context(), officer.Officer{Name: "A", Roles: []officer.Role{"reader", "reader"}})),
		"no such role":    second(b.Add(t.Context(), officer.Officer{Name: "A", Roles: []officer.Role{"king"}})),
		"another's login": second(b.Change(t.Context(), 2, login("a@example.org"))),
		"no officer":      second(b.Change(t.Context(), 99, login(""))),
		"come back":       second(b.Change(t.Context(), 8, func(o *officer.Officer) { o.Ended = false })),
		"no rules":        b.SetRules(t.Context(), nil),
		"an address":      b.Serve(t.Context(), officer.Site{Origin: "http://127.0.0.1:8080"}),
		"a known key":     b.AddKey(t.Context(), store.Batch{}, good),
		"a weak key":      key(func(k *officer.Key) { k.Public = weak }),
		"an odd key":      key(func(k *officer.Key) { k.Public = odd }),
		"no key":          key(func(k *officer.Key) { k.Public = nil }),
		"nobody's key":    key(func(k *officer.Key) { k.Officer = 99 }),
		"one gone's key":  key(func(k *officer.Key) { k.Officer = 8 }),
		"revoke nothing":  b.Revoke(t.Context(), []byte("none")),
	} {
		if err == nil {
			t.Errorf("%s: not refused", what)
		}
	}
	if err := b.Revoke(t.Context(), good.ID); err != nil {
		t.Fatal(err)
	}
	if b.Revoke(t.Context(), good.ID) == nil {
		t.Error("revoked twice")
	}
	again, err := officer.NewBook(h).Roster()
	if err != nil {
		t.Fatal(err)
	}
	if r, err = b.Roster(); err != nil || !same(t, r, again) || len(r.Officers) != 9 || !r.InForce() || len(r.KeysOf(p.Officer.ID)) != 0 {
		t.Errorf("%+v\n%+v, %v", r, again, err)
	}
	after, err := h.List()
	if err != nil || len(after) != len(list)+3 {
		t.Errorf("%d entries, want %d; %v", len(after), len(list)+3, err)
	}
	if i := slices.IndexFunc(after, func(e house.Entry) bool { return e.Kind == house.Passkey }); after[i].By != p.Officer.ID.String() {
		t.Errorf("whose doing: %q", after[i].By)
	}
}

func second[T any](_ T, err error) error { return err }

func same(t *testing.T, a, b *officer.Roster) bool {
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}

// TestFinal wants every part of a draft to count, and the digest to stay what it
// is: kept releases rest on it.
func TestFinal(t *testing.T) {
	content := note.Sum([]byte("words"))
	id := note.ID{Origin: note.Origin("PAK", note.Sum([]byte("channel")), 1), Index: 3}
	final := func(change func(*officer.Final)) note.Digest {
		f := officer.Final{Act: "message/send", Audience: []string{"IRN", "PAK"}, Authors: []officer.ID{1, 0}, Channel: note.Sum([]byte("channel")), Content: &content, Draft: "abc",
			Fields: map[string]any{"form": "letter", "n": int64(1)}, Matter: &id, Office: "mfa", Precedence: "routine", Version: 2}
		change(&f)
		d, err := f.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	seen := map[note.Digest]string{}
	for name, change := range map[string]func(*officer.Final){
		"as it is": func(*officer.Final) {}, "act": func(f *officer.Final) { f.Act = "message/correct" }, "audience": func(f *officer.Final) { f.Audience = []string{"PAK"} },
		"authors": func(f *officer.Final) { f.Authors = nil }, "channel": func(f *officer.Final) { f.Channel = content }, "content": func(f *officer.Final) { f.Content = nil },
		"draft": func(f *officer.Final) { f.Draft = "abd" }, "fields": func(f *officer.Final) { f.Fields = nil }, "matter": func(f *officer.Final) { f.Matter = nil },
		"office": func(f *officer.Final) { f.Office = "" }, "precedence": func(f *officer.Final) { f.Precedence = "flash" }, "version": func(f *officer.Final) { f.Version = 3 },
	} {
		d := final(change)
		if other, twice := seen[d]; twice {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[d] = name
	}
	const want = "f24b989d16886852131c0a1f9961978246ce6ac441ba36b94978bb6ba0d4d4e3"
	if got := final(func(*officer.Final) {}).String(); got != want {
		t.Errorf("the digest of this draft is %s, and was %s", got, want)
	}
	if got, want := note.Digest(officer.Challenge(content, make([]byte, officer.NonceSize))).String(), "061c0d49930c350be6d9404c82a10ca8f64242cefd519c46a9257d42abb30c5c"; got != want {
		t.Errorf("the challenge is %s, and was %s", got, want)
	}
}

// TestAlgorithms wants a release by each kind of key, and none by another.
func TestAlgorithms(t *testing.T) {
	digest, nonce := note.Sum([]byte("a draft")), make([]byte, officer.NonceSize)
	var keys []officer.Key
	var given []officer.Assertion
	for _, algorithm := range officertest.Algorithms {
		a := officertest.New(t, officertest.Site.Origin, "localhost", algorithm)
		pub, err := x509.MarshalPKIXPublicKey(a.Key.Public())
		if err != nil {
			t.Fatal(err)
		}
		auth, client, sig := a.Sign(officer.Challenge(digest, nonce))
		keys = append(keys, officer.Key{ID: []byte("key"), Public: pub, RPID: "localhost"})
		given = append(given, officer.Assertion{AuthenticatorData: auth, ClientData: client, Key: []byte("key"), Nonce: nonce, Signature: sig})
	}
	for i, k := range keys {
		for j, a := range given {
			if err := a.Check(k, officertest.Site, digest); (err == nil) != (i == j) {
				t.Errorf("a release by %s under a key of %s: %v", officertest.Algorithms[j], officertest.Algorithms[i], err)
			}
		}
	}
}

// TestClientData wants what two readers could read in two ways to be read in none.
func TestClientData(t *testing.T) {
	digest := note.Sum([]byte("a draft"))
	b, _ := book(t)
	p := officertest.Hire(t, b, "R", officer.Releaser)
	r, err := b.Roster()
	if err != nil {
		t.Fatal(err)
	}
	k := r.Keys[0]
	for edit, ok := range map[string]bool{
		`}`: true,
		`,"new_keys_may_be_added_here":{"a":[1]}}`:  true,
		`,"type":"webauthn.get"}`:                   false,
		`,"origin":"https://evil.example"}`:         false,
		`,"topOrigin":"https://evil.example"}`:      false,
		`,"Origin":"https://evil.example"}`:         true, // another name, which no browser reads
		`} {}`:                                      false,
		`,"x":1`:                                    false,
		`,"x":"` + strings.Repeat("x", 9000) + `"}`: false,
	} {
		p.Edit = func(client []byte) []byte { return append(bytes.TrimSuffix(client, []byte("}")), edit...) }
		a := p.Release(digest)
		if err := a.Check(k, officertest.Site, digest); (err == nil) != ok {
			t.Errorf("%.40s: %v", edit, err)
		}
	}
}
