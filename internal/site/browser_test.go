package site

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"detente/internal/desk"
	"detente/internal/locale"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/officer/signin"
	"detente/internal/view"
)

var shots = flag.String("shots", "", "folder to which TestScreens writes a picture of every page, in every language")

// browser starts a real browser, or skips the test where none is installed and
// this is not the machine that must have one.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("DETENTE_CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no chromium here")
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context that starts it
		t.Fatal(err)
	}
	return ctx
}

// speaking returns a site whose officer speaks the language of the request's
// cookie.
func speaking(t testing.TB, n *node.Node) *httptest.Server {
	t.Helper()
	s := New(Options{Node: n, Desk: desk.New(n), SignIn: doorkeeper(n), Log: quiet, Who: func(r *http.Request) (signin.Who, error) {
		o := officer.Officer{ID: 1, Name: "Duty officer", Roles: officer.Roles}
		if c, err := r.Cookie("lang"); err == nil {
			o.Lang = c.Value
		}
		if o.Lang == "fa" {
			o.Calendar = "solar"
		}
		return signin.Who{Officer: o}, nil
	}})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

// shown are the pages that are looked at: one of each kind.
func shown(t testing.TB, n *node.Node) map[string]string {
	t.Helper()
	out := map[string]string{"today": "/", "drafts": "/drafts", "me": "/me", "officers": "/officers", "sign-in": "/sign-in"}
	for _, id := range n.Channels() {
		reg, err := view.Matters(n, id, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(reg.Matters) < 5 {
			continue
		}
		at := ChannelPath(id)
		for _, m := range reg.Matters {
			out["matter-"+m.Kind] = matterPath(m.ID) // the latest of each kind
			out["note"] = notePath(m.ID)
		}
		out["matters"], out["undertakings"], out["line"] = at+"/matters", at+"/matters?kind=undertaking", at+"/line"
		out["compose"], out["write"] = at+"/compose", at+"/compose?act=talk/readout"
		out["timeline"], out["private"] = at+"/timeline", at+"/private"
	}
	return out
}

// patience is how long a page may take to be drawn, on a machine that does
// other things too. It only ends a test that hangs.
const patience = 30 * time.Second

// TestScreens draws every page in every language, wide and narrow, in a real browser: nothing is wider than the window.
func TestScreens(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	n := january(t, "PAK")
	server := speaking(t, n)
	ctx := browser(t)
	for name, path := range shown(t, n) {
		for _, l := range locale.Languages {
			for _, width := range []int64{1440, 390} {
				var wide bool
				var picture []byte
				ctx, late := context.WithTimeout(ctx, patience)
				err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900),
					chromedp.Navigate(server.URL+"/static/style.css"),
					chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.cookie = 'lang=%s; path=/'", l.Tag)),
					chromedp.Navigate(server.URL+path))
				if err == nil {
					wide, err = chromedp.Run(ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > innerWidth"))
				}
				if err == nil && *shots != "" {
					picture, err = chromedp.Run(ctx, chromedp.FullScreenshot(100))
				}
				if err == nil && picture != nil {
					err = os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%s-%d.png", name, l.Tag, width)), picture, 0o600)
				}
				if err != nil {
					t.Fatalf("%s in %s: %v", name, l.Tag, err)
				}
				late()
				if wide {
					t.Errorf("%s in %s is wider than %d pixels", name, l.Tag, width)
				}
			}
		}
	}
}
