package audit

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/matter"
	"detente/note"
)

// The folder of a joint statement, as ExportStatement writes it:
//
//	README                     what this is, in words; nothing in it is signed
//	SHA256SUMS                 of all the others, for sha256sum -c
//	text.en.txt …              the text in each of its languages
//	credences/PAK-1 …          whose the keys are: signed by identity keys
//	proposal/                  the proof of the note that proposed the text, with its move and content
//	signatures/PAK/ …          the proof of each principal's signature, with its move
const (
	sumsFile      = "SHA256SUMS"
	readmeFile    = "README.txt"
	proposalDir   = "proposal/"
	signaturesDir = "signatures/"
	credencesDir  = "credences/"
)

// JointStatement is what the folder of a statement shows.
type JointStatement struct {
	Content    *note.Content
	Exercise   bool
	Identities map[string]feed.Public // identity keys of the parties, by code
	Move       *note.Move             // of the proposal
	Proposal   note.ID
	Release    time.Time
	Signatures []StatementSignature // by party
	Terms      note.Digest          // that every one of them signed
	Unsigned   []string             // parties that it was addressed to as well, whose signature is not here: facilitators and observers do not sign
}

// StatementSignature is one party's signature.
type StatementSignature struct {
	ID       note.ID
	Office   string
	Party    string
	Receipts []feed.Receipt // of those who say that they hold it
	Time     string         // its author's claim
}

// CheckStatement checks the folder of a joint statement, by the names and
// bytes of its files and nothing else: that there is no file too many and none
// too few; that every signature is on the digest of the one proposed text and
// on its moment of release, in the log of the party that made it, and held by
// all the others who signed; that the keys are those of the credences; and that
// the texts in plain are what was signed. The error
// begins with the name of the file.
//
// What it cannot know is whose the identity keys are: compare their words with
// what the parties publish. Nor does it know which parties are principals.
func CheckStatement(files map[string][]byte) (*JointStatement, error) {
	if err := checkSums(files); err != nil {
		return nil, err
	}
	c := &statementCheck{files: files, used: map[string]bool{fileSums: true, fileReadme: true}, keys: map[string][]charter.Credence{}}
	c.out.Identities = map[string]feed.Public{}
	for _, step := range []func() error{c.credences, c.proposal, c.signatures, c.texts} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !c.used[name] {
			return nil, fmt.Errorf("%s: it is no part of a statement", name)
		}
	}
	return &c.out, nil
}

// statementCheck is one check under way.
type statementCheck struct {
	files map[string][]byte
	used  map[string]bool
	keys  map[string][]charter.Credence // by party
	out   JointStatement

	header *note.Header // of the proposal
	matter note.ID
}

func (c *statementCheck) credences() error {
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if !strings.HasPrefix(name, credencesDir) {
			continue
		}
		v, err := charter.ParseCredence(c.files[name])
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case name != credenceName(v):
			return fmt.Errorf("%s: it is the credence that is called %s", name, credenceName(v))
		case len(c.keys[v.Party]) > 0 && v.Fingerprint() != c.keys[v.Party][0].Fingerprint():
			return fmt.Errorf("%s: it is under another identity key than %s", name, credenceName(c.keys[v.Party][0]))
		}
		c.used[name] = true
		c.keys[v.Party] = append(c.keys[v.Party], v)
		c.out.Identities[v.Party] = v.Identity
	}
	return nil
}

func credenceName(v charter.Credence) string {
	return fmt.Sprintf("%s%s-%d", credencesDir, v.Party, v.Serial)
}

