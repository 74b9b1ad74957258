// Package view computes what is shown, once, for the terminal, the pages and
// the API: the types here are the API's JSON, whose names are stable.
//
// # What a view says, and what it does not
//
// A view says who said what and when, never what is true. Accounts of an
// incident stand side by side and are not merged. Points of two readouts lie
// beside each other where they share a topic; a point is agreed or disputed
// only where the other side marked it so, and "unmarked" is a word of its own.
// Every line that a view draws from the record carries the words that it rests
// on, and whose they are. What is provisional says so.
//
// Silence is made readable: a link that is down, a roll call that was missed,
// a note delivered but not acknowledged, and one acknowledged but not answered
// are four different things.
//
// # Words
//
// A view is drawn under the channel's read lock, from small fields; the texts
// are read and opened after the lock is given back. A text that is not there
// says why: erased, missing, sealed, unreadable.
//
// # Time
//
// Times in JSON are UTC. Zones says in which zone each party reads them; the
// terminal shows both.
package view
