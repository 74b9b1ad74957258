package conformance

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"

	"detente/feed"
)

// Tessera's fsck recomputes the log from its entry bundles. Its command exits
// with 0 when it fails; the package returns the error.
func TestTesseraFsck(t *testing.T) {
	e := export(t)
	for _, f := range e.feeds {
		ed, _ := feed.VKeys(f.Origin, e.Parties[f.Origin[:3]].Feed.Public())
		v, err := note.NewVerifier(ed)
		if err != nil {
			t.Fatal(err)
		}
		check := func() error {
			return fsck.New(f.Origin, v, client.FileFetcher{Root: f.Dir}, bundleHashes, fsck.Opts{N: 2}).Check(t.Context())
		}
		if err := check(); err != nil {
			t.Errorf("%s: %v", f.Origin, err)
		}
		mend := flipLeaf(t, f.Dir)
		if check() == nil {
			t.Errorf("%s: a flipped leaf goes unnoticed", f.Origin)
		}
		mend()
	}
}

func bundleHashes(bundle []byte) (out [][]byte, err error) {
	b := &api.EntryBundle{}
	if err := b.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	for _, e := range b.Entries {
		out = append(out, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return out, nil
}

// formats verifies both signatures of the author and both of the receipt, and
// merkle the path.
func TestFormatsAndMerkle(t *testing.T) {
	e := export(t)
	for _, f := range e.feeds {
		author := e.Parties[f.Origin[:3]]
		for _, index := range []uint64{0, 5, f.Size - 1} {
			p := e.prove(t, f.Origin, index)
			var file fproof.TLogProof
			if err := file.Unmarshal(p.file); err != nil {
				t.Fatal(err)
			}
			if file.Index != index || string(file.Marshal()) != string(p.file) {
				t.Errorf("%s#%d: read as %d, and written otherwise", f.Origin, index, file.Index)
			}
			ed, ml := feed.VKeys(f.Origin, author.Feed.Public())
			by := e.Parties[p.Receipts[0]]
			red, rml := feed.CosignerVKeys(by.Code+"/receipt", by.Receipt.Public())
			c, _, n, err := log.ParseCheckpoint(file.Checkpoint, f.Origin, verifier(t, note.NewVerifier, ed),
				verifier(t, mldsa, ml), verifier(t, fnote.NewVerifierForCosignatureV1, red), verifier(t, mldsa, rml))
			if err != nil {
				t.Fatalf("%s#%d: %v", f.Origin, index, err)
			}
			if len(n.Sigs) != 4 || len(n.UnverifiedSigs) != 0 {
				t.Errorf("%s#%d: %d signatures verify, %d are not known", f.Origin, index, len(n.Sigs), len(n.UnverifiedSigs))
			}
			var path [][]byte
			for _, h := range file.Hashes {
				path = append(path, h[:])
			}
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, c.Size, rfc6962.DefaultHasher.HashLeaf(p.leaf), path, c.Hash); err != nil {
				t.Errorf("%s#%d: %v", f.Origin, index, err)
			}
		}
	}
}

// The checkpoint of the exported log carries the same four signatures.
func TestFormatsCheckpoint(t *testing.T) {
	e := export(t)
	for _, f := range e.feeds {
		ed, ml := feed.VKeys(f.Origin, e.Parties[f.Origin[:3]].Feed.Public())
		c, _, n, err := log.ParseCheckpoint(read(t, filepath.Join(f.Dir, "checkpoint")), f.Origin, verifier(t, note.NewVerifier, ed), verifier(t, mldsa, ml))
		if err != nil || c.Size != f.Size || len(n.Sigs) != 2 || len(n.UnverifiedSigs) != 2 {
			t.Errorf("%s: %+v, %v", f.Origin, c, err)
		}
	}
}

func mldsa(vkey string) (note.Verifier, error) { return fnote.NewMLDSAVerifier(vkey) }

func verifier(t *testing.T, parse func(string) (note.Verifier, error), vkey string) note.Verifier {
	t.Helper()
	v, err := parse(vkey)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", vkey, err))
	}
	return v
}
