// Package journal is the signing journal: a small file outside the database
// that remembers what a node's keys have signed.
//
// A database can be restored from a backup. A node that then signed the next
// head at the size where the backup ends would have signed two heads of one
// size: a fork, by accident, and provable for ever. The journal is what tells.
// The order is: commit the leaves and the signature to the database, [Journal.Record]
// (origin, size, root, role), and only then let the signature leave. So
//
//   - a database ahead of its journal means a crash between the two, and the
//     signature that it holds has not left;
//   - a database behind its journal means a restored backup, and the node
//     MUST refuse to sign until it has fetched what it lacks.
//
// The journal MUST NOT be part of a backup of the database.
//
// # Format
//
// Text, one line for each signature:
//
//	v1 ROLE ORIGIN SIZE ROOT CRC LF
//
// ROLE is feed, receipt or witness; SIZE is decimal; ROOT is the RFC 6962 root
// in base64; CRC is the CRC-32C of everything before the space in front of it,
// 8 lower-case hexadecimal digits. Lines of one role and origin never go back
// in size and never have two roots at one size.
//
// What follows the last line feed is a torn write: the crash came before the
// sync, so its signature has not left. Open cuts it off and says so. Any other
// line that does not read is damage, and Open refuses the file and names the
// line.
//
// Open rewrites a file of more than 1 MiB to the last line of each role and
// origin, by way of a second file that is synced and renamed over the first.
package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"detente/note"
)

const (
	// maxFile bounds what Open reads. Open compacts at compactAt, so only a
	// process that signs for very long without a restart grows the file.
	maxFile   = 1 << 30
	compactAt = 1 << 20
)

// A Journal is an open journal. Its methods may be called from many
// goroutines.
type Journal struct {
	path  string
	fsync bool

	mu   sync.Mutex
	f    *os.File
	size int64 // of what is known to be good
	room int64 // up to where the file has room on the disk
	last map[key]note.Head
	err  error // why nothing can be recorded any more
	torn string
}

// Create makes an empty journal at path, which must not exist: an empty
// journal in the place of a lost one would let a node fork its feed.
func Create(path string, fsync bool) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the signing journal: %w", err)
	}
	j := &Journal{path: path, fsync: fsync, f: f, last: map[key]note.Head{}}
	if err := j.syncDir(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// Open opens the journal at path. With fsync, Record returns only once its
// lines are on disk; without, a crash of the machine may lose them: that is
// for simulations. A journal that is not there is an error that wraps
// fs.ErrNotExist, and not made.
func Open(path string, fsync bool) (*Journal, error) {
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the signing journal %s is lost (%w): nothing may be signed in its feeds any more; put it back, or recover", path, err)
	} else if err == nil && info.Size() > maxFile {
		return nil, fmt.Errorf("the signing journal %s has %d bytes: at most %d", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open the signing journal: %w", err)
	}
	last, good, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("signing journal %s: %w; nothing was changed: keep the file, and recover", path, err)
	}
	j := &Journal{path: path, fsync: fsync, size: int64(good), last: last}
	if good < len(data) {
		j.torn = fmt.Sprintf("signing journal %s: dropped the last %d bytes, a line that a crash cut short before its signature left", path, len(data)-good)
	}
	if good > compactAt {
		err = j.compact()
	} else {
		err = j.open(good < len(data))
	}
	if err != nil {
		return nil, fmt.Errorf("signing journal %s: %w", path, err)
	}
	return j, nil
}

// Torn says what Open dropped, or "".
func (j *Journal) Torn() string { return j.torn }

// Last returns what was last signed in a role for an origin.
func (j *Journal) Last(role, origin string) (size uint64, root note.Digest, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	h, ok := j.last[key{role, origin}]
	return h.Size, h.Root, ok
}

// Origins returns the origins that something was signed for in a role, sorted.
func (j *Journal) Origins(role string) (origins []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for k := range j.last {
		if k.role == role {
			origins = append(origins, k.origin)
		}
	}
	slices.Sort(origins)
	return origins
}

// A BackError says that a signature was about to be made that the journal
// forbids: it goes back, or gives a second root to one size. Nothing was
// recorded, and the signature MUST NOT leave.
type BackError struct {
	Entry Entry
	Last  note.Head
}

