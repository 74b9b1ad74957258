package site

import (
	"detente/internal/officer"
	"detente/internal/officer/signin"
)

// Route is one row of the table of pages.
type Route struct {
	Pattern string       // as http.ServeMux takes it
	Role    officer.Role // the least that it is open to; empty: also to nobody
	do      func(*visit) error
}

const (
	everybody officer.Role = ""          // also whoever is not signed in
	signedIn  officer.Role = "signed in" // any officer: what is the officer's own
)

// Routes returns the table of pages.
func Routes() []Route { return routes }

var routes []Route

func init() {
	routes = []Route{
		{"GET /sign-in", everybody, (*visit).signIn},
		{"POST /sign-in/begin", everybody, (*visit).beginSignIn},
		{"POST /sign-in/finish", everybody, (*visit).finishSignIn},
		{"POST /sign-in/language", everybody, (*visit).speak},
		{"GET /sign-in/provider", everybody, (*visit).beginProvider},
		{"GET " + signin.ProviderPath, everybody, (*visit).finishProvider},
		{"GET /enter/{link}", everybody, (*visit).enter},
		{"POST /enter/{link}/begin", everybody, (*visit).beginEnter},
		{"POST /enter/{link}/finish", everybody, (*visit).finishEnter},
		{"POST /sign-out", everybody, (*visit).signOut},
		{"GET /me", signedIn, (*visit).me},
		{"POST /me", signedIn, (*visit).changeMe},
		{"POST /me/sessions", signedIn, (*visit).endSession},
		{"GET /officers", officer.Administrator, (*visit).officers},
		{"POST /officers", officer.Administrator, (*visit).addOfficer},
		{"POST /officers/{id}", officer.Administrator, (*visit).changeOfficer},
		{"POST /officers/{id}/link", officer.Administrator, (*visit).linkOfficer},
		{"POST /officers/{id}/end", officer.Administrator, (*visit).endOfficer},
		{"/", signedIn, (*visit).nowhere},
		{"GET /demo/{control}", officer.Reader, (*visit).demo},
		{"POST /demo/{control}", officer.Reader, (*visit).demo},
		{"GET /{$}", officer.Reader, (*visit).today},
		{"GET /c/{channel}/matters", officer.Reader, (*visit).matters},
		{"GET /c/{channel}/matters/{id}", officer.Reader, (*visit).matter},
		{"GET /c/{channel}/notes/{id}", officer.Reader, (*visit).note},
		{"GET /c/{channel}/compose", officer.Drafter, (*visit).compose},
		{"POST /c/{channel}/drafts", officer.Drafter, (*visit).keep},
		{"GET /drafts", officer.Reader, (*visit).drafts},
		{"GET /drafts/{id}", officer.Reader, (*visit).draft},
		{"POST /drafts/{id}", officer.Drafter, (*visit).amend},
		{"POST /drafts/{id}/send", officer.Drafter, (*visit).send},
		{"POST /drafts/{id}/ask", officer.Drafter, (*visit).ask},
		{"POST /drafts/{id}/release/begin", officer.Releaser, (*visit).beginRelease},
		{"POST /drafts/{id}/release/finish", officer.Releaser, (*visit).finishRelease},
		{"POST /drafts/{id}/withdraw", officer.Releaser, (*visit).withdraw},
		{"POST /drafts/{id}/refuse", officer.Releaser, (*visit).refuse},
		{"POST /drafts/{id}/drop", officer.Drafter, (*visit).drop},
		{"GET /c/{channel}/line", officer.Reader, (*visit).line},
	}
}
