package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"detente/internal/node"
	"detente/internal/officer/signin"
	"detente/internal/site"
	"detente/internal/web"
)

// deskFlags say where the pages of the desk are served.
type deskFlags struct{ at, origin, cert, key string }

func (d *deskFlags) set(f *flag.FlagSet) {
	f.StringVar(&d.at, "desk", "", "HOST:PORT of the desk's pages, for officers; empty: no pages. Beyond this machine it needs --desk-cert, --desk-key and --desk-origin")
	f.StringVar(&d.origin, "desk-origin", "", "how browsers reach the desk, https://desk.example; empty: http://localhost:PORT")
	f.StringVar(&d.cert, "desk-cert", "", "PEM file of the desk's certificate")
	f.StringVar(&d.key, "desk-key", "", "PEM file of its key")
}

// listen opens the desk's address before anything else is begun.
func (d *deskFlags) listen() (net.Listener, error) {
	if d.at == "" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(d.at)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--desk %q is not HOST:PORT: %w", d.at, err)
	case (d.cert == "") != (d.key == ""):
		return nil, errors.New("--desk-cert and --desk-key go together")
	case !loopback(host) && (d.cert == "" || !strings.HasPrefix(d.origin, "https://")):
		return nil, fmt.Errorf("--desk %s is open to other machines: it needs --desk-cert, --desk-key and --desk-origin https://…", d.at)
	}
	l, err := net.Listen("tcp", d.at)
	if err != nil {
		return nil, fmt.Errorf("no desk can be served on %s: %w", d.at, err)
	}
	return l, nil
}

// serve serves the desk until ctx ends.
func (d *deskFlags) serve(ctx context.Context, l net.Listener, n *node.Node, api *web.API, log *slog.Logger) error {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return err
	}
	origin := cmp.Or(d.origin, "http://localhost:"+port)
	door := signin.New(api.Desk().Officers(), n.Store(), n.Box(), nil)
	if err := door.Serve(ctx, origin, "Détente "+n.Party()); err != nil {
		return err
	}
	s := &http.Server{
		Handler:           site.New(site.Options{Node: n, Desk: api.Desk(), SignIn: door, Log: log, API: web.Guard(api, door.Who)}),
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if s.Shutdown(grace) != nil {
			s.Close() //nolint:errcheck // the process ends
		}
	})
	defer stop()
	log.Info("desk", "origin", origin)
	if d.cert != "" {
		err = s.ServeTLS(l, d.cert, d.key)
	} else {
		err = s.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
