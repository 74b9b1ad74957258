package cli

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"detente/internal/page"
	"detente/internal/view"
	"detente/note"
)

func on(terminal bool, env map[string]string) (*Call, *strings.Builder) {
	var out strings.Builder
	return &Call{Streams: &Streams{Out: &out, Err: io.Discard, Terminal: terminal, Getenv: func(name string) string { return env[name] }}}, &out
}

// TestScreen wants the demo and every view to be as wide and as coloured as
// the same rule says.
func TestScreen(t *testing.T) {
	taken := t.TempDir()
	if err := os.WriteFile(filepath.Join(taken, "PAK"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		terminal bool
		env      map[string]string
		width    int
		color    bool
	}{
		{false, nil, 0, false},
		{false, map[string]string{"COLUMNS": "60"}, 0, false},
		{true, nil, 0, true},
		{true, map[string]string{"COLUMNS": "60"}, 60, true},
		{true, map[string]string{"COLUMNS": "60", "NO_COLOR": "1"}, 60, false},
		{true, map[string]string{"COLUMNS": "wide", "TERM": "dumb"}, 0, false},
	} {
		call, out := on(c.terminal, c.env)
		if w, color := call.screen(); w != c.width || color != c.color {
			t.Errorf("terminal %v, %v: %d columns, colour %v; want %d, %v", c.terminal, c.env, w, color, c.width, c.color)
		}
		v := oneMatter()
		var want strings.Builder
		page.New(&want, c.width, c.color).Matter(v, false)
		if renderMatter(call, v, nil); !strings.Contains(out.String(), want.String()) {
			t.Errorf("terminal %v, %v: got\n%s\nwhich is not laid out as\n%s", c.terminal, c.env, out, &want)
		}
		if strings.Contains(out.String(), "\x1b") != c.color {
			t.Errorf("terminal %v, %v: colour %v; want %v", c.terminal, c.env, !c.color, c.color)
		}
		// The demo prints its opening before it finds the folder taken.
		out.Reset()
		if code := Run(t.Context(), []string{"demo", "--exit", "--dir", taken}, call.Streams); code != ExitFailed {
			t.Fatalf("the demo ends with %d", code)
		}
		width := cmp.Or(c.width, page.DefaultWidth)
		if wide := widest(out.String()); wide > width || wide < width-12 || strings.Contains(out.String(), "\x1b") != c.color {
			t.Errorf("terminal %v, %v: the demo is %d columns wide:\n%s", c.terminal, c.env, wide, out)
		}
	}
}

func widest(s string) (n int) {
	for l := range strings.Lines(strings.NewReplacer("\x1b["+page.Bold+"m", "", "\x1b[0m", "").Replace(s)) {
		n = max(n, utf8.RuneCountInString(strings.TrimSuffix(l, "\n")))
	}
	return n
}

// oneMatter is an incident of which two sides say something.
func oneMatter() *view.Matter {
	id := note.ID{Origin: note.Origin("PAK", note.Sum(nil), 1), Index: 0}
	words := strings.Repeat("What this side says of it. ", 9)
	side := func(party string) view.Side {
		return view.Side{Party: party, Accounts: []view.Account{{Words: []*view.Words{{Note: id, Party: party, Slot: "account", Texts: note.Wording{"en": words}}}}}}
	}
	return &view.Matter{MatterLine: &view.MatterLine{ID: id, Kind: "incident", Short: id.Short(), State: "reported"},
		Incident: &view.Incident{Sides: []view.Side{side("IRN"), side("PAK")}}}
}
