package web

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"detente/internal/officer"
)

// TestRoles asks for every route of the table as an officer of every role, and
// as the node's own user, and wants to be let through to what the route does
// exactly where the role of the route says so.
func TestRoles(t *testing.T) {
	// What each role may do besides what it is called by: package officer.
	reads := map[officer.Role]bool{officer.Reader: true, officer.Drafter: true, officer.Releaser: true}
	a := &API{}
	for _, r := range routes {
		if r.Role != nodeOnly && !slices.Contains(officer.Roles, r.Role) {
			t.Errorf("%s %s: %q is no role", r.Method, r.Path, r.Role)
		}
		reached := false
		route := r
		route.do = func(*API, http.ResponseWriter, *http.Request) error { reached = true; return nil }
		ask := func(by string, as *officer.Officer, want bool) {
			t.Helper()
			reached = false
			req := httptest.NewRequest(r.Method, "/api/v1/"+r.Path, strings.NewReader("{}"))
			if as != nil {
				req = req.WithContext(officer.NewContext(req.Context(), *as))
			}
			w := httptest.NewRecorder()
			handler{a, &route}.ServeHTTP(w, req)
			if reached != want || !want && w.Code != http.StatusForbidden {
				t.Errorf("%s %s as %s: reached %v, status %d; want %v", r.Method, r.Path, by, reached, w.Code, want)
			}
		}
		for _, role := range officer.Roles {
			o := with(role)
			ask(string(role), &o, r.Role == role || r.Role == officer.Reader && reads[role])
			o.Ended = true
			ask(string(role)+" who works here no more", &o, false)
		}
		none := with()
		ask("an officer of no role", &none, false)
		ask("the node's own user", nil, true)
	}
}
