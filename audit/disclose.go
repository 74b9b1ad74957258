package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"detente/charter"
	"detente/feed"
	"detente/matter"
	"detente/note"
)

// A Disclosure is one note for someone outside.
type Disclosure struct {
	Note     note.ID
	Consent  *note.ID // of the note's author; nil for a party's own note
	By, To   string
	Handling matter.Handling // that stands on the note's words
}

// Names in a folder of a disclosure. The two folders in it are each as Prove
// makes them, with move and content opened.
const (
	folderNote    = "note"
	folderConsent = "consent"
	fileReadme    = "README"
	fileSums      = "SHA256SUMS"
)

// Disclose makes the files with which someone outside reads one note and checks
// it, and no other note than its author's consent, each by its path in a folder:
//
//	README              in words, what this is and what it does not show
//	SHA256SUMS          of all other files, for a byte that went wrong on the way
//	note/               leaf, tlog-proof, policy, move and content
//	consent/            the same of the consent; absent for a party's own note
//
// The consent's own words go along while they are held. Whether the note may
// leave is for the caller to have asked.
func Disclose(src Source, ch *charter.Channel, d Disclosure) (map[string][]byte, error) {
	files := map[string][]byte{}
	add := func(folder string, id note.ID, erasable bool) error {
		leaf, err := src.Store.Entry(id)
		if err != nil {
			return err
		}
		h, err := note.Parse(leaf)
		if err != nil {
			return err
		}
		parts := []string{note.PartMove}
		if _, ok := h.Part(note.PartContent); ok {
			if _, err := src.plaintext(id, leaf, note.PartContent); err == nil || !erasable {
				parts = append(parts, note.PartContent)
			}
		}
		_, made, err := collect(src, ch, id, parts...)
		if err != nil {
			return err
		}
		for name, data := range made {
			files[path.Join(folder, name)] = data
		}
		return nil
	}
	if err := add(folderNote, d.Note, false); err != nil {
		return nil, err
	}
	if d.Consent != nil {
		if err := add(folderConsent, *d.Consent, true); err != nil {
			return nil, err
		}
	}
	files[fileReadme] = d.readme(ch.Exercise(), slices.Sorted(maps.Keys(files)))
	files[fileSums] = sums(files)
	if _, err := CheckDisclosure(files); err != nil {
		return nil, fmt.Errorf("disclose %s: %w; nothing was written; run verify", d.Note, err)
	}
	return files, nil
}

// WriteFolder makes a folder, which must not be there or be empty, with files by their paths
// in it. It is there whole or not at all.
func WriteFolder(dir string, files map[string][]byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".disclose-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		to := filepath.Join(tmp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := writeNew(to, data); err != nil {
			return err
		}
	}
	return os.Rename(tmp, dir) // which fails where dir is there, and not empty
}

func (d Disclosure) readme(exercise bool, files []string) []byte {
	var b strings.Builder
	if exercise {
		b.WriteString("EXERCISE EXERCISE EXERCISE\nThe note was written in an exercise.\n\n")
	}
	party := d.Note.Party()
	fmt.Fprintf(&b, "One note of %s, opened, for %s\n\n", party, d.To)
	fmt.Fprintf(&b, "This folder was made by %s. It holds the note\n\n    %s\n\n", d.By, d.Note)
	if d.Consent != nil {
		fmt.Fprintf(&b, "and the note by which %s consents to its disclosure\n\n    %s\n\n", party, d.Consent)
	}
	if h := d.Handling.String(); h != "" {
		fmt.Fprintf(&b, "Its words stand under: %s\n\n", h)
	}
	b.WriteString("Files\n\n")
	for _, name := range files {
		fmt.Fprintf(&b, "    %-32s %s\n", name, explainFile(name))
	}
	b.WriteString(`    SHA256SUMS                       of all other files: sha256sum -c SHA256SUMS

How to check it

    detente check DIR

where DIR is this folder. It needs no network and nothing else of the record.
Without that program: in each of the folders the tlog-proof shows that the leaf
is in the log that its author signed (c2sp.org/tlog-proof, under the policy,
c2sp.org/tlog-policy); the leaf names, as "plain", the SHA-256 of the move and
of the content, byte for byte as they are here, spaces at the end included. The
move of a consent names the note that it lets out.

What it shows, and what it does not

- That the holder of the author's key wrote these words and put them in its log,
  and who else says that they hold that log. It does not show that they are true.
- Whose the keys in a policy are, only that party can say: compare the keys with
  its credence, by a way that you trust.
- Times are the author's claim.
- What was said before and after, or elsewhere on the same matter, is not here.
- A consent shows that its author's key gave it. It does not show that the office
  named in it had the power, or that it was not withdrawn later.
- Attachments that the content lists are not here; their digests are.
- This page is signed by nobody: take from the signed files what must be sure.
`)
	return []byte(b.String())
}

// kinds of files in note/ and consent/, by how their names end.
var kinds = []struct{ ends, is string }{
	{".leaf", "the note's entry in its author's log, byte for byte"},
	{".tlog-proof", "its place in the log, the signed checkpoint, receipts"},
	{".move.json", "what the note does"},
	{".content.json", "what it says"},
	{"/policy", "the keys, and how many receipts there must be"},
}

func explainFile(name string) string {
	for _, k := range kinds {
		if strings.HasSuffix(name, k.ends) {
			return k.is
		}
	}
	return ""
}

// sums writes SHA256SUMS over files but itself, as the tool of that name does.
func sums(files map[string][]byte) []byte {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name != fileSums {
			fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(files[name]), name)
		}
	}
	return []byte(b.String())
}

