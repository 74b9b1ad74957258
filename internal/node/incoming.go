package node

import (
	"errors"
	"fmt"

	"detente/feed"
	"detente/note"
	"detente/pouch"
)

// incoming is what came in one pouch, decoded and not checked yet.
type incoming struct {
	have     *pouch.Have
	docs     [][]byte
	heads    map[string][][]byte // signed checkpoints, by origin
	leaves   map[string][]pouch.Leaves
	chunks   map[note.Digest][]byte // whole payloads
	partial  []byte                 // the payload of which only the beginning has come
	next     pouch.Chunk            // the last piece of it
	receipts []pouch.Receipt
	forks    [][]byte
	size     int64
}

func newIncoming() *incoming {
	return &incoming{heads: map[string][][]byte{}, leaves: map[string][]pouch.Leaves{}, chunks: map[note.Digest][]byte{}}
}

// add takes one record. Payloads come in order, chunk after chunk.
func (in *incoming) add(r pouch.Record) error {
	in.size += int64(len(r.Body))
	switch r.Type {
	case pouch.TypeHave:
		h, err := pouch.DecodeHave(r.Body)
		if err != nil {
			return err
		}
		if in.have != nil {
			return errors.New("a pouch says twice what its sender holds")
		}
		in.have = &h
	case pouch.TypeDoc:
		in.docs = append(in.docs, r.Body)
	case pouch.TypeHead:
		h, err := feed.ParseHead(r.Body)
		if err != nil {
			return err
		}
		in.heads[h.Origin] = append(in.heads[h.Origin], r.Body)
	case pouch.TypeLeaves:
		l, err := pouch.DecodeLeaves(r.Body)
		if err != nil {
			return err
		}
		in.leaves[l.Origin] = append(in.leaves[l.Origin], l)
	case pouch.TypePart:
		c, err := pouch.DecodeChunk(r.Body)
		if err != nil {
			return err
		}
		return in.chunk(c)
	case pouch.TypeReceipt:
		rc, err := pouch.DecodeReceipt(r.Body)
		if err != nil {
			return err
		}
		in.receipts = append(in.receipts, rc)
	case pouch.TypeFork:
		in.forks = append(in.forks, r.Body)
	}
	return nil
}

// chunk takes a piece of a payload. The pieces of one come one after the other
// and nothing between them, so no more than one payload is ever in the making.
func (in *incoming) chunk(c pouch.Chunk) error {
	if len(in.partial) > 0 && (c.Sealed != in.next.Sealed || c.Total != in.next.Total) {
		return fmt.Errorf("payload %s begins in the middle of another, %s", c.Sealed, in.next.Sealed)
	}
	if c.Offset != uint64(len(in.partial)) {
		return fmt.Errorf("payload %s: a piece begins at %d, and %d bytes came before it", c.Sealed, c.Offset, len(in.partial))
	}
	if in.partial == nil {
		in.partial = c.Data // most payloads come in one piece, and need no copy
	} else {
		in.partial = append(in.partial, c.Data...)
	}
	in.next = pouch.Chunk{Sealed: c.Sealed, Total: c.Total}
	if uint64(len(in.partial)) == c.Total {
		in.chunks[c.Sealed], in.partial = in.partial, nil
	}
	return nil
}

// Report says what a pouch brought.
type Report struct {
	Leaves   int
	Payloads int
	Receipts int
	Docs     int
	Refused  []error // what was refused; the rest was taken
	Forks    []string
	more     bool // more of another history of a forked feed is wanted
	faulty   bool // something refused that whoever handed the pouch over answers for
}

// refuse notes what was refused. Who hands over what others wrote cannot know
// all that is wrong with it, so it answers for its own feed only, and for what
// no honest node passes on.
func (r *Report) refuse(err error, faulty bool) {
	r.Refused = append(r.Refused, err)
	r.faulty = r.faulty || faulty
}

func (r *Report) news() bool { return r.Leaves+r.Payloads+r.Receipts+r.Docs+len(r.Forks) > 0 }
