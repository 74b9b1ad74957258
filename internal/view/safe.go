package view

import (
	"fmt"
	"strings"
	"unicode"
)

// UAX #9: an isolate keeps the direction of what is inside it from the line
// around it.
const (
	firstStrongIsolate = '\u2068'
	popIsolate         = '\u2069'
)

// Safe returns received text as a terminal may print it, on one line: controls,
// which could drive the terminal, and direction controls, which could make a
// text read otherwise than it is, are made visible; text that runs from right
// to left is isolated from the line around it.
func Safe(s string) string { return safe(s, false) }

// SafeLines is Safe for a text of several lines, each isolated by itself.
func SafeLines(s string) string { return safe(s, true) }

func safe(s string, lines bool) string {
	var out strings.Builder
	for i, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if i > 0 && lines {
			out.WriteByte('\n')
		} else if i > 0 {
			out.WriteString(" ⏎ ")
		}
		isolate := strings.ContainsFunc(line, rightToLeft)
		if isolate {
			out.WriteRune(firstStrongIsolate)
		}
		for _, r := range line {
			switch {
			case r == '\t':
				out.WriteByte(' ')
			case unicode.IsControl(r) || directs(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029':
				fmt.Fprintf(&out, "<%U>", r)
			default:
				out.WriteRune(r)
			}
		}
		if isolate {
			out.WriteRune(popIsolate)
		}
	}
	return out.String()
}

// directs reports whether r turns the direction of text. Zero-width joiners
// do not, and are part of how Persian and Urdu are spelled.
func directs(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200e' || r == '\u200f' || r == '\u061c'
}

// rightToLeft reports whether r is of a block whose text runs from right to left.
func rightToLeft(r rune) bool {
	return r >= 0x0590 && r <= 0x08ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff || r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff
}
