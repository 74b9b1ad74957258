package pouch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"detente/note"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	channel = note.Sum([]byte("channel"))
	pak     = note.Origin("PAK", channel, 1)
	irn     = note.Origin("IRN", channel, 1)
)

func rec(t testing.TB) func(Record, error) Record {
	return func(r Record, err error) Record {
		t.Helper()
		must(t, err)
		return r
	}
}

// sample has a record of every type.
func sample(t testing.TB) []Record {
	ok := rec(t)
	leaves, err := EncodeLeaves(Leaves{pak, 7, [][]byte{[]byte("one"), {}, []byte("three")}})
	must(t, err)
	return append(leaves,
		ok(EncodeHave(Have{Channel: channel, From: "PAK", Nonce: "n", Feeds: []FeedHave{{irn, 3, note.Sum(nil), 4}, {pak, 0, note.Sum(nil), 9}}, Wants: []note.Digest{channel}})),
		Record{TypeDoc, []byte("detente/charter/v1\n{}\n")},
		Record{TypeHead, []byte("origin\n1\nroot\n")},
		ok(EncodeChunk(nil, Chunk{channel, 5, 12, []byte("payload")})),
		ok(EncodeReceipt(Receipt{"IRN/receipt", note.Head{Origin: pak, Root: channel, Size: 10}, []byte("— IRN/receipt AAAA\n")})),
		Record{TypeFork, []byte("detente/fork/v1\n{}\n")},
	)
}

func pack(t testing.TB, records ...Record) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := NewWriter(&buf)
	for _, r := range records {
		must(t, w.Put(r))
	}
	must(t, w.Close())
	if w.Size() != int64(buf.Len()) {
		t.Errorf("the writer says %d bytes of %d", w.Size(), buf.Len())
	}
	return buf.Bytes()
}

