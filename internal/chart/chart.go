// Package chart draws the ladder as SVG, to stand in a page.
//
// # The drawing
//
// One line a side goes through the rungs day by day, in steps: it is flat over
// a day and rises or falls between days. A triangle stands on a day on which
// the side took a step that eases. Below, each side has a lane of its own with
// the scores of its days, one bar a day, up or down from nothing; scores of
// different days or sides are never added up.
//
// # Who reads it
//
// A drawing is an image with a title and a description; a page puts the table
// with the same figures beside it, and whatever can be read off the drawing
// stands there. Sides differ by dashes and by the shape of their marks, not by
// colour alone; each mark has its words as a title.
//
// In a language that runs from right to left time does too, as do the table's
// rows and the page: the drawing is mirrored, letters are not.
//
// # What it is made of
//
// Elements with classes, and geometry; no style attribute, no script, no
// colour: a page under a strict content policy gives those by its style sheet,
// and without one everything is drawn in the colour of the text. Texts are
// escaped here. The package is pure: the same figures are the same bytes.
package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// A Ladder is what is drawn. Days are counted from 0.
type Ladder struct {
	ID    string // unique on the page
	Title string
	Desc  string // what it shows, for who does not see it
	Days  int
	Ticks []Tick
	Rungs []string // their names, from 0
	Sides []Side
	Score string // what the lanes below are called; empty: there are none
	RTL   bool
}

// A Tick names a day on the axis of time.
type Tick struct {
	Day  int
	Text string
}

// A Side is one line.
type Side struct {
	Name   string
	Runs   []Run
	Steps  []Mark // that ease
	Scores []Score
}

// A Run is days on one rung, of which To is the last.
type Run struct{ From, To, Rung int }

// A Mark is a day, and its words.
type Mark struct {
	Day  int
	Text string
}

// A Score is the score of a day, and its words.
type Score struct {
	Mark
	Sum float64
}

// Measures of the drawing, in its own units: about a pixel each on a wide
// screen.
const (
	width  = 960.0
	gutter = 190.0 // for the names of the rungs
	margin = 70.0  // at the other end, for the names of the sides
	top    = 16.0
	rung   = 34.0 // from one to the next
	apart  = 5.0  // between lines on one rung
	axis   = 30.0
	lane   = 56.0
	mark   = 5.0
)

// full is the least score at which a bar fills its half of the lane.
const full = 10.0

// SVG returns the drawing.
func (l *Ladder) SVG() template.HTML {
	d := &drawing{l: l, floor: top + rung*float64(max(len(l.Rungs)-1, 0))}
	height := d.floor + axis
	if l.Score != "" {
		height += lane * float64(len(l.Sides))
	}
	id := html.EscapeString(l.ID)
	d.put(`<svg class="chart ladder" role="img" aria-labelledby="%s-title %s-desc" viewBox="0 0 %s %s" direction="ltr" font-size="13" fill="currentColor">`, id, id, num(width), num(height))
	d.put("\n<title id=\"%s-title\">%s</title>\n<desc id=\"%s-desc\">%s</desc>\n", id, html.EscapeString(l.Title), id, html.EscapeString(l.Desc))
	d.grid()
	for i := range l.Sides {
		d.side(i)
	}
	if l.Score != "" {
		for i := range l.Sides {
			d.lane(i)
		}
	}
	d.put("</svg>\n")
	return template.HTML(d.out.String())
}

type drawing struct {
	l     *Ladder
	out   strings.Builder
	floor float64 // of rung 0
}

