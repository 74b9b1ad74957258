package officer

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"

	"detente/internal/jcs"
	"detente/note"
)

// Final is a draft as its note will say it: what a release is given for. All of
// it can be read again from the note, and from the entry that let it go.
type Final struct {
	Act        string         `json:"act"`
	Audience   []string       `json:"audience"`
	Authors    []ID           `json:"authors"` // who wrote it, the drafter first; empty: the node's own user alone
	Channel    note.Digest    `json:"channel"`
	Content    *note.Digest   `json:"content,omitempty"` // of the plaintext, padded and salted
	Draft      string         `json:"draft"`
	Fields     map[string]any `json:"fields,omitempty"`
	Matter     *note.ID       `json:"matter,omitempty"`
	Office     string         `json:"office"`
	Precedence string         `json:"precedence"`
	Version    uint64         `json:"version"` // of the draft: each edit is another
}

// Digest returns the SHA-256 of the draft's canonical bytes.
func (f Final) Digest() (note.Digest, error) {
	b, err := jcs.Marshal(f)
	if err != nil {
		return note.Digest{}, err
	}
	return note.Sum(append([]byte("detente/draft/v1\n"), b...)), nil
}

// NonceSize is the length of the nonce in a challenge.
const NonceSize = 32

// Challenge returns what a passkey signs to release a draft.
func Challenge(draft note.Digest, nonce []byte) []byte {
	h := sha256.New()
	h.Write([]byte("detente/release/v1\n"))
	h.Write(draft[:])
	h.Write(nonce)
	return h.Sum(nil)
}

// An Assertion is a signature by a passkey as WebAuthn has it, with all that a
// check needs beside the key.
type Assertion struct {
	AuthenticatorData []byte `json:"authenticator_data"`
	ClientData        []byte `json:"client_data"` // JSON, as it was signed
	Key               []byte `json:"key"`         // id of the passkey
	Nonce             []byte `json:"nonce"`
	Signature         []byte `json:"signature"`
}

// Limits of an assertion, in bytes.
const (
	maxAuthenticatorData = 4 << 10
	maxClientData        = 8 << 10
	maxSignature         = 1 << 10
)

// Flags of authenticator data, WebAuthn 6.1.
const (
	flagPresent    = 1 << 0
	flagVerified   = 1 << 2
	flagEligible   = 1 << 3 // can be backed up
	flagBackedUp   = 1 << 4
	flagAttested   = 1 << 6
	flagExtensions = 1 << 7
)

// Check verifies a release: that this key signed the challenge of this draft, at
// this site, with the person present and verified. The steps are those of
// WebAuthn 7.2. The count of signatures is not looked at: synchronised passkeys
// have none.
func (a *Assertion) Check(k Key, site Site, draft note.Digest) error {
	switch {
	case !bytes.Equal(a.Key, k.ID):
		return errors.New("it is by another passkey")
	case len(a.Nonce) != NonceSize:
		return fmt.Errorf("its nonce has %d bytes: want %d", len(a.Nonce), NonceSize)
	}
	if err := checkClientData(a.ClientData, "webauthn.get", Challenge(draft, a.Nonce), site); err != nil {
		return err
	}
	if err := checkAuthenticatorData(a.AuthenticatorData, k.RPID); err != nil {
		return err
	}
	pub, err := k.public()
	if err != nil {
		return err
	}
	client := sha256.Sum256(a.ClientData)
	if len(a.Signature) > maxSignature || !verify(pub, append(bytes.Clone(a.AuthenticatorData), client[:]...), a.Signature) {
		return errors.New("the signature is not that of the passkey over this")
	}
	return nil
}

func checkClientData(b []byte, kind string, challenge []byte, site Site) error {
	c, err := readClientData(b)
	switch {
	case err != nil:
		return fmt.Errorf("its client data cannot be read: %w", err)
	case c.Type != kind:
		return fmt.Errorf("it was made for %.40q: want %s", c.Type, kind)
	case c.Challenge != base64.RawURLEncoding.EncodeToString(challenge):
		return errors.New("its challenge is not that of this draft: it was given for another, or for an older text of it")
	case c.CrossOrigin || c.TopOrigin != "":
		return errors.New("it was made inside a page of another origin")
	case c.Origin != site.Origin:
		return fmt.Errorf("it was made at %.100q, and the desk was served at %q", c.Origin, site.Origin)
	}
	return nil
}

