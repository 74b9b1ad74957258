package view

import (
	"slices"

	"detente/charter"
	"detente/matter"
	"detente/note"
	"detente/register"
)

// Offices lists the offices that have published a seal key of their own.
type Offices struct {
	Frame
	Offices []Office `json:"offices"`
}

// Office is an office to which names can be sealed.
type Office struct {
	Contact     note.ID  `json:"contact"` // the note that publishes the key
	Name        string   `json:"name"`    // PAK/consular
	Provisional bool     `json:"provisional"`
	Recipient   string   `json:"recipient"`
	Words       []string `json:"words"` // of the key's fingerprint
}

// KeyWords returns the words by which two people compare a seal key.
func KeyWords(recipient string) []string {
	return charter.Words(note.Sum([]byte(recipient)), charter.FingerprintWords)
}

// SealKeys returns the latest key of every office of the channel that has
// published one: by a contact that the office itself gives.
func SealKeys(src Source, channel note.Digest) (*Offices, error) {
	return build(src, channel, func(b *builder) (*Offices, error) {
		latest := map[string]*register.Entry{}
		for _, m := range b.s.Register.Matters() {
			e := b.s.Register.Entry(m.ID)
			if m.Kind != &matter.Line || e.Result != register.Applied {
				continue
			}
			if _, ok := matter.Recipient(e.Move); !ok {
				continue
			}
			name := e.ID.Party() + "/" + e.Move.Office
			if old := latest[name]; old == nil || later(e.ID, old.ID) {
				latest[name] = e
			}
		}
		v := &Offices{Frame: b.frame(), Offices: []Office{}}
		for _, name := range sortedKeys(latest) {
			e := latest[name]
			key, _ := matter.Recipient(e.Move)
			v.Offices = append(v.Offices, Office{Contact: e.ID, Name: name, Provisional: !b.s.Register.Settled(e), Recipient: key, Words: KeyWords(key)})
		}
		return v, nil
	})
}

// later reports whether a party wrote a after b.
func later(a, b note.ID) bool {
	_, _, x, _ := note.ParseOrigin(a.Origin)
	_, _, y, _ := note.ParseOrigin(b.Origin)
	return slices.Compare([]int{x, int(a.Index)}, []int{y, int(b.Index)}) > 0
}
