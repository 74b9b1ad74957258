package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"detente/internal/officer"
	"detente/internal/store"
)

// A Token lets a program in, as an officer with some of the officer's roles.
type Token struct {
	Called  string         `json:"called"` // what for, in the officer's words
	Ends    time.Time      `json:"ends"`
	Made    time.Time      `json:"made"`
	Name    string         `json:"name"` // by which it is ended; nothing secret
	Officer officer.ID     `json:"officer"`
	Roles   []officer.Role `json:"roles"`
	Seen    time.Time      `json:"seen,omitzero"`
}

func token(row store.Pass, p pass) Token {
	return Token{Called: p.Name, Ends: row.Ends, Made: p.Made, Name: name(row.Hash), Officer: p.Officer, Roles: p.Roles, Seen: p.Seen}
}

// NewToken makes a token. The secret is told this once.
func (s *Service) NewToken(ctx context.Context, id officer.ID, called string, roles []officer.Role, ends time.Time) (text string, t Token, err error) {
	if err := cmp.Or(own(ctx, id), s.fresh(ctx)); err != nil {
		return "", t, err
	}
	deny := func(format string, args ...any) (string, Token, error) {
		return "", Token{}, &officer.ChangeError{Why: fmt.Sprintf(format, args...)}
	}
	o, err := s.officer(id)
	now := s.now().UTC()
	switch {
	case errors.Is(err, ErrNobody):
		return deny("%s is no officer here", id)
	case err != nil:
		return "", t, err
	case called == "" || len(called) > 100:
		return deny("a token is called something, in at most 100 bytes")
	case !ends.After(now) || ends.After(now.Add(maxTokenLife)):
		return deny("a token ends within a year from now, not at %s", ends.UTC().Format(time.RFC3339))
	case len(roles) == 0 || slices.Contains(roles, officer.Administrator):
		return deny("a token has some of the roles reader, drafter, releaser; an administrator works at the desk or at the node")
	}
	for i, r := range roles {
		if !o.May(r) || slices.Contains(roles[:i], r) {
			return deny("%s is not a %s, and a token can be no more", o.Name, r)
		}
	}
	text, h := secret(kindToken)
	ends = ends.UTC().Truncate(time.Second)
	p := pass{Ends: ends, Kind: kindToken, Made: now, Name: called, Officer: id, Roles: roles}
	row, err := s.boxed(h, ends, p)
	if err != nil {
		return "", t, err
	}
	err = s.book.Note(ctx, store.Batch{Passes: []store.Pass{row}}, officer.Access{Done: "given", Ends: ends.Format(time.RFC3339), Name: called, Officer: id, Roles: roles, What: kindToken})
	return text, token(row, p), err
}

func (s *Service) byToken(r *http.Request, text string) (Who, error) {
	row, p, o, err := s.find(kindToken, text)
	if errors.Is(err, ErrNobody) {
		err = errors.Join(s.limits.allow("token", r), ErrNobody)
	}
	if err != nil {
		return Who{}, err
	}
	if now := s.now().UTC(); now.Sub(p.Seen) >= time.Minute {
		p.Seen = now
		if row, err = s.boxed(row.Hash, row.Ends, p); err == nil {
			err = s.ledger.TouchPass(r.Context(), row)
		}
		if err != nil {
			return Who{}, err
		}
	}
	v := token(row, p)
	return Who{Officer: o.Only(p.Roles), Token: &v}, nil
}

// Tokens returns the tokens of an officer, or of all for 0, the newest first.
func (s *Service) Tokens(of officer.ID) ([]Token, error) {
	rows, list, err := s.passes(kindToken, of)
	out := []Token{}
	for i, p := range list {
		out = append(out, token(rows[i], p))
	}
	return out, err
}

// EndToken ends a token of an officer, or of anybody for 0, by its name; "" ends
// all of them. It returns how many there were.
func (s *Service) EndToken(ctx context.Context, of officer.ID, called string) (int, error) {
	return s.end(ctx, kindToken, of, called)
}

// EndOfficer keeps that an officer works here no more, and ends what let the
// officer in.
func (s *Service) EndOfficer(ctx context.Context, id officer.ID) (officer.Officer, error) {
	o, err := s.book.Change(ctx, id, func(o *officer.Officer) { o.Ended = true })
	for _, kind := range []string{kindSession, kindToken, kindLink} {
		if err == nil {
			_, err = s.end(ctx, kind, id, "")
		}
	}
	return o, err
}
