// Package node is one party's node: the only owner of disk, network and time.
// Everything below it is pure or does as it is told; everything above it asks.
//
// # What is durable when
//
// An own note: the leaf, its sealed payloads and the signed checkpoint go to
// the ledger in one transaction; then (origin, size, root, role) goes to the
// signing journal, outside the database, and is synced; then Submit returns
// and the checkpoint may leave. Writers that come while a transaction is under
// way share the next: one transaction, one checkpoint, one push.
//
// A counterpart's note: the leaves, the payloads and this node's receipt go to
// the ledger in one transaction; then the receipt goes to the journal; then it
// leaves. A receipt thus says what is on disk.
//
// So a ledger ahead of its journal means a crash between the two, and what is
// missing is written to the journal when the node opens. A ledger behind its
// journal means a restored backup: the node refuses to sign anything until it
// has fetched what it lacks from whoever holds it.
//
// # Files
//
//	DIR/party.json       who this node is
//	DIR/keys/SERIAL/     feed.key receipt.key witness.key seal.key tls.key, 0600 each, one folder for each credence
//	DIR/store.key        encrypts plaintext at rest
//	DIR/ledger.db        the ledger
//	DIR/journal          the signing journal; MUST NOT be restored from a backup
//	DIR/parts/           sealed attachments
//	DIR/lock             held by the one process that owns the folder
//	DIR/socket           where that process takes commands
//	DIR.identity         the identity key, kept apart
package node
