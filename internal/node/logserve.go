package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// The logs that this node holds, as c2sp.org/tlog-tiles: for each feed
//
//	GET /log/<SHA-256 of the origin>/checkpoint
//	GET /log/<SHA-256 of the origin>/tile/<L>/<N>[.p/<W>]
//	GET /log/<SHA-256 of the origin>/tile/entries/<N>[.p/<W>]
//
// "hashes gets checkpoints and hash tiles, headers entries, full what is
// addressed to it": payloads are no part of a log, so the last two are the same
// here. To whoever may not read a feed it is not there.

// entryPage is how much of an entry bundle is read at a time.
const entryPage = 1 << 20

func (n *Node) serveLog(w http.ResponseWriter, r *http.Request) {
	head, scope, err := n.findLog(r.Context(), r.PathValue("feed"), caller(r))
	path := r.PathValue("path")
	switch {
	case err != nil:
	case path == "checkpoint":
		var b []byte
		if b, err = n.cosignedHead(head); err == nil {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			w.Write(b)
			return
		}
	case strings.HasPrefix(path, "tile/entries/") && scope == "hashes":
		err = errNoLog
	default:
		var b []byte
		if b, err = n.tile(path, head.Head); err == nil {
			w.Header().Set("Content-Type", "application/octet-stream")
			// A full tile never changes. A partial one goes when it is full.
			cache := "no-store"
			if !strings.Contains(path, ".p/") {
				cache = "private, max-age=31536000, immutable"
			}
			w.Header().Set("Cache-Control", cache)
			w.Write(b)
			return
		}
	}
	if errors.Is(err, errNoLog) {
		http.Error(w, "there is no such log, or no such tile of it, for "+caller(r), http.StatusNotFound)
		return
	}
	n.log.Error("a log could not be read", "path", r.URL.Path, "err", err)
	http.Error(w, "this node cannot read the log now", http.StatusInternalServerError)
}

var errNoLog = errors.New("no such log")

// findLog returns the head of a feed as far as it stands, and what the party
// may read of it.
func (n *Node) findLog(ctx context.Context, hash, party string) (store.HeadRow, string, error) {
	for _, c := range n.all() {
		if !c.speaksFor(ctx, party) {
			continue
		}
		row, err := c.standing(hash)
		if err != nil {
			return row, "", err
		}
		if scope := n.scopeOf(row.Head.Origin, party); scope != "" && row.Head.Size > 0 {
			return row, scope, nil
		}
	}
	return store.HeadRow{}, "", errNoLog
}

func (c *channel) standing(hash string) (store.HeadRow, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for origin, h := range c.feeds {
		switch {
		case feed.OriginHash(origin) != hash:
		case h.frozen != nil:
			return c.n.lastHead(origin, min(*h.frozen, h.tree.Size()))
		default:
			return store.HeadRow{Head: h.head, Signed: h.signed}, nil
		}
	}
	return store.HeadRow{}, nil
}

// lastHead returns the greatest checkpoint of a frozen feed that the leaves
// which stand reach: "what stands" is served on, the rest is not.
func (n *Node) lastHead(origin string, stands uint64) (row store.HeadRow, err error) {
	errEnd := errors.New("end")
	err = n.store.EachHead(context.Background(), origin, 0, func(h store.HeadRow) error {
		if h.Head.Size > stands {
			return errEnd
		}
		row = h
		return nil
	})
	if errors.Is(err, errEnd) {
		err = nil
	}
	return row, err
}

// cosignedHead returns a checkpoint with the receipts and the cosignatures that
// this node holds on it.
func (n *Node) cosignedHead(row store.HeadRow) ([]byte, error) {
	cosigs, err := n.store.Cosigs(row.Head.Origin, row.Head.Size)
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(row.Signed)
	for _, c := range cosigs {
		if !n.mayLeave(c) {
			continue
		}
		out = appendCosig(out, c.Lines)
	}
	outside, err := n.outside(row.Head)
	if err != nil {
		return nil, err
	}
	return appendCosig(out, outside), nil
}

// appendCosig leaves out what would make the checkpoint longer than others read.
func appendCosig(signed, lines []byte) []byte {
	if len(signed)+len(lines) > feed.MaxCheckpoint || bytes.Count(signed, []byte("\n"))+bytes.Count(lines, []byte("\n")) > feed.MaxCheckpointLines {
		return signed
	}
	return append(signed, lines...)
}

// tile returns a tile of the tree that the head commits to, and of no more.
func (n *Node) tile(path string, h note.Head) ([]byte, error) {
	t, err := feed.ParseTilePath(path)
	if err != nil || !feed.HasTile(t, h.Size) {
		return nil, errNoLog
	}
	var page [][]byte
	var from uint64
	return feed.TileData(t, h.Size, n.store.HashReader(h.Origin), func(i uint64) ([]byte, error) {
		if i < from || i >= from+uint64(len(page)) {
			var err error
			if page, err = n.store.Leaves(h.Origin, i, (uint64(t.N)<<8)+uint64(t.W), entryPage); err != nil {
				return nil, err
			}
			if from = i; len(page) == 0 {
				return nil, fmt.Errorf("leaf %d: %w", i, store.ErrNotFound)
			}
		}
		return page[i-from], nil
	})
}
