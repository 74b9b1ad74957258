package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"detente/feed"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

// floor does for one note what two nodes must do for it, one thing after the
// other: seal, append, sign, commit, sync; verify, open, commit, sync; verify
// the receipt, commit.
type floor struct {
	origin       string
	a, b         side
	plain        [2][]byte
	recipients   []string
	key, receipt *feed.Key
	leaf         []byte
	spent        map[string]time.Duration
	rounds       int
}

// side is one of the two disks.
type side struct {
	store   *store.Store
	journal *journal.Journal
	tree    *feed.Tree
	box     *seal.Box
	sealer  *seal.Sealer
	opener  *seal.Opener
}

func newFloor(dir string, body int) (*floor, error) {
	f := &floor{origin: note.Origin("AAA", note.Sum([]byte("floor")), 1), spent: map[string]time.Duration{}}
	var err error
	if f.key, err = feed.GenerateKey(); err != nil {
		return nil, err
	}
	if f.receipt, err = feed.GenerateKey(); err != nil {
		return nil, err
	}
	for i, s := range []*side{&f.a, &f.b} {
		d := filepath.Join(dir, fmt.Sprintf("floor-%d", i))
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
		if s.store, err = store.Open(d); err != nil {
			return nil, err
		}
		if s.journal, err = journal.Create(filepath.Join(d, "journal"), true); err != nil {
			return nil, err
		}
		id, err := seal.GenerateIdentity()
		if err != nil {
			return nil, err
		}
		f.recipients = append(f.recipients, id.Recipient())
		s.tree, s.sealer, s.opener = feed.EmptyTree(), seal.NewSealer(time.Now), seal.NewOpener(id)
		var key [32]byte
		rand.Read(key[:])
		s.box = seal.NewBox(key)
	}
	f.plain[0] = note.Pad(make([]byte, 200))
	f.plain[1] = note.Pad(make([]byte, body+150))
	f.leaf = make([]byte, 1100) // a header with two parts and one head seen
	rand.Read(f.leaf)
	return f, nil
}

func (f *floor) close() {
	for _, s := range []side{f.a, f.b} {
		s.store.Close()
		s.journal.Close()
	}
}

// timed adds the processor time that do takes to a part of the sum.
func (f *floor) timed(part string, do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadCPU()
	err := do()
	f.spent[part] += threadCPU() - start
	return err
}

