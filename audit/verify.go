package audit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"detente/charter"
	"detente/internal/house"
	"detente/internal/journal"
	"detente/internal/store"
	"detente/note"
	"detente/seal"
)

// Source is a node's record.
type Source struct {
	Store   *store.Store
	Journal *journal.Journal // nil: not compared
	Box     *seal.Box        // nil: plaintext at rest is not read, and nothing is folded but what Openers open
	Openers []*seal.Opener   // for Options.Seals, and where no plaintext is at rest
	Party   string           // whose node it is
	Parts   string           // folder of the payloads that are kept in files
	House   string           // folder of the files that are in-house
}

// Options of Verify.
type Options struct {
	Seals    bool                     // open every sealed payload again
	Workers  int                      // 0: as many as there are processors
	Progress func(done, total uint64) // notes; called by one goroutine at a time
}

// A Finding is one thing that is wrong with the record.
type Finding struct {
	Where string `json:"where"` // "leaf 41 of PAK/…/1"
	What  string `json:"what"`
	Do    string `json:"do"`
}

func (f Finding) String() string { return f.Where + ": " + f.What + "; " + f.Do }

// maxFindings bounds what a Report lists. Report.More counts the rest.
const maxFindings = 10_000

// A Report is what Verify has looked at, and what is wrong. Payloads that are
// missing or erased, notes that cannot be read, and proofs of misconduct that
// the node holds are states of a sound record.
type Report struct {
	Channels    int       `json:"channels"`
	Documents   int       `json:"documents"`
	Pending     int       `json:"pending"` // documents that lack signatures, or the text they rest on
	Feeds       int       `json:"feeds"`
	Notes       uint64    `json:"notes"`
	Unreadable  uint64    `json:"unreadable"`  // leaves that are no header, or not of this channel
	Waiting     uint64    `json:"waiting"`     // notes whose past is not held
	Checkpoints uint64    `json:"checkpoints"` // each with two signatures
	Receipts    uint64    `json:"receipts"`
	Witnessed   uint64    `json:"witnessed"`
	Payloads    Payloads  `json:"payloads"`
	Acks        uint64    `json:"acks"`
	Pictures    uint64    `json:"pictures"` // stated in acks and found equal
	Uncompared  uint64    `json:"uncompared"`
	House       uint64    `json:"house"`    // entries of the in-house record
	Drafts      uint64    `json:"drafts"`   // not sent, or sent
	Released    uint64    `json:"released"` // notes whose release by officers was checked
	Proofs      []string  `json:"proofs"`   // of misconduct, verified
	Notices     []string  `json:"notices"`  // what a person should know, and is no fault
	Findings    []Finding `json:"findings"`
	More        uint64    `json:"more"` // findings that are not listed
}

// Payloads counts payloads by what became of them.
type Payloads struct {
	Held    uint64 `json:"held"`
	InFiles uint64 `json:"in_files"`
	Missing uint64 `json:"missing"`
	Erased  uint64 `json:"erased"`
	Opened  uint64 `json:"opened"` // seals opened again
	Sealed  uint64 `json:"sealed"` // held, and not opened by any key of this node
	Plain   uint64 `json:"plain"`  // plaintexts at rest
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// Verify reads the whole record of a node and recomputes it from its bytes:
// documents and their chain; of every feed each leaf, the tree over them, each
// stored hash, and each checkpoint with both its signatures; receipts and
// witness cosignatures; that seen never goes back, nor names a head that its
// feed does not have; payloads sealed and at rest; the signing journal; the
// register from nothing, and the pictures that acks state; the in-house
// record, the drafts, and the content that is kept to be revealed; and of every
// note that left since there are officers, who released it, by which key, and
// that it is what they signed for.
//
// What is wrong is in the report. The error is for a record that could not be
// read to its end, and then the report is not complete.
//
// The structure of the database file is not the record; store.Check is for that.
// Where it keeps a record from being read, that is a finding here too.
//
// Verify only reads, and the node may go on writing: it looks at what was
// there when it began.
func Verify(ctx context.Context, src Source, o Options) (Report, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	v := &verifier{Source: src, Options: o, ctx: ctx, cancel: cancel, jobs: make(chan func())}
	v.report.Proofs, v.report.Notices, v.report.Findings = []string{}, []string{}, []Finding{}
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() {
			for job := range v.jobs {
				job()
			}
		})
	}
	v.run()
	close(v.jobs)
	workers.Wait()
	slices.SortStableFunc(v.report.Findings, func(a, b Finding) int { return compareStrings(a.Where, b.Where) })
	return v.report, context.Cause(ctx)
}

type verifier struct {
	Source
	Options
	ctx    context.Context
	cancel context.CancelCauseFunc
	jobs   chan func()

	mu     sync.Mutex
	report Report
	done   uint64
	total  uint64
}

