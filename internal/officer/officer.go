// Package officer keeps who works at a node and what each may do: officers,
// their roles, their passkeys, and the rules by which a draft must be released
// by others before it may leave.
//
// All of it is entries in the in-house record (package house), append-only and
// chained like everything there: an officer added or changed, a passkey added
// or revoked, new rules, the address that the desk is served at, and what
// happened to a draft on its way out. A [Roster] is what the entries of
// officers come to, a [Trail] what those of one draft do; a [Book] folds both
// and makes new ones. Sessions, tokens and links are no entries: they are
// package signin's, beside this one.
//
// # Roles
//
// A releaser lets drafts leave, a drafter writes them, a reader reads. Whoever
// releases or drafts reads too; a releaser drafts only if a drafter as well. An
// administrator manages officers and the node, and does neither read, draft nor
// release by that. Who works on the node's own socket is no officer but the
// node's own user: there is one socket, and it is the operator's.
//
// # Release
//
// As soon as there is an officer, [Rules] say by act and precedence how many
// persons must release a draft besides those who wrote it: 0, 1 or 2. Each
// does so with a passkey. What is signed is the WebAuthn challenge
//
//	SHA-256("detente/release/v1\n" || digest of the draft || nonce)
//
// where the nonce is 32 random bytes of the node's, and the digest is that of
// [Final]: the draft as its note will say it, to the digest of its salted words,
// with its name, its version, and who wrote it. So the kept [Assertion] can be
// held against the note itself years later, also once its words are erased, by
// whoever reads the in-house record: [Check]. It needs no more than the standard
// library's signatures.
//
// What it does not show: that the page which asked for the signature showed the
// words. An authenticator displays no text.
package officer

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detente/internal/house"
)

// Role is what an officer may do.
type Role string

const (
	Reader        Role = "reader"
	Drafter       Role = "drafter"
	Releaser      Role = "releaser"
	Administrator Role = "administrator"
)

// Roles lists the roles, the least first.
var Roles = []Role{Reader, Drafter, Releaser, Administrator}

// ID names an officer: O1, O2 and on, in the order in which they were added. 0
// is the node's own user.
type ID uint64

func (id ID) String() string {
	if id == 0 {
		return "node"
	}
	return "O" + strconv.FormatUint(uint64(id), 10)
}

func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}

// ParseID reads the name of an officer.
func ParseID(s string) (ID, error) {
	if s == "node" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(s, "O")
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || n == 0 || digits[0] == '0' {
		return 0, fmt.Errorf("%.40q is not the name of an officer: want such as O3", s)
	}
	return ID(n), nil
}

// An Officer is a person at the node.
type Officer struct {
	Calendar string `json:"calendar,omitempty"` // solar: Solar Hijri beside the Gregorian dates
	Ended    bool   `json:"ended,omitempty"`    // works here no more, and may do nothing
	Handle   []byte `json:"handle,omitempty"`   // by which passkeys name the officer: random, and says nothing
	ID       ID     `json:"id"`
	Lang     string `json:"lang,omitempty"`  // of the desk: en, ur, fa, tr
	Login    string `json:"login,omitempty"` // what the identity provider calls the officer; empty: none
	Name     string `json:"name"`
	Office   string `json:"office,omitempty"` // code of the desk that the officer speaks for; no check of power, which is the charter's
	Roles    []Role `json:"roles"`
}

// May reports whether the officer may do what a role does.
func (o Officer) May(r Role) bool {
	if o.Ended {
		return false
	}
	return slices.Contains(o.Roles, r) || r == Reader && (slices.Contains(o.Roles, Drafter) || slices.Contains(o.Roles, Releaser))
}

// Only returns the officer with those roles alone that are in a subset, as a
// token has them. Reading is part of drafting and releasing.
func (o Officer) Only(subset []Role) Officer {
	var left []Role
	for _, r := range subset {
		if o.May(r) {
			left = append(left, r)
		}
	}
	o.Roles = left
	return o
}

type contextKey struct{}

// NewContext returns a context whose work is that officer's; entries of the
// in-house record made under it name the officer.
func NewContext(ctx context.Context, o Officer) context.Context {
	return house.By(context.WithValue(ctx, contextKey{}, o), o.ID.String())
}

// FromContext returns whose work it is. Without an officer it is the node's own
// user.
func FromContext(ctx context.Context) (Officer, bool) {
	o, ok := ctx.Value(contextKey{}).(Officer)
	return o, ok
}

// A DeniedError says that an officer may not do something. Nothing was done.
type DeniedError struct {
	Officer Officer
	Need    Role
}

func (e *DeniedError) Error() string {
	return fmt.Sprintf("%s is not a %s here; nothing was done: an administrator gives roles", e.Officer.Name, e.Need)
}

// Need returns a *DeniedError where the work is that of an officer who may not
// do what a role does. The node's own user may.
func Need(ctx context.Context, r Role) error {
	if o, ok := FromContext(ctx); ok && !o.May(r) {
		return &DeniedError{o, r}
	}
	return nil
}
