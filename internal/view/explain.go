package view

import (
	"fmt"
	"slices"

	"detente/internal/node"
	"detente/note"
	"detente/register"
)

// Explanation is where the registers of two nodes part: the first note, in
// the order of the fold, that they do not read alike, with both readings. It
// does not say which of them reads it rightly.
type Explanation struct {
	Frame
	Alike  int               `json:"alike"` // how many notes both read alike, from the first
	Equal  bool              `json:"equal"` // all of them
	First  *NoteLine         `json:"first,omitempty"`
	Fold   map[string]int    `json:"fold"`           // the version of each party's fold
	Ours   *register.Reading `json:"ours,omitempty"` // absent: not among this node's notes
	Party  string            `json:"party"`          // the other
	Theirs *register.Reading `json:"theirs,omitempty"`
}

// Explain walks another node's readings beside this node's own.
func Explain(n *node.Node, theirs node.Readings) (*Explanation, error) {
	return build(n, theirs.Channel, func(b *builder) (*Explanation, error) {
		if !slices.Contains(theirs.Audience, b.s.Party) || !slices.Contains(theirs.Audience, theirs.Party) {
			return nil, &node.Refused{Why: fmt.Sprintf("these are readings of what %v share; %s and %s are not both among them", theirs.Audience, b.s.Party, theirs.Party)}
		}
		if theirs.Party == b.s.Party {
			return nil, &node.Refused{Why: "these are this node's own readings", Next: "give the file to the other side, and ask for theirs"}
		}
		ours, err := b.s.Register.Readings(theirs.Audience, theirs.Heads)
		if err != nil {
			return nil, &node.Refused{Why: "the two nodes do not hold the same notes: " + err.Error(), Next: "exchange pouches first"}
		}
		v := &Explanation{Frame: b.frame(), Party: theirs.Party, Fold: map[string]int{b.s.Party: register.Version, theirs.Party: theirs.Fold}}
		v.Alike = register.Part(ours, theirs.Notes)
		v.Equal = v.Alike == len(ours) && v.Alike == len(theirs.Notes)
		var id note.ID
		if v.Alike < len(theirs.Notes) {
			v.Theirs = &theirs.Notes[v.Alike]
			id = v.Theirs.Note
		}
		if v.Alike < len(ours) {
			v.Ours = &ours[v.Alike]
			id = v.Ours.Note
		}
		if e := b.s.Register.Entry(id); e != nil {
			v.First = b.line(e)
		}
		return v, nil
	})
}
