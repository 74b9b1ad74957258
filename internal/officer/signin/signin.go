// Package signin lets officers in: by passkey, by the node's identity provider
// where there is one (OpenID Connect), and programs by token. It makes the links
// by which a passkey is registered, keeps sessions and ends them, and asks
// passkeys for the releases that package officer keeps.
//
// It serves no pages. A page asks for the options of a ceremony (Begin…), hands
// them to the browser, and hands what came back to the other half (Finish…). Both
// go as JSON, as PublicKeyCredential has them: parseRequestOptionsFromJSON and
// toJSON. What each half keeps for the other is in memory, under the challenge;
// it is used once, and a ceremony that takes longer than five minutes, or over a
// restart, begins anew.
//
// # Sessions
//
// The cookie holds 256 random bits, the ledger their SHA-256. It is made at
// sign-in and never taken from the browser, so that nobody can plant one; one
// that was there before is ended. It ends after four hours without a request,
// twelve hours after sign-in, when it is ended at the desk, and with its
// officer. What an officer may do is read anew from the roster at each request.
//
// Over TLS the cookie is __Host-, Secure, HttpOnly and SameSite=Strict; at
// http://localhost the same without the prefix and Secure. Its name has the port
// in it: browsers send cookies to every port of a host, and several desks may
// stand on one.
//
// A session by itself cannot release, nor register a passkey: that takes the
// passkey, and a link. Links and tokens are given out only within ten minutes of
// signing in.
package signin

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"detente/internal/officer"
	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

// How long what lets somebody in is worth something.
const (
	ceremonyLife = 5 * time.Minute
	freshLife    = 10 * time.Minute // of a sign-in, for giving out links and tokens
	idleLife     = 4 * time.Hour
	sessionLife  = 12 * time.Hour
	linkLife     = 24 * time.Hour
	maxTokenLife = 366 * 24 * time.Hour
)

// ErrNobody says that a request carries nothing that lets anybody in.
var ErrNobody = errors.New("nobody is signed in")

// Service lets officers of one node in. Its methods may be called from many
// goroutines.
type Service struct {
	book   *officer.Book
	ledger *store.Store
	box    *seal.Box
	now    func() time.Time
	limits limits

	// Ceremonies under way: of whoever comes, and of officers and holders of
	// links, so that the one crowd cannot push out the other's.
	anyone, known pending

	mu       sync.RWMutex
	site     officer.Site
	passkeys *webauthn.WebAuthn // nil: no desk is served
	provider *provider          // nil: none
}

// New returns the service of a node. now is the time by which sessions end; nil
// stands for time.Now.
func New(book *officer.Book, ledger *store.Store, box *seal.Box, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{book: book, ledger: ledger, box: box, now: now, limits: limits{now: now}, anyone: pending{now: now}, known: pending{now: now}}
}

// Book returns the book of the officers that are let in.
func (s *Service) Book() *officer.Book { return s.book }

// Serve says at which origin the desk is served, and under which name the
// authenticator shows it. From then on there are ceremonies.
func (s *Service) Serve(ctx context.Context, origin, name string) error {
	site := officer.Site{Origin: origin}
	if err := site.Check(); err != nil {
		return err
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: site.RPID(), RPDisplayName: name, RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.site, s.passkeys = site, w
	s.mu.Unlock()
	if r, err := s.book.Roster(); err != nil || !r.InForce() {
		return err // the first officer's passkey keeps it
	}
	return s.book.Serve(ctx, site)
}

// served returns what Serve has set up.
func (s *Service) served() (*webauthn.WebAuthn, officer.Site, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.passkeys == nil {
		return nil, officer.Site{}, errors.New("no desk is served; serve it with: detente serve --desk")
	}
	return s.passkeys, s.site, nil
}

// Who is whoever makes a request.
type Who struct {
	Officer officer.Officer // of a token with its roles alone
	Session *Session        // nil: by token
	Token   *Token          // nil: by session
}

type contextKey struct{}

// NewContext returns a context whose work is that officer's.
func (w Who) NewContext(ctx context.Context) context.Context {
	return context.WithValue(officer.NewContext(ctx, w.Officer), contextKey{}, w)
}

// Who says whose request it is: by its cookie, or by its bearer token. It is
// ErrNobody's where it carries neither, or one that has ended.
func (s *Service) Who(r *http.Request) (Who, error) {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return s.byToken(r, bearer)
	}
	return s.bySession(r)
}

// officer returns an officer who still works here.
func (s *Service) officer(id officer.ID) (officer.Officer, error) {
	r, err := s.book.Roster()
	if err != nil {
		return officer.Officer{}, err
	}
	o, ok := r.Officer(id)
	if !ok || o.Ended {
		return o, ErrNobody
	}
	return o, nil
}

// fresh refuses to give out what lets somebody in to a session that was signed
// in long ago, and to a token: either may be in the wrong hands.
func (s *Service) fresh(ctx context.Context) error {
	w, _ := ctx.Value(contextKey{}).(Who)
	switch _, ok := officer.FromContext(ctx); {
	case !ok:
		return nil // the node's own user
	case w.Session == nil || s.now().Sub(w.Session.Made) > freshLife:
		return &StaleError{}
	}
	return nil
}

// own lets an officer do what is the officer's own affair; another's is an
// administrator's.
func own(ctx context.Context, of officer.ID) error {
	if o, ok := officer.FromContext(ctx); ok && o.ID == of {
		return nil
	}
	return officer.Need(ctx, officer.Administrator)
}

