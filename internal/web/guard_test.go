package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/internal/node"
	"detente/internal/nodetest"
	"detente/internal/officer"
	"detente/internal/officer/signin"
)

// server is the API as the desk's listener serves it, on TCP, and a token of an
// officer of each role.
type server struct {
	*httptest.Server
	t      *testing.T
	door   *signin.Service
	guard  *guard
	tokens map[officer.Role]string
}

func serve(t *testing.T, n *node.Node) *server {
	t.Helper()
	now := time.Now()
	s := &server{t: t, door: signin.New(officer.NewBook(n.House()), n.Store(), n.Box(), func() time.Time { return now }), tokens: map[officer.Role]string{}}
	for _, role := range officer.Roles {
		o, err := s.door.Book().Add(t.Context(), officer.Officer{Name: "A " + string(role), Roles: []officer.Role{role}})
		if err != nil {
			t.Fatal(err)
		}
		if role == officer.Administrator { // whom no token lets in
			continue
		}
		if s.tokens[role], _, err = s.door.NewToken(t.Context(), o.ID, "a test", []officer.Role{role}, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	s.guard = Guard(NewAPI(n), s.door.Who).(*guard)
	s.Server = httptest.NewServer(s.guard)
	t.Cleanup(s.Close)
	return s
}

// ask makes a request with a token, and returns the answer and, of an error, the
// problem.
func (s *server) ask(method, path, token, body string) (*http.Response, Problem) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var p Problem
	if resp.StatusCode >= 400 {
		if ct := resp.Header.Get("Content-Type"); ct != "application/problem+json" {
			s.t.Errorf("%s %s: %s is a %q", method, path, resp.Status, ct)
		}
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.Status != resp.StatusCode || p.Title == "" || p.Detail == "" {
			s.t.Errorf("%s %s: %+v, %v", method, path, p, err)
		}
	}
	return resp, p
}

// TestGuard asks for every route of the table on TCP without a token, with one
// that is none, and with that of each role; and wants none to be reached that
// the role is not for. What lies behind is TestRoles'.
func TestGuard(t *testing.T) {
	s := serve(t, nodetest.New(t))
	s.guard.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o, ok := officer.FromContext(r.Context())
		if !ok {
			t.Errorf("%s %s came without an officer", r.Method, r.URL.Path)
		}
		for i := range routes {
			if routes[i].Method+" /api/v1/"+routes[i].Path != r.Header.Get("X-Row") {
				continue
			}
			if err := routes[i].may(r.Context()); err != nil {
				WriteProblem(w, err)
			}
			return
		}
		t.Errorf("%s %s by %s is in no row", r.Method, r.URL.Path, o.Name)
	})
	s.guard.now = ticking() // nobody asks too often
	for _, row := range routes {
		path := "/api/v1/" + strings.NewReplacer("{id}", "1", "{number}", "1", "{digest}", "1").Replace(row.Path)
		name := row.Method + " /api/v1/" + row.Path
		r := func(token string) int {
			req, err := http.NewRequestWithContext(t.Context(), row.Method, s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Row", name)
			if token != "" {
				req.Header.Set("Authorization", "Bearer "+token)
			}
			resp, err := s.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode == http.StatusUnauthorized && !strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), "Bearer ") {
				t.Errorf("%s: no WWW-Authenticate", name)
			}
			return resp.StatusCode
		}
		if got := r(""); got != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", name, got)
		}
		for role, token := range s.tokens {
			want := http.StatusForbidden
			if with(role).May(row.Role) {
				want = http.StatusOK
			}
			if got := r(token); got != want {
				t.Errorf("%s as %s: %d, want %d", name, role, got, want)
			}
		}
	}
}

// ticking is a clock by which a second goes by between any two looks.
func ticking() func() time.Time {
	now := time.Now()
	return func() time.Time { now = now.Add(time.Second); return now }
}

