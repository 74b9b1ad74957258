package site

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

var shots = flag.String("shots", "", "folder to which TestPages writes a picture of every page, in every language")

var only = flag.String("pages", "", "the pages that TestPages draws, of those in shown; empty: all")

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
	}
	return out
}

// patience is how long a page may take to be drawn, on a machine that does
// other things too. It only ends a test that hangs.
const patience = 30 * time.Second

// axe returns the text of axe-core, which finds what keeps people from using a
// page. It is no part of this repository: .ci/run fetches it, and says where.
func axe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("DETENTE_AXE")
	if path == "" && os.Getenv("DETENTE_CI") == "" {
		return ""
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// violations asks axe-core what is wrong with the page that is open: a line for
// each element.
const violations = `axe.run({resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + " " + n.html.slice(0, 150))))`

// beyond lists what stands outside the window, at either side, but for what can
// be scrolled in a box of its own and what is shown to nobody.
const beyond = `[...document.querySelectorAll("body *")].filter(e => {
  const r = e.getBoundingClientRect();
  return r.width > 1 && (r.left < -1 || r.right > innerWidth + 1) && !e.closest(".board, .skip, pre, .scrolls");
}).map(e => e.outerHTML.slice(0, 150))`

// TestPages draws every page in every language, wide and light, and narrow and
// dark, in a real browser: nothing is wider than the window, and axe-core finds
// nothing.
func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	n := january(t, "PAK")
	server := speaking(t, n)
	ctx := browser(t)
	check := axe(t)
	pages := shown(t, n)
	maps.DeleteFunc(pages, func(name, _ string) bool { return *only != "" && !strings.Contains(*only, name) })
	for _, l := range locale.Languages {
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/static/style.css"), chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.cookie = 'lang=%s; path=/'", l.Tag))); err != nil {
			t.Fatal(err)
		}
		for _, look := range []struct {
			theme string
			width int64
		}{{"light", 1440}, {"dark", 390}} {
			for _, name := range slices.Sorted(maps.Keys(pages)) {
				ctx, late := context.WithTimeout(ctx, patience)
				if err := draw(ctx, t, server.URL+pages[name], fmt.Sprintf("%s-%s-%s", name, l.Tag, look.theme), look.theme, check, look.width); err != nil {
					t.Fatalf("%s in %s: %v", name, l.Tag, err)
				}
				late()
			}
		}
	}
}

func draw(ctx context.Context, t *testing.T, url, name, theme, check string, width int64) error {
	err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url), chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.documentElement.dataset.theme = %q", theme)))
	if err != nil {
		return err
	}
	outside, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](beyond))
	if err != nil {
		return err
	}
	for _, e := range outside {
		t.Errorf("%s stands beyond the window: %s", name, e)
	}
	if check != "" {
		if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](check)); err != nil {
			return err
		}
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](violations, chromedp.EvalAwaitPromise))
		if err != nil {
			return err
		}
		for _, v := range found {
			t.Errorf("%s: %s", name, v)
		}
	}
	if *shots == "" {
		return nil
	}
	height, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollHeight"))
	if err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil {
		return err
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o600)
}
