package node

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sumnote "golang.org/x/mod/sumdb/note"

	"detente/audit"
	"detente/feed"
	"detente/internal/journal"
	"detente/note"
)

// A witness as C2SP has it, probed from outside: the steps run one after the
// other against one witness.
func TestWitnessProbe(t *testing.T) {
	p := newWatched(t)
	a, fork := p.author("PAK", "", 40), p.author("PAK", " of another history", 8)
	stranger := p.author("PAK", "", 40)
	stranger.origin = note.Origin("PAK", note.Sum([]byte("another channel")), 1)
	second := p.author("PAK", "", 40)
	second.origin = note.Origin("PAK", p.channel, 2)
	own := p.author("IRN", "", 40)
	notKey := p.author("PAK", "", 40)
	notKey.key = p.nodes["PAK"].rings[0].receipt
	signed := a.signed(10)
	lines := bytes.SplitAfter(signed[len(feed.HeadText(a.head(10)))+1:], []byte("\n"))
	text := append(feed.HeadText(a.head(10)), '\n')
	changed := bytes.Replace(a.from(0, 10), []byte("\n10\n"), []byte("\n11\n"), 1)
	hash := "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
	for _, c := range []struct {
		what string
		as   string
		body []byte
		want int
		size string // with 409
	}{
		{"an empty body", "PAK", nil, 400, ""},
		{"no checkpoint", "PAK", []byte("old 0\n\n"), 400, ""},
		{"no old line", "PAK", signed, 400, ""},
		{"64 hashes", "PAK", []byte("old 1\n" + strings.Repeat(hash, 64) + "\n" + string(signed)), 400, ""},
		{"an endless body", "PAK", append(a.from(0, 10), make([]byte, feed.MaxSubmission)...), 400, ""},
		{"an unknown origin", "PAK", stranger.from(0, 10), 404, ""},
		{"an epoch that has not begun", "PAK", second.from(0, 10), 404, ""},
		{"the witness's own feed", "PAK", own.from(0, 10), 404, ""},
		{"from no party of the channel", "QAT", a.from(0, 10), 404, ""},
		{"a key that is not the feed's", "PAK", notKey.from(0, 10), 403, ""},
		{"Ed25519 alone", "PAK", feed.FormatSubmission(0, nil, slices.Concat(text, lines[0])), 403, ""},
		{"ML-DSA-44 alone", "PAK", feed.FormatSubmission(0, nil, slices.Concat(text, lines[1])), 403, ""},
		{"signatures of another head", "PAK", changed, 403, ""},
		{"never cosigned, old 3", "PAK", a.from(3, 10), 409, "0\n"},
		{"a proof at old 0", "PAK", feed.FormatSubmission(0, a.proof(3, 10), signed), 422, ""},
		{"size 0 with another root", "PAK", feed.FormatSubmission(0, nil, wrongEmpty(t, a)), 422, ""},
		{"an absurd size", "PAK", feed.FormatSubmission(0, nil, must(a.key.SignHead(note.Head{Origin: a.origin, Root: note.Sum(nil), Size: 1 << 52}, time.Unix(1, 0)))(t)), 422, ""},
		{"the empty tree", "PAK", a.from(0, 0), 200, ""},
		{"the first", "PAK", a.from(0, 10), 200, ""},
		{"the same again", "PAK", a.from(10, 10), 200, ""},
		{"old 0 to ask", "PAK", a.from(0, 10), 409, "10\n"},
		{"old with leading zeros", "PAK", bytes.Replace(a.from(10, 20), []byte("old 10"), []byte("old 010"), 1), 400, ""},
		{"old beyond the checkpoint", "PAK", feed.FormatSubmission(11, nil, signed), 400, ""},
		{"not the last", "PAK", a.from(9, 20), 409, "10\n"},
		{"a wrong proof", "PAK", feed.FormatSubmission(10, a.proof(9, 20), a.signed(20)), 422, ""},
		{"no proof", "PAK", feed.FormatSubmission(10, nil, a.signed(20)), 422, ""},
		{"a proof at one size", "PAK", feed.FormatSubmission(10, a.proof(9, 20), signed), 422, ""},
		{"by whoever has it", "HSH", a.from(10, 20), 200, ""},
		{"the last but one", "PAK", a.from(10, 20), 409, "20\n"},
		{"another history", "PAK", fork.from(20, 30), 422, ""},
		{"on after that", "PAK", a.from(20, 30), 200, ""},
		{"another root at one size", "PAK", feed.FormatSubmission(30, nil, fork.signed(30)), 422, ""},
		{"on after the fork is proven", "PAK", a.from(30, 40), 422, ""},
	} {
		r := p.ask("IRN", c.as, "POST", "/witness/add-checkpoint", c.body)
		b := read(t, r)
		if r.StatusCode != c.want {
			t.Errorf("%s: %d %s, want %d", c.what, r.StatusCode, b, c.want)
			continue
		}
		switch c.want {
		case 200:
			s, err := feed.ParseSubmission(c.body)
			p.must(err)
			if _, err := feed.OpenCosignature(b, "IRN/witness", p.nodes["IRN"].rings[0].witness.Public(), s.Head); err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
		case 409:
			if r.Header.Get("Content-Type") != "text/x.tlog.size" || string(b) != c.size {
				t.Errorf("%s: %s %q, want %q", c.what, r.Header.Get("Content-Type"), b, c.size)
			}
		}
	}
	if r := p.ask("IRN", "PAK", "GET", "/witness/add-checkpoint", nil); r.StatusCode != 405 {
		t.Errorf("GET add-checkpoint: %d", r.StatusCode)
	}
	forks, err := p.nodes["IRN"].store.Forks()
	p.must(err)
	if len(forks) != 1 || forks[0].Origin != a.origin {
		t.Fatalf("the fork was not kept: %d", len(forks))
	}
	f, err := feed.ParseFork(forks[0].Bytes)
	p.must(err)
	if _, _, err := f.Verify(a.key.Public()); err != nil {
		t.Error(err)
	}
}

