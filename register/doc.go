// Package register works out the state of all matters of one channel from its
// notes, by a pure function: the same notes give the same register at every
// node, in whatever order they arrived.
//
// # Order
//
// The depth of a note is one more than the greatest depth among the note
// before it in its own feed and everything that its header has seen. Notes
// are folded by (depth, bytes of the origin, index). A note whose author had
// seen another thus always comes after it; the rest of the order is arbitrary
// but the same for everyone, and decides nothing: see package matter on
// crossed moves.
//
// A note waits, held but not folded, until the reader holds everything that
// its header has seen and knows the charter that it names.
//
// One party can have a thousand notes on one matter, and fewer of what is costly
// to hold; what it writes beyond that stands in the record and changes nothing.
// The limits count each party's own notes, so that nobody takes another's place.
//
// # Settling
//
// A note is settled when every principal in its audience has a leaf whose
// seen covers it, and the reader holds everything up to there. Whatever may
// still arrive from anyone in the audience is deeper, and sorts after it: what
// is settled never changes. Until then what the note does is provisional.
//
// # Time
//
// No fold reads a clock. At computes, for a time that the caller gives, which
// deadlines are running, met, late, or due and unreported.
//
// # Picture
//
// The picture of an audience over stated heads is the digest of every matter
// open to exactly that audience, folded from the notes that those heads
// commit to. Equal pictures prove that two sides read the record alike.
package register
