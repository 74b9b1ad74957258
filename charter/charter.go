package charter

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"detente/feed"
	"detente/internal/jcs"
	"detente/note"
)

// Roles of a member.
const (
	Principal   = "principal"   // speaks, and binds itself
	Facilitator = "facilitator" // sends messages and proposes; never binds
	Observer    = "observer"    // witnesses only
)

// Scopes of an observer.
const (
	ScopeHashes  = "hashes"  // checkpoints and hash tiles
	ScopeHeaders = "headers" // and entries
	ScopeFull    = "full"    // and what is addressed to it
)

// Version is the only version of the charter that there is.
const Version = 1

// Limits of a charter.
const (
	MaxMembers   = note.MaxAudience
	MaxOffices   = 64
	MaxActs      = 128 // in one list
	MaxClocks    = 128
	MaxHolidays  = 400
	MaxLanguages = 16
	MaxRollCalls = 24
	MaxPurpose   = 2000 // bytes
)

// A Charter is the text that founds a channel, or amends the one before it.
type Charter struct {
	Amends     *note.Digest `json:"amends,omitempty"`      // the text amended; absent in the founding text
	Channel    *note.Digest `json:"channel,omitempty"`     // absent in the founding text
	Clocks     []Clock      `json:"clocks,omitempty"`      // sorted by act, one an act
	Exercise   bool         `json:"exercise"`              // never amended
	Languages  []string     `json:"languages"`             // BCP 47
	LocalFirst []string     `json:"local_first,omitempty"` // kinds or acts that go to the local posts first
	Members    []Member     `json:"members"`               // sorted by party
	Name       string       `json:"name"`
	Purpose    string       `json:"purpose"`
	Quota      Quota        `json:"quota"`               // of every feed
	RollCall   []string     `json:"roll_call,omitempty"` // "09:00", UTC, sorted
	Version    int          `json:"version"`
}

// A Quota bounds what one feed may ask of the other nodes.
type Quota struct {
	MaxBytes     uint64 `json:"max_bytes"`   // of payloads on their way
	MaxPending   uint64 `json:"max_pending"` // notes without a receipt
	NotesPerHour uint64 `json:"notes_per_hour"`
}

// A Member is a party of the channel.
type Member struct {
	Credence note.Digest `json:"credence"`           // whose feed key opens epoch 1
	Holidays []string    `json:"holidays,omitempty"` // 2006-01-02, sorted
	Identity feed.Public `json:"identity"`
	Name     string      `json:"name"`
	Offices  []Office    `json:"offices,omitempty"` // sorted by code; an observer has none
	Party    string      `json:"party"`
	Role     string      `json:"role"`
	Scope    string      `json:"scope,omitempty"` // an observer's
	Weekend  []string    `json:"weekend,omitempty"`
	Zone     string      `json:"zone"` // IANA
}

// An Office is a desk that officers speak for. Acts are named like
// "incident/report", all acts of a kind like "incident", all acts "*".
type Office struct {
	AdReferendum bool     `json:"ad_referendum"` // binds subject to confirmation by its capital
	Binds        []string `json:"binds,omitempty"`
	Code         string   `json:"code"`
	Name         string   `json:"name"`
	Says         []string `json:"says,omitempty"`
}

// Text returns the bytes that are signed.
func (c Charter) Text() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("charter: %w", err)
	}
	text, err := encodeText(KindCharter, c)
	if err != nil {
		return nil, fmt.Errorf("charter: %w", err)
	}
	if len(text) > MaxCharter/2 {
		return nil, fmt.Errorf("the charter has %d bytes; the limit is %d", len(text), MaxCharter/2)
	}
	return text, nil
}

// Member returns the named member.
func (c Charter) Member(party string) (Member, bool) { return findMember(c.Members, party) }

// Principals returns the codes of the principals, sorted.
func (c Charter) Principals() (list []string) {
	for _, m := range c.Members {
		if m.Role == Principal {
			list = append(list, m.Party)
		}
	}
	return list
}

func findMember(members []Member, party string) (Member, bool) {
	i := slices.IndexFunc(members, func(m Member) bool { return m.Party == party })
	if i < 0 {
		return Member{}, false
	}
	return members[i], true
}

