package node

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/mldsa"

	"detente/charter"
	"detente/feed"
	"detente/note"
)

// newWatched founds a channel of IRN and PAK with an observer of each scope:
// HSH, HDR and FUL. QAT is a node that is no party.
func newWatched(t *testing.T) *pair {
	p := &pair{t: t, dir: t.TempDir(), nodes: map[string]*Node{}, link: &memoryLink{to: map[string]*Node{}, down: map[string]bool{}}}
	p.ctx, p.stop = context.WithCancel(context.Background())
	c := charter.Charter{Exercise: true, Languages: []string{"en"}, Name: "Watched", Purpose: "a test", Quota: charter.Quota{MaxBytes: 1 << 30, MaxPending: 100, NotesPerHour: 400}, Version: charter.Version}
	docs := [][]byte{}
	for _, party := range []string{"FUL", "HDR", "HSH", "IRN", "PAK", "QAT"} {
		cred, err := Init(filepath.Join(p.dir, party), InitOptions{Party: party, Name: "Party " + party, Addresses: []string{"127.0.0.1:1"}})
		p.must(err)
		_, signed := p.open(party).Credence()
		m := charter.Member{Credence: cred.Digest(), Identity: cred.Identity, Name: cred.Name, Party: party, Zone: "UTC", Role: charter.Observer}
		switch party {
		case "QAT":
			continue
		case "IRN", "PAK":
			m.Role, m.Offices = charter.Principal, []charter.Office{{Code: "mfa", Name: "Ministry", Binds: []string{"*"}, Says: []string{"*"}}, {Code: "node", Name: "The node itself", Says: []string{"line"}}}
		case "HSH":
			m.Scope = charter.ScopeHashes
		case "HDR":
			m.Scope = charter.ScopeHeaders
		case "FUL":
			m.Scope = charter.ScopeFull
		}
		c.Members = append(c.Members, m)
		docs = append(docs, signed)
	}
	signed, err := charter.NewSigned(c)
	p.must(err)
	for _, party := range []string{"IRN", "PAK"} {
		id, err := LoadIdentity(filepath.Join(p.dir, party)+".identity", "")
		p.must(err)
		p.must(signed.Add(id, party))
	}
	p.channel = signed.Digest
	for _, n := range p.nodes {
		for _, d := range append(slices.Clone(docs), signed.Bytes()) {
			_, _, err := n.AddDocument(p.ctx, d)
			p.must(err)
		}
	}
	t.Cleanup(func() {
		p.stop()
		for _, n := range p.nodes {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

// ask sends a request to a node as a party, past TLS.
func (p *pair) ask(node, as, method, path string, body []byte) *http.Response {
	p.t.Helper()
	n := p.nodes[node]
	mux := http.NewServeMux()
	for pattern, serve := range n.routes() {
		mux.HandleFunc(pattern, serve)
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(body)).WithContext(context.WithValue(p.ctx, partyKey{}, as))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w.Result()
}

func read(t testing.TB, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// author signs trees of made-up leaves as the feed of a party.
type author struct {
	t      testing.TB
	origin string
	key    *feed.Key
	leaves [][]byte
}

func (p *pair) author(party string, branch string, common int) *author {
	a := &author{t: p.t, origin: note.Origin(party, p.channel, 1), key: p.nodes[party].rings[0].feed}
	for i := range 40 {
		leaf := fmt.Sprintf("leaf %d", i)
		if i >= common {
			leaf += branch
		}
		a.leaves = append(a.leaves, []byte(leaf))
	}
	return a
}

func (a *author) head(size int) note.Head {
	tree := feed.EmptyTree()
	for _, l := range a.leaves[:size] {
		tree.Append(l)
	}
	return note.Head{Origin: a.origin, Root: tree.Root(), Size: uint64(size)}
}

func (a *author) signed(size int) []byte {
	a.t.Helper()
	b, err := a.key.SignHead(a.head(size), time.Unix(1_705_500_000, 0))
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *author) proof(old, size int) []note.Digest {
	a.t.Helper()
	d, err := feed.Consistency(feed.HashLeaves(a.leaves), uint64(old), uint64(size))
	if err != nil {
		a.t.Fatal(err)
	}
	return d
}

// from is a well-formed submission.
func (a *author) from(old, size int) []byte {
	return feed.FormatSubmission(uint64(old), a.proof(old, size), a.signed(size))
}

// wrongEmpty signs size 0 with a root that no tree has, which package feed
// refuses to.
func wrongEmpty(t testing.TB, a *author) []byte {
	t.Helper()
	text, err := a.key.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var seeds [2][]byte
	for i, line := range strings.SplitN(strings.TrimSpace(string(text)), "\n", 2) {
		raw, err := base64.StdEncoding.DecodeString(strings.SplitN(line, "+", 5)[4])
		if err != nil {
			t.Fatal(err)
		}
		seeds[i] = raw[1:]
	}
	ml, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seeds[1])
	if err != nil {
		t.Fatal(err)
	}
	root := note.Sum([]byte("no tree"))
	head := a.origin + "\n0\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
	message := append([]byte("subtree/v1\n\x00"), byte(len(a.origin)))
	message = append(message, a.origin...)
	message = binary.BigEndian.AppendUint64(message, 1)
	message = append(append(message, byte(len(a.origin))), a.origin...)
	message = append(append(message, make([]byte, 16)...), root[:]...)
	sig, err := ml.Sign(nil, message, &mldsa.Options{})
	if err != nil {
		t.Fatal(err)
	}
	edKey, mlKey := feed.VKeys(a.origin, a.key.Public())
	line := func(vkey string, sig []byte) string {
		var id uint32
		fmt.Sscanf(strings.SplitN(vkey, "+", 3)[1], "%x", &id)
		return "— " + a.origin + " " + base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, id), sig...)) + "\n"
	}
	return []byte(head + "\n" + line(edKey, ed25519.Sign(ed25519.NewKeyFromSeed(seeds[0]), []byte(head))) +
		line(mlKey, append(binary.BigEndian.AppendUint64(nil, 1), sig...)))
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
