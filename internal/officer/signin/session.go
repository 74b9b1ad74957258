package signin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"detente/internal/officer"
	"detente/internal/store"
	"detente/note"
)

// A Session is an officer signed in at one browser.
type Session struct {
	Address string     `json:"address"`
	Agent   string     `json:"agent"`
	By      string     `json:"by"` // passkey, or the name of the identity provider
	Ends    time.Time  `json:"ends"`
	Made    time.Time  `json:"made"` // signed in
	Name    string     `json:"name"` // by which it is ended; nothing secret
	Officer officer.ID `json:"officer"`
	Seen    time.Time  `json:"seen"`
}

func session(row store.Pass, p pass) Session {
	return Session{Address: p.Address, Agent: p.Agent, By: p.By, Ends: row.Ends, Made: p.Made, Name: name(row.Hash), Officer: p.Officer, Seen: p.Seen}
}

// name is how a session or a token is called: the first digits of its hash.
func name(h note.Digest) string { return h.String()[:12] }

// cookie returns the name of the session's cookie, and whether it goes over TLS.
func (s *Service) cookie(what string) (string, bool) {
	_, site, err := s.served()
	u, parseErr := url.Parse(site.Origin)
	if err != nil || parseErr != nil {
		return "", false
	}
	secure := u.Scheme == "https"
	name := "detente" + what
	if port := u.Port(); port != "" {
		name += "-" + port
	}
	if secure {
		name = "__Host-" + name
	}
	return name, secure
}

func (s *Service) set(w http.ResponseWriter, what, value string, age time.Duration, same http.SameSite) {
	name, secure := s.cookie(what)
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: secure, SameSite: same, MaxAge: int(age / time.Second)}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// carried returns the value of a cookie. Of two, a browser that was tampered
// with may send another's first: then there is none.
func (s *Service) carried(r *http.Request, what string) string {
	name, _ := s.cookie(what)
	if name == "" {
		return ""
	}
	all := r.CookiesNamed(name)
	if len(all) != 1 {
		return ""
	}
	return all[0].Value
}

// signIn makes a session. One that the browser carries is ended.
func (s *Service) signIn(w http.ResponseWriter, r *http.Request, o officer.Officer, by string) error {
	text, h := secret(kindSession)
	now := s.now().UTC()
	p := pass{Address: clip(address(r)), Agent: clip(r.UserAgent()), By: by, Ends: now.Add(sessionLife), Kind: kindSession, Made: now, Officer: o.ID, Seen: now}
	row, err := s.boxed(h, now.Add(idleLife), p)
	if err != nil {
		return err
	}
	if err := s.ledger.DropPasses(r.Context(), now); err != nil {
		return err
	}
	if err := s.ledger.Commit(r.Context(), store.Batch{Passes: []store.Pass{row}}); err != nil {
		return err
	}
	if old := s.carried(r, ""); old != "" {
		if err := s.take(r.Context(), hash(kindSession, old)); err != nil {
			return err
		}
	}
	s.set(w, "", text, sessionLife, http.SameSiteStrictMode)
	return nil
}

// clip bounds what a browser says of itself.
func clip(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 300)], "")
}

// take ends a pass, if it is there.
func (s *Service) take(ctx context.Context, h note.Digest) error {
	err := s.ledger.Commit(ctx, store.Batch{Take: []note.Digest{h}})
	if errors.Is(err, store.ErrTaken) {
		return nil
	}
	return err
}

func (s *Service) bySession(r *http.Request) (Who, error) {
	text := s.carried(r, "")
	if text == "" {
		return Who{}, ErrNobody
	}
	row, p, o, err := s.find(kindSession, text)
	if err != nil {
		return Who{}, err
	}
	if now := s.now().UTC(); now.Sub(p.Seen) >= time.Minute {
		p.Seen = now
		ends := now.Add(idleLife)
		if p.Ends.Before(ends) {
			ends = p.Ends
		}
		if row, err = s.boxed(row.Hash, ends, p); err == nil {
			err = s.ledger.TouchPass(r.Context(), row)
		}
		if err != nil {
			return Who{}, err
		}
	}
	v := session(row, p)
	return Who{Officer: o, Session: &v}, nil
}

// SignOut ends the session of a request.
func (s *Service) SignOut(w http.ResponseWriter, r *http.Request) error {
	text := s.carried(r, "")
	s.set(w, "", "", 0, http.SameSiteStrictMode)
	if text == "" {
		return nil
	}
	return s.take(r.Context(), hash(kindSession, text))
}

// Sessions returns the sessions of an officer, or of all for 0, the newest first.
func (s *Service) Sessions(of officer.ID) ([]Session, error) {
	rows, list, err := s.passes(kindSession, of)
	out := []Session{}
	for i, p := range list {
		out = append(out, session(rows[i], p))
	}
	return out, err
}

// EndSession ends a session of an officer, or of anybody for 0, by its name; ""
// ends all of them. It returns how many there were.
func (s *Service) EndSession(ctx context.Context, of officer.ID, called string) (int, error) {
	return s.end(ctx, kindSession, of, called)
}

func (s *Service) end(ctx context.Context, kind string, of officer.ID, called string) (n int, err error) {
	rows, list, err := s.passes(kind, of)
	if err = cmp.Or(own(ctx, of), err); err != nil {
		return 0, err
	}
	for i, p := range list {
		if called != "" && name(rows[i].Hash) != called {
			continue
		}
		err := s.book.Note(ctx, store.Batch{Take: []note.Digest{rows[i].Hash}}, officer.Access{Done: "ended", Name: p.Name, Officer: p.Officer, What: kind})
		if errors.Is(err, store.ErrTaken) {
			continue
		} else if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
