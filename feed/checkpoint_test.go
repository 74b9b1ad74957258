package feed

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	sumnote "golang.org/x/mod/sumdb/note"

	"detente/note"
)

func TestCheckpoint(t *testing.T) {
	k := keyOf(t, 1)
	want := headOf(leavesOf(5, 5, ""))
	signed := must(k.SignHead(want, noon))(t)
	if got := must(OpenHead(signed, k.Public()))(t); got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
	if got := must(ParseHead(signed))(t); got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
	if n := bytes.Count(signed, []byte(dash)); n != 2 {
		t.Errorf("there are %d signature lines; want 2", n)
	}

	// Two implementations that are not ours agree.
	ed, ml := VKeys(origin, k.Public())
	v1, v2 := must(sumnote.NewVerifier(ed))(t), must(fnote.NewVerifier(ml))(t)
	n := must(sumnote.Open(signed, sumnote.VerifierList(v1, v2)))(t)
	if len(n.Sigs) != 2 {
		t.Errorf("others verify %d signatures; want 2", len(n.Sigs))
	}
	var c flog.Checkpoint
	if rest, err := c.Unmarshal([]byte(n.Text)); err != nil || len(rest) != 0 || c.Size != 5 || note.Digest(c.Hash) != want.Root {
		t.Errorf("others read %+v, %q, %v", c, rest, err)
	}
	if at := must(fnote.CoSigV1Timestamp(n.Sigs[1]))(t); !at.Equal(noon) {
		t.Errorf("the ML-DSA-44 signature is of %v; want %v", at, noon)
	}
}

func TestEveryByteOfACheckpointCounts(t *testing.T) {
	k := keyOf(t, 1)
	flips(signedOf(t, k, leavesOf(5, 5, "")), 1, func(at int, changed []byte) {
		if _, err := OpenHead(changed, k.Public()); err == nil {
			t.Errorf("byte %d changed, and the checkpoint was accepted", at)
		}
	})
}

