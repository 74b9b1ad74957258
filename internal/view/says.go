package view

import (
	"slices"
	"sync"

	"detente/charter"
	"detente/internal/locale"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Says returns what a text of the tables or of the fold says, so that it can
// be said in every language: what a clock is for, why a note changed nothing,
// what is wrong with a field. The texts themselves stay as they are: they are
// part of what the sides compare.
func Says(text string) locale.Phrase { return fold().Phrase(text) }

var fold = sync.OnceValue(func() *locale.Matcher {
	words := Vocabulary()
	return locale.NewMatcher(func(s string) bool { return slices.Contains(words, s) }, append(formats, sealedText)...)
})

// Vocabulary returns the words and sentences of the tables that are shown by
// themselves: kinds, acts, stages, fields, texts and what each is, the words of
// an enumeration, and how notes and clocks stand.
func Vocabulary() []string {
	out := []string{none, "unmarked", "nothing applied", "released", "held", "unreadable", "sealed", "erased", "missing", Sent, Receipted, Acked,
		charter.Principal, charter.Facilitator, charter.Observer}
	out = append(out, note.Precedences...)
	out = append(out, linkReply, facesAccount, facesReadout)
	for _, r := range replying {
		if r.as != "" {
			out = append(out, r.as)
		}
	}
	for _, r := range []register.Result{register.Applied, register.OutOfOrder, register.NoPower, register.Referred, register.Waiting, register.NotFolded, register.Kept} {
		out = append(out, string(r))
	}
	for _, c := range []register.ClockState{register.Running, register.Met, register.Late, register.Undecided, register.DueUnreported, register.Lapsed, register.Void, register.OpenEnded, register.Done} {
		out = append(out, string(c))
	}
	var fields func([]matter.Spec)
	fields = func(specs []matter.Spec) {
		for _, s := range specs {
			out = append(append(out, s.Name, s.Doc), s.Words...)
			fields(s.Of)
		}
	}
	for _, k := range slices.Concat(matter.Kinds, matter.House) {
		out = append(out, k.Name, k.Doc)
		for _, s := range k.States {
			out = append(out, s.Name, s.Doc)
		}
		for _, a := range k.Acts {
			out = append(out, a.Name, a.Doc, a.Starts, string(a.Who))
			out = append(out, a.From...)
			fields(a.Fields)
			for _, t := range a.Texts {
				out = append(out, t.Name, t.Doc)
			}
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// formats are what the tables and the fold say, with what stands in them.
var formats = []string{
	"%d notes of %s are not all held and folded here",
	"%s comes twice in %s, where the clocks are put back: give the offset",
	"%s does not open a matter",
	"%s has written %d notes on the matter, as many as one party may: say the rest on another",
	"%s is %s %s, and may not %s",
	"%s is about a %s, not a %s",
	"%s is in-house, and is never sent",
	"%s is neither a day, 2024-01-16, nor a time with its zone, 2024-01-16T18:20:00+05:00[Asia/Karachi]",
	"%s is neither the sending nor the receiving state",
	"%s is not NAME=VALUE with one of the names %s",
	"%s is not a party of the channel",
	"%s is not a principal of the audience",
	"%s is not a text: want SLOT=WORDS or SLOT@LANGUAGE=WORDS",
	"%s is not a time of the years 1 to 9998",
	"%s is not a time with its zone: want 2024-01-26T23:59:00+05:00[Asia/Karachi]",
	"%s is not a whole number from 0 to %d",
	"%s is not a whole number",
	"%s is not an act that this program knows",
	"%s is not an act that this program knows; it knows %s",
	"%s is not an office: want PARTY/OFFICE, such as PAK/consular",
	"%s is not how %s writes that time; there it is %s",
	"%s is not one of the parties that hand over",
	"%s is not open when the matter is %s",
	"%s is not the name of a time zone",
	"%s may not set %s to %s (Vienna Convention on Diplomatic Relations, %s)",
	"%s opened the matter, and cannot itself make the act %s",
	"%s stands twice in %s",
	"%s undertook part %d, and cannot itself %s it",
	"a handover is between two parties or more, each named once",
	"a proposal says from whom, to whom, and by when or none",
	"a request for action names the party whose territory it is",
	"a state has no mission to itself",
	"a transfer is from one principal of the audience to another",
	"an ask undertakes nothing for its own author: offer a package instead",
	"by its own time it comes after the moment of release: somebody must propose a later one",
	"by its own time it comes after the offer lapsed",
	"every principal has approved those minutes, and its author had seen that: what changes them is further minutes",
	"every principal has signed it, and its author had seen that: only another statement can say otherwise",
	"given %d times; want it once",
	"given, but this act opens a matter of its own",
	"it answers item %d twice",
	"it answers its author's own question",
	"it asks its own author",
	"it changes nothing",
	"it does not name the transfer that it is about",
	"it is in force: only an agreement of all can change it now",
	"it is linked to %s already",
	"it is marked otherwise than its charter: exercise and real are never mixed",
	"it is matched to %s already",
	"it is not sealed: this text goes only as an armored age file to the offices that the field %s names; see: detente help offices",
	"it is the digest that %s committed to: what it commits to are the words of %s",
	"it is to be revealed before it is to be committed to",
	"it marks a point of its author's own readout",
	"it names a charter that is not held",
	"it names a note of another channel",
	"it names another moment of release than was proposed",
	"it names another text than its author had seen proposed",
	"it names another text than the one of the request",
	"it names another text than the one offered",
	"it names another text than the one proposed",
	"it reveals nothing",
	"it was agreed; cancel it, or propose another time",
	"it was written before its author had seen that the acceptance and the withdrawal crossed",
	"it was written before its author had seen the notes that crossed",
	"item %d of %s is no decision",
	"item %d, to answer",
	"its audience is not that of the matter: %s",
	"its author did not hold %s, which it calls an undertaking",
	"its author did not hold the note that opened the matter",
	"its author had agreed to it; propose another",
	"its author had already seen that the offer was %s",
	"its author had already used a later charter",
	"its author had not seen %s, which says more about the case",
	"its author had not seen %s, which says more about the incident",
	"its author had not seen %s, which says more",
	"its author had not seen a transfer proposed by %s",
	"its author had not seen both sides agree to it",
	"its author had not seen every signature",
	"its author had not seen it reported done",
	"its author had not seen the commitment of %s",
	"its author had not seen the minutes that it replaces",
	"its author had not seen the proposal, %s",
	"its author had not written the note that it names",
	"its author had seen %s, which sets that text aside: it is no longer on offer",
	"its author had seen no minutes of that text",
	"its author had seen that %s and %s crossed: somebody must propose again",
	"its author had seen that %s and %s have the same text, to the byte: somebody must circulate them again",
	"its author had seen that %s and %s have the same text, to the byte: somebody must propose again",
	"its author had seen that %s had taken their place",
	"its author had seen that %s objects to clause %d (%s)",
	"its author had seen that it was %s",
	"its author has answered item %d %d times, as often as one party may",
	"its author has committed already, by %s",
	"its author has given no readout with a point %d",
	"its author has proposed %d texts of this statement, as many as one party may: open another",
	"its author has revealed already what it committed to, by %s",
	"its past is not held yet",
	"its text is, to the byte, that of %s: a text that is proposed again has a salt of its own",
	"its text is, to the byte, that of minutes which are there already",
	"missing in %s, which the note calls authentic: give the words, or name the authentic languages",
	"missing: %s",
	"missing: %s%s",
	"missing: %ss has %d items, and each has its text",
	"missing: this act is about a matter that is already open",
	"more follows after the JSON",
	"no rule for %s",
	"only %s, who is asked, may %s it",
	"only %s, who opened the matter, may make the act %s",
	"only %s, who undertook part %d, may report it",
	"only %s, whose note it is, consents to its disclosure",
	"only %s, whose territory it is, can be asked to act there",
	"only %s, whose territory it is, may %s it",
	"part %d, to report it done",
	"part %d: %s is not a principal of the audience",
	"the charter does not let the office %s of %s bind it by the act %s",
	"the charter does not let the office %s of %s make the act %s",
	"the dossier would have more than %d items",
	"the form and the level are missing: nobody proposed this talk here",
	"the group is closed, and its author had seen that: convene another",
	"the item in JSON cannot be read: %s",
	"the list in JSON cannot be read: %s",
	"the matter is the mission of %s to %s",
	"the name of who is to have it: %s",
	"the office %s of %s binds subject to its capital; it binds once an office of %s that binds in full makes the act %s too",
	"the readout has no point %d",
	"the request would cite more than %d dossiers and items",
	"the text has no clause %d",
	"the text in %s has %d characters; want 1 to %d",
	"the transfer is between %s and %s",
	"there is no %s in %s, where the clocks are put forward",
	"there is no item %d in what its author had seen",
	"there is no item %d",
	"there is no matter %s",
	"there is no open proposal that its author had seen",
	"there is no other principal in the audience to share it with",
	"there is no question %s on this incident",
	"there is no readout %s of this talk",
	"there is no such field; there are %s",
	"there is no such item: %ss has %d",
	"there is no such part in force",
	"there is no text that could be approved",
	"there is no text that could be signed",
	"there is no text that could bind",
	"this act has no such field",
	"this act has no such field; it has %s",
	"this act has no such text; it has %s",
	"to accept or decline",
	"to acknowledge receipt",
	"to acknowledge",
	"to answer",
	"to approve the minutes %s",
	"to clarify",
	"to commit",
	"to complete or decline",
	"to reveal",
	"to say that the transfer is done",
	"to sign or object",
	"want a list of 1 to %d",
	"want a list",
	"want a text",
	"want an object",
	"want true, or leave it out",
}
