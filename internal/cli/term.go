package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"detente/internal/page"
	"detente/internal/view"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// text is what others wrote, on one line, as a terminal may print it.
func text(s string) string { return view.Safe(s) }

// screen says how whatever this program prints is laid out: how many columns
// the terminal has, 0 where there is none, and whether to show colours: on a
// terminal, where NO_COLOR (no-color.org) is not set.
func (c *Call) screen() (width int, color bool) {
	if !c.Terminal {
		return 0, false
	}
	color = c.Getenv("NO_COLOR") == "" && c.Getenv("TERM") != "dumb"
	if f, ok := c.Out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			return w, color
		}
	}
	width, err := strconv.Atoi(c.Getenv("COLUMNS"))
	if err != nil {
		width = 0
	}
	return width, color
}

// page is where views are laid out.
func (c *Call) page() *page.Page {
	width, color := c.screen()
	return page.New(c.Out, width, color)
}

// paint colours text where colours are shown.
func (c *Call) paint(style, s string) string { return c.page().Paint(style, s) }

func (c *Call) heading(format string, args ...any) { c.page().Heading(fmt.Sprintf(format, args...)) }

// table lays rows out in columns. Colours are for lines outside of tables:
// tabwriter would count them.
type table struct {
	w    *tabwriter.Writer
	out  strings.Builder
	rows int
	c    *Call
}

func (c *Call) table(heads ...string) *table {
	t := &table{c: c}
	t.w = tabwriter.NewWriter(&t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t.w, strings.Join(heads, "\t"))
	return t
}

func (t *table) row(cells ...string) {
	t.rows++
	for i, s := range cells {
		cells[i] = strings.ReplaceAll(s, "\t", " ")
	}
	fmt.Fprintln(t.w, strings.Join(cells, "\t")) // empty cells too: a column ends where a row lacks its cell
}

func (t *table) flush() {
	t.w.Flush() //nolint:errcheck // a strings.Builder does not fail
	for line := range strings.Lines(t.out.String()) {
		t.c.printf("%s\n", strings.TrimRight(line, " \n"))
	}
	if t.rows == 0 {
		t.c.printf("(none)\n")
	}
}

// fetch saves what a path answers with.
func (c *Call) fetch(ctx context.Context, path string, q url.Values, out string) (err error) {
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	r, err := cl.request(ctx, "GET", path, q, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Body.Close()) }()
	return c.save(r.Body, out)
}

// save writes what comes to a file, which is there in whole or not at all;
// - is standard output.
func (c *Call) save(from io.Reader, path string) (err error) {
	if path == "-" {
		_, err = io.Copy(c.Out, from)
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".detente-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = io.Copy(f, from)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// bar shows how far long work is, on a terminal only.
type bar struct {
	c    *Call
	what string
	last int
}

func (b *bar) show(done, total uint64) {
	if !b.c.Terminal || total == 0 {
		return
	}
	const width = 40
	n := int(min(done, total) * width / total)
	if n == b.last && done != total {
		return
	}
	b.last = n
	fmt.Fprintf(b.c.Err, "\r%s [%s%s] %d of %d", b.what, strings.Repeat("#", n), strings.Repeat(".", width-n), done, total)
}

func (b *bar) end() {
	if b.c.Terminal && b.last > 0 {
		fmt.Fprint(b.c.Err, "\r\x1b[K")
	}
}
