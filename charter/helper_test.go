package charter

import (
	"crypto/sha512"
	_ "embed"
	"flag"
	"strings"
	"sync"
	"testing"

	"detente/feed"
	"detente/note"
)

var update = flag.Bool("update", false, "write the test vectors and the fuzz corpora again")

//go:embed testdata/recipient.txt
var recipient string

var testKeys sync.Map

// key returns the deterministic key of that name.
func key(name string) *feed.Key {
	if k, ok := testKeys.Load(name); ok {
		return k.(*feed.Key)
	}
	k, err := feed.NewKey(sha512.Sum512([]byte(name)))
	if err != nil {
		panic(err)
	}
	testKeys.Store(name, k)
	return k
}

func identity(party string) *feed.Key { return key(party + " identity") }

// generation names the keys of a credence, so that serials share or change them.
func credence(party string, serial uint64, generation string) Credence {
	return Credence{
		Addresses: []string{strings.ToLower(party) + ".example:7402", "[2001:db8::1]:7402"},
		Identity:  identity(party).Public(),
		Keys: Keys{
			Feed:    key(party + " feed " + generation).Public(),
			Receipt: key(party + " receipt " + generation).Public(),
			Seal:    strings.TrimSpace(recipient),
			TLS:     note.Sum([]byte(party + " tls " + generation)),
			Witness: key(party + " witness " + generation).Public(),
		},
		Name:   "Ministry of " + party,
		Party:  party,
		Serial: serial,
		Time:   "2024-01-16T08:00:00.000Z",
	}
}

func member(party, role string) Member {
	m := Member{
		Credence: credence(party, 1, "a").Digest(),
		Identity: identity(party).Public(),
		Name:     "State of " + party,
		Party:    party,
		Role:     role,
		Zone:     "Asia/Karachi",
	}
	switch role {
	case Observer:
		m.Scope = ScopeHeaders
	case Facilitator:
		m.Offices = []Office{{Code: "envoy", Name: "Special envoy", Says: []string{"message", "talk/propose"}}}
	default:
		m.Offices = []Office{
			{AdReferendum: true, Binds: []string{"undertaking/accept"}, Code: "embassy", Name: "Embassy", Says: []string{"message"}},
			{Binds: []string{"*"}, Code: "mfa", Name: "Foreign ministry"},
		}
		m.Weekend = []string{"saturday", "sunday"}
		m.Holidays = []string{"2024-02-05"}
	}
	return m
}

// founding is a charter of two principals, a facilitator and an observer.
func founding() Charter {
	return Charter{
		Clocks:     []Clock{{Act: "incident/question", Hours: 48, Name: "answer to a question"}, {Act: "request/make", Days: 5, Name: "answer to a request"}},
		Exercise:   true,
		Languages:  []string{"en", "ur", "fa-IR"},
		LocalFirst: []string{"incident"},
		Members: []Member{member("IRN", Principal), member("OMN", Facilitator),
			member("PAK", Principal), member("UNO", Observer)},
		Name:     "Hotline",
		Purpose:  "De-escalation.\nMutual concerns.",
		Quota:    Quota{MaxBytes: 1 << 30, MaxPending: 5000, NotesPerHour: 3600},
		RollCall: []string{"09:00", "21:00"},
		Version:  Version,
	}
}

func sign(t testing.TB, c Charter, parties ...string) *Signed {
	t.Helper()
	s, err := NewSigned(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parties {
		if err := s.Add(identity(p), p); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func channel(t testing.TB) *Channel {
	t.Helper()
	c, err := NewChannel(sign(t, founding(), "PAK", "IRN"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func signedCredence(t testing.TB, party string, serial uint64, generation string) []byte {
	t.Helper()
	signed, err := credence(party, serial, generation).Sign(identity(party))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func closing(id note.Digest, party string, epoch int, reason string, next Credence) Closing {
	c := Closing{
		Channel: id,
		Keeps:   note.Head{Origin: note.Origin(party, id, epoch), Root: note.Sum([]byte("root")), Size: 41},
		Reason:  reason,
		Time:    "2024-01-20T08:00:00.000Z",
	}
	if reason != Left {
		d := next.Digest()
		c.Next = &d
	}
	return c
}

func signedClosing(t testing.TB, c Closing) []byte {
	t.Helper()
	signed, err := c.Sign(identity(c.Party()))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// amend returns the charter that follows s, changed.
func amend(s *Signed, id note.Digest, change func(*Charter)) Charter {
	c := s.Charter
	c.Members = append([]Member(nil), c.Members...)
	digest := s.Digest
	c.Amends, c.Channel = &digest, &id
	change(&c)
	return c
}

// signRaw signs v as a text of a kind, valid or not.
func signRaw(t testing.TB, kind, party string, v any) []byte {
	t.Helper()
	text, err := encodeText(kind, v)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := identity(party).SignText(SignerName(party), text)
	if err != nil {
		t.Fatal(err)
	}
	return feed.JoinText(text, lines)
}

// wantError fails unless err says what is wanted.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v; want one that says %q", err, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
