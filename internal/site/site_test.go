package site

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"detente/internal/demo"
	"detente/internal/desk"
	"detente/internal/locale"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/officer/signin"
)

var quiet = slog.New(slog.DiscardHandler)

// played is a folder in which January 2024 was played once for all tests.
var played struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if played.dir != "" {
		os.RemoveAll(played.dir)
	}
	os.Exit(code)
}

// january returns the node of a party after January 2024.
func january(t testing.TB, party string) *node.Node {
	t.Helper()
	played.Do(func() {
		if played.dir, played.err = os.MkdirTemp("", "site"); played.err == nil {
			played.err = demo.Run(t.Context(), demo.Options{Dir: played.dir, Out: io.Discard})
		}
	})
	if played.err != nil {
		t.Fatal(played.err)
	}
	dir := filepath.Join(t.TempDir(), party)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(played.dir, party))); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := os.FileMode(0o600)
		if e.IsDir() {
			mode = 0o700
		}
		return os.Chmod(path, mode)
	}); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Config{Dir: dir, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() }) //nolint:errcheck // the test is over
	return n
}

// open returns a site at which every request is an officer's.
func open(t testing.TB, n *node.Node, o officer.Officer) *Site {
	t.Helper()
	return New(Options{Node: n, Desk: desk.New(n), SignIn: doorkeeper(n), Log: quiet, Who: func(*http.Request) (signin.Who, error) { return signin.Who{Officer: o}, nil }})
}

func doorkeeper(n *node.Node) *signin.Service {
	return signin.New(officer.NewBook(n.House()), n.Store(), n.Box(), nil)
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

// MaxPage is how long a page may be, before fonts.
const maxPage = 150_000

// TestEveryLinkLeadsToAPage follows every link from Today, in each language:
// each page is there, is whole, is small, and asks for nothing from outside.
func TestEveryLinkLeadsToAPage(t *testing.T) {
	n := january(t, "PAK")
	for _, l := range locale.Languages {
		t.Run(l.Tag, func(t *testing.T) {
			s := open(t, n, officer.Officer{ID: 1, Name: "Duty", Lang: l.Tag, Calendar: "solar", Roles: officer.Roles})
			seen := map[string]bool{"/": true}
			for queue := []string{"/"}; len(queue) > 0; queue = queue[1:] {
				w := get(s, queue[0])
				if w.Code != http.StatusOK {
					t.Errorf("%s: %d %s", queue[0], w.Code, plain(w.Body.String()))
					continue
				}
				if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
					continue
				}
				if w.Body.Len() > maxPage {
					t.Errorf("%s has %d bytes", queue[0], w.Body.Len())
				}
				for _, path := range links(t, queue[0], w.Body.Bytes(), l) {
					if !seen[path] {
						seen[path] = true
						queue = append(queue, path)
					}
				}
			}
			if len(seen) < 100 {
				t.Errorf("only %d pages were found: %v", len(seen), seen)
			}
		})
	}
}

// links returns where a page leads, and checks what it is made of.
func links(t *testing.T, path string, page []byte, l locale.Language) (out []string) {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "style" || n.Data == "base" || n.Data == "iframe" || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("%s: a %s element inside the page", path, n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s: an inline %s", path, a.Key)
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("%s: two elements are called %s", path, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case n.Data == "html" && (a.Key == "lang" && a.Val != l.Tag || a.Key == "dir" && a.Val != l.Dir):
				t.Errorf("%s: %s is %s", path, a.Key, a.Val)
			case a.Key == "href" || a.Key == "src":
				if !strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "//") {
					if !strings.HasPrefix(a.Val, "#") {
						t.Errorf("%s: leads outside, to %s", path, a.Val)
					}
				} else if to, _, _ := strings.Cut(a.Val, "#"); to != "" {
					out = append(out, to)
				}
			}
		}
	}
	return out
}

// TestNobodySeesNothing asks for every page without being signed in.
func TestNobodySeesNothing(t *testing.T) {
	n := january(t, "PAK")
	s := New(Options{Node: n, SignIn: doorkeeper(n), Log: quiet})
	for _, r := range Routes() {
		method, path, ok := strings.Cut(r.Pattern, " ")
		if !ok {
			method, path = "GET", "/nowhere"
		}
		if r.Role == everybody {
			continue
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(method, strings.NewReplacer("{$}", "", "{", "", "}", "").Replace(path), nil))
		if method == "GET" && (w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in?")) || method != "GET" && w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", r.Pattern, w.Code)
		}
	}
}

// TestRoles asks for every page in every role.
func TestRoles(t *testing.T) {
	n := january(t, "PAK")
	for _, role := range officer.Roles {
		o := officer.Officer{ID: 1, Name: "One", Roles: []officer.Role{role}}
		s := open(t, n, o)
		for _, r := range Routes() {
			method, path, ok := strings.Cut(r.Pattern, " ")
			if !ok {
				method, path = "GET", "/nowhere"
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(method, strings.NewReplacer("{$}", "", "{", "", "}", "").Replace(path), nil))
			if may := r.Role == everybody || r.Role == signedIn || o.May(r.Role); may == (w.Code == http.StatusForbidden) {
				t.Errorf("%s, for a %s: %d", r.Pattern, role, w.Code)
			}
		}
	}
}

// TestForeignPosts sends forms from another site.
func TestForeignPosts(t *testing.T) {
	s := open(t, january(t, "PAK"), officer.Officer{ID: 1, Roles: officer.Roles})
	r := httptest.NewRequest("POST", "/", strings.NewReader(""))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a form of another site: %d", w.Code)
	}
}
