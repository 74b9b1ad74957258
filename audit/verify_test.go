package audit_test

import (
	"context"
	"testing"

	"detente/audit"
	"detente/internal/audittest"
)

func verify(t testing.TB, p *audittest.Party, o audit.Options) audit.Report {
	t.Helper()
	r, err := audit.Verify(context.Background(), p.Source(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerifySound(t *testing.T) {
	w := audittest.New(t, t.TempDir(), "IRN", "PAK")
	ids := w.Story()
	for _, code := range w.Codes {
		var done, total uint64
		r := verify(t, w.Parties[code], audit.Options{Seals: true, Progress: func(d, n uint64) { done, total = d, n }})
		for _, f := range r.Findings {
			t.Errorf("%s: %s", code, f)
		}
		if done != uint64(len(ids)) || total != done || r.Notes != done {
			t.Errorf("%s: %d of %d notes were read, want %d", code, done, total, len(ids))
		}
		if r.Acks != 10 || r.Pictures != 10 || r.Uncompared != 0 {
			t.Errorf("%s: %d acks, %d pictures equal, %d not compared", code, r.Acks, r.Pictures, r.Uncompared)
		}
		want := audit.Payloads{Held: r.Payloads.Held, InFiles: 1, Erased: 1, Opened: r.Payloads.Held + 1, Plain: r.Payloads.Held}
		if r.Payloads != want || r.Payloads.Held < uint64(len(ids)) {
			t.Errorf("%s: payloads %+v", code, r.Payloads)
		}
		if r.Channels != 1 || r.Documents != 3 || r.Feeds != 2 || r.Receipts == 0 || r.Receipts+1 != r.Checkpoints+r.Witnessed || r.Witnessed != 1 || r.Unreadable+r.Waiting != 0 || len(r.Notices) != 0 {
			t.Errorf("%s: %+v", code, r)
		}
	}
}
