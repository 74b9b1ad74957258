package charter

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"detente/feed"
	"detente/note"
)

func wantEarly(t *testing.T, err error, needs string) {
	t.Helper()
	var early *Early
	if !errors.As(err, &early) || !strings.Contains(early.Needs, needs) {
		t.Errorf("got error %v; want one that is early and needs %q", err, needs)
	}
}

// wantConflict fails unless err proves that party signed both a and b.
func wantConflict(t *testing.T, err error, parties []string, a, b []byte) {
	t.Helper()
	var conflict *Conflict
	if !errors.As(err, &conflict) {
		t.Fatalf("got error %v; want a conflict", err)
	}
	if !slices.Equal(conflict.Parties, parties) || string(conflict.A) != string(a) || string(conflict.B) != string(b) {
		t.Errorf("the conflict names %v and does not carry the two texts as they were signed", conflict.Parties)
	}
}

func wantFeedKey(t *testing.T, c *Channel, origin string, want feed.Public) {
	t.Helper()
	got, err := c.FeedKey(origin)
	if err != nil || !got.Equal(want) {
		t.Errorf("FeedKey(%s): %v, or another key than wanted", origin, err)
	}
}

func TestNewChannel(t *testing.T) {
	_, err := NewChannel(sign(t, founding(), "PAK", "OMN"))
	wantError(t, err, "not signed by IRN")
	s := sign(t, founding(), "PAK", "IRN")
	_, err = NewChannel(sign(t, amend(s, s.Digest, func(*Charter) {}), "PAK", "IRN"))
	wantError(t, err, "is an amendment")
	c, err := NewChannel(s)
	must(t, err)
	if c.ID() != note.Sum(s.Text) || !c.Exercise() || c.Current() != s {
		t.Error("the channel is not that of its founding charter")
	}
	if got := strings.Join(c.Principals(), " "); got != "IRN PAK" {
		t.Errorf("Principals = %s", got)
	}
	if c.Role("PAK") != Principal || c.Role("OMN") != Facilitator || c.Role("UNO") != Observer || c.Role("TUR") != "" {
		t.Error("Role")
	}
	if !reflect.DeepEqual(c.Members(), s.Charter.Members) {
		t.Error("Members")
	}
}

func TestEpochs(t *testing.T) {
	c := channel(t)
	one, two, three := note.Origin("PAK", c.ID(), 1), note.Origin("PAK", c.ID(), 2), note.Origin("PAK", c.ID(), 3)
	_, err := c.FeedKey(one)
	wantEarly(t, err, credence("PAK", 1, "a").Digest().String())

	must(t, c.AddCredence(signedCredence(t, "PAK", 1, "a")))
	wantFeedKey(t, c, one, key("PAK feed a").Public())

	// A newer credence alone does not change the key of a feed.
	must(t, c.AddCredence(signedCredence(t, "PAK", 2, "b")))
	wantFeedKey(t, c, one, key("PAK feed a").Public())
	_, err = c.FeedKey(two)
	wantEarly(t, err, "the closing of "+one)
	if got := c.Epoch("PAK"); got != one {
		t.Errorf("Epoch = %s; want %s", got, one)
	}

	first := closing(c.ID(), "PAK", 1, Rotation, credence("PAK", 2, "b"))
	must(t, c.AddClosing(signedClosing(t, first)))
	wantFeedKey(t, c, one, key("PAK feed a").Public())
	wantFeedKey(t, c, two, key("PAK feed b").Public())
	if got := c.TLSKeys("PAK"); len(got) != 2 {
		t.Errorf("after a rotation, %d keys may be shown on the line; want 2", len(got))
	}
	if got := c.Epoch("PAK"); got != two {
		t.Errorf("Epoch = %s; want %s", got, two)
	}
	if head, ok := c.Closed(one); !ok || head != first.Keeps {
		t.Errorf("Closed = %v, %v", head, ok)
	}
	if got, ok := c.Closing(one); !ok || !reflect.DeepEqual(got, first) {
		t.Errorf("Closing = %v, %v", got, ok)
	}
	if _, ok := c.Closed(two); ok {
		t.Error("an open feed is closed")
	}

	must(t, c.AddClosing(signedClosing(t, closing(c.ID(), "PAK", 2, Left, Credence{}))))
	wantFeedKey(t, c, two, key("PAK feed b").Public())
	_, err = c.FeedKey(three)
	wantError(t, err, "left the channel")
	if c.Epoch("PAK") != "" || !c.Left("PAK") || c.Left("IRN") {
		t.Error("a party that left writes on")
	}
	_, err = c.SealKey("PAK")
	wantError(t, err, "has left")

	for origin, want := range map[string]string{
		"PAK":                                "not the origin",
		note.Origin("PAK", note.Sum(nil), 1): "another channel",
		note.Origin("TUR", c.ID(), 1):        "a charter that names the party",
		note.Origin("UNO", c.ID(), 1):        "witnesses only",
	} {
		_, err := c.FeedKey(origin)
		wantError(t, err, want)
	}
	if c.Epoch("UNO") != "" || c.Epoch("TUR") != "" {
		t.Error("who has no feed has an epoch")
	}
}

