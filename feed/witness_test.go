package feed

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

func status(err error) int {
	var r *Refusal
	switch {
	case err == nil:
		return 200
	case errors.As(err, &r):
		return r.Status
	}
	return 0
}

func TestParseSubmission(t *testing.T) {
	k := keyOf(t, 1)
	all := leavesOf(9, 9, "")
	signed := string(signedOf(t, k, all))
	hash := "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"a proof":                   {"old 5\n" + hash + "\n" + signed, 200},
		"old 0":                     {"old 0\n\n" + signed, 200},
		"63 hashes":                 {"old 5\n" + strings.Repeat(hash, 63) + "\n" + signed, 200},
		"64 hashes":                 {"old 5\n" + strings.Repeat(hash, 64) + "\n" + signed, 400},
		"nothing":                   {"", 400},
		"no old line":               {"\n" + signed, 400},
		"another word":              {"size 5\n\n" + signed, 400},
		"leading zeros":             {"old 0300\n\n" + signed, 400},
		"00":                        {"old 00\n\n" + signed, 400},
		"a sign":                    {"old +5\n\n" + signed, 400},
		"negative":                  {"old -1\n\n" + signed, 400},
		"two spaces":                {"old  5\n\n" + signed, 400},
		"a space after":             {"old 5 \n\n" + signed, 400},
		"beyond 64 bits":            {"old 18446744073709551616\n\n" + signed, 400},
		"a carriage return":         {"old 5\r\n\n" + signed, 400},
		"hash too short":            {"old 5\nPlRNCg==\n\n" + signed, 400},
		"hash in loose base64":      {"old 5\n" + strings.Replace(hash, "kaw=", "kax=", 1) + "\n" + signed, 400},
		"hash with return":          {"old 5\n" + strings.Replace(hash, "=\n", "=\r\n", 1) + "\n" + signed, 400},
		"no empty line":             {"old 5\n" + hash, 400},
		"no checkpoint":             {"old 5\n" + hash + "\n", 400},
		"no signatures":             {"old 5\n\n" + string(HeadText(headOf(all))), 400},
		"an extension line":         {"old 5\n\n" + strings.Replace(signed, "\n\n", "\nmore\n\n", 1), 400},
		"a size beyond 2^53":        {"old 5\n\n" + strings.Replace(signed, "\n9\n", "\n9007199254740992\n", 1), 400},
		"a size with leading zeros": {"old 5\n\n" + strings.Replace(signed, "\n9\n", "\n09\n", 1), 400},
		"too long":                  {"old 5\n\n" + signed + strings.Repeat("x", MaxSubmission), 400},
	} {
		s, err := ParseSubmission([]byte(c.body))
		if got := status(err); got != c.want {
			t.Errorf("%s: status %d (%v), want %d", name, got, err, c.want)
		}
		if err == nil && s.Head != headOf(all) {
			t.Errorf("%s: read %+v", name, s.Head)
		}
	}
}

// badEmpty is a checkpoint of size 0 with a root that no tree has, validly
// signed: SignHead would refuse to.
func badEmpty(t *testing.T, k *Key) []byte {
	h := note.Head{Origin: origin, Root: note.Sum([]byte("not empty"))}
	signed := append(HeadText(h), '\n')
	signed = appendLine(signed, origin, k.pub.ed25519ID(origin, typeEd25519), ed25519.Sign(k.ed, HeadText(h)))
	return appendLine(signed, origin, k.pub.mldsaID(origin), must(k.signSubtree(origin, h, noon))(t))
}

