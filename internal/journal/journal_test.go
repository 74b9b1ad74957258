package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"detente/note"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func origin(party string) string { return note.Origin(party, note.Sum([]byte("channel")), 1) }

func entry(role, party string, size uint64) Entry {
	return Entry{role, note.Head{Origin: origin(party), Root: note.Sum(fmt.Append(nil, party, size)), Size: size}}
}

func create(t testing.TB) (*Journal, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := Create(path, true)
	must(t, err)
	return j, path
}

func reopen(t testing.TB, path string) *Journal {
	t.Helper()
	j, err := Open(path, true)
	must(t, err)
	t.Cleanup(func() { j.Close() })
	return j
}

// last returns everything that the journal remembers.
func last(j *Journal) map[key]note.Head {
	out := map[key]note.Head{}
	for _, role := range []string{Feed, Receipt, Witness} {
		for _, o := range j.Origins(role) {
			size, root, ok := j.Last(role, o)
			if ok {
				out[key{role, o}] = note.Head{Origin: o, Root: root, Size: size}
			}
		}
	}
	return out
}

func TestRecord(t *testing.T) {
	j, path := create(t)
	must(t, j.Record(entry(Feed, "PAK", 1), entry(Receipt, "IRN", 4), entry(Feed, "PAK", 2)))
	must(t, j.Record(entry(Feed, "PAK", 9)))
	must(t, j.Record(entry(Feed, "PAK", 9))) // again: nothing to write
	must(t, j.Record())
	want := map[key]note.Head{{Feed, origin("PAK")}: entry(Feed, "PAK", 9).Head, {Receipt, origin("IRN")}: entry(Receipt, "IRN", 4).Head}
	if got := last(j); !reflect.DeepEqual(got, want) {
		t.Errorf("remembers %v", got)
	}
	must(t, j.Close())
	if err := j.Record(entry(Feed, "PAK", 10)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("recorded after close: %v", err)
	}
	data, err := os.ReadFile(path)
	must(t, err)
	if n := bytes.Count(data, []byte{'\n'}); n != 4 {
		t.Errorf("%d lines, want 4:\n%s", n, data)
	}
	j = reopen(t, path)
	if got := last(j); !reflect.DeepEqual(got, want) || j.Torn() != "" {
		t.Errorf("remembers %v; %s", got, j.Torn())
	}
	if size, _, ok := j.Last(Witness, origin("PAK")); ok {
		t.Errorf("a role that never signed is at %d", size)
	}
}

func TestNeverBack(t *testing.T) {
	j, path := create(t)
	must(t, j.Record(entry(Feed, "PAK", 5)))
	other := entry(Feed, "PAK", 5)
	other.Head.Root = note.Sum(nil)
	for _, e := range []Entry{entry(Feed, "PAK", 4), other} {
		var back *BackError
		if err := j.Record(entry(Feed, "IRN", 1), e); !errors.As(err, &back) || back.Last.Size != 5 {
			t.Errorf("size %d: %v", e.Head.Size, err)
		}
	}
	var back *BackError
	if err := j.Record(entry(Feed, "PAK", 7), entry(Feed, "PAK", 6)); !errors.As(err, &back) {
		t.Errorf("back within one call: %v", err)
	}
	for _, e := range []Entry{entry("lord", "PAK", 9), {Feed, note.Head{Origin: "PAK\n", Size: 9}}, entry(Feed, "PAK", 1<<53)} {
		if err := j.Record(e); err == nil {
			t.Errorf("recorded %v", e)
		}
	}
	must(t, j.Close())
	if got := last(reopen(t, path)); len(got) != 1 {
		t.Errorf("remembers %v", got)
	}
}

