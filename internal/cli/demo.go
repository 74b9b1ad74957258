package cli

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"strings"

	"detente/internal/demo"
	"detente/scenario"
)

const demoHelp = `Makes three real nodes, PAK, IRN and TUR, each with its keys, ledger and TLS listener on loopback, and plays
January 2024 on them from press claims: every note goes over the line, and is printed as the other side holds
it. Only the calendar is simulated. At the end it prints the agreement as it stands, and whether the pictures
are equal; then the nodes stay up as processes of their own, with three things to try by hand.

With --exit the nodes end too: exit code 0, or 3 if any note is without receipt and ack, was not applied, or
the pictures differ. --scenario fictional plays ten days between states that are on no map, with every act
and every state, an outage, a courier, a fork and an erasure. --scenario FILE plays a file of one's own;
docs/scenario.md says how to write one, and --print-scenario prints the one that would be played, to begin
from. The folders stay in --dir.`

// fictional is the name of the scenario that comes with the program beside
// January 2024.
const fictional = "fictional"

func setupDemo(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var o demo.Options
	var file string
	var exit, plainText, source bool
	f.StringVar(&o.Dir, "dir", "", "where the folders of the nodes are made (default: a new temporary folder)")
	f.StringVar(&file, "scenario", "", "fictional, or a scenario file (default: January 2024)")
	f.BoolVar(&exit, "exit", false, "end the nodes when the scenario is played")
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
			o.Program = program(self)
			o.Serve = func(dir, listen string) *exec.Cmd {
				return exec.Command(self, "serve", "--dir", dir, "--listen", listen)
			}
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
