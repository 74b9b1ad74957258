// Package ladder is one node's private reading of where things stand: for
// every day and side a rung, worked out from what each side itself
// acknowledges.
//
// # What puts a side on a rung
//
// Only its own acts. A report of what another did raises nobody; a report or
// an account of one's own act does, and so do a protest, a recall, a
// suspension. What a side says of another never raises that other: whoever is
// accused is read by its own words alone, and by none where it says nothing.
//
// The rung of a day is the highest of the rows of [Table] that fit an act of
// that day, or one that still stands: an ambassador who was recalled is away
// until a later change of the same mission. The day of an act is the one that
// its author claims for what was done, or that of the note.
//
// # Beside it
//
// De-escalating steps stand on their own day, whatever the rung. The score is
// a second line: weights on Goldstein's scale, for the few acts that a code of
// it fits, one count for each code, side and day. It is coarse: it knows
// neither who nor how many. Scores are added up within one day of one side,
// and no further.
//
// # What it is not
//
// No judgement and no forecast. It says nothing of what no side acknowledges,
// and nothing of what is done outside the record. It is in no register, no
// picture and no pouch; two nodes that read one record alike have the same
// ladder only where they use the same table.
//
// The package is pure: the last day is given.
package ladder
