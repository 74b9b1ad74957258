package officer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/internal/house"
)

// A Key is a passkey: the public half, which is all that ever comes here.
type Key struct {
	Added      house.ID `json:"-"` // the entry
	COSE       []byte   `json:"cose"`
	Flags      byte     `json:"flags"` // of the authenticator data at registration: whether it can be backed up
	ID         []byte   `json:"id"`
	Name       string   `json:"name"`
	Officer    ID       `json:"officer"`
	Public     []byte   `json:"public"`               // the same key as SubjectPublicKeyInfo, which the offline check reads
	Revoked    house.ID `json:"-"`                    // the entry; 0: it is not
	RPID       string   `json:"rpid"`                 // the domain that it is bound to
	Transports []string `json:"transports,omitempty"` // how the browser reaches it, for its next question
}

// A Revocation is the body of an entry that revokes a passkey.
type Revocation struct {
	ID []byte `json:"id"`
}

// A Site says at which address the desk is served. A passkey speaks to the
// domain of one origin.
type Site struct {
	Origin string `json:"origin"` // https://desk.example
}

// An Access is the body of an entry that says who was let in, or is not any
// more. The secrets themselves, and the list of what holds now, are package
// signin's.
type Access struct {
	Ends    string `json:"ends,omitempty"` // from when it is worth nothing, RFC 3339
	Name    string `json:"name,omitempty"` // of a token
	Officer ID     `json:"officer"`
	Roles   []Role `json:"roles,omitempty"` // of a token
	What    string `json:"what"`            // link, token, or session
	Done    string `json:"done"`            // given, or ended
}

// A Roster is who works at the node, with what keys, and under which rules: what
// the entries come to up to a point. It is not changed once it is given out.
type Roster struct {
	Keys     []Key     // in the order of their registration, revoked ones too
	Officers []Officer // in the order of their names, ended ones too
	Site     Site      // zero: no desk was ever served
	Table    Rules     // as an administrator has set it; nil: Default
}

// InForce reports whether there are rules at all: there is an officer.
func (r *Roster) InForce() bool {
	return slices.ContainsFunc(r.Officers, func(o Officer) bool { return !o.Ended })
}

// Rules returns the rules in force; nil where there are none.
func (r *Roster) Rules() Rules {
	switch {
	case !r.InForce():
		return nil
	case r.Table == nil:
		return Default
	}
	return r.Table
}

// Persons returns how many must release a note of an act and a precedence.
func (r *Roster) Persons(act, precedence string) int {
	if !r.InForce() {
		return 0
	}
	return r.Rules().Persons(act, precedence)
}

// Officer returns the officer of that name, also one who works here no more.
func (r *Roster) Officer(id ID) (Officer, bool) {
	if id == 0 || uint64(id) > uint64(len(r.Officers)) {
		return Officer{}, false
	}
	return r.Officers[id-1], true
}

// Key returns the passkey with an id, also a revoked one.
func (r *Roster) Key(id []byte) (Key, bool) {
	i := slices.IndexFunc(r.Keys, func(k Key) bool { return bytes.Equal(k.ID, id) })
	if i < 0 {
		return Key{}, false
	}
	return r.Keys[i], true
}

// KeysOf returns an officer's passkeys that are not revoked.
func (r *Roster) KeysOf(id ID) (out []Key) {
	for _, k := range r.Keys {
		if k.Officer == id && k.Revoked == 0 {
			out = append(out, k)
		}
	}
	return out
}

// With returns the officers who may do what a role does.
func (r *Roster) With(role Role) (out []Officer) {
	for _, o := range r.Officers {
		if o.May(role) {
			out = append(out, o)
		}
	}
	return out
}

// Limits of what an officer's entry holds, in bytes.
const (
	maxName  = 200
	maxLogin = 320
	maxKeys  = 20 // of one officer, revoked ones left out
)