// bundle checks the files that prove one note, with its move in the clear or,
// if it is whole, with every part.
func (c *statementCheck) bundle(dir string, whole bool) (*Checked, *note.Move, map[string][]byte, error) {
	var base string
	for name := range c.files {
		if b, ok := strings.CutSuffix(name, ".leaf"); ok && strings.HasPrefix(name, dir) {
			if base != "" {
				return nil, nil, nil, fmt.Errorf("%s: there is more than one leaf in %s", name, dir)
			}
			base = b
		}
	}
	leaf := base + ".leaf"
	if base == "" {
		return nil, nil, nil, fmt.Errorf("%s: there is no leaf in it", dir)
	}
	bad := func(err error) (*Checked, *note.Move, map[string][]byte, error) {
		return nil, nil, nil, fmt.Errorf("%s: %w", leaf, err)
	}
	h, err := note.Parse(c.files[leaf])
	if err != nil {
		return bad(err)
	}
	plains := map[string][]byte{}
	names := []string{leaf, base + ".tlog-proof", dir + "policy"}
	for _, p := range h.Parts {
		if whole || p.Name == note.PartMove {
			name := plainName(base, p.Name)
			plains[p.Name] = c.files[name]
			names = append(names, name)
		}
	}
	for _, name := range names {
		if c.files[name] == nil {
			return nil, nil, nil, fmt.Errorf("%s: it is not here", name)
		}
		c.used[name] = true
	}
	got, err := Check(c.files[leaf], c.files[base+".tlog-proof"], c.files[dir+"policy"], plains)
	if err != nil {
		return bad(err)
	}
	if base != dir+baseName(h.ID()) {
		return bad(fmt.Errorf("its note is called %s", baseName(h.ID())))
	}
	if err := c.policy(dir+"policy", h.ID().Party()); err != nil {
		return nil, nil, nil, err
	}
	m, err := note.ParseMove(plains[note.PartMove])
	if err == nil {
		err = matter.Check(m)
	}
	if err != nil {
		return bad(err)
	}
	return got, m, plains, nil
}

// policy wants every key of a policy to be in a credence of whose it says it is.
func (c *statementCheck) policy(name, author string) error {
	pol, err := feed.ParsePolicy(c.files[name])
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if again, err := pol.Format(); err != nil || !bytes.Equal(again, c.files[name]) {
		return fmt.Errorf("%s: it is not written as this program writes it", name)
	}
	if !c.has(author, pol.Log, func(k charter.Keys) feed.Public { return k.Feed }) {
		return fmt.Errorf("%s: the key of the log is in no credence of %s here", name, author)
	}
	for _, r := range pol.Receipts {
		party, _ := strings.CutSuffix(r.Name, "/receipt")
		if !c.has(party, r.Public, func(k charter.Keys) feed.Public { return k.Receipt }) {
			return fmt.Errorf("%s: the key of %s is in no credence of %s here", name, r.Name, party)
		}
	}
	return nil
}

func (c *statementCheck) has(party string, key feed.Public, of func(charter.Keys) feed.Public) bool {
	return slices.ContainsFunc(c.keys[party], func(v charter.Credence) bool { return of(v.Keys).Equal(key) })
}

func (c *statementCheck) proposal() error {
	got, m, plains, err := c.bundle(proposalDir, true)
	if err != nil {
		return err
	}
	file := proposalDir + baseName(got.Header.ID()) + ".leaf"
	content, err := OpenContent(got.Header, plains[note.PartContent])
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", file, err)
	case m.Act != "statement/propose":
		return fmt.Errorf("%s: it is the note of a %s, and proposes no statement", file, m.Act)
	}
	if err := readable(m, content); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	part, _ := got.Header.Part(note.PartContent)
	c.header, c.matter = got.Header, got.Header.ID()
	if m.Matter != nil {
		c.matter = *m.Matter
	}
	c.out.Content, c.out.Exercise, c.out.Move, c.out.Proposal, c.out.Terms = content, got.Header.Exercise, m, got.Header.ID(), part.Plain
	_, c.out.Release = matter.SignedText(m)
	return nil
}

// readable reports why a text would be shown otherwise than it was signed: a
// clause that has no words, or words that belong to no clause.
func readable(m *note.Move, content *note.Content) error {
	if err := matter.CheckContent(m.Act, content); err != nil {
		return err
	}
	return matter.CheckWhole(m.Act, m.Fields, content)
}

