package cli

import (
	"context"
	"flag"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"detente/internal/web"
	"detente/matter"
)

var update = flag.Bool("update", false, "write docs/cli.md and the scripts' golden files again")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"detente": func() { os.Exit(Main()) }})
}

func TestScripts(t *testing.T) {
	commands := map[string]func(*testscript.TestScript, bool, []string){"capture": capture, "fetch": fetch, "freeport": freeport, "lacks": lacks, "manager": manager, "served": served, "told": told}
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: *update, Cmds: commands, Setup: func(e *testscript.Env) error {
		e.Setenv("NO_COLOR", "1")
		return nil
	}})
}

// served waits until a process answers on the socket of a folder.
func served(ts *testscript.TestScript, _ bool, args []string) {
	for start := time.Now(); time.Since(start) < 20*time.Second; {
		if _, err := web.Dial(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("nothing serves %s", args[0])
}

// manager opens the socket of a service manager, and lets commands know of it.
func manager(ts *testscript.TestScript, _ bool, _ []string) {
	path := ts.MkAbs("notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	managers.Store(path, l)
	ts.Setenv("NOTIFY_SOCKET", path)
	ts.Setenv("WATCHDOG_USEC", "3600000000")
}

var managers sync.Map // by the path of the socket: *net.UnixConn

// told waits until the manager is told what begins so, and wants it next.
func told(ts *testscript.TestScript, _ bool, args []string) {
	l, _ := managers.Load(ts.MkAbs("notify"))
	ts.Check(l.(*net.UnixConn).SetReadDeadline(time.Now().Add(20 * time.Second)))
	b := make([]byte, 1<<10)
	n, err := l.(*net.UnixConn).Read(b)
	ts.Check(err)
	if got := string(b[:n]); !strings.HasPrefix(got, args[0]) {
		ts.Fatalf("the manager was told %q, want %s", got, args[0])
	}
}

// freeport puts a port that nobody listens on into a variable.
func freeport(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Check(l.Close())
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// fetch writes what a page says to a file; with ! it wants it to fail.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	r, err := http.Get(args[0])
	ts.Check(err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o666))
	if ok := r.StatusCode == http.StatusOK; ok == neg {
		ts.Fatalf("%s: %s", args[0], r.Status)
	}
}

// capture puts what the last command printed, as far as the group of a pattern
// takes it, into a variable.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if m == nil {
		ts.Fatalf("nothing like %s was printed", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// lacks wants a word in none of the files and folders.
func lacks(ts *testscript.TestScript, _ bool, args []string) {
	files := 0
	for _, root := range args[1:] {
		ts.Check(filepath.WalkDir(ts.MkAbs(root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if files++; strings.Contains(string(b), args[0]) {
				ts.Fatalf("%s holds %q", path, args[0])
			}
			return err
		}))
	}
	if files == 0 {
		ts.Fatalf("there is no file to look at")
	}
}

// TestDocs keeps docs/cli.md equal to the table.
func TestDocs(t *testing.T) {
	const path = "../../docs/cli.md"
	want := Markdown()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the table says; run go test ./internal/cli -run Docs -update", path)
	}
}

func runHere(args ...string) (code int, out, errs string) {
	var stdout, stderr strings.Builder
	code = Run(context.Background(), args, &Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: func(string) string { return "" }})
	return code, stdout.String(), stderr.String()
}

// TestTable wants every command to explain itself, by help and by --help, and
// every page to have its own line in the overview and in completion.
func TestTable(t *testing.T) {
	_, bash, _ := runHere("completion", "bash")
	_, fish, _ := runHere("completion", "fish")
	for i := range Commands {
		cmd := &Commands[i]
		words := strings.Fields(cmd.Name)
		code, out, errs := runHere(append([]string{"help"}, words...)...)
		if code != ExitOK || !strings.Contains(out, "usage: detente "+cmd.Name) || errs != "" {
			t.Errorf("help %s: code %d, %q", cmd.Name, code, errs)
		}
		if _, again, _ := runHere(append(words, "--help")...); again != out {
			t.Errorf("%s --help prints another page than help %[1]s", cmd.Name)
		}
		if !strings.Contains(overview(), "  "+cmd.Name+" ") {
			t.Errorf("%s is not in the overview", cmd.Name)
		}
		if !strings.Contains(bash, `"`+cmd.Name) || !strings.Contains(fish, words[0]) {
			t.Errorf("%s is not completed", cmd.Name)
		}
		if code, _, _ := runHere(append(words, "--no-such-flag")...); code != ExitUsage {
			t.Errorf("%s --no-such-flag: code %d, want %d", cmd.Name, code, ExitUsage)
		}
	}
}

// TestSendFlags wants every field of every act to be a flag of send that no
// other flag stands in the way of.
func TestSendFlags(t *testing.T) {
	i := slices.IndexFunc(Commands, func(c Command) bool { return c.Name == "send" })
	for _, name := range matter.Acts() {
		_, act, _ := matter.Find(name)
		f, _, _ := prepare(&Commands[i], []string{name}) // panics where a flag is declared twice
		for _, s := range act.Fields {
			if f.Lookup(s.Name) == nil {
				t.Errorf("send %s has no flag --%s", name, s.Name)
			}
		}
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, ExitUsage, "usage: detente"},
		{[]string{"no-such"}, ExitUsage, "no command"},
		{[]string{"pouch"}, ExitUsage, "pouch pack, pouch apply"},
		{[]string{"regster"}, ExitUsage, "register"},
		{[]string{"inbox", "extra", "--dir", "nowhere"}, ExitUsage, "no arguments"},
		{[]string{"inbox", "--dir", "nowhere"}, ExitNode, "there is no node in nowhere"},
		{[]string{"inbox", "--dir", "cli_test.go"}, ExitNode, "there is no node in cli_test.go"}, // a file, as the program itself beside a node may be
		{[]string{"help", "no-such"}, ExitUsage, "no command, kind of matter, act or topic"},
		{[]string{"completion", "tcsh"}, ExitUsage, "none of bash"},
	} {
		code, out, errs := runHere(c.args...)
		if code != c.code || !strings.Contains(errs, c.says) || out != "" {
			t.Errorf("%q: code %d, out %q, err %q; want code %d, and %q", c.args, code, out, errs, c.code, c.says)
		}
	}
}

// TestParse takes flags wherever they stand.
func TestParse(t *testing.T) {
	f := flag.NewFlagSet("", flag.ContinueOnError)
	x := f.String("x", "", "")
	rest, err := parse(f, []string{"a", "--x", "1", "b", "--", "--c"})
	if err != nil || *x != "1" || !slices.Equal(rest, []string{"a", "b", "--c"}) {
		t.Errorf("got %q, x %q, %v", rest, *x, err)
	}
}
