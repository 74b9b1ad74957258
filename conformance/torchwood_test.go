package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// Torchwood reads the exported log, every leaf, under the exported policy.
func TestTorchwoodClient(t *testing.T) {
	e := export(t)
	for _, f := range e.feeds {
		policy, err := torchwood.ParsePolicy(read(t, filepath.Join(f.Dir, "policy")))
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := torchwood.VerifyCheckpoint(read(t, filepath.Join(f.Dir, "checkpoint")), policy)
		if err != nil {
			t.Fatal(err)
		}
		if c.Origin != f.Origin || uint64(c.N) != f.Size {
			t.Fatalf("the checkpoint is of %s at %d", c.Origin, c.N)
		}
		all := func() (n uint64, err error) {
			tiles, err := torchwood.NewTileFS(os.DirFS(f.Dir))
			if err != nil {
				return 0, err
			}
			client, err := torchwood.NewClient(tiles)
			if err != nil {
				return 0, err
			}
			for i, entry := range client.AllEntries(t.Context(), c.Tree, 0) {
				want, err := e.Parties["PAK"].Store.Leaves(f.Origin, uint64(i), uint64(i)+1, 1<<20)
				if err != nil || !bytes.Equal(want[0], entry) {
					t.Fatalf("leaf %d differs: %v", i, err)
				}
				n++
			}
			return n, client.Err()
		}
		if n, err := all(); err != nil || n != f.Size {
			t.Errorf("%s: %d of %d leaves: %v", f.Origin, n, f.Size, err)
		}
		mend := flipLeaf(t, f.Dir)
		tiles, err := torchwood.NewTileFS(os.DirFS(f.Dir))
		if err != nil {
			t.Fatal(err)
		}
		client, err := torchwood.NewClient(tiles)
		if err != nil {
			t.Fatal(err)
		}
		for range client.AllEntries(t.Context(), c.Tree, 0) {
		}
		if client.Err() == nil {
			t.Errorf("%s: a flipped leaf goes unnoticed", f.Origin)
		}
		mend()
	}
}

// Torchwood verifies the proof of one note; the policy wants the receipt.
func TestTorchwoodProof(t *testing.T) {
	e := export(t)
	for _, f := range e.feeds {
		for _, index := range []uint64{0, 1, 7, f.Size - 1} {
			p := e.prove(t, f.Origin, index)
			policy, err := torchwood.ParsePolicy(p.policy)
			if err != nil {
				t.Fatal(err)
			}
			if err := torchwood.VerifyProof(policy, tlog.RecordHash(p.leaf), p.file); err != nil {
				t.Errorf("%s#%d: %v", f.Origin, index, err)
			}
			if err := torchwood.VerifyProof(policy, tlog.RecordHash(append(p.leaf, ' ')), p.file); err == nil {
				t.Errorf("%s#%d: another leaf is proven", f.Origin, index)
			}
			bare := p.file[:bytes.Index(p.file, []byte("— "+p.Receipts[0]+"/receipt"))]
			if err := torchwood.VerifyProof(policy, tlog.RecordHash(p.leaf), bare); err == nil {
				t.Errorf("%s#%d: proven without the receipt", f.Origin, index)
			}
		}
	}
}
