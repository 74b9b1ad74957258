package scenario_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"detente/scenario"
)

// wellText returns the scenario printed in docs/scenario.md.
func wellText(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../docs/scenario.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(b), "```\n")
	text, _, ok := strings.Cut(after, "```\n")
	if !ok {
		t.Fatal("docs/scenario.md has no example")
	}
	return text
}

func TestParseExample(t *testing.T) {
	s, err := scenario.Parse([]byte(wellText(t)))
	if err != nil {
		t.Fatal(err)
	}
	if s.Title != "The dispute at the well" || len(s.Parties) != 2 || len(s.Channels) != 1 || len(s.Steps) != 9 {
		t.Fatalf("%+v", s)
	}
	st, _ := s.Step("well")
	switch {
	case st.Content.Texts["account"]["en"] != "Shots were fired at the well. One shepherd was hurt.":
		t.Errorf("a continued line: %q", st.Content.Texts["account"]["en"])
	case st.Party != "AAA" || st.Office != "post" || st.Precedence != "immediate" || st.Fields["injured"] != int64(1):
		t.Errorf("%+v", st)
	case strings.Join(st.Audience, " ") != "AAA BBB" || st.Content.Authentic[0] != "en":
		t.Errorf("what is left out: %+v", st)
	case !st.At.Equal(time.Date(2024, 3, 1, 4, 0, 0, 0, time.UTC)) || st.Stamp != "2024-03-01T09:00:00+05:00[Asia/Karachi]":
		t.Errorf("the time: %v, %s", st.At, st.Stamp)
	case st.Content.Quotes[0].Speaker != "a shepherd" || st.Content.Basis.Mark != "invented":
		t.Errorf("%+v", st.Content)
	}
	if last := s.Steps[8]; last.Kind != scenario.Pause || len(last.Show) != 2 || !last.At.Equal(s.Steps[7].At) {
		t.Errorf("the pause: %+v", last)
	}
	if c, err := s.Charter("line", keys); err != nil || !c.Exercise || c.Clocks[0].Hours != 48 || !c.Members[1].Offices[0].AdReferendum {
		t.Errorf("the charter: %+v, %v", c, err)
	}
	laid, _ := s.Step("wolf-laid")
	if st, _ := s.Step("wolf"); st.Kind != scenario.Entry || st.Party != "AAA" || st.Channel != "" || st.Content.Texts["quotation"]["en"] != "It was no wolf." || laid.On != "wolf" {
		t.Errorf("what is in-house: %+v, %+v", st, laid)
	}
	p := play(t, s) // references become the names of notes, and digests
	if move, err := s.Steps[3].Move(func(label string) (scenario.Placed, bool) { pl, ok := p.placed[label]; return pl, ok }); err != nil || move.Fields["question"] != p.placed["well-question"].ID.String() || *move.Matter != p.placed["well"].ID {
		t.Errorf("the answer's move: %+v, %v", move, err)
	}
	if fields, err := laid.Filled(func(label string) (scenario.Placed, bool) { pl, ok := p.placed[label]; return pl, ok }); err != nil || fields["note"] != p.placed["well"].ID.String() {
		t.Errorf("what the claim is laid beside: %v, %v", fields, err)
	}
	if _, err := s.Steps[3].Move(func(string) (scenario.Placed, bool) { return scenario.Placed{}, false }); err == nil {
		t.Error("a move was made whose matter was never sent")
	}
}

