package house

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"

	"detente/note"
)

// A File is a file that an entry names.
type File struct {
	Boxed  note.Digest `json:"boxed"` // of the bytes on the disk, and its name there
	Name   string      `json:"name"`
	SHA256 note.Digest `json:"sha256"`
	Size   uint64      `json:"size"`
	Type   string      `json:"type"`
}

func (f *File) path(dir string) string { return filepath.Join(dir, f.Boxed.String()) }

// fileAAD binds a boxed file to what it is.
const fileAAD = "detente/house/v1 file"

// Keep boxes a file and stores it. It is nobody's until an entry names it.
func (h *House) Keep(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	plain, err := io.ReadAll(io.LimitReader(f, note.MaxAttachment+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > note.MaxAttachment {
		return nil, fmt.Errorf("%s has more than %d bytes", path, note.MaxAttachment)
	}
	boxed := h.box.Wrap(plain, []byte(fileAAD))
	out := &File{Boxed: note.Sum(boxed), Name: filepath.Base(path), SHA256: note.Sum(plain), Size: uint64(len(plain)), Type: mime.TypeByExtension(filepath.Ext(path))}
	if out.Type == "" {
		out.Type = "application/octet-stream"
	}
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return nil, err
	}
	return out, write(out.path(h.dir), boxed)
}

// write puts bytes in a file that is whole or not there.
func write(path string, b []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".keeping-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	if _, err := tmp.Write(b); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open returns the bytes of a file.
func (h *House) Open(f *File) ([]byte, error) {
	boxed, err := os.ReadFile(f.path(h.dir))
	if err != nil {
		return nil, fmt.Errorf("the file %s is not there: %w; put it back from a copy of the folder", f.Name, err)
	}
	plain, err := h.box.Unwrap(boxed, []byte(fileAAD))
	if err != nil || note.Sum(plain) != f.SHA256 {
		return nil, fmt.Errorf("the file %s was changed on the disk; put it back from a copy of the folder", f.Name)
	}
	return plain, nil
}