func TestFollow(t *testing.T) {
	k := keyOf(t, 1)
	all, other := leavesOf(9, 9, ""), leavesOf(9, 5, "other")
	proof := must(Consistency(HashLeaves(all), 5, 9))(t)
	five, nine := headOf(all[:5]), headOf(all)
	none := note.Head{}
	for name, c := range map[string]struct {
		last note.Head
		body []byte
		want int
	}{
		"the first":                     {none, FormatSubmission(0, nil, signedOf(t, k, all)), 200},
		"the first, empty":              {none, FormatSubmission(0, nil, signedOf(t, k, nil)), 200},
		"after the empty one":           {headOf(nil), FormatSubmission(0, nil, signedOf(t, k, all)), 200},
		"the next":                      {five, FormatSubmission(5, proof, signedOf(t, k, all)), 200},
		"again":                         {nine, FormatSubmission(9, nil, signedOf(t, k, all)), 200},
		"old beyond the checkpoint":     {nine, FormatSubmission(10, nil, signedOf(t, k, all)), 400},
		"old beyond, and not the last":  {none, FormatSubmission(10, nil, signedOf(t, k, all)), 400},
		"never cosigned":                {none, FormatSubmission(5, proof, signedOf(t, k, all)), 409},
		"not the last":                  {five, FormatSubmission(4, proof, signedOf(t, k, all)), 409},
		"old 0 to ask":                  {five, FormatSubmission(0, nil, signedOf(t, k, all)), 409},
		"a smaller one":                 {nine, FormatSubmission(5, nil, signedOf(t, k, all[:5])), 409},
		"a proof at old 0":              {none, FormatSubmission(0, proof, signedOf(t, k, all)), 422},
		"no proof":                      {five, FormatSubmission(5, nil, signedOf(t, k, all)), 422},
		"half a proof":                  {five, FormatSubmission(5, proof[1:], signedOf(t, k, all)), 422},
		"a proof too long":              {five, FormatSubmission(5, append(slices.Clone(proof), proof[0]), signedOf(t, k, all)), 422},
		"a proof at one size":           {nine, FormatSubmission(9, proof, signedOf(t, k, all)), 422},
		"another root at one size":      {nine, FormatSubmission(9, nil, signedOf(t, k, other)), 422},
		"another history":               {headOf(other[:6]), FormatSubmission(6, must(Consistency(HashLeaves(all), 6, 9))(t), signedOf(t, k, all)), 422},
		"size 0 with another root":      {none, FormatSubmission(0, nil, badEmpty(t, k)), 422},
		"size 0 with a proof":           {none, FormatSubmission(0, proof, signedOf(t, k, nil)), 422},
		"the proof of another old size": {five, FormatSubmission(5, must(Consistency(HashLeaves(all), 4, 9))(t), signedOf(t, k, all)), 422},
	} {
		s, err := ParseSubmission(c.body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := s.Open(k.Public()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		err = s.Follow(c.last)
		if got := status(err); got != c.want {
			t.Errorf("%s: status %d (%v), want %d", name, got, err, c.want)
		}
		if r := new(Refusal); errors.As(err, &r) && r.Status == 409 && r.Size != c.last.Size {
			t.Errorf("%s: says that %d is the last, want %d", name, r.Size, c.last.Size)
		}
	}
}

func TestSubmissionOpen(t *testing.T) {
	k, cosigner := keyOf(t, 1), keyOf(t, 2)
	all := leavesOf(9, 9, "")
	signed := signedOf(t, k, all)
	lines := bytes.SplitAfter(signed[len(HeadText(headOf(all)))+1:], []byte("\n"))
	text := append(HeadText(headOf(all)), '\n')
	receipt := must(cosigner.Cosign("IRN/receipt", headOf(all), noon))(t)
	for name, c := range map[string]struct {
		signed []byte
		pub    Public
		want   int
	}{
		"both":              {signed, k.Public(), 200},
		"with others":       {append(bytes.Clone(signed), receipt...), k.Public(), 200},
		"turned round":      {slices.Concat(text, lines[1], receipt, lines[0]), k.Public(), 200},
		"Ed25519 alone":     {slices.Concat(text, lines[0]), k.Public(), 403},
		"ML-DSA-44 alone":   {slices.Concat(text, lines[1]), k.Public(), 403},
		"others alone":      {slices.Concat(text, receipt), k.Public(), 403},
		"an unknown key":    {signed, keyOf(t, 3).Public(), 403},
		"of another head":   {slices.Concat(append(HeadText(headOf(all[:8])), '\n'), lines[0], lines[1]), k.Public(), 403},
		"one of them twice": {slices.Concat(text, lines[0], lines[0], lines[1]), k.Public(), 403},
	} {
		s, err := ParseSubmission(FormatSubmission(0, nil, c.signed))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := s.Open(c.pub)
		if status(err) != c.want {
			t.Errorf("%s: status %d (%v), want %d", name, status(err), err, c.want)
		}
		if err == nil && !bytes.Equal(got, signed) {
			t.Errorf("%s: kept\n%s", name, got)
		}
	}
}

func TestOutside(t *testing.T) {
	k := keyOf(t, 4)
	h := headOf(leavesOf(9, 9, ""))
	const name = "witness.example/w1"
	ed, ml := CosignerVKeys(name, k.Public())
	answer := must(k.Cosign(name, h, noon))(t)
	other := must(keyOf(t, 5).Cosign(name, h, noon))(t)
	edLine, mlLine, _ := bytes.Cut(answer, []byte("\n"))
	edLine = append(edLine, '\n')
	for label, c := range map[string]struct {
		vkeys  []string
		answer []byte
		want   []byte // nil: an error
	}{
		"both":                 {[]string{ed, ml}, answer, answer},
		"both, other way":      {[]string{ml, ed}, append(bytes.Clone(other), answer...), answer},
		"Ed25519":              {[]string{ed}, answer, edLine},
		"ML-DSA-44":            {[]string{ml}, answer, mlLine},
		"one is missing":       {[]string{ed, ml}, edLine, nil},
		"by another key":       {[]string{ed}, other, nil},
		"nothing":              {[]string{ed}, nil, nil},
		"twice":                {[]string{ed}, slices.Concat(edLine, edLine), nil},
		"of another head":      {[]string{ed}, must(k.Cosign(name, headOf(leavesOf(8, 8, "")), noon))(t), nil},
		"of another head (ml)": {[]string{ml}, must(k.Cosign(name, headOf(leavesOf(8, 8, "")), noon))(t), nil},
	} {
		w, err := ParseOutside(c.vkeys...)
		if err != nil {
			t.Fatalf("%s: %v", label, err)
		}
		lines, at, err := w.Open(c.answer, h)
		if (err == nil) != (c.want != nil) || !bytes.Equal(lines, c.want) {
			t.Errorf("%s: %q, %v", label, lines, err)
		}
		if err == nil && !at.Equal(noon) {
			t.Errorf("%s: at %v", label, at)
		}
	}
	log, _ := VKeys(origin, k.Public())
	otherEd, _ := CosignerVKeys("witness.example/w2", keyOf(t, 5).Public())
	for _, bad := range [][]string{nil, {""}, {log}, {ed, ed}, {otherEd, ml}, {ed[:len(ed)-4]}, {strings.Replace(ed, "w1", "w3", 1)}} {
		if w, err := ParseOutside(bad...); err == nil {
			t.Errorf("read %q as %v", bad, w)
		}
	}
	// Of two times, the earlier is what can be relied on.
	late := must(k.Cosign(name, h, noon.Add(time.Hour)))(t)
	_, lateML, _ := bytes.Cut(late, []byte("\n"))
	w := must(ParseOutside(ed, ml))(t)
	if _, at, err := w.Open(slices.Concat(lateML, edLine), h); err != nil || !at.Equal(noon) {
		t.Errorf("two times: %v, %v", at, err)
	}
}

func TestHasTile(t *testing.T) {
	for _, c := range []struct {
		path string
		size uint64
		want bool
	}{
		{"tile/0/000.p/5", 5, true}, {"tile/0/000.p/5", 300, true}, {"tile/0/000.p/6", 5, false}, {"tile/0/000", 255, false}, {"tile/0/000", 256, true},
		{"tile/0/001.p/1", 256, false}, {"tile/0/001.p/1", 257, true}, {"tile/1/000.p/1", 255, false}, {"tile/1/000.p/1", 256, true}, {"tile/entries/001.p/44", 300, true}, {"tile/entries/001.p/45", 300, false},
	} {
		tile := must(ParseTilePath(c.path))(t)
		if got := HasTile(tile, c.size); got != c.want {
			t.Errorf("%s in a tree of %d: %v", c.path, c.size, got)
		}
	}
	if HasTile(tlog.Tile{H: 8, L: 0, N: 0, W: 0}, 5) {
		t.Error("an empty tile")
	}
}
