package page

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"detente/internal/view"
)

// briefHeight is how many lines a brief has, where its channels are few.
const briefHeight = 60

// Banner is above whatever shows an exercise.
const Banner = "EXERCISE EXERCISE EXERCISE"

// part is one list of a brief: what fits, and how much there is.
type part struct {
	title string
	lines []labelled
	total int
	more  string // the command that shows the rest
}

// labelled is one line: what it is about, what the program says of it, and
// somebody's words, each safe by itself, so that none turns another around.
type labelled struct{ label, what, words, style string }

// Brief lays a brief out on one page: every list gets its share of the lines,
// and says how much it leaves out.
func (p *Page) Brief(v *view.Brief) {
	b := briefing{v, datings[cmp.Or(v.Lang, "en")], time.UTC}
	if b.dates == nil {
		b.dates = datings["en"]
	}
	zone := "UTC"
	parts := make([][]part, len(v.Channels))
	lines := 4 // the heading, and room for what the node says of itself
	var wants []int
	exercise := len(v.Channels) > 0
	for i, c := range v.Channels {
		for _, z := range c.Zones {
			if loc, err := time.LoadLocation(z.Zone); z.Party == v.Node && err == nil {
				b.zone, zone = loc, z.Zone
			}
		}
		parts[i] = b.channel(c)
		lines += 3
		for _, part := range parts[i] {
			lines++
			wants = append(wants, part.wants())
		}
		exercise = exercise && c.Exercise
	}
	house := b.house()
	if house.total > 0 {
		wants = append(wants, house.wants())
		lines += 2
	}
	shares := share(briefHeight-lines, wants)
	if exercise {
		p.Line(p.Paint(Yellow, Banner))
	}
	now := v.Now.In(b.zone)
	p.One(0, fmt.Sprintf("Brief of %s: ", v.Node), fmt.Sprintf("%s, %s, %s", b.dates.longDate(now), now.Format("15:04"), zone), Bold)
	if len(v.Channels) == 0 {
		p.Blank()
		p.Para(0, "No channel is in force: there is nobody on the line yet.")
	}
	for i, c := range v.Channels {
		p.Blank()
		if c.Exercise && !exercise {
			p.Line(p.Paint(Yellow, Banner))
		}
		p.One(0, "", c.Name, Bold)
		if c.Recovering != "" {
			p.One(0, "", "This node signs nothing: "+c.Recovering, Red)
		}
		for _, part := range parts[i] {
			p.part(part, shares[0])
			shares = shares[1:]
		}
	}
	if house.total > 0 {
		p.Blank()
		p.part(house, shares[0])
	}
}

// shortWords is how many columns words are given at least, or none.
const shortWords = 8

// part prints a list in so many lines.
func (p *Page) part(l part, room int) {
	if l.total == 0 {
		p.Line(p.Paint(Bold, l.title+":") + " nothing")
		return
	}
	p.Line(p.Paint(Bold, fmt.Sprintf("%s: %d", l.title, l.total)))
	n := min(len(l.lines), room)
	if n < l.total {
		n = min(n, max(room-1, 0))
	}
	for _, line := range l.lines[:n] {
		room := p.width - 2 - width(line.label)
		what := cut(line.what, room)
		text := view.Safe(what)
		if room -= width(what) + 1; line.words != "" && room > shortWords {
			text += " " + view.Safe(cut(line.words, room))
		}
		p.Line("  " + view.Safe(line.label) + p.Paint(line.style, text))
	}
	if n < l.total {
		p.One(2, "", strings.TrimSuffix(fmt.Sprintf("… and %d more: %s", l.total-n, l.more), ": "), Dim)
	}
}

// wants is how many lines would show all of it.
func (l part) wants() int {
	if l.total > len(l.lines) {
		return len(l.lines) + 1
	}
	return l.total
}

// share deals so many lines out: nobody gets more than it wants, whoever wants
// much gets as much as others who do, and everyone who wants any gets two.
func share(room int, wants []int) []int {
	out := make([]int, len(wants))
	for i, w := range wants {
		out[i] = min(w, 2)
		room -= out[i]
	}
	for given := true; given && room > 0; {
		given = false
		for i, w := range wants {
			if out[i] < w && room > 0 {
				out[i]++
				room--
				given = true
			}
		}
	}
	return out
}

