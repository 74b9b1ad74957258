// Package web serves a node to people and programs of its own side, over
// HTTP: /api/v1, on DIR/socket.
//
// The socket is open to the node's own user only (0600); whoever can write to
// it is the officer. Nothing here is ever served to peers: they have prefixes
// of their own, on the line.
//
// Answers are the types of package view, as JSON. Errors are RFC 9457
// (application/problem+json), with the field that is wrong under "field".
// Every request about a channel takes ?channel=, its name or the first digits
// of its digest, which may be left out where there is only one.
package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"detente/internal/desk"
	"detente/internal/ladder"
	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// MaxBody bounds the body of a request that is not a pouch.
const MaxBody = 4 << 20

// API serves one node.
type API struct {
	n    *node.Node
	desk *desk.Desk
	mux  http.ServeMux
}

// NewAPI returns the handler of /api/v1.
func NewAPI(n *node.Node) *API {
	a := &API{n: n, desk: desk.New(n)}
	for _, r := range routes {
		a.mux.Handle(r.Method+" /api/v1/"+r.Path, handler{a, r.do})
	}
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// Route is one row of the API, for its documentation.
type Route struct {
	Method, Path, Doc string
	do                func(*API, http.ResponseWriter, *http.Request) error
}

// Routes returns the table of the API.
func Routes() []Route { return routes }

var routes []Route

func init() {
	routes = []Route{
		{"GET", "node", "who this node is: party, credence, fingerprint words, channels", (*API).node},
		{"GET", "channels", "the channels in force", (*API).channels},
		{"GET", "line", "state of the line: feeds, peers, the four silences, suspensions", channelView(view.State)},
		{"GET", "inbox", "notes of others: flash that no person has acknowledged first, then the newest; ?act= ?since= ?limit=", list(view.Inbox)},
		{"GET", "timeline", "all notes by their claimed time; ?act= ?since= ?limit=", list(view.Timeline)},
		{"GET", "register", "every matter, and the picture; ?kind=", (*API).register},
		{"GET", "matters/{id}", "one matter in full", one(view.OneMatter)},
		{"GET", "matters/{id}/calendar.ics", "the dates of one matter, as iCalendar; ?deadlines=events", (*API).matterCalendar},
		{"GET", "calendar.ics", "talks, visits, expected returns, releases and deadlines, as iCalendar, without anybody's words: what is to come or owed, and the last 30 days; ?deadlines=events writes deadlines as events, for programs that show no tasks", (*API).calendar},
		{"GET", "notes/{id}", "one note in full", one(view.OneNote)},
		{"GET", "notes/{id}/attachments/{number}", "the bytes of an attachment", (*API).attachment},
		{"GET", "clocks", "what is owed and owing; ?all=1 adds what is met, void or over", (*API).clocks},
		{"GET", "agreement", "the agreement as it stands, in two halves", channelView(view.Standing)},
		{"GET", "explain", "?party= is asked over the line how it reads what both hold; the first note that the two read differently; ?audience=", (*API).explain},
		{"POST", "explain", "the same, by the readings of another node", (*API).explainFile},
		{"GET", "readings", "how this node reads every note, without its words; ?audience=", (*API).readings},
		{"GET", "offices", "the seal keys that offices have published, the latest of each", channelView(view.SealKeys)},
		{"GET", "ladder", "this node's private reading of tension; ?since= ?until= are days, 2024-01-16", (*API).ladder},
		{"GET", "kept", "how each side kept its word, with the notes that each figure rests on", channelView(view.KeptWord)},
		{"GET", "brief", "what is owed, owing, changed, unread and not reached, on every channel or ?channel=; ?since= ?lang=", (*API).brief},
		{"GET", "documents", "credences, charters and closings; ?kind=", (*API).documents},
		{"GET", "documents/{digest}", "one document, as it is signed", (*API).document},
		{"GET", "notes/{id}/print", "one note as it is handed over on paper; ?lang=", (*API).print},
		{"GET", "drafts", "drafts that are kept", (*API).drafts},
		{"GET", "drafts/{id}/print", "a draft as it is handed over on paper, before it is a note; ?lang=", (*API).printDraft},
		{"GET", "house", "the in-house record, entry by entry; ?kind=", (*API).house},
		{"GET", "house/claims", "claims of the press and of third parties, and what became of them", entries(&matter.Claim)},
		{"GET", "house/files", "paper and calls that were logged, and the notes that they are matched to", entries(&matter.File)},
		{"GET", "house/{id}", "one claim, paper or call, H3", (*API).entry},
		{"GET", "house/{id}/scan", "the bytes of a paper's scan", (*API).scan},
		{"POST", "send", "a draft is checked, signed and sent; ?wait=30s waits for receipts, ?keep=1 keeps it as a draft, ?check=1 only checks it", (*API).send},
		{"POST", "house", "an in-house act is checked and entered: {act, about, fields, texts, scan}", (*API).enter},
		{"POST", "drafts/{id}", "a draft that was kept is sent, once; ?again=1 where it may have been and was not; ?wait=", (*API).release},
		{"PUT", "drafts/{id}", "another text for a draft that was not sent", (*API).amend},
		{"DELETE", "drafts/{id}", "a draft is deleted", (*API).drop},
		{"POST", "documents", "takes a credence, charter, amendment or closing", (*API).addDocument},
		{"POST", "closings/{digest}/accept", "a person accepts a closing that takes back what was receipted", (*API).acceptClosing},
		{"POST", "notes/{id}/prove", "writes the proof of a note to a folder: {dir, content, move}", (*API).prove},
		{"POST", "notes/{id}/disclose", "makes the folder of a disclosure, another's note by its author's consent: {dir, to}", (*API).disclose},
		{"POST", "notes/{id}/statement", "makes the folder of a joint statement, once it is released: {dir}", (*API).statement},
		{"POST", "logs", "exports the logs of a channel to a folder: ?dir=", (*API).logs},
		{"POST", "pouch/pack", "packs a pouch for ?to=PARTY", (*API).pack},
		{"POST", "pouch/apply", "takes a pouch", (*API).apply},
		{"POST", "erase", "erases the content of a note: {channel, note}", (*API).erase},
		{"POST", "backup", "writes a copy of the ledger as it is now to a file: {path}", (*API).backup},
		{"POST", "verify", "reads the whole record; a line of JSON for each step, the last with the report; ?seals=1", (*API).verify},
	}
}

// handler answers with a problem where do returns an error.
type handler struct {
	a  *API
	do func(*API, http.ResponseWriter, *http.Request) error
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.do(h.a, w, r); err != nil {
		WriteProblem(w, err)
	}
}

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"` // which field of what was sent is wrong
	Status int    `json:"status"`
	Title  string `json:"title"`
	Type   string `json:"type"`
}

