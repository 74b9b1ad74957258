package feed

import (
	"reflect"
	"strings"
	"testing"

	fwitness "github.com/transparency-dev/formats/witness"
)

func policyOf(t testing.TB) Policy {
	return Policy{Origin: origin, Log: keyOf(t, 1).Public(), Quorum: 2, Receipts: []NamedKey{
		{Name: "IRN/receipt", Public: keyOf(t, 2).Public()},
		{Name: "TUR/witness", Public: keyOf(t, 3).Public(), URL: "https://tur.example:7443/witness"},
	}}
}

func TestPolicy(t *testing.T) {
	for _, quorum := range []int{0, 1, 2} {
		want := policyOf(t)
		want.Quorum = quorum
		file := must(want.Format())(t)
		if quorum == 0 {
			want.Receipts = nil // not counted, so not kept
		}
		if got := must(ParsePolicy(file))(t); !reflect.DeepEqual(got, want) {
			t.Errorf("quorum %d: got %+v", quorum, got)
		}
	}
	p := policyOf(t)
	file := must(FormatPolicy(p.Origin, p.Log, p.Receipts))(t)
	if got := must(ParsePolicy(file))(t); !reflect.DeepEqual(got, p) {
		t.Errorf("FormatPolicy does not want all: %+v", got)
	}
	if _, err := ParsePolicy(must(FormatPolicy(p.Origin, p.Log, nil))(t)); err != nil {
		t.Errorf("without receipts: %v", err)
	}
	// A change is found, or is in a comment, a URL or a name of the file's own.
	flips(file, 1, func(at int, changed []byte) {
		got, err := ParsePolicy(changed)
		for i := range got.Receipts {
			got.Receipts[i].URL = p.Receipts[i].URL
		}
		if err == nil && !reflect.DeepEqual(got, p) {
			t.Errorf("byte %d changed, and another policy was read: %q", at, changed[max(0, at-20):at+20])
		}
	})
}

// transparency-dev's own reader takes the file, and its verifiers are
// satisfied by our cosignatures.
func TestPolicyIsReadByOthers(t *testing.T) {
	p := policyOf(t)
	g, err := fwitness.ParsePolicy(must(p.Format())(t))
	if err != nil {
		t.Fatal(err)
	}
	h := headOf(leavesOf(9, 9, ""))
	signed := signedOf(t, keyOf(t, 1), leavesOf(9, 9, ""))
	signed = append(signed, must(keyOf(t, 2).Cosign("IRN/receipt", h, noon))(t)...)
	if g.Satisfied(signed) {
		t.Error("one cosignature of two satisfies it")
	}
	signed = append(signed, must(keyOf(t, 3).Cosign("TUR/witness", h, noon))(t)...)
	if !g.Satisfied(signed) {
		t.Error("two cosignatures of two do not satisfy it")
	}
	if len(g.Endpoints()) != 2 {
		t.Errorf("it reads %d endpoints; want 2", len(g.Endpoints()))
	}
}

