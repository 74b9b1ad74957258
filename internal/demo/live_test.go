package demo_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/internal/demo"
	"detente/internal/site"
	"detente/internal/view"
	"detente/internal/web"
	"detente/scenario"
)

// desks is a demo that is played live, one stop and then as it is told.
type desks struct {
	*testing.T
	dir   string
	out   *transcript
	ended chan error
	end   context.CancelFunc
	http  *http.Client // a browser, that does not follow by itself
	at    string       // the desk of PAK
	run   int
}

func live(t *testing.T, text string) *desks {
	t.Helper()
	s, err := scenario.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &desks{T: t, dir: folder(t), run: 1, out: &transcript{more: make(chan struct{}, 1)}, ended: make(chan error, 1),
		http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	ctx, cancel := context.WithCancel(t.Context())
	d.end = cancel
	go func() {
		d.ended <- demo.Run(ctx, demo.Options{Dir: d.dir, Out: d.out, Scenario: s, Live: &demo.Live{Pace: time.Hour, Pages: pages, Program: "detente"}})
	}()
	link := d.out.await(t, `PAK  (http://\S+)\n`, d.ended)
	d.at, _, _ = strings.Cut(link, "/demo/")
	if r := d.get(strings.TrimPrefix(link, d.at)); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
		t.Fatalf("the link answers %s, to %q", r.Status, r.Header.Get("Location"))
	}
	return d
}

func pages(d demo.Desk) http.Handler {
	return site.New(site.Options{Demo: d.Player, Desk: d.API.Desk(), Log: slog.New(slog.DiscardHandler), Node: d.Node, SignIn: d.Door, Who: d.Who, API: web.Guard(d.API, d.Who)})
}

func (d *desks) get(path string) *http.Response {
	d.Helper()
	r, err := d.http.Get(d.at + path)
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { r.Body.Close() })
	return r
}

// press presses a control, and wants what has come of it.
func (d *desks) press(control, day string, at, run int, state view.DemoState, clock string) {
	d.Helper()
	back := "/back"
	if run > d.run {
		d.run, back = run, "/demo/arrived"
	}
	r, err := d.http.PostForm(d.at+"/demo/"+control, url.Values{"day": {day}, "back": {"/back"}})
	if err != nil {
		d.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != back {
		d.Fatalf("%s %s: %s to %q", control, day, r.Status, r.Header.Get("Location"))
	}
	if back != "/back" { // it is there once the new nodes are
		if r := d.get(back); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
			d.Fatalf("played anew: %s to %q", r.Status, r.Header.Get("Location"))
		}
	}
	var v view.Demo
	if err := json.NewDecoder(d.get("/demo/state").Body).Decode(&v); err != nil {
		d.Fatal(err)
	}
	if v.At != at || v.Run != run || v.State != state || v.Clock.Format(time.RFC3339) != clock {
		d.Fatalf("%s %s: %+v", control, day, v)
	}
}

// page is a page of the desk.
func (d *desks) page(path string) string {
	d.Helper()
	r := d.get(path)
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		d.Fatalf("%s: %s, %v", path, r.Status, err)
	}
	return string(b)
}

// notes counts the notes that PAK holds of its channel with IRN, in one run.
func (d *desks) notes(dir string) int {
	d.Helper()
	c, err := web.Dial(filepath.Join(d.dir, dir))
	if err != nil {
		d.Fatal(err)
	}
	defer c.CloseIdleConnections()
	r, err := c.Get("http://node/api/v1/timeline?channel=" + url.QueryEscape("Pakistan and Iran"))
	if err != nil {
		d.Fatal(err)
	}
	defer r.Body.Close()
	var list struct{ Notes []view.NoteLine }
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil || r.StatusCode != http.StatusOK {
		d.Fatal(r.Status, err)
	}
	return len(list.Notes)
}

