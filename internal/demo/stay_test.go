package demo_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"detente/internal/cli"
	"detente/internal/demo"
	"detente/scenario"
)

// asProgram makes the test binary the program itself.
const asProgram = "DETENTE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Main())
	}
	os.Exit(m.Run())
}

// transcript is what the demo has printed so far.
type transcript struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{}
}

func (o *transcript) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.buf.Write(b)
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// await returns the submatch of a pattern, once it is printed.
func (o *transcript) await(t *testing.T, pattern string, ended <-chan error) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for {
		if m := re.FindStringSubmatch(o.String()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-o.more:
		case err := <-ended:
			t.Fatalf("it ended, %v, before it printed %q:\n%s", err, pattern, o)
		case <-time.After(time.Minute):
			t.Fatalf("it does not print %q:\n%s", pattern, o)
		}
	}
}

// TestByHand does what the transcript says can be tried by hand, by the very
// commands that it prints.
func TestByHand(t *testing.T) {
	text := string(scenario.January2024Text())
	s, err := scenario.Parse([]byte(text[:strings.Index(text, "\npause:")] + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asProgram, "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "demo") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ctx, cancel := context.WithCancel(t.Context())
	out := &transcript{more: make(chan struct{}, 1)}
	ended := make(chan error, 1)
	go func() {
		ended <- demo.Run(ctx, demo.Options{Dir: dir, Out: out, Scenario: s, Program: self,
			Serve: func(dir, listen string) *exec.Cmd {
				return exec.Command(self, "serve", "--dir", dir, "--listen", listen)
			}})
	}()
	out.await(t, `(?s)3\. Flip.*conv=notrunc\n.*verify.*\n`, ended)
	command := func(pattern string) string { return out.await(t, `(?m)^     (`+pattern+`)$`, ended) }
	shell := func(want, line string) string {
		t.Helper()
		b, err := exec.Command("sh", "-c", line).CombinedOutput()
		if (err == nil) != (want == "0") || err != nil && want != strconv.Itoa(err.(*exec.ExitError).ExitCode()) {
			t.Fatalf("%s\n%v; want exit code %s\n%s", line, err, want, b)
		}
		return string(b)
	}

	// 1. A flash note.
	if got := shell("0", command(`/\S+ send (?s:.*?)--dir \S+`)); !strings.Contains(got, "Receipt of IRN") {
		t.Errorf("send says\n%s", got)
	}
	if got := shell("0", command(`/\S+ inbox .*`)); !strings.Contains(got, "FLASH") || !strings.Contains(got, "By hand") {
		t.Errorf("the inbox says\n%s", got)
	}

	// 2. A node is killed, and started again.
	pid, err := strconv.Atoi(out.await(t, `kill -9 (\d+)`, ended))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	out.await(t, "The process of (IRN) has ended", ended)
	line := command(`/\S+ line .*`)
	until := func(want string) {
		t.Helper()
		got := ""
		for start := time.Now(); time.Since(start) < time.Minute; {
			if got = shell("0", line); strings.Contains(got, want) {
				return
			}
		}
		t.Fatalf("the line does not come to %q; it says\n%s", want, got)
	}
	until("link down since")
	again := exec.Command("sh", "-c", "exec "+command(`/\S+ serve .*`))
	again.Stdout, again.Stderr = io.Discard, io.Discard
	if err := again.Start(); err != nil {
		t.Fatal(err)
	}
	until("link up since")
	if err := again.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := again.Wait(); err != nil {
		t.Errorf("serve, told to end: %v", err)
	}

	// 3. A byte is flipped.
	verify := command(`/\S+ verify .*`)
	if got := shell("0", verify); !strings.Contains(got, "Nothing is wrong") {
		t.Errorf("verify says\n%s", got)
	}
	shell("0", command(`printf .*`))
	if got := shell("3", verify); !strings.Contains(got, "its bytes were changed") {
		t.Errorf("verify says of a flipped byte\n%s", got)
	}

	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}
