package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/view"
	"detente/note"
)

// readings gives this node's own readings, for a file.
func (a *API) readings(w http.ResponseWriter, r *http.Request) error {
	channel, audience, err := a.shared(r)
	if err != nil {
		return err
	}
	v, err := a.n.Readings(channel, audience, nil)
	if err != nil {
		return err
	}
	if err := desk.MayLeave(desk.Leaving{Way: desk.Logs}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// explain asks a peer over the line.
func (a *API) explain(w http.ResponseWriter, r *http.Request) error {
	channel, audience, err := a.shared(r)
	if err != nil {
		return err
	}
	party := r.URL.Query().Get("party")
	if err := note.CheckParty(party); err != nil {
		return badRequest("party: %v", err)
	}
	theirs, err := a.n.AskReadings(r.Context(), channel, party, audience)
	if err != nil {
		return err
	}
	return a.explained(w, theirs)
}

// explainFile takes the readings of another node from a file.
func (a *API) explainFile(w http.ResponseWriter, r *http.Request) error {
	theirs, err := node.ReadReadings(r.Body)
	if err != nil {
		return badRequest("%v", err)
	}
	return a.explained(w, theirs)
}

func (a *API) explained(w http.ResponseWriter, theirs node.Readings) error {
	v, err := view.Explain(a.n, theirs)
	if err != nil {
		return err
	}
	return answer(w, v)
}

// shared returns the channel and the audience that a question is about: the
// one given, or every party that speaks.
func (a *API) shared(r *http.Request) (channel note.Digest, audience []string, err error) {
	if channel, err = a.channel(r); err != nil {
		return channel, nil, err
	}
	if s := r.URL.Query().Get("audience"); s != "" {
		audience = strings.Split(s, ",")
		slices.Sort(audience)
		return channel, audience, nil
	}
	audience, err = view.Speakers(a.n, channel)
	return channel, audience, err
}
