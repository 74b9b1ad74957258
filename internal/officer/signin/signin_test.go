package signin

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/internal/house"
	"detente/internal/officer"
	"detente/internal/officertest"
	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

const origin = "http://localhost:8080"

// desk is a service over a ledger in memory, and the browser of one officer.
type desk struct {
	*Service
	t     *testing.T
	clock time.Time
	jar   map[string]*http.Cookie
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	ledger, err := store.OpenMemory(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ledger.Close() })
	box := seal.NewBox([32]byte{1})
	d := &desk{t: t, clock: time.Date(2024, 1, 22, 3, 0, 0, 0, time.UTC), jar: map[string]*http.Cookie{}}
	now := func() time.Time { return d.clock }
	d.Service = New(officer.NewBook(house.New(ledger, box, "", now)), ledger, box, now)
	if err := d.Serve(t.Context(), origin, "Desk"); err != nil {
		t.Fatal(err)
	}
	return d
}

// request is one of the browser's, with its cookies.
func (d *desk) request(target string) *http.Request {
	r := httptest.NewRequestWithContext(d.t.Context(), "POST", target, nil)
	for _, c := range d.jar {
		r.AddCookie(c)
	}
	return r
}

// keep takes the cookies of an answer into the jar.
func (d *desk) keep(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(d.jar, c.Name)
		} else {
			d.jar[c.Name] = c
		}
	}
}

// add adds an officer with a passkey, who is then signed in.
func (d *desk) add(o officer.Officer, algorithm string) (officer.Officer, *officertest.Authenticator) {
	d.t.Helper()
	o, err := d.book.Add(d.t.Context(), o)
	if err != nil {
		d.t.Fatal(err)
	}
	a := officertest.New(d.t, origin, "localhost", algorithm)
	if err := d.register(a, d.link(o)); err != nil {
		d.t.Fatal(err)
	}
	return o, a
}

func (d *desk) link(o officer.Officer) string {
	d.t.Helper()
	url, _, err := d.Link(d.t.Context(), o.ID)
	if err != nil || !strings.HasPrefix(url, origin+LinkPath) {
		d.t.Fatal(url, err)
	}
	return path.Base(url)
}

func (d *desk) register(a *officertest.Authenticator, link string) error {
	options, err := d.BeginRegistration(d.request("/"), link)
	if err != nil {
		return err
	}
	w := httptest.NewRecorder()
	_, err = d.FinishRegistration(w, d.request("/"), link, "a key", a.Create(options))
	d.keep(w)
	return err
}

func (d *desk) signIn(a *officertest.Authenticator) (officer.Officer, error) {
	options, err := d.BeginSignIn(d.request("/"))
	if err != nil {
		return officer.Officer{}, err
	}
	w := httptest.NewRecorder()
	o, err := d.FinishSignIn(w, d.request("/"), a.Get(options))
	d.keep(w)
	return o, err
}

var drafter = officer.Officer{Name: "A", Roles: []officer.Role{officer.Drafter}}

// TestPasskeys registers a passkey of each algorithm by a link, and signs in with
// it.
func TestPasskeys(t *testing.T) {
	for _, algorithm := range officertest.Algorithms {
		t.Run(algorithm, func(t *testing.T) {
			d := newDesk(t)
			o, a := d.add(drafter, algorithm)
			first := d.jar["detente-8080"]
			if first == nil || !first.HttpOnly || first.SameSite != http.SameSiteStrictMode || first.Secure || first.Path != "/" {
				t.Fatalf("cookies %v", d.jar)
			}
			who, err := d.Who(d.request("/"))
			if err != nil || who.Officer.ID != o.ID || who.Session.By != "passkey" {
				t.Errorf("got %+v, %v", who, err)
			}
			got, err := d.signIn(a)
			if err != nil || got.ID != o.ID {
				t.Errorf("got %+v, %v", got, err)
			}
			// What was there before is ended, and is never taken over.
			if d.jar["detente-8080"].Value == first.Value {
				t.Error("the session has not got a new secret at sign-in")
			}
			d.jar["detente-8080"] = first
			if _, err := d.Who(d.request("/")); !errors.Is(err, ErrNobody) {
				t.Errorf("the session of before: %v", err)
			}
			r, err := d.book.Roster()
			if err != nil || len(r.Keys) != 1 || r.Site.Origin != origin {
				t.Errorf("roster %+v, %v", r, err)
			}
		})
	}
}

