package charter

import (
	"errors"
	"fmt"
	"slices"
)

// AddAmendment takes an amendment that every principal of the amended text and
// of the new one has signed, but for principals that have left. A charter that
// is here already gains the signatures that the new copy carries.
//
// An amendment may change everything except: whether the channel is an
// exercise; the identity key and founding credence of any party it ever named;
// and it cannot drop a principal that has not left (see Closing).
func (c *Channel) AddAmendment(signed []byte) error {
	s, err := ParseCharter(signed)
	if err != nil {
		return err
	}
	if i := c.position(s.Digest); i >= 0 {
		return c.chain[i].Merge(signed)
	}
	what := "amendment " + s.Digest.String()
	switch {
	case s.Charter.Amends == nil:
		return fmt.Errorf("charter %s founds another channel; this is %s; it was refused", s.Digest, c.id)
	case *s.Charter.Channel != c.id:
		return fmt.Errorf("%s belongs to channel %s; this is %s; it was refused", what, s.Charter.Channel, c.id)
	}
	i := c.position(*s.Charter.Amends)
	if i < 0 {
		return &Early{what, "the charter that it amends, " + s.Charter.Amends.String() + ","}
	}
	before := c.chain[i].Charter
	if err := c.mayFollow(before, s.Charter); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	missing, err := c.missing(before, s)
	if err != nil {
		return err
	}
	if len(missing) != 0 {
		return &Unsigned{s.Digest, missing}
	}
	if i != len(c.chain)-1 {
		rival := c.chain[i+1]
		both := slices.DeleteFunc(s.Charter.Principals(), func(p string) bool { return !rival.SignedBy[p] || !s.SignedBy[p] })
		return &Conflict{both, "two amendments of " + s.Charter.Amends.String(), rival.Bytes(), s.Bytes()}
	}
	c.extend(s)
	return nil
}

// mayFollow reports what an amendment changes that none may.
func (c *Channel) mayFollow(before, after Charter) error {
	if before.Exercise != after.Exercise {
		return errors.New("an exercise cannot become real, nor the other way round; found a new channel")
	}
	for _, m := range after.Members {
		first, ok := c.known[m.Party]
		switch {
		case !ok:
		case !m.Identity.Equal(first.Identity):
			return fmt.Errorf("the identity key of %s would change; found a new channel", m.Party)
		case m.Credence != first.Credence:
			return fmt.Errorf("the founding credence of %s would change; its later keys follow from its closings", m.Party)
		}
	}
	return nil
}

// missing returns the principals, before or after, who have yet to sign.
func (c *Channel) missing(before Charter, s *Signed) (list []string, err error) {
	for _, p := range before.Principals() {
		if _, stays := s.Charter.Member(p); !stays && !c.Left(p) {
			return nil, &Early{"amendment " + s.Digest.String(), "a closing by which " + p + ", a principal that it drops, leaves the channel,"}
		}
	}
	for _, m := range s.Charter.Members {
		old, _ := before.Member(m.Party)
		if (m.Role == Principal || old.Role == Principal) && !s.SignedBy[m.Party] && !c.Left(m.Party) {
			list = append(list, m.Party)
		}
	}
	return list, nil
}

// AddAll adds texts in whatever order lets each find what it rests on. It
// returns one result for each text; a text that still is early, or lacks
// signatures, can be added again later.
func (c *Channel) AddAll(signed ...[]byte) []error {
	results := make([]error, len(signed))
	waiting := make([]int, len(signed))
	for i := range waiting {
		waiting[i] = i
	}
	for progress := true; progress && len(waiting) > 0; {
		before := len(waiting)
		waiting = slices.DeleteFunc(waiting, func(i int) bool {
			results[i] = c.Add(signed[i])
			return !mayWait(results[i])
		})
		progress = len(waiting) < before
	}
	return results
}

func mayWait(err error) bool {
	var early *Early
	var unsigned *Unsigned
	return errors.As(err, &early) || errors.As(err, &unsigned)
}
