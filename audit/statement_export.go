package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detente/charter"
	"detente/matter"
	"detente/note"
)

// StatementFiles makes the folder of a joint statement for [WriteFolder], of
// the note that proposed its text and of each principal's signature, by party.
// It makes nothing that CheckStatement does not pass. Whether the statement may
// leave, and whether its moment has come, is for the caller to know.
func StatementFiles(src Source, ch *charter.Channel, proposal note.ID, signatures map[string]note.ID) (map[string][]byte, *JointStatement, error) {
	bad := func(err error) (map[string][]byte, *JointStatement, error) {
		return nil, nil, fmt.Errorf("the statement %s: %w; nothing was written", proposal.Short(), err)
	}
	leaf, err := src.Store.Entry(proposal)
	if err != nil {
		return bad(err)
	}
	h, err := note.Parse(leaf)
	if err != nil {
		return bad(err)
	}
	var parts []string
	for _, p := range h.Parts {
		parts = append(parts, p.Name)
	}
	files := map[string][]byte{}
	add := func(dir string, id note.ID, parts ...string) error {
		_, made, err := collect(src, ch, id, parts...)
		for name, b := range made {
			files[dir+name] = b
		}
		return err
	}
	if err := add(proposalDir, proposal, parts...); err != nil {
		return bad(err)
	}
	parties := slices.Sorted(maps.Keys(signatures))
	for _, party := range parties {
		if err := add(signaturesDir+party+"/", signatures[party], note.PartMove); err != nil {
			return bad(err)
		}
	}
	for _, d := range ch.Documents() {
		if d.Kind != charter.KindCredence {
			continue
		}
		v, err := charter.ParseCredence(d.Signed)
		if err != nil {
			return bad(err)
		}
		// Receipts by principals who did not sign stand in the proofs too.
		if v.Party == proposal.Party() || slices.Contains(parties, v.Party) || slices.Contains(ch.Principals(), v.Party) {
			files[credenceName(v)] = d.Signed
		}
	}
	base := proposalDir + baseName(proposal)
	opened, err := OpenMove(&h, files[plainName(base, note.PartMove)])
	if err != nil {
		return bad(err)
	}
	s := &JointStatement{Exercise: h.Exercise, Move: opened.Move}
	if s.Content, err = OpenContent(&h, files[plainName(base, note.PartContent)]); err != nil {
		return bad(err)
	}
	_, s.Release = matter.SignedText(s.Move)
	for _, lang := range languages(s.Content) {
		files[textName(lang)] = plainText(s, lang)
	}
	files[fileReadme] = s.readme(parties)
	files[fileSums] = sums(files)
	if s, err = CheckStatement(files); err != nil {
		return bad(err)
	}
	return files, s, nil
}

// readme says in words what the folder is. It is for people: nothing rests on it.
func (s *JointStatement) readme(parties []string) []byte {
	var b strings.Builder
	if s.Exercise {
		b.WriteString("EXERCISE EXERCISE EXERCISE\nNothing in this folder is of a real crisis.\n\n")
	}
	fmt.Fprintf(&b, `A joint statement, and what shows that each of its parties signed it

Parties: %s
Release: %s
Authentic languages: %s

Files

    text.LANGUAGE.txt    the text
    proposal/            the note that proposed the text, with what it says, and
                         the proof that it is in its author's log
    signatures/PARTY/    each party's signature: a note that names the SHA-256 of
                         the text and the moment of release, and its proof
    credences/           each party's public keys, signed by its identity key
    SHA256SUMS           of all other files: sha256sum -c SHA256SUMS

How to check it

    detente check DIR

where DIR is this folder. It needs no network and nothing else of the record. It
prints the words of each party's identity key: compare them with what the party
itself publishes, for nothing in this folder can show whose a key is. Without
that program: in each of the folders with a leaf the tlog-proof shows that the
leaf is in the log that its author signed (c2sp.org/tlog-proof, under the policy,
c2sp.org/tlog-policy); the leaf names, as "plain", the SHA-256 of each of the
files .json; every signature names, as "terms", that of the proposal's content.

What it shows, and what it does not

- That the holders of these keys signed this one text for this one moment, and
  that each said that it holds the signatures of the others.
- Times are their authors' claims.
- What else was said of the text is not here.
- This page is signed by nobody: take from the signed files what must be sure.
`, strings.Join(parties, ", "), s.Release.UTC().Format(time.RFC3339), strings.Join(s.Content.Authentic, ", "))
	return []byte(b.String())
}
