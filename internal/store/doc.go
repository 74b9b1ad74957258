// Package store keeps a node's ledger: every entry, hash, checkpoint,
// cosignature, payload and document that the node holds, in one SQLite
// database, DIR/ledger.db.
//
// What [Store.Commit] has returned nil for is on disk: the database runs in
// WAL mode with synchronous=FULL, and a Batch is one transaction. What it has
// returned an error for is not there at all. There is one writer connection;
// Commit calls wait for each other in line. Reads go through connections of
// their own and never wait for a writer. A Store may be used by many
// goroutines.
//
// No call holds a read transaction while it runs the caller's code: the Each
// functions read a page, close it, and hand out its rows. A callback may
// therefore Commit. What is committed while an Each function runs may or may
// not be seen by it; feeds only grow, so what was there before is always seen,
// once, in order.
//
// # Layout
//
// The schema is in migrations/, applied in order of number at Open. Rows of a
// feed are keyed by a place: the feed's number times 2^40 plus an index, so
// that a feed lies in one run of the table and is read in order without a
// second index. Hashes are stored in runs, one row for what one Append adds,
// cut at 256.
//
// A payload is stored once, however many notes name it, and rows stand in the
// order of arrival; which digest is in which row is kept in memory, and read at
// Open. A party may name the digest of another party's payload, and that must
// neither fail nor hide the other's note.
//
// Statements use $1 placeholders and no SQL that PostgreSQL lacks; what is
// particular to SQLite is in open.go and in the types of the migrations.
//
// # What it does not do
//
// It verifies nothing: package audit does, before Commit. It checks only what
// would make the database contradict itself: an Append that does not start
// where the feed ends, hashes that are not as many as the leaves ask for, a
// second root at one size.
package store