// A crash may cut the last line at any byte. It is dropped, and the next line
// does not run into what is left of it.
func TestTornAtEveryByte(t *testing.T) {
	j, path := create(t)
	must(t, j.Record(entry(Feed, "PAK", 1)))
	keep, err := os.ReadFile(path)
	must(t, err)
	must(t, j.Record(entry(Feed, "PAK", 2)))
	must(t, j.Close())
	whole, err := os.ReadFile(path)
	must(t, err)
	for cut := len(keep); cut <= len(whole); cut++ {
		must(t, os.WriteFile(path, whole[:cut], 0o600))
		j, err := Open(path, true)
		must(t, err)
		want := uint64(1)
		if cut == len(whole) {
			want = 2
		}
		if size, _, ok := j.Last(Feed, origin("PAK")); !ok || size != want {
			t.Fatalf("cut at %d: last is %d, want %d", cut, size, want)
		}
		if torn := cut > len(keep) && cut < len(whole); (j.Torn() != "") != torn {
			t.Fatalf("cut at %d: torn is %q", cut, j.Torn())
		}
		must(t, j.Record(entry(Feed, "PAK", 3)))
		must(t, j.Close())
		j, err = Open(path, true)
		must(t, err)
		if size, _, _ := j.Last(Feed, origin("PAK")); size != 3 || j.Torn() != "" {
			t.Fatalf("cut at %d: after one more the last is %d; %s", cut, size, j.Torn())
		}
		must(t, j.Close())
	}
}

// Any change of a byte before the last line feed is found, and the line named.
func TestDamageAtEveryByte(t *testing.T) {
	j, path := create(t)
	must(t, j.Record(entry(Feed, "PAK", 1), entry(Receipt, "IRN", 2), entry(Witness, "TUR", 3)))
	must(t, j.Close())
	whole, err := os.ReadFile(path)
	must(t, err)
	for i := range whole[:len(whole)-1] {
		bad := bytes.Clone(whole)
		bad[i] ^= 1
		must(t, os.WriteFile(path, bad, 0o600))
		line := fmt.Sprintf("line %d is damaged", 1+bytes.Count(whole[:i], []byte{'\n'}))
		if _, err := Open(path, true); err == nil || !strings.Contains(err.Error(), line) {
			t.Fatalf("byte %d: %v, want %q", i, err, line)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, bad) {
			t.Fatalf("byte %d: the damaged file was changed", i)
		}
	}
	swapped := bytes.SplitAfter(whole, []byte{'\n'})
	again := bytes.Join([][]byte{whole, swapped[0]}, nil)
	must(t, os.WriteFile(path, again, 0o600))
	if _, err := Open(path, true); err == nil || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("a line that goes back: %v", err)
	}
}

func TestLostOrThere(t *testing.T) {
	_, path := create(t)
	if _, err := Create(path, true); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made over another: %v", err)
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	must(t, os.Remove(path))
	if _, err := Open(path, true); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "lost") {
		t.Errorf("opened what is lost: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("Open made a journal")
	}
}

// grown makes a journal above the size at which Open compacts it.
func grown(t *testing.T, path string) map[key]note.Head {
	var buf []byte
	for size := uint64(1); len(buf) <= compactAt; size++ {
		buf = appendLine(buf, entry(Feed, "PAK", size))
		buf = appendLine(buf, entry(Receipt, "IRN", size))
	}
	must(t, os.WriteFile(path, buf, 0o600))
	last, _, err := parse(buf)
	must(t, err)
	return last
}

func TestCompaction(t *testing.T) {
	j, path := create(t)
	must(t, j.Close())
	for _, tail := range []string{"", "v1 feed PAK/torn"} {
		want := grown(t, path)
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString(tail)
		must(t, errors.Join(err, f.Close()))
		// What an earlier compaction left behind when it crashed.
		must(t, os.WriteFile(path+".tmp", bytes.Repeat([]byte("half a line"), 100_000), 0o600))

		j, err := Open(path, true)
		must(t, err)
		if (j.Torn() != "") != (tail != "") {
			t.Errorf("torn is %q", j.Torn())
		}
		info, err := os.Stat(path)
		must(t, err)
		if info.Size() > 1024 {
			t.Errorf("%d bytes after compaction", info.Size())
		}
		if _, err := os.Stat(path + ".tmp"); err == nil {
			t.Error("the second file is still there")
		}
		next := entry(Feed, "PAK", 1_000_000)
		must(t, j.Record(next))
		must(t, j.Close())
		want[key{Feed, origin("PAK")}] = next.Head
		if got := last(reopen(t, path)); !reflect.DeepEqual(got, want) {
			t.Errorf("remembers %v, want %v", got, want)
		}
	}
}

