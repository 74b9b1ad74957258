// Package feed is the signed half of the ledger: one party's append-only log
// on one channel, and everything that a signature stands on. It is the only
// package that knows signed notes.
//
// # Keys
//
// A Key is a pair: Ed25519, which every tool of today can check, and
// ML-DSA-44, so that the record outlives quantum computers. Wherever Détente
// asks for a signature it asks for both. A missing one is a refusal, never a
// downgrade.
//
// # Checkpoints
//
// A checkpoint (c2sp.org/tlog-checkpoint, c2sp.org/signed-note) is three lines
// of text, an empty line, and signature lines:
//
//	PAK/5b1c…/1
//	42
//	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
//	— PAK/5b1c…/1 Az3grlgt…
//	— PAK/5b1c…/1 9Qm2TgAA…
//
// The key name is the origin. The first signature is Ed25519 over the text
// (type 0x01); the second is ML-DSA-44 over the subtree/v1 message (type 0x06)
// and carries a time. There are no extension lines: ML-DSA-44 would not cover
// them. SignHead writes a checkpoint, OpenHead checks one.
//
// # Cosignatures
//
// A receipt says "I durably hold leaves 0..n", a witness's cosignature "this
// is append-only as I saw it". Both have the form of c2sp.org/tlog-cosignature
// (types 0x04 and 0x06, one time) and are told apart by name and key:
// "IRN/receipt", "IRN/witness". They are further signature lines on the same
// checkpoint: append them to it.
//
// # Signed texts
//
// Credences, charters, amendments and closings are signed by identity keys
// with SignText. A text is a type line and one line of canonical JSON, so it
// cannot be mistaken for a checkpoint, which has three lines.
//
// # Trees
//
// The hashes are RFC 6962's. Tree holds the right edge of a feed in memory;
// Append returns the hashes to store. Advance is the heart of the package: it
// takes what is held and what has arrived, and returns the new tree or an
// error that says what is wrong: *Stale, *Gap, *Mismatch, or *Fork, which is
// a proof that convinces anyone who knows the author's public key.
//
// # Proofs
//
// FormatProof writes a c2sp.org/tlog-proof, FormatPolicy the
// c2sp.org/tlog-policy to check it under; CheckProof needs only these two and
// the leaf. WriteTiles writes a feed as a static c2sp.org/tlog-tiles log.
//
// The package reads no clock and no network and keeps no state. Only WriteTiles
// touches the disk.
package feed
