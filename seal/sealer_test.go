package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
)

// sizes are those at which STREAM is easily got wrong.
var sizes = []int{0, 1, 2048, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 3*chunkSize + 7}

// Every payload under a kept file key is a file that stock age opens, for
// every addressee, and that an Opener reads to the same bytes.
func TestKeptKeyOpensWithStockAge(t *testing.T) {
	a, b := newIdentity(t), newIdentity(t)
	s := NewSealer(newClock().now)
	openA, openB := NewOpener(a), NewOpener(b)
	headers := map[string]bool{}
	for _, n := range sizes {
		plain := bytes.Repeat([]byte{byte(n), 'x'}, n)[:n]
		sealed, err := s.Seal(recipients(a, b), plain)
		if err != nil {
			t.Fatal(err)
		}
		headers[headerOf(t, sealed)] = true
		for who, open := range map[string]func() ([]byte, error){
			"stock age, A": func() ([]byte, error) { return stock(sealed, a) },
			"stock age, B": func() ([]byte, error) { return stock(sealed, b) },
			"opener A":     func() ([]byte, error) { return openA.Open(sealed, n) },
			"opener B":     func() ([]byte, error) { return openB.Open(sealed, n) },
		} {
			if got, err := open(); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes, %s: %d bytes, %v", n, who, len(got), err)
			}
		}
	}
	if len(headers) != 1 {
		t.Errorf("%d headers; the file key was not kept, so the test shows nothing", len(headers))
	}
}

