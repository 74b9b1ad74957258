package signin

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"detente/internal/officer"
	"detente/internal/store"
	"detente/note"
)

// maxResponse bounds what a browser sends back, in bytes.
const maxResponse = 64 << 10

// A CeremonyError says why what a passkey gave was not taken.
type CeremonyError struct{ Why string }

func (e *CeremonyError) Error() string { return e.Why + "; nothing was done: begin again" }

// refused makes of an error of the library one for people. Its own text says what
// was expected, and what came.
func refused(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) && e.DevInfo != "" {
		return &CeremonyError{fmt.Sprintf("the passkey's answer was not taken: %s: %.300s", e.Details, e.DevInfo)}
	}
	return &CeremonyError{fmt.Sprintf("the passkey's answer was not taken: %.300s", err)}
}

var errOver = &CeremonyError{"nobody asked for this answer, or it came too late, or it was given before"}

// user is an officer as the library wants one.
type user struct {
	officer.Officer
	keys []officer.Key
}

func (u user) WebAuthnID() []byte          { return u.Handle }
func (u user) WebAuthnName() string        { return u.Name }
func (u user) WebAuthnDisplayName() string { return u.Name }

func (u user) WebAuthnCredentials() (out []webauthn.Credential) {
	for _, k := range u.keys {
		c := webauthn.Credential{ID: k.ID, PublicKey: k.COSE, Flags: webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(k.Flags))}
		for _, t := range k.Transports {
			c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
		}
		out = append(out, c)
	}
	return out
}

func (s *Service) user(o officer.Officer) (user, error) {
	r, err := s.book.Roster()
	if err != nil {
		return user{}, err
	}
	return user{o, r.KeysOf(o.ID)}, nil
}

// algorithms are what is asked for; package officer can check each of them.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// BeginRegistration asks for a new passkey of the officer whom a link names.
func (s *Service) BeginRegistration(r *http.Request, link string) (*protocol.CredentialCreation, error) {
	w, _, err := s.served()
	if err != nil {
		return nil, err
	}
	o, err := s.Linked(r, link)
	if err != nil {
		return nil, err
	}
	u, err := s.user(o)
	if err != nil {
		return nil, err
	}
	var have []protocol.CredentialDescriptor
	for _, c := range u.WebAuthnCredentials() {
		have = append(have, c.Descriptor())
	}
	options, data, err := w.BeginRegistration(u, webauthn.WithCredentialParameters(algorithms), webauthn.WithExclusions(have))
	if err != nil {
		return nil, err
	}
	s.known.begin(data.Challenge, ceremony{kind: "register", officer: o.ID, link: hash(kindLink, link)})
	return options, nil
}

// FinishRegistration registers the passkey and signs the officer in. The link is
// then used.
func (s *Service) FinishRegistration(w http.ResponseWriter, r *http.Request, link, called string, response []byte) (officer.Officer, error) {
	rp, site, err := s.served()
	if err != nil {
		return officer.Officer{}, err
	}
	o, err := s.Linked(r, link)
	if err != nil {
		return o, err
	}
	if len(response) > maxResponse {
		return o, errOver
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return o, refused(err)
	}
	challenge := parsed.Response.CollectedClientData.Challenge
	c, ok := s.known.take("register", challenge)
	if !ok || c.officer != o.ID || c.link != hash(kindLink, link) {
		return o, errOver
	}
	made, err := rp.CreateCredential(user{Officer: o}, webauthn.SessionData{Challenge: challenge, RelyingPartyID: site.RPID(), UserID: o.Handle, UserVerification: protocol.VerificationRequired, CredParams: algorithms}, parsed)
	if err != nil {
		return o, refused(err)
	}
	public, err := pkix(made.PublicKey)
	if err != nil {
		return o, refused(err)
	}
	if err := s.book.Serve(r.Context(), site); err != nil {
		return o, err
	}
	k := officer.Key{COSE: made.PublicKey, Flags: byte(made.Flags.ProtocolValue()), ID: made.ID, Name: called, Officer: o.ID, Public: public, RPID: site.RPID()}
	for _, t := range made.Transport {
		k.Transports = append(k.Transports, string(t))
	}
	err = s.book.AddKey(officer.NewContext(r.Context(), o), store.Batch{Take: []note.Digest{c.link}}, k)
	if errors.Is(err, store.ErrTaken) {
		err = &LinkError{}
	}
	if err != nil {
		return o, err
	}
	return o, s.signIn(w, r, o, "passkey")
}

// pkix returns a COSE key as SubjectPublicKeyInfo.
func pkix(cose []byte) ([]byte, error) {
	key, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return nil, err
	}
	var pub crypto.PublicKey
	switch key := key.(type) {
	case webauthncose.EC2PublicKeyData:
		if pub, err = key.ToECDSA(); err != nil {
			return nil, err
		}
	case webauthncose.OKPPublicKeyData:
		pub = ed25519.PublicKey(key.XCoord)
	case webauthncose.RSAPublicKeyData:
		e, err := webauthncose.ParseRSAPublicKeyDataExponent(&key)
		if err != nil {
			return nil, err
		}
		pub = &rsa.PublicKey{N: new(big.Int).SetBytes(key.Modulus), E: e}
	default:
		return nil, fmt.Errorf("its key is of no kind that was asked for")
	}
	return x509.MarshalPKIXPublicKey(pub)
}

