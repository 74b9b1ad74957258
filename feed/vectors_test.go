package feed

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"detente/note"
)

var update = flag.Bool("update", false, "write the test vectors again")

const vectorFile = "../testdata/vectors/feed.json"

// vectors are what another implementation needs to check itself against this
// one: seeds in, exact bytes out. Signatures are the deterministic ones of FIPS
// 204. Bytes are base64, texts are strings.
type vectors struct {
	Note         string      `json:"note"`
	Origin       string      `json:"origin"`
	Time         time.Time   `json:"time"`
	Leaves       []string    `json:"leaves"`
	AuthorSeed   []byte      `json:"author_seed"`
	ReceiptSeed  []byte      `json:"receipt_seed"`
	ReceiptName  string      `json:"receipt_name"`
	Author       Public      `json:"author"`
	Receipt      Public      `json:"receipt"`
	AuthorDigest note.Digest `json:"author_digest"`
	KeyFile      string      `json:"key_file"`
	VKeys        []string    `json:"vkeys"`
	CosignerKeys []string    `json:"cosigner_vkeys"`
	Root         note.Digest `json:"root"`
	Checkpoint   string      `json:"checkpoint"`
	Cosignature  string      `json:"cosignature"`
	TextName     string      `json:"text_name"`
	SignedText   string      `json:"signed_text"`
	Index        uint64      `json:"index"`
	Proof        string      `json:"proof"`
	Policy       string      `json:"policy"`
	ForkLeaves   []string    `json:"fork_leaves"`
	Fork         string      `json:"fork"`
}

func makeVectors(t *testing.T) vectors {
	pak, irn := keyOf(t, 1), keyOf(t, 2)
	leaves, other := leavesOf(9, 9, ""), leavesOf(12, 5, "another history")
	h := headOf(leaves)
	signed := must(pak.SignHead(h, noon))(t)
	receipt := must(irn.Cosign("IRN/receipt", h, noon))(t)
	fork := must(ProveFork(signed, signedOf(t, pak, other), HashLeaves(other), pak.Public()))(t)
	v := vectors{
		Note:   "Test vectors of package feed; docs in its package comment. A seed is 32 bytes for Ed25519, then 32 for ML-DSA-44. The fork is of leaves (9) against fork_leaves (12), which agree in the first 5.",
		Origin: origin, Time: noon,
		AuthorSeed: pak.seed[:], ReceiptSeed: irn.seed[:], ReceiptName: "IRN/receipt",
		Author: pak.Public(), Receipt: irn.Public(), AuthorDigest: pak.Public().Digest(),
		KeyFile: string(must(pak.MarshalText())(t)),
		Root:    h.Root, Checkpoint: string(signed), Cosignature: string(receipt),
		TextName:   "PAK/identity",
		SignedText: string(JoinText(charterText, must(pak.SignText("PAK/identity", charterText))(t))),
		Index:      4,
		Proof:      string(FormatProof(4, must(Inclusion(HashLeaves(leaves), 9, 4))(t), append(bytes.Clone(signed), receipt...))),
		Policy:     string(must(FormatPolicy(origin, pak.Public(), []NamedKey{{Name: "IRN/receipt", Public: irn.Public()}}))(t)),
		Fork:       string(must(fork.MarshalText())(t)),
	}
	for _, l := range leaves {
		v.Leaves = append(v.Leaves, string(l))
	}
	for _, l := range other {
		v.ForkLeaves = append(v.ForkLeaves, string(l))
	}
	ed, ml := VKeys(origin, pak.Public())
	v.VKeys = []string{ed, ml}
	ed, ml = CosignerVKeys("IRN/receipt", irn.Public())
	v.CosignerKeys = []string{ed, ml}
	return v
}

// The bytes that this package writes do not change: what is signed today must
// be checkable by tomorrow's program, and the other way round.
func TestVectors(t *testing.T) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(vectorFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorFile, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file := must(os.ReadFile(vectorFile))(t)
	if !bytes.Equal(file, buf.Bytes()) {
		t.Errorf("what is written now differs from %s at byte %d; if that is meant, run go test -run TestVectors -update", vectorFile, differs(file, buf.Bytes()))
	}

	// Read the file as a stranger would, from its bytes alone.
	var v vectors
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	key := must(ParseKey([]byte(v.KeyFile)))(t)
	if !key.Public().Equal(v.Author) || key.Public().Digest() != v.AuthorDigest {
		t.Error("the key file is not that of the author")
	}
	h := must(OpenHead([]byte(v.Checkpoint), v.Author))(t)
	if h != (note.Head{Origin: v.Origin, Root: v.Root, Size: uint64(len(v.Leaves))}) {
		t.Errorf("the checkpoint says %+v", h)
	}
	if at := must(OpenCosignature([]byte(v.Cosignature), v.ReceiptName, v.Receipt, h))(t); !at.Equal(v.Time) {
		t.Errorf("the cosignature is of %v", at)
	}
	if _, err := VerifyText([]byte(v.SignedText), v.TextName, v.Author); err != nil {
		t.Error(err)
	}
	policy := must(ParsePolicy([]byte(v.Policy)))(t)
	if got, err := CheckProof([]byte(v.Proof), []byte(v.Leaves[v.Index]), policy); err != nil || got.Index != v.Index {
		t.Errorf("the proof: %+v, %v", got, err)
	}
	fork := must(ParseFork([]byte(v.Fork)))(t)
	if _, _, err := fork.Verify(v.Author); err != nil {
		t.Error(err)
	}
}

func differs(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
