package note

import (
	"fmt"
	"strings"
	"time"
)

// The forms of small texts. They are on the path of every note, so they are
// read by hand; the tests hold each against its pattern.

// charset is a set of kinds of characters.
type charset byte

const (
	lower charset = 1 << iota
	upper
	digit
	hyphen
)

var charsets = func() (t [256]charset) {
	for c := range 26 {
		t['a'+c], t['A'+c] = lower, upper
	}
	for c := range 10 {
		t['0'+c] = digit
	}
	t['-'] = hyphen
	return t
}()

// only reports whether s has from least to most bytes, all of them in the set.
func only(s string, least, most int, set charset) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for i := range len(s) {
		if charsets[s[i]]&set == 0 {
			return false
		}
	}
	return true
}

// isAct: ^[a-z]{2,20}/[a-z-]{2,30}$
func isAct(s string) bool {
	kind, act, _ := strings.Cut(s, "/")
	return only(kind, 2, 20, lower) && only(act, 2, 30, lower|hyphen)
}

// isOffice: ^[a-z0-9][a-z0-9-]{0,39}$
func isOffice(s string) bool {
	return only(s, 1, 40, lower|digit|hyphen) && s[0] != '-'
}

// isSlot: ^[a-z][a-z-]{0,30}(/[1-9][0-9]{0,3})?$
func isSlot(s string) bool {
	name, number, numbered := strings.Cut(s, "/")
	return only(name, 1, 31, lower|hyphen) && name[0] != '-' &&
		(!numbered || only(number, 1, 4, digit) && number[0] != '0')
}

// isLanguage: ^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$
func isLanguage(s string) bool {
	tag, rest, more := strings.Cut(s, "-")
	ok := only(tag, 2, 3, lower)
	for n := 0; ok && more; n++ {
		tag, rest, more = strings.Cut(rest, "-")
		ok = n < 3 && only(tag, 2, 8, lower|upper|digit)
	}
	return ok
}

func checkSalt(what, salt string) error {
	ok := len(salt) == 2*SaltSize
	for i := 0; i < len(salt) && ok; i++ {
		ok = nibble[salt[i]] < 16
	}
	if !ok {
		return fmt.Errorf("%s: the salt is not %d bytes as lower-case hexadecimal digits", what, SaltSize)
	}
	return nil
}

// parseTime reads a time of TimeLayout, and no other spelling of it.
func parseTime(s string) (t time.Time, ok bool) {
	const form = "0000-00-00T00:00:00.000Z"
	if len(s) != len(form) {
		return t, false
	}
	var n [7]int // year, month, day, hour, minute, second, millisecond
	for i, at := 0, 0; i < len(form); i++ {
		switch c := s[i]; {
		case form[i] != '0' && c == form[i]:
			at++
		case form[i] == '0' && c >= '0' && c <= '9':
			n[at] = n[at]*10 + int(c-'0')
		default:
			return t, false
		}
	}
	if n[1] < 1 || n[1] > 12 || n[2] < 1 || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return t, false
	}
	d := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*int(time.Millisecond), time.UTC)
	if d.Day() != n[2] { // there is no such day, and Date has gone into the next month
		return t, false
	}
	return d, true
}
