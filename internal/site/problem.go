package site

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/officer/signin"
	"detente/internal/view"
)

// problem is an error with its status.
type problem struct {
	status int
	detail string
}

func (p *problem) Error() string { return p.detail }

// status says what an error is to a browser.
func status(err error) int {
	var own *problem
	var missing *view.NotFound
	var refused *node.Refused
	var stay *desk.StayError
	var large *http.MaxBytesError
	var held *desk.HeldError
	var conflict *desk.ConflictError
	var denied *officer.DeniedError
	var change *officer.ChangeError
	var link *signin.LinkError
	var ceremony *signin.CeremonyError
	var stale *signin.StaleError
	var limit *signin.LimitError
	switch {
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &missing) || errors.Is(err, fs.ErrNotExist):
		return http.StatusNotFound
	case desk.Field(err) == "channel":
		return http.StatusNotFound
	case desk.Field(err) != "":
		return http.StatusUnprocessableEntity
	case errors.As(err, &refused) || errors.As(err, &held) || errors.As(err, &conflict):
		return http.StatusConflict
	case errors.As(err, &link):
		return http.StatusGone
	case errors.As(err, &limit):
		return http.StatusTooManyRequests
	case errors.As(err, &ceremony) || errors.As(err, &change):
		return http.StatusUnprocessableEntity
	case errors.Is(err, signin.ErrNobody) || errors.As(err, &stale):
		return http.StatusUnauthorized
	case errors.As(err, &stay) || errors.As(err, &denied):
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

// fail answers with an error, as a page.
func (v *visit) fail(err error) {
	code := status(err)
	if code == http.StatusInternalServerError {
		v.Log.Error("a page failed", "path", v.r.URL.Path, "error", err)
	}
	if v.scripted() {
		v.w.Header().Set("Content-Type", "application/problem+json")
		v.w.WriteHeader(code)
		json.NewEncoder(v.w).Encode(map[string]any{"detail": err.Error(), "status": code}) //nolint:errcheck // the browser is gone
		return
	}
	p := &Page{Title: v.loc.T("It did not work"), Data: Trouble{code, err.Error()}}
	if err := v.answer(code, "problem", p); err != nil {
		v.Log.Error("the page of an error failed", "error", err)
		http.Error(v.w, "the page failed; see the node's log", http.StatusInternalServerError)
	}
}

// Trouble is the data of the page of an error.
type Trouble struct {
	Status int
	Detail string
}

func (v *visit) nowhere() error { return &view.NotFound{What: "page " + v.r.URL.Path} }
