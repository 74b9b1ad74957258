package audit_test

import (
	"maps"
	"slices"
	"testing"

	"detente/audit"
)

// FuzzCheckDisclosure puts any bytes in the place of a file, and SHA256SUMS to
// fit: nothing panics, and nobody can make of the two notes other ones.
func FuzzCheckDisclosure(f *testing.F) {
	w, letter, consent := consented(f)
	good := disclose(f, w.Parties["PAK"], letter, &consent)
	names := slices.Sorted(maps.Keys(good))
	for i, name := range names {
		f.Add(uint8(i), good[name])
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		files := maps.Clone(good)
		files[names[int(which)%len(names)]] = b
		d, err := audit.CheckDisclosure(resum(files))
		if err == nil && (d.Note.Header.ID() != letter || d.Given.Note != letter || d.Note.Content.Texts["body"]["en"] != "For one pair of eyes.") {
			t.Fatalf("%s: %+v", names[int(which)%len(names)], d)
		}
	})
}
