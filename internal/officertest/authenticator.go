// Package officertest has what tests of officers need: an authenticator in
// software, which makes real attestations and assertions, and can be told to get
// each part of one wrong.
package officertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"testing"
)

// Authenticator is a browser at one origin with an authenticator that holds one
// passkey. Its exported fields may be set to lie.
type Authenticator struct {
	Origin   string
	RPID     string
	Flags    byte   // present and verified, unless a test says otherwise
	Cross    bool   // the page is inside another
	Handle   []byte // the officer's, from the registration
	ID       []byte
	Key      crypto.Signer
	Count    uint32
	Edit     func(clientData []byte) []byte // of what the browser signs; nil: nothing is changed
	tb       testing.TB
	cosePart []byte
}

// Flags of authenticator data.
const (
	Present  = 0x01
	Verified = 0x04
	attested = 0x40
)

// Algorithms are those that passkeys are asked for.
var Algorithms = []string{"ES256", "EdDSA", "RS256"}

// New returns an authenticator at an origin whose keys are of an algorithm.
func New(tb testing.TB, origin, rpid, algorithm string) *Authenticator {
	a := &Authenticator{Origin: origin, RPID: rpid, Flags: Present | Verified, ID: []byte(rand.Text()), tb: tb}
	switch algorithm {
	case "ES256":
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			tb.Fatal(err)
		}
		point, err := k.PublicKey.Bytes()
		if err != nil {
			tb.Fatal(err)
		}
		a.Key, a.cosePart = k, cborMap(1, 2, 3, -7, -1, 1, -2, point[1:33], -3, point[33:])
	case "EdDSA":
		pub, k, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			tb.Fatal(err)
		}
		a.Key, a.cosePart = k, cborMap(1, 1, 3, -8, -1, 6, -2, []byte(pub))
	case "RS256":
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			tb.Fatal(err)
		}
		a.Key, a.cosePart = k, cborMap(1, 3, 3, -257, -1, k.N.Bytes(), -2, big.NewInt(int64(k.E)).Bytes())
	default:
		tb.Fatal("no such algorithm: " + algorithm)
	}
	return a
}

// COSE returns the public key as the authenticator tells it.
func (a *Authenticator) COSE() []byte { return a.cosePart }

// Create answers the options of a registration, which are JSON as the page gets
// them.
func (a *Authenticator) Create(options any) []byte {
	a.tb.Helper()
	o := a.read(options)
	a.Handle = o.User.ID
	auth := a.data(a.Flags|attested, append(append(append(make([]byte, 16), byte(len(a.ID)>>8), byte(len(a.ID))), a.ID...), a.cosePart...))
	client := a.client("webauthn.create", o.Challenge)
	return a.json(map[string]any{
		"clientDataJSON": encode(client), "attestationObject": encode(cborMap("fmt", "none", "attStmt", cborMap(), "authData", auth)), "transports": []string{"internal"},
	})
}

// Get answers the options of a sign-in or a release.
func (a *Authenticator) Get(options any) []byte {
	a.tb.Helper()
	auth, client, sig := a.Sign(a.read(options).Challenge)
	return a.json(map[string]any{"clientDataJSON": encode(client), "authenticatorData": encode(auth), "signature": encode(sig), "userHandle": encode(a.Handle)})
}

// Sign signs a challenge.
func (a *Authenticator) Sign(challenge []byte) (auth, client, sig []byte) {
	a.tb.Helper()
	a.Count++
	auth, client = a.data(a.Flags, nil), a.client("webauthn.get", challenge)
	sum := sha256.Sum256(client)
	signed := append(append([]byte{}, auth...), sum[:]...)
	hash := crypto.SHA256
	if _, ok := a.Key.(ed25519.PrivateKey); ok {
		hash = 0
	} else {
		digest := sha256.Sum256(signed)
		signed = digest[:]
	}
	sig, err := a.Key.Sign(rand.Reader, signed, hash)
	if err != nil {
		a.tb.Fatal(err)
	}
	return auth, client, sig
}

func (a *Authenticator) data(flags byte, rest []byte) []byte {
	domain := sha256.Sum256([]byte(a.RPID))
	return append(binary.BigEndian.AppendUint32(append(domain[:], flags), a.Count), rest...)
}

func (a *Authenticator) client(kind string, challenge []byte) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": encode(challenge), "origin": a.Origin, "crossOrigin": a.Cross})
	if err != nil {
		a.tb.Fatal(err)
	}
	if a.Edit != nil {
		b = a.Edit(b)
	}
	return b
}

func (a *Authenticator) json(response map[string]any) []byte {
	b, err := json.Marshal(map[string]any{"id": encode(a.ID), "rawId": encode(a.ID), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		a.tb.Fatal(err)
	}
	return b
}

type options struct {
	Challenge binary64 `json:"challenge"`
	User      struct {
		ID binary64 `json:"id"`
	} `json:"user"`
}

func (a *Authenticator) read(v any) options {
	a.tb.Helper()
	b, ok := v.([]byte)
	if !ok {
		var err error
		if b, err = json.Marshal(v); err != nil {
			a.tb.Fatal(err)
		}
	}
	var o struct {
		PublicKey options `json:"publicKey"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		a.tb.Fatal(err)
	}
	return o.PublicKey
}

// binary64 is bytes as base64url.
type binary64 []byte

func (b *binary64) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.DecodeString(string(text))
	return err
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// cborMap encodes a map of whole numbers, text and bytes, RFC 8949. A value that
// is CBOR already is given as cbor.
func cborMap(pairs ...any) cbor {
	out := head(5, uint64(len(pairs)/2))
	for _, v := range pairs {
		switch v := v.(type) {
		case int:
			if v < 0 {
				out = append(out, head(1, uint64(-1-v))...)
			} else {
				out = append(out, head(0, uint64(v))...)
			}
		case string:
			out = append(append(out, head(3, uint64(len(v)))...), v...)
		case []byte:
			out = append(append(out, head(2, uint64(len(v)))...), v...)
		case cbor:
			out = append(out, v...)
		}
	}
	return out
}

type cbor []byte

func head(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
	}
	return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
}
