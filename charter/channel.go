package charter

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"detente/feed"
	"detente/note"
)

// MaxCredences bounds the credences kept of one party.
const MaxCredences = 1024

// A Channel is the sum of the texts of one channel. It must not be read while
// a text is added; the caller sees to that.
type Channel struct {
	id        note.Digest
	chain     []*Signed // the founding charter, then the amendments in order
	rules     map[note.Digest]*Rules
	known     map[string]Member // every party ever named, as it was named first
	speaks    map[string]bool   // parties that were a principal or facilitator in any charter
	credences map[string][]held[Credence]
	closings  map[string]held[Closing] // by origin
}

// held is a text that was added.
type held[T any] struct {
	value  T
	digest note.Digest
	signed []byte
}

// NewChannel opens the channel that a founding charter describes. The charter
// must be in force.
func NewChannel(founding *Signed) (*Channel, error) {
	switch {
	case founding.Charter.Amends != nil:
		return nil, fmt.Errorf("charter %s is an amendment; a channel begins with its founding text, %s", founding.Digest, founding.Charter.Channel)
	case !founding.InForce():
		return nil, fmt.Errorf("charter %s is not in force: %w", founding.Digest, &Unsigned{founding.Digest, founding.Missing()})
	}
	c := &Channel{
		id:        founding.Digest,
		rules:     make(map[note.Digest]*Rules),
		known:     make(map[string]Member),
		speaks:    make(map[string]bool),
		credences: make(map[string][]held[Credence]),
		closings:  make(map[string]held[Closing]),
	}
	c.extend(founding)
	return c, nil
}

// extend takes a charter that has been checked to the end of the chain.
func (c *Channel) extend(s *Signed) {
	c.chain = append(c.chain, s)
	c.rules[s.Digest] = s.Rules()
	for _, m := range s.Charter.Members {
		if _, ok := c.known[m.Party]; !ok {
			c.known[m.Party] = m
		}
		if m.Role != Observer {
			c.speaks[m.Party] = true
		}
	}
}

// AddCredence takes a credence of a member.
func (c *Channel) AddCredence(signed []byte) error {
	v, err := ParseCredence(signed)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("credence %d of %s", v.Serial, v.Party)
	m, ok := c.known[v.Party]
	if !ok {
		return &Early{what, "a charter that names the party"}
	}
	if !v.Identity.Equal(m.Identity) {
		return fmt.Errorf("%s: its identity key is not the one that the charter states for %s; it was refused: somebody may be posing as the party, compare the fingerprint words by telephone", what, v.Party)
	}
	list := c.credences[v.Party]
	i, taken := slices.BinarySearchFunc(list, v.Serial, func(h held[Credence], n uint64) int { return cmp.Compare(h.value.Serial, n) })
	h := held[Credence]{v, v.Digest(), bytes.Clone(signed)}
	if taken {
		if list[i].digest == h.digest {
			return nil
		}
		return &Conflict{[]string{v.Party}, fmt.Sprintf("two credences with serial %d", v.Serial), list[i].signed, h.signed}
	}
	if len(list) >= MaxCredences {
		return fmt.Errorf("%s: there are %d credences of this party, the limit; it was refused", what, len(list))
	}
	c.credences[v.Party] = slices.Insert(list, i, h)
	return nil
}

// AddClosing takes a closing of a member's feed.
func (c *Channel) AddClosing(signed []byte) error {
	v, err := readClosing(signed)
	if err != nil {
		return err
	}
	if v.Channel != c.id {
		return fmt.Errorf("closing of %s: this is channel %s; it was refused", v.Keeps.Origin, c.id)
	}
	m, ok := c.known[v.Party()]
	if !ok {
		return &Early{"closing of " + v.Keeps.Origin, "a charter that names the party"}
	}
	if err := v.verify(signed, m.Identity); err != nil {
		return err
	}
	text, err := v.Text()
	if err != nil {
		return err
	}
	h := held[Closing]{v, feed.TextDigest(text), bytes.Clone(signed)}
	if old, ok := c.closings[v.Keeps.Origin]; ok {
		if old.digest == h.digest {
			return nil
		}
		return &Conflict{[]string{v.Party()}, "two closings of " + v.Keeps.Origin, old.signed, h.signed}
	}
	c.closings[v.Keeps.Origin] = h
	return nil
}

// Add takes any signed text of the channel.
func (c *Channel) Add(signed []byte) error {
	kind, err := Kind(signed)
	switch {
	case err != nil:
		return err
	case kind == KindCredence:
		return c.AddCredence(signed)
	case kind == KindClosing:
		return c.AddClosing(signed)
	}
	return c.AddAmendment(signed)
}

// A Document is a signed text.
type Document struct {
	Digest note.Digest // of the text
	Kind   string
	Signed []byte
}

// Digests returns those of Documents, in its order.
func (c *Channel) Digests() (list []note.Digest) {
	for _, s := range c.chain {
		list = append(list, s.Digest)
	}
	for _, party := range c.parties() {
		for _, h := range c.credences[party] {
			list = append(list, h.digest)
		}
	}
	for _, origin := range c.closedOrigins() {
		list = append(list, c.closings[origin].digest)
	}
	return list
}

// Documents returns every text of the channel in an order in which Add takes
// them one by one: charters, credences, closings. An amendment that dropped a
// party which had left is the one exception; AddAll takes that too.
func (c *Channel) Documents() (list []Document) {
	for _, s := range c.chain {
		list = append(list, Document{s.Digest, KindCharter, s.Bytes()})
	}
	for _, party := range c.parties() {
		for _, h := range c.credences[party] {
			list = append(list, Document{h.digest, KindCredence, bytes.Clone(h.signed)})
		}
	}
	for _, origin := range c.closedOrigins() {
		h := c.closings[origin]
		list = append(list, Document{h.digest, KindClosing, bytes.Clone(h.signed)})
	}
	return list
}
