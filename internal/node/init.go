package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

// InitOptions says who a new node is.
type InitOptions struct {
	Party      string
	Name       string
	Addresses  []string // HOST:PORT where peers reach it; none: by pouch files only
	Identity   string   // where the identity key goes; empty: beside the folder, DIR.identity
	Passphrase string   // locks the identity key; empty: not locked
	Now        func() time.Time
}

// profile is DIR/party.json.
type profile struct {
	Party string `json:"party"`
}

// Init makes the folder of a new node, with its keys, its empty ledger and
// journal, and its first credence.
func Init(dir string, o InitOptions) (charter.Credence, error) {
	var none charter.Credence
	if err := note.CheckParty(o.Party); err != nil {
		return none, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Identity == "" {
		o.Identity = filepath.Clean(dir) + ".identity"
	}
	if _, err := os.Stat(filepath.Join(dir, "party.json")); err == nil {
		return none, fmt.Errorf("%s is a node already; nothing was changed", dir)
	}
	if _, err := os.Stat(o.Identity); err == nil {
		return none, fmt.Errorf("%s exists already; nothing was changed: an identity key is never written over", o.Identity)
	}
	if err := os.MkdirAll(filepath.Join(dir, "parts"), 0o700); err != nil {
		return none, err
	}
	identity, err := feed.GenerateKey()
	if err != nil {
		return none, err
	}
	text, err := identity.MarshalText()
	if err != nil {
		return none, err
	}
	if o.Passphrase != "" {
		if text, err = seal.Lock(text, o.Passphrase); err != nil {
			return none, err
		}
	}
	rings, err := makeRing(dir, 1)
	if err != nil {
		return none, err
	}
	var box [32]byte
	rand.Read(box[:])
	c := charter.Credence{Addresses: o.Addresses, Identity: identity.Public(), Keys: rings.public(), Name: o.Name, Party: o.Party, Serial: 1, Time: o.Now().UTC().Format(note.TimeLayout)}
	signed, err := c.Sign(identity)
	if err != nil {
		return none, err
	}
	who, err := json.Marshal(profile{o.Party})
	if err != nil {
		return none, err
	}
	s, err := store.Open(dir)
	if err != nil {
		return none, err
	}
	err = s.Commit(context.Background(), store.Batch{Docs: []store.Doc{{Kind: charter.KindCredence, Digest: c.Digest(), Bytes: signed}}})
	if err = errors.Join(err, s.Close()); err != nil {
		return none, err
	}
	j, err := journal.Create(filepath.Join(dir, "journal"), true)
	if err != nil {
		return none, err
	}
	if err := j.Close(); err != nil {
		return none, err
	}
	// party.json comes last: a folder without it is not a node.
	for _, f := range []struct {
		path string
		data []byte
	}{{o.Identity, text}, {filepath.Join(dir, "store.key"), []byte(hex.EncodeToString(box[:]) + "\n")}, {filepath.Join(dir, "party.json"), append(who, '\n')}} {
		if err := writeNew(f.path, f.data); err != nil {
			return none, err
		}
	}
	return c, nil
}
