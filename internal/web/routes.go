package web

import (
	"net/http"

	"detente/internal/officer"
	"detente/internal/view"
	"detente/matter"
)

// Route is one row of the API.
type Route struct {
	Method, Path string
	Role         officer.Role // the least that an officer must have; the node's own user may make every request
	Doc          string
	do           func(*API, http.ResponseWriter, *http.Request) error
}

// nodeOnly stands in the place of the role of what no officer may ask for: it
// writes where it is told on the machine of the node, whose own user alone is at
// home there.
const nodeOnly officer.Role = ""

// Routes returns the table of the API.
func Routes() []Route { return routes }

var routes []Route

func init() {
	routes = []Route{
		{"GET", "node", officer.Reader, "who this node is: party, credence, fingerprint words, channels", (*API).node},
		{"GET", "channels", officer.Reader, "the channels in force", (*API).channels},
		{"GET", "line", officer.Reader, "state of the line: feeds, peers, the four silences, suspensions", channelView(view.State)},
		{"GET", "inbox", officer.Reader, "notes of others: flash that no person has acknowledged first, then the newest; ?act= ?since= ?limit=", list(view.Inbox)},
		{"GET", "timeline", officer.Reader, "all notes by their claimed time; ?act= ?since= ?limit=", list(view.Timeline)},
		{"GET", "register", officer.Reader, "every matter, and the picture; ?kind=", (*API).register},
		{"GET", "matters/{id}", officer.Reader, "one matter in full", one(view.OneMatter)},
		{"GET", "matters/{id}/calendar.ics", officer.Reader, "the dates of one matter, as iCalendar; ?deadlines=events", (*API).matterCalendar},
		{"GET", "calendar.ics", officer.Reader, "talks, visits, expected returns, releases and deadlines, as iCalendar, without anybody's words: what is to come or owed, and the last 30 days; ?deadlines=events writes deadlines as events, for programs that show no tasks", (*API).calendar},
		{"GET", "notes/{id}", officer.Reader, "one note in full", one(view.OneNote)},
		{"GET", "notes/{id}/attachments/{number}", officer.Reader, "the bytes of an attachment", (*API).attachment},
		{"GET", "clocks", officer.Reader, "what is owed and owing; ?all=1 adds what is met, void or over", (*API).clocks},
		{"GET", "agreement", officer.Reader, "the agreement as it stands, in two halves", channelView(view.Standing)},
		{"GET", "explain", officer.Reader, "?party= is asked over the line how it reads what both hold; the first note that the two read differently; ?audience=", (*API).explain},
		{"POST", "explain", officer.Reader, "the same, by the readings of another node", (*API).explainFile},
		{"GET", "readings", officer.Reader, "how this node reads every note, without its words; ?audience=", (*API).readings},
		{"GET", "offices", officer.Reader, "the seal keys that offices have published, the latest of each", channelView(view.SealKeys)},
		{"GET", "ladder", officer.Reader, "this node's private reading of tension; ?since= ?until= are days, 2024-01-16", (*API).ladder},
		{"GET", "kept", officer.Reader, "how each side kept its word, with the notes that each figure rests on", channelView(view.KeptWord)},
		{"GET", "brief", officer.Reader, "what is owed, owing, changed, unread and not reached, on every channel or ?channel=; ?since= ?lang=", (*API).brief},
		{"GET", "events", officer.Reader, "that something has changed: kinds and names, as server-sent events, from now on or from Last-Event-ID; ?channel= ?after=", (*API).events},
		{"GET", "documents", officer.Reader, "credences, charters and closings; ?kind=", (*API).documents},
		{"GET", "documents/{digest}", officer.Reader, "one document, as it is signed", (*API).document},
		{"GET", "notes/{id}/print", officer.Reader, "one note as it is handed over on paper; ?lang=", (*API).print},
		{"GET", "drafts", officer.Reader, "drafts that are kept", (*API).drafts},
		{"GET", "drafts/{id}/print", officer.Reader, "a draft as it is handed over on paper, before it is a note; ?lang=", (*API).printDraft},
		{"GET", "house", officer.Reader, "the in-house record, entry by entry; ?kind=", (*API).house},
		{"GET", "house/claims", officer.Reader, "claims of the press and of third parties, and what became of them", entries(&matter.Claim)},
		{"GET", "house/files", officer.Reader, "paper and calls that were logged, and the notes that they are matched to", entries(&matter.File)},
		{"GET", "house/{id}", officer.Reader, "one claim, paper or call, H3", (*API).entry},
		{"GET", "house/{id}/scan", officer.Reader, "the bytes of a paper's scan", (*API).scan},
		{"POST", "send", officer.Drafter, "a draft is checked, signed and sent; ?wait=30s waits for receipts, ?keep=1 keeps it as a draft, ?check=1 only checks it", (*API).send},
		{"POST", "house", officer.Drafter, "an in-house act is checked and entered: {act, about, fields, texts, scan}", (*API).enter},
		{"POST", "drafts/{id}", officer.Releaser, "a draft that was kept is sent, once; ?again=1 where it may have been and was not; ?wait=", (*API).release},
		{"PUT", "drafts/{id}", officer.Drafter, "another text for a draft that was not sent", (*API).amend},
		{"DELETE", "drafts/{id}", officer.Drafter, "a draft is deleted", (*API).drop},
		{"POST", "documents", officer.Administrator, "takes a credence, charter, amendment or closing", (*API).addDocument},
		{"POST", "closings/{digest}/accept", officer.Administrator, "a person accepts a closing that takes back what was receipted", (*API).acceptClosing},
		{"POST", "notes/{id}/prove", nodeOnly, "writes the proof of a note to a folder: {dir, content, move}", (*API).prove},
		{"POST", "notes/{id}/disclose", nodeOnly, "makes the folder of a disclosure, another's note by its author's consent: {dir, to}", (*API).disclose},
		{"POST", "notes/{id}/statement", nodeOnly, "makes the folder of a joint statement, once it is released: {dir}", (*API).statement},
		{"POST", "logs", nodeOnly, "exports the logs of a channel to a folder: ?dir=", (*API).logs},
		{"POST", "pouch/pack", officer.Administrator, "packs a pouch for ?to=PARTY", (*API).pack},
		{"POST", "pouch/apply", officer.Administrator, "takes a pouch", (*API).apply},
		{"POST", "erase", officer.Administrator, "erases the content of a note: {channel, note}", (*API).erase},
		{"POST", "backup", nodeOnly, "writes a copy of the ledger as it is now to a file: {path}", (*API).backup},
		{"POST", "verify", officer.Administrator, "reads the whole record; a line of JSON for each step, the last with the report; ?seals=1", (*API).verify},
	}
}
