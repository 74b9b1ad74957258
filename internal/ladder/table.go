package ladder

import "slices"

// Rungs are the steps of the ladder, from 0, in neutral words.
var Rungs = []struct{ Name, Doc string }{
	{"ordinary business", "nothing that the table puts higher"},
	{"objection", "protests, or calls in the other's envoy"},
	{"contact cut back", "recalls its head of mission, asks the other's not to return, or suspends the line in protest"},
	{"relations cut back", "downgrades relations, closes its mission, or declares the other's head of mission non grata"},
	{"act not intended", "acknowledges an act of its own as an accident, or as unauthorised"},
	{"deliberate act", "acknowledges an act of its own as deliberate, short of force, or without saying of what kind"},
	{"relations broken off", "breaks off diplomatic relations"},
	{"force", "acknowledges deliberate use of force"},
}

// The rungs by name.
const (
	ordinary = iota
	objection
	contact
	relations
	unintended
	deliberate
	broken
	force
)

// A Row is one row of the table: what an act that says so means for the one
// whose act it is. Every row that fits counts.
type Row struct {
	Act    string
	Where  Words  // what the move says; nil: whatever it says
	Brings string // what the note completed, such as "in force"; empty: whatever it did
	On     string // the field that says on which day it was done; where it is not given, and if empty: the day of the note
	Says   string // for people
	Rung   int    // ordinary: it raises nobody
	Step   bool   // a de-escalating step
	Code   string // of Scale; empty: none fits
	Ends   Ends
}

// Words are what fields say: each holds one of the words; "" is a field left out.
type Words map[string][]string

// Ends says until when a rung stands; where nothing is said it is of its day
// alone. It stands to the day before it ends.
type Ends struct {
	Field string // until a later note on the matter gives this field
	Act   string // until this act on the matter
	At    string // until the instant that this field of its own move names
}

// Table is the whole of the ladder's rules, kind by kind. An act that has no
// row here is in Neutral.
var Table = slices.Concat(own("incident/report"), own("incident/account"), []Row{
	{Act: "message/send", Where: Words{"form": {"summons"}}, Says: "calls in the other's envoy", Rung: objection, Code: "114"},
	{Act: "message/send", Where: Words{"goodwill": {"true"}}, Says: "sends a goodwill message", Step: true},
	{Act: "message/answer", Where: Words{"grade": {"will-comply"}}, Says: "will comply with a message", Step: true, Code: "030"},
	{Act: "message/answer", Where: Words{"grade": {"refused"}}, Says: "refuses what a message asks", Code: "120"},

	{Act: "line/suspend", Where: Words{"reason": {"protest"}}, Says: "suspends the line in protest", Rung: contact, Code: "160", Ends: Ends{Act: "line/resume", At: "end"}},
	{Act: "line/resume", Says: "resumes the line", Step: true},

	{Act: "incident/protest", Says: "protests", Rung: objection, Code: "114"},
	{Act: "incident/clarify", Where: Words{"interim": {""}}, Says: "answers a question about an incident", Step: true},
	{Act: "incident/regret", Says: "expresses regret or condolence", Step: true, Code: "018"},
	{Act: "incident/settle", Says: "calls an incident settled", Step: true},

	{Act: "undertaking/offer", Says: "offers an undertaking", Step: true, Code: "030"},
	{Act: "undertaking/accept", Brings: "in force", Says: "has an undertaking in force, accepted by every principal", Step: true, Code: "057"},
	{Act: "undertaking/decline", Says: "declines an undertaking", Code: "120"},
	{Act: "undertaking/report", On: "when", Says: "reports a part of an undertaking done", Step: true},
	{Act: "undertaking/confirm", Says: "confirms that the other's part is done", Step: true},
	{Act: "undertaking/extend", Says: "grants more time", Step: true},

	{Act: "mission/change", Where: Words{"head": {"recalled-for-consultations"}}, On: "when", Says: "recalls its head of mission for consultations", Rung: contact, Code: "161", Ends: Ends{Field: "head"}},
	{Act: "mission/change", Where: Words{"head": {"asked-not-to-return"}}, On: "when", Says: "asks the other's head of mission not to return", Rung: contact, Code: "161", Ends: Ends{Field: "head"}},
	{Act: "mission/change", Where: Words{"head": {"non-grata"}}, On: "when", Says: "declares the other's head of mission non grata", Rung: relations, Code: "161", Ends: Ends{Field: "head"}},
	{Act: "mission/change", Where: Words{"head": {"in-post"}}, On: "when", Says: "has its head of mission in post", Step: true},
	{Act: "mission/change", Where: Words{"relations": {"downgraded"}}, On: "when", Says: "downgrades relations", Rung: relations, Code: "161", Ends: Ends{Field: "relations"}},
	{Act: "mission/change", Where: Words{"relations": {"broken"}}, On: "when", Says: "breaks off relations", Rung: broken, Code: "161", Ends: Ends{Field: "relations"}},
	{Act: "mission/change", Where: Words{"relations": {"normal"}}, On: "when", Says: "calls relations normal", Step: true},
	{Act: "mission/change", Where: Words{"premises": {"closed"}}, On: "when", Says: "closes its mission", Rung: relations, Code: "161", Ends: Ends{Field: "premises"}},
	{Act: "mission/change", Where: Words{"premises": {"open"}}, On: "when", Says: "has its mission open", Step: true},

	{Act: "talk/propose", Says: "proposes a talk", Step: true, Code: "036"},
	{Act: "talk/agree", Says: "agrees to a talk", Step: true, Code: "036"},
	{Act: "talk/held", On: "when", Says: "says that a talk was held", Step: true, Code: "040"},

	{Act: "dossier/share", Says: "shares a dossier", Step: true, Code: "064"},

	{Act: "request/accept", Says: "accepts a request", Step: true, Code: "030"},
	{Act: "request/decline", Says: "declines a request", Code: "120"},
	{Act: "request/complete", On: "when", Says: "reports that what was requested is done", Step: true},
	{Act: "request/satisfied", Says: "is satisfied with what was done on its request", Step: true},

	{Act: "group/convene", Says: "sets up a group", Step: true},
	{Act: "group/approve", Brings: "approved", Says: "has minutes approved by every principal", Step: true},

	{Act: "statement/sign", Brings: "signed", Says: "has a joint statement signed by every principal", Step: true, Code: "019"},

	{Act: "case/access", Where: Words{"step": {"granted"}}, Says: "grants access to persons", Step: true},
	{Act: "case/transfer", Where: Words{"step": {"done"}}, On: "when", Says: "says that a transfer of persons is done", Step: true},

	{Act: "handover/reveal", Brings: "revealed", Says: "has handed over what it committed to, as all did", Step: true},
})

