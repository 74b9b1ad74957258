package house

import (
	"slices"
	"strings"
	"testing"
	"time"

	"detente/internal/store"
)

// TestDrafts wants drafts back as they were, the newest first; one whose box
// was changed, or is another's, named and not in the way.
func TestDrafts(t *testing.T) {
	h, again := record(t)
	keep := func(d Draft) store.Draft {
		t.Helper()
		row, err := h.BoxDraft(d)
		if err == nil {
			err = h.store.Commit(t.Context(), store.Batch{Drafts: []store.Draft{row}})
		}
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	rows := map[string]store.Draft{}
	for i, id := range []string{"c", "a", "b", "d"} {
		rows[id] = keep(Draft{Body: []byte("not JSON \xff " + id), Created: now().Add(time.Duration(i) * time.Microsecond), ID: id, Note: "n" + id})
	}
	check := func(order string, damaged ...string) {
		t.Helper()
		drafts, err := again().Drafts()
		if err != nil {
			t.Fatal(err)
		}
		got, found := "", []string{}
		for _, d := range drafts {
			got += d.ID
			bad := slices.Contains(damaged, "draft "+d.ID)
			if whole := string(d.Body) == "not JSON \xff "+d.ID && d.Note == "n"+d.ID && !d.Created.IsZero(); whole == bad || bad != (d.Trouble != "") {
				t.Errorf("draft %+v", d)
			}
		}
		n, err := CheckDrafts(h.store, h.box, func(where, what string) {
			if !strings.HasPrefix(what, "it does not open") {
				t.Error(what)
			}
			found = append(found, where)
		})
		if got != order || n != uint64(len(order)) || err != nil || !slices.Equal(found, damaged) {
			t.Errorf("%q, want %q; found %q of %d, want %q; %v", got, order, found, n, damaged, err)
		}
	}
	check("dbac")
	if err := h.store.Commit(t.Context(), store.Batch{Drafts: []store.Draft{{ID: "a", Box: rows["c"].Box}, {ID: "d", Box: nil}}}); err == nil {
		t.Error("a draft without a box was stored")
	}
	cut := rows["d"].Box[:20]
	if err := h.store.Commit(t.Context(), store.Batch{Drafts: []store.Draft{{ID: "a", Box: rows["c"].Box}, {ID: "d", Box: cut}}}); err != nil {
		t.Fatal(err)
	}
	check("bcad", "draft a", "draft d")
}
