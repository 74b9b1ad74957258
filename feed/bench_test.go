package feed

import (
	"bytes"
	"testing"

	"filippo.io/mldsa"
)

func BenchmarkSignHead(b *testing.B) {
	k, h := must(GenerateKey())(b), headOf(leavesOf(9, 9, ""))
	for b.Loop() {
		must(k.SignHead(h, noon))(b)
	}
}

func BenchmarkOpenHead(b *testing.B) {
	k := keyOf(b, 1)
	signed := signedOf(b, k, leavesOf(9, 9, ""))
	for b.Loop() {
		must(OpenHead(signed, k.pub))(b)
	}
}

// What keeping parsed public keys would save: see Public.mldsa.
func BenchmarkParsePublicKey(b *testing.B) {
	raw := keyOf(b, 1).pub.MLDSA44
	for b.Loop() {
		must(mldsa.NewPublicKey(mldsa.MLDSA44(), raw))(b)
	}
}

func BenchmarkCosign(b *testing.B) {
	k, h := must(GenerateKey())(b), headOf(leavesOf(9, 9, ""))
	for b.Loop() {
		must(k.Cosign("IRN/receipt", h, noon))(b)
	}
}

func BenchmarkOpenCosignature(b *testing.B) {
	k, h := keyOf(b, 2), headOf(leavesOf(9, 9, ""))
	lines := must(k.Cosign("IRN/receipt", h, noon))(b)
	for b.Loop() {
		must(OpenCosignature(lines, "IRN/receipt", k.pub, h))(b)
	}
}

func BenchmarkVerifyText(b *testing.B) {
	k := keyOf(b, 1)
	signed := JoinText(charterText, must(k.SignText("PAK/identity", charterText))(b))
	for b.Loop() {
		must(VerifyText(signed, "PAK/identity", k.pub))(b)
	}
}

func BenchmarkAppend(b *testing.B) {
	leaf := bytes.Repeat([]byte("x"), 1024)
	tree := EmptyTree()
	b.SetBytes(int64(len(leaf)))
	b.ReportAllocs()
	for b.Loop() {
		tree.Append(leaf)
	}
}

func BenchmarkAdvance256(b *testing.B) {
	k := keyOf(b, 1)
	leaves := make([][]byte, 512)
	for i := range leaves {
		leaves[i] = bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 512)
	}
	tree, held, signed := treeOf(leaves[:256]), signedOf(b, k, leaves[:256]), signedOf(b, k, leaves)
	b.SetBytes(256 * 1024)
	for b.Loop() {
		if _, _, err := Advance(tree, held, signed, leaves[256:], k.pub); err != nil {
			b.Fatal(err)
		}
	}
}