func (d *drawing) put(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

// num writes a coordinate, to a tenth.
func num(v float64) string {
	s := fmt.Sprintf("%.1f", v)
	if s == "-0.0" {
		s = "0.0"
	}
	return strings.TrimSuffix(s, ".0")
}

// at returns where a moment is across: a day begins at its number. From right
// to left it is mirrored.
func (d *drawing) at(day float64) float64 {
	x := gutter + day/float64(max(d.l.Days, 1))*(width-gutter-margin)
	return d.mirror(x)
}

func (d *drawing) mirror(x float64) float64 {
	if d.l.RTL {
		return width - x
	}
	return x
}

// up returns how high a rung is for a side: lines on one rung lie beside each
// other.
func (d *drawing) up(r, side int) float64 {
	shift := (float64(side) - float64(len(d.l.Sides)-1)/2) * apart
	return d.floor - rung*float64(r) + shift
}

// Where a text stands to its point, in the direction of the page.
const (
	before = iota // it ends there
	middle
	after // it begins there
)

// text puts words at a point that is given as if the page ran from left to
// right. What they are in stays with them: they are isolated.
func (d *drawing) text(class string, x, y float64, stands int, words string) {
	anchor, isolate := [...]string{"end", "middle", "start"}[stands], "\u2066"
	if d.l.RTL {
		anchor, isolate = [...]string{"start", "middle", "end"}[stands], "\u2067"
	}
	d.put("<text class=\"%s\" x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s%s\u2069</text>\n", class, num(d.mirror(x)), num(y), anchor, isolate, html.EscapeString(words))
}

// grid draws the rungs with their names, and the axis of time.
func (d *drawing) grid() {
	for r, name := range d.l.Rungs {
		y := d.floor - rung*float64(r)
		d.put("<path class=\"rung\" d=\"M%s %sH%s\" stroke=\"currentColor\" stroke-opacity=\".25\"/>\n", num(d.at(0)), num(y), num(d.at(float64(d.l.Days))))
		d.text("rung-name", gutter-12, y+4, before, name)
	}
	for _, t := range d.l.Ticks {
		x := d.at(float64(t.Day) + .5)
		d.put("<path class=\"tick\" d=\"M%s %sv5\" stroke=\"currentColor\"/>\n", num(x), num(d.floor+8))
		d.text("tick-name", d.mirror(x), d.floor+25, middle, t.Text)
	}
}

// side draws the line of one side, its marks and its name.
func (d *drawing) side(i int) {
	s := d.l.Sides[i]
	if len(s.Runs) == 0 {
		return
	}
	d.put("<g class=\"side side-%d\">\n", i)
	d.put("<path class=\"line\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.5\"%s d=\"", dashes(i))
	for n, r := range s.Runs {
		if n == 0 {
			d.put("M%s %s", num(d.at(float64(r.From))), num(d.up(r.Rung, i)))
		} else {
			d.put("V%s", num(d.up(r.Rung, i)))
		}
		d.put("H%s", num(d.at(float64(r.To+1))))
	}
	d.put("\"/>\n")
	for _, m := range s.Steps {
		d.put("<path class=\"step\" d=\"%s\"><title>%s</title></path>\n", shape(i, d.at(float64(m.Day)+.5), d.up(s.on(m.Day), i)), html.EscapeString(m.Text))
	}
	last := s.Runs[len(s.Runs)-1]
	d.text("side-name", width-margin+8, d.up(last.Rung, i)+4+float64(i)*9-float64(len(d.l.Sides)-1)*4.5, after, s.Name)
	d.put("</g>\n")
}

// on returns the rung of a day.
func (s *Side) on(day int) int {
	for _, r := range s.Runs {
		if r.From <= day && day <= r.To {
			return r.Rung
		}
	}
	return 0
}

// dashes tell the lines apart without colour.
func dashes(side int) string {
	if side == 0 {
		return ""
	}
	return fmt.Sprintf(" stroke-dasharray=\"%d 3\"", 12/(side+1)+2)
}

// shape tells the marks apart: a triangle that points down, or a square.
func shape(side int, x, y float64) string {
	if side%2 == 0 {
		return fmt.Sprintf("M%s %sh%sl%s %sz", num(x-mark), num(y-mark-2), num(2*mark), num(-mark), num(2*mark))
	}
	return fmt.Sprintf("M%s %sh%sv%sh%sz", num(x-mark+1), num(y+2), num(2*mark-2), num(2*mark-2), num(2-2*mark))
}

// lane draws the scores of one side.
func (d *drawing) lane(i int) {
	s := d.l.Sides[i]
	zero := d.floor + axis + lane*(float64(i)+.5)
	most := full
	for _, sc := range s.Scores {
		most = max(most, math.Abs(sc.Sum))
	}
	d.put("<g class=\"scores side-%d\">\n", i)
	d.put("<path class=\"zero\" d=\"M%s %sH%s\" stroke=\"currentColor\" stroke-opacity=\".4\"/>\n", num(d.at(0)), num(zero), num(d.at(float64(d.l.Days))))
	d.text("lane-name", gutter-12, zero+4, before, s.Name+" · "+d.l.Score)
	w := min(9, max(1, .7*(width-gutter-margin)/float64(max(d.l.Days, 1))))
	for _, sc := range s.Scores {
		h := math.Abs(sc.Sum) / most * (lane/2 - 4)
		y := zero
		if sc.Sum > 0 {
			y = zero - h
		}
		d.put("<rect class=\"score\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"><title>%s</title></rect>\n", num(d.at(float64(sc.Day)+.5)-w/2), num(y), num(w), num(h), html.EscapeString(sc.Text))
	}
	d.put("</g>\n")
}
