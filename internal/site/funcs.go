package site

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"detente/internal/locale"
	"detente/internal/officer"
	"detente/internal/view"
	"detente/note"
)

// funcs are the functions of the templates in one language.
func funcs(loc *locale.Locale) template.FuncMap {
	return template.FuncMap{
		"add":         func(a, b int) int { return a + b },
		"precedences": func() []string { return reversed(note.Precedences) },
		"channel":     func(c note.Digest) string { return ChannelPath(c) },
		"clockpage":   func(c *view.Clock) string { return matterPath(c.Matter) },
		"left":        func(p *Page, t *time.Time) Left { return left(loc, p, t) },
		"marked":      locale.Marked,
		"matter":      matterPath,
		"n":           func(n int, forms string) template.HTML { return loc.HTML(forms, n) },
		"clocks":      func(p *Page, l view.List[*view.Clock]) Clocks { return Clocks{p, l.Lines} },
		"link":        func(p *Page, path, text string) Link { return Link{path, text, p.Here == path} },
		"with_page":   func(p *Page, data any) Part { return Part{data, p} },
		"note":        notePath,
		"num":         loc.Number,
		"phrase":      loc.SayHTML,
		"says":        func(s string) template.HTML { return loc.SayHTML(view.Says(s)) },
		"t":           loc.HTML,
		"text":        loc.T, // for attributes and titles
		"when":        func(p *Page, t time.Time) When { return when(loc, p, t) },
		"words":       func(p *Page, w *view.Words) Words { return words(p, w) },
		"may":         func(p *Page, r officer.Role) bool { return p.Officer != nil && p.Officer.May(r) },
	}
}

// Part is what a part of a page is drawn from: its data, and the page.
type Part struct {
	Data any
	Page *Page
}

// Clocks is a list of clocks.
type Clocks struct {
	Page  *Page
	Lines []*view.Clock
}

// Link is one line of the navigation.
type Link struct {
	Path, Text string
	Current    bool
}

// When is one instant as every side's clock shows it.
type When struct {
	ISO    string // UTC, for programs
	Day    string // in this side's zone
	Clock  string
	Others []Local // at the other sides, where their clocks differ
	Solar  string  // the Solar Hijri date, where the officer wants it
}

// Local is an instant at one party.
type Local struct{ Party, Clock string }

func when(loc *locale.Locale, p *Page, t time.Time) When {
	own := in(t, p.Zones, p.Node)
	v := When{ISO: t.UTC().Format(time.RFC3339), Day: loc.Date(own), Clock: loc.Clock(own)}
	for _, z := range p.Zones {
		if z.Party == p.Node {
			continue
		}
		other := in(t, p.Zones, z.Party)
		_, here := own.Zone()
		if _, there := other.Zone(); here == there {
			continue
		}
		clock := loc.Clock(other)
		if loc.Date(other) != v.Day {
			clock = loc.Date(other) + " " + clock
		}
		v.Others = append(v.Others, Local{z.Party, clock})
	}
	if p.Officer != nil && p.Officer.Calendar == "solar" {
		v.Solar = loc.Solar(own)
	}
	return v
}

// in returns an instant in the zone of a party.
func in(t time.Time, zones []view.Zone, party string) time.Time {
	if i := slices.IndexFunc(zones, func(z view.Zone) bool { return z.Party == party }); i >= 0 {
		if l, err := time.LoadLocation(zones[i].Zone); err == nil {
			return t.In(l)
		}
	}
	return t.UTC()
}

// Left is the time until an instant, or since it.
type Left struct {
	ISO  string
	None bool // open-ended, in so many words
	Over bool
	Soon bool // within a day
	Text string
}

func left(loc *locale.Locale, p *Page, t *time.Time) Left {
	if t == nil {
		return Left{None: true}
	}
	d := t.Sub(p.Now)
	return Left{ISO: t.UTC().Format(time.RFC3339), Over: d < 0, Soon: d >= 0 && d < 24*time.Hour, Text: loc.Duration(d.Abs())}
}

// Words is somebody's words as a page shows them.
type Words struct {
	*view.Words
	Lang, Dir   string
	Text        template.HTML // with what is hidden in it made visible; empty: see State
	Translation bool          // it is not one of the authentic texts
	Others      []string
}

func words(p *Page, w *view.Words) Words {
	if w == nil {
		return Words{Words: &view.Words{State: "none"}}
	}
	lang, text, ok := w.Pick(p.Lang)
	if !ok {
		return Words{Words: w}
	}
	v := Words{Words: w, Lang: lang, Dir: direction(lang, text), Text: locale.Marked(text), Translation: len(w.Authentic) > 0 && !slices.Contains(w.Authentic, lang)}
	for l := range w.Texts {
		if l != lang {
			v.Others = append(v.Others, l)
		}
	}
	slices.Sort(v.Others)
	return v
}

// direction returns the direction of words in a language, known or not.
func direction(lang, text string) string {
	if l := locale.For(lang); l.Tag == lang {
		return l.Dir
	}
	if strings.ContainsFunc(text, locale.RightToLeft) {
		return "rtl"
	}
	return "ltr"
}

func reversed(list []string) []string {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}
