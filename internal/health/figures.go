package health

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"detente/charter"
	"detente/internal/node"
	"detente/internal/store"
	"detente/internal/view"
	"detente/note"
	"detente/register"
)

// Figure is one row of the table.
type Figure struct {
	Name, Type, Labels, Doc string
	read                    func(n *node.Node, say func(labels string, value float64))
}

const (
	gauge     = "gauge"
	counter   = "counter"
	histogram = "histogram"
)

// Figures is every figure but those of the Go runtime and of the process, which
// begin with go_ and process_.
var Figures = []Figure{
	{"detente_info", gauge, "party", "1: whose node it is", func(n *node.Node, say func(string, float64)) {
		say(fmt.Sprintf("party=%q", n.Party()), 1)
	}},
	{"detente_channel_signs", gauge, "channel", "1: the node signs on the channel; 0: it refuses to, see `detente recover`", channels(func(s *node.Snapshot, now time.Time, say func(string, float64)) {
		say("", is(s.Recovering == ""))
	})},
	{"detente_channel_notes_waiting", gauge, "channel", "notes whose past is not held yet: stored and receipted, not folded", channels(func(s *node.Snapshot, now time.Time, say func(string, float64)) {
		held := uint64(0)
		for _, f := range s.Feeds {
			size := s.Register.Size(f.Origin)
			if f.Frozen != nil {
				size = min(size, *f.Frozen) // the rest waits for nothing
			}
			held += size
		}
		for _, folded := range s.Register.Heads() {
			held -= min(held, folded)
		}
		say("", float64(held))
	})},
	{"detente_channel_payloads_missing", gauge, "channel", "moves, contents and attachments that notes name and that have not come", channels(func(s *node.Snapshot, now time.Time, say func(string, float64)) {
		missing := 0
		for _, p := range s.Peers {
			missing = max(missing, p.Missing) // each says how many of the channel
		}
		say("", float64(missing))
	})},
	{"detente_channel_closings_pending", gauge, "channel", "closings that wait for a person: `detente epoch accept`", channels(func(s *node.Snapshot, now time.Time, say func(string, float64)) {
		say("", float64(len(s.Pending)))
	})},
	{"detente_feed_size", gauge, "channel, feed", "notes of the feed that are held", feeds(func(s *node.Snapshot, f node.FeedInfo, say func(string, float64)) {
		say("", float64(f.Head.Size))
	})},
	{"detente_feed_frozen", gauge, "channel, feed", "1: the feed is frozen, with a proof: `detente line`", feeds(func(s *node.Snapshot, f node.FeedInfo, say func(string, float64)) {
		say("", is(f.Frozen != nil))
	})},
	{"detente_feed_receipt_lag", gauge, "channel, feed, peer", "notes of this node's feed without the peer's receipt", feeds(func(s *node.Snapshot, f node.FeedInfo, say func(string, float64)) {
		for _, p := range s.Peers {
			if f.Party == s.Party && p.Role == charter.Principal && f.Origin == s.Docs.Epoch(s.Party) {
				say(fmt.Sprintf("peer=%q", p.Party), float64(f.Head.Size-min(f.Head.Size, f.Receipts[p.Party])))
			}
		}
	})},
	{"detente_peer_up", gauge, "channel, peer", "1: the last exchange went through", peers(func(s *node.Snapshot, p node.PeerInfo, now time.Time, say func(string, float64)) {
		say("", is(p.Up))
	})},
	{"detente_peer_heard_timestamp_seconds", gauge, "channel, peer", "when the peer was last heard from; absent: not since the node was started", peers(func(s *node.Snapshot, p node.PeerInfo, now time.Time, say func(string, float64)) {
		if !p.Heard.IsZero() {
			say("", float64(p.Heard.UnixMilli())/1000)
		}
	})},
	{"detente_peer_roll_calls_missed", gauge, "channel, peer", "roll calls of the last day that did not come", peers(func(s *node.Snapshot, p node.PeerInfo, now time.Time, say func(string, float64)) {
		say("", float64(len(view.MissedRolls(s, p.Party, now))))
	})},
	{"detente_peer_picture_equal", gauge, "channel, peer", "1: the last pictures that could be compared are equal, 0: they differ; absent: not compared yet", peers(func(s *node.Snapshot, p node.PeerInfo, now time.Time, say func(string, float64)) {
		if p.Picture != nil {
			say("", is(*p.Picture))
		}
	})},
	{"detente_clocks_running", gauge, "channel, owes", "deadlines that run, by who owes", clocks(register.Running)},
	{"detente_clocks_overdue", gauge, "channel, owes", "deadlines that are past, with nothing reported, by who owes", clocks(register.DueUnreported)},
	{"detente_drafts", gauge, "", "drafts that are kept", func(n *node.Node, say func(string, float64)) {
		if drafts, err := n.Store().Drafts(); err == nil {
			say("", float64(len(drafts)))
		}
	}},
	{"detente_ledger_bytes", gauge, "", "the ledger on the disk, its log included", func(n *node.Node, say func(string, float64)) {
		var size int64
		for _, suffix := range []string{"", "-wal"} {
			if st, err := os.Stat(filepath.Join(n.Dir(), store.FileName+suffix)); err == nil {
				size += st.Size()
			}
		}
		say("", float64(size))
	}},
	{"detente_line_bytes_total", counter, "", "bytes over the line, both ways", func(n *node.Node, say func(string, float64)) {
		say("", float64(n.Traffic()))
	}},
	{"detente_exchanges_total", counter, "peer, result", "exchanges that this node began: `done`; `refused`, something of one side's by the other; `lost`, the link is down", nil},
	{"detente_ledger_commit_seconds", histogram, "le", "how long a transaction of the line took, disk included", nil},
	{"detente_journal_sync_seconds", histogram, "le", "how long the signing journal took to be on the disk", nil},
}

