// Package conformance checks what Détente writes with other people's tools:
// torchwood, transparency-dev's merkle and formats, Tessera's fsck, the
// litewitness and age commands, golang-ical, and a Node script without
// dependencies. It is a module of its own, so that none of them is a dependency
// of Détente. The command disclosed checks a disclosure with the public packages alone.
//
//	cd conformance && go test ./...
//
// A tool that is not there skips its test; with DETENTE_CONFORMANCE=1 it fails.
package conformance
