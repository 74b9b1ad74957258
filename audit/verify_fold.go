package audit

import (
	"fmt"
	"strings"

	"detente/charter"
	"detente/matter"
	"detente/register"
)

// folding is a note on its way to the fold.
type folding struct {
	opened register.Opened
	spoilt bool // this reader lacks something of it
	blind  bool // this reader cannot tell what it is
	stands bool
}

// fold folds a channel from nothing, and compares the pictures that acks
// state on the way, when the register stands where their authors stood.
type fold struct {
	*verifier
	ch     *charter.Channel
	reg    *register.Register
	spoilt map[string]bool // audiences of which some move could not be read here
	blind  bool            // no picture can be compared

	// A picture costs as much as there are matters. What is spent on them
	// stays within a multiple of the notes, and the last ack of every feed is
	// always compared.
	folded, spent int
	late          map[string]register.Opened // by feed: the last ack that was passed over
}

const pictureWork = 8

func newFold(v *verifier, ch *charter.Channel) *fold {
	return &fold{verifier: v, ch: ch, reg: register.New(Rules(ch)), spoilt: map[string]bool{}, late: map[string]register.Opened{}}
}

// run takes the next note of whichever feed has one whose past is folded.
func (d *fold) run(feeds []*feedCheck) {
	next := make([]*folding, len(feeds))
	open := make([]bool, len(feeds))
	for i, f := range feeds {
		open[i] = true
		d.blind = d.blind || f.forked
	}
	stopped := make([]bool, len(feeds))
	for {
		pick := -1
		for i, f := range feeds {
			if next[i] == nil && open[i] {
				if n, ok := <-f.out; ok {
					next[i] = &n
				} else {
					open[i] = false
				}
			}
			if next[i] != nil && (pick < 0 || !d.ready(next[pick]) && d.ready(next[i])) {
				pick = i
			}
		}
		if pick < 0 {
			break
		}
		n := next[pick]
		next[pick] = nil
		h := n.opened.Header
		keeps, closed := d.ch.Closed(h.Origin)
		d.blind = d.blind || n.blind
		if !stopped[pick] && (!n.stands || closed && h.Index >= keeps.Size) {
			stopped[pick] = true
			d.reg.Freeze(h.Origin, h.Index)
		}
		if !stopped[pick] {
			d.add(n)
		}
	}
	for _, ack := range d.late {
		d.picture(ack, true)
	}
	for _, e := range d.reg.Entries() {
		if e.Result == register.Waiting {
			d.count(func(r *Report) { r.Waiting++ })
		}
	}
}

func (d *fold) ready(n *folding) bool {
	for _, s := range n.opened.Header.Seen {
		if d.reg.Size(s.Origin) < s.Size {
			return false
		}
	}
	return true
}

func (d *fold) add(n *folding) {
	h := n.opened.Header
	if n.spoilt || n.opened.Trouble == register.Missing {
		d.spoilt[strings.Join(h.Audience, ",")] = true
	}
	if n.opened.Move != nil && n.opened.Move.Act == matter.Ack {
		d.count(func(r *Report) { r.Acks++ })
		if d.ready(n) && d.reg.Size(h.Origin) == h.Index {
			d.picture(n.opened, false)
		}
	}
	d.reg.Add(n.opened)
	d.folded++
}

// picture compares the pictures that an ack states. One that its author could
// not read in full, or this reader, is not comparable.
func (d *fold) picture(ack register.Opened, last bool) {
	h := ack.Header
	report := matter.ReadAck(ack.Move)
	if len(report.Pictures) == 0 {
		return
	}
	if len(report.Misses)+len(report.Unopened) > 0 || d.blind {
		d.count(func(r *Report) { r.Uncompared++ })
		return
	}
	if !last && d.spent > pictureWork*(d.folded+1000) {
		d.passOver(h.Origin)
		d.late[h.Origin] = ack
		return
	}
	if !last {
		d.passOver(h.Origin)
	}
	heads := map[string]uint64{h.Origin: h.Index}
	for _, s := range h.Seen {
		heads[s.Origin] = s.Size
	}
	for _, p := range report.Pictures {
		key := strings.Join(p.Audience, ",")
		if d.spoilt[key] || !strings.Contains(","+key+",", ","+d.Party+",") {
			d.count(func(r *Report) { r.Uncompared++ })
			continue
		}
		d.spent += d.folded
		got, ok := d.reg.Picture(p.Audience, heads)
		switch {
		case !ok:
			d.count(func(r *Report) { r.Uncompared++ })
		case got == p.Digest:
			d.count(func(r *Report) { r.Pictures++ })
		default:
			d.find(fmt.Sprintf("leaf %d of %s", h.Index, h.Origin), fmt.Sprintf("its picture for %s is %s; the notes held fold to %s", key, p.Digest, got),
				"the two sides read the same notes differently: compare the versions of the program, then the registers of both")
		}
	}
}

// passOver gives up on the ack that waits to be the last of its feed: there is
// a later one.
func (d *fold) passOver(origin string) {
	if _, waits := d.late[origin]; waits {
		delete(d.late, origin)
		d.count(func(r *Report) { r.Uncompared++ })
	}
}