func TestKeysOfCredences(t *testing.T) {
	c := channel(t)
	_, err := c.SealKey("PAK")
	wantEarly(t, err, "a credence")
	if c.TLSKeys("PAK") != nil || c.ReceiptKeys("PAK") != nil || c.WitnessKeys("PAK") != nil {
		t.Error("keys of no credence")
	}
	if _, ok := c.Credence("PAK"); ok {
		t.Error("a credence of nobody")
	}
	// Serial 3 changes nothing but the address; 4 changes the keys again.
	for _, g := range []struct {
		serial     uint64
		generation string
	}{{3, "b"}, {1, "a"}, {4, "c"}, {2, "b"}} {
		must(t, c.AddCredence(signedCredence(t, "PAK", g.serial, g.generation)))
	}
	var receipts, witnesses []feed.Public
	for _, g := range []string{"c", "b", "a"} {
		receipts = append(receipts, key("PAK receipt "+g).Public())
		witnesses = append(witnesses, key("PAK witness "+g).Public())
	}
	if !reflect.DeepEqual(c.ReceiptKeys("PAK"), receipts) {
		t.Error("ReceiptKeys: want every one, the newest first")
	}
	if !reflect.DeepEqual(c.WitnessKeys("PAK"), witnesses) {
		t.Error("WitnessKeys: want every one, the newest first")
	}
	if want := []note.Digest{note.Sum([]byte("PAK tls c")), note.Sum([]byte("PAK tls b"))}; !slices.Equal(c.TLSKeys("PAK"), want) {
		t.Error("TLSKeys: want the newest and the one before it")
	}
	if v, _ := c.Credence("PAK"); v.Serial != 4 {
		t.Errorf("Credence: serial %d", v.Serial)
	}
	if got, err := c.SealKey("PAK"); err != nil || got != credence("PAK", 4, "c").Keys.Seal {
		t.Errorf("SealKey = %.20s, %v", got, err)
	}
}

func TestRevocation(t *testing.T) {
	c := channel(t)
	must(t, c.AddCredence(signedCredence(t, "PAK", 1, "a")))
	must(t, c.AddCredence(signedCredence(t, "IRN", 1, "a")))
	must(t, c.AddClosing(signedClosing(t, closing(c.ID(), "PAK", 1, Revocation, credence("PAK", 3, "c")))))

	// The credence that replaces the revoked one is not here yet.
	_, err := c.SealKey("PAK")
	wantEarly(t, err, "replaces the revoked")
	if got := c.TLSKeys("PAK"); len(got) != 0 {
		t.Errorf("a revoked key may be shown on the line: %v", got)
	}
	if _, err := c.SealKey("IRN"); err != nil {
		t.Errorf("another party: %v", err)
	}
	// One more credence with the revoked feed key, then one between, then the one named.
	between := credence("PAK", 2, "b")
	between.Keys.Feed = key("PAK feed a").Public()
	signed, err := between.Sign(identity("PAK"))
	must(t, err)
	must(t, c.AddCredence(signed))
	if got := c.TLSKeys("PAK"); len(got) != 0 {
		t.Errorf("a credence with the revoked feed key may be used: %v", got)
	}
	must(t, c.AddCredence(signedCredence(t, "PAK", 3, "c")))
	if want := []note.Digest{note.Sum([]byte("PAK tls c"))}; !slices.Equal(c.TLSKeys("PAK"), want) {
		t.Error("TLSKeys: want the key of the named credence alone")
	}
	if _, err := c.SealKey("PAK"); err != nil {
		t.Error(err)
	}
	if len(c.ReceiptKeys("PAK")) != 3 {
		t.Error("old receipts do not stand any more")
	}
	wantFeedKey(t, c, note.Origin("PAK", c.ID(), 2), key("PAK feed c").Public())
}

