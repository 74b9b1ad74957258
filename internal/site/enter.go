package site

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"detente/internal/locale"
	"detente/internal/officer/signin"
)

// maxResponse bounds what a browser sends back from a passkey.
const maxResponse = 64 << 10

// SignIn is the data of the page by which officers come in.
type SignIn struct {
	Languages []locale.Language
	Officers  bool   // there is one; without, the page says how to add the first
	Provider  string // of identities; empty: none
	Then      string
}

func (v *visit) signIn() error {
	roster, err := v.SignIn.Book().Roster()
	if err != nil {
		return err
	}
	return v.render("signin", &Page{Title: v.loc.T("Sign in"), Data: SignIn{locale.Languages, roster.InForce(), v.SignIn.ProviderName(), onward(v.r.URL.Query().Get("then"))}})
}

// onward returns a path of this site to go on to. Anything else is Today.
func onward(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) {
		return "/"
	}
	return path
}

func (v *visit) beginSignIn() error {
	options, err := v.SignIn.BeginSignIn(v.r)
	if err != nil {
		return err
	}
	return v.json(options)
}

func (v *visit) finishSignIn() error {
	b, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, maxResponse))
	if err != nil {
		return err
	}
	if _, err := v.SignIn.FinishSignIn(v.w, v.r, b); err != nil {
		return err
	}
	return v.json(map[string]string{"then": onward(v.r.URL.Query().Get("then"))})
}

func (v *visit) beginProvider() error {
	to, err := v.SignIn.BeginProvider(v.w, v.r)
	if err != nil {
		return err
	}
	return v.redirect(to)
}

func (v *visit) finishProvider() error {
	if _, err := v.SignIn.FinishProvider(v.w, v.r); err != nil {
		return err
	}
	return v.redirect("/")
}

// enter is the page that a one-time link leads to: it registers a passkey.
func (v *visit) enter() error {
	o, err := v.SignIn.Linked(v.r, v.r.PathValue("link"))
	if err != nil {
		return err
	}
	return v.render("enter", &Page{Title: v.loc.T("Register a passkey"), Data: Enter{o.Name, signin.LinkPath + url.PathEscape(v.r.PathValue("link"))}})
}

// Enter is the data of the page of a one-time link.
type Enter struct{ Name, Path string }

func (v *visit) beginEnter() error {
	options, err := v.SignIn.BeginRegistration(v.r, v.r.PathValue("link"))
	if err != nil {
		return err
	}
	return v.json(options)
}

func (v *visit) finishEnter() error {
	b, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, maxResponse))
	if err != nil {
		return err
	}
	if _, err := v.SignIn.FinishRegistration(v.w, v.r, v.r.PathValue("link"), v.r.URL.Query().Get("name"), b); err != nil {
		return err
	}
	return v.json(map[string]string{"then": "/"})
}

func (v *visit) signOut() error {
	if err := v.SignIn.SignOut(v.w, v.r); err != nil {
		return err
	}
	return v.redirect("/sign-in")
}

// speak keeps the language of whoever is not signed in.
func (v *visit) speak() error {
	lang := locale.For(v.r.FormValue("lang")).Tag
	http.SetCookie(v.w, &http.Cookie{Name: "lang", Value: lang, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: 365 * 24 * 3600})
	return v.redirect("/sign-in?" + url.Values{"then": {onward(v.r.FormValue("then"))}}.Encode())
}

// json answers a script.
func (v *visit) json(body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Write(b) //nolint:errcheck // the browser is gone
	return nil
}
