package matter

import (
	"errors"
	"fmt"
	"slices"

	"detente/note"
)

// Fields of groups.
var (
	grForm    = enum("form", "what it is", "working-group", "commission", "liaison-posts").Must()
	grName    = line("name", "what it is called").Must()
	grLevel   = line("level", "at what level: directors general, sector commanders").Must()
	grWhere   = place("where", "where it meets, or where the posts are")
	grCadence = line("cadence", "how often it meets")
	grBy      = code("by", "the party").Must()
	grPost    = line("post", "by the post").Must()
	grChairs  = list("chairs", "its co-chairs, or who mans the posts, by party and post", 64, grBy.Spec, grPost.Spec)

	grHeld     = date("held", "when the meeting was held").Must()
	grSat      = place("where", "where it was held")
	grAs       = enum("as", "whether the item records a decision, or only what was said", "noted", "decision").Must()
	grDoer     = code("by", "which party is to carry the decision out")
	grItems    = list("items", "the items of the minutes, numbered from 1 in their order; the text of each stands in the content", 64, grAs.Spec, grDoer.Spec).Must()
	grReplaces = ref("replaces", "the minutes that these correct, and take the place of")
	grTerms    = digest("terms", "the digest of the minutes' content, as their header names it").Must()
	grMinutes  = ref("minutes", "the note of the minutes").Must()
	grItem     = number("item", "the number of the item there", 64).Must()
	grOpens    = ref("undertaking", "the note that opened the undertaking").Must()
)

