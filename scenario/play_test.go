package scenario_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"detente/charter"
	"detente/feed"
	"detente/matter"
	"detente/note"
	"detente/register"
	"detente/scenario"
)

// played is a scenario folded in the order of its steps, every party having
// seen all that was sent before, but for what an outage kept from it.
type played struct {
	t         *testing.T
	scenario  *scenario.Scenario
	placed    map[string]scenario.Placed
	registers map[string]*register.Register // by channel
	notes     map[string][]register.Opened  // by channel, as they were written
	fold      func(channel string, notes []register.Opened) *register.Register
}

// rules is a founding charter, as the register wants it.
type rules struct{ *charter.Rules }

func (r rules) Role(party string) string { return r.Roles[party] }
func (r rules) IsExercise() bool         { return r.Exercise }
func (r rules) Serial() int              { return 0 }
func (r rules) Due(act string, start time.Time, answerer string) (time.Time, bool) {
	k, ok := r.Clock(act)
	if !ok {
		return time.Time{}, false
	}
	m, ok := r.Member(answerer)
	return charter.Due(start, k, m), ok
}

func keys(party string) (note.Digest, feed.Public, error) {
	d := note.Sum([]byte(party))
	key, err := feed.NewKey([64]byte(append(d[:], d[:]...)))
	if err != nil {
		return d, feed.Public{}, err
	}
	return d, key.Public(), nil
}

