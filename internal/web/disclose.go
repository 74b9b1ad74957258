package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"detente/audit"
	"detente/internal/desk"
	"detente/internal/house"
	"detente/matter"
	"detente/note"
)

// DiscloseRequest says who is to have a note, and where its folder goes.
type DiscloseRequest struct {
	Dir string `json:"dir"` // a folder that is not there
	To  string `json:"to"`  // a name, as it stands in the consent
}

// Disclosed is what was written.
type Disclosed struct {
	Consent  *note.ID `json:"consent,omitempty"`
	Entry    house.ID `json:"entry"`              // of the in-house record
	Handling string   `json:"handling,omitempty"` // that stands on the words
	Note     note.ID  `json:"note"`
	To       string   `json:"to"`
}

func (a *API) disclose(w http.ResponseWriter, r *http.Request) error {
	channel, id, err := a.note(r)
	if err != nil {
		return err
	}
	b, err := body(w, r)
	if err != nil {
		return err
	}
	var in DiscloseRequest
	if err := json.Unmarshal(b, &in); err != nil || !filepath.IsAbs(in.Dir) {
		return badRequest("want {\"dir\": an absolute path, \"to\": a name}")
	}
	if err := matter.CheckOutside(in.To); err != nil {
		return &desk.FieldError{Field: "to", Why: err.Error()}
	}
	leaving, err := a.desk.Leaving(desk.Disclose, id)
	if err != nil {
		return err
	}
	leaving.Opened, leaving.To, leaving.Banner = true, in.To, true // its README has the mark
	if err := desk.MayLeave(leaving); err != nil {
		return err
	}
	d := audit.Disclosure{Note: id, By: a.n.Party(), To: in.To, Handling: leaving.Handling}
	if !leaving.Own {
		consent, err := leaving.Consented()
		if err != nil {
			return err
		}
		d.Consent = &consent
	}
	texts, err := a.texts(channel)
	if err != nil {
		return err
	}
	files, err := audit.Disclose(Record(a.n), texts, d)
	if err != nil {
		return err
	}
	entry, err := a.giveOut(r.Context(), house.Disclosure{Consent: d.Consent, Dir: in.Dir, Note: id, To: in.To}, files)
	if err != nil {
		return err
	}
	return answer(w, Disclosed{Consent: d.Consent, Entry: entry, Handling: leaving.Handling.String(), Note: id, To: in.To})
}

// giveOut writes a folder for somebody outside. What leaves is on record before
// it is there to be taken.
func (a *API) giveOut(ctx context.Context, d house.Disclosure, files map[string][]byte) (house.ID, error) {
	if _, err := os.Lstat(d.Dir); !errors.Is(err, fs.ErrNotExist) {
		return 0, &desk.FieldError{Field: "dir", Why: fmt.Sprintf("%s is there already; it was left alone: choose another folder", d.Dir)}
	}
	e, err := a.n.House().Append(ctx, house.Disclosed, d)
	if err != nil {
		return 0, err
	}
	if err := audit.WriteFolder(d.Dir, files); err != nil {
		return 0, fmt.Errorf("%s of the in-house record says that it left, and it did not: %w", e.ID, err)
	}
	return e.ID, nil
}