func threadCPU() time.Duration {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

// split says where the processor time of both nodes went, in microseconds a
// note: what the parts cost was measured by the floor; heads of both feeds
// were signed, cosigned, and both verified. The disk is measured in batches
// like those that the nodes wrote.
func (f *floor) split(notes, heads float64, total time.Duration) (map[string]float64, error) {
	rounds := float64(f.rounds)
	spent := maps.Clone(f.spent)
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	disk, err := f.batches(max(1, int(notes/heads)))
	if err != nil {
		return nil, err
	}
	out := map[string]float64{
		"seal":   us(spent["seal"]) / rounds,
		"open":   us(spent["open"]) / rounds,
		"sign":   us(spent["sign"]) / rounds * heads / notes,
		"verify": us(spent["verify"]) / rounds * heads / notes,
		"disk":   us(disk),
		"total":  us(total) / notes,
	}
	out["rest"] = out["total"] - out["seal"] - out["open"] - out["sign"] - out["verify"] - out["disk"]
	return out, nil
}

// batches returns the processor time that two ledgers take for a note, where
// a transaction writes size notes.
func (f *floor) batches(size int) (time.Duration, error) {
	const rounds = 20
	clear(f.spent)
	for range rounds {
		next := f.a.tree.Clone()
		add := store.Append{Origin: f.origin, Start: next.Size()}
		var parts []store.Part
		for range size {
			id := note.ID{Origin: f.origin, Index: next.Size()}
			rand.Read(f.leaf[:16])
			leaf := bytes.Clone(f.leaf)
			add.Leaves = append(add.Leaves, leaf)
			add.Hashes = append(add.Hashes, next.Append(leaf)...)
			for i, name := range []string{note.PartMove, note.PartContent} {
				sealed := make([]byte, len(f.plain[i])+3400) // two stanzas and the tags
				rand.Read(sealed[:32])
				parts = append(parts, store.Part{ID: id, Name: name, Digest: note.Sum(sealed), Size: uint64(len(sealed)), State: store.Held, Sealed: sealed, Plain: f.plain[i]})
			}
		}
		add.Head = note.Head{Origin: f.origin, Root: next.Root(), Size: next.Size()}
		var err error
		if add.Signed, err = f.key.SignHead(add.Head, time.Now()); err != nil {
			return 0, err
		}
		for _, s := range []side{f.a, f.b} {
			err := f.timed("disk", func() error {
				if err := s.store.Commit(context.Background(), store.Batch{Feeds: []store.Append{add}, Parts: parts}); err != nil {
					return err
				}
				return s.journal.Record(journal.Entry{Role: journal.Feed, Head: add.Head})
			})
			if err != nil {
				return 0, err
			}
		}
		f.a.tree = next
	}
	return f.spent["disk"] / time.Duration(rounds*size), nil
}

// once writes one note.
func (f *floor) once() error {
	f.rounds++
	ctx := context.Background()
	now := time.Now()
	var sealed [2][]byte
	var partsA, partsB []store.Part
	id := note.ID{Origin: f.origin, Index: f.a.tree.Size()}
	names := [2]string{note.PartMove, note.PartContent}
	err := f.timed("seal", func() (err error) {
		for i := range sealed {
			if sealed[i], err = f.a.sealer.Seal(f.recipients, f.plain[i]); err != nil {
				return err
			}
			d := note.Sum(sealed[i])
			partsA = append(partsA, store.Part{ID: id, Name: names[i], Digest: d, Size: uint64(len(sealed[i])), State: store.Held, Sealed: sealed[i], Plain: f.a.box.Wrap(f.plain[i], d[:])})
		}
		return nil
	})
	if err != nil {
		return err
	}
	rand.Read(f.leaf[:16])
	held := f.a.tree.Clone()
	next := f.a.tree.Clone()
	hashes := next.Append(f.leaf)
	head := note.Head{Origin: f.origin, Root: next.Root(), Size: next.Size()}
	var signed, lines []byte
	if err = f.timed("sign", func() (err error) { signed, err = f.key.SignHead(head, now); return err }); err != nil {
		return err
	}
	add := store.Append{Origin: f.origin, Start: id.Index, Leaves: [][]byte{f.leaf}, Hashes: hashes, Head: head, Signed: signed}
	err = f.timed("disk", func() error {
		if err := f.a.store.Commit(ctx, store.Batch{Feeds: []store.Append{add}, Parts: partsA}); err != nil {
			return err
		}
		return f.a.journal.Record(journal.Entry{Role: journal.Feed, Head: head})
	})
	if err != nil {
		return err
	}
	f.a.tree = next
	err = f.timed("verify", func() error {
		if _, err := feed.OpenHead(signed, f.key.Public()); err != nil {
			return err
		}
		held.Append(f.leaf)
		if held.Root() != head.Root {
			return fmt.Errorf("the floor's own tree is wrong")
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = f.timed("open", func() error {
		for i := range sealed {
			d := note.Sum(sealed[i])
			plain, err := f.b.opener.Open(sealed[i], 1<<20)
			if err != nil {
				return err
			}
			partsB = append(partsB, store.Part{ID: id, Name: names[i], Digest: d, Size: uint64(len(sealed[i])), State: store.Held, Sealed: sealed[i], Plain: f.b.box.Wrap(plain, d[:])})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err = f.timed("sign", func() (err error) { lines, err = f.receipt.Cosign("BBB/receipt", head, now); return err }); err != nil {
		return err
	}
	cosig := []store.Cosig{{Origin: f.origin, Size: head.Size, Name: "BBB/receipt", Time: now, Lines: lines}}
	err = f.timed("disk", func() error {
		if err := f.b.store.Commit(ctx, store.Batch{Feeds: []store.Append{add}, Parts: partsB, Cosigs: cosig}); err != nil {
			return err
		}
		return f.b.journal.Record(journal.Entry{Role: journal.Receipt, Head: head})
	})
	if err != nil {
		return err
	}
	if err = f.timed("verify", func() error {
		_, err := feed.OpenCosignature(lines, "BBB/receipt", f.receipt.Public(), head)
		return err
	}); err != nil {
		return err
	}
	return f.timed("disk", func() error { return f.a.store.Commit(ctx, store.Batch{Cosigs: cosig}) })
}
