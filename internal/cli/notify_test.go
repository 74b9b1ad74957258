package cli

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestUnderSystemd(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want time.Duration
	}{
		{map[string]string{"WATCHDOG_USEC": "2000000"}, 2 * time.Second},
		{map[string]string{"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": strconv.Itoa(os.Getpid())}, 2 * time.Second},
		{map[string]string{"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}, 0},
		{map[string]string{"WATCHDOG_USEC": "-1"}, 0},
		{map[string]string{"WATCHDOG_USEC": "soon"}, 0},
		{nil, 0},
	} {
		s := underSystemd(func(k string) string { return map[string]string{"NOTIFY_SOCKET": "@x"}[k] + c.env[k] })
		if s == nil || s.watchdog != c.want || s.socket != "@x" {
			t.Errorf("%v: got %+v, want %s", c.env, s, c.want)
		}
	}
	if s := underSystemd(func(string) string { return "" }); s != nil || s.tell("READY=1") != nil {
		t.Error("without a manager there is one")
	}
}

// TestWatch wants a sign of life only from a node that can be read, by a socket
// in a folder or an abstract one.
func TestWatch(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@detente-" + strconv.Itoa(os.Getpid())} {
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s := &systemd{socket: name, watchdog: 2 * time.Millisecond}
		ctx, cancel := context.WithCancel(context.Background())
		asked := 0
		s.watch(ctx, func() error {
			if asked++; asked == 1 {
				return nil
			}
			if asked == 3 {
				cancel()
			}
			return errors.New("the ledger cannot be read")
		})
		if err := s.tell("STOPPING=1"); err != nil {
			t.Fatal(err)
		}
		var told []string
		for b := make([]byte, 100); !slices.Contains(told, "STOPPING=1"); {
			n, err := l.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, string(b[:n]))
		}
		if !slices.Equal(told, []string{"WATCHDOG=1", "STOPPING=1"}) {
			t.Errorf("%s was told %q", name, told)
		}
	}
}

// TestUnit has systemd read the unit, and judge how much of the machine the
// service can reach.
func TestUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("DETENTE_CI") != "" {
			t.Fatal(err)
		}
		t.Skip("systemd is not installed")
	}
	unit, err := filepath.Abs("../../contrib/systemd/detente@.service")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	// The program need not be installed where the test runs.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	there := strings.ReplaceAll(string(b), "/usr/local/bin/detente", self)
	path := filepath.Join(t.TempDir(), "detente@PAK.service")
	if err := os.WriteFile(path, []byte(there), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", "--man=no", path}, {"security", "--offline=yes", "--no-pager", "--threshold=15", path}} {
		out, err := exec.Command(analyze, args...).CombinedOutput()
		if err != nil || args[0] == "verify" && strings.Contains(string(out), path) {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, out)
		}
	}
}
