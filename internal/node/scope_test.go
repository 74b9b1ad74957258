package node

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"detente/feed"
	"detente/note"
	"detente/pouch"
	"detente/register"
)

// calls sends a request to a node through all of its handler, under the TLS key
// of the party that calls.
func (p *pair) calls(node, as, method, path string, body []byte) (status int, answer []byte) {
	p.t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(body)).WithContext(p.ctx)
	r.Header.Set("Content-Type", pouchType)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: p.nodes[as].rings[0].tls.Certificate[0]}}}
	w := httptest.NewRecorder()
	p.nodes[node].Handler().ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// carries says what a pouch carries of notes: how many, and which payloads.
func carries(t *testing.T, b []byte, names map[note.Digest]string) string {
	t.Helper()
	leaves, parts := 0, map[string]bool{} // what was asked for, and goes with its note too, goes twice
	for r := pouch.NewReader(bytes.NewReader(b), 1<<30); ; {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Sprint(leaves, " notes, ", slices.Sorted(maps.Keys(parts)))
		}
		if err != nil {
			t.Fatal(err)
		}
		switch rec.Type {
		case pouch.TypeLeaves:
			l, err := pouch.DecodeLeaves(rec.Body)
			if err != nil {
				t.Fatal(err)
			}
			leaves += len(l.Entries)
		case pouch.TypePart:
			parts[names[note.Digest(rec.Body[:32])]] = true
		}
	}
}

// TestEveryRouteByScope asks a node for everything that there is, as an
// observer of each scope, as a principal, and as a node that is no party: each
// gets exactly what its scope gives, and nothing else.
func TestEveryRouteByScope(t *testing.T) {
	p := newWatched(t)
	irn := p.nodes["IRN"]
	annex := filepath.Join(t.TempDir(), "annex")
	p.must(os.WriteFile(annex, []byte("An annex."), 0o600))
	names := map[note.Digest]string{} // of the payloads
	send := func(what string, audience ...string) (parts []note.Digest) {
		said, err := irn.Submit(p.ctx, Draft{Channel: p.channel, Act: "message/send", Office: "mfa", Precedence: "routine", Audience: audience, Fields: map[string]any{"form": "letter"}, Attach: []string{annex},
			Content: &note.Content{Authentic: []string{"en"}, Texts: map[string]note.Wording{"subject": {"en": "A test"}, "body": {"en": what}}}})
		p.must(err)
		for _, part := range said.Parts {
			names[part.Sealed] = what + " " + part.Name
			parts = append(parts, part.Sealed)
		}
		return parts
	}
	closed := send("closed", "IRN", "PAK")
	shared := send("shared", "FUL", "IRN", "PAK")
	made := p.author("PAK", "", 40)
	if r := p.ask("IRN", "PAK", "POST", "/witness/add-checkpoint", made.from(0, 10)); r.StatusCode != http.StatusOK {
		t.Fatal(r.Status)
	}
	readings := func(audience ...string) func(string) []byte {
		return func(as string) []byte {
			return must(json.Marshal(Readings{Audience: audience, Channel: p.channel, Fold: register.Version, Party: as, Version: note.Version}))(t)
		}
	}
	wants := func(as string) []byte { // all that there is
		var buf bytes.Buffer
		w := pouch.NewWriter(&buf)
		p.must(w.Put(must(pouch.EncodeHave(pouch.Have{Channel: p.channel, From: as, Wants: slices.Concat(closed[:2], shared[:2])}))(t)))
		p.must(w.Close())
		return buf.Bytes()
	}
	log, witnessed := "/log/"+feed.OriginHash(note.Origin("IRN", p.channel, 1))+"/", "/witness/"+feed.OriginHash(made.origin)+"/checkpoint"
	callers := []string{"HSH", "HDR", "FUL", "PAK", "QAT"}
	tried := map[string]bool{}
	for _, c := range []struct {
		route, path string
		body        func(as string) []byte
		want        [5]string // by caller: a status, or what the pouch carries
	}{
		{"GET /log/{feed}/{path...}", log + "checkpoint", nil, [5]string{"200", "200", "200", "200", "403"}},
		{"GET /log/{feed}/{path...}", log + "tile/0/000.p/2", nil, [5]string{"200", "200", "200", "200", "403"}},
		{"GET /log/{feed}/{path...}", log + "tile/entries/000.p/2", nil, [5]string{"404", "200", "200", "200", "403"}},
		{"POST /witness/add-checkpoint", "/witness/add-checkpoint", func(string) []byte { return made.from(10, 10) }, [5]string{"200", "200", "200", "200", "403"}},
		{"GET /witness/{feed}/checkpoint", witnessed, nil, [5]string{"200", "200", "200", "200", "403"}},
		{"GET /line/part/{digest}", "/line/part/" + closed[2].String(), nil, [5]string{"404", "404", "404", "200", "403"}},
		{"GET /line/part/{digest}", "/line/part/" + shared[2].String(), nil, [5]string{"404", "404", "200", "200", "403"}},
		{"GET /line/part/{digest}", "/line/part/" + closed[0].String(), nil, [5]string{"404", "404", "404", "404", "403"}}, // a move goes in pouches
		{"POST /line/readings", "/line/readings", readings("IRN", "PAK"), [5]string{"400", "400", "400", "200", "403"}},
		{"POST /line/readings", "/line/readings", readings("FUL", "IRN", "PAK"), [5]string{"400", "400", "200", "200", "403"}},
		{"POST /line/readings", "/line/readings", readings("HDR", "IRN"), [5]string{"400", "200", "400", "400", "403"}}, // of no note
		{"POST /line/exchange", "/line/exchange", wants, [5]string{
			"0 notes, []",
			"2 notes, []",
			"2 notes, [shared content shared move]",
			"2 notes, [closed content closed move shared content shared move]",
			"403"}},
	} {
		if irn.routes()[c.route] == nil {
			t.Errorf("there is no route %s", c.route)
		}
		tried[c.route] = true
		for i, as := range callers {
			method, body := c.route[:slices.Index([]byte(c.route), ' ')], []byte(nil)
			if c.body != nil {
				body = c.body(as)
			}
			status, answer := p.calls("IRN", as, method, c.path, body)
			got := fmt.Sprint(status)
			if c.route == "POST /line/exchange" && status == http.StatusOK {
				got = carries(t, answer, names)
			}
			if got != c.want[i] {
				t.Errorf("%s to %s: %s; want %s", c.path, as, got, c.want[i])
			}
			for _, words := range []string{"closed", "shared", "An annex."} {
				if bytes.Contains(answer, []byte(words)) {
					t.Errorf("%s to %s: holds %q in the clear", c.path, as, words)
				}
			}
		}
	}
	for route := range irn.routes() {
		if !tried[route] {
			t.Errorf("%s: no row says who gets what by it", route)
		}
	}
}

// A node that shows no certificate is nobody.
func TestNobodyIsServed(t *testing.T) {
	p := newWatched(t)
	r := httptest.NewRequest("GET", "/log/"+feed.OriginHash(note.Origin("IRN", p.channel, 1))+"/checkpoint", nil).WithContext(context.Background())
	w := httptest.NewRecorder()
	p.nodes["IRN"].Handler().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("%d", w.Code)
	}
}
