package scenario

import (
	"fmt"
	"slices"
	"sync"

	"detente/charter"
	"detente/feed"
	"detente/note"
)

// Quota is what the charters of scenarios allow one feed.
var Quota = charter.Quota{MaxBytes: 1 << 30, MaxPending: 20_000, NotesPerHour: 1_000_000}

// Charter returns the founding text of a channel. keys returns the digest of a
// party's founding credence and its identity key.
func (s *Scenario) Charter(channel string, keys func(party string) (note.Digest, feed.Public, error)) (charter.Charter, error) {
	c, ok := s.Channel(channel)
	if !ok {
		return charter.Charter{}, fmt.Errorf("scenario: there is no channel %q", channel)
	}
	out := charter.Charter{
		Clocks: c.Clocks, Exercise: c.Exercise, Languages: c.Languages, LocalFirst: c.LocalFirst,
		Name: c.Name, Purpose: c.Purpose, Quota: Quota, RollCall: c.RollCall, Version: charter.Version,
	}
	for _, m := range c.Members {
		p, ok := s.Party(m.Party)
		if !ok {
			return charter.Charter{}, fmt.Errorf("scenario: channel %s: there is no party %q", channel, m.Party)
		}
		credence, identity, err := keys(m.Party)
		if err != nil {
			return charter.Charter{}, fmt.Errorf("scenario: channel %s: the keys of %s: %w", channel, m.Party, err)
		}
		member := charter.Member{Credence: credence, Holidays: p.Holidays, Identity: identity, Name: p.Name, Party: m.Party, Role: m.Role, Scope: m.Scope, Weekend: p.Weekend, Zone: p.Zone}
		if m.Role != charter.Observer {
			member.Offices = slices.Clone(p.Offices)
			if m.Role != charter.Principal { // "a facilitator never binds"
				for i := range member.Offices {
					o := &member.Offices[i]
					o.Says = sorted(slices.Concat(o.Says, o.Binds))
					o.Says = slices.Compact(o.Says)
					o.Binds, o.AdReferendum = nil, false
				}
			}
		}
		out.Members = append(out.Members, member)
	}
	return out, nil
}

// rules returns what the charter says of who may do what.
func rules(c charter.Charter) *charter.Rules {
	r := &charter.Rules{Clocks: c.Clocks, Exercise: c.Exercise, LocalFirst: c.LocalFirst, Members: c.Members, Principals: c.Principals(), Quota: c.Quota, Roles: map[string]string{}}
	for _, m := range c.Members {
		r.Roles[m.Party] = m.Role
	}
	return r
}

// placeholders returns keys that stand in for those that come into being when
// the scenario is played, so that a charter can be checked before.
func (s *Scenario) placeholders(party string) (note.Digest, feed.Public, error) {
	i := slices.IndexFunc(s.Parties, func(p Party) bool { return p.Code == party })
	if i < 0 || i >= len(placeholder) {
		return note.Digest{}, feed.Public{}, fmt.Errorf("there is no party %q", party)
	}
	p := &placeholder[i]
	p.once.Do(func() {
		p.digest = note.Sum(fmt.Appendf(nil, "scenario placeholder %d", i))
		var seed [64]byte
		copy(seed[:32], p.digest[:])
		copy(seed[32:], p.digest[:])
		key, err := feed.NewKey(seed)
		if err != nil {
			p.err = err
			return
		}
		p.key = key.Public()
	})
	return p.digest, p.key, p.err
}

// placeholder is kept: making a pair of keys costs more than reading a file.
var placeholder [MaxParties]struct {
	once   sync.Once
	digest note.Digest
	key    feed.Public
	err    error
}