func (p *Problem) Error() string { return p.Detail }

// Titles of problems, by status.
var titles = map[int]string{
	http.StatusBadRequest:          "the request cannot be understood",
	http.StatusNotFound:            "there is no such thing here",
	http.StatusConflict:            "the node refused",
	http.StatusUnprocessableEntity: "a field is wrong",
	http.StatusForbidden:           "this may not leave the node",
	http.StatusGatewayTimeout:      "it is sent, and there is no receipt yet",
	http.StatusInternalServerError: "it failed",
}

// problem says what an error is to the client.
func problem(err error) *Problem {
	p := &Problem{Detail: err.Error(), Status: http.StatusInternalServerError, Type: "about:blank", Field: desk.Field(err)}
	var own *Problem
	var missing *view.NotFound
	var refused *node.Refused
	var stay *desk.StayError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &own):
		return own
	case p.Field != "":
		p.Status = http.StatusUnprocessableEntity
	case errors.As(err, &missing) || errors.Is(err, fs.ErrNotExist):
		p.Status = http.StatusNotFound
	case errors.As(err, &refused):
		p.Status = http.StatusConflict
	case errors.As(err, &stay):
		p.Status = http.StatusForbidden
	case errors.As(err, &large):
		p.Status = http.StatusRequestEntityTooLarge
	}
	p.Title = titles[p.Status]
	return p
}

// WriteProblem answers with an error.
func WriteProblem(w http.ResponseWriter, err error) {
	p := problem(err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) //nolint:errcheck // the client is gone
}

func badRequest(format string, args ...any) error {
	return &Problem{Detail: fmt.Sprintf(format, args...), Status: http.StatusBadRequest, Title: titles[http.StatusBadRequest], Type: "about:blank"}
}

func answer(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(b, '\n'))
	if err != nil {
		return nil // the client is gone; nobody is left to tell
	}
	return nil
}

