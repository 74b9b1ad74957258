package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"detente/internal/officer"
	"detente/internal/watch"
	"detente/note"
)

// Bounds of the streams of events.
const (
	maxStreams = 100 // at one time
	perOfficer = 8
	streamLife = 10 * time.Minute // then the client comes again, and is asked again who it is
	heartbeat  = 15 * time.Second
	writeLimit = 30 * time.Second // of one write: who does not read is let go, and comes again
)

// streams counts the streams that are open.
type streams struct {
	mu    sync.Mutex
	open  map[officer.ID]int
	all   int
	ended context.Context // the node serves no more
	end   context.CancelFunc
}

func newStreams() *streams {
	s := &streams{open: map[officer.ID]int{}}
	s.ended, s.end = context.WithCancel(context.Background())
	return s
}

func (s *streams) enter(o officer.ID) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxStreams || s.open[o] >= perOfficer {
		return nil, &Problem{Detail: fmt.Sprintf("at most %d streams of events are open for one officer, and %d for all; close one first", perOfficer, maxStreams), Status: http.StatusTooManyRequests}
	}
	s.all++
	s.open[o]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.open[o]--; s.open[o] == 0 {
			delete(s.open, o)
		}
	}, nil
}

// Events is what says that something at the node has changed.
func (a *API) Events() *watch.Watch { return a.watch }

// events answers with server-sent events: see package watch. The stream ends by
// itself after a while; browsers come again by themselves and say from where.
func (a *API) events(w http.ResponseWriter, r *http.Request) error {
	var only *note.Digest
	if r.URL.Query().Get("channel") != "" {
		c, err := a.channel(r)
		if err != nil {
			return err
		}
		only = &c
	}
	o, _ := officer.FromContext(r.Context())
	leave, err := a.streams.enter(o.ID)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(r.Context(), streamLife)
	defer cancel()
	defer context.AfterFunc(a.streams.ended, cancel)()
	at := cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after"))
	if at == "" {
		at = a.watch.Position()
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := stream{w, http.NewResponseController(w)}
	// The position comes first, and again with every heartbeat, so that a client
	// to which nothing has happened can say from where it was.
	if out.write("retry: 1000\nid: %s\n\n", at) != nil {
		return nil
	}
	for {
		wait, stop := context.WithTimeout(ctx, a.heartbeat)
		events, last, err := a.watch.Since(wait, at)
		stop()
		if ctx.Err() != nil {
			return nil
		}
		if at = last; err != nil && out.write("id: %s\n\n", at) != nil {
			return nil
		}
		for _, e := range events {
			if only != nil && e.Channel != nil && *e.Channel != *only {
				continue
			}
			b, err := json.Marshal(e)
			if err != nil || out.write("id: %s\nevent: %s\ndata: %s\n\n", e.Position, e.Kind, b) != nil {
				return err
			}
		}
	}
}

// stream writes server-sent events.
type stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (s stream) write(format string, args ...any) error {
	s.rc.SetWriteDeadline(time.Now().Add(writeLimit)) //nolint:errcheck // not every writer can
	if _, err := fmt.Fprintf(s.w, format, args...); err != nil {
		return err
	}
	return s.rc.Flush()
}
