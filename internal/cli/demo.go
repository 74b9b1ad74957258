package cli

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"detente/internal/demo"
	"detente/internal/site"
	"detente/internal/web"
	"detente/scenario"
)

const demoHelp = `Makes three real nodes, PAK, IRN and TUR, each with its keys, ledger and TLS listener on loopback, and plays
January 2024 on them from press claims, a step each half second or --pace: every note goes over the line, and is
printed as the other side holds it. Only the calendar is simulated.

Each party has a desk in the browser, on this machine; the link that is printed lets you in as the officer
"Demonstration", who may do everything. On every page stand what this is, the calendar, and what plays, pauses,
plays one step or goes to a day. A record is never taken back: to go to a day that is behind, everything is played
anew up to there, on new nodes, in a folder of their own. On a terminal Enter pauses and goes on, s and Enter is one
step, a date or end and Enter goes there. At the end the agreement is printed as it stands, and whether the
pictures are equal; the nodes and desks stay up, with three things to try by hand.

With --exit it is played at once and ends, without desks: exit code 0, or 3 if any note is without receipt and ack,
was not applied, or the pictures differ. --scenario fictional plays ten days between states that are on no map, with
every act and every state, an outage, a courier, a fork and an erasure. --scenario FILE plays a file of one's own;
docs/scenario.md says how to write one, and --print-scenario prints the one that would be played, to begin from. The
folders stay in --dir. Desks are for exercises: a channel that is none is played with --exit only.`

// fictional is the name of the scenario that comes with the program beside
// January 2024.
const fictional = "fictional"

func setupDemo(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var o demo.Options
	var file string
	var exit, plainText, source bool
	var live demo.Live
	f.StringVar(&o.Dir, "dir", "", "where the folders of the nodes are made (default: a new temporary folder)")
	f.StringVar(&file, "scenario", "", "fictional, or a scenario file (default: January 2024)")
	f.BoolVar(&exit, "exit", false, "play it at once, without desks, and end with the transcript")
	f.StringVar(&live.Desk, "desk", "", "HOST:PORT on this machine of the first desk; the others have the ports after it (default: free ports)")
	f.DurationVar(&live.Pace, "pace", time.Second/2, "rest after each step")
	f.BoolVar(&plainText, "no-color", false, "no colours")
	f.BoolVar(&source, "print-scenario", false, "print the scenario, and play nothing")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		if source {
			text := scenario.January2024Text()
			if file == fictional {
				text = scenario.FictionalText()
			}
			_, err := c.Out.Write(text)
			return err
		}
		if file != "" {
			b, err := scenario.FictionalText(), error(nil)
			if file != fictional {
				b, err = c.readFile(file)
			}
			if err != nil {
				return err
			}
			if o.Scenario, err = scenario.Parse(b); err != nil {
				return &ExitError{ExitUsage, err}
			}
		}
		o.Out = c.Out
		o.Width, o.Color = c.screen()
		o.Color = o.Color && !plainText
		if !exit {
			self, err := os.Executable()
			if err != nil {
				return err
			}
			live.Program = program(self)
			log := slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
			live.Pages = func(d demo.Desk) http.Handler {
				return site.New(site.Options{Demo: d.Player, Desk: d.API.Desk(), Log: log, Node: d.Node, SignIn: d.Door, Who: d.Who, API: web.Guard(d.API, d.Who)})
			}
			if in, ok := c.In.(*os.File); ok && isTerminal(in) {
				live.Keys = in
			}
			o.Live = &live
		}
		err := demo.Run(ctx, o)
		if unsettled := new(demo.Unsettled); errors.As(err, &unsettled) {
			return &ExitError{ExitFound, err}
		}
		return err
	}
}

// program is how a person calls the program that runs from this file.
func program(self string) string {
	if found, err := exec.LookPath("detente"); err == nil && found == self {
		return "detente"
	}
	if strings.Contains(self, "go-build") { // go run makes a file that it deletes
		return "go run ./cmd/detente"
	}
	return self
}
