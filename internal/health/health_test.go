package health

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/node"
	"detente/internal/nodetest"
)

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String()
}

// TestFigures wants every row of the table among the figures of a node, and no
// figure that is not in the table.
func TestFigures(t *testing.T) {
	n := nodetest.New(t)
	channel := n.Channels()[0]
	_, err := n.Submit(t.Context(), node.Draft{Channel: channel, Act: "line/test", Office: "mfa", Precedence: "routine", Fields: map[string]any{"use": "roll-call"}})
	if err != nil {
		t.Fatal(err)
	}
	h := New(n)
	code, all := get(t, h, "/metrics")
	if code != http.StatusOK {
		t.Fatal(code, all)
	}
	named := map[string]bool{}
	for _, f := range Figures {
		named[f.Name] = true
		unseen := strings.HasPrefix(f.Name, "detente_exchanges") || f.Name == "detente_peer_heard_timestamp_seconds" || f.Name == "detente_peer_picture_equal" // nothing was exchanged
		if strings.Contains(all, "\n# TYPE "+f.Name+" "+f.Type+"\n") == unseen {
			t.Errorf("%s, a %s, is not as the table has it", f.Name, f.Type)
		}
	}
	for _, line := range strings.Split(all, "\n") {
		if name, ok := strings.CutPrefix(line, "# TYPE detente"); ok {
			if name, _, _ := strings.Cut("detente"+name, " "); !named[name] {
				t.Errorf("%s is not in the table", name)
			}
		}
	}
	at := `{channel="` + channel.String()[:12] + `"`
	for _, want := range []string{
		`detente_info{party="PAK"} 1`, "detente_channel_signs" + at + "} 1", "detente_channel_notes_waiting" + at + "} 0",
		"detente_feed_size" + at + `,feed="PAK/1"} 1`, "detente_feed_receipt_lag" + at + `,feed="PAK/1",peer="IRN"} 1`,
		"detente_peer_up" + at + `,peer="IRN"} 0`, "detente_clocks_overdue" + at + `,owes="IRN"} 0`, "detente_journal_sync_seconds_count 1",
	} {
		if !strings.Contains(all, "\n"+want+"\n") && !strings.HasPrefix(all, want) {
			t.Errorf("there is no %s in\n%s", want, all)
		}
	}
	if strings.Contains(all, "Hotline") {
		t.Error("the name of the channel is in it")
	}
}

// TestReady wants a node that must not sign to be alive, and not ready.
func TestReady(t *testing.T) {
	dir := t.TempDir()
	nodetest.Found(t, dir)
	path := filepath.Join(dir, "PAK")
	n := nodetest.Open(t, path)
	want := func(path string, code int, says string) {
		t.Helper()
		if got, body := get(t, New(n), path); got != code || !strings.Contains(body, says) {
			t.Errorf("%s: %d %q; want %d, %q", path, got, body, code, says)
		}
	}
	want("/healthz", 200, "ok")
	want("/readyz", 200, "ok")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	want("/healthz", 503, "closed")
	want("/readyz", 503, "closed")
	if err := os.Remove(filepath.Join(path, "journal")); err != nil {
		t.Fatal(err)
	}
	n = nodetest.Open(t, path)
	defer n.Close()
	want("/healthz", 200, "ok")
	want("/readyz", 503, "does not sign on channel "+n.Channels()[0].String()[:12])
}

var update = flag.Bool("update", false, "write docs/metrics.md again")

func TestDocs(t *testing.T) {
	const path = "../../docs/metrics.md"
	if *update {
		if err := os.WriteFile(path, []byte(Markdown()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != Markdown() {
		t.Errorf("%s is not what the table says; run go test ./internal/health -update; %v", path, err)
	}
}
