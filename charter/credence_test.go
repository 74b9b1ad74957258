package charter

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"detente/feed"
	"detente/note"
)

func TestCredenceRoundTrip(t *testing.T) {
	c := credence("PAK", 1, "a")
	signed, err := c.Sign(identity("PAK"))
	must(t, err)
	got, err := ParseCredence(signed)
	must(t, err)
	if !reflect.DeepEqual(got, c) {
		t.Errorf("got %+v; want %+v", got, c)
	}
	text, err := c.Text()
	must(t, err)
	if c.Digest() != note.Sum(text) || (Credence{}).Digest() != (note.Digest{}) {
		t.Error("the digest is not the SHA-256 of the text, or an invalid credence has one")
	}
	if _, err := c.Sign(identity("IRN")); err == nil {
		t.Error("a credence was signed with a key that is not its identity")
	}
}

func TestCredenceRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Credence)
		want   string
	}{
		{"party", func(c *Credence) { c.Party = "pak" }, "not a party's code"},
		{"no name", func(c *Credence) { c.Name = "" }, "name is empty"},
		{"long name", func(c *Credence) { c.Name = strings.Repeat("x", MaxName+1) }, "the limit is 200"},
		{"line in the name", func(c *Credence) { c.Name = "a\nb" }, "U+000A"},
		{"turned name", func(c *Credence) { c.Name = "a\u202eb" }, "U+202E"},
		{"space before the name", func(c *Credence) { c.Name = " a" }, "begins or ends with a space"},
		{"serial 0", func(c *Credence) { c.Serial = 0 }, "serial 0"},
		{"serial beyond JSON", func(c *Credence) { c.Serial = 1 << 53 }, "2^53-1"},
		{"time", func(c *Credence) { c.Time = "2024-01-16T08:00:00Z" }, "not of the form"},
		{"year", func(c *Credence) { c.Time = "1969-12-31T23:59:59.999Z" }, "not of the form"},
		{"too many addresses", func(c *Credence) { c.Addresses = make([]string, MaxAddresses+1) }, "17 addresses"},
		{"address without port", func(c *Credence) { c.Addresses = []string{"pak.example"} }, "not HOST:PORT"},
		{"address with port 0", func(c *Credence) { c.Addresses = []string{"pak.example:0"} }, "port"},
		{"address with port 65536", func(c *Credence) { c.Addresses = []string{"pak.example:65536"} }, "port"},
		{"address with a padded port", func(c *Credence) { c.Addresses = []string{"pak.example:080"} }, "port"},
		{"address of no host", func(c *Credence) { c.Addresses = []string{"-x.example:80"} }, "neither a name nor"},
		{"address with a path", func(c *Credence) { c.Addresses = []string{"https://pak.example:80"} }, "HOST:PORT"},
		{"address in brackets", func(c *Credence) { c.Addresses = []string{"[pak.example]:80"} }, "plain form"},
		{"long address", func(c *Credence) { c.Addresses = []string{strings.Repeat("a.", 130) + "b:80"} }, "the limit is 260"},
		{"address twice", func(c *Credence) { c.Addresses = []string{"a:1", "b:1", "a:1"} }, "twice"},
		{"no identity", func(c *Credence) { c.Identity = feed.Public{} }, "identity key"},
		{"short ML-DSA key", func(c *Credence) { c.Keys.Feed.MLDSA44 = c.Keys.Feed.MLDSA44[1:] }, "feed key: the ML-DSA-44 key has 1311 bytes"},
		{"long Ed25519 key", func(c *Credence) { c.Keys.Receipt.Ed25519 = make([]byte, 33) }, "receipt key: the Ed25519 key has 33 bytes"},
		{"no witness key", func(c *Credence) { c.Keys.Witness = feed.Public{} }, "witness key"},
		{"feed key is identity", func(c *Credence) { c.Keys.Feed = c.Identity }, "identity key and the feed key"},
		{"receipt key is feed key", func(c *Credence) { c.Keys.Receipt = c.Keys.Feed }, "feed key and the receipt key"},
		{"half the witness key is the receipt key", func(c *Credence) { c.Keys.Witness.Ed25519 = c.Keys.Receipt.Ed25519 }, "receipt key and the witness key"},
		{"no seal", func(c *Credence) { c.Keys.Seal = "" }, "seal"},
		{"classic seal", func(c *Credence) {
			c.Keys.Seal = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
		}, "seal"},
		{"seal with a wrong letter", func(c *Credence) { c.Keys.Seal = c.Keys.Seal[:100] + "b" + c.Keys.Seal[101:] }, "seal"},
		{"no TLS key", func(c *Credence) { c.Keys.TLS = note.Digest{} }, "tls: no digest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := credence("PAK", 1, "a")
			c.change(&v)
			_, err := v.Sign(identity("PAK"))
			wantError(t, err, c.want)
			_, err = ParseCredence(signRaw(t, KindCredence, "PAK", v))
			wantError(t, err, c.want)
		})
	}
}

