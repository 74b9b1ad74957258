package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// schema makes a ledger as a version that knew no more migrations left it.
func schema(t *testing.T, dir string, version int) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", fileName(filepath.Join(dir, FileName))+"&_pragma=journal_mode(WAL)&_pragma=secure_delete(1)")
	must(t, err)
	files, err := migrations.ReadDir("migrations")
	must(t, err)
	for i, f := range files[:version] {
		text, err := migrations.ReadFile("migrations/" + f.Name())
		must(t, err)
		_, err = db.Exec(string(text) + fmt.Sprintf("; create table if not exists migration (version integer primary key); insert into migration values (%d)", i+1))
		must(t, err)
	}
	return db
}

// inFolder reports whether the database or its log holds words.
func inFolder(t *testing.T, dir, words string) bool {
	t.Helper()
	for _, name := range []string{FileName, FileName + "-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		if bytes.Contains(b, []byte(words)) {
			return true
		}
	}
	return false
}

// The drafts of a ledger of schema 5, which lay there in the clear, are all
// boxed, and their words are nowhere in the folder.
func TestBoxDrafts(t *testing.T) {
	dir := t.TempDir()
	db := schema(t, dir, 5)
	at := time.Date(2024, 1, 19, 10, 0, 0, 123_000, time.UTC)
	var clear []ClearDraft
	var boxed []Draft
	for i := range 60 { // pages of rows, and rows of pages
		d := ClearDraft{fmt.Sprintf("d%02d", i), at, []byte(strings.Repeat("the secret words ", 1+i*i)), []string{"", "sending"}[i%2]}
		clear, boxed = append(clear, d), append(boxed, Draft{d.ID, []byte("boxed " + d.ID)})
		_, err := db.Exec("insert into draft (id, created, act, body, note) values ($1, $2, 'secret/act', $3, $4)", d.ID, d.Created.UnixMicro(), d.Body, d.Note)
		must(t, err)
	}
	_, err := db.Exec("update draft set body = body || 'the secret words' where id > 'd30'; delete from draft where id = 'd59'")
	must(t, err)
	clear, boxed = clear[:59], boxed[:59]
	for i := 31; i < 59; i++ {
		clear[i].Body = append(clear[i].Body, "the secret words"...)
	}
	must(t, db.Close())

	s, err := Open(dir)
	must(t, err)
	defer s.Close()
	if !inFolder(t, dir, "secret words") {
		t.Fatal("the test looks in the wrong place")
	}
	must(t, s.Commit(ctx, Batch{Drafts: []Draft{{"new", []byte("boxed new")}}}))
	var got []ClearDraft
	box := func(d ClearDraft) (Draft, error) {
		got = append(got, d)
		return Draft{d.ID, []byte("boxed " + d.ID)}, nil
	}
	fails := func(ClearDraft) (Draft, error) { return Draft{}, fmt.Errorf("no key") }
	if err := s.BoxDrafts(ctx, fails); err == nil || !inFolder(t, dir, "secret words") {
		t.Errorf("drafts that could not be boxed are gone: %v", err)
	}
	must(t, s.BoxDrafts(ctx, box))
	if !reflect.DeepEqual(got, clear) {
		t.Errorf("%d drafts were boxed, want %d, each as it was", len(got), len(clear))
	}
	for _, words := range []string{"secret words", "secret/act", "sending"} {
		if inFolder(t, dir, words) {
			t.Errorf("%q is still in the folder", words)
		}
	}
	drafts, err := s.Drafts()
	if err != nil || !reflect.DeepEqual(drafts, append(boxed, Draft{"new", []byte("boxed new")})) {
		t.Errorf("drafts are %q, %v", drafts, err)
	}
	got = nil
	must(t, s.BoxDrafts(ctx, box))
	if got != nil {
		t.Errorf("boxed again: %v", got)
	}
	must(t, s.Check(ctx))
}

// A node that was stopped between boxing the drafts and emptying the log does
// the second when it opens again.
func TestBoxDraftsGoesOn(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	must(t, err)
	defer s.Close()
	must(t, s.Commit(ctx, Batch{Drafts: []Draft{{"d", []byte("the secret words")}}}))
	must(t, s.DeleteDraft(ctx, "d"))
	none := func(ClearDraft) (Draft, error) { panic("there is none") }
	must(t, s.BoxDrafts(ctx, none))
	if !inFolder(t, dir, "secret words") {
		t.Fatal("the log is emptied at every opening, or the test looks in the wrong place")
	}
	must(t, s.Commit(ctx, Batch{Meta: map[string]string{boxing: "drafts"}}))
	must(t, s.BoxDrafts(ctx, none))
	if said, err := s.Meta(boxing); inFolder(t, dir, "secret words") || said != "" || err != nil {
		t.Errorf("it did not go on: %q, %v", said, err)
	}
}
