package matter

import (
	"detente/note"
)

// Fields of the line.
var (
	lnUse      = enum("use", "what the test is: a person's test, an unattended roll call, or part of an exercise", "test", "roll-call", "exercise").Must()
	lnPost     = line("post", "the post").Must()
	lnPlace    = place("where", "where it is")
	lnHours    = line("hours", "when it is manned, with the time zone").Must()
	lnDeputy   = line("deputy", "who stands in")
	lnPhone    = line("telephone", "the number").Must()
	lnKey      = key("recipient", "the office's own public seal key, age1pq1…, to which names can be sealed for it alone; the latest holds")
	lnActs     = names("acts", "the acts that the post may make")
	lnReason   = enum("reason", "why", "protest", "maintenance", "security", "holiday", "other").Must()
	lnScope    = names("scope", "the kinds of matter that it suspends; tests and flash notes always pass").Must()
	lnEnd      = end("end", "until when; or none").Must()
	lnHeld     = number("held", "how many payloads addressed to the author it holds", 1<<40)
	lnMisses   = names("misses", "digests of payloads that have not arrived")
	lnUnopen   = names("unopened", "digests of payloads that cannot be opened")
	lnAudience = names("audience", "the audience").Must()
	lnDigest   = digest("digest", "the digest").Must()
	lnPicture  = list("pictures", "digests of the register over the heads that this note has seen and its own feed before this note, one per audience", 64,
		lnAudience.Spec, lnDigest.Spec)
)

// Ack is the name of the act by which a node says what it holds. It is
// bookkeeping: it opens no matter, is not acknowledged itself, and means held,
// not read.
const Ack = "line/ack"

// Test is the act of tests and roll calls.
const Test = "line/test"

// Line is about the line itself: tests and roll calls, who is at the other
// end, and suspension.
var Line = Kind{
	Name: "line",
	Doc:  "The line itself: tests and roll calls, contacts, suspension and resumption. Tests never count as traffic. A roll call may be unattended; its absence is shown as a missed roll call and as nothing else.",
	States: []StateDoc{
		{"given", "a test or a contact, as given"},
		{"suspended", "the party has suspended what the scope names, for the reason and until the end it gave"},
		{"resumed", "resumed by the party that suspended"},
	},
	Acts: []Act{
		{Name: "test", Doc: "A test of the line, a roll call, or part of an exercise.", Opens: true, Who: Anyone, Fields: []Spec{lnUse.Spec}, Texts: []TextSpec{{Name: "body", Doc: "a test text"}}},
		{Name: "contact", Doc: "Names a post that can be reached, and how.", Opens: true, Who: Anyone,
			Fields: []Spec{lnPost.Spec, lnPlace.Spec, lnHours.Spec, lnDeputy.Spec, lnPhone.Spec, lnActs.Spec, lnKey.Spec}, Texts: []TextSpec{{Name: "body", Doc: "words beside it"}}},
		{Name: "suspend", Doc: "Suspends traffic of the named kinds. Tests and flash notes always pass.", Opens: true, Who: Principals, Binds: true,
			Fields: []Spec{lnReason.Spec, lnScope.Spec, lnEnd.Spec}, Texts: []TextSpec{{Name: "body", Doc: "the reason in words", Required: true}}},
		{Name: "resume", Doc: "Ends one's own suspension.", From: []string{"suspended"}, Who: Opener, Texts: []TextSpec{{Name: "body", Doc: "words beside it"}}},
		{Name: "ack", Doc: "Says what the author's node holds, misses and cannot open, and its picture. Written by the node; means held, not read.", Opens: true, Who: Anyone,
			Fields: []Spec{lnHeld.Spec, lnMisses.Spec, lnUnopen.Spec, lnPicture.Spec}},
	},
}

func init() { Line.Apply = applyLine }

// LineState is a test, a contact, or a suspension.
type LineState struct {
	Act       string   `json:"act"`
	End       string   `json:"end,omitempty"`
	Opener    string   `json:"opener"`
	Opening   note.ID  `json:"opening"`
	Post      string   `json:"post,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Recipient string   `json:"recipient,omitempty"` // digest of the seal key that a contact names, in hexadecimal digits
	Resumed   *note.ID `json:"resumed,omitempty"`
	Scope     []string `json:"scope,omitempty"`
	State     string   `json:"state"`
	Use       string   `json:"use,omitempty"`
}

func (s *LineState) Opened() string          { return s.Opener }
func (s *LineState) Stage(*note.Move) string { return s.State }
func (s *LineState) Status() string          { return s.State }
func (s *LineState) Clocks() []Clock         { return nil }

func applyLine(prev State, in *Input) (State, error) {
	if prev == nil {
		s := &LineState{Act: in.Act.Name, Opener: in.Party, Opening: in.ID, State: "given",
			Use: lnUse.Or(in.Move, ""), Post: lnPost.Or(in.Move, ""), Reason: lnReason.Or(in.Move, ""), Scope: lnScope.Or(in.Move, nil), End: lnEnd.Or(in.Move, "")}
		if s.Act == "suspend" {
			s.State = "suspended"
		}
		if k, ok := Recipient(in.Move); ok {
			s.Recipient = note.Sum([]byte(k)).String()
		}
		return s, nil
	}
	s := *prev.(*LineState)
	s.State, s.Resumed = "resumed", &in.ID
	return &s, nil
}

// Recipient returns the seal key that a contact names for its office.
func Recipient(m *note.Move) (string, bool) { return lnKey.Of(m) }

// An AckReport is what an ack says.
type AckReport struct {
	Held     int      // payloads held
	Misses   []string // digests of payloads that have not arrived
	Unopened []string // digests of payloads that cannot be opened
	Pictures []Picture
}

// A Picture is the digest of the register over the heads that an ack has
// seen, for one audience.
type Picture struct {
	Audience []string
	Digest   note.Digest
}

// maxListed bounds what an ack lists; Held tells that there is more.
const maxListed = listLimit

// Fields returns the report as fields of a move.
func (r AckReport) Fields() map[string]any {
	f := map[string]any{lnHeld.Name: int64(r.Held)}
	put := func(name string, list []string) {
		if len(list) == 0 {
			return
		}
		out := make([]any, 0, maxListed)
		for _, s := range list[:min(len(list), maxListed)] {
			out = append(out, s)
		}
		f[name] = out
	}
	put(lnMisses.Name, r.Misses)
	put(lnUnopen.Name, r.Unopened)
	var pictures []any
	for _, p := range r.Pictures[:min(len(r.Pictures), maxListed)] {
		audience := make([]any, len(p.Audience))
		for i, party := range p.Audience {
			audience[i] = party
		}
		pictures = append(pictures, map[string]any{lnAudience.Name: audience, lnDigest.Name: p.Digest.String()})
	}
	if pictures != nil {
		f[lnPicture.Name] = pictures
	}
	return f
}

// ReadAck returns the report of an ack whose move Check has passed.
func ReadAck(m *note.Move) AckReport {
	r := AckReport{Held: lnHeld.Or(m, 0), Misses: lnMisses.Or(m, nil), Unopened: lnUnopen.Or(m, nil)}
	pictures, _ := lnPicture.Of(m)
	for _, f := range pictures {
		audience, _ := lnAudience.From(f)
		digest, _ := lnDigest.From(f)
		r.Pictures = append(r.Pictures, Picture{audience, digest})
	}
	return r
}
