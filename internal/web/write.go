package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"detente/audit"
	"detente/charter"
	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/view"
	"detente/note"
	"detente/seal"
)

// Sent is the answer to a draft that was sent.
type Sent struct {
	Channel  note.Digest `json:"channel"`
	ID       note.ID     `json:"id"`
	Receipts []string    `json:"receipts"` // who gave a receipt while ?wait lasted
	Short    string      `json:"short"`
	Size     uint64      `json:"size"` // of the feed
	Time     time.Time   `json:"time"`
	Waiting  []string    `json:"waiting"` // whose receipt is not here yet
}

// readDraft reads the draft that a request brings.
func readDraft(w http.ResponseWriter, r *http.Request) (desk.Draft, error) {
	b, err := body(w, r)
	if err != nil {
		return desk.Draft{}, err
	}
	d, err := desk.ReadDraft(b)
	if err != nil {
		return d, badRequest("%v", err)
	}
	return d, atHome(r, "attach", d.Attach...)
}

// atHome refuses paths of files on the machine of the node to whoever is not its
// own user there: they would be read with the node's rights.
func atHome(r *http.Request, field string, paths ...string) error {
	if _, ok := officer.FromContext(r.Context()); ok && len(paths) > 0 {
		return &desk.FieldError{Field: field, Why: "it is the path of a file on the machine of the node, which only the node's own user gives, there"}
	}
	return nil
}

func (a *API) send(w http.ResponseWriter, r *http.Request) error {
	d, err := readDraft(w, r)
	if err != nil {
		return err
	}
	switch q := r.URL.Query(); {
	case q.Get("check") != "":
		ready, err := a.desk.Prepare(d)
		if err != nil {
			return err
		}
		return answer(w, map[string]any{"act": ready.Act, "audience": ready.Audience, "channel": ready.Channel, "fields": ready.Fields, "office": ready.Office, "precedence": ready.Precedence})
	case q.Get("keep") != "":
		id, err := a.desk.Keep(r.Context(), d)
		if err != nil {
			return err
		}
		return answer(w, map[string]string{"draft": id})
	}
	t, err := a.desk.Send(r.Context(), d)
	if err != nil {
		return err
	}
	return a.sent(w, r, t)
}

func (a *API) release(w http.ResponseWriter, r *http.Request) error {
	t, err := a.desk.Release(r.Context(), r.PathValue("id"), r.URL.Query().Get("again") != "")
	if err != nil {
		return err
	}
	return a.sent(w, r, t)
}

