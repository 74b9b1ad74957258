package locale

import (
	"bytes"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// Sort sorts a list by words, as the language sorts them.
func Sort[T any](l *Locale, list []T, by func(T) string) {
	type keyed struct {
		key []byte
		of  T
	}
	c := collate.New(language.MustParse(l.Tag)) // not for many at once
	all := make([]keyed, len(list))
	for i, x := range list {
		all[i] = keyed{c.KeyFromString(new(collate.Buffer), by(x)), x}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return bytes.Compare(a.key, b.key) })
	for i, k := range all {
		list[i] = k.of
	}
}
