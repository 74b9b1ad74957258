// Package matter holds what notes are about. Each kind of matter is one file:
// a table of its acts with their fields, the states that a matter of the kind
// passes through, who may make each act, and the clocks it starts, beside the
// pure function that applies an act to a state.
//
// From the tables come the flags of the command line, the forms, the schema
// of the API, the validation of every move, and docs/acts.md. There is no
// second description of an act anywhere.
//
// A state holds small fields, names of notes, and digests; never texts. What
// a side says is in the contents of its notes, and stands beside what the
// other side says. No state says what is true.
//
// # What an act may do
//
// A move is open when the table lists the matter's stage under From, and the
// author is who the table says. A move that is not open changes nothing; it
// stands in the record as out of order, with the reason. Apply functions
// return an error for the same purpose, where a table cannot say it.
//
// Two moves are concurrent when neither author held the other's note. Where
// concurrent moves conflict, the matter becomes crossed, and stays so until
// people who have seen both notes resolve it. No order of arrival, no clock
// and no tie-break decides for them.
//
// The package is pure.
package matter