// briefing writes the lines of a brief.
type briefing struct {
	v     *view.Brief
	dates *dating
	zone  *time.Location // of the party whose node it is
}

func (b *briefing) at(t *time.Time) string {
	if t == nil {
		return "no deadline"
	}
	return b.dates.shortTime(t.In(b.zone), b.v.Now.In(b.zone))
}

func (b *briefing) channel(c *view.BriefChannel) []part {
	var reach []labelled
	for _, u := range c.Unreachable {
		reach = append(reach, labelled{u.Party + ": ", b.silence(u), "", ""})
	}
	for _, s := range c.Suspensions {
		reach = append(reach, labelled{s.Party + ": ", fmt.Sprintf("has suspended %s until %s, for %s (%s)", strings.Join(s.Scope, ", "), s.End, s.Reason, s.Note.Short()), "", ""})
	}
	return []part{
		{"OWED BY " + c.Node, b.clocks(c.Owed, ""), c.Owed.Total, "detente clocks"},
		{"OWED TO " + c.Node, b.clocks(c.Owing, c.Node), c.Owing.Total, "detente clocks"},
		{"UNREAD, without a person's word from here", b.notes(c.Unread), c.Unread.Total, "detente inbox"},
		{"CHANGED since " + view.Safe(b.at(&b.v.Since)), b.notes(c.Changed), c.Changed.Total, "detente timeline"},
		{"NOT REACHED", reach, len(reach), "detente line"},
	}
}

func (b *briefing) clocks(l view.List[*view.Clock], to string) []labelled {
	var out []labelled
	wide := 0
	for _, k := range l.Lines {
		wide = max(wide, width(b.at(k.Due)))
	}
	for _, k := range l.Lines {
		s, style := k.For.String(), ""
		if to != "" {
			s = k.Owes + " " + s
		}
		if k.State == "due, unreported" {
			s, style = k.State+": "+s, Red
		}
		out = append(out, labelled{aligned(b.at(k.Due), wide), fmt.Sprintf("%s (%s)", s, k.Matter.Short()), quoted(k.Words), style})
	}
	return out
}

func (b *briefing) notes(l view.List[*view.BriefNote]) []labelled {
	var out []labelled
	wide := 0
	for _, n := range l.Lines {
		wide = max(wide, width(b.at(&n.Time)))
	}
	for _, n := range l.Lines {
		s := n.Short + " " + cmp.Or(n.Act, "?")
		style := ""
		if n.Precedence != "routine" {
			s = strings.ToUpper(n.Precedence) + " " + s
		}
		if n.Precedence == "flash" {
			style = Red
		}
		switch {
		case n.Result != "applied":
			s += ", " + n.Result
		case !n.Settled:
			s += ", provisional"
		}
		out = append(out, labelled{aligned(b.at(&n.Time), wide), s, quoted(n.Gist), style})
	}
	return out
}

// aligned makes a label as wide as the others.
func aligned(s string, wide int) string { return pad(s, wide) + "  " }

func quoted(w *view.Words) string {
	if s := w.Quoted(); s != "" {
		return Basis(w) + s
	}
	return ""
}

// silence names what stands between, each apart.
func (b *briefing) silence(u view.Unreachable) string {
	var out []string
	switch {
	case u.Down && u.Since == nil:
		out = append(out, "link not tried yet")
	case u.Down:
		out = append(out, "link down since "+b.at(u.Since))
	}
	if u.Unreceipted > 0 {
		out = append(out, Count(u.Unreceipted, "note", "notes")+" without its receipt")
	}
	if n := len(u.MissedRolls); n > 0 {
		out = append(out, Count(n, "roll call", "roll calls")+" missed, the last of "+b.at(&u.MissedRolls[n-1].At))
	}
	return strings.Join(out, "; ")
}

func (b *briefing) house() part {
	l := part{title: "FILED IN-HOUSE", total: b.v.House.Total, more: "detente file list"}
	for _, i := range b.v.House.Lines {
		words := field(i.Fields["subject"])
		if words == "" {
			words = (&view.Words{Texts: i.Texts["said"]}).Text()
		}
		if words != "" {
			words = "“" + words + "”"
		}
		l.lines = append(l.lines, labelled{i.ID.String() + ": ", inHouseTitle(i) + "; " + i.State, words, ""})
	}
	return l
}
