package press

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a word or a mark of a text, by its bytes there.
type token struct {
	start, end int
	norm       string // as written, with a plain apostrophe
	low        string // in lower case
	word       bool
	quote      int // the number of the quotation that it stands in, from 1; 0: none
}

func (t token) capital() bool {
	r, _ := utf8.DecodeRuneInString(t.norm)
	return t.word && unicode.IsUpper(r)
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// joins reports whether r joins two parts of one word.
func joins(r rune) bool { return r == '-' || r == '\'' || r == '’' || r == '.' || r == '‑' }

// tokens cuts text, whose first byte is at offset in the whole, into words and
// marks. A possessive 's is a word of its own, as what it is attached to may be
// a name.
func tokens(text []byte, offset int) []token {
	var out []token
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case unicode.IsSpace(r):
			i += n
		case isWordRune(r):
			end := wordEnd(text, i)
			out = appendWord(out, text[i:end], offset+i)
			i = end
		default:
			out = append(out, token{start: offset + i, end: offset + i + n, norm: string(r), low: string(r)})
			i += n
		}
	}
	return out
}

func wordEnd(text []byte, i int) int {
	for i < len(text) {
		r, n := utf8.DecodeRune(text[i:])
		if isWordRune(r) {
			i += n
			continue
		}
		next, _ := utf8.DecodeRune(text[i+n:])
		if !joins(r) || i+n >= len(text) || !isWordRune(next) {
			// U.S. and U.N. keep their last point: letter, point, letter, point.
			if r == '.' && dotted(text, i) {
				return i + n
			}
			return i
		}
		i += n
	}
	return i
}

// dotted reports whether the point at i ends an abbreviation such as U.S.
func dotted(text []byte, i int) bool {
	return i >= 3 && text[i-2] == '.' && isUpper(text[i-1]) && isUpper(text[i-3])
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func appendWord(out []token, word []byte, at int) []token {
	norm := strings.ReplaceAll(string(word), "’", "'")
	if stem, ok := strings.CutSuffix(norm, "'s"); ok && stem != "" {
		cut := len(word) - len("'s")
		if strings.HasSuffix(string(word), "’s") {
			cut = len(word) - len("’s")
		}
		out = append(out, token{start: at, end: at + cut, norm: stem, low: strings.ToLower(stem), word: true})
		return append(out, token{start: at + cut, end: at + len(word), norm: "'s", low: "'s", word: true})
	}
	return append(out, token{start: at, end: at + len(word), norm: norm, low: strings.ToLower(norm), word: true})
}

// quotations marks the tokens that stand in quotation marks, and returns the
// bytes of each quotation, without its marks. One that is not closed runs to
// the end, as the press writes those that go on in the next paragraph.
func quotations(text []byte, t []token) []Span {
	var out []Span
	open, from := "", 0
	for i := range t {
		mark := t[i].norm
		switch {
		case t[i].word:
		case open == "" && opens(text, t, i):
			open, from = mark, t[i].end
			continue
		case open != "" && closes(open, text, t, i):
			out = append(out, Span{from, t[i].start})
			open = ""
			continue
		}
		if open != "" {
			t[i].quote = len(out) + 1
		}
	}
	if open != "" && len(t) > 0 {
		out = append(out, Span{from, t[len(t)-1].end})
	}
	return out
}

func before(text []byte, at int) rune {
	if at == 0 {
		return ' '
	}
	r, _ := utf8.DecodeLastRune(text[:at])
	return r
}

func after(text []byte, at int) rune {
	if at >= len(text) {
		return ' '
	}
	r, _ := utf8.DecodeRune(text[at:])
	return r
}

func opens(text []byte, t []token, i int) bool {
	switch t[i].norm {
	case "“", "«", "„", "\"":
		return true
	case "‘", "'":
		b := before(text, t[i].start)
		return !isWordRune(b) && isWordRune(after(text, t[i].end))
	}
	return false
}

func closes(open string, text []byte, t []token, i int) bool {
	mark := t[i].norm
	switch open {
	case "“", "„":
		return mark == "”" || mark == "\"" || mark == "“" && open == "„"
	case "«":
		return mark == "»"
	case "\"":
		return mark == "\"" || mark == "”"
	}
	// A single mark closes where no letter follows.
	return (mark == "’" || mark == "'") && !isWordRune(after(text, t[i].end))
}
