package view

import "time"

// Demo is a scenario that is being played, as its controls show it. It holds
// nothing that only some of the parties may read.
type Demo struct {
	At     int       `json:"at"`     // steps played
	Banner string    `json:"banner"` // what this is, before everything else
	Clock  time.Time `json:"clock"`  // the calendar of the scenario
	Day    string    `json:"day,omitempty"`
	Days   []DemoDay `json:"days"`
	Desks  []string  `json:"desks"` // the parties, each of which has one
	Of     int       `json:"of"`    // steps in all
	Run    int       `json:"run"`   // from 1; a scenario that is played anew has another
	State  DemoState `json:"state"`
	Title  string    `json:"title"`
	Why    string    `json:"why,omitempty"` // it stopped
	Zone   string    `json:"zone"`          // in which the calendar is read
}

// DemoDay is a day that can be gone to.
type DemoDay struct {
	Date string `json:"date"` // 2024-01-17
	Text string `json:"text,omitempty"`
}

// DemoState says whether a scenario goes on.
type DemoState string

const (
	DemoPlaying DemoState = "playing"
	DemoPaused  DemoState = "paused"
	DemoMoving  DemoState = "moving" // it plays without a rest, to where it was told to go
	DemoOver    DemoState = "over"
	DemoStopped DemoState = "stopped" // a step could not be played
)

// Ready reports whether there is a step that can be played.
func (d *Demo) Ready() bool { return d.State != DemoOver && d.State != DemoStopped }
