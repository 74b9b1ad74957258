package page

import (
	"strings"
	"unicode"

	"detente/internal/view"
)

// width returns how many columns a text takes: none for marks that stand on
// another letter and for what only steers, two for the wide scripts.
func width(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana):
			n += 2
		default:
			n++
		}
	}
	return n
}

// pad fills a text up to a width.
func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-width(s))) }

// cut shortens a text to a width, at the end of a word.
func cut(s string, to int) string {
	s = strings.Join(strings.Fields(s), " ")
	if width(s) <= to {
		return s
	}
	end := head(s, to-1)
	if at := strings.LastIndexByte(s[:end+1], ' '); at > end*2/3 {
		end = at
	}
	return strings.TrimRight(s[:end], " ,;") + "…"
}

// head returns how many bytes of a text fit in a width, at least one letter.
func head(s string, to int) int {
	used := 0
	for i, r := range s {
		if used += width(string(r)); used > to && i > 0 {
			return i
		}
	}
	return len(s)
}

// lines wraps a text, and makes every line of it safe to print by itself.
func lines(s string, to int) []string { return linesFrom(s, to, to) }

// linesFrom is lines where the first line has a width of its own.
func linesFrom(s string, to, first int) []string {
	var out []string
	put := func(line string) {
		out = append(out, view.Safe(line))
		first = to
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		line := ""
		for word := range strings.FieldsSeq(part) {
			for {
				joined := word
				if line != "" {
					joined = line + " " + word
				}
				if width(joined) <= first {
					line = joined
					break
				}
				if line != "" {
					put(line)
					line = ""
					continue
				}
				n := head(word, first)
				put(word[:n])
				if word = word[n:]; word == "" {
					break
				}
			}
		}
		if line != "" || part == "" {
			put(line)
		}
	}
	return out
}
