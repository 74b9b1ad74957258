package pouch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"detente/internal/jcs"
	"detente/note"
)

// Limits inside records.
const (
	MaxWants  = 4096
	MaxFeeds  = 1024
	MaxString = 512 // an origin, a signer's name
	MaxLeaves = 256 // in one record, as in an entry bundle of C2SP tlog-tiles
	MaxChunk  = 1 << 20
	// MaxSealed bounds a whole sealed payload: the greatest attachment and
	// what sealing adds to it.
	MaxSealed = note.MaxAttachment + 1<<20

	chunkHeader = len(note.Digest{}) + 8 + 8
)

// Have says what the sender holds of a channel and what it wants. It is how an
// exchange starts, and the line it ends with.
type Have struct {
	Channel note.Digest   `json:"channel"`
	Feeds   []FeedHave    `json:"feeds"` // sorted by origin
	From    string        `json:"from"`  // the sender's party code
	Nonce   string        `json:"nonce,omitempty"`
	Wants   []note.Digest `json:"wants"` // sealed digests of the parts asked for
}

// FeedHave is what the sender holds of one feed: the first Size leaves, whose
// root is Root, and the size of the greatest head of it that the sender knows
// a receipt for.
type FeedHave struct {
	Origin    string      `json:"origin"`
	Receipted uint64      `json:"receipted"`
	Root      note.Digest `json:"root"`
	Size      uint64      `json:"size"`
}

func (h Have) check() error {
	if len(h.Wants) > MaxWants {
		return fmt.Errorf("have record: %d wants: at most %d", len(h.Wants), MaxWants)
	}
	if len(h.Feeds) > MaxFeeds {
		return fmt.Errorf("have record: %d feeds: at most %d", len(h.Feeds), MaxFeeds)
	}
	if len(h.Nonce) > MaxString {
		return fmt.Errorf("have record: a nonce of %d bytes: at most %d", len(h.Nonce), MaxString)
	}
	if err := note.CheckParty(h.From); err != nil {
		return fmt.Errorf("have record: %w", err)
	}
	for i, f := range h.Feeds {
		if _, _, _, err := note.ParseOrigin(f.Origin); err != nil {
			return fmt.Errorf("have record: %w", err)
		}
		if i > 0 && h.Feeds[i-1].Origin >= f.Origin {
			return fmt.Errorf("have record: feeds are not sorted by origin, each once: %q", f.Origin)
		}
		if f.Size > jcs.MaxInteger || f.Receipted > jcs.MaxInteger {
			return fmt.Errorf("have record: %s: sizes %d and %d: at most %d", f.Origin, f.Size, f.Receipted, uint64(jcs.MaxInteger))
		}
	}
	return nil
}

// EncodeHave returns the record of h.
func EncodeHave(h Have) (Record, error) {
	if h.Feeds == nil {
		h.Feeds = []FeedHave{}
	}
	if h.Wants == nil {
		h.Wants = []note.Digest{}
	}
	if err := h.check(); err != nil {
		return Record{}, err
	}
	body, err := jcs.Marshal(h)
	return Record{TypeHave, body}, err
}

// DecodeHave reads the body of a have record.
func DecodeHave(body []byte) (Have, error) {
	var h Have
	if len(body) > Types[TypeHave].Max {
		return h, fmt.Errorf("have record: %d bytes: at most %d", len(body), Types[TypeHave].Max)
	}
	if err := jcs.Unmarshal(body, &h); err != nil {
		return Have{}, fmt.Errorf("have record: %w", err)
	}
	if h.Feeds == nil || h.Wants == nil {
		return Have{}, errors.New("have record: feeds and wants must be lists")
	}
	if err := h.check(); err != nil {
		return Have{}, err
	}
	return h, nil
}

// Leaves is a run of consecutive entries of one feed. Its record is
//
//	origin  string
//	start   u64, index of the first entry
//	count   u16, 1 to 256
//	count × (u16 length, entry)
type Leaves struct {
	Origin  string
	Start   uint64
	Entries [][]byte
}

// EncodeLeaves returns the records that carry l: one for each 256 entries or
// MaxBody bytes.
func EncodeLeaves(l Leaves) ([]Record, error) {
	if err := checkRun(l.Origin, l.Start, uint64(len(l.Entries))); err != nil {
		return nil, err
	}
	var out []Record
	for start, rest := l.Start, l.Entries; len(rest) > 0; {
		size := 2 + len(l.Origin) + 8 + 2
		n := 0
		for n < len(rest) && n < MaxLeaves {
			if len(rest[n]) > note.MaxHeader {
				return nil, fmt.Errorf("entry %d of %s has %d bytes: at most %d", start+uint64(n), l.Origin, len(rest[n]), note.MaxHeader)
			}
			if size+2+len(rest[n]) > MaxBody {
				break
			}
			size += 2 + len(rest[n])
			n++
		}
		b := appendString(make([]byte, 0, size), l.Origin)
		b = binary.BigEndian.AppendUint64(b, start)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
		for _, e := range rest[:n] {
			b = binary.BigEndian.AppendUint16(b, uint16(len(e)))
			b = append(b, e...)
		}
		out = append(out, Record{TypeLeaves, b})
		start, rest = start+uint64(n), rest[n:]
	}
	return out, nil
}

// DecodeLeaves reads the body of a leaves record. The entries share its memory.
func DecodeLeaves(body []byte) (Leaves, error) {
	d := decoder{b: body}
	l := Leaves{Origin: d.string(), Start: d.uint64()}
	count := int(d.uint16())
	if d.err == nil && (count == 0 || count > MaxLeaves) {
		d.err = fmt.Errorf("%d entries: want 1 to %d", count, MaxLeaves)
	}
	for range count {
		e := d.bytes(int(d.uint16()))
		if d.err != nil {
			break
		}
		l.Entries = append(l.Entries, e)
	}
	if err := d.end(); err != nil {
		return Leaves{}, fmt.Errorf("leaves record: %w", err)
	}
	if err := checkRun(l.Origin, l.Start, uint64(count)); err != nil {
		return Leaves{}, fmt.Errorf("leaves record: %w", err)
	}
	return l, nil
}