func (c *statementCheck) signatures() error {
	var parties []string
	for name := range c.files {
		if rest, ok := strings.CutPrefix(name, signaturesDir); ok {
			party, _, _ := strings.Cut(rest, "/")
			parties = append(parties, party)
		}
	}
	slices.Sort(parties)
	parties = slices.Compact(parties)
	if len(parties) == 0 {
		return fmt.Errorf("%s: there is no signature in it", signaturesDir)
	}
	for _, party := range parties {
		dir := signaturesDir + party + "/"
		got, m, _, err := c.bundle(dir, false)
		if err != nil {
			return err
		}
		file := dir + baseName(got.Header.ID()) + ".leaf"
		if err := c.signs(got, m, party); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, other := range parties {
			if other != party && !slices.ContainsFunc(got.Receipts, func(r feed.Receipt) bool { return r.Name == other+"/receipt" }) {
				return fmt.Errorf("%s: there is no receipt of %s, who signed too: nothing shows that it holds this signature", file, other)
			}
		}
		c.out.Signatures = append(c.out.Signatures, StatementSignature{got.Header.ID(), m.Office, party, got.Receipts, got.Header.Time})
	}
	c.out.Unsigned = slices.DeleteFunc(slices.Clone(c.header.Audience), func(p string) bool { return slices.Contains(parties, p) })
	return nil
}

// signs reports why a note is not the party's signature on the proposal.
func (c *statementCheck) signs(got *Checked, m *note.Move, party string) error {
	h := got.Header
	terms, release := matter.SignedText(m)
	at := h.SeenSize(c.header.Origin)
	if h.Origin == c.header.Origin {
		at = h.Index
	}
	switch {
	case h.ID().Party() != party:
		return fmt.Errorf("it is a note of %s", h.ID().Party())
	case m.Act != "statement/sign" || m.Matter == nil || *m.Matter != c.matter:
		return fmt.Errorf("it is the note of a %s, and signs no text of %s", m.Act, c.matter.Short())
	case !slices.Equal(h.Audience, c.header.Audience) || h.Exercise != c.header.Exercise:
		return errors.New("it is not addressed to those to whom the text was proposed")
	case terms != c.out.Terms:
		return fmt.Errorf("it signs the text with the digest %s; the one proposed has %s", terms, c.out.Terms)
	case !release.Equal(c.out.Release):
		return fmt.Errorf("it signs for release at %s; the text was proposed for %s", release.UTC().Format(time.RFC3339), c.out.Release.UTC().Format(time.RFC3339))
	case at <= c.header.Index:
		return errors.New("its author did not hold the proposal when it signed")
	}
	return nil
}

// texts holds the texts in plain against what was signed.
func (c *statementCheck) texts() error {
	for _, lang := range languages(c.out.Content) {
		name := textName(lang)
		if c.used[name] = true; !bytes.Equal(c.files[name], plainText(&c.out, lang)) {
			return fmt.Errorf("%s: it is not the text that was signed", name)
		}
	}
	return nil
}

func textName(lang string) string { return "text." + lang + ".txt" }

// languages returns every language in which there is a text, sorted.
func languages(c *note.Content) (list []string) {
	for _, wording := range c.Texts {
		list = slices.AppendSeq(list, maps.Keys(wording))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// plainText writes the text in one language.
func plainText(s *JointStatement, lang string) []byte {
	var b strings.Builder
	if s.Exercise {
		b.WriteString("EXERCISE EXERCISE EXERCISE\n\n")
	}
	put := func(label, slot string) {
		if words := s.Content.Texts[slot]; words[lang] != "" {
			fmt.Fprintf(&b, "%s%s\n\n", label, words[lang])
		} else if len(words) > 0 {
			fmt.Fprintf(&b, "%s[not in this language]\n\n", label)
		}
	}
	put("", "title")
	put("", "preamble")
	for i := range matter.Clauses(s.Move) {
		put(fmt.Sprintf("%d. ", i+1), fmt.Sprintf("clause/%d", i+1))
	}
	for _, q := range s.Content.Quotes {
		fmt.Fprintf(&b, "“%s” — %s, %s\n\n", q.Words, q.Speaker, q.Source)
	}
	for _, a := range s.Content.Attachments {
		fmt.Fprintf(&b, "Annex: %s, %d bytes, SHA-256 %s\n\n", a.Name, a.Size, a.SHA256)
	}
	fmt.Fprintf(&b, "Authentic: %s. Release: %s.\n", strings.Join(s.Content.Authentic, ", "), s.Release.UTC().Format(time.RFC3339))
	return []byte(b.String())
}