// What others may write: tabs, comments, any order of log and witness, a
// single witness as the quorum, several groups.
func TestPolicyOfOthers(t *testing.T) {
	p := policyOf(t)
	led, lml := VKeys(p.Origin, p.Log)
	ied, iml := CosignerVKeys("IRN/receipt", p.Receipts[0].Public)
	ted, tml := CosignerVKeys("TUR/witness", p.Receipts[1].Public)
	keys := "# a comment\n\n \t# another\nwitness IRN/receipt " + ied + "\n#detente witness IRN/receipt " + iml +
		"\nwitness\tTUR/witness   " + ted + " \n #detente witness TUR/witness " + tml + "\nlog " + led + " https://pak.example/log\n#detente log " + lml + "\n"
	for tail, want := range map[string]int{
		"quorum IRN/receipt\n": 1,
		"group a 1 IRN/receipt TUR/witness\ngroup b all TUR/witness\nquorum a\n": 2,
		"group a any TUR/witness\nquorum a\n":                                    1,
		"quorum none\n":                                                          0,
	} {
		got, err := ParsePolicy([]byte(keys + tail))
		if err != nil || len(got.Receipts) != want || got.Origin != origin {
			t.Errorf("%q: %v, %v", tail, got.Quorum, err)
		}
	}
	good := keys + "quorum none\n"
	for name, bad := range map[string]string{
		"no quorum":             keys,
		"two quorums":           good + "quorum none\n",
		"unknown quorum":        keys + "quorum x\n",
		"quorum with a tail":    keys + "quorum none x\n",
		"group of strangers":    keys + "group a any x\nquorum a\n",
		"group of groups":       keys + "group a any IRN/receipt\ngroup b any a\nquorum b\n",
		"member twice":          keys + "group a all IRN/receipt IRN/receipt\nquorum a\n",
		"group of none":         keys + "group a any\nquorum a\n",
		"group named none":      keys + "group none any IRN/receipt\nquorum none\n",
		"group named as a key":  keys + "group IRN/receipt any IRN/receipt\nquorum none\n",
		"group twice":           keys + "group a any IRN/receipt\ngroup a any IRN/receipt\nquorum a\n",
		"threshold 0":           keys + "group a 0 IRN/receipt\nquorum a\n",
		"threshold 2 of 1":      keys + "group a 2 IRN/receipt\nquorum a\n",
		"threshold 01":          keys + "group a 01 IRN/receipt\nquorum a\n",
		"no log":                strings.ReplaceAll(good, "log ", "#log "),
		"no ML-DSA-44 log":      strings.Replace(good, "#detente log", "# log", 1),
		"no ML-DSA-44 witness":  strings.Replace(keys+"quorum IRN/receipt\n", "#detente witness IRN", "# witness IRN", 1),
		"two logs":              good + "log " + led + "\n",
		"ML-DSA-44 in plain":    strings.Replace(good, "#detente log", "log", 1),
		"log key as a witness":  "witness " + origin + " " + led + "\n" + good,
		"vkey damaged":          strings.Replace(good, led, led[:len(led)-1]+"A", 1),
		"witness renamed":       strings.Replace(good, "witness IRN/receipt", "witness IRN/r", 1),
		"unknown word":          good + "mirror x\n",
		"marked unknown":        good + "#detente quorum none\n",
		"# within a line":       good + "log " + led + " #x\n",
		"last line not ended":   strings.TrimSuffix(good, "\n"),
		"carriage returns":      strings.ReplaceAll(good, "\n", "\r\n"),
		"no-break space":        strings.Replace(good, "quorum none", "quorum\u00a0none", 1),
		"too long":              good + "#" + strings.Repeat("x", MaxPolicy) + "\n",
		"nothing":               "",
		"two witness, one key":  keys + "witness X " + vkey("X", keyID("X", []byte{4}, p.Receipts[0].Public.Ed25519), 4, p.Receipts[0].Public.Ed25519) + "\n#detente witness X " + vkey("X", p.Receipts[0].Public.mldsaID("X"), 6, p.Receipts[0].Public.MLDSA44) + "\ngroup a all X IRN/receipt\nquorum a\n",
		"log of two key names":  strings.Replace(good, lml, vkey("other", p.Log.mldsaID("other"), 6, p.Log.MLDSA44), 1),
		"short ML-DSA-44 key":   strings.Replace(good, lml, vkey(origin, keyID(origin, []byte{6}, []byte("x")), 6, []byte("x")), 1),
		"many witnesses":        strings.Repeat("witness x y\n", 2),
		"more groups than that": keys + manyGroups() + "quorum none\n",
	} {
		if _, err := ParsePolicy([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func manyGroups() string {
	var b strings.Builder
	for i := range MaxWitnesses + 1 {
		b.WriteString("group g" + strings.Repeat("x", i) + " any IRN/receipt\n")
	}
	return b.String()
}

func TestFormatPolicyRefuses(t *testing.T) {
	for name, change := range map[string]func(*Policy){
		"origin with a space":  func(p *Policy) { p.Origin = "a b" },
		"no log key":           func(p *Policy) { p.Log = Public{} },
		"no witness key":       func(p *Policy) { p.Receipts[0].Public = Public{} },
		"a keyword":            func(p *Policy) { p.Receipts[0].Name = "quorum" },
		"the group's name":     func(p *Policy) { p.Receipts[0].Name = "receipts" },
		"a #":                  func(p *Policy) { p.Receipts[0].Name = "a#b" },
		"a space":              func(p *Policy) { p.Receipts[0].Name = "a b" },
		"URL with a space":     func(p *Policy) { p.Receipts[0].URL = "https://a b/" },
		"URL with a line":      func(p *Policy) { p.Receipts[0].URL = "https://a/\nquorum none" },
		"URL with a #":         func(p *Policy) { p.Receipts[0].URL = "https://a/#x" },
		"one name twice":       func(p *Policy) { p.Receipts[1].Name = "IRN/receipt" },
		"one key twice":        func(p *Policy) { p.Receipts[1].Public = p.Receipts[0].Public },
		"half a key twice":     func(p *Policy) { p.Receipts[1].Public.MLDSA44 = p.Log.MLDSA44 },
		"the origin cosigning": func(p *Policy) { p.Receipts[1].Name = origin },
		"quorum beyond":        func(p *Policy) { p.Quorum = 3 },
		"quorum below":         func(p *Policy) { p.Quorum = -1 },
		"too many":             func(p *Policy) { p.Receipts = make([]NamedKey, MaxWitnesses+1) },
	} {
		p := policyOf(t)
		change(&p)
		if b, err := p.Format(); err == nil {
			t.Errorf("%s: wrote %.60q", name, b)
		}
	}
}
