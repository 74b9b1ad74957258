// Package house keeps a node's in-house record: paper and calls that came in by
// other ways than the line, claims of the press, which note a paper became,
// from which press text a note was made, and what was disclosed to whom. It is useful from the first day, with
// no channel and no counterpart. Nothing of it is a note; nothing of it is sent,
// folded, or part of a picture.
//
// # The record
//
// The record is append-only. An [Entry] has a number, a time, a kind and a
// body, and the digest of the entry before; it is boxed under the node's own
// key (seal.Box), bound to its number, and the digest is that of the boxed
// bytes, so that nothing on the disk tells what is in it. The ledger keeps the
// number and the digest of the last entry beside them. [Check] so finds an entry
// that was changed, taken out or moved, the last one too. It does not find that
// the whole ledger was put back to an older copy: the signing journal, which
// does for notes, knows nothing of what is in-house.
//
// Files, such as the scan of a paper, stand boxed in a folder beside the ledger,
// each under the digest of its boxed bytes, which the entry names.
//
// # Drafts
//
// Drafts lie beside the record, boxed under the same key, each bound to its
// name: they are written over and deleted, so they are not chained. [CheckDrafts]
// finds one that was changed; it does not miss one that was taken out.
//
// # Another kind
//
// A kind of entry is a constant and the type of its body, no more: [House.Append]
// takes any value that JSON can write, and [Read] reads the entries of one kind
// back as that type.
package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

// Kind says what the body of an entry is.
type Kind string

const (
	Paper     Kind = "paper"     // an Act: paper and calls
	Claim     Kind = "claim"     // an Act: what the press or a third party says
	Match     Kind = "match"     // an Act: which note a paper is
	Confirmed Kind = "confirmed" // a Made: from which press text a note was made
	Disclosed Kind = "disclosed" // a Disclosure: what went to whom in the clear

	// Of officers and releases; the bodies are package officer's.
	Officer   Kind = "officer"   // an Officer as of then
	Passkey   Kind = "passkey"   // a Key that was registered
	Revoked   Kind = "revoked"   // a Revocation of a Key
	Rules     Kind = "rules"     // the Rules from then on
	Served    Kind = "served"    // a Site: where the desk is served from then on
	Access    Kind = "access"    // an Access: a link or a token that was given, a session that was ended
	Asked     Kind = "asked"     // a Step: a draft is put to the releasers
	Release   Kind = "release"   // a Step: one of them releases it
	Withdrawn Kind = "withdrawn" // a Step: and takes that back
	Refused   Kind = "refused"   // a Step: or returns it
	Released  Kind = "released"  // a Step: it is let go, and about to be written
	Sent      Kind = "sent"      // a Step: it has become a note
	Dropped   Kind = "dropped"   // a Step: it was deleted

	// Unreadable stands for an entry that does not open: it was changed on the
	// disk, and Check says so. It has a number and no body.
	Unreadable Kind = "unreadable"
)

// MaxBody bounds the body of an entry, in bytes.
const MaxBody = 256 << 10

// ID names an entry: H1, H2 and on.
type ID uint64

func (id ID) String() string               { return "H" + strconv.FormatUint(uint64(id), 10) }
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}

// ParseID reads the name of an entry.
func ParseID(s string) (ID, error) {
	digits, ok := strings.CutPrefix(s, "H")
	n, err := strconv.ParseUint(digits, 10, 62)
	if !ok || err != nil || n == 0 || digits[0] == '0' {
		return 0, fmt.Errorf("%.40q is not the name of an entry: want such as H3", s)
	}
	return ID(n), nil
}

// An Entry is one entry of the record.
type Entry struct {
	Body json.RawMessage `json:"body"`
	By   string          `json:"by,omitempty"` // the officer whose doing it is, O3; empty: the node's own user, or the node
	ID   ID              `json:"id"`
	Kind Kind            `json:"kind"`
	Prev note.Digest     `json:"prev"` // of the boxed bytes of the entry before; zeros for the first
	Time time.Time       `json:"time"`
}

// House is the in-house record of one node. Its methods may be called from many
// goroutines.
type House struct {
	store *store.Store
	box   *seal.Box
	dir   string // of the files
	now   func() time.Time

	mu      sync.Mutex
	loaded  bool
	entries []Entry
	head    head
	changed chan struct{}
}

// New returns the record in a ledger. dir is the folder of its files, which is
// made when there is one.
func New(s *store.Store, box *seal.Box, dir string, now func() time.Time) *House {
	return &House{store: s, box: box, dir: dir, now: now, changed: make(chan struct{})}
}

type byKey struct{}

