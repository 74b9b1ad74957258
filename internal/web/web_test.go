package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
)

// TestWithin streams both ways, and shows an answer that breaks off.
func TestWithin(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Was", r.Method)
		io.Copy(w, r.Body) //nolint:errcheck // the test sees what comes
	})
	mux.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/abort", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half") //nolint:errcheck // likewise
		panic(http.ErrAbortHandler)
	})
	c := Within(mux)
	r, err := c.Post("http://node/echo", "", strings.NewReader("words"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r.Body); string(b) != "words" || err != nil || r.Header.Get("X-Was") != "POST" || r.StatusCode != http.StatusOK {
		t.Errorf("echo: %q, %v, %v", b, err, r)
	}
	if r, err = c.Get("http://node/none"); err != nil || r.StatusCode != http.StatusNoContent {
		t.Errorf("none: %v, %v", r, err)
	}
	if r, err = c.Get("http://node/abort"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r.Body); err == nil || string(b) != "half" {
		t.Errorf("abort: %q, %v: want an error after half", b, err)
	}
}

func TestProblem(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		field  string
	}{
		{&desk.FieldError{Field: "office", Why: "which?"}, http.StatusUnprocessableEntity, "office"},
		{fmt.Errorf("x: %w", &matter.FieldError{Act: "a/b", Field: "when", Why: "missing"}), http.StatusUnprocessableEntity, "when"},
		{&view.NotFound{What: "note"}, http.StatusNotFound, ""},
		{&node.Refused{Why: "quota"}, http.StatusConflict, ""},
		{&desk.StayError{Way: "line", Why: "x"}, http.StatusForbidden, ""},
		{badRequest("x"), http.StatusBadRequest, ""},
		{io.ErrUnexpectedEOF, http.StatusInternalServerError, ""},
	} {
		w := httptest.NewRecorder()
		WriteProblem(w, c.err)
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if w.Code != c.status || p.Status != c.status || p.Field != c.field || p.Title == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v: got %d %+v; want %d, field %q", c.err, w.Code, p, c.status, c.field)
		}
	}
}

// TestServe wants a socket that only its owner can use, and that a dead one
// is replaced.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(Socket(dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		done <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here") })) //nolint:errcheck // the test sees it
	}()
	c, err := Dial(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Get("http://node/")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r.Body); string(b) != "here" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
	r.Body.Close()
	c.CloseIdleConnections()
	if st, err := os.Stat(Socket(dir)); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v; want mode 0600", st, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := Listen(filepath.Join(dir, strings.Repeat("x", 100))); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("a path that is too long: %v", err)
	}
}
