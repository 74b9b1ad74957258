package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"detente/internal/officer"
)

// ProviderPath is the path that the identity provider sends browsers back to.
const ProviderPath = "/provider"

// Provider says which identity provider may sign officers in (OpenID Connect,
// code flow with PKCE). It says who somebody is; an officer with that login must
// be here. It takes no passkey's place: a release is signed with one.
type Provider struct {
	Claim  string // of the ID token that is held against an officer's login: email, sub or another; empty: email
	Client string // the name under which the provider knows the desk
	Issuer string // its address, https://…
	Name   string // as the sign-in page shows it
	Secret string // of the client; empty: a public one
}

type provider struct {
	Provider
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// UseProvider has officers signed in by an identity provider too. It asks the
// provider for its addresses and keys. The desk must be served before.
func (s *Service) UseProvider(ctx context.Context, p Provider) error {
	_, site, err := s.served()
	if err != nil {
		return err
	}
	if p.Claim == "" {
		p.Claim = "email"
	}
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return fmt.Errorf("the identity provider %s cannot be used: %w; officers sign in by passkey", p.Issuer, err)
	}
	scopes := []string{oidc.ScopeOpenID}
	if p.Claim == "email" {
		scopes = append(scopes, "email")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.provider = &provider{
		Provider: p,
		config:   oauth2.Config{ClientID: p.Client, ClientSecret: p.Secret, Endpoint: found.Endpoint(), RedirectURL: site.Origin + ProviderPath, Scopes: scopes},
		verifier: found.Verifier(&oidc.Config{ClientID: p.Client, Now: s.now}),
	}
	return nil
}

// ProviderName returns what the sign-in page calls the identity provider; empty
// where there is none.
func (s *Service) ProviderName() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.provider == nil {
		return ""
	}
	return s.provider.Name
}

func (s *Service) identity() (*provider, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.provider == nil {
		return nil, errors.New("no identity provider is set up here; sign in with a passkey")
	}
	return s.provider, nil
}

// stateCookie is named beside the session's. It is SameSite=Lax: the provider
// sends the browser back from another site.
const stateCookie = "-provider"

// BeginProvider returns the provider's page to send the browser to. A cookie
// binds what comes back to this browser.
func (s *Service) BeginProvider(w http.ResponseWriter, r *http.Request) (string, error) {
	p, err := s.identity()
	if err != nil {
		return "", err
	}
	if err := s.limits.allow("sign-in", r); err != nil {
		return "", err
	}
	state, nonce, verifier := rand.Text()+rand.Text(), rand.Text()+rand.Text(), oauth2.GenerateVerifier()
	s.anyone.begin(state, ceremony{kind: "provider", secret: [2]string{nonce, verifier}})
	s.set(w, stateCookie, state, ceremonyLife, http.SameSiteLaxMode)
	return p.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), nil
}

// FinishProvider signs in the officer whom the provider has sent back. The
// session's cookie is Strict: a browser does not send it on the way from another
// site, so the page that answers must be one that leads on, not a redirect.
func (s *Service) FinishProvider(w http.ResponseWriter, r *http.Request) (o officer.Officer, err error) {
	p, err := s.identity()
	if err != nil {
		return o, err
	}
	deny := func(format string, args ...any) (officer.Officer, error) {
		return officer.Officer{}, &CeremonyError{fmt.Sprintf(format, args...)}
	}
	q := r.URL.Query()
	state := q.Get("state")
	if state == "" || s.carried(r, stateCookie) != state {
		return deny("this browser did not ask %s for a sign-in", p.Name)
	}
	s.set(w, stateCookie, "", 0, http.SameSiteLaxMode)
	c, ok := s.anyone.take("provider", state)
	if !ok {
		return o, errOver
	}
	if why := q.Get("error"); why != "" {
		return deny("%s says %.60q %.200s", p.Name, why, q.Get("error_description"))
	}
	tokens, err := p.config.Exchange(r.Context(), q.Get("code"), oauth2.VerifierOption(c.secret[1]))
	if err != nil {
		return deny("%s gave nothing for the code: %.300s", p.Name, err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := p.verifier.Verify(r.Context(), raw)
	if err != nil {
		return deny("what %s says cannot be relied on: %.300s", p.Name, err)
	}
	if id.Nonce != c.secret[0] {
		return deny("what %s says is of another sign-in", p.Name)
	}
	login, err := p.login(id)
	if err != nil {
		return deny("%s: %s", p.Name, err)
	}
	roster, err := s.book.Roster()
	if err != nil {
		return o, err
	}
	for _, o := range roster.Officers {
		if !o.Ended && o.Login == login {
			return o, s.signIn(w, r, o, p.Name)
		}
	}
	return deny("%s knows you as %.100q, and no officer here has that login", p.Name, login)
}

// login returns what an officer's login is held against. An address that the
// provider has not verified is anybody's.
func (p *provider) login(id *oidc.IDToken) (string, error) {
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return "", err
	}
	login, _ := claims[p.Claim].(string)
	switch verified, _ := claims["email_verified"].(bool); {
	case login == "":
		return "", fmt.Errorf("it does not say the %s", p.Claim)
	case p.Claim == "email" && !verified:
		return "", errors.New("it has not verified the address")
	}
	return login, nil
}