func january(t *testing.T) *scenario.Scenario {
	t.Helper()
	s, err := scenario.January2024()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func play(t *testing.T, s *scenario.Scenario) *played {
	t.Helper()
	p := &played{t: t, scenario: s, placed: map[string]scenario.Placed{}, registers: map[string]*register.Register{}, notes: map[string][]register.Opened{}}
	l := newLedgers(s)
	charters := map[string]note.Digest{}
	rulesOf := map[string]rules{}
	for _, c := range s.Channels {
		text, err := s.Charter(c.Code, keys)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := text.Text()
		if err != nil {
			t.Fatal(err)
		}
		charters[c.Code] = feed.TextDigest(signed)
		r := rules{&charter.Rules{Clocks: text.Clocks, Exercise: text.Exercise, Members: text.Members, Principals: text.Principals(), Roles: map[string]string{}}}
		for _, m := range text.Members {
			r.Roles[m.Party] = m.Role
		}
		rulesOf[c.Code] = r
	}
	p.fold = func(channel string, notes []register.Opened) *register.Register {
		r := register.New(func(note.Digest) (register.Rules, bool) { return rulesOf[channel], true })
		for _, n := range notes {
			if !r.Add(n) {
				t.Fatalf("%s was not taken", n.Header.ID().Short())
			}
		}
		r.Matters() // folds
		return r
	}
	for i := range s.Steps {
		st := &s.Steps[i]
		l.step(st)
		if st.Kind == scenario.Expect {
			p.expect(st, l)
		}
		if st.Kind != scenario.Note {
			continue
		}
		move, err := st.Move(func(label string) (scenario.Placed, bool) { pl, ok := p.placed[label]; return pl, ok })
		if err != nil {
			t.Fatal(err)
		}
		content := p.made(st, move)
		h := &note.Header{Audience: st.Audience, Charter: charters[st.Channel], Exercise: true, Origin: note.Origin(st.Party, charters[st.Channel], l.epoch(st.Party, st.Channel)),
			Precedence: st.Precedence, Time: st.At.UTC().Format(note.TimeLayout), Version: note.Version}
		h.Index, h.Seen = l.write(st.Party, h.Origin, charters[st.Channel])
		p.placed[st.Label] = scenario.Placed{ID: h.ID(), Content: content}
		p.notes[st.Channel] = append(p.notes[st.Channel], register.Opened{Header: h, Move: move, Content: content})
	}
	for _, c := range s.Channels {
		p.registers[c.Code] = p.fold(c.Code, p.notes[c.Code])
	}
	return p
}

// state returns what the matter opened by the note of that label has come to.
func state[S matter.State](p *played, label string) S {
	p.t.Helper()
	st, ok := p.scenario.Step(label)
	if !ok {
		p.t.Fatalf("there is no note %s", label)
	}
	m := p.registers[st.Channel].Entry(p.placed[label].ID).Matter
	if m == nil {
		p.t.Fatalf("%s opened no matter", label)
	}
	s, ok := m.State.(S)
	if !ok {
		p.t.Fatalf("%s opened a %T", label, m.State)
	}
	return s
}

func TestJanuaryIsInOrder(t *testing.T) {
	p := play(t, january(t))
	for label, placed := range p.placed {
		st, _ := p.scenario.Step(label)
		if e := p.registers[st.Channel].Entry(placed.ID); e == nil || e.Result != register.Applied {
			t.Errorf("%s: %+v; want it applied", label, e)
		}
	}
}

func TestJanuaryStrikesKeepBothAccounts(t *testing.T) {
	p := play(t, january(t))
	for label, want := range map[string]string{
		"strike-panjgur":   "PAK:2/3/ IRN:-/-/deliberate",
		"strike-saravan":   "PAK:-/-/deliberate PAK:-/-/ IRN:9/-/", // Pakistan's second one is the cause that it states
		"killings-saravan": "PAK:9/3/",                             // of Iran a condemnation is reported, and no account
	} {
		s := state[*matter.IncidentState](p, label)
		var got []string
		number := func(n *int) string {
			if n == nil {
				return "-"
			}
			return fmt.Sprint(*n)
		}
		for _, a := range s.Accounts {
			got = append(got, fmt.Sprintf("%s:%s/%s/%s", a.Party, number(a.Killed), number(a.Injured), a.Own))
			if a.InResponse != nil {
				t.Errorf("%s: %s says in response to what; no author is reported to have said so", label, a.Party)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v; want %s", label, got, want)
		}
		if s.Status() != "reported" {
			t.Errorf("%s is %s; nobody called it settled", label, s.Status())
		}
	}
	both := map[string]bool{}
	for _, w := range state[*matter.IncidentState](p, "killings-saravan").Others {
		both[w.Act+" "+w.Party] = true
	}
	if len(both) != 2 || !both["regret PAK"] || !both["regret IRN"] {
		t.Errorf("words on the killings: %v; want one of each side", both)
	}
	if s := state[*matter.IncidentState](p, "strike-panjgur"); len(s.Others) != 1 || s.Others[0].Act != "protest" || s.Others[0].Party != "PAK" {
		t.Errorf("protests on the first strike: %+v; want Pakistan's", s.Others)
	}
}

func TestJanuaryReadoutsStandApart(t *testing.T) {
	p := play(t, january(t))
	rows := func(label string) map[string]string {
		out := map[string]string{}
		for _, row := range state[*matter.TalkState](p, label).Compare() {
			out[row.Topic] = strings.Join(row.Parties(), " ")
		}
		return out
	}
	for label, want := range map[string]map[string]string{
		"call-17": {"sovereignty": "PAK", "right-to-respond": "PAK", "security": "IRN", "information": "IRN"},
		"call-19": {"trust": "PAK", "sovereignty": "PAK", "cooperation": "PAK", "counter-terrorism": "IRN PAK", "de-escalation": "PAK", "relations": "PAK",
			"ambassadors": "PAK", "invitation": "PAK", "security": "IRN", "information": "IRN", "palestine": "IRN"},
		"call-turkiye": {"grounds": "PAK", "de-escalation": "PAK"},
		"visit":        {"cooperation": "PAK", "mechanism": "PAK"},
	} {
		got := rows(label)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v; want %v", label, got, want)
		}
	}
	s := state[*matter.TalkState](p, "call-19")
	if len(s.CalledBy) != 1 || s.CalledBy[0].Party != "PAK" || s.CalledBy[0].Note != p.placed["call-19-who-called"].ID {
		t.Errorf("who called on the 19th: %+v; want Pakistan, as Iran says", s.CalledBy)
	}
	visit := state[*matter.TalkState](p, "visit")
	if visit.Status() != "held" || len(visit.Agreed) != 2 || len(visit.Compare()[1].Points) != 2 {
		t.Errorf("the visit: %+v; want it agreed, held, and the mechanism under both its names", visit)
	}
}

func TestJanuaryInvitation(t *testing.T) {
	s := january(t)
	until := func(label string) *matter.TalkState {
		short := *s
		for i, st := range s.Steps {
			if st.Label == label {
				short.Steps = s.Steps[:i+1]
			}
		}
		return state[*matter.TalkState](play(t, &short), "visit")
	}
	if st, _ := s.Step("visit"); st.Stamp[:10] != "2024-01-19" || st.Party != "PAK" {
		t.Errorf("the invitation is %s's, of %s; want Pakistan's, of the 19th", st.Party, st.Stamp)
	}
	for label, want := range map[string]string{"visit": "proposed ", "visit-dated": "proposed 2024-01-29", "visit-agreed": "agreed 2024-01-29", "visit-held": "held 2024-01-29"} {
		if v := until(label); v.State+" "+v.When != want {
			t.Errorf("after %s the visit is %s %s; want %s", label, v.State, v.When, want)
		}
	}
}

func TestJanuaryAmbassadors(t *testing.T) {
	s := january(t)
	at := func(label string) *played {
		until := *s
		for i, st := range s.Steps {
			if st.Label == label {
				until.Steps = s.Steps[:i+1]
			}
		}
		return play(t, &until)
	}
	check := func(p *played, opening, head, acting string) {
		t.Helper()
		m := state[*matter.MissionState](p, opening)
		if m.Fields["head"].Value != head || m.Fields["acting"].Value != acting || m.Crossed != nil {
			t.Errorf("%s>%s: head %s, acting %s, crossed %v; want %s, %s", m.Sending, m.Receiving, m.Fields["head"].Value, m.Fields["acting"].Value, m.Crossed, head, acting)
		}
	}
	p := at("ambassador-of-iran-asked-not-to-return")
	check(p, "ambassador-of-pakistan-recalled", "recalled-for-consultations", "charge-daffaires")
	check(p, "ambassador-of-iran-away", "asked-not-to-return", "charge-daffaires")
	p = play(t, s)
	check(p, "ambassador-of-pakistan-recalled", "in-post", "none")
	check(p, "ambassador-of-iran-away", "in-post", "none")
}

func TestJanuaryPackage(t *testing.T) {
	p := play(t, january(t))
	u := state[*matter.UndertakingState](p, "ambassadors-return")
	if u.State != "in force" || *u.InForce != p.placed["ambassadors-return-accepted"].ID || len(u.Parts) != 2 || u.Half != "de-escalation" {
		t.Fatalf("the package: %+v", u)
	}
	for i, part := range u.Parts {
		if part.Stage != "reported" || part.When != "2024-01-26" {
			t.Errorf("part %d is %s, done %s; want it reported of the 26th, and not confirmed: no source says so", i+1, part.Stage, part.When)
		}
	}
	for _, c := range u.Clocks() {
		if c.Done == nil {
			t.Errorf("a clock runs on: %+v", c)
		}
	}
}

func TestJanuaryRequestIsUnanswered(t *testing.T) {
	p := play(t, january(t))
	r := state[*matter.RequestState](p, "request")
	if r.State != "made" || r.Opener != "IRN" || r.To != "PAK" || r.For != "action" || r.Territory != "PAK" || r.Answered != nil || r.Cites != nil {
		t.Errorf("Iran's request: %+v; want it made, of PAK, on its territory, and nothing more", r)
	}
	if r.NeededBy != "none" || r.AcknowledgeBy != "" {
		t.Errorf("its deadlines are %s and %s; none is reported", r.NeededBy, r.AcknowledgeBy)
	}
	for _, c := range r.Clocks() {
		if c.Due != "" || c.Done != nil {
			t.Errorf("a clock of it: %+v; want it open-ended", c)
		}
	}
	for _, st := range p.scenario.Steps {
		if st.On == "request" {
			t.Errorf("%s is on Iran's request; no answer is reported", st.Label)
		}
	}
}

// Whose territory it is may accept, and nobody else: not even the charter's
// other principal.
func TestJanuaryOnlyTheTerritoryAccepts(t *testing.T) {
	for party, want := range map[string]string{"PAK": "accepted", "IRN": "made"} {
		s, err := scenario.Parse(fmt.Appendf(scenario.January2024Text(), "\nnote: word\nat: 2024-01-29T18:00:00+05:00\nchannel: pak-irn\nfrom: %s mfa\nact: request/accept\non: request\nfield terms: @request\nbasis: invented, to try it\n", party))
		if err != nil {
			t.Fatal(err)
		}
		p := play(t, s)
		e := p.registers["pak-irn"].Entry(p.placed["word"].ID)
		if r := state[*matter.RequestState](p, "request"); r.State != want || (e.Result == register.Applied) != (party == "PAK") {
			t.Errorf("an acceptance by %s leaves the request %s, and is %s (%s)", party, r.State, e.Result, e.Reason)
		}
	}
}

func TestJanuaryStatement(t *testing.T) {
	s := january(t)
	p := play(t, s)
	st := state[*matter.StatementState](p, "joint-statement")
	text := st.OnOffer()
	if st.State != "signed" || text == nil || strings.Join(text.Clauses, " ") != "ambassadors visit" || len(text.Signed) != 2 || text.Words != nil || st.Crossings != nil || st.Half != "de-escalation" {
		t.Fatalf("the joint statement: %+v; want one text of two clauses, signed by both, and not a word beside it", st)
	}
	moment := st.Moment()
	if moment.Format(time.DateOnly) != "2024-01-22" || st.Released(moment.Add(-time.Second)) || !st.Released(moment) {
		t.Errorf("its moment is %s; want one moment of the 22nd, from which it is released everywhere", moment)
	}
	var out []string
	for _, w := range st.Published {
		out = append(out, w.Party+" "+w.Outlet+" "+w.When)
	}
	if strings.Join(out, ", ") != "PAK Islamabad 2024-01-22, IRN Tehran 2024-01-22" {
		t.Errorf("published: %s; want both capitals", out)
	}
	var times []time.Time
	for _, label := range []string{"joint-statement-out-islamabad", "joint-statement-out-tehran"} {
		step, _ := s.Step(label)
		times = append(times, step.At)
	}
	if !times[0].Equal(moment) || !times[1].Equal(moment) {
		t.Errorf("published at %s; want both at the moment, %s", times, moment)
	}
}

func TestJanuaryGroups(t *testing.T) {
	p := play(t, january(t))
	for label, form := range map[string]string{"liaison-officers": "liaison-posts", "mechanism": "commission"} {
		g := state[*matter.GroupState](p, label)
		if g.Form != form || g.State != "open" || g.Minutes != nil || g.Closed != nil || g.Half != "coordination" {
			t.Errorf("%s: %+v; want it set up, and nothing more: no source reports minutes", label, g)
		}
	}
	if g := state[*matter.GroupState](p, "mechanism"); !strings.Contains(g.Name, `"Joint Coordination" by one source`) || !strings.Contains(g.Name, `"high-level consultative" by another`) {
		t.Errorf("the mechanism is called %s; want both names, as two sources call it", g.Name)
	}
	for _, st := range p.scenario.Steps {
		for where, text := range words(&st) {
			for _, name := range []string{"Joint Coordination", "high-level consultative"} {
				if strings.Contains(text, name) && !strings.HasPrefix(where, "quote") && !strings.Contains(text, `"`+name+`" by`) {
					t.Errorf("%s, %s: %q is what one source calls it, and no fact", st.Label, where, name)
				}
			}
		}
	}
}

func TestJanuaryInvestigationHasAClock(t *testing.T) {
	p := play(t, january(t))
	s := state[*matter.IncidentState](p, "killings-saravan")
	clocks := s.Clocks()
	if len(clocks) != 1 || clocks[0].Owes != "IRN" || clocks[0].Done != nil || clocks[0].Due != "2024-01-29T15:00:00Z" {
		t.Fatalf("clocks: %+v; want Iran's, 48 hours after the question", clocks)
	}
	if due, _ := clocks[0].DueTime(); !due.After(p.scenario.End) {
		t.Errorf("it ends at %s, within the scenario; nothing is reported of an answer, late or not", due)
	}
}

func TestJanuaryMessages(t *testing.T) {
	p := play(t, january(t))
	for label, want := range map[string]string{
		"summons-islamabad": "PAK summons false", "summons-tehran": "IRN summons false", "visits-suspended": "PAK note-verbale false",
		"goodwill-iran": "IRN letter true", "goodwill-pakistan": "PAK letter true", "thanks-iran": "IRN letter true", "consul-sent": "PAK note-verbale false",
	} {
		s := state[*matter.MessageState](p, label)
		if got := fmt.Sprintf("%s %s %t", s.Opener, s.Form, s.Goodwill); got != want {
			t.Errorf("%s: %s; want %s", label, got, want)
		}
		if len(s.Answers) != 0 {
			t.Errorf("%s: %+v; no answer is reported", label, s.Answers)
		}
	}
	if s := state[*matter.MessageState](p, "goodwill-pakistan"); s.ReplyTo == nil || *s.ReplyTo != p.placed["goodwill-iran"].ID {
		t.Errorf("Pakistan's goodwill message replies to %v; want Iran's", s.ReplyTo)
	}
}

func TestJanuaryTurkeyHasItsOwnRecord(t *testing.T) {
	s := january(t)
	for _, st := range s.Steps {
		for _, party := range st.Audience {
			if c, _ := s.Channel(st.Channel); (party == "TUR") != (c.Code == "pak-tur") && party != "PAK" {
				t.Errorf("%s, on %s, is for %s", st.Label, c.Code, party)
			}
		}
	}
	p := play(t, s)
	if call := state[*matter.TalkState](p, "call-turkiye"); len(call.Readouts) != 1 || call.Readouts[0].Party != "PAK" {
		t.Errorf("readouts of the call with Türkiye: %+v; only Pakistan's is reported", call.Readouts)
	}
}

// Other desks than the ministry's say, and do not bind.
func TestJanuaryOfficesSpeakThroughTheMinistry(t *testing.T) {
	s := january(t)
	for _, p := range s.Parties {
		for _, o := range p.Offices {
			if (len(o.Binds) > 0) != (o.Code == "mfa") {
				t.Errorf("%s: the office %s binds %v", p.Code, o.Code, o.Binds)
			}
		}
	}
	for label, office := range map[string]string{"goodwill-pakistan": "afs", "goodwill-iran": "official", "ambassadors-return": "mfa", "ambassadors-return-accepted": "mfa"} {
		if st, _ := s.Step(label); st == nil || st.Office != office {
			t.Errorf("%s: %+v; want it spoken by %s", label, st, office)
		}
	}
}
