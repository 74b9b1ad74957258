package web

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"detente/internal/desk"
	"detente/internal/nodetest"
	"detente/internal/officer"
)

// reader reads a stream of events.
type reader struct {
	t *testing.T
	*bufio.Scanner
	resp *http.Response
}

// follow opens a stream as an officer.
func follow(t *testing.T, a *API, o officer.Officer, query, last string) *reader {
	t.Helper()
	r, err := http.NewRequestWithContext(officer.NewContext(t.Context(), o), "GET", "http://node/api/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := Within(a).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return &reader{t, bufio.NewScanner(resp.Body), resp}
}

// next returns the next block by its fields.
func (r *reader) next() map[string]string {
	r.t.Helper()
	block := map[string]string{}
	for r.Scan() {
		if r.Text() == "" {
			return block
		}
		name, value, _ := strings.Cut(r.Text(), ": ")
		block[name] = value
	}
	r.t.Fatalf("the stream ended: %v, after %v", r.Err(), block)
	return nil
}

// TestEvents sends a note while a stream is open, and wants its kind and names
// and nothing that it says; then takes the stream up again from each position.
func TestEvents(t *testing.T) {
	n := nodetest.New(t)
	a := NewAPI(n)
	s := follow(t, a, with(officer.Reader), "", "")
	if ct := s.resp.Header.Get("Content-Type"); ct != "text/event-stream" || s.resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("content type %q, %q", ct, s.resp.Header.Get("Cache-Control"))
	}
	begin := s.next()
	if begin["id"] == "" || begin["retry"] == "" || begin["data"] != "" {
		t.Fatalf("it begins with %v: want a position and no event", begin)
	}
	ticket, err := desk.New(n).Send(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	first := s.next()
	if first["event"] != "note" || first["id"] == begin["id"] {
		t.Errorf("first comes %v", first)
	}
	var data map[string]string
	if err := json.Unmarshal([]byte(first["data"]), &data); err != nil {
		t.Fatal(err)
	}
	if len(data) != 5 || data["note"] != ticket.ID.String() || data["matter"] != data["note"] || data["party"] != "PAK" || data["kind"] != "note" || data["channel"] != n.Channels()[0].String() {
		t.Errorf("it says %v", data)
	}
	second := s.next()
	if second["event"] != "matter" {
		t.Errorf("then comes %v", second)
	}
	s.resp.Body.Close()
	for last, want := range map[string]string{begin["id"]: first["id"], first["id"]: second["id"], "gone-1": second["id"]} {
		s := follow(t, a, with(officer.Reader), "", last)
		s.next()
		if got := s.next(); got["id"] != want || (got["event"] == "reset") != (last == "gone-1") {
			t.Errorf("after %s comes %v", last, got)
		}
		s.resp.Body.Close()
	}
	q := follow(t, a, with(officer.Reader), "?channel=Hotline&after="+begin["id"], "")
	q.next()
	if got := q.next(); got["id"] != first["id"] {
		t.Errorf("?after= leads to %v", got)
	}
	q.resp.Body.Close()
}

// TestHeartbeat wants something to come although nothing happens, without an
// event.
func TestHeartbeat(t *testing.T) {
	a := NewAPI(nodetest.New(t))
	a.heartbeat = time.Millisecond
	s := follow(t, a, with(officer.Reader), "", "")
	for range 3 {
		if b := s.next(); b["id"] == "" || b["data"] != "" || b["event"] != "" {
			t.Errorf("nothing has happened, and there comes %v", b)
		}
	}
	s.resp.Body.Close()
}

// TestStreamBounds opens more streams than one officer may have, and wants them
// all to end with the node.
func TestStreamBounds(t *testing.T) {
	n := nodetest.New(t)
	a := NewAPI(n)
	var open []*reader
	for range perOfficer {
		s := follow(t, a, with(officer.Reader), "", "")
		s.next()
		open = append(open, s)
	}
	if s := follow(t, a, with(officer.Reader), "", ""); s.resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one more: %s", s.resp.Status)
	}
	other := with(officer.Reader)
	other.ID = 2
	s := follow(t, a, other, "", "")
	if s.resp.StatusCode != http.StatusOK {
		t.Errorf("another officer: %s", s.resp.Status)
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	a.Watch(ctx, slog.New(slog.DiscardHandler))
	for _, s := range append(open, s) {
		for s.Scan() {
		}
		if s.Err() != nil {
			t.Error(s.Err())
		}
	}
	a.streams.mu.Lock()
	defer a.streams.mu.Unlock()
	if a.streams.all != 0 || len(a.streams.open) != 0 {
		t.Errorf("%d streams are still counted", a.streams.all)
	}
}
