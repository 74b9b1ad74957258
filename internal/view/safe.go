package view

import (
	"strings"

	"detente/internal/locale"
)

// Safe returns received text as a terminal may print it, on one line: controls,
// which could drive the terminal, and direction controls, which could make a
// text read otherwise than it is, are made visible; text that runs from right
// to left is isolated from the line around it.
func Safe(s string) string { return safe(s, " ⏎ ") }

// SafeLines is Safe for a text of several lines, each isolated by itself.
func SafeLines(s string) string { return safe(s, "\n") }

func safe(s, end string) string {
	lines := strings.Split(locale.Visible(s), "\n")
	for i, line := range lines {
		if lines[i] = strings.ReplaceAll(line, "\t", " "); strings.ContainsFunc(line, locale.RightToLeft) {
			lines[i] = locale.Isolate(lines[i])
		}
	}
	return strings.Join(lines, end)
}