// Until the rename the old file is the journal, whatever became of the new.
func TestCompactionThatFails(t *testing.T) {
	j, path := create(t)
	must(t, j.Close())
	grown(t, path)
	before, err := os.ReadFile(path)
	must(t, err)
	must(t, os.Mkdir(path+".tmp", 0o700)) // the second file cannot be made
	if _, err := Open(path, true); err == nil {
		t.Fatal("opened")
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the journal changed: %v", err)
	}
	must(t, os.Remove(path+".tmp"))
	reopen(t, path)
}

func TestFailedWrite(t *testing.T) {
	j, path := create(t)
	must(t, j.Record(entry(Feed, "PAK", 1)))
	good := j.f
	bad, err := os.Open(path) // cannot be written to
	must(t, err)
	j.f = bad
	err = j.Record(entry(Feed, "PAK", 2))
	if err == nil || !strings.Contains(err.Error(), "must not leave") {
		t.Errorf("record: %v", err)
	}
	if size, _, _ := j.Last(Feed, origin("PAK")); size != 1 {
		t.Errorf("last is %d", size)
	}
	// Neither could it be cut off, so nothing more may be written behind it.
	j.f = good
	if err := j.Record(entry(Feed, "PAK", 2)); err == nil {
		t.Error("went on after a write that may stand half-way")
	}
	must(t, bad.Close())
	must(t, j.Close())
	must(t, reopen(t, path).Record(entry(Feed, "PAK", 2)))
}

// A full disk, /dev/full, takes nothing.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	j, path := create(t)
	must(t, j.Record(entry(Feed, "PAK", 1)))
	good := j.f
	j.f = full
	if err := j.Record(entry(Feed, "PAK", 2)); err == nil || !strings.Contains(err.Error(), "all earlier ones are kept") {
		t.Errorf("record: %v", err)
	}
	must(t, good.Close())
	if size, _, _ := reopen(t, path).Last(Feed, origin("PAK")); size != 1 {
		t.Errorf("last is %d", size)
	}
}

func TestConcurrentRecord(t *testing.T) {
	j, path := create(t)
	var wg sync.WaitGroup
	for _, party := range []string{"AAA", "BBB", "CCC", "DDD"} {
		wg.Go(func() {
			for size := range uint64(20) {
				if err := j.Record(entry(Receipt, party, size+1)); err != nil {
					t.Error(err)
				}
				if got, _, _ := j.Last(Receipt, origin(party)); got != size+1 {
					t.Errorf("%s is at %d, want %d", party, got, size+1)
				}
			}
		})
	}
	wg.Wait()
	must(t, j.Close())
	for k, h := range last(reopen(t, path)) {
		if h.Size != 20 {
			t.Errorf("%v is at %d", k, h.Size)
		}
	}
}

// FuzzParse checks that what is read is exactly what would be written.
func FuzzParse(f *testing.F) {
	one := appendLine(nil, entry(Feed, "PAK", 1))
	f.Add(one)
	f.Add(appendLine(one, entry(Feed, "PAK", 2)))
	f.Fuzz(func(t *testing.T, data []byte) {
		last, good, err := parse(data)
		if err != nil {
			return
		}
		if good > len(data) || (good > 0 && data[good-1] != '\n') || bytes.Contains(data[good:], []byte{'\n'}) {
			t.Fatalf("good to %d of %d", good, len(data))
		}
		for line := range bytes.Lines(data[:good]) {
			e, err := parseLine(bytes.TrimSuffix(line, []byte{'\n'}))
			if err != nil || !bytes.Equal(appendLine(nil, e), line) {
				t.Fatalf("%q is read as %v, %v", line, e, err)
			}
			if last[key{e.Role, e.Head.Origin}].Size < e.Head.Size {
				t.Fatalf("forgot %q", line)
			}
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	j, _ := create(b)
	for size := uint64(1); b.Loop(); size++ {
		must(b, j.Record(entry(Feed, "PAK", size), entry(Receipt, "IRN", size)))
	}
}
