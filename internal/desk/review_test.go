package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"detente/internal/house"
	"detente/internal/officer"
	"detente/internal/officertest"
	"detente/note"
)

// staffed is a desk with a drafter and two releasers.
func staffed(t *testing.T) (d *Desk, drafter, first, second *officertest.Person) {
	t.Helper()
	d = open(t)
	drafter, first, second = staff(t, d)
	return d, drafter, first, second
}

func staff(t *testing.T, d *Desk) (drafter, first, second *officertest.Person) {
	t.Helper()
	hire := func(name string, roles ...officer.Role) *officertest.Person {
		return officertest.Hire(t, d.Officers(), name, roles...)
	}
	return hire("A. Drafter", officer.Drafter), hire("R. First", officer.Releaser), hire("S. Second", officer.Releaser, officer.Drafter)
}

func words(body string) Draft {
	d := letter
	d.Texts = map[string]note.Wording{"subject": {"en": "S"}, "body": {"en": body}}
	return d
}

// asked keeps a draft as the work of an officer, and puts it to the releasers.
func asked(t *testing.T, d *Desk, by *officertest.Person, in Draft) Review {
	t.Helper()
	id, err := d.Keep(by.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Ask(by.Context(), id)
	if err != nil || r.State != Asked || r.Digest.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	return r
}

// kinds lists what is in the in-house record about drafts.
func kinds(t *testing.T, d *Desk) (out []house.Kind) {
	t.Helper()
	list, err := d.n.House().List(house.Asked, house.Release, house.Withdrawn, house.Refused, house.Released, house.Sent, house.Dropped)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		out = append(out, e.Kind)
	}
	return out
}

