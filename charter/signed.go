package charter

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"detente/feed"
	"detente/note"
)

// Signed is a charter with the signatures that it has so far. Every side signs
// the same text; the signatures may be collected apart and merged.
type Signed struct {
	Charter  Charter
	Digest   note.Digest // SHA-256 of Text
	Lines    []byte      // the members' signature lines, in the order of the members
	SignedBy map[string]bool
	Text     []byte

	by map[string][]byte // party to its two lines
}

// NewSigned returns the charter as a draft, without signatures.
func NewSigned(c Charter) (*Signed, error) {
	text, err := c.Text()
	if err != nil {
		return nil, err
	}
	return ParseCharter(text)
}

// ParseCharter reads a charter or amendment with any number of its members'
// signatures, none included, and verifies each with the identity key that the
// text itself states. Signatures under other names are dropped.
func ParseCharter(signed []byte) (*Signed, error) {
	if len(signed) > MaxCharter {
		return nil, fmt.Errorf("a charter has %d bytes; the limit is %d", len(signed), MaxCharter)
	}
	text, lines, err := splitDraft(signed)
	if err != nil {
		return nil, fmt.Errorf("charter: %w", err)
	}
	if len(text) > MaxCharter/2 {
		return nil, fmt.Errorf("the charter has %d bytes; the limit is %d", len(text), MaxCharter/2)
	}
	text = bytes.Clone(text)
	s := &Signed{Text: text, Digest: feed.TextDigest(text), SignedBy: make(map[string]bool), by: make(map[string][]byte)}
	if err := decodeText(KindCharter, text, &s.Charter); err != nil {
		return nil, fmt.Errorf("charter: %w", err)
	}
	if err := s.Charter.Validate(); err != nil {
		return nil, fmt.Errorf("charter: %w", err)
	}
	by := linesByName(lines)
	for _, m := range s.Charter.Members {
		if own := by[SignerName(m.Party)]; own != nil {
			if err := s.add(m, own); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// splitDraft is feed.SplitText, but takes a text without signatures too. A
// text of ours holds no empty line: JSON escapes newlines.
func splitDraft(signed []byte) (text, lines []byte, err error) {
	if bytes.Contains(signed, []byte("\n\n")) {
		return feed.SplitText(signed)
	}
	return signed, nil, nil
}

// linesByName sorts signature lines by signer. Form and signature are for
// feed.VerifyText to judge.
func linesByName(lines []byte) map[string][]byte {
	by := make(map[string][]byte)
	for line := range bytes.Lines(lines) {
		if f := bytes.SplitN(line, []byte{' '}, 3); len(f) == 3 {
			name := string(f[1])
			by[name] = append(by[name], line...)
		}
	}
	return by
}

// add verifies and takes the two lines of a member.
func (s *Signed) add(m Member, own []byte) error {
	if n := bytes.Count(own, []byte{'\n'}); n != 2 {
		return fmt.Errorf("charter: %s has %d signature lines; want 2, one of Ed25519 and one of ML-DSA-44", m.Party, n)
	}
	if _, err := feed.VerifyText(feed.JoinText(s.Text, own), SignerName(m.Party), m.Identity); err != nil {
		return fmt.Errorf("charter: signature of %s: %w", m.Party, err)
	}
	if s.SignedBy[m.Party] {
		return nil
	}
	s.by[m.Party], s.SignedBy[m.Party] = own, true
	s.Lines = nil
	for _, m := range s.Charter.Members {
		s.Lines = append(s.Lines, s.by[m.Party]...)
	}
	return nil
}

// Bytes returns the text with its signatures: the same bytes for the same
// signatures, in whatever order they came.
func (s *Signed) Bytes() []byte {
	if len(s.Lines) == 0 {
		return bytes.Clone(s.Text)
	}
	return feed.JoinText(s.Text, s.Lines)
}

// Missing returns the principals that have not signed.
func (s *Signed) Missing() []string {
	return slices.DeleteFunc(s.Charter.Principals(), func(p string) bool { return s.SignedBy[p] })
}

// InForce reports whether every principal that the text names has signed it.
// An amendment needs the principals of the amended text besides, which its
// Channel checks.
func (s *Signed) InForce() bool { return len(s.Missing()) == 0 }

// Merge adds the signatures that another copy of the same text carries.
func (s *Signed) Merge(signed []byte) error {
	other, err := ParseCharter(signed)
	if err != nil {
		return err
	}
	if other.Digest != s.Digest {
		return fmt.Errorf("these are signatures of another text (%s, this is %s); nothing was merged: compare the two texts, every side must sign the identical bytes",
			other.Digest, s.Digest)
	}
	for _, m := range s.Charter.Members {
		if own := other.by[m.Party]; own != nil {
			if err := s.add(m, own); err != nil {
				return err
			}
		}
	}
	return nil
}

// Add signs the text for a member.
func (s *Signed) Add(identity *feed.Key, party string) error {
	m, ok := s.Charter.Member(party)
	if !ok {
		return fmt.Errorf("%s is not a member of this charter (members: %s); nothing was signed", party, strings.Join(s.Rules().Parties(), ", "))
	}
	if !identity.Public().Equal(m.Identity) {
		return fmt.Errorf("the key given is not the identity key that the charter states for %s; nothing was signed", party)
	}
	own, err := identity.SignText(SignerName(party), s.Text)
	if err != nil {
		return fmt.Errorf("charter: %w", err)
	}
	return s.add(m, own)
}
