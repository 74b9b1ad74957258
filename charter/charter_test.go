package charter

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"detente/feed"
	"detente/note"
)

// in is the index of a member of founding().
const (
	irn = iota
	omn
	pak
	uno
)

func TestCharterRefusals(t *testing.T) {
	digest := note.Sum([]byte("x"))
	many := func(n int, f func(int) string) (list []string) {
		for i := range n {
			list = append(list, f(i))
		}
		return list
	}
	for _, c := range []struct {
		name   string
		change func(*Charter)
		want   string
	}{
		{"version", func(c *Charter) { c.Version = 2 }, "version 2"},
		{"no name", func(c *Charter) { c.Name = "" }, "name is empty"},
		{"long name", func(c *Charter) { c.Name = strings.Repeat("n", MaxName+1) }, "name has 201 bytes"},
		{"no purpose", func(c *Charter) { c.Purpose = "" }, "purpose"},
		{"long purpose", func(c *Charter) { c.Purpose = strings.Repeat("p", MaxPurpose+1) }, "purpose has 2001 bytes"},
		{"purpose with a bell", func(c *Charter) { c.Purpose = "a\a" }, "U+0007"},
		{"amends without channel", func(c *Charter) { c.Amends = &digest }, "names both"},
		{"channel without amends", func(c *Charter) { c.Channel = &digest }, "names both"},
		{"amends nothing", func(c *Charter) { c.Amends, c.Channel = new(note.Digest), &digest }, "no digest"},
		{"amends in no channel", func(c *Charter) { c.Amends, c.Channel = &digest, new(note.Digest) }, "no digest"},

		{"quota of bytes", func(c *Charter) { c.Quota.MaxBytes = 0 }, "quota"},
		{"quota of pending notes", func(c *Charter) { c.Quota.MaxPending = 0 }, "quota"},
		{"quota of notes", func(c *Charter) { c.Quota.NotesPerHour = 0 }, "quota"},
		{"quota beyond JSON", func(c *Charter) { c.Quota.NotesPerHour = 1 << 53 }, "2^53-1"},
		{"no language", func(c *Charter) { c.Languages = nil }, "0 languages"},
		{"too many languages", func(c *Charter) {
			c.Languages = many(MaxLanguages+1, func(i int) string { return "en-" + strconv.Itoa(10+i) })
		}, "17 languages"},
		{"language", func(c *Charter) { c.Languages = []string{"English"} }, "not a language tag"},
		{"language twice", func(c *Charter) { c.Languages = []string{"en", "en"} }, "twice"},
		{"local_first", func(c *Charter) { c.LocalFirst = []string{"Incident"} }, "local_first"},
		{"local_first of all", func(c *Charter) { c.LocalFirst = []string{"*"} }, "local_first"},
		{"too many local_first", func(c *Charter) {
			c.LocalFirst = make([]string, MaxActs+1)
		}, "129 acts"},
		{"roll call", func(c *Charter) { c.RollCall = []string{"9:00"} }, "roll_call"},
		{"roll call at 24:00", func(c *Charter) { c.RollCall = []string{"24:00"} }, "roll_call"},
		{"roll calls out of order", func(c *Charter) { c.RollCall = []string{"21:00", "09:00"} }, "roll_call: not sorted"},
		{"too many roll calls", func(c *Charter) { c.RollCall = make([]string, MaxRollCalls+1) }, "25 roll calls"},

		{"clock of no act", func(c *Charter) { c.Clocks = []Clock{{Act: "incident", Hours: 1, Name: "x"}} }, "not the name of an act"},
		{"clock without a name", func(c *Charter) { c.Clocks = []Clock{{Act: "incident/question", Hours: 1}} }, "name is empty"},
		{"clock of no time", func(c *Charter) { c.Clocks = []Clock{{Act: "incident/question", Name: "x"}} }, "either days or hours"},
		{"clock of two times", func(c *Charter) { c.Clocks = []Clock{{Act: "incident/question", Days: 1, Hours: 1, Name: "x"}} }, "either days or hours"},
		{"clock backwards", func(c *Charter) { c.Clocks = []Clock{{Act: "incident/question", Hours: -1, Name: "x"}} }, "want 1 to"},
		{"clock of many days", func(c *Charter) { c.Clocks = []Clock{{Act: "incident/question", Days: MaxClockDays + 1, Name: "x"}} }, "want 1 to"},
		{"clock of many hours", func(c *Charter) {
			c.Clocks = []Clock{{Act: "incident/question", Hours: MaxClockHours + 1, Name: "x"}}
		}, "want 1 to"},
		{"clocks out of order", func(c *Charter) { c.Clocks[0], c.Clocks[1] = c.Clocks[1], c.Clocks[0] }, "clocks: not sorted"},
		{"two clocks of an act", func(c *Charter) { c.Clocks[1] = c.Clocks[0] }, "clocks: not sorted, or twice"},
		{"too many clocks", func(c *Charter) { c.Clocks = make([]Clock, MaxClocks+1) }, "129 clocks"},

		{"no member", func(c *Charter) { c.Members = nil }, "0 members"},
		{"too many members", func(c *Charter) { c.Members = make([]Member, MaxMembers+1) }, "65 members"},
		{"members out of order", func(c *Charter) { c.Members[irn], c.Members[pak] = c.Members[pak], c.Members[irn] }, "members: not sorted"},
		{"member twice", func(c *Charter) { c.Members[omn].Party = "IRN" }, "members: not sorted, or twice"},
		{"no principal", func(c *Charter) { c.Members = c.Members[omn:pak] }, "no member is a principal"},
		{"one identity for two", func(c *Charter) { c.Members[omn].Identity = c.Members[pak].Identity }, "one identity key"},
		{"half an identity for two", func(c *Charter) { c.Members[omn].Identity.MLDSA44 = c.Members[pak].Identity.MLDSA44 }, "one identity key"},
		{"one credence for two", func(c *Charter) { c.Members[omn].Credence = c.Members[pak].Credence }, "one identity key or credence"},

		{"party", func(c *Charter) { c.Members[pak].Party = "Pakistan" }, "not a party's code"},
		{"member without a name", func(c *Charter) { c.Members[pak].Name = "" }, "name is empty"},
		{"no credence", func(c *Charter) { c.Members[pak].Credence = note.Digest{} }, "credence: no digest"},
		{"no identity", func(c *Charter) { c.Members[pak].Identity = feed.Public{} }, "identity key"},
		{"short ML-DSA key", func(c *Charter) { c.Members[pak].Identity.MLDSA44 = make([]byte, 1311) }, "ML-DSA-44 key has 1311"},
		{"no zone", func(c *Charter) { c.Members[pak].Zone = "" }, "not the name of a time zone"},
		{"local zone", func(c *Charter) { c.Members[pak].Zone = "Local" }, "not the name of a time zone"},
		{"zone outside the database", func(c *Charter) { c.Members[pak].Zone = "../etc/passwd" }, "not the name of a time zone"},
		{"zone with leap seconds", func(c *Charter) { c.Members[pak].Zone = "right/Asia/Karachi" }, "not the name of a time zone"},
		{"unknown zone", func(c *Charter) { c.Members[pak].Zone = "Asia/Nowhere" }, "not a time zone that this program knows"},
		{"holiday", func(c *Charter) { c.Members[pak].Holidays = []string{"5 February"} }, "not a date"},
		{"holiday that there is not", func(c *Charter) { c.Members[pak].Holidays = []string{"2024-02-30"} }, "not a date"},
		{"holidays out of order", func(c *Charter) { c.Members[pak].Holidays = []string{"2024-02-05", "2024-02-04"} }, "holidays: not sorted"},
		{"too many holidays", func(c *Charter) { c.Members[pak].Holidays = make([]string, MaxHolidays+1) }, "401 holidays"},
		{"weekend", func(c *Charter) { c.Members[pak].Weekend = []string{"Friday"} }, "not a day"},
		{"weekend day twice", func(c *Charter) { c.Members[pak].Weekend = []string{"friday", "friday"} }, "twice"},
		{"weekend of seven days", func(c *Charter) { c.Members[pak].Weekend = weekdays }, "no working day"},
		{"no role", func(c *Charter) { c.Members[pak].Role = "" }, "none of principal"},
		{"principal with a scope", func(c *Charter) { c.Members[pak].Scope = ScopeFull }, "has no scope"},
		{"facilitator with a scope", func(c *Charter) { c.Members[omn].Scope = ScopeFull }, "has no scope"},
		{"principal without an office", func(c *Charter) { c.Members[pak].Offices = nil }, "at least one office"},
		{"facilitator without an office", func(c *Charter) { c.Members[omn].Offices = nil }, "at least one office"},
		{"observer without a scope", func(c *Charter) { c.Members[uno].Scope = "" }, "scope"},
		{"observer with an unknown scope", func(c *Charter) { c.Members[uno].Scope = "all" }, "scope"},
		{"observer with an office", func(c *Charter) { c.Members[uno].Offices = c.Members[omn].Offices }, "has no offices"},
		{"facilitator that binds", func(c *Charter) { c.Members[omn].Offices[0].Binds = []string{"talk"} }, "a facilitator never binds"},

		{"office without a code", func(c *Charter) { c.Members[pak].Offices[0].Code = "" }, "want a code"},
		{"office with a long code", func(c *Charter) { c.Members[pak].Offices[0].Code = strings.Repeat("e", 41) }, "want a code"},
		{"office in capitals", func(c *Charter) { c.Members[pak].Offices[0].Code = "MFA" }, "want a code"},
		{"office twice", func(c *Charter) { c.Members[pak].Offices[0].Code = "mfa" }, "offices: not sorted, or twice"},
		{"office without a name", func(c *Charter) { c.Members[pak].Offices[0].Name = "" }, "name is empty"},
		{"office that is mute", func(c *Charter) { c.Members[pak].Offices[1].Binds = nil }, "neither say nor bind"},
		{"ad referendum of nothing", func(c *Charter) { c.Members[pak].Offices[0].Binds = nil }, "ad_referendum"},
		{"office that binds no act", func(c *Charter) { c.Members[pak].Offices[0].Binds = []string{"a/b/c"} }, "binds"},
		{"office that says no act", func(c *Charter) { c.Members[pak].Offices[0].Says = []string{"Message"} }, "says"},
		{"acts out of order", func(c *Charter) { c.Members[pak].Offices[0].Says = []string{"talk", "message"} }, "says: not sorted"},
		{"too many acts", func(c *Charter) { c.Members[pak].Offices[0].Binds = make([]string, MaxActs+1) }, "129 acts"},
		{"too many offices", func(c *Charter) { c.Members[pak].Offices = make([]Office, MaxOffices+1) }, "65 offices"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := founding()
			c.change(&v)
			_, err := v.Text()
			wantError(t, err, c.want)
			text, err := encodeText(KindCharter, v)
			must(t, err)
			_, err = ParseCharter(text)
			wantError(t, err, c.want)
		})
	}
}

