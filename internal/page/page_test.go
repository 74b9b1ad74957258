package page

import (
	"bytes"
	"strings"
	"testing"
)

func printed(width int, color bool, print func(*Page)) string {
	var out bytes.Buffer
	print(New(&out, width, color))
	return out.String()
}

// TestRow wants two columns facing each other, and one under the other where
// they would be too narrow.
func TestRow(t *testing.T) {
	row := func(p *Page) { p.Row(2, 8, "target", "", "What one side says of it.", "What the other side says.") }
	if got, want := printed(50, false, row), "  target  What one side says   What the other side\n          of it.               says.\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got, want := printed(40, false, row), "  target   What one side says of it.\n  target   What the other side says.\n"; got != want {
		t.Errorf("narrow: got\n%swant\n%s", got, want)
	}
}

// TestIsolates wants every line of a text that runs from right to left to
// stand by itself, and nothing of it to take a column.
func TestIsolates(t *testing.T) {
	got := printed(40, false, func(p *Page) { p.Hang(2, "fa:", strings.Repeat("می\u200cشود ", 12)) })
	lines := strings.Split(strings.TrimRight(got, "\n"), "\n")
	if len(lines) < 2 {
		t.Fatalf("one line: %s", got)
	}
	for _, l := range lines {
		if strings.Count(l, "\u2068") != 1 || strings.Count(l, "\u2069") != 1 || width(l) > 40 {
			t.Errorf("%d columns, %q", width(l), l)
		}
	}
}

// TestHostile wants words of others neither to drive the terminal nor to turn
// the line around.
func TestHostile(t *testing.T) {
	words := "\x1b[2Jgone \u202eback\x07 " + strings.Repeat("x", 200)
	got := printed(40, false, func(p *Page) {
		p.Hang(2, "body:", words)
		p.Para(2, words)
		p.One(2, "one: ", words, "")
		p.Row(0, 4, "", "", words, words)
		p.Hang(0, words, "a label")
		p.One(0, words, "a label", "")
		p.Row(0, 4, words, "", "a label", "a label")
	})
	if strings.ContainsAny(got, "\x1b\x07\u202e") {
		t.Errorf("it goes through: %q", got)
	}
}

func TestColor(t *testing.T) {
	print := func(p *Page) { p.Heading("Heading"); p.Para(0, "text") }
	if got := printed(0, false, print); got != "Heading\ntext\n" {
		t.Errorf("without colours: %q", got)
	}
	if got := printed(0, true, print); got != "\x1b[1mHeading\x1b[0m\ntext\n" {
		t.Errorf("with colours: %q", got)
	}
}

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "می\u200cشود": 5, "停戦": 4} {
		if got := width(s); got != want {
			t.Errorf("%q: %d columns, want %d", s, got, want)
		}
	}
	if got := cut("one two three", 10); got != "one two…" {
		t.Errorf("cut: %q", got)
	}
	if got := cut("abcdefghijkl", 5); got != "abcd…" {
		t.Errorf("cut: %q", got)
	}
	for _, l := range lines(strings.Repeat("a", 25)+" b", 10) {
		if width(l) > 10 {
			t.Errorf("%q is too wide", l)
		}
	}
}
