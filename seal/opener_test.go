package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"
)

// crafted is a recipient that writes whatever stanzas a test wants.
type crafted func(fileKey []byte) []*age.Stanza

func (c crafted) Wrap(fileKey []byte) ([]*age.Stanza, error) { return c(fileKey), nil }

// unlabelled hides that a recipient must not be mixed with others.
func unlabelled(t testing.TB, r age.Recipient) crafted {
	return func(fileKey []byte) []*age.Stanza {
		s, err := r.Wrap(fileKey)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func encrypt(t testing.TB, plain string, to ...age.Recipient) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := age.Encrypt(&file, to...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, plain); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestOpenWhatStockAgeSealed(t *testing.T) {
	a, b := newIdentity(t), newIdentity(t)
	sealed := encrypt(t, "words", b.age.Recipient(), a.age.Recipient())
	if got, err := NewOpener(a).Open(sealed, 5); err != nil || string(got) != "words" {
		t.Errorf("Open = %q, %v", got, err)
	}
	_, err := NewOpener(newIdentity(t)).Open(sealed, 5)
	var notForUs *NotForUs
	if !errors.As(err, &notForUs) || notForUs.Stanzas != 2 {
		t.Errorf("a stranger's Open: %v", err)
	}
}

// Files that age itself would open, and that are not allowed here. The opener
// has no identity: if it tried any cryptography, it would panic.
func TestOpenRefusesOtherStanzas(t *testing.T) {
	id := newIdentity(t)
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	password, err := age.NewScryptRecipient("password")
	if err != nil {
		t.Fatal(err)
	}
	password.SetWorkFactor(5)
	hybrid := unlabelled(t, id.age.Recipient())
	x25519 := unlabelled(t, classic.Recipient())
	stanza := func(s age.Stanza) crafted { return func([]byte) []*age.Stanza { return []*age.Stanza{&s} } }
	arg := strings.Repeat("A", encapsulated)
	for _, c := range []struct {
		name, says string
		to         []age.Recipient
	}{
		{"X25519", `stanza 1 is of type "X25519"`, []age.Recipient{x25519}},
		{"scrypt", `stanza 1 is of type "scrypt"`, []age.Recipient{password}},
		{"mixed, the classic one last", `stanza 2 is of type "X25519"`, []age.Recipient{hybrid, x25519}},
		{"mixed, the classic one first", `stanza 1 is of type "X25519"`, []age.Recipient{x25519, hybrid}},
		{"mixed with a passphrase", `stanza 2 is of type "scrypt"`, []age.Recipient{hybrid, unlabelled(t, password)}},
		{"grease", `of type "x-grease"`, []age.Recipient{hybrid, stanza(age.Stanza{Type: "x-grease"})}},
		{"a type that begins alike", `of type "mlkem768x25519x"`, []age.Recipient{hybrid, stanza(age.Stanza{Type: "mlkem768x25519x", Args: []string{arg}, Body: make([]byte, 32)})}},
		{"a type of 10,000 letters", `of type "zzzzzzz`, []age.Recipient{hybrid, stanza(age.Stanza{Type: strings.Repeat("z", 10_000)})}},
		{"no argument", "of type", []age.Recipient{hybrid, stanza(age.Stanza{Type: "mlkem768x25519", Body: make([]byte, 32)})}},
		{"two arguments", "stanza 2 is not that of one", []age.Recipient{hybrid, stanza(age.Stanza{Type: "mlkem768x25519", Args: []string{arg[:700], arg[:793]}, Body: make([]byte, 32)})}},
		{"short encapsulation", "stanza 2", []age.Recipient{hybrid, stanza(age.Stanza{Type: "mlkem768x25519", Args: []string{arg[:10]}, Body: make([]byte, 32)})}},
		{"long body", "stanza 2", []age.Recipient{hybrid, stanza(age.Stanza{Type: "mlkem768x25519", Args: []string{arg}, Body: make([]byte, 5000)})}},
	} {
		sealed := encrypt(t, "words", c.to...)
		o := &Opener{}
		_, err := o.Open(sealed, 100)
		wantDamaged(t, c.name, err, c.says)
		_, err = o.OpenStream(bytes.NewReader(sealed))
		wantDamaged(t, c.name+", as a stream", err, "")
		if len(err.Error()) > 200 {
			t.Errorf("%s: the error has %d bytes", c.name, len(err.Error()))
		}
	}
}

// manyStanzas returns a header of n well-formed stanzas and its payload.
func manyStanzas(n int) []byte {
	stanza := hybridStart + strings.Repeat("A", encapsulated) + "\n" + strings.Repeat("A", thirtyTwo) + "\n"
	return []byte(intro + strings.Repeat(stanza, n) + footerStart + strings.Repeat("A", thirtyTwo) + "\n" + strings.Repeat("x", payloadNonce+tagSize))
}

// What is too much is refused by looking at its sizes. The opener has no
// identity: if it tried any cryptography, it would panic.
func TestOpenBoundsItsWork(t *testing.T) {
	o := &Opener{}
	many := func(n int) []byte { return manyStanzas(n) }
	long := func(line string) []byte { return []byte(intro + line + strings.Repeat("A", 8<<20)) }
	for _, c := range []struct {
		name, says string
		sealed     []byte
	}{
		{"65 stanzas", "more than 64 stanzas", many(MaxRecipients + 1)},
		{"1,000 stanzas", "more than 64 stanzas", many(1000)},
		{"8 MiB of one stanza", "stanza 1 is not", long(hybridStart)},
		{"8 MiB of one type", "stanza 1 is of type", long(stanzaStart)},
		{"8 MiB of one MAC", "not a MAC", []byte(strings.Replace(string(many(1)), footerStart, footerStart+strings.Repeat("A", 8<<20), 1))},
		{"a MAC with a space", "not a MAC", []byte(strings.Replace(string(many(1)), footerStart, footerStart+" ", 1))},
		{"8 MiB of nothing", "stanza 1", long("")},
		{"no stanza", "no stanza", many(0)},
		{"empty", "does not begin", nil},
		{"8 MiB of zeros", "does not begin", make([]byte, 8<<20)},
		{"another version", "does not begin", []byte(strings.Replace(string(many(1)), "v1", "v2", 1))},
		{"CRLF", "does not begin", []byte(strings.ReplaceAll(string(many(1)), "\n", "\r\n"))},
		{"armored", "does not begin", []byte("-----BEGIN AGE ENCRYPTED FILE-----\n")},
	} {
		_, err := o.Open(c.sealed, 1<<30)
		wantDamaged(t, c.name, err, c.says)

		src := &counter{r: bytes.NewReader(c.sealed)}
		if _, err = o.OpenStream(src); c.says == "more than 64 stanzas" {
			wantDamaged(t, c.name+", as a stream", err, c.says)
		} else {
			wantDamaged(t, c.name+", as a stream", err, "")
		}
		if most := len(intro) + (MaxRecipients+1)*stanzaSize; src.n > most {
			t.Errorf("%s: read %d bytes of a header that has at most %d", c.name, src.n, most)
		}
	}
	// Sizes: the payload is looked at before any key is unwrapped.
	id := newIdentity(t)
	good, err := NewSealer(newClock().now).Seal(recipients(id), make([]byte, 1000))
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Open(good, 999)
	wantDamaged(t, "one byte too long", err, "it holds 1000 bytes; the limit is 999")
	h := len(headerOf(t, good))
	for _, cut := range []int{h, h + 1, h + payloadNonce - 1, h + payloadNonce, h + payloadNonce + tagSize - 1} {
		_, err = o.Open(good[:cut], 1000)
		wantDamaged(t, fmt.Sprintf("cut at %d", cut), err, "not the size of a payload")
	}
	full, err := NewSealer(newClock().now).Seal(recipients(id), make([]byte, chunkSize))
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Open(append(full, make([]byte, tagSize)...), 1<<20)
	wantDamaged(t, "an empty last chunk", err, "not the size of a payload")
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// A full audience is still read, and the last of it can open.
func TestOpenForTheLastOf64(t *testing.T) {
	var ids []*Identity
	for range MaxRecipients {
		ids = append(ids, newIdentity(t))
	}
	sealed, err := NewSealer(newClock().now).Seal(recipients(ids...), []byte("all"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if got, err := NewOpener(id).Open(sealed, 3); err != nil || string(got) != "all" {
			t.Fatalf("Open = %q, %v", got, err)
		}
	}
}

// A flipped byte and a cut are found wherever they are, although the header
// before the change is remembered. Of the stanzas, which cost a decapsulation
// each, every seventh byte is tried.
func TestOpenFindsEveryChange(t *testing.T) {
	a, b := newIdentity(t), newIdentity(t)
	sealed, err := NewSealer(newClock().now).Seal(recipients(a, b), []byte("the right to respond"))
	if err != nil {
		t.Fatal(err)
	}
	o := NewOpener(a)
	if _, err := o.Open(sealed, 100); err != nil {
		t.Fatal(err)
	}
	macAt := len(headerOf(t, sealed)) - footerSize
	for i := range sealed {
		if i >= macAt || i%7 == 0 {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1
			if got, err := o.Open(bad, 100); err == nil {
				t.Fatalf("byte %d of %d flipped, and it opens to %q", i, len(sealed), got)
			}
		}
		if got, err := o.Open(sealed[:i], 100); err == nil {
			t.Fatalf("cut to %d bytes, and it opens to %q", i, got)
		}
	}
	for _, more := range [][]byte{append(bytes.Clone(sealed), 0), append(bytes.Clone(sealed), sealed...)} {
		_, err := o.Open(more, 1<<20)
		wantDamaged(t, "added to", err, "")
	}
	if len(o.known) != 1 {
		t.Errorf("%d headers remembered; only the good one may be", len(o.known))
	}
}

// Chunks must keep their places, and the last must be marked as such.
func TestOpenFindsMovedChunks(t *testing.T) {
	id := newIdentity(t)
	plain := append(bytes.Repeat([]byte("1"), chunkSize), bytes.Repeat([]byte("2"), chunkSize)...)
	sealed, err := NewSealer(newClock().now).Seal(recipients(id), plain)
	if err != nil {
		t.Fatal(err)
	}
	const enc = chunkSize + tagSize
	start := len(headerOf(t, sealed)) + payloadNonce
	first, second := sealed[start:start+enc], sealed[start+enc:]
	o := NewOpener(id)
	for name, chunks := range map[string][][]byte{
		"exchanged":    {second, first},
		"second only":  {second},
		"first only":   {first},
		"first twice":  {first, first},
		"three chunks": {first, first, second},
	} {
		_, err := o.Open(bytes.Join(append([][]byte{sealed[:start]}, chunks...), nil), 1<<20)
		wantDamaged(t, name, err, "does not open")
	}
}

// A header that gives two addressees two file keys is good for one at most:
// nobody can be shown two texts under one digest.
func TestTwoFileKeysInOneHeader(t *testing.T) {
	a, b := newIdentity(t), newIdentity(t)
	both := crafted(func(fileKey []byte) []*age.Stanza {
		s := unlabelled(t, a.age.Recipient())(fileKey)
		return append(s, unlabelled(t, b.age.Recipient())([]byte("sixteen bytes!!!"))...)
	})
	sealed := encrypt(t, "words", both)
	if got, err := NewOpener(a).Open(sealed, 5); err != nil || string(got) != "words" {
		t.Errorf("A: %q, %v", got, err)
	}
	o := NewOpener(b)
	_, err := o.Open(sealed, 5)
	wantDamaged(t, "B", err, "bad header MAC")
	if len(o.known) != 0 {
		t.Error("a header that its own MAC does not vouch for was remembered")
	}
}

// A remembered header needs no identity, and at most maxHeaders are kept, the
// least recently used going first.
func TestOpenerRemembers(t *testing.T) {
	id := newIdentity(t)
	sealed, err := NewSealer(newClock().now).Seal(recipients(id), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	o := NewOpener(id)
	if _, err := o.Open(sealed, 1); err != nil {
		t.Fatal(err)
	}
	o.id = nil // from here on unwrapping would panic
	if got, err := o.Open(sealed, 1); err != nil || string(got) != "x" {
		t.Fatalf("Open from memory = %q, %v", got, err)
	}
	for i := range maxHeaders + 9 {
		o.remember([32]byte{byte(i), byte(i >> 8), 1}, [fileKeySize]byte{byte(i)})
		o.remember([32]byte{byte(i), byte(i >> 8), 1}, [fileKeySize]byte{byte(i)})
		if i == 5 {
			if _, err := o.Open(sealed, 1); err != nil { // used again, so it outlives the five before
				t.Fatal(err)
			}
		}
	}
	if len(o.known) != maxHeaders || o.order.Len() != maxHeaders {
		t.Errorf("%d headers remembered in a list of %d; want %d", len(o.known), o.order.Len(), maxHeaders)
	}
	if _, ok := o.recall([32]byte{0, 0, 1}); ok {
		t.Error("the least recently used header is still there")
	}
	if key, ok := o.recall([32]byte{200, 0, 1}); !ok || key[0] != 200 {
		t.Error("a header is remembered with another's key, or not at all")
	}
}

func TestOpenStream(t *testing.T) {
	a, b := newIdentity(t), newIdentity(t)
	s := NewSealer(newClock().now)
	plain := bytes.Repeat([]byte("0123456789"), 20_000) // four chunks
	sealed, err := s.Seal(recipients(a, b), plain)
	if err != nil {
		t.Fatal(err)
	}
	read := func(id *Identity, src io.Reader) ([]byte, error) {
		r, err := NewOpener(id).OpenStream(src)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	for name, src := range map[string]io.Reader{
		"at once":      bytes.NewReader(sealed),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(sealed)),
		"EOF at once":  iotest.DataErrReader(bytes.NewReader(sealed)),
	} {
		if got, err := read(a, src); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	_, err = read(newIdentity(t), bytes.NewReader(sealed))
	var notForUs *NotForUs
	if !errors.As(err, &notForUs) || notForUs.Stanzas != 2 {
		t.Errorf("a stranger's OpenStream: %v", err)
	}
	h := len(headerOf(t, sealed))
	for _, cut := range []int{0, 10, 21, 22, 30, h - 1, h, h + 5, h + 16, h + 17, h + 70_000, len(sealed) - 1} {
		got, err := read(a, bytes.NewReader(sealed[:cut]))
		wantDamaged(t, fmt.Sprintf("cut at %d", cut), err, "")
		if !bytes.HasPrefix(plain, got) {
			t.Errorf("cut at %d: bytes that were never sealed", cut)
		}
	}
	bad := bytes.Clone(sealed)
	bad[len(bad)-20] ^= 1
	got, err := read(a, bytes.NewReader(bad))
	wantDamaged(t, "changed in the last chunk", err, "does not open")
	if len(got) != 3*chunkSize {
		t.Errorf("%d bytes came before the damage was found; want three chunks", len(got))
	}
	_, err = read(a, bytes.NewReader(append(bytes.Clone(sealed), 0)))
	wantDamaged(t, "added to", err, "does not open")
}

// An error of the disk or of the line is not damage: the bytes may be good.
func TestOpenStreamPassesOnErrorsOfTheSource(t *testing.T) {
	id := newIdentity(t)
	sealed, err := NewSealer(newClock().now).Seal(recipients(id), make([]byte, 100_000))
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the line broke")
	h := len(headerOf(t, sealed))
	for _, at := range []int{0, 30, 2000, h, h + 3, h + 20, h + 80_000} {
		at = min(at, len(sealed))
		r, err := NewOpener(id).OpenStream(io.MultiReader(bytes.NewReader(sealed[:at]), iotest.ErrReader(broken)))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, broken) {
			t.Errorf("broken after %d bytes: %v", at, err)
		}
	}
}