// TestReleaseByOthers takes drafts on their way out: one person for one act, two
// for flash, none where a rule says so.
func TestReleaseByOthers(t *testing.T) {
	d, drafter, first, second := staffed(t)
	r := asked(t, d, drafter, words("one"))
	if r.Needs != 1 || len(r.May) != 2 {
		t.Errorf("%+v", r)
	}
	var held *HeldError
	if _, err := d.Release(drafter.Context(), r.Draft, false); !errors.As(err, &held) || !strings.Contains(err.Error(), "one person besides") || !strings.Contains(err.Error(), "R. First (O2), S. Second (O3)") {
		t.Errorf("got %v", err)
	}
	got, ticket, err := d.Approve(first.Context(), r.Draft, first.Release(r.Digest))
	if err != nil || ticket == nil || got.State != Sent || got.Note != ticket.ID.String() {
		t.Fatalf("%+v, %v, %v", got, ticket, err)
	}
	if want := []house.Kind{house.Asked, house.Release, house.Released, house.Sent}; !slices.Equal(kinds(t, d), want) {
		t.Errorf("the record has %v, want %v", kinds(t, d), want)
	}
	if _, _, err := d.Approve(second.Context(), r.Draft, second.Release(r.Digest)); err == nil {
		t.Error("released once it was sent")
	}
	if _, err := d.Withdraw(first.Context(), r.Draft); err == nil {
		t.Error("withdrawn once it was sent")
	}

	flash := words("two")
	flash.Precedence = "flash"
	r = asked(t, d, drafter, flash)
	if got, ticket, err = d.Approve(first.Context(), r.Draft, first.Release(r.Digest)); err != nil || ticket != nil || got.State != Asked || len(got.Releases) != 1 || len(got.May) != 1 {
		t.Fatalf("%+v, %v, %v", got, ticket, err)
	}
	if _, _, err := d.Approve(first.Context(), r.Draft, first.Release(r.Digest)); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("one person stood for two: %v", err)
	}
	if got, err = d.Withdraw(first.Context(), r.Draft); err != nil || len(got.Releases) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, ticket, err = d.Approve(second.Context(), r.Draft, second.Release(r.Digest)); err != nil || ticket != nil {
		t.Fatalf("%v, %v", ticket, err)
	}
	if _, err := d.Release(first.Context(), r.Draft, false); !errors.As(err, &held) || !strings.Contains(err.Error(), "2 persons besides") || !strings.Contains(err.Error(), "one person has") {
		t.Errorf("after a withdrawal: %v", err)
	}
	if _, ticket, err = d.Approve(first.Context(), r.Draft, first.Release(r.Digest)); err != nil || ticket == nil {
		t.Errorf("%v, %v", ticket, err)
	}

	if err := d.Officers().SetRules(t.Context(), officer.Rules{{Act: "message/send"}, {Act: "*", Persons: 2}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Send(drafter.Context(), words("three")); err != nil {
		t.Error(err)
	}
	if _, err := d.Send(t.Context(), words("four")); err != nil {
		t.Errorf("by the node's own user: %v", err)
	}
}

// TestHeld wants a draft that is sent to be kept, to be before the releasers, and
// to say who must release it, from wherever it was sent.
func TestHeld(t *testing.T) {
	d, drafter, first, second := staffed(t)
	var held *HeldError
	if _, err := d.Send(t.Context(), words("one")); !errors.As(err, &held) || held.State != Asked || len(held.May) != 2 {
		t.Fatalf("got %+v, %v", held, err)
	}
	if _, ticket, err := d.Approve(second.Context(), held.Draft, second.Release(held.Digest)); err != nil || ticket == nil {
		t.Errorf("%v, %v", ticket, err)
	}
	wrong := words("two")
	wrong.Given = map[string][]string{"form": {"song"}}
	if _, err := d.Send(drafter.Context(), wrong); Field(err) != "form" {
		t.Errorf("got %v", err)
	}
	if _, err := d.Officers().Change(t.Context(), first.Officer.ID, func(o *officer.Officer) { o.Ended = true }); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Send(second.Context(), words("three")); !errors.As(err, &held) || !strings.Contains(err.Error(), "nobody may") {
		t.Errorf("got %v", err)
	}
	kept, err := d.Drafts()
	if err != nil || len(kept) != 2 {
		t.Errorf("%d drafts are kept, want 2; %v", len(kept), err)
	}
}

// TestNoRelease wants every release that is not one refused by the desk, whatever
// has let it through before, and nothing entered.
func TestNoRelease(t *testing.T) {
	d, drafter, first, second := staffed(t)
	other := asked(t, d, drafter, words("another"))
	r := asked(t, d, drafter, words("one"))
	own := asked(t, d, second, words("second's own"))
	gone := officertest.Hire(t, d.Officers(), "G. Gone", officer.Releaser)
	revoked := officertest.Hire(t, d.Officers(), "K. Revoked", officer.Releaser)
	if _, err := d.Officers().Change(t.Context(), gone.Officer.ID, func(o *officer.Officer) { o.Ended = true }); err != nil {
		t.Fatal(err)
	}
	if err := d.Officers().Revoke(t.Context(), revoked.Authenticator.ID); err != nil {
		t.Fatal(err)
	}
	lie := func(lie func(*officertest.Authenticator)) officer.Assertion {
		liar := *first.Authenticator
		lie(&liar)
		return (&officertest.Person{Officer: first.Officer, Authenticator: &liar}).Release(r.Digest)
	}
	change := func(change func(*officer.Assertion)) officer.Assertion {
		a := first.Release(r.Digest)
		change(&a)
		return a
	}
	before := len(kinds(t, d))
	for name, c := range map[string]struct {
		by   *officertest.Person
		id   string
		a    officer.Assertion
		says string
	}{
		"forged":               {first, r.Draft, change(func(a *officer.Assertion) { a.Signature[3] ^= 1 }), "the signature"},
		"of another draft":     {first, r.Draft, first.Release(other.Digest), "its challenge"},
		"with another nonce":   {first, r.Draft, change(func(a *officer.Assertion) { a.Nonce[0] ^= 1 }), "its challenge"},
		"without a nonce":      {first, r.Draft, change(func(a *officer.Assertion) { a.Nonce = nil }), "nonce"},
		"of another origin":    {first, r.Draft, lie(func(a *officertest.Authenticator) { a.Origin = "https://evil.example" }), "https://evil.example"},
		"of another domain":    {first, r.Draft, lie(func(a *officertest.Authenticator) { a.RPID = "evil.example" }), "another domain"},
		"inside another page":  {first, r.Draft, lie(func(a *officertest.Authenticator) { a.Cross = true }), "inside a page"},
		"not verified":         {first, r.Draft, lie(func(a *officertest.Authenticator) { a.Flags = officertest.Present }), "did not verify"},
		"nobody there":         {first, r.Draft, lie(func(a *officertest.Authenticator) { a.Flags = officertest.Verified }), "nobody was present"},
		"by another's passkey": {first, r.Draft, second.Release(r.Digest), "passkey of O3"},
		"by no passkey":        {first, r.Draft, change(func(a *officer.Assertion) { a.Key = []byte("none") }), "not registered"},
		"by a revoked passkey": {revoked, r.Draft, revoked.Release(r.Digest), "was revoked"},
		"by one who is gone":   {gone, r.Draft, gone.Release(r.Digest), "not a releaser"},
		"by a drafter":         {drafter, r.Draft, drafter.Release(r.Digest), "not a releaser"},
		"by its author":        {second, own.Draft, second.Release(own.Digest), "wrote the draft"},
	} {
		if _, ticket, err := d.Approve(c.by.Context(), c.id, c.a); err == nil || ticket != nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if _, _, err := d.Approve(t.Context(), r.Draft, first.Release(r.Digest)); err == nil {
		t.Error("by the node's own user")
	}
	if after := len(kinds(t, d)); after != before {
		t.Errorf("%d entries were made", after-before)
	}
	// What was put before by other hands than the desk's counts for nothing.
	step := officer.Step{Digest: r.Digest, Draft: r.Draft, Version: r.Version}
	forged := first.Release(other.Digest)
	step.Assertion = &forged
	if _, err := d.n.House().Append(first.Context(), house.Release, step); err != nil {
		t.Fatal(err)
	}
	var held *HeldError
	if _, err := d.Release(drafter.Context(), r.Draft, false); !errors.As(err, &held) || len(held.Releases) != 0 {
		t.Errorf("a forged entry was counted: %v", err)
	}
}

// TestReplayed wants a signature that was withdrawn not to be given again.
func TestReplayed(t *testing.T) {
	d, drafter, first, _ := staffed(t)
	flash := words("one")
	flash.Precedence = "flash"
	r := asked(t, d, drafter, flash)
	a := first.Release(r.Digest)
	if _, _, err := d.Approve(first.Context(), r.Draft, a); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Withdraw(first.Context(), r.Draft); err != nil {
		t.Fatal(err)
	}
	if got, _, err := d.Approve(first.Context(), r.Draft, a); err == nil || !strings.Contains(err.Error(), "was given before") {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestEditVoids wants any edit to void what was released, also one that is taken
// back, and whoever edits to be an author.
func TestEditVoids(t *testing.T) {
	d, drafter, first, second := staffed(t)
	flash := words("one")
	flash.Precedence = "flash"
	r := asked(t, d, drafter, flash)
	if _, _, err := d.Approve(first.Context(), r.Draft, first.Release(r.Digest)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Amend(drafter.Context(), r.Draft, flash, r.Version); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Review(r.Draft); err != nil || len(got.Releases) != 1 {
		t.Errorf("nothing was changed, and it is void: %+v, %v", got, err)
	}
	other := words("another")
	other.Precedence = "flash"
	k, err := d.Amend(second.Context(), r.Draft, other, r.Version)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = d.Amend(drafter.Context(), r.Draft, flash, k.Version); err != nil {
		t.Fatal(err)
	}
	got, err := d.Review(r.Draft)
	if err != nil || len(got.Releases) != 0 || got.State != Drafting || got.Digest == r.Digest || len(got.May) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, _, err := d.Approve(first.Context(), r.Draft, first.Release(r.Digest)); err == nil {
		t.Error("the text of before was released")
	}
	if _, _, err := d.Approve(first.Context(), r.Draft, first.Release(got.Digest)); err == nil || !strings.Contains(err.Error(), "nobody has asked") {
		t.Errorf("before it was asked for: %v", err)
	}
	if got, err = d.Ask(drafter.Context(), r.Draft); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Approve(second.Context(), r.Draft, second.Release(got.Digest)); err == nil || !strings.Contains(err.Error(), "wrote the draft") {
		t.Errorf("by one who has edited it: %v", err)
	}
}

// TestVoided wants a release to count no more where its officer or key does not,
// though it was good when it was given.
func TestVoided(t *testing.T) {
	for name, void := range map[string]func(*Desk, *officertest.Person) error{
		"revoked": func(d *Desk, p *officertest.Person) error {
			return d.Officers().Revoke(t.Context(), p.Authenticator.ID)
		},
		"another role": func(d *Desk, p *officertest.Person) error {
			_, err := d.Officers().Change(t.Context(), p.Officer.ID, func(o *officer.Officer) { o.Roles = []officer.Role{officer.Reader} })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, drafter, first, second := staffed(t)
			flash := words("one")
			flash.Precedence = "flash"
			r := asked(t, d, drafter, flash)
			if _, _, err := d.Approve(first.Context(), r.Draft, first.Release(r.Digest)); err != nil {
				t.Fatal(err)
			}
			if err := void(d, first); err != nil {
				t.Fatal(err)
			}
			if _, ticket, err := d.Approve(second.Context(), r.Draft, second.Release(r.Digest)); err != nil || ticket != nil {
				t.Errorf("%v, %v", ticket, err)
			}
		})
	}
}

// TestRefused wants a draft back with its remark, and nothing of what others had
// released to stand.
func TestRefused(t *testing.T) {
	d, drafter, first, second := staffed(t)
	flash := words("one")
	flash.Precedence = "flash"
	r := asked(t, d, drafter, flash)
	if _, _, err := d.Approve(first.Context(), r.Draft, first.Release(r.Digest)); err != nil {
		t.Fatal(err)
	}
	for _, remark := range []string{"", " ", "\xff", strings.Repeat("x", officer.MaxRemark+1)} {
		if _, err := d.Refuse(second.Context(), r.Draft, remark); Field(err) != "remark" {
			t.Errorf("%.10q: %v", remark, err)
		}
	}
	if _, err := d.Refuse(t.Context(), r.Draft, "No."); err == nil {
		t.Error("by the node's own user")
	}
	got, err := d.Refuse(second.Context(), r.Draft, "The date is wrong.")
	if err != nil || got.State != Returned || got.Refusal.Remark != "The date is wrong." || got.Refusal.Name != "S. Second" || len(got.Releases) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, _, err := d.Approve(second.Context(), r.Draft, second.Release(r.Digest)); err == nil {
		t.Error("released after it was refused")
	}
	if got, err = d.Ask(drafter.Context(), r.Draft); err != nil || got.State != Asked || len(got.Releases) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestConflict wants an edit of an older version refused, with both texts kept,
// and once however often it is saved.
func TestConflict(t *testing.T) {
	d, drafter, _, second := staffed(t)
	id, err := d.Keep(drafter.Context(), words("one"))
	if err != nil {
		t.Fatal(err)
	}
	k, err := d.Amend(second.Context(), id, words("two"), 1)
	if err != nil || k.Version != 2 || !slices.Equal(k.Authors, []officer.ID{drafter.Officer.ID, second.Officer.ID}) {
		t.Fatalf("%+v, %v", k, err)
	}
	var e *ConflictError
	for _, body := range []string{"three", "three, longer"} {
		if _, err := d.Amend(drafter.Context(), id, words(body), 1); !errors.As(err, &e) || e.Version != 2 {
			t.Fatalf("got %v", err)
		}
		for id, want := range map[string]string{id: "two", e.Copy: body} {
			if k, err := d.OneDraft(id); err != nil || k.Draft.Texts["body"]["en"] != want {
				t.Errorf("draft %s: %+v, %v, want %q", id, k.Draft.Texts, err, want)
			}
		}
	}
	if all, err := d.Drafts(); err != nil || len(all) != 2 {
		t.Errorf("%d drafts, %v", len(all), err)
	}
	if _, err := d.Amend(drafter.Context(), id, words("four"), 0); err != nil {
		t.Errorf("of whichever version: %v", err)
	}
}

// TestRoles wants each role to do what is its own, and nothing beyond.
func TestRoles(t *testing.T) {
	d, drafter, first, _ := staffed(t)
	reader := officertest.Hire(t, d.Officers(), "L. Reader", officer.Reader)
	admin := officertest.Hire(t, d.Officers(), "M. Admin", officer.Administrator)
	id, err := d.Keep(drafter.Context(), words("one"))
	if err != nil {
		t.Fatal(err)
	}
	var denied *officer.DeniedError
	for name, p := range map[string]*officertest.Person{"reader": reader, "administrator": admin, "releaser": first} {
		ctx := p.Context()
		for what, err := range map[string]error{
			"keep": second(d.Keep(ctx, letter)), "amend": second(d.Amend(ctx, id, letter, 0)), "ask": second(d.Ask(ctx, id)), "drop": d.Drop(ctx, id), "send": second(d.Send(ctx, letter)),
			"enter": second(d.Enter(ctx, Entry{Act: "file/paper"})),
		} {
			if !errors.As(err, &denied) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	for name, p := range map[string]*officertest.Person{"reader": reader, "administrator": admin} {
		if _, err := d.Release(p.Context(), id, false); !errors.As(err, &denied) {
			t.Errorf("%s, send: %v", name, err)
		}
	}
	for name, p := range map[string]*officertest.Person{"reader": reader, "drafter": drafter, "releaser": first} {
		ctx, b := p.Context(), d.Officers()
		for what, err := range map[string]error{
			"add": second(b.Add(ctx, officer.Officer{Name: "X", Roles: []officer.Role{officer.Releaser}})), "rules": b.SetRules(ctx, officer.Rules{{Act: "*"}}),
			"own roles": second(b.Change(ctx, p.Officer.ID, func(o *officer.Officer) { o.Roles = officer.Roles })), "another": second(b.Change(ctx, admin.Officer.ID, func(o *officer.Officer) { o.Lang = "fa" })),
			"revoke": b.Revoke(ctx, admin.Authenticator.ID),
		} {
			if !errors.As(err, &denied) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if o, err := b.Change(ctx, p.Officer.ID, func(o *officer.Officer) { o.Lang, o.Calendar = "fa", "solar" }); err != nil || o.Lang != "fa" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Officers().Add(admin.Context(), officer.Officer{Name: "X", Roles: []officer.Role{officer.Reader}}); err != nil {
		t.Error(err)
	}
}