// Persian and Urdu are spelled with joiners that cannot be seen.
func TestNamesInTheirOwnScript(t *testing.T) {
	c := founding()
	c.Name = "خط\u200cتماس" // a zero-width non-joiner within
	c.Members[pak].Name = "پاکستان"
	must(t, c.Validate())
}

func TestOnePrincipalIsEnough(t *testing.T) {
	c := founding()
	c.Members = c.Members[pak : pak+1]
	if s := sign(t, c, "PAK"); !s.InForce() {
		t.Error("a charter of one principal, signed by it, is not in force")
	}
}

func TestCharterIsInForceOnceEveryPrincipalSigned(t *testing.T) {
	s := sign(t, founding())
	if string(s.Bytes()) != string(s.Text) || s.InForce() || !reflect.DeepEqual(s.Missing(), []string{"IRN", "PAK"}) {
		t.Errorf("a draft: in force %v, missing %v", s.InForce(), s.Missing())
	}
	for _, step := range []struct {
		party   string
		inForce bool
	}{{"OMN", false}, {"UNO", false}, {"PAK", false}, {"IRN", true}} {
		must(t, s.Add(identity(step.party), step.party))
		if s.InForce() != step.inForce || !s.SignedBy[step.party] {
			t.Errorf("after %s: in force %v, signed by %v", step.party, s.InForce(), s.SignedBy)
		}
	}
	buffer := s.Bytes()
	again, err := ParseCharter(buffer)
	must(t, err)
	clear(buffer) // the caller's to use again
	if !reflect.DeepEqual(again, s) {
		t.Error("the signed charter does not read back as it was written")
	}
}

