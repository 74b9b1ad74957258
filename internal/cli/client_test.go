package cli

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/internal/web"
)

// TestLostAnswer has the node die between the request and the answer: a note
// may then have been written, and nothing that only asks.
func TestLostAnswer(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })}
	go s.Serve(l) //nolint:errcheck // it ends with the test
	defer s.Close()
	if _, err := web.Dial(dir); err != nil {
		t.Fatal(err)
	}
	letter := []string{"send", "--dir", dir, "message/send", "--form", "letter", "--text", "subject=S", "--text", "body=B"}
	for _, c := range []struct {
		args  []string
		wrote bool
	}{
		{letter, true},
		{append(slices.Clone(letter), "--check"), false},
		{append(slices.Clone(letter), "--keep"), false},
		{[]string{"drafts", "send", "x", "--dir", dir}, true},
		{[]string{"timeline", "--dir", dir}, false},
	} {
		code, _, errs := runHere(c.args...)
		if wrote := strings.Contains(errs, "the note may have been written: look at detente timeline before sending again"); code != ExitNode || wrote != c.wrote {
			t.Errorf("%q: code %d, %q; want the warning: %v", c.args, code, errs, c.wrote)
		}
	}
	if code, _, errs := runHere("file", "strike", "H1", "--remark", "R", "--dir", dir); code != ExitNode || !strings.Contains(errs, "the entry may have been made") {
		t.Errorf("code %d, %q", code, errs)
	}
	gone := &client{&http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "unix", Err: net.ErrClosed}
	}}}, nil}
	if err := gone.call(t.Context(), "POST", "send", nil, nil, nil); err == nil || strings.Contains(err.Error(), "may have been written") {
		t.Errorf("a node that was never reached: %v", err)
	}
}

// TestListenAt wants a loopback address to stay one.
func TestListenAt(t *testing.T) {
	for _, c := range []struct{ reached, want []string }{
		{nil, nil},
		{[]string{"127.0.0.1:7701"}, []string{"127.0.0.1:7701"}},
		{[]string{"[::1]:7701", "localhost:7702"}, []string{"[::1]:7701", "localhost:7702"}},
		{[]string{"pak.example:7402", "192.0.2.1:7402"}, []string{":7402"}},
		{[]string{"127.0.0.1:7402", "pak.example:7402", "127.0.0.1:7403"}, []string{":7402", "127.0.0.1:7403"}},
	} {
		if got := listenAt(c.reached); !slices.Equal(got, c.want) {
			t.Errorf("reached at %q it listens on %q; want %q", c.reached, got, c.want)
		}
	}
}

// TestHelpIsPlain wants the help of an act without the marks of a page.
func TestHelpIsPlain(t *testing.T) {
	code, out, _ := runHere("help", "undertaking/offer")
	for _, raw := range []string{"```", "|---", "###"} {
		if strings.Contains(out, raw) {
			t.Errorf("%q stands in the help of an act", raw)
		}
	}
	for _, want := range []string{"parts/due: ", "; required", "detente send undertaking/offer", "detente help types"} {
		if code != ExitOK || !strings.Contains(out, want) {
			t.Errorf("there is no %q in:\n%s", want, out)
		}
	}
	_, out, _ = runHere("help", "types")
	for _, word := range []string{"instant", "date", "end", "place", "note", "digest"} {
		if !strings.Contains(out, "    "+word+" ") {
			t.Errorf("help types does not explain %s", word)
		}
	}
}
