package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/internal/node"
	"detente/internal/view"
	"detente/note"
)

// Self says who this node is.
type Self struct {
	Addresses   []string    `json:"addresses"`
	Credence    note.Digest `json:"credence"`
	Fingerprint note.Digest `json:"fingerprint"`
	Keys        []Key       `json:"keys"`
	Name        string      `json:"name"`
	Now         time.Time   `json:"now"`
	Party       string      `json:"party"`
	Serial      uint64      `json:"serial"`
	Words       []string    `json:"words"` // of the fingerprint
}

// Key is one public key of a party.
type Key struct {
	Digest string `json:"digest"`
	Use    string `json:"use"`
}

// Keys lists the public keys of a credence.
func Keys(c charter.Credence) []Key {
	return []Key{
		{c.Identity.Digest().String(), "identity: signs credences, charters and closings; kept apart"},
		{c.Keys.Feed.Digest().String(), "feed: signs the checkpoints of what the party says"},
		{c.Keys.Receipt.Digest().String(), "receipt: says what the node durably holds"},
		{c.Keys.Witness.Digest().String(), "witness: says what the node saw grow"},
		{c.Keys.TLS.String(), "tls: the node's end of the line"},
		{note.Sum([]byte(c.Keys.Seal)).String(), "seal: what is addressed to the party is sealed to it"},
	}
}

func (a *API) node(w http.ResponseWriter, _ *http.Request) error {
	c, _ := a.n.Credence()
	f := c.Fingerprint()
	return answer(w, Self{Addresses: append([]string{}, c.Addresses...), Credence: c.Digest(), Fingerprint: f, Keys: Keys(c), Name: c.Name, Now: a.n.Now().UTC(), Party: c.Party,
		Serial: c.Serial, Words: charter.Words(f, charter.FingerprintWords)})
}

// Channel is one channel in force.
type Channel struct {
	Charter    note.Digest `json:"charter"` // in force now
	Exercise   bool        `json:"exercise"`
	ID         note.Digest `json:"id"`
	Name       string      `json:"name"`
	Parties    []string    `json:"parties"`
	Principals []string    `json:"principals"`
	Recovering string      `json:"recovering,omitempty"` // why the node signs nothing on it
	Words      []string    `json:"words"`                // of the channel's digest
}

func (a *API) channels(w http.ResponseWriter, _ *http.Request) error {
	out := []Channel{}
	for _, id := range a.n.Channels() {
		err := a.n.Read(id, func(s *node.Snapshot) {
			c := s.Docs.Current()
			out = append(out, Channel{Charter: c.Digest, Exercise: c.Charter.Exercise, ID: id, Name: c.Charter.Name, Parties: c.Rules().Parties(),
				Principals: c.Charter.Principals(), Recovering: s.Recovering, Words: view.CheckWords(id)})
		})
		if err != nil {
			return err
		}
	}
	return answer(w, map[string]any{"channels": out})
}

// Document is a signed text that the node keeps.
type Document struct {
	Digest  note.Digest `json:"digest"`
	InForce *bool       `json:"in_force,omitempty"` // of a charter: every principal that it names has signed it
	Kind    string      `json:"kind"`               // credence, charter, amendment, closing
	Missing []string    `json:"missing,omitempty"`  // who has yet to sign
	Party   string      `json:"party,omitempty"`
	Text    string      `json:"text,omitempty"` // as it is signed; where one document is asked for
	What    string      `json:"what"`
	Words   []string    `json:"words,omitempty"` // of a credence: its fingerprint
}

