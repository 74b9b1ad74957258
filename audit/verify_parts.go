package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"detente/internal/store"
	"detente/note"
	"detente/register"
	"detente/seal"
)

// PlainAAD is what a plaintext at rest is bound to: the payload that it was
// sealed in. seal.Box takes it beside the text.
func PlainAAD(sealed note.Digest) []byte { return sealed[:] }

// PartPath returns the file in dir that keeps a sealed payload.
func PartPath(dir string, sealed note.Digest) string {
	return filepath.Join(dir, hex.EncodeToString(sealed[:]))
}

const partAgain = "ask the other side for the payload again"

// payloads verifies the payloads of a range, and opens the moves for the fold.
func (f *feedCheck) payloads(r *leafRange) error {
	for i := range r.leaves {
		l := &r.leaves[i]
		if h := l.leaf.Header; h != nil {
			l.opened = register.Opened{Header: h, Trouble: register.Sealed}
			if h.For(f.Party) {
				l.opened.Trouble = register.Missing
			}
		}
	}
	found := map[uint64]int{}
	err := f.Store.EachPartSum(f.ctx, f.origin, r.from, r.to, func(p store.PartSum) error {
		l := &r.leaves[p.ID.Index-r.from]
		if l.leaf.Header == nil {
			return nil
		}
		want, ok := l.leaf.Header.Part(p.Name)
		if !ok || want.Sealed != p.Digest || want.Size != p.Size {
			f.find(partName(p.Part), "the note names no such payload, or another digest or size for it", "the note is sound: put a backup in the place of the ledger and recover")
			return nil
		}
		found[p.ID.Index]++
		f.payload(l, want, p)
		return nil
	})
	if err != nil {
		return err
	}
	for i := range r.leaves {
		l, index := &r.leaves[i], r.from+uint64(i)
		if h := l.leaf.Header; h != nil && h.For(f.Party) && found[index] < len(h.Parts) {
			f.find(fmt.Sprintf("leaf %d of %s", index, f.origin), fmt.Sprintf("it names %d payloads, and the ledger knows of %d", len(h.Parts), found[index]),
				"put a backup in the place of the ledger and recover")
			l.spoilt = true
		}
	}
	return nil
}

func partName(p store.Part) string {
	return fmt.Sprintf("payload %s (%s of %s)", p.Digest, p.Name, p.ID)
}

// payload verifies one payload in whatever state it is.
func (f *feedCheck) payload(l *readLeaf, want note.Part, sum store.PartSum) {
	p, sound := sum.Part, true
	f.count(func(r *Report) {
		switch p.State {
		case store.Missing:
			r.Payloads.Missing++
		case store.Held:
			r.Payloads.Held++
		case store.InFile:
			r.Payloads.InFiles++
		case store.Erased:
			r.Payloads.Erased++
		}
	})
	switch p.State {
	case store.Held:
		if err := checkSealed(want, sum); err != nil {
			f.find(partName(p), err.Error(), partAgain)
			l.spoilt = l.spoilt || p.Name == note.PartMove && p.Plain == nil
			sound = false
		}
	case store.InFile:
		if err := f.file(want); err != nil {
			f.find(partName(p), err.Error(), partAgain)
			return
		}
	case store.Erased:
		if sum.Stored > 0 || p.Plain != nil {
			f.find(partName(p), "it is erased, but bytes of it are still there", "erase it again")
		}
		return
	case store.Missing:
		return
	default:
		f.find(partName(p), fmt.Sprintf("its state, %d, is none that there is", p.State), partAgain)
		return
	}
	f.plain(l, want, p, sound)
}

// checkSealed checks sealed bytes, read to their digest, against the part that
// a header names.
func checkSealed(want note.Part, p store.PartSum) error {
	switch {
	case p.Stored != want.Size:
		return fmt.Errorf("%d bytes; the header says %d", p.Stored, want.Size)
	case p.Sum != want.Sealed:
		return errors.New("the bytes are not those that the header names")
	}
	return nil
}

