package audit

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"detente/charter"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// feedCheck verifies one feed.
type feedCheck struct {
	*verifier
	ch     *charter.Channel
	row    store.FeedRow
	origin string
	party  string
	key    feed.Public
	keyErr error
	peers  map[string]*feedCheck // the feeds of the channel, by origin

	mu       sync.Mutex // guards what jobs write while they run
	anchors  []note.Head
	roots    map[uint64]note.Digest // of the anchors, by size
	receipts map[string][]receipted // by the party that gave them
	proven   map[uint64]bool        // leaves that a stored proof of misconduct is about
	forked   bool

	out chan folding
}

// receipted is a receipt as stored, among those of one party in the order of
// their times.
type receipted struct {
	size uint64
	time time.Time
	most uint64 // the greatest size up to this one
}

func newFeedCheck(v *verifier, ch *charter.Channel, row store.FeedRow) *feedCheck {
	f := &feedCheck{verifier: v, ch: ch, row: row, origin: row.Origin, party: note.ID{Origin: row.Origin}.Party(),
		roots: map[uint64]note.Digest{}, receipts: map[string][]receipted{}, proven: map[uint64]bool{}, out: make(chan folding, rangeLength)}
	f.key, f.keyErr = ch.FeedKey(row.Origin)
	return f
}

func (f *feedCheck) name() string { return "feed " + f.origin }

const recoverFeed = "keep the folder as it is, put a backup in its place and recover; the counterpart holds the same bytes"

