package audit

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
)

// journaled is what the journal says was signed last, by role and origin.
type journaled map[string]map[string]note.Head

func (v *verifier) journaled() journaled {
	if v.Journal == nil {
		return nil
	}
	out := journaled{}
	for _, role := range []string{journal.Feed, journal.Receipt, journal.Witness} {
		out[role] = map[string]note.Head{}
		for _, origin := range v.Journal.Origins(role) {
			size, root, _ := v.Journal.Last(role, origin)
			out[role][origin] = note.Head{Origin: origin, Root: root, Size: size}
		}
	}
	return out
}

// compareJournal holds the ledger against the journal: "a database ahead of
// its journal means a crash, and is mended; one behind it means a restored
// backup".
func (v *verifier) compareJournal(signed journaled, feeds map[string]*feedCheck) {
	for _, role := range slices.Sorted(maps.Keys(signed)) {
		for _, origin := range slices.Sorted(maps.Keys(signed[role])) {
			v.compareSigned(role, signed[role][origin], feeds[origin])
		}
	}
	if signed == nil {
		return
	}
	for _, origin := range slices.Sorted(maps.Keys(feeds)) {
		f := feeds[origin]
		role, size := journal.Feed, f.row.Size
		if f.party != v.Party {
			role, size = journal.Receipt, f.receiptedBy(v.Party)
		}
		last, ok := signed[role][origin]
		switch {
		case size == 0:
		case !ok && len(f.anchors) > 1:
			v.find(journalName(role, origin), fmt.Sprintf("the journal has never heard of it, and the ledger holds what was signed up to %d", size),
				"the journal is not the one of this ledger, or an old one: put the right one back; if it is lost, close the feed")
		case last.Size < size:
			v.count(func(r *Report) {
				r.Notices = append(r.Notices, fmt.Sprintf("%s: the ledger is ahead of the journal, %d to %d: a crash, or a node at work; it is mended when the node starts", journalName(role, origin), size, last.Size))
			})
		}
	}
}

func (f *feedCheck) receiptedBy(party string) uint64 {
	list := f.receipts[party]
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1].most
}

func journalName(role, origin string) string { return "journal, " + origin + " as " + role }

const restored = "an old copy of the ledger was restored: sign nothing and recover"

func (v *verifier) compareSigned(role string, last note.Head, f *feedCheck) {
	where := journalName(role, last.Origin)
	if f != nil {
		if keeps, closed := f.ch.Closed(last.Origin); closed && last.Size > keeps.Size {
			return // what was signed beyond is not the party's word any more
		}
	}
	held := uint64(0)
	if f != nil {
		held = f.row.Size
	}
	if role == journal.Witness {
		row, err := v.Store.LastHead(last.Origin)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			v.failed(where, err)
			return
		}
		held = row.Head.Size
	}
	if held < last.Size {
		v.find(where, fmt.Sprintf("the journal has it signed at %d; the ledger holds %d leaves or heads of it", last.Size, held), restored)
		return
	}
	if f == nil {
		return
	}
	if root, ok := f.rootAt(last.Size); ok && root != last.Root {
		v.find(where, fmt.Sprintf("the journal has %s signed at %d; the ledger has %s there", last.Root, last.Size, root),
			"the ledger and the journal are of two histories: sign nothing, and close the feed")
	}
}
