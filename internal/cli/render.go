package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"detente/internal/page"
	"detente/internal/view"
	"detente/internal/web"
	"detente/note"
)

// head prints what stands around every view.
func (c *Call) head(f *view.Frame) {
	if f.Exercise {
		c.printf("%s\n", c.paint(page.Yellow, page.Banner))
	}
	c.heading("%s, as %s holds it", f.Name, f.Node)
	if f.Recovering != "" {
		c.printf("%s\n", c.paint(page.Red, "This node signs nothing: "+text(f.Recovering)))
	}
	c.printf("\n")
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func renderNotes(c *Call, v *view.Notes) {
	c.head(&v.Frame)
	t := c.table("NOTE", "MATTER", "TIME (CLAIMED)", "ACT", "OFFICE", "STANDING", "WORDS")
	for _, l := range v.Notes {
		name := l.Short
		if l.Precedence != "routine" {
			name += " " + strings.ToUpper(l.Precedence)
		}
		matter := ""
		if l.Matter != nil {
			matter = l.Matter.Short()
		}
		t.row(name, matter, page.Local(&v.Frame, l.Time), cmp.Or(l.Act, "?"), l.Office, page.Standing(l), page.Basis(l.Gist)+text(l.Gist.Text()))
	}
	t.flush()
}

func renderRegister(c *Call, v *view.Register) {
	c.head(&v.Frame)
	t := c.table("MATTER", "KIND", "STATE", "NOTES", "OWED", "LAST", "WORDS")
	for _, m := range v.Matters {
		state := m.State
		if m.Provisional {
			state += " (provisional"
			if m.Settled != "" && m.Settled != m.State {
				state += "; settled: " + m.Settled
			}
			state += ")"
		}
		t.row(m.Short, m.Kind, state, fmt.Sprint(m.Notes), fmt.Sprint(m.Owed), page.Local(&v.Frame, m.Last), page.Basis(m.Gist)+text(m.Gist.Text()))
	}
	t.flush()
	c.printf("\nPicture %s\nCheck words: %s\n", v.Picture, strings.Join(v.CheckWords, " "))
}

func renderClocks(c *Call, v *view.Clocks) {
	c.head(&v.Frame)
	t := c.table("DUE", "STATE", "OWES", "WHAT", "MATTER", "WORDS")
	for _, k := range v.Clocks {
		t.row(page.At(&v.Frame, k.Due), page.ClockState(&v.Frame, k), k.Owes, k.For.String(), k.Matter.Short(), text(k.Words.Text()))
	}
	t.flush()
}

func renderAgreement(c *Call, v *view.Agreement) {
	c.head(&v.Frame)
	c.page().Agreement(v)
	c.printf("\nCheck words of the picture: %s\n", strings.Join(v.CheckWords, " "))
}

// renderMatter prints a matter. letter is the note that opened it, where that
// is all there is to it.
func renderMatter(c *Call, v *view.Matter, letter *view.Note) {
	c.head(&v.Frame)
	p := c.page()
	p.Matter(v, false)
	if letter != nil {
		p.Letter(letter)
	}
	p.Blank()
	t := c.table("NOTE", "TIME (CLAIMED)", "ACT", "STANDING", "WORDS")
	for _, l := range v.AllNotes {
		t.row(l.Short, page.Local(&v.Frame, l.Time), cmp.Or(l.Act, "?"), page.Standing(l), page.Basis(l.Gist)+text(l.Gist.Text()))
	}
	t.flush()
}

func renderNote(c *Call, v *view.Note) {
	c.head(&v.Frame)
	c.page().NoteInFull(v)
}

func renderLine(c *Call, v *view.Line) {
	c.head(&v.Frame)
	c.unserved()
	for _, p := range v.Peers {
		link := c.paint(page.Red, "link down")
		if p.Up {
			link = "link up"
		}
		if p.Since != nil {
			link += " since " + page.Local(&v.Frame, *p.Since)
		}
		c.printf("%s (%s): %s", c.paint(page.Bold, p.Party), p.Role, link)
		if p.LastHeard != nil {
			c.printf("; last heard %s", page.Local(&v.Frame, *p.LastHeard))
		}
		c.printf("\n")
		if p.LastError != "" && !p.Up {
			c.printf("    last failure: %s\n", text(p.LastError))
		}
		for _, r := range p.MissedRolls {
			c.printf("    missed the roll call of %s\n", page.Local(&v.Frame, r.At))
		}
		c.names("not delivered", p.Undelivered)
		c.names("delivered, not acknowledged", p.Unacked)
		c.names("acknowledged, not answered", p.Unanswered)
		if p.MissingHere > 0 {
			c.printf("    payloads of its notes that are not here yet: %d\n", p.MissingHere)
		}
		switch {
		case p.PictureEqual == nil:
			c.printf("    pictures: not compared yet\n")
		case *p.PictureEqual:
			c.printf("    pictures: equal\n")
		default:
			c.printf("    %s\n", c.paint(page.Red, "pictures: DIFFERENT; see where the two part: detente explain "+p.Party))
		}
	}
	for _, s := range v.Suspensions {
		c.printf("%s has suspended %s until %s, for %s (%s)\n", s.Party, strings.Join(s.Scope, ", "), s.End, s.Reason, s.Note.Short())
		if w := s.Words.Text(); w != "" {
			c.page().Hang(4, s.Party+":", "“"+w+"”")
		}
	}
	for _, d := range v.Pending {
		c.printf("a closing waits for your word: detente epoch accept %s\n", d)
	}
	c.printf("\n")
	t := c.table("FEED", "NOTES", "RECEIPTS", "")
	for _, f := range v.Feeds {
		var receipts []string
		for _, p := range sorted(f.Receipts) {
			receipts = append(receipts, fmt.Sprintf("%s %d", p, f.Receipts[p]))
		}
		frozen := ""
		if f.Frozen != nil {
			frozen = fmt.Sprintf("FROZEN at %d: %s", *f.Frozen, text(f.Why))
		}
		party, _, epoch, err := note.ParseOrigin(f.Origin)
		if err != nil {
			party = f.Origin
		} else if epoch > 1 {
			party = fmt.Sprintf("%s.%d", party, epoch)
		}
		t.row(party, fmt.Sprint(f.Size), strings.Join(receipts, ", "), frozen)
	}
	t.flush()
	if v.Waiting > 0 {
		c.printf("%s for what its author had seen\n", page.Count(v.Waiting, "note is held, and waits", "notes are held, and each waits"))
	}
}

// unserved says so where no process serves the node.
func (c *Call) unserved() {
	if !c.Served {
		c.printf("%s\n", c.paint(page.Red, "This node is not running: nothing leaves it, and nothing comes, until: detente serve"))
	}
}

func renderLadder(c *Call, v *view.Ladder) {
	c.head(&v.Frame)
	c.page().Ladder(v)
}

func renderKept(c *Call, v *view.Kept) {
	c.head(&v.Frame)
	c.page().Kept(v)
}

func renderBrief(c *Call, v *view.Brief) {
	c.page().Brief(v)
	c.unserved()
}

func (c *Call) names(what string, ids []note.ID) {
	if len(ids) == 0 {
		return
	}
	const most = 12
	var out []string
	for _, id := range ids[:min(most, len(ids))] {
		out = append(out, id.Short())
	}
	if len(ids) > most {
		out = append(out, fmt.Sprintf("and %d more", len(ids)-most))
	}
	c.printf("    %s: %s\n", what, strings.Join(out, ", "))
}

type documents struct {
	Documents []web.Document `json:"documents"`
}

func renderDocuments(c *Call, v *documents) {
	t := c.table("DIGEST", "KIND", "PARTY", "STANDING", "WHAT")
	for _, d := range v.Documents {
		t.row(d.Digest.String()[:12], d.Kind, d.Party, documentStanding(&d), text(d.What))
	}
	t.flush()
}

func documentStanding(d *web.Document) string {
	switch {
	case d.InForce == nil:
		return ""
	case *d.InForce:
		return "signed by every principal"
	}
	return "not signed by " + strings.Join(d.Missing, ", ")
}

func renderSelf(c *Call, v *web.Self) {
	c.heading("%s, %s, credence %d", v.Party, v.Name, v.Serial)
	if len(v.Addresses) > 0 {
		c.printf("reached at %s\n", strings.Join(v.Addresses, ", "))
	}
	c.printf("\n")
	t := c.table("SHA-256 OF THE PUBLIC KEY", "USE")
	for _, k := range v.Keys {
		t.row(k.Digest[:32]+"…", k.Use)
	}
	t.flush()
	c.printf("\nWords of the fingerprint:\n%s", wordLines(v.Words))
}