// body reads a request's body.
func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
}

func (a *API) channel(r *http.Request) (note.Digest, error) {
	return a.desk.Channel(r.URL.Query().Get("channel"))
}

// channelView answers with a view of a channel.
func channelView[T any](draw func(view.Source, note.Digest) (T, error)) func(*API, http.ResponseWriter, *http.Request) error {
	return func(a *API, w http.ResponseWriter, r *http.Request) error {
		channel, err := a.channel(r)
		if err != nil {
			return err
		}
		v, err := draw(a.n, channel)
		if err != nil {
			return err
		}
		return answer(w, v)
	}
}

// one answers with a view of what the path names, short or long.
func one[T any](draw func(view.Source, note.Digest, note.ID) (T, error)) func(*API, http.ResponseWriter, *http.Request) error {
	return func(a *API, w http.ResponseWriter, r *http.Request) error {
		channel, id, err := a.note(r)
		if err != nil {
			return err
		}
		v, err := draw(a.n, channel, id)
		if err != nil {
			return err
		}
		return answer(w, v)
	}
}

func (a *API) note(r *http.Request) (channel note.Digest, id note.ID, err error) {
	if id, err = note.ParseID(r.PathValue("id")); err == nil { // the long name says its channel
		_, channel, _, err = note.ParseOrigin(id.Origin)
		return channel, id, err
	}
	if channel, err = a.channel(r); err != nil {
		return channel, id, err
	}
	if id, err = view.ParseID(channel, r.PathValue("id")); err != nil {
		return channel, id, badRequest("%v", err)
	}
	return channel, id, nil
}

func list(draw func(view.Source, note.Digest, view.Filter) (*view.Notes, error)) func(*API, http.ResponseWriter, *http.Request) error {
	return func(a *API, w http.ResponseWriter, r *http.Request) error {
		channel, err := a.channel(r)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		f := view.Filter{Act: q.Get("act")}
		if s := q.Get("limit"); s != "" {
			if f.Limit, err = strconv.Atoi(s); err != nil || f.Limit < 0 {
				return badRequest("limit %.20q is not a number from 0", s)
			}
		}
		if f.Since, err = since(r); err != nil {
			return err
		}
		v, err := draw(a.n, channel, f)
		if err != nil {
			return err
		}
		return answer(w, v)
	}
}

// since reads the time that a request begins from; zero where it says none.
func since(r *http.Request) (t time.Time, err error) {
	s := r.URL.Query().Get("since")
	if s == "" {
		return t, nil
	}
	if t, err = time.Parse(time.RFC3339, s); err != nil {
		return t, badRequest("since %.40q is not a time such as 2024-01-16T00:00:00Z", s)
	}
	return t, nil
}

func (a *API) ladder(w http.ResponseWriter, r *http.Request) error {
	return channelView(func(s view.Source, c note.Digest) (*view.Ladder, error) {
		v, err := view.Climb(s, c, r.URL.Query().Get("since"), r.URL.Query().Get("until"))
		if day := (*ladder.DayError)(nil); errors.As(err, &day) {
			return nil, badRequest("%s", day.Why)
		}
		return v, err
	})(a, w, r)
}

func (a *API) brief(w http.ResponseWriter, r *http.Request) (err error) {
	o := view.BriefOptions{Channels: a.n.Channels(), Lang: r.URL.Query().Get("lang")}
	if r.URL.Query().Get("channel") != "" {
		c, err := a.channel(r)
		if err != nil {
			return err
		}
		o.Channels = []note.Digest{c}
	}
	if o.Since, err = since(r); err != nil {
		return err
	}
	v, err := view.BriefOf(a.n, a.n.Party(), o)
	if err != nil {
		return err
	}
	return answer(w, v)
}

func (a *API) register(w http.ResponseWriter, r *http.Request) error {
	return channelView(func(s view.Source, c note.Digest) (*view.Register, error) {
		return view.Matters(s, c, r.URL.Query().Get("kind"))
	})(a, w, r)
}

func (a *API) clocks(w http.ResponseWriter, r *http.Request) error {
	return channelView(func(s view.Source, c note.Digest) (*view.Clocks, error) {
		return view.Deadlines(s, c, r.URL.Query().Get("all") != "")
	})(a, w, r)
}
