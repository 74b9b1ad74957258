package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"detente/note"
)

// TestPasses wants a pass to be taken once, with the whole batch or nothing of it,
// and one that was taken not to come back.
func TestPasses(t *testing.T) {
	s, err := OpenMemory(t.Name())
	must(t, err)
	defer func() { must(t, s.Close()) }()
	at := time.Date(2024, 1, 22, 3, 0, 0, 0, time.UTC)
	one, two := Pass{note.Sum([]byte("one")), at, []byte("1")}, Pass{note.Sum([]byte("two")), at.Add(time.Hour), []byte("2")}
	must(t, s.Commit(ctx, Batch{Passes: []Pass{one, two}}))
	if got, err := s.Pass(one.Hash); err != nil || !reflect.DeepEqual(got, one) {
		t.Errorf("got %+v, %v", got, err)
	}
	if s.Commit(ctx, Batch{Passes: []Pass{one}}) == nil {
		t.Error("one hash twice")
	}
	one.Box = []byte("1 again")
	must(t, s.TouchPass(ctx, one))
	must(t, s.Commit(ctx, Batch{Take: []note.Digest{one.Hash}, Meta: map[string]string{"a": "1"}}))
	must(t, s.TouchPass(ctx, one))
	if _, err := s.Pass(one.Hash); !errors.Is(err, ErrNotFound) {
		t.Errorf("it came back: %v", err)
	}
	if err := s.Commit(ctx, Batch{Take: []note.Digest{two.Hash, one.Hash}, Meta: map[string]string{"a": "2"}}); !errors.Is(err, ErrTaken) {
		t.Errorf("taken twice: %v", err)
	}
	if v, err := s.Meta("a"); v != "1" || err != nil {
		t.Errorf("half of the batch is there: %q, %v", v, err)
	}
	must(t, s.DropPasses(ctx, at.Add(time.Hour-time.Microsecond)))
	if all, err := s.Passes(); err != nil || len(all) != 1 {
		t.Errorf("%d, %v", len(all), err)
	}
	must(t, s.DropPasses(ctx, at.Add(time.Hour)))
	if all, err := s.Passes(); err != nil || len(all) != 0 {
		t.Errorf("%d, %v", len(all), err)
	}

	for _, v := range []string{"a", "b"} {
		must(t, s.Set(ctx, 1, "theme", []byte(v)))
		if got, err := s.Setting(1, "theme"); string(got) != v || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if got, err := s.Setting(2, "theme"); got != nil || err != nil {
		t.Errorf("another's: %q, %v", got, err)
	}
}
