package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"detente/internal/health"
	"detente/internal/node"
	"detente/internal/web"
)

func setupServe(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var listen many
	f.Var(&listen, "listen", "HOST:PORT to listen on; may be given more than once; none: only call out")
	var desk deskFlags
	desk.set(f)
	figures := f.String("metrics", "", "HOST:PORT of /healthz, /readyz and /metrics, for the machines that watch the node; without a host, this machine only; empty: none")
	verbose := f.Bool("verbose", false, "log every exchange")
	return func(ctx context.Context, c *Call) (err error) {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		level := slog.LevelInfo
		if *verbose {
			level = slog.LevelDebug
		}
		log := slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: level}))
		spareCollector()
		n, err := node.Open(ctx, node.Config{Dir: c.Dir, Log: log})
		for start := time.Now(); isLocked(err) && time.Since(start) < patience && ctx.Err() == nil; n, err = node.Open(ctx, node.Config{Dir: c.Dir, Log: log}) {
			if _, dialErr := web.Dial(c.Dir); dialErr == nil {
				break // another process serves it, and will go on to
			}
			time.Sleep(patience / 50) // a command that is done in a moment
		}
		if isLocked(err) {
			return &ExitError{ExitNode, err}
		} else if err != nil {
			return err
		}
		// The first server that fails ends the others.
		ctx, cancel := context.WithCancelCause(ctx)
		defer func() {
			cancel(nil)
			err = errors.Join(err, n.Close())
		}()
		fitMemory()
		var lines []net.Listener
		for _, addr := range listenOn(n, listen) {
			l, err := net.Listen("tcp", addr)
			for i := 0; err != nil && i < len(lines); i++ {
				lines[i].Close() //nolint:errcheck // nothing was taken on it
			}
			if err != nil {
				return fmt.Errorf("nothing can listen on %s: %w; say where with --listen, or only call out with --listen none", addr, err)
			}
			lines = append(lines, l)
			log.Info("listening", "address", l.Addr())
		}
		pages, err := desk.listen()
		var socket net.Listener
		if err == nil {
			socket, err = web.Listen(c.Dir)
		}
		var watched net.Listener
		if err == nil && *figures != "" {
			watched, err = listenFigures(*figures)
		}
		if err != nil {
			for _, l := range lines {
				l.Close() //nolint:errcheck // nothing was taken on it
			}
			return err
		}
		n.Start(ctx)
		var wait sync.WaitGroup
		run := func(serve func() error) {
			wait.Go(func() {
				if err := serve(); err != nil {
					cancel(err)
				}
			})
		}
		api := web.NewAPI(n)
		run(func() error { return web.Serve(ctx, socket, api) })
		run(func() error { api.Watch(ctx, log); return nil })
		if watched != nil {
			log.Info("metrics", "address", watched.Addr())
			run(func() error { return web.Serve(ctx, watched, health.New(n)) })
		}
		if pages != nil {
			run(func() error { return desk.serve(ctx, pages, n, api, log) })
		}
		for _, l := range lines {
			run(func() error { return n.ServeLine(ctx, l) })
		}
		log.Info("serving", "party", n.Party(), "dir", c.Dir, "channels", len(n.Channels()))
		manager := underSystemd(c.Getenv)
		if err := manager.tell("READY=1\nSTATUS=serving " + n.Party()); err != nil {
			log.Warn("systemd was not told that the node is ready", "err", err)
		}
		wait.Go(func() { manager.watch(ctx, n.Alive) })
		<-ctx.Done()
		manager.tell("STOPPING=1") //nolint:errcheck // it sees it
		wait.Wait()
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			return cause
		}
		return nil
	}
}

// listenFigures opens the address of what a node's own machines watch it by.
func listenFigures(at string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil, usage("--metrics %q is not HOST:PORT: %w", at, err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port))
	if err != nil {
		return nil, fmt.Errorf("no figures can be served on %s: %w", at, err)
	}
	return l, nil
}

// listenOn returns where to listen: as told, or where the credence says that
// the node is reached.
func listenOn(n *node.Node, given []string) []string {
	if len(given) == 1 && given[0] == "none" {
		return nil
	}
	if len(given) > 0 {
		return given
	}
	cred, _ := n.Credence()
	return listenAt(cred.Addresses)
}

// listenAt returns where a node listens that is reached at these addresses: at
// a loopback address itself; for any other, whose interface the node cannot
// know, at its port on every interface.
func listenAt(addresses []string) []string {
	open := map[string]bool{} // ports on every interface
	for _, a := range addresses {
		if host, port, err := net.SplitHostPort(a); err == nil && !loopback(host) {
			open[port] = true
		}
	}
	var out []string
	for _, a := range addresses {
		_, port, err := net.SplitHostPort(a)
		if err != nil {
			continue
		}
		if open[port] {
			a = net.JoinHostPort("", port)
		}
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