// own are the rows of an act by which a party may say that something was its
// own act. What it does not say of itself nobody says for it: without its own
// word for the kind of event, it stands lower than force.
func own(act string) []Row {
	meant, unmeant := []string{"deliberate"}, []string{"accident", "unauthorised"}
	return []Row{
		{Act: act, Where: Words{"own": meant, "nature": {"strike", "air-strike", "shelling", "shooting"}}, On: "when", Says: "acknowledges deliberate use of force", Rung: force, Code: "190"},
		{Act: act, Where: Words{"own": meant, "nature": {"killing", "abduction"}}, On: "when", Says: "acknowledges deliberate use of force against persons", Rung: force, Code: "180"},
		{Act: act, Where: Words{"own": meant, "nature": {"detention"}}, On: "when", Says: "acknowledges a detention", Rung: deliberate, Code: "173"},
		{Act: act, Where: Words{"own": meant, "nature": {"", "crossing", "accident", "cyber", "other"}}, On: "when", Says: "acknowledges a deliberate act of its own", Rung: deliberate},
		{Act: act, Where: Words{"own": unmeant}, On: "when", Says: "acknowledges an act of its own that was not intended", Rung: unintended},
	}
}

// Neutral are the acts that the table passes over, whatever they say. Most of
// them only answer, correct or continue what other acts began.
var Neutral = []string{
	"message/correct", "message/withdraw", "message/consent",
	"line/test", "line/contact",
	"incident/question",
	"undertaking/ask", "undertaking/withdraw", "undertaking/dispute",
	"talk/counter", "talk/decline", "talk/cancel", "talk/readout", "talk/mark", "talk/reserve",
	"dossier/received", "dossier/answer", "dossier/supplement", "dossier/retract", "dossier/close",
	"request/make", "request/acknowledge", "request/progress", "request/unsatisfied",
	"group/minutes", "group/decide", "group/close",
	"statement/draft", "statement/propose", "statement/accept", "statement/object", "statement/release", "statement/abandon",
	"case/open", "case/answer", "case/close",
	"handover/open", "handover/commit",
}
