package demo

import (
	"fmt"
	"strings"
	"time"

	"detente/charter"
	"detente/internal/node"
	"detente/internal/page"
	"detente/internal/view"
	"detente/register"
)

// opening prints what the visitor must know before anything else.
func (w *world) opening() {
	w.page.Heading(w.Scenario.Banner)
	w.page.Blank()
	w.page.Para(0, w.Scenario.Title+". Every note is marked reported, with the line that it rests on, or invented; it is printed as the other side's node holds it, after its receipt and ack. Times of day are those of "+
		w.Scenario.Start.Location().String()+".")
}

// founded says what was made.
func (w *world) founded() {
	w.page.Blank()
	for _, p := range w.parties {
		w.page.Line(fmt.Sprintf("%s  node in %s, on %s", p.code, p.dir, p.addr))
	}
	for _, c := range w.channels {
		var who []string
		for _, p := range c.principals {
			who = append(who, p.code)
		}
		w.page.Para(0, fmt.Sprintf("Charter of %s, an exercise: signed by %s, check words %s.", c.Name, strings.Join(who, " and "), strings.Join(charter.Words(c.id, charter.CheckWords), " ")))
	}
}

// closing prints the agreement as it stands, and how the run ended.
func (w *world) closing(problems []string, elapsed time.Duration) {
	for _, c := range w.channels {
		w.page.Blank()
		w.page.Heading(c.Name + ": the agreement as it stands")
		v, err := view.Standing(c.principals[0].n, c.id)
		if err != nil {
			w.page.Para(2, err.Error())
			continue
		}
		w.page.Agreement(v)
	}
	w.page.Blank()
	w.page.Heading("Receipts, acks, pictures")
	for _, c := range w.channels {
		w.page.Line("  " + c.Name)
		for _, p := range c.principals {
			w.delivery(c, p)
		}
		same := map[string]bool{}
		for _, p := range c.principals {
			v, err := view.Matters(p.n, c.id, "")
			if err != nil {
				w.page.Para(4, err.Error())
				continue
			}
			same[v.Picture.String()] = true
			w.page.Line(fmt.Sprintf("    %s picture %s", p.code, v.Picture))
		}
		if len(same) == 1 {
			w.page.Line("    " + w.page.Paint(page.Bold, "pictures equal"))
		} else {
			w.page.Line("    " + w.page.Paint(page.Red, "PICTURES DIFFER"))
		}
	}
	w.page.Blank()
	if len(problems) == 0 {
		but := ""
		if n := len(w.meant); n > 0 {
			but = fmt.Sprintf(" but %d that are meant not to be", n)
		}
		w.page.Para(0, fmt.Sprintf("%d notes in %.1f s: each applied%s, each with the receipts and acks of every principal; nothing is left unsettled.", w.sent, elapsed.Seconds(), but))
	}
	for _, s := range problems {
		w.page.Hang(0, "WRONG:", s)
	}
	w.page.Para(0, "Everything is in "+w.Dir+": delete it when you have seen enough.")
}

// delivery says what became of one principal's notes.
func (w *world) delivery(c *channel, p *party) {
	err := p.n.Read(c.id, func(s *node.Snapshot) {
		notes, acks := 0, 0
		acked := map[string]int{}
		for _, e := range s.Register.Entries() {
			switch {
			case e.ID.Party() != p.code:
			case e.Result == register.Kept:
				acks++
			default:
				notes++
				for _, other := range c.principals {
					if other != p && s.Register.Covered(other.code, e.ID) != nil {
						acked[other.code]++
					}
				}
			}
		}
		for _, f := range s.Feeds {
			for _, other := range c.principals {
				if f.Party == p.code && other != p {
					w.page.Line(fmt.Sprintf("    %s: %s, %s; of %s: receipts %d of %d, acks %d of %d", p.code, page.Count(notes, "note", "notes"),
						page.Count(acks, "ack", "acks"), other.code, f.Receipts[other.code], f.Head.Size, acked[other.code], notes))
				}
			}
		}
	})
	if err != nil {
		w.page.Para(4, err.Error())
	}
}
