package web

import (
	"net/http"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/note"
)

// PouchReport says what a pouch brought.
type PouchReport struct {
	Documents int      `json:"documents"`
	Forks     []string `json:"forks"`
	Notes     int      `json:"notes"`
	Payloads  int      `json:"payloads"`
	Receipts  int      `json:"receipts"`
	Refused   []string `json:"refused"`
}

func report(r node.Report) PouchReport {
	v := PouchReport{Documents: r.Docs, Forks: []string{}, Notes: r.Leaves, Payloads: r.Payloads, Receipts: r.Receipts, Refused: []string{}}
	v.Forks = append(v.Forks, r.Forks...)
	for _, err := range r.Refused {
		v.Refused = append(v.Refused, err.Error())
	}
	return v
}

func (a *API) pack(w http.ResponseWriter, r *http.Request) error {
	channel, err := a.channel(r)
	if err != nil {
		return err
	}
	to := r.URL.Query().Get("to")
	if err := note.CheckParty(to); err != nil {
		return badRequest("to: %v", err)
	}
	if err := desk.MayLeave(desk.Leaving{Way: desk.Pouch}); err != nil {
		return err
	}
	out := &begun{w: w}
	if _, err = a.n.PackPouch(r.Context(), channel, to, out); err != nil && out.yes {
		panic(http.ErrAbortHandler) // a pouch that breaks off has no end record, and says so itself
	}
	return err
}

// begun knows whether anything has gone to the client.
type begun struct {
	w   http.ResponseWriter
	yes bool
}

func (b *begun) Write(p []byte) (int, error) {
	if !b.yes {
		b.yes = true
		b.w.Header().Set("Content-Type", "application/octet-stream")
	}
	return b.w.Write(p)
}

func (a *API) apply(w http.ResponseWriter, r *http.Request) error {
	v, err := a.n.ApplyPouch(r.Context(), r.Body)
	if err != nil {
		return err
	}
	if err := a.desk.Match(r.Context()); err != nil {
		return err
	}
	return answer(w, report(v))
}
