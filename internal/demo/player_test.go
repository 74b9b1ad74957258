package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"detente/internal/view"
	"detente/scenario"
)

func story() *scenario.Scenario {
	s := &scenario.Scenario{Banner: "Nobody wrote this", Steps: storyline(), Parties: []scenario.Party{{Code: "AAA"}, {Code: "BBB"}}}
	s.Start, s.End = s.Steps[0].At, s.Steps[0].At.AddDate(0, 0, 2)
	return s
}

// TestPace wants a rest after each stop, none on the way to a day, and none
// that a pause was long enough for.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlayer(story(), time.Second)
		begin := time.Now()
		play := func(at time.Duration, kinds ...scenario.Kind) {
			t.Helper()
			steps, err := p.next(t.Context())
			if err != nil || time.Since(begin) != at || len(steps) != len(kinds) {
				t.Fatalf("after %v: %v, %v; want %v after %v", time.Since(begin), steps, err, kinds, at)
			}
			for i, st := range steps {
				if st.Kind != kinds[i] {
					t.Errorf("it plays a %s; want a %s", st.Kind, kinds[i])
				}
			}
			p.played(nil)
		}
		play(0, scenario.Day)
		play(time.Second, scenario.Note, scenario.Pause)
		p.do((*deck).pause) //nolint:errcheck // it is never refused
		go func() {
			time.Sleep(5 * time.Second)
			p.do((*deck).play) //nolint:errcheck // what comes next shows it
		}()
		play(6*time.Second, scenario.Day)
		if err := p.do(func(d *deck) error { return d.jump(theEnd) }); err != nil {
			t.Fatal(err)
		}
		play(6*time.Second, scenario.Entry)
		play(6*time.Second, scenario.Note, scenario.Expect, scenario.Pause)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if steps, err := p.next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after the end: %v, %v", steps, err)
		}
		p.do(func(d *deck) error { return d.jump("2024-03-01") }) //nolint:errcheck // what comes next shows it
		if _, err := p.next(t.Context()); !errors.Is(err, errAnew) {
			t.Errorf("told to go back: %v", err)
		}
	})
}

// playing plays nothing, as a Player says.
func playing(t *testing.T, p *Player) {
	go func() {
		for {
			switch _, err := p.next(t.Context()); {
			case errors.Is(err, errAnew):
				p.begin(&clock{now: p.scenario.Start})
			case err != nil:
				return
			default:
				p.played(nil)
			}
		}
	}()
}

// TestControls works the controls as a form and as a program do.
func TestControls(t *testing.T) {
	p := newPlayer(story(), 0)
	if err := p.do((*deck).pause); err != nil {
		t.Fatal(err)
	}
	playing(t, p)
	srv := httptest.NewServer(p)
	defer srv.Close()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		path, form, back string // back: where a form is sent on to
		status           int
		says             string
	}{
		{"step", "back=%2Fc%2F1", "/c/1", http.StatusSeeOther, ""},
		{"step", "back=%2F%2Felsewhere", "/", http.StatusSeeOther, ""},
		{"step", "back=https%3A%2F%2Felsewhere", "/", http.StatusSeeOther, ""},
		{"jump", "back=%2Fhere&day=2024-03-01", "/demo/arrived", http.StatusSeeOther, ""},
		{"jump", "day=2024-03-09", "", http.StatusConflict, "No day"},
		{"jump", "back=%2F%5Celsewhere&day=end", "/", http.StatusSeeOther, ""},
		{"play", "", "", http.StatusConflict, "to its end"},
		{"jump", "day=" + strings.Repeat("9", maxForm), "", http.StatusConflict, "No day"},
		{"nothing", "", "", http.StatusNotFound, ""},
	} {
		r, err := browser.Post(srv.URL+"/demo/"+c.path, "application/x-www-form-urlencoded", strings.NewReader(c.form))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != c.status || r.Header.Get("Location") != c.back || !strings.Contains(string(b), c.says) {
			t.Errorf("%s %.40s: %s to %q, %s", c.path, c.form, r.Status, r.Header.Get("Location"), b)
		}
	}
	if r, err := http.Get(srv.URL + "/demo/step"); err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET of a control: %v, %v", r, err)
	}

	// Where it is played anew, Today is shown once it is where it was told to go.
	if _, err := browser.PostForm(srv.URL+"/demo/jump", url.Values{"day": {"2024-03-01"}}); err != nil {
		t.Fatal(err)
	}
	if r, err := browser.Get(srv.URL + "/demo/arrived"); err != nil || r.Header.Get("Location") != "/" || p.View().State != view.DemoPaused {
		t.Errorf("played anew: %v, %v, %s", r, err, p.View().State)
	}

	// A program is told how it stands, once it is there.
	req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/demo/jump", strings.NewReader(url.Values{"day": {"2024-03-02"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	r, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var v view.Demo
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil || v.At != 3 || v.Of != 5 || v.State != view.DemoPaused || v.Day != "2024-03-02" || v.Run != 3 || v.Banner != "Nobody wrote this" || strings.Join(v.Desks, " ") != "AAA BBB" {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestEvents wants the state at once, at every stop, and that all is played
// anew, even where the page is cut off by that.
func TestEvents(t *testing.T) {
	p := newPlayer(story(), 0)
	if err := p.do((*deck).pause); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.ServeHTTP(w, r.WithContext(ctx)) }))
	defer srv.Close()
	r, err := http.Get(srv.URL + "/demo/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	event := func(at, run int, state view.DemoState) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var v view.Demo
				if err := json.Unmarshal([]byte(data), &v); err != nil || v.At != at || v.Run != run || v.State != state {
					t.Errorf("%s, %v; want %d of run %d, %s", data, err, at, run, state)
				}
				return
			}
		}
		t.Fatal("the events end")
	}
	tell := func(change func(*deck) error) {
		t.Helper()
		if err := p.do(change); err != nil {
			t.Fatal(err)
		}
	}
	event(0, 1, view.DemoPaused)
	tell((*deck).step)
	event(0, 1, view.DemoMoving)
	p.played(nil)
	event(1, 1, view.DemoPaused)
	tell((*deck).play)
	event(1, 1, view.DemoPlaying)
	p.mu.Lock() // both at once: it is cut off, and there is something to tell
	p.deck.done()
	if err := p.deck.jump("2024-03-01"); err != nil {
		t.Error(err)
	}
	cancel()
	p.tell()
	p.mu.Unlock()
	event(0, 2, view.DemoMoving)
	for lines.Scan() {
		if lines.Text() != "" {
			t.Errorf("another event comes: %s", lines.Text())
		}
	}
}

// TestKeys types.
func TestKeys(t *testing.T) {
	p := newPlayer(story(), 0)
	var out strings.Builder
	for _, c := range []struct {
		line  string
		state view.DemoState
		says  string
	}{
		{"", view.DemoPaused, ""},
		{"", view.DemoPlaying, ""},
		{" s ", view.DemoMoving, ""},
		{"2024-03-02", view.DemoMoving, ""},
		{"who knows", view.DemoMoving, `No day of the scenario is "who knows".`},
	} {
		out.Reset()
		p.keys(strings.NewReader(c.line+"\n"), &out)
		if p.View().State != c.state || strings.TrimSpace(out.String()) != c.says {
			t.Errorf("%q: %s, %q; want %+v", c.line, p.View().State, out.String(), c)
		}
	}
}
