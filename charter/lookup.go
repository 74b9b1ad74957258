package charter

import (
	"fmt"
	"maps"
	"slices"

	"detente/feed"
	"detente/note"
)

// ID returns the digest of the founding text.
func (c *Channel) ID() note.Digest { return c.id }

// Exercise reports whether the channel is an exercise.
func (c *Channel) Exercise() bool { return c.chain[0].Charter.Exercise }

// Current returns the charter in force: the last of the chain.
func (c *Channel) Current() *Signed { return c.chain[len(c.chain)-1] }

// Members returns the members by the charter in force.
func (c *Channel) Members() []Member { return slices.Clone(c.Current().Charter.Members) }

// Member returns a member by the charter in force.
func (c *Channel) Member(party string) (Member, bool) { return c.Current().Charter.Member(party) }

// Role returns a party's role by the charter in force, or "".
func (c *Channel) Role(party string) string {
	m, _ := c.Member(party)
	return m.Role
}

// Principals returns the principals by the charter in force, sorted. One that
// has left stays among them until an amendment drops it.
func (c *Channel) Principals() []string { return c.Current().Charter.Principals() }

// Rules returns the rules of the charter or amendment with that digest.
func (c *Channel) Rules(charter note.Digest) (*Rules, bool) {
	r, ok := c.rules[charter]
	return r, ok
}

// Later reports whether charter a came after charter b in the chain.
func (c *Channel) Later(a, b note.Digest) bool {
	j := c.position(b)
	return j >= 0 && c.position(a) > j
}

func (c *Channel) position(charter note.Digest) int {
	return slices.IndexFunc(c.chain, func(s *Signed) bool { return s.Digest == charter })
}

// Credence returns the party's newest credence: its addresses and keys.
func (c *Channel) Credence(party string) (Credence, bool) {
	list := c.credences[party]
	if len(list) == 0 {
		return Credence{}, false
	}
	return list[len(list)-1].value, true
}

func (c *Channel) credence(party string, digest note.Digest) (Credence, bool) {
	i := slices.IndexFunc(c.credences[party], func(h held[Credence]) bool { return h.digest == digest })
	if i < 0 {
		return Credence{}, false
	}
	return c.credences[party][i].value, true
}

// FeedKey returns the key that signs the checkpoints of a feed.
func (c *Channel) FeedKey(origin string) (feed.Public, error) {
	party, channel, epoch, err := note.ParseOrigin(origin)
	if err != nil {
		return feed.Public{}, err
	}
	what := "the key of " + origin
	m, ok := c.known[party]
	switch {
	case channel != c.id:
		return feed.Public{}, fmt.Errorf("%s is a feed of another channel; this is %s", origin, c.id)
	case !ok:
		return feed.Public{}, &Early{what, "a charter that names the party"}
	case !c.speaks[party]:
		return feed.Public{}, fmt.Errorf("%s witnesses only; it has no feed", party)
	}
	digest := m.Credence
	var before Credence // of the epoch before, where its key was revoked
	for e := 1; e < epoch; e++ {
		closed, ok := c.closings[note.Origin(party, c.id, e)]
		if !ok {
			return feed.Public{}, &Early{what, "the closing of " + note.Origin(party, c.id, e)}
		}
		if closed.value.Next == nil {
			return feed.Public{}, fmt.Errorf("%s left the channel with epoch %d; there is no epoch %d", party, e, epoch)
		}
		if before = (Credence{}); closed.value.Reason == Revocation {
			before, _ = c.credence(party, digest)
		}
		digest = *closed.value.Next
	}
	v, ok := c.credence(party, digest)
	if !ok {
		return feed.Public{}, &Early{what, "the credence of " + party + " with the digest " + digest.String()}
	}
	if before.Serial != 0 && sameKey(before.Keys.Feed, v.Keys.Feed) {
		return feed.Public{}, fmt.Errorf("%s closed epoch %d because its key is revoked, and names the same key for epoch %d; nothing that it signs there is accepted", party, epoch-1, epoch)
	}
	return v.Keys.Feed, nil
}