func TestRevocationBeforeAnyCredence(t *testing.T) {
	c := channel(t)
	must(t, c.AddClosing(signedClosing(t, closing(c.ID(), "PAK", 2, Revocation, credence("PAK", 3, "c")))))
	must(t, c.AddCredence(signedCredence(t, "PAK", 2, "b")))
	_, err := c.SealKey("PAK") // nobody can tell yet which key epoch 2 had
	wantEarly(t, err, "replaces the revoked")
}

func TestRevokedKeyOpensNoEpoch(t *testing.T) {
	c := channel(t)
	must(t, c.AddCredence(signedCredence(t, "PAK", 1, "a")))
	must(t, c.AddCredence(signedCredence(t, "PAK", 2, "a")))
	must(t, c.AddClosing(signedClosing(t, closing(c.ID(), "PAK", 1, Revocation, credence("PAK", 2, "a")))))
	_, err := c.FeedKey(note.Origin("PAK", c.ID(), 2))
	wantError(t, err, "names the same key")

	// The journal being lost says nothing against the key.
	must(t, c.AddCredence(signedCredence(t, "IRN", 1, "a")))
	must(t, c.AddClosing(signedClosing(t, closing(c.ID(), "IRN", 1, JournalLost, credence("IRN", 1, "a")))))
	wantFeedKey(t, c, note.Origin("IRN", c.ID(), 2), key("IRN feed a").Public())
	if got := c.TLSKeys("IRN"); len(got) != 1 {
		t.Errorf("TLSKeys = %v", got)
	}
}

func TestCredenceAndClosingRefusals(t *testing.T) {
	c := channel(t)
	wantEarly(t, c.AddCredence(signedCredence(t, "TUR", 1, "a")), "a charter that names the party")
	wantEarly(t, c.AddClosing(signedClosing(t, closing(c.ID(), "TUR", 1, Left, Credence{}))), "a charter that names the party")

	impostor := credence("PAK", 1, "a")
	impostor.Identity = identity("TUR").Public()
	signed, err := impostor.Sign(identity("TUR"))
	must(t, err)
	wantError(t, c.AddCredence(signed), "not the one that the charter states")
	wantError(t, c.AddCredence([]byte(KindCredence+"\n{}\n")), "credence")

	elsewhere := closing(note.Sum(nil), "PAK", 1, Left, Credence{})
	wantError(t, c.AddClosing(signedClosing(t, elsewhere)), "this is channel")
	forged, err := closing(c.ID(), "PAK", 1, Left, Credence{}).Sign(identity("IRN"))
	must(t, err)
	wantError(t, c.AddClosing(forged), "PAK/identity")
	wantError(t, c.Add([]byte("detente/fork/v1\n{}\n")), "not the type line")
	if len(c.Documents()) != 1 || c.Left("PAK") {
		t.Error("a refused text was kept")
	}
}

func TestTwoCredencesWithOneSerial(t *testing.T) {
	c := channel(t)
	a, b := signedCredence(t, "PAK", 1, "a"), signedCredence(t, "PAK", 1, "b")
	buffer := slices.Clone(a)
	must(t, c.AddCredence(buffer))
	clear(buffer) // the caller's to use again
	wantConflict(t, c.AddCredence(b), []string{"PAK"}, a, b)
	must(t, c.AddCredence(a))
	if v, _ := c.Credence("PAK"); !reflect.DeepEqual(v, credence("PAK", 1, "a")) || len(c.Documents()) != 2 {
		t.Error("the first is not the one that was kept")
	}
}

