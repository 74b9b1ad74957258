// Package audit is the one verifier. Whatever comes from outside goes through
// it, and whatever is checked later is checked by the same code: a pouch over
// the line or from a courier, the tail that a node recovers, the whole record
// that verify reads, the one note that check proves.
//
// It tells three things apart.
//
//   - A fault of transport: a signature that is missing or wrong, leaves that
//     do not hash to the signed root, a payload that is not the one named.
//     What came is refused; nothing of it was stored; asked again, the sender
//     can do better. The error is a *Refused.
//   - A leaf that the author's signed tree commits to. It is always stored and
//     receipted. If it is malformed, unknown or cannot be opened it is
//     unreadable, with the reason: "one bad leaf or a newer version must never
//     stop the line".
//   - Misconduct: two signed heads that contradict each other, or a leaf whose
//     seen goes back. The error or the result carries the proof, which a third
//     party can check with the credence alone.
//
// The package is pure but for Verify, Prove and Export, which read the record
// that they are given; the last two write the files that they are told to.
package audit
