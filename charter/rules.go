package charter

import (
	"maps"
	"slices"
	"strings"

	"detente/note"
)

// Rules are one charter as the register needs it: who may do what, and the
// clocks. They say nothing of keys.
type Rules struct {
	Charter    note.Digest // of the text
	Clocks     []Clock
	Exercise   bool
	LocalFirst []string // kinds or acts
	Members    []Member // sorted by party
	Principals []string // sorted
	Quota      Quota
	Roles      map[string]string // by party
}

// Rules returns the charter's rules.
func (s *Signed) Rules() *Rules {
	r := &Rules{
		Charter:    s.Digest,
		Clocks:     s.Charter.Clocks,
		Exercise:   s.Charter.Exercise,
		LocalFirst: s.Charter.LocalFirst,
		Members:    s.Charter.Members,
		Principals: s.Charter.Principals(),
		Quota:      s.Charter.Quota,
		Roles:      make(map[string]string, len(s.Charter.Members)),
	}
	for _, m := range r.Members {
		r.Roles[m.Party] = m.Role
	}
	return r
}

// Parties returns the codes of all members, sorted.
func (r *Rules) Parties() []string { return slices.Sorted(maps.Keys(r.Roles)) }

// Member returns the named member.
func (r *Rules) Member(party string) (Member, bool) { return findMember(r.Members, party) }

// Office returns the named office of a party.
func (r *Rules) Office(party, code string) (Office, bool) {
	m, _ := r.Member(party)
	i := slices.IndexFunc(m.Offices, func(o Office) bool { return o.Code == code })
	if i < 0 {
		return Office{}, false
	}
	return m.Offices[i], true
}

// MayBind reports whether the office binds its party by the act, and whether
// only ad referendum. Only principals bind.
func (r *Rules) MayBind(party, office, act string) (ok, adReferendum bool) {
	if r.Roles[party] != Principal {
		return false, false
	}
	o, found := r.Office(party, office)
	if !found || !covers(o.Binds, act) {
		return false, false
	}
	return true, o.AdReferendum
}

// MaySay reports whether the office may make the act. What an office may bind
// it may say.
func (r *Rules) MaySay(party, office, act string) bool {
	o, found := r.Office(party, office)
	return found && r.Roles[party] != Observer && (covers(o.Says, act) || covers(o.Binds, act))
}

// Clock returns the clock that the act starts.
func (r *Rules) Clock(act string) (Clock, bool) {
	i := slices.IndexFunc(r.Clocks, func(c Clock) bool { return c.Act == act })
	if i < 0 {
		return Clock{}, false
	}
	return r.Clocks[i], true
}

// IsLocalFirst reports whether the act goes to the local posts first.
func (r *Rules) IsLocalFirst(act string) bool { return covers(r.LocalFirst, act) }

// covers reports whether a list of acts, kinds and "*" holds the act.
func covers(list []string, act string) bool {
	kind, _, _ := strings.Cut(act, "/")
	for _, a := range list {
		if a == act || a == kind || a == "*" {
			return true
		}
	}
	return false
}
