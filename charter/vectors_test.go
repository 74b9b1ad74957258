package charter

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"detente/note"
)

// The vectors are for other people's implementations: signed texts of every
// kind, and what has to come out of them. Keys are made from SHA-512 of the
// names given, as 32 bytes of Ed25519 seed and 32 of ML-DSA-44 seed.
type vectors struct {
	Comment   string           `json:"comment"`
	Credences []credenceVector `json:"credences"`
	Founding  string           `json:"founding"` // signed by the principals
	Channel   note.Digest      `json:"channel"`  // SHA-256 of its text
	Amendment string           `json:"amendment"`
	Closing   string           `json:"closing"`
	FeedKeys  []feedKeyVector  `json:"feed_keys"` // with all of the above added
	Due       []dueVector      `json:"due"`
}

type credenceVector struct {
	Seed        string      `json:"seed"` // name of the identity key
	Signed      string      `json:"signed"`
	Digest      note.Digest `json:"digest"`
	Fingerprint note.Digest `json:"fingerprint"`
	Words       []string    `json:"words"`
	CheckWords  []string    `json:"check_words"` // of the digest
}

type feedKeyVector struct {
	Origin string      `json:"origin"`
	Seed   string      `json:"seed"`
	Key    note.Digest `json:"key"` // feed.Public.Digest
}

type dueVector struct {
	Start  string   `json:"start"`
	Zone   string   `json:"zone"`
	Skip   []string `json:"weekend"`
	Days   int      `json:"days"`
	Before string   `json:"before"`
}

const vectorsPath = "../testdata/vectors/charter.json"

func TestVectors(t *testing.T) {
	if *update {
		out, err := json.MarshalIndent(makeVectors(t), "", " ")
		must(t, err)
		must(t, os.MkdirAll(filepath.Dir(vectorsPath), 0o755))
		must(t, os.WriteFile(vectorsPath, append(out, '\n'), 0o644))
	}
	in, err := os.ReadFile(vectorsPath)
	must(t, err)
	var v vectors
	dec := json.NewDecoder(bytes.NewReader(in))
	dec.DisallowUnknownFields()
	must(t, dec.Decode(&v))

	founding, err := ParseCharter([]byte(v.Founding))
	must(t, err)
	c, err := NewChannel(founding)
	must(t, err)
	if c.ID() != v.Channel {
		t.Errorf("channel %s; want %s", c.ID(), v.Channel)
	}
	must(t, c.Add([]byte(v.Amendment)))
	must(t, c.Add([]byte(v.Closing)))
	for _, w := range v.Credences {
		must(t, c.Add([]byte(w.Signed)))
		got, err := ParseCredence([]byte(w.Signed))
		must(t, err)
		if got.Digest() != w.Digest || got.Fingerprint() != w.Fingerprint ||
			!reflect.DeepEqual(Words(w.Fingerprint, FingerprintWords), w.Words) ||
			!reflect.DeepEqual(Words(w.Digest, CheckWords), w.CheckWords) {
			t.Errorf("credence %d of %s: digest %s, fingerprint %s, words %v", got.Serial, got.Party, got.Digest(), got.Fingerprint(), w.Words)
		}
	}
	for _, w := range v.FeedKeys {
		wantFeedKey(t, c, w.Origin, key(w.Seed).Public())
		if key(w.Seed).Public().Digest() != w.Key {
			t.Errorf("%s: another key", w.Origin)
		}
	}
	for _, w := range v.Due {
		start, err := time.Parse(time.RFC3339, w.Start)
		must(t, err)
		got := Due(start, Clock{Days: w.Days}, Member{Zone: w.Zone, Weekend: w.Skip})
		if s := got.UTC().Format(time.RFC3339); s != w.Before {
			t.Errorf("due %+v: got %s", w, s)
		}
	}
	// Everything that is signed is made again, byte for byte.
	if !reflect.DeepEqual(makeVectors(t), v) {
		t.Error("the vectors made today are not those of the file")
	}
}

func makeVectors(t *testing.T) vectors {
	s := sign(t, founding(), "PAK", "IRN")
	v := vectors{
		Comment:   "Signed texts of package charter. Every key is made from SHA-512 of its name, the seed: 32 bytes for Ed25519, then 32 for ML-DSA-44; signatures are deterministic.",
		Founding:  string(s.Bytes()),
		Channel:   s.Digest,
		Amendment: string(sign(t, amend(s, s.Digest, func(c *Charter) { c.Name = "Hotline, amended" }), "PAK", "IRN").Bytes()),
		Closing:   string(signedClosing(t, closing(s.Digest, "PAK", 1, Rotation, credence("PAK", 2, "b")))),
	}
	for _, g := range []struct {
		party      string
		serial     uint64
		generation string
	}{{"IRN", 1, "a"}, {"PAK", 1, "a"}, {"PAK", 2, "b"}} {
		c := credence(g.party, g.serial, g.generation)
		v.Credences = append(v.Credences, credenceVector{
			Seed: g.party + " identity", Signed: string(signedCredence(t, g.party, g.serial, g.generation)),
			Digest: c.Digest(), Fingerprint: c.Fingerprint(),
			Words: Words(c.Fingerprint(), FingerprintWords), CheckWords: Words(c.Digest(), CheckWords),
		})
	}
	for _, k := range []struct {
		party string
		epoch int
		seed  string
	}{{"IRN", 1, "IRN feed a"}, {"PAK", 1, "PAK feed a"}, {"PAK", 2, "PAK feed b"}} {
		v.FeedKeys = append(v.FeedKeys, feedKeyVector{note.Origin(k.party, s.Digest, k.epoch), k.seed, key(k.seed).Public().Digest()})
	}
	v.Due = []dueVector{
		{"2024-01-18T10:00:00Z", "Asia/Karachi", []string{"saturday", "sunday"}, 1, "2024-01-19T19:00:00Z"},
		{"2024-01-18T10:00:00Z", "Asia/Tehran", []string{"friday", "saturday"}, 1, "2024-01-21T20:30:00Z"},
		{"2024-01-18T19:30:00Z", "Asia/Karachi", []string{"saturday", "sunday"}, 1, "2024-01-22T19:00:00Z"},
	}
	return v
}

// TestReadWords reads back what Words writes, and says which word is wrong.
func TestReadWords(t *testing.T) {
	for b := range 256 {
		d := note.Digest{byte(b), byte(255 - b), byte(b)}
		got, err := ReadWords(Words(d, 3))
		if err != nil || string(got) != string(d[:3]) {
			t.Errorf("%x: %x, %v", d[:3], got, err)
		}
	}
	list := Words(note.Digest{1, 2, 3}, 3)
	for _, wrong := range [][]string{{list[1], list[0]}, {list[0], list[2]}, {list[0], ""}} {
		if _, err := ReadWords(wrong); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}