// Describe says what a signed text is, in a line.
func Describe(signed []byte) (Document, error) {
	kind, err := charter.Kind(signed)
	if err != nil {
		return Document{}, err
	}
	switch kind {
	case charter.KindCredence:
		c, err := charter.ParseCredence(signed)
		if err != nil {
			return Document{}, err
		}
		return Document{Digest: c.Digest(), Kind: "credence", Party: c.Party, What: fmt.Sprintf("%s, serial %d", c.Name, c.Serial),
			Words: charter.Words(c.Fingerprint(), charter.FingerprintWords)}, nil
	case charter.KindCharter:
		s, err := charter.ParseCharter(signed)
		if err != nil {
			return Document{}, err
		}
		force := s.InForce()
		d := Document{Digest: s.Digest, Kind: "charter", InForce: &force, Missing: s.Missing(), What: s.Charter.Name + ": " + strings.Join(s.Rules().Parties(), ", ")}
		if s.Charter.Amends != nil {
			d.Kind = "amendment"
		}
		return d, nil
	}
	text, _, err := feed.SplitText(signed)
	if err != nil {
		return Document{}, err
	}
	var c charter.Closing // the node verified it when it took it
	_, body, _ := bytes.Cut(text, []byte{'\n'})
	if err := json.Unmarshal(body, &c); err != nil {
		return Document{}, err
	}
	return Document{Digest: feed.TextDigest(text), Kind: "closing", Party: c.Party(), What: fmt.Sprintf("%s: %s ends at %d", c.Reason, c.Keeps.Origin, c.Keeps.Size)}, nil
}

var kinds = map[string]string{"credence": charter.KindCredence, "charter": charter.KindCharter, "closing": charter.KindClosing}

func (a *API) documents(w http.ResponseWriter, r *http.Request) error {
	out := []Document{}
	want := r.URL.Query().Get("kind")
	if want != "" && kinds[want] == "" {
		return badRequest("kind %.20q is none of credence, charter, closing", want)
	}
	for _, name := range []string{"credence", "charter", "closing"} {
		if want != "" && name != want {
			continue
		}
		docs, err := a.n.Documents(kinds[name])
		if err != nil {
			return err
		}
		for _, d := range docs {
			v, err := Describe(d.Bytes)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
	}
	return answer(w, map[string]any{"documents": out})
}

// document finds a document by the first digits of its digest, or a credence
// by its party: the newest.
func (a *API) document(w http.ResponseWriter, r *http.Request) error {
	want := r.PathValue("digest")
	var found *Document
	var serial uint64
	for _, kind := range kinds {
		docs, err := a.n.Documents(kind)
		if err != nil {
			return err
		}
		for _, d := range docs {
			byDigest := len(want) >= 4 && strings.HasPrefix(d.Digest.String(), want)
			if c, err := charter.ParseCredence(d.Bytes); kind == charter.KindCredence && err == nil && c.Party == want && c.Serial > serial {
				serial = c.Serial
			} else if !byDigest {
				continue
			}
			v, err := Describe(d.Bytes)
			if err != nil {
				return err
			}
			v.Text = string(d.Bytes)
			found = &v
		}
	}
	if found == nil {
		return &view.NotFound{What: "document " + want}
	}
	return answer(w, found)
}

func (a *API) addDocument(w http.ResponseWriter, r *http.Request) error {
	b, err := body(w, r)
	if err != nil {
		return err
	}
	if _, _, err := a.n.AddDocument(r.Context(), b); err != nil {
		return &Problem{Detail: err.Error(), Status: http.StatusConflict}
	}
	v, err := Describe(b)
	if err != nil {
		return err
	}
	docs, err := a.n.Documents(charter.KindCharter) // with signatures that were here already
	if err != nil {
		return err
	}
	for _, d := range docs {
		if d.Digest == v.Digest {
			if v, err = Describe(d.Bytes); err != nil {
				return err
			}
		}
	}
	return answer(w, v)
}

func (a *API) acceptClosing(w http.ResponseWriter, r *http.Request) error {
	d, err := note.ParseDigest(r.PathValue("digest"))
	if err != nil {
		return badRequest("%v", err)
	}
	if err := a.n.AcceptClosing(r.Context(), d); err != nil {
		return err
	}
	return answer(w, map[string]string{"accepted": d.String()})
}

// backup writes a copy of the ledger while the node runs. Keys, attachments
// and the signing journal are files of their own: see docs/operations.md.
func (a *API) backup(w http.ResponseWriter, r *http.Request) error {
	b, err := body(w, r)
	if err != nil {
		return err
	}
	var in struct{ Path string }
	if err := json.Unmarshal(b, &in); err != nil || !filepath.IsAbs(in.Path) {
		return badRequest("want {\"path\": an absolute path}")
	}
	if err := a.n.Store().Backup(r.Context(), in.Path); err != nil {
		return err
	}
	return answer(w, map[string]string{"backup": in.Path})
}