// TestWrongPasskeys wants each lie of an authenticator refused, at sign-in and at
// registration, and nobody signed in by it.
func TestWrongPasskeys(t *testing.T) {
	for name, lie := range map[string]func(*officertest.Authenticator){
		"another origin":  func(a *officertest.Authenticator) { a.Origin = "http://localhost:8081" },
		"another domain":  func(a *officertest.Authenticator) { a.RPID = "desk.example" },
		"not verified":    func(a *officertest.Authenticator) { a.Flags = officertest.Present },
		"nobody there":    func(a *officertest.Authenticator) { a.Flags = officertest.Verified },
		"inside a page":   func(a *officertest.Authenticator) { a.Cross = true },
		"another handle":  func(a *officertest.Authenticator) { a.Handle = []byte("another") },
		"another passkey": func(a *officertest.Authenticator) { a.ID = []byte("another") },
		"another key": func(a *officertest.Authenticator) {
			a.Key = officertest.New(t, origin, "localhost", "ES256").Key
		},
	} {
		d := newDesk(t)
		o, a := d.add(drafter, "ES256")
		clear(d.jar)
		lie(a)
		if got, err := d.signIn(a); err == nil || len(d.jar) > 0 {
			t.Errorf("%s: signed in as %v, with %v", name, got, d.jar)
		}
		if strings.HasPrefix(name, "another ") && name != "another origin" && name != "another domain" {
			continue // nothing to lie about: it is only now registered
		}
		if err := d.register(a, d.link(o)); err == nil || len(d.jar) > 0 {
			t.Errorf("%s: registered", name)
		}
		d.Service.ledger.Close()
	}
}