// By returns a context under which entries name an officer.
func By(ctx context.Context, officer string) context.Context {
	return context.WithValue(ctx, byKey{}, officer)
}

// Append adds an entry. When it returns nil, the entry is on disk.
func (h *House) Append(ctx context.Context, kind Kind, body any) (Entry, error) {
	return h.AppendWith(ctx, store.Batch{}, kind, body)
}

// AppendWith is Append in one transaction with b.
func (h *House) AppendWith(ctx context.Context, b store.Batch, kind Kind, body any) (Entry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.append(ctx, b, kind, body)
}

func (h *House) append(ctx context.Context, b store.Batch, kind Kind, body any) (e Entry, err error) {
	if err := h.load(ctx); err != nil {
		return e, err
	}
	by, _ := ctx.Value(byKey{}).(string)
	e = Entry{By: by, ID: ID(h.head.num + 1), Kind: kind, Prev: h.head.digest, Time: h.now().UTC().Truncate(time.Second)}
	if e.Body, err = json.Marshal(body); err != nil {
		return e, err
	}
	if len(e.Body) > MaxBody {
		return e, fmt.Errorf("an in-house entry has at most %d bytes, and this one %d; nothing was kept", MaxBody, len(e.Body))
	}
	text, err := json.Marshal(e)
	if err != nil {
		return e, err
	}
	row := store.HouseRow{Num: uint64(e.ID), Box: h.box.Wrap(text, aad(uint64(e.ID)))}
	next := head{row.Num, note.Sum(row.Box)}
	b.House = append(b.House, row)
	meta := map[string]string{headKey: next.String()}
	for k, v := range b.Meta {
		meta[k] = v
	}
	b.Meta = meta
	if err := h.store.Commit(ctx, b); err != nil {
		h.loaded = false // what the disk holds is read again
		return e, err
	}
	h.entries, h.head = append(h.entries, e), next
	close(h.changed)
	h.changed = make(chan struct{})
	return e, nil
}

// Changed returns a channel that is closed at the next entry.
func (h *House) Changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}

// List returns the entries of some kinds, or all, the oldest first.
func (h *House) List(kinds ...Kind) ([]Entry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.load(context.Background()); err != nil {
		return nil, err
	}
	out := []Entry{}
	for _, e := range h.entries {
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
			out = append(out, e)
		}
	}
	return out, nil
}

// After returns the entries after one, the oldest first; all after 0.
func (h *House) After(id ID) ([]Entry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.load(context.Background()); err != nil {
		return nil, err
	}
	i := len(h.entries)
	for i > 0 && h.entries[i-1].ID > id {
		i--
	}
	return slices.Clone(h.entries[i:]), nil
}

// Of is an entry whose body was read.
type Of[T any] struct {
	Entry
	Value T
}

// Read returns the entries of a kind with their bodies.
func Read[T any](h *House, kind Kind) ([]Of[T], error) {
	list, err := h.List(kind)
	if err != nil {
		return nil, err
	}
	out := make([]Of[T], len(list))
	for i, e := range list {
		out[i].Entry = e
		if err := json.Unmarshal(e.Body, &out[i].Value); err != nil {
			return nil, fmt.Errorf("in-house entry %s: %w", e.ID, err)
		}
	}
	return out, nil
}

// load reads the record once; one process owns the ledger. The caller holds mu.
func (h *House) load(ctx context.Context) error {
	if h.loaded {
		return nil
	}
	var entries []Entry
	var last head
	err := h.store.EachHouse(ctx, 1, func(r store.HouseRow) error {
		e, err := open(h.box, r)
		if err != nil {
			e = Entry{ID: ID(r.Num), Kind: Unreadable}
		}
		entries, last = append(entries, e), head{r.Num, note.Sum(r.Box)}
		return nil
	})
	if err != nil {
		return err
	}
	// What the ledger says of the last entry holds, even where that entry is
	// gone: the next one must not take its place.
	said, err := readHead(h.store)
	if err != nil || said.num < last.num {
		said = last
	}
	h.entries, h.head, h.loaded = entries, said, true
	return nil
}

var errNotOpen = errors.New("it does not open: it was changed or moved, or is under another node's key")

func aad(num uint64) []byte { return fmt.Appendf(nil, "detente/house/v1 %d", num) }

// open opens a row.
func open(box *seal.Box, r store.HouseRow) (e Entry, err error) {
	text, err := box.Unwrap(r.Box, aad(r.Num))
	if err != nil {
		return e, errNotOpen
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("it opens, and cannot be read: %w", err)
	}
	if uint64(e.ID) != r.Num {
		return e, fmt.Errorf("it calls itself %s", e.ID)
	}
	return e, nil
}
