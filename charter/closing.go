package charter

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/feed"
	"detente/internal/jcs"
	"detente/note"
)

// Reasons for a closing.
const (
	Rotation    = "rotation"     // a new feed key, as planned
	Revocation  = "revocation"   // the key is, or may be, in other hands
	JournalLost = "journal-lost" // it is not known what the node has signed
	Forked      = "fork"         // two heads were signed
	Left        = "left"         // the party leaves the channel for good
)

var reasons = []string{Rotation, Revocation, JournalLost, Forked, Left}

// A Closing ends one feed at exactly one head. What its key signed beyond
// that head is not the party's word; the closing names a head and never a
// time, so no clock has to be believed.
type Closing struct {
	Channel note.Digest  `json:"channel"`
	Keeps   note.Head    `json:"keeps"`          // the feed, and the last head that stands
	Next    *note.Digest `json:"next,omitempty"` // the credence whose feed key opens the next epoch; absent: the party leaves
	Reason  string       `json:"reason"`
	Time    string       `json:"time"` // note.TimeLayout; a claim
}

// Party returns the code of the party that closes its feed.
func (c Closing) Party() string { return note.ID{Origin: c.Keeps.Origin}.Party() }

// Text returns the bytes that are signed.
func (c Closing) Text() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("closing: %w", err)
	}
	text, err := encodeText(KindClosing, c)
	if err != nil {
		return nil, fmt.Errorf("closing: %w", err)
	}
	return text, nil
}

// Sign returns the signed closing.
func (c Closing) Sign(identity *feed.Key) ([]byte, error) {
	text, err := c.Text()
	if err != nil {
		return nil, err
	}
	lines, err := identity.SignText(SignerName(c.Party()), text)
	if err != nil {
		return nil, fmt.Errorf("closing of %s: %w", c.Keeps.Origin, err)
	}
	return feed.JoinText(text, lines), nil
}

// ParseClosing reads a signed closing and verifies it with the identity key
// of the party, which the charter states.
func ParseClosing(signed []byte, identity feed.Public) (Closing, error) {
	c, err := readClosing(signed)
	if err != nil {
		return Closing{}, err
	}
	if err := c.verify(signed, identity); err != nil {
		return Closing{}, err
	}
	return c, nil
}

func (c Closing) verify(signed []byte, identity feed.Public) error {
	if _, err := feed.VerifyText(signed, SignerName(c.Party()), identity); err != nil {
		return fmt.Errorf("closing of %s: %w", c.Keeps.Origin, err)
	}
	return nil
}

// readClosing reads a closing and does not verify it.
func readClosing(signed []byte) (Closing, error) {
	if len(signed) > MaxClosing {
		return Closing{}, fmt.Errorf("a closing has %d bytes; the limit is %d", len(signed), MaxClosing)
	}
	text, _, err := feed.SplitText(signed)
	if err != nil {
		return Closing{}, fmt.Errorf("closing: %w", err)
	}
	var c Closing
	if err := decodeText(KindClosing, text, &c); err != nil {
		return Closing{}, fmt.Errorf("closing: %w", err)
	}
	if err := c.Validate(); err != nil {
		return Closing{}, fmt.Errorf("closing: %w", err)
	}
	return c, nil
}

// Validate reports the first rule that the closing breaks.
func (c Closing) Validate() error {
	_, channel, epoch, err := note.ParseOrigin(c.Keeps.Origin)
	if err != nil {
		return err
	}
	switch {
	case c.Channel.IsZero():
		return errors.New("channel: no digest")
	case channel != c.Channel:
		return fmt.Errorf("%s is a feed of another channel than %s", c.Keeps.Origin, c.Channel)
	case c.Keeps.Size > jcs.MaxInteger:
		return fmt.Errorf("size %d is beyond 2^53-1", c.Keeps.Size)
	case (c.Keeps.Size == 0) != (c.Keeps.Root == note.Sum(nil)):
		return fmt.Errorf("size %d does not go with root %s", c.Keeps.Size, c.Keeps.Root)
	case c.Keeps.Root.IsZero():
		return errors.New("root: no digest")
	case !slices.Contains(reasons, c.Reason):
		return fmt.Errorf("reason %.20q is none of %s", c.Reason, strings.Join(reasons, ", "))
	case c.Next == nil && c.Reason != Left:
		return fmt.Errorf("reason %s wants the credence of the next epoch; only a party that leaves names none", c.Reason)
	case c.Next != nil && c.Reason == Left:
		return errors.New("a party that leaves has no next epoch")
	case c.Next != nil && c.Next.IsZero():
		return errors.New("next: no digest")
	case c.Next != nil && epoch == note.MaxEpoch:
		return fmt.Errorf("epoch %d is the last that there can be", epoch)
	}
	return checkTime(c.Time)
}
