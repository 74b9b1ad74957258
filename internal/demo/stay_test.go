package demo_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"detente/internal/cli"
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

// begun is the demo as a process of its own: its transcript, and how it ends.
func begun(t *testing.T, text string, flags ...string) (out *transcript, ended chan error, dir string) {
	t.Helper()
	t.Setenv(asProgram, "1")
	dir = folder(t)
	file := filepath.Join(dir, "scenario")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, ended = &transcript{more: make(chan struct{}, 1)}, make(chan error, 1)
	cmd := exec.Command(program(t), append([]string{"demo", "--dir", dir, "--scenario", file}, flags...)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		ended <- cmd.Wait()
		close(done)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it has ended
		<-done
	})
	return out, ended, dir
}

func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// folder is a temporary folder; t.TempDir is too long for a socket.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "demo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// upTo is January 2024 up to a pause, from 1.
func upTo(pause int) string {
	parts := strings.Split(string(scenario.January2024Text()), "\npause:")
	return strings.Join(parts[:pause], "\npause:") + "\n"
}

// TestByHand does what the transcript says can be tried by hand, by the very
// commands that it prints.
func TestByHand(t *testing.T) {
	out, ended, _ := begun(t, upTo(1), "--pace", "0")
	out.await(t, `(?s)3\. Kill.*kill -9 \d+\n.*serve.*serve.*\n`, ended)
	command := func(pattern string) string {
		return strings.ReplaceAll(out.await(t, `(?m)^     (`+pattern+`)$`, ended), "go run ./cmd/detente", program(t))
	}
	shell := func(want, line string) string {
		t.Helper()
		b, err := exec.Command("sh", "-c", line).CombinedOutput()
		if (err == nil) != (want == "0") || err != nil && want != strconv.Itoa(err.(*exec.ExitError).ExitCode()) {
			t.Fatalf("%s\n%v; want exit code %s\n%s", line, err, want, b)
		}
		return string(b)
	}

	// 1. A flash note.
	if got := shell("0", command(`(?:go run )?\S+ send (?s:.*?)--dir \S+`)); !strings.Contains(got, "Receipt of IRN") {
		t.Errorf("send says\n%s", got)
	}
	if got := shell("0", command(`(?:go run )?\S+ inbox .*`)); !strings.Contains(got, "FLASH") || !strings.Contains(got, "By hand") {
		t.Errorf("the inbox says\n%s", got)
	}

	// 2. A byte is flipped.
	verify := command(`(?:go run )?\S+ verify .*`)
	if got := shell("0", verify); !strings.Contains(got, "Nothing is wrong") {
		t.Errorf("verify says\n%s", got)
	}
	shell("0", command(`printf .*`))
	if got := shell("3", verify); !strings.Contains(got, "its bytes were changed") {
		t.Errorf("verify says of a flipped byte\n%s", got)
	}

	// 3. The nodes are killed, and started again one after the other.
	pid, err := strconv.Atoi(out.await(t, `kill -9 (\d+)`, ended))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-ended
	again := func(party string) {
		t.Helper()
		cmd := exec.Command("sh", "-c", "exec "+command(`(?:go run )?\S+ serve .*`+party))
		cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
				t.Errorf("serve, told to end: %v", err)
			}
		})
	}
	line := command(`(?:go run )?\S+ line .*`)
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
	again("PAK")
	until("link down since")
	again("IRN")
	until("link up since")
	if got := shell("0", command(`(?:go run )?\S+ inbox .*`)); !strings.Contains(got, "By hand") {
		t.Errorf("the inbox of the node that was killed says\n%s", got)
	}
}