// TestTokens tries tokens that are none, and that were ended.
func TestTokens(t *testing.T) {
	s := serve(t, nodetest.New(t))
	resp, _ := s.ask("GET", "/api/v1/node", "", "")
	if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") != `Bearer realm="detente"` {
		t.Errorf("without: %s, %q", resp.Status, resp.Header.Get("WWW-Authenticate"))
	}
	resp, _ = s.ask("GET", "/api/v1/node", "guess", "")
	if resp.StatusCode != http.StatusUnauthorized || !strings.Contains(resp.Header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("a guess: %s, %q", resp.Status, resp.Header.Get("WWW-Authenticate"))
	}
	if resp, _ := s.ask("GET", "/api/v1/node", s.tokens[officer.Reader], ""); resp.StatusCode != http.StatusOK {
		t.Errorf("a reader: %s", resp.Status)
	}
	if _, err := s.door.EndToken(t.Context(), 0, ""); err != nil {
		t.Fatal(err)
	}
	if resp, _ := s.ask("GET", "/api/v1/node", s.tokens[officer.Reader], ""); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("ended: %s", resp.Status)
	}
	status := 0
	for range 100 { // guesses from one address, while the clock stands still
		if resp, _ := s.ask("GET", "/api/v1/node", "guess", ""); resp.StatusCode != http.StatusUnauthorized {
			status = resp.StatusCode
			if resp.Header.Get("Retry-After") == "" {
				t.Error("it does not say when to try again")
			}
			break
		}
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("a hundred guesses: %d", status)
	}
}

// TestTooMany has an officer ask more than one may.
func TestTooMany(t *testing.T) {
	s := serve(t, nodetest.New(t))
	now := time.Now()
	s.guard.now = func() time.Time { return now }
	for range atOnce {
		if resp, p := s.ask("GET", "/api/v1/node", s.tokens[officer.Reader], ""); resp.StatusCode != http.StatusOK {
			t.Fatal(p)
		}
	}
	if resp, _ := s.ask("GET", "/api/v1/node", s.tokens[officer.Reader], ""); resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("one more: %s, %q", resp.Status, resp.Header.Get("Retry-After"))
	}
	if resp, _ := s.ask("GET", "/api/v1/node", s.tokens[officer.Drafter], ""); resp.StatusCode != http.StatusOK {
		t.Errorf("another officer: %s", resp.Status)
	}
}

// TestNoRow asks for what is in no row.
func TestNoRow(t *testing.T) {
	s := serve(t, nodetest.New(t))
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/api/v1/nothing", http.StatusNotFound, ""},
		{"GET", "/api/v1/", http.StatusNotFound, ""},
		{"GET", "/api/v1/notes/..%2f..%2fparty.json", http.StatusBadRequest, ""},
		{"GET", "/api/v1/documents/..%2fparty.json", http.StatusNotFound, ""},
		{"PATCH", "/api/v1/node", http.StatusMethodNotAllowed, "GET, HEAD"},
	} {
		resp, p := s.ask(c.method, c.path, s.tokens[officer.Reader], "")
		if resp.StatusCode != c.status || resp.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %s, %q, %+v; want %d", c.method, c.path, resp.Status, resp.Header.Get("Allow"), p, c.status)
		}
	}
}

// TestPathsStayAtHome gives paths of the node's machine as an officer, wherever
// a request can name one.
func TestPathsStayAtHome(t *testing.T) {
	n := nodetest.New(t)
	s := serve(t, n)
	secret := filepath.Join(n.Dir(), "store.key")
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	draft := `{"act":"message/send","given":{"form":["letter"]},"texts":{"subject":{"en":"S"},"body":{"en":"B"}},"attach":[` + string(quoted) + `]}`
	for path, body := range map[string]string{
		"POST /api/v1/send":         draft,
		"POST /api/v1/send?keep=1":  draft,
		"POST /api/v1/send?check=1": draft,
		"PUT /api/v1/drafts/x":      draft,
		"POST /api/v1/house":        `{"act":"file/paper","scan":` + string(quoted) + `}`,
	} {
		method, target, _ := strings.Cut(path, " ")
		if resp, p := s.ask(method, target, s.tokens[officer.Drafter], body); resp.StatusCode != http.StatusUnprocessableEntity || !slices.Contains([]string{"attach", "scan"}, p.Field) {
			t.Errorf("%s: %s, %+v", path, resp.Status, p)
		}
	}
	if kept, err := n.House().Drafts(); err != nil || len(kept) > 0 {
		t.Errorf("kept: %v, %v", kept, err)
	}
	if _, err := os.Stat(filepath.Join(n.Dir(), "house")); err == nil {
		t.Error("something was kept in-house")
	}
}
