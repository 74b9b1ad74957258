package site

import (
	"errors"
	"io/fs"
	"net/http"

	"detente/internal/desk"
	"detente/internal/node"
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
	case errors.As(err, &refused):
		return http.StatusConflict
	case errors.As(err, &stay):
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
