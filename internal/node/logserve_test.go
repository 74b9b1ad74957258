package node

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"detente/feed"
	"detente/note"
)

// hand carries a pouch from one party to another.
func (p *pair) hand(from, to string) Report {
	p.t.Helper()
	var buf bytes.Buffer
	_, err := p.nodes[from].PackPouch(p.ctx, p.channel, to, &buf)
	p.must(err)
	rep, err := p.nodes[to].ApplyPouch(p.ctx, &buf)
	p.must(err)
	return rep
}

// logged is a watched channel in which PAK has written 300 notes that IRN
// holds.
func logged(t *testing.T) (*pair, string) {
	p := newWatched(t)
	for range 300 {
		_, err := p.nodes["PAK"].Submit(p.ctx, Draft{Channel: p.channel, Act: "line/test", Office: "mfa", Precedence: "routine", Fields: map[string]any{"use": "test"}})
		p.must(err)
	}
	p.hand("PAK", "IRN")
	return p, note.Origin("PAK", p.channel, 1)
}

func TestLogByScope(t *testing.T) {
	p, origin := logged(t)
	root := "/log/" + feed.OriginHash(origin) + "/"
	for path, want := range map[string][4]int{ // to HSH, HDR, FUL and PAK; QAT gets nothing
		"checkpoint":            {200, 200, 200, 200},
		"tile/0/000":            {200, 200, 200, 200},
		"tile/0/001.p/44":       {200, 200, 200, 200},
		"tile/0/001.p/7":        {200, 200, 200, 200},
		"tile/1/000.p/1":        {200, 200, 200, 200},
		"tile/entries/000":      {404, 200, 200, 200},
		"tile/entries/001.p/44": {404, 200, 200, 200},
		"tile/0/001":            {404, 404, 404, 404},
		"tile/0/001.p/45":       {404, 404, 404, 404},
		"tile/0/002.p/1":        {404, 404, 404, 404},
		"tile/0/001.p/0":        {404, 404, 404, 404},
		"tile/2/000.p/1":        {404, 404, 404, 404},
		"tile/entries/001":      {404, 404, 404, 404},
		"tile/entries/1":        {404, 404, 404, 404},
		"tile/-1/000":           {404, 404, 404, 404},
		"tile/data/000":         {404, 404, 404, 404},
		"tile/":                 {404, 404, 404, 404},
		"":                      {404, 404, 404, 404},
		"entries":               {404, 404, 404, 404},
	} {
		for i, as := range []string{"HSH", "HDR", "FUL", "PAK", "QAT", ""} {
			status := 404
			if i < len(want) {
				status = want[i]
			}
			if r := p.ask("IRN", as, "GET", root+path, nil); r.StatusCode != status {
				t.Errorf("%s to %q: %d, want %d", path, as, r.StatusCode, status)
			}
		}
	}
	for _, path := range []string{"/log/" + feed.OriginHash(origin+"x") + "/checkpoint", "/log/" + origin + "/checkpoint", "/log/x/checkpoint"} {
		if r := p.ask("IRN", "PAK", "GET", path, nil); r.StatusCode != 404 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

func TestLogTiles(t *testing.T) {
	p, origin := logged(t)
	root := "/log/" + feed.OriginHash(origin) + "/"
	get := func(path, cache string) []byte {
		t.Helper()
		r := p.ask("IRN", "FUL", "GET", root+path, nil)
		if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != cache {
			t.Fatalf("%s: %d, %q", path, r.StatusCode, r.Header.Get("Cache-Control"))
		}
		return read(t, r)
	}
	signed := get("checkpoint", "no-store")
	key := p.nodes["PAK"].rings[0].feed.Public()
	h, err := feed.OpenHead(signed, key)
	if err != nil || h.Size != 300 {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, err := feed.OpenCosignature(signed[len(feed.HeadText(h))+1:], "IRN/receipt", p.nodes["IRN"].rings[0].receipt.Public(), h); err != nil {
		t.Errorf("the receipt does not go along: %v", err)
	}
	// The entries are the tree that is signed, and the hash tiles are its.
	const forever = "private, max-age=31536000, immutable"
	tree, level := feed.EmptyTree(), []byte{}
	for _, b := range [][]byte{get("tile/entries/000", forever), get("tile/entries/001.p/44", "no-store")} {
		for len(b) > 0 {
			n := 2 + int(binary.BigEndian.Uint16(b))
			hash := tlog.RecordHash(b[2:n])
			level = append(level, hash[:]...)
			tree.Append(b[2:n])
			b = b[n:]
		}
	}
	if tree.Root() != h.Root {
		t.Error("the entries are of another tree")
	}
	if !bytes.Equal(append(get("tile/0/000", forever), get("tile/0/001.p/44", "no-store")...), level) {
		t.Error("the hash tiles are of another tree")
	}
}

// Of a frozen feed what stands is served on, under a checkpoint that ends
// there, and the rest is not.
func TestLogOfFrozenFeed(t *testing.T) {
	p := newWatched(t)
	for range 5 {
		p.say("PAK", "routine", "a note")
		p.hand("PAK", "IRN")
	}
	fork := p.author("PAK", "another history", 0)
	// A third root at a size that is held: proof enough.
	if r := p.ask("IRN", "HSH", "POST", "/witness/add-checkpoint", fork.from(0, 4)); r.StatusCode != 422 {
		t.Fatalf("%d %s", r.StatusCode, read(t, r))
	}
	root := "/log/" + feed.OriginHash(fork.origin) + "/"
	h, err := feed.OpenHead(read(t, p.ask("IRN", "HDR", "GET", root+"checkpoint", nil)), fork.key.Public())
	if err != nil || h.Size != 3 {
		t.Fatalf("a checkpoint at %d, want 3 (%v)", h.Size, err)
	}
	for path, want := range map[string]int{"tile/0/000.p/3": 200, "tile/entries/000.p/3": 200, "tile/0/000.p/4": 404, "tile/entries/000.p/4": 404} {
		if r := p.ask("IRN", "HDR", "GET", root+path, nil); r.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, r.StatusCode, want)
		}
	}
}

// A node has its own feed witnessed by another that knows it only by its keys,
// and shows the cosignature with its log.
func TestAskWitness(t *testing.T) {
	p := newWatched(t)
	witness := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp := p.ask("FUL", "PAK", r.Method, r.URL.Path, read(t, &http.Response{Body: r.Body}))
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		w.Write(read(t, resp))
	}))
	defer witness.Close()
	ed, ml := feed.CosignerVKeys("FUL/witness", p.nodes["FUL"].rings[0].witness.Public())
	ask := OutsideWitness{URL: witness.URL + "/witness/", VKeys: []string{ed, ml}}
	if _, err := p.nodes["PAK"].AskWitness(p.ctx, p.channel, ask); err == nil {
		t.Fatal("an empty feed was witnessed")
	}
	origin := note.Origin("PAK", p.channel, 1)
	path := "/log/" + feed.OriginHash(origin) + "/checkpoint"
	key := p.nodes["PAK"].rings[0].feed.Public()
	for size := uint64(1); size <= 3; size++ {
		p.say("PAK", "routine", "a note")
		for range 2 { // asking again does no harm
			signed, err := p.nodes["PAK"].AskWitness(p.ctx, p.channel, ask)
			p.must(err)
			h, err := feed.OpenHead(signed, key)
			if err != nil || h.Size != size {
				t.Fatalf("%+v, %v", h, err)
			}
			served := read(t, p.ask("PAK", "HSH", "GET", path, nil))
			if _, err := feed.OpenCosignature(served[len(feed.HeadText(h))+1:], "FUL/witness", p.nodes["FUL"].rings[0].witness.Public(), h); err != nil {
				t.Errorf("at %d: %v", size, err)
			}
			if n := bytes.Count(served, []byte("— ")); n != 4 {
				t.Errorf("at %d: %d signature lines, want 4", size, n)
			}
		}
	}
	other, _ := feed.CosignerVKeys("FUL/witness", p.nodes["HDR"].rings[0].witness.Public())
	if _, err := p.nodes["PAK"].AskWitness(p.ctx, p.channel, OutsideWitness{URL: witness.URL + "/witness", VKeys: []string{other}}); err == nil {
		t.Error("took a cosignature by a key that was not named")
	}
}
