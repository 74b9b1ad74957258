package charter

import (
	"bytes"
	"reflect"
	"testing"

	"detente/feed"
	"detente/note"
)

func TestClosingRoundTrip(t *testing.T) {
	c := closing(note.Sum([]byte("channel")), "PAK", 1, Rotation, credence("PAK", 2, "b"))
	signed := signedClosing(t, c)
	got, err := ParseClosing(signed, identity("PAK").Public())
	must(t, err)
	if !reflect.DeepEqual(got, c) || got.Party() != "PAK" {
		t.Errorf("got %+v; want %+v", got, c)
	}
	_, err = ParseClosing(signed, identity("IRN").Public())
	wantError(t, err, "PAK/identity")
	for i := 0; i < len(signed); i += 5 {
		bad := bytes.Clone(signed)
		bad[i] ^= 1
		if _, err := ParseClosing(bad, identity("PAK").Public()); err == nil {
			t.Errorf("byte %d was changed and the closing accepted", i)
		}
	}
}

func TestClosingRefusals(t *testing.T) {
	id := note.Sum([]byte("channel"))
	for _, c := range []struct {
		name   string
		change func(*Closing)
		want   string
	}{
		{"no channel", func(c *Closing) { c.Channel = note.Digest{} }, "channel: no digest"},
		{"another channel", func(c *Closing) { c.Channel = note.Sum(nil) }, "another channel"},
		{"origin", func(c *Closing) { c.Keeps.Origin = "PAK" }, "not the origin"},
		{"epoch 0", func(c *Closing) { c.Keeps.Origin = note.Origin("PAK", id, 0) }, "epoch"},
		{"size beyond JSON", func(c *Closing) { c.Keeps.Size = 1 << 53 }, "2^53-1"},
		{"no root", func(c *Closing) { c.Keeps.Root = note.Digest{} }, "root: no digest"},
		{"empty feed with a root", func(c *Closing) { c.Keeps.Size = 0 }, "does not go with"},
		{"feed with the empty root", func(c *Closing) { c.Keeps.Root = note.Sum(nil) }, "does not go with"},
		{"no reason", func(c *Closing) { c.Reason = "" }, "none of rotation"},
		{"no next", func(c *Closing) { c.Next = nil }, "wants the credence"},
		{"next is nothing", func(c *Closing) { c.Next = new(note.Digest) }, "next: no digest"},
		{"left, with a next", func(c *Closing) { c.Reason = Left }, "no next epoch"},
		{"after the last epoch", func(c *Closing) { c.Keeps.Origin = note.Origin("PAK", id, note.MaxEpoch) }, "the last that there can be"},
		{"time", func(c *Closing) { c.Time = "now" }, "not of the form"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := closing(id, "PAK", 1, Rotation, credence("PAK", 2, "b"))
			c.change(&v)
			_, err := v.Sign(identity("PAK"))
			wantError(t, err, c.want)
			got, err := ParseClosing(signRaw(t, KindClosing, "PAK", v), identity("PAK").Public())
			wantError(t, err, c.want)
			if got != (Closing{}) {
				t.Error("a refused closing was returned")
			}
		})
	}
	for name, in := range map[string][]byte{
		"nothing":       nil,
		"a credence":    signedCredence(t, "PAK", 1, "a"),
		"no signature":  []byte(KindClosing + "\n{}\n"),
		"too long":      make([]byte, MaxClosing+1),
		"unknown field": signRaw(t, KindClosing, "PAK", map[string]string{"x": "y"}),
	} {
		if _, err := ParseClosing(in, identity("PAK").Public()); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestAFeedIsClosedEmptyOrForGood(t *testing.T) {
	id := note.Sum([]byte("channel"))
	empty := closing(id, "PAK", 1, JournalLost, credence("PAK", 2, "b"))
	empty.Keeps.Size, empty.Keeps.Root = 0, note.Sum(nil)
	for _, c := range []Closing{empty, closing(id, "PAK", note.MaxEpoch, Left, Credence{})} {
		_, err := ParseClosing(signedClosing(t, c), identity("PAK").Public())
		must(t, err)
	}
}

// One kind of text must not be taken for another, nor for a checkpoint.
func TestKindsAreApart(t *testing.T) {
	for kind, signed := range map[string][]byte{
		KindCredence: signedCredence(t, "PAK", 1, "a"),
		KindCharter:  sign(t, founding(), "PAK").Bytes(),
		KindClosing:  signedClosing(t, closing(note.Sum(nil), "PAK", 1, Left, Credence{})),
	} {
		got, err := Kind(signed)
		if err != nil || got != kind {
			t.Errorf("Kind = %q, %v; want %q", got, err, kind)
		}
		if _, err := ParseCredence(signed); (err == nil) != (kind == KindCredence) {
			t.Errorf("%s as a credence: %v", kind, err)
		}
		if _, err := ParseCharter(signed); (err == nil) != (kind == KindCharter) {
			t.Errorf("%s as a charter: %v", kind, err)
		}
		if _, err := ParseClosing(signed, identity("PAK").Public()); (err == nil) != (kind == KindClosing) {
			t.Errorf("%s as a closing: %v", kind, err)
		}
		if _, err := feed.ParseHead(signed); err == nil {
			t.Errorf("%s passes for a checkpoint", kind)
		}
	}
	for _, in := range []string{"", "detente/charter/v2\n{}\n", "PAK/x/1\n1\n"} {
		if _, err := Kind([]byte(in)); err == nil {
			t.Errorf("%q has a kind", in)
		}
	}
}
