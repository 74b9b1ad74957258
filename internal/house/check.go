package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

// head is the number and the digest of the last entry.
type head struct {
	num    uint64
	digest note.Digest
}

// headKey is where the ledger keeps the head.
const headKey = "house"

func (h head) String() string { return fmt.Sprintf("%d %s", h.num, h.digest) }

// readHead returns what the ledger says of the last entry.
func readHead(s *store.Store) (h head, err error) {
	text, err := s.Meta(headKey)
	if err != nil || text == "" {
		return h, err
	}
	num, digest, _ := strings.Cut(text, " ")
	if h.num, err = strconv.ParseUint(num, 10, 62); err == nil {
		h.digest, err = note.ParseDigest(digest)
	}
	if err != nil {
		return head{}, errHead
	}
	return h, nil
}

// Check reads the whole record and calls find for what is wrong with it, and each
// for every entry that opens. It returns how many entries there are. An empty dir
// leaves the files out.
func Check(ctx context.Context, s *store.Store, box *seal.Box, dir string, each func(Entry), find func(where, what string)) (n uint64, err error) {
	said, headErr := readHead(s)
	var last head
	newest := uint64(0) // of all rows, those too that were entered since Check began
	sound := true       // the entry before: what is wrong with it is said once
	err = s.EachHouse(ctx, 1, func(r store.HouseRow) error {
		if newest = r.Num; headErr == nil && r.Num > said.num {
			return nil
		}
		n++
		for num := last.num + 1; num < r.Num && num < last.num+maxMissing; num++ {
			find(where(num), "it is missing")
		}
		e, err := open(box, r)
		switch {
		case err != nil:
			find(where(r.Num), err.Error())
		case sound && r.Num == last.num+1 && e.Prev != last.digest:
			find(where(r.Num), "it does not name the entry before it")
		default:
			checkFiles(e, dir, find)
		}
		if sound = err == nil; sound {
			each(e)
		}
		last = head{r.Num, note.Sum(r.Box)}
		return nil
	})
	if err != nil {
		return n, err
	}
	now, nowErr := readHead(s)
	switch {
	case headErr != nil || nowErr != nil || newest > now.num:
		find("the in-house record", errHead.Error())
	case said.num > last.num:
		for num := last.num + 1; num <= said.num && num < last.num+maxMissing; num++ {
			find(where(num), "it is missing")
		}
	case sound && said != last:
		find(where(last.num), "it is not the last entry that was made")
	}
	return n, nil
}

var errHead = errors.New("the ledger does not say which entry is the last")

// maxMissing bounds how many entries of one gap are named.
const maxMissing = 64

func where(num uint64) string { return "in-house entry " + ID(num).String() }

// checkFiles checks the files that an entry names.
func checkFiles(e Entry, dir string, find func(where, what string)) {
	var act Act
	if e.Kind != Paper || dir == "" || json.Unmarshal(e.Body, &act) != nil || act.Scan == nil {
		return
	}
	b, err := os.ReadFile(act.Scan.path(dir))
	switch {
	case err != nil:
		find(where(uint64(e.ID)), "its scan cannot be read: "+err.Error())
	case note.Sum(b) != act.Scan.Boxed:
		find(where(uint64(e.ID)), "the bytes in the file of its scan are not those that it names")
	}
}
