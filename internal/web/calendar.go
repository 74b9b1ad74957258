package web

import (
	"net/http"
	"time"

	"detente/internal/ics"
	"detente/internal/view"
	"detente/note"
)

// calendarPast is how far back the calendar of a channel goes: whoever follows
// it learns in that time that a talk was cancelled or a deadline met.
const calendarPast = 30 * 24 * time.Hour

func (a *API) calendar(w http.ResponseWriter, r *http.Request) error {
	channel, err := a.channel(r)
	if err != nil {
		return err
	}
	return a.writeCalendar(w, r, channel, nil)
}

func (a *API) matterCalendar(w http.ResponseWriter, r *http.Request) error {
	channel, id, err := a.note(r)
	if err != nil {
		return err
	}
	return a.writeCalendar(w, r, channel, &id)
}

func (a *API) writeCalendar(w http.ResponseWriter, r *http.Request, channel note.Digest, only *note.ID) error {
	var events bool
	switch as := r.URL.Query().Get("deadlines"); as {
	case "", "tasks":
	case "events":
		events = true
	default:
		return badRequest("deadlines %.20q: want tasks or events", as)
	}
	v, err := view.CalendarOf(a.n, channel, only, a.n.Now().Add(-calendarPast))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", ics.ContentType)
	w.Write(ics.Of(v, events).Marshal()) //nolint:errcheck // the client is gone; nobody is left to tell
	return nil
}
