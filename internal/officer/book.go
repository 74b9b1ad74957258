package officer

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"detente/internal/house"
	"detente/internal/store"
)

// record is what the entries come to, one after the other.
type record struct {
	roster *Roster
	trails map[string]Trail
}

func newRecord() record { return record{&Roster{}, map[string]Trail{}} }

// add takes one more entry, or says why it changes nothing.
func (r *record) add(e house.Entry) (err error) {
	if slices.Contains(steps, e.Kind) {
		m, err := readMark(e, r.roster.Site)
		if err == nil {
			r.trails[m.Draft] = append(r.trails[m.Draft], m)
		}
		return err
	}
	r.roster, err = r.roster.Apply(e)
	return err
}

// A Book folds the in-house record of one node, which has only one Book, and
// makes new entries about officers. Its methods may be called from many
// goroutines. Under the context of an officer, who is no administrator, they
// change nothing but the officer's own language, calendar and passkeys.
type Book struct {
	house *house.House

	mu   sync.Mutex
	read house.ID // the last entry that was folded
	record
}

// NewBook returns the book of a record.
func NewBook(h *house.House) *Book { return &Book{house: h, record: newRecord()} }

// fold folds what was entered since. An entry that changes nothing is for verify
// to name. The caller holds mu.
func (b *Book) fold() error {
	list, err := b.house.After(b.read)
	for _, e := range list {
		b.read = e.ID
		b.add(e) //nolint:errcheck // see above
	}
	return err
}

// Roster returns the roster as it stands.
func (b *Book) Roster() (*Roster, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.fold()
	return b.roster, err
}

// Trail returns what happened to a draft.
func (b *Book) Trail(draft string) (Trail, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.fold()
	return slices.Clone(b.trails[draft]), err
}

// A ChangeError says why a change of officers, keys or rules was refused.
type ChangeError struct{ Why string }

func (e *ChangeError) Error() string { return e.Why + "; nothing was changed" }

// enter appends an entry that the roster takes, in one transaction with a batch.
func (b *Book) enter(ctx context.Context, with store.Batch, kind house.Kind, body func(*Roster) (any, error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fold(); err != nil {
		return err
	}
	v, err := body(b.roster)
	if err != nil {
		return &ChangeError{err.Error()}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := b.roster.Apply(house.Entry{Body: text, Kind: kind}); err != nil {
		return &ChangeError{err.Error()}
	}
	_, err = b.house.AppendWith(ctx, with, kind, v)
	return err
}

// Add adds an officer. Name, handle and number are given to it.
func (b *Book) Add(ctx context.Context, o Officer) (Officer, error) {
	if err := Need(ctx, Administrator); err != nil {
		return o, err
	}
	o.Handle, o.Ended = make([]byte, handleSize), false
	rand.Read(o.Handle)
	err := b.enter(ctx, store.Batch{}, house.Officer, func(r *Roster) (any, error) {
		o.ID = ID(len(r.Officers) + 1)
		return o, nil
	})
	return o, err
}

// Change changes an officer: name, office, roles, login, language, calendar, or
// that the officer works here no more.
func (b *Book) Change(ctx context.Context, id ID, change func(*Officer)) (o Officer, err error) {
	var denied error
	err = b.enter(ctx, store.Batch{}, house.Officer, func(r *Roster) (any, error) {
		old, ok := r.Officer(id)
		if !ok {
			return nil, fmt.Errorf("there is no officer %s", id)
		}
		o = old
		o.Roles = slices.Clone(old.Roles)
		change(&o)
		o.ID, o.Handle = old.ID, old.Handle
		if me, _ := FromContext(ctx); me.ID == id {
			old.Calendar, old.Lang = o.Calendar, o.Lang
		}
		if !reflect.DeepEqual(o, old) {
			denied = Need(ctx, Administrator)
		}
		return o, denied
	})
	return o, cmp.Or(denied, err)
}

// SetRules sets the rules of release.
func (b *Book) SetRules(ctx context.Context, rs Rules) error {
	if err := Need(ctx, Administrator); err != nil {
		return err
	}
	return b.enter(ctx, store.Batch{}, house.Rules, func(*Roster) (any, error) { return rs, nil })
}

// Serve keeps at which address the desk is served, where that has changed.
func (b *Book) Serve(ctx context.Context, s Site) error {
	if r, err := b.Roster(); err != nil || r.Site == s {
		return err
	}
	return b.enter(ctx, store.Batch{}, house.Served, func(*Roster) (any, error) { return s, nil })
}

// AddKey registers a passkey, in one transaction with a batch.
func (b *Book) AddKey(ctx context.Context, with store.Batch, k Key) error {
	return b.enter(ctx, with, house.Passkey, func(*Roster) (any, error) { return k, nil })
}

// Revoke revokes a passkey. What was released by it and has not left yet needs
// another release.
func (b *Book) Revoke(ctx context.Context, key []byte) error {
	var denied error
	err := b.enter(ctx, store.Batch{}, house.Revoked, func(r *Roster) (any, error) {
		k, _ := r.Key(key)
		if me, _ := FromContext(ctx); me.ID != k.Officer {
			denied = Need(ctx, Administrator)
		}
		return Revocation{key}, denied
	})
	return cmp.Or(denied, err)
}

// Note keeps who was let in, or is not any more, in one transaction with a batch.
func (b *Book) Note(ctx context.Context, with store.Batch, a Access) error {
	_, err := b.house.AppendWith(ctx, with, house.Access, a)
	return err
}
