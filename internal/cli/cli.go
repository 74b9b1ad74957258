// Package cli is the command line: one table of commands, from which the
// dispatch, the help, the shell completion and docs/cli.md come.
//
// A command that touches a node speaks to the process that serves it, over
// DIR/socket, or opens the node itself where none does. Either way it uses the
// same /api/v1, so that there is one behaviour and not two.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// Exit codes. They are part of the interface.
const (
	ExitOK     = 0
	ExitFailed = 1 // it was understood, and failed or was refused
	ExitUsage  = 2 // it was not understood: a wrong command, flag or field
	ExitFound  = 3 // verify or check found something wrong, or the sides do not agree
	ExitNode   = 4 // the node cannot be reached: no such folder, or another process holds it
)

// Exits documents the exit codes.
var Exits = []struct {
	Code int
	Doc  string
}{
	{ExitOK, "done"},
	{ExitFailed, "understood, but it failed or was refused; nothing was changed unless the message says so"},
	{ExitUsage, "not understood: a wrong command, flag or field; nothing was changed"},
	{ExitFound, "verify or check found something wrong, or pictures differ"},
	{ExitNode, "the node cannot be reached: there is none in the folder, or another process holds it"},
}

// ExitError ends the program with a code.
type ExitError struct {
	Code int
	Err  error // nil: nothing is printed
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

func usage(format string, args ...any) error {
	return &ExitError{ExitUsage, fmt.Errorf(format, args...)}
}

// Command is one row of the table.
type Command struct {
	Name  string // "pouch pack"
	Args  string // "--to PARTY FILE"
	Short string // one line
	Help  string // what else there is to know
	Node  bool   // it touches a node: it takes --dir and --json

	// Setup declares the flags and returns what runs. args are the arguments
	// as they were given, for the one command whose flags depend on them.
	Setup func(f *flag.FlagSet, args []string) func(ctx context.Context, c *Call) error
}

// Call is one use of a command.
type Call struct {
	*Streams
	Args   []string
	Dir    string
	JSON   bool
	Served bool // a process serves the node that the call has reached
}

// Streams is the world outside.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Terminal bool // Out is one
}

// Main runs the program and returns its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, os.Args[1:], &Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Terminal: isTerminal(os.Stdout)})
}

// Run runs one command and returns its exit code.
func Run(ctx context.Context, args []string, s *Streams) int {
	err := run(ctx, args, s)
	if err == nil {
		return ExitOK
	}
	code := ExitFailed
	var exit *ExitError
	if errors.As(err, &exit) {
		if code = exit.Code; exit.Err == nil {
			return code
		}
	}
	fmt.Fprintln(s.Err, "detente:", err)
	return code
}

func run(ctx context.Context, args []string, s *Streams) error {
	if len(args) == 0 {
		fmt.Fprint(s.Err, overview())
		return &ExitError{Code: ExitUsage}
	}
	if slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		args = []string{"help"}
	}
	cmd, rest := find(args)
	if cmd == nil {
		return usage("there is no command %q%s; see: detente help", strings.Join(args[:min(2, len(args))], " "), nearest(args))
	}
	f, do, c := prepare(cmd, rest)
	c.Streams = s
	var err error
	if c.Args, err = parse(f, rest); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(s.Out, manual(cmd))
		return nil
	} else if err != nil {
		return usage("%s: %w; see: detente help %s", cmd.Name, err, cmd.Name)
	}
	if cmd.Node && c.Dir == "" {
		if c.Dir = s.Getenv("DETENTE_DIR"); c.Dir == "" {
			c.Dir = "detente"
		}
	}
	return do(ctx, c)
}

// prepare declares a command's flags.
func prepare(cmd *Command, args []string) (*flag.FlagSet, func(context.Context, *Call) error, *Call) {
	f := flag.NewFlagSet(cmd.Name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	c := &Call{}
	if cmd.Node {
		f.StringVar(&c.Dir, "dir", "", "folder of the node (default: $DETENTE_DIR, or detente)")
		f.BoolVar(&c.JSON, "json", false, "print JSON")
	}
	return f, cmd.Setup(f, args), c
}

// find returns the command that the arguments begin with, the longest name
// first, and what follows.
func find(args []string) (*Command, []string) {
	for n := min(2, len(args)); n > 0; n-- {
		name := strings.Join(args[:n], " ")
		for i := range Commands {
			if Commands[i].Name == name {
				return &Commands[i], args[n:]
			}
		}
	}
	return nil, nil
}

// nearest names the commands that begin like what was given.
func nearest(args []string) string {
	var near []string
	for _, c := range Commands {
		if strings.HasPrefix(c.Name, args[0]) || len(args[0]) > 2 && strings.HasPrefix(c.Name, args[0][:2]) {
			near = append(near, c.Name)
		}
	}
	if near == nil {
		return ""
	}
	return "; there is " + strings.Join(near, ", ")
}

// parse parses flags wherever they stand among the arguments.
func parse(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		left := f.Args()
		if len(left) == 0 {
			return rest, nil
		}
		if used := len(args) - len(left); used > 0 && args[used-1] == "--" {
			return append(rest, left...), nil
		}
		rest = append(rest, left[0])
		args = left[1:]
	}
}

// want checks the number of arguments.
func (c *Call) want(low, high int, what string) error {
	if len(c.Args) < low || len(c.Args) > high {
		return usage("want %s, got %d arguments", what, len(c.Args))
	}
	return nil
}

func (c *Call) printf(format string, args ...any) { fmt.Fprintf(c.Out, format, args...) }

// many is a flag that can be given more than once.
type many []string

func (m *many) String() string     { return strings.Join(*m, " ") }
func (m *many) Set(s string) error { *m = append(*m, s); return nil }

// commas splits a list that is given as one value.
func commas(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
