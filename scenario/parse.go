package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/charter"
	"detente/matter"
	"detente/note"
)

// Parse reads a scenario. The error is an *Error.
func Parse(data []byte) (*Scenario, error) {
	list, err := blocks(data)
	if err != nil {
		return nil, err
	}
	s := new(Scenario)
	if err := s.head(list[0]); err != nil {
		return nil, err
	}
	p := parser{Scenario: s, labels: map[string]int{}, down: map[string]bool{}, forked: map[string]bool{}}
	for _, b := range list[1:] {
		if err := p.block(b); err != nil {
			return nil, err
		}
	}
	if len(s.Steps) == 0 {
		return nil, list[0].missing("a note, entry, pause or day")
	}
	for _, party := range s.Parties {
		if !slices.ContainsFunc(s.Channels, func(c Channel) bool { return c.has(party.Code) }) {
			return nil, &Error{list[0][0].number, "party " + party.Code, "", errors.New("it is on no channel")}
		}
	}
	return s, nil
}

// parser is a scenario on its way, and what is known of it so far.
type parser struct {
	*Scenario
	labels map[string]int // of notes and entries, to their place among the steps
	rules  []*charter.Rules
	last   time.Time
	down   map[string]bool // parties whose line is down
	forked map[string]bool // parties and channels whose feed forked, and is not closed
}

func (p *parser) block(b block) error {
	steps := len(p.Steps) > 0
	switch b[0].key {
	case "party":
		if steps || len(p.Channels) > 0 {
			return b.errorf(&b[0], "parties come before channels, and both before the steps")
		}
		return p.party(b)
	case "channel":
		if steps {
			return b.errorf(&b[0], "parties come before channels, and both before the steps")
		}
		return p.channel(b)
	case "note", "entry", "pause", "day", "link", "courier", "erase", "fork", "close", "expect":
		if len(p.Steps) == MaxSteps {
			return b.errorf(&b[0], "more than %d steps", MaxSteps)
		}
		return p.step(b)
	}
	return b.errorf(&b[0], "a block begins with party, channel, note, entry, pause, day, link, courier, erase, fork, close or expect")
}

func (s *Scenario) head(b block) (err error) {
	if b[0].key != "title" {
		return b.errorf(&b[0], "the first block begins with title")
	}
	if err := b.only(map[string][2]int{"title": {}, "banner": {}, "start": {}, "end": {}}); err != nil {
		return err
	}
	if s.Title, err = b.value("title"); err != nil {
		return err
	}
	if s.Banner, err = b.value("banner"); err != nil {
		return err
	}
	if s.Start, err = b.instant("start"); err != nil {
		return err
	}
	if s.End, err = b.instant("end"); err != nil {
		return err
	}
	if l, _ := b.get("end"); !s.End.After(s.Start) {
		return b.errorf(l, "it is not after the start")
	}
	return nil
}

// instant reads a time with its zone's name, or a plain RFC 3339 one.
func (b block) instant(key string) (time.Time, error) {
	v, err := b.value(key)
	if err != nil {
		return time.Time{}, err
	}
	l, _ := b.get(key)
	t, err := parseInstant(v)
	if err != nil {
		return t, b.errorf(l, "%w", err)
	}
	if y := t.UTC().Year(); y < 1970 || y > 9998 {
		return t, b.errorf(l, "%.60q is not a time from 1970 to 9998", v)
	}
	return t, nil
}

func parseInstant(v string) (time.Time, error) {
	if strings.Contains(v, "[") {
		t, err := matter.ParseInstant(v)
		if err == nil {
			err = matter.CheckZone(v)
		}
		if err != nil {
			return t, err
		}
		_, zone, _ := strings.Cut(strings.TrimSuffix(v, "]"), "[")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			return t, err
		}
		return t.In(loc), nil
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return t, fmt.Errorf("%.60q is not a time: want 2024-01-26T23:59:00+05:00[Asia/Karachi], or without the zone's name", v)
	}
	return t, nil
}