// plain verifies what is at rest against the header, opens the seal again
// where that was asked and its bytes are sound, and makes of a move what is
// folded.
func (f *feedCheck) plain(l *readLeaf, want note.Part, p store.Part, sound bool) {
	h := l.leaf.Header
	var plain []byte
	if p.Plain != nil && f.Box != nil {
		var err error
		if plain, err = f.Box.UnwrapInPlace(p.Plain, PlainAAD(p.Digest)); err == nil {
			err = CheckPlain(h, p.Name, plain)
		}
		f.count(func(r *Report) { r.Payloads.Plain++ })
		if err != nil {
			f.find("plaintext at rest of "+partName(p), err.Error(), "open the sealed payload again")
			plain, l.spoilt = nil, true
		}
	}
	addressed := h.For(f.Party)
	if !addressed {
		return
	}
	if unread := p.Name == note.PartMove && plain == nil; p.State == store.Held && sound && len(f.Openers) > 0 && (f.Seals || unread) {
		full, err := f.Store.Part(p.Digest)
		if err != nil {
			f.failed(partName(p), err)
			return
		}
		p.Sealed = full.Sealed
	}
	if f.Seals && sound {
		f.unseal(want, p, plain != nil)
	}
	if p.Name != note.PartMove {
		return
	}
	l.opened.Trouble = register.Unreadable
	if c, ok := h.Part(note.PartContent); ok {
		l.opened.Content = c.Plain
	}
	if plain == nil && p.Sealed != nil {
		plain, _ = f.open(p.Sealed, int(note.PaddedSize(note.MaxMove)))
	}
	if plain != nil {
		if o, err := OpenMove(h, plain); err == nil {
			l.opened = o
		}
	}
}

// unseal opens a seal again. A payload that does not open is unreadable, which
// is its author's affair, unless it has been opened before.
func (f *feedCheck) unseal(want note.Part, p store.Part, known bool) {
	var sum note.Digest
	var err error
	if p.State == store.InFile {
		sum, err = f.openFile(want)
	} else if p.Sealed != nil {
		var plain []byte
		if plain, err = f.open(p.Sealed, len(p.Sealed)); err == nil {
			sum = note.Sum(plain)
		}
	} else {
		err = errNoKey
	}
	switch {
	case err == nil && sum == want.Plain:
		f.count(func(r *Report) { r.Payloads.Opened++ })
	case err == nil:
		f.find(partName(p), fmt.Sprintf("the seal opens, but on a text with the digest %s; the note names %s", sum, want.Plain),
			"its author sealed another text than it signed: tell it so, and keep the bytes as the proof")
	case known:
		f.find(partName(p), "it was opened once, and does not open with the seal keys of this node: "+err.Error(), "put the former seal keys back")
	default:
		f.count(func(r *Report) { r.Payloads.Sealed++ })
	}
}

var errNoKey = errors.New("no seal key of this node opens it")

// open tries every seal key, the newest first.
func (f *feedCheck) open(sealed []byte, limit int) ([]byte, error) {
	err := errNoKey
	for _, o := range f.Openers {
		var plain []byte
		if plain, err = o.Open(sealed, limit); err == nil {
			return plain, nil
		}
		var other *seal.NotForUs
		if !errors.As(err, &other) {
			break
		}
	}
	return nil, err
}

// file verifies a payload that is kept in a file.
func (f *feedCheck) file(want note.Part) error {
	if f.Parts == "" {
		return nil
	}
	file, err := os.Open(PartPath(f.Parts, want.Sealed))
	if err != nil {
		return fmt.Errorf("its file is not there: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(file, int64(want.Size)+1))
	switch {
	case err != nil:
		return fmt.Errorf("its file cannot be read: %w", err)
	case uint64(n) != want.Size:
		return fmt.Errorf("its file is not of %d bytes, as the header says", want.Size)
	case note.Digest(h.Sum(nil)) != want.Sealed:
		return errors.New("the bytes in its file are not those that the header names")
	}
	return nil
}

func (f *feedCheck) openFile(want note.Part) (sum note.Digest, err error) {
	err = errNoKey
	for _, o := range f.Openers {
		if sum, err = openFileWith(o, PartPath(f.Parts, want.Sealed)); err == nil {
			return sum, nil
		}
		var other *seal.NotForUs
		if !errors.As(err, &other) {
			break
		}
	}
	return sum, err
}

func openFileWith(o *seal.Opener, path string) (sum note.Digest, err error) {
	file, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer file.Close()
	plain, err := o.OpenStream(file)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, plain); err != nil {
		return sum, err
	}
	return note.Digest(h.Sum(nil)), nil
}