var (
	actPattern       = regexp.MustCompile(`^[a-z]{2,20}/[a-z-]{2,30}$`)
	actOrKindPattern = regexp.MustCompile(`^[a-z]{2,20}(/[a-z-]{2,30})?$`)
	officePattern    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	langPattern      = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
)

// Validate reports the first rule that the charter breaks by itself. What an
// amendment may change is checked when it is added to a Channel.
func (c Charter) Validate() error {
	if c.Version != Version {
		return fmt.Errorf("version %d is not one this program knows; it knows version %d", c.Version, Version)
	}
	if err := checkName("name", c.Name, MaxName); err != nil {
		return err
	}
	if len(c.Purpose) > MaxPurpose { // before it is split into lines
		return fmt.Errorf("purpose has %d bytes; the limit is %d", len(c.Purpose), MaxPurpose)
	}
	for line := range strings.SplitSeq(c.Purpose, "\n") {
		if err := checkName("purpose, or a line of it,", line, MaxPurpose); err != nil {
			return err
		}
	}
	switch {
	case (c.Amends == nil) != (c.Channel == nil):
		return errors.New("an amendment names both the text it amends and the channel; a founding text names neither")
	case c.Amends != nil && (c.Amends.IsZero() || c.Channel.IsZero()):
		return errors.New("amends, channel: no digest")
	case c.Quota.MaxBytes == 0 || c.Quota.MaxPending == 0 || c.Quota.NotesPerHour == 0:
		return errors.New("quota: want at least 1 of each; nothing could be sent")
	case max(c.Quota.MaxBytes, c.Quota.MaxPending, c.Quota.NotesPerHour) > jcs.MaxInteger:
		return errors.New("quota: a number is beyond 2^53-1")
	}
	if err := c.checkLists(); err != nil {
		return err
	}
	return c.checkMembers()
}

func (c Charter) checkLists() error {
	if len(c.Languages) == 0 || len(c.Languages) > MaxLanguages {
		return fmt.Errorf("%d languages; want 1 to %d", len(c.Languages), MaxLanguages)
	}
	for _, l := range c.Languages {
		if !langPattern.MatchString(l) {
			return fmt.Errorf("languages: %.40q is not a language tag such as en, ur or fa-IR", l)
		}
	}
	if err := unique("languages", c.Languages); err != nil {
		return err
	}
	if err := checkActs("local_first", c.LocalFirst, false); err != nil {
		return err
	}
	if len(c.RollCall) > MaxRollCalls {
		return fmt.Errorf("%d roll calls a day; the limit is %d", len(c.RollCall), MaxRollCalls)
	}
	for _, s := range c.RollCall {
		if t, err := time.Parse("15:04", s); err != nil || t.Format("15:04") != s {
			return fmt.Errorf("roll_call: %.20q is not a time of the form 09:00", s)
		}
	}
	if err := increasing("roll_call", c.RollCall); err != nil {
		return err
	}
	if len(c.Clocks) > MaxClocks {
		return fmt.Errorf("%d clocks; the limit is %d", len(c.Clocks), MaxClocks)
	}
	acts := make([]string, len(c.Clocks))
	for i, k := range c.Clocks {
		if err := k.check(); err != nil {
			return err
		}
		acts[i] = k.Act
	}
	return increasing("clocks", acts)
}

func (c Charter) checkMembers() error {
	if len(c.Members) == 0 || len(c.Members) > MaxMembers {
		return fmt.Errorf("%d members; want 1 to %d", len(c.Members), MaxMembers)
	}
	parties := make([]string, len(c.Members))
	for i, m := range c.Members {
		if err := m.check(); err != nil {
			return fmt.Errorf("member %.12q: %w", m.Party, err)
		}
		for _, other := range c.Members[:i] {
			if sameKey(m.Identity, other.Identity) || m.Credence == other.Credence {
				return fmt.Errorf("members %s and %s have one identity key or credence", other.Party, m.Party)
			}
		}
		parties[i] = m.Party
	}
	if err := increasing("members", parties); err != nil {
		return err
	}
	// One principal is enough: a side may use its ledger before the other joins.
	if len(c.Principals()) == 0 {
		return errors.New("no member is a principal; nobody could bind itself")
	}
	return nil
}
