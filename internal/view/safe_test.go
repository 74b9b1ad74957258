package view

import (
	"strings"
	"testing"

	"detente/internal/locale"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                    "plain",
		"two\nlines\tand a tab":    "two ⏎ lines and a tab",
		"\x1b[31mred\x1b[0m":       "<U+001B>[31mred<U+001B>[0m",
		"abc\u202etxt.exe":         "abc<U+202E>txt.exe",
		"a\u2067b\u2069c\u200fd":   "a<U+2067>b<U+2069>c<U+200F>d",
		"گفت\u200cوگو":             "\u2068گفت\u200cوگو\u2069",    // the zero-width non-joiner stays
		"a\u200bb\U000e0041\ufeff": "a<U+200B>b<U+E0041><U+FEFF>", // nor hidden letters
		"\u2069گفت":                "\u2068<U+2069>گفت\u2069",
	} {
		if got := Safe(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := SafeLines("گ\nb"); got != "\u2068گ\u2069\nb" {
		t.Errorf("lines: got %q", got)
	}
}

// FuzzSafe wants nothing that drives a terminal, and every isolate closed on
// its own line.
func FuzzSafe(f *testing.F) {
	for _, s := range []string{"", "a\nb", "\x1b]0;x\a", "\u202eابج\u2069", "\xff", "a\r\nb\u2028c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for line := range strings.SplitSeq(SafeLines(s), "\n") {
			if strings.Count(line, "\u2068") != strings.Count(line, "\u2069") || strings.Count(line, "\u2068") > 1 {
				t.Errorf("%q: isolates of %q", s, line)
			}
			inner := strings.Trim(line, "\u2068\u2069")
			if i := strings.IndexFunc(inner, locale.Hidden); i >= 0 {
				t.Errorf("%q: %q holds a control at %d", s, line, i)
			}
		}
		if strings.Contains(Safe(s), "\n") {
			t.Errorf("%q: more than one line", s)
		}
	})
}
