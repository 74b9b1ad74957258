// Package locale says what the program says in the language of who reads it:
// English, Urdu, Persian, Turkish.
//
// # Texts
//
// The English text is the key. A catalogue is one file of JSON, from English
// texts to those of one language; a text that it lacks is said in English, and
// a test sees to it that it lacks none. Formats know two verbs, %s and %d,
// also with a position, %[2]s, since languages put words in other places.
//
//	l := locale.For("fa")
//	l.T("accepted by %s", party)       // text: for titles, attributes, mail
//	l.HTML("accepted by %s", party)    // for pages
//
// An argument is said by its type: an integer in the digits of the language, a
// time as its own zone reads it, a duration as "2 h 10 min", a [Phrase] in the
// language. All else is a name, a code or somebody's words: it is never
// translated, direction controls in it are made visible, and it is isolated
// from the direction of the text around it (UAX #9), in pages by <bdi>.
//
// A format with a bar has a form for one and a form for other numbers, chosen
// by its first integer, as the language counts: "%d note|%d notes". A language
// whose nouns stay as they are gives one form.
//
// # Phrases
//
// What package view says of its own is a [Phrase], which each reader's page
// says in that reader's language. In JSON and on a terminal it is the English
// text. Words of the matters' tables (acts, states, fields) are keys as they are:
//
//	locale.Phrasef("reported done by %s, %s", party, locale.Phrasef(state))
//
// # What is never translated
//
// Notes. A translation of somebody's words is somebody's too: it stands in the
// note, signed, beside the authentic text, or it does not exist.
package locale