func (p *parser) party(b block) error {
	err := b.only(map[string][2]int{"party": {}, "name": {}, "zone": {}, "weekend": {}, "holidays": {}, "office": {1, 1}, "says": {1, 1}, "binds": {1, 1}, "ad-referendum": {1, 1}})
	if err != nil {
		return err
	}
	party := Party{Code: b[0].value, Weekend: b.list("weekend"), Holidays: b.list("holidays")}
	if err := note.CheckParty(party.Code); err != nil {
		return b.errorf(&b[0], "%w", err)
	}
	if _, ok := p.Party(party.Code); ok {
		return b.errorf(&b[0], "given twice")
	}
	if len(p.Parties) == MaxParties {
		return b.errorf(&b[0], "more than %d parties", MaxParties)
	}
	if party.Name, err = b.value("name"); err != nil {
		return err
	}
	if party.Zone, err = b.value("zone"); err != nil {
		return err
	}
	for i := range b {
		if b[i].key == "office" {
			party.Offices = append(party.Offices, charter.Office{Code: b[i].args[0], Name: b[i].value})
		}
	}
	slices.SortFunc(party.Offices, func(a, b charter.Office) int { return strings.Compare(a.Code, b.Code) })
	for i := range b {
		l := &b[i]
		if len(l.args) == 0 || l.key == "office" {
			continue
		}
		at := slices.IndexFunc(party.Offices, func(o charter.Office) bool { return o.Code == l.args[0] })
		if at < 0 {
			return b.errorf(l, "there is no office %s", l.args[0])
		}
		o := &party.Offices[at]
		switch l.key {
		case "says":
			o.Says = sorted(items(l.value))
		case "binds":
			o.Binds = sorted(items(l.value))
		case "ad-referendum":
			if l.value != "true" {
				return b.errorf(l, "want true, or leave it out")
			}
			o.AdReferendum = true
		}
	}
	p.Parties = append(p.Parties, party)
	return nil
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func (p *parser) channel(b block) error {
	err := b.only(map[string][2]int{"channel": {}, "name": {}, "purpose": {}, "exercise": {}, "languages": {}, "member": {1, 1}, "clock": {1, 1}, "roll-call": {}, "local-first": {}})
	if err != nil {
		return err
	}
	c := Channel{Code: b[0].value, RollCall: sorted(b.list("roll-call")), LocalFirst: sorted(b.list("local-first")), Languages: b.list("languages")}
	if !labelPattern.MatchString(c.Code) {
		return b.errorf(&b[0], "%.60q is not a name for a channel: want a-z, 0-9 and -, a letter first", c.Code)
	}
	if _, ok := p.Channel(c.Code); ok {
		return b.errorf(&b[0], "given twice")
	}
	if len(p.Channels) == MaxChannels {
		return b.errorf(&b[0], "more than %d channels", MaxChannels)
	}
	if c.Name, err = b.value("name"); err != nil {
		return err
	}
	if c.Purpose, err = b.value("purpose"); err != nil {
		return err
	}
	exercise, err := b.value("exercise")
	if err != nil {
		return err
	}
	if c.Exercise, err = strconv.ParseBool(exercise); err != nil || strconv.FormatBool(c.Exercise) != exercise {
		l, _ := b.get("exercise")
		return b.errorf(l, "%.20q is neither true nor false", exercise)
	}
	for i := range b {
		switch l := &b[i]; l.key {
		case "member":
			role, scope, _ := strings.Cut(l.value, " ")
			if _, ok := p.Party(l.args[0]); !ok {
				return b.errorf(l, "there is no party %s", l.args[0])
			}
			c.Members = append(c.Members, Member{l.args[0], role, scope})
		case "clock":
			k, err := parseClock(l.args[0], l.value)
			if err != nil {
				return b.errorf(l, "%w", err)
			}
			c.Clocks = append(c.Clocks, k)
		}
	}
	slices.SortFunc(c.Members, func(a, b Member) int { return strings.Compare(a.Party, b.Party) })
	slices.SortFunc(c.Clocks, func(a, b charter.Clock) int { return strings.Compare(a.Act, b.Act) })
	p.Channels = append(p.Channels, c)
	// The charter is the judge of zones, weekends, offices, roles and clocks.
	text, err := p.Charter(c.Code, p.placeholders)
	if err == nil {
		err = text.Validate()
	}
	if err != nil {
		return b.errorf(&b[0], "no charter could say this: %w", err)
	}
	p.rules = append(p.rules, rules(text))
	return nil
}

var clockPattern = regexp.MustCompile(`^([1-9][0-9]{0,4}) (hours|days), (.+)$`)

func parseClock(act, v string) (charter.Clock, error) {
	m := clockPattern.FindStringSubmatch(v)
	if m == nil {
		return charter.Clock{}, fmt.Errorf("%.60q is not a clock: want 48 hours, and after a comma what it is for; or 3 days", v)
	}
	if _, _, ok := matter.Find(act); !ok {
		return charter.Clock{}, fmt.Errorf("%q is not an act that this program knows", act)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return charter.Clock{}, err
	}
	k := charter.Clock{Act: act, Name: m[3]}
	if m[2] == "hours" {
		k.Hours = n
	} else {
		k.Days = n
	}
	return k, nil
}