func TestBothSignaturesAreRequired(t *testing.T) {
	k, other := keyOf(t, 1), keyOf(t, 2)
	h := headOf(leavesOf(5, 5, ""))
	signed := must(k.SignHead(h, noon))(t)
	text, lines, err := cut(signed)
	if err != nil {
		t.Fatal(err)
	}
	two := bytes.SplitAfter(lines, []byte("\n"))
	ed, ml := two[0], two[1]
	_, foreign, _ := cut(must(other.SignHead(h, noon))(t))
	for name, c := range map[string]struct {
		lines   [][]byte
		missing bool
	}{
		"no Ed25519":           {[][]byte{ml}, true},
		"no ML-DSA-44":         {[][]byte{ed}, true},
		"ML-DSA-44 of another": {[][]byte{ed, bytes.SplitAfter(foreign, []byte("\n"))[1]}, true},
		"Ed25519 of another":   {[][]byte{bytes.SplitAfter(foreign, []byte("\n"))[0], ml}, true},
		"Ed25519 twice":        {[][]byte{ed, ed, ml}, false},
		"ML-DSA-44 twice":      {[][]byte{ed, ml, ml}, false},
	} {
		_, err := OpenHead(JoinText(text, c.lines...), k.Public())
		var missing *MissingSignature
		if err == nil || errors.As(err, &missing) != c.missing {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Lines by others are ignored, wherever they stand.
	receipt := must(other.Cosign("IRN/receipt", h, noon))(t)
	for _, ok := range [][]byte{JoinText(text, foreign, ed, receipt, ml), JoinText(text, ml, ed)} {
		if _, err := OpenHead(ok, k.Public()); err != nil {
			t.Error(err)
		}
	}
	// A good signature over another head is a bad one here.
	_, wrong, _ := cut(signedOf(t, k, leavesOf(6, 6, "")))
	var bad *BadSignature
	w := bytes.SplitAfter(wrong, []byte("\n"))
	for _, l := range [][][]byte{{w[0], ml}, {ed, w[1]}} {
		if _, err := OpenHead(JoinText(text, l...), k.Public()); !errors.As(err, &bad) {
			t.Errorf("a signature over another head: %v", err)
		}
	}
}

func TestCheckpointForm(t *testing.T) {
	k := keyOf(t, 1)
	h := headOf(leavesOf(5, 5, ""))
	_, lines, _ := cut(must(k.SignHead(h, noon))(t))
	root := strings.Split(string(HeadText(h)), "\n")[2]
	for name, text := range map[string]string{
		"extension line":   origin + "\n5\n" + root + "\nmore\n",
		"two lines":        origin + "\n5\n",
		"leading zero":     origin + "\n05\n" + root + "\n",
		"plus":             origin + "\n+5\n" + root + "\n",
		"negative":         origin + "\n-5\n" + root + "\n",
		"beyond 2^53":      origin + "\n9007199254740992\n" + root + "\n",
		"beyond uint64":    origin + "\n18446744073709551616\n" + root + "\n",
		"no origin":        "\n5\n" + root + "\n",
		"space in origin":  "a b\n5\n" + root + "\n",
		"plus in origin":   "a+b\n5\n" + root + "\n",
		"long origin":      strings.Repeat("a", 256) + "\n5\n" + root + "\n",
		"short root":       origin + "\n5\nAAAA\n",
		"loose base64":     origin + "\n5\n" + root[:42] + "B=\n",
		"root not base64":  origin + "\n5\n" + strings.Repeat("!", 44) + "\n",
		"empty, wrong":     origin + "\n0\n" + root + "\n",
		"carriage return":  origin + "\r\n5\r\n" + root + "\r\n",
		"invalid UTF-8":    "\xff\n5\n" + root + "\n",
		"control, U+0001":  "a\x01\n5\n" + root + "\n",
		"no ending":        origin + "\n5\n" + root,
		"a signed text":    "detente/charter/v1\n{}\n",
		"nothing":          "",
		"empty line first": "\n" + origin + "\n5\n" + root + "\n",
	} {
		if _, err := ParseHead(JoinText([]byte(text), lines)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	text := HeadText(h)
	good := string(lines)
	for name, l := range map[string]string{
		"no lines":           "",
		"no newline":         strings.TrimSuffix(good, "\n"),
		"hyphen for dash":    strings.ReplaceAll(good, "—", "-"),
		"no base64":          good + "— x\n",
		"loose base64":       good + "— x AAAAAB==\n",
		"base64 split by CR": good + "— x AAAA\rAAAA\n",
		"too short":          good + "— x AAAAAA==\n",
		"name with plus":     good + "— x+y AAAAAAA=\n",
		"65 lines":           good + strings.Repeat("— x AAAAAAA=\n", MaxCheckpointLines-1),
		"too long":           good + "— x " + strings.Repeat("AAAA", MaxCheckpoint/4) + "\n",
	} {
		if _, err := OpenHead(JoinText(text, []byte(l)), k.Public()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := OpenHead(JoinText(text, []byte(good+strings.Repeat("— x AAAAAAA=\n", MaxCheckpointLines-2))), k.Public()); err != nil {
		t.Errorf("64 lines: %v", err)
	}
	empty := note.Head{Origin: origin, Root: EmptyTree().Root()}
	if got, err := OpenHead(must(k.SignHead(empty, noon))(t), k.Public()); err != nil || got != empty {
		t.Errorf("the empty feed: %v, %v", got, err)
	}
}

func TestSignHeadRefuses(t *testing.T) {
	k := keyOf(t, 1)
	good := headOf(leavesOf(5, 5, ""))
	for name, c := range map[string]struct {
		h note.Head
		t time.Time
	}{
		"empty origin": {note.Head{Root: good.Root, Size: 5}, noon},
		"line break":   {note.Head{Origin: "a\nb", Root: good.Root, Size: 5}, noon},
		"size":         {note.Head{Origin: origin, Root: good.Root, Size: MaxSize + 1}, noon},
		"empty tree":   {note.Head{Origin: origin, Root: good.Root}, noon},
		"no time":      {good, time.Time{}},
		"year 10000":   {good, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if _, err := k.SignHead(c.h, c.t); err == nil {
			t.Errorf("SignHead, %s: signed", name)
		}
		if _, err := k.Cosign("PAK/receipt", c.h, c.t); err == nil {
			t.Errorf("Cosign, %s: signed", name)
		}
	}
}

// Keys that are not for vectors sign hedged: ML-DSA-44 gives two signatures of
// one head, and both verify.
func TestHedgedSignatures(t *testing.T) {
	k := must(GenerateKey())(t)
	h := headOf(leavesOf(5, 5, ""))
	one, two := must(k.SignHead(h, noon))(t), must(k.SignHead(h, noon))(t)
	if bytes.Equal(one, two) {
		t.Error("a generated key signs deterministically")
	}
	for _, s := range [][]byte{one, two} {
		if _, err := OpenHead(s, k.Public()); err != nil {
			t.Error(err)
		}
	}
	if !bytes.Equal(signedOf(t, keyOf(t, 1), nil), signedOf(t, keyOf(t, 1), nil)) {
		t.Error("a key from a seed does not sign deterministically")
	}
}

func ExampleHeadText() {
	fmt.Print(string(HeadText(note.Head{Origin: "PAK/x/1", Root: EmptyTree().Root()})))
	// Output:
	// PAK/x/1
	// 0
	// 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
}