func TestSignaturesCollectedApartAreMerged(t *testing.T) {
	a, b, o := sign(t, founding(), "PAK"), sign(t, founding(), "IRN"), sign(t, founding(), "OMN", "PAK")
	ab, ba := sign(t, founding()), sign(t, founding())
	for _, s := range []*Signed{a, b, o, a} {
		must(t, ab.Merge(s.Bytes()))
	}
	for _, s := range []*Signed{o, b, a} {
		must(t, ba.Merge(s.Bytes()))
	}
	if !ab.InForce() || !reflect.DeepEqual(ab, ba) || string(ab.Bytes()) != string(ba.Bytes()) {
		t.Error("the order in which signatures were merged matters")
	}

	// Signing twice changes nothing, though the second signature differs.
	hedged, err := feed.GenerateKey()
	must(t, err)
	own := founding()
	own.Members[pak].Identity = hedged.Public()
	s := sign(t, own)
	must(t, s.Add(hedged, "PAK"))
	first := string(s.Bytes())
	must(t, s.Add(hedged, "PAK"))
	if string(s.Bytes()) != first {
		t.Error("a second signature of a party replaced or joined its first")
	}

	other := founding()
	other.Name += "!"
	before := string(ab.Bytes())
	wantError(t, ab.Merge(sign(t, other, "OMN").Bytes()), "another text")
	wantError(t, ab.Merge([]byte("x")), "charter")
	if string(ab.Bytes()) != before {
		t.Error("a refused merge changed the charter")
	}
}

