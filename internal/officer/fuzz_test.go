package officer_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"testing"

	"detente/internal/house"
	"detente/internal/officer"
	"detente/internal/officertest"
	"detente/note"
)

// FuzzAssertion reads kept assertions. What is taken is what the passkey signed,
// to the byte.
func FuzzAssertion(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	p := officertest.New(f, officertest.Site.Origin, officertest.Site.RPID(), "EdDSA")
	p.Key = key
	pub, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		f.Fatal(err)
	}
	k := officer.Key{ID: []byte("key"), Public: pub, RPID: officertest.Site.RPID()}
	digest, nonce := note.Sum([]byte("a draft")), make([]byte, officer.NonceSize)
	signedAuth, signedClient, sig := p.Sign(officer.Challenge(digest, nonce))
	check := func(auth, client, sig []byte) error {
		a := officer.Assertion{AuthenticatorData: auth, ClientData: client, Key: k.ID, Nonce: nonce, Signature: sig}
		return a.Check(k, officertest.Site, digest)
	}
	if err := check(signedAuth, signedClient, sig); err != nil {
		f.Fatal(err)
	}
	f.Add(signedAuth, signedClient, sig)
	f.Fuzz(func(t *testing.T, auth, client, sig []byte) {
		if check(auth, client, sig) == nil && (!bytes.Equal(auth, signedAuth) || !bytes.Equal(client, signedClient)) {
			t.Errorf("%q, %q, %q was taken", auth, client, sig)
		}
	})
}

// FuzzEntries folds whatever bodies entries may have.
func FuzzEntries(f *testing.F) {
	p, r, digest := released(f)
	for _, v := range []any{p.Officer, r.Keys[0], r.Site, officer.Default, officer.Revocation{ID: r.Keys[0].ID}, officer.Step{Draft: "abc", Digest: digest}} {
		b, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []house.Kind{house.Officer, house.Passkey, house.Revoked, house.Rules, house.Served} {
			next, err := r.Apply(house.Entry{Body: body, Kind: kind})
			if err == nil && (len(next.Officers) < len(r.Officers) || len(next.Keys) < len(r.Keys) || next.Rules().Check() != nil && next.InForce()) {
				t.Errorf("%s %q made %+v", kind, body, next)
			}
		}
	})
}

func released(tb testing.TB) (*officertest.Person, *officer.Roster, note.Digest) {
	b, _ := book(tb)
	p := officertest.Hire(tb, b, "R", officer.Releaser)
	r, err := b.Roster()
	if err != nil {
		tb.Fatal(err)
	}
	return p, r, note.Sum([]byte("a draft"))
}