// sent answers with the ticket; with ?wait, when every other principal in the
// audience has given its receipt, or the time is up.
func (a *API) sent(w http.ResponseWriter, r *http.Request, t node.Ticket) error {
	_, channel, _, err := note.ParseOrigin(t.ID.Origin)
	if err != nil {
		return err
	}
	v := Sent{Channel: channel, ID: t.ID, Receipts: []string{}, Short: t.ID.Short(), Size: t.Head.Size, Time: t.Time, Waiting: []string{}}
	_, h, err := a.n.Entry(t.ID)
	if err != nil {
		return err
	}
	wait := a.patience()
	if s := r.URL.Query().Get("wait"); s != "" {
		if wait, err = time.ParseDuration(s); err != nil || wait < 0 || wait > time.Hour {
			return badRequest("wait %.20q is not a time such as 30s, an hour at most; the note is sent, as %s", s, v.Short)
		}
	}
	var parties []string
	err = a.n.Read(channel, func(s *node.Snapshot) {
		for _, p := range h.Audience {
			if p != s.Party && s.Docs.Role(p) == charter.Principal {
				parties = append(parties, p)
			}
		}
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	for _, p := range parties {
		if wait > 0 && a.n.WaitReceipt(ctx, t.ID, p) == nil {
			v.Receipts = append(v.Receipts, p)
		} else {
			v.Waiting = append(v.Waiting, p)
		}
	}
	return answer(w, v)
}

func (a *API) drafts(w http.ResponseWriter, _ *http.Request) error {
	kept, err := a.desk.Drafts()
	if err != nil {
		return err
	}
	return answer(w, map[string]any{"drafts": kept})
}

func (a *API) amend(w http.ResponseWriter, r *http.Request) error {
	d, err := readDraft(w, r)
	if err != nil {
		return err
	}
	var version uint64
	if s := r.URL.Query().Get("version"); s != "" {
		if version, err = strconv.ParseUint(s, 10, 64); err != nil {
			return badRequest("version %.20q is not a number", s)
		}
	}
	k, err := a.desk.Amend(r.Context(), r.PathValue("id"), d, version)
	if err != nil {
		return err
	}
	return answer(w, map[string]any{"draft": k.ID, "version": k.Version})
}

func (a *API) drop(w http.ResponseWriter, r *http.Request) error {
	if err := a.desk.Drop(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	return answer(w, struct{}{})
}

func (a *API) attachment(w http.ResponseWriter, r *http.Request) error {
	_, id, err := a.note(r)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return badRequest("%.20q is not the number of an attachment", r.PathValue("number"))
	}
	f, _, err := a.desk.Attachment(r.Context(), id, number)
	if err != nil {
		return err
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	_, err = io.Copy(w, f)
	return err
}

func (a *API) erase(w http.ResponseWriter, r *http.Request) error {
	b, err := body(w, r)
	if err != nil {
		return err
	}
	var in struct{ Channel, Note string }
	if err := json.Unmarshal(b, &in); err != nil {
		return badRequest("%v", err)
	}
	r.SetPathValue("id", in.Note)
	q := r.URL.Query()
	q.Set("channel", in.Channel)
	r.URL.RawQuery = q.Encode()
	_, id, err := a.note(r)
	if err != nil {
		return err
	}
	if err := a.desk.Erase(r.Context(), id); err != nil {
		return err
	}
	return answer(w, map[string]string{"erased": id.String()})
}

// Step is one line of the answer to verify: how far it is, or the report.
type Step struct {
	Done   uint64        `json:"done"`
	Report *audit.Report `json:"report,omitempty"`
	Total  uint64        `json:"total"`
}

// Record returns what verify reads of a node.
func Record(n *node.Node) audit.Source {
	src := audit.Source{Store: n.Store(), Journal: n.Journal(), Box: n.Box(), Party: n.Party(), Parts: filepath.Join(n.Dir(), "parts"), House: filepath.Join(n.Dir(), "house")}
	for _, id := range n.Identities() {
		src.Openers = append(src.Openers, seal.NewOpener(id))
	}
	return src
}

func (a *API) verify(w http.ResponseWriter, r *http.Request) error {
	enc := json.NewEncoder(w)
	flush := http.NewResponseController(w)
	last := time.Now()
	w.Header().Set("Content-Type", "application/x-ndjson")
	started := false
	rep, err := audit.Verify(r.Context(), Record(a.n), audit.Options{Seals: r.URL.Query().Get("seals") != "", Progress: func(done, total uint64) {
		if time.Since(last) < 200*time.Millisecond {
			return
		}
		last, started = time.Now(), true
		if enc.Encode(Step{Done: done, Total: total}) == nil {
			flush.Flush() //nolint:errcheck // not every writer can
		}
	}})
	if err != nil {
		if started {
			panic(http.ErrAbortHandler) // the answer has begun; a report that is not there is no report
		}
		return err
	}
	return enc.Encode(Step{Done: rep.Notes, Total: rep.Notes, Report: &rep})
}

// ProveRequest says where a proof goes, and what goes with it.
type ProveRequest struct {
	Content bool   `json:"content"` // the words go too
	Dir     string `json:"dir"`     // a folder
	Move    bool   `json:"move"`    // the move goes too
}

func (a *API) prove(w http.ResponseWriter, r *http.Request) error {
	channel, id, err := a.note(r)
	if err != nil {
		return err
	}
	b, err := body(w, r)
	if err != nil {
		return err
	}
	var in ProveRequest
	if err := json.Unmarshal(b, &in); err != nil || !filepath.IsAbs(in.Dir) {
		return badRequest("want {\"dir\": an absolute path}")
	}
	leaving, err := a.desk.Leaving(desk.Prove, id)
	if err != nil {
		return err
	}
	leaving.Opened = in.Content || in.Move
	leaving.Erased = leaving.Erased && in.Content // the move is never erased
	if err := desk.MayLeave(leaving); err != nil {
		return err
	}
	var parts []string
	if in.Move {
		parts = append(parts, note.PartMove)
	}
	if in.Content {
		parts = append(parts, note.PartContent)
	}
	texts, err := a.texts(channel)
	if err != nil {
		return err
	}
	p, err := audit.Prove(Record(a.n), texts, id, in.Dir, parts...)
	if err != nil {
		return err
	}
	v := Proof{Leaf: p.Leaf, Lacking: append([]string{}, p.Lacking...), Plain: p.Plain, Policy: p.Policy, Proof: p.Proof, Receipts: append([]string{}, p.Receipts...), Size: p.Head.Size}
	if leaving.Opened {
		v.Handling = leaving.Handling.String()
	}
	return answer(w, v)
}

// Proof is what was written.
type Proof struct {
	Handling string            `json:"handling,omitempty"` // the caveats of the words that go in the clear
	Lacking  []string          `json:"lacking"`            // principals whose receipt is not in it
	Leaf     string            `json:"leaf"`               // paths
	Plain    map[string]string `json:"plain"`
	Policy   string            `json:"policy"`
	Proof    string            `json:"proof"`
	Receipts []string          `json:"receipts"`
	Size     uint64            `json:"size"` // of the feed at the checkpoint
}

func (a *API) logs(w http.ResponseWriter, r *http.Request) error {
	channel, err := a.channel(r)
	if err != nil {
		return err
	}
	dir := r.URL.Query().Get("dir")
	if !filepath.IsAbs(dir) {
		return badRequest("dir: want an absolute path")
	}
	if err := desk.MayLeave(desk.Leaving{Way: desk.Logs}); err != nil {
		return err
	}
	texts, err := a.texts(channel)
	if err != nil {
		return err
	}
	list, err := audit.Export(r.Context(), a.n.Store(), texts, dir)
	if err != nil {
		return err
	}
	out := []Log{}
	for _, e := range list {
		out = append(out, Log{Dir: e.Dir, Origin: e.Origin, Receipts: append([]string{}, e.Receipts...), Size: e.Size})
	}
	return answer(w, map[string]any{"logs": out})
}

// Log is one feed that was exported.
type Log struct {
	Dir      string   `json:"dir"`
	Origin   string   `json:"origin"`
	Receipts []string `json:"receipts"` // on its checkpoint
	Size     uint64   `json:"size"`
}

// texts reads the texts of a channel anew, so that long work holds no lock.
func (a *API) texts(channel note.Digest) (ch *charter.Channel, err error) {
	var all [][]byte
	for _, kind := range []string{charter.KindCharter, charter.KindCredence, charter.KindClosing} {
		docs, err := a.n.Documents(kind)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			all = append(all, d.Bytes)
			if d.Digest != channel {
				continue
			}
			s, err := charter.ParseCharter(d.Bytes)
			if err != nil {
				return nil, err
			}
			if ch, err = charter.NewChannel(s); err != nil {
				return nil, err
			}
		}
	}
	if ch == nil {
		return nil, &view.NotFound{What: "channel " + channel.String()}
	}
	ch.AddAll(all...) // those of other channels are refused, and are none of this one's
	return ch, nil
}

// patience is how long an answer waits for receipts unless it is told: a
// moment while the line is up, so that the officer sees the note held over
// there, and not at all where nothing can come.
func (a *API) patience() time.Duration {
	up := false
	for _, id := range a.n.Channels() {
		a.n.Read(id, func(s *node.Snapshot) {
			up = up || slices.ContainsFunc(s.Peers, func(p node.PeerInfo) bool { return p.Up })
		})
	}
	if up {
		return 2 * time.Second
	}
	return 0
}
