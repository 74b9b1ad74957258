package demo

import (
	"strings"
	"testing"
	"time"

	"detente/internal/view"
	"detente/scenario"
)

// storyline is two days: stops at 0 (day), 1 (note), 3 (day), 4 (entry), 5 (note).
func storyline() []scenario.Step {
	at := func(day int) time.Time { return time.Date(2024, 3, day, 0, 0, 0, 0, time.UTC) }
	return []scenario.Step{
		{Kind: scenario.Day, At: at(1), Text: "First"},
		{Kind: scenario.Note, At: at(1)}, {Kind: scenario.Pause, At: at(1)},
		{Kind: scenario.Day, At: at(2)},
		{Kind: scenario.Entry, At: at(2)},
		{Kind: scenario.Note, At: at(2)}, {Kind: scenario.Expect, At: at(2)}, {Kind: scenario.Pause, At: at(2)},
	}
}

// TestDeck tells a scenario what to do, and plays what it says is due.
func TestDeck(t *testing.T) {
	d := newDeck(storyline())
	for i, c := range []struct {
		do    string // a command, or "-" for a stop that is played, or "begin"
		at    int
		state view.DemoState
		day   string
		err   string
	}{
		{"", 0, view.DemoPlaying, "", ""},
		{"-", 1, view.DemoPlaying, "2024-03-01", ""},
		{"pause", 1, view.DemoPaused, "2024-03-01", ""},
		{"pause", 1, view.DemoPaused, "2024-03-01", ""},
		{"step", 1, view.DemoMoving, "2024-03-01", ""},
		{"-", 2, view.DemoPaused, "2024-03-01", ""},
		{"jump 2024-03-03", 2, view.DemoPaused, "2024-03-01", `No day of the scenario is "2024-03-03"`},
		{"jump 2024-03-02", 2, view.DemoMoving, "2024-03-01", ""},
		{"-", 3, view.DemoPaused, "2024-03-02", ""},
		{"jump 2024-03-02", 3, view.DemoPaused, "2024-03-02", ""}, // it is there
		{"play", 3, view.DemoPlaying, "2024-03-02", ""},
		{"step", 3, view.DemoMoving, "2024-03-02", ""}, // a step ends the play
		{"-", 4, view.DemoPaused, "2024-03-02", ""},
		{"jump 2024-03-01", 0, view.DemoMoving, "", ""}, // played anew, up to there
		{"-", 0, view.DemoMoving, "", ""},               // a stop of the run that has ended
		{"begin", 0, view.DemoMoving, "", ""},
		{"-", 1, view.DemoPaused, "2024-03-01", ""},
		{"jump end", 1, view.DemoMoving, "2024-03-01", ""},
		{"-", 2, view.DemoMoving, "2024-03-01", ""},
		{"pause", 2, view.DemoPaused, "2024-03-01", ""}, // on its way
		{"play", 2, view.DemoPlaying, "2024-03-01", ""},
		{"-", 3, view.DemoPlaying, "2024-03-02", ""},
		{"-", 4, view.DemoPlaying, "2024-03-02", ""},
		{"-", 5, view.DemoOver, "2024-03-02", ""},
		{"play", 5, view.DemoOver, "2024-03-02", "played to its end"},
		{"step", 5, view.DemoOver, "2024-03-02", "played to its end"},
		{"jump end", 5, view.DemoOver, "2024-03-02", ""},
		{"jump 2024-03-02", 0, view.DemoMoving, "", ""},
		{"begin", 0, view.DemoMoving, "", ""},
		{"stop", 0, view.DemoStopped, "", ""},
		{"step", 0, view.DemoStopped, "", "has stopped, and goes no further: the reason"},
		{"jump end", 0, view.DemoMoving, "", ""}, // not onwards, but anew
		{"stop", 0, view.DemoMoving, "", ""},     // of the run that has ended
		{"begin", 0, view.DemoMoving, "", ""},
		{"-", 1, view.DemoMoving, "2024-03-01", ""},
	} {
		var err error
		switch what, day, _ := strings.Cut(c.do, " "); what {
		case "-":
			d.done()
		case "begin":
			d.anew = false
		case "stop":
			d.stop("the reason")
		case "play":
			err = d.play()
		case "pause":
			err = d.pause()
		case "step":
			err = d.step()
		case "jump":
			err = d.jump(day)
		}
		if d.at != c.at || d.state() != c.state || d.today() != c.day || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Fatalf("%d, %q: at %d, %s, %q, %v; want %+v", i, c.do, d.at, d.state(), d.today(), err, c)
		}
	}
	if d.run != 4 {
		t.Errorf("it is run %d; want 4", d.run)
	}
	if got := d.days; len(got) != 2 || got[0].Text != "First" || got[1].at != 3 {
		t.Errorf("the days are %+v", got)
	}
}