// What Sign would never write must be refused too.
func TestCredenceBytesRefusals(t *testing.T) {
	good := signedCredence(t, "PAK", 1, "a")
	text, lines, err := feed.SplitText(good)
	must(t, err)
	ed, ml, _ := bytes.Cut(lines, []byte("\n"))
	resigned := func(old, repl string) []byte {
		changed := bytes.Replace(text, []byte(old), []byte(repl), 1)
		if bytes.Equal(changed, text) {
			t.Fatalf("the text has no %q", old)
		}
		own, err := identity("PAK").SignText(SignerName("PAK"), changed)
		must(t, err)
		return feed.JoinText(changed, own)
	}
	other, err := identity("PAK").SignText("PAK/receipt", text)
	must(t, err)
	foreign, err := identity("IRN").SignText(SignerName("PAK"), text)
	must(t, err)
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"nothing":             {nil, ""},
		"no signature":        {text, ""},
		"only Ed25519":        {feed.JoinText(text, ed, []byte("\n")), "ML-DSA-44"},
		"only ML-DSA-44":      {feed.JoinText(text, ml), "Ed25519"},
		"another signer name": {feed.JoinText(text, other), "PAK/identity"},
		"another key":         {feed.JoinText(text, foreign), ""},
		"another type line":   {resigned(KindCredence, KindClosing), "type line"},
		"unknown field":       {resigned(`"time":`, `"tim":"","time":`), "unknown field"},
		"field twice":         {resigned(`"serial":1`, `"serial":1,"serial":1`), "not canonical"},
		"field in capitals":   {resigned(`"serial":1`, `"Serial":1`), "not canonical"},
		"space":               {resigned(`"serial":1`, `"serial": 1`), "not canonical"},
		"null list":           {resigned(`"addresses":["pak.example:7402","[2001:db8::1]:7402"]`, `"addresses":null`), "not canonical"},
		"empty list":          {resigned(`"addresses":["pak.example:7402","[2001:db8::1]:7402"]`, `"addresses":[]`), "not canonical"},
		"too long":            {append(slices.Clone(good), make([]byte, MaxCredence)...), "the limit is 32768"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseCredence(c.in)
			wantError(t, err, c.want)
			if !reflect.DeepEqual(got, Credence{}) {
				t.Error("a refused credence was returned")
			}
		})
	}
	for i := 0; i < len(good); i += 11 {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, err := ParseCredence(bad); err == nil {
			t.Errorf("byte %d was changed and the credence accepted", i)
		}
	}
}

func TestFingerprintStaysWithTheIdentity(t *testing.T) {
	a, b := credence("PAK", 1, "a"), credence("PAK", 2, "b")
	b.Addresses, b.Name = nil, "renamed"
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the fingerprint changed with the node's keys")
	}
	if Fingerprint("IRN", a.Identity) == a.Fingerprint() {
		t.Error("the fingerprint does not depend on the party")
	}
	if Fingerprint("PAK", identity("IRN").Public()) == a.Fingerprint() {
		t.Error("the fingerprint does not depend on the identity")
	}
}

// The digits and words are the example of the PGP documentation.
func TestWordsAreThePGPWordList(t *testing.T) {
	d := note.Digest{0xE5, 0x82, 0x94, 0xF2, 0xE9, 0xA2, 0x27, 0x48, 0x6E, 0x8B, 0x06, 0x1B, 0x31, 0xCC, 0x52, 0x8F, 0xD7, 0xFA, 0x3F, 0x19}
	want := "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa " +
		"afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless"
	if got := strings.Join(Words(d, 20), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := Words(d, FingerprintWords); len(got) != 16 {
		t.Errorf("%d words", len(got))
	}
	if got := len(Words(d, 99)); got != 32 {
		t.Errorf("%d words of 32 bytes", got)
	}
	if got := Words(d, -1); len(got) != 0 {
		t.Errorf("Words(d, -1) = %v", got)
	}
}

// Both columns are alphabetical but for one pair, which the published list has
// so, and no word stands twice: a word dropped or repeated would show.
func TestWordListIsWhole(t *testing.T) {
	seen := make(map[string]bool)
	for place := range 2 {
		last := ""
		for b := range words {
			w := strings.ToLower(words[b][place])
			if w == "" || seen[w] {
				t.Errorf("byte %02x, place %d: word %q is empty or stands twice", b, place, w)
			}
			if w < last && w != "apollo" {
				t.Errorf("byte %02x, place %d: %q after %q", b, place, w, last)
			}
			seen[w], last = true, w
		}
	}
	// SHA-256 of the words themselves, so that none is changed unnoticed.
	var all []string
	for _, w := range words {
		all = append(all, w[0], w[1])
	}
	const want = "e2c00da33e504434c2ee6bd169207c7508b9f672c0cdd50d78cc6af3d37f99a6"
	if got := note.Sum([]byte(strings.Join(all, " "))).String(); got != want {
		t.Errorf("the list has changed: its digest is %s", got)
	}
}
