package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"detente/charter"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// Exported is one feed that Export wrote.
type Exported struct {
	Origin   string
	Dir      string
	Size     uint64
	Receipts []string // parties whose receipt is on its checkpoint
}

// Export writes the logs of a channel into dir, for other people's tools:
//
//	PAK.1/checkpoint, PAK.1/tile/…   a static c2sp.org/tlog-tiles log of each feed
//	PAK.1/policy                     its c2sp.org/tlog-policy
//	documents/KIND-DIGEST            charters, credences, closings
//
// The checkpoint is the newest that is held in full, with the receipts that
// are on it; the policy wants these. Nothing sealed is written.
func Export(ctx context.Context, st *store.Store, ch *charter.Channel, dir string) (list []Exported, err error) {
	if _, err := os.Stat(dir); err == nil {
		return nil, fmt.Errorf("%s is there already; nothing was written: choose a folder that is not there", dir)
	}
	rows, err := st.Feeds()
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		_, id, epoch, err := note.ParseOrigin(row.Origin)
		if err != nil || id != ch.ID() || row.Size == 0 {
			continue
		}
		party := note.ID{Origin: row.Origin}.Party()
		e := Exported{Origin: row.Origin, Dir: filepath.Join(dir, fmt.Sprintf("%s.%d", party, epoch)), Size: row.Size}
		if err := e.write(ctx, st, ch, row); err != nil {
			return list, fmt.Errorf("export %s: %w", row.Origin, err)
		}
		list = append(list, e)
	}
	return list, exportDocuments(filepath.Join(dir, "documents"), ch.Documents())
}

func (e *Exported) write(ctx context.Context, st *store.Store, ch *charter.Channel, row store.FeedRow) error {
	key, err := ch.FeedKey(e.Origin)
	if err != nil {
		return err
	}
	party := note.ID{Origin: e.Origin}.Party()
	others := slices.DeleteFunc(ch.Principals(), func(p string) bool { return p == party })
	given, err := receiptsOn(st, ch, note.Head{Origin: e.Origin, Root: row.Root, Size: row.Size}, others)
	if err != nil {
		return err
	}
	signed := bytes.Clone(row.Signed)
	var named []feed.NamedKey
	for _, p := range others {
		if r, ok := given[p]; ok {
			e.Receipts = append(e.Receipts, p)
			named = append(named, feed.NamedKey{Name: p + "/receipt", Public: r.key})
			signed = append(signed, r.lines...)
		}
	}
	policy, err := feed.FormatPolicy(e.Origin, key, named)
	if err != nil {
		return err
	}
	page := pager{ctx: ctx, st: st, origin: e.Origin, size: row.Size}
	if err := feed.WriteTiles(e.Dir, row.Size, page.leaf, signed); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(e.Dir, "policy"), policy, 0o644)
}

// pager reads leaves in order, many at a time.
type pager struct {
	ctx    context.Context
	st     *store.Store
	origin string
	size   uint64
	from   uint64
	leaves [][]byte
}

func (p *pager) leaf(i uint64) ([]byte, error) {
	if i < p.from || i >= p.from+uint64(len(p.leaves)) {
		if err := p.ctx.Err(); err != nil {
			return nil, err
		}
		leaves, err := p.st.Leaves(p.origin, i, min(i+1024, p.size), 1<<20)
		if err != nil {
			return nil, err
		}
		if len(leaves) == 0 {
			return nil, errors.New("it is not there; run verify")
		}
		p.from, p.leaves = i, leaves
	}
	return p.leaves[i-p.from], nil
}

func exportDocuments(dir string, docs []charter.Document) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, d := range docs {
		kind := strings.TrimSuffix(strings.TrimPrefix(d.Kind, "detente/"), "/v1")
		if err := os.WriteFile(filepath.Join(dir, kind+"-"+d.Digest.String()), d.Signed, 0o644); err != nil {
			return err
		}
	}
	return nil
}
