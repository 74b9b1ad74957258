// Package seal keeps the words of a note between its audience: age, version 1,
// with the post-quantum hybrid recipients of age v1.3 (mlkem768x25519) and
// nothing else.
//
// # What is written
//
// A sealed payload is an ordinary age file (https://age-encryption.org/v1,
// not armored). Whoever holds the identity of one addressee opens it with the
// stock tool:
//
//	age -d -i identity.txt payload.age
//
// Its header is as plain as a header can be: one mlkem768x25519 stanza per
// addressee, 1,557 bytes each, 1 to MaxRecipients of them, and the MAC. The
// same recipients in any order are one audience; the order of the stanzas is
// that of the recipients' texts and says nothing.
//
// # Kept file keys
//
// Wrapping a file key costs one encapsulation per addressee, a hundred times
// what sealing a note of 2 KB costs. So a Sealer keeps the header and the file
// key of an audience for a while (KeepPayloads payloads or KeepFor, whichever
// ends first) and seals several payloads under them. The age specification
// derives the key of every payload from the file key and a nonce of 16 random
// bytes, "HKDF-SHA-256(ikm = file key, salt = nonce, info = "payload")"; each
// payload gets its own nonce, so no two share a key, and one that is damaged,
// erased or lost does not touch the others. The header, MAC included, is
// written by age itself.
//
// What this costs: whoever learns a file key opens every payload that has
// this header. They all have the same addressees, so no addressee learns more
// than it would have; but one note must never be disclosed to an outsider by
// its file key. Disclose its plaintext: the log commits to that, salt and all.
// A file key is never shared between audiences, never used for attachments,
// and never leaves the process.
//
// # Texts for offices
//
// SealText seals a text to people who hold keys of their own, within a content
// that their whole party can open: the names of a case. It is an armored age
// file under a file key of its own, kept by nobody.
//
// # What is refused
//
// An Opener reads only headers that a Sealer could have written. Any stanza
// of another type (X25519, scrypt, ssh, a plugin's, or grease) is refused
// before any cryptography, as are more than MaxRecipients stanzas and a
// payload beyond the caller's limit. So one Open costs at most MaxRecipients
// decapsulations, and a note can be read later by a quantum computer only if
// the hybrid itself falls.
//
// The header's MAC is keyed by the file key, so a header that gives two
// addressees two different file keys is good for one of them at most.
//
// The package has no clock and no disk of its own. Everything in it is safe
// for concurrent use, but for the streams that it returns.
package seal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
)

const (
	// MaxRecipients is the greatest number of addressees of one payload.
	MaxRecipients = 64

	// KeepPayloads and KeepFor say how long a Sealer keeps a file key.
	KeepPayloads = 64
	KeepFor      = time.Minute

	maxAudiences  = 256   // file keys that a Sealer keeps at one time
	maxHeaders    = 1_024 // file keys that an Opener remembers
	maxKeyLength  = 4_096 // characters of a recipient or identity; a recipient has 1,959
	fileKeySize   = 16
	payloadNonce  = 16
	postQuantum   = "postquantum" // age's label for recipients that may stand together
	privatePrefix = "AGE-SECRET-KEY-PQ-1"
	publicPrefix  = "age1pq1"
)

// NotForUs is the error for a payload whose header is in order, but none of
// whose stanzas opens with the identity at hand.
type NotForUs struct {
	Stanzas int // how many were tried
}

func (e *NotForUs) Error() string {
	return fmt.Sprintf("sealed for others: none of its %d stanzas opens with this node's seal key; keep the bytes, and look for a former seal key if the audience names this party", e.Stanzas)
}

// Damaged is the error for bytes that are not a sealed payload, were changed
// on the way, or are sealed in a way that is not allowed.
type Damaged struct {
	Reason string
}

func (e *Damaged) Error() string {
	return "not a payload that can be opened: " + e.Reason
}

func damaged(format string, args ...any) error {
	return &Damaged{fmt.Sprintf(format, args...)}
}

// An Identity is the private half of a seal key.
type Identity struct {
	age *age.HybridIdentity
}

// GenerateIdentity makes a new seal key.
func GenerateIdentity() (*Identity, error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("make a seal key: %w", err)
	}
	return &Identity{id}, nil
}

// ParseIdentity reads what String wrote. The error never quotes the text.
func ParseIdentity(s string) (*Identity, error) {
	if len(s) > maxKeyLength || !strings.HasPrefix(s, privatePrefix) {
		return nil, errors.New("not a seal key: want " + privatePrefix + "…, as age-keygen -pq writes it")
	}
	id, err := age.ParseHybridIdentity(s)
	if err != nil {
		return nil, errors.New("not a seal key: it begins as one, but its check letters or its length are wrong; it was mistyped or cut")
	}
	return &Identity{id}, nil
}

// String returns the private key, "AGE-SECRET-KEY-PQ-1…".
func (i *Identity) String() string { return i.age.String() }

// Recipient returns the public key, "age1pq1…".
func (i *Identity) Recipient() string { return i.age.Recipient().String() }

// ValidRecipient reports whether s is a public seal key.
func ValidRecipient(s string) error {
	_, err := parseRecipient(s)
	return err
}

func parseRecipient(s string) (*age.HybridRecipient, error) {
	if len(s) > maxKeyLength || !strings.HasPrefix(s, publicPrefix) {
		return nil, fmt.Errorf("%.20q is not a public seal key: want %s…; a key of another type does not resist quantum computers", s, publicPrefix)
	}
	r, err := age.ParseHybridRecipient(s)
	if err != nil {
		return nil, fmt.Errorf("%.20q… is not a public seal key: its check letters or its length are wrong", s)
	}
	return r, nil
}

// audience returns recipients sorted and each once.
func audience(recipients []string) ([]string, error) {
	a := slices.Clone(recipients)
	slices.Sort(a)
	a = slices.Compact(a)
	if len(a) == 0 || len(a) > MaxRecipients {
		return nil, fmt.Errorf("%d recipients; want 1 to %d", len(a), MaxRecipients)
	}
	return a, nil
}

func parseAudience(recipients []string) ([]age.Recipient, error) {
	out := make([]age.Recipient, len(recipients))
	for i, s := range recipients {
		r, err := parseRecipient(s)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}
