package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/internal/view"
	"detente/internal/web"
	"detente/note"
)

// head prints what stands around every view.
func (c *Call) head(f *view.Frame) {
	if f.Exercise {
		c.printf("%s\n", c.paint(yellow, "EXERCISE EXERCISE EXERCISE"))
	}
	c.heading("%s, as %s holds it", text(f.Name), f.Node)
	if f.Recovering != "" {
		c.printf("%s\n", c.paint(red, "This node signs nothing: "+text(f.Recovering)))
	}
	c.printf("\n")
}

// local prints a time in the zone of every principal: 2024-01-16 20:30 PAK,
// 19:00 IRN.
func local(f *view.Frame, t time.Time) string {
	var out []string
	day := ""
	for _, z := range f.Zones {
		loc, err := time.LoadLocation(z.Zone)
		if err != nil {
			loc = time.UTC
		}
		in := t.In(loc)
		s := in.Format("15:04")
		if d := in.Format(time.DateOnly); d != day {
			day, s = d, d+" "+s
		}
		out = append(out, s+" "+z.Party)
	}
	if len(out) == 0 {
		return t.UTC().Format("2006-01-02 15:04 UTC")
	}
	return strings.Join(out, ", ")
}

func localPtr(f *view.Frame, t *time.Time) string {
	if t == nil {
		return "-"
	}
	return local(f, *t)
}

// standing says in words how far a note is.
func standing(l *view.NoteLine) string {
	s := "provisional"
	if l.Settled {
		s = "settled"
	}
	if l.Result != "applied" {
		s = l.Result
		if l.Reason != "" {
			s += ": " + l.Reason
		}
	}
	if l.AdReferendum {
		s += ", ad referendum"
	}
	for _, p := range sorted(l.Delivery) {
		s += fmt.Sprintf(", %s: %s", p, deliveryWords[l.Delivery[p]])
	}
	return s
}

// deliveryWords says what a delivery means.
var deliveryWords = map[string]string{"sent": "no receipt yet", "receipted": "delivered", "acked": "held there"}

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
	t := c.table("NOTE", "TIME (CLAIMED)", "ACT", "OFFICE", "STANDING", "WORDS")
	for _, l := range v.Notes {
		name := l.Short
		if l.Precedence != "routine" {
			name += " " + strings.ToUpper(l.Precedence)
		}
		t.row(name, local(&v.Frame, l.Time), cmp.Or(l.Act, "?"), l.Office, standing(l), basis(l.Gist)+text(l.Gist.Text()))
	}
	t.flush()
}

// basis says what a note of an exercise rests on.
func basis(w *view.Words) string {
	if w == nil || w.Basis == nil {
		return ""
	}
	return "[" + w.Basis.Mark + "] "
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
		t.row(m.Short, m.Kind, state, fmt.Sprint(m.Notes), fmt.Sprint(m.Owed), local(&v.Frame, m.Last), basis(m.Gist)+text(m.Gist.Text()))
	}
	t.flush()
	c.printf("\nPicture %s\nCheck words: %s\n", v.Picture, strings.Join(v.CheckWords, " "))
}

func renderClocks(c *Call, v *view.Clocks) {
	c.head(&v.Frame)
	t := c.table("DUE", "STATE", "OWES", "WHAT", "MATTER", "WORDS")
	for _, k := range v.Clocks {
		t.row(localPtr(&v.Frame, k.Due), clockWords(&v.Frame, k), k.Owes, k.For, k.Matter.Short(), text(k.Words.Text()))
	}
	t.flush()
}

// clockWords says how a clock stands; where the two times do not agree, both.
func clockWords(f *view.Frame, k *view.Clock) string {
	if k.State != "undecided" {
		return k.State
	}
	return fmt.Sprintf("undecided: done %s, held there %s", localPtr(f, k.DoneAt), localPtr(f, k.HeldAt))
}

func renderAgreement(c *Call, v *view.Agreement) {
	c.head(&v.Frame)
	for _, h := range v.Halves {
		c.heading("%s", h.Title)
		for _, part := range []struct {
			title string
			items []*view.Item
		}{{"Agreed", h.Agreed}, {"Owed", h.Owed}, {"Open", h.Open}} {
			c.printf("\n  %s\n", c.paint(bold, part.title))
			if len(part.items) == 0 {
				c.printf("    (nothing)\n")
			}
			for _, i := range part.items {
				c.item(&v.Frame, i)
			}
		}
		c.printf("\n")
	}
	c.printf("Check words of the picture: %s\n", strings.Join(v.CheckWords, " "))
}

func (c *Call) item(f *view.Frame, i *view.Item) {
	what := text(i.What)
	if i.Clock != nil && i.Clock.Due != nil {
		what += ", by " + local(f, *i.Clock.Due) + ": " + i.Clock.State
	}
	if i.Provisional {
		what += " (provisional)"
	}
	c.printf("    %s  %s\n", i.Matter.Short(), what)
	for _, w := range i.Words {
		c.quote("        ", w)
	}
}

// quote prints words and whose they are.
func (c *Call) quote(indent string, w *view.Words) {
	s := w.Text()
	if s == "" {
		return
	}
	lines := strings.Split(view.SafeLines(s), "\n")
	c.printf("%s%s (%s): %s%s\n", indent, w.Party, w.Note.Short(), c.paint(dim, basis(w)), lines[0])
	for _, l := range lines[1:] {
		c.printf("%s    %s\n", indent, l)
	}
}

func renderLine(c *Call, v *view.Line) {
	c.head(&v.Frame)
	for _, p := range v.Peers {
		link := c.paint(red, "link down")
		if p.Up {
			link = "link up"
		}
		if p.Since != nil {
			link += " since " + local(&v.Frame, *p.Since)
		}
		c.printf("%s (%s): %s", c.paint(bold, p.Party), p.Role, link)
		if p.LastHeard != nil {
			c.printf("; last heard %s", local(&v.Frame, *p.LastHeard))
		}
		c.printf("\n")
		if p.LastError != "" && !p.Up {
			c.printf("    last failure: %s\n", text(p.LastError))
		}
		for _, r := range p.MissedRolls {
			c.printf("    missed the roll call of %s\n", local(&v.Frame, r.At))
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
			c.printf("    %s\n", c.paint(red, "pictures: DIFFERENT; compare the register with them"))
		}
	}
	for _, s := range v.Suspensions {
		c.printf("%s has suspended %s until %s, for %s (%s)\n", s.Party, strings.Join(s.Scope, ", "), s.End, s.Reason, s.Note.Short())
		c.quote("    ", s.Words)
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
		c.printf("%d notes are held and wait for their past\n", v.Waiting)
	}
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

func renderDocument(c *Call, d *web.Document) {
	c.heading("%s %s", d.Kind, text(d.What))
	c.printf("digest %s\n", d.Digest)
	if s := documentStanding(d); s != "" {
		c.printf("%s\n", s)
	}
	if d.Words != nil {
		c.printf("words of the fingerprint:\n%s", wordLines(d.Words))
	}
	if d.Text != "" {
		c.printf("\n%s", view.SafeLines(d.Text))
	}
}

func renderSelf(c *Call, v *web.Self) {
	c.heading("%s, %s, credence %d", v.Party, text(v.Name), v.Serial)
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
