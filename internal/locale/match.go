package locale

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Matcher finds again, in an English text that was written before, the format
// and the arguments that it was written from. Texts that are part of a format
// of the wire, such as what a clock of the register is for, are read so: their
// bytes stay what they are.
type Matcher struct {
	formats []string
	exprs   []*regexp.Regexp
	word    func(string) bool
}

// NewMatcher returns a matcher of formats; of several that fit a text it takes
// the one that writes most of it out. Word says which arguments are words of the program, to be said in the language.
func NewMatcher(word func(string) bool, formats ...string) *Matcher {
	m := &Matcher{formats: slices.Clone(formats), word: word}
	slices.SortStableFunc(m.formats, func(a, b string) int { return writtenOut(b) - writtenOut(a) })
	for _, f := range m.formats {
		expr := regexp.QuoteMeta(f)
		expr = strings.ReplaceAll(strings.ReplaceAll(expr, "%s", `(.+)`), "%d", `([0-9]{1,9})`)
		m.exprs = append(m.exprs, regexp.MustCompile(`(?s)^`+expr+`$`))
	}
	return m
}

func writtenOut(format string) int {
	return len(format) - 2*strings.Count(format, "%")
}

// Phrase returns what a text says; a text of no format as it is.
func (m *Matcher) Phrase(text string) Phrase {
	for i, expr := range m.exprs {
		found := expr.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		p := Phrase{Format: m.formats[i]}
		for _, arg := range found[1:] {
			n, err := strconv.Atoi(arg)
			switch {
			case err == nil && strconv.Itoa(n) == arg:
				p.Args = append(p.Args, n)
			case m.word(arg):
				p.Args = append(p.Args, Phrasef(arg))
			default:
				p.Args = append(p.Args, arg)
			}
		}
		return p
	}
	return Phrasef(text)
}