// BeginSignIn asks for a passkey, whosever it is.
func (s *Service) BeginSignIn(r *http.Request) (*protocol.CredentialAssertion, error) {
	w, _, err := s.served()
	if err != nil {
		return nil, err
	}
	if err := s.limits.allow("sign-in", r); err != nil {
		return nil, err
	}
	options, data, err := w.BeginDiscoverableLogin()
	if err != nil {
		return nil, err
	}
	s.anyone.begin(data.Challenge, ceremony{kind: "sign-in"})
	return options, nil
}

// FinishSignIn signs an officer in.
func (s *Service) FinishSignIn(w http.ResponseWriter, r *http.Request, response []byte) (o officer.Officer, err error) {
	rp, site, err := s.served()
	if err != nil {
		return o, err
	}
	parsed, err := s.answer(&s.anyone, "sign-in", response, nil)
	if err != nil {
		return o, err
	}
	find := func(_, handle []byte) (webauthn.User, error) {
		roster, err := s.book.Roster()
		if err != nil {
			return nil, err
		}
		for _, o := range roster.Officers {
			if !o.Ended && bytes.Equal(o.Handle, handle) {
				return user{o, roster.KeysOf(o.ID)}, nil
			}
		}
		return nil, errors.New("its passkey is of no officer here")
	}
	data := webauthn.SessionData{Challenge: parsed.Response.CollectedClientData.Challenge, RelyingPartyID: site.RPID(), UserVerification: protocol.VerificationRequired}
	u, _, err := rp.ValidatePasskeyLogin(find, data, parsed)
	if err != nil {
		return o, refused(err)
	}
	o = u.(user).Officer
	return o, s.signIn(w, r, o, "passkey")
}

// answer reads the response of a passkey to a ceremony under way, which is then
// over, and hands out what was kept for it.
func (s *Service) answer(p *pending, kind string, response []byte, c *ceremony) (*protocol.ParsedCredentialAssertionData, error) {
	if len(response) > maxResponse {
		return nil, errOver
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, refused(err)
	}
	kept, ok := p.take(kind, parsed.Response.CollectedClientData.Challenge)
	if !ok {
		return nil, errOver
	}
	if c != nil {
		*c = kept
	}
	return parsed, nil
}

// BeginRelease asks the passkeys of the officer whose work it is to release a
// draft by its digest.
func (s *Service) BeginRelease(ctx context.Context, draft string, digest note.Digest) (*protocol.CredentialAssertion, error) {
	w, site, err := s.served()
	if err != nil {
		return nil, err
	}
	o, ok := officer.FromContext(ctx)
	if !ok {
		return nil, ErrNobody
	}
	if err := officer.Need(ctx, officer.Releaser); err != nil {
		return nil, err
	}
	u, err := s.user(o)
	if err != nil {
		return nil, err
	}
	if len(u.keys) == 0 {
		return nil, &CeremonyError{o.Name + " has no passkey, and a release is signed with one: an administrator gives a link to register it"}
	}
	if err := s.book.Serve(ctx, site); err != nil {
		return nil, err
	}
	nonce := make([]byte, officer.NonceSize)
	rand.Read(nonce)
	options, data, err := w.BeginLogin(u, webauthn.WithChallenge(officer.Challenge(digest, nonce)))
	if err != nil {
		return nil, err
	}
	s.known.begin(data.Challenge, ceremony{kind: "release", officer: o.ID, draft: draft, digest: digest, nonce: nonce})
	return options, nil
}

// FinishRelease checks what the passkey gave, as at a sign-in, and returns the
// assertion for the desk to keep, and the draft and the digest that it is for.
func (s *Service) FinishRelease(ctx context.Context, response []byte) (a officer.Assertion, draft string, digest note.Digest, err error) {
	rp, site, err := s.served()
	if err != nil {
		return a, "", digest, err
	}
	o, ok := officer.FromContext(ctx)
	if !ok {
		return a, "", digest, ErrNobody
	}
	var c ceremony
	parsed, err := s.answer(&s.known, "release", response, &c)
	if err != nil {
		return a, "", digest, err
	}
	if c.officer != o.ID {
		return a, "", digest, errOver
	}
	u, err := s.user(o)
	if err != nil {
		return a, "", digest, err
	}
	data := webauthn.SessionData{Challenge: parsed.Response.CollectedClientData.Challenge, RelyingPartyID: site.RPID(), UserID: o.Handle, UserVerification: protocol.VerificationRequired}
	if _, err := rp.ValidateLogin(u, data, parsed); err != nil {
		return a, "", digest, refused(err)
	}
	raw := parsed.Raw.AssertionResponse
	return officer.Assertion{AuthenticatorData: raw.AuthenticatorData, ClientData: raw.ClientDataJSON, Key: parsed.RawID, Nonce: c.nonce, Signature: raw.Signature}, c.draft, c.digest, nil
}