// TestReplay wants an answer to be taken once, in time, by the ceremony that asked
// for it.
func TestReplay(t *testing.T) {
	d := newDesk(t)
	_, a := d.add(drafter, "ES256")
	finish := func(answer []byte) error {
		_, err := d.FinishSignIn(httptest.NewRecorder(), d.request("/"), answer)
		return err
	}
	options, err := d.BeginSignIn(d.request("/"))
	if err != nil {
		t.Fatal(err)
	}
	answer := a.Get(options)
	if err := finish(answer); err != nil {
		t.Fatal(err)
	}
	if err := finish(answer); !errors.Is(err, errOver) {
		t.Errorf("twice: %v", err)
	}
	if options, err = d.BeginSignIn(d.request("/")); err != nil {
		t.Fatal(err)
	}
	d.clock = d.clock.Add(ceremonyLife)
	if err := finish(a.Get(options)); !errors.Is(err, errOver) {
		t.Errorf("too late: %v", err)
	}
	for _, junk := range [][]byte{nil, []byte("{}"), []byte("[]"), make([]byte, maxResponse+1), []byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{}}`)} {
		if err := finish(junk); err == nil {
			t.Errorf("%.20q was taken", junk)
		}
	}
}

// TestLinks wants a link to be worth something once, for a day, for one officer.
func TestLinks(t *testing.T) {
	d := newDesk(t)
	o, _ := d.add(drafter, "ES256")
	link := d.link(o)
	other := d.link(o)
	a := officertest.New(t, origin, "localhost", "ES256")
	options, err := d.BeginRegistration(d.request("/"), link)
	if err != nil {
		t.Fatal(err)
	}
	answer := a.Create(options)
	if _, err := d.FinishRegistration(httptest.NewRecorder(), d.request("/"), other, "", answer); !errors.Is(err, errOver) {
		t.Errorf("by another link: %v", err)
	}
	if err := d.register(officertest.New(t, origin, "localhost", "EdDSA"), link); err != nil {
		t.Fatal(err)
	}
	var used *LinkError
	if err := d.register(a, link); !errors.As(err, &used) {
		t.Errorf("twice: %v", err)
	}
	d.clock = d.clock.Add(linkLife)
	if err := d.register(a, other); !errors.As(err, &used) {
		t.Errorf("after a day: %v", err)
	}
	if _, _, err := d.Link(t.Context(), 9); err == nil {
		t.Error("a link for nobody")
	}
	last := d.link(o)
	if _, err := d.EndOfficer(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.register(a, last); !errors.As(err, &used) {
		t.Errorf("of one who is gone: %v", err)
	}
	if _, _, err := d.Link(t.Context(), o.ID); err == nil {
		t.Error("a link for one who is gone")
	}
	r, err := d.book.Roster()
	if err != nil || len(r.Keys) != 2 {
		t.Errorf("%d passkeys, %v", len(r.Keys), err)
	}
}

// TestSessions wants a session to end when it should, and to be ended.
func TestSessions(t *testing.T) {
	d := newDesk(t)
	o, a := d.add(drafter, "ES256")
	here := func(want bool) {
		t.Helper()
		if who, err := d.Who(d.request("/")); (err == nil) != want || err != nil && !errors.Is(err, ErrNobody) {
			t.Errorf("got %+v, %v; want %v", who, err, want)
		}
	}
	again := func() {
		t.Helper()
		if _, err := d.signIn(a); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		d.clock = d.clock.Add(idleLife - time.Minute)
		here(true)
	}
	d.clock = d.clock.Add(idleLife)
	here(false)
	again()
	for range 5 { // never idle
		d.clock = d.clock.Add(sessionLife / 6)
		here(true)
	}
	d.clock = d.clock.Add(sessionLife / 6)
	here(false)

	again()
	list, err := d.Sessions(o.ID)
	if err != nil || len(list) != 1 || list[0].Officer != o.ID {
		t.Fatalf("sessions %+v, %v", list, err)
	}
	if n, err := d.EndSession(t.Context(), 7, list[0].Name); n != 0 || err != nil {
		t.Error("ended as another officer's", err)
	}
	here(true)
	if n, err := d.EndSession(t.Context(), o.ID, list[0].Name); n != 1 || err != nil {
		t.Error(n, err)
	}
	here(false)

	again()
	w := httptest.NewRecorder()
	carried := d.request("/")
	if err := d.SignOut(w, carried); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Who(carried); !errors.Is(err, ErrNobody) {
		t.Error("signed out, and still here")
	}
	if d.keep(w); len(d.jar) > 0 {
		t.Error("the cookie was not taken back")
	}
	// Roles are read at each request.
	again()
	if _, err := d.book.Change(t.Context(), o.ID, func(o *officer.Officer) { o.Roles = []officer.Role{officer.Reader} }); err != nil {
		t.Fatal(err)
	}
	if who, err := d.Who(d.request("/")); err != nil || who.Officer.May(officer.Drafter) {
		t.Errorf("%+v, %v", who, err)
	}
	if _, err := d.EndOfficer(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	here(false)
	if _, err := d.signIn(a); err == nil {
		t.Error("one who is gone signed in")
	}
}

// TestPlanted wants a secret that a browser brings along never to become a
// session's, and the cookie of another desk on the host to be nobody's here.
func TestPlanted(t *testing.T) {
	d := newDesk(t)
	planted := &http.Cookie{Name: "detente-8080", Value: "planted"}
	d.jar[planted.Name] = planted
	_, a := d.add(drafter, "ES256")
	if _, err := d.signIn(a); err != nil {
		t.Fatal(err)
	}
	if d.jar[planted.Name].Value == "planted" {
		t.Error("the planted secret was taken")
	}
	r := d.request("/")
	r.AddCookie(planted)
	if _, err := d.Who(r); !errors.Is(err, ErrNobody) {
		t.Errorf("with two cookies: %v", err)
	}
	if err := d.Serve(t.Context(), "https://desk.example", "Desk"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Who(d.request("/")); !errors.Is(err, ErrNobody) {
		t.Errorf("with the cookie of another desk: %v", err)
	}
	w := httptest.NewRecorder()
	if err := d.Service.signIn(w, d.request("/"), officer.Officer{ID: 1}, "passkey"); err != nil {
		t.Fatal(err)
	}
	if c := w.Result().Cookies()[0]; c.Name != "__Host-detente" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("over TLS: %+v", c)
	}
}

// TestTokens wants a token to be its officer with fewer roles, until it ends.
func TestTokens(t *testing.T) {
	d := newDesk(t)
	o, _ := d.add(officer.Officer{Name: "A", Roles: []officer.Role{officer.Drafter, officer.Releaser, officer.Administrator}}, "ES256")
	ends := d.clock.Add(48 * time.Hour)
	by := func(text string) (Who, error) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+text)
		return d.Who(r)
	}
	text, made, err := d.NewToken(t.Context(), o.ID, "a script", []officer.Role{officer.Reader}, ends)
	if err != nil {
		t.Fatal(err)
	}
	who, err := by(text)
	if err != nil || who.Officer.ID != o.ID || who.Token.Called != "a script" || !slices.Equal(who.Officer.Roles, []officer.Role{officer.Reader}) {
		t.Errorf("got %+v, %v", who, err)
	}
	for what, refused := range map[string]func() error{
		"administrator": func() error {
			_, _, err := d.NewToken(t.Context(), o.ID, "x", []officer.Role{officer.Administrator}, ends)
			return err
		},
		"no role": func() error { _, _, err := d.NewToken(t.Context(), o.ID, "x", nil, ends); return err },
		"ended": func() error {
			_, _, err := d.NewToken(t.Context(), o.ID, "x", []officer.Role{officer.Reader}, d.clock)
			return err
		},
		"for ever": func() error {
			_, _, err := d.NewToken(t.Context(), o.ID, "x", []officer.Role{officer.Reader}, d.clock.AddDate(2, 0, 0))
			return err
		},
		"by a token":      func() error { _, _, err := d.Link(who.NewContext(t.Context()), o.ID); return err },
		"by a context":    func() error { _, _, err := d.Link(officer.NewContext(t.Context(), o), o.ID); return err },
		"as a cookie":     func() error { return d.cookieOf(text) },
		"as a link":       func() error { _, err := d.Linked(d.request("/"), text); return err },
		"of a session":    func() error { _, err := by(d.jar["detente-8080"].Value); return err },
		"one that is not": func() error { _, err := by("t" + strings.Repeat("A", 52)); return err },
	} {
		if refused() == nil {
			t.Errorf("%s: not refused", what)
		}
	}
	session, err := d.Who(d.request("/"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Link(session.NewContext(t.Context()), o.ID); err != nil {
		t.Error(err)
	}
	d.clock = d.clock.Add(freshLife + time.Second)
	var stale *StaleError
	if _, _, err := d.Link(session.NewContext(t.Context()), o.ID); !errors.As(err, &stale) {
		t.Errorf("long after sign-in: %v", err)
	}
	// What the officer may not do any more, the token may not either.
	if _, err := d.book.Change(t.Context(), o.ID, func(o *officer.Officer) { o.Roles = []officer.Role{officer.Administrator} }); err != nil {
		t.Fatal(err)
	}
	if who, err := by(text); err != nil || len(who.Officer.Roles) > 0 {
		t.Errorf("got %+v, %v", who, err)
	}
	if list, err := d.Tokens(0); err != nil || len(list) != 1 || list[0].Name != made.Name {
		t.Errorf("tokens %+v, %v", list, err)
	}
	if n, err := d.EndToken(t.Context(), o.ID, made.Name); n != 1 || err != nil {
		t.Error(n, err)
	}
	if _, err := by(text); !errors.Is(err, ErrNobody) {
		t.Errorf("ended: %v", err)
	}
}

// cookieOf offers a secret as the session's.
func (d *desk) cookieOf(text string) error {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "detente-8080", Value: text})
	_, err := d.Who(r)
	return err
}

// TestLimits wants an address that tries too often to wait, and no other.
func TestLimits(t *testing.T) {
	d := newDesk(t)
	from := func(address string) error {
		r := d.request("/")
		r.RemoteAddr = address
		_, err := d.BeginSignIn(r)
		return err
	}
	var limit *LimitError
	for range rates["sign-in"].burst {
		if err := from("[2001:db8::1]:1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := from("[2001:db8::2]:2"); !errors.As(err, &limit) {
		t.Errorf("of one network: %v", err)
	}
	if err := from("192.0.2.1:1"); err != nil {
		t.Errorf("of another: %v", err)
	}
	d.clock = d.clock.Add(time.Second)
	if err := from("[2001:db8::1]:1"); err != nil {
		t.Errorf("later: %v", err)
	}
}

// TestRelease wants a release by the officer's own passkey, over one draft, once.
func TestRelease(t *testing.T) {
	d := newDesk(t)
	o, a := d.add(officer.Officer{Name: "R", Roles: []officer.Role{officer.Releaser}}, "ES256")
	other, b := d.add(officer.Officer{Name: "S", Roles: []officer.Role{officer.Releaser}}, "EdDSA")
	plain, _ := d.add(drafter, "ES256")
	ctx, digest := officer.NewContext(t.Context(), o), note.Sum([]byte("a draft"))
	begin := func() any {
		t.Helper()
		options, err := d.BeginRelease(ctx, "abc", digest)
		if err != nil {
			t.Fatal(err)
		}
		return options
	}
	answer := a.Get(begin())
	got, draft, of, err := d.FinishRelease(ctx, answer)
	if err != nil || draft != "abc" || of != digest {
		t.Fatal(draft, of, err)
	}
	r, err := d.book.Roster()
	if err != nil {
		t.Fatal(err)
	}
	k, _ := r.Key(a.ID)
	if err := got.Check(k, r.Site, digest); err != nil {
		t.Error(err)
	}
	if err := got.Check(k, r.Site, note.Sum([]byte("another"))); err == nil {
		t.Error("it is good for another draft")
	}
	finish := func(o officer.Officer, answer []byte) error {
		_, _, _, err := d.FinishRelease(officer.NewContext(t.Context(), o), answer)
		return err
	}
	if finish(o, answer) == nil {
		t.Error("taken twice")
	}
	if finish(o, b.Get(begin())) == nil {
		t.Error("by another officer's passkey")
	}
	if finish(other, b.Get(begin())) == nil {
		t.Error("asked for by another officer")
	}
	if _, err := d.BeginRelease(officer.NewContext(t.Context(), plain), "abc", digest); err == nil {
		t.Error("a drafter releases")
	}
	if _, err := d.BeginRelease(t.Context(), "abc", digest); err == nil {
		t.Error("the node's own user releases")
	}
	a.Flags = officertest.Present
	if finish(o, a.Get(begin())) == nil {
		t.Error("not verified")
	}
	a.Flags |= officertest.Verified
	options := begin()
	if err := d.book.Revoke(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if finish(o, a.Get(options)) == nil {
		t.Error("by a passkey that was revoked meanwhile")
	}
}

// TestServe wants an address that browsers give no passkeys to refused at once.
func TestServe(t *testing.T) {
	d := newDesk(t)
	for origin, ok := range map[string]bool{
		"http://localhost:8080": true, "https://desk.example": true, "https://desk.example:8443": true, "http://127.0.0.1:8080": false, "https://[::1]": false,
		"http://desk.example": false, "https://desk.example/": false, "desk.example": false, "": false, "ftp://localhost": false,
	} {
		if err := d.Serve(t.Context(), origin, "Desk"); (err == nil) != ok {
			t.Errorf("%q: %v", origin, err)
		}
	}
}
