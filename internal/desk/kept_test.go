package desk

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/node"
	"detente/matter"
	"detente/note"
	"detente/seal"
)

// What is committed to stays at the node, boxed, and only its digest is in the
// note; a draft that is only checked keeps nothing.
func TestCommitKeepsTheWords(t *testing.T) {
	d := open(t)
	opened, err := d.Send(t.Context(), Draft{Act: "handover/open", Given: map[string][]string{"what": {"lists"}, "commit-by": {"none"}, "reveal-by": {"none"}}, Texts: map[string]note.Wording{"terms": {"en": "Lists."}}})
	if err != nil {
		t.Fatal(err)
	}
	const words = "a list of names"
	commit := Draft{Act: "handover/commit", Matter: opened.ID.Short(), Texts: map[string]note.Wording{"list": {"en": words}}}
	before := maps.Clone(commit.Texts)
	checked, err := d.Prepare(commit)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(before, commit.Texts, func(a, b note.Wording) bool { return maps.Equal(a, b) }) || commit.Fields != nil {
		t.Error("preparing a draft changed it")
	}
	if k, err := d.n.Kept(digestOf(t, checked)); k != nil || err != nil {
		t.Errorf("a draft that was only checked is kept: %v, %v", k, err)
	}
	sent, err := d.Send(t.Context(), commit)
	if err != nil {
		t.Fatal(err)
	}
	if c, _, err := d.n.Content(sent.ID); c != nil || err != nil {
		t.Errorf("the note that commits carries %+v, %v", c, err)
	}
	var digest note.Digest
	err = d.n.Read(checked.Channel, func(s *node.Snapshot) {
		digest = *s.Register.Matter(opened.ID).State.(*matter.HandoverState).Of("PAK").Digest
	})
	if err != nil {
		t.Fatal(err)
	}
	k, err := d.n.Kept(digest)
	if err != nil || k == nil || k.Content.Texts["list"]["en"] != words {
		t.Fatalf("kept: %+v, %v", k, err)
	}
	plain, err := k.Content.Encode()
	if err != nil || note.Sum(plain) != digest {
		t.Errorf("what is kept is not what was committed to: %v", err)
	}
	boxed, err := d.n.Store().Kept(digest)
	if err != nil || bytes.Contains(boxed, []byte(words)) {
		t.Errorf("it lies in the ledger in the clear: %q, %v", boxed, err)
	}
	if err := d.Erase(t.Context(), sent.ID); err != nil {
		t.Fatal(err)
	}
	if k, err := d.n.Kept(digest); k != nil || err != nil {
		t.Errorf("it was erased, and is kept: %v, %v", k, err)
	}
	if err := d.Erase(t.Context(), sent.ID); err == nil {
		t.Error("there is nothing more to erase, and nobody says so")
	}
}

func digestOf(t *testing.T, d node.Draft) note.Digest {
	t.Helper()
	digest, ok := matter.Committed(&note.Move{Act: d.Act, Fields: d.Fields})
	if !ok {
		t.Fatalf("%+v commits to nothing", d.Fields)
	}
	return digest
}

// A program that is not this desk cannot have the node send what it should keep.
func TestCommitNeverSendsTheWords(t *testing.T) {
	d := open(t)
	opened, err := d.Send(t.Context(), Draft{Act: "handover/open", Given: map[string][]string{"what": {"lists"}, "commit-by": {"none"}, "reveal-by": {"none"}}, Texts: map[string]note.Wording{"terms": {"en": "Lists."}}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := d.Prepare(Draft{Act: "handover/commit", Matter: opened.ID.Short(), Texts: map[string]note.Wording{"list": {"en": "a list"}}})
	if err != nil {
		t.Fatal(err)
	}
	out.Content = &note.Content{Authentic: []string{"en"}, Texts: map[string]note.Wording{"list": {"en": "a list"}}}
	var refused *node.Refused
	if _, err := d.n.Submit(t.Context(), out); !errors.As(err, &refused) {
		t.Errorf("the words went with the commitment: %v", err)
	}
}

// No word that is to be sealed beforehand is taken as it is, not even as a draft.
func TestNamesAreNeverTakenInTheClear(t *testing.T) {
	d := open(t)
	id, err := seal.GenerateIdentity()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := SealNames([]string{id.Recipient()}, "a name")
	if err != nil {
		t.Fatal(err)
	}
	if longer, err := SealNames([]string{id.Recipient()}, "two names, of which one is longer"); err != nil || len(longer) != len(sealed) {
		t.Errorf("the length tells how long the names are: %d and %d, %v", len(sealed), len(longer), err)
	}
	draft := func(names string, offices ...string) Draft {
		in := Draft{Act: "case/open", Given: map[string][]string{"status": {"missing"}, "persons": {"1"}}, Texts: map[string]note.Wording{"account": {"en": "A fisherman."}}}
		if offices != nil {
			in.Given["offices"] = offices
		}
		if names != "" {
			in.Texts["names"] = note.Wording{"en": names}
		}
		return in
	}
	for what, c := range map[string]struct {
		in    Draft
		field string
	}{
		"in the clear":        {draft("a name", "PAK/mfa"), "names"},
		"for nobody":          {draft(sealed), "offices"},
		"nothing for offices": {draft("", "PAK/mfa"), "names"},
		"for a stranger":      {draft(sealed, "PAK/mfa", "CHE/mfa"), "offices"},
		"for no office":       {draft(sealed, "PAK"), "offices/1"},
	} {
		if _, err := d.Send(t.Context(), c.in); Field(err) != c.field {
			t.Errorf("%s: %v; want the field %s named", what, err, c.field)
		}
	}
	if _, err := d.Keep(t.Context(), draft("a name", "PAK/mfa")); Field(err) != "names" {
		t.Errorf("a draft keeps a name in the clear: %v", err)
	}
	sent, err := d.Send(t.Context(), draft(sealed, "PAK/mfa"))
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := d.n.Content(sent.ID)
	if err != nil || strings.Contains(c.Texts["names"]["en"], "a name") {
		t.Errorf("the node can read %+v, %v", c, err)
	}
	if names, err := OpenNames(id, c.Texts["names"]["en"]); names != "a name" {
		t.Errorf("the office reads %q, %v", names, err)
	}
}

// A file that was committed to goes as it was, or not at all.
func TestCommitKeepsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.png")
	if err := os.WriteFile(path, []byte("a map"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, kept, err := keep(Draft{Act: "handover/commit", Attach: []string{path}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if a := kept.Content.Attachments; len(a) != 1 || a[0].Name != "map.png" || a[0].SHA256 != note.Sum([]byte("a map")) {
		t.Errorf("committed to %+v", a)
	}
	again, other, err := keep(Draft{Act: "handover/commit", Attach: []string{path}}, "")
	if err != nil || other.Content.Salt == kept.Content.Salt || again.Attach != nil {
		t.Errorf("two commitments to one file have one digest, and can be compared: %v", err)
	}
	if _, _, err := keep(Draft{Act: "handover/commit", Attach: []string{path + ".gone"}}, ""); err == nil {
		t.Error("a file that is not there was committed to")
	}
}