func checkRun(origin string, start, count uint64) error {
	if _, _, _, err := note.ParseOrigin(origin); err != nil {
		return err
	}
	if start > jcs.MaxInteger-count {
		return fmt.Errorf("%s: index %d is too great", origin, start)
	}
	return nil
}

// A Chunk is a piece of one sealed payload. Its record is
//
//	sealed  32 bytes, SHA-256 of the whole payload
//	offset  u64, where Data begins in it
//	total   u64, size of the whole payload
//	data    1 byte to 1 MiB, the rest of the body
type Chunk struct {
	Sealed note.Digest
	Offset uint64
	Total  uint64
	Data   []byte
}

func (c Chunk) check() error {
	switch n := uint64(len(c.Data)); {
	case n == 0 || n > MaxChunk:
		return fmt.Errorf("part record: %d bytes of data: want 1 to %d", n, MaxChunk)
	case c.Total > MaxSealed:
		return fmt.Errorf("part record: a payload of %d bytes: at most %d", c.Total, MaxSealed)
	case c.Offset > c.Total || n > c.Total-c.Offset:
		return fmt.Errorf("part record: %d bytes at %d lie outside a payload of %d", n, c.Offset, c.Total)
	}
	return nil
}

// EncodeChunk returns the record of c. It is written over buf, as far as that
// has the room.
func EncodeChunk(buf []byte, c Chunk) (Record, error) {
	if err := c.check(); err != nil {
		return Record{}, err
	}
	b := slices.Grow(buf[:0], chunkHeader+len(c.Data))
	b = append(b, c.Sealed[:]...)
	b = binary.BigEndian.AppendUint64(b, c.Offset)
	b = binary.BigEndian.AppendUint64(b, c.Total)
	return Record{TypePart, append(b, c.Data...)}, nil
}

// DecodeChunk reads the body of a part record. The data shares its memory.
func DecodeChunk(body []byte) (Chunk, error) {
	d := decoder{b: body}
	c := Chunk{Sealed: d.digest(), Offset: d.uint64(), Total: d.uint64(), Data: d.rest()}
	if err := d.end(); err != nil {
		return Chunk{}, fmt.Errorf("part record: %w", err)
	}
	if err := c.check(); err != nil {
		return Chunk{}, err
	}
	return c, nil
}

// A Receipt carries signature lines on a head under a name other than the
// feed's: a receipt or a witness cosignature. Its record is
//
//	name    string, the signer's name
//	origin  string
//	size    u64
//	root    32 bytes
//	lines   the rest: signature lines of a C2SP signed note
type Receipt struct {
	Name  string
	Head  note.Head
	Lines []byte
}

func (r Receipt) check() error {
	if r.Name == "" || len(r.Name) > MaxString {
		return fmt.Errorf("receipt record: a name of %d bytes: want 1 to %d", len(r.Name), MaxString)
	}
	if err := checkRun(r.Head.Origin, r.Head.Size, 0); err != nil {
		return fmt.Errorf("receipt record: %w", err)
	}
	if len(r.Lines) == 0 {
		return errors.New("receipt record: no signature lines")
	}
	return nil
}

// EncodeReceipt returns the record of r.
func EncodeReceipt(r Receipt) (Record, error) {
	if err := r.check(); err != nil {
		return Record{}, err
	}
	b := appendString(nil, r.Name)
	b = appendString(b, r.Head.Origin)
	b = binary.BigEndian.AppendUint64(b, r.Head.Size)
	b = append(b, r.Head.Root[:]...)
	return Record{TypeReceipt, append(b, r.Lines...)}, nil
}

// DecodeReceipt reads the body of a receipt record. The lines share its memory.
func DecodeReceipt(body []byte) (Receipt, error) {
	d := decoder{b: body}
	r := Receipt{Name: d.string(), Head: note.Head{Origin: d.string(), Size: d.uint64(), Root: d.digest()}, Lines: d.rest()}
	if err := d.end(); err != nil {
		return Receipt{}, fmt.Errorf("receipt record: %w", err)
	}
	if err := r.check(); err != nil {
		return Receipt{}, err
	}
	return r, nil
}

// A decoder takes a body apart; its first failure sticks.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) bytes(n int) []byte {
	if d.err == nil && n > len(d.b) {
		d.err = errors.New("cut off")
	}
	if d.err != nil {
		return nil
	}
	out := d.b[:n:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) rest() []byte { return d.bytes(len(d.b)) }

func (d *decoder) uint16() (n uint16) {
	if b := d.bytes(2); b != nil {
		n = binary.BigEndian.Uint16(b)
	}
	return n
}

func (d *decoder) uint64() (n uint64) {
	if b := d.bytes(8); b != nil {
		n = binary.BigEndian.Uint64(b)
	}
	return n
}

func (d *decoder) digest() (sum note.Digest) {
	copy(sum[:], d.bytes(len(sum)))
	return sum
}

func (d *decoder) string() string {
	n := int(d.uint16())
	if d.err == nil && n > MaxString {
		d.err = fmt.Errorf("a string of %d bytes: at most %d", n, MaxString)
	}
	return string(d.bytes(n))
}

func (d *decoder) end() error {
	if d.err == nil && len(d.b) > 0 {
		return fmt.Errorf("%d bytes too many", len(d.b))
	}
	return d.err
}

// appendString writes a string that has been checked against MaxString.
func appendString(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}