// ReceiptKeys returns the keys with which a party gives and gave receipts, the
// newest first: an old receipt is not undone by a new key.
func (c *Channel) ReceiptKeys(party string) []feed.Public {
	return c.keys(party, func(k Keys) feed.Public { return k.Receipt })
}

// WitnessKeys is ReceiptKeys for witness cosignatures.
func (c *Channel) WitnessKeys(party string) []feed.Public {
	return c.keys(party, func(k Keys) feed.Public { return k.Witness })
}

func (c *Channel) keys(party string, of func(Keys) feed.Public) (list []feed.Public) {
	for _, h := range slices.Backward(c.credences[party]) {
		k := of(h.value.Keys)
		if !slices.ContainsFunc(list, k.Equal) {
			list = append(list, k)
		}
	}
	return list
}

// SealKey returns the recipient to seal to for a party, from its newest
// credence. It is an error if that one is revoked, or the party has left: what
// is sealed then would be open to whoever has the key.
func (c *Channel) SealKey(party string) (string, error) {
	what := "sealing to " + party
	v, ok := c.Credence(party)
	switch {
	case !ok:
		return "", &Early{what, "a credence of the party"}
	case c.Left(party):
		return "", fmt.Errorf("%s has left the channel; nothing is sealed to it any more", party)
	case c.revoked(v):
		return "", &Early{what, "the credence that replaces the revoked one"}
	}
	return v.Keys.Seal, nil
}

// TLSKeys returns the keys that a party may show on the line: that of its
// newest credence, and that of the one before it, so that the line stays up
// while the newest is handed over; no revoked one.
func (c *Channel) TLSKeys(party string) (list []note.Digest) {
	all := c.credences[party]
	for _, h := range slices.Backward(all[max(0, len(all)-2):]) {
		if !c.revoked(h.value) && !slices.Contains(list, h.value.Keys.TLS) {
			list = append(list, h.value.Keys.TLS)
		}
	}
	return list
}

// revoked reports whether a closing has taken the keys of the credence back:
// its feed key is that of the feed which was closed so, or its serial is below
// the one that the closing names. Where neither can be told yet, it has.
func (c *Channel) revoked(v Credence) bool {
	for origin, h := range c.closings {
		if h.value.Reason != Revocation || h.value.Party() != v.Party {
			continue
		}
		next, found := c.credence(v.Party, *h.value.Next)
		if found && v.Serial < next.Serial {
			return true
		}
		key, err := c.FeedKey(origin)
		if err == nil && sameKey(key, v.Keys.Feed) || err != nil && !found {
			return true
		}
	}
	return false
}

// Epoch returns the origin of the feed that the party writes now, or "" if it
// has none: it is no party of the channel, only ever witnessed, or has left.
func (c *Channel) Epoch(party string) string {
	if !c.speaks[party] {
		return ""
	}
	for e := 1; ; e++ {
		origin := note.Origin(party, c.id, e)
		h, closed := c.closings[origin]
		switch {
		case !closed:
			return origin
		case h.value.Next == nil:
			return ""
		}
	}
}

// Closed returns the last head that stands of a feed that was closed.
func (c *Channel) Closed(origin string) (note.Head, bool) {
	h, ok := c.closings[origin]
	return h.value.Keeps, ok
}

// Closing returns the closing of a feed.
func (c *Channel) Closing(origin string) (Closing, bool) {
	h, ok := c.closings[origin]
	return h.value, ok
}

// Left reports whether the party has left the channel.
func (c *Channel) Left(party string) bool {
	for _, h := range c.closings {
		if h.value.Reason == Left && h.value.Party() == party {
			return true
		}
	}
	return false
}

// parties returns every party ever named, sorted.
func (c *Channel) parties() []string { return slices.Sorted(maps.Keys(c.known)) }

func (c *Channel) closedOrigins() []string { return slices.Sorted(maps.Keys(c.closings)) }
