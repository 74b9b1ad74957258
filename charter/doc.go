// Package charter says who the parties of a channel are, what they may do
// there, and which keys speak for them at which point.
//
// # Texts
//
// Four kinds of text are signed by identity keys, a party's offline root:
//
//   - A credence ("detente/credence/v1") states a party's public keys and
//     addresses. It is exchanged out of band and compared by fingerprint words.
//     A greater serial number replaces the keys; the identity never changes.
//   - A charter ("detente/charter/v1") founds a channel. It is in force once
//     every principal has signed the identical bytes. The SHA-256 of its text
//     is the channel's id.
//   - An amendment is a charter that names the text it amends and the channel.
//     Amendments form a chain; each replaces the one before it entirely.
//   - A closing ("detente/closing/v1") ends one feed of a party at a stated
//     head, and names the credence whose feed key continues it.
//
// A text is two lines: the type line, then one JSON value in the canonical
// form of RFC 8785. The type line keeps a text of one kind from being taken
// for another, or for a checkpoint. Under it, after an empty line, stand
// signature lines in the form of C2SP signed-note: for every signer one of
// Ed25519 and one of ML-DSA-44, under the name "PARTY/identity". Both are
// REQUIRED.
//
// # Epochs
//
// The origin of a feed is PARTY/CHANNEL/EPOCH. The key of epoch 1 is the feed
// key of the credence that the charter names for the party; the key of epoch
// n+1 is that of the credence that the closing of epoch n names. So rotating
// a feed key takes a new credence and a closing, and no amendment; rotating
// the other keys takes the credence only.
//
// # State
//
// A Channel is the sum of one channel's texts. It is pure: no clock, no disk,
// no network. The order in which texts are added does not matter, but for
// this: a text that rests on one not yet added is refused with *Early, and can
// be added again later (AddAll does that), and of two texts that contradict
// each other the first is kept and the second refused with *Conflict, which
// carries both and is a proof of misconduct.
package charter
