package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"detente/internal/officer"
	"detente/internal/officer/signin"
)

// How much one officer may ask for, by all sessions and tokens together.
const (
	perSecond = 50
	atOnce    = 200
)

// guard lets officers in, and nobody else.
type guard struct {
	api  http.Handler
	who  func(*http.Request) (signin.Who, error)
	now  func() time.Time
	mu   sync.Mutex
	rate map[officer.ID]*rate.Limiter
}

// Guard serves the API on the desk's listener, where anybody may knock: to the
// officer whom a session's cookie or an Authorization: Bearer token names, with
// the roles of either. A request by cookie must come from the desk's own pages:
// the caller sees to that, by http.CrossOriginProtection.
func Guard(api http.Handler, who func(*http.Request) (signin.Who, error)) http.Handler {
	return &guard{api: api, who: who, now: time.Now, rate: map[officer.ID]*rate.Limiter{}}
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, err := g.who(r)
	if err == nil {
		err = g.allow(who.Officer.ID)
	}
	var often *signin.LimitError
	switch {
	case errors.As(err, &often):
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(often.After/time.Second))))
		err = &Problem{Detail: often.Error(), Status: http.StatusTooManyRequests}
	case errors.Is(err, signin.ErrNobody):
		w.Header().Set("WWW-Authenticate", challenge(r))
		err = &Problem{Detail: "nobody is signed in: send a token that holds, as Authorization: Bearer …; nothing was done", Status: http.StatusUnauthorized}
	}
	if err != nil {
		WriteProblem(w, err)
		return
	}
	g.api.ServeHTTP(w, r.WithContext(who.NewContext(r.Context())))
}

// challenge is how RFC 6750 answers: a client that sent a token learns that it
// is worth nothing.
func challenge(r *http.Request) string {
	if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		return `Bearer realm="detente", error="invalid_token"`
	}
	return `Bearer realm="detente"`
}

func (g *guard) allow(o officer.ID) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rate[o] == nil {
		g.rate[o] = rate.NewLimiter(perSecond, atOnce)
	}
	if !g.rate[o].AllowN(g.now(), 1) {
		return &signin.LimitError{After: time.Second}
	}
	return nil
}