// Disclosed is what a disclosure shows.
type Disclosed struct {
	Note    *Revealed
	Consent *Revealed      // nil: none is shown, which is enough of a party's own note
	Given   matter.Consent // by Consent
}

// Revealed is a note that was opened.
type Revealed struct {
	*Checked
	Move    *note.Move
	Content *note.Content // nil where the note has none, or where a consent's was not held any more
}

// CheckDisclosure checks what Disclose made, by its files and nothing
// else: each under its path in the folder, such as "note/PAK-41.leaf". It names
// the file that is wrong. Both notes are checked as Check does; the consent must
// be by the note's own author, under the same key where it is in the same log,
// and name exactly this note.
func CheckDisclosure(files map[string][]byte) (*Disclosed, error) {
	if err := checkSums(files); err != nil {
		return nil, err
	}
	folders := map[string]map[string][]byte{}
	for name, data := range files {
		folder, base, in := strings.Cut(name, "/")
		switch {
		case in && (folder == folderNote || folder == folderConsent):
			if folders[folder] == nil {
				folders[folder] = map[string][]byte{}
			}
			folders[folder][base] = data
		case name != fileReadme && name != fileSums:
			return nil, fmt.Errorf("%s: it is no part of a disclosure", name)
		}
	}
	d := &Disclosed{}
	var err error
	var own, consent feed.Public
	if d.Note, own, err = reveal(folders[folderNote], true); err != nil {
		return nil, fmt.Errorf("%s/%w", folderNote, err)
	}
	if folders[folderConsent] == nil {
		return d, nil
	}
	if d.Consent, consent, err = reveal(folders[folderConsent], false); err != nil {
		return nil, fmt.Errorf("%s/%w", folderConsent, err)
	}
	id, by := d.Note.Header.ID(), d.Consent.Header.ID()
	bad := func(format string, args ...any) (*Disclosed, error) {
		return nil, fmt.Errorf("%s/%s: "+format, append([]any{folderConsent, baseName(by) + ".move.json"}, args...)...)
	}
	var ok bool
	if d.Given, ok = matter.ConsentOf(d.Consent.Move); !ok {
		return bad("it is a %s, which consents to nothing", d.Consent.Move.Act)
	}
	if d.Given.Note != id {
		return bad("it consents to the disclosure of %s, not of %s", d.Given.Note, id)
	}
	if err := d.Given.By(by); err != nil {
		return bad("%w", err)
	}
	if id.Origin == by.Origin && !own.Equal(consent) {
		return nil, fmt.Errorf("%s/policy: it has another key for the log %s than %s/policy: one of the two is not its author's", folderConsent, by.Origin, folderNote)
	}
	return d, nil
}

// checkSums names the first file that is not what SHA256SUMS says.
func checkSums(files map[string][]byte) error {
	said, ok := files[fileSums]
	if !ok {
		return fmt.Errorf("%s: it is not there", fileSums)
	}
	is := sums(files)
	if string(is) == string(said) {
		return nil
	}
	lines := map[string]bool{}
	for line := range strings.Lines(string(said)) {
		lines[line] = true
	}
	for line := range strings.Lines(string(is)) {
		if !lines[line] {
			_, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			return fmt.Errorf("%s: it is not what %s says: this file was changed, or that line of %s", name, fileSums, fileSums)
		}
	}
	for line := range strings.Lines(string(said)) {
		if _, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); files[name] == nil {
			return fmt.Errorf("%.200s: it is not here, and %s lists it", name, fileSums)
		}
	}
	return fmt.Errorf("%s: it is not written as it was made", fileSums)
}

// reveal checks the files of one note. all wants all its words.
func reveal(files map[string][]byte, all bool) (*Revealed, feed.Public, error) {
	bad := func(name string, err error) (*Revealed, feed.Public, error) {
		return nil, feed.Public{}, fmt.Errorf("%s: %w", name, err)
	}
	base := ""
	for name := range files {
		if stem, ok := strings.CutSuffix(name, ".leaf"); ok && base == "" {
			base = stem
		} else if ok {
			return bad(name, errors.New("there is another leaf: want one note"))
		}
	}
	plains, known := map[string][]byte{}, 0
	for _, name := range []string{base + ".leaf", base + ".tlog-proof", "policy", base + ".move.json"} {
		if _, ok := files[name]; !ok {
			return bad(name, errors.New("it is not there"))
		}
		known++
	}
	plains[note.PartMove] = files[base+".move.json"]
	if b, ok := files[base+".content.json"]; ok {
		plains[note.PartContent] = b
		known++
	}
	if known != len(files) {
		return bad(base, errors.New("there are files that are no part of a disclosure"))
	}
	c, err := Check(files[base+".leaf"], files[base+".tlog-proof"], files["policy"], plains)
	if err != nil {
		return bad(base, err)
	}
	if want := baseName(c.Header.ID()); want != base {
		return bad(base+".leaf", fmt.Errorf("it is the leaf of %s, whose files are named %s", c.Header.ID(), want))
	}
	r := &Revealed{Checked: c}
	opened, err := OpenMove(c.Header, plains[note.PartMove])
	if err != nil {
		return bad(base+".move.json", err)
	}
	r.Move = opened.Move
	if b, ok := plains[note.PartContent]; ok {
		if r.Content, err = OpenContent(c.Header, b); err != nil {
			return bad(base+".content.json", err)
		}
	} else if _, has := c.Header.Part(note.PartContent); has && all {
		return bad(base+".content.json", errors.New("it is not there, and the note has a content"))
	}
	pol, err := feed.ParsePolicy(files["policy"])
	return r, pol.Log, err
}
