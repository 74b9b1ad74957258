package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// controls is how a scenario is told what to do, under /demo/: by a form with a
// button, or by a program. Whose request it is, and whether it comes from a
// page of the desk, is for the desk to know.
var controls = map[string]func(*Player, http.ResponseWriter, *http.Request){
	"POST /demo/play":   told((*deck).play),
	"POST /demo/pause":  told((*deck).pause),
	"POST /demo/step":   told((*deck).step),
	"POST /demo/jump":   (*Player).jumpTo,
	"GET /demo/state":   (*Player).answer,
	"GET /demo/events":  (*Player).events,
	"GET /demo/arrived": (*Player).welcome,
}

// maxForm bounds the body of a form.
const maxForm = 4 << 10

// ServeHTTP serves the controls.
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	p.mux.ServeHTTP(w, r)
}

func told(change func(*deck) error) func(*Player, http.ResponseWriter, *http.Request) {
	return func(p *Player, w http.ResponseWriter, r *http.Request) { p.tellTo(w, r, change) }
}

func (p *Player) jumpTo(w http.ResponseWriter, r *http.Request) {
	day := r.PostFormValue("day")
	p.tellTo(w, r, func(d *deck) error { return d.jump(day) })
}

// tellTo changes how the scenario is played, waits until it is where it was
// told to go, and sends a form back to the page that it stood on, which so
// shows what has come of it.
func (p *Player) tellTo(w http.ResponseWriter, r *http.Request, change func(*deck) error) {
	back, anew := ownPath(r.PostFormValue("back")), false
	var refused *Refused
	err := p.do(func(d *deck) error {
		err := change(d)
		anew = d.anew
		return err
	})
	if errors.As(err, &refused) {
		http.Error(w, refused.Why, http.StatusConflict)
		return
	}
	if anew { // the node behind this request ends
		back = arrivedPath
	} else {
		p.arrived(r.Context())
	}
	if strings.HasPrefix(r.Header.Get("Accept"), "application/json") {
		p.answer(w, r)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// arrivedPath is where a desk is told to look again when all is played anew: its
// pages are those of other channels then.
const arrivedPath = "/demo/arrived"

// welcome shows Today once the scenario is where it was told to go.
func (p *Player) welcome(w http.ResponseWriter, r *http.Request) {
	p.arrived(r.Context())
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// ownPath is a path of this desk, and of no other place.
func ownPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\t\r\n") {
		return "/"
	}
	return path
}

func (p *Player) answer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(p.View()) //nolint:errcheck // the reader has gone
}

// events tells how the scenario stands, now and whenever that changes. Where
// everything is played anew the last event says so, by the number of its run:
// the page is then of a node that is no more.
func (p *Player) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	var last []byte
	for ended := false; ; {
		v, changed := p.view()
		b, err := json.Marshal(v)
		if err != nil {
			return
		}
		if !bytes.Equal(b, last) {
			if _, err := fmt.Fprintf(w, "event: demo\ndata: %s\n\n", b); err != nil || flush.Flush() != nil {
				return
			}
			last = b
		}
		if ended {
			return
		}
		select {
		case <-r.Context().Done():
			ended = true
		case <-changed:
		}
	}
}
