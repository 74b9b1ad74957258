package note

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the test vectors instead of checking them")

const vectorsFile = "../testdata/vectors/note.json"

// vectors is what an implementation in another language checks itself
// against. Texts are exact: UTF-8 without padding and without a newline.
type vectors struct {
	About   string        `json:"about"`
	Header  headerVector  `json:"header"`
	Move    payloadVector `json:"move"`
	Content payloadVector `json:"content"`
	Refused []refused     `json:"refused"`
}

type headerVector struct {
	ID     string `json:"id"`
	Entry  string `json:"entry"`
	Size   int    `json:"size"`
	SHA256 Digest `json:"sha256"`
	Leaf   Digest `json:"leaf"` // RFC 6962: SHA-256(0x00 || entry)
}

type payloadVector struct {
	JSON   string `json:"json"`
	Padded int    `json:"padded"` // JSON and spaces
	Plain  Digest `json:"plain"`  // SHA-256 of JSON and spaces
}

type refused struct {
	Why   string `json:"why"`
	Entry string `json:"entry"`
}

func makeVectors(t *testing.T) vectors {
	m, c, h := sampleMove(), sampleContent(), sampleHeader()
	payload := func(plain []byte, err error) payloadVector {
		if err != nil {
			t.Fatal(err)
		}
		return payloadVector{string(bytes.TrimRight(plain, " ")), len(plain), Sum(plain)}
	}
	v := vectors{
		About:   "Détente note: a header, a move and a content in canonical form (RFC 8785), and headers that a reader must refuse. The digests of sealed bytes in the header are made up.",
		Move:    payload(m.Encode()),
		Content: payload(c.Encode()),
	}
	h.Parts[0].Plain, h.Parts[1].Plain = v.Move.Plain, v.Content.Plain
	entry, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	v.Header = headerVector{h.ID().String(), string(entry), len(entry), Sum(entry), Sum(append([]byte{0}, entry...))}
	for _, r := range []struct{ why, old, new string }{
		{"a name that is not known", `"version":1`, `"version":1,"x":1`},
		{"a name twice", `"index":41`, `"index":41,"index":41`},
		{"a name in another case", `"index":41`, `"Index":41`},
		{"a space", `"index":41`, `"index": 41`},
		{"a number with a fraction", `"index":41`, `"index":41.0`},
		{"names out of order", `"exercise":true,"index":41`, `"index":41,"exercise":true`},
		{"a needless escape", `"IRN"`, `"\u0049RN"`},
		{"null for an empty list", string(spell(t, h.Seen)), `null`},
		{"an audience without the author", `["IRN","PAK"]`, `["IRN"]`},
	} {
		v.Refused = append(v.Refused, refused{r.why, string(bytes.Replace(entry, []byte(r.old), []byte(r.new), 1))})
	}
	return v
}

// TestVectors checks that this program still writes the published vectors to
// the byte, and reads them. Run with -update after a deliberate change.
func TestVectors(t *testing.T) {
	want := makeVectors(t)
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(vectorsFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, text.Bytes()) {
		t.Errorf("%s is not what this program writes; if the change is meant, run go test ./note -update", vectorsFile)
	}

	var v vectors
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	h, err := Parse([]byte(v.Header.Entry))
	if err != nil || h.ID().String() != v.Header.ID {
		t.Errorf("header: %v, %v", h.ID(), err)
	}
	m, err := ParseMove(Pad([]byte(v.Move.JSON)))
	if err != nil || m.Act != "incident/report" {
		t.Errorf("move: %v, %v", m, err)
	}
	c, err := ParseContent(Pad([]byte(v.Content.JSON)))
	if err != nil || c.Texts["point/1"]["fa"] != "هر دو طرف" {
		t.Errorf("content: %v, %v", c, err)
	}
	for _, r := range v.Refused {
		if _, err := Parse([]byte(r.Entry)); err == nil || r.Entry == v.Header.Entry {
			t.Errorf("%s: accepted", r.Why)
		}
	}
}