// A StaleError asks an officer to sign in again first.
type StaleError struct{}

func (*StaleError) Error() string {
	return "this wants a sign-in of the last ten minutes; nothing was done: sign in again, and then do it"
}

// secret returns what is given out, and its hash, which is kept. The kind is in
// the hash: none passes for another.
func secret(kind string) (string, note.Digest) {
	s := kind[:1] + rand.Text() + rand.Text()
	return s, hash(kind, s)
}

func hash(kind, secret string) note.Digest {
	return note.Sum([]byte("detente/" + kind + "/v1\n" + secret))
}

// A pass is what is kept, boxed, of what lets somebody in.
type pass struct {
	Address string         `json:"address,omitempty"`
	Agent   string         `json:"agent,omitempty"`
	By      string         `json:"by,omitempty"`   // of a session: passkey, or the provider's name
	Ends    time.Time      `json:"ends"`           // in any case
	Kind    string         `json:"kind"`           // session, token, link
	Made    time.Time      `json:"made"`           // given out, or signed in
	Name    string         `json:"name,omitempty"` // of a token
	Officer officer.ID     `json:"officer"`
	Roles   []officer.Role `json:"roles,omitempty"` // of a token
	Seen    time.Time      `json:"seen,omitzero"`   // last used
}

const (
	kindSession = "session"
	kindToken   = "token"
	kindLink    = "link"
)

func passAAD(h note.Digest) []byte { return []byte("detente/pass/v1 " + h.String()) }

func (s *Service) boxed(h note.Digest, ends time.Time, p pass) (store.Pass, error) {
	b, err := json.Marshal(p)
	return store.Pass{Hash: h, Ends: ends, Box: s.box.Wrap(b, passAAD(h))}, err
}

func (s *Service) unbox(row store.Pass) (p pass, err error) {
	b, err := s.box.Unwrap(row.Box, passAAD(row.Hash))
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, err
}

// find returns the pass of a kind by its secret; ErrNobody where there is none
// that is worth anything, whose officer still works here.
func (s *Service) find(kind, secret string) (row store.Pass, p pass, o officer.Officer, err error) {
	if len(secret) > 200 {
		return row, p, o, ErrNobody
	}
	row, err = s.ledger.Pass(hash(kind, secret))
	if errors.Is(err, store.ErrNotFound) {
		return row, p, o, ErrNobody
	} else if err != nil {
		return row, p, o, err
	}
	if p, err = s.unbox(row); err != nil || !s.now().Before(row.Ends) {
		return row, p, o, ErrNobody // one that was changed on the disk lets nobody in
	}
	o, err = s.officer(p.Officer)
	return row, p, o, err
}

// passes returns the passes of a kind that are worth something, the newest first.
func (s *Service) passes(kind string, of officer.ID) (rows []store.Pass, out []pass, err error) {
	all, err := s.ledger.Passes()
	for _, row := range all {
		p, err := s.unbox(row)
		if err != nil || p.Kind != kind || !s.now().Before(row.Ends) || of != 0 && p.Officer != of {
			continue
		}
		at := 0
		for at < len(out) && out[at].Made.After(p.Made) {
			at++
		}
		rows = append(rows[:at], append([]store.Pass{row}, rows[at:]...)...)
		out = append(out[:at], append([]pass{p}, out[at:]...)...)
	}
	return rows, out, err
}

// Link makes a link by which an officer registers a passkey: it is worth
// something once, for a day. The path is that of the desk's page, behind its
// origin where that is known.
func (s *Service) Link(ctx context.Context, id officer.ID) (link string, ends time.Time, err error) {
	if err := cmp.Or(officer.Need(ctx, officer.Administrator), s.fresh(ctx)); err != nil {
		return "", ends, err
	}
	if _, err := s.officer(id); err != nil {
		return "", ends, &officer.ChangeError{Why: fmt.Sprintf("%s is no officer here", id)}
	}
	text, h := secret(kindLink)
	ends = s.now().Add(linkLife).UTC().Truncate(time.Second)
	row, err := s.boxed(h, ends, pass{Ends: ends, Kind: kindLink, Made: s.now().UTC(), Officer: id})
	if err != nil {
		return "", ends, err
	}
	if err := s.ledger.DropPasses(ctx, s.now()); err != nil {
		return "", ends, err
	}
	if err := s.book.Note(ctx, store.Batch{Passes: []store.Pass{row}}, officer.Access{Done: "given", Ends: ends.Format(time.RFC3339), Officer: id, What: kindLink}); err != nil {
		return "", ends, err
	}
	origin := ""
	if _, site, err := s.served(); err == nil {
		origin = site.Origin
	} else if r, err := s.book.Roster(); err == nil {
		origin = r.Site.Origin
	}
	return origin + LinkPath + url.PathEscape(text), ends, nil
}

// LinkPath is the path of the page that a link leads to; the secret follows.
const LinkPath = "/enter/"

// Linked returns the officer whom a link lets register a passkey.
func (s *Service) Linked(r *http.Request, link string) (officer.Officer, error) {
	if err := s.limits.allow("link", r); err != nil {
		return officer.Officer{}, err
	}
	_, _, o, err := s.find(kindLink, link)
	if errors.Is(err, ErrNobody) {
		err = &LinkError{}
	}
	return o, err
}

// A LinkError says that a link is worth nothing.
type LinkError struct{}

func (*LinkError) Error() string {
	return "this link was used already, or its day is over; nothing was registered: ask an administrator for another"
}