// Check says what is wrong with an officer.
func (o Officer) Check() error {
	plain := func(s string) bool {
		return s == strings.TrimSpace(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
	}
	switch {
	case o.Name == "" || len(o.Name) > maxName || !plain(o.Name):
		return fmt.Errorf("name: want a line of at most %d bytes", maxName)
	case len(o.Office) > maxName || !plain(o.Office):
		return fmt.Errorf("office: want a line of at most %d bytes", maxName)
	case len(o.Login) > maxLogin || !plain(o.Login):
		return fmt.Errorf("login: want a line of at most %d bytes", maxLogin)
	case o.Lang != "" && !slices.Contains([]string{"en", "ur", "fa", "tr"}, o.Lang):
		return fmt.Errorf("lang: %.20q is none of en, ur, fa, tr", o.Lang)
	case o.Calendar != "" && o.Calendar != "solar":
		return fmt.Errorf("calendar: %.20q is not solar, and not empty", o.Calendar)
	case len(o.Handle) != handleSize:
		return fmt.Errorf("handle: want %d bytes", handleSize)
	}
	if len(o.Roles) == 0 {
		return errors.New("roles: want at least one of " + roleList)
	}
	for i, r := range o.Roles {
		if !slices.Contains(Roles, r) || slices.Contains(o.Roles[:i], r) {
			return fmt.Errorf("roles: want some of %s, each once, and not %.40q", roleList, r)
		}
	}
	return nil
}

const roleList = "reader, drafter, releaser, administrator"

// handleSize is the length of a user handle (WebAuthn 5.4.3 lets it be 64).
const handleSize = 32

// Apply returns the roster after one more entry, or says why the entry changes
// nothing. Entries of other kinds change nothing either.
func (r *Roster) Apply(e house.Entry) (*Roster, error) {
	out := *r
	var err error
	switch e.Kind {
	case house.Officer:
		err = read(e, func(o Officer) error { return out.officer(o) })
	case house.Passkey:
		err = read(e, func(k Key) error {
			k.Added = e.ID
			return out.key(k)
		})
	case house.Revoked:
		err = read(e, func(v Revocation) error {
			i := slices.IndexFunc(out.Keys, func(k Key) bool { return bytes.Equal(k.ID, v.ID) })
			if i < 0 || out.Keys[i].Revoked != 0 {
				return errors.New("it revokes no passkey that is in use")
			}
			out.Keys = slices.Clone(out.Keys)
			out.Keys[i].Revoked = e.ID
			return nil
		})
	case house.Rules:
		err = read(e, func(rs Rules) error {
			out.Table = rs
			return rs.Check()
		})
	case house.Served:
		err = read(e, func(s Site) error {
			out.Site = s
			return s.Check()
		})
	default:
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return &out, nil
}

func (r *Roster) officer(o Officer) error {
	if err := o.Check(); err != nil {
		return err
	}
	for _, other := range r.Officers {
		switch {
		case other.ID == o.ID:
		case bytes.Equal(other.Handle, o.Handle):
			return fmt.Errorf("it has the handle of %s", other.ID)
		case o.Login != "" && other.Login == o.Login && !other.Ended && !o.Ended:
			return fmt.Errorf("login: %s signs in by it", other.ID)
		}
	}
	r.Officers = slices.Clone(r.Officers)
	switch old, ok := r.Officer(o.ID); {
	case !ok && uint64(o.ID) == uint64(len(r.Officers))+1:
		r.Officers = append(r.Officers, o)
	case !ok:
		return fmt.Errorf("%s is not the next officer", o.ID)
	case old.Ended:
		return fmt.Errorf("%s works here no more; whoever comes back is added anew", o.ID)
	case !bytes.Equal(old.Handle, o.Handle):
		return fmt.Errorf("it changes the handle of %s", o.ID)
	default:
		r.Officers[o.ID-1] = o
	}
	return nil
}

func (r *Roster) key(k Key) error {
	o, ok := r.Officer(k.Officer)
	switch {
	case !ok || o.Ended:
		return fmt.Errorf("%s is no officer here", k.Officer)
	case len(k.ID) == 0 || len(k.ID) > 1023: // WebAuthn 5.8.3
		return errors.New("its id is not from 1 to 1,023 bytes long")
	case len(k.Name) > maxName || len(k.Transports) > 10:
		return fmt.Errorf("its name has more than %d bytes, or it lists too much", maxName)
	case len(r.KeysOf(k.Officer)) >= maxKeys:
		return fmt.Errorf("%s has %d passkeys, and no more are taken: revoke one first", k.Officer, maxKeys)
	}
	if _, taken := r.Key(k.ID); taken {
		return errors.New("a passkey with its id is here already")
	}
	if _, err := k.public(); err != nil {
		return err
	}
	r.Keys = append(slices.Clone(r.Keys), k)
	return nil
}

// read reads the body of an entry and hands it on.
func read[T any](e house.Entry, do func(T) error) error {
	var v T
	if err := json.Unmarshal(e.Body, &v); err != nil {
		return fmt.Errorf("its body cannot be read: %w", err)
	}
	return do(v)
}