// Group is a body that meets, and its minutes.
var Group = Kind{
	Name: "group",
	Doc:  "A commission, a working group or a pair of liaison posts, and the minutes of its meetings. Minutes bind once every principal of the audience, their author too, has approved them by the digest of their text; until then they are one author's words. A decision in approved minutes is carried out by undertakings, which `decide` names; a decision without one is open.",
	States: []StateDoc{
		{"open", "convened, and not closed"},
		{"closed", "closed by every principal, or by the party that convened it before any minutes; minutes that are there can still be corrected, approved and carried out"},
		{"circulated", "of minutes: not approved by every principal"},
		{"approved", "of minutes: every principal approved the same text"},
		{"replaced", "of minutes: corrected minutes have taken their place"},
		{"crossed", "of minutes: approved and corrected by notes that crossed; the correction, or a further one, must be approved by all"},
	},
	Acts: []Act{
		{Name: "convene", Doc: "Sets a group up, as its author says. It binds nobody.", Opens: true, Who: Principals,
			Fields: []Spec{grForm.Spec, grName.Spec, grLevel.Spec, grWhere.Spec, grCadence.Spec, grChairs.Spec, utTopic.Spec}, Texts: []TextSpec{{Name: "mandate", Doc: "what it is for", Required: true}}},
		{Name: "minutes", Doc: "Circulates minutes, item by item; or corrected ones, in the place of those that it names. It binds nobody, not even its author.", From: []string{"open", "closed", "circulated", "approved", "replaced", "crossed"}, Who: Proposers,
			Starts: "for every principal: to approve the minutes, where the charter sets a time for it",
			Fields: []Spec{grHeld.Spec, grSat.Spec, grItems.Spec, grReplaces.Spec}, Texts: []TextSpec{{Name: "item", Doc: "the text of each item", Numbered: true, Required: true}, {Name: "present", Doc: "who took part, by office"}}},
		{Name: "approve", Doc: "Approves minutes. When every principal has, they bind.", From: []string{"circulated", "approved", "replaced", "crossed"}, Who: Principals, Binds: true, Fields: []Spec{grTerms.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "decide", Doc: "Says which undertaking carries a decision of approved minutes out. There may be several.", From: []string{"approved"}, Who: Principals, Fields: []Spec{grMinutes.Spec, grItem.Spec, grOpens.Spec}, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
		{Name: "close", Doc: "Calls the group closed. It is closed when every principal has said so, having seen the minutes of every meeting, or by the word of the party that convened it while there are no minutes.", From: []string{"open", "closed"}, Who: Principals, Binds: true, Texts: []TextSpec{{Name: "remark", Doc: "words beside it"}}},
	},
}

func init() { Group.Apply = applyGroup }

// GroupState is what a group has come to.
type GroupState struct {
	Cadence string    `json:"cadence,omitempty"`
	Chairs  []Chair   `json:"chairs,omitempty"`
	Closed  []Closing `json:"closed,omitempty"`
	Form    string    `json:"form"`
	Half    string    `json:"half,omitempty"`
	Level   string    `json:"level"`
	Minutes []Minutes `json:"minutes,omitempty"`
	Name    string    `json:"name"`
	Opener  string    `json:"opener"`
	Opening note.ID   `json:"opening"`
	State   string    `json:"state"`
	Where   string    `json:"where,omitempty"`
}

// Chair is a party's post in a group.
type Chair struct {
	Party string `json:"party"`
	Post  string `json:"post"`
}

// Closing is a party's word that the group is closed. It does not count beside
// minutes that its author had not seen.
type Closing struct {
	Note   note.ID   `json:"note"`
	Party  string    `json:"party"`
	Unseen []note.ID `json:"unseen,omitempty"` // minutes, but not corrected ones
}

// Minutes are the minutes of one meeting.
type Minutes struct {
	Approved   []Said      `json:"approved,omitempty"`
	Clocks     []Clock     `json:"clocks,omitempty"`
	Crossed    []note.ID   `json:"crossed,omitempty"`
	Decisions  []Decision  `json:"decisions,omitempty"`
	Done       *note.ID    `json:"done,omitempty"` // the note that completed the approval
	Held       string      `json:"held"`
	Items      int         `json:"items"`
	Note       note.ID     `json:"note"`
	Party      string      `json:"party"`
	ReplacedBy []note.ID   `json:"replaced_by,omitempty"`
	Replaces   *note.ID    `json:"replaces,omitempty"`
	Stage      string      `json:"stage"`
	Terms      note.Digest `json:"terms"`
	Where      string      `json:"where,omitempty"`
}

// Decision is an item that is marked one. An undertaking's Party is who says
// that it carries the decision out, by the note that says so.
type Decision struct {
	By           string       `json:"by,omitempty"`
	Item         int          `json:"item"`
	Undertakings []CarriedOut `json:"undertakings,omitempty"`
}

// CarriedOut names the note that opened an undertaking, and who says that the
// undertaking carries a decision out.
type CarriedOut struct {
	Note        note.ID `json:"note"`
	Party       string  `json:"party"`
	Undertaking note.ID `json:"undertaking"`
}

func (s *GroupState) Opened() string { return s.Opener }
func (s *GroupState) Status() string { return s.State }

func (s *GroupState) Stage(m *note.Move) string {
	i, what := -1, ""
	if terms, ok := grTerms.Of(m); ok {
		i, what = s.byTerms(terms), "of that text"
	} else if id, ok := grMinutes.Of(m); ok {
		i, what = s.byNote(id), id.Short()
	} else if id, ok := grReplaces.Of(m); ok {
		i, what = s.byNote(id), id.Short()
	} else {
		return s.State
	}
	if i < 0 {
		return "without minutes " + what
	}
	return s.Minutes[i].Stage
}

func (s *GroupState) byTerms(d note.Digest) int {
	return slices.IndexFunc(s.Minutes, func(m Minutes) bool { return m.Terms == d })
}

func (s *GroupState) byNote(id note.ID) int {
	return slices.IndexFunc(s.Minutes, func(m Minutes) bool { return m.Note == id })
}

func (s *GroupState) Clocks() []Clock {
	var out []Clock
	for _, m := range s.Minutes {
		for _, c := range m.Clocks {
			if i := slices.IndexFunc(m.Approved, func(a Said) bool { return a.Party == c.Owes }); i >= 0 {
				c.Done = &m.Approved[i].Note
			}
			c.Void = c.Done == nil && m.Stage != "circulated"
			out = append(out, c)
		}
	}
	return out
}

func applyGroup(prev State, in *Input) (State, error) {
	if prev == nil {
		s := &GroupState{State: "open", Opener: in.Party, Opening: in.ID, Cadence: grCadence.Or(in.Move, ""), Half: utTopic.Or(in.Move, ""), Where: grWhere.Or(in.Move, "")}
		s.Form, _ = grForm.Of(in.Move)
		s.Name, _ = grName.Of(in.Move)
		s.Level, _ = grLevel.Of(in.Move)
		chairs, _ := grChairs.Of(in.Move)
		for _, f := range chairs {
			var c Chair
			c.Party, _ = grBy.From(f)
			c.Post, _ = grPost.From(f)
			s.Chairs = append(s.Chairs, c)
		}
		return s, nil
	}
	s := *prev.(*GroupState)
	s.Minutes = slices.Clone(s.Minutes)
	var err error
	switch in.Act.Name {
	case "minutes":
		err = s.circulate(in)
	case "approve":
		err = s.approve(in)
	case "decide":
		err = s.decide(in)
	case "close":
		s.close(in)
	}
	if err != nil {
		return nil, err
	}
	s.State = "open"
	if s.over(in, func(note.ID) bool { return true }) {
		s.State = "closed"
	}
	s.restage()
	return &s, nil
}

func (s *GroupState) circulate(in *Input) error {
	switch {
	case in.Content.IsZero():
		return errors.New("there is no text that could be approved")
	case slices.ContainsFunc(s.Minutes, func(m Minutes) bool { return m.Terms == in.Content && in.Saw(m.Note) }):
		return errors.New("its text is, to the byte, that of minutes which are there already")
	}
	m := Minutes{Note: in.ID, Party: in.Party, Terms: in.Content, Where: grSat.Or(in.Move, "")}
	m.Held, _ = grHeld.Of(in.Move)
	items, _ := grItems.Of(in.Move)
	m.Items = len(items)
	for i, f := range items {
		if as, _ := grAs.From(f); as == "decision" {
			by, _ := grDoer.From(f)
			m.Decisions = append(m.Decisions, Decision{By: by, Item: i + 1})
		}
	}
	for _, p := range in.Principals {
		c := Clock{For: "to approve the minutes " + in.ID.Short(), From: in.ID, Owes: p}
		if t, ok := in.Rules.Due("group/minutes", in.Time, p); ok {
			c.Due = t.UTC().Format("2006-01-02T15:04:05Z07:00")
		}
		m.Clocks = append(m.Clocks, c)
	}
	if id, ok := grReplaces.Of(in.Move); ok {
		m.Replaces = &id
		if err := s.Minutes[s.byNote(id)].replaced(in); err != nil {
			return err
		}
	} else {
		if s.over(in, in.Saw) {
			return errors.New("the group is closed, and its author had seen that: convene another")
		}
		// Who called the group closed had not seen these.
		s.Closed = slices.Clone(s.Closed)
		for i := range s.Closed {
			c := &s.Closed[i]
			c.Unseen = append(slices.Clone(c.Unseen), in.ID)
		}
	}
	s.Minutes = append(s.Minutes, m)
	return nil
}

// replaced lets corrected minutes take the place of m. Approvals that their
// author had not seen have crossed them.
func (m *Minutes) replaced(in *Input) error {
	unseen := unseen(in, m.Approved)
	switch {
	case !in.Saw(m.Note):
		return errors.New("its author had not seen the minutes that it replaces")
	case m.Done != nil && unseen == nil:
		return errors.New("every principal has approved those minutes, and its author had seen that: what changes them is further minutes")
	}
	m.ReplacedBy = append(slices.Clone(m.ReplacedBy), in.ID)
	if unseen != nil {
		m.cross(append(unseen, in.ID))
	}
	return nil
}

func (m *Minutes) cross(ids []note.ID) {
	m.Crossed = together(m.Crossed, ids)
	// What was decided by them is not, until people have said again.
	m.Decisions = slices.Clone(m.Decisions)
	for i := range m.Decisions {
		m.Decisions[i].Undertakings = nil
	}
}

func (s *GroupState) approve(in *Input) error {
	terms, _ := grTerms.Of(in.Move)
	// Minutes of the same text, to the byte, can call other items decisions: a
	// word goes to those that its author had seen.
	var m *Minutes
	for i := range s.Minutes {
		o := &s.Minutes[i]
		switch {
		case o.Terms != terms || !in.Saw(o.Note):
		case m != nil:
			return fmt.Errorf("its author had seen that %s and %s have the same text, to the byte: somebody must circulate them again", m.Note.Short(), o.Note.Short())
		default:
			m = o
		}
	}
	if m == nil {
		return errors.New("its author had seen no minutes of that text")
	}
	for _, id := range m.ReplacedBy {
		if in.Saw(id) {
			return fmt.Errorf("its author had seen that %s had taken their place", id.Short())
		}
	}
	if slices.ContainsFunc(m.Approved, func(a Said) bool { return a.Party == in.Party }) {
		return nil
	}
	m.Approved = said(m.Approved, in)
	if m.Done == nil && everyone(m.Approved, in) {
		m.Done = &in.ID
	}
	if m.ReplacedBy != nil {
		m.cross(append(slices.Clone(m.ReplacedBy), in.ID))
	}
	return nil
}

func (s *GroupState) decide(in *Input) error {
	id, _ := grMinutes.Of(in.Move)
	item, _ := grItem.Of(in.Move)
	opens, _ := grOpens.Of(in.Move)
	m := &s.Minutes[s.byNote(id)]
	i := slices.IndexFunc(m.Decisions, func(d Decision) bool { return d.Item == item })
	switch {
	case i < 0:
		return fmt.Errorf("item %d of %s is no decision", item, id.Short())
	case !in.Saw(opens):
		return fmt.Errorf("its author did not hold %s, which it calls an undertaking", opens.Short())
	}
	m.Decisions = slices.Clone(m.Decisions)
	d := &m.Decisions[i]
	if !slices.ContainsFunc(d.Undertakings, func(c CarriedOut) bool { return c.Undertaking == opens }) {
		d.Undertakings = append(slices.Clone(d.Undertakings), CarriedOut{in.ID, in.Party, opens})
	}
	return nil
}

func (s *GroupState) close(in *Input) {
	c := Closing{Note: in.ID, Party: in.Party}
	for _, m := range s.Minutes {
		if m.Replaces == nil && !in.Saw(m.Note) {
			c.Unseen = append(c.Unseen, m.Note)
		}
	}
	s.Closed = append(slices.Clone(s.Closed), c)
}

// over reports whether, by the notes that are taken into account, the group is
// closed: by everyone's word, or by its opener's while there are no minutes.
func (s *GroupState) over(in *Input, counts func(note.ID) bool) bool {
	var words []Said
	for _, c := range s.Closed {
		if counts(c.Note) && !slices.ContainsFunc(c.Unseen, counts) {
			words = append(words, Said{c.Note, c.Party})
		}
	}
	return everyone(words, in) || slices.ContainsFunc(words, func(w Said) bool { return w.Party == s.Opener }) &&
		!slices.ContainsFunc(s.Minutes, func(m Minutes) bool { return m.Replaces == nil && counts(m.Note) })
}

// restage works out how far each of the minutes is. Where an approval and a
// correction crossed, the approval of a correction ends that.
func (s *GroupState) restage() {
	approved := map[note.ID]bool{} // they, or minutes in their place
	for i := len(s.Minutes) - 1; i >= 0; i-- {
		m := &s.Minutes[i]
		later := slices.ContainsFunc(m.ReplacedBy, func(id note.ID) bool { return approved[id] })
		switch {
		case m.Crossed != nil && !later:
			m.Stage = "crossed"
		case m.ReplacedBy != nil:
			m.Stage = "replaced"
		case m.Done != nil:
			m.Stage, later = "approved", true
		default:
			m.Stage = "circulated"
		}
		approved[m.Note] = later
	}
}

// unseen returns those of the words that the input's author had not seen.
func unseen(in *Input, words []Said) (ids []note.ID) {
	for _, w := range words {
		if !in.Saw(w.Note) {
			ids = append(ids, w.Note)
		}
	}
	return ids
}

// together returns the notes of both lists, each once.
func together(list, more []note.ID) []note.ID {
	list = slices.Clone(list)
	for _, id := range more {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}