// TestLive plays two days as a visitor does, back and forth.
func TestLive(t *testing.T) {
	d := live(t, upTo(2))
	if got := d.out.String(); !strings.HasPrefix(got, "Reconstruction from press claims; exercise keys; no government wrote these notes\n") {
		t.Errorf("it opens with\n%s", got)
	}
	d.press("jump", "2024-01-16", 1, 1, view.DemoPaused, "2024-01-16T00:00:00+05:00") // where it comes by itself
	d.press("step", "", 2, 1, view.DemoPaused, "2024-01-16T06:00:00+05:00")
	if got := d.notes("PAK"); got != 1 {
		t.Errorf("after the first note PAK holds %d", got)
	}
	d.press("jump", "2024-01-17", 12, 1, view.DemoPaused, "2024-01-17T00:00:00+05:00")
	day := d.notes("PAK")
	if got := d.page("/"); !strings.Contains(got, `<bdi lang="en">Reconstruction from press claims; exercise keys; no government wrote these notes</bdi>`) ||
		!strings.Contains(got, `<option value="2024-01-17" selected`) || !strings.Contains(got, "17 January 2024") || !strings.Contains(got, `formaction="/demo/play">`) {
		t.Errorf("the page of the 17th:\n%s", got)
	}
	d.press("step", "", 13, 1, view.DemoPaused, "2024-01-17T12:00:00+05:00")
	d.press("jump", "2024-01-17", 12, 2, view.DemoPaused, "2024-01-17T00:00:00+05:00")
	if got := d.notes("run-2/PAK"); got != day || got < 5 {
		t.Errorf("on the morning of the 17th PAK held %d notes, and when it was played anew %d", day, got)
	}
	if _, err := web.Dial(filepath.Join(d.dir, "PAK")); err == nil {
		t.Error("the node of the first run is still served")
	}
	link := d.out.await(t, `IRN  (http://\S+)\n`, d.ended)
	if r := d.get("/demo/desk/IRN"); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != link {
		t.Errorf("from the desk of PAK to that of IRN: %s, %q", r.Status, r.Header.Get("Location"))
	}
	for _, path := range []string{"/me", "/officers"} {
		if got := d.page(path); !strings.Contains(got, "Demonstration") || !strings.Contains(got, "no government wrote these notes") {
			t.Errorf("%s is\n%s", path, got)
		}
	}
	d.http.Jar = nil // another visitor
	if r := d.get("/"); r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/sign-in") {
		t.Errorf("who has no link gets %s, %q", r.Status, r.Header.Get("Location"))
	}
	if r, err := d.http.PostForm(d.at+"/demo/step", nil); err != nil || r.StatusCode != http.StatusUnauthorized {
		t.Errorf("who has no link plays a step: %v, %v", r, err)
	}
	if r := d.get("/demo/desk/IRN"); r.Header.Get("Location") == link {
		t.Error("who has no link is let in elsewhere")
	}
	d.end()
	if err := <-d.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	d.out.await(t, "The nodes end. Their folders stay in "+d.dir+"/run-2", d.ended)
}

// TestStopped plays a note that cannot be written: the nodes stay up, and the
// scenario can be played anew.
func TestStopped(t *testing.T) {
	d := live(t, upTo(1)+`
note: agreed-again
at: 2024-01-16T23:50:00+05:00[Asia/Karachi]
channel: pak-irn
from: PAK mfa
act: talk/agree
on: call-december
basis: invented, to be refused
`)
	d.press("jump", "end", 11, 1, view.DemoStopped, "2024-01-16T23:50:00+05:00")
	d.out.await(t, `STOPPED: agreed-again, line \d+ of the\s+scenario`, d.ended)
	if got := d.notes("PAK"); got < 5 {
		t.Errorf("the node that stays up holds %d notes", got)
	}
	d.press("jump", "2024-01-16", 1, 2, view.DemoPaused, "2024-01-16T00:00:00+05:00")
	d.press("jump", "end", 11, 2, view.DemoStopped, "2024-01-16T23:50:00+05:00")
	d.end()
	if err := <-d.ended; err == nil || !strings.Contains(err.Error(), "agreed-again, line") {
		t.Errorf("it ended with %v", err)
	}
}

// TestReal refuses desks that anybody can enter on a channel that is real.
func TestReal(t *testing.T) {
	s, err := scenario.January2024()
	if err != nil {
		t.Fatal(err)
	}
	s.Channels[1].Exercise = false
	dir := folder(t)
	err = demo.Run(t.Context(), demo.Options{Dir: dir, Out: &transcript{}, Scenario: s, Live: &demo.Live{}})
	if err == nil || !strings.Contains(err.Error(), "Pakistan and Türkiye is not an exercise") {
		t.Errorf("got %v", err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("it made %v, %v", list, err)
	}
}
