package note

import (
	"strings"
	"testing"
)

// fill returns a digest of one repeated byte.
func fill(b byte) (d Digest) {
	for i := range d {
		d[i] = b
	}
	return d
}

var channel = fill(0xc1)

func TestDigest(t *testing.T) {
	text := strings.Repeat("0a", 32)
	d, err := ParseDigest(text)
	if err != nil || d != fill(0x0a) || d.String() != text {
		t.Fatalf("ParseDigest(%s) = %s, %v", text, d, err)
	}
	if d.IsZero() || !(Digest{}).IsZero() {
		t.Error("IsZero is wrong")
	}
	if got := Sum([]byte("abc")).String(); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("Sum(abc) = %s, not SHA-256", got)
	}
	for name, bad := range map[string]string{
		"empty":      "",
		"short":      text[:62],
		"odd":        text[:63],
		"long":       text + "00",
		"upper case": strings.ToUpper(text),
		"not hex":    "g" + text[1:],
		"0x":         "0x" + text[2:],
		"newline":    text[:63] + "\n",
		"not ASCII":  text[:62] + "é",
	} {
		if d, err := ParseDigest(bad); err == nil || !d.IsZero() {
			t.Errorf("%s: ParseDigest(%q) = %s, %v", name, bad, d, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	for _, c := range []struct {
		party string
		epoch int
	}{{"PAK", 1}, {"IR", 2}, {"A23456789012", MaxEpoch}} {
		s := Origin(c.party, channel, c.epoch)
		party, ch, epoch, err := ParseOrigin(s)
		if err != nil || party != c.party || ch != channel || epoch != c.epoch {
			t.Errorf("ParseOrigin(%s) = %s, %s, %d, %v", s, party, ch, epoch, err)
		}
	}
	hex := channel.String()
	for name, bad := range map[string]string{
		"empty":                "",
		"no epoch":             "PAK/" + hex,
		"four fields":          "PAK/" + hex + "/1/2",
		"short party":          "P/" + hex + "/1",
		"long party":           "A234567890123/" + hex + "/1",
		"lower-case party":     "pak/" + hex + "/1",
		"party with a digit 1": "1PA/" + hex + "/1",
		"party with a dash":    "PA-K/" + hex + "/1",
		"no party":             "/" + hex + "/1",
		"upper-case channel":   "PAK/" + strings.ToUpper(hex) + "/1",
		"short channel":        "PAK/" + hex[1:] + "/1",
		"epoch 0":              "PAK/" + hex + "/0",
		"epoch 10000":          "PAK/" + hex + "/10000",
		"epoch 01":             "PAK/" + hex + "/01",
		"epoch +1":             "PAK/" + hex + "/+1",
		"epoch -1":             "PAK/" + hex + "/-1",
		"epoch of 20 digits":   "PAK/" + hex + "/11111111111111111111",
		"no number":            "PAK/" + hex + "/",
		"trailing newline":     "PAK/" + hex + "/1\n",
		"Arabic digit":         "PAK/" + hex + "/١",
	} {
		if party, _, _, err := ParseOrigin(bad); err == nil || party != "" {
			t.Errorf("%s: ParseOrigin(%q) = %s, %v", name, bad, party, err)
		}
	}
}

func TestID(t *testing.T) {
	origin := Origin("PAK", channel, 1)
	for _, c := range []struct {
		id    ID
		short string
	}{
		{ID{origin, 41}, "PAK#41"},
		{ID{origin, 0}, "PAK#0"},
		{ID{Origin("PAK", channel, 2), 7}, "PAK.2#7"},
		{ID{origin, 1<<53 - 1}, "PAK#9007199254740991"},
	} {
		got, err := ParseID(c.id.String())
		if err != nil || got != c.id || got.Short() != c.short || got.Party() != "PAK" || got.IsZero() {
			t.Errorf("ParseID(%s) = %v, %v; short %s, want %s", c.id, got, err, got.Short(), c.short)
		}
	}
	if !(ID{}).IsZero() || (ID{Origin: "x"}).Short() != "x#0" {
		t.Error("the zero ID, or one that is not an origin, is misread")
	}
	for name, bad := range map[string]string{
		"empty":                  "",
		"no index":               origin,
		"empty index":            origin + "#",
		"leading zero":           origin + "#01",
		"sign":                   origin + "#+1",
		"two indexes":            origin + "#1#2",
		"beyond 2^53-1":          origin + "#9007199254740992",
		"longer than any number": origin + "#" + strings.Repeat("9", 30),
		"bad origin":             "PAK#41",
		"space":                  origin + "# 1",
	} {
		if got, err := ParseID(bad); err == nil || !got.IsZero() {
			t.Errorf("%s: ParseID(%q) = %v, %v", name, bad, got, err)
		}
	}
}