func is(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// short is how a channel is labelled: its name is somebody's words.
func short(channel note.Digest) string { return channel.String()[:12] }

// channels reads a figure of every channel.
func channels(read func(*node.Snapshot, time.Time, func(string, float64))) func(*node.Node, func(string, float64)) {
	return func(n *node.Node, say func(string, float64)) {
		for _, id := range n.Channels() {
			n.Read(id, func(s *node.Snapshot) { //nolint:errcheck // a channel does not go away
				read(s, n.Now(), labelled(say, "channel", short(id)))
			})
		}
	}
}

func feeds(read func(*node.Snapshot, node.FeedInfo, func(string, float64))) func(*node.Node, func(string, float64)) {
	return channels(func(s *node.Snapshot, _ time.Time, say func(string, float64)) {
		for _, f := range s.Feeds {
			_, _, epoch, _ := note.ParseOrigin(f.Origin)
			read(s, f, labelled(say, "feed", fmt.Sprintf("%s/%d", f.Party, epoch)))
		}
	})
}

func peers(read func(*node.Snapshot, node.PeerInfo, time.Time, func(string, float64))) func(*node.Node, func(string, float64)) {
	return channels(func(s *node.Snapshot, now time.Time, say func(string, float64)) {
		for _, p := range s.Peers {
			read(s, p, now, labelled(say, "peer", p.Party))
		}
	})
}

func clocks(state register.ClockState) func(*node.Node, func(string, float64)) {
	return channels(func(s *node.Snapshot, now time.Time, say func(string, float64)) {
		count := map[string]int{}
		for _, p := range s.Docs.Current().Charter.Principals() {
			count[p] = 0
		}
		for _, c := range s.Register.Owing(now) {
			if c.State == state {
				count[c.Owes]++
			}
		}
		for party, n := range count {
			say(fmt.Sprintf("owes=%q", party), float64(n))
		}
	})
}

// labelled says a value with one more label in front.
func labelled(say func(string, float64), name, value string) func(string, float64) {
	return func(labels string, v float64) {
		say(strings.TrimSuffix(fmt.Sprintf("%s=%q,%s", name, value, labels), ","), v)
	}
}

// Markdown is the table as docs/metrics.md has it.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Figures\n\nWhat `GET /metrics` of a node shows, beside what the Go runtime (`go_`) and the process (`process_`) are. `docs/operations.md`\nsays how it is served. `channel` is the first 12 digits of the channel's digest, `peer` and `owes` are parties, `feed` is\nparty and epoch. Nothing that anybody wrote on the line is in it.\n\n| figure | type | labels | what it is |\n|---|---|---|---|\n")
	for _, f := range Figures {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, f.Labels, f.Doc)
	}
	return b.String()
}
