// Package desk is where officers work: it makes a draft out of what was
// written, says which field is wrong before anything is signed, keeps drafts,
// and holds the one gate for everything that goes out, [MayLeave].
//
// What the desk refuses is refused here and now, for the author's own good.
// It is not what binds the other side: a node that is not this program may
// send what this desk would not, and the register judges that.
package desk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"detente/charter"
	"detente/internal/house"
	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// A Draft is a note as people write it: names may be short, and what can be
// understood may be left out. It is the body of POST /api/v1/send, and the
// file of detente send --file.
type Draft struct {
	Act        string                  `json:"act"`
	Attach     []string                `json:"attach,omitempty"`    // paths of files
	Audience   []string                `json:"audience,omitempty"`  // absent: that of the matter, or every party that speaks
	Authentic  []string                `json:"authentic,omitempty"` // languages; absent: every language that has a text
	Basis      *note.Basis             `json:"basis,omitempty"`     // exercises only
	Channel    string                  `json:"channel,omitempty"`   // its name, or the first digits of its digest; absent: the only one
	Fields     map[string]any          `json:"fields,omitempty"`
	From       *house.Press            `json:"from,omitempty"`  // the press text that it was read from; stays in-house
	Given      map[string][]string     `json:"given,omitempty"` // fields as strings, from flags and forms; see matter.ParseFields
	Matter     string                  `json:"matter,omitempty"`
	Office     string                  `json:"office,omitempty"`     // absent: the party's only one that may make the act
	Precedence string                  `json:"precedence,omitempty"` // absent: routine
	Quotes     []note.Quote            `json:"quotes,omitempty"`
	Texts      map[string]note.Wording `json:"texts,omitempty"` // by slot and language
}

// ReadDraft reads a draft from JSON. Unknown names are errors.
func ReadDraft(data []byte) (Draft, error) {
	var d Draft
	if err := strict(data, &d); err != nil {
		return d, &FieldError{"", fmt.Sprintf("the draft cannot be read: %v", err)}
	}
	return d, nil
}

// strict reads one JSON value whose names are all known.
func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more follows after it")
	}
	return nil
}

// FieldError says which field of a draft is wrong, and why. Nothing was sent.
type FieldError struct{ Field, Why string }

func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Why
	}
	return e.Field + ": " + e.Why
}

// Field returns the field that an error of the desk or the tables
// speaks of, or "".
func Field(err error) string {
	var own *FieldError
	var table *matter.FieldError
	switch {
	case errors.As(err, &own):
		return own.Field
	case errors.As(err, &table):
		return table.Field
	}
	return ""
}

// Desk works on one node, which has only one desk.
type Desk struct {
	n        *node.Node
	drafts   sync.Mutex // of drafts that are being sent or dropped
	matching matching
}

// New returns the desk of a node.
func New(n *node.Node) *Desk { return &Desk{n: n} }