func TestParseReadsCRLFAndBreaks(t *testing.T) {
	text := strings.Replace(wellText(t), "  One shepherd was hurt.\n", "  .\n\tOne shepherd was hurt.\n", 1)
	s, err := scenario.Parse([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if st, _ := s.Step("well"); st.Content.Texts["account"]["en"] != "Shots were fired at the well.\nOne shepherd was hurt." {
		t.Errorf("%q", st.Content.Texts["account"]["en"])
	}
}

// A facilitator's offices say what they would bind elsewhere; an observer has
// none.
func TestCharterByRole(t *testing.T) {
	head, _, _ := strings.Cut(wellText(t), "day:")
	for role, want := range map[string]string{"facilitator": "[{false [] desk Ministry of Foreign Affairs [*]}]", "observer headers": "[]"} {
		s, err := scenario.Parse([]byte(strings.Replace(head, "member BBB: principal", "member BBB: "+role, 1) + "pause: x\n"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Charter("line", keys)
		if err == nil {
			err = c.Validate()
		}
		if m, _ := c.Member("BBB"); err != nil || fmt.Sprint(m.Offices) != want || m.Role+" "+m.Scope != role && m.Role != role {
			t.Errorf("%s: %+v, %v; want the offices %s", role, m.Offices, err, want)
		}
		if !s.Parties[1].Offices[0].AdReferendum {
			t.Errorf("%s: the charter changed the scenario", role)
		}
	}
	if _, err := (&scenario.Scenario{}).Charter("line", keys); err == nil {
		t.Error("a charter of no channel")
	}
}

// A line of many continuations is read in time that grows with its length.
func TestParseManyContinuations(t *testing.T) {
	head, _, _ := strings.Cut(wellText(t), "day:")
	s, err := scenario.Parse([]byte(head + "pause: x\ntext: y\n" + strings.Repeat(" y\n", 500_000)))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.Steps[0].Text); got != 1_000_001 {
		t.Errorf("%d bytes; want every line, after a space", got)
	}
}

// Each case changes the example in one place. The error names the block and
// what is wrong with it.
func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"another version":               {"scenario/v1", "scenario/v2", "line 1: "},
		"no colon":                      {"name: Country A", "name Country A", "want a key, a colon and a value"},
		"control character":             {"Country A", "Country\x01A", "control character"},
		"invalid UTF-8":                 {"Country A", "Country\xff", "not UTF-8"},
		"orphan continuation":           {"party: AAA", " party: AAA", "and there is none"},
		"unknown block":                 {"party: AAA", "state: AAA", "a block begins with"},
		"unknown key":                   {"zone: Asia/Karachi", "zones: Asia/Karachi", "party AAA: zones: there is no such line"},
		"a key twice":                   {"name: Country A", "name: Country A\nname: Country A", "party AAA: name: given twice"},
		"too many words":                {"title: The", "title en: The", "title en: 1 words after title"},
		"no banner":                     {"banner: Exercise. Nobody wrote these notes.\n", "", "banner: missing"},
		"end before start":              {"end: 2024-03-03", "end: 2024-02-01", "not after the start"},
		"bad start":                     {"start: 2024-03-01T00:00:00+05:00", "start: 2024-03-01T00:00:00+06:00", "start: "},
		"a party twice":                 {"party: BBB", "party: AAA", "party AAA: party: given twice"},
		"bad party":                     {"party: AAA", "party: aaa", "is not a party's code"},
		"unknown zone":                  {"zone: Asia/Tehran", "zone: Asia/Nowhere", "no charter could say this"},
		"bad weekend":                   {"weekend: friday", "weekend: fryday", "no charter could say this"},
		"unknown office":                {"says post: incident", "says guard: incident", "there is no office guard"},
		"powers in nothing":             {"says post: incident, message\n", "", "office post"},
		"ad referendum":                 {"ad-referendum desk: true", "ad-referendum desk: false", "want true, or leave it out"},
		"unknown member":                {"member BBB: principal", "member CCC: principal", "there is no party CCC"},
		"bad role":                      {"member BBB: principal", "member BBB: chief", "no charter could say this"},
		"party on no channel":           {"party: BBB", "party: CCC\nname: C\nzone: UTC\n\nparty: BBB", "party CCC: it is on no channel"},
		"exercise unsaid":               {"exercise: true\n", "", "exercise: missing"},
		"exercise, perhaps":             {"exercise: true", "exercise: yes", "neither true nor false"},
		"basis on a real channel":       {"exercise: true", "exercise: false", "real notes have no basis"},
		"bad clock":                     {"48 hours, an", "two days, an", "is not a clock"},
		"clock of an unknown act":       {"clock incident/question", "clock incident/ask", "not an act"},
		"clock of 20,000 hours":         {"48 hours, an", "20000 hours, an", "no charter could say this"},
		"bad roll call":                 {"04:00, 12:00", "4:00, 12:00", "no charter could say this"},
		"no language":                   {"languages: en, fa", "languages: english", "no charter could say this"},
		"late party":                    {"day: 2024-03-01\ntext: Shots at the well", "day: 2024-03-01\n\nparty: CCC", "parties come before channels"},
		"bad day":                       {"day: 2024-03-01", "day: 2024-03-32", "not a date"},
		"bad label":                     {"note: patrols\n", "note: Patrols\n", "is not a label"},
		"a label twice":                 {"note: patrols\n", "note: well\n", "there is well already"},
		"unknown precedence":            {"precedence: immediate", "precedence: urgent", "precedence: \"urgent\" is none of flash"},
		"no time":                       {"at: 2024-03-01T09:00:00+05:00[Asia/Karachi]\n", "", "note well: at: missing"},
		"zone and offset differ":        {"at: 2024-03-01T09:00:00+05:00", "at: 2024-03-01T09:00:00+03:00", "note well: at: "},
		"time goes back":                {"at: 2024-03-01T09:30:00", "at: 2024-03-01T08:30:00", "before the step before it"},
		"outside the span":              {"at: 2024-03-02T14:00:00", "at: 2024-03-22T14:00:00", "not between the start"},
		"unknown channel":               {"channel: line\nfrom: AAA post", "channel: other\nfrom: AAA post", "there is no channel"},
		"not a member":                  {"from: AAA post", "from: CCC post", "not a party of the channel"},
		"unknown speaker's office":      {"from: AAA post", "from: AAA guard", "has no office"},
		"unknown act":                   {"act: incident/report", "act: incident/rumour", "not an act"},
		"may not say":                   {"from: AAA desk\nact: incident/question\non: well\ntext question: Who fired?", "from: AAA post\nact: talk/propose", "may not say talk/propose"},
		"may not bind":                  {"from: AAA desk\nact: undertaking/accept", "from: AAA post\nact: undertaking/accept", "may not bind by undertaking/accept"},
		"on what is not there":          {"on: patrols", "on: parades", "no note before this one has the label"},
		"on another kind":               {"on: patrols", "on: well", "is not about such a matter"},
		"on what opened nothing":        {"on: well\nfield question", "on: well-question\nfield question", "name the note that opened the matter"},
		"no matter":                     {"on: patrols\n", "", "matter: missing"},
		"a matter that it opens":        {"act: undertaking/accept\non: patrols\nfield terms: @patrols", "act: undertaking/offer\non: patrols\nfield parts/1/by: AAA\nfield parts/1/due: none\nfield parts/1/end: none\ntext terms: x", "opens a matter of its own"},
		"field unknown":                 {"field injured: 1", "field hurt: 1", "field hurt: there is no such field; incident/report has when, where"},
		"field of the wrong type":       {"field injured: 1", "field injured: one", "field injured: \"one\" is not a whole number"},
		"number with a sign":            {"field injured: 1", "field injured: +1", "not a whole number"},
		"number beyond":                 {"field injured: 1", "field injured: 99999999999", "field injured: "},
		"field of no list":              {"field injured: 1", "field injured/1: 1", "it is no list"},
		"field missing":                 {"field nature: shooting\n", "", "field nature: missing"},
		"word not in the enum":          {"nature: shooting", "nature: explosion", "note well: field nature: \"explosion\" is none of strike"},
		"list without an item":          {"field parts/1/by: BBB", "field parts: BBB", "want a path such as parts/1/by"},
		"list out of order":             {"field parts/1/by: BBB", "field parts/2/by: BBB", "numbered from 1"},
		"deadline without a zone":       {"field parts/1/due: 2024-03-04T12:00:00+03:30[Asia/Tehran]", "field parts/1/due: 2024-03-04", "parts/1/due"},
		"reference without a label":     {"field terms: @patrols", "field terms: patrols", "want @ and the label"},
		"reference to what is later":    {"field terms: @patrols", "field terms: @patrols-accepted", "no note before this one"},
		"text unknown":                  {"text casualties: One", "text dead: One", "no such text"},
		"text missing":                  {"text terms: Patrols of B do not fire within sight of the well.\n", "", "terms: missing"},
		"text of no item":               {"text terms: Patrols", "text part/2: Second.\ntext terms: Patrols", "there is no such item"},
		"text empty":                    {"text question: Who fired?", "text question:", "text question: empty"},
		"text in another language":      {"text answer fa", "text answer ur", "not a language of the channel"},
		"text twice":                    {"text answer fa:", "text answer en:", "given twice in en"},
		"nothing authentic":             {"text question: Who", "authentic: fa\ntext question: Who", "none in an authentic language"},
		"quote without a source":        {"source: Daily A, 1 March\n", "", "want words, a speaker and a source"},
		"speaker of nothing":            {"quote: shots, three or four\n", "", "it belongs to a quote"},
		"no basis":                      {"basis: invented, it stops the clock\n", "", "note well-answer: basis: missing"},
		"basis of a third kind":         {"basis: invented, it stops", "basis: heard, it stops", "want reported"},
		"basis without why":             {"basis: invented, it stops the clock", "basis: invented", "want reported"},
		"audience without author":       {"precedence: immediate", "audience: BBB", "is not in its audience"},
		"audience unknown":              {"precedence: immediate", "audience: AAA, CCC", "\"CCC\" is not a party"},
		"audience twice":                {"precedence: immediate", "audience: AAA, AAA", "named twice"},
		"audience of the matter":        {"on: patrols\n", "on: patrols\naudience: AAA\n", "names exactly these"},
		"show what is not there":        {"show: well, patrols", "show: well, parades", "no note before this one"},
		"show what opened nothing":      {"show: well, patrols", "show: well-question", "name the note that opened"},
		"an entry by nobody":            {"entry: wolf\nat: 2024-03-02T15:00:00+05:00[Asia/Karachi]\nfrom: AAA", "entry: wolf\nat: 2024-03-02T15:00:00+05:00[Asia/Karachi]\nfrom: AAA desk", "there is no party"},
		"an entry that is a note":       {"act: claim/enter", "act: message/send", "no act that is in-house"},
		"a note that is an entry":       {"act: undertaking/accept", "act: claim/link", "not an act that this program knows"},
		"an entry on a channel":         {"act: claim/enter", "channel: line\nact: claim/enter", "channel: there is no such line"},
		"an entry's basis":              {"basis: invented, what a daily could say\n", "", "entry wolf: basis: missing"},
		"an entry's field":              {"field outlet: Daily A\n", "", "field outlet: missing"},
		"an entry's text":               {"text quotation: It was no wolf.\n", "", "quotation: missing"},
		"an entry about itself":         {"act: claim/enter", "act: claim/enter\non: wolf", "opens an entry of its own"},
		"an entry about nothing":        {"act: claim/link\non: wolf\n", "act: claim/link\n", "on: missing"},
		"an entry about a note":         {"on: wolf\nfield note: @well", "on: well\nfield note: @well", "no entry before this one has the label"},
		"another's entry":               {"from: AAA\nact: claim/link", "from: BBB\nact: claim/link", "stands in the record of AAA"},
		"another kind of entry":         {"act: claim/link\non: wolf\nfield note: @well", "act: file/match\non: wolf\nfield note: @well", "is not about such an entry"},
		"a note on an entry":            {"\npause: What", "\nnote: x\nat: 2024-03-02T16:00:00+05:00[Asia/Karachi]\nchannel: line\nfrom: AAA desk\nact: message/answer\non: wolf\n\npause: What", "no note before this one"},
		"show an entry":                 {"show: well, patrols", "show: wolf", "no note before this one"},
		"a link of nobody":              {"\npause: What", "\nlink: CCC\nstate: down\n\npause: What", "there is no party"},
		"a link that is neither":        {"\npause: What", "\nlink: AAA\nstate: slow\n\npause: What", "neither down nor up"},
		"a link that is up already":     {"\npause: What", "\nlink: AAA\nstate: up\n\npause: What", "up already"},
		"a link without a state":        {"\npause: What", "\nlink: AAA\n\npause: What", "link AAA: state: missing"},
		"a courier to oneself":          {"\npause: What", "\ncourier: AAA AAA\nchannel: line\n\npause: What", "want two parties"},
		"a courier to a stranger":       {"\npause: What", "\ncourier: AAA CCC\nchannel: line\n\npause: What", "no party of the channel line"},
		"a courier on no channel":       {"\npause: What", "\ncourier: AAA BBB\nchannel: wire\n\npause: What", "there is no channel"},
		"an erasure of nothing":         {"\npause: What", "\nerase: x\n\npause: What", "no note before this one"},
		"an erasure by a stranger":      {"\npause: What", "\nerase: well\nby: CCC\n\npause: What", "not in the audience of well"},
		"a fork told to itself":         {"\npause: What", "\nfork: AAA\nchannel: line\nto: AAA\n\npause: What", "want another party"},
		"a fork while the line is down": {"\npause: What", "\nlink: AAA\nstate: down\n\nfork: AAA\nchannel: line\nto: BBB\n\npause: What", "the line of AAA is down"},
		"a fork of a fork":              {"\npause: What", "\nfork: AAA\nchannel: line\nto: BBB\n\nfork: AAA\nchannel: line\nto: BBB\n\npause: What", "has forked already"},
		"a note after a fork":           {"\npause: What", "\nfork: AAA\nchannel: line\nto: BBB\n\nnote: x\nat: 2024-03-02T16:00:00+05:00[Asia/Karachi]\nchannel: line\nfrom: AAA desk\nact: line/test\nfield use: test\nbasis: invented, x\n\npause: What", "takes no note before it is closed"},
		"an expectation of nothing":     {"\npause: What", "\nexpect: well-answer\nstate: reported\n\npause: What", "is itself on well"},
		"an expectation of no state":    {"\npause: What", "\nexpect: well\nstate: over\n\npause: What", "is no state of the kind incident"},
		"an expectation of a release":   {"\npause: What", "\nexpect: well\nstate: released\n\npause: What", "is no state of the kind incident"},
		"an expectation by a stranger":  {"\npause: What", "\nexpect: well\nstate: reported\nby: CCC\n\npause: What", "not in the audience"},
		"a result that is none":         {"\npause: What", "\nnote: x\nat: 2024-03-02T16:00:00+05:00[Asia/Karachi]\nchannel: line\nfrom: AAA desk\nact: line/test\nresult: applied\nfield use: test\nbasis: invented, x\n\npause: What", "is none of out of order"},
		"authority that is there":       {"\npause: What", "\nnote: x\nat: 2024-03-02T16:00:00+05:00[Asia/Karachi]\nchannel: line\nfrom: AAA desk\nact: line/test\nresult: beyond authority\nfield use: test\nbasis: invented, x\n\npause: What", "within its author"},
		"a key":                         {"\npause: What", "\nnote: x\nat: 2024-03-02T16:00:00+05:00[Asia/Karachi]\nchannel: line\nfrom: AAA desk\nact: line/contact\nfield post: p\nfield hours: h\nfield telephone: t\nfield recipient: age1pq1x\nbasis: invented, x\n\npause: What", "a scenario holds no key"},
		"pause without a heading":       {"pause: What was said, and what was promised", "pause:", "want one line"},
	} {
		text := wellText(t)
		if !strings.Contains(text, c.old) {
			t.Errorf("%s: the example has no %q", name, c.old)
			continue
		}
		_, err := scenario.Parse([]byte(strings.Replace(text, c.old, c.new, 1)))
		var where *scenario.Error
		if !errors.As(err, &where) || where.Line < 1 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want an error that says %q", name, err, c.want)
		}
	}
}

