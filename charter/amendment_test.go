package charter

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"detente/note"
)

func wantUnsigned(t *testing.T, err error, missing ...string) {
	t.Helper()
	var unsigned *Unsigned
	if !errors.As(err, &unsigned) || !slices.Equal(unsigned.Missing, missing) {
		t.Errorf("got error %v; want one that misses the signatures of %v", err, missing)
	}
}

func TestAmendmentsFormAChain(t *testing.T) {
	c := channel(t)
	first := c.Current()
	second := sign(t, amend(first, c.ID(), func(c *Charter) { c.Clocks = c.Clocks[:1] }), "PAK", "IRN")
	third := sign(t, amend(second, c.ID(), func(c *Charter) { c.Quota.MaxPending = 9 }), "PAK", "IRN")
	wantEarly(t, c.AddAmendment(third.Bytes()), second.Digest.String())
	must(t, c.AddAmendment(second.Bytes()))
	must(t, c.AddAmendment(third.Bytes()))
	must(t, c.AddAmendment(second.Bytes()))
	if c.Current().Digest != third.Digest || c.ID() != first.Digest {
		t.Error("the last amendment is not in force, or the channel's id changed")
	}
	for _, s := range []*Signed{first, second, third} {
		r, ok := c.Rules(s.Digest)
		if !ok || r.Charter != s.Digest || r.Quota != s.Charter.Quota || len(r.Clocks) != len(s.Charter.Clocks) {
			t.Errorf("Rules(%s) = %+v, %v", s.Digest, r, ok)
		}
	}
	if _, ok := c.Rules(note.Sum(nil)); ok {
		t.Error("rules of an unknown charter")
	}
	unknown := note.Sum(nil)
	for _, x := range []struct {
		a, b note.Digest
		want bool
	}{
		{second.Digest, first.Digest, true}, {third.Digest, first.Digest, true}, {third.Digest, second.Digest, true},
		{first.Digest, second.Digest, false}, {first.Digest, first.Digest, false},
		{unknown, first.Digest, false}, {first.Digest, unknown, false},
	} {
		if got := c.Later(x.a, x.b); got != x.want {
			t.Errorf("Later(%.8s, %.8s) = %v", x.a, x.b, got)
		}
	}
}

func TestAmendmentNeedsEveryPrincipal(t *testing.T) {
	c := channel(t)
	s := c.Current()
	same := func(*Charter) {}
	wantUnsigned(t, c.AddAmendment(sign(t, amend(s, c.ID(), same)).Bytes()), "IRN", "PAK")
	wantUnsigned(t, c.AddAmendment(sign(t, amend(s, c.ID(), same), "IRN", "OMN", "UNO").Bytes()), "PAK")

	joins := amend(s, c.ID(), func(c *Charter) {
		c.Members = append(c.Members[:uno:uno], member("TUR", Principal), c.Members[uno])
	})
	wantUnsigned(t, c.AddAmendment(sign(t, joins, "IRN", "PAK").Bytes()), "TUR")

	// A principal that becomes something else must agree to that.
	demoted := amend(s, c.ID(), func(c *Charter) { c.Members[pak] = member("PAK", Observer) })
	wantUnsigned(t, c.AddAmendment(sign(t, demoted, "IRN").Bytes()), "PAK")
	if c.Current() != s {
		t.Error("an amendment that is not in force was taken")
	}
	must(t, c.AddAmendment(sign(t, demoted, "IRN", "PAK").Bytes()))
	if c.Role("PAK") != Observer {
		t.Error("the amendment has no effect")
	}
	// What it said as a principal can still be checked.
	must(t, c.AddCredence(signedCredence(t, "PAK", 1, "a")))
	wantFeedKey(t, c, note.Origin("PAK", c.ID(), 1), key("PAK feed a").Public())
}