func TestTwoClosingsOfOneFeed(t *testing.T) {
	c := channel(t)
	first := closing(c.ID(), "PAK", 1, Rotation, credence("PAK", 2, "b"))
	second := first
	second.Keeps.Size++
	a, b := signedClosing(t, first), signedClosing(t, second)
	buffer := slices.Clone(a)
	must(t, c.AddClosing(buffer))
	clear(buffer) // the caller's to use again
	wantConflict(t, c.AddClosing(b), []string{"PAK"}, a, b)
	must(t, c.AddClosing(a))
	if head, _ := c.Closed(first.Keeps.Origin); head != first.Keeps || len(c.Documents()) != 2 {
		t.Error("the first is not the one that was kept")
	}
}

func TestTheNumberOfCredencesIsBounded(t *testing.T) {
	c := channel(t)
	c.credences["PAK"] = make([]held[Credence], MaxCredences)
	wantError(t, c.AddCredence(signedCredence(t, "PAK", 1, "a")), "the limit")
}

// Whatever the order in which its texts come, the channel is the same.
func TestOrderOfTextsDoesNotMatter(t *testing.T) {
	docs, id := history(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var want []Document
	for round := range 12 {
		if round > 0 {
			rng.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
		}
		c := channel(t)
		if c.ID() != id {
			t.Fatal("another channel")
		}
		for i, err := range c.AddAll(docs...) {
			if err != nil {
				t.Fatalf("round %d, text %d: %v", round, i, err)
			}
		}
		for _, err := range c.AddAll(docs...) { // twice is once
			must(t, err)
		}
		got := c.Documents()
		if len(got) != 1+len(docs) {
			t.Fatalf("%d texts of %d", len(got), 1+len(docs))
		}
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("round %d: another channel", round)
		}
		if c.Role("TUR") != Principal || c.Role("PAK") != "" || c.Epoch("IRN") != note.Origin("IRN", id, 3) {
			t.Errorf("round %d: TUR %s, PAK %s, epoch %s", round, c.Role("TUR"), c.Role("PAK"), c.Epoch("IRN"))
		}
		wantFeedKey(t, c, note.Origin("IRN", id, 3), key("IRN feed c").Public())
		wantFeedKey(t, c, note.Origin("PAK", id, 1), key("PAK feed a").Public())
		wantFeedKey(t, c, note.Origin("TUR", id, 1), key("TUR feed a").Public())
	}
}

// history is what follows the founding of a channel: rotations, an amendment
// that adds a principal, a departure, and an amendment that drops who left.
func history(t testing.TB) (docs [][]byte, id note.Digest) {
	s := sign(t, founding(), "PAK", "IRN")
	id = s.Digest
	joined := sign(t, amend(s, id, func(c *Charter) {
		c.Members = append(c.Members[:uno:uno], member("TUR", Principal), c.Members[uno])
	}), "PAK", "IRN", "TUR")
	dropped := sign(t, amend(joined, id, func(c *Charter) { c.Members = slices.Delete(c.Members, pak, pak+1) }), "IRN", "TUR")
	return [][]byte{
		signedCredence(t, "IRN", 1, "a"), signedCredence(t, "IRN", 2, "b"), signedCredence(t, "IRN", 3, "c"),
		signedCredence(t, "PAK", 1, "a"), signedCredence(t, "TUR", 1, "a"), signedCredence(t, "OMN", 1, "a"),
		signedClosing(t, closing(id, "IRN", 1, Rotation, credence("IRN", 2, "b"))),
		signedClosing(t, closing(id, "IRN", 2, Revocation, credence("IRN", 3, "c"))),
		signedClosing(t, closing(id, "PAK", 1, Left, Credence{})),
		joined.Bytes(), dropped.Bytes(),
	}, id
}
