package site

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/officer/signin"
	"detente/internal/view"
	"detente/note"
)

// bureau is one side's desk, served for browsers.
type bureau struct {
	n      *node.Node
	door   *signin.Service
	origin string
}

// staff serves the desk of a party after January 2024, on its line again.
func staff(t *testing.T, party string) *bureau {
	t.Helper()
	n := january(t, party)
	ctx, stop := context.WithCancel(t.Context())
	cred, _ := n.Credence()
	line, err := net.Listen("tcp", cred.Addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	pages, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(pages.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d := desk.New(n)
	b := &bureau{n: n, door: signin.New(d.Officers(), n.Store(), n.Box(), nil), origin: "http://localhost:" + port}
	if err := b.door.Serve(ctx, b.origin, party); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: New(Options{Node: n, Desk: d, SignIn: b.door, Log: quiet})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.ServeLine(ctx, line) //nolint:errcheck // the test ends it
	}()
	go server.Serve(pages) //nolint:errcheck // the test ends it
	n.Start(ctx)
	t.Cleanup(func() {
		stop()
		server.Close() //nolint:errcheck // the test is over
		<-ended
	})
	return b
}

// person is an officer at a browser of their own, with a passkey in it.
type person struct {
	t   *testing.T
	ctx context.Context
	at  *bureau
}

// hire adds an officer, who registers a passkey by the one-time link.
func (b *bureau) hire(t *testing.T, browser context.Context, name, lang string, roles ...officer.Role) *person {
	t.Helper()
	o, err := b.door.Book().Add(t.Context(), officer.Officer{Name: name, Lang: lang, Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	link, _, err := b.door.Link(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &person{t, ctx, b}
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context that opens it
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate(link), chromedp.Click(chromedp.CSS("form[data-passkey] button")), chromedp.WaitVisible(chromedp.CSS("header nav")))
	return p
}

func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, late := context.WithTimeout(p.ctx, patience)
	defer late()
	if err := chromedp.Do(ctx, steps...); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("location.href + ' ' + document.body.innerText"))
		p.t.Fatalf("%v, at %s", err, text)
	}
}

func (p *person) read(expression string) string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// go to a page of the own desk.
func (p *person) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.at.origin + path))
}

// write fills a form in by the keyboard alone, keeps it, and returns the path
// of the draft.
func (p *person) write(path string, fill ...[2]string) string {
	p.t.Helper()
	p.open(path)
	for _, f := range fill {
		sel := chromedp.CSS(fmt.Sprintf(`[name="%s"]`, f[0]))
		if p.read(fmt.Sprintf(`document.querySelector('[name="%s"]').tagName`, f[0])) == "SELECT" {
			p.do(chromedp.SetValue(sel, f[1]))
		} else {
			p.do(chromedp.SendKeys(sel, f[1]))
		}
	}
	p.do(chromedp.SendKeys(chromedp.CSS("form.writing button"), "\r"), chromedp.WaitVisible(chromedp.CSS("section.release")))
	return p.read("location.pathname")
}

// press presses the only button of a form by the keyboard, and waits for what
// the next page shows.
func (p *person) press(form, then string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(form+" button"), "\r"), chromedp.WaitVisible(chromedp.CSS(then)))
}

// arrives waits until a node holds a note that was written at another, and has
// folded it.
func (b *bureau) arrives(t *testing.T, id note.ID) {
	t.Helper()
	ctx, late := context.WithTimeout(t.Context(), patience)
	defer late()
	for {
		changed := b.n.Changed()
		var here bool
		_, channel, _, err := note.ParseOrigin(id.Origin)
		if err == nil {
			err = b.n.Read(channel, func(s *node.Snapshot) { here = s.Register.Entry(id) != nil })
		}
		if err != nil {
			t.Fatal(err)
		}
		if here {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%s does not come", id.Short())
		}
	}
}

// TestFromDraftToAnswer is the way of one note, by real browsers on real nodes:
// drafted, put to a second person, released by passkey, read at the other desk,
// acknowledged there, and answered.
func TestFromDraftToAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	ctx := browser(t)
	for _, lang := range []string{"en", "fa"} {
		t.Run(lang, func(t *testing.T) {
			pak, irn := staff(t, "PAK"), staff(t, "IRN")
			var channel note.Digest
			for _, c := range irn.n.Channels() {
				channel = c
			}
			drafter := pak.hire(t, ctx, "Desk officer", lang, officer.Drafter)
			releaser := pak.hire(t, ctx, "Director", lang, officer.Releaser)
			other := irn.hire(t, ctx, "Duty officer", lang, officer.Drafter)
			director := irn.hire(t, ctx, "Director", lang, officer.Releaser)

			draft := drafter.write(ChannelPath(channel)+"/compose?act=message/send", [2]string{"t.subject.en", "By hand"}, [2]string{"t.body.en", "Please confirm."}, [2]string{"f.form", "letter"}, [2]string{"office", "mfa"})
			drafter.press(`form[action$="/ask"]`, `.release[data-state="asked"]`)
			if s := drafter.read(`document.querySelectorAll('form[action$="/send"], form[data-passkey]').length + ""`); s != "0" {
				t.Fatal("a drafter can send what another must release")
			}
			id := releaser.lets(draft)
			irn.arrives(t, id)

			other.open("/")
			if s := other.read("document.body.innerText"); !strings.Contains(s, "By hand") {
				t.Errorf("Today does not show what has come: %s", s)
			}
			matter := matterPath(id)
			for _, grade := range []string{"acknowledged", "confirmed"} {
				answer := other.write(ChannelPath(channel)+"/compose?act=message/answer&matter="+strings.Replace(id.Short(), "#", "%23", 1), [2]string{"f.grade", grade}, [2]string{"t.body.en", "It is " + grade + "."}, [2]string{"office", "mfa"})
				other.press(`form[action$="/ask"]`, `.release[data-state="asked"]`)
				back := director.lets(answer)
				pak.arrives(t, back)
			}
			drafter.open(matter)
			if s := drafter.read("document.body.innerText"); !strings.Contains(s, "It is confirmed.") {
				t.Errorf("the answer is not shown: %s", s)
			}
			m, err := view.OneMatter(pak.n, channel, id)
			if err != nil || m.State != "confirmed" {
				t.Errorf("the message is %v, %v", m.State, err)
			}
		})
	}
}

// lets releases a draft by the officer's passkey, and returns the note that it
// became.
func (p *person) lets(draft string) note.ID {
	p.t.Helper()
	p.open(draft)
	p.press("form[data-passkey]", "details.proof")
	path := p.read("location.pathname")
	parts := strings.Split(path[strings.LastIndex(path, "/")+1:], ".")
	for _, c := range p.at.n.Channels() {
		if id, err := note.ParseID(parts[0] + "/" + c.String() + "/" + parts[1] + "#" + parts[2]); err == nil && strings.HasPrefix(path, ChannelPath(c)) {
			return id
		}
	}
	p.t.Fatalf("%s is no note", path)
	return note.ID{}
}
