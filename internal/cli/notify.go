package cli

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"time"
)

// systemd is the service manager that has started the process, spoken to as
// sd_notify(3) has it: a datagram of lines to the socket that the environment
// names. Without one it is nil, and told nothing.
type systemd struct {
	socket   string
	watchdog time.Duration // how often a sign of life is wanted; zero: never
}

// underSystemd reads the environment. A watchdog of another process is not
// this one's.
func underSystemd(getenv func(string) string) *systemd {
	s := &systemd{socket: getenv("NOTIFY_SOCKET")}
	if s.socket == "" {
		return nil
	}
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if pid := getenv("WATCHDOG_PID"); err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		s.watchdog = time.Duration(usec) * time.Microsecond
	}
	return s
}

// tell sends a state, such as READY=1.
func (s *systemd) tell(state string) (err error) {
	if s == nil {
		return nil
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"}) // @name is an abstract one
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	_, err = c.Write([]byte(state))
	return err
}

// watch gives a sign of life twice in the time that the watchdog has, until ctx
// ends. alive returns only once the node can be read: one that hangs gives no
// sign, and is started anew.
func (s *systemd) watch(ctx context.Context, alive func() error) {
	if s == nil || s.watchdog == 0 {
		return
	}
	tick := time.NewTicker(s.watchdog / 2)
	defer tick.Stop()
	for {
		if alive() == nil {
			s.tell("WATCHDOG=1") //nolint:errcheck // then the service manager is gone, or misses it and acts
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
