package officertest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"testing"

	"detente/internal/officer"
	"detente/internal/store"
	"detente/note"
)

// Site is where the desk of the tests is served.
var Site = officer.Site{Origin: "http://localhost:8080"}

// Person is an officer with a passkey that is registered.
type Person struct {
	officer.Officer
	*Authenticator
	tb testing.TB
}

// Hire adds an officer to a book, with a passkey.
func Hire(tb testing.TB, b *officer.Book, name string, roles ...officer.Role) *Person {
	tb.Helper()
	o, err := b.Add(tb.Context(), officer.Officer{Name: name, Roles: roles})
	if err == nil {
		err = b.Serve(tb.Context(), Site)
	}
	if err != nil {
		tb.Fatal(err)
	}
	p := &Person{o, New(tb, Site.Origin, Site.RPID(), "EdDSA"), tb}
	pub, err := x509.MarshalPKIXPublicKey(p.Key.Public().(ed25519.PublicKey))
	if err == nil {
		err = b.AddKey(p.Context(), store.Batch{}, officer.Key{COSE: p.COSE(), ID: p.Authenticator.ID, Name: "a key", Officer: o.ID, Public: pub, RPID: Site.RPID()})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// Context is that of the officer's work.
func (p *Person) Context() context.Context { return officer.NewContext(p.tb.Context(), p.Officer) }

// Release signs for a draft by its digest.
func (p *Person) Release(digest note.Digest) officer.Assertion {
	nonce := make([]byte, officer.NonceSize)
	rand.Read(nonce)
	return p.ReleaseBy(digest, nonce)
}

// ReleaseBy is Release with a nonce that was chosen.
func (p *Person) ReleaseBy(digest note.Digest, nonce []byte) officer.Assertion {
	auth, client, sig := p.Sign(officer.Challenge(digest, nonce))
	return officer.Assertion{AuthenticatorData: auth, ClientData: client, Key: p.Authenticator.ID, Nonce: nonce, Signature: sig}
}