// heads verifies every checkpoint of the feed. Those that are sound are what
// the leaves are held against.
func (f *feedCheck) heads() {
	if f.keyErr != nil {
		f.find(f.name(), f.keyErr.Error(), "put the missing text back; ask any party of the channel for it")
		return
	}
	var wait sync.WaitGroup
	sound := map[uint64]bool{}
	var order []note.Head
	err := f.Store.EachHead(f.ctx, f.origin, 0, func(row store.HeadRow) error {
		order = append(order, row.Head)
		f.do(&wait, func() {
			h, err := feed.OpenHead(row.Signed, f.key)
			what := ""
			switch {
			case err != nil:
				what = err.Error()
			case h.Origin != row.Head.Origin || h.Size != row.Head.Size:
				what = fmt.Sprintf("it is stored as that, but signed as %s at %d", h.Origin, h.Size)
			case h.Root != row.Head.Root:
				what = fmt.Sprintf("the stored root is %s; signed is %s", row.Head.Root, h.Root)
			}
			f.count(func(r *Report) { r.Checkpoints++ })
			if what != "" {
				f.find(fmt.Sprintf("checkpoint of %s at %d", f.origin, row.Head.Size), what, recoverFeed)
				return
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			sound[h.Size] = true
		})
		return nil
	})
	wait.Wait()
	if err != nil {
		f.failed("the checkpoints of "+f.origin, err)
	}
	for _, h := range order {
		if sound[h.Size] {
			f.anchors = append(f.anchors, h)
			f.roots[h.Size] = h.Root
		}
	}
	if f.row.Size > 0 && f.row.Signed == nil {
		f.find(f.name(), fmt.Sprintf("%d leaves are held, and there is no checkpoint over them", f.row.Size), recoverFeed)
	}
}

// rootAt returns the root of the feed at a size: that of a checkpoint that was
// verified or, where there is none, that of the stored hashes, which are held
// against the leaves.
func (f *feedCheck) rootAt(size uint64) (note.Digest, bool) {
	if root, ok := f.roots[size]; ok {
		return root, true
	}
	if size > f.row.Size {
		return note.Digest{}, false
	}
	root, err := tlog.TreeHash(int64(size), f.Store.HashReader(f.origin))
	return note.Digest(root), err == nil
}

// cosignatures verifies every receipt and witness cosignature on the feed.
func (f *feedCheck) cosignatures() {
	if f.keyErr != nil {
		return
	}
	var wait sync.WaitGroup
	unknown := map[string]bool{}
	err := f.Store.EachCosig(f.ctx, f.origin, func(c store.Cosig) error {
		party, role, _ := strings.Cut(c.Name, "/")
		if (role == "receipt" || role == "witness") && len(f.ch.ReceiptKeys(party)) == 0 {
			if !unknown[c.Name] {
				unknown[c.Name] = true
				f.find(fmt.Sprintf("%s of %s on %s", statement(role), party, f.origin), "no credence of "+party+" is held to check them with", fetchAgain)
			}
			return nil
		}
		if role == "receipt" {
			f.receipts[party] = append(f.receipts[party], receipted{size: c.Size, time: c.Time})
		}
		f.do(&wait, func() {
			if what := f.cosignature(c, party, role); what != "" {
				f.find(fmt.Sprintf("%s of %s on %s at %d", statement(role), party, f.origin, c.Size), what,
					"ask "+party+" for it again; until then it proves nothing")
			}
		})
		return nil
	})
	wait.Wait()
	if err != nil {
		f.failed("the cosignatures on "+f.origin, err)
	}
	for _, list := range f.receipts {
		slices.SortStableFunc(list, func(a, b receipted) int { return a.time.Compare(b.time) })
		most := uint64(0)
		for i := range list {
			most = max(most, list[i].size)
			list[i].most = most
		}
	}
}

func statement(role string) string {
	switch role {
	case "receipt":
		return role
	case "witness":
		return "witness cosignature"
	}
	return "cosignature"
}

func (f *feedCheck) cosignature(c store.Cosig, party, role string) (what string) {
	switch role {
	case "receipt":
		f.count(func(r *Report) { r.Receipts++ })
	case "witness":
		f.count(func(r *Report) { r.Witnessed++ })
	default:
		return fmt.Sprintf("%q is neither a receipt's name nor a witness's", c.Name)
	}
	root, ok := f.rootAt(c.Size)
	if !ok {
		return "no head of that size is held, nor the leaves to compute it"
	}
	t, err := AcceptReceipt(f.ch, party, role == "witness", note.Head{Origin: f.origin, Root: root, Size: c.Size}, c.Lines)
	switch {
	case err != nil:
		return err.Error()
	case !t.Equal(c.Time):
		return fmt.Sprintf("it is stored with the time %s; signed is %s", c.Time.Format(time.RFC3339), t.Format(time.RFC3339))
	case bytes.Count(c.Lines, []byte{'\n'}) != 2:
		return "there are other lines beside its two"
	}
	return ""
}

// proofs verifies the proofs of misconduct that the ledger holds.
func (v *verifier) proofs(feeds []*feedCheck) {
	rows, err := v.Store.Forks()
	if err != nil {
		v.failed("the proofs of misconduct", err)
		return
	}
	// A proof that rests on a leaf of a forked feed proves nothing: so the forks
	// come first.
	slices.SortStableFunc(rows, func(a, b store.ForkRow) int {
		return cmp.Compare(misconductLast(a), misconductLast(b))
	})
	for _, row := range rows {
		i := slices.IndexFunc(feeds, func(f *feedCheck) bool { return f.origin == row.Origin && f.keyErr == nil })
		if i < 0 {
			continue
		}
		said, rests, err := feeds[i].proof(row.Bytes)
		switch {
		case err != nil:
			v.find("proof of misconduct against "+row.Origin, err.Error(), "ask whoever found it for it again")
		case rests:
			v.count(func(r *Report) {
				r.Notices = append(r.Notices, "an accusation counts for nothing, as the feed that it rests on is forked: "+said)
			})
		default:
			v.count(func(r *Report) { r.Proofs = append(r.Proofs, said) })
		}
	}
}

func misconductLast(row store.ForkRow) int {
	if bytes.HasPrefix(row.Bytes, []byte(MisconductType)) {
		return 1
	}
	return 0
}

// proof verifies a proof against the feed, and says what it proves; rests
// where that is nothing any more.
func (f *feedCheck) proof(text []byte) (said string, rests bool, err error) {
	if bytes.HasPrefix(text, []byte(MisconductType)) {
		m, err := ParseMisconduct(text)
		if err != nil {
			return "", false, err
		}
		a, err := m.VerifyWith(f.ch)
		if err != nil {
			return "", false, err
		}
		if a.Note.Origin != f.origin {
			return "", false, fmt.Errorf("it is about %s", a.Note.Origin)
		}
		if a.Later != nil {
			if peer := f.peers[a.Later.Origin]; peer != nil && peer.forked {
				return a.String(), true, nil
			}
		}
		f.proven[a.Note.Index] = true
		return a.String(), false, nil
	}
	var fork interface {
		error
		Verify(feed.Public) (a, b note.Head, err error)
	}
	if bytes.HasPrefix(text, []byte(feed.PartingType)) {
		fork, err = feed.ParseParting(text)
	} else {
		fork, err = feed.ParseFork(text)
	}
	if err != nil {
		return "", false, err
	}
	a, _, err := fork.Verify(f.key)
	if err != nil {
		return "", false, err
	}
	if a.Origin != f.origin {
		return "", false, fmt.Errorf("it is about %s", a.Origin)
	}
	f.forked = true
	return fork.Error(), false, nil
}

// closing holds the head at which the feed was closed against the leaves.
func (f *feedCheck) closing() {
	keeps, closed := f.ch.Closed(f.origin)
	if !closed || keeps.Size > f.row.Size || keeps.Size == 0 {
		return
	}
	if root, ok := f.rootAt(keeps.Size); ok && root != keeps.Root {
		f.find(f.name(), fmt.Sprintf("its closing keeps %d leaves with the root %s; the leaves held have %s there", keeps.Size, keeps.Root, root),
			"compare the leaves with those of the counterparts: either these or the closing are of another history")
	}
}
