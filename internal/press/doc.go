// Package press reads an article and proposes drafts: quoted words, whose they
// are, who says or does something to whom, the day, and the act that it could
// become. It is pure, and knows nothing of nodes, files or the present day.
//
// # How it reads
//
//  1. The text is cut into blocks and sentences. Furniture of the page, headlines
//     and repeats are dropped, each with its reason (text.go, press.go).
//  2. Who is named is found by the lists of parties and offices; names of persons
//     come from the text itself (actor.go).
//  3. Of a sentence it is asked first who says it: "X said that", "…, said X",
//     "according to X", a label before it (attribute.go).
//  4. What is said, and what the text tells by itself, is cut at the verbs of the
//     rules. Each has a subject, which may be understood, and the words up to the
//     next (clause.go). A frame says what the verb wants to be an act (frame.go,
//     nominal.go).
//  5. A day is resolved against the day of the text (date.go).
//
// Where a step cannot tell, it says so, and nothing is proposed. The lists are
// parties.txt, offices.txt and rules.txt, which users extend in the same format;
// docs/reading.md describes it, and what the reader is silent about.
package press
