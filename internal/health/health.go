// Package health says how a node is, to whoever runs it: alive, ready, and in
// figures. It is served to machines of its own side, on an address of its own.
//
//	GET /healthz    200 while every channel and the ledger can be read
//	GET /readyz     200 while the node also signs, on every channel; 503 and why
//	GET /metrics    the figures of [Figures], as Prometheus reads them
//
// Nothing that anybody wrote on the line is in any of it: parties by their
// codes, channels by the first digits of their digests, and numbers.
package health

import (
	"fmt"
	"io"
	"net/http"

	"github.com/VictoriaMetrics/metrics"

	"detente/internal/node"
)

// New returns the handler.
func New(n *node.Node) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, n.Alive()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		err := n.Alive()
		if err == nil {
			err = signs(n)
		}
		say(w, err)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		Write(w, n)
	})
	return mux
}

func say(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "ok")
}

// signs says on which channel the node does not sign. Why is for the desk to
// show.
func signs(n *node.Node) (err error) {
	for _, id := range n.Channels() {
		n.Read(id, func(s *node.Snapshot) { //nolint:errcheck // a channel does not go away
			if s.Recovering != "" && err == nil {
				err = fmt.Errorf("the node does not sign on channel %s; see: detente recover", short(id))
			}
		})
	}
	return err
}

// Write writes every figure.
func Write(w io.Writer, n *node.Node) {
	set := metrics.NewSet()
	for _, f := range Figures {
		if f.read == nil {
			continue // counted by the node itself
		}
		f.read(n, func(labels string, value float64) {
			name := f.Name
			if labels != "" {
				name += "{" + labels + "}"
			}
			if f.Type == counter {
				set.GetOrCreateFloatCounter(name).Set(value)
			} else {
				set.GetOrCreateGauge(name, nil).Set(value)
			}
		})
	}
	set.WritePrometheus(w)
	n.WriteStats(w)
	metrics.WriteProcessMetrics(w)
}

// Types and explanations go with the figures.
func init() { metrics.ExposeMetadata(true) }
