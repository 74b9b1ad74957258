// Package sim plays whole worlds of nodes against each other in simulated
// time, and checks after every step what must hold whatever happens.
//
// A world is a channel of two to four principals, sometimes with an observer,
// each a real node.Node with its ledger in memory and its signing journal in a
// file, inside one testing/synctest bubble. The line between them loses,
// delays, repeats and reorders pouches, and parts. Nodes crash, at any time or
// at the named points of a write, and start again from what was committed.
// Their clocks are wrong. In some worlds one party lies: it signs two heads,
// lowers its seen, appends what nobody can read, or sends damaged pouches.
//
// One goroutine draws everything from one seeded generator, takes what the
// nodes hand to the line in a fixed order, and lets each node come to rest
// before the next step. What it cannot order is what the goroutines of one
// node do at one moment, such as an answer and a push to the same peer; and
// signatures and seals are random. So a seed makes nearly the same world each
// time, and a failing one is run again a few times. It prints its seed, what
// was violated, and its trace:
//
//	go test ./internal/sim -run TestWorlds -count 20 -sim.first 17 -sim.seeds 1
//
// With -sim.log the trace holds what the nodes log, too.
//
// What must hold, after every step:
//
//   - durable: a note whose Submit returned is in its author's ledger and
//     register, byte for byte, after every crash;
//   - receipts: who holds a receipt, or sees one leave, finds what it speaks
//     of in the ledger of who gave it, at that moment; and a signature that
//     leaves is in the signing journal;
//   - origin: what anyone holds of an honest party's feed is what that party
//     signed;
//   - picture: who holds the same notes has the same picture, in whatever
//     order they came;
//   - bound: an undertaking is in force only by a note of each principal in
//     that principal's own ledger which names the same terms;
//   - settled: of every matter, what any honest node has settled is the
//     beginning of what any other has settled later, state included;
//   - crossed: a crossed matter is resolved only by notes that saw both sides
//     of the crossing.
//
// In the end the line heals, and all honest nodes must come to the same heads,
// everything settled, equal pictures.
package sim
