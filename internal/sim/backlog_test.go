package sim

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"detente/charter"
	"detente/internal/node"
	"detente/internal/store"
	"detente/note"
)

const backlog = 1000

// message is a draft of a message of some length.
func message(channel note.Digest, precedence string, n, words int) node.Draft {
	body := fmt.Sprintf("message %d %s", n, strings.Repeat("word ", words))
	return node.Draft{Channel: channel, Act: "message/send", Office: "mfa", Precedence: precedence, Fields: map[string]any{"form": "note-verbale"},
		Content: &note.Content{Authentic: []string{"en"}, Texts: map[string]note.Wording{"subject": {"en": "A message"}, "body": {"en": body}}}}
}

// shown returns which of the notes a node can show, words and all.
func shown(t *testing.T, n *node.Node, ids []note.ID) (list []int) {
	for i, id := range ids {
		c, state, err := n.Content(id)
		if err == nil && state == store.Held && c != nil {
			list = append(list, i)
		}
	}
	return list
}

// The counterpart is away while a thousand notes are written, the last of them
// flash. When it is back, the first note shows within a second, the flash note
// before all that do not come with it, and the others in their order.
func TestBacklog(t *testing.T) {
	if _, err := profiles(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld("backlog", dir, 1, 2, "")
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		from, to := w.parties[0], w.parties[1]
		w.advance(10 * time.Second)
		w.crash(to)
		var ids []note.ID
		for i := range backlog {
			ticket, err := from.node.Submit(from.ctx, message(w.channel, "routine", i, 3900))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, ticket.ID)
			if i%100 == 0 {
				w.advance(7 * time.Second)
			}
		}
		flash, err := from.node.Submit(from.ctx, message(w.channel, "flash", backlog, 100))
		if err != nil {
			t.Fatal(err)
		}
		w.advance(time.Minute)
		back := time.Now()
		w.restart(to)
		exchanges, seen, first, flashAt := 0, 0, time.Duration(0), -1
		for len(shown(t, to.node, ids)) < backlog {
			before := w.counts["delivered"]
			w.advance(20 * time.Millisecond)
			if w.violated != nil || time.Since(back) > time.Minute {
				t.Fatalf("after %v, %d notes show: %v", time.Since(back), len(shown(t, to.node, ids)), w.violated)
			}
			if w.counts["delivered"] == before {
				continue
			}
			exchanges++
			list := shown(t, to.node, ids)
			for i, at := range list {
				if at != i {
					t.Fatalf("note %d shows before note %d", at, i)
				}
			}
			if len(list) > 0 && seen == 0 {
				first = time.Since(back)
			}
			if len(shown(t, to.node, []note.ID{flash.ID})) == 1 && flashAt < 0 {
				flashAt = len(list)
				if seen > 0 {
					t.Fatalf("%d older notes showed before the flash note", seen)
				}
			}
			seen = len(list)
		}
		if first > time.Second || flashAt < 0 || flashAt == backlog {
			t.Fatalf("the first note showed after %v; the flash note beside %d older ones; want within a second, and it before most", first, flashAt)
		}
		t.Logf("%d exchanges; the first note after %v; the flash note when %d of %d older ones showed", exchanges, first, flashAt, backlog)
		w.check(true)
		if w.violated != nil {
			t.Fatal(w.violated)
		}
	})
}

// The same over real TLS, in real time.
func TestBacklogOverTLS(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	listeners := map[string]net.Listener{"ALF": listen(), "BRA": listen()}
	all := map[string]*profile{}
	var papers [][]byte
	for code, l := range listeners {
		p := &profile{code: code, dir: filepath.Join(dir, code)}
		var err error
		if p.credence, err = node.Init(p.dir, node.InitOptions{Party: code, Name: "Party " + code, Addresses: []string{l.Addr().String()}}); err != nil {
			t.Fatal(err)
		}
		if p.identity, err = node.LoadIdentity(p.dir+".identity", ""); err != nil {
			t.Fatal(err)
		}
		if p.signed, err = p.credence.Sign(p.identity); err != nil {
			t.Fatal(err)
		}
		all[code] = p
		papers = append(papers, p.signed)
	}
	signed, err := signCharter(all, []string{"ALF", "BRA"}, "")
	if err != nil {
		t.Fatal(err)
	}
	papers = append(papers, signed)
	parsed, err := charter.ParseCharter(signed)
	if err != nil {
		t.Fatal(err)
	}
	open := func(code string) (n *node.Node, stop func()) {
		n, err := node.Open(ctx, node.Config{Dir: all[code].dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, paper := range papers {
			if _, _, err := n.AddDocument(ctx, paper); err != nil {
				t.Fatal(err)
			}
		}
		nodeCtx, cancel := context.WithCancel(ctx)
		var serving sync.WaitGroup
		serving.Go(func() { n.ServeLine(nodeCtx, listeners[code]) })
		n.Start(nodeCtx)
		return n, func() {
			cancel()
			serving.Wait()
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	from, stopFrom := open("ALF")
	defer stopFrom()
	var ids []note.ID
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range backlog / 8 {
				ticket, err := from.Submit(ctx, message(parsed.Digest, "routine", i*backlog/8+j, 400))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				ids = append(ids, ticket.ID)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	flash, err := from.Submit(ctx, message(parsed.Digest, "flash", backlog, 100))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	to, stopTo := open("BRA")
	defer stopTo()
	await := func(ids ...note.ID) time.Duration {
		for {
			changed := to.Changed()
			if len(shown(t, to, ids)) == len(ids) {
				return time.Since(start)
			}
			select {
			case <-changed:
			case <-time.After(30 * time.Second):
				t.Fatalf("after %v, %d of %d notes show", time.Since(start), len(shown(t, to, ids)), len(ids))
			}
		}
	}
	var firstNote note.ID
	for _, id := range ids {
		if id.Index == 0 {
			firstNote = id
		}
	}
	flashAfter := await(flash.ID)
	first := await(firstNote)
	all1000 := await(ids...)
	t.Logf("back: the flash note after %v, the first of the others after %v, all %d after %v", flashAfter, first, backlog, all1000)
	// "Within a second", and in what order, is asserted in virtual time, above: a
	// busy machine's own time says nothing about the code. Here all must come.
}
