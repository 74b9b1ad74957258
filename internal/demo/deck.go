package demo

import (
	"fmt"
	"time"

	"detente/internal/view"
	"detente/scenario"
)

// A deck says which stop of a scenario is played next, and whether it waits to
// be told. It knows no time, no node and no lock.
//
// A stop is a step after which a scenario can stand still: a step that changes
// something, with the pauses and expectations behind it, which show and check
// what it has come to. A day is a stop too: it turns the calendar.
type deck struct {
	stops   []int // where each begins among the steps; the last is their number
	days    []day
	at      int  // stops played
	goal    int  // the stops before it are played without a rest
	playing bool // the stops after it are played too, each after a rest
	run     int  // from 1
	anew    bool // the run has not begun: everything is to be played again, in other folders
	why     string
}

// day is a day, and how many stops are played when it begins.
type day struct {
	view.DemoDay
	at int
}

// theEnd is where the last day ends.
const theEnd = "end"

func newDeck(steps []scenario.Step) deck {
	d := deck{run: 1, playing: true}
	for i, st := range steps {
		if i == 0 || st.Kind != scenario.Pause && st.Kind != scenario.Expect {
			d.stops = append(d.stops, i)
		}
		if st.Kind == scenario.Day {
			d.days = append(d.days, day{view.DemoDay{Date: st.At.Format(time.DateOnly), Text: st.Text}, len(d.stops)})
		}
	}
	d.stops = append(d.stops, len(steps))
	return d
}

func (d *deck) of() int { return len(d.stops) - 1 }

// Refused says why a scenario does not do what it is told. Nothing was changed.
type Refused struct{ Why string }

func (e *Refused) Error() string { return e.Why }

// ready says why nothing can be played any more.
func (d *deck) ready() error {
	switch {
	case d.why != "":
		return &Refused{"The scenario has stopped, and goes no further: " + d.why + " Go to its first day to see it anew."}
	case d.at == d.of():
		return &Refused{"The scenario is played to its end. Go to one of its days to see it anew."}
	}
	return nil
}

func (d *deck) play() error {
	if err := d.ready(); err != nil {
		return err
	}
	d.playing, d.goal = true, d.at
	return nil
}

// pause takes effect after the stop that is being played.
func (d *deck) pause() error {
	d.playing, d.goal = false, d.at
	return nil
}

func (d *deck) step() error {
	if err := d.ready(); err != nil {
		return err
	}
	d.playing, d.goal = false, d.at+1
	return nil
}

// jump goes to where a day begins, and waits there. A record is never taken
// back: what lies behind is reached by playing it anew, from the start.
func (d *deck) jump(date string) error {
	to := -1
	if date == theEnd {
		to = d.of()
	}
	for _, day := range d.days {
		if day.Date == date {
			to = day.at
		}
	}
	switch {
	case to < 0:
		return &Refused{fmt.Sprintf("No day of the scenario is %.20q.", date)}
	case to < d.at || d.why != "":
		d.at, d.anew, d.why = 0, true, ""
		d.run++
	}
	d.playing, d.goal = false, to
	return nil
}

// done marks a stop as played.
func (d *deck) done() {
	if d.anew {
		return
	}
	if d.at++; d.at == d.of() {
		d.playing = false
	}
	d.goal = max(d.goal, d.at)
}

// stop ends a run in which a step could not be played.
func (d *deck) stop(why string) {
	if !d.anew {
		d.playing, d.goal, d.why = false, d.at, why
	}
}

func (d *deck) state() view.DemoState {
	switch {
	case d.why != "":
		return view.DemoStopped
	case d.anew, d.goal > d.at:
		return view.DemoMoving
	case d.at == d.of():
		return view.DemoOver
	case d.playing:
		return view.DemoPlaying
	}
	return view.DemoPaused
}

// today is the day that has begun last.
func (d *deck) today() (date string) {
	for _, day := range d.days {
		if day.at <= d.at {
			date = day.Date
		}
	}
	return date
}
