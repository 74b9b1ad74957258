package store

import (
	"reflect"
	"testing"

	"detente/note"
)

// A ledger of schema 2, in which payloads were indexed by their digest, opens
// with all that is in it.
func TestMigratePayloads(t *testing.T) {
	dir := t.TempDir()
	db := schema(t, dir, 2)
	pak, irn := origin("PAK"), origin("IRN")
	exec := func(text string, args ...any) {
		t.Helper()
		_, err := db.Exec(text, args...)
		must(t, err)
	}
	exec("insert into feed (num, origin, size) values (1, $1, 2), (2, $2, 1)", pak, irn)
	digest := func(name string) note.Digest { return note.Sum([]byte(name)) }
	at := func(party string, index uint64, name string, size uint64, what string) Part {
		return Part{ID: note.ID{Origin: origin(party), Index: index}, Name: name, Digest: digest(what), Size: size}
	}
	move, content, stolen, erased, later := at("PAK", 0, "move", 6, "sealed"), at("PAK", 0, "content", 3, "missing"),
		at("IRN", 0, "content", 99, "sealed"), at("PAK", 1, "content", 4, "erased"), at("PAK", 1, "move", 5, "unopened")
	move.State, move.Sealed, move.Plain = Held, []byte("sealed"), []byte("plain")
	stolen.State, stolen.Sealed, stolen.Plain = move.State, move.Sealed, move.Plain
	erased.State = Erased
	later.State, later.Sealed = Held, []byte("unopened")
	for i, p := range []Part{move, erased, content, later, stolen} {
		feed := map[string]int64{pak: 1, irn: 2}[p.ID.Origin]
		if i < 4 {
			exec("insert into part (num, digest, place, state, plain, sealed) values ($1, $2, $3, $4, $5, $6)",
				10*i+1, p.Digest[:], place(feed, p.ID.Index), int(p.State), nullable(p.Plain), nullable(p.Sealed))
		}
		exec("insert into cite (place, name, size, digest) values ($1, $2, $3, $4)", place(feed, p.ID.Index), p.Name, int64(p.Size), p.Digest[:])
	}
	must(t, db.Close())

	s, err := Open(dir)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	for origin, want := range map[string][]Part{pak: {content, move, erased, later}, irn: {stolen}} {
		var got []Part
		must(t, s.EachPart(ctx, origin, "", 0, true, func(p Part) error { got = append(got, p); return nil }))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s has\n%+v, want\n%+v", origin, got, want)
		}
	}
	if got, err := s.Part(move.Digest); err != nil || !reflect.DeepEqual(got, move) {
		t.Errorf("part is %+v, %v", got, err)
	}
	if got, err := s.MissingParts(9); err != nil || len(got) != 1 || got[0].Digest != content.Digest {
		t.Errorf("missing are %+v, %v", got, err)
	}
	if got, err := s.UnopenedParts(9); err != nil || len(got) != 1 || got[0].Digest != later.Digest {
		t.Errorf("unopened are %+v, %v", got, err)
	}
	must(t, s.Check(ctx))

	// It goes on: what is known is filled, what is new gets a number of its own.
	fresh := at("IRN", 1, "move", 5, "fresh")
	again := at("IRN", 1, "content", 3, "missing")
	must(t, s.Commit(ctx, Batch{Parts: []Part{fresh, again, {Digest: content.Digest, State: Held, Sealed: []byte("now")}, {Digest: fresh.Digest, State: Held, Sealed: []byte("too")}}}))
	for _, want := range []Part{content, fresh} {
		want.State, want.Sealed = Held, map[note.Digest][]byte{content.Digest: []byte("now"), fresh.Digest: []byte("too")}[want.Digest]
		if got, err := s.Part(want.Digest); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("part is %+v, want %+v; %v", got, want, err)
		}
	}
}
