package node

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/note"
	"detente/seal"
)

// ring is the private keys of one credence.
type ring struct {
	serial                 uint64
	feed, receipt, witness *feed.Key
	seal                   *seal.Identity
	tls                    tls.Certificate
	spki                   note.Digest
}

func (r *ring) public() charter.Keys {
	return charter.Keys{Feed: r.feed.Public(), Receipt: r.receipt.Public(), Seal: r.seal.Recipient(), TLS: r.spki, Witness: r.witness.Public()}
}

// writeNew writes a file that must not exist yet, and syncs it and its folder.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// makeRing makes the keys of a credence and writes them to dir/keys/SERIAL.
func makeRing(dir string, serial uint64) (*ring, error) {
	folder := filepath.Join(dir, "keys", strconv.FormatUint(serial, 10))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"feed", "receipt", "witness"} {
		k, err := feed.GenerateKey()
		if err != nil {
			return nil, err
		}
		text, err := k.MarshalText()
		if err != nil {
			return nil, err
		}
		if err := writeNew(filepath.Join(folder, name+".key"), text); err != nil {
			return nil, err
		}
	}
	id, err := seal.GenerateIdentity()
	if err != nil {
		return nil, err
	}
	if err := writeNew(filepath.Join(folder, "seal.key"), []byte(id.String()+"\n")); err != nil {
		return nil, err
	}
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		return nil, err
	}
	if err := writeNew(filepath.Join(folder, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return nil, err
	}
	return loadRing(dir, serial)
}

func loadRing(dir string, serial uint64) (*ring, error) {
	folder := filepath.Join(dir, "keys", strconv.FormatUint(serial, 10))
	r := &ring{serial: serial}
	for _, k := range []struct {
		name string
		into **feed.Key
	}{{"feed", &r.feed}, {"receipt", &r.receipt}, {"witness", &r.witness}} {
		b, err := os.ReadFile(filepath.Join(folder, k.name+".key"))
		if err != nil {
			return nil, err
		}
		if *k.into, err = feed.ParseKey(b); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(folder, k.name+".key"), err)
		}
	}
	b, err := os.ReadFile(filepath.Join(folder, "seal.key"))
	if err != nil {
		return nil, err
	}
	if r.seal, err = seal.ParseIdentity(strings.TrimSpace(string(b))); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, "seal.key"), err)
	}
	if b, err = os.ReadFile(filepath.Join(folder, "tls.key")); err != nil {
		return nil, err
	}
	if r.tls, r.spki, err = certificate(b); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, "tls.key"), err)
	}
	return r, nil
}

// certificate wraps the key of the line in a self-signed certificate. Peers
// pin the key, and read nothing else of it.
func certificate(pemKey []byte) (tls.Certificate, note.Digest, error) {
	block, _ := pem.Decode(pemKey)
	if block == nil {
		return tls.Certificate{}, note.Digest{}, errors.New("not a PEM file")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return tls.Certificate{}, note.Digest{}, err
	}
	priv, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return tls.Certificate{}, note.Digest{}, errors.New("not an ECDSA key")
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "detente"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)} // RFC 5280, 4.1.2.5: no well-defined expiration
	der, err := x509.CreateCertificate(rand.Reader, template, template, priv.Public(), priv)
	if err != nil {
		return tls.Certificate{}, note.Digest{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, note.Digest{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: priv, Leaf: leaf}, sha256.Sum256(leaf.RawSubjectPublicKeyInfo), nil
}

// loadRings reads every folder of keys, the newest first.
func loadRings(dir string) ([]*ring, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "keys"))
	if err != nil {
		return nil, err
	}
	var rings []*ring
	for _, e := range entries {
		serial, err := strconv.ParseUint(e.Name(), 10, 64)
		if err != nil {
			continue
		}
		r, err := loadRing(dir, serial)
		if err != nil {
			return nil, err
		}
		rings = append(rings, r)
	}
	if len(rings) == 0 {
		return nil, fmt.Errorf("%s holds no keys: %w", filepath.Join(dir, "keys"), fs.ErrNotExist)
	}
	slices.SortFunc(rings, func(a, b *ring) int { return int(b.serial) - int(a.serial) })
	return rings, nil
}

func loadBox(dir string) (*seal.Box, error) {
	b, err := os.ReadFile(filepath.Join(dir, "store.key"))
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s is not 32 bytes in hexadecimal digits", filepath.Join(dir, "store.key"))
	}
	return seal.NewBox([32]byte(key)), nil
}

// LoadIdentity reads an identity key. Where it is locked, the passphrase opens it.
func LoadIdentity(path, passphrase string) (*feed.Key, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the identity key: %w", err)
	}
	if seal.IsLocked(b) {
		if b, err = seal.Unlock(b, passphrase); err != nil {
			return nil, fmt.Errorf("the identity key %s: %w", path, err)
		}
	}
	k, err := feed.ParseKey(b)
	if err != nil {
		return nil, fmt.Errorf("the identity key %s: %w", path, err)
	}
	return k, nil
}
