package cli

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"sync"
	"time"

	"detente/internal/node"
	"detente/internal/web"
)

func setupServe(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var listen many
	f.Var(&listen, "listen", "HOST:PORT to listen on; may be given more than once; none: only call out")
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
		n.Start(ctx)
		var wait sync.WaitGroup
		run := func(serve func() error) {
			wait.Go(func() {
				if err := serve(); err != nil {
					cancel(err)
				}
			})
		}
		run(func() error { return web.Serve(ctx, c.Dir, web.NewAPI(n)) })
		for _, addr := range listenOn(n, listen) {
			log.Info("listening", "address", addr)
			run(func() error { return n.ListenAndServe(ctx, addr) })
		}
		log.Info("serving", "party", n.Party(), "dir", c.Dir, "channels", len(n.Channels()))
		<-ctx.Done()
		wait.Wait()
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			return cause
		}
		return nil
	}
}

// listenOn returns where to listen: as told, or on the ports of the
// credence's addresses, on every interface.
func listenOn(n *node.Node, given []string) []string {
	if len(given) == 1 && given[0] == "none" {
		return nil
	}
	if len(given) > 0 {
		return given
	}
	var out []string
	seen := map[string]bool{}
	cred, _ := n.Credence()
	for _, a := range cred.Addresses {
		if _, port, err := net.SplitHostPort(a); err == nil && !seen[port] {
			seen[port] = true
			out = append(out, net.JoinHostPort("", port))
		}
	}
	return out
}
