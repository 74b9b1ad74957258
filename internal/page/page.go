// Package page lays views out in characters, as wide as the reader's screen:
// what two sides say stands in two columns, facing each other, line against
// line and never merged.
//
// It says nothing of its own. What is said, by whom, and how it stands comes
// from package view; words that others wrote pass through [view.Safe], so that
// they cannot drive the terminal, and text that runs from right to left stays
// in its own place on the line.
package page

import (
	"fmt"
	"io"
	"strings"
	"time"

	"detente/internal/view"
)

// Widths of a page.
const (
	DefaultWidth = 80 // where there is no terminal that says otherwise
	minWidth     = 40
	maxWidth     = 132 // longer lines are hard to read
)

// Styles, as ECMA-48 numbers them.
const (
	Bold   = "1"
	Dim    = "2"
	Red    = "31"
	Yellow = "33"
)

// Page is where views are laid out.
type Page struct {
	w     io.Writer
	width int
	color bool
	blank bool // the last line was empty
	err   error
}

// New returns a page of so many columns; 0 means the default.
func New(w io.Writer, width int, color bool) *Page {
	if width == 0 {
		width = DefaultWidth
	}
	return &Page{w: w, width: min(max(width, minWidth), maxWidth), color: color}
}

// Err returns the first error of writing.
func (p *Page) Err() error { return p.err }

// Line prints one line as it is, however long it is.
func (p *Page) Line(s string) {
	p.blank = s == ""
	if _, err := io.WriteString(p.w, s+"\n"); err != nil && p.err == nil {
		p.err = err
	}
}

// Blank prints an empty line, unless one stands there already.
func (p *Page) Blank() {
	if !p.blank {
		p.Line("")
	}
}

// Paint colours what is on one line, where colours are wanted.
func (p *Page) Paint(style, s string) string {
	if !p.color || s == "" || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// Heading prints a heading.
func (p *Page) Heading(s string) {
	for _, line := range lines(s, p.width) {
		p.Line(p.Paint(Bold, line))
	}
}

// Para prints text within an indentation.
func (p *Page) Para(indent int, s string) { p.Hang(indent, "", s) }

// Hang prints text within an indentation, after a label: the second line
// begins under the first, or further left where the label is long.
func (p *Page) Hang(indent int, label, s string) { p.hang(indent, label, s, "") }

func (p *Page) hang(indent int, label, s, style string) {
	label = view.Safe(label)
	pad := strings.Repeat(" ", indent)
	first := pad + label
	hang := indent
	if label != "" {
		hang += width(label) + 1
		first += " "
	}
	if hang > indent+longLabel {
		hang = indent + 4
	}
	for i, line := range linesFrom(s, p.width-hang, p.width-width(first)) {
		if i > 0 {
			first = strings.Repeat(" ", hang)
		}
		p.Line(strings.TrimRight(first+p.Paint(style, line), " "))
	}
}

// One prints one line, cut where the page ends.
func (p *Page) One(indent int, label, s, style string) {
	first := strings.Repeat(" ", indent) + view.Safe(label)
	p.Line(first + p.Paint(style, view.Safe(cut(s, p.width-width(first)))))
}

const longLabel = 14

// absent stands where a side says nothing.
const absent = "–"

// Row prints cells beside each other, each wrapped in its own column after a
// gutter; where the columns would be too narrow, under each other.
func (p *Page) Row(indent, gutter int, label string, style string, cells ...string) {
	const gap, narrow = 2, 16
	room := p.width - indent - gutter
	each := (room - gap*(len(cells)-1)) / max(len(cells), 1)
	if len(cells) > 1 && each < narrow {
		for _, c := range cells {
			p.hang(indent, pad(label, gutter), c, style)
		}
		return
	}
	label = view.Safe(label)
	columns := make([][]string, len(cells))
	deep := 0
	for i, c := range cells {
		columns[i] = lines(c, each)
		deep = max(deep, len(columns[i]))
	}
	for n := range deep {
		line := strings.Repeat(" ", indent) + pad(label, gutter)
		for i, column := range columns {
			s := ""
			if n < len(column) {
				s = column[n]
			}
			if line += p.Paint(style, s); i < len(columns)-1 {
				line += strings.Repeat(" ", max(0, each-width(s))+gap)
			}
		}
		p.Line(strings.TrimRight(line, " "))
		label = ""
	}
}

// Local writes a time as the principals of the channel read it on their
// clocks: 2024-01-16 20:30 PAK, 19:00 IRN.
func Local(f *view.Frame, t time.Time) string {
	var out []string
	day := ""
	for _, z := range f.Zones {
		loc, err := time.LoadLocation(z.Zone)
		if err != nil {
			loc = time.UTC
		}
		in := t.In(loc)
		s := in.Format("15:04")
		if d := in.Format(time.DateOnly); d != day {
			day, s = d, d+" "+s
		}
		out = append(out, s+" "+z.Party)
	}
	if len(out) == 0 {
		return t.UTC().Format("2006-01-02 15:04 UTC")
	}
	return strings.Join(out, ", ")
}

// At is Local of a time that may not be there.
func At(f *view.Frame, t *time.Time) string {
	if t == nil {
		return "-"
	}
	return Local(f, *t)
}

// Basis says what words of an exercise rest on, before them.
func Basis(w *view.Words) string {
	if w == nil || w.Basis == nil {
		return ""
	}
	return "[" + w.Basis.Mark + "] "
}

// Count writes a number of things.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
