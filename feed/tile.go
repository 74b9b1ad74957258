package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// Tiles, c2sp.org/tlog-tiles: "/checkpoint", "/tile/<L>/<N>[.p/<W>]" with the
// hashes of a level, "/tile/entries/<N>[.p/<W>]" with entries, each behind its
// length as a big-endian uint16.

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	tileData   = -1 // the level of entry bundles
)

// OriginHash returns the name of a feed in a path: SHA-256 of its origin, in
// hexadecimal.
func OriginHash(origin string) string {
	h := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(h[:])
}

// TilePath returns the path of a tile of height 8, "tile/0/x001/067.p/9". The
// level -1 is that of entry bundles.
func TilePath(t tlog.Tile) string {
	if rest, ok := strings.CutPrefix(t.Path(), "tile/8/data/"); ok {
		return "tile/entries/" + rest
	}
	return "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
}

// ParseTilePath reads what TilePath writes, and nothing else.
func ParseTilePath(path string) (tlog.Tile, error) {
	bad := func() (tlog.Tile, error) {
		return tlog.Tile{}, fmt.Errorf("%.80q is not the path of a tile: want tile/LEVEL/N or tile/entries/N", path)
	}
	// Seven levels hold 2^56 leaves; 48 bytes hold any number below that.
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || len(path) > 48 {
		return bad()
	}
	if entries, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + entries
	}
	t, err := tlog.ParseTilePath("tile/8/" + rest)
	if err != nil || t.L > 6 || t.N > MaxSize || TilePath(t) != path {
		return bad()
	}
	return t, nil
}

// HasTile reports whether the tree of size fills a tile. What it does not fill
// is not there: a tile is served only if the checkpoint commits to all of it.
func HasTile(t tlog.Tile, size uint64) bool {
	if t.H != tileHeight || t.L < tileData || t.L > 6 || t.N < 0 || t.N > MaxSize || t.W < 1 || t.W > tileWidth {
		return false
	}
	width := size >> (tileHeight * max(t.L, 0)) // hashes on the level, or entries
	start := uint64(t.N) << tileHeight
	return start <= width && uint64(t.W) <= width-start
}

// TileData returns the bytes of a tile of the tree of size. A tile that the
// tree does not fill is an error: see HasTile.
func TileData(t tlog.Tile, size uint64, r tlog.HashReader, leaf func(i uint64) ([]byte, error)) ([]byte, error) {
	if !HasTile(t, size) {
		return nil, fmt.Errorf("there is no tile %s in a tree of %d", t.Path(), size)
	}
	start := uint64(t.N) << tileHeight
	if t.L != tileData {
		data, err := tlog.ReadTileData(t, r)
		if err != nil {
			return nil, fmt.Errorf("tile %s: %w", TilePath(t), err)
		}
		return data, nil
	}
	var data []byte
	for i := start; i < start+uint64(t.W); i++ {
		entry, err := leaf(i)
		if err != nil {
			return nil, fmt.Errorf("tile %s: leaf %d: %w", TilePath(t), i, err)
		}
		if data, err = appendEntry(data, entry); err != nil {
			return nil, fmt.Errorf("tile %s: leaf %d: %w", TilePath(t), i, err)
		}
	}
	return data, nil
}

// WriteTiles writes the tree of size as a static log into dir, which is made
// if need be. The hash tiles are computed from the leaves. The checkpoint is
// written last, and only if the leaves hash to its root; what was cut short or
// is damaged has none. Its signatures are not checked.
func WriteTiles(dir string, size uint64, leaf func(i uint64) ([]byte, error), signed []byte) error {
	head, err := ParseHead(signed)
	if err != nil {
		return err
	}
	if head.Size != size {
		return fmt.Errorf("cannot write %s at %d with a checkpoint at %d", head.Origin, size, head.Size)
	}
	w := tileWriter{dir: dir, open: make(map[int]*openTile)}
	tree := EmptyTree()
	for i := range size {
		entry, err := leaf(i)
		if err != nil {
			return fmt.Errorf("write the tiles of %s: leaf %d: %w", head.Origin, i, err)
		}
		bundle, err := appendEntry(nil, entry)
		if err != nil {
			return fmt.Errorf("write the tiles of %s: leaf %d: %w", head.Origin, i, err)
		}
		if err := w.add(tileData, bundle); err != nil {
			return err
		}
		for level, h := range tree.Append(entry) {
			if level%tileHeight != 0 {
				continue
			}
			if err := w.add(level/tileHeight, h[:]); err != nil {
				return err
			}
		}
	}
	for level := range w.open {
		if err := w.flush(level); err != nil {
			return err
		}
	}
	if root := tree.Root(); root != head.Root {
		return fmt.Errorf("the leaves of %s to %d hash to %s, but its checkpoint says %s; wrote no checkpoint; run verify", head.Origin, size, root, head.Root)
	}
	return writeFile(filepath.Join(dir, "checkpoint"), signed)
}

// A tileWriter holds the one unfinished tile of every level.
type tileWriter struct {
	dir  string
	open map[int]*openTile
}

type openTile struct {
	n     int64 // its place on the level
	width int
	data  []byte
}

func (w *tileWriter) add(level int, data []byte) error {
	t := w.open[level]
	if t == nil {
		t = &openTile{}
		w.open[level] = t
	}
	t.data = append(t.data, data...)
	t.width++
	if t.width < tileWidth {
		return nil
	}
	return w.flush(level)
}

// flush writes the tile of a level, if there is anything in it, and begins the
// next.
func (w *tileWriter) flush(level int) error {
	t := w.open[level]
	if t.width == 0 {
		return nil
	}
	path := TilePath(tlog.Tile{H: tileHeight, L: level, N: t.n, W: t.width})
	if err := writeFile(filepath.Join(w.dir, filepath.FromSlash(path)), t.data); err != nil {
		return err
	}
	*t = openTile{n: t.n + 1, data: t.data[:0]}
	return nil
}

func appendEntry(dst, entry []byte) ([]byte, error) {
	if len(entry) > note.MaxHeader {
		return nil, fmt.Errorf("it has %d bytes; the limit is %d", len(entry), note.MaxHeader)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(entry)))
	return append(dst, entry...), nil
}

func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
