package feed

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	sumnote "golang.org/x/mod/sumdb/note"
)

var charterText = []byte("detente/charter/v1\n{\"name\":\"a charter\"}\n")

func TestSignedText(t *testing.T) {
	pak, irn := keyOf(t, 1), keyOf(t, 2)
	one := must(pak.SignText("PAK/identity", charterText))(t)
	two := must(irn.SignText("IRN/identity", charterText))(t)
	signed := JoinText(charterText, one, two)
	for name, k := range map[string]*Key{"PAK/identity": pak, "IRN/identity": irn} {
		if text, err := VerifyText(signed, name, k.Public()); err != nil || !bytes.Equal(text, charterText) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	text, lines, err := SplitText(signed)
	if err != nil || !bytes.Equal(text, charterText) || !bytes.Equal(lines, append(bytes.Clone(one), two...)) {
		t.Errorf("SplitText: %q, %.40q, %v", text, lines, err)
	}
	// Any signed-note verifier can check the Ed25519 half.
	ed, _ := VKeys("PAK/identity", pak.Public())
	if _, err := sumnote.Open(signed, sumnote.VerifierList(must(sumnote.NewVerifier(ed))(t))); err != nil {
		t.Errorf("x/mod/sumdb/note: %v", err)
	}

	var missing *MissingSignature
	for name, c := range map[string]struct {
		signed []byte
		name   string
		k      *Key
	}{
		"unsigned by it": {JoinText(charterText, one), "IRN/identity", irn},
		"under a name":   {signed, "IRN/identity", pak},
		"Ed25519 only":   {JoinText(charterText, bytes.SplitAfter(one, []byte("\n"))[0]), "PAK/identity", pak},
		"ML-DSA-44 only": {JoinText(charterText, bytes.SplitAfter(one, []byte("\n"))[1]), "PAK/identity", pak},
	} {
		if _, err := VerifyText(c.signed, c.name, c.k.Public()); !errors.As(err, &missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var bad *BadSignature
	changed := bytes.Replace(signed, []byte("a charter"), []byte("A charter"), 1)
	if _, err := VerifyText(changed, "PAK/identity", pak.Public()); !errors.As(err, &bad) {
		t.Errorf("changed text: %v", err)
	}
	flips(JoinText(charterText, one), 1, func(at int, changed []byte) {
		if _, err := VerifyText(changed, "PAK/identity", pak.Public()); err == nil {
			t.Errorf("byte %d changed, and the text was accepted", at)
		}
	})
}

// A key that signs texts must not be usable to sign a checkpoint, nor the
// other way round.
func TestTextsAndCheckpointsAreApart(t *testing.T) {
	k := keyOf(t, 1)
	h := headOf(leavesOf(5, 5, ""))
	for name, text := range map[string][]byte{
		"a checkpoint":             HeadText(h),
		"a checkpoint in disguise": []byte("detente/charter/v1\n5\n" + strings.Split(string(HeadText(h)), "\n")[2] + "\n"),
		"two lines, no object":     []byte("detente/charter/v1\n5\n"),
		"no type":                  []byte("charter\n{}\n"),
		"one line":                 []byte("detente/charter/v1\n"),
		"three lines":              []byte("detente/charter/v1\n{}\n{}\n"),
		"not ended":                []byte("detente/charter/v1\n{}"),
		"too long":                 []byte("detente/charter/v1\n{" + strings.Repeat(" ", MaxText) + "}\n"),
	} {
		if _, err := k.SignText("PAK/identity", text); err == nil {
			t.Errorf("signed %s", name)
		}
		_, lines, _ := cut(signedOf(t, k, leavesOf(5, 5, "")))
		if _, err := VerifyText(JoinText(text, lines), origin, k.Public()); err == nil {
			t.Errorf("accepted %s", name)
		}
	}
	// The same bytes under the empty context, as checkpoints are signed, do
	// not count as a signed text.
	raw := must(k.signMLDSA(charterText, ""))(t)
	lines := must(k.SignText("PAK/identity", charterText))(t)
	forged := appendLine(bytes.Clone(bytes.SplitAfter(lines, []byte("\n"))[0]), "PAK/identity", k.pub.textID("PAK/identity"), raw)
	var bad *BadSignature
	if _, err := VerifyText(JoinText(charterText, forged), "PAK/identity", k.Public()); !errors.As(err, &bad) {
		t.Errorf("a signature without the context: %v", err)
	}
	if _, err := k.SignText("a b", charterText); err == nil {
		t.Error("signed under a name with a space")
	}
	if _, err := VerifyText(bytes.Repeat([]byte("x"), MaxSigned+1), "a", k.Public()); err == nil {
		t.Error("accepted a text beyond the limit")
	}
}