func headerOf(t testing.TB, sealed []byte) string {
	t.Helper()
	h, err := splitHeader(sealed)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

// No two payloads have one nonce, across many rotations, and equal texts
// never look alike.
func TestNoncesNeverRepeat(t *testing.T) {
	id := newIdentity(t)
	s := NewSealer(newClock().now)
	nonces, bodies, headers := map[string]bool{}, map[string]bool{}, map[string]int{}
	const n = 40*KeepPayloads + 1
	for range n {
		sealed, err := s.Seal(recipients(id), []byte("the same words"))
		if err != nil {
			t.Fatal(err)
		}
		h := headerOf(t, sealed)
		rest := string(sealed[len(h):])
		headers[h]++
		nonces[rest[:payloadNonce]] = true
		bodies[rest[payloadNonce:]] = true
	}
	if len(nonces) != n || len(bodies) != n {
		t.Errorf("%d payloads have %d nonces and %d ciphertexts", n, len(nonces), len(bodies))
	}
	if len(headers) != 41 {
		t.Errorf("%d file keys for %d payloads; want 41", len(headers), n)
	}
	for _, count := range headers {
		if count > KeepPayloads {
			t.Errorf("a file key was used for %d payloads; the limit is %d", count, KeepPayloads)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	id := newIdentity(t)
	c := newClock()
	s := NewSealer(c.now)
	header := func() string {
		sealed, err := s.Seal(recipients(id), nil)
		if err != nil {
			t.Fatal(err)
		}
		return headerOf(t, sealed)
	}
	first := header()
	c.t = c.t.Add(KeepFor - 1)
	if header() != first {
		t.Error("the key was not kept for its whole time")
	}
	c.t = c.t.Add(1)
	second := header()
	if second == first {
		t.Errorf("the key was used after %s", KeepFor)
	}
	c.t = c.t.Add(-time.Second)
	third := header()
	if third == second {
		t.Error("the key was used although the clock went back behind its making")
	}
	for range KeepPayloads - 1 {
		if header() != third {
			t.Fatal("the key was not kept for its whole count")
		}
	}
	if header() == third {
		t.Errorf("the key was used for more than %d payloads", KeepPayloads)
	}
}

// One audience, one key: not a part of it, not a larger one, not the streams.
func TestKeysAreNeverShared(t *testing.T) {
	a, b, c := newIdentity(t), newIdentity(t), newIdentity(t)
	s := NewSealer(newClock().now)
	owner := map[string]string{} // file key: whose
	for range 3 {
		for _, to := range [][]*Identity{{a}, {b}, {a, b}, {a, c}, {a, b, c}} {
			sealed, err := s.Seal(recipients(to...), []byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprint(recipients(to...))
			key := fileKeyOf(t, sealed, to[0])
			if other, ok := owner[key]; ok && other != name {
				t.Error("two audiences share a file key")
			}
			owner[key] = name
			if n := stanzasIn([]byte(headerOf(t, sealed))); n != len(to) {
				t.Errorf("%d stanzas for %d addressees", n, len(to))
			}
			for _, id := range []*Identity{a, b, c} {
				_, err := NewOpener(id).Open(sealed, 1)
				var notForUs *NotForUs
				if in := contains(to, id); in != (err == nil) || !in && !errors.As(err, &notForUs) {
					t.Errorf("addressee: %v; Open: %v", in, err)
				}
			}
		}
	}
	if len(owner) != 5 {
		t.Errorf("%d file keys for 5 audiences", len(owner))
	}
	for range 3 {
		var file bytes.Buffer
		w, err := s.SealStream(recipients(a, b), &file)
		if err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		key := fileKeyOf(t, file.Bytes(), a)
		if _, ok := owner[key]; ok {
			t.Error("a stream shares a file key")
		}
		owner[key] = "stream"
	}
	if identify([]string{"ab", "c"}) == identify([]string{"a", "bc"}) {
		t.Error("two audiences have one name")
	}
}

func fileKeyOf(t *testing.T, sealed []byte, id *Identity) string {
	t.Helper()
	key, err := age.DecryptHeader([]byte(headerOf(t, sealed)), id.age)
	if err != nil {
		t.Fatal(err)
	}
	return string(key)
}

func contains(ids []*Identity, id *Identity) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}

// Order and repetition make no other audience, and the caller's slice is left
// as it was.
func TestAudienceIsASet(t *testing.T) {
	a, b := newIdentity(t), newIdentity(t)
	s := NewSealer(newClock().now)
	headers := map[string]bool{}
	for _, to := range [][]*Identity{{a, b}, {b, a}, {b, a, b, a}} {
		r := recipients(to...)
		sealed, err := s.Seal(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		headers[headerOf(t, sealed)] = true
		for i := range to {
			if r[i] != to[i].Recipient() {
				t.Fatal("Seal changed its argument")
			}
		}
	}
	if len(headers) != 1 {
		t.Errorf("%d file keys for one audience", len(headers))
	}
}

func TestSealRefusals(t *testing.T) {
	good := newIdentity(t).Recipient()
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var tooMany []string
	for range MaxRecipients + 1 {
		tooMany = append(tooMany, newIdentity(t).Recipient())
	}
	s := NewSealer(newClock().now)
	for name, to := range map[string][]string{
		"nobody":       nil,
		"65":           tooMany,
		"classic":      {classic.Recipient().String()},
		"mixed":        {good, classic.Recipient().String()},
		"not a key":    {good, "PAK"},
		"empty string": {""},
	} {
		if out, err := s.Seal(to, []byte("x")); err == nil || out != nil {
			t.Errorf("%s: Seal = %d bytes, %v", name, len(out), err)
		}
		var file bytes.Buffer
		if _, err := s.SealStream(to, &file); err == nil || file.Len() > 0 {
			t.Errorf("%s: SealStream wrote %d bytes, %v", name, file.Len(), err)
		}
	}
	if len(s.kept) != 0 {
		t.Errorf("%d keys kept for audiences that were refused", len(s.kept))
	}
}

// However many audiences there are, the Sealer keeps a bounded number of keys,
// and drops the oldest first.
func TestKeptKeysAreBounded(t *testing.T) {
	c := newClock()
	s := NewSealer(c.now)
	var first, last []string
	for i := range maxAudiences + 3 {
		last = recipients(newIdentity(t))
		if i == 0 {
			first = last
		}
		if _, err := s.Seal(last, nil); err != nil {
			t.Fatal(err)
		}
		c.t = c.t.Add(time.Millisecond)
	}
	_, hasFirst := s.kept[identify(first)]
	_, hasLast := s.kept[identify(last)]
	if len(s.kept) != maxAudiences || hasFirst || !hasLast {
		t.Errorf("%d keys kept; the first: %v, the last: %v", len(s.kept), hasFirst, hasLast)
	}
	c.t = c.t.Add(KeepFor)
	if _, err := s.Seal(first, nil); err != nil || len(s.kept) != 1 {
		t.Errorf("%d keys kept after all but one have had their time (%v)", len(s.kept), err)
	}
}

// Many writers together still use no key more often than it may be.
func TestSealConcurrently(t *testing.T) {
	a, b := newIdentity(t), newIdentity(t)
	s, o := NewSealer(newClock().now), NewOpener(a)
	var mu sync.Mutex
	used, nonces := map[string]int{}, map[string]bool{}
	var wg sync.WaitGroup
	const writers, each = 8, 50
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				plain := fmt.Appendf(nil, "%d/%d", w, i)
				sealed, err := s.Seal(recipients(a, b), plain)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := o.Open(sealed, 100)
				if err != nil || !bytes.Equal(got, plain) {
					t.Errorf("sealed %s, opened %s, %v", plain, got, err)
				}
				h := headerOf(t, sealed)
				mu.Lock()
				used[h]++
				nonces[string(sealed[len(h):len(h)+payloadNonce])] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for _, n := range used {
		if n > KeepPayloads {
			t.Errorf("a file key was used %d times", n)
		}
	}
	if want := (writers*each + KeepPayloads - 1) / KeepPayloads; len(used) != want || len(nonces) != writers*each {
		t.Errorf("%d file keys and %d nonces; want %d and %d", len(used), len(nonces), want, writers*each)
	}
}

func TestSealStreamOpensWithStockAge(t *testing.T) {
	a, b := newIdentity(t), newIdentity(t)
	s := NewSealer(newClock().now)
	for _, n := range sizes {
		plain := bytes.Repeat([]byte{'y'}, n)
		var file bytes.Buffer
		w, err := s.SealStream(recipients(a, b), &file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, bytes.NewReader(plain)); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		if got, err := stock(file.Bytes(), b); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes, stock age: %d bytes, %v", n, len(got), err)
		}
		if got, err := NewOpener(a).Open(file.Bytes(), n); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes, Open: %d bytes, %v", n, len(got), err)
		}
	}
}