func TestCharterSignatureRefusals(t *testing.T) {
	s := sign(t, founding())
	wantError(t, s.Add(identity("TUR"), "TUR"), "not a member")
	wantError(t, s.Add(identity("IRN"), "PAK"), "not the identity key")
	if len(s.SignedBy) != 0 {
		t.Errorf("signed by %v", s.SignedBy)
	}
	lines := func(signer, name string, text []byte) []byte {
		l, err := identity(signer).SignText(name, text)
		must(t, err)
		return l
	}
	good := lines("PAK", "PAK/identity", s.Text)
	ed := good[:strings.IndexByte(string(good), '\n')+1]
	for name, c := range map[string]struct {
		lines []byte
		want  string
	}{
		"another key":         {lines("IRN", "PAK/identity", s.Text), "PAK"},
		"another text":        {lines("PAK", "PAK/identity", []byte(KindCharter+"\n{}\n")), "PAK"},
		"Ed25519 only":        {ed, "want 2"},
		"Ed25519 twice":       {append(append([]byte(nil), ed...), ed...), "PAK"},
		"two and one more":    {append(append([]byte(nil), good...), ed...), "want 2"},
		"no line end":         {good[:len(good)-1], ""},
		"what is not a line":  {[]byte("PAK signed this\n"), ""},
		"no signature at all": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseCharter(feed.JoinText(s.Text, c.lines))
			wantError(t, err, c.want)
		})
	}

	// Signatures of strangers, and under other names, count for nothing.
	got, err := ParseCharter(feed.JoinText(s.Text, lines("TUR", "TUR/identity", s.Text), lines("PAK", "PAK/receipt", s.Text)))
	must(t, err)
	if len(got.SignedBy) != 0 || string(got.Bytes()) != string(s.Text) {
		t.Errorf("signed by %v", got.SignedBy)
	}
	_, err = ParseCharter(make([]byte, MaxCharter+1))
	wantError(t, err, "the limit is")
}

// Whatever byte is changed, no signature over the changed text counts.
func TestCharterFlippedBytes(t *testing.T) {
	good := sign(t, founding(), "PAK", "IRN").Bytes()
	for i := 0; i < len(good); i += 37 {
		bad := append([]byte(nil), good...)
		bad[i] ^= 1
		if s, err := ParseCharter(bad); err == nil && s.InForce() {
			t.Errorf("byte %d was changed and the charter is in force", i)
		}
	}
}

func TestRules(t *testing.T) {
	r := sign(t, founding()).Rules()
	for _, c := range []struct {
		party, office, act        string
		says, binds, adReferendum bool
	}{
		{"PAK", "mfa", "incident/question", true, true, false},
		{"PAK", "mfa", "undertaking/accept", true, true, false},
		{"PAK", "embassy", "message/send", true, false, false},
		{"PAK", "embassy", "messages/send", false, false, false},
		{"PAK", "embassy", "undertaking/accept", true, true, true},
		{"PAK", "embassy", "undertaking/decline", false, false, false},
		{"PAK", "army", "message/send", false, false, false},
		{"OMN", "envoy", "talk/propose", true, false, false},
		{"OMN", "envoy", "talk/agree", false, false, false},
		{"UNO", "envoy", "message/send", false, false, false},
		{"TUR", "mfa", "message/send", false, false, false},
	} {
		binds, ad := r.MayBind(c.party, c.office, c.act)
		if says := r.MaySay(c.party, c.office, c.act); says != c.says || binds != c.binds || ad != c.adReferendum {
			t.Errorf("%s/%s %s: says %v, binds %v, ad referendum %v", c.party, c.office, c.act, says, binds, ad)
		}
	}
	// The role decides, whatever the office's lists say.
	r.Roles["PAK"] = Facilitator
	if ok, _ := r.MayBind("PAK", "mfa", "talk/agree"); ok {
		t.Error("a facilitator binds")
	}
	r.Roles["PAK"] = Observer
	if r.MaySay("PAK", "mfa", "talk/agree") {
		t.Error("an observer speaks")
	}
	if k, ok := r.Clock("incident/question"); !ok || k.Hours != 48 {
		t.Errorf("Clock = %v, %v", k, ok)
	}
	if _, ok := r.Clock("incident/report"); ok {
		t.Error("an act without a clock has one")
	}
	if !r.IsLocalFirst("incident/report") || r.IsLocalFirst("talk/propose") {
		t.Error("IsLocalFirst")
	}
	if got := strings.Join(r.Parties(), " "); got != "IRN OMN PAK UNO" {
		t.Errorf("Parties = %s", got)
	}
	if !r.Exercise || strings.Join(r.Principals, " ") != "IRN PAK" || r.Quota.MaxPending != 5000 {
		t.Errorf("%+v", r)
	}
}
