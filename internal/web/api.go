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
	"context"
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
	"detente/internal/officer"
	"detente/internal/view"
	"detente/internal/watch"
	"detente/note"
)

// MaxBody bounds the body of a request that is not a pouch.
const MaxBody = 4 << 20

// API serves one node.
type API struct {
	n         *node.Node
	desk      *desk.Desk
	mux       http.ServeMux
	watch     *watch.Watch
	streams   *streams
	heartbeat time.Duration
}

// NewAPI returns the handler of /api/v1.
func NewAPI(n *node.Node) *API {
	a := &API{n: n, desk: desk.New(n), watch: watch.New(n), heartbeat: heartbeat, streams: newStreams()}
	for i := range routes {
		a.mux.Handle(routes[i].Method+" /api/v1/"+routes[i].Path, handler{a, &routes[i]})
	}
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, pattern := a.mux.Handler(r); pattern == "" { // no row of the table
		var refused refusal
		h.ServeHTTP(&refused, r)
		if allow := refused.Header().Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
		}
		WriteProblem(w, &Problem{Detail: r.Method + " " + r.URL.Path + " is no request of this API: see /api/v1/openapi.json", Status: refused.status})
		return
	}
	a.mux.ServeHTTP(w, r)
}

// refusal takes the answer of a mux to a request that it knows nothing of.
type refusal struct {
	head   http.Header
	status int
}

func (r *refusal) Header() http.Header {
	if r.head == nil {
		r.head = http.Header{}
	}
	return r.head
}
func (r *refusal) WriteHeader(status int)      { r.status = status }
func (r *refusal) Write(b []byte) (int, error) { return len(b), nil }

// handler answers one route, with a problem where it may not or cannot.
type handler struct {
	a *API
	*Route
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h.may(r.Context())
	if err == nil {
		err = h.do(h.a, w, r)
	}
	if err != nil {
		WriteProblem(w, err)
	}
}

// may says why the officer of a request may not make it.
func (r *Route) may(ctx context.Context) error {
	if _, ok := officer.FromContext(ctx); ok && r.Role == nodeOnly {
		return &Problem{Detail: "it writes on the machine of the node: only the node's own user asks for it, there", Status: http.StatusForbidden}
	}
	return officer.Need(ctx, r.Role)
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
	http.StatusForbidden:           "this may not be done, or may not leave the node",
	http.StatusUnauthorized:        "nobody is signed in",
	http.StatusMethodNotAllowed:    "there is no such request here",
	http.StatusTooManyRequests:     "there are too many requests",
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
	var denied *officer.DeniedError
	switch {
	case errors.As(err, &own):
		p = &Problem{Detail: own.Detail, Field: own.Field, Status: own.Status, Type: "about:blank"}
	case p.Field != "":
		p.Status = http.StatusUnprocessableEntity
	case errors.As(err, &missing) || errors.Is(err, fs.ErrNotExist):
		p.Status = http.StatusNotFound
	case errors.As(err, &refused):
		p.Status = http.StatusConflict
	case errors.As(err, &stay) || errors.As(err, &denied):
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
	return &Problem{Detail: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
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
