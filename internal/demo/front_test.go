package demo

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestWhereDesksAre(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1":         "want HOST:PORT",
		":8440":             "from this machine only",
		"0.0.0.0:0":         "from this machine only",
		"192.0.2.1:8440":    "from this machine only",
		"127.0.0.1:http":    "from this machine only",
		"127.0.0.1:65535":   "from this machine only", // no port is left for the second
		"127.0.0.1:4294967": "from this machine only",
	} {
		all, err := openFronts([]string{"AAA", "BBB"}, addr)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", addr, err, want)
		}
		all.close()
	}
	all, err := openFronts([]string{"AAA", "BBB"}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer all.close()
	taken := all[1].listener.Addr().String()
	if _, err := openFronts([]string{"AAA"}, taken); err == nil || !strings.Contains(err.Error(), "choose other ports with --desk") {
		t.Errorf("a port that is taken: %v", err)
	}
}

// TestFront wants that nothing is served of a node that is being closed, and
// that whoever asks meanwhile gets the next one.
func TestFront(t *testing.T) {
	all, err := openFronts([]string{"AAA"}, "")
	if err != nil {
		t.Fatal(err)
	}
	f := all[0]
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- f.serve(ctx) }()
	get := func(path string) string {
		r, err := http.Get("http://" + f.listener.Addr().String() + path)
		if err != nil {
			return err.Error()
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	inside, left := make(chan bool), false
	f.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inside <- true
		<-r.Context().Done() // as a page does that waits for news
		left = true
		io.WriteString(w, "first") //nolint:errcheck // the test sees what comes
	}))
	answers := make(chan string, 2)
	go func() { answers <- get("/") }()
	<-inside
	f.shut()
	if !left {
		t.Error("it is shut while something is served")
	}
	if got := <-answers; got != "first" {
		t.Errorf("who was inside got %q", got)
	}
	go func() { answers <- get("/") }()
	f.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "second") })) //nolint:errcheck // likewise
	if got := <-answers; got != "second" {
		t.Errorf("who waited got %q", got)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	f.shut()
}
