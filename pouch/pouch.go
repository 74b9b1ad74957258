// Package pouch defines the one transport format of Détente: what is posted
// over the line and what a courier carries as a file are the same bytes.
//
// A pouch is
//
//	detente/pouch/v1 LF
//	record*
//	end record
//
// and a record is
//
//	type    1 byte
//	length  4 bytes, big endian
//	body    length bytes
//
// The types and their limits stand in one table, see [Types]. The last record
// is of type end; its body is the SHA-256 of everything before it, first line
// included. The digest finds damage and a cut-off file; it authenticates
// nothing. Everything in a pouch that matters is signed or hashed on its own,
// so a pouch may be late, repeated, reordered or put together by anyone.
//
// A reader MUST refuse a pouch with an unknown type, a body beyond the type's
// limit, more than [MaxRecords] records, a wrong or missing end, or bytes after
// the end. It sees records before it has seen the end: what it does with them
// must be safe if the pouch turns out to be cut off, which holds for records
// that are checked one by one.
//
// Integers in bodies are big endian. Strings are preceded by their length in
// two bytes. Lists are not preceded by a count unless said so: they end with
// the body.
//
// The package does framing only: it verifies no signature and no hash but its
// own.
package pouch

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Magic is the first line of a pouch.
const Magic = "detente/pouch/v1\n"

// Limits of a pouch. A record of 256 leaves may be longer than MaxBody; it is
// then split, see [Leaves].
const (
	MaxRecords = 200_000
	MaxBody    = 1<<20 + 64<<10 // any body, in bytes
	headerSize = 5
	EndSize    = headerSize + sha256.Size // the end record
)

// A Type says what a record holds.
type Type byte

// The types of record. Their numbers are part of the format.
const (
	TypeEnd     Type = 0
	TypeHave    Type = 1
	TypeDoc     Type = 2
	TypeHead    Type = 3
	TypeLeaves  Type = 4
	TypePart    Type = 5
	TypeReceipt Type = 6
	TypeFork    Type = 7
)

// A TypeInfo is one row of the table of types.
type TypeInfo struct {
	Type Type
	Name string
	Max  int // greatest body, bytes
	Doc  string
}

// Types is the table of record types: what the writer, the reader and the
// reference go by.
var Types = []TypeInfo{
	{TypeEnd, "end", sha256.Size, "SHA-256 of everything before this record"},
	{TypeHave, "have", 1 << 20, "what the sender holds and wants: canonical JSON, see Have"},
	{TypeDoc, "doc", 256 << 10, "a signed text: credence, charter, amendment or closing"},
	{TypeHead, "head", 64 << 10, "a signed checkpoint; it may carry cosignatures"},
	{TypeLeaves, "leaves", MaxBody, "consecutive entries of one feed, see Leaves"},
	{TypePart, "part", chunkHeader + MaxChunk, "a piece of a sealed payload, see Chunk"},
	{TypeReceipt, "receipt", 64 << 10, "signature lines on a head under a name of their own, see Receipt"},
	{TypeFork, "fork", 384 << 10, "a portable proof that a feed has forked, or of misconduct"},
}

// lookup returns the row of t; every type of the table stands at its number.
func lookup(t Type) (TypeInfo, bool) {
	if int(t) < len(Types) {
		return Types[t], true
	}
	return TypeInfo{}, false
}

func (t Type) String() string {
	if info, ok := lookup(t); ok {
		return info.Name
	}
	return fmt.Sprintf("type %d", byte(t))
}

// A Record is one framed item.
type Record struct {
	Type Type
	Body []byte
}

// check applies the table's limits.
func check(t Type, length int64) error {
	info, ok := lookup(t)
	if !ok {
		return fmt.Errorf("unknown record type %d", byte(t))
	}
	if length > int64(info.Max) {
		return fmt.Errorf("a %s record of %d bytes is over the limit of %d", info.Name, length, info.Max)
	}
	if t == TypeEnd && length != sha256.Size {
		return fmt.Errorf("an end record of %d bytes: want %d", length, sha256.Size)
	}
	return nil
}

// A Writer writes one pouch.
type Writer struct {
	w       io.Writer
	sum     hash.Hash
	records int
	size    int64
	err     error
}

// NewWriter starts a pouch on w. Nothing is written before the first Put or
// Close. The caller buffers w where that pays.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, sum: sha256.New()}
}

// Put writes one record. A record that breaks a limit is refused and not
// written, and the pouch goes on; after a failed write every later call fails.
func (w *Writer) Put(r Record) error {
	if w.err != nil {
		return w.err
	}
	if r.Type == TypeEnd {
		return errors.New("pouch: the end record is written by Close")
	}
	if err := check(r.Type, int64(len(r.Body))); err != nil {
		return fmt.Errorf("pouch: not written: %w", err)
	}
	if w.records == MaxRecords {
		return fmt.Errorf("pouch: not written: a pouch has at most %d records", MaxRecords)
	}
	w.records++
	return w.put(r)
}

