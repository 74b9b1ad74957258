package locale

import (
	"fmt"
	"html"
	"html/template"
	"strings"
	"unicode"
)

// UAX #9: an isolate keeps the direction of what is inside it from the line
// around it.
const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// Isolate keeps the direction of a text from the line around it.
func Isolate(s string) string { return firstStrongIsolate + s + popIsolate }

// hidden are the marks that no reader sees and that can make a text read
// otherwise than it is: those that turn its direction, spaces without width,
// separators of lines, letters of no shape (tags). Joiners without width are
// not among them: they are part of how Persian and Urdu are spelled.
var hidden = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x061c, Hi: 0x061c, Stride: 1},
		{Lo: 0x200b, Hi: 0x200b, Stride: 1},
		{Lo: 0x200e, Hi: 0x200f, Stride: 1},
		{Lo: 0x2028, Hi: 0x202e, Stride: 1},
		{Lo: 0x2060, Hi: 0x206f, Stride: 1},
		{Lo: 0xfeff, Hi: 0xfeff, Stride: 1},
		{Lo: 0xfffd, Hi: 0xfffd, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xe0000, Hi: 0xe007f, Stride: 1}},
}

// Hidden reports whether r must be made visible in what others wrote: a
// control, or one of the marks that no reader sees.
func Hidden(r rune) bool { return unicode.IsControl(r) || unicode.Is(hidden, r) }

// Visible returns what others wrote with what is hidden in it made visible:
// <U+202E>. Ends of lines and tabs stay.
func Visible(s string) string { return visible(s, "<%U>") }

// Marked is Visible for a page: <span class="control">U+202E</span>.
func Marked(s string) template.HTML {
	return template.HTML(visible(html.EscapeString(s), `<span class="control">%U</span>`))
}

func visible(s, mark string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var out strings.Builder
	for i, r := range s {
		if r != '\n' && r != '\t' && Hidden(r) {
			fmt.Fprintf(&out, mark, r)
		} else {
			out.WriteString(s[i : i+len(string(r))])
		}
	}
	return out.String()
}

// RightToLeft reports whether r is of a block whose text runs from right to left.
func RightToLeft(r rune) bool {
	return r >= 0x0590 && r <= 0x08ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff || r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff
}