// run does the work. Jobs never wait for each other, so whoever waits for
// jobs is not one.
func (v *verifier) run() {
	signed := v.journaled() // before the ledger, which a node that is running is never behind
	rows, err := v.Store.Feeds()
	if err != nil {
		v.failed("the feeds", err)
		return
	}
	channels := v.documents(rows)
	feeds := map[note.Digest][]*feedCheck{}
	for _, row := range rows {
		v.total += row.Size
		_, id, _, err := note.ParseOrigin(row.Origin)
		if err != nil || channels[id] == nil {
			v.find("feed "+row.Origin, "no charter in force in the ledger is that of its channel", "put the charter and its signatures back; ask any party of the channel for them")
			continue
		}
		feeds[id] = append(feeds[id], newFeedCheck(v, channels[id], row))
	}
	all := map[string]*feedCheck{}
	for _, id := range sortedIDs(channels) {
		v.channel(channels[id], feeds[id])
		for _, f := range feeds[id] {
			all[f.origin] = f
		}
	}
	v.compareJournal(signed, all)
	v.house(rows)
}

// house verifies what no channel has a part in: the in-house record, and what
// waits at the node to be sent. rows are the feeds as they were before: what is
// in them had its entries by then.
func (v *verifier) house(rows []store.FeedRow) {
	if v.Box == nil {
		return
	}
	releases := v.releases()
	n, err := house.Check(v.ctx, v.Store, v.Box, v.Source.House, releases.Take, func(where, what string) {
		v.find(where, what, "nobody else has it: keep the folder as it is, and put the entries of a backup beside it")
	})
	if err != nil {
		v.failed("the in-house record", err)
	}
	drafts, err := house.CheckDrafts(v.Store, v.Box, func(where, what string) {
		v.find(where, what, "nobody else has it: write it anew, and drop this one")
	})
	if err != nil {
		v.failed("the drafts", err)
	}
	v.count(func(r *Report) { r.House, r.Drafts = n, drafts })
	v.left(releases, rows)
	v.kept()
}

// kept opens the content that notes of this node have committed to.
func (v *verifier) kept() {
	digests, err := v.Store.KeptDigests()
	for _, d := range digests {
		var body []byte
		if body, err = v.Store.Kept(d); err != nil {
			break
		}
		if _, err := v.Box.Unwrap(body, d[:]); err != nil {
			v.find("the content that is kept as "+d.String(), "it does not open: it was changed or moved, or is under another node's key", "restore the backup of the ledger that holds it before it is to be revealed")
		}
	}
	if err != nil {
		v.failed("the content that is kept to be revealed", err)
	}
}

// channel verifies one channel: signatures first, since the trees are held
// against the checkpoints that are sound.
func (v *verifier) channel(ch *charter.Channel, feeds []*feedCheck) {
	v.count(func(r *Report) { r.Channels++; r.Feeds += len(feeds) })
	each := func(do func(*feedCheck)) {
		var wait sync.WaitGroup
		for _, f := range feeds {
			wait.Go(func() { do(f) })
		}
		wait.Wait()
	}
	each((*feedCheck).heads)
	peers := map[string]*feedCheck{}
	for _, f := range feeds {
		peers[f.origin] = f
	}
	for _, f := range feeds {
		f.peers = peers
	}
	each((*feedCheck).cosignatures)
	v.proofs(feeds)
	fold := newFold(v, ch)
	var folding sync.WaitGroup
	folding.Go(func() { fold.run(feeds) })
	each((*feedCheck).leaves)
	folding.Wait()
	each((*feedCheck).closing)
}

// do hands a job to the workers. wait is done when the job is.
func (v *verifier) do(wait *sync.WaitGroup, job func()) {
	wait.Add(1)
	select {
	case v.jobs <- func() { defer wait.Done(); job() }:
	case <-v.ctx.Done():
		wait.Done()
	}
}

func (v *verifier) count(add func(*Report)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	add(&v.report)
}

func (v *verifier) find(where, what, do string) {
	v.count(func(r *Report) {
		if len(r.Findings) == maxFindings {
			r.More++
			return
		}
		r.Findings = append(r.Findings, Finding{where, what, do})
	})
}

// failed takes an error of reading. A database that is not sound, or lacks
// what it must have, is a finding, and the rest is read on; any other error
// ends the reading.
func (v *verifier) failed(where string, err error) {
	switch {
	case v.ctx.Err() != nil:
	case errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrNotFound):
		v.find(where, err.Error(), "put a backup in the place of the ledger and recover")
	default:
		v.cancel(fmt.Errorf("verify: %s: %w", where, err))
	}
}

func (v *verifier) progress(notes uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done += notes
	v.report.Notes += notes
	if v.Progress != nil {
		v.Progress(v.done, v.total)
	}
}
