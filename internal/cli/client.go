package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"detente/internal/node"
	"detente/internal/web"
)

// client speaks /api/v1 to a node.
type client struct {
	http  *http.Client
	close func() error
}

// patience is how long a command waits for the process that holds the lock.
const patience = 3 * time.Second

func isLocked(err error) bool {
	var locked *node.LockedError
	return errors.As(err, &locked)
}

// connect reaches the node in the call's folder: over its socket, or by taking
// its lock.
func (c *Call) connect(ctx context.Context) (*client, error) {
	if h, err := web.Dial(c.Dir); err == nil {
		return c.over(h), nil
	}
	// Who holds the lock may be about to open its socket, or be another command
	// that is done in a moment.
	n, err := c.open(ctx)
	for start := time.Now(); isLocked(err) && time.Since(start) < patience && ctx.Err() == nil; n, err = c.open(ctx) {
		if h, err := web.Dial(c.Dir); err == nil {
			return c.over(h), nil
		}
		time.Sleep(patience / 50)
	}
	if err != nil {
		return nil, err
	}
	return &client{web.Within(web.NewAPI(n)), n.Close}, nil
}

// over is a client of the process that serves the node.
func (c *Call) over(h *http.Client) *client {
	c.Served = true
	return &client{h, func() error { h.CloseIdleConnections(); return nil }}
}

// open takes the lock and opens the node.
func (c *Call) open(ctx context.Context) (*node.Node, error) {
	if _, err := os.Stat(filepath.Join(c.Dir, "party.json")); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, &ExitError{ExitNode, fmt.Errorf("there is no node in %s; make one with: detente init, or say where it is with --dir", c.Dir)}
	}
	spareCollector()
	n, err := node.Open(ctx, node.Config{Dir: c.Dir})
	if isLocked(err) {
		return nil, &ExitError{ExitNode, err}
	}
	if err == nil {
		fitMemory()
	}
	return n, err
}

// call makes a request and decodes the answer into out: a *[]byte takes it as
// it is, nil drops it.
func (cl *client) call(ctx context.Context, method, path string, query url.Values, body io.Reader, out any) (err error) {
	r, err := cl.request(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Body.Close()) }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return lost(method, path, query, err)
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = b
		return nil
	}
	return json.Unmarshal(b, out)
}

// request makes a request. An answer that is not a success is an error.
func (cl *client) request(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://node/api/v1/"+path+"?"+query.Encode(), body)
	if err != nil {
		return nil, err
	}
	r, err := cl.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, lost(method, path, query, err)
	}
	if r.StatusCode < 300 {
		return r, nil
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	var p web.Problem
	if json.Unmarshal(b, &p) != nil || p.Detail == "" {
		if r.StatusCode == http.StatusNotFound {
			return nil, errors.New("the node that runs does not know this command: it was started from another version of detente. Nothing was done; stop it, and start it from this one")
		}
		return nil, fmt.Errorf("the node answers %s: %.200s", r.Status, b)
	}
	code := ExitFailed
	if p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusBadRequest {
		code = ExitUsage
	}
	return nil, &ExitError{code, &p}
}

// lost says that no answer came. What was to be sent may then be in the feed.
func lost(method, path string, query url.Values, err error) error {
	var dial *net.OpError
	reached := !errors.As(err, &dial) || dial.Op != "dial"
	writes := method == "POST" && (path == "send" && !query.Has("check") && !query.Has("keep") || strings.HasPrefix(path, "drafts/"))
	if reached && method == "POST" && path == "house" {
		return &ExitError{ExitNode, fmt.Errorf("the answer is lost (%w): the entry may have been made: look at detente file list and detente claims before entering it again", err)}
	}
	if reached && writes {
		return &ExitError{ExitNode, fmt.Errorf("the answer is lost (%w): the note may have been written: look at detente timeline before sending again", err)}
	}
	return &ExitError{ExitNode, fmt.Errorf("the node does not answer: %w", err)}
}

// show asks for a view and prints it: as JSON, as it came, or by render.
func show[T any](ctx context.Context, c *Call, path string, query url.Values, render func(*Call, *T)) error {
	return once(ctx, c, "GET", path, query, nil, render)
}

// post sends a value as JSON and prints the answer.
func post[T any](ctx context.Context, c *Call, path string, query url.Values, v any, render func(*Call, *T)) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return once(ctx, c, "POST", path, query, bytes.NewReader(b), render)
}

// once connects, makes one request and prints the answer.
func once[T any](ctx context.Context, c *Call, method, path string, query url.Values, body io.Reader, render func(*Call, *T)) (err error) {
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	return ask(ctx, c, cl, method, path, query, body, render)
}

// ask makes one request and prints the answer.
func ask[T any](ctx context.Context, c *Call, cl *client, method, path string, query url.Values, body io.Reader, render func(*Call, *T)) error {
	var b []byte
	if err := cl.call(ctx, method, path, query, body, &b); err != nil {
		return err
	}
	if c.JSON {
		return c.printJSON(b)
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	render(c, &v)
	return nil
}

// printValue prints a value that is here already.
func printValue[T any](c *Call, v *T, render func(*Call, *T)) error {
	if !c.JSON {
		render(c, v)
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.printJSON(b)
}

func (c *Call) printJSON(b []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return err
	}
	_, err := out.WriteTo(c.Out)
	return err
}