// Of many submissions from one size, one is cosigned and the others learn of it.
func TestWitnessRace(t *testing.T) {
	p := newWatched(t)
	a := p.author("PAK", "", 40)
	var mu sync.Mutex
	got := map[int]int{}
	var wg sync.WaitGroup
	for size := 1; size <= 20; size++ {
		body := a.from(0, size)
		wg.Go(func() {
			r := p.ask("IRN", "PAK", "POST", "/witness/add-checkpoint", body)
			mu.Lock()
			defer mu.Unlock()
			got[r.StatusCode]++
		})
	}
	wg.Wait()
	if got[200] != 1 || got[409] != 19 {
		t.Fatalf("statuses %v, want one 200 and 19 times 409", got)
	}
}

// What a witness serves is what it last cosigned, and x/mod reads it.
func TestWitnessed(t *testing.T) {
	p := newWatched(t)
	a := p.author("PAK", "", 40)
	path := "/witness/" + feed.OriginHash(a.origin) + "/checkpoint"
	if r := p.ask("IRN", "PAK", "GET", path, nil); r.StatusCode != 404 {
		t.Fatalf("before anything was cosigned: %d", r.StatusCode)
	}
	for _, s := range [][2]int{{0, 5}, {5, 12}} {
		if r := p.ask("IRN", "PAK", "POST", "/witness/add-checkpoint", a.from(s[0], s[1])); r.StatusCode != 200 {
			t.Fatalf("%v: %d %s", s, r.StatusCode, read(t, r))
		}
	}
	for as, want := range map[string]int{"PAK": 200, "HSH": 200, "HDR": 200, "FUL": 200, "QAT": 404, "": 404} {
		r := p.ask("IRN", as, "GET", path, nil)
		b := read(t, r)
		if r.StatusCode != want {
			t.Errorf("to %q: %d, want %d", as, r.StatusCode, want)
			continue
		}
		if want != 200 {
			continue
		}
		h, err := feed.OpenHead(b, a.key.Public())
		if err != nil || h != a.head(12) {
			t.Errorf("to %s: %+v, %v", as, h, err)
		}
		ed, _ := feed.VKeys(a.origin, a.key.Public())
		if _, err := sumnote.Open(b, sumnote.VerifierList(must(sumnote.NewVerifier(ed))(t))); err != nil {
			t.Error(err)
		}
		if _, err := feed.OpenCosignature(b[len(feed.HeadText(h))+1:], "IRN/witness", p.nodes["IRN"].rings[0].witness.Public(), h); err != nil {
			t.Error(err)
		}
		if r.Header.Get("Cache-Control") != "no-store" {
			t.Error("may be cached")
		}
	}
}

