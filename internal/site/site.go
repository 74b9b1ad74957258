package site

import (
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"detente/internal/desk"
	"detente/internal/locale"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/officer/signin"
	"detente/internal/view"
)

//go:embed static
var static embed.FS

// Options says what a site is of.
type Options struct {
	Node *node.Node
	Desk *desk.Desk
	Log  *slog.Logger

	// SignIn lets officers in. Who says whose a request is; nil: SignIn does.
	SignIn *signin.Service
	Who    func(*http.Request) (signin.Who, error)

	// API is served under /api/v1/: it asks Who by itself.
	API http.Handler

	// Demo is the scenario that is played at the node; nil: none is.
	Demo Demo
}

// A Demo is a scenario that is played: how it stands, which every page shows,
// and what its controls under /demo/ do.
type Demo interface {
	View() view.Demo
	http.Handler
}

// Site is the handler of every page.
type Site struct {
	Options
	pages   map[string]*templates // by language
	handler http.Handler
}

// New returns the site of a node.
func New(o Options) *Site {
	s := &Site{Options: o, pages: map[string]*templates{}}
	if s.Who == nil {
		s.Who = o.SignIn.Who
	}
	for _, l := range locale.Languages {
		s.pages[l.Tag] = parse(locale.For(l.Tag))
	}
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.Pattern, &row{s, r})
	}
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // it is embedded
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", kept(http.FileServerFS(files))))
	if o.API != nil {
		mux.Handle("/api/v1/", o.API)
	}
	s.handler = headers(http.NewCrossOriginProtection().Handler(mux))
	return s
}

func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// policy is what a browser may do with a page: everything comes from here.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// kept lets a browser keep what is the same for everybody. It asks again after
// a day; a new version of the program names its files anew.
func kept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=86400")
		next.ServeHTTP(w, r)
	})
}

// row answers one route.
type row struct {
	s *Site
	Route
}

// MaxForm bounds the body of a form.
const MaxForm = 4 << 20

func (h *row) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{Site: h.s, w: w, r: r}
	who, nobody := h.s.Who(r)
	if nobody == nil {
		v.officer, v.r = &who.Officer, r.WithContext(who.NewContext(r.Context()))
	}
	v.loc = locale.For(v.language())
	v.r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	var err error
	switch {
	case h.Role == everybody:
		err = h.do(v)
	case nobody != nil && !errors.Is(nobody, signin.ErrNobody):
		err = nobody
	case nobody != nil && r.Method == http.MethodGet:
		http.Redirect(w, r, "/sign-in?"+then(r), http.StatusSeeOther)
		return
	case nobody != nil:
		err = &problem{http.StatusUnauthorized, "nobody is signed in; what you wrote was not kept"}
	case h.Role != signedIn && !v.officer.May(h.Role):
		err = &problem{http.StatusForbidden, "your role does not do this; nothing was changed"}
	default:
		err = h.do(v)
	}
	if err != nil {
		v.fail(err)
	}
}

// visit is one request.
type visit struct {
	*Site
	w       http.ResponseWriter
	r       *http.Request
	officer *officer.Officer // nil where nobody is signed in
	loc     *locale.Locale
}

// language chooses the language of a page: what the officer chose, else what
// the browser asks for.
func (v *visit) language() string { // one of the four
	if v.officer != nil && v.officer.Lang != "" {
		return v.officer.Lang
	}
	if c, err := v.r.Cookie("lang"); err == nil && locale.For(c.Value).Tag == c.Value {
		return c.Value
	}
	return locale.Accept(v.r.Header.Get("Accept-Language")).Tag
}

func (v *visit) now() time.Time { return v.Node.Now() }

// demo hands a request on to the scenario that is played.
func (v *visit) demo() error {
	if v.Demo == nil {
		return &view.NotFound{What: "scenario that is played here"}
	}
	v.Demo.ServeHTTP(v.w, v.r)
	return nil
}

// redirect answers a form that was taken.
func (v *visit) redirect(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}
