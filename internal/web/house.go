package web

import (
	"context"
	"log/slog"
	"net/http"

	"detente/internal/desk"
	"detente/internal/house"
	"detente/internal/view"
	"detente/matter"
)

// Desk returns the desk that the API works at.
func (a *API) Desk() *desk.Desk { return a.desk }

// Watch matches papers to notes as notes come, until ctx ends; then every stream
// of events ends too.
func (a *API) Watch(ctx context.Context, log *slog.Logger) {
	defer a.streams.end()
	a.desk.Watch(ctx, log)
}

// house answers with the record as it is kept.
func (a *API) house(w http.ResponseWriter, r *http.Request) error {
	var kinds []house.Kind
	if kind := r.URL.Query().Get("kind"); kind != "" {
		kinds = []house.Kind{house.Kind(kind)}
	}
	list, err := a.n.House().List(kinds...)
	if err != nil {
		return err
	}
	return answer(w, map[string]any{"entries": list})
}

// entries answers with what is in-house of one kind.
func entries(kind *matter.Kind) func(*API, http.ResponseWriter, *http.Request) error {
	return func(a *API, w http.ResponseWriter, _ *http.Request) error {
		v, err := view.Entries(a.n, a.n.Channels(), kind)
		if err != nil {
			return err
		}
		return answer(w, v)
	}
}

func (a *API) oneEntry(name string) (*view.InHouse, error) {
	id, err := house.ParseID(name)
	if err != nil {
		return nil, badRequest("%v", err)
	}
	return view.OneEntry(a.n, a.n.Channels(), id)
}

func (a *API) entry(w http.ResponseWriter, r *http.Request) error {
	v, err := a.oneEntry(r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, v)
}

// scan answers with a file that was kept in-house: to the officer, which
// discloses nothing.
func (a *API) scan(w http.ResponseWriter, r *http.Request) error {
	v, err := a.oneEntry(r.PathValue("id"))
	if err != nil {
		return err
	}
	if v.Scan == nil {
		return &view.NotFound{What: "scan of " + v.ID.String()}
	}
	b, err := a.n.House().Open(v.Scan)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, err = w.Write(b)
	return err
}

func (a *API) enter(w http.ResponseWriter, r *http.Request) error {
	b, err := body(w, r)
	if err != nil {
		return err
	}
	in, err := desk.ReadEntry(b)
	if err != nil {
		return badRequest("%v", err)
	}
	if in.Scan != "" {
		if err := atHome(r, "scan", in.Scan); err != nil {
			return err
		}
	}
	e, err := a.desk.Enter(r.Context(), in)
	if err != nil {
		return err
	}
	name := in.About
	if name == "" {
		name = e.ID.String()
	}
	v, err := a.oneEntry(name)
	if err != nil {
		return err
	}
	return answer(w, v)
}

func (a *API) print(w http.ResponseWriter, r *http.Request) error {
	channel, id, err := a.note(r)
	if err != nil {
		return err
	}
	v, err := a.desk.Print(channel, id, r.URL.Query().Get("lang"))
	if err != nil {
		return err
	}
	return answer(w, v)
}

func (a *API) printDraft(w http.ResponseWriter, r *http.Request) error {
	v, err := a.desk.PrintDraft(r.PathValue("id"), r.URL.Query().Get("lang"))
	if err != nil {
		return err
	}
	return answer(w, v)
}