func unpack(r io.Reader, max int64) (records []Record, err error) {
	pr := NewReader(r, max)
	for {
		rec, err := pr.Next()
		if err == io.EOF {
			return records, nil
		}
		if err != nil {
			if _, again := pr.Next(); again != err {
				return records, fmt.Errorf("after %w the reader went on: %v", err, again)
			}
			return records, err
		}
		records = append(records, rec)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, records := range [][]Record{nil, sample(t)} {
		b := pack(t, records...)
		for name, r := range map[string]io.Reader{"whole": bytes.NewReader(b), "byte by byte": iotest.OneByteReader(bytes.NewReader(b))} {
			got, err := unpack(r, int64(len(b)))
			if err != nil || !reflect.DeepEqual(got, records) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
		if _, err := unpack(bytes.NewReader(b), int64(len(b)-1)); err == nil || !strings.Contains(err.Error(), "over the limit") {
			t.Errorf("one byte over the limit: %v", err)
		}
	}
}

// The table is indexed by type.
func TestTable(t *testing.T) {
	for i, info := range Types {
		if int(info.Type) != i || info.Name == "" || info.Doc == "" || info.Max <= 0 || info.Max > MaxBody {
			t.Errorf("row %d: %+v", i, info)
		}
	}
	seen := map[Type]bool{TypeEnd: true}
	for _, r := range sample(t) {
		seen[r.Type] = true
	}
	if len(seen) != len(Types) {
		t.Error("the sample lacks a type")
	}
}

func TestCutOffAtEveryByte(t *testing.T) {
	b := pack(t, sample(t)...)
	for n := range b {
		if _, err := unpack(bytes.NewReader(b[:n]), 1<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d of %d: %v", n, len(b), err)
		}
	}
	if _, err := unpack(bytes.NewReader(append(b, 0)), 1<<20); err == nil || !strings.Contains(err.Error(), "after the end") {
		t.Errorf("a byte too many: %v", err)
	}
	lost := errors.New("line lost")
	for _, n := range []int{3, 40, len(b)} {
		if _, err := unpack(io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(lost)), 1<<20); !errors.Is(err, lost) {
			t.Errorf("the line lost at %d: %v", n, err)
		}
	}
}

func TestDamageAtEveryBit(t *testing.T) {
	b := pack(t, sample(t)...)
	for i := range b {
		for bit := range 8 {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << bit
			if _, err := unpack(bytes.NewReader(bad), 1<<20); err == nil {
				t.Fatalf("bit %d of byte %d: not found", bit, i)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	frame := func(typ byte, length uint32, body string) []byte {
		b := append([]byte(Magic), typ)
		return append(binary.BigEndian.AppendUint32(b, length), body...)
	}
	for name, b := range map[string][]byte{
		"another first line": []byte("detente/pouch/v2\n" + strings.Repeat("x", 50)),
		"unknown type":       frame(8, 1, "x"),
		"short end":          frame(0, 31, strings.Repeat("x", 31)),
		"long end":           frame(0, 33, strings.Repeat("x", 33)),
		"long head":          frame(3, 64<<10+1, strings.Repeat("x", 64<<10+1)),
		"absurd length":      frame(5, 1<<32-1, "x"),
	} {
		if _, err := unpack(bytes.NewReader(b), 1<<40); err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := NewWriter(io.Discard)
	for name, r := range map[string]Record{"end": {TypeEnd, make([]byte, 32)}, "unknown": {99, nil}, "long": {TypeHead, make([]byte, 64<<10+1)}} {
		if err := w.Put(r); err == nil {
			t.Errorf("wrote: %s", name)
		}
	}
	must(t, w.Put(Record{TypeHead, nil})) // a refused record does not end the pouch
	must(t, w.Close())
	if w.Put(Record{TypeHead, nil}) == nil || w.Close() == nil {
		t.Error("wrote after the end")
	}
}

func TestManyRecords(t *testing.T) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	for range MaxRecords {
		must(t, w.Put(Record{TypeDoc, nil}))
	}
	if err := w.Put(Record{TypeDoc, nil}); err == nil {
		t.Error("wrote one record too many")
	}
	must(t, w.Close())
	if got, err := unpack(&buf, 1<<30); err != nil || len(got) != MaxRecords {
		t.Errorf("%d records, %v", len(got), err)
	}
	empty := []byte{byte(TypeDoc), 0, 0, 0, 0}
	flood := append([]byte(Magic), bytes.Repeat(empty, MaxRecords+1)...)
	if got, err := unpack(bytes.NewReader(flood), 1<<30); len(got) != MaxRecords || err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// A length costs nothing before its bytes have come.
func TestAbsurdLengthsAllocateNothing(t *testing.T) {
	head := binary.BigEndian.AppendUint32(append([]byte(Magic), byte(TypePart)), uint32(Types[TypePart].Max))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		if _, err := unpack(bytes.NewReader(head), 1<<30); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if per := (after.TotalAlloc - before.TotalAlloc) / 1000; per > 80<<10 {
		t.Errorf("%d bytes for a body of none", per)
	}
}

func TestWriterSaysWhatWasWritten(t *testing.T) {
	full := errors.New("disk full")
	w := NewWriter(&limited{100, full})
	err := w.Put(Record{TypeDoc, make([]byte, 200)})
	if !errors.Is(err, full) || !strings.Contains(err.Error(), "after 100 bytes") {
		t.Errorf("put: %v", err)
	}
	if err := w.Close(); !errors.Is(err, full) {
		t.Errorf("close: %v", err)
	}
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	if l.left -= n; n < len(b) {
		return n, l.err
	}
	return n, nil
}

// FuzzReader checks that whatever is accepted is exactly what would be
// written, and that the typed decoders agree with their encoders.
func FuzzReader(f *testing.F) {
	f.Add(pack(f))
	f.Add(pack(f, sample(f)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		records, err := unpack(bytes.NewReader(b), 1<<22)
		for _, r := range records {
			decode(t, r)
		}
		if err == nil && !bytes.Equal(pack(t, records...), b) {
			t.Error("accepted what it would not write")
		}
	})
}

// FuzzRecord does so for single bodies, which the digest of a pouch does not
// keep the fuzzer from changing.
func FuzzRecord(f *testing.F) {
	for _, r := range sample(f) {
		f.Add(byte(r.Type), r.Body)
	}
	f.Fuzz(func(t *testing.T, typ byte, body []byte) { decode(t, Record{Type(typ), body}) })
}

func decode(t *testing.T, r Record) {
	var again Record
	var err error
	switch r.Type {
	case TypeHave:
		var h Have
		if h, err = DecodeHave(r.Body); err == nil {
			again, err = EncodeHave(h)
			must(t, err)
		}
	case TypeLeaves:
		var l Leaves
		if l, err = DecodeLeaves(r.Body); err == nil {
			all, err := EncodeLeaves(l)
			must(t, err)
			if len(all) != 1 {
				t.Fatalf("%d records of one", len(all))
			}
			again = all[0]
		}
	case TypePart:
		var c Chunk
		if c, err = DecodeChunk(r.Body); err == nil {
			again, err = EncodeChunk(nil, c)
			must(t, err)
		}
	case TypeReceipt:
		var c Receipt
		if c, err = DecodeReceipt(r.Body); err == nil {
			again, err = EncodeReceipt(c)
			must(t, err)
		}
	default:
		return
	}
	if err == nil && !bytes.Equal(again.Body, r.Body) {
		t.Errorf("%s: accepted %q, would write %q", r.Type, r.Body, again.Body)
	}
}

func BenchmarkPouch(b *testing.B) {
	body := make([]byte, 2048)
	records := make([]Record, 128)
	for i := range records {
		records[i] = rec(b)(EncodeChunk(nil, Chunk{channel, 0, 2048, body}))
	}
	data := pack(b, records...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := unpack(bytes.NewReader(data), 1<<30); err != nil {
			b.Fatal(err)
		}
	}
}