// Channel finds a channel by its name or the first digits of its digest; ""
// stands for the only one.
func (d *Desk) Channel(s string) (note.Digest, error) {
	var found []note.Digest
	var all []string
	for _, id := range d.n.Channels() {
		var name string
		if err := d.n.Read(id, func(s *node.Snapshot) { name = s.Docs.Current().Charter.Name }); err != nil {
			return note.Digest{}, err
		}
		all = append(all, fmt.Sprintf("%s (%.12s)", name, id))
		if s == "" || s == name || len(s) >= 4 && strings.HasPrefix(id.String(), s) {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return note.Digest{}, &FieldError{"channel", "no channel is in force at this node; import the charter that every principal has signed"}
	case len(found) == 0:
		return note.Digest{}, &FieldError{"channel", fmt.Sprintf("%.80q is none of %s", s, strings.Join(all, ", "))}
	}
	return note.Digest{}, &FieldError{"channel", "which one? " + strings.Join(all, ", ")}
}

// Prepare checks a draft and completes it. What it returns would be signed as
// it stands. A note that the register, as it stands, would not apply is
// refused: it could never come to anything but a place in the record. What an
// office makes ad referendum may go: its capital can make it too.
func (d *Desk) Prepare(in Draft) (node.Draft, error) {
	out, err := d.compose(in)
	if err != nil {
		return out, err
	}
	return out, d.try(out)
}

// try asks the register what the note would do if it were written now.
func (d *Desk) try(out node.Draft) error {
	m := &note.Move{Act: out.Act, Fields: out.Fields, Matter: out.Matter, Office: out.Office, Version: note.Version}
	var content note.Digest
	if out.Content != nil {
		content = note.Sum([]byte("any: the content has its digest once it is salted"))
	}
	var result register.Result
	var reason string
	err := d.n.Read(out.Channel, func(s *node.Snapshot) {
		origin := s.Docs.Epoch(s.Party)
		h := &note.Header{Audience: out.Audience, Charter: s.Docs.Current().Digest, Exercise: s.Docs.Exercise(), Index: s.Register.Size(origin), Origin: origin,
			Precedence: out.Precedence, Time: d.n.Now().UTC().Format(note.TimeLayout), Version: note.Version}
		result, reason = s.Register.Try(h, m, content)
	})
	if err == nil && result != register.Applied && result != register.Referred {
		err = &node.Refused{Why: fmt.Sprintf("as the record stands it would be %s: %s", result, reason)}
	}
	return err
}

// compose makes a note of what was written.
func (d *Desk) compose(in Draft) (node.Draft, error) {
	var out node.Draft
	if err := matter.CheckAct(in.Act); err != nil {
		return out, err
	}
	kind, act, _ := matter.Find(in.Act)
	if in.Act == matter.Ack {
		return out, &FieldError{"act", in.Act + " is written by the node itself"}
	}
	channel, err := d.Channel(in.Channel)
	if err != nil {
		return out, err
	}
	out = node.Draft{Channel: channel, Act: in.Act, Precedence: cmp.Or(in.Precedence, "routine"), Attach: in.Attach}
	if !slices.Contains(note.Precedences, out.Precedence) {
		return out, &FieldError{"precedence", fmt.Sprintf("%.40q is none of %s", in.Precedence, strings.Join(note.Precedences, ", "))}
	}
	if in.Matter != "" {
		id, err := view.ParseID(channel, in.Matter)
		if err != nil {
			return out, &FieldError{"matter", err.Error()}
		}
		out.Matter = &id
	}
	names := matter.Names{
		Note: func(s string) (note.ID, error) { return view.ParseID(channel, s) },
		Text: func(s string) (note.Digest, error) { return d.terms(channel, s) },
	}
	if act.Keeps != "" {
		if in, out.Keep, err = keep(in); err != nil {
			return out, err
		}
		out.Attach = nil
	}
	if out.Fields, err = readFields(in, names); err != nil {
		return out, err
	}
	if out.Content, err = content(in); err != nil {
		return out, err
	}
	if err := matter.CheckContent(in.Act, out.Content); err != nil {
		return out, err
	}
	if err := matter.CheckWhole(in.Act, out.Fields, out.Content); err != nil {
		return out, err
	}
	for _, path := range in.Attach {
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() || st.Size() > note.MaxAttachment {
			return out, &FieldError{"attach", fmt.Sprintf("%s is not a file of at most %d bytes that can be read", path, note.MaxAttachment)}
		}
	}
	readErr := d.n.Read(channel, func(s *node.Snapshot) {
		err = d.complete(&out, in, s, kind, act)
	})
	if err = errors.Join(readErr, err); err != nil {
		return out, err
	}
	if err := sealed(&out, act); err != nil {
		return out, err
	}
	if err := d.reveal(&out); err != nil {
		return out, err
	}
	return out, matter.Check(&note.Move{Act: out.Act, Fields: out.Fields, Matter: out.Matter, Office: out.Office, Version: note.Version})
}

func readFields(in Draft, names matter.Names) (map[string]any, error) {
	if len(in.Given) == 0 {
		return matter.ReadFields(in.Act, in.Fields, names)
	}
	if len(in.Fields) == 0 {
		return matter.ParseFields(in.Act, in.Given, names)
	}
	for name := range in.Given {
		if _, twice := in.Fields[name]; twice {
			return nil, &FieldError{name, "given both in the file and as a flag"}
		}
	}
	both := map[string]any{}
	for name, v := range in.Fields {
		both[name] = v
	}
	given, err := matter.GatherFields(in.Act, in.Given)
	if err != nil {
		return nil, err
	}
	for name, v := range given {
		both[name] = v
	}
	return matter.ReadFields(in.Act, both, names)
}

func content(in Draft) (*note.Content, error) {
	if len(in.Texts) == 0 && len(in.Quotes) == 0 && in.Basis == nil && len(in.Attach) == 0 {
		return nil, nil
	}
	c := &note.Content{Authentic: in.Authentic, Basis: in.Basis, Quotes: in.Quotes, Texts: in.Texts, Version: note.Version}
	if c.Texts == nil {
		c.Texts = map[string]note.Wording{}
	}
	if len(c.Authentic) == 0 {
		for _, w := range c.Texts {
			for lang := range w {
				c.Authentic = append(c.Authentic, lang)
			}
		}
		if len(c.Authentic) == 0 {
			c.Authentic = []string{"en"}
		}
	}
	slices.Sort(c.Authentic)
	c.Authentic = slices.Compact(c.Authentic)
	return c, nil
}

// terms returns the digest of the content of a note, by which a binding move
// names the text that it binds to.
func (d *Desk) terms(channel note.Digest, s string) (note.Digest, error) {
	id, err := view.ParseID(channel, s)
	if err != nil {
		return note.Digest{}, err
	}
	_, h, err := d.n.Entry(id)
	if err != nil {
		return note.Digest{}, err
	}
	if h != nil {
		if p, ok := h.Part(note.PartContent); ok {
			return p.Plain, nil
		}
	}
	return note.Digest{}, fmt.Errorf("%s has no text", s)
}

// complete fills in what was left out, and asks the charter and the register.
func (d *Desk) complete(out *node.Draft, in Draft, s *node.Snapshot, kind *matter.Kind, act *matter.Act) error {
	rules := s.Docs.Current().Rules()
	if err := office(out, in, s.Party, rules, act); err != nil {
		return err
	}
	if in.Basis != nil && !rules.Exercise {
		return &FieldError{"basis", "a basis stands only in an exercise, and this channel is real"}
	}
	out.Audience = slices.Compact(slices.Sorted(slices.Values(in.Audience)))
	if out.Matter != nil {
		m := s.Register.Matter(*out.Matter)
		switch {
		case m == nil:
			return &FieldError{"matter", "there is no matter " + out.Matter.Short() + " here"}
		case m.Kind != kind:
			return &FieldError{"matter", fmt.Sprintf("%s is about a matter of the kind %s, not %s", out.Matter.Short(), m.Kind.Name, kind.Name)}
		case len(out.Audience) > 0 && !slices.Equal(out.Audience, m.Audience):
			return &FieldError{"audience", "later notes on a matter name exactly its audience, " + strings.Join(m.Audience, ", ")}
		}
		id := m.ID // a matter may be named by any of its notes
		out.Matter, out.Audience = &id, m.Audience
		if err := settled(out, s, m, act); err != nil {
			return err
		}
	}
	if len(out.Audience) == 0 {
		for _, m := range s.Docs.Members() {
			if m.Role != charter.Observer && !s.Docs.Left(m.Party) {
				out.Audience = append(out.Audience, m.Party)
			}
		}
		if kind.Addressed && len(out.Audience) > 2 {
			return &FieldError{"audience", fmt.Sprintf("say who is to have the %s: by default it goes to nobody; the parties that speak here are %s", kind.Name, strings.Join(out.Audience, ", "))}
		}
	}
	for _, p := range out.Audience {
		m, ok := rules.Member(p)
		switch {
		case !ok:
			return &FieldError{"audience", fmt.Sprintf("%.20q is not a party of this channel; its parties are %s", p, strings.Join(rules.Parties(), ", "))}
		case m.Role == charter.Observer && m.Scope != charter.ScopeFull:
			return &FieldError{"audience", fmt.Sprintf("%s observes with scope %s, and is addressed nothing", p, m.Scope)}
		}
	}
	if !slices.Contains(out.Audience, s.Party) {
		return &FieldError{"audience", "it must hold the author, " + s.Party}
	}
	if err := localFirst(out, s.Party, rules, act); err != nil {
		return err
	}
	for _, stop := range view.Suspended(s.Register, d.n.Now()) {
		if stop.Party == s.Party && stop.Covers(in.Act, out.Precedence) {
			return &FieldError{"act", fmt.Sprintf("%s has itself suspended %s by %s, until %s; resume it first, or send it flash", s.Party, kind.Name, stop.Note.Short(), stop.End)}
		}
	}
	return nil
}

// localFirst holds an act that opens a matter against the charter's list of
// what goes to the local posts first: the offices that may say it and bind
// nothing. Another office says what they came to, or sends it flash.
func localFirst(out *node.Draft, party string, rules *charter.Rules, act *matter.Act) error {
	if !act.Opens || out.Matter != nil || out.Precedence == "flash" || !rules.IsLocalFirst(out.Act) {
		return nil
	}
	m, _ := rules.Member(party)
	var posts []string
	for _, o := range m.Offices {
		if len(o.Binds) == 0 && rules.MaySay(party, o.Code, out.Act) {
			posts = append(posts, o.Code)
		}
	}
	if _, said := out.Fields["local"]; said || len(posts) == 0 || slices.Contains(posts, out.Office) {
		return nil
	}
	next := "let that office make it, or send it flash"
	if slices.ContainsFunc(act.Fields, func(f matter.Spec) bool { return f.Name == "local" }) {
		next = "let that office make it, say with the field local what the posts came to, or send it flash"
	}
	return &FieldError{"office", fmt.Sprintf("the charter sends %s to the local posts first, here %s: %s", out.Act, strings.Join(posts, ", "), next)}
}

// office takes the office given, or the only one that may make the act.
func office(out *node.Draft, in Draft, party string, rules *charter.Rules, act *matter.Act) error {
	may := func(code string) bool {
		binds, _ := rules.MayBind(party, code, in.Act)
		return rules.MaySay(party, code, in.Act) && (binds || !act.Binds)
	}
	m, _ := rules.Member(party)
	var all, fit []string
	for _, o := range m.Offices {
		all = append(all, o.Code)
		if may(o.Code) {
			fit = append(fit, o.Code)
		}
	}
	switch {
	case in.Office == "" && len(fit) == 1:
		out.Office = fit[0]
	case len(fit) == 0:
		return &FieldError{"office", fmt.Sprintf("the charter lets no office of %s make the act %s", party, in.Act)}
	case in.Office == "":
		return &FieldError{"office", fmt.Sprintf("which office speaks? %s may make this act", strings.Join(fit, ", "))}
	case !slices.Contains(all, in.Office):
		return &FieldError{"office", fmt.Sprintf("%.40q is not an office of %s; its offices are %s", in.Office, party, strings.Join(all, ", "))}
	case !may(in.Office):
		return &FieldError{"office", fmt.Sprintf("the charter does not let the office %s make the act %s; %s may", in.Office, in.Act, strings.Join(fit, ", "))}
	default:
		out.Office = in.Office
	}
	return nil
}

// Send prepares a draft and submits it. It returns when the note is durable
// here; the counterpart's receipt comes later.
func (d *Desk) Send(ctx context.Context, in Draft) (node.Ticket, error) {
	out, err := d.Prepare(in)
	if err != nil {
		return node.Ticket{}, err
	}
	t, err := d.submit(ctx, out)
	if err != nil || in.From == nil {
		return t, err
	}
	_, err = d.n.House().Append(context.WithoutCancel(ctx), house.Confirmed, made(Kept{Draft: in}, t.ID))
	return t, err
}

func (d *Desk) submit(ctx context.Context, out node.Draft) (node.Ticket, error) {
	if err := MayLeave(Leaving{Way: Line, Exercise: d.exercise(out.Channel), Banner: true, Own: true}); err != nil {
		return node.Ticket{}, err
	}
	return d.n.Submit(ctx, out)
}

func (d *Desk) exercise(channel note.Digest) (exercise bool) {
	if err := d.n.Read(channel, func(s *node.Snapshot) { exercise = s.Docs.Exercise() }); err != nil {
		return true // the stricter of the two
	}
	return exercise
}