// clientData is what a browser signs, WebAuthn 5.8.1.
type clientData struct {
	Challenge   string
	CrossOrigin bool
	Origin      string
	TopOrigin   string
	Type        string
}

// readClientData reads client data. Names may be added to it, and none may
// stand twice: two readers could each take another.
func readClientData(b []byte) (c clientData, err error) {
	if len(b) > maxClientData {
		return c, fmt.Errorf("it has %d bytes: at most %d", len(b), maxClientData)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return c, errors.New("it is no object")
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return c, err
		}
		name, _ := t.(string)
		if seen[name] {
			return c, fmt.Errorf("%.40q stands in it twice", name)
		}
		seen[name] = true
		into := map[string]any{"challenge": &c.Challenge, "crossOrigin": &c.CrossOrigin, "origin": &c.Origin, "topOrigin": &c.TopOrigin, "type": &c.Type}[name]
		if into == nil {
			into = new(json.RawMessage)
		}
		if err := dec.Decode(into); err != nil {
			return c, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return c, err
	}
	if dec.More() {
		return c, errors.New("more follows after it")
	}
	return c, nil
}

func checkAuthenticatorData(b []byte, rpid string) error {
	const head = 32 + 1 + 4 // hash of the domain, flags, count
	if len(b) < head || len(b) > maxAuthenticatorData {
		return fmt.Errorf("its authenticator data has %d bytes: want from %d to %d", len(b), head, maxAuthenticatorData)
	}
	domain, flags := sha256.Sum256([]byte(rpid)), b[32]
	switch {
	case !bytes.Equal(b[:32], domain[:]):
		return fmt.Errorf("it was made for another domain than %s", rpid)
	case flags&flagPresent == 0:
		return errors.New("nobody was present when it was made")
	case flags&flagVerified == 0:
		return errors.New("the authenticator did not verify who was there: neither a PIN nor a fingerprint was asked for")
	case flags&flagBackedUp != 0 && flags&flagEligible == 0:
		return errors.New("it says that its key is backed up and cannot be")
	case len(b) > head && flags&(flagAttested|flagExtensions) == 0:
		return errors.New("more follows after its authenticator data")
	}
	return nil
}

// public returns the key that signatures are checked by. ES256, EdDSA and RS256
// are what authenticators are asked for.
func (k Key) public() (crypto.PublicKey, error) {
	pub, err := x509.ParsePKIXPublicKey(k.Public)
	if err != nil {
		return nil, fmt.Errorf("its public key cannot be read: %w", err)
	}
	switch pub := pub.(type) {
	case *ecdsa.PublicKey:
		if pub.Curve == elliptic.P256() {
			return pub, nil
		}
	case ed25519.PublicKey:
		return pub, nil
	case *rsa.PublicKey:
		if size := pub.N.BitLen(); size >= 2048 && size <= 8192 {
			return pub, nil
		}
	}
	return nil, errors.New("its public key is none of ES256, EdDSA and RS256")
}

func verify(pub crypto.PublicKey, signed, sig []byte) bool {
	sum := sha256.Sum256(signed)
	switch pub := pub.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(pub, sum[:], sig)
	case ed25519.PublicKey:
		return ed25519.Verify(pub, signed, sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], sig) == nil
	}
	return false
}

// RPID is the domain that passkeys of the site are bound to: its host.
func (s Site) RPID() string {
	u, err := url.Parse(s.Origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Check says why browsers would give no passkey to the site. They do so over
// TLS, or at localhost, and only to a host that has a name.
func (s Site) Check() error {
	u, err := url.Parse(s.Origin)
	switch {
	case err != nil || u.Host == "" || u.Scheme+"://"+u.Host != s.Origin || len(s.Origin) > 300:
		return fmt.Errorf("%.100q is not an origin such as https://desk.example or http://localhost:8080", s.Origin)
	case net.ParseIP(u.Hostname()) != nil:
		return fmt.Errorf("%s: browsers give passkeys to no address, only to a name: use localhost, or the name of the host", s.Origin)
	case u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost"):
		return fmt.Errorf("%s: browsers give passkeys only over TLS, or to http://localhost", s.Origin)
	}
	return nil
}