// A witness remembers over a restart, over a crash between ledger and journal,
// and with an old ledger.
func TestWitnessRestart(t *testing.T) {
	p := newWatched(t)
	a := p.author("PAK", "", 40)
	submit := func(old, size, want int) []byte {
		t.Helper()
		r := p.ask("IRN", "PAK", "POST", "/witness/add-checkpoint", a.from(old, size))
		b := read(t, r)
		if r.StatusCode != want {
			t.Fatalf("%d to %d: %d %s, want %d", old, size, r.StatusCode, b, want)
		}
		return b
	}
	reopen := func() *Node {
		t.Helper()
		p.must(p.nodes["IRN"].Close())
		return p.open("IRN")
	}
	submit(0, 5, 200)
	n := reopen()
	if got := submit(0, 10, 409); string(got) != "5\n" {
		t.Fatalf("after the restart: %q", got)
	}
	submit(5, 10, 200)

	// A crash between ledger and journal.
	n.cfg.At = func(point string) {
		if point == "witnessed" {
			panic("crash")
		}
	}
	func() {
		defer func() { recover() }()
		submit(10, 15, 0)
	}()
	n = reopen()
	if got := submit(10, 15, 409); string(got) != "15\n" {
		t.Fatalf("after the crash: %q", got)
	}
	if size, root, ok := n.journal.Last(journal.Witness, a.origin); !ok || size != 15 || root != a.head(15).Root {
		t.Fatalf("the journal was not mended: %d %v", size, ok)
	}

	// An old ledger: the journal knows better, and there is no older one to show.
	p.must(n.journal.Record(journal.Entry{Role: journal.Witness, Head: a.head(20)}))
	if got := submit(15, 25, 409); string(got) != "20\n" {
		t.Fatalf("with an old ledger: %q", got)
	}
	if r := p.ask("IRN", "PAK", "GET", "/witness/"+feed.OriginHash(a.origin)+"/checkpoint", nil); r.StatusCode != 500 {
		t.Fatalf("shows what is not the latest: %d", r.StatusCode)
	}
	submit(20, 25, 200)

	// The journal fails: nothing leaves.
	p.must(n.journal.Close())
	submit(25, 30, 503)
	n.Close()
	n = p.open("IRN")
	if size, _, _ := n.journal.Last(journal.Witness, a.origin); size != 25 {
		t.Fatalf("the journal has %d", size)
	}
}

// Leaves that come after another history was witnessed are a fork that can be
// proven, and neither stop the node nor are cosigned.
func TestLeavesAgainstWitnessed(t *testing.T) {
	p := newWatched(t)
	for range 3 {
		p.say("PAK", "routine", "a note")
	}
	a := p.author("PAK", "", 0)
	if r := p.ask("IRN", "PAK", "POST", "/witness/add-checkpoint", a.from(0, 2)); r.StatusCode != 200 {
		t.Fatal(read(t, r))
	}
	var buf bytes.Buffer
	_, err := p.nodes["PAK"].PackPouch(p.ctx, p.channel, "IRN", &buf)
	p.must(err)
	rep, err := p.nodes["IRN"].ApplyPouch(p.ctx, &buf)
	p.must(err)
	if len(rep.Forks) != 1 || rep.Leaves != 0 {
		t.Fatalf("took %d leaves, found forks %v, refused %v", rep.Leaves, rep.Forks, rep.Refused)
	}
	p.must(p.nodes["IRN"].broken())
	p.say("IRN", "routine", "goes on")
}

// A head may be witnessed before its leaves come; the record is sound before
// and after.
func TestWitnessedBeforeLeaves(t *testing.T) {
	p := newWatched(t)
	pak, irn := p.nodes["PAK"], p.nodes["IRN"]
	origin, last := note.Origin("PAK", p.channel, 1), uint64(0)
	for size := uint64(1); size <= 3; size++ {
		p.say("PAK", "routine", "a note")
		row := must(pak.store.Head(origin))(t)
		proof := must(feed.Consistency(pak.store.HashReader(origin), last, size))(t)
		if r := p.ask("IRN", "PAK", "POST", "/witness/add-checkpoint", feed.FormatSubmission(last, proof, row.Signed)); r.StatusCode != 200 {
			t.Fatal(read(t, r))
		}
		last = size
	}
	for leaves := range 2 {
		if leaves > 0 {
			if rep := p.hand("PAK", "IRN"); rep.Leaves != 3 || len(rep.Refused) > 0 {
				t.Fatalf("took %d leaves, refused %v", rep.Leaves, rep.Refused)
			}
		}
		rep, err := audit.Verify(p.ctx, audit.Source{Store: irn.store, Journal: irn.journal, Box: irn.box, Openers: irn.openers, Party: "IRN"}, audit.Options{})
		p.must(err)
		if len(rep.Findings) > 0 || rep.Witnessed != 3 {
			t.Errorf("with %d leaves: %d witnessed, findings %v", 3*leaves, rep.Witnessed, rep.Findings)
		}
	}
}

// The quota of the charter bounds what a peer can have kept.
func TestWitnessQuota(t *testing.T) {
	p := newWatched(t)
	a := p.author("PAK", "", 40)
	body, last := a.from(10, 10), 0
	p.ask("IRN", "PAK", "POST", "/witness/add-checkpoint", a.from(0, 10))
	for range 600 {
		if last = p.ask("IRN", "PAK", "POST", "/witness/add-checkpoint", body).StatusCode; last != 200 {
			break
		}
	}
	if last != 429 {
		t.Fatalf("status %d after 600 submissions", last)
	}
}