func TestParseLimits(t *testing.T) {
	head, _, _ := strings.Cut(wellText(t), "day:")
	var parties strings.Builder
	for i := range scenario.MaxParties + 1 {
		parties.WriteString("\nparty: P" + string(rune('A'+i)) + "\nname: P\nzone: UTC\n")
	}
	for name, c := range map[string]struct{ text, want string }{
		"bytes":    {strings.Repeat("#", scenario.MaxBytes+1), "the limit is"},
		"steps":    {head + strings.Repeat("pause: x\n\n", scenario.MaxSteps+1), "more than 2000 steps"},
		"blocks":   {head + strings.Repeat("pause: x\n\n", scenario.MaxSteps+100), "more blocks"},
		"lines":    {head + "note: x\n" + strings.Repeat("quote: x\n", scenario.MaxLines), "more than 400 lines"},
		"parties":  {head[:strings.Index(head, "party:")] + parties.String(), "more than 16 parties"},
		"no steps": {head, "missing"},
		"nothing":  {"detente/scenario/v1\n", "nothing after the first line"},
		"empty":    {"", "nothing after the first line"},
	} {
		if _, err := scenario.Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want an error that says %q", name, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(wellText(f)))
	f.Add(scenario.January2024Text())
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenario.Parse(data)
		if err != nil {
			var where *scenario.Error
			if !errors.As(err, &where) {
				t.Fatalf("the error does not say where: %v", err)
			}
			return
		}
		// What was accepted can be chartered.
		for _, c := range s.Channels {
			text, err := s.Charter(c.Code, keys)
			if err == nil {
				err = text.Validate()
			}
			if err != nil {
				t.Fatalf("channel %s: %v", c.Code, err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := scenario.January2024Text()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := scenario.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
