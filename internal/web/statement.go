package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"time"

	"detente/audit"
	"detente/charter"
	"detente/internal/desk"
	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// PublicStatement is what the folder of a joint statement shows.
type PublicStatement struct {
	Digest    note.Digest      `json:"digest"` // that every signature names
	Exercise  bool             `json:"exercise"`
	Languages []string         `json:"authentic"`
	Parties   []StatementParty `json:"parties"` // that signed it
	Proposal  note.ID          `json:"proposal"`
	Release   time.Time        `json:"release"`
	Unsigned  []string         `json:"unsigned"` // addressed too, whose signature is not there
}

// StatementParty is one party that signed.
type StatementParty struct {
	Note   note.ID  `json:"note"`
	Office string   `json:"office"`
	Party  string   `json:"party"`
	Time   string   `json:"time"`  // its own claim
	Words  []string `json:"words"` // of its identity key's fingerprint
}

// NewPublicStatement makes what is shown of what was checked.
func NewPublicStatement(s *audit.JointStatement) *PublicStatement {
	v := &PublicStatement{Digest: s.Terms, Exercise: s.Exercise, Languages: s.Content.Authentic, Parties: []StatementParty{}, Proposal: s.Proposal, Release: s.Release.UTC(), Unsigned: append([]string{}, s.Unsigned...)}
	for _, w := range s.Signatures {
		v.Parties = append(v.Parties, StatementParty{w.ID, w.Office, w.Party, w.Time, charter.Words(charter.Fingerprint(w.Party, s.Identities[w.Party]), charter.FingerprintWords)})
	}
	return v
}

// statement makes the folder of a joint statement. The signatures on it are the
// consent of all: it goes out from the moment that they name, and not before.
func (a *API) statement(w http.ResponseWriter, r *http.Request) error {
	channel, id, err := a.note(r)
	if err != nil {
		return err
	}
	b, err := body(w, r)
	if err != nil {
		return err
	}
	var in struct {
		Dir string `json:"dir"` // a folder that is not there
	}
	if err := json.Unmarshal(b, &in); err != nil || !filepath.IsAbs(in.Dir) {
		return badRequest("want {\"dir\": an absolute path}")
	}
	proposal, signatures, err := a.signed(channel, id)
	if err != nil {
		return err
	}
	leaving, err := a.desk.Leaving(desk.Public, proposal)
	if err != nil {
		return err
	}
	leaving.Opened, leaving.Banner = true, true // its README and every text have the mark
	if err := desk.MayLeave(leaving); err != nil {
		return err
	}
	texts, err := a.texts(channel)
	if err != nil {
		return err
	}
	files, s, err := audit.StatementFiles(Record(a.n), texts, proposal, signatures)
	if err != nil {
		return err
	}
	if _, err := a.giveOut(r.Context(), house.Disclosure{Dir: in.Dir, Note: proposal}, files); err != nil {
		return err
	}
	return answer(w, NewPublicStatement(s))
}

// signed returns the proposal of the text on offer in a statement, and the
// signatures on it by party.
func (a *API) signed(channel note.Digest, id note.ID) (proposal note.ID, signatures map[string]note.ID, err error) {
	signatures = map[string]note.ID{}
	readErr := a.n.Read(channel, func(s *node.Snapshot) {
		m := s.Register.Matter(id)
		if m == nil {
			err = &view.NotFound{What: "matter " + id.Short()}
			return
		}
		st, ok := m.State.(*matter.StatementState)
		if !ok || st.OnOffer() == nil {
			err = badRequest("%s is about no statement of which a text is on offer", id.Short())
			return
		}
		p := st.OnOffer()
		proposal = p.Note
		for _, party := range p.Owing {
			if w := p.Signature(party); w != nil {
				signatures[party] = w.Note
			}
		}
	})
	return proposal, signatures, errors.Join(readErr, err)
}
