package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"detente/note"
)

func TestPartStates(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		sealed, plain := []byte("sealed bytes"), []byte("boxed bytes")
		id := note.ID{Origin: origin("PAK"), Index: 3}
		cited := Part{ID: id, Name: "move", Digest: note.Sum(sealed), Size: 12}
		want := cited
		check := func(step string) {
			t.Helper()
			if got, err := s.Part(cited.Digest); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: part is %+v, want %+v; %v", step, got, want, err)
			}
			facts := want
			facts.Sealed, facts.Plain = nil, nil
			if got, err := s.PartsOf(id); err != nil || !reflect.DeepEqual(got, []Part{facts}) {
				t.Errorf("%s: parts are %+v, want %+v; %v", step, got, facts, err)
			}
			missing, err := s.MissingParts(10)
			if err != nil || (len(missing) == 1) != (want.State == Missing) {
				t.Errorf("%s: missing are %+v; %v", step, missing, err)
			}
		}
		commit := func(p Part) { t.Helper(); must(t, s.Commit(ctx, Batch{Parts: []Part{p}})) }

		arrived := Part{Digest: cited.Digest, State: Held, Sealed: sealed}
		if err := s.Commit(ctx, Batch{Parts: []Part{arrived}}); !errors.Is(err, ErrNotFound) {
			t.Errorf("a payload that no note names: %v", err)
		}
		commit(cited)
		check("named")
		commit(arrived)
		want.State, want.Sealed = Held, sealed
		check("arrived")
		commit(cited)
		check("named again")
		commit(Part{Digest: cited.Digest, State: Held, Sealed: []byte("other"), Plain: plain})
		want.Plain, want.Sealed = plain, []byte("other")
		check("opened")
		commit(Part{Digest: cited.Digest, State: Held, Sealed: sealed, Plain: []byte("other")})
		check("sent again")
		must(t, s.SetPart(ctx, Part{Digest: cited.Digest, State: Held, Sealed: sealed, Plain: plain}))
		want.Sealed = sealed
		check("replaced")
		must(t, s.SetPart(ctx, Part{Digest: cited.Digest, State: Erased}))
		want.State, want.Sealed, want.Plain = Erased, nil, nil
		check("erased")
		commit(arrived)
		check("sent after it was erased")
		if err := s.SetPart(ctx, Part{Digest: note.Sum(nil), State: Erased}); !errors.Is(err, ErrNotFound) {
			t.Errorf("erased what no note names: %v", err)
		}
	})
}

// A party may name a payload of another's before the other's note is here.
func TestPartNamedTwice(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		sealed := []byte("sealed")
		thief := Part{ID: note.ID{Origin: origin("IRN"), Index: 1}, Name: "content", Digest: note.Sum(sealed), Size: 99}
		owner := Part{ID: note.ID{Origin: origin("PAK"), Index: 1}, Name: "move", Digest: note.Sum(sealed), Size: 6}
		must(t, s.Commit(ctx, Batch{Parts: []Part{thief}}))
		must(t, s.Commit(ctx, Batch{Parts: []Part{owner}}))
		must(t, s.Commit(ctx, Batch{Parts: []Part{{Digest: owner.Digest, State: Held, Sealed: sealed}}}))
		for _, p := range []Part{thief, owner} {
			p.State = Held
			if got, err := s.PartsOf(p.ID); err != nil || !reflect.DeepEqual(got, []Part{p}) {
				t.Errorf("%v names %+v, want %+v; %v", p.ID, got, p, err)
			}
		}
	})
}

// What was named as an attachment first, and is in a file, is taken into the
// ledger once a note names it as its move; and what was erased stays so.
func TestPartNamedAsAnAttachmentFirst(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		sealed, plain := []byte("sealed"), []byte("boxed")
		thief := Part{ID: note.ID{Origin: origin("IRN")}, Name: "attachment/1", Digest: note.Sum(sealed), Size: 6, State: InFile}
		owner := Part{ID: note.ID{Origin: origin("PAK")}, Name: "move", Digest: note.Sum(sealed), Size: 6, State: Held, Sealed: sealed, Plain: plain}
		arrived := owner
		arrived.ID, arrived.Name = note.ID{}, ""
		for _, second := range []Part{owner, arrived} {
			must(t, s.Commit(ctx, Batch{Parts: []Part{thief}}))
			must(t, s.Commit(ctx, Batch{Parts: []Part{second}}))
			got, err := s.Part(owner.Digest)
			if err != nil || got.State != Held || !bytes.Equal(got.Sealed, sealed) || !bytes.Equal(got.Plain, plain) {
				t.Errorf("%+v, %v", got, err)
			}
			must(t, s.SetPart(ctx, Part{Digest: owner.Digest, State: Erased}))
			must(t, s.Commit(ctx, Batch{Parts: []Part{second}}))
			if got, err := s.Part(owner.Digest); err != nil || got.State != Erased || got.Plain != nil {
				t.Errorf("erased, and named again: %+v, %v", got, err)
			}
			must(t, s.SetPart(ctx, Part{Digest: owner.Digest, State: InFile}))
		}
	})
}

// Erased bytes are nowhere in the folder.
func TestErasedBytesAreGone(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	must(t, err)
	defer s.Close()
	secret := strings.Repeat("the secret words ", 1000)
	digest := note.Sum([]byte(secret))
	must(t, s.Commit(ctx, Batch{Parts: []Part{{ID: note.ID{Origin: origin("PAK")}, Name: "content", Digest: digest, State: Held, Sealed: []byte(secret), Plain: []byte(secret)}}}))
	must(t, s.Flush(ctx)) // into the database, and once more into its log
	must(t, s.SetPart(ctx, Part{Digest: digest, State: Held, Sealed: []byte(secret + "."), Plain: []byte(secret)}))
	found := func() bool {
		for _, name := range []string{FileName, FileName + "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			if bytes.Contains(b, []byte("secret words")) {
				return true
			}
		}
		return false
	}
	if !found() {
		t.Fatal("the test looks in the wrong place")
	}
	must(t, s.SetPart(ctx, Part{Digest: digest, State: Erased}))
	if found() {
		t.Error("erased bytes are still in the folder")
	}
}
