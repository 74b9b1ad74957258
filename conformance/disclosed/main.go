// Disclosed checks the folder of a disclosure as somebody would who has the
// folder, docs/protocol.md and the public packages note, feed and matter, and
// nothing else of Détente: neither a node nor its verifier.
//
//	disclosed DIR
//
// It prints who wrote what, and for whom its author consents to letting it out;
// it exits with 1 and the reason where anything is wrong.
package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"detente/feed"
	"detente/matter"
	"detente/note"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: disclosed DIR")
		os.Exit(2)
	}
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "WRONG:", err)
		os.Exit(1)
	}
}

// opened is one note of the folder.
type opened struct {
	header  note.Header
	move    *note.Move
	content []byte
	key     feed.Public
}

func check(dir string) error {
	letter, err := open(filepath.Join(dir, "note"))
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	if letter.content != nil {
		c, err := note.ParseContent(letter.content)
		if err != nil {
			return err
		}
		for slot, wording := range c.Texts {
			for lang, words := range wording {
				fmt.Printf("%s %s (%s): %s\n", letter.header.ID().Party(), slot, lang, words)
			}
		}
	} else if _, ok := letter.header.Part(note.PartContent); ok {
		return errors.New("note: its content is not here")
	}
	if _, err := os.Stat(filepath.Join(dir, "consent")); errors.Is(err, os.ErrNotExist) {
		fmt.Println("no consent")
		return nil
	}
	consent, err := open(filepath.Join(dir, "consent"))
	if err != nil {
		return fmt.Errorf("consent: %w", err)
	}
	given, ok := matter.ConsentOf(consent.move)
	switch {
	case !ok:
		return fmt.Errorf("consent: it is a %s", consent.move.Act)
	case given.Note != letter.header.ID():
		return fmt.Errorf("consent: it is to the disclosure of %s", given.Note)
	case letter.header.Origin == consent.header.Origin && !letter.key.Equal(consent.key):
		return errors.New("consent: the two policies have different keys for one log")
	}
	if err := given.By(consent.header.ID()); err != nil {
		return fmt.Errorf("consent: %w", err)
	}
	fmt.Printf("%s consents, for %s\n", consent.header.ID().Party(), given.To)
	return nil
}

// open checks one note by its files: it is in the log that its author signed,
// and these are its words.
func open(dir string) (o opened, err error) {
	read := func(pattern string) []byte {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			return nil
		}
		var b []byte
		b, err = os.ReadFile(found[0])
		return b
	}
	leaf, proof, policy, move, content := read("*.leaf"), read("*.tlog-proof"), read("policy"), read("*.move.json"), read("*.content.json")
	if err != nil {
		return o, err
	}
	pol, err := feed.ParsePolicy(policy)
	if err != nil {
		return o, err
	}
	proven, err := feed.CheckProof(proof, leaf, pol)
	if err != nil {
		return o, err
	}
	if o.header, err = note.Parse(leaf); err != nil {
		return o, err
	}
	if o.header.Origin != proven.Head.Origin || o.header.Index != proven.Index {
		return o, errors.New("the leaf is of another place in the log")
	}
	for part, plain := range map[string][]byte{note.PartMove: move, note.PartContent: content} {
		named, ok := o.header.Part(part)
		if plain == nil && part == note.PartContent {
			continue
		}
		if !ok || sha256.Sum256(plain) != named.Plain {
			return o, fmt.Errorf("the %s is not the one that the leaf names", part)
		}
	}
	o.content, o.key = content, pol.Log
	o.move, err = note.ParseMove(move)
	return o, err
}
