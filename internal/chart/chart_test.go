package chart

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a fortnight of two sides: one that rises and eases, one that is
// quiet; in the words of a page.
func sample() *Ladder {
	return &Ladder{
		ID: "ladder", Title: "The ladder", Desc: "Two sides, 14 days.", Days: 14, Score: "score",
		Ticks: []Tick{{0, "16 Jan"}, {7, "23 Jan"}, {13, "29 Jan"}},
		Rungs: []string{"0 ordinary business", "1 objection", "2 contact cut back", "3 relations cut back"},
		Sides: []Side{
			{Name: "AAA", Runs: []Run{{0, 0, 1}, {1, 9, 2}, {10, 13, 0}}, Steps: []Mark{{3, "AAA: proposes a talk (AAA#4)"}, {10, "AAA: has its head of mission in post (AAA#9)"}},
				Scores: []Score{{Mark{0, "AAA: -2"}, -2}, {Mark{3, "AAA: 4"}, 4}, {Mark{10, "AAA: 12"}, 12}}},
			{Name: "BBB", Runs: []Run{{0, 13, 0}}, Steps: []Mark{{3, "BBB: agrees to a talk (BBB#2)"}}},
		},
	}
}

func TestGolden(t *testing.T) {
	mirrored := sample()
	mirrored.RTL, mirrored.Title = true, "نردبان"
	mirrored.Rungs[0] = "۰ روال عادی"
	one := &Ladder{ID: "one", Title: "One day", Days: 1, Rungs: []string{"0 ordinary business"}, Sides: []Side{{Name: "AAA", Runs: []Run{{0, 0, 0}}}}}
	for name, l := range map[string]*Ladder{"two-sides": sample(), "right-to-left": mirrored, "one-day": one, "nothing": {ID: "nothing"}} {
		got := string(l.SVG())
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || got != string(want) {
			t.Errorf("%s is not as it was (%v): look at it, and go test -update\n%s", name, err, got)
		}
		elements(t, got)
	}
}

// elements reads a drawing as XML and checks what a page needs of it.
func elements(t *testing.T, svg string) (out []xml.StartElement) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("it is not well-formed: %v\n%s", err, svg)
		}
		if e, ok := tok.(xml.StartElement); ok {
			out = append(out, e.Copy())
		}
	}
	has := map[string]string{}
	for _, a := range out[0].Attr {
		has[a.Name.Local] = a.Value
	}
	ids := map[string]bool{}
	for _, e := range out {
		for _, a := range e.Attr {
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("%s has the attribute %s", e.Name.Local, a.Name.Local)
			}
			if a.Name.Local == "id" {
				ids[a.Value] = true
			}
		}
	}
	if has["role"] != "img" {
		t.Error("it is no image to who does not see it")
	}
	for _, id := range strings.Fields(has["aria-labelledby"]) {
		if !ids[id] {
			t.Errorf("it is labelled by %s, which is not there", id)
		}
	}
	return out
}

// TestNothingOfATextIsMarkup puts markup and direction controls into every text.
func TestNothingOfATextIsMarkup(t *testing.T) {
	l := sample()
	want := len(elements(t, string(l.SVG())))
	bad := "\"><script>alert(1)</script>&<style x='\u202e"
	l.Title, l.Desc, l.Score = bad, bad, bad
	l.Ticks[0].Text, l.Rungs[0], l.Sides[0].Name, l.Sides[0].Steps[0].Text, l.Sides[0].Scores[0].Text = bad, bad, bad, bad, bad
	if got := elements(t, string(l.SVG())); len(got) != want {
		t.Errorf("%d elements; want %d", len(got), want)
	}
}

// TestMirrored: from right to left every point lies as far from the other end,
// and letters are not turned.
func TestMirrored(t *testing.T) {
	l := sample()
	d, m := &drawing{l: l}, &drawing{l: &Ladder{Days: l.Days, RTL: true}}
	for day := range l.Days {
		if a, b := d.at(float64(day)), m.at(float64(day)); a+b != width {
			t.Errorf("day %d is at %f and at %f", day, a, b)
		}
	}
	l.RTL = true
	if s := string(l.SVG()); strings.Contains(s, "transform") || !strings.Contains(s, "\u2067AAA") {
		t.Error("letters are turned, or their direction is not said")
	}
}