func (e *BackError) Error() string {
	return fmt.Sprintf("the signing journal forbids to sign %s at %d as %s: it has signed %d with root %s; nothing was recorded; recover first",
		e.Entry.Head.Origin, e.Entry.Head.Size, e.Entry.Role, e.Last.Size, e.Last.Root)
}

const (
	reserveMin = 16 << 10 // the lines of more feeds than one transaction writes
	reserve    = 64 << 10
)

// Reserve sees to it that the disk has room for the next Record. Whoever
// commits to the database calls it before: what is committed and cannot be
// recorded is neither sent nor undone until the node is started again. Where
// the system cannot reserve room, it does nothing.
func (j *Journal) Reserve() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil || !j.fsync || j.size+reserveMin <= j.room {
		return j.err
	}
	if err := preallocate(j.f, j.size, reserve); err != nil {
		return fmt.Errorf("signing journal %s: %w: nothing was signed, and everything earlier is kept; make room and do it again", j.path, err)
	}
	j.room = j.size + reserve
	return nil
}

// Record writes entries with one write and one sync. When it returns nil they
// are on disk; when it returns an error none of them counts, and the
// signatures MUST NOT leave. What is recorded already is not written again.
// After a failed sync the journal takes nothing more until it is opened anew.
func (j *Journal) Record(entries ...Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	var buf []byte
	fresh := map[key]note.Head{}
	for _, e := range entries {
		if err := e.check(); err != nil {
			return fmt.Errorf("signing journal: not recorded: %w", err)
		}
		k := key{e.Role, e.Head.Origin}
		last, ok := fresh[k]
		if !ok {
			last, ok = j.last[k]
		}
		if ok && last == e.Head {
			continue
		}
		if ok && e.Head.Size <= last.Size {
			return &BackError{e, last}
		}
		fresh[k] = e.Head
		buf = appendLine(buf, e)
	}
	if len(buf) == 0 {
		return nil
	}
	if err := j.write(buf); err != nil {
		return err
	}
	for k, h := range fresh {
		j.last[k] = h
	}
	return nil
}

// write appends buf and syncs. A write that fails half-way is cut off again,
// so that the next line does not run into it.
func (j *Journal) write(buf []byte) error {
	if _, err := j.f.WriteAt(buf, j.size); err != nil {
		err = fmt.Errorf("signing journal %s: %w: this signature was not recorded and must not leave; all earlier ones are kept; make room and try again", j.path, err)
		j.room = 0
		if cut := j.f.Truncate(j.size); cut != nil {
			j.err = errors.Join(err, cut)
			return j.err
		}
		return err
	}
	if j.fsync {
		// After a failed sync the system may drop the bytes and say that the
		// next one went well: only reading the file again tells.
		if err := datasync(j.f); err != nil {
			j.err = fmt.Errorf("signing journal %s: sync: %w: this signature must not leave, and nothing more is signed; mend the disk and start again", j.path, err)
			return j.err
		}
	}
	j.size += int64(len(buf))
	return nil
}

// Close closes the file. What was recorded is on disk already.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.err = fmt.Errorf("signing journal %s: %w", j.path, os.ErrClosed)
	}
	return j.f.Close()
}

// open opens the file for writing and cuts a torn line off.
func (j *Journal) open(cut bool) error {
	f, err := os.OpenFile(j.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if cut {
		err = f.Truncate(j.size)
		if err == nil && j.fsync {
			err = f.Sync()
		}
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.f = f
	return nil
}

// compact replaces the file by one that holds the last lines only. Until the
// rename the old file stands as it was; after it, the new one is whole.
func (j *Journal) compact() (err error) {
	var buf []byte
	for k, h := range j.last {
		buf = appendLine(buf, Entry{k.role, h})
	}
	lines := bytes.SplitAfter(buf, []byte{'\n'})
	slices.SortFunc(lines, bytes.Compare)
	buf = bytes.Join(lines, nil)

	tmp := j.path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if _, err := f.Write(buf); err != nil {
		return err
	}
	if j.fsync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, j.path); err != nil {
		return err
	}
	if err := j.syncDir(); err != nil {
		return err
	}
	j.f, j.size = f, int64(len(buf))
	return nil
}

func (j *Journal) syncDir() error {
	if !j.fsync {
		return nil
	}
	d, err := os.Open(filepath.Dir(j.path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
