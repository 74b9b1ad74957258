package feed

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"detente/note"
)

// A static log of 66,000 leaves has three levels; every file on it is what
// TileData serves, and the tiles lead to the root through x/mod's own reader.
func TestWriteTiles(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 66_000} {
		all := leavesOf(n, n, "")
		stored := HashLeaves(all)
		leaf := func(i uint64) ([]byte, error) { return all[i], nil }
		signed := signedOf(t, keyOf(t, 1), all)
		dir := t.TempDir()
		if err := WriteTiles(dir, uint64(n), leaf, signed); err != nil {
			t.Fatal(err)
		}
		if b := must(os.ReadFile(filepath.Join(dir, "checkpoint")))(t); !bytes.Equal(b, signed) {
			t.Fatal("the checkpoint is not the one given")
		}
		files := 0
		err := filepath.WalkDir(filepath.Join(dir, "tile"), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			name, _ := filepath.Rel(dir, path)
			tile, err := ParseTilePath(filepath.ToSlash(name))
			if err != nil {
				return err
			}
			want, err := TileData(tile, uint64(n), stored, leaf)
			if err != nil {
				return err
			}
			if got := must(os.ReadFile(path))(t); !bytes.Equal(got, want) {
				t.Errorf("%s differs from what TileData serves", name)
			}
			return nil
		})
		if err != nil && n > 0 {
			t.Fatal(err)
		}
		want := 0
		for _, tile := range tlog.NewTiles(tileHeight, 0, int64(n)) {
			want++
			if tile.L == 0 {
				want++
			}
		}
		if files != want {
			t.Errorf("%d leaves make %d tiles; want %d", n, files, want)
		}
		if n == 0 {
			continue
		}
		r := tlog.TileHashReader(tlog.Tree{N: int64(n), Hash: tlog.Hash(headOf(all).Root)}, dirTiles(dir))
		if _, err := tlog.ProveRecord(int64(n), int64(n/2), r); err != nil {
			t.Errorf("%d leaves: x/mod/sumdb/tlog does not read the tiles: %v", n, err)
		}
	}
}

// dirTiles reads tiles the way a client does.
type dirTiles string

func (dirTiles) Height() int                     { return tileHeight }
func (dirTiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (d dirTiles) ReadTiles(t []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range t {
		b, err := os.ReadFile(filepath.Join(string(d), TilePath(tile)))
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func TestWriteTilesRefuses(t *testing.T) {
	all := leavesOf(300, 300, "")
	signed := signedOf(t, keyOf(t, 1), all)
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		size   uint64
		leaf   func(uint64) ([]byte, error)
		signed []byte
	}{
		"another size":   {299, func(i uint64) ([]byte, error) { return all[i], nil }, signed},
		"a changed leaf": {300, func(i uint64) ([]byte, error) { return append(all[i], byte(i/299)), nil }, signed},
		"a lost leaf":    {300, func(i uint64) ([]byte, error) { return nil, broken }, signed},
		"a long leaf":    {300, func(i uint64) ([]byte, error) { return make([]byte, note.MaxHeader+1), nil }, signed},
		"no checkpoint":  {300, func(i uint64) ([]byte, error) { return all[i], nil }, nil},
	} {
		dir := t.TempDir()
		if err := WriteTiles(dir, c.size, c.leaf, c.signed); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(filepath.Join(dir, "checkpoint")); err == nil {
			t.Errorf("%s: there is a checkpoint", name)
		}
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteTiles(blocked, 300, func(i uint64) ([]byte, error) { return all[i], nil }, signed); err == nil {
		t.Error("wrote into a file")
	}
}

func TestTileData(t *testing.T) {
	all := leavesOf(300, 300, "")
	stored := HashLeaves(all)
	leaf := func(i uint64) ([]byte, error) { return all[i], nil }
	for path, want := range map[string]bool{
		"tile/0/000":           true,
		"tile/0/000.p/9":       true,
		"tile/0/001.p/44":      true,
		"tile/0/001.p/45":      false,
		"tile/0/001":           false,
		"tile/0/002.p/1":       false,
		"tile/1/000.p/1":       true,
		"tile/1/000.p/2":       false,
		"tile/2/000.p/1":       false,
		"tile/6/000.p/1":       false,
		"tile/entries/000":     true,
		"tile/entries/001.p/1": true,
		"tile/entries/001":     false,
		"tile/0/x001/000":      false,
	} {
		tile := must(ParseTilePath(path))(t)
		if TilePath(tile) != path {
			t.Errorf("%s is written %s", path, TilePath(tile))
		}
		data, err := TileData(tile, 300, stored, leaf)
		if (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
		if want && tile.L >= 0 && len(data) != 32*tile.W {
			t.Errorf("%s has %d bytes; want %d", path, len(data), 32*tile.W)
		}
	}
	bundle := must(TileData(must(ParseTilePath("tile/entries/000.p/2"))(t), 300, stored, leaf))(t)
	if want := "\x00\x06leaf 0\x00\x06leaf 1"; string(bundle) != want {
		t.Errorf("a bundle of two is %q; want %q", bundle, want)
	}
	for _, tile := range []tlog.Tile{{}, {H: 7, W: 1}, {H: 8, L: -2, W: 1}, {H: 8, L: 7, W: 1}, {H: 8, N: -1, W: 1}, {H: 8, W: 257}, {H: 8, W: 0}, {H: 8, N: 1 << 62, W: 1}} {
		if _, err := TileData(tile, 300, stored, leaf); err == nil {
			t.Errorf("%+v: no error", tile)
		}
	}
	broken := func(uint64) ([]byte, error) { return nil, errors.New("broken") }
	if _, err := TileData(tlog.Tile{H: 8, L: -1, W: 1}, 300, stored, broken); err == nil {
		t.Error("the reader's error is lost")
	}
	if _, err := TileData(tlog.Tile{H: 8, L: 0, W: 1}, 300, Hashes{}, leaf); err == nil {
		t.Error("the reader's error is lost")
	}
}

func TestTilePathIsStrict(t *testing.T) {
	for _, path := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/0", "tile/0/0000", "tile/00/000", "tile/7/000", "tile/-1/000", "tile/data/000",
		"tile/8/0/000", "tile/0/x000/000", "tile/0/000/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p",
		"tile/entries/../000", "/tile/0/000", "tile/0/000/", "tile/entries/entries/000", "tile/0/" + strings.Repeat("x999/", 20) + "999",
	} {
		if tile, err := ParseTilePath(path); err == nil {
			t.Errorf("%q was read as %+v", path, tile)
		}
	}
	if h := OriginHash("a"); h != note.Sum([]byte("a")).String() {
		t.Errorf("OriginHash is %s", h)
	}
}
