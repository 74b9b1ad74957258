package locale

import (
	"fmt"
	"strconv"
	"strings"
)

// Number writes a number, an integer or a decimal, in the digits of the
// language, thousands apart.
func (l *Locale) Number(n any) string {
	if n, negative, ok := integer(n); ok {
		return l.number(n, negative)
	}
	if f, ok := n.(float64); ok {
		whole, part, found := strings.Cut(strconv.FormatFloat(f, 'f', -1, 64), ".")
		digits, negative := strings.CutPrefix(whole, "-")
		if n, err := strconv.ParseUint(digits, 10, 64); err == nil {
			whole = l.number(n, negative)
			if found {
				whole += l.point + l.Digits(part)
			}
			return whole
		}
	}
	return l.Digits(fmt.Sprint(n))
}

// Digits writes the digits of a text in those of the language: a time, a year,
// the version of a document. Names of notes and codes keep theirs.
func (l *Locale) Digits(s string) string {
	if l.digits == "" {
		return s
	}
	own := []rune(l.digits)
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return own[r-'0']
		}
		return r
	}, s)
}

func (l *Locale) number(n uint64, negative bool) string {
	s := decimal(n, false)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + l.group + s[i:]
	}
	if s = l.Digits(s); negative {
		// U+200E keeps the sign before the number where text runs from the right.
		return map[string]string{"ltr": "−", "rtl": "\u200e−"}[l.Dir] + s
	}
	return s
}

func decimal(n uint64, negative bool) string {
	s := strconv.FormatUint(n, 10)
	if negative {
		s = "-" + s
	}
	return s
}

// integer returns an integer of any of Go's types without its sign.
func integer(a any) (n uint64, negative, ok bool) {
	var i int64
	switch a := a.(type) {
	case uint64:
		return a, false, true
	case uint32:
		return uint64(a), false, true
	case uint16:
		return uint64(a), false, true
	case uint8:
		return uint64(a), false, true
	case uint:
		return uint64(a), false, true
	case int:
		i = int64(a)
	case int64:
		i = a
	case int32:
		i = int64(a)
	case int16:
		i = int64(a)
	default:
		return 0, false, false
	}
	if i < 0 {
		return uint64(-i), true, true
	}
	return uint64(i), false, true
}