func TestAmendmentRefusals(t *testing.T) {
	c := channel(t)
	s := c.Current()
	all := []string{"PAK", "IRN", "OMN", "UNO"}
	other := note.Sum([]byte("another channel"))
	for _, x := range []struct {
		name    string
		amended Charter
		want    string
	}{
		{"from exercise to real", amend(s, c.ID(), func(c *Charter) { c.Exercise = false }), "an exercise cannot become real"},
		{"another channel", amend(s, other, func(*Charter) {}), "belongs to channel"},
		{"a principal's founding credence", amend(s, c.ID(), func(c *Charter) { c.Members[pak].Credence = other }), "founding credence of PAK"},
		{"an observer's founding credence", amend(s, c.ID(), func(c *Charter) { c.Members[uno].Credence = other }), "founding credence of UNO"},
		{"another founding text", func() Charter { c := founding(); c.Name = "Second"; return c }(), "founds another channel"},
	} {
		t.Run(x.name, func(t *testing.T) {
			wantError(t, c.AddAmendment(sign(t, x.amended, all...).Bytes()), x.want)
			if c.Current() != s {
				t.Error("it was taken")
			}
		})
	}

	// Whoever holds another key may sign with it: the key is refused.
	takeover := amend(s, c.ID(), func(c *Charter) { c.Members[pak].Identity = identity("TUR").Public() })
	draft := sign(t, takeover, "IRN")
	must(t, draft.Add(identity("TUR"), "PAK"))
	wantError(t, c.AddAmendment(draft.Bytes()), "identity key of PAK would change")
	wantError(t, c.AddAmendment([]byte("x")), "charter")
}

func TestTwoAmendmentsOfOneText(t *testing.T) {
	c := channel(t)
	s := c.Current()
	a := sign(t, amend(s, c.ID(), func(c *Charter) { c.Name = "A" }), "PAK", "IRN", "OMN")
	b := sign(t, amend(s, c.ID(), func(c *Charter) { c.Name = "B" }), "PAK", "IRN")
	must(t, c.AddAmendment(a.Bytes()))
	wantConflict(t, c.AddAmendment(b.Bytes()), []string{"IRN", "PAK"}, a.Bytes(), b.Bytes())
	half := sign(t, amend(s, c.ID(), func(c *Charter) { c.Name = "C" }), "PAK")
	wantUnsigned(t, c.AddAmendment(half.Bytes()), "IRN") // a draft that came to nothing is no misconduct
	if c.Current().Digest != a.Digest {
		t.Error("the first is not the one that was kept")
	}
}

func TestWhoLeftCanBeDropped(t *testing.T) {
	c := channel(t)
	s := c.Current()
	drop := func(c *Charter) { c.Members = slices.Delete(c.Members, pak, pak+1) }
	dropped := sign(t, amend(s, c.ID(), drop), "IRN")
	wantEarly(t, c.AddAmendment(dropped.Bytes()), "a closing by which PAK")

	// Leaving also means that its signature is not waited for.
	kept := sign(t, amend(s, c.ID(), func(c *Charter) { c.Name = "Without" }), "IRN")
	wantUnsigned(t, c.AddAmendment(kept.Bytes()), "PAK")

	must(t, c.AddClosing(signedClosing(t, closing(c.ID(), "PAK", 1, Left, Credence{}))))
	must(t, c.AddAmendment(kept.Bytes()))
	dropped = sign(t, amend(kept, c.ID(), drop), "IRN")
	must(t, c.AddAmendment(dropped.Bytes()))
	if got := strings.Join(c.Principals(), " "); got != "IRN" {
		t.Errorf("Principals = %s", got)
	}

	// A code that was dropped still belongs to the same identity.
	back := amend(dropped, c.ID(), func(c *Charter) {
		m := member("PAK", Principal)
		m.Identity = identity("TUR").Public()
		c.Members = slices.Insert(c.Members, pak, m)
	})
	draft := sign(t, back, "IRN")
	must(t, draft.Add(identity("TUR"), "PAK"))
	wantError(t, c.AddAmendment(draft.Bytes()), "identity key of PAK would change")
}

func TestObserversAndFacilitatorsCanBeDropped(t *testing.T) {
	c := channel(t)
	must(t, c.AddCredence(signedCredence(t, "OMN", 1, "a")))
	must(t, c.AddAmendment(sign(t, amend(c.Current(), c.ID(), func(c *Charter) {
		c.Members = []Member{c.Members[irn], c.Members[pak]}
	}), "PAK", "IRN").Bytes()))
	wantFeedKey(t, c, note.Origin("OMN", c.ID(), 1), key("OMN feed a").Public())
}

func TestLaterSignaturesAreKept(t *testing.T) {
	c := channel(t)
	must(t, c.Add(sign(t, founding(), "UNO").Bytes()))
	if !c.Current().SignedBy["UNO"] || !c.Current().SignedBy["PAK"] {
		t.Errorf("signed by %v", c.Current().SignedBy)
	}
}
