// Package scenario reads a crisis as a file of steps: who the parties are, the
// channels between them, and which note each of them sends when.
//
// A scenario drives exercises and reconstructions. It is written by hand, in
// the form below, and played on real nodes with exercise keys; the scenario
// itself holds no key, no digest and no name of a note, since those come into
// being as it is played. A step refers to an earlier note by its label.
//
// # The file
//
// The file is UTF-8. Its first line is
//
//	detente/scenario/v1
//
// After it come blocks, separated by blank lines. A line of a block is a key,
// a colon and a value:
//
//	text account: What happened, in the author's words,
//	  continued on an indented line.
//	  .
//	  A line that holds only a stop breaks the line, as above.
//
// An indented line continues the value before it, after one space. A line that
// begins with # is a comment. The first key of a block tells what it is; the
// order of the others is free. No key is given twice, except quote.
//
// The first block is about the whole:
//
//	title: The dispute at the well
//	banner: Exercise. Nobody wrote these notes.
//	start: 2024-03-01T00:00:00+05:00[Asia/Karachi]
//	end: 2024-03-02T00:00:00+05:00[Asia/Karachi]
//
// Times are RFC 9557, with the zone's name, or RFC 3339. A party:
//
//	party: AAA
//	name: Country A
//	zone: Asia/Karachi
//	weekend: saturday, sunday
//	holidays: 2024-03-23
//	office desk: Ministry of Foreign Affairs
//	binds desk: *
//	office post: Border post
//	says post: incident, message
//	ad-referendum desk: true
//
// weekend, holidays, says, binds and ad-referendum may be left out; what an
// office binds it may also say. A channel:
//
//	channel: line
//	name: A and B
//	purpose: To practise.
//	exercise: true
//	languages: en, ur
//	member AAA: principal
//	member BBB: principal
//	member CCC: observer hashes
//	clock incident/question: 48 hours, an answer to a question
//	roll-call: 04:00, 12:00
//	local-first: incident
//
// A clock runs in hours, or in days, which are working days of who must
// answer. Roll calls are in UTC. clock, roll-call and local-first may be left
// out. Then the steps, in the order of time. A note:
//
//	note: well
//	at: 2024-03-01T09:00:00+05:00[Asia/Karachi]
//	channel: line
//	from: AAA post
//	precedence: immediate
//	act: incident/report
//	field when: 2024-03-01
//	field where: PK/Area/The well
//	field nature: shooting
//	text account: Shots were fired at the well.
//	text account ur: …
//	authentic: en
//	quote: shots were fired
//	speaker: a shepherd
//	source: Daily A, 1 March
//	basis: invented, to show the form
//
// on names, by its label, the note that opened the matter that this one is
// about; the audience is then that of the opening note. Which fields and texts
// an act has is in docs/acts.md. A field inside a list is named by its path,
// from 1: "field parts/1/by". Where a field wants the name of a note, or the
// digest of the text that is accepted, write @ and the label. A text without a
// language is in the channel's first language, which also is the authentic one
// unless authentic says otherwise. precedence is routine, and audience all
// principals of the channel, unless given.
//
// On a channel that is an exercise every note has a basis: reported, and the
// line of the source that it rests on; or invented, and why. On a real channel
// no note has one.
//
// What a party enters into its own record, such as what the press says, is no
// note: it has no channel and no office, and on names the entry that it is
// about.
//
//	entry: wolf
//	at: 2024-03-01T20:00:00+05:00[Asia/Karachi]
//	from: AAA
//	act: claim/enter
//	field outlet: Daily A
//	field date: 2024-03-01
//	field speaker: a shepherd
//	text quotation: It was no wolf.
//	basis: invented, what a daily could say
//
// Two other kinds of step send nothing. A day begins a new date, in the zone of
// start; a pause is a heading for whoever watches, who may be shown the
// matters opened by the labels after show:
//
//	day: 2024-03-02
//	text: The morning after
//
//	pause: Two accounts of one event
//	text: Neither is merged into the other.
//	show: well
//
// # When things go wrong
//
// Other steps say what befalls the parties. The line of one goes down, or up
// again; a courier carries a pouch of one to another; the words of a note are
// erased; a party's key signs two histories, and its identity key ends that
// feed; and what a matter must have come to by then:
//
//	link: BBB
//	state: down
//
//	courier: AAA BBB
//	channel: line
//
//	erase: well
//	by: AAA, BBB
//
//	fork: BBB
//	channel: line
//	to: AAA
//
//	close: BBB
//	channel: line
//
//	expect: well
//	state: reported
//
// Each may have at, which is else the time of the step before, and text. A note
// that is meant not to be applied says so by result.
//
// # What is checked
//
// Parse refuses a file with anything that it does not know, and names the
// line, the step and the field. It checks every note against the table of its
// act, every office against what it may say and bind, every label, and the
// order of time. It does not play the scenario: a note may be out of order
// when it arrives, and an exercise may want just that.
//
// The package is pure: no disk, no clock, no network.
package scenario
