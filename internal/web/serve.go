package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Socket returns where the process that owns a node's folder takes commands.
func Socket(dir string) string { return filepath.Join(dir, "socket") }

// maxSocket is the greatest length of a socket's path on every system.
const maxSocket = 103

// Listen opens the node's socket. The caller holds the lock of the folder, so a
// socket that is there already is a dead one.
func Listen(dir string) (net.Listener, error) {
	path := Socket(dir)
	if len(path) > maxSocket {
		return nil, fmt.Errorf("%s: a socket's path has at most %d bytes; use a shorter folder name, or start in it", path, maxSocket)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := (&net.ListenConfig{Control: private}).Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// private makes a socket that is open to its own user only from its first
// moment, where bind gives it the mode of its descriptor, as on Linux. The umask
// would do that everywhere, and to everything else that is made meanwhile.
func private(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		syscall.Fchmod(int(fd), 0o600) //nolint:errcheck // elsewhere the folder alone, 0700, guards that moment
	})
}

// Serve serves a handler until ctx ends.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if s.Shutdown(grace) != nil {
			s.Close() //nolint:errcheck // the process ends
		}
	})
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Dial returns a client of the node that is served from dir, or an error
// where none is.
func Dial(dir string) (*http.Client, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", Socket(dir))
	}
	conn, err := dial(context.Background(), "", "")
	if err != nil {
		return nil, err
	}
	conn.Close() //nolint:errcheck // it only showed that somebody listens
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableCompression: true}}, nil
}

// Within returns a client of a handler in the same process.
func Within(h http.Handler) *http.Client { return &http.Client{Transport: inside{h}} }

// inside is a RoundTripper that calls a handler. Bodies stream both ways.
type inside struct{ h http.Handler }

func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	pr, pw := io.Pipe()
	w := &insideWriter{head: http.Header{}, pipe: pw, ready: make(chan struct{})}
	go func() {
		var err error
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				panic(v)
			} else if v != nil {
				err = errors.New("the answer broke off")
			}
			w.WriteHeader(http.StatusOK)
			pw.CloseWithError(err)
			r.Body.Close() //nolint:errcheck // it was read as far as the handler wanted
		}()
		i.h.ServeHTTP(w, r)
	}()
	select {
	case <-w.ready:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: w.status, Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: pr, ContentLength: -1, Request: r}, nil
}

type insideWriter struct {
	head, sent http.Header
	status     int
	pipe       *io.PipeWriter
	ready      chan struct{}
	once       sync.Once
}

func (w *insideWriter) Header() http.Header { return w.head }
func (w *insideWriter) Flush()              {}

func (w *insideWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.head.Clone()
		close(w.ready)
	})
}

func (w *insideWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(b)
}