// Size returns the number of bytes written so far. The end record will take
// another EndSize bytes.
func (w *Writer) Size() int64 { return w.size }

// Close writes the end record. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if err := w.start(); err != nil {
		return err
	}
	if err := w.put(Record{TypeEnd, w.sum.Sum(nil)}); err != nil {
		return err
	}
	w.err = errors.New("pouch: already closed")
	return nil
}

func (w *Writer) start() error {
	if w.size > 0 {
		return nil
	}
	return w.write([]byte(Magic))
}

func (w *Writer) put(r Record) error {
	if err := w.start(); err != nil {
		return err
	}
	var h [headerSize]byte
	h[0] = byte(r.Type)
	binary.BigEndian.PutUint32(h[1:], uint32(len(r.Body)))
	if err := w.write(h[:]); err != nil {
		return err
	}
	return w.write(r.Body)
}

func (w *Writer) write(b []byte) error {
	n, err := w.w.Write(b)
	w.size += int64(n)
	w.sum.Write(b[:n])
	if err != nil {
		w.err = fmt.Errorf("write pouch: %w: the pouch is cut off after %d bytes and will be refused; write it again", err, w.size)
	}
	return w.err
}

// A Reader reads one pouch.
type Reader struct {
	r       io.Reader
	left    int64 // bytes that may still be read
	max     int64
	sum     hash.Hash
	records int
	offset  int64
	started bool
	err     error
}

// NewReader reads a pouch of at most max bytes from r. It reads no more than
// the pouch and one byte after it.
func NewReader(r io.Reader, max int64) *Reader {
	return &Reader{r: r, left: max, max: max, sum: sha256.New()}
}

// Next returns the next record; its body is the caller's to keep. It returns
// io.EOF only after a valid end record and the end of the input: any other end
// is an error, and so is every call after an error.
func (r *Reader) Next() (Record, error) {
	if r.err != nil {
		return Record{}, r.err
	}
	rec, err := r.next()
	if err != nil && err != io.EOF {
		err = fmt.Errorf("read pouch, record %d at byte %d: %w", r.records+1, r.offset, err)
	}
	if err != nil {
		r.err = err
		return Record{}, err
	}
	r.records++
	return rec, nil
}

// Records returns the number of records read so far.
func (r *Reader) Records() int { return r.records }

func (r *Reader) next() (Record, error) {
	if !r.started {
		first, err := r.read(len(Magic))
		if err != nil {
			return Record{}, fmt.Errorf("first line: %w", err)
		}
		if string(first) != Magic {
			return Record{}, fmt.Errorf("not a pouch: it does not begin with %q", Magic)
		}
		r.sum.Write(first)
		r.offset, r.started = int64(len(Magic)), true
	}
	h, err := r.read(headerSize)
	if err != nil {
		return Record{}, err
	}
	t, length := Type(h[0]), int64(binary.BigEndian.Uint32(h[1:]))
	if err := check(t, length); err != nil {
		return Record{}, err
	}
	if t != TypeEnd && r.records == MaxRecords {
		return Record{}, fmt.Errorf("more than %d records", MaxRecords)
	}
	body, err := r.read(int(length))
	if err != nil {
		return Record{}, err
	}
	if t == TypeEnd {
		return Record{}, r.finish(body)
	}
	r.sum.Write(h)
	r.sum.Write(body)
	r.offset += headerSize + length
	return Record{t, body}, nil
}

// finish checks the end record and that nothing follows it.
func (r *Reader) finish(sum []byte) error {
	if subtle.ConstantTimeCompare(sum, r.sum.Sum(nil)) != 1 {
		return errors.New("the digest in the end record is not that of the pouch: it was damaged on the way; ask for it again")
	}
	var one [1]byte
	switch _, err := io.ReadFull(r.r, one[:]); err {
	case nil:
		return errors.New("bytes after the end record")
	case io.EOF:
		return io.EOF
	default:
		return err
	}
}

// read returns the next n bytes. It grows its buffer as bytes arrive: a length
// that the sender does not follow up with bytes costs nothing.
func (r *Reader) read(n int) ([]byte, error) {
	const step = 64 << 10
	if int64(n) > r.left {
		return nil, fmt.Errorf("the pouch is over the limit of %d bytes", r.max)
	}
	buf := make([]byte, min(n, step))
	for have := 0; ; {
		m, err := io.ReadFull(r.r, buf[have:])
		have += m
		r.left -= int64(m)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil, fmt.Errorf("the pouch is cut off: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			return nil, err
		}
		if have == n {
			return buf, nil
		}
		grown := make([]byte, min(n, 4*have))
		copy(grown, buf)
		buf = grown
	}
}
