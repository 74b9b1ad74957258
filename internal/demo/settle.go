package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"detente/internal/node"
	"detente/internal/view"
	"detente/note"
	"detente/register"
)

// settle waits until everything that was sent is settled everywhere, and
// returns what is not.
func (w *world) settle(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	var out []string
	for _, c := range w.channels {
		for _, p := range c.principals {
			var open []string
			err := await(ctx, p.n, c.id, func(s *node.Snapshot) bool { open = loose(s, c, w.meant); return open == nil })
			if err != nil && open == nil {
				open = []string{err.Error()}
			}
			for _, s := range open {
				out = append(out, fmt.Sprintf("%s, at %s: %s", c.Name, p.code, s))
			}
		}
		if out == nil {
			out = w.pictures(c)
		}
	}
	return out
}

// loose lists what is not as it must be when all is done. meant says of which
// notes another result is wanted than that they are applied.
func loose(s *node.Snapshot, c *channel, meant map[note.ID]register.Result) (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	acked := map[string]bool{}
	for _, e := range s.Register.Entries() {
		if e.Result == register.Kept { // an ack
			acked[e.ID.Party()] = true
			continue
		}
		if !slices.Contains(e.Audience, s.Party) {
			continue // sealed to others
		}
		if want := cmp.Or(meant[e.ID], register.Applied); e.Result != want {
			add("%s is %s, and is to be %s: %s", e.ID.Short(), e.Result, want, e.Reason)
			continue
		}
		if !s.Register.Settled(e) {
			add("%s is not settled", e.ID.Short())
		}
		for _, p := range c.principals {
			if e.ID.Party() == s.Party && p.code != s.Party && slices.Contains(e.Audience, p.code) && s.Register.Covered(p.code, e.ID) == nil {
				add("%s is not acknowledged by %s", e.ID.Short(), p.code)
			}
		}
	}
	for _, f := range s.Feeds {
		for _, p := range c.principals {
			// For a feed that is frozen nobody gives receipts any more.
			if f.Party == s.Party && p.code != s.Party && f.Frozen == nil && f.Receipts[p.code] < f.Head.Size {
				add("%s has given a receipt for %d of the %d leaves", p.code, f.Receipts[p.code], f.Head.Size)
			}
		}
	}
	heads := s.Register.Heads()
	for _, f := range s.Feeds {
		if heads[f.Origin] != stands(f) {
			add("%d of %d leaves of %s are folded", heads[f.Origin], stands(f), f.Party)
		}
	}
	for _, p := range s.Peers {
		switch {
		case p.Picture == nil && acked[p.Party]:
			add("the picture of the last ack of %s was not compared", p.Party)
		case p.Picture != nil && !*p.Picture:
			add("the picture of the last ack of %s is another than here", p.Party)
		}
	}
	return out
}

// stands returns how many leaves of a feed stand.
func stands(f node.FeedInfo) uint64 {
	if f.Frozen != nil {
		return min(*f.Frozen, f.Head.Size)
	}
	return f.Head.Size
}

// pictures compares the registers of the principals, as each shows its own.
func (w *world) pictures(c *channel) []string {
	var all []*view.Register
	for _, p := range c.principals {
		v, err := view.Matters(p.n, c.id, "")
		if err != nil {
			return []string{err.Error()}
		}
		all = append(all, v)
	}
	return differ(all)
}

func differ(all []*view.Register) (out []string) {
	for _, v := range all {
		if first := all[0]; v.Picture != first.Picture {
			out = append(out, fmt.Sprintf("%s: the picture of %s is %s, and that of %s is %s", v.Name, first.Node, first.Picture, v.Node, v.Picture))
		}
	}
	// Of what some of them alone share, each of those must show the same.
	of := map[string]view.Picture{}
	for _, v := range all {
		for _, p := range v.Pictures {
			if !slices.Contains(p.Audience, v.Node) {
				continue
			}
			key := strings.Join(p.Audience, ", ")
			if first, ok := of[key]; ok && first.Digest != p.Digest {
				out = append(out, fmt.Sprintf("%s: the picture of %s is %s, and elsewhere %s, for %s", v.Name, v.Node, p.Digest, first.Digest, key))
			}
			of[key] = p
		}
	}
	return out
}
