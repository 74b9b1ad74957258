package charter

import (
	"errors"
	"fmt"

	"detente/feed"
	"detente/internal/jcs"
	"detente/note"
	"detente/seal"
)

// Limits of a credence.
const (
	MaxAddresses = 16
	MaxName      = 200 // bytes, of any name for people
)

// Keys are the public keys of a party's node.
type Keys struct {
	Feed    feed.Public `json:"feed"`    // signs the checkpoints of its feeds
	Receipt feed.Public `json:"receipt"` // says "I durably hold leaves 0..n"
	Seal    string      `json:"seal"`    // age recipient, age1pq1…
	TLS     note.Digest `json:"tls"`     // SHA-256 of the SubjectPublicKeyInfo of its certificate
	Witness feed.Public `json:"witness"` // says "append-only as I saw it"
}

// A Credence is a party's public keys and addresses, under its identity key.
type Credence struct {
	Addresses []string    `json:"addresses,omitempty"` // HOST:PORT; none: reached by pouch files only
	Identity  feed.Public `json:"identity"`
	Keys      Keys        `json:"keys"`
	Name      string      `json:"name"`
	Party     string      `json:"party"`
	Serial    uint64      `json:"serial"` // from 1; the greatest holds
	Time      string      `json:"time"`   // note.TimeLayout; a claim
}

// Text returns the bytes that are signed.
func (c Credence) Text() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("credence: %w", err)
	}
	text, err := encodeText(KindCredence, c)
	if err != nil {
		return nil, fmt.Errorf("credence: %w", err)
	}
	return text, nil
}

// Digest returns the SHA-256 of the text, by which charters and closings name
// a credence; of what is no valid credence, the zero digest.
func (c Credence) Digest() note.Digest {
	text, err := c.Text()
	if err != nil {
		return note.Digest{}
	}
	return feed.TextDigest(text)
}

// Sign returns the signed credence. The key must be the identity that the
// credence states.
func (c Credence) Sign(identity *feed.Key) ([]byte, error) {
	text, err := c.Text()
	if err != nil {
		return nil, err
	}
	if !identity.Public().Equal(c.Identity) {
		return nil, fmt.Errorf("credence of %s: the key given is not the identity key that the credence states; nothing was signed", c.Party)
	}
	lines, err := identity.SignText(SignerName(c.Party), text)
	if err != nil {
		return nil, fmt.Errorf("credence of %s: %w", c.Party, err)
	}
	return feed.JoinText(text, lines), nil
}

// ParseCredence reads a signed credence and verifies it with the identity key
// that it states. Whether that key is the party's is for people to say, who
// compare the words of the fingerprint, and then for the charter.
func ParseCredence(signed []byte) (Credence, error) {
	if len(signed) > MaxCredence {
		return Credence{}, fmt.Errorf("a credence has %d bytes; the limit is %d", len(signed), MaxCredence)
	}
	text, _, err := feed.SplitText(signed)
	if err != nil {
		return Credence{}, fmt.Errorf("credence: %w", err)
	}
	var c Credence
	if err := decodeText(KindCredence, text, &c); err != nil {
		return Credence{}, fmt.Errorf("credence: %w", err)
	}
	if err := c.Validate(); err != nil {
		return Credence{}, fmt.Errorf("credence: %w", err)
	}
	if _, err := feed.VerifyText(signed, SignerName(c.Party), c.Identity); err != nil {
		return Credence{}, fmt.Errorf("credence of %s: %w", c.Party, err)
	}
	return c, nil
}

// Validate reports the first rule that the credence breaks.
func (c Credence) Validate() error {
	if err := note.CheckParty(c.Party); err != nil {
		return err
	}
	if err := checkName("name", c.Name, MaxName); err != nil {
		return err
	}
	if c.Serial == 0 || c.Serial > jcs.MaxInteger {
		return fmt.Errorf("serial %d: want a number from 1 to 2^53-1", c.Serial)
	}
	if err := checkTime(c.Time); err != nil {
		return err
	}
	if len(c.Addresses) > MaxAddresses {
		return fmt.Errorf("%d addresses; the limit is %d", len(c.Addresses), MaxAddresses)
	}
	for _, a := range c.Addresses {
		if err := checkAddress(a); err != nil {
			return err
		}
	}
	if err := unique("addresses", c.Addresses); err != nil {
		return err
	}
	return c.checkKeys()
}

// checkKeys wants four different signing keys. C2SP tlog-cosignature: an
// Ed25519 cosignature does not bind the cosigner's name, so a key used under
// two names would let one statement pass for another.
func (c Credence) checkKeys() error {
	signing := []struct {
		name string
		key  feed.Public
	}{{"identity", c.Identity}, {"feed", c.Keys.Feed}, {"receipt", c.Keys.Receipt}, {"witness", c.Keys.Witness}}
	for i, k := range signing {
		if err := k.key.Validate(); err != nil {
			return fmt.Errorf("%s key: %w", k.name, err)
		}
		for _, other := range signing[:i] {
			if sameKey(k.key, other.key) {
				return fmt.Errorf("the %s key and the %s key are the same; every role has a key of its own", other.name, k.name)
			}
		}
	}
	if err := seal.ValidRecipient(c.Keys.Seal); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if c.Keys.TLS.IsZero() {
		return errors.New("tls: no digest")
	}
	return nil
}

// Fingerprint names the party and its identity key. It stays the same when
// the node's keys change. People compare its words: Words(d, 16).
func (c Credence) Fingerprint() note.Digest { return Fingerprint(c.Party, c.Identity) }

// Fingerprint returns SHA-256("detente/fingerprint/v1" LF party LF
// identity.Digest()).
func Fingerprint(party string, identity feed.Public) note.Digest {
	d := identity.Digest()
	return note.Sum(append([]byte("detente/fingerprint/v1\n"+party+"\n"), d[:]...))
}
