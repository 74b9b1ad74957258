package register

import (
	"fmt"
	"slices"

	"detente/internal/jcs"
	"detente/matter"
	"detente/note"
)

// saids counts the words in lists of them.
func saids(lists ...[]matter.Said) (n []int) {
	for _, l := range lists {
		n = append(n, len(l))
	}
	return n
}

// The other kinds of the test, whose parts stand in names_test.go.
func init() {
	plots["case"] = plot{
		open: func(c *cast, party string) note.ID {
			return c.write(party, "case/open", nil, map[string]any{"status": "detained", "persons": int64(2)})
		},
		acts: []string{"case/answer", "case/access", "case/transfer", "case/transfer", "case/transfer", "case/close", "case/close", "case/close"},
		say: func(c *cast, party, act string) (map[string]any, bool) {
			switch act {
			case "case/answer":
				return map[string]any{"grade": []string{"held", "inquiring"}[c.rng.IntN(2)]}, true
			case "case/access":
				return map[string]any{"step": []string{"requested", "granted", "refused"}[c.rng.IntN(3)]}, true
			case "case/transfer":
				id, ok := c.held(party, "case/transfer")
				if !ok || c.rng.IntN(4) == 0 {
					return map[string]any{"step": "proposed", "from": c.names[0], "to": c.names[1], "by": "none"}, true
				}
				return map[string]any{"step": []string{"agreed", "agreed", "declined", "done"}[c.rng.IntN(4)], "transfer": id.String(), "terms": c.of(id)["terms"]}, true
			}
			return nil, true
		},
		is: func(s matter.State) string {
			k := s.(*matter.CaseState)
			var transfers []string
			for i := range k.Transfers {
				transfers = append(transfers, fmt.Sprint(k.Transfers[i].Stage(), saids(k.Transfers[i].Agreed, k.Transfers[i].Declined, k.Transfers[i].Done)))
			}
			slices.Sort(transfers)
			return fmt.Sprint(k.State, saids(k.Closed), transfers)
		},
	}
	plots["dossier"] = plot{
		open: func(c *cast, party string) note.ID { return c.write(party, "dossier/share", nil, shareFields(2)) },
		acts: []string{"dossier/received", "dossier/answer", "dossier/supplement", "dossier/retract", "dossier/close", "dossier/close", "dossier/close"},
		say: func(c *cast, party, act string) (map[string]any, bool) {
			switch act {
			case "dossier/answer":
				return answers(1+c.rng.IntN(3), []string{"inquiring", "found"}[c.rng.IntN(2)]), true
			case "dossier/supplement":
				return map[string]any{"items": shareFields(1)["items"]}, true
			case "dossier/retract":
				return map[string]any{"item": int64(1 + c.rng.IntN(3))}, true
			}
			return nil, true
		},
		is: func(s matter.State) string {
			d := s.(*matter.DossierState)
			var items []string
			for i := range d.Items {
				items = append(items, fmt.Sprint(d.ItemStage(i+1), len(d.Items[i].Answers)))
			}
			return fmt.Sprint(d.State, saids(d.Closed), items)
		},
	}
	plots["request"] = plot{
		open: func(c *cast, party string) note.ID {
			return c.write(party, "request/make", nil, map[string]any{"for": "action", "to": c.names[1], "territory": c.names[1], "needed-by": "none"})
		},
		acts: []string{"request/acknowledge", "request/accept", "request/decline", "request/progress", "request/complete", "request/complete", "request/satisfied", "request/unsatisfied"},
		say: func(c *cast, party, act string) (map[string]any, bool) {
			if id, ok := c.held(party, "request/make"); act == "request/accept" {
				return c.of(id), ok
			}
			return nil, true
		},
		is: func(s matter.State) string {
			q := s.(*matter.RequestState)
			return fmt.Sprint(q.State, len(q.Completed), len(q.Verdicts), q.Accepted != nil, q.Declined != nil)
		},
	}
	plots["handover"] = plot{
		open: func(c *cast, party string) note.ID {
			return c.write(party, "handover/open", nil, map[string]any{"what": "lists", "commit-by": "none", "reveal-by": "none"})
		},
		acts: []string{"handover/commit", "handover/commit", "handover/reveal"},
		say: func(c *cast, party, act string) (map[string]any, bool) {
			if act == "handover/commit" {
				// Its own, or the digest that another committed to.
				return map[string]any{"digest": note.Sum(fmt.Append(nil, c.rng.IntN(2))).String()}, true
			}
			return nil, true
		},
		is: func(s matter.State) string {
			h := s.(*matter.HandoverState)
			committed := 0
			for _, p := range h.Parties {
				if p.Commit != nil {
					committed++
				}
			}
			return fmt.Sprint(h.State, committed)
		},
	}
	plots["undertaking"] = plot{
		open: func(c *cast, party string) note.ID {
			return c.write(party, "undertaking/offer", nil, offerFields(c.names[:]...))
		},
		acts: []string{"undertaking/accept", "undertaking/accept", "undertaking/accept", "undertaking/decline", "undertaking/withdraw"},
		say: func(c *cast, party, act string) (map[string]any, bool) {
			if act == "undertaking/accept" {
				id, ok := c.held(party, "undertaking/offer")
				return c.of(id), ok
			}
			return nil, true
		},
		is: func(s matter.State) string { return s.Status() },
	}
	plots["incident"] = plot{
		open: func(c *cast, party string) note.ID {
			return c.write(party, "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
		},
		acts: []string{"incident/question", "incident/clarify", "incident/protest", "incident/settle", "incident/settle", "incident/settle"},
		say: func(c *cast, party, act string) (map[string]any, bool) {
			if act == "incident/clarify" {
				id, ok := c.held(party, "incident/question")
				return map[string]any{"question": id.String()}, ok
			}
			return nil, true
		},
		is: func(s matter.State) string {
			b, err := jcs.Marshal(s.Clocks())
			return fmt.Sprint(s.Status(), len(b), err)
		},
	}
}
